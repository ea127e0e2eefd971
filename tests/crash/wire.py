"""A WebSocket connection of a client that never waits: what has come is taken, what has not is
looked for the next time."""

import json
import socket
import struct

from raw import CLOSE, KEY, PING, PONG, TEXT, frame

HEAD = f"""GET /ws HTTP/1.1\r
Host: 127.0.0.1:%d\r
Upgrade: websocket\r
Connection: Upgrade\r
Sec-WebSocket-Key: {KEY}\r
Sec-WebSocket-Version: 13\r
\r
"""


class Wire:
    """is_open     until either side has ended it
    close_code  of the server's close frame
    """

    def __init__(self, port):
        self.is_open = True
        self.close_code = None
        self._buffer = bytearray()
        self._is_upgraded = False
        self._is_ended = False  # by the server
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall((HEAD % port).encode())

    # -- sending

    def _send(self, data):
        """Loopback takes all of it; what does not arrive is lost with the connection."""
        if not self.is_open:
            return
        try:
            self._socket.settimeout(5)
            self._socket.sendall(data)
        except OSError:
            self.drop()

    def send(self, request):
        self._send(frame(TEXT, json.dumps(request, ensure_ascii=False).encode()))

    # -- receiving

    def take(self):
        """The messages that have come."""
        messages = []
        if self.is_open:
            self._read()
            while (message := self._next_message()) is not None:
                messages.append(message)
        return messages

    def _read(self):
        self._socket.settimeout(0)
        try:
            while data := self._socket.recv(1 << 16):
                self._buffer += data
        except BlockingIOError:
            return
        except OSError:
            pass
        self._is_ended = True

    def _next_message(self):
        if not self._is_upgraded:
            head, end, rest = bytes(self._buffer).partition(b"\r\n\r\n")
            if end:
                assert head.startswith(b"HTTP/1.1 101 "), head
                self._is_upgraded = True
                self._buffer = bytearray(rest)
        while self._is_upgraded and (got := self._next_frame()) is not None:
            opcode, payload = got
            if opcode == TEXT:
                return json.loads(payload)
            if opcode == PING:
                self._send(frame(PONG, payload))
            if opcode == CLOSE:
                self.close_code = struct.unpack("!H", payload[:2])[0]
                self._send(frame(CLOSE, payload[:2]))
                self.drop()
                return None
        if self._is_ended:
            self.drop()
        return None

    def _next_frame(self):
        """(opcode, payload) of a whole frame."""
        if len(self._buffer) < 2:
            return None
        first, length = self._buffer[:2]
        begin = 2
        if length == 126:
            begin, length = 4, int.from_bytes(self._buffer[2:4], "big")
        elif length == 127:
            begin, length = 10, int.from_bytes(self._buffer[2:10], "big")
        if len(self._buffer) < begin + length:
            return None
        payload = bytes(self._buffer[begin:begin + length])
        del self._buffer[:begin + length]
        return first & 15, payload

    # -- the end

    def drop(self):
        """The connection is gone, with all that was on its way here."""
        self.is_open = False
        self._socket.close()

    def reset(self):
        """The same with a RST, which takes what the server has not read yet, too."""
        if self.is_open:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.drop()

    def close(self, code):
        """Says goodbye, and does not wait for an answer."""
        self._send(frame(CLOSE, struct.pack("!H", code)))
        self.drop()
