import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SpeechFailure } from './failure.ts';
import type { VoiceReply, VoiceRequest } from './voice-messages.ts';

/** One file of ours per engine, run with plain Node. */
export type VoiceEngine = 'espeak' | 'flite';

export interface Speech {
  readonly pcm16: Uint8Array;
  readonly sampleRateHz: number;
}

export interface VoiceProcess {
  /**
   * One text at a time; others wait. Rejects with the signal's reason, or `SpeechFailure`: TTS_TIMEOUT (the process is
   * ended and started anew for the next text), PROCESSING_ERROR.
   */
  speak(text: string, voice: string, signal: AbortSignal): Promise<Speech>;
  /** Null while it is not running. */
  readonly pid: number | null;
  close(): void;
}

interface Pending extends VoiceRequest {
  readonly settle: (outcome: Speech | SpeechFailure) => void;
}

/** The process starts with the first text, and again after it has died. `timeoutMs` counts from when a text's turn comes. */
export const createVoiceProcess = (engine: VoiceEngine, timeoutMs: number): VoiceProcess => {
  const waiting: Pending[] = [];
  let child: ChildProcess | null = null;
  let current: { readonly request: Pending; readonly timer: NodeJS.Timeout } | null = null;
  let lastId = 0;

  const end = (outcome: Speech | SpeechFailure): void => {
    if (current === null) return;
    const { request, timer } = current;
    clearTimeout(timer);
    current = null;
    request.settle(outcome);
    next();
  };

  /** An idle process ends by itself and tidies up; one that is in the middle of something cannot hear. */
  const stopChild = (): void => {
    const stopped = child;
    child = null;
    if (current === null && stopped?.connected === true) stopped.disconnect();
    else stopped?.kill('SIGKILL');
  };

  const startChild = (): ChildProcess => {
    const started = fork(workerPath(engine), [], {
      execArgv: ['--disable-warning=ExperimentalWarning'],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    const gone = (): void => {
      if (child !== started) return;
      child = null;
      end(new SpeechFailure('PROCESSING_ERROR', `the ${engine} process ended`));
    };
    started.on('error', gone);
    started.on('exit', gone);
    started.on('message', (reply: VoiceReply) => {
      // A text that ran out of time or of interest may still be answered.
      if (child !== started || reply.id !== current?.request.id) return;
      end(
        'error' in reply ? new SpeechFailure('PROCESSING_ERROR', `${engine} failed: ${reply.error}`) : reply,
      );
    });
    return started;
  };

  const next = (): void => {
    const request = current === null ? waiting.shift() : undefined;
    if (request === undefined) return;
    const timer = setTimeout(() => {
      stopChild();
      end(new SpeechFailure('TTS_TIMEOUT', `${engine} took more than ${timeoutMs} ms`));
    }, timeoutMs);
    current = { request, timer };
    child ??= startChild();
    const { id, text, voice } = request;
    child.send({ id, text, voice } satisfies VoiceRequest, (error) => {
      if (error !== null && current?.request === request) {
        stopChild();
        end(new SpeechFailure('PROCESSING_ERROR', `the ${engine} process cannot be reached`, error));
      }
    });
  };

  return {
    get pid() {
      return child?.pid ?? null;
    },
    speak: (text, voice, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        lastId += 1;
        const request: Pending = {
          id: lastId,
          text,
          voice,
          settle: (outcome) => {
            signal.removeEventListener('abort', giveUp);
            if (outcome instanceof SpeechFailure) reject(outcome);
            else resolve(outcome);
          },
        };
        const giveUp = (): void => {
          const place = waiting.indexOf(request);
          if (place >= 0) waiting.splice(place, 1);
          // A text that is being spoken goes on in the other process: short, and ended by its time-out if not.
          reject(signal.reason);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(request);
        next();
      }),
    close: () => {
      stopChild();
      for (const request of waiting.splice(0))
        request.settle(new SpeechFailure('PROCESSING_ERROR', `the ${engine} process is closed`));
      end(new SpeechFailure('PROCESSING_ERROR', `the ${engine} process is closed`));
    },
  };
};

/** Run from source as `.ts`, built as `.js`. */
const workerPath = (engine: VoiceEngine): string => {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${engine}-worker.${ending}`, import.meta.url));
};
