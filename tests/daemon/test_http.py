"""The HTTP server: its files, its limits, its connections. The rules of the protocol are in
conformance/."""

import gzip
import os
import re
import signal
import socket
import time

import pytest

from raw import Raw

FILES = {
    "web/index.html": "<!doctype html><title>index</title>\n",
    "web/app.js": "export default 1\n",
    "web/style.css": "p { margin: 0 }\n",
    "web/icon.svg": "<svg xmlns='http://www.w3.org/2000/svg'/>\n",
    "web/icon.png": b"\x89PNG\r\n\x1a\n",
    "web/font.woff2": b"wOF2",
    "web/data.json": "{}\n",
    "web/notes.txt": "notes\n",
    "web/strange.zzz": b"\0\1",
    "web/empty.txt": "",
    "web/big.bin": bytes(range(256)) * 8192,
    "web/with space.txt": "space\n",
    "web/sub/index.html": "sub\n",
    "web/sub/page.html": "page\n",
    "web/.hidden": "SECRET\n",
    "secret.txt": "SECRET\n",
    "webber/secret.txt": "SECRET\n",
}


@pytest.fixture
def web(chatd):
    """The port of a server with FILES."""
    return chatd(files=FILES).port


def get(port, target="/", method="GET", **fields):
    with Raw(port) as raw:
        return raw.request(target, method, **fields)


def reload(server):
    """The files are read at the start and at SIGHUP."""
    before = len(server.log())
    server.signal(signal.SIGHUP)
    server.wait_log("configuration read again", after=before)


# ---- Files --------------------------------------------------------------------------------------

def test_root_is_the_index(web):
    response = get(web, "/")
    assert (response.status, response.body) == (200, FILES["web/index.html"].encode())
    assert response["Content-Type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name, type", [
    ("app.js", "(text|application)/javascript(; ?charset=utf-8)?"),
    ("style.css", "text/css(; ?charset=utf-8)?"),
    ("icon.svg", "image/svg\\+xml(; ?charset=utf-8)?"), ("icon.png", "image/png"),
    ("font.woff2", "font/woff2"), ("data.json", "application/json(; ?charset=utf-8)?"),
    ("notes.txt", "text/plain; ?charset=utf-8"), ("strange.zzz", "application/octet-stream"),
    ("empty.txt", "text/plain; ?charset=utf-8"), ("big.bin", "application/octet-stream"),
])
def test_file_comes_whole_with_its_type(web, name, type):
    response = get(web, f"/{name}")
    content = FILES[f"web/{name}"]
    assert response.status == 200
    assert response.body == (content if isinstance(content, bytes) else content.encode())
    assert re.fullmatch(type, response["Content-Type"], re.IGNORECASE)
    assert response["X-Content-Type-Options"] == "nosniff"


def test_percent_encoding_is_decoded(web):
    assert get(web, "/with%20space.txt").body == b"space\n"
    assert get(web, "/%61pp.js").status == 200


def test_query_is_not_part_of_the_path(web):
    assert get(web, "/app.js?v=1&x=../..").status == 200


def test_missing_file_is_404(web):
    assert get(web, "/absent").status == 404
    assert get(web, "/app.js/").status == 404
    assert get(web, "/app.js/more").status == 404


def test_folder_never_lists_its_content(web):
    response = get(web, "/sub/")
    assert b"page" not in response.body
    assert get(web, "/sub").status in (301, 302, 308, 404)
    assert get(web, "/sub/page.html").body == b"page\n"


def test_head_is_get_without_body(web):
    with Raw(web) as raw:
        head = raw.request("/app.js", "HEAD")
        full = raw.request("/app.js")  # nothing of a body may stand before this answer
    assert head.status == 200
    for name in "Content-Length", "Content-Type", "ETag":
        assert head[name] == full[name]


def test_etag_gives_304(web):
    first = get(web, "/app.js")
    for value in first["ETag"], f'"other", {first["ETag"]}', "*":
        again = get(web, "/app.js", If_None_Match=value)
        assert again.status == 304, value
        assert again["ETag"] == first["ETag"]
    assert get(web, "/app.js", If_None_Match='"other"').status == 200


def test_etag_changes_with_the_file(chatd):
    server = chatd(files=FILES)
    before = get(server.port, "/app.js")["ETag"]
    server.write("web/app.js", "export default 2 // longer\n")
    reload(server)
    after = get(server.port, "/app.js", If_None_Match=before)
    assert (after.status, after.body) == (200, b"export default 2 // longer\n")


def test_pages_are_revalidated(web):
    assert "no-cache" in get(web, "/")["Cache-Control"]


@pytest.mark.parametrize("target", [
    "/../secret.txt", "/../../../../../../etc/passwd", "/sub/../../secret.txt",
    "/%2e%2e/secret.txt", "/%2E%2E/secret.txt", "/.%2e/secret.txt", "/..%2fsecret.txt",
    "/..%2Fsecret.txt", "/%2e%2e%2fsecret.txt", "/%252e%252e/secret.txt", "/..\\secret.txt",
    "/..%5csecret.txt", "/%c0%ae%c0%ae/secret.txt", "/%u002e%u002e/secret.txt", "//../secret.txt",
    "/./../secret.txt", "/sub/%2e%2e/%2e%2e/secret.txt", "/../webber/secret.txt", "/../web/app.js",
    "/%00/../secret.txt", "/../secret.txt%00.html", "//etc/passwd", "/file:///etc/passwd",
    "/.hidden", "/%2ehidden", "http://x/../secret.txt",
])
def test_nothing_outside_the_web_root(web, target):
    response = get(web, target)
    assert response.status in (400, 403, 404)
    assert b"SECRET" not in response.body and b"root:" not in response.body


@pytest.mark.parametrize("target", ["/%", "/%4", "/%zz", "/a%00b"])
def test_bad_percent_encoding_is_refused(web, target):
    assert get(web, target).status in (400, 404)


def test_symlink_out_of_the_web_root_is_not_followed(chatd):
    server = chatd(files=FILES)
    (server.dir / "web/link.txt").symlink_to(server.dir / "secret.txt")
    (server.dir / "web/link").symlink_to(server.dir / "webber")
    reload(server)
    assert get(server.port, "/link/secret.txt").status in (403, 404)
    assert get(server.port, "/link.txt").status in (403, 404)


def test_device_or_pipe_is_not_served(chatd):
    server = chatd(files=FILES)
    os.mkfifo(server.dir / "web/pipe")
    reload(server)
    assert get(server.port, "/pipe").status in (403, 404)
    assert get(server.port, "/").status == 200


# ---- Methods and headers ------------------------------------------------------------------------

@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_other_methods_are_405(web, method):
    response = get(web, "/", method, Content_Length="0")
    assert response.status == 405
    assert {"GET", "HEAD"} <= set(re.split(r",\s*", response["Allow"]))


def test_unknown_method_is_refused(web):
    assert get(web, "/", "BREW").status in (405, 501)


def test_security_headers(web):
    response = get(web, "/")
    policy = dict(part.strip().split(" ", 1)
                  for part in response["Content-Security-Policy"].split(";") if part.strip())
    assert "unsafe-inline" not in response["Content-Security-Policy"]
    assert "unsafe-eval" not in response["Content-Security-Policy"]
    assert policy["default-src"] in ("'none'", "'self'")
    assert policy["frame-ancestors"] == "'none'"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] in ("no-referrer", "same-origin")


def test_errors_have_security_headers(web):
    assert get(web, "/absent")["X-Content-Type-Options"] == "nosniff"


# ---- Connections --------------------------------------------------------------------------------

def test_connection_is_kept(web):
    with Raw(web) as raw:
        for name in "app.js", "absent", "style.css", "icon.svg":
            assert raw.request(f"/{name}").status == (404 if name == "absent" else 200)


def test_pipelined_requests_are_answered_in_order(web):
    names = ["app.js", "big.bin", "style.css", "absent", "notes.txt"] * 4
    with Raw(web) as raw:
        raw.send("".join(raw.request_text(f"/{name}") for name in names))
        for name in names:
            content = FILES.get(f"web/{name}")
            response = raw.read_response()
            assert response.status == (200 if content else 404)
            if content:
                assert len(response.body) == len(content)


def test_request_byte_by_byte(web):
    with Raw(web) as raw:
        raw.send(raw.request_text("/app.js").encode(), slowly=True)
        assert raw.read_response().status == 200


def test_big_file_reaches_a_slow_reader(web):
    with Raw(web, receive_buffer=4096) as raw:
        raw.send(raw.request_text("/big.bin"))
        time.sleep(0.1)  # both buffers are full now
        assert raw.read_response().body == FILES["web/big.bin"]


def test_reader_who_leaves_in_the_middle_does_not_matter(web):
    for _ in range(20):
        raw = Raw(web, receive_buffer=4096)
        raw.send(raw.request_text("/big.bin") * 3)
        raw.socket.recv(100)
        raw.reset()
    assert get(web, "/app.js").status == 200


def test_half_closed_client_gets_its_answer(web):
    with Raw(web) as raw:
        raw.send(raw.request_text("/app.js"))
        raw.socket.shutdown(socket.SHUT_WR)
        assert raw.read_response().status == 200
        assert raw.is_closed()


def test_idle_connection_is_closed(chatd):
    with Raw(chatd(files=FILES, config='keepalive_timeout = "200ms"').port) as raw:
        assert raw.request("/app.js").status == 200
        assert raw.is_closed()


@pytest.mark.parametrize("sent", [b"", b"GET / HT", b"GET / HTTP/1.1\r\nHost: x\r\nX-"])
def test_slow_head_is_closed(chatd, sent):
    with Raw(chatd(config='http_timeout = "300ms"').port) as raw:
        raw.send(sent)
        assert raw.is_closed()
        assert raw.buffer == b"" or b" 408 " in raw.buffer.split(b"\r\n")[0]


def test_dripping_head_is_closed(chatd):
    """The limit is for the whole head; a byte now and then does not renew it."""
    with Raw(chatd(config='http_timeout = "500ms"').port) as raw:
        raw.send("GET / HTTP/1.1\r\nHost: x\r\n")
        deadline = time.monotonic() + 10
        try:
            while raw.is_quiet(within=0.05):
                raw.send("X: y\r\n")
                assert time.monotonic() < deadline, "still open"
        except (BrokenPipeError, ConnectionResetError):
            pass


# ---- Refusals -----------------------------------------------------------------------------------

def refusal(port, request):
    """The status of the answer to a request that must end the connection."""
    with Raw(port) as raw:
        raw.send(request)
        response = raw.read_response()
        assert raw.is_closed()
        assert response["Connection"] == "close"
        return response.status


def test_long_request_line_is_414(chatd):
    port = chatd(config='max_http_line = "1k"').port
    assert refusal(port, "GET /" + "a" * 2000 + " HTTP/1.1\r\nHost: x\r\n\r\n") == 414
    assert get(port, "/" + "a" * 900).status == 404


def test_endless_request_line_is_414(chatd):
    assert refusal(chatd(config='max_http_line = "1k"').port, "GET /" + "a" * 1500) == 414


def test_long_head_is_431(chatd):
    port = chatd(config='max_http_head = "4k"').port
    fields = "".join(f"X-{i}: {'a' * 500}\r\n" for i in range(10))
    assert refusal(port, f"GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n") == 431


def test_many_fields_are_431(chatd):
    port = chatd(config="max_http_fields = 20").port
    fields = "".join(f"X-{i}: a\r\n" for i in range(21))
    assert refusal(port, f"GET / HTTP/1.1\r\nHost: x\r\n{fields}\r\n") == 431


GARBAGE = {
    "TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
    "zeros": b"\x00" * 5000,
    "ones": b"\xff" * 100_000,
    "gzip": gzip.compress(b"x" * 100),
    "empty lines": b"\r\n" * 50_000,
    "one line feed": b"\n",
    "ssh": b"SSH-2.0-OpenSSH_9.2\r\n",
    "request lines": b"GET / HTTP/1.1\r\n" * 2000,
}


@pytest.mark.parametrize("garbage", GARBAGE.values(), ids=GARBAGE.keys())
def test_garbage_ends_its_connection_only(chatd, garbage):
    server = chatd(config='http_timeout = "500ms"')
    bystander = server.client("alice", room="lobby")
    with Raw(server.port) as raw:
        try:
            raw.send(garbage)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert raw.is_closed()
    assert bystander.say("still here")["type"] == "ok"
