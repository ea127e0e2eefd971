"""The opening handshake (RFC 6455 4.2): what is taken, and how the rest is refused."""

import base64
import hashlib

import pytest

from peer import ANSWERS, ASK, cases, pong, slowly
from raw import ACCEPT, KEY, PING, TEXT, Frame, Raw, frame

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def key_of(data):
    return base64.b64encode(data).decode()


@pytest.fixture(params=["/echo", "/ws"], ids=["echo", "chat"])
def path(request):
    return request.param


@pytest.fixture
def raw(server):
    """A connection without a handshake."""
    with Raw(server.port) as raw:
        yield raw


def read_upgraded(raw, path):
    """The answer to the handshake, after which a message goes both ways."""
    response = raw.read_response()
    assert (response.version, response.status) == ("HTTP/1.1", 101)
    if path == "/ws":
        assert raw.read_json()["type"] == "hello"
    raw.send_frame(TEXT, ASK)
    assert raw.read_frame() == Frame(True, TEXT, ANSWERS[path])
    return response


# ---- Taken --------------------------------------------------------------------------------------

def test_answer_of_the_rfc(raw, path):
    raw.send(raw.upgrade_text(path))
    response = read_upgraded(raw, path)
    assert response["Sec-WebSocket-Accept"] == ACCEPT
    assert response["Upgrade"].lower() == "websocket"
    assert response["Connection"].lower() == "upgrade"
    for name in ("Sec-WebSocket-Protocol", "Sec-WebSocket-Extensions", "Content-Length",
                 "Transfer-Encoding"):
        assert response[name] is None


@pytest.mark.parametrize("key", cases({
    "zeros": key_of(bytes(16)), "ones": key_of(b"\xff" * 16), "counting": key_of(bytes(range(16))),
    "plus signs": key_of(b"\xfb\xef\xbe" * 5 + b"\xfb"),
}))
def test_accept_belongs_to_the_key(raw, key):
    raw.send(raw.upgrade_text("/echo", Sec_WebSocket_Key=key))
    expected = base64.b64encode(hashlib.sha1((key + GUID).encode()).digest()).decode()
    assert read_upgraded(raw, "/echo")["Sec-WebSocket-Accept"] == expected


LAWFUL = {
    "upgrade in capitals": {"Upgrade": "WEBSOCKET"},
    "upgrade in a list": {"Upgrade": "h2c, WebSocket"},
    "upgrade in a list without spaces": {"Upgrade": "a/1,websocket,b"},
    "upgrade with empty items": {"Upgrade": ",, websocket ,"},
    "connection in lower case": {"Connection": "upgrade"},
    "connection in capitals": {"Connection": "UPGRADE"},
    "connection in a list": {"Connection": "keep-alive, Upgrade"},
    "connection in a list with tabs": {"Connection": "Upgrade\t,\tkeep-alive"},
    "connection with empty items": {"Connection": ",, Upgrade ,"},
    "white space around the key": {"Sec_WebSocket_Key": f" \t {KEY} \t"},
    "white space around the version": {"Sec_WebSocket_Version": "  13\t"},
    "unknown extension": {"Sec_WebSocket_Extensions": "x-unknown; a=b, another; c=\"d\""},
    "no origin": {"Origin": None},
    "unknown field": {"X-Unknown": "a"},
    "length 0": {"Content_Length": "0"},
    "cookie": {"Cookie": "a=b; c=d"},
}


@slowly
@pytest.mark.parametrize("fields", cases(LAWFUL))
def test_lawful_variant_is_taken(raw, path, fields, slowly):
    text = raw.upgrade_text(path, **fields)
    raw.send(text, slowly)
    read_upgraded(raw, path)


@pytest.mark.parametrize("extra, fields", cases({
    "upgrade": ("Upgrade: websocket", {"Upgrade": "h2c"}),
    "connection": ("Connection: Upgrade", {"Connection": "keep-alive"}),
    "connection first": ("Connection: keep-alive", {"Connection": "Upgrade"}),
    "unknown extensions": ("Sec-WebSocket-Extensions: b", {"Sec_WebSocket_Extensions": "a"}),
}))
def test_list_may_stand_in_several_lines(raw, path, extra, fields):
    raw.send(raw.upgrade_text(path, **fields).replace("\r\n\r\n", f"\r\n{extra}\r\n\r\n"))
    read_upgraded(raw, path)


def test_names_of_fields_in_any_case(raw, path):
    head = raw.upgrade_text(path).split("\r\n")
    for i, change in enumerate([str.upper, str.lower, str.swapcase, str.title, str.upper]):
        name, colon, value = head[i + 1].partition(":")
        head[i + 1] = change(name) + colon + value
    raw.send("\r\n".join(head))
    read_upgraded(raw, path)


@pytest.mark.parametrize("target", cases({
    "query": "{path}?token=1", "absolute-form": "http://x{path}",
    "absolute-form with a query": "http://x:80{path}?a",
}))
def test_target(raw, path, target):
    raw.send(raw.upgrade_text(target.format(path=path)))
    read_upgraded(raw, path)


def test_version_1_2_of_http(raw, path):
    raw.send(raw.upgrade_text(path).replace("HTTP/1.1", "HTTP/1.2"))
    read_upgraded(raw, path)


# ---- Cut ----------------------------------------------------------------------------------------

def test_cut_at_every_byte(server, path):
    with Raw(server.port) as raw:
        length = len(raw.upgrade_text(path))
    for cut in range(1, length):
        with Raw(server.port) as raw:
            text = raw.upgrade_text(path)
            raw.send(text[:cut])
            raw.send(text[cut:])
            read_upgraded(raw, path)


@pytest.mark.parametrize("cut", range(len(frame(PING, b"early")) + 1))
def test_first_frame_may_come_with_the_handshake(raw, path, cut):
    """All of it, or a part."""
    ping = frame(PING, b"early")
    raw.send(raw.upgrade_text(path).encode() + ping[:cut])
    assert raw.read_response().status == 101
    if path == "/ws":
        assert raw.read_json()["type"] == "hello"
    raw.send(ping[cut:])
    assert raw.read_frame() == pong(b"early")


def test_many_frames_may_come_with_the_handshake(raw, path):
    raw.send(raw.upgrade_text(path).encode() + frame(TEXT, ASK) * 100)
    assert raw.read_response().status == 101
    if path == "/ws":
        assert raw.read_json()["type"] == "hello"
    for _ in range(100):
        assert raw.read_frame() == Frame(True, TEXT, ANSWERS[path])


def test_handshake_may_follow_other_requests(raw, path):
    raw.send(raw.request_text("/") + raw.request_text("/absent") + raw.upgrade_text(path))
    assert [raw.read_response().status for _ in range(2)] == [200, 404]
    read_upgraded(raw, path)


# ---- Refused ------------------------------------------------------------------------------------

REFUSED = {
    # 4.2.1, item 1
    "POST": ({"method": "POST"}, 405),
    "HEAD": ({"method": "HEAD"}, 405),
    "lower-case method": ({"method": "get"}, 405),
    # 4.2.1, item 2
    "no host": ({"Host": None}, 400),
    "malformed host": ({"Host": "a b"}, 400),
    # 4.2.1, items 3 and 4
    "no upgrade at all": ({"Upgrade": None, "Connection": None}, 426),
    "no upgrade": ({"Upgrade": None}, 426),
    "upgrade to another protocol": ({"Upgrade": "h2c"}, 426),
    "upgrade to a longer name": ({"Upgrade": "websockets"}, 426),
    "empty upgrade": ({"Upgrade": ""}, 426),
    "no connection": ({"Connection": None}, 400),
    "connection without upgrade": ({"Connection": "keep-alive"}, 400),
    "connection with a longer name": ({"Connection": "Upgraded"}, 400),
    "upgrade and keep-alive without a comma": ({"Connection": "keep-alive Upgrade"}, 400),
    # 4.2.1, item 5
    "no key": ({"Sec_WebSocket_Key": None}, 400),
    "empty key": ({"Sec_WebSocket_Key": ""}, 400),
    "key of 15 bytes": ({"Sec_WebSocket_Key": key_of(bytes(15))}, 400),
    "key of 17 bytes": ({"Sec_WebSocket_Key": key_of(bytes(17))}, 400),
    "key of 32 bytes": ({"Sec_WebSocket_Key": key_of(bytes(32))}, 400),
    "key without padding": ({"Sec_WebSocket_Key": KEY[:22]}, 400),
    "key with one padding": ({"Sec_WebSocket_Key": KEY[:23]}, 400),
    "key not of base64": ({"Sec_WebSocket_Key": "?" * 22 + "=="}, 400),
    "key of URL-safe base64": ({"Sec_WebSocket_Key": "-_" * 11 + "=="}, 400),
    "key with a space inside": ({"Sec_WebSocket_Key": KEY[:10] + " " + KEY[11:]}, 400),
    "key with bits that do not count": ({"Sec_WebSocket_Key": "A" * 21 + "B=="}, 400),
    "list of keys": ({"Sec_WebSocket_Key": f"{KEY}, {KEY}"}, 400),
    # 4.2.1, item 6, and 4.4
    "no version": ({"Sec_WebSocket_Version": None}, 426),
    "empty version": ({"Sec_WebSocket_Version": ""}, 426),
    **{f"version {version}": ({"Sec_WebSocket_Version": version}, 426)
       for version in ["0", "1", "7", "8", "12", "14", "130", "-13", "+13", "013", "13.0",
                       "thirteen", "13, 8", "8, 13", "13 13"]},
    # 4.2.1, items 8 and 9
    "foreign origin": ({"Origin": "http://evil.example"}, 403),
    "null origin": ({"Origin": "null"}, 403),
    # 4.2.1, item 10: tokens, none of them twice
    "malformed subprotocol": ({"Sec_WebSocket_Protocol": "a b"}, 400),
    "empty subprotocol": ({"Sec_WebSocket_Protocol": ""}, 400),
    "repeated subprotocol": ({"Sec_WebSocket_Protocol": "chatd.v1, chatd.v1"}, 400),
}


@slowly
@pytest.mark.parametrize("fields, status", cases(REFUSED))
def test_refused_and_nothing_after_it_is_heard(raw, path, fields, status, slowly):
    text = raw.upgrade_text(path, **fields)
    raw.send(text.encode() + frame(PING, b"x"), slowly)
    response = raw.read_response(head_only=fields.get("method") == "HEAD")
    assert response.status == status
    assert "close" in response["Connection"]
    if status == 426:
        assert response["Sec-WebSocket-Version"] == "13"
        assert response["Upgrade"] == "websocket"
        assert "upgrade" in response["Connection"]
    if status == 405:
        assert response["Allow"] == "GET"
    assert raw.is_finished()


@pytest.mark.parametrize("line", cases({
    "key": f"Sec-WebSocket-Key: {KEY}", "another key": f"Sec-WebSocket-Key: {key_of(bytes(16))}",
    "version": "Sec-WebSocket-Version: 13", "another version": "Sec-WebSocket-Version: 8",
    "host": "Host: x", "origin": "Origin: http://x",
    "subprotocol": "Sec-WebSocket-Protocol: chatd.v1",
}))
def test_field_that_comes_twice_is_refused(raw, path, line):
    fields = {"Origin": f"http://{raw.host}", "Sec_WebSocket_Protocol": "chatd.v1"}
    raw.send(raw.upgrade_text(path, **fields).replace("\r\n\r\n", f"\r\n{line}\r\n\r\n"))
    assert raw.read_response().status == 400
    assert raw.is_finished()


def test_http_1_0_is_refused(raw, path):
    raw.send(raw.upgrade_text(path).replace("HTTP/1.1", "HTTP/1.0"))
    assert raw.read_response().status == 400
    assert raw.is_finished()


@pytest.mark.parametrize("target", ["/nowhere", "/", "/echo/", "/echo/x", "/ECHO", "/ech", "/wss"])
def test_path_without_an_endpoint_is_a_file(raw, target):
    raw.send(raw.upgrade_text(target))
    assert raw.read_response().status == (200 if target == "/" else 404)


# ---- Subprotocols (1.9, 4.2.2) ------------------------------------------------------------------

@pytest.mark.parametrize("offered, status", cases({
    "known": (["chatd.v1"], 101), "known last": (["chatd.v9, chatd.v1"], 101),
    "known first": (["chatd.v1,other"], 101), "in two lines": (["other", "chatd.v1"], 101),
    "unknown": (["chatd.v2"], 400), "several unknown": (["mqtt, wamp"], 400),
    "longer name": (["chatd.v11"], 400), "in capitals": (["CHATD.V1"], 400),
}))
def test_subprotocol_of_the_chat(raw, offered, status):
    lines = "".join(f"Sec-WebSocket-Protocol: {each}\r\n" for each in offered)
    raw.send(raw.upgrade_text("/ws").replace("\r\n\r\n", f"\r\n{lines}\r\n"))
    if status == 101:
        assert read_upgraded(raw, "/ws")["Sec-WebSocket-Protocol"] == "chatd.v1"
    else:
        response = raw.read_response()
        assert response.status == status and b"chatd.v1" in response.body


def test_endpoint_without_a_subprotocol_chooses_none(raw):
    raw.send(raw.upgrade_text("/echo", Sec_WebSocket_Protocol="chatd.v1, other"))
    assert read_upgraded(raw, "/echo")["Sec-WebSocket-Protocol"] is None
