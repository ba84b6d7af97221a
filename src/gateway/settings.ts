import { NODE_FRAME_BYTES_MAX, SESSION_FRAME_BYTES_MAX } from '#protocol/limits.ts';

/** Bounds of one kind of socket. */
export interface SocketSettings {
  /** A larger frame closes the socket with 1009. */
  readonly frameBytesMax: number;
  /** Sustained rates with a burst of `rateBurstS`; above them the socket is read more slowly. */
  readonly messagesPerS: number;
  readonly bytesPerS: number;
}

/** What the edges need to know of the configuration. The times are those of small print 21. */
export interface GatewaySettings {
  readonly session: SocketSettings;
  readonly node: SocketSettings;
  /** Open sockets of both kinds; a further upgrade is refused. */
  readonly connectionsMax: number;
  readonly rateBurstS: number;
  readonly handshakeMs: number;
  readonly pingEveryMs: number;
  readonly deadAfterMs: number;
  readonly outboundBytesMax: number;
  readonly outboundBehindMs: number;
  /** After our own close the peer has so long to answer it before the socket is cut. */
  readonly closeGraceMs: number;
  /** Room and WebRTC messages that came before their `session_init`. */
  readonly heldCountMax: number;
  readonly heldMs: number;
  /** When a refused peer should try again. */
  readonly retryAfterMs: number;
  /** Pages of these origins may connect beside those of this machine. */
  readonly origins: readonly string[];
}

export const defaultGatewaySettings: GatewaySettings = Object.freeze({
  session: Object.freeze({
    frameBytesMax: SESSION_FRAME_BYTES_MAX,
    messagesPerS: 100,
    bytesPerS: 256 * 1024,
  }),
  node: Object.freeze({
    frameBytesMax: NODE_FRAME_BYTES_MAX,
    messagesPerS: Number.POSITIVE_INFINITY,
    bytesPerS: 4 * 1024 * 1024,
  }),
  connectionsMax: 20_000,
  rateBurstS: 10,
  handshakeMs: 10_000,
  pingEveryMs: 20_000,
  deadAfterMs: 45_000,
  outboundBytesMax: 4 * 1024 * 1024,
  outboundBehindMs: 10_000,
  closeGraceMs: 5000,
  heldCountMax: 16,
  heldMs: 2000,
  retryAfterMs: 5000,
  origins: Object.freeze([]),
});
