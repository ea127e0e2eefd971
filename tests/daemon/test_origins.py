"""Who may open a WebSocket from where (Origin). The handshake itself is in conformance/."""

import pytest

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
