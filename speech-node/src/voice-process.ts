import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SpeechFailure } from './failure.ts';
import { createTurns } from './turns.ts';
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

/** The process starts with the first text, and again after it has died. `timeoutMs` counts from when a text's turn comes. */
export const createVoiceProcess = (engine: VoiceEngine, timeoutMs: number): VoiceProcess => {
  let child: ChildProcess | null = null;
  let lastId = 0;

  /** An idle process ends by itself and tidies up; one that is in the middle of something cannot hear. */
  const stopChild = (): void => {
    const stopped = child;
    child = null;
    if (turns.current === null && stopped?.connected === true) stopped.disconnect();
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
      turns.end(new SpeechFailure('PROCESSING_ERROR', `the ${engine} process ended`));
    };
    started.on('error', gone);
    started.on('exit', gone);
    started.on('message', (reply: VoiceReply) => {
      // A text that ran out of time may still be answered.
      if (child !== started || reply.id !== turns.current?.id) return;
      turns.end(
        'error' in reply ? new SpeechFailure('PROCESSING_ERROR', `${engine} failed: ${reply.error}`) : reply,
      );
    });
    return started;
  };

  const turns = createTurns<VoiceRequest, Speech>({
    timeoutMs,
    begin: (request) => {
      child ??= startChild();
      child.send(request, (error) => {
        if (error === null || turns.current !== request) return;
        stopChild();
        turns.end(new SpeechFailure('PROCESSING_ERROR', `the ${engine} process cannot be reached`, error));
      });
    },
    overdue: () => {
      stopChild();
      return new SpeechFailure('TTS_TIMEOUT', `${engine} took more than ${timeoutMs} ms`);
    },
  });

  return {
    get pid() {
      return child?.pid ?? null;
    },
    speak: (text, voice, signal) => {
      lastId += 1;
      return turns.ask({ id: lastId, text, voice }, signal);
    },
    close: () => {
      stopChild();
      turns.endAll(new SpeechFailure('PROCESSING_ERROR', `the ${engine} process is closed`));
    },
  };
};

/** Run from source as `.ts`, built as `.js`. */
const workerPath = (engine: VoiceEngine): string => {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return fileURLToPath(new URL(`./${engine}-worker.${ending}`, import.meta.url));
};
