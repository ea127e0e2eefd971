"""The module echo."""

import asyncio
import random

import pytest
import websockets

from harness import patience, wait_until
from raw import BINARY, Raw


def talk(server, *messages, path="/echo"):
    """Sends the messages; answers the echoes, or the close code."""
    async def run():
        url = f"ws://127.0.0.1:{server.port}{path}"
        async with websockets.connect(url, max_size=None, ping_interval=None) as ws:
            echoes = []
            try:
                for message in messages:
                    await ws.send(message)
                    echoes.append(await asyncio.wait_for(ws.recv(), patience(30)))
            except websockets.ConnectionClosed:
                await ws.wait_closed()
                return ws.close_code
            return echoes

    return asyncio.run(run())


@pytest.mark.parametrize("message", [
    "", "hello", "Grüße, 日本 😀", "a\x00b", b"", b"\x00\xff\xfe", "/help", '{"type":"login"}',
    "x" * 125, "x" * 126, "x" * 65535, "x" * 65536, b"y" * (1 << 20),
], ids=lambda message: f"{type(message).__name__}{len(message)}")
def test_message_comes_back_as_it_was(chatd, message):
    assert talk(chatd(modules="module echo {}"), message) == [message]


def test_fragments_come_back_as_one(chatd):
    assert talk(chatd(modules="module echo {}"), ["one ", "two ", "three"]) == ["one two three"]


def test_order(chatd):
    messages = [f"{i}" if i % 2 else b"%d" % i for i in range(200)]
    assert talk(chatd(modules="module echo {}"), *messages) == messages


def test_many_before_the_first_is_read(chatd):
    server = chatd(modules="module echo {}")

    async def run():
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/echo") as ws:
            for i in range(1000):
                await ws.send(f"{i}")
            return [await asyncio.wait_for(ws.recv(), patience(30)) for _ in range(1000)]

    assert asyncio.run(run()) == [f"{i}" for i in range(1000)]


def test_max_message(chatd):
    server = chatd(modules="module echo { max_message = 1k }")
    assert talk(server, "x" * 1024) == ["x" * 1024]
    assert talk(server, "x" * 1025) == 1009
    assert talk(server, ["x" * 1000, "x" * 25]) == 1009


def test_default_max_message(chatd):
    assert talk(chatd(modules="module echo {}"), b"x" * ((1 << 20) + 1)) == 1009


def test_large_message(chatd):
    server = chatd(modules="module echo { max_message = 64M }")
    message = bytes(range(256)) * (16 << 12)  # 16 MiB
    assert talk(server, message) == [message]


@pytest.mark.parametrize("compression", [None, "deflate"])
def test_large_messages_before_the_first_is_read(chatd, compression):
    """More than outbox_bytes waits for the client: its next messages wait, and nothing is lost."""
    server = chatd(modules="module echo { max_message = 16M }", config="outbox_bytes = 100k")
    messages = [random.Random(i).randbytes(1 << 20) * 16 for i in range(3)]
    messages += [b"%d" % i * 60_000 for i in range(10)]

    async def send(ws):
        for message in messages:
            await ws.send(message)

    async def run():
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/echo", ping_interval=None,
                                      max_size=None, max_queue=1, compression=compression) as ws:
            sending = asyncio.ensure_future(send(ws))
            await asyncio.sleep(0.2)
            for message in messages:
                assert await asyncio.wait_for(ws.recv(), patience(60)) == message
            await sending

    asyncio.run(run())


def test_who_never_reads_is_given_up(chatd):
    server = chatd(modules="module echo { max_message = 16M }",
                   config='outbox_bytes = 100k\nping_interval = "200ms"\nping_timeout = "200ms"\n'
                          'close_timeout = "200ms"')
    before = server.open_descriptors()
    with Raw(server.port, receive_buffer=4096) as raw:
        raw.upgrade("/echo")
        try:
            raw.send_frame(BINARY, bytes(16 << 20))
        except ConnectionError:  # on a slow machine it is given up before all is sent
            pass
        wait_until(lambda: server.open_descriptors() <= before, timeout=20)


def test_path(chatd):
    server = chatd(modules='module echo { path = "/test/mirror" }')
    assert talk(server, "hello", path="/test/mirror") == ["hello"]
    with pytest.raises(websockets.InvalidStatusCode):
        talk(server, "hello", path="/echo")


def test_the_chat_goes_on_beside_it(chatd):
    server = chatd(modules="module echo {}")
    alice = server.client("alice", room="lobby")
    assert talk(server, "hello") == ["hello"]
    alice.say("hi")
    assert alice.expect("message")["text"] == "hi"


def test_off_by_default(chatd):
    with pytest.raises(websockets.InvalidStatusCode):
        talk(chatd(), "hello")


@pytest.mark.parametrize("options, said", [
    ('path = "echo"', "path"),
    ('path = ""', "path"),
    ('path = "/ws"', "path"),
    ("max_message = 65M", "max_message"),
    ("max_message = 0", "max_message"),
])
def test_bad_options(chatd_check, options, said):
    code, output = chatd_check(modules="module echo { %s }" % options)
    assert code == 78
    assert said in output
