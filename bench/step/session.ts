import type { JobRequest } from '#core/jobs/job-request.ts';
import { newSession, type SessionState, stepSession } from '#core/session/session.ts';
import type { SessionEffect, SessionEvent } from '#core/session/session-contract.ts';
import { defaultSessionSettings } from '#core/settings.ts';
import type { AudioPiece } from '#protocol/audio.ts';
import { asNodeId, asSessionId, type ConnectionId, type InstanceId } from '#protocol/ids.ts';
import type { Way } from '../harness/alternate.ts';

const NODE_ID = asNodeId('node-1');
const SESSION_ID = asSessionId('s-1');
/** Epoch time is of no importance; it must only not be the monotonic one. */
const WALL_AHEAD_MS = 1_790_000_000_000;
export const CHUNKS_PER_UTTERANCE = 30;

const session = (): SessionState =>
  newSession(
    {
      sessionId: SESSION_ID,
      connectionId: 'conn-1' as ConnectionId,
      init: { type: 'session_init', client_version: '1', platform: 'web', src_lang: 'zh', tgt_lang: 'en' },
      tenant: 'default',
      traceId: 'trace-1',
    },
    defaultSessionSettings,
    { atMs: 0, wallMs: WALL_AHEAD_MS },
    'inst-1' as InstanceId,
  );

/** A session, its clock, and a node that answers when it is told to. What it causes is looked at and dropped. */
class Talk {
  readonly #state = session();
  readonly #pieces: readonly AudioPiece[];
  #atMs = 0;
  #seq = 0;
  #effects: readonly SessionEffect[] = [];
  #request: JobRequest | null = null;

  constructor(pieces: readonly AudioPiece[]) {
    this.#pieces = pieces;
    this.#tell({ kind: 'opened' });
  }

  /** Its timer comes when it is due, and every job is answered at once. */
  chunk(): readonly SessionEffect[] {
    const audio = this.#pieces[this.#seq % this.#pieces.length] ?? null;
    this.#atMs += audio?.durationMs ?? 0;
    this.#say(audio, false);
    if (this.#request !== null) this.#answer(this.#request);
    return this.#effects;
  }

  /** Chunks, the final, the end of its hangover, the job's way: one utterance from first to last. */
  utterance(): readonly SessionEffect[] {
    for (let chunk = 0; chunk < CHUNKS_PER_UTTERANCE; chunk += 1) this.chunk();
    this.#say(null, true);
    this.#atMs += defaultSessionSettings.hangoverManualMs;
    this.#tell({ kind: 'timerFired', key: 'segment' });
    if (this.#request === null) throw new Error('the utterance made no job');
    this.#answer(this.#request);
    return this.#effects;
  }

  #say(audio: AudioPiece | null, is_final: boolean): void {
    this.#seq += 1;
    this.#tell({
      kind: 'clientMessage',
      message: { type: 'audio_chunk', session_id: SESSION_ID, seq: this.#seq, is_final, audio },
    });
  }

  #answer({ jobId, sessionId, utteranceIndex, traceId }: JobRequest): void {
    this.#request = null;
    this.#tell({ kind: 'jobDispatched', jobId, nodeId: NODE_ID });
    const wallMs = this.#atMs + WALL_AHEAD_MS;
    this.#tell({
      kind: 'jobEnded',
      jobId,
      outcome: {
        kind: 'result',
        nodeId: NODE_ID,
        result: {
          type: 'job_result',
          job_id: jobId,
          attempt_id: 1,
          node_id: NODE_ID,
          session_id: sessionId,
          utterance_index: utteranceIndex,
          success: true,
          text_asr: 'Guten Tag, wie geht es dir, Günter?',
          text_translated: 'Good afternoon, how are you?',
          trace_id: traceId,
        },
        times: {
          createdWallMs: wallMs,
          dispatchedWallMs: wallMs,
          endedWallMs: wallMs,
          queuedMs: 0,
          attempts: 1,
        },
      },
    });
  }

  #tell(event: SessionEvent): void {
    const now = { atMs: this.#atMs, wallMs: this.#atMs + WALL_AHEAD_MS };
    const effects = stepSession(this.#state, event, now);
    this.#effects = effects;
    for (const effect of effects) {
      if (effect.kind === 'submitJob') this.#request = effect.request;
      // Its socket takes everything at once.
      if (effect.kind === 'askTaken') this.#tell({ kind: 'clientTook', question: effect.question });
    }
  }
}

/** Running speech, chunk by chunk; what every 20 s of it cost on top (a cut, a job, a result) is in it. */
export const chunkWay = (pieces: readonly AudioPiece[]): Way => {
  const talk = new Talk(pieces);
  return () => talk.chunk();
};

/** A whole utterance of `CHUNKS_PER_UTTERANCE` chunks. */
export const utteranceWay = (pieces: readonly AudioPiece[]): Way => {
  const talk = new Talk(pieces);
  return () => talk.utterance();
};
