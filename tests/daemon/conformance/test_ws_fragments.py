"""Fragmented messages (RFC 6455 5.4), and control frames between their fragments."""

import pytest

from peer import ANSWER, ASK, also_over_tls, cases, fragments, pieces, pong, slowly
from raw import BINARY, CONTINUATION, PING, PONG, TEXT, Frame, frame


def begin(payload, opcode=TEXT):
    return frame(opcode, payload, fin=False)


def go_on(payload):
    return frame(CONTINUATION, payload, fin=False)


def end(payload):
    return frame(CONTINUATION, payload)


A, B, C = ASK[:5], ASK[5:10], ASK[10:]

GOOD = {
    "two fragments": (begin(A + B) + end(C), ANSWER),
    "three fragments": (begin(A) + go_on(B) + end(C), ANSWER),
    "every byte a fragment": (fragments(TEXT, pieces(ASK, 1)), ANSWER),
    "empty first": (begin(b"") + end(ASK), ANSWER),
    "empty last": (begin(ASK) + end(b""), ANSWER),
    "empty first, middle and last":
        (begin(b"") + go_on(A) + go_on(b"") + go_on(B + C) + end(b""), ANSWER),
    "ping inside": (begin(A) + frame(PING, b"in") + end(B + C), pong(b"in"), ANSWER),
    "pong inside": (begin(A) + frame(PONG, b"in") + end(B + C), ANSWER),
    "pings at every place":
        (begin(A) + frame(PING, b"1") + go_on(B) + frame(PING, b"2") + frame(PING, b"3") + end(C),
         pong(b"1"), pong(b"2"), pong(b"3"), ANSWER),
    "ping of 125 bytes inside":
        (begin(A) + frame(PING, b"\xff" * 125) + end(B + C), pong(b"\xff" * 125), ANSWER),
    "two messages": (begin(A) + end(B + C) + begin(A + B) + end(C), ANSWER, ANSWER),
    "a whole message behind": (begin(A) + end(B + C) + frame(TEXT, ASK), ANSWER, ANSWER),
}

BAD = {
    "continuation of nothing": (end(ASK), 1002),
    "continuation of nothing that goes on": (go_on(ASK), 1002),
    "empty continuation of nothing": (end(b""), 1002),
    "continuation behind a whole message": (frame(TEXT, ASK) + end(ASK), ANSWER, 1002),
    "continuation behind the last one": (begin(A) + end(B + C) + end(C), ANSWER, 1002),
    "continuation that goes on behind the last one":
        (begin(A) + end(B + C) + go_on(C), ANSWER, 1002),
    "text inside": (begin(A) + frame(TEXT, ASK), 1002),
    "binary inside": (begin(A) + frame(BINARY, ASK), 1002),
    "text begins inside": (begin(A) + begin(A), 1002),
    "text inside binary": (begin(A, BINARY) + frame(TEXT, ASK), 1002),
    "text inside, behind a continuation": (begin(A) + go_on(B) + frame(TEXT, ASK), 1002),
    "text inside, behind a ping": (begin(A) + frame(PING) + frame(TEXT, ASK), pong(), 1002),
    "text inside an empty message": (begin(b"") + frame(TEXT, b""), 1002),
    "ping that goes on inside": (begin(A) + frame(PING, b"x", fin=False), 1002),
}


@also_over_tls
@slowly
@pytest.mark.parametrize(
    "case", [pytest.param(case, id=id) for id, case in {**GOOD, **BAD}.items()])
def test_fragments(peer, case, slowly):
    sent, *expected = case
    peer.send(sent, slowly)
    peer.expect(*expected)


def test_ping_inside_is_answered_at_once(peer):
    peer.send(begin(A))
    for i in range(10):
        peer.send(frame(PING, b"%d" % i))
        assert peer.read_frame() == pong(b"%d" % i)
        peer.send(go_on(b""))
    peer.send(end(B + C))
    assert peer.is_answered()


@also_over_tls
def test_cut_at_every_byte(peer):
    """A message in fragments with a ping between them, in two segments that meet at every place."""
    data = begin(A) + frame(PING, b"in") + go_on(B) + end(C)
    for cut in range(1, len(data)):
        peer.send(data[:cut])
        peer.send(data[cut:])
        assert peer.read_frame() == pong(b"in")
        assert peer.is_answered()


@also_over_tls
@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("size", [1, 2, 7, 125, 126, 1300, 65535])
def test_fragments_of_any_size(echo, opcode, size):
    payload = b"*" * min(65536, size * 3000)
    echo.send(fragments(opcode, pieces(payload, size)))
    echo.expect(Frame(True, opcode, payload))


@also_over_tls
@pytest.mark.parametrize("part", cases({"empty": b"", "one byte": b"*", "64 bytes": b"*" * 64}))
def test_65536_fragments_are_fine(echo, part):
    n = 65536
    # All but the first and the last are equal.
    echo.send(begin(part, BINARY) + go_on(part) * (n - 2) + frame(PING, b"in") + end(part))
    echo.expect(pong(b"in"), Frame(True, BINARY, part * n))
