"""Clients behind a proxy: what it says of them counts when it is trusted."""

import struct

import pytest

import certificates
from raw import Raw

V1 = b"PROXY TCP4 192.0.2.7 192.0.2.2 5000 443\r\n"
V2 = (b"\r\n\r\n\0\r\nQUIT\n\x21\x11" + struct.pack("!H", 12)
      + bytes([192, 0, 2, 7, 192, 0, 2, 2]) + struct.pack("!HH", 5000, 443))


def logged_address(server, **fields):
    """The address under which the log knows a client that logs in."""
    with Raw(server.port) as raw:
        mark = len(server.log())
        assert raw.upgrade(**fields).status == 101
        raw.send_json("login", id="l", nick="alice")
        raw.read_answer("l")
        return server.wait_log(r"(\S+): logged in as alice", after=mark)[1].rsplit(":", 1)[0]


# ---- Header fields ------------------------------------------------------------------------------

TRUSTING = 'log_level = "debug"\ntrusted_proxies = { "127.0.0.0/8" }'


@pytest.mark.parametrize("fields, address", [
    pytest.param({}, "127.0.0.1", id="none"),
    pytest.param({"X_Forwarded_For": "192.0.2.7"}, "192.0.2.7", id="x-forwarded-for"),
    pytest.param({"X_Forwarded_For": "198.51.100.1, 192.0.2.7, 127.0.0.9"}, "192.0.2.7",
                 id="chain"),
    pytest.param({"Forwarded": "for=192.0.2.7"}, "127.0.0.1", id="what-it-does-not-write"),
])
def test_trusted_proxy_is_believed(chatd, fields, address):
    assert logged_address(chatd(config=TRUSTING), **fields) == address


def test_trusted_proxy_that_writes_forwarded_is_believed(chatd):
    server = chatd(config=TRUSTING + '\nforwarded_by = "forwarded"')
    assert logged_address(server, Forwarded='for="[2001:db8::7]:99"') == "[2001:db8::7]"
    assert logged_address(server, X_Forwarded_For="192.0.2.7") == "127.0.0.1"


def test_others_are_not_believed(chatd):
    server = chatd(config='log_level = "debug"\ntrusted_proxies = { "192.0.2.0/24" }')
    assert logged_address(server, X_Forwarded_For="192.0.2.7") == "127.0.0.1"


def test_each_request_of_a_connection_is_looked_at(chatd):
    server = chatd(config=TRUSTING)
    with Raw(server.port) as raw:
        assert raw.request("/", X_Forwarded_For="192.0.2.7").status == 200
        raw.send("GET / HTTP/1.1\r\nHost : x\r\n\r\n")
        assert raw.read_response().status == 400
    assert server.wait_log(r"(127.0.0.1:\d+): bad request")


def test_https_at_the_proxy_is_an_https_origin(chatd):
    server = chatd(config=TRUSTING)
    host = f"127.0.0.1:{server.port}"
    with Raw(server.port) as raw:
        assert raw.upgrade(Origin=f"http://{host}", X_Forwarded_Proto="https").status == 403
    with Raw(server.port) as raw:
        assert raw.upgrade(Origin=f"https://{host}", X_Forwarded_Proto="https").status == 101


def test_trusted_proxies_can_change(chatd):
    server = chatd(config='log_level = "debug"')
    assert logged_address(server, X_Forwarded_For="192.0.2.7") == "127.0.0.1"
    server.write_config(TRUSTING)
    server.reload()
    assert logged_address(server, X_Forwarded_For="192.0.2.7") == "192.0.2.7"


@pytest.mark.parametrize("entry", ["localhost", "10.0.0.1/8", "10.0.0.0/33", ""])
def test_mistakes_are_named(chatd_check, entry):
    code, output = chatd_check(config=f'\ntrusted_proxies = {{ "{entry}" }}')
    assert code == 78
    assert "chatd.conf:8: trusted_proxies: " in output


# ---- The PROXY protocol -------------------------------------------------------------------------

def proxied(chatd):
    return chatd(config='log_level = "debug"\nhttp_timeout = "2s"', listen=("127.0.0.1:0 proxy",))


@pytest.mark.parametrize("header", [V1, V2], ids=["v1", "v2"])
@pytest.mark.parametrize("slowly", [False, True], ids=["at-once", "byte-by-byte"])
def test_proxy_header_names_the_client(chatd, header, slowly):
    server = proxied(chatd)
    with Raw(server.port) as raw:
        raw.send(header, slowly=slowly)
        assert raw.upgrade().status == 101
        raw.send_json("login", id="l", nick="alice")
        raw.read_answer("l")
    assert server.wait_log(r"192\.0\.2\.7:5000: logged in as alice")


@pytest.mark.parametrize("header", [b"PROXY UNKNOWN\r\n", b"\r\n\r\n\0\r\nQUIT\n\x20\0\0\0"],
                         ids=["v1", "v2"])
def test_proxy_header_may_name_nobody(chatd, header):
    server = proxied(chatd)
    with Raw(server.port) as raw:
        raw.send(header + raw.request_text("/").encode())
        assert raw.read_response().status == 200


@pytest.mark.parametrize("data", [b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", V1[:-2] + b"\n\n",
                                  b"PROXY TCP4 x\r\n12345678901234567890", b"\r\n\r\n" + b"x" * 60],
                         ids=["http", "line-end", "address", "signature"])
def test_connection_without_proxy_header_is_closed(chatd, data):
    server = proxied(chatd)
    with Raw(server.port) as raw:
        raw.send(data)
        assert raw.is_closed() and raw.buffer == b""
    assert server.counters()["proxy_failed"] == 1
    assert server.wait_log("does not begin with a PROXY header")


def test_proxy_header_that_does_not_come_is_not_waited_for(chatd):
    server = chatd(config='http_timeout = "200ms"', listen=("127.0.0.1:0 proxy",))
    with Raw(server.port) as raw:
        raw.send(V1[:-5])
        assert raw.is_closed() and raw.buffer == b""
    assert server.counters()["http_timeouts"] == 1


def test_proxy_header_stands_before_tls(chatd, tmp_path):
    pair = certificates.make(tmp_path, "chat")
    server = chatd(config='log_level = "debug"\n' + certificates.config(pair),
                   listen=("127.0.0.1:0 tls proxy",))
    with Raw(server.port) as raw:
        raw.send(V2)
        raw.socket = certificates.trusting(pair[0]).wrap_socket(raw.socket, server_hostname="localhost")
        assert raw.upgrade().status == 101
        raw.send_json("login", id="l", nick="alice")
        raw.read_answer("l")
    assert server.wait_log(r"192\.0\.2\.7:5000: logged in as alice")
