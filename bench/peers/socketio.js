// Socket.IO as its manual has it: rooms, `io.to(room).emit`, WebSocket transport only.
//
// What its page on performance and memory advises without other packages is done: no compression
// (the default), and the handshake's request is let go.
'use strict';

const { createServer } = require('http');
const { Server } = require('socket.io');

const http = createServer();
const io = new Server(http, {
  transports: ['websocket'],
  serveClient: false,
  perMessageDeflate: false,
});

io.engine.on('connection', (transport) => {
  transport.request = null;
});

io.on('connection', (socket) => {
  const { room } = socket.handshake.auth;
  socket.join(room);
  socket.on('message', (text) => io.to(room).emit('message', text));
  socket.on('echo', (text) => socket.emit('echo', text));
});

http.listen({ host: '127.0.0.1', port: Number(process.env.PORT), backlog: 1024 });
