import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';
import { serveMeasured } from './told.ts';

/** A socket that is open and acknowledged, and nothing else. */
const http = createServer();
const sockets = new WebSocketServer({ server: http, perMessageDeflate: false, clientTracking: false });
let count = 0;
sockets.on('connection', (socket) => {
  socket.once('message', () => {
    count += 1;
    socket.send(JSON.stringify({ type: 'session_init_ack', session_id: `s-${count}` }));
  });
});
http.listen(0, '127.0.0.1', () => serveMeasured((http.address() as AddressInfo).port));
