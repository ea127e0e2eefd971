"""Limits on connections: of one address, and of all."""

import resource
import socket
import time

import pytest

from harness import wait_until
from raw import Raw

PROXY = b"PROXY TCP4 %s 192.0.2.2 5000 443\r\n"


def from_address(server, address):
    """A connection from one of this machine's own addresses."""
    raw = Raw.__new__(Raw)
    raw.socket = socket.create_connection(("127.0.0.1", server.port), source_address=(address, 0))
    raw.socket.settimeout(10)
    raw.host, raw.buffer = f"127.0.0.1:{server.port}", b""
    return raw


def is_served(raw):
    try:
        return raw.request("/").status == 200
    except (EOFError, ConnectionError):
        return False


def test_connections_of_one_address(chatd):
    server = chatd(config="max_connections_per_address = 2\nunlimited_addresses = {}")
    with from_address(server, "127.0.0.5") as first, from_address(server, "127.0.0.5") as second:
        assert is_served(first) and is_served(second)
        with from_address(server, "127.0.0.5") as third:
            assert not is_served(third)
        with from_address(server, "127.0.0.6") as other:
            assert is_served(other)
        assert server.counters()["address_connections"] == 1
    wait_until(lambda: is_served(from_address(server, "127.0.0.5")), what="place again")


def test_new_connections_of_one_address(chatd):
    server = chatd(config="max_connection_rate_per_address = 3\nunlimited_addresses = {}")
    served = 0
    for _ in range(30):
        with from_address(server, "127.0.0.5") as raw:
            served += is_served(raw)
    assert served >= 3
    assert served < 30 and server.counters()["address_rate"] == 30 - served
    wait_until(lambda: is_served(from_address(server, "127.0.0.5")), what="the next second")


def test_this_machine_is_not_limited_at_first(chatd):
    server = chatd(config="max_connections_per_address = 1")
    with Raw(server.port) as first, Raw(server.port) as second:
        assert is_served(first) and is_served(second)


def test_limits_can_change(chatd):
    server = chatd(config="max_connections_per_address = 1")
    with Raw(server.port) as first:
        assert is_served(first)
        server.write_config("max_connections_per_address = 1\nunlimited_addresses = {}")
        server.reload()
        with Raw(server.port) as second, Raw(server.port) as third:
            assert is_served(second)  # the first one is not counted any more
            assert not is_served(third)


def test_clients_of_a_trusted_proxy_count_each_for_themselves(chatd):
    server = chatd(config="max_connections_per_address = 1\nunlimited_addresses = {}\n"
                          'trusted_proxies = { "loopback" }')
    with Raw(server.port) as first, Raw(server.port) as second, Raw(server.port) as third:
        assert first.upgrade(X_Forwarded_For="192.0.2.1").status == 101
        assert second.upgrade(X_Forwarded_For="192.0.2.2").status == 101
        refused = third.upgrade(X_Forwarded_For="192.0.2.1")
        assert refused.status == 429 and refused["Retry-After"] == "1"
    with Raw(server.port) as again:
        wait_until(lambda: is_free(server), what="place again")
        assert again.upgrade(X_Forwarded_For="192.0.2.1").status == 101


def is_free(server):
    with Raw(server.port) as raw:
        return raw.request("/", X_Forwarded_For="192.0.2.1").status == 200


def test_clients_of_the_proxy_protocol_count_each_for_themselves(chatd):
    server = chatd(config="max_connections_per_address = 1\nunlimited_addresses = {}",
                   listen=("127.0.0.1:0 proxy",))
    with Raw(server.port) as first, Raw(server.port) as second, Raw(server.port) as third:
        first.send(PROXY % b"192.0.2.1")
        assert is_served(first)
        second.send(PROXY % b"192.0.2.2")
        assert is_served(second)
        third.send(PROXY % b"192.0.2.1")
        assert not is_served(third)


def test_new_connections_of_all(chatd):
    server = chatd(config="max_connection_rate = 5")
    began = time.monotonic()
    clients = [Raw(server.port) for _ in range(12)]
    assert all(is_served(client) for client in clients)  # nobody is refused
    assert time.monotonic() - began > 0.9  # but some have waited
    assert server.counters()["accept_rate"] >= 1
    for client in clients:
        client.socket.close()


def test_when_it_is_full_the_log_says_so_once(chatd):
    server = chatd(config="max_connections = 1")
    with Raw(server.port) as first:
        assert is_served(first)
        for _ in range(5):
            with Raw(server.port) as other:
                assert not is_served(other)
        assert server.log().count("refusing connections") in (1, 2)


def test_no_descriptors_left(chatd):
    server = chatd(config="max_connections = 100000",
                   preexec=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40)))
    alice = server.client("alice", room="lobby")
    waiting = [Raw(server.port) for _ in range(60)]
    server.wait_log("accept: ")
    assert alice.say("still here")["type"] == "ok"
    assert server.counters()["accept_pauses"] >= 1
    for raw in waiting[:50]:
        raw.socket.close()
    assert is_served(waiting[-1])
    for raw in waiting[50:]:
        raw.socket.close()


@pytest.mark.parametrize("key", ["unlimited_addresses", "trusted_proxies"])
def test_mistakes_are_named(chatd_check, key):
    code, output = chatd_check(config=f'\n{key} = {{ "loopback", "here" }}')
    assert code == 78
    assert f"chatd.conf:8: {key}: here: " in output
