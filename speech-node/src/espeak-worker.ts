/**
 * A process of its own that speaks with eSpeak NG (GPL-3): nothing of it is loaded into the node, which only sends text
 * and gets samples [SPN7].
 */
import load from '@echogarden/espeak-ng-emscripten';
import { answerRequests } from './voice-messages.ts';

const FOUND = 0;

const loading = load().then(({ eSpeakNGWorker }) => new eSpeakNGWorker());

answerRequests(async ({ text, voice }) => {
  const engine = await loading;
  if (engine.set_voice(voice) !== FOUND) throw new RangeError('no such voice');
  const pieces: Int16Array[] = [];
  engine.synthesize(text, (piece) => {
    if (piece !== null) pieces.push(Int16Array.from(piece));
    return false;
  });
  const bytes = pieces.map((piece) => new Uint8Array(piece.buffer));
  return { pcm16: new Uint8Array(Buffer.concat(bytes)), sampleRateHz: engine.get_samplerate() };
});
