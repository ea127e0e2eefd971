"""The opening handshake (RFC 6455 4) and who may do it from where (Origin)."""

import pytest

import raw as wire
from raw import Raw


@pytest.fixture
def port(chatd):
    return chatd().port


def upgrade(port, target="/ws", **fields):
    """The answer; on success also checks that the protocol begins."""
    with Raw(port) as raw:
        response = raw.upgrade(target, **fields)
        if response.status == 101:
            assert raw.read_json()["type"] == "hello"
        return response


# ---- The handshake ------------------------------------------------------------------------------

def test_accept_key_of_the_rfc(port):
    response = upgrade(port)
    assert response.status == 101
    assert response["Sec-WebSocket-Accept"] == wire.ACCEPT
    assert response["Upgrade"].lower() == "websocket"
    assert response["Connection"].lower() == "upgrade"
    assert response["Sec-WebSocket-Protocol"] is None
    assert response["Sec-WebSocket-Extensions"] is None


@pytest.mark.parametrize("fields", [
    {"Upgrade": "WebSocket"}, {"Upgrade": "WEBSOCKET"},
    {"Connection": "upgrade"}, {"Connection": "keep-alive, Upgrade"},
    {"Connection": "Upgrade,keep-alive"}, {"Sec_WebSocket_Key": f"  {wire.KEY}  "},
    {"Sec_WebSocket_Extensions": "permessage-deflate; client_max_window_bits"},
    {"Sec_WebSocket_Extensions": "x-unknown; a=b, another"},
])
def test_lawful_variants_are_taken(port, fields):
    assert upgrade(port, **fields).status == 101


def test_header_names_are_case_insensitive(port):
    with Raw(port) as raw:
        raw.send(raw.upgrade_text().upper().replace(wire.KEY.upper(), wire.KEY)
                 .replace("/WS ", "/ws "))
        assert raw.read_response()["Sec-WebSocket-Accept"] == wire.ACCEPT


@pytest.mark.parametrize("offered, chosen", [
    ("chatd.v1", "chatd.v1"), ("chatd.v9, chatd.v1", "chatd.v1"), ("chatd.v1,other", "chatd.v1"),
])
def test_subprotocol_is_chosen(port, offered, chosen):
    response = upgrade(port, Sec_WebSocket_Protocol=offered)
    assert response.status == 101
    assert response["Sec-WebSocket-Protocol"] == chosen


@pytest.mark.parametrize("offered", ["chatd.v2", "mqtt, wamp", "chatd.v11", "CHATD.V1"])
def test_only_unknown_subprotocols_are_400(port, offered):
    response = upgrade(port, Sec_WebSocket_Protocol=offered)
    assert response.status == 400
    assert b"chatd.v1" in response.body


@pytest.mark.parametrize("fields", [
    {"Sec_WebSocket_Key": None}, {"Sec_WebSocket_Key": ""}, {"Sec_WebSocket_Key": "dGhlIHNhbXBs"},
    {"Sec_WebSocket_Key": "?" * 22 + "=="}, {"Sec_WebSocket_Key": wire.KEY + "AAAA"},
    {"Host": None},
])
def test_malformed_handshake_is_400(port, fields):
    assert upgrade(port, **fields).status == 400


@pytest.mark.parametrize("version", ["8", "14", "thirteen", None])
def test_other_version_is_refused_with_ours(port, version):
    response = upgrade(port, Sec_WebSocket_Version=version)
    assert response.status in ((426,) if version else (400, 426))
    if response.status == 426:
        assert response["Sec-WebSocket-Version"] == "13"


@pytest.mark.parametrize("fields", [
    {"Upgrade": None, "Connection": None}, {"Upgrade": "h2c"}, {"Connection": "keep-alive"},
])
def test_plain_request_is_426(port, fields):
    response = upgrade(port, **fields)
    assert response.status in (400, 426)
    if response.status == 426:
        assert "upgrade" in response["Connection"]
        assert response["Upgrade"].lower() == "websocket"


def test_other_method_is_refused(port):
    assert upgrade(port, method="POST").status in (400, 405)


def test_http_1_0_is_refused(port):
    with Raw(port) as raw:
        raw.send(raw.upgrade_text().replace("HTTP/1.1", "HTTP/1.0"))
        assert raw.read_response().status in (400, 426, 505)


def test_other_path_is_404(port):
    assert upgrade(port, "/nowhere").status == 404


def test_query_is_ignored(port):
    assert upgrade(port, "/ws?token=1").status == 101


def test_handshake_byte_by_byte(port):
    with Raw(port) as raw:
        raw.send_slowly(raw.upgrade_text().encode())
        assert raw.read_response().status == 101


def test_first_frames_may_come_with_the_handshake(port):
    with Raw(port) as raw:
        raw.send(raw.upgrade_text().encode() + wire.frame(wire.PING, b"early"))
        assert raw.read_response().status == 101
        assert raw.read_json()["type"] == "hello"
        assert raw.read_frame() == (True, wire.PONG, b"early")


def test_handshake_after_other_requests(port):
    with Raw(port) as raw:
        assert raw.request("/").status == 200
        assert raw.upgrade().status == 101


def test_refused_handshake_can_be_tried_again(port):
    assert upgrade(port, Sec_WebSocket_Protocol="no").status == 400
    assert upgrade(port).status == 101


# ---- Origins ------------------------------------------------------------------------------------

def same(port):
    return f"http://127.0.0.1:{port}"


def test_same_origin_is_the_default(port):
    assert upgrade(port, Origin=same(port)).status == 101
    assert upgrade(port, Origin=same(port).replace("http", "HTTP")).status == 101


@pytest.mark.parametrize("origin", [
    "http://evil.example", "null", "http://127.0.0.1", "http://127.0.0.1:1", "http://localhost",
    "http://127.0.0.1:{port}.evil.example", "http://evil.example/127.0.0.1:{port}",
    "http://user@127.0.0.1:{port}", "file://", "127.0.0.1:{port}", "http://",
])
def test_other_origin_is_403(port, origin):
    assert upgrade(port, Origin=origin.format(port=port)).status == 403


def test_client_without_origin_is_no_browser(port):
    assert upgrade(port).status == 101


def test_two_origins_are_refused(port):
    with Raw(port) as raw:
        raw.send(raw.upgrade_text(Origin=same(port)).replace(
            "\r\n\r\n", "\r\nOrigin: http://evil.example\r\n\r\n"))
        assert raw.read_response().status in (400, 403)


def test_star_allows_every_origin(chatd):
    port = chatd(config='allowed_origins = {"*"}').port
    for origin in "http://anything.example", "null", same(port):
        assert upgrade(port, Origin=origin).status == 101


def test_list_allows_what_it_names(chatd):
    port = chatd(config='allowed_origins = {"https://chat.example", "http://a.example:8000"}').port
    for origin, status in [
            ("https://chat.example", 101), ("https://CHAT.example", 101),
            ("http://a.example:8000", 101), ("http://chat.example", 403),
            ("https://chat.example:444", 403), ("http://a.example", 403),
            ("https://sub.chat.example", 403), (same(port), 403), (None, 101)]:
        assert upgrade(port, Origin=origin).status == status, origin


def test_same_can_stand_in_a_list(chatd):
    port = chatd(config='allowed_origins = {"same", "https://chat.example"}').port
    assert upgrade(port, Origin=same(port)).status == 101
    assert upgrade(port, Origin="https://chat.example").status == 101
    assert upgrade(port, Origin="https://evil.example").status == 403


def test_refused_origin_is_logged(chatd):
    server = chatd(config='log_level = "debug"')
    assert upgrade(server.port, Origin="http://evil.example").status == 403
    server.wait_log(r"evil\.example")


def test_files_do_not_ask_for_the_origin(port):
    with Raw(port) as raw:
        assert raw.request("/", Origin="http://evil.example").status == 200


def test_garbage_is_logged_once_in_a_while(chatd):
    server = chatd()
    for _ in range(20):
        with Raw(server.port) as raw:
            raw.send("garbage\r\n\r\n")
            assert raw.read_response().status == 400
    server.wait_log("bad request")
    assert server.log().count("bad request") < 20
