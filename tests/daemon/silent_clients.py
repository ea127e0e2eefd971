"""silent_clients.py PORT COUNT tcp|websocket: opens connections that say nothing more, writes
"open" when all are, and ends with its standard input."""

import selectors
import socket
import sys

import raw

port, count, how = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
BATCH = 100  # so many at once: below every listen backlog


def connect():
    connection = socket.socket()
    connection.setblocking(False)
    connection.connect_ex(("127.0.0.1", port))
    return connection


def wait_for(batch, event):
    with selectors.DefaultSelector() as selector:
        for connection in batch:
            selector.register(connection, event)
        while selector.get_map():
            for key, _ in selector.select():
                selector.unregister(key.fileobj)


connections = []
while len(connections) < count:
    batch = [connect() for _ in range(min(BATCH, count - len(connections)))]
    wait_for(batch, selectors.EVENT_WRITE)
    if how == "websocket":
        for connection in batch:
            connection.send(
                f"GET /ws HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {raw.KEY}\r\n"
                "Sec-WebSocket-Version: 13\r\n\r\n".encode())
        wait_for(batch, selectors.EVENT_READ)
        for connection in batch:
            assert connection.recv(65536).startswith(b"HTTP/1.1 101 ")
    connections += batch

print("open", flush=True)
sys.stdin.read()
