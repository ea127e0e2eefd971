"""permessage-deflate (RFC 7692) over a bare socket; test_deflate.py has the clients of others."""

import zlib

import pytest

from peer import ASK, Peer, cases, fragments, pieces, pong
from raw import BINARY, CLOSE, CONTINUATION, PING, TEXT, Frame, Raw, close_payload, frame

NO_CONTEXT = "permessage-deflate; server_no_context_takeover"
RSV1, RSV2, RSV3 = 4, 2, 1
HELLO = b"\xf2\x48\xcd\xc9\xc9\x07\x00"  # 7.2.3.1


def deflated(payload, bits=15, level=6):
    packer = zlib.compressobj(level, zlib.DEFLATED, -bits)
    return (packer.compress(payload) + packer.flush(zlib.Z_SYNC_FLUSH))[:-4]


def compressed(opcode, payload, **options):
    return frame(opcode, deflated(payload), reserved=RSV1, **options)


@pytest.fixture
def echo(server):
    with Peer(server, "/echo", Sec_WebSocket_Extensions="permessage-deflate") as peer:
        yield peer


# ---- Negotiation (7.1) --------------------------------------------------------------------------

OFFERS = {
    "plain": ("permessage-deflate", NO_CONTEXT),
    "all": ("permessage-deflate; client_no_context_takeover; client_max_window_bits;"
            "server_no_context_takeover; server_max_window_bits=10",
            NO_CONTEXT + "; client_no_context_takeover; server_max_window_bits=10; "
            "client_max_window_bits=12"),
    "quoted": ('permessage-deflate; client_max_window_bits="1\\0"',
               NO_CONTEXT + "; client_max_window_bits=10"),
    "second offer": ("permessage-deflate; server_max_window_bits=7, permessage-deflate", NO_CONTEXT),
    "first of two": ("permessage-deflate; server_max_window_bits=9, permessage-deflate",
                     NO_CONTEXT + "; server_max_window_bits=9"),
    "behind others": ("x-webkit-deflate-frame; no_context_takeover, permessage-deflate, z",
                      NO_CONTEXT),
    "in the second line": ("a\r\nSec-WebSocket-Extensions: permessage-deflate", NO_CONTEXT),
    "an empty line first": ("\r\nSec-WebSocket-Extensions: permessage-deflate", NO_CONTEXT),
    "unknown parameter": ("permessage-deflate; level=9", None),
    "repeated parameter": ("permessage-deflate; client_max_window_bits; client_max_window_bits",
                           None),
    "value where none belongs": ("permessage-deflate; server_no_context_takeover=1", None),
    "no value where one belongs": ("permessage-deflate; server_max_window_bits", None),
    "leading zero": ("permessage-deflate; client_max_window_bits=09", None),
    "another case": ("Permessage-Deflate", None),
    "another extension": ("x-webkit-deflate-frame", None),
}


@pytest.mark.parametrize("offer, answer", cases(OFFERS))
@pytest.mark.parametrize("path", ["/ws", "/echo"])
def test_offer_is_answered(server, path, offer, answer):
    with Raw(server.port) as raw:
        response = raw.upgrade(path, Sec_WebSocket_Extensions=offer)
        assert response.status == 101
        assert response["Sec-WebSocket-Extensions"] == answer


@pytest.mark.parametrize("offer", [
    "", ",", ";", "permessage-deflate;", "permessage-deflate client_max_window_bits",
    "permessage-deflate; client_max_window_bits=", 'permessage-deflate; client_max_window_bits="',
    'permessage-deflate; client_max_window_bits=""', 'a; b="c, d"', "permessage-deflate, @",
    "permessage-deflate\r\nSec-WebSocket-Extensions: a=",
])
def test_malformed_header_is_refused(server, offer):
    with Raw(server.port) as raw:
        response = raw.upgrade(Sec_WebSocket_Extensions=offer)
        assert response.status == 400
        assert b"Sec-WebSocket-Extensions" in response.body


# ---- Messages (7.2) -----------------------------------------------------------------------------

@pytest.mark.parametrize("payload, message", cases({
    "compressed": (HELLO, b"Hello"),
    "stored": (b"\x00\x05\x00\xfa\xffHello\x00", b"Hello"),
    "final block": (b"\xf3\x48\xcd\xc9\xc9\x07\x00\x00", b"Hello"),
    "two blocks": (b"\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00", b"Hello"),
    "two final blocks": (b"\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00",
                         b"HelloHello"),
    "empty": (b"\x00", b""),
    "no byte": (b"", b""),
}))
@pytest.mark.parametrize("size", [1, 2, 1000])
@pytest.mark.parametrize("opcode", [TEXT, BINARY])
def test_message_of_the_rfc(echo, payload, message, size, opcode):
    data = frame(opcode, payload, reserved=RSV1)
    for part in pieces(data, size):
        echo.send(part)
    echo.expect(Frame(True, opcode, message))


@pytest.mark.parametrize("size", [1, 3])
def test_fragments_with_pings_between(echo, size):
    parts = pieces(deflated(b"Hello, world! " * 10), size)
    for i, part in enumerate(parts):
        echo.send(frame(CONTINUATION if i else TEXT, part, fin=i == len(parts) - 1,
                        reserved=0 if i else RSV1))
        if i < len(parts) - 1:
            echo.send(frame(PING, b"%d" % i))
            assert echo.read_frame() == pong(b"%d" % i)
    echo.expect(Frame(True, TEXT, b"Hello, world! " * 10))


def test_65536_fragments(echo):
    message = b"x" * 65536
    payload = deflated(message, level=0)
    parts = pieces(payload, 1) + [b""] * (65536 - len(payload))
    data = bytearray(fragments(BINARY, parts))
    data[0] |= RSV1 << 4
    echo.send(bytes(data))
    assert echo.read_message() == message
    assert echo.is_alive()


def test_context_is_kept_when_agreed(echo):
    for _ in range(3):
        echo.send(frame(TEXT, HELLO, reserved=RSV1) + frame(TEXT, b"plain")
                  + frame(TEXT, b"\xf2\x00\x11\x00\x00", reserved=RSV1))  # 7.2.3.2
        for message in [b"Hello", b"plain", b"Hello"]:
            assert echo.read_frame() == Frame(True, TEXT, message)


def test_context_is_forgotten_when_agreed(server):
    with Peer(server, "/echo", Sec_WebSocket_Extensions="permessage-deflate; "
              "client_no_context_takeover") as peer:
        for _ in range(2):
            peer.send(frame(TEXT, HELLO, reserved=RSV1))
            assert peer.read_frame().payload == b"Hello"
        peer.send(frame(TEXT, b"\xf2\x00\x11\x00\x00", reserved=RSV1))
        peer.expect(1007)


def test_distance_beyond_the_window_is_corrupt(server):
    with Peer(server, "/echo", Sec_WebSocket_Extensions="permessage-deflate; "
              "client_max_window_bits=9") as peer:
        noise = bytes((i * i * 7 + i // 3) % 256 for i in range(900))
        peer.send(frame(BINARY, deflated(noise + noise, bits=9), reserved=RSV1))
        assert peer.read_message() == noise + noise
        peer.send(frame(BINARY, deflated(b"".join(bytes([i % 256, i // 256]) for i in range(4000))
                                         + b"\0\0\1\0\2\0\3\0\4\0", bits=15), reserved=RSV1))
        peer.expect(1007)


# ---- What breaks the rules ----------------------------------------------------------------------

WRONG = {
    "RSV1 on a continuation": (
        frame(TEXT, HELLO[:3], fin=False, reserved=RSV1)
        + frame(CONTINUATION, HELLO[3:], reserved=RSV1), 1002),
    "RSV1 in the middle of a plain message": (
        frame(TEXT, b"a", fin=False) + frame(CONTINUATION, HELLO, reserved=RSV1), 1002),
    "RSV1 on a ping": (frame(PING, b"", reserved=RSV1), 1002),
    "RSV1 on a close": (frame(CLOSE, close_payload(1000), reserved=RSV1), 1002),
    "RSV2": (frame(TEXT, HELLO, reserved=RSV2), 1002),
    "RSV3 beside RSV1": (frame(TEXT, HELLO, reserved=RSV1 | RSV3), 1002),
    "corrupt": (frame(BINARY, b"\xff\xff\xff", reserved=RSV1), 1007),
    "cut off": (frame(BINARY, HELLO[:4], reserved=RSV1), 1007),
    "not compressed at all": (frame(TEXT, b'{"type":"ping"}', reserved=RSV1), 1007),
    "corrupt before the message ends": (
        frame(BINARY, b"\xff", fin=False, reserved=RSV1), 1007),
    "no UTF-8": (compressed(TEXT, b"abc\xff"), 1007),
    "no UTF-8, before the message ends": (
        frame(TEXT, deflated(b"abc\xff") + b"\0\0\xff\xff", fin=False, reserved=RSV1), 1007),
    "a character cut off": (compressed(TEXT, "€".encode()[:2]), 1007),
    "bomb": (compressed(BINARY, bytes((16 << 20) + 1)), 1009),
    "long header": (b"\xc2\xff" + ((16 << 20) * 65 // 64 + 1025).to_bytes(8, "big") + b"mask",
                    1009),
}


@pytest.mark.parametrize("data, code", cases(WRONG))
def test_rule_breaker_is_closed_with_the_code(echo, data, code):
    echo.send(data)
    echo.expect(code)


def test_rsv1_without_the_extension(peer):
    peer.send(compressed(TEXT, ASK))
    peer.expect(1002)


def test_message_of_exactly_the_limit_is_taken(echo):
    message = bytes(16 << 20)
    echo.send(compressed(BINARY, message))
    assert echo.read_message() == message
    assert echo.is_alive()


def test_incompressible_message_of_the_limit_is_taken(server):
    """What no compression makes of it is longer than the limit."""
    with Peer(server, "/ws", Sec_WebSocket_Extensions="permessage-deflate") as peer:
        ask = b'{"type":"ping","id":"q","x":"' + b"x" * (4096 - 31) + b'"}'
        payload = deflated(ask, level=0)
        assert len(payload) > 4096
        peer.send(frame(TEXT, payload, reserved=RSV1))
        assert peer.is_answered()
