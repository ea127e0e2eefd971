"""UTF-8 in text messages (RFC 6455 5.6, 8.1): what is valid passes however it is cut, what is not
fails with 1007 at its first impossible byte, not earlier and not later.

The sequences are those of Markus Kuhn's "UTF-8 decoder capability and stress test", as in sections
6.5 to 6.23 of the Autobahn test suite."""

import pytest

from peer import also_over_tls, fragments, pieces, pong
from raw import BINARY, CONTINUATION, PING, TEXT, Frame, frame

KOSME = "κόσμε".encode()

# ---- The catalogue ------------------------------------------------------------------------------

WELL_FORMED = {
    "text": "Hello-µ@ßöäüàá-UTF-8!!".encode(),
    "Greek": KOSME,
    "four-byte characters": "😀𝄞𐍈".encode(),
    # The first and the last sequences of each length.
    "U+0000": b"\x00", "U+0080": b"\xc2\x80", "U+0800": b"\xe0\xa0\x80",
    "U+10000": b"\xf0\x90\x80\x80",
    "U+007F": b"\x7f", "U+07FF": b"\xdf\xbf", "U+FFFF": b"\xef\xbf\xbf",
    "U+10FFFF": b"\xf4\x8f\xbf\xbf",
    # Around the surrogates, and the replacement character.
    "U+D7FF": b"\xed\x9f\xbf", "U+E000": b"\xee\x80\x80", "U+FFFD": b"\xef\xbf\xbd",
    # No characters, but valid.
    **{f"U+{plane << 16 | low:04X}": chr(plane << 16 | low).encode()
       for plane in range(17) for low in (0xFFFE, 0xFFFF) if (plane, low) not in
       [(0, 0xFFFF), (16, 0xFFFF)]},
}

MALFORMED = {
    # Above U+10FFFF, and sequences of five and six bytes.
    "U+110000": b"\xf4\x90\x80\x80", "U+1FFFFF": b"\xf7\xbf\xbf\xbf",
    "first of five bytes": b"\xf8\x88\x80\x80\x80", "last of five bytes": b"\xfb\xbf\xbf\xbf\xbf",
    "first of six bytes": b"\xfc\x84\x80\x80\x80\x80",
    "last of six bytes": b"\xfd\xbf\xbf\xbf\xbf\xbf",
    # Continuation bytes of nothing.
    "80": b"\x80", "bf": b"\xbf",
    **{f"{n} continuation bytes": (b"\x80\xbf" * 4)[:n] for n in range(2, 8)},
    "all continuation bytes": bytes(range(0x80, 0xc0)),
    # Lonely first bytes.
    "all first of two bytes": b"".join(bytes([c, 0x20]) for c in range(0xc0, 0xe0)),
    "all first of three bytes": b"".join(bytes([c, 0x20]) for c in range(0xe0, 0xf0)),
    "all first of four bytes": b"".join(bytes([c, 0x20]) for c in range(0xf0, 0xf8)),
    "all first of five bytes": b"\xf8 \xf9 \xfa \xfb ",
    "all first of six bytes": b"\xfc \xfd ",
    # Without the last byte.
    **{f"{sequence.hex()} and no more": sequence for sequence in [
        b"\xc2", b"\xdf", b"\xe0\xa0", b"\xef\xbf", b"\xf0\x90\x80", b"\xf4\x8f\xbf", b"\xc0",
        b"\xe0\x80", b"\xf0\x80\x80", b"\xf8\x80\x80\x80", b"\xfc\x80\x80\x80\x80", b"\xf7\xbf\xbf",
        b"\xfb\xbf\xbf\xbf", b"\xfd\xbf\xbf\xbf\xbf"]},
    "all of these": b"\xc0\xe0\x80\xf0\x80\x80\xf8\x80\x80\x80\xdf\xef\xbf\xf7\xbf\xbf",
    "interrupted by a letter": b"\xe2\x82x", "interrupted by a first byte": b"\xe2\x82\xc3\xa9",
    # Impossible bytes.
    "fe": b"\xfe", "ff": b"\xff", "fe fe ff ff": b"\xfe\xfe\xff\xff",
    # Overlong.
    "/ in two bytes": b"\xc0\xaf", "/ in three bytes": b"\xe0\x80\xaf",
    "/ in four bytes": b"\xf0\x80\x80\xaf", "/ in five bytes": b"\xf8\x80\x80\x80\xaf",
    "/ in six bytes": b"\xfc\x80\x80\x80\x80\xaf",
    "U+007F in two bytes": b"\xc1\xbf", "U+07FF in three bytes": b"\xe0\x9f\xbf",
    "U+FFFF in four bytes": b"\xf0\x8f\xbf\xbf", "U+1FFFFF in five bytes": b"\xf8\x87\xbf\xbf\xbf",
    "U+3FFFFFF in six bytes": b"\xfc\x83\xbf\xbf\xbf\xbf",
    "NUL in two bytes": b"\xc0\x80", "NUL in three bytes": b"\xe0\x80\x80",
    "NUL in four bytes": b"\xf0\x80\x80\x80", "NUL in five bytes": b"\xf8\x80\x80\x80\x80",
    "NUL in six bytes": b"\xfc\x80\x80\x80\x80\x80",
    # Surrogates, single and in pairs.
    **{f"U+{code:04X}": chr(code).encode("utf-8", "surrogatepass")
       for code in (0xD800, 0xDB7F, 0xDB80, 0xDBFF, 0xDC00, 0xDF80, 0xDFFF)},
    **{f"U+{high:04X} U+{low:04X}": (chr(high) + chr(low)).encode("utf-8", "surrogatepass")
       for high in (0xD800, 0xDB7F, 0xDB80, 0xDBFF) for low in (0xDC00, 0xDFFF)},
    # What seems to be good text in front and behind.
    "text around a surrogate": KOSME + b"\xed\xa0\x80edited",
    "text around an impossible byte": KOSME + b"\xff" + KOSME,
}


def sequences(table):
    return pytest.mark.parametrize(
        "sequence", [pytest.param(sequence, id=id) for id, sequence in table.items()])


TAILS = [b"", *(bytes([second]) + b"\x80" * n for second in (0x80, 0x90, 0xA0) for n in range(3))]


def is_text(data):
    try:
        return data.decode() is not None
    except UnicodeDecodeError:
        return False


def first_bad(sequence):
    """How many bytes may come before it is clear that this is no UTF-8, however it goes on; all of
    them when only the end is missing."""
    for i in range(len(sequence)):
        if not any(is_text(sequence[:i + 1] + tail) for tail in TAILS):
            return i
    return len(sequence)


# In front of the sequence there is JSON for chatd.v1, and text for echo.
START, REST = b'{"type":"ping","id":"q","x":"', b'"}'


# ---- Valid --------------------------------------------------------------------------------------

@pytest.mark.parametrize("size", [1, 2, 3, 1 << 20], ids=["in 1s", "in 2s", "in 3s", "whole"])
@sequences(WELL_FORMED)
def test_valid_text_passes_in_fragments_of_any_size(echo, sequence, size):
    echo.send(fragments(TEXT, pieces(sequence, size)))
    echo.expect(Frame(True, TEXT, sequence))


@sequences({id: sequence for id, sequence in WELL_FORMED.items() if sequence >= b" "})
def test_valid_text_passes_in_the_chat(peer, sequence):
    peer.send_frame(TEXT, START + sequence + REST)
    answer = peer.read_frame()
    assert answer.opcode == TEXT
    assert peer.is_alive()


@also_over_tls
@sequences(WELL_FORMED)
def test_valid_text_passes_cut_at_every_byte(echo, sequence):
    """Into two fragments with a ping between, and into two segments."""
    for cut in range(len(sequence) + 1):
        echo.send(frame(TEXT, sequence[:cut], fin=False) + frame(PING, b"in"))
        echo.send_frame(CONTINUATION, sequence[cut:])
        assert echo.read_frame() == pong(b"in")
        assert echo.read_frame() == Frame(True, TEXT, sequence)
        data = frame(TEXT, sequence)
        echo.send(data[:6 + cut])
        echo.send(data[6 + cut:])
        assert echo.read_frame() == Frame(True, TEXT, sequence)


def test_sequence_of_a_message_does_not_go_on_in_the_next(peer):
    peer.send_frame(TEXT, b"\xe2\x82")
    peer.send_frame(TEXT, b"\xac")
    assert peer.ends_with(1007)


@pytest.mark.parametrize("parts", [[b""], [b"", b""], [b"", b"", b""]], ids=len)
def test_empty_text_is_valid(echo, parts):
    echo.send(fragments(TEXT, parts))
    echo.expect(Frame(True, TEXT, b""))


def test_binary_may_be_anything(echo):
    for sequence in MALFORMED.values():
        echo.send(fragments(BINARY, pieces(sequence, 3)))
        assert echo.read_frame() == Frame(True, BINARY, sequence)


# ---- Not valid ----------------------------------------------------------------------------------

@pytest.mark.parametrize("size", [1, 2, 1 << 20], ids=["in 1s", "in 2s", "whole"])
@sequences(MALFORMED)
def test_malformed_text_is_1007_in_fragments_of_any_size(peer, sequence, size):
    peer.send(fragments(TEXT, pieces(START + sequence + REST, size)))
    peer.expect(1007)


@sequences(MALFORMED)
def test_malformed_text_is_1007_byte_by_byte(peer, sequence):
    peer.send(frame(TEXT, START + sequence), slowly=True)
    peer.expect(1007)


@sequences(MALFORMED)
def test_failure_comes_with_the_first_impossible_fragment(peer, sequence):
    """A ping shows that all bytes before were taken; the message never ends."""
    bad = first_bad(sequence)
    peer.send_frame(TEXT, START, fin=False)
    for byte in pieces(sequence[:bad], 1):
        peer.send_frame(CONTINUATION, byte, fin=False)
    peer.send_frame(PING, b"alive")
    assert peer.read_frame() == pong(b"alive")
    peer.send_frame(CONTINUATION, sequence[bad:bad + 1], fin=bad == len(sequence))
    assert peer.ends_with(1007)


@also_over_tls
@sequences({id: sequence for id, sequence in MALFORMED.items()
            if first_bad(sequence) < len(sequence)})
def test_failure_comes_in_the_middle_of_a_frame(peer, sequence):
    """The frame says that it is longer; the bytes behind the impossible one never come."""
    data = frame(TEXT, START + sequence + b"x" * 1000)
    head = len(data) - len(START + sequence) - 1000
    peer.send(data[:head + len(START) + first_bad(sequence) + 1])
    assert peer.read_close_frame() == 1007
    assert peer.is_finished()


@also_over_tls
@pytest.mark.parametrize("cut", range(1, len(KOSME)))
def test_prefix_is_valid_when_it_ends_with_a_character(echo, cut):
    echo.send_frame(TEXT, KOSME[:cut])
    echo.expect(Frame(True, TEXT, KOSME[:cut]) if cut % 2 == 0 else 1007)
