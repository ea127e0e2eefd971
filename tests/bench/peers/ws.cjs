// Node's `ws`: the path names the room, and every message goes to all its members as it came.
const { WebSocketServer, WebSocket } = require("ws");

const rooms = new Map();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("connection", (socket, request) => {
  const members = rooms.get(request.url) ?? new Set();
  rooms.set(request.url, members.add(socket));
  socket.on("message", (data) => {
    for (const member of members)
      if (member.readyState === WebSocket.OPEN) member.send(data, { binary: false });
  });
  socket.on("close", () => members.delete(socket));
});
server.on("listening", () => console.log(server.address().port));
