"""WebSockets that modules make of requests: tests/abi/upgrader.c."""

import re

import pytest

from raw import BINARY, KEY, TEXT, Raw, frame


@pytest.fixture
def start(chatd, abi_modules):
    def start(options="", config=""):
        return chatd(modules=f"module upgrader {{ {options} }}", config=config,
                     module_dir=abi_modules("upgrader"))
    return start


@pytest.fixture
def server(start):
    return start()


@pytest.fixture
def raw(server):
    with Raw(server.port) as raw:
        yield raw


def echoes(raw, text):
    raw.send_frame(TEXT, text.encode())
    return raw.read_frame().payload.decode()


@pytest.mark.parametrize("target", ["/both/", "/both/now?a=b", "/both/later", "/socket?x"])
def test_request_becomes_a_websocket(server, raw, target):
    assert raw.upgrade(target).status == 101
    path, _, query = target.partition("?")
    upgraded = int(path != "/socket")
    assert re.fullmatch(rf"{path}\?{query} websocket {upgraded} 127\.0\.0\.1:\d+",
                        raw.read_frame().payload.decode())
    assert echoes(raw, "hello") == "hello"
    raw.send_frame(BINARY, b"x" * 101)
    assert raw.read_close() == 1009
    server.wait_log("upgrader: closed 1009")
    assert "gone" not in server.log()


def test_requests_in_front_of_the_upgrade(raw):
    for _ in range(3):
        assert raw.request("/both/poll").body == b"poll"
    raw.send(raw.request_text("/both/poll") + raw.upgrade_text("/both/later"))
    raw.send(frame(TEXT, b"early"))
    assert raw.read_response().body == b"poll"
    assert raw.read_response().status == 101
    assert raw.read_frame().payload.startswith(b"/both/later")
    assert raw.read_frame().payload == b"early"
    assert echoes(raw, "late") == "late"


def test_frames_in_the_same_segment(raw):
    raw.send(raw.upgrade_text("/both/now").encode() + frame(TEXT, b"1") + frame(TEXT, b"x"))
    assert raw.read_response().status == 101
    assert raw.read_frame().payload.startswith(b"/both/now")
    # 1 is no code to close with.
    assert [raw.read_frame().payload for _ in range(2)] == [b"-22", b"x"]


@pytest.mark.parametrize("fields, status", [
    ({"Upgrade": "h2c"}, 426), ({"Connection": "close"}, 400), ({"Sec_WebSocket_Version": "8"}, 426),
    ({"Sec_WebSocket_Key": "short"}, 400), ({"Origin": "http://evil.example"}, 403),
    ({"Sec_WebSocket_Protocol": "other"}, 400),
])
@pytest.mark.parametrize("path", ["/both/now", "/both/later", "/socket"])
def test_checks_are_those_of_every_websocket(server, raw, path, fields, status):
    assert raw.upgrade(path, **fields).status == status
    assert raw.is_closed()
    if path != "/socket":
        server.wait_log("upgrade: -71")
    assert server.counters()["ws_refused"] == 1
    assert "closed" not in server.log() and "gone" not in server.log()


def test_only_get_is_upgraded(raw):
    raw.send(raw.upgrade_text("/both/now").replace("GET", "PUT", 1))
    assert raw.read_response().status == 405
    assert raw.is_closed()


@pytest.mark.parametrize("offered, agreed", [("both.v1", "both.v1"), ("x, both.v1", "both.v1"),
                                             (None, None)])
@pytest.mark.parametrize("path", ["/both/now", "/socket"])
def test_subprotocol(raw, path, offered, agreed):
    response = raw.upgrade(path, Sec_WebSocket_Protocol=offered)
    assert (response.status, response["Sec-WebSocket-Protocol"]) == (101, agreed)


def test_compression_is_agreed(raw):
    response = raw.upgrade("/both/now", Sec_WebSocket_Extensions="permessage-deflate")
    assert response["Sec-WebSocket-Extensions"].startswith("permessage-deflate")


def test_path_without_a_websocket(server, raw):
    assert raw.upgrade("/plain").body == b"plain"
    server.wait_log("upgrade: -22")


def test_peer_that_goes_before_the_upgrade(server, raw):
    raw.send(raw.upgrade_text("/both/later"))
    assert raw.is_quiet(within=0)
    raw.reset()
    server.wait_log("upgrader: (gone|closed 1006)")


def test_connection_is_handed_to_the_next_version_of_the_module(server, raw):
    raw.upgrade("/both/now")
    assert raw.read_frame().payload.startswith(b"/both/now")
    server.write_modules('module upgrader { path = "/other" }')
    server.reload()
    server.wait_log("1 modules as in")
    assert echoes(raw, "hello") == "hello"
    server.write_modules("")
    server.reload()
    assert raw.read_close() == 1012


@pytest.mark.parametrize("code, taken", [
    (1000, True), (1003, True), (1007, True), (1009, True), (1011, True), (1014, True), (3000, True),
    (4999, True), (999, False), (1004, False), (1005, False), (1006, False), (1010, False),
    (1015, False), (2999, False), (5000, False),
])
def test_codes_that_a_server_may_send(raw, code, taken):
    raw.upgrade("/socket")
    raw.read_frame()
    raw.send_frame(TEXT, f"{code}".encode())
    if taken:
        assert raw.read_close() == code
    else:
        assert raw.read_frame().payload == b"-22"


def test_reason_is_utf8(raw):
    raw.upgrade("/socket")
    raw.read_frame()
    assert echoes(raw, "bad reason") == "-22"


@pytest.mark.parametrize("options, errno", [
    ('path = "socket"', 22), ('path = "/%20"', 22), ('path = "/a?b"', 22), ('path = "/x/.."', 22),
    ('path = "/both/"', 17), ('path = "/plain"', 17), ('path = "/ws"', 17),
    ('subprotocol = "a b"', 22), ('subprotocol = "%s"' % ("x" * 101), 22),
])
def test_what_is_refused(chatd_check, abi_modules, options, errno):
    code, output = chatd_check(modules=f"module upgrader {{ {options} }}",
                               module_dir=abi_modules("upgrader"))
    assert code == 78
    assert f"module upgrader: its init failed (-{errno})" in output


def test_check_prints_each_path_once(chatd_check, abi_modules):
    code, output = chatd_check(modules="module upgrader {}", module_dir=abi_modules("upgrader"))
    assert code == 0
    assert re.findall(r"^  (/\S+) +upgrader$", output, re.MULTILINE) == ["/socket", "/plain", "/both/"]
