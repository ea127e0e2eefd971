"""A WebSocket client for cases that run the same over several endpoints."""

import zlib

import pytest

from raw import CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, Raw, frame

ASK = b'{"type":"ping","id":"q"}'
ANSWERS = {"/echo": ASK, "/ws": b'{"type":"ok","id":"q"}'}

# What a test expects for ASK; other expectations are frames, or the code of the server's Close.
ANSWER = "the answer"

slowly = pytest.mark.parametrize("slowly", [False, True], ids=["whole", "bytewise"])
also_over_tls = pytest.mark.parametrize("transport", ["plain", "tls"], indirect=True)


def cases(table):
    """A table {id: arguments} for parametrize()."""
    return [pytest.param(*(case if isinstance(case, tuple) else (case,)), id=id)
            for id, case in table.items()]


def fragments(opcode, parts):
    """One message as a frame for each part."""
    last = len(parts) - 1
    return b"".join(frame(CONTINUATION if i else opcode, part, fin=i == last)
                    for i, part in enumerate(parts))


def pieces(data, size):
    return [data[i:i + size] for i in range(0, len(data), size)] or [b""]


def pong(payload=b""):
    return Frame(True, PONG, payload)


class Peer(Raw):
    """A connection to an endpoint, after the handshake; through TLS with a context for it."""

    def __init__(self, server, path, tls=None, **fields):
        super().__init__(server.addresses[1 if tls else 0][1])
        if tls:
            self.start_tls(tls)
        self.path = path
        self.upgraded = self.upgrade(path, **fields)
        assert self.upgraded.status == 101
        if path == "/ws":
            assert self.read_json()["type"] == "hello"

    def read_message(self):
        """The payload of the next frame, inflated when it is compressed; the server keeps no
        context."""
        got, compressed = self.read_any_frame()
        if not compressed:
            return got.payload
        return zlib.decompressobj(-15).decompress(got.payload + b"\0\0\xff\xff")

    def is_answered(self):
        return self.read_frame() == Frame(True, TEXT, ANSWERS[self.path])

    def is_alive(self):
        """The connection is good for another message."""
        self.send_frame(TEXT, ASK)
        return self.is_answered()

    def ends_with(self, code):
        """The server's Close frame is the next that comes, and then its FIN, although this side
        keeps sending: nothing of that is answered, and no reset swallows the frame."""
        self.send(frame(PING, b"late") + frame(TEXT, ASK) + bytes(100_000))
        assert self.read_close_frame() == code
        return self.is_finished()

    def read_close_frame(self):
        got = self.read_frame()
        assert (got.fin, got.opcode) == (True, CLOSE), got
        return int.from_bytes(got.payload[:2], "big") if got.payload else None

    def expect(self, *expected):
        """These frames come, in order. A code at the end: the connection is closed with it; else
        it is still good."""
        for each in expected:
            if isinstance(each, int):
                assert self.ends_with(each)
                return
            if each is ANSWER:
                assert self.is_answered()
            else:
                assert self.read_frame() == each
        assert self.is_alive()
