"""Lawful traffic that nobody would write by hand: random requests and messages, in segments cut at
random. The seeds are fixed, so a failure can be repeated."""

import random

import pytest

from peer import also_over_tls, pong
from raw import BINARY, PING, PONG, TEXT, Frame, Raw, frame

seeds = pytest.mark.parametrize("seed", range(25))


def send_in_random_segments(raw, data, rng):
    while data:
        n = rng.choice([1, 2, 3, 10, 100, 1000, 10_000])
        raw.send(data[:n])
        data = data[n:]


# ---- HTTP ---------------------------------------------------------------------------------------

def random_content(rng):
    """What, were it taken for a request or for chunks, would be answered differently."""
    return rng.choice([b"", b"x", b"0\r\n\r\n", b"GET /absent HTTP/1.1\r\nHost: x\r\n\r\n",
                       b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n", b"\r\n" * 10,
                       rng.randbytes(rng.randrange(2000))])


def random_chunks(content, rng):
    out = b""
    while content:
        n = rng.choice([1, 5, 16, 300])
        part, content = content[:n], content[n:]
        size = rng.choice([b"%x", b"%X", b"%08x"]) % len(part)
        out += size + rng.choice([b"", b";a", b";a=b", b' ; a = "\\";b"']) + b"\r\n"
        out += part + b"\r\n"
    return out + b"0\r\n" + rng.choice([b"", b"A: b\r\n", b"Content-Length: 9\r\n"]) + b"\r\n"


def random_request(rng):
    """A request, and the status of its answer."""
    method = rng.choice(["GET", "HEAD", "POST", "DELETE"])
    target, status = rng.choice([("/", 200), ("/absent", 404)])
    head = f"{method} {target} HTTP/1.1\r\nHost: x\r\n".encode()
    content = random_content(rng)
    body = rng.choice(["none", "length", "chunked"])
    if body == "length":
        head += b"Content-Length: %d\r\n\r\n" % len(content) + content
    elif body == "chunked":
        head += b"Transfer-Encoding: chunked\r\n\r\n" + random_chunks(content, rng)
    else:
        head += b"\r\n"
    return head, method, status if method in ("GET", "HEAD") else 405


@seeds
def test_requests(server, seed):
    rng = random.Random(seed)
    requests = [random_request(rng) for _ in range(40)]
    with Raw(server.port) as raw:
        send_in_random_segments(raw, b"".join(request for request, _, _ in requests), rng)
        for _, method, status in requests:
            assert raw.read_response(head_only=method == "HEAD").status == status
        assert raw.request("/").status == 200 and not raw.buffer


# ---- WebSocket ----------------------------------------------------------------------------------

def random_message(rng):
    """A message in fragments with control frames between them, and what comes back."""
    opcode = rng.choice([TEXT, BINARY])
    length = rng.choice([0, 1, 10, 125, 126, 1000, 70_000])
    if opcode == TEXT:
        payload = "".join(rng.choices("aé€😀", k=length)).encode()
    else:
        payload = rng.randbytes(length)
    cuts = sorted(rng.randrange(len(payload) + 1) for _ in range(rng.choice([0, 0, 1, 5])))
    parts = [payload[a:b] for a, b in zip([0, *cuts], [*cuts, len(payload)])]
    sent, expected = b"", []
    for i, part in enumerate(parts):
        last = i == len(parts) - 1
        sent += frame(opcode if i == 0 else 0, part, fin=last)
        if not last and rng.random() < 0.3:
            ping = rng.randbytes(rng.randrange(126))
            sent += frame(PONG, ping) + frame(PING, ping)
            expected.append(pong(ping))
    return sent, [*expected, Frame(True, opcode, payload)]


@also_over_tls
@seeds
def test_messages(echo, seed):
    rng = random.Random(seed)
    messages = [random_message(rng) for _ in range(20)]
    send_in_random_segments(echo, b"".join(sent for sent, _ in messages), rng)
    for _, expected in messages:
        for each in expected:
            assert echo.read_frame() == each
    assert echo.is_alive()
