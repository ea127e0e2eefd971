"""Bodies of requests (RFC 9112 6 and 7, RFC 9110 10.1.1): where they end, how long they may be."""

import time

import pytest

from harness import patience
from peer import cases, slowly
from raw import Raw

FILE = b"export default 1\n"
BIG = bytes(range(256)) * 4096
NEXT = "GET /app.js HTTP/1.1\r\nHost: next\r\n\r\n"
LIMIT = 4096


@pytest.fixture(scope="module")
def server(shared_chatd):
    return shared_chatd(files={"web/app.js": FILE, "web/big.bin": BIG},
                        config='max_http_body = "4k"')


@pytest.fixture
def raw(server):
    with Raw(server.port) as raw:
        yield raw


def head(field, method="POST", target="/app.js", version="1.1", expect=None):
    expect = f"Expect: {expect}\r\n" if expect is not None else ""
    return f"{method} {target} HTTP/{version}\r\nHost: x\r\n{expect}{field}\r\n\r\n"


def counted(body, length=None, **options):
    return head(f"Content-Length: {len(body) if length is None else length}", **options) + body


def chunked(body, **options):
    return head("Transfer-Encoding: chunked", **options) + body


def chunk(data):
    return f"{len(data):x}\r\n{data}\r\n"


LAST = "0\r\n\r\n"


# ---- Taken --------------------------------------------------------------------------------------

TAKEN = {
    "no length": head("A: b"),
    "length 0": counted(""),
    "length 000": head("Content-Length: 000"),
    "length 5": counted("hello"),
    "length 005": counted("hello", length="005"),
    "body that looks like a request": counted(NEXT),
    "body that looks like chunks": counted(chunk("hello") + LAST),
    "length of the limit": counted("x" * LIMIT),
    "no chunk": chunked(LAST),
    "one chunk": chunked(chunk("hello") + LAST),
    "three chunks": chunked(chunk("a") + chunk("b" * 30) + chunk("c") + LAST),
    "chunk that looks like a request": chunked(chunk(NEXT) + LAST),
    "chunk that looks like the last one": chunked(chunk(LAST) + LAST),
    "chunks of the limit": chunked(chunk("x") * LIMIT + LAST),
    "coding in capitals": head("Transfer-Encoding: CHUNKED") + LAST,
    "size in capitals": chunked("A\r\n0123456789\r\n" + LAST),
    "size in 16 digits": chunked("000000000000000a\r\n0123456789\r\n" + LAST),
    "last chunk of many zeros": chunked("0000\r\n\r\n"),
    "extension": chunked("1;a\r\nx\r\n" + LAST),
    "extension with a value": chunked("1;a=b;c=\"d \\\" e;\"\r\nx\r\n0;f\r\n\r\n"),
    "extension with white space": chunked("1 ; a = b\t;\tc\r\nx\r\n" + LAST),
    "trailer": chunked("1\r\nx\r\n0\r\nA: b\r\n\r\n"),
    "trailer that would frame": chunked("0\r\nContent-Length: 5\r\nTransfer-Encoding: x\r\n\r\n"),
}


@slowly
@pytest.mark.parametrize("request_text", cases(TAKEN))
def test_body_is_read_before_the_answer_and_the_connection_is_kept(raw, request_text, slowly):
    raw.send(request_text * 2 + NEXT, slowly)
    for _ in range(2):
        response = raw.read_response()
        assert (response.status, response["Connection"]) == (405, "keep-alive")
    assert raw.read_response().body == FILE


@pytest.mark.parametrize("request_text, status", cases({
    "GET": (counted("hello", method="GET"), 200),
    "GET in chunks": (chunked(chunk("hello") + LAST, method="GET"), 200),
    "DELETE": (counted("hello", method="DELETE"), 405),
    "absent file": (counted("hello", method="GET", target="/absent"), 404),
    "1.0 that keeps the connection":
        (head("Content-Length: 1\r\nConnection: keep-alive", version="1.0") + "x", 405),
}))
def test_method_does_not_change_where_a_body_ends(raw, request_text, status):
    raw.send(request_text + NEXT)
    assert raw.read_response().status == status
    assert raw.read_response().body == FILE


def test_body_of_head_is_read(raw):
    raw.send(counted("hello", method="HEAD") + NEXT)
    assert raw.read_response(head_only=True).status == 200
    assert raw.read_response().body == FILE


def test_answer_waits_for_the_body(raw):
    raw.send(counted("hell", length=5))
    assert raw.is_quiet()
    raw.send("o")
    assert raw.read_response().status == 405


def test_body_of_the_last_request_is_read(raw):
    raw.send(head("Content-Length: 5\r\nConnection: close") + "hello" + NEXT)
    assert raw.read_response()["Connection"] == "close"
    assert raw.is_finished()


def test_body_that_ends_early_is_never_answered(raw):
    raw.send(counted("hell", length=5))
    raw.socket.shutdown(1)
    assert raw.is_finished()


def test_bodies_wait_while_large_answers_do(raw):
    """The server reads no further than its answers are fetched, and then goes on where it was."""
    n = 20
    raw.send((counted("hello", method="GET", target="/big.bin")
              + chunked(chunk("hello") + LAST)) * n)
    for _ in range(n):
        assert raw.read_response().body == BIG
        assert raw.read_response().status == 405


# ---- Too long -----------------------------------------------------------------------------------

TOO_LONG = {
    "length above the limit": head(f"Content-Length: {LIMIT + 1}"),
    "length of 63 bits": head(f"Content-Length: {2**63 - 1}"),
    "chunk above the limit": chunked(f"{LIMIT + 1:x}\r"),
    "chunk of 64 bits": chunked("ffffffffffffffff\r"),
    "second chunk above the limit": chunked(chunk("x") + f"{LIMIT:x}\r"),
    "chunks that add up to 2^64": chunked(chunk("xx") + "fffffffffffffffe\r"),
}


@pytest.mark.parametrize("request_text", cases(TOO_LONG))
def test_too_long_a_body_is_413_before_it_comes(raw, request_text):
    raw.send(request_text)
    response = raw.read_response()
    assert (response.status, response["Connection"]) == (413, "close")
    raw.send("x" * 100_000 + NEXT)
    assert raw.is_finished()


def test_limit_is_counted(chatd):
    server = chatd(config="max_http_body = 10")
    for body, status in ("x" * 10, 405), ("x" * 11, 413), ("x" * 11, 413):
        with Raw(server.port) as raw:
            raw.send(counted(body))
            assert raw.read_response().status == status
    server.stop()
    assert "http_too_large=2" in server.log()


EXTRAS = {
    "endless extension": (chunked("1;" + "a" * 20_000), 431),
    "extensions of many chunks": (chunked(("1;" + "a" * 1000 + "\r\nx\r\n") * 20), 431),
    "endless trailer field": (chunked("0\r\nA: " + "a" * 20_000), 431),
    "endless trailer": (chunked("0\r\n" + "A: b\r\n" * 5000), 431),
}


@pytest.mark.parametrize("request_text, status", cases(EXTRAS))
def test_extensions_and_trailers_are_bounded(raw, request_text, status):
    raw.send(request_text)
    assert raw.read_response().status == status
    assert raw.is_finished()


# ---- Malformed ----------------------------------------------------------------------------------

MALFORMED = {
    "empty size": "\r\nx\r\n",
    "size with a plus": "+1\r\nx\r\n",
    "size with a minus": "-1\r\nx\r\n",
    "size with 0x": "0x1\r\nx\r\n",
    "size with an underscore": "1_0\r\n0123456789abcdef\r\n",
    "space before the size": " 1\r\nx\r\n",
    "space behind the size": "1 \r\nx\r\n",
    "no hexadecimal digit": "g\r\nx\r\n",
    "17 digits": "00000000000000001\r\nx\r\n",
    "overflow": "10000000000000001\r\nx\r\n",
    "size ended by LF": "1\nx\r\n",
    "size ended by bare CR": "1\rx\r\n",
    "size ended by CR CR LF": "1\r\r\nx\r\n",
    "NUL in the size": "1\0\r\nx\r\n",
    "chunk longer than its size": "1\r\nxx\r\n",
    "chunk shorter than its size": "3\r\nx\r\n",
    "chunk without its line end": "1\r\nx0\r\n",
    "chunk ended by LF": "1\r\nx\n",
    "chunk ended by bare CR": "1\r\nx\r1",
    "empty extension": "1;\r\nx\r\n",
    "extension without a name": "1;=a\r\nx\r\n",
    "extension without a value": "1;a=\r\nx\r\n",
    "extension ended by LF": "1;a\nx\r\n",
    "extension with bare CR": "1;a\rb\r\nx\r\n",
    "LF in a quoted value": "1;a=\"\n\"\r\nx\r\n",
    "CR LF in a quoted value": "1;a=\"\r\n\"\r\nx\r\n",
    "open quote": "1;a=\"b\r\nx\r\n",
    "text behind a quote": "1;a=\"b\"c\r\nx\r\n",
    "folded trailer": "0\r\nA: b\r\n c\r\n",
    "trailer without colon": "0\r\nA\r\n",
    "trailer with a space before the colon": "0\r\nA : b\r\n",
    "trailer ended by LF": "0\r\nA: b\n",
    "trailer with bare CR": "0\r\nA: b\rc\r\n",
    "NUL in a trailer": "0\r\nA: b\0\r\n",
    "body ended by LF": "0\r\n\n",
    "body ended by bare CR": "0\r\n\rG",
}


@slowly
@pytest.mark.parametrize("body", cases(MALFORMED))
def test_malformed_chunk_is_400_and_nothing_after_it_is_answered(raw, body, slowly):
    raw.send(chunked(body + LAST + NEXT), slowly)
    response = raw.read_response()
    assert (response.status, response["Connection"]) == (400, "close")
    raw.send(NEXT)
    assert raw.is_finished()


# ---- Expect (RFC 9110 10.1.1) -------------------------------------------------------------------

WANTED = {
    "length": counted("", length=5, method="GET", expect="100-continue"),
    "chunks": chunked("", method="GET", expect="100-continue"),
    "in capitals": counted("", length=5, method="GET", expect="100-Continue"),
    "twice": counted("", length=5, method="GET", expect="100-continue, 100-continue"),
}


@pytest.mark.parametrize("request_head", cases(WANTED))
def test_100_comes_before_the_body(raw, request_head):
    raw.send(request_head)
    interim = raw.read_response(head_only=True)
    assert (interim.status, interim.reason, interim.fields) == (100, "Continue", [])
    assert raw.is_quiet(within=0.05)
    raw.send((chunk("hello") + LAST if "chunked" in request_head else "hello") + NEXT)
    for _ in range(2):
        assert raw.read_response().body == FILE


UNWANTED = {
    "other method": (counted("", length=5, expect="100-continue"), 405),
    "absent file": (counted("", length=5, method="GET", target="/no", expect="100-continue"), 404),
    "too long": (counted("", length=LIMIT + 1, method="GET", expect="100-continue"), 413),
    "unknown": (counted("", length=5, expect="102-processing"), 417),
    "unknown beside a known one": (counted("", length=5, expect="100-continue, x"), 417),
    "unknown without a body": (head("A: b", method="GET", expect="x"), 417),
    "WebSocket": (counted("", length=5, target="/ws", expect="100-continue"), 405),
}


@pytest.mark.parametrize("request_head, status", cases(UNWANTED))
def test_unwanted_body_is_refused_before_it_comes(raw, request_head, status):
    raw.send(request_head)
    response = raw.read_response()
    assert (response.status, response["Connection"]) == (status, "close")
    raw.send("hello" + NEXT)
    assert raw.is_finished()


@pytest.mark.parametrize("request_head", cases({
    "no body": head("A: b", method="GET", expect="100-continue"),
    "empty body": head("Content-Length: 0", method="GET", expect="100-continue"),
    "empty list": head("A: b", method="GET", expect=" , "),
}))
def test_nothing_to_continue(raw, request_head):
    raw.send(request_head + NEXT)
    for _ in range(2):
        assert raw.read_response().body == FILE


def test_expectation_in_1_0_is_ignored(raw):
    raw.send(counted("hello", method="GET", version="1.0", expect="100-continue"))
    assert raw.read_response().status == 200
    assert raw.is_finished()


# ---- Time ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("request_text", cases({
    "length": counted("hell", length=5),
    "chunks": chunked("5\r\nhell"),
    "size": chunked("5"),
    "continue": counted("", length=5, method="GET", target="/", expect="100-continue"),
}))
def test_slow_body_is_408(chatd, request_text):
    with Raw(chatd(config='http_timeout = "300ms"').port) as raw:
        raw.send(request_text)
        response = raw.read_response(head_only="Expect" in request_text)
        if response.status == 100:
            response = raw.read_response()
        assert (response.status, response["Connection"]) == (408, "close")
        assert raw.is_finished()


def test_408_of_head_has_no_body(chatd):
    with Raw(chatd(config='http_timeout = "300ms"').port) as raw:
        raw.send(counted("", length=5, method="HEAD"))
        assert raw.read_response(head_only=True).status == 408
        assert raw.is_finished()


def test_dripping_body_does_not_renew_the_time(chatd):
    with Raw(chatd(config='http_timeout = "500ms"').port) as raw:
        raw.send(head("Content-Length: 100000"))
        deadline = time.monotonic() + patience(10)
        while raw.is_quiet(within=0.05):
            assert time.monotonic() < deadline, "still open"
            raw.send("x")
        assert raw.read_response().status == 408


# ---- Upgrades -----------------------------------------------------------------------------------

@pytest.mark.parametrize("fields, body", cases({
    "length": ({"Content_Length": "5"}, "hello"),
    "chunks": ({"Transfer_Encoding": "chunked"}, LAST),
}))
def test_handshake_with_a_body_is_refused(raw, fields, body):
    raw.send(raw.upgrade_text(**fields) + body)
    assert raw.read_response().status == 400
    assert raw.is_finished()
