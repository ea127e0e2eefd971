// Socket.IO on Node: its rooms, and an event for each message.
const { createServer } = require("http");
const { Server } = require("socket.io");

const http = createServer();
const server = new Server(http, { transports: ["websocket"], perMessageDeflate: false });

server.on("connection", (socket) => {
  let joined;
  socket.on("join", (room) => {
    joined = room;
    socket.join(room);
    socket.emit("joined");
  });
  socket.on("message", (message) => server.to(joined).emit("message", message));
});
http.listen(0, "127.0.0.1", () => console.log(http.address().port));
