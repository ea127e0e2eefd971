"""SIGTERM ends in order, SIGHUP reads the configuration again."""

import signal
import time

import pytest

from harness import patience, wait_until
from raw import TEXT, Raw


def timed_stop(server):
    started = time.monotonic()
    code = server.stop()
    return code, time.monotonic() - started


# ---- SIGTERM ------------------------------------------------------------------------------------

@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_end_closes_clients_with_1001(chatd, signum):
    server = chatd()
    clients = [server.client(f"user{i}", room="lobby") for i in range(5)] + [server.client()]
    server.signal(signum)
    assert [client.wait_closed() for client in clients] == [1001] * 6
    assert server.process.wait(patience(10)) == 0


def test_end_without_clients_is_immediate(chatd):
    code, seconds = timed_stop(chatd(config='shutdown_timeout = "30s"'))
    assert code == 0 and seconds < patience(3)


def test_end_waits_for_nobody_longer_than_shutdown_timeout(chatd):
    server = chatd(config='shutdown_timeout = "500ms"\nclose_timeout = "60s"')
    with Raw(server.port) as deaf, Raw(server.port) as half, Raw(server.port) as silent:
        deaf.upgrade()
        half.send("GET / HT")
        assert silent.is_quiet(within=0.05)
        code, seconds = timed_stop(server)
    assert code == 0 and seconds < patience(5)


def test_second_signal_ends_at_once_and_well(chatd):
    server = chatd(config='shutdown_timeout = "60s"')
    with Raw(server.port) as raw:
        raw.upgrade()
        server.signal(signal.SIGTERM)
        server.wait_log("shutting down")
        for _ in range(20):
            if server.process.poll() is None:
                server.signal(signal.SIGTERM)
        assert server.process.wait(patience(10)) == 0


def test_messages_before_the_end_arrive(chatd):
    server = chatd()
    alice = server.client("alice", room="lobby")
    for i in range(50):
        alice.send("message", room="lobby", text=f"{i}", id=f"{i}")
    alice.expect("ok", id="49")
    server.signal(signal.SIGTERM)
    assert alice.wait_closed() == 1001
    while alice._receive(0):
        pass
    assert [message["text"] for message in alice.of_type("message")] == [f"{i}" for i in range(50)]


def test_nobody_is_let_in_after_the_end_began(chatd):
    server = chatd(config='shutdown_timeout = "1s"')
    with Raw(server.port) as deaf:
        deaf.upgrade()
        deaf.read_frame()
        server.signal(signal.SIGTERM)
        deaf.read_close()
        with pytest.raises(OSError):
            Raw(server.port)


# ---- SIGHUP -------------------------------------------------------------------------------------

def hello_limit(server):
    with Raw(server.port) as raw:
        raw.upgrade()
        return raw.read_json()["limits"]["message_bytes"]


def test_new_configuration_counts_from_now(chatd):
    server = chatd(config='max_text_bytes = "4k"')
    alice = server.client("alice", room="lobby")
    assert hello_limit(server) == 4096
    server.write_config('max_text_bytes = "6k"')
    server.signal(signal.SIGHUP)
    wait_until(lambda: hello_limit(server) == 6144)
    assert alice.say("still here")["type"] == "ok"


@pytest.mark.parametrize("mistake, said", [
    ('max_text_bytes = "a lot"', r"chatd\.conf:7: .*max_text_bytes"),
    ("nonsense = 1", r"chatd\.conf:7: .*nonsense"),
    ("{", r"chatd\.conf:7"),
])
def test_bad_configuration_is_named_and_the_old_one_stays(chatd, mistake, said):
    server = chatd(config='max_text_bytes = "4k"')
    alice = server.client("alice", room="lobby")
    server.write_config(mistake)
    server.signal(signal.SIGHUP)
    server.wait_log(said)
    assert alice.say("still here")["type"] == "ok"
    assert hello_limit(server) == 4096


def test_missing_configuration_keeps_the_old_one(chatd):
    server = chatd()
    server.config_file.unlink()
    server.signal(signal.SIGHUP)
    server.wait_log(r"chatd\.conf.*[Nn]o such file")
    server.client("alice").sync()


def test_log_level_changes(chatd):
    server = chatd(config='log_level = "info"')
    server.write_config('log_level = "debug"')
    before = len(server.log())
    server.signal(signal.SIGHUP)
    server.wait_log(r".", after=before)
    server.client("alice", room="lobby").say("x")
    server.wait_log(r"(?i)\bdebug\b", after=before)


def test_many_hups_under_traffic_lose_nothing(chatd):
    server = chatd()
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    for i in range(100):
        if i % 5 == 0:
            server.signal(signal.SIGHUP)
        alice.say(f"{i}")
    bob.sync()
    assert [message["text"] for message in bob.of_type("message")] == [f"{i}" for i in range(100)]


def test_usr1_is_no_end(chatd):
    server = chatd()
    server.signal(signal.SIGUSR1)
    server.client("alice").sync()
    assert server.process.poll() is None


def test_broken_pipe_is_no_end(chatd):
    """A peer that is gone while the server writes to it raises no SIGPIPE."""
    server = chatd()
    alice = server.client("alice", room="lobby")
    for i in range(20):
        raw = Raw(server.port)
        raw.upgrade()
        raw.send_json("login", id="l", nick=f"user{i}")
        raw.read_answer("l")
        raw.send_json("join", room="lobby")
        raw.send_frame(TEXT, b'{"type":"message","room":"lobby","text":"bye"}')
        raw.reset()
        alice.say("hello?")
    alice.sync()
