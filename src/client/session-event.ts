import type { NoticeKind, UiEventName } from '#protocol/session-server-messages.ts';

/** A word of the list, or one that this version does not know yet. */
type OrNewer<Known extends string> = Known | (string & Record<never, never>);

/** What happens beside results. Nothing here needs an answer; missing one does no harm. */
export type SessionEvent =
  /** Text while somebody speaks; `settled` will not change any more, `tentative` may. */
  | {
      readonly kind: 'partial';
      readonly index: number;
      readonly text: string;
      readonly isFinal: boolean;
      readonly revision: number | null;
      readonly settled: string | null;
      readonly tentative: string | null;
    }
  /** An utterance got one step further, or failed (`status` error). */
  | {
      readonly kind: 'progress';
      readonly index: number;
      readonly jobId: string;
      readonly step: OrNewer<UiEventName>;
      readonly status: OrNewer<'ok' | 'error'>;
      readonly elapsedMs: number | null;
      readonly errorCode: string | null;
    }
  /** Queues, capacity, limits, draining. */
  | {
      readonly kind: 'notice';
      readonly notice: OrNewer<NoticeKind>;
      readonly reason: string;
      readonly index: number | null;
      readonly retryAfterMs: number | null;
      readonly queuePosition: number | null;
      readonly message: string | null;
    }
  /** A message or an utterance failed; the session goes on. `code` from docs/errors.md. */
  | {
      readonly kind: 'error';
      readonly code: string;
      readonly message: string;
      readonly index: number | null;
      readonly isRetryable: boolean | null;
      readonly retryAfterMs: number | null;
    }
  /** The server asked for a pause: audio waits here. */
  | { readonly kind: 'paused'; readonly resumeAfterMs: number }
  /** Audio flows again. `shedChunkCount`: chunks lost in this pause. */
  | { readonly kind: 'resumed'; readonly shedChunkCount: number }
  /** The local queue is full: the oldest audio is being dropped. Once per crossing. */
  | { readonly kind: 'shedding' };
