/** A failure the user can act on: printed as one sentence, without a stack. */
export class CliFailure extends Error {
  override readonly name = 'CliFailure';
}

/** The message of anything that was thrown, with the messages of its causes. */
export function chainOf(error: unknown): string {
  const parts: string[] = [];
  for (let at: unknown = error, depth = 0; at !== undefined && depth < 5; depth++) {
    parts.push(at instanceof Error ? at.message : String(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return parts.join(': ');
}
