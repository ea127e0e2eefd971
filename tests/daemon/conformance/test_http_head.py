"""RFC 9112 2 to 6 and RFC 9110 7: which heads of requests are taken, and how the others are
refused."""

import re

import pytest

from peer import cases, slowly
from raw import Raw

FILE = b"export default 1\n"
NEXT = "GET /app.js HTTP/1.1\r\nHost: next\r\n\r\n"
GET = "GET /app.js HTTP/1.1\r\n"
HOST = "Host: x\r\n"


@pytest.fixture(scope="module")
def port(shared_chatd):
    return shared_chatd(files={"web/app.js": FILE}).port


# ---- Taken --------------------------------------------------------------------------------------

TAKEN = {
    # 2.2: a server ignores at least one empty line in front.
    "no empty line": GET + HOST + "\r\n",
    "one empty line": "\r\n" + GET + HOST + "\r\n",
    "four empty lines": "\r\n" * 4 + GET + HOST + "\r\n",
    # 2.3: a higher minor version is the highest one that the server knows.
    "version 1.2": "GET /app.js HTTP/1.2\r\n" + HOST + "\r\n",
    "version 1.9": "GET /app.js HTTP/1.9\r\n" + HOST + "\r\n",
    # 3.2: forms of the target.
    "origin-form with a query": "GET /app.js?a=b&c HTTP/1.1\r\n" + HOST + "\r\n",
    "origin-form with an empty query": "GET /app.js? HTTP/1.1\r\n" + HOST + "\r\n",
    "absolute-form": "GET http://x/app.js HTTP/1.1\r\n" + HOST + "\r\n",
    "absolute-form with another host": "GET http://y:1/app.js HTTP/1.1\r\n" + HOST + "\r\n",
    "absolute-form in capitals": "GET HTTP://x/app.js HTTP/1.1\r\n" + HOST + "\r\n",
    "absolute-form of https": "GET https://x/app.js HTTP/1.1\r\n" + HOST + "\r\n",
    # RFC 9110 7.2.
    "empty host": GET + "Host:\r\n\r\n",
    "host with a port": GET + "Host: x:8080\r\n\r\n",
    "host with an empty port": GET + "Host: x:\r\n\r\n",
    "host of IPv6": GET + "Host: [::1]:80\r\n\r\n",
    "host with an escape": GET + "Host: a%20b\r\n\r\n",
    # 5.1, RFC 9110 5.
    "names in capitals": GET + "HOST: x\r\n\r\n",
    "no space behind the colon": GET + "Host:x\r\n\r\n",
    "white space around the value": GET + "Host: \t x \t\r\n\r\n",
    "empty value": GET + HOST + "A:\r\n\r\n",
    "bytes above 127 in a value": GET + HOST + "A: \xe9\xff\r\n\r\n",
    "every character of a token": GET + HOST + "!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n",
    "repeated unknown field": GET + HOST + "A: b\r\nA: c\r\n\r\n",
    "white space alone is no folding": GET + HOST + "A: \t\r\nB: c\r\n\r\n",
    # 9.3, RFC 9110 7.6.1.
    "connection with unknown options": GET + HOST + "Connection: a, b\r\n\r\n",
    "connection with empty items": GET + HOST + "Connection: ,, keep-alive ,\r\n\r\n",
    "1.0 that keeps the connection": "GET /app.js HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
    # RFC 9110 7.8: an upgrade that nobody knows here is ignored.
    "upgrade to h2c": GET + HOST + "Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "TE": GET + HOST + "Connection: TE\r\nTE: trailers\r\n\r\n",
}


@slowly
@pytest.mark.parametrize("request_text", cases(TAKEN))
def test_taken_and_the_connection_is_kept(port, request_text, slowly):
    with Raw(port) as raw:
        raw.send(request_text + NEXT, slowly)
        for _ in range(2):
            response = raw.read_response()
            assert (response.version, response.status) == ("HTTP/1.1", 200)
            assert response["Connection"] == "keep-alive"
            assert response.body == FILE


CLOSING = {
    "1.1 that closes": GET + HOST + "Connection: close\r\n\r\n",
    "close among others": GET + HOST + "Connection: a\r\nConnection: b ,CLOSE\r\n\r\n",
    "close and keep-alive": GET + HOST + "Connection: keep-alive, close\r\n\r\n",
    "1.0": "GET /app.js HTTP/1.0\r\n\r\n",
    "1.0 with a host": "GET /app.js HTTP/1.0\r\n" + HOST + "\r\n",
}


@slowly
@pytest.mark.parametrize("request_text", cases(CLOSING))
def test_nothing_is_answered_after_the_last_request(port, request_text, slowly):
    with Raw(port) as raw:
        raw.send(request_text + NEXT, slowly)
        response = raw.read_response()
        assert (response.status, response["Connection"]) == (200, "close")
        assert raw.is_finished()


ANSWERED = {
    # RFC 9110 9.1: the method is case-sensitive.
    "lower-case method": ("get /app.js HTTP/1.1\r\n" + HOST + "\r\n", 405),
    "unknown method": ("BREW /app.js HTTP/1.1\r\n" + HOST + "\r\n", 405),
    "POST without a body": ("POST /app.js HTTP/1.1\r\n" + HOST + "\r\n", 405),
    "TRACE": ("TRACE /app.js HTTP/1.1\r\n" + HOST + "\r\n", 405),
    "asterisk-form": ("OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n", 405),
    "path of an absent file": ("GET /absent HTTP/1.1\r\n" + HOST + "\r\n", 404),
    "absolute-form without a path": ("GET http://x HTTP/1.1\r\n" + HOST + "\r\n", 200),
    "path in double slashes": ("GET //app.js HTTP/1.1\r\n" + HOST + "\r\n", 404),
}


@pytest.mark.parametrize("request_text, status", cases(ANSWERED))
def test_answered_and_the_connection_is_kept(port, request_text, status):
    with Raw(port) as raw:
        raw.send(request_text + NEXT)
        assert raw.read_response().status == status
        assert raw.read_response().body == FILE


DATE = r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z][a-z] \d{4} \d\d:\d\d:\d\d GMT"


@pytest.mark.parametrize("request_text", cases({
    "200": GET + HOST + "\r\n", "304": GET + HOST + "If-None-Match: *\r\n\r\n",
    "400": GET + "\r\n", "404": "GET /absent HTTP/1.1\r\n" + HOST + "\r\n",
    "405": "POST / HTTP/1.1\r\n" + HOST + "\r\n",
    "426": "GET /ws HTTP/1.1\r\n" + HOST + "\r\n",
}))
def test_answer_is_dated(port, request_text):
    """RFC 9110 6.6.1, 5.6.7."""
    with Raw(port) as raw:
        raw.send(request_text)
        assert re.fullmatch(DATE, raw.read_response()["Date"])


# ---- Refused ------------------------------------------------------------------------------------

REFUSED = {
    # 2.2
    "bare CR in front": ("\r" + GET + HOST + "\r\n", 400),
    "LF in front": ("\n" + GET + HOST + "\r\n", 400),
    "five empty lines": ("\r\n" * 5 + GET + HOST + "\r\n", 400),
    "space in front": (" " + GET + HOST + "\r\n", 400),
    "white space before the first field": (GET + " " + HOST + "\r\n", 400),
    "tab before the first field": (GET + "\t" + HOST + "\r\n", 400),
    "request line ended by LF": ("GET /app.js HTTP/1.1\n" + HOST + "\r\n", 400),
    "field line ended by LF": (GET + "Host: x\n\r\n", 400),
    "head ended by LF": (GET + HOST + "\n", 400),
    "bare CR in the request line": ("GET /app.js\rHTTP/1.1\r\n" + HOST + "\r\n", 400),
    "bare CR in a value": (GET + HOST + "A: b\rc\r\n\r\n", 400),
    "CR CR LF behind a field": (GET + "Host: x\r\r\n\r\n", 400),
    # 2.3
    "HTTP/0.9": ("GET /app.js\r\n", 400),
    "no version": ("GET /app.js \r\n" + HOST + "\r\n", 400),
    "lower-case version": ("GET /app.js http/1.1\r\n" + HOST + "\r\n", 400),
    "version 2.0": ("GET /app.js HTTP/2.0\r\n" + HOST + "\r\n", 505),
    "version 0.9": ("GET /app.js HTTP/0.9\r\n" + HOST + "\r\n", 505),
    "version 1": ("GET /app.js HTTP/1\r\n" + HOST + "\r\n", 400),
    "version 1.10": ("GET /app.js HTTP/1.10\r\n" + HOST + "\r\n", 400),
    "version 1.": ("GET /app.js HTTP/1.\r\n" + HOST + "\r\n", 400),
    "version 01.1": ("GET /app.js HTTP/01.1\r\n" + HOST + "\r\n", 505),
    "another protocol": ("GET /app.js SIP/2.0\r\n" + HOST + "\r\n", 400),
    "HTTP/2 preface": ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    # 3
    "space behind the version": ("GET /app.js HTTP/1.1 \r\n" + HOST + "\r\n", 400),
    "two spaces before the target": ("GET  /app.js HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "two spaces before the version": ("GET /app.js  HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "tab before the target": ("GET\t/app.js HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "no target": ("GET HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "no method": ("/app.js HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "no token as method": ("G(T / HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "very long method": ("G" * 100 + " / HTTP/1.1\r\n" + HOST + "\r\n", 501),
    "white space in the target": ("GET /a b HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "NUL in the target": ("GET /a\0b HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "control character in the target": ("GET /\x7f HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "byte above 127 in the target": ("GET /\xe9 HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "fragment in the target": ("GET /app.js#a HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "relative target": ("GET app.js HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "authority-form": ("CONNECT x:80 HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "authority-form of GET": ("GET x:80 HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "asterisk-form of GET": ("GET * HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "absolute-form of ftp": ("GET ftp://x/ HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "absolute-form without a host": ("GET http:///app.js HTTP/1.1\r\n" + HOST + "\r\n", 400),
    "absolute-form with a user": ("GET http://u@x/ HTTP/1.1\r\n" + HOST + "\r\n", 400),
    # 3.2
    "no host": (GET + "\r\n", 400),
    "no host in absolute-form": ("GET http://x/app.js HTTP/1.1\r\n\r\n", 400),
    "two hosts": (GET + HOST + "Host: y\r\n\r\n", 400),
    "the same host twice": (GET + HOST + HOST + "\r\n", 400),
    "two hosts in 1.0": ("GET /app.js HTTP/1.0\r\n" + HOST + HOST + "\r\n", 400),
    "list of hosts": (GET + "Host: x, y\r\n\r\n", 400),
    "host with a space": (GET + "Host: x y\r\n\r\n", 400),
    "host with a path": (GET + "Host: x/y\r\n\r\n", 400),
    "host with a user": (GET + "Host: u@x\r\n\r\n", 400),
    "host with a scheme": (GET + "Host: http://x\r\n\r\n", 400),
    "host with a bad port": (GET + "Host: x:y\r\n\r\n", 400),
    "host with a port above 65535": (GET + "Host: x:65536\r\n\r\n", 400),
    "host with a broken literal": (GET + "Host: [::1\r\n\r\n", 400),
    # 5
    "space before the colon": (GET + "Host : x\r\n\r\n", 400),
    "tab before the colon": (GET + "Host\t: x\r\n\r\n", 400),
    "folded field": (GET + HOST + "A: b\r\n c\r\n\r\n", 400),
    "field folded with a tab": (GET + HOST + "A: b\r\n\tc\r\n\r\n", 400),
    "no colon": (GET + HOST + "no colon\r\n\r\n", 400),
    "name alone": (GET + HOST + "A\r\n\r\n", 400),
    "empty name": (GET + HOST + ": b\r\n\r\n", 400),
    "parenthesis in a name": (GET + HOST + "A(: b\r\n\r\n", 400),
    "byte above 127 in a name": (GET + HOST + "\xe9: b\r\n\r\n", 400),
    "NUL in a name": (GET + HOST + "A\0: b\r\n\r\n", 400),
    "NUL in a value": (GET + HOST + "A: b\0c\r\n\r\n", 400),
    "control character in a value": (GET + HOST + "A: b\x01c\r\n\r\n", 400),
    "DEL in a value": (GET + HOST + "A: b\x7fc\r\n\r\n", 400),
    # 6.1
    "Transfer-Encoding in 1.0":
        ("GET /app.js HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n", 400),
    "unknown coding before chunked": (GET + HOST + "Transfer-Encoding: gzip, chunked\r\n\r\n", 501),
    "chunked not last": (GET + HOST + "Transfer-Encoding: chunked, gzip\r\n\r\n", 400),
    "no chunked at all": (GET + HOST + "Transfer-Encoding: gzip\r\n\r\n", 400),
    "identity": (GET + HOST + "Transfer-Encoding: identity\r\n\r\n", 400),
    "chunked twice": (GET + HOST + "Transfer-Encoding: chunked, chunked\r\n\r\n", 400),
    "chunked in two fields": (GET + HOST + "Transfer-Encoding: chunked\r\n" * 2 + "\r\n", 400),
    "chunked with a parameter": (GET + HOST + "Transfer-Encoding: chunked;a=b\r\n\r\n", 400),
    "chunked in quotes": (GET + HOST + "Transfer-Encoding: \"chunked\"\r\n\r\n", 400),
    "chunked behind a vertical tab": (GET + HOST + "Transfer-Encoding: \x0bchunked\r\n\r\n", 400),
    "empty Transfer-Encoding": (GET + HOST + "Transfer-Encoding:\r\n\r\n", 400),
    "empty coding": (GET + HOST + "Transfer-Encoding: , chunked\r\n\r\n", 400),
    # 6.2, 6.3
    "length of letters": (GET + HOST + "Content-Length: ten\r\n\r\n", 400),
    "negative length": (GET + HOST + "Content-Length: -1\r\n\r\n", 400),
    "length with a plus": (GET + HOST + "Content-Length: +1\r\n\r\n", 400),
    "hexadecimal length": (GET + HOST + "Content-Length: 0x1\r\n\r\n", 400),
    "length with a point": (GET + HOST + "Content-Length: 1.0\r\n\r\n", 400),
    "length with a space": (GET + HOST + "Content-Length: 1 0\r\n\r\n", 400),
    "length with an underscore": (GET + HOST + "Content-Length: 1_0\r\n\r\n", 400),
    "empty length": (GET + HOST + "Content-Length:\r\n\r\n", 400),
    "length above 63 bits": (GET + HOST + "Content-Length: 9223372036854775808\r\n\r\n", 400),
    "length above 64 bits": (GET + HOST + "Content-Length: 18446744073709551617\r\n\r\n", 400),
    "list of lengths": (GET + HOST + "Content-Length: 5, 5\r\n\r\nhello", 400),
    "two lengths": (GET + HOST + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nhe", 400),
    "the same length twice": (GET + HOST + "Content-Length: 5\r\n" * 2 + "\r\nhello", 400),
    "length and chunked":
        (GET + HOST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "chunked and length":
        (GET + HOST + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400),
    "length and an unknown coding":
        (GET + HOST + "Content-Length: 0\r\nTransfer-Encoding: xchunked\r\n\r\n", 400),
}


@slowly
@pytest.mark.parametrize("request_text, status", cases(REFUSED))
def test_refused_and_nothing_after_it_is_answered(port, request_text, status, slowly):
    """Behind a lingering close: what is still sent causes no reset that swallows the answer."""
    with Raw(port) as raw:
        raw.send(request_text + NEXT * 3, slowly)
        response = raw.read_response()
        assert (response.status, response["Connection"]) == (status, "close")
        raw.send(NEXT * 3)
        assert raw.is_finished()
