"""Peers that reset or half-close their connection at the worst moment, or talk after the end."""

import collections
import json
import signal
import socket

import pytest

import certificates
import harness
from harness import wait_until
from raw import CLOSE, CONTINUATION, PING, PONG, TEXT, Raw, RawTls, close_payload, frame

BIG = 300_000
CONFIG = '''
max_joins = 0
outbox_bytes = "16M"
close_timeout = "30s"
'''


class Place:
    """A server with a plain and a TLS port, and a well-behaved witness in the lobby."""

    def __init__(self, start, folder):
        pair = certificates.make(folder, "default")
        self.trusted = pair[0]
        self.server = start(listen=("127.0.0.1:0", "127.0.0.1:0 tls"),
                            config=certificates.config(pair) + CONFIG,
                            files={"web/big.bin": bytes(BIG)})
        self.witness = self.server.client("witness", room="lobby", compression=None)
        self.descriptors = self.server.open_descriptors()
        self.counted = self.server.counters()

    def connect(self, kind, **options):
        if kind == "tls":
            return RawTls(self.server.addresses[1][1], self.trusted, **options)
        return Raw(self.server.port, **options)

    def expect_left(self, **counted):
        """All but the witness are gone, nothing of them is left, exactly this was counted, and
        the server is well."""
        wait_until(lambda: self.witness.join("lobby")["count"] == 1, what="alone in the lobby")
        wait_until(lambda: self.server.open_descriptors() == self.descriptors,
                   what="their descriptors are closed")
        assert self.server.counters() - self.counted == collections.Counter(counted)


@pytest.fixture(scope="module")
def whole_place(shared_chatd, tmp_path_factory):
    return Place(shared_chatd, tmp_path_factory.mktemp("certificates"))


@pytest.fixture
def place(whole_place):
    whole_place.witness.events.clear()
    whole_place.counted = whole_place.server.counters()
    return whole_place


transports = pytest.mark.parametrize("transport", ["plain", "tls"])


def finish(raw):
    """Ends this direction of the TCP connection, and no more than that, under TLS, too."""
    with socket.fromfd(raw.socket.fileno(), socket.AF_INET, socket.SOCK_STREAM) as same:
        same.shutdown(socket.SHUT_WR)


def read_to_fin(raw):
    """Reads until the server ends the connection, which it must not do with a RST."""
    while raw._more():
        pass


# ---- At every point -----------------------------------------------------------------------------

def nothing(raw, place):
    pass


def upgraded(raw, place):
    assert raw.upgrade().status == 101


def member(raw, place):
    raw.enter("unlucky")


def delivered(raw, place):
    """A member for whom more is on its way than the kernel takes (4 MB, tcp_wmem)."""
    raw.enter("unlucky")
    for _ in range(MESSAGES):
        place.witness.send("message", room="lobby", text="x" * 8000)
    place.witness.sync()
    assert len(place.witness.of_type("message")) == MESSAGES


def message(text, room="lobby"):
    return frame(TEXT, json.dumps({"type": "message", "room": room, "text": text}).encode())


MESSAGES = 600
REQUEST = message("x" * 200)
HEAD = dict(accepted=1, http_requests=1, ws_opened=1)
MEMBER = dict(HEAD, logins=1)

# What was before, the last bytes, and what the server has counted in the end.
POINTS = {
    "connect": (nothing, b"", dict(accepted=1)),
    "half a head": (nothing, lambda raw: raw.upgrade_text()[:60], dict(accepted=1)),
    "head": (nothing, Raw.upgrade_text, HEAD),
    "upgrade": (upgraded, b"", HEAD),
    "login": (upgraded, frame(TEXT, b'{"type":"login","nick":"unlucky"}'), MEMBER),
    "join": (member, b"", MEMBER),
    "first byte of a frame": (member, REQUEST[:1], MEMBER),
    "half a length": (member, REQUEST[:3], MEMBER),
    "half a mask": (member, REQUEST[:6], MEMBER),
    "half a payload": (member, REQUEST[:-9], MEMBER),
    "between fragments": (member, frame(TEXT, b'{"ty', fin=False), MEMBER),
    "half a fragment":
        (member, frame(TEXT, b"{", fin=False) + frame(CONTINUATION, b"x" * 99)[:40], MEMBER),
    "half a ping": (member, frame(PING, b"x" * 99)[:40], MEMBER),
    "request": (member, REQUEST, dict(MEMBER, messages=1)),
    "close": (member, frame(CLOSE, close_payload(1000)), MEMBER),
    "delivery": (delivered, b"", dict(MEMBER, messages=MESSAGES)),
}


@pytest.mark.parametrize("together", [False, True], ids=["apart", "together"])
@pytest.mark.parametrize("end", [Raw.reset, finish])
@transports
@pytest.mark.parametrize("point", POINTS)
def test_end_at(place, point, transport, end, together):
    before, last, counted = POINTS[point]
    with place.connect(transport) as raw:
        before(raw, place)
        if together:
            place.server.signal(signal.SIGSTOP)
        raw.send(last(raw) if callable(last) else last)
        end(raw)
        place.server.signal(signal.SIGCONT)
        if end is finish:
            read_to_fin(raw)
        place.expect_left(**counted)


# ---- While something waits ----------------------------------------------------------------------

@transports
def test_who_finishes_gets_what_was_on_its_way(place, transport):
    with place.connect(transport) as raw:
        delivered(raw, place)
        finish(raw)
        seen = []
        while len(seen) < MESSAGES:
            seen.append(json.loads(raw.read_frame().payload)["seq"])
        assert seen == list(range(seen[0], seen[0] + MESSAGES))
        assert raw.is_finished()
        place.expect_left(**dict(MEMBER, messages=MESSAGES))


@transports
def test_requests_in_front_of_the_end_are_answered(place, transport):
    """More than the server takes in a turn."""
    n = 1000
    with place.connect(transport) as raw:
        raw.enter("hasty")
        place.server.signal(signal.SIGSTOP)
        raw.send(message("x") * n)
        finish(raw)
        place.server.signal(signal.SIGCONT)
        assert [raw.read_json()["text"] for _ in range(n)] == ["x"] * n
        assert raw.is_finished()
    place.expect_left(**dict(MEMBER, messages=n))


@transports
def test_reset_behind_requests(place, transport):
    with place.connect(transport) as raw:
        raw.enter("hasty")
        place.server.signal(signal.SIGSTOP)
        raw.send(message("x") * 1000)
        raw.reset()
        place.server.signal(signal.SIGCONT)
    wait_until(lambda: place.witness.join("lobby")["count"] == 1)
    said = place.server.counters()["messages"] - place.counted["messages"]
    assert 0 < said <= 1000  # as many as it took before it knew
    assert [m["text"] for m in place.witness.of_type("message")] == ["x"] * said
    place.expect_left(**dict(MEMBER, messages=said))


# ---- Writing to who is gone ---------------------------------------------------------------------

@transports
def test_files_for_who_is_gone(place, transport):
    """A FIN and then, as an answer to the first bytes, a RST: the next write is a broken pipe."""
    for _ in range(20):
        with place.connect(transport) as raw:
            raw.send(raw.request_text("/big.bin") * 3)
    place.witness.say("still here?")
    wait_until(lambda: place.server.open_descriptors() == place.descriptors)
    counted = place.server.counters() - place.counted
    assert counted["accepted"] == 20
    assert 20 <= counted["http_requests"] <= 60
    assert place.server.process.poll() is None


@pytest.mark.parametrize("end", [Raw.reset, lambda raw: raw.socket.close()],
                         ids=["reset", "close"])
@transports
def test_messages_for_who_is_gone(place, transport, end):
    """Half of the room goes in the turn in which it is written to."""
    n, said = 15, 50
    gone = [place.connect(transport).enter(f"gone{i}") for i in range(n)]
    loyal = [place.connect(transport).enter(f"loyal{i}") for i in range(n)]
    place.server.signal(signal.SIGSTOP)
    loyal[0].send(message("x" * 2000) * said)
    for raw in gone:
        end(raw)
    place.server.signal(signal.SIGCONT)
    for raw in loyal:
        seen = [raw.read_json()["seq"] for _ in range(said)]
        assert seen == list(range(seen[0], seen[0] + said))
        raw.socket.close()
    everybody = {name: 2 * n * times for name, times in MEMBER.items()}
    place.expect_left(**dict(everybody, messages=said))


# ---- After the Close frame ----------------------------------------------------------------------

@pytest.mark.parametrize("end, said", [
    (frame(CLOSE, close_payload(1000)), {}), (frame(CLOSE), {}), (frame(3), dict(ws_failed=1))],
    ids=["close", "close without code", "rule broken"])
def test_nothing_behind_the_end_is_heard(place, end, said):
    with place.connect("plain") as raw:
        raw.enter("late")
        raw.send(message("before") + end + message("behind"))
        while (got := raw.read_frame()).opcode != CLOSE:
            assert json.loads(got.payload)["text"] == "before"
        raw.send(message("later") + frame(PING) + frame(PONG) + end + REQUEST[:20])
        raw.send_json("join", id="j", room="elsewhere")
        place.witness.sync()
        assert raw.is_finished()
    place.witness.expect("message", text="before")
    assert not place.witness.of_type("message")
    assert [room["room"] for room in place.witness.request("rooms")["rooms"]] == ["lobby"]
    place.expect_left(**dict(MEMBER, messages=1, **said))


def test_megabytes_behind_the_close_cost_nothing(place):
    with place.connect("plain") as raw:
        raw.enter("late")
        raw.send_frame(CLOSE, close_payload(1000))
        before = place.server.memory_bytes()
        for _ in range(300):
            raw.send(message("x" * 60_000))
        assert raw.read_close() == 1000
        if harness.SLOW == 1:  # a sanitizer keeps freed memory for a while
            assert place.server.memory_bytes() - before < 1_000_000
    place.expect_left(**MEMBER)


def test_who_closes_and_never_hangs_up_is_forgotten(chatd):
    server = chatd(config='close_timeout = "200ms"')
    before = server.open_descriptors()
    with Raw(server.port).enter("lingering") as raw:
        raw.send_frame(CLOSE, close_payload(1000))
        assert raw.read_close() == 1000
        wait_until(lambda: server.open_descriptors() == before, what="its descriptor is closed")
    assert server.counters()["close_timeouts"] == 1
