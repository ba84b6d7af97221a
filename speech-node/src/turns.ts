import { SpeechFailure } from './failure.ts';

/** Questions that one process answers, one after another, each with its own answer. */
export interface Turns<Question, Answer> {
  /** Rejects with the signal's reason, or the `SpeechFailure` that the turn ended with. */
  ask(question: Question, signal: AbortSignal): Promise<Answer>;
  /** Whose turn it is. */
  readonly current: Question | null;
  /** Ends the present turn, if there is one, and begins the next. */
  end(outcome: Answer | SpeechFailure): void;
  /** Ends every turn, also those that have not begun. */
  endAll(failure: SpeechFailure): void;
}

export interface TurnsOptions<Question> {
  /** Counts from when a question's turn comes. */
  readonly timeoutMs: number;
  readonly begin: (question: Question) => void;
  /** The process is of no use any more: stop it, and say what the turn ends with. */
  readonly overdue: () => SpeechFailure;
}

interface Turn<Question, Answer> {
  readonly question: Question;
  readonly settle: (outcome: Answer | SpeechFailure) => void;
}

/** As many questions wait as jobs run at once; that number is the node's own bound. */
export const createTurns = <Question, Answer>(options: TurnsOptions<Question>): Turns<Question, Answer> => {
  const waiting: Turn<Question, Answer>[] = [];
  let current: { readonly turn: Turn<Question, Answer>; readonly timer: NodeJS.Timeout } | null = null;

  const end = (outcome: Answer | SpeechFailure): void => {
    if (current === null) return;
    const { turn, timer } = current;
    clearTimeout(timer);
    current = null;
    turn.settle(outcome);
    next();
  };

  const next = (): void => {
    const turn = current === null ? waiting.shift() : undefined;
    if (turn === undefined) return;
    current = { turn, timer: setTimeout(() => end(options.overdue()), options.timeoutMs) };
    options.begin(turn.question);
  };

  return {
    get current() {
      return current?.turn.question ?? null;
    },
    ask: (question, signal) =>
      new Promise((resolve, reject) => {
        signal.throwIfAborted();
        const turn: Turn<Question, Answer> = {
          question,
          settle: (outcome) => {
            signal.removeEventListener('abort', giveUp);
            if (outcome instanceof SpeechFailure) reject(outcome);
            else resolve(outcome);
          },
        };
        const giveUp = (): void => {
          const place = waiting.indexOf(turn);
          if (place >= 0) waiting.splice(place, 1);
          // One that has begun goes on in the other process: short, and ended by its time-out if not.
          reject(signal.reason);
        };
        signal.addEventListener('abort', giveUp, { once: true });
        waiting.push(turn);
        next();
      }),
    end,
    endAll: (failure) => {
      for (const { settle } of waiting.splice(0)) settle(failure);
      end(failure);
    },
  };
};
