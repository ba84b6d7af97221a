import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Principal } from '#core/ports.ts';
import { CLOSE_CODES, closeReason } from '#protocol/close-codes.ts';
import type { ErrorCode } from '#protocol/errors.ts';
import { newConnectionId } from '#protocol/ids.ts';
import type { Doorkeeper } from './auth/doorkeeper.ts';
import { Connection } from './connection.ts';
import type { GatewayContext, Side } from './context.ts';
import { isPowerOfTwo } from './metrics.ts';
import { NodeConnection } from './node-connection.ts';
import { isOriginAllowed } from './origin.ts';
import { anonymousPrincipal } from './principal.ts';
import { SessionConnection } from './session-connection.ts';
import type { Transport } from './transport.ts';
import { refuseUpgrade } from './upgrade-refusal.ts';
import { newUpgrader, WsTransport } from './ws-transport.ts';

const SIDE_BY_PATH: Readonly<Record<string, Side>> = { '/ws/session': 'session', '/ws/node': 'node' };

/** Accepts sockets on the two paths, knows all that are open, and ends them. */
export class Gateway {
  readonly #context: GatewayContext;
  readonly #door: Doorkeeper;
  readonly #upgraders: Readonly<Record<Side, ReturnType<typeof newUpgrader>>>;
  readonly #open = new Map<Connection, Transport>();
  #isAccepting = true;
  #turnedAwayCount = 0;
  #onEmpty: (() => void) | null = null;

  constructor(context: GatewayContext, door: Doorkeeper) {
    const { session, node } = context.settings;
    this.#context = context;
    this.#door = door;
    this.#upgraders = {
      session: newUpgrader(session.frameBytesMax),
      node: newUpgrader(node.frameBytesMax),
    };
  }

  get isAccepting(): boolean {
    return this.#isAccepting;
  }

  /** Every open socket, and how many bytes wait for its peer. */
  *sockets(): Generator<{ readonly side: Side; readonly waitingBytes: number }> {
    for (const [{ side }, transport] of this.#open) yield { side, waitingBytes: transport.bufferedBytes };
  }

  /** The HTTP server's `upgrade` event. */
  handleUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const side = SIDE_BY_PATH[pathOf(request)];
    if (side === undefined) {
      this.#refuse(socket, 'NOT_FOUND');
      return;
    }
    if (!this.#isAccepting) {
      this.#refuse(socket, 'DRAINING');
      return;
    }
    if (this.#open.size >= this.#context.settings.connectionsMax) {
      this.#refuse(socket, 'NO_CAPACITY');
      return;
    }
    if (!isOriginAllowed(request.headers.origin, this.#context.settings.origins)) {
      this.#refuse(socket, 'ORIGIN_REFUSED');
      return;
    }
    const admission = this.#door.forSocket(request, side);
    this.#upgraders[side].handleUpgrade(request, socket, head, (opened) => {
      const transport = new WsTransport(opened, socket, this.#context.settings[side].frameBytesMax);
      if (typeof admission === 'string') this.#turnAway(side, transport, admission);
      else this.accept(side, transport, admission);
    });
  }

  /** A socket that is open already: also the way in for transports that are no TCP. */
  accept(side: Side, transport: Transport, principal: Principal = anonymousPrincipal(side)): Connection {
    const info = { connectionId: newConnectionId(this.#context.runtime.ports.ids), principal };
    const { connection }: { readonly connection: Connection } =
      side === 'session'
        ? new SessionConnection(this.#context, transport, info, () => this.#forget(connection))
        : new NodeConnection(this.#context, transport, info, () => this.#forget(connection));
    this.#open.set(connection, transport);
    return connection;
  }

  stopAccepting(): void {
    this.#isAccepting = false;
  }

  /** Says 1012 to all that are still open and resolves when the last socket is gone (at most the close grace). */
  closeAll(): Promise<void> {
    this.stopAccepting();
    const reason = closeReason('DRAINING', this.#context.settings.retryAfterMs);
    for (const connection of this.#open.keys()) connection.close(CLOSE_CODES.restart, reason);
    if (this.#open.size === 0) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onEmpty = resolve;
    });
  }

  /** Cuts what is left, without a word. */
  terminateAll(): void {
    for (const transport of this.#open.values()) transport.terminate();
  }

  /** As a close of the opened socket: a page is not told why an upgrade failed, but it is told a close code [AUT5]. */
  #turnAway(side: Side, transport: Transport, code: 'UNAUTHENTICATED' | 'FORBIDDEN'): void {
    const { runtime, meter } = this.#context;
    const connection: Connection = new Connection(side, this.#context, transport, {
      onText: () => {},
      onGone: () => {},
      onClosed: () => this.#forget(connection),
    });
    this.#open.set(connection, transport);
    connection.closeFor(code);
    meter.count('peers_turned_away_total', 1, { side, code });
    this.#turnedAwayCount += 1;
    const count = this.#turnedAwayCount;
    if (isPowerOfTwo(count)) runtime.ports.log.write('warn', 'a peer was turned away', { side, code, count });
  }

  #forget(connection: Connection): void {
    this.#open.delete(connection);
    if (this.#open.size === 0) this.#onEmpty?.();
  }

  #refuse(socket: Duplex, code: ErrorCode): void {
    this.#context.meter.count('upgrades_refused_total', 1, { reason: code });
    const mayComeBack = code === 'DRAINING' || code === 'NO_CAPACITY';
    refuseUpgrade(socket, code, mayComeBack ? this.#context.settings.retryAfterMs : undefined);
  }
}

const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] ?? '';
