/** Counts since the node was made. */
export interface SpeechNodeCounts {
  readonly jobsHeld: number;
  readonly framesIgnored: number;
}

export interface SpeechNode {
  /** As the server knows it; null before the first registration when none was given. */
  readonly nodeId: string | null;
  readonly counts: SpeechNodeCounts;
  /**
   * Connects and keeps connected. Resolves at the first registration; refusals and lost connections are
   * retried and told by `onStatus`. Rejects only when the node is stopped, or replaced, before that.
   */
  start(): Promise<{ readonly nodeId: string }>;
  /** Takes no more jobs, lets those it has end for `deadlineMs` (10 000), aborts the rest, closes. */
  stop(options?: { readonly deadlineMs?: number }): Promise<void>;
}
