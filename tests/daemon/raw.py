"""A client on a bare socket, for requests and frames that no library would send."""

import collections
import json
import os
import select
import socket
import struct

import certificates
from harness import patience

TEXT, BINARY, CLOSE, PING, PONG, CONTINUATION = 1, 2, 8, 9, 10, 0

KEY = "dGhlIHNhbXBsZSBub25jZQ=="          # RFC 6455 1.3
ACCEPT = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

Frame = collections.namedtuple("Frame", "fin opcode payload")


class Response:
    def __init__(self, head, body=b""):
        lines = head.decode("latin-1").split("\r\n")
        self.version, status, self.reason = (lines[0].split(" ", 2) + [""])[:3]
        self.status = int(status)
        self.fields = [tuple(part.strip() for part in line.split(":", 1)) for line in lines[1:]]
        self.body = body

    def __getitem__(self, name):
        """The value of a header field, None when there is none."""
        values = [value for field, value in self.fields if field.lower() == name.lower()]
        assert len(values) < 2, f"{name} comes {len(values)} times"
        return values[0] if values else None


class Raw:
    """segment_bytes: for TCP segments as of a network, not of loopback, with which the server's
    kernel takes megabytes for a peer that does not read."""

    def __init__(self, port, host="127.0.0.1", receive_buffer=None, segment_bytes=None):
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self.socket = socket.socket(family, socket.SOCK_STREAM)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        if segment_bytes:
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment_bytes)
        self.socket.settimeout(patience(10))
        self.socket.connect((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.host = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        self.buffer = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def start_tls(self, context):
        """All bytes go through TLS from now on; an end without close_notify raises SSLEOFError."""
        self.socket = context.wrap_socket(self.socket, server_hostname="127.0.0.1",
                                          suppress_ragged_eofs=False)

    # -- bytes

    def send(self, data, slowly=False):
        """Text or bytes; slowly: every byte in a segment of its own."""
        data = data if isinstance(data, bytes) else data.encode("latin-1")
        if not slowly:
            self.socket.sendall(data)
            return
        for byte in data:
            self.socket.send(bytes([byte]))

    def _more(self):
        data = self.socket.recv(65536)
        self.buffer += data
        return data

    def _take(self, n):
        while len(self.buffer) < n:
            if not self._more():
                raise EOFError(f"closed by the server after {self.buffer!r}")
        taken, self.buffer = self.buffer[:n], self.buffer[n:]
        return taken

    def read_to_end(self):
        """Everything until the server closes; a reset is an end, too."""
        try:
            while self._more():
                pass
        except ConnectionResetError:
            pass
        return self.buffer

    def is_closed(self, within=10):
        """Does the server end the connection within this time? (What it sends until then is
        kept in `buffer`.)"""
        self.socket.settimeout(patience(within))
        try:
            self.read_to_end()
            return True
        except socket.timeout:
            return False

    def is_finished(self):
        """Does the server send nothing more, and end the connection with a FIN, not a reset?"""
        return not self.buffer and not self.socket.recv(1)

    def is_quiet(self, within=0.3):
        """Nothing comes and the connection stays, for this time."""
        return not self.buffer and not select.select([self.socket], [], [], within)[0]

    def reset(self):
        """Ends the connection with a RST."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()

    # -- HTTP

    def read_response(self, head_only=False):
        while b"\r\n\r\n" not in self.buffer:
            if not self._more():
                raise EOFError(f"closed by the server after {self.buffer!r}")
        head, _, self.buffer = self.buffer.partition(b"\r\n\r\n")
        response = Response(head)
        if not head_only and response.status not in (101, 204, 304):
            response.body = self._take(int(response["Content-Length"]))
        return response

    def request_text(self, target="/", method="GET", **fields):
        """A request as text; a field that is None is left out: Host=None."""
        fields = {"Host": self.host, **fields}
        lines = [f"{name.replace('_', '-')}: {value}"
                 for name, value in fields.items() if value is not None]
        return "\r\n".join([f"{method} {target} HTTP/1.1", *lines, "", ""])

    def request(self, target="/", method="GET", **fields):
        self.send(self.request_text(target, method, **fields))
        return self.read_response(head_only=method == "HEAD")

    # -- WebSocket

    def upgrade_text(self, target="/ws", **fields):
        return self.request_text(target, **{
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec_WebSocket_Key": KEY,
            "Sec_WebSocket_Version": "13", **fields})

    def upgrade(self, target="/ws", **fields):
        self.send(self.upgrade_text(target, **fields))
        return self.read_response()

    def send_frame(self, opcode, payload=b"", **options):
        self.send(frame(opcode, payload, **options))

    def read_frame(self):
        got, compressed = self.read_any_frame()
        assert not compressed, "the frame is compressed"
        return got

    def read_any_frame(self):
        """A frame, and whether it is compressed (RSV1)."""
        first, second = self._take(2)
        assert not second & 0x80, "the server masked a frame"
        assert not first & 0x30, "a reserved bit is set"
        length = second & 0x7f
        if length == 126:
            length, = struct.unpack("!H", self._take(2))
        elif length == 127:
            length, = struct.unpack("!Q", self._take(8))
        got = Frame(bool(first & 0x80), first & 0x0f, self._take(length))
        return got, bool(first & 0x40)

    def read_close(self):
        """Reads up to the close frame; answers its code (None when it has none)."""
        while True:
            got = self.read_frame()
            if got.opcode == CLOSE:
                return struct.unpack("!H", got.payload[:2])[0] if got.payload else None

    # -- chatd.v1

    def enter(self, nick, room="lobby"):
        """Becomes a member of a room; answers itself."""
        assert self.upgrade().status == 101
        self.send_json("login", id="l", nick=nick)
        assert self.read_answer("l")["type"] == "welcome"
        self.send_json("join", id="j", room=room)
        assert self.read_answer("j")["type"] == "ok"
        return self

    def send_json(self, type, **fields):
        self.send_frame(TEXT, json.dumps({"type": type, **fields}).encode())

    def read_json(self):
        """The next message; answers the server's pings."""
        while True:
            got = self.read_frame()
            if got.opcode == TEXT:
                return json.loads(got.payload)
            assert got.opcode == PING, got
            self.send_frame(PONG, got.payload)

    def read_answer(self, id):
        while True:
            message = self.read_json()
            if message.get("id") == id:
                return message


class RawTls(Raw):
    """A Raw client whose bytes go through TLS."""

    def __init__(self, port, certificate, **options):
        super().__init__(port, **options)
        self.start_tls(certificates.trusting(certificate))


def frame(opcode, payload=b"", fin=True, mask=True, reserved=0, length_bytes=None, key=None):
    """A frame as a client sends it; length_bytes: 2 or 8 forces a longer form of the length, key:
    the bytes of the mask."""
    n = len(payload)
    if length_bytes is None:
        length_bytes = 0 if n < 126 else 2 if n < 65536 else 8
    length = {0: bytes([n & 0x7f]), 2: b"\x7e" + struct.pack("!H", n & 0xffff),
              8: b"\x7f" + struct.pack("!Q", n)}[length_bytes]
    if not mask:
        return bytes([fin << 7 | reserved << 4 | opcode]) + length + payload
    key = key or os.urandom(4)
    return (bytes([fin << 7 | reserved << 4 | opcode, length[0] | 0x80]) + length[1:] + key
            + masked(payload, key))


def masked(payload, key):
    n = len(payload)
    pad = (key * (n // 4 + 1))[:n]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(n, "big")


def close_payload(code, reason=b""):
    return struct.pack("!H", code) + reason
