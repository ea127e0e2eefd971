"""The close handshake (RFC 6455 5.5.1, 7): codes and reasons, data after it, and how TCP ends."""

import socket

import pytest

from peer import ANSWER, ASK, Peer, also_over_tls, cases, slowly
from raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, close_payload, frame

# RFC 6455 7.4.1, and what IANA has registered since.
ALLOWED = [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014,
           3000, 3001, 3999, 4000, 4999]
FORBIDDEN = [0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1099, 1100, 1999, 2000, 2999,
             5000, 32768, 65535]


# ---- From the client ----------------------------------------------------------------------------

REASONS = {
    "no reason": b"", "reason": b"goodbye", "reason beyond ASCII": "tschüß €😀".encode(),
    "reason of 123 bytes": b"x" * 123, "reason of 123 bytes beyond ASCII": "€".encode() * 41,
}


@slowly
@pytest.mark.parametrize("reason", cases(REASONS))
@pytest.mark.parametrize("code", ALLOWED)
def test_code_is_echoed(peer, code, reason, slowly):
    peer.send(frame(CLOSE, close_payload(code, reason)), slowly)
    assert peer.ends_with(code)


@pytest.mark.parametrize("reason", cases({"no reason": b"", "reason": b"goodbye"}))
@pytest.mark.parametrize("code", FORBIDDEN)
def test_code_that_may_not_be_sent_is_1002(peer, code, reason):
    peer.send_frame(CLOSE, close_payload(code, reason))
    assert peer.ends_with(1002)


@also_over_tls
@slowly
def test_empty_close_is_echoed(peer, slowly):
    peer.send(frame(CLOSE), slowly)
    assert peer.ends_with(None)


@also_over_tls
@pytest.mark.parametrize("payload, code", cases({
    "half a code": (b"\x03", 1002),
    "reason of 124 bytes": (close_payload(1000, b"x" * 124), 1002),
    "impossible byte": (close_payload(1000, b"\xff"), 1007),
    "character cut off": (close_payload(1000, b"x" * 121 + b"\xe2\x82"), 1007),
    "surrogate": (close_payload(1000, b"\xed\xa0\x80"), 1007),
    "overlong": (close_payload(1000, b"\xc0\xaf"), 1007),
    "bad code and bad reason": (close_payload(1005, b"\xff"), 1002),
}))
@slowly
def test_malformed_close_is_refused(peer, payload, code, slowly):
    peer.send(frame(CLOSE, payload), slowly)
    assert peer.ends_with(code)


BYE = frame(CLOSE, close_payload(1000))

ORDER = {
    "answers before it are sent": (frame(TEXT, ASK) + BYE, ANSWER, 1000),
    "inside a message": (frame(TEXT, ASK[:5], fin=False) + BYE, 1000),
    "inside a message that ends":
        (frame(TEXT, ASK[:5], fin=False) + BYE + frame(CONTINUATION, ASK[5:]), 1000),
    "text behind": (BYE + frame(TEXT, ASK), 1000),
    "ping behind": (BYE + frame(PING, b"x"), 1000),
    "pong behind": (BYE + frame(PONG, b"x"), 1000),
    "close behind": (BYE + frame(CLOSE, close_payload(1001)), 1000),
    "garbage behind": (BYE + b"\xff" * 1000, 1000),
    "bad frame and close": (frame(PING, fin=False) + BYE, 1002),
}


@also_over_tls
@slowly
@pytest.mark.parametrize("case", [pytest.param(case, id=id) for id, case in ORDER.items()])
def test_order(peer, case, slowly):
    sent, *expected = case
    peer.send(sent, slowly)
    peer.expect(*expected)


# ---- From the server ----------------------------------------------------------------------------

@also_over_tls
def test_client_may_answer_the_servers_close(peer):
    peer.send_frame(3)
    assert peer.read_close_frame() == 1002
    peer.send_frame(CLOSE, close_payload(1002))
    assert peer.is_finished()


def test_reason_says_what_was_wrong(peer):
    peer.send_frame(3)
    got = peer.read_frame()
    assert got.payload == close_payload(1002, b"reserved opcode")


def test_binary_is_1003_in_the_chat(server):
    with Peer(server, "/ws") as chat:
        chat.send_frame(BINARY, b"x")
        assert chat.ends_with(1003)


# ---- The end of TCP -----------------------------------------------------------------------------

def test_half_closed_client_gets_its_answers_and_is_let_go(peer):
    peer.send_frame(TEXT, ASK)
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.is_answered()
    assert peer.is_finished()


@pytest.mark.parametrize("sent", cases({
    "nothing": b"", "half a header": b"\x81", "half a payload": frame(TEXT, ASK)[:-1],
    "a fragment": frame(TEXT, ASK, fin=False),
}))
def test_half_closed_in_the_middle(peer, sent):
    peer.send(sent)
    peer.socket.shutdown(socket.SHUT_WR)
    assert peer.is_finished()


@also_over_tls
def test_close_frame_survives_a_flood(peer):
    """Megabytes that nobody reads any more cause no reset in front of the Close frame."""
    peer.send_frame(3)
    for _ in range(64):
        peer.send(bytes(65536))
    assert peer.read_close_frame() == 1002
    assert peer.is_finished()


def test_client_that_resets_does_not_matter(server, peer):
    peer.send_frame(TEXT, ASK)
    peer.reset()
    with Peer(server, peer.path) as another:
        assert another.is_alive()
