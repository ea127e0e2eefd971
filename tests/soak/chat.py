"""A chatd.v1 client of the soak test: on a bare socket, with compression and in fragments."""

import json
import re
import time
import zlib

from harness import patience
from raw import CLOSE, CONTINUATION, PING, PONG, TEXT

OFFERS = (None, "permessage-deflate", "permessage-deflate; client_no_context_takeover",
          "permessage-deflate; client_max_window_bits; server_max_window_bits=9")
RSV1 = 4


class Chat:
    def __init__(self, peer, target="/ws", offers=OFFERS, **options):
        self.rng = peer.rng
        self.raw = peer.connect(**options)
        self._deflate = None
        self._requests = 0
        response = self.raw.upgrade(target, Sec_WebSocket_Extensions=self.rng.choice(offers))
        assert response.status == 101, response.status
        self._agreed = response["Sec-WebSocket-Extensions"]

    # -- WebSocket

    def _compressed(self, payload):
        if self._deflate is None or "client_no_context_takeover" in self._agreed:
            bits = re.search(r"client_max_window_bits=(\d+)", self._agreed)
            self._deflate = zlib.compressobj(1, wbits=-int(bits[1] if bits else 15))
        return (self._deflate.compress(payload)
                + self._deflate.flush(zlib.Z_SYNC_FLUSH)).removesuffix(b"\0\0\xff\xff")

    def send(self, opcode, payload):
        reserved = 0
        if self._agreed and self.rng.random() < 0.7:
            payload, reserved = self._compressed(payload), RSV1
        cuts = sorted(self.rng.choices(range(len(payload) + 1), k=self.rng.choice((0, 0, 0, 1, 5))))
        for begin, end in zip([0, *cuts], cuts):
            self.raw.send_frame(opcode, payload[begin:end], fin=False, reserved=reserved)
            self.raw.send_frame(PING, b"between")
            opcode, reserved = CONTINUATION, 0
        self.raw.send_frame(opcode, payload[cuts[-1] if cuts else 0:], reserved=reserved)

    def read(self):
        """The next message; answers pings."""
        deadline = time.monotonic() + patience(10)
        while time.monotonic() < deadline:
            got, compressed = self.raw.read_any_frame()
            if got.opcode == PING:
                self.raw.send_frame(PONG, got.payload)
            elif got.opcode == CLOSE:
                raise EOFError(f"closed: {got.payload}")
            elif got.opcode != PONG:
                assert got.fin
                return zlib.decompressobj(-15).decompress(
                    got.payload + b"\0\0\xff\xff") if compressed else got.payload
        raise TimeoutError("nothing but pings")

    # -- chatd.v1

    def send_request(self, type, **fields):
        self.send(TEXT, json.dumps({"type": type, **fields}).encode())

    def request(self, type, **fields):
        """Sends a request; answers its answer."""
        self._requests += 1
        id = f"r{self._requests}"
        self.send_request(type, id=id, **fields)
        deadline = time.monotonic() + patience(10)
        while time.monotonic() < deadline:
            answer = json.loads(self.read())
            if answer.get("id") == id:
                return answer
        raise TimeoutError(f"no answer to {type}")

    def must(self, type, **fields):
        """A request that must go well."""
        answer = self.request(type, **fields)
        assert answer["type"] in ("ok", "welcome"), answer
        return answer
