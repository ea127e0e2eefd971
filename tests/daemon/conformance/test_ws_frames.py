"""Frames (RFC 6455 5.2 to 5.5): lengths, masks, reserved bits and opcodes, control frames."""

import struct

import pytest

from peer import ANSWER, ASK, also_over_tls, cases, pieces, pong, slowly
from raw import BINARY, CLOSE, CONTINUATION, PING, PONG, TEXT, Frame, close_payload, frame

# ---- Messages of every length -------------------------------------------------------------------

LENGTHS = [0, 1, 2, 3, 4, 5, 7, 8, 9, 124, 125, 126, 127, 128, 65535, 65536, 65537]


@also_over_tls
@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("chop", [1, 997, 1 << 20], ids=["bytewise", "in 997s", "whole"])
@pytest.mark.parametrize("length", LENGTHS)
def test_message_of_any_length_comes_back(echo, opcode, length, chop):
    payload = b"*" * length if opcode == TEXT else (bytes(range(256)) * 257)[:length]
    data = frame(opcode, payload)
    head = len(data) - length
    # Byte by byte up to the payload's first ones: the rest goes the same way.
    for part in pieces(data[:head + 20], chop) + pieces(data[head + 20:], max(chop, 997)):
        echo.send(part)
    echo.expect(Frame(True, opcode, payload))


@pytest.mark.parametrize("mask", [bytes(4), b"\xff" * 4, b"\0\0\0\1", b"\x80\0\0\0", b"abcd"])
@pytest.mark.parametrize("length", [0, 1, 3, 4, 8, 13, 125, 1000])
def test_any_mask_is_taken_off(echo, mask, length):
    payload = bytes(i % 251 for i in range(length))
    echo.send(frame(BINARY, payload, key=mask))
    echo.expect(Frame(True, BINARY, payload))


@also_over_tls
def test_many_messages_in_one_segment_are_answered_in_order(peer):
    peer.send(b"".join(frame(PING, b"%d" % i) + frame(TEXT, ASK) for i in range(300)))
    for i in range(300):
        assert peer.read_frame() == pong(b"%d" % i)
        assert peer.is_answered()
    assert peer.is_alive()


@also_over_tls
def test_cut_at_every_byte(peer):
    """Two messages and a ping, in two segments that meet at every place."""
    data = frame(TEXT, ASK) + frame(PING, b"ping") + frame(TEXT, ASK)
    for cut in range(1, len(data)):
        peer.send(data[:cut])
        peer.send(data[cut:])
        assert peer.is_answered()
        assert peer.read_frame() == pong(b"ping")
        assert peer.is_answered()


# ---- Pings and pongs (5.5.2, 5.5.3) -------------------------------------------------------------

CONTROL = {
    "ping": (frame(PING), pong()),
    "ping with text": (frame(PING, b"Hello, world!"), pong(b"Hello, world!")),
    "ping with bytes": (frame(PING, b"\0\xff\xfe\xfd\xfc\xfb\0\xff"),
                        pong(b"\0\xff\xfe\xfd\xfc\xfb\0\xff")),
    "ping of 125 bytes": (frame(PING, b"\xfe" * 125), pong(b"\xfe" * 125)),
    "ten pings": (b"".join(frame(PING, b"payload-%d" % i) for i in range(10)),
                  *(pong(b"payload-%d" % i) for i in range(10))),
    "pong": (frame(PONG),),
    "pong with text": (frame(PONG, b"unsolicited"),),
    "pong of 125 bytes": (frame(PONG, b"\xfe" * 125),),
    "pong and ping": (frame(PONG, b"unsolicited") + frame(PING, b"ping"), pong(b"ping")),
    "ping between messages": (frame(TEXT, ASK) + frame(PING, b"x") + frame(TEXT, ASK),
                              ANSWER, pong(b"x"), ANSWER),
    "ping of 126 bytes": (frame(PING, b"\xfe" * 126), 1002),
    "pong of 126 bytes": (frame(PONG, b"\xfe" * 126), 1002),
    "close of 126 bytes": (frame(CLOSE, close_payload(1000, b"x" * 124)), 1002),
    "ping of 65536 bytes": (frame(PING, bytes(65536)), 1002),
    "ping that says 125 in the form of 126": (frame(PING, bytes(125), length_bytes=2), 1002),
    "fragmented ping": (frame(PING, b"x", fin=False), 1002),
    "fragmented pong": (frame(PONG, b"x", fin=False), 1002),
    "fragmented close": (frame(CLOSE, close_payload(1000), fin=False), 1002),
    "fragmented ping and its rest":
        (frame(PING, b"x", fin=False) + frame(CONTINUATION, b"y"), 1002),
}


@also_over_tls
@slowly
@pytest.mark.parametrize("case", [pytest.param(case, id=id) for id, case in CONTROL.items()])
def test_control_frame(peer, case, slowly):
    sent, *expected = case
    peer.send(sent[:3000] if slowly else sent, slowly)
    peer.expect(*expected)


# ---- Reserved bits (5.2) ------------------------------------------------------------------------

OPCODES = {"text": TEXT, "binary": BINARY, "ping": PING, "pong": PONG, "close": CLOSE}


@slowly
@pytest.mark.parametrize("opcode", cases(OPCODES))
@pytest.mark.parametrize("reserved", range(1, 8))
def test_reserved_bit_is_refused(peer, opcode, reserved, slowly):
    good = frame(TEXT, ASK) + frame(PING, b"x")
    peer.send(good + frame(opcode, b"", reserved=reserved), slowly)
    peer.expect(ANSWER, pong(b"x"), 1002)


@pytest.mark.parametrize("reserved", range(1, 8))
def test_reserved_bit_of_a_continuation_is_refused(peer, reserved):
    peer.send(frame(TEXT, ASK[:5], fin=False) + frame(CONTINUATION, ASK[5:], reserved=reserved))
    peer.expect(1002)


# ---- Reserved opcodes (5.2) ---------------------------------------------------------------------

RESERVED = [3, 4, 5, 6, 7, 11, 12, 13, 14, 15]


@slowly
@pytest.mark.parametrize("payload", [b"", b"reserved opcode"], ids=["empty", "payload"])
@pytest.mark.parametrize("opcode", RESERVED)
def test_reserved_opcode_is_refused(peer, opcode, payload, slowly):
    peer.send(frame(TEXT, ASK) + frame(opcode, payload), slowly)
    peer.expect(ANSWER, 1002)


@pytest.mark.parametrize("opcode", RESERVED)
def test_reserved_opcode_inside_a_message_is_refused(peer, opcode):
    peer.send(frame(TEXT, ASK[:5], fin=False) + frame(opcode, b"x") + frame(CONTINUATION, ASK[5:]))
    peer.expect(1002)


# ---- Masks (5.1) and lengths (5.2) --------------------------------------------------------------

def header(first, length_byte, length=b""):
    return bytes([first, length_byte]) + length + b"mask"


MALFORMED = {
    "text without mask": (frame(TEXT, ASK, mask=False), 1002),
    "empty text without mask": (frame(TEXT, mask=False), 1002),
    "ping without mask": (frame(PING, mask=False), 1002),
    "close without mask": (frame(CLOSE, close_payload(1000), mask=False), 1002),
    "continuation without mask":
        (frame(TEXT, b"x", fin=False) + frame(CONTINUATION, b"y", mask=False), 1002),
    "0 in two bytes": (frame(TEXT, b"", length_bytes=2), 1002),
    "125 in two bytes": (frame(TEXT, b"x" * 125, length_bytes=2), 1002),
    "0 in eight bytes": (frame(TEXT, b"", length_bytes=8), 1002),
    "126 in eight bytes": (frame(TEXT, b"x" * 126, length_bytes=8), 1002),
    "65535 in eight bytes": (frame(BINARY, b"x" * 65535, length_bytes=8), 1002),
    "64 bits": (header(0x82, 0xff, b"\xff" * 8), 1002),
    "2^63": (header(0x82, 0xff, struct.pack("!Q", 1 << 63)), 1002),
    "2^63 - 1": (header(0x82, 0xff, struct.pack("!Q", (1 << 63) - 1)), 1009),
    "2^32": (header(0x82, 0xff, struct.pack("!Q", 1 << 32)), 1009),
    "16 MiB and a byte": (header(0x82, 0xff, struct.pack("!Q", (16 << 20) + 1)), 1009),
}


@also_over_tls
@slowly
@pytest.mark.parametrize("sent, code", cases(MALFORMED))
def test_malformed_frame_is_refused(peer, sent, code, slowly):
    sent = sent[:3000] if slowly else sent
    peer.send(frame(PING, b"before") + sent, slowly)
    peer.expect(pong(b"before"), code)


@also_over_tls
@pytest.mark.parametrize("sent", cases({
    "reserved bit": b"\xc1", "reserved opcode": b"\x83", "fragmented ping": b"\x09",
    "continuation of nothing": b"\x80", "no mask": b"\x81\x05", "long ping": b"\x89\xfe",
    "short length in two bytes": b"\x82\xfe\0\x7d", "length of 64 bits": b"\x82\xff\x80",
    "too large": header(0x82, 0xff, b"\0\0\0\1\0\0\0\0")[:10],
}))
def test_failure_comes_with_the_byte_that_is_wrong(peer, sent):
    """No more of the frame has to come."""
    peer.send(sent)
    assert peer.read_close_frame() in (1002, 1009)
    assert peer.is_finished()
