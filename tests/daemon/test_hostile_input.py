"""Peers that take for ever to say hello, or never stop to talk."""

import collections
import contextlib
import json
import signal
import ssl
import threading

import pytest

import certificates
import harness
from harness import patience, wait_until
from raw import CONTINUATION, PING, PONG, TEXT, Raw, RawTls, frame

ENTERED = dict.fromkeys(("accepted", "http_requests", "ws_opened", "logins"), 1)


# ---- Slow handshakes ----------------------------------------------------------------------------

Place = collections.namedtuple("Place", "plain tls proxy trusted")


def client_hello():
    """The first flight of TLS."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    return outgoing.read()


def plain(at):
    return Raw(at.plain)


def tls_port(at):
    return Raw(at.tls)


def tls_hello_answered(at):
    raw = Raw(at.tls)
    raw.send(CLIENT_HELLO)
    assert raw.socket.recv(65536).startswith(b"\x16\x03")
    return raw


def tls(at):
    return RawTls(at.tls, at.trusted)


def proxy_port(at):
    return Raw(at.proxy)


def proxy(at):
    raw = Raw(at.proxy)
    raw.send(PROXY)
    return raw


def upgraded(at):
    raw = Raw(at.plain)
    assert raw.upgrade().status == 101
    assert raw.read_json()["type"] == "hello"
    return raw


def quietly(raw):
    return raw.buffer == b""


def with_408(raw):
    return raw.read_response().status == 408 and raw.buffer == b""


def with_1008(raw):
    return raw.read_close() == 1008 and raw.buffer == b""


CLIENT_HELLO = client_hello()
PROXY = b"PROXY TCP4 192.0.2.7 192.0.2.1 5000 443\r\n"
HEAD = b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
LOGIN = frame(TEXT, b'{"type":"login","nick":"tardy","id":"l"}')

# From where on which bytes come too slowly, and how it ends.
SLOW = {
    "silence": (plain, b"", quietly),
    "head": (plain, HEAD, with_408),
    "silence where TLS is spoken": (tls_port, b"", quietly),
    "first flight of TLS": (tls_port, CLIENT_HELLO, quietly),
    "half a handshake of TLS": (tls_hello_answered, b"", lambda raw: True),
    "silence in TLS": (tls, b"", quietly),
    "head in TLS": (tls, HEAD, with_408),
    "silence where PROXY is spoken": (proxy_port, b"", quietly),
    "PROXY header": (proxy_port, PROXY, quietly),
    "silence behind a PROXY header": (proxy, b"", quietly),
    "head behind a PROXY header": (proxy, HEAD, with_408),
    "login": (upgraded, LOGIN, with_1008),
}


def test_slow_handshakes_end_after_their_time(chatd, tmp_path):
    pair = certificates.make(tmp_path, "default")
    server = chatd(listen=("127.0.0.1:0", "127.0.0.1:0 tls", "127.0.0.1:0 proxy"),
                   config=certificates.config(pair) + f'''
        http_timeout = "{patience(1):.0f}s"
        login_timeout = "{patience(1):.0f}s"
        close_timeout = "30s"''')
    place = Place(*(port for _, port in server.addresses), pair[0])
    witness = server.client("witness", room="lobby")
    counted, descriptors = server.counters(), server.open_descriptors()

    with contextlib.ExitStack() as stack:
        raws = {name: stack.enter_context(begin(place)) for name, (begin, _, _) in SLOW.items()}
        left = set(raws)
        for i in range(min(len(data) for _, data, _ in SLOW.values() if data)):
            for name in list(left):
                raws[name].send(SLOW[name][1][i:i + 1])
                if raws[name].is_closed(within=0.01):
                    left.remove(name)
        assert not left
        for name, (_, _, ended) in SLOW.items():
            assert ended(raws[name]), name
        assert witness.say("still here")["type"] == "ok"
    wait_until(lambda: server.open_descriptors() == descriptors)
    assert server.counters() - counted == collections.Counter(
        accepted=len(SLOW), http_timeouts=len(SLOW) - 1,
        http_requests=1, ws_opened=1, login_timeouts=1, messages=1)


# ---- Floods -------------------------------------------------------------------------------------

def memory_growth(server, since):
    """In bytes; 0 under a sanitizer, which keeps freed memory for a while."""
    return server.memory_bytes() - since if harness.SLOW == 1 else 0


def pings(n):
    return b"".join(frame(PING, b"%0125d" % i, key=b"mask") for i in range(n))


def pongs(n):
    return b"".join(b"\x8a\x7d%0125d" % i for i in range(n))


PING_BYTES = len(pings(1))


def test_pings_are_answered_in_order_and_others_meanwhile(chatd):
    n, parts = 40_000, 20
    server = chatd()
    alice = server.client("alice", room="lobby")
    with Raw(server.port).enter("flood", room="elsewhere") as flood:
        before = server.memory_bytes()
        sender = threading.Thread(target=flood.send, args=(pings(n),))
        sender.start()
        expected = pongs(n)
        for i in range(parts):
            part = len(expected) // parts
            assert flood._take(part) == expected[i * part:(i + 1) * part]
            assert alice.say(f"{i}")["seq"] == i + 1
        sender.join()
        assert memory_growth(server, before) < 1_000_000
        assert flood.is_quiet(within=0.1)
    counters = server.counters()
    assert counters == collections.Counter({name: 2 for name in ENTERED}, messages=parts)


FLOODS = {
    "pings": frame(PING, b"x") * 4000,
    "pongs": frame(PONG, b"x" * 20) * 4000,
    "empty fragments": frame(TEXT, fin=False) + frame(CONTINUATION, fin=False) * 40_000
                       + frame(CONTINUATION, b"{}"),
    "fragments of one byte": frame(TEXT, b"{", fin=False)
                             + frame(CONTINUATION, b" ", fin=False) * 30_000
                             + frame(CONTINUATION, b"}"),
}


@pytest.mark.parametrize("flood", FLOODS.values(), ids=FLOODS.keys())
def test_flood_leaves_the_others_their_turn(chatd, flood):
    server = chatd()
    say = frame(TEXT, b'{"type":"message","id":"m","room":"lobby","text":"x"}')
    with Raw(server.port).enter("flood") as raw, Raw(server.port).enter("alice") as alice:
        server.signal(signal.SIGSTOP)  # both are there before it looks
        raw.send(flood + say)
        alice.send(say)
        server.signal(signal.SIGCONT)
        assert alice.read_answer("m")["seq"] == 1
        answer = None
        while answer is None or answer.get("id") != "m":
            got = raw.read_frame()
            answer = json.loads(got.payload) if got.opcode == TEXT else None
        assert answer["seq"] == 2
    assert server.counters()["messages"] == 2


def test_flood_of_who_reads_nothing_is_held_back(chatd):
    server = chatd()
    alice = server.client("alice", room="lobby")
    flood = pings(120_000)  # more than both kernels' buffers
    with Raw(server.port, segment_bytes=1460).enter("flood", room="elsewhere") as raw:
        before = server.memory_bytes()
        raw.socket.settimeout(patience(0.3))
        sent = 0
        with pytest.raises(TimeoutError):
            while True:
                sent += raw.socket.send(flood[sent:sent + 100_000])
        assert memory_growth(server, before) < 500_000
        assert alice.say("still here")["type"] == "ok"
        raw.socket.settimeout(patience(10))
        answers = pongs(sent // PING_BYTES)
        assert raw._take(len(answers)) == answers  # nothing is lost
    assert server.counters() == collections.Counter({name: 2 for name in ENTERED}, messages=1)


def test_flood_of_who_never_reads_is_closed_with_4001(chatd):
    server = chatd(config='ping_interval = "200ms"\nping_timeout = "200ms"\nclose_timeout = "30s"')
    with Raw(server.port, segment_bytes=1460).enter("flood") as raw:
        raw.send(pings(20_000))
        wait_until(lambda: server.counters()["ping_timeouts"] == 1)
        assert raw.read_close() == 4001
    assert server.counters() == collections.Counter(ENTERED, ping_timeouts=1)


def test_pongs_cost_nothing(chatd):
    server = chatd()
    with Raw(server.port).enter("flood") as flood:
        before = server.memory_bytes()
        for _ in range(100):
            flood.send(frame(PONG, b"x" * 125) * 2000)
        flood.send_json("ping", id="p")
        assert flood.read_frame().payload == b'{"type":"ok","id":"p"}'
        assert memory_growth(server, before) < 500_000
    assert server.counters() == ENTERED


@pytest.mark.parametrize("part, close, counted", [
    (b"", None, {}), (b" ", 1009, {"ws_too_large": 1})], ids=["empty", "one byte"])
def test_fragments_for_ever_cost_nothing(chatd, part, close, counted):
    server = chatd()
    with Raw(server.port).enter("flood") as flood:
        before = server.memory_bytes()
        flood.send(frame(TEXT, b"{", fin=False))
        for _ in range(100):
            flood.send(frame(CONTINUATION, part, fin=False) * 5000)
        if close is None:
            flood.send_frame(CONTINUATION, b'"type":"ping","id":"p"}')
            assert flood.read_frame().payload == b'{"type":"ok","id":"p"}'
        else:
            assert flood.read_close() == close
        assert memory_growth(server, before) < 500_000
    assert server.counters() == collections.Counter(ENTERED, **counted)
