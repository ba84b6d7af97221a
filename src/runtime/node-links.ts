import type { NodeLink } from '#core/ports.ts';
import type { ConnectionId } from '#protocol/ids.ts';
import type { NodeServerMessage } from '#protocol/messages.ts';

interface AttachedNode {
  readonly link: NodeLink;
  /** Its messages that wait for the dispatcher. */
  waiting: number;
}

/** The open sockets on the node path, and how much of the dispatcher's mailbox each of them takes. */
export class NodeLinks {
  readonly #nodes = new Map<ConnectionId, AttachedNode>();

  attach(connectionId: ConnectionId, link: NodeLink): void {
    this.#nodes.set(connectionId, { link, waiting: 0 });
  }

  /** False when it was not attached (any more). */
  detach(connectionId: ConnectionId): boolean {
    return this.#nodes.delete(connectionId);
  }

  has(connectionId: ConnectionId): boolean {
    return this.#nodes.has(connectionId);
  }

  connectionIds(): readonly ConnectionId[] {
    return [...this.#nodes.keys()];
  }

  /** True when the outbound buffer took it. */
  send(connectionId: ConnectionId, message: NodeServerMessage): boolean {
    return this.#nodes.get(connectionId)?.link.send(message) ?? false;
  }

  close(connectionId: ConnectionId, code: number, reason: string): void {
    this.#nodes.get(connectionId)?.link.close(code, reason);
  }

  /** Closes and forgets all of them. */
  closeAll(code: number, reason: string): void {
    const attached = [...this.#nodes.values()];
    this.#nodes.clear();
    for (const { link } of attached) link.close(code, reason);
  }

  noteQueued(connectionId: ConnectionId): void {
    const node = this.#nodes.get(connectionId);
    if (node !== undefined) node.waiting += 1;
  }

  noteTaken(connectionId: ConnectionId): void {
    const node = this.#nodes.get(connectionId);
    if (node !== undefined) node.waiting -= 1;
  }

  /** Whether the socket has no more messages waiting than its even share of the bound [RUN16]. */
  isWithinShare(connectionId: ConnectionId, messagesMax: number): boolean {
    const node = this.#nodes.get(connectionId);
    return node !== undefined && node.waiting < messagesMax / this.#nodes.size;
  }
}
