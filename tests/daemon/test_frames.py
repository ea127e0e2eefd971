"""RFC 6455 5 to 8, both ways, over a bare socket."""

import json
import socket

import pytest

from raw import (BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Raw, close_payload, frame)

ASK = b'{"type":"ping","id":"q"}'


@pytest.fixture
def server(chatd):
    return chatd(config='max_message_bytes = "4k"\nclose_timeout = "300ms"')


@pytest.fixture
def peer(server):
    """A connection after the handshake and the hello."""
    with Raw(server.port) as raw:
        assert raw.upgrade().status == 101
        assert raw.read_json()["type"] == "hello"
        yield raw


def answers(peer):
    """The server has understood ASK."""
    return peer.read_answer("q")["type"] == "ok"


def closes_with(peer, code):
    """The server sends this close code, takes ours, and ends the TCP connection."""
    seen = peer.read_close()
    peer.send_frame(CLOSE, close_payload(seen))
    return seen == code and peer.is_closed()


# ---- Messages -----------------------------------------------------------------------------------

def test_message_in_one_frame(peer):
    peer.send_frame(TEXT, ASK)
    assert answers(peer)


@pytest.mark.parametrize("filler", [0, 101, 102, 103, 3000])
def test_all_lengths(peer, filler):
    ask = json.dumps({"type": "ping", "id": "q", "x": "x" * filler}).encode()
    peer.send_frame(TEXT, ask)
    assert answers(peer)


def test_message_byte_by_byte(peer):
    peer.send_slowly(frame(TEXT, ASK))
    assert answers(peer)


def test_many_messages_in_one_segment(peer):
    peer.send(b"".join(frame(TEXT, json.dumps({"type": "ping", "id": f"{i}"}).encode())
                       for i in range(500)))
    assert [peer.read_json()["id"] for _ in range(500)] == [f"{i}" for i in range(500)]


@pytest.mark.parametrize("size", [1, 5, 23])
def test_fragments_are_joined(peer, size):
    parts = [ASK[i:i + size] for i in range(0, len(ASK), size)]
    for i, part in enumerate(parts):
        peer.send_frame(CONTINUATION if i else TEXT, part, fin=i == len(parts) - 1)
    assert answers(peer)


def test_empty_fragments_are_allowed(peer):
    peer.send_frame(TEXT, b"", fin=False)
    peer.send_frame(CONTINUATION, ASK, fin=False)
    peer.send_frame(CONTINUATION, b"", fin=True)
    assert answers(peer)


def test_ping_between_fragments_is_answered_first(peer):
    peer.send_frame(TEXT, ASK[:7], fin=False)
    peer.send_frame(PING, b"in between")
    assert peer.read_frame() == (True, PONG, b"in between")
    peer.send_frame(CONTINUATION, ASK[7:])
    assert answers(peer)


def test_character_may_be_split_over_fragments(peer):
    ask = '{"type":"ping","id":"q","x":"€😀"}'.encode()
    for cut in range(ask.index(b"\xe2"), ask.index(b"\xe2") + 7):
        peer.send_frame(TEXT, ask[:cut], fin=False)
        peer.send_frame(CONTINUATION, ask[cut:])
        assert answers(peer)


# ---- Control frames -----------------------------------------------------------------------------

@pytest.mark.parametrize("payload", [b"", b"x", bytes(range(125))])
def test_ping_is_answered_with_its_payload(peer, payload):
    peer.send_frame(PING, payload)
    assert peer.read_frame() == (True, PONG, payload)


def test_pong_that_nobody_asked_for_is_ignored(peer):
    peer.send_frame(PONG, b"hello?")
    peer.send_frame(TEXT, ASK)
    assert answers(peer)


# ---- The close handshake ------------------------------------------------------------------------

@pytest.mark.parametrize("code", [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 4999])
def test_close_is_echoed_and_the_server_hangs_up(peer, code):
    peer.send_frame(CLOSE, close_payload(code, "goodbye €".encode()))
    assert peer.read_close() == code
    assert peer.is_closed() and not peer.buffer


def test_close_without_code_is_echoed(peer):
    peer.send_frame(CLOSE)
    assert peer.read_close() in (None, 1000)
    assert peer.is_closed() and not peer.buffer


def test_nothing_after_a_close_is_heard(peer):
    peer.send(frame(CLOSE, close_payload(1000)) + frame(PING, b"x") + frame(TEXT, ASK))
    assert peer.read_close() == 1000
    assert peer.is_closed() and not peer.buffer


def test_close_between_fragments_is_obeyed(peer):
    peer.send_frame(TEXT, ASK[:5], fin=False)
    peer.send_frame(CLOSE, close_payload(1000))
    assert peer.read_close() == 1000


def test_answers_before_a_close_are_sent(peer):
    peer.send(frame(TEXT, ASK) + frame(CLOSE, close_payload(1000)))
    assert answers(peer)
    assert peer.read_close() == 1000


@pytest.mark.parametrize("payload, code", [
    (b"\x03", 1002), (close_payload(0), 1002), (close_payload(999), 1002),
    (close_payload(1004), 1002), (close_payload(1005), 1002), (close_payload(1006), 1002),
    (close_payload(1015), 1002), (close_payload(1016), 1002), (close_payload(2999), 1002),
    (close_payload(5000), 1002), (close_payload(65535), 1002),
    (close_payload(1000, b"\xff"), 1007),
])
def test_malformed_close_is_a_protocol_error(peer, payload, code):
    peer.send_frame(CLOSE, payload)
    assert peer.read_close() == code
    assert peer.is_closed()


def test_client_that_never_answers_a_close_is_cut_off(peer):
    peer.send_frame(BINARY, b"x")
    assert peer.read_close() == 1003
    assert peer.is_closed()  # after close_timeout, without an answer from here


def test_half_closed_client_is_let_go(server, peer):
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.is_closed()


def test_reset_is_survived(server):
    for _ in range(20):
        raw = Raw(server.port)
        raw.upgrade()
        raw.send_frame(TEXT, ASK)
        raw.reset()
    server.client("alice").sync()


# ---- Protocol errors ----------------------------------------------------------------------------

@pytest.mark.parametrize("frames, code", [
    ([frame(TEXT, ASK, mask=False)], 1002),
    ([frame(PING, mask=False)], 1002),
    ([frame(TEXT, ASK, reserved=4)], 1002),
    ([frame(TEXT, ASK, reserved=2)], 1002),
    ([frame(PING, reserved=1)], 1002),
    ([frame(3, b"x")], 1002),
    ([frame(7, b"x")], 1002),
    ([frame(0xB, b"x")], 1002),
    ([frame(0xF)], 1002),
    ([frame(CONTINUATION, ASK)], 1002),
    ([frame(TEXT, b"{", fin=False), frame(TEXT, ASK)], 1002),
    ([frame(TEXT, b"{", fin=False), frame(BINARY, b"x")], 1002),
    ([frame(PING, b"x", fin=False)], 1002),
    ([frame(CLOSE, close_payload(1000), fin=False)], 1002),
    ([frame(PING, bytes(126))], 1002),
    ([frame(CLOSE, close_payload(1000, b"x" * 124))], 1002),
    ([frame(TEXT, ASK, length_bytes=2)], 1002),                  # 5.2: the shortest form
    ([frame(TEXT, ASK, length_bytes=8)], 1002),
    ([frame(TEXT, b"x" * 300, length_bytes=8)], 1002),
    ([frame(PING, b"x", length_bytes=2)], 1002),
    ([b"\x81\xff" + b"\xff" * 8 + b"mask"], (1002, 1009)),       # the top bit of the length
    ([frame(BINARY, b"\0\1")], 1003),
    ([frame(TEXT, b"\xff")], 1007),
    ([frame(TEXT, b"\xc0\xaf")], 1007),                          # overlong
    ([frame(TEXT, b"\xed\xa0\x80")], 1007),                      # a surrogate
    ([frame(TEXT, b"\xf4\x90\x80\x80")], 1007),                  # above U+10FFFF
    ([frame(TEXT, b"\xe2\x82")], 1007),                          # cut off
    ([frame(TEXT, b"\xe2", fin=False), frame(CONTINUATION, b"x")], 1007),
    ([frame(TEXT, b"x" * 4097)], 1009),
    ([frame(TEXT, b"x" * 3000, fin=False), frame(CONTINUATION, b"x" * 1097)], 1009),
    ([frame(TEXT, b"x", fin=False)] + [frame(CONTINUATION, b"x" * 100, fin=False)] * 41, 1009),
])
def test_rule_breaker_is_closed_with_the_code(server, peer, frames, code):
    bystander = server.client("alice")
    peer.send(b"".join(frames))
    assert closes_with(peer, code) if isinstance(code, int) else peer.read_close() in code
    bystander.sync()


def test_rule_breaker_byte_by_byte(peer):
    try:
        peer.send_slowly(frame(TEXT, b"\xc3\x28"))
    except (BrokenPipeError, ConnectionResetError):
        pass
    assert peer.read_close() == 1007


def test_oversize_is_refused_before_it_arrives(peer):
    peer.send(b"\x81\xff" + (1 << 40).to_bytes(8, "big") + b"mask")
    assert peer.read_close() == 1009


def test_message_of_exactly_the_limit_is_taken(peer):
    ask = b'{"type":"ping","id":"q","x":"' + b"x" * (4096 - 31) + b'"}'
    assert len(ask) == 4096
    peer.send_frame(TEXT, ask)
    assert answers(peer)


def test_bad_utf8_is_refused_before_the_message_ends(peer):
    peer.send_frame(TEXT, b'{"type":"\xff', fin=False)
    assert peer.read_close() == 1007
