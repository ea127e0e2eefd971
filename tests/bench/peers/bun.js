// bun's publish and subscribe, which is uWebSockets inside: the path names the topic.
const server = Bun.serve({
  hostname: "127.0.0.1",
  port: 0,
  fetch: (request, bun) => bun.upgrade(request, { data: new URL(request.url).pathname }),
  websocket: {
    perMessageDeflate: false,
    open: (socket) => socket.subscribe(socket.data),
    message: (socket, message) => server.publish(socket.data, message),
  },
});
console.log(server.port);
