// The bare broadcaster: what Node and `ws` can do when nothing stands in the way.
//
// The path is the room. A text goes to every connection of the room, the sender's too; on a path
// that begins with /echo it goes back to its sender. No token, no JSON, no store, no limits.
'use strict';

const { WebSocketServer, Sender } = require('ws');

const rooms = new Map();

// The frame is made once for a broadcast, not once for a receiver. `Sender.frame` is public for
// this very purpose (websockets/ws pull request 1016).
const FRAME = { fin: true, rsv1: false, opcode: 1, mask: false, readOnly: true };

function broadcast(room, text) {
  const frame = Buffer.concat(Sender.frame(text, FRAME));
  for (const socket of room) socket.write(frame);
}

function join(path, socket) {
  let room = rooms.get(path);
  if (!room) rooms.set(path, (room = new Set()));
  room.add(socket);
  return room;
}

function leave(path, room, socket) {
  room.delete(socket);
  if (room.size === 0) rooms.delete(path);
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: Number(process.env.PORT),
  backlog: 1024,
  perMessageDeflate: false,
  clientTracking: false, // the rooms track them; twice would cost memory
});

server.on('connection', (client, request) => {
  const path = request.url;
  client.on('error', () => client.terminate());
  if (path.startsWith('/echo')) {
    client.on('message', (text) => client.send(text, { binary: false }));
    return;
  }
  const { socket } = request;
  const room = join(path, socket);
  client.on('message', (text) => broadcast(room, text));
  client.on('close', () => leave(path, room, socket));
});
