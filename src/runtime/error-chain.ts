const CAUSES_MAX = 8;
const FRAMES_MAX = 8;

/** One error of a chain, as it may stand in a log. */
export interface ErrorLink {
  readonly name: string;
  readonly message: string;
  /** Where it was thrown, the innermost frame first. */
  readonly frames: readonly string[];
}

const framesOf = (error: Error): readonly string[] =>
  (error.stack ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, FRAMES_MAX);

/** A parser quotes what it could not read, which may be somebody's words; every other message is fixed text of ours. */
const messageOf = (error: Error): string => (error instanceof SyntaxError ? '' : error.message);

/** An error and its causes for the log, the outermost first. Holds nothing of what was being worked on [RUN17]. */
export const errorChain = (thrown: unknown): readonly ErrorLink[] => {
  const chain: ErrorLink[] = [];
  let link = thrown;
  while (link !== undefined && chain.length < CAUSES_MAX) {
    if (!(link instanceof Error)) {
      chain.push({ name: typeof link, message: '', frames: [] });
      break;
    }
    chain.push({ name: link.name, message: messageOf(link), frames: framesOf(link) });
    link = link.cause;
  }
  return chain;
};
