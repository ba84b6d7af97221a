import type { NoticeKind, UiEventName } from '#protocol/session-server-messages.ts';

/** A word of the list, or one that this version does not know yet. */
type OrNewer<Known extends string> = Known | (string & Record<never, never>);

/**
 * Where the connection stands. `connecting`: a session is being opened (the first, or a new one after the old
 * one was lost); `live`; `away`: no socket, the next attempt is due later; `resuming`: the same session is asked for
 * on a new socket; `closed`: over for good.
 */
export type ConnectionState = 'connecting' | 'live' | 'away' | 'resuming' | 'closed';

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
      /** Of the utterance that failed; null = not about one. */
      readonly index: number | null;
      /** Of the message that was refused. */
      readonly field: string | null;
      readonly isRetryable: boolean | null;
      readonly retryAfterMs: number | null;
    }
  /** The server asked for a pause: audio waits here. */
  | { readonly kind: 'paused'; readonly resumeAfterMs: number }
  /** Audio flows again. `shedChunkCount`: chunks lost in this pause. */
  | { readonly kind: 'resumed'; readonly shedChunkCount: number }
  /** Too much audio waits here: the oldest is being dropped, unsent. Once per crossing. */
  | { readonly kind: 'shedding' }
  /**
   * Too much audio is kept in case the session must begin anew: the oldest, which was sent, is being let go. It is
   * lost only if that happens. Once per crossing.
   */
  | { readonly kind: 'forgetting' }
  /**
   * The connection changed. `reason`: the code of what ended it, null when nothing did; `retryInMs`: until the next
   * attempt, while `away`.
   */
  | {
      readonly kind: 'connection';
      readonly state: ConnectionState;
      readonly reason: string | null;
      readonly retryInMs: number | null;
    }
  /**
   * The server no longer had the session, and a new one took its place: `session.id` changed, utterances go on
   * being counted. `replayedMs`: audio without outcome that is sent again; `lostMs`: such audio that is not.
   */
  | {
      readonly kind: 'restarted';
      readonly reason: string;
      readonly replayedMs: number;
      readonly lostMs: number;
    };
