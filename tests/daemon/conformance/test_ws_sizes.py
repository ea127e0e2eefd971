"""How long a message may be (RFC 6455 10.4, 7.4.1), in one frame and in many."""

import pytest

from peer import Peer, also_over_tls, cases, fragments, pieces, pong
from raw import BINARY, CONTINUATION, PING, TEXT, Frame, frame

KIB, MIB = 1 << 10, 1 << 20
LIMIT = 16 * MIB       # of echo, see conftest.py
CHAT_LIMIT = 4 * KIB


def payload_of(n):
    return (bytes(range(0x20, 0x7f)) * (n // 95 + 1))[:n]


# ---- Up to the limit ----------------------------------------------------------------------------

@also_over_tls
@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("size", [64 * KIB, 256 * KIB, MIB, 4 * MIB, 8 * MIB, LIMIT],
                         ids=lambda size: f"{size // KIB} KiB")
def test_large_message_comes_back(echo, opcode, size):
    payload = payload_of(size)
    echo.send_frame(opcode, payload)
    assert echo.read_frame() == Frame(True, opcode, payload)


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("size", [64, 256, KIB, 4 * KIB, 64 * KIB, 256 * KIB, MIB])
def test_message_in_fragments_comes_back(echo, opcode, size):
    payload = payload_of(4 * MIB if size >= KIB else 4096 * size)
    echo.send(fragments(opcode, pieces(payload, size)))
    assert echo.read_frame() == Frame(True, opcode, payload)


@pytest.mark.parametrize("size", [128, 1000, 16 * KIB])
def test_message_in_small_segments_comes_back(echo, size):
    payload = payload_of(1024 * size)
    for piece in pieces(frame(TEXT, payload), size):
        echo.send(piece)
    assert echo.read_frame() == Frame(True, TEXT, payload)


def test_message_of_the_limit_in_fragments_comes_back(echo):
    payload = payload_of(LIMIT)
    echo.send(fragments(BINARY, pieces(payload, 100_000)))
    assert echo.read_frame() == Frame(True, BINARY, payload)


@also_over_tls
@pytest.mark.parametrize("size", [0, 16, 125, 126, 4 * KIB])
def test_many_messages_come_back_in_order(echo, size):
    n = 200
    echo.send(b"".join(frame(TEXT, b"%08d" % i + b"x" * size) for i in range(n)))
    for i in range(n):
        assert echo.read_frame() == Frame(True, TEXT, b"%08d" % i + b"x" * size)


def test_message_of_exactly_the_chats_limit(server):
    with Peer(server, "/ws") as chat:
        start, rest = b'{"type":"ping","id":"q","x":"', b'"}'
        filler = b"x" * (CHAT_LIMIT - len(start + rest))
        chat.send_frame(TEXT, start + filler + rest)
        assert chat.is_answered()
        chat.send_frame(TEXT, start + filler + b"x" + rest)
        assert chat.ends_with(1009)


# ---- Above it -----------------------------------------------------------------------------------

LIMITS = pytest.mark.parametrize("path, limit", cases({
    "echo": ("/echo", LIMIT), "chat": ("/ws", CHAT_LIMIT)}))


@LIMITS
def test_1009_comes_with_the_header(server, path, limit):
    with Peer(server, path) as peer:
        peer.send(frame(BINARY, payload_of(limit + 1))[:14])
        assert peer.read_close_frame() == 1009
        assert peer.is_finished()


@LIMITS
def test_1009_comes_with_the_header_of_the_last_fragment(server, path, limit):
    with Peer(server, path) as peer:
        peer.send(frame(TEXT, payload_of(limit - 10), fin=False) + frame(PING, b"in"))
        assert peer.read_frame() == pong(b"in")
        peer.send(frame(CONTINUATION, payload_of(11))[:6])
        assert peer.read_close_frame() == 1009
        assert peer.is_finished()


@pytest.mark.parametrize("size", [1, 100, 4000])
def test_1009_of_many_fragments(server, size):
    with Peer(server, "/ws") as chat:
        chat.send(frame(TEXT, b"x" * size, fin=False)
                  + frame(CONTINUATION, b"x" * size, fin=False) * (CHAT_LIMIT // size + 1))
        assert chat.ends_with(1009)


@LIMITS
def test_whole_message_above_the_limit_causes_no_reset(server, path, limit):
    with Peer(server, path) as peer:
        peer.send_frame(TEXT, payload_of(limit + 1))
        assert peer.ends_with(1009)


def test_empty_fragments_cost_nothing(server):
    with Peer(server, "/ws") as chat:
        chat.send(frame(TEXT, b"", fin=False) + frame(CONTINUATION, b"", fin=False) * 20_000)
        chat.send(frame(CONTINUATION, b'{"type":"ping","id":"q"}'))
        assert chat.is_answered()
