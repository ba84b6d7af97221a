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
   * Connects and keeps connected. Resolves at the first registration. Lost connections, and refusals that the server
   * may take back, are retried and told by `onStatus`. Rejects with `NodeRefusedError` (`code`, `fix`) on a refusal that
   * only the owner can mend, and when the node is stopped, or replaced, before it was registered.
   */
  start(): Promise<{ readonly nodeId: string }>;
  /**
   * Takes no more jobs and tells the server so; resolves when none is left, at the latest after `deadlineMs` (60 000).
   * The node stays connected and drained, over reconnects too, until the server says otherwise or it is stopped.
   */
  drain(options?: {
    readonly deadlineMs?: number;
    readonly reason?: string;
  }): Promise<{ readonly jobsLeft: number }>;
  /** Takes no more jobs, lets those it has end for `deadlineMs` (10 000), aborts the rest, closes. */
  stop(options?: { readonly deadlineMs?: number }): Promise<void>;
}
