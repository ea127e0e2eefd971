"""Many connections, few descriptors, and a lot of talk."""

import pathlib
import re
import resource
import subprocess
import sys
import time

import pytest

import harness
from harness import patience, wait_until
from raw import Raw

MANY = 10_000
HARD_LIMIT = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
SILENT_CLIENTS = pathlib.Path(__file__).parent / "silent_clients.py"


def descriptors(n):
    """A preexec function that limits the open files."""
    return lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (n, n))


# ---- Out of descriptors -------------------------------------------------------------------------

@pytest.mark.parametrize("limit", [60, 150])
def test_out_of_descriptors_it_keeps_serving_and_does_not_spin(chatd, limit):
    server = chatd(preexec=descriptors(limit), config='http_timeout = "60s"')
    alice = server.client("alice", room="lobby")
    crowd = [Raw(server.port) for _ in range(300)]
    assert alice.say("one")["type"] == "ok"

    lines, cpu = server.log().count("\n"), server.cpu_seconds()
    time.sleep(1)  # the time in which it must do nothing
    assert server.cpu_seconds() - cpu < 0.3
    assert server.log().count("\n") - lines < 20
    assert alice.say("two")["type"] == "ok"
    assert re.search(r"(?i)too many open files|descriptors|connections", server.log())

    for raw in crowd:
        raw.socket.close()
    server.client("bob", room="lobby").sync()


# ---- Many connections ---------------------------------------------------------------------------

class Crowd:
    """MANY silent connections to a server, opened by a process of its own."""

    def __init__(self, server, how):
        self.server = server
        self.descriptors_before = server.open_descriptors()
        self.memory_before = server.memory_bytes()
        self.process = subprocess.Popen(
            [sys.executable, SILENT_CLIENTS, str(server.port), str(MANY), how],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=descriptors(HARD_LIMIT))

    def wait_open(self):
        assert self.process.stdout.readline() == b"open\n"
        wait_until(lambda: self.server.open_descriptors() >= self.descriptors_before + MANY,
                   timeout=20)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()  # ends its standard input, and with it the process


@pytest.mark.skipif(HARD_LIMIT < MANY + 200, reason="the limit of descriptors is too low")
@pytest.mark.parametrize("how", ["tcp", "websocket"])
def test_ten_thousand_silent_connections(chatd, how):
    server = chatd(config='''
        max_connections = 0
        http_timeout = "10m"
        login_timeout = "10m"
        ping_interval = "10m"''', preexec=descriptors(HARD_LIMIT))
    with Crowd(server, how) as crowd:
        crowd.wait_open()
        if not harness.SANITIZED:  # a sanitizer takes memory of its own
            assert (server.memory_bytes() - crowd.memory_before) / MANY <= 512

        alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
        for i in range(20):
            alice.say(f"{i}")
        bob.sync()
        assert len(bob.of_type("message")) == 20

        cpu = server.cpu_seconds()
        time.sleep(0.5)  # the time in which it must do nothing
        assert server.cpu_seconds() - cpu < 0.2

    wait_until(lambda: server.open_descriptors() <= crowd.descriptors_before + 2, timeout=20)
    alice.sync()


# ---- A lot of talk ------------------------------------------------------------------------------

def test_thousands_of_messages_arrive_once_and_in_order(chatd):
    """20 clients send 100 messages each, all at once, to everybody."""
    server = chatd(config='outbox_bytes = "16M"')
    clients = [server.client(f"user{i}", room="lobby") for i in range(20)]
    for i in range(100):
        for client in clients:
            client.send("message", room="lobby", text=f"{i}", cid=f"{i}")
    for client in clients:
        client.sync()

    for client in clients:
        client.sync()
        messages = client.of_type("message")
        assert [message["seq"] for message in messages] == list(range(1, 2001))
        for other in clients:
            own = [message["text"] for message in messages if message["from"]["nick"] == other.nick]
            assert own == [f"{i}" for i in range(100)]
        assert [message["cid"] for message in messages if "cid" in message] == [
            f"{i}" for i in range(100)]


def test_many_rooms_and_many_users(chatd):
    server = chatd()
    clients = [server.client(f"user{i}", room=f"room{i % 10}") for i in range(100)]
    for client in clients:
        client.say(client.nick, room=client.joined["room"])
    for i, client in enumerate(clients):
        client.sync()
        assert {message["text"] for message in client.of_type("message")} <= {
            f"user{j}" for j in range(i % 10, 100, 10)}
    assert sum(room["count"] for room in clients[0].request("rooms")["rooms"]) == 100


def test_busy_room_does_not_starve_others(chatd):
    server = chatd()
    busy = [server.client(f"busy{i}", room="busy") for i in range(5)]
    quiet = server.client("quiet", room="quiet")
    for client in busy:
        for _ in range(200):
            client.send("message", room="busy", text="x" * 500)
    started = time.monotonic()
    assert quiet.say("hello", room="quiet")["type"] == "ok"
    assert time.monotonic() - started < patience(2)
    for client in busy:
        client.sync()
