import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { SpeechFailure } from './failure.ts';
import { createTurns } from './turns.ts';

/** A translation is about as long as its text. What answers without an end is broken. */
const ANSWER_CHARS_MAX = 1_000_000;
const END = '\0';

type Programs = ChildProcessByStdio<Writable, Readable, null>;

/** A command line for `sh` that answers each text ended by NUL with a text ended by NUL. */
export interface PipeCommand {
  readonly line: string;
  /** Beside the environment of the node. */
  readonly env: Readonly<Record<string, string>>;
}

export interface TextPipe {
  /**
   * One text at a time, each answered with its own text; others wait [SPN41]. Rejects with the signal's reason, or
   * `SpeechFailure` PROCESSING_ERROR: it took too long, died, or the pipe was closed.
   */
  ask(text: string, signal: AbortSignal): Promise<string>;
  /** Of the process group; null while nothing runs. */
  readonly pid: number | null;
  close(): void;
}

/**
 * Keeps the programs running between texts, for starting them takes longer than a text. They start with the first text, and
 * again after they died or were ended for being late. `name`: what errors call them.
 */
export const createTextPipe = (name: string, command: PipeCommand, timeoutMs: number): TextPipe => {
  let child: Programs | null = null;

  const stopChild = (): void => {
    const pid = child?.pid;
    child = null;
    if (pid !== undefined) endGroup(pid);
  };

  const startChild = (): Programs => {
    // A group of its own, so that every program of the line can be ended; when the node dies, their input ends.
    const started = spawn('sh', ['-c', command.line], {
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
      env: { ...process.env, ...command.env },
    });
    let answer = '';
    const gone = (): void => {
      if (child !== started) return;
      stopChild();
      turns.end(new SpeechFailure('PROCESSING_ERROR', `${name} ended`));
    };
    started.on('error', gone);
    started.on('exit', gone);
    // One program of the line that dies ends those behind it; the ones before it would notice with the next text only.
    started.stdout.on('end', gone);
    // The events above say what there is to say about a pipe without a reader.
    started.stdin.on('error', () => {});
    started.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (child !== started) return;
      answer += text;
      const end = answer.indexOf(END);
      if (end >= 0) {
        const whole = answer.slice(0, end);
        answer = answer.slice(end + 1);
        turns.end(whole);
      } else if (answer.length > ANSWER_CHARS_MAX) gone();
    });
    return started;
  };

  const turns = createTurns<string, string>({
    timeoutMs,
    begin: (text) => {
      child ??= startChild();
      child.stdin.write(text + END);
    },
    overdue: () => {
      stopChild();
      return new SpeechFailure('PROCESSING_ERROR', `${name} took more than ${timeoutMs} ms`);
    },
  });

  return {
    get pid() {
      return child?.pid ?? null;
    },
    ask: (text, signal) => turns.ask(text.replaceAll(END, ' '), signal),
    close: () => {
      stopChild();
      turns.endAll(new SpeechFailure('PROCESSING_ERROR', `${name} is closed`));
    },
  };
};

const endGroup = (pid: number): void => {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone already, which is what was wanted.
  }
};
