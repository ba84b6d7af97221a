import type { WebSocket } from 'ws';

/** Results of one client that wait for those before them. */
export interface InOrder {
  readonly socket: WebSocket;
  readonly ready: Map<number, string>;
  sent: number;
}

/** What others than the product do to keep the order: a result leaves when all before it have. */
export const sendInOrder = (client: InOrder, index: number, text: string): void => {
  client.ready.set(index, text);
  for (let next = client.ready.get(client.sent); next !== undefined; next = client.ready.get(client.sent)) {
    client.ready.delete(client.sent);
    client.sent += 1;
    client.socket.send(next);
  }
};
