"""Addresses to listen on."""

import socket

import pytest

from raw import Raw


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
        return True
    except OSError:
        return False


def greeted(host, port):
    with Raw(port, host) as raw:
        return raw.upgrade().status == 101 and raw.read_json()["type"] == "hello"


def test_several_addresses_are_one_server(chatd):
    server = chatd(listen=("127.0.0.1:0", "127.0.0.1:0", "127.0.0.2:0"))
    assert len({port for host, port in server.addresses if host == "127.0.0.1"}) == 2
    assert all(greeted(host, port) for host, port in server.addresses)


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_ipv6(chatd):
    server = chatd(listen=("[::1]:0", "127.0.0.1:0"))
    assert {host for host, _ in server.addresses} == {"::1", "127.0.0.1"}
    assert all(greeted(host, port) for host, port in server.addresses)


@pytest.mark.skipif(not has_ipv6(), reason="no IPv6 on this machine")
def test_origin_on_ipv6(chatd):
    server = chatd(listen=("[::1]:0",))
    with Raw(server.port, "::1") as raw:
        assert raw.upgrade(Origin=f"http://[::1]:{server.port}").status == 101


def test_clients_of_different_addresses_meet(chatd):
    from harness import Client
    server = chatd(listen=("127.0.0.1:0", "127.0.0.2:0"))
    (_, first), (_, second) = server.addresses
    alice = server.client("alice", room="lobby")
    bob = Client(f"ws://127.0.0.2:{second}/ws")
    server.clients.append(bob)
    bob.login("bob")
    bob.join("lobby")
    alice.say("hello")
    assert bob.expect("message")["text"] == "hello"


def test_port_is_free_again_after_the_end(chatd):
    first = chatd()
    port = first.port
    first.client("alice").sync()
    assert first.stop() == 0
    assert chatd(listen=(f"127.0.0.1:{port}",)).port == port
