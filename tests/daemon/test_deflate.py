"""permessage-deflate: with clients that others wrote, and what is configured."""

import asyncio
import itertools
import os
import signal

import pytest
import websockets
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory

from harness import patience, wait_until
from raw import TEXT, Raw, frame

OFFER = "permessage-deflate"
HELLO = b"\xf2\x48\xcd\xc9\xc9\x07\x00"  # RFC 7692 7.2.3.1
RSV1 = 4


def offer(server, extensions=OFFER, path="/ws"):
    with Raw(server.port) as raw:
        return raw.upgrade(path, Sec_WebSocket_Extensions=extensions)["Sec-WebSocket-Extensions"]


# ---- The websockets package ---------------------------------------------------------------------

def talk(server, messages, **parameters):
    """Echoes messages, all of them sent before the first is read."""
    async def run():
        async with websockets.connect(
                f"ws://127.0.0.1:{server.port}/echo", compression=None, max_size=None,
                ping_interval=None, write_limit=1 << 26,
                extensions=[ClientPerMessageDeflateFactory(**parameters)]) as ws:
            assert ws.extensions[0].name == OFFER
            sending = asyncio.ensure_future(send(ws))
            echoes = [await asyncio.wait_for(ws.recv(), patience(60)) for _ in messages]
            await sending
            return echoes

    async def send(ws):
        for message in messages:
            await ws.send(message)

    return asyncio.run(run())


@pytest.mark.parametrize("server_context, client_context, server_bits, client_bits",
                         itertools.product([False, True], [False, True], [None, 9, 15],
                                           [None, True, 9, 15]))
def test_echo_with_all_parameters(chatd, server_context, client_context, server_bits, client_bits):
    server = chatd(modules="module echo { max_message = 1M }")
    noise = os.urandom(2000)
    messages = ["", "a", "é" * 3000, "hello " * 400, noise, noise, b"", b"x" * (1 << 20), "a"]
    assert talk(server, messages, server_no_context_takeover=server_context,
                client_no_context_takeover=client_context, server_max_window_bits=server_bits,
                client_max_window_bits=client_bits) == messages


def test_default_client_chats(chatd):
    """`websockets` compresses unless it is told not to."""
    server = chatd(config='deflate_threshold = 10')
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    for i in range(50):
        alice.say(f"{i} " + "text " * i)
    bob.sync()
    assert [event["text"] for event in bob.of_type("message")] == [
        f"{i} " + "text " * i for i in range(50)]


# ---- One compression for all --------------------------------------------------------------------

def test_broadcast_is_compressed_once(chatd):
    server = chatd()
    alice = server.client("alice", room="lobby", compression=None)
    readers = [server.client(f"reader{i}", room="lobby") for i in range(5)]
    readers += [server.client("plain", room="lobby", compression=None)]
    before = server.counters()["deflate_messages"]
    for i in range(10):
        alice.say("a long story " * 200)
    for reader in readers:
        reader.sync()
        assert len(reader.of_type("message")) == 10
    assert server.counters()["deflate_messages"] == before + 10


def test_short_messages_are_not_compressed(chatd):
    server = chatd()
    alice = server.client("alice", room="lobby")
    alice.say("x" * 500)
    assert server.counters()["deflate_messages"] == 0
    alice.say("x" * 2000)
    assert server.counters()["deflate_messages"] > 0


def test_client_with_a_small_window(chatd):
    """A message that fits in its window is compressed, a longer one is not."""
    server = chatd(modules="module echo {}", config="deflate_threshold = 10")
    with Raw(server.port) as raw:
        raw.upgrade("/echo", Sec_WebSocket_Extensions=f"{OFFER}; server_max_window_bits=9")
        raw.send_frame(TEXT, b"x" * 512)
        assert raw.read_any_frame()[1]
        raw.send_frame(TEXT, b"x" * 513)
        assert raw.read_frame().payload == b"x" * 513


def test_long_message_holds_nobody_up(chatd):
    """To compress it would; it comes back plain."""
    server = chatd(modules="module echo {}")
    with Raw(server.port) as raw:
        raw.upgrade("/echo", Sec_WebSocket_Extensions=OFFER)
        raw.send_frame(TEXT, b"x" * (256 << 10))
        assert raw.read_any_frame()[1]
        raw.send_frame(TEXT, b"x" * ((256 << 10) + 1))
        assert not raw.read_any_frame()[1]


# ---- Memory -------------------------------------------------------------------------------------

def test_context_is_refused_when_the_memory_is_used_up(chatd):
    server = chatd(config="deflate_memory = 25k")  # for two windows of 4k
    bits = f"{OFFER}; client_max_window_bits"
    with Raw(server.port) as one, Raw(server.port) as two, Raw(server.port) as three:
        answers = [raw.upgrade(Sec_WebSocket_Extensions=bits)["Sec-WebSocket-Extensions"]
                   for raw in (one, two, three)]
    assert [("client_no_context" in answer) for answer in answers] == [False, False, True]
    assert server.counters()["deflate_no_context"] == 1
    wait_until(lambda: "client_no_context" not in offer(server, bits), what="memory given back")


def test_too_many_compressed_messages_at_a_time(chatd):
    server = chatd(modules="module echo {}", config="deflate_memory = 13k")
    bits = f"{OFFER}; client_no_context_takeover; client_max_window_bits"
    with Raw(server.port) as one, Raw(server.port) as two:
        for raw in (one, two):
            raw.upgrade("/echo", Sec_WebSocket_Extensions=bits)
        one.send(frame(TEXT, HELLO[:3], fin=False, reserved=RSV1) + frame(9))
        one.read_frame()  # the pong: it has begun
        two.send(frame(TEXT, HELLO, reserved=RSV1))
        assert two.read_close() == 1013
        assert server.counters()["deflate_no_memory"] == 1
        one.send(frame(0, HELLO[3:]))
        assert one.read_frame().payload == b"Hello"


# ---- Configuration ------------------------------------------------------------------------------

def test_off_and_on_with_a_reload(chatd):
    server = chatd(modules="module echo {}")
    assert offer(server) == f"{OFFER}; server_no_context_takeover"
    with Raw(server.port) as raw:
        raw.upgrade("/echo", Sec_WebSocket_Extensions=OFFER)
        server.write_config("deflate = off")
        server.signal(signal.SIGHUP)
        server.wait_log("configuration read again")
        assert offer(server) is None
        raw.send(frame(TEXT, HELLO, reserved=RSV1))  # what was agreed on stays
        assert raw.read_frame().payload == b"Hello"


def test_window_bits(chatd):
    server = chatd(config="deflate_window_bits = 9")
    assert offer(server, f"{OFFER}; client_max_window_bits").endswith("client_max_window_bits=9")
    assert offer(server, f"{OFFER}; client_max_window_bits=8").endswith("client_max_window_bits=8")


@pytest.mark.parametrize("line", ["deflate = maybe", "deflate_window_bits = 8",
                                  "deflate_window_bits = 16", "deflate_threshold = 0"])
def test_bad_configuration(chatd_check, line):
    code, output = chatd_check(config=line)
    assert code == 78
    assert line.split()[0] in output
