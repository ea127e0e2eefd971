"""What real sessions send, with mistakes: bytes flipped, dropped, doubled, put in, cut off, and
parts of other sessions. The server must not mind, and neither may those who keep to the rules.

MUTATION_SEED in the environment repeats a run whose seed was printed."""

import contextlib
import json
import os
import random
import socket
import zlib

import pytest

from harness import SLOW, wait_until
from raw import CLOSE, CONTINUATION, PING, TEXT, Raw, close_payload, frame

STREAMS = 300
AT_ONCE = 50
MODULES = "module typing {}\nmodule userlist {}\nmodule echo {}"
CONFIG = "max_joins = 0\ndeflate_threshold = 10"


# ---- Recording ----------------------------------------------------------------------------------

class Recorder(Raw):
    """Keeps what it sends."""

    def __init__(self, server, rng):
        super().__init__(server.port)
        self.rng = rng
        self.sent = b""

    def send(self, data, slowly=False):
        self.sent += data if isinstance(data, bytes) else data.encode()
        super().send(data, slowly)

    def send_message(self, payload, compressor=None):
        """In fragments with a ping between them. Without a mask's disguise a changed byte changes
        the JSON, and mostly leaves it JSON."""
        key = self.rng.choice([bytes(4), b"mask"])
        if compressor:
            payload = (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]
        cut = self.rng.randrange(len(payload))
        self.send(frame(TEXT, payload[:cut], fin=False, key=key, reserved=4 if compressor else 0)
                  + frame(PING, b"between", key=key) + frame(CONTINUATION, payload[cut:], key=key))


def browse(raw):
    assert raw.request("/").status == 200
    assert raw.request("/nothing", "HEAD", Accept_Encoding="gzip").status == 404
    raw.send(raw.request_text(method="POST", Transfer_Encoding="chunked")
             + "5\r\nhello\r\n6;x=y\r\n there\r\n0\r\nTrailer: x\r\n\r\n")
    assert raw.read_response().status == 405
    raw.send(raw.request_text(method="POST", Content_Length="5") + "hello")
    assert raw.read_response().status == 405


def chat(raw, compressor=None, **fields):
    assert raw.upgrade(**fields).status == 101
    requests = [
        {"type": "login", "nick": f"mutant{raw.rng.randrange(1000)}"},
        {"type": "join", "room": "lobby"},
        {"type": "typing", "room": "lobby", "state": "active"},
        {"type": "message", "room": "lobby", "text": "héllo \ud83d\ude00", "cid": "c"},
        {"type": "message", "room": "lobby", "text": "again", "reply_to": 1},
        {"type": "ping"},
        {"type": "leave", "room": "lobby"},
    ]
    for i, request in enumerate(requests):
        raw.send_message(json.dumps({"id": f"{i}", **request}).encode(), compressor)
    while b'"id":"6"' not in raw.buffer and raw._more():
        pass
    raw.send(frame(CLOSE, close_payload(1000, b"bye")))
    assert raw.is_closed()


def chat_deflated(raw):
    chat(raw, zlib.compressobj(wbits=-15), Sec_WebSocket_Extensions="permessage-deflate")


def echo(raw):
    assert raw.upgrade("/echo", Sec_WebSocket_Extensions="permessage-deflate").status == 101
    for payload in b"hello", bytes(300), b"x" * 5000:
        raw.send_message(payload)
    raw.send(frame(CLOSE, close_payload(1000)))
    assert raw.is_closed()


def record(server, rng):
    """What sessions of each kind send."""
    recordings = []
    for session in [browse, chat, chat, chat, chat_deflated, chat_deflated, echo] * 3:
        with Recorder(server, rng) as raw:
            session(raw)
            recordings.append(raw.sent)
    return recordings


# ---- Mutating -----------------------------------------------------------------------------------

def flip(data, at, length, rng):
    return data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1:]


def drop(data, at, length, rng):
    return data[:at] + data[at + length:]


def duplicate(data, at, length, rng):
    return data[:at + length] + data[at:]


def insert(data, at, length, rng):
    junk = rng.choice([rng.randbytes(length), b"\0" * length, b"\xff" * length, b"\r\n\r\n",
                       b"\x81\xfe\xff\xff", b"\xc1\x85", b'"' * length])
    return data[:at] + junk + data[at:]


def cut(data, at, length, rng):
    return data[:at]


def mutated(recordings, rng):
    data = rng.choice(recordings)
    for _ in range(rng.choice([1, 1, 2, 4])):
        # Seldom in the first head: behind a bad one nothing is looked at.
        first = 0 if rng.random() < 0.2 else data.find(b"\r\n\r\n") + 4
        at = rng.randrange(min(first, len(data) - 1), len(data))
        change = rng.choice([flip, flip, drop, duplicate, insert, cut, None])
        if change:
            data = change(data, at, rng.choice([1, 2, 4, 8, 100, 1000]), rng)
        else:
            other = rng.choice(recordings)
            data = data[:at] + other[rng.randrange(len(other)):]
        data = data or b"\0"
    return data


# ---- Sending ------------------------------------------------------------------------------------

class Pair:
    """Two who keep to the rules, in the room to which the others come."""

    def __init__(self, server):
        self.people = [server.client(nick, room="lobby") for nick in ("alice", "bob")]
        self.said = []

    def talk(self):
        for speaker in self.people:
            self.said.append(f"{speaker.nick} {len(self.said)}")
            assert speaker.say(self.said[-1])["type"] == "ok"

    def check(self):
        """Each has got what both said, once and in order, and nothing of the room is missing."""
        ids = [each.user_id for each in self.people]
        for each in self.people:
            each.sync()
            messages = each.of_type("message")
            seqs = [message["seq"] for message in messages]
            assert seqs == list(range(seqs[0], seqs[0] + len(seqs)))
            assert [message["text"] for message in messages
                    if message["from"]["id"] in ids] == self.said


def send_some(raw, data, size):
    """Up to 100 pieces; answers what is left for a peer that still takes it."""
    try:
        for at in range(0, min(len(data), 100 * size), size):
            raw.send(data[at:at + size])
    except ConnectionError:
        return b""
    return data[100 * size:]


def end(raw, how):
    if how == "reset":
        raw.reset()
    elif how == "half-close":
        with contextlib.suppress(OSError):      # the server was faster
            raw.socket.shutdown(socket.SHUT_WR)
        assert raw.is_closed()
    raw.socket.close()


def send_all(server, streams, rng, pair):
    """All at the same time, each on a connection of its own and in pieces of its own size."""
    raws = [Raw(server.port) for _ in streams]
    left = [(raw, data, rng.choice([1, 2, 7, 50, 300, 1400, len(data)]))
            for raw, data in zip(raws, streams)]
    while left:
        pair.talk()
        left = [(raw, rest, size) for raw, data, size in left
                if (rest := send_some(raw, data, size))]
    pair.talk()
    for raw in raws:
        end(raw, rng.choice(["close", "reset", "half-close"]))


# ---- The test -----------------------------------------------------------------------------------

@pytest.mark.parametrize("kind", ["fixed", "random"])
def test_mutated_sessions_disturb_nobody(chatd, kind):
    seed = 1 if kind == "fixed" else int(os.environ.get("MUTATION_SEED") or random.getrandbits(32))
    print(f"MUTATION_SEED={seed}")
    rng = random.Random(seed)
    server = chatd(modules=MODULES, config=CONFIG)
    recordings = record(server, rng)
    pair = Pair(server)
    descriptors = server.open_descriptors()
    memory = []
    for _ in range(STREAMS // AT_ONCE):
        send_all(server, [mutated(recordings, rng) for _ in range(AT_ONCE)], rng, pair)
        wait_until(lambda: server.open_descriptors() == descriptors,
                   what="all descriptors are closed")
        pair.check()
        memory.append(server.memory_bytes())
    if SLOW == 1:       # a sanitizer keeps freed memory for a while
        assert memory[-1] - memory[1] < 1_000_000, memory
