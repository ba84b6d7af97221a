import type { Session } from '#client/session.ts';
import { opusSpeechPackets, pcmTone } from '#testing/audio-samples.ts';
import type { Scenario } from './scenario.ts';

/** Pieces are made once for each length and kept: making audio must not be what is measured. At most so many. */
const KEPT_MAX = 64;

/** Says a piece of the given length, as sound of no meaning. */
export const newVoice = (
  encoding: Scenario['speech']['encoding'],
): ((session: Session, pieceMs: number) => void) => {
  const packets = new Map<number, readonly Uint8Array[]>();
  const samples = new Map<number, Int16Array>();
  const kept = <Piece>(pieces: Map<number, Piece>, pieceMs: number, make: () => Piece): Piece => {
    const known = pieces.get(pieceMs);
    if (known !== undefined) return known;
    const piece = make();
    if (pieces.size < KEPT_MAX) pieces.set(pieceMs, piece);
    return piece;
  };
  return (session, pieceMs) => {
    if (encoding === 'opus') {
      session.sendOpusPackets(kept(packets, pieceMs, () => opusSpeechPackets(pieceMs, pieceMs)));
    } else session.sendPcm(kept(samples, pieceMs, () => pcmTone(pieceMs)));
  };
};
