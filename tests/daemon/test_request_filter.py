"""Filters of requests: tests/abi/gate.c."""

import re

import pytest

from harness import wait_until
from raw import TEXT, Raw, frame

WEBSOCKETS = ["/ws", "/probe", "/both/now"]


@pytest.fixture
def start(chatd, abi_modules):
    def start(options="", config=""):
        return chatd(modules=f"module gate {{ {options} }}\nmodule probe {{}}\nmodule upgrader {{}}",
                     config=config, module_dir=abi_modules("gate", "probe", "upgrader"))
    return start


@pytest.fixture
def server(start):
    return start()


@pytest.fixture
def raw(server):
    with Raw(server.port) as raw:
        yield raw


@pytest.fixture
def resume(server):
    """Ends the wait, from another connection."""
    with Raw(server.port) as other:
        def resume(verdict, expected="1 0"):
            assert other.request(f"/resume?{verdict}").body.decode() == expected

        yield resume


def post(raw, target, body=b"body", **fields):
    raw.send(raw.request_text(target, "POST", Content_Length=len(body), **fields).encode() + body)


def asked(server):
    return re.findall(r"asked: (.*) from 127\.0\.0\.1:\d+$", server.log(), re.MULTILINE)


# ---- At once ------------------------------------------------------------------------------------

@pytest.mark.parametrize("what", [None, "accept"])
def test_request_that_passes(server, raw, what):
    for _ in range(2):
        post(raw, "/open", X_Gate=what)
        assert raw.read_response().body == b"body"
    assert asked(server) == [f"POST /open [{what or ''}] 4"] * 2


@pytest.mark.parametrize("path", WEBSOCKETS)
def test_upgrade_that_passes(server, raw, path):
    assert raw.upgrade(path, X_Gate="accept").status == 101
    assert raw.read_frame().opcode == TEXT
    assert asked(server) == [f"GET {path} [accept] 0"]


@pytest.mark.parametrize("what, text", [
    ("deny", "403 Forbidden: refused\n"), ("strange", "403 Forbidden: refused\n"),
    ("reason", "403 Forbidden: come again €\n"),
])
def test_denial_is_403(server, raw, what, text):
    for _ in range(2):
        post(raw, "/open", X_Gate=what)
        response = raw.read_response()
        assert (response.status, response["Connection"]) == (403, "keep-alive")
        assert response.body.decode() == text
    server.wait_log(r"request /open: gate denied: ")


@pytest.mark.parametrize("path", ["/ws", "/probe"])
def test_denied_upgrade_is_403_and_the_end(server, raw, path):
    response = raw.upgrade(path, X_Gate="reason")
    assert (response.status, response["Connection"]) == (403, "close")
    assert response.body.decode() == "403 Forbidden: come again €\n"
    assert raw.is_closed()
    counters = server.counters()
    assert (counters["denied"], counters["ws_opened"], counters["ws_refused"]) == (1, 0, 1)


@pytest.mark.parametrize("path", ["/open", "/ws"])
def test_drop_ends_the_connection_without_an_answer(server, raw, path):
    raw.send(raw.upgrade_text(path, X_Gate="drop"))
    assert raw.is_closed()
    assert raw.buffer == b""
    assert server.counters()["dropped"] == 1


def test_each_filter_of_the_chain_is_asked(raw):
    post(raw, "/open", X_Second="deny")
    assert raw.read_response().body == b"403 Forbidden: the second says no\n"


def test_files_and_bad_handshakes_are_not_asked_about(server, raw):
    assert raw.request("/", X_Gate="deny").status == 200
    assert raw.request("/absent", X_Gate="deny").status == 404
    assert raw.request("/ws", X_Gate="deny").status == 426
    with Raw(server.port) as other:
        assert other.upgrade("/ws", Origin="http://evil.example").status == 403
    assert asked(server) == []


def test_check_prints_the_chain(chatd_check, abi_modules):
    code, output = chatd_check(modules="module gate {}", module_dir=abi_modules("gate"))
    assert code == 0
    assert re.search(r"^  request +gate\(0\) gate\(10\)$", output, re.MULTILINE)


# ---- Later --------------------------------------------------------------------------------------

def wait_asked(server, n=1):
    wait_until(lambda: len([line for line in asked(server) if "late" in line]) == n)


def test_request_waits_and_passes(server, raw, resume):
    for i in range(3):
        post(raw, "/open", b"%d" % i, X_Gate="late")
        post(raw, "/open", b"behind")
        wait_asked(server, i + 1)
        assert raw.is_quiet(within=0.1)
        resume("pass" if i else "accept")
        assert raw.read_response().body == b"%d" % i
        assert raw.read_response().body == b"behind"
        resume("pass", "0 -2")


@pytest.mark.parametrize("path", WEBSOCKETS)
def test_upgrade_waits_and_passes(server, raw, resume, path):
    raw.send(raw.upgrade_text(path, X_Gate="late").encode() + frame(TEXT, b"early"))
    wait_asked(server)
    assert raw.is_quiet(within=0.1)
    resume("pass")
    assert raw.read_response().status == 101
    assert [raw.read_frame().opcode for _ in range(2)] == [TEXT, TEXT]


def test_later_filters_are_asked_then(server, raw, resume):
    post(raw, "/open", X_Gate="late", X_Second="deny")
    wait_asked(server)
    resume("pass")
    assert raw.read_response().body == b"403 Forbidden: the second says no\n"


@pytest.mark.parametrize("path, kept", [("/open", True), ("/ws", False)])
def test_request_waits_and_is_denied(server, raw, resume, path, kept):
    raw.send(raw.upgrade_text(path, X_Gate="late"))
    wait_asked(server)
    resume("deny")
    assert raw.read_response().body == b"403 Forbidden: too late\n"
    if kept:
        assert raw.request("/open").status == 200
    else:
        assert raw.is_closed()


def test_request_waits_and_is_dropped(server, raw, resume):
    raw.send(raw.upgrade_text(X_Gate="late"))
    wait_asked(server)
    resume("drop")
    assert raw.is_closed()
    assert raw.buffer == b""


@pytest.mark.parametrize("otherwise, status", [("pass", 200), ("deny", 403)])
def test_without_a_verdict_in_time(start, otherwise, status):
    server = start(f'timeout = "100ms"  otherwise = "{otherwise}"', 'http_timeout = "50ms"')
    with Raw(server.port) as raw:
        post(raw, "/open", X_Gate="late")
        assert raw.read_response().status == status


@pytest.mark.parametrize("leave", [Raw.reset, lambda raw: raw.socket.close()])
@pytest.mark.parametrize("path", ["/open", "/ws"])
def test_peer_that_goes_takes_its_request_with_it(server, raw, resume, leave, path):
    resume("pass", "0 -2")
    raw.send(raw.upgrade_text(path, X_Gate="late"))
    wait_asked(server)
    before = server.open_descriptors()
    leave(raw)
    wait_until(lambda: server.open_descriptors() < before)
    resume("pass", "0 -2")


@pytest.mark.parametrize("path", ["/open", "/ws", "/both/now"])
def test_server_ends_while_a_request_waits(server, raw, path):
    raw.send(raw.upgrade_text(path, X_Gate="late"))
    wait_asked(server)
    assert server.stop() == 0
    assert raw.read_response().status == 503
    assert raw.is_finished()


def reload_with(server, *names):
    mark = len(server.log())
    server.write_modules("\n".join(f"module {name} {{}}" for name in names))
    server.reload()
    server.wait_log(r"\d modules as in", after=mark)


@pytest.mark.parametrize("path", ["/probe", "/both/now"])
def test_module_that_would_answer_ends_while_a_request_waits(server, raw, resume, path):
    raw.send(raw.upgrade_text(path, X_Gate="late"))
    wait_asked(server)
    reload_with(server, "gate")
    assert raw.read_response().status == 503
    resume("pass", "0 -2")


def test_module_that_is_asked_ends_while_a_request_waits(server, raw):
    raw.send(raw.upgrade_text("/ws", X_Gate="late"))
    wait_asked(server)
    reload_with(server, "probe")
    assert raw.read_response().body == b"403 Forbidden: the module that was asked has ended\n"


def test_many_requests_wait_and_end_together(start):
    server = start('timeout = "1s"  otherwise = "pass"')
    waiting = [Raw(server.port) for _ in range(50)]
    for i, raw in enumerate(waiting):
        if i % 2:
            raw.send(raw.upgrade_text("/ws", X_Gate="late"))
        else:
            post(raw, "/open", b"%d" % i, X_Gate="late")
    for i, raw in enumerate(waiting):
        if i % 5 == 0:
            raw.reset()
        else:
            assert raw.read_response().status == (101 if i % 2 else 200)
            raw.socket.close()
