/**
 * Translates a recording: 16 kHz, mono, 16-bit WAV in, one line per sentence out.
 *
 *   node --conditions=source examples/translate-file.ts speech.wav [ws://127.0.0.1:5010/ws/session] [en] [zh]
 */
import { readFileSync } from 'node:fs';
import { openSession } from 'lingua-scheduler/client';

const [file, url = 'ws://127.0.0.1:5010/ws/session', srcLang = 'en', tgtLang = 'zh'] = process.argv.slice(2);
if (file === undefined) throw new Error('usage: translate-file.ts speech.wav [url] [source] [target]');

const session = await openSession({ url, srcLang, tgtLang, audioFormat: 'pcm16' });
session.sendPcm(samplesOf(readFileSync(file)));
session.endUtterance();
const closed = session.close();

for await (const result of session.results) {
  if (result.kind === 'missing') console.log(`${result.index}: nothing (${result.reason})`);
  else console.log(`${result.index}: ${result.text} -> ${result.translated}`);
}
await closed;

/** The samples of the first `data` chunk. */
function samplesOf(wav: Buffer): Int16Array {
  const dataAt = wav.indexOf('data', 12, 'latin1');
  if (wav.toString('latin1', 0, 4) !== 'RIFF' || dataAt < 0) throw new Error('this is no WAV file');
  const start = dataAt + 8;
  const count = Math.floor(Math.min(wav.readUInt32LE(dataAt + 4), wav.length - start) / 2);
  return Int16Array.from({ length: count }, (_, at) => wav.readInt16LE(start + at * 2));
}
