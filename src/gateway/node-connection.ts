import { decodeNodeFrame } from '#codec/decode-node.ts';
import { describeInvalid, type Invalid } from '#codec/decoded.ts';
import { encodeNodeServer } from '#codec/encode.ts';
import type { ConnectionInfo } from '#core/ports.ts';
import type { NodeAgentMessage, NodeServerMessage } from '#protocol/messages.ts';
import { Connection } from './connection.ts';
import type { GatewayContext } from './context.ts';
import { fairDeadline } from './fair-deadline.ts';
import { countNotes, isPowerOfTwo } from './metrics.ts';
import type { Transport } from './transport.ts';
import { unreadableResult } from './unreadable-result.ts';

/**
 * One socket on `/ws/node`. Which node it is, the dispatcher knows: it ties the connection to a node at its
 * registration and refuses every other id [I8].
 */
export class NodeConnection {
  readonly connection: Connection;
  readonly #context: GatewayContext;
  readonly #info: ConnectionInfo;
  /** A registration ends it, nothing else: a heartbeat before it does not [GAT1]. */
  readonly #handshake: { cancel(): void };
  #isAttached = false;
  #malformedCount = 0;

  constructor(
    context: GatewayContext,
    transport: Transport,
    info: ConnectionInfo,
    onClosed: () => void = () => {},
  ) {
    this.#context = context;
    this.#info = info;
    this.connection = new Connection('node', context, transport, {
      onText: (bytes) => this.#text(bytes),
      onGone: () => this.#gone(),
      onClosed,
    });
    const { runtime, settings } = context;
    this.#handshake = fairDeadline(context, settings.handshakeMs, () =>
      this.connection.closeFor('HANDSHAKE_TIMEOUT', settings.retryAfterMs),
    );
    const attached = runtime.attachNode(info.connectionId, info.principal, {
      send: (message) => this.#send(message),
      close: (code, reason) => this.connection.close(code, reason),
    });
    if (attached === 'attached') this.#isAttached = true;
    else this.connection.closeFor('DRAINING', settings.retryAfterMs);
  }

  #text(bytes: Uint8Array): void {
    const { meter } = this.#context;
    const decoded = decodeNodeFrame(bytes);
    if (decoded.kind === 'invalid') {
      this.#refuse(decoded);
      if (decoded.answers !== undefined) this.#tell(unreadableResult(decoded.answers));
      return;
    }
    if (decoded.kind === 'ignored') {
      meter.count('frames_ignored_total', 1, { side: 'node', reason: decoded.reason });
      return;
    }
    countNotes(meter, 'node', decoded.notes);
    const { message } = decoded;
    if (message.type === 'node_register') this.#handshake.cancel();
    this.#tell(message);
  }

  #tell(message: NodeAgentMessage): void {
    const { runtime, settings } = this.#context;
    if (runtime.tellNodeMessage(this.#info.connectionId, message) !== 'full') return;
    this.connection.closeFor('CONTROL_FLOOD', settings.retryAfterMs);
  }

  #gone(): void {
    this.#handshake.cancel();
    if (!this.#isAttached) return;
    this.#isAttached = false;
    this.#context.runtime.detachNode(this.#info.connectionId);
  }

  /** Agents ignore the answer, so that the log is where their authors find it; at 1, 2, 4, 8, … of a socket. */
  #refuse(invalid: Invalid): void {
    const { runtime, meter } = this.#context;
    meter.count('frames_malformed_total', 1, { side: 'node' });
    const { type, field, expected } = invalid;
    const message = describeInvalid(invalid);
    this.#send({ type: 'error', code: 'INVALID_MESSAGE', message, details: { field, expected } });
    this.#malformedCount += 1;
    if (!isPowerOfTwo(this.#malformedCount)) return;
    runtime.ports.log.write('warn', 'malformed message of a node', {
      connectionId: this.#info.connectionId,
      type: type ?? 'none',
      field,
      expected,
      count: this.#malformedCount,
    });
  }

  #send(message: NodeServerMessage): boolean {
    const frame = encodeNodeServer(message);
    // A job can go elsewhere; everything else is for this node alone.
    return message.type === 'job_assign' ? this.connection.offer(frame) : this.connection.send(frame);
  }
}
