"""Paths that modules serve: tests/abi/web.c."""

import re
import socket

import pytest

from harness import wait_until
from raw import Raw


@pytest.fixture
def start(chatd, abi_modules):
    def start(options="", config="", **rest):
        return chatd(modules=f"module web {{ {options} }}", config=config,
                     module_dir=abi_modules("web"), **rest)
    return start


@pytest.fixture
def server(start):
    return start()


@pytest.fixture
def raw(server):
    with Raw(server.port) as raw:
        yield raw


def post(raw, target, body, **fields):
    raw.send(raw.request_text(target, "POST", Content_Length=len(body), **fields).encode() + body)
    return raw.read_response()


# ---- Requests -----------------------------------------------------------------------------------

@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "BREW"])
def test_request_of_any_method(raw, method):
    response = raw.request("/now?a=%20b&c", method, X_What="that")
    assert response.status == 200
    assert response.body.startswith(
        f"1 {method} /now a=%20b&c [that] [] 0 127.0.0.1:".encode()), response.body
    assert response["Content-Type"] == "text/plain"
    assert response["Connection"] == "keep-alive"


@pytest.mark.parametrize("target, path", [
    ("/%6eow", "/now"), ("/x/../now", "/now"), ("/now", "/now"), ("/index.html", "/index.html"),
    ("/a%20path/n%c3%a4h", "/a path/näh"),
])
def test_path_is_decoded(raw, target, path):
    assert raw.request(target).body.startswith(f"1 GET {path} ".encode())


@pytest.mark.parametrize("target, answer", [
    ("/tree/", "tree /tree/"), ("/tree/x", "tree /tree/x"), ("/tree/x/y?z", "tree /tree/x/y"),
    ("/tree//", "tree /tree//"), ("/tree/leaf/", "tree /tree/leaf/"), ("/tree/leaf", "leaf"),
    ("/tree/below/x", "leaf"), ("/tree/below", "tree /tree/below"),
])
def test_slash_at_the_end_is_all_below_it(raw, target, answer):
    assert raw.request(target).body.decode() == answer


@pytest.mark.parametrize("target", ["/tree", "/treetop", "/now/", "/now/x", "/NOW", "/no", "/tree/../x"])
def test_what_nobody_serves_is_no_file(raw, target):
    assert raw.request(target).status == 404


def test_files_stay(raw):
    assert b"index" in raw.request("/").body


def test_address_is_that_of_the_client(start):
    server = start(config='trusted_proxies = { "127.0.0.0/8" }')
    with Raw(server.port) as raw:
        assert b" 192.0.2.7:" in raw.request("/now", X_Forwarded_For="192.0.2.7").body
        assert b" 127.0.0.1:" in raw.request("/now").body


# ---- Bodies -------------------------------------------------------------------------------------

@pytest.mark.parametrize("n", [0, 1, 1000, 3 << 20])
def test_body_comes_whole(raw, n):
    body = bytes(range(256)) * (n // 256) + b"x" * (n % 256)
    for _ in range(2):
        assert post(raw, "/echo", body).body == body


def test_chunks_come_as_one(raw):
    raw.send(raw.request_text("/echo", "POST", Transfer_Encoding="chunked")
             + "5\r\nhello\r\n1;x=y\r\n,\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n", slowly=True)
    assert raw.read_response().body == b"hello, world"


@pytest.mark.parametrize("path, limit", [("/small", 10), ("/default", 1000), ("/echo", 3 << 20)])
def test_limit_is_the_endpoints_own(start, path, limit):
    server = start(config="max_http_body = 1000")
    with Raw(server.port) as raw:
        assert post(raw, path, b"x" * limit).status == 200
        raw.send(raw.request_text(path, "POST", Content_Length=limit + 1))
        assert raw.read_response().status == 413
        assert raw.is_closed()


def test_body_is_asked_for(raw):
    raw.send(raw.request_text("/echo", "POST", Content_Length=5, Expect="100-continue"))
    assert raw.read_response(head_only=True).status == 100
    raw.send("hello")
    assert raw.read_response().body == b"hello"


def test_all_bodies_together_are_limited(start):
    server = start(config="request_memory = 1M\nmax_http_body = 2M")
    half = b"x" * (600 << 10)
    with Raw(server.port) as first, Raw(server.port) as second:
        first.send(first.request_text("/poll", "POST", Content_Length=len(half)).encode() + half)
        server.wait_log("poll 1")
        second.send(second.request_text("/echo", "POST", Content_Length=len(half)))
        second.send(half[:400 << 10])
        assert second.is_quiet(within=0.1)
        try:
            second.send(half[400 << 10:])
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert second.read_response().status == 503
        assert second.is_closed()
        with Raw(server.port) as third:
            assert post(third, "/publish", b"now").body == b"1"
            assert first.read_response().body == b"now"
            for _ in range(5):
                assert post(third, "/echo", half).body == half
    assert server.counters()["request_memory"] == 1


# ---- Answers ------------------------------------------------------------------------------------

def test_headers_are_the_modules(raw):
    response = raw.request("/status?404")
    assert [value for name, value in response.fields if name == "X-One"] == ["1", "2"]
    assert response["Content-Security-Policy"] == "sandbox"
    assert response["Referrer-Policy"] == "x"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Empty"] == ""
    assert (response.status, response.reason, response.body) == (404, "Not Found", b"")


@pytest.mark.parametrize("status", [200, 201, 299, 404, 599])
def test_any_status(raw, status):
    assert raw.request(f"/status?{status}").status == status


@pytest.mark.parametrize("status, length", [(204, None), (205, "0"), (304, None)])
def test_status_without_body(raw, status, length):
    response = raw.request(f"/status?{status}")
    assert (response.status, response["Content-Length"]) == (status, length)
    assert raw.request("/tree/leaf").body == b"leaf"


def test_wrong_answers_are_refused_and_another_may_follow(raw):
    assert raw.request("/wrong").body == b"1 1 1 1 1"


def test_head_has_no_body(raw):
    response = raw.request("/tree/leaf", "HEAD")
    assert (response.status, response["Content-Length"]) == (200, "4")
    assert raw.request("/tree/leaf").body == b"leaf"


def test_http_1_0(server):
    for fields, kept in ("", False), ("Connection: keep-alive\r\n", True):
        with Raw(server.port) as raw:
            for _ in range(2):
                raw.send(f"GET /later?1 HTTP/1.0\r\n{fields}\r\n")
                assert raw.read_response().body == b"later"
                if not kept:
                    assert raw.is_finished()
                    break


def test_connection_close(raw):
    assert raw.request("/later?1", Connection="close")["Connection"] == "close"
    assert raw.is_finished()


# ---- Later --------------------------------------------------------------------------------------

def test_answer_may_come_later(raw):
    for i in range(3):
        assert raw.request(f"/later?{i * 20}").body == b"later"


def test_pipelined_requests_wait_for_their_turn(server, raw):
    targets = ["/tree/a", "/poll", "/tree/b", "/later?10", "/", "/poll", "/tree/c"]
    raw.send("".join(raw.request_text(target) for target in targets))
    assert raw.read_response().body == b"tree /tree/a"
    server.wait_log("poll 1")
    assert raw.is_quiet(within=0.2)
    with Raw(server.port) as other:
        assert post(other, "/publish", b"first").body == b"1"
        assert [raw.read_response().body for _ in range(3)] == [b"first", b"tree /tree/b", b"later"]
        assert b"index" in raw.read_response().body
        wait_until(lambda: len(re.findall("poll 1", server.log())) == 2)
        assert post(other, "/publish", b"second").body == b"1"
    assert [raw.read_response().body for _ in range(2)] == [b"second", b"tree /tree/c"]


def test_much_behind_an_unanswered_request_is_not_read(server, raw):
    """The peer sends 8 MB that have no room in the kernel's buffers: it has to wait."""
    raw.send(raw.request_text("/poll"))
    server.wait_log("poll 1")
    before = server.memory_bytes()
    raw.socket.setblocking(False)
    sent = 0
    request = (raw.request_text("/tree/x") * 2000).encode()
    with pytest.raises(BlockingIOError):
        while sent < 1 << 28:
            sent += raw.socket.send(request[sent % len(request):])
    assert server.memory_bytes() - before < 1 << 20
    raw.socket.setblocking(True)
    with Raw(server.port) as other:
        assert post(other, "/publish", b"go on").body == b"1"
    assert raw.read_response().body == b"go on"
    assert raw.read_response().body == b"tree /tree/x"


def test_many_wait_at_once(server):
    polls = [Raw(server.port) for _ in range(60)]
    for poll in polls:
        poll.send(poll.request_text("/poll"))
    server.wait_log("poll 60")
    with Raw(server.port) as other:
        assert post(other, "/publish", b"all").body == b"60"
    for poll in polls:
        assert poll.read_response().body == b"all"
        assert poll.request("/tree/leaf").body == b"leaf"
        poll.socket.close()


def test_module_waits_longer_than_the_connection_may_be_idle(start):
    server = start(config='http_timeout = "100ms"\nkeepalive_timeout = "100ms"')
    with Raw(server.port) as raw:
        assert raw.request("/later?600").body == b"later"
        assert raw.is_closed()


def test_without_an_answer_in_time_it_is_504(start):
    server = start('never = "100ms"')
    with Raw(server.port) as raw:
        for i in range(2):
            mark = len(server.log())
            response = raw.request("/never")
            assert (response.status, response["Connection"]) == (504, "keep-alive")
            server.wait_log("web: gone, NULL", after=mark)
        assert raw.request("/tree/leaf").body == b"leaf"
    assert server.counters()["request_timeouts"] == 2


def close(raw):
    raw.socket.close()


def half_close(raw):
    raw.socket.shutdown(socket.SHUT_WR)


@pytest.mark.parametrize("leave", [close, half_close, Raw.reset])
@pytest.mark.parametrize("target", ["/poll", "/later?200"])
def test_module_hears_that_the_peer_is_gone(server, raw, leave, target):
    raw.request("/tree/leaf")
    raw.send(raw.request_text(target))
    raw.is_quiet(within=0.1)
    leave(raw)
    server.wait_log("web: gone, NULL")
    with Raw(server.port) as other:
        assert other.request("/later?300").body == b"later"
        assert post(other, "/publish", b"").body == b"0"
    assert server.log().count("gone") == 1


def test_end_of_the_server_answers_what_waits(server, raw):
    raw.send(raw.request_text("/poll") + raw.request_text("/now"))
    server.wait_log("poll 1")
    assert server.stop() == 0
    response = raw.read_response()
    assert (response.status, response["Connection"]) == (503, "close")
    assert raw.is_finished()
    assert "web: gone, NULL" in server.log()


def test_end_of_the_module_answers_what_waits(server, raw):
    with Raw(server.port) as arriving:
        arriving.send(arriving.request_text("/echo", "POST", Content_Length=10) + "half")
        raw.send(raw.request_text("/poll") + raw.request_text("/tree/leaf"))
        server.wait_log("poll 1")
        server.write_modules("")
        server.reload()
        assert raw.read_response().status == 503
        assert raw.read_response().status == 404
        assert arriving.read_response().status == 503
        assert arriving.is_closed()
    assert "gone" not in server.log()
    server.write_modules("module web {}")
    server.reload()
    assert raw.request("/tree/leaf").body == b"leaf"


def test_module_that_takes_its_place_serves_on(server, raw):
    raw.send(raw.request_text("/poll"))
    server.wait_log("poll 1")
    server.write_modules("module web { never = 1s }")
    server.reload()
    assert raw.read_response().status == 503
    assert raw.request("/tree/leaf").body == b"leaf"


# ---- Paths --------------------------------------------------------------------------------------

@pytest.mark.parametrize("path, errno", [
    ("/now", 17), ("/ws", 17), ("/probe", 17), ("/tree/", 17), ("", 22), ("now", 22), ("/", 22),
    ("/a%20b", 22), ("/a/../b", 22), ("/a/.", 22), ("/a?b", 22), ("/a#b", 22), ("/a\\\\b", 22),
])
def test_paths_that_are_refused(chatd_check, abi_modules, path, errno):
    code, output = chatd_check(
        modules=f'module probe {{}}\nmodule web {{ paths = {{ "{path}" }} }}',
        module_dir=abi_modules("web", "probe"))
    assert code == 78
    assert f"module web: its init failed (-{errno})" in output
    if errno == 17:
        assert f"another endpoint is at {path} already" in output


def test_check_prints_the_paths(chatd_check, abi_modules):
    code, output = chatd_check(modules="module web {}", module_dir=abi_modules("web"))
    assert code == 0
    endpoints = output[output.index("endpoints:"):]
    for path in "/now", "/tree/", "/tree/leaf", "/never":
        assert re.search(rf"^  {path} +web$", endpoints, re.MULTILINE), endpoints
