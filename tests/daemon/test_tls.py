"""TLS: handshakes, certificates, and HTTP and WebSocket through it."""

import re
import ssl
import subprocess

import pytest

import certificates
from harness import Client, patience, wait_until
from raw import BINARY, TEXT, Raw, RawTls, frame

PLAIN_REQUEST = "plain HTTP request was sent to an HTTPS port"


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    """By name: the default, one for a wildcard, one for a name, and one that has nothing to do
    with them."""
    folder = tmp_path_factory.mktemp("certificates")
    return {name: certificates.make(folder, name, hosts) for name, hosts in {
        "default": ("localhost", "127.0.0.1"), "wild": ("*.example.org",),
        "exact": ("chat.example.net",), "other": ("localhost", "127.0.0.1")}.items()}


@pytest.fixture
def tls_chatd(chatd, pairs):
    """A server with a TLS port first and a plain one behind it."""
    def start(config="", names=("default",), **options):
        return chatd(listen=("127.0.0.1:0 tls", "127.0.0.1:0"), config=certificates.config(
            *(pairs[name] for name in names)) + config, **options)
    return start


def s_client(port, *arguments):
    """What openssl s_client says about a connection."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", *arguments],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=patience(20))
    return done.stdout.decode(errors="replace")


# ---- Handshakes ---------------------------------------------------------------------------------

@pytest.mark.parametrize("version, shown", [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")])
def test_version_is_spoken(tls_chatd, version, shown):
    said = s_client(tls_chatd().port, version, "-alpn", "h2,http/1.1")
    assert re.search(rf"New, {shown}, Cipher is \S*(GCM|CHACHA20)", said), said
    assert "ALPN protocol: http/1.1" in said


def test_older_versions_are_refused(tls_chatd):
    server = tls_chatd()
    said = s_client(server.port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")
    assert "alert protocol version" in said, said
    assert server.counters()["tls_failed"] == 1


def test_unknown_alpn_is_no_error(tls_chatd):
    assert "No ALPN negotiated" in s_client(tls_chatd().port, "-alpn", "nonsense")


def test_renegotiation_is_refused(tls_chatd):
    done = subprocess.run(
        ["openssl", "s_client", "-tls1_2", "-connect", f"127.0.0.1:{tls_chatd().port}"],
        input=b"R\n", stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=patience(20))
    assert b"no renegotiation" in done.stdout, done.stdout


@pytest.mark.parametrize("name, common_name", [
    ("chat.example.org", "wild"), ("a.b.example.org", "default"), ("example.org", "default"),
    ("chat.example.net", "exact"), ("CHAT.example.NET", "exact"), ("elsewhere.test", "default")])
def test_name_chooses_certificate(tls_chatd, name, common_name):
    server = tls_chatd(names=("default", "wild", "exact"))
    assert re.search(rf"subject=CN ?= ?{common_name}\b", s_client(server.port, "-servername", name))


def test_handshake_byte_by_byte(tls_chatd, pairs):
    server = tls_chatd()
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = certificates.trusting(pairs["default"][0]).wrap_bio(
        incoming, outgoing, server_hostname="localhost")
    with Raw(server.port) as raw:
        while True:
            try:
                client.do_handshake()
                break
            except ssl.SSLWantReadError:
                raw.send(outgoing.read(), slowly=True)
                incoming.write(raw.socket.recv(65536))
        client.write(raw.request_text().encode())
        raw.send(outgoing.read(), slowly=True)
        got = b""
        while b"\r\n" not in got:
            try:
                got += client.read()
            except ssl.SSLWantReadError:
                incoming.write(raw.socket.recv(65536))
        assert got.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("begin", [b"", b"\x16\x03\x01"])
def test_handshake_that_never_ends_is_closed(tls_chatd, begin):
    server = tls_chatd("http_timeout = 200ms")
    with Raw(server.port) as raw:
        raw.send(begin)
        assert raw.is_closed()
    assert server.counters()["http_timeouts"] == 1


def test_garbage_fails_and_is_counted(tls_chatd):
    server = tls_chatd()
    with Raw(server.port) as raw:
        raw.send(b"\x00\x01\x02\x03" * 100)
        assert raw.is_closed()
    server.wait_log(r"127\.0\.0\.1:\d+.*TLS handshake: ")
    assert server.counters()["tls_failed"] == 1


def test_plain_http_is_told_so(tls_chatd):
    with Raw(tls_chatd().port) as raw:
        response = raw.request()
        assert response.status == 400 and PLAIN_REQUEST in response.body.decode()
        assert raw.is_finished()


def test_tls_to_a_plain_port_is_a_bad_request(tls_chatd, pairs):
    server = tls_chatd()
    with Raw(server.addresses[1][1]) as raw, pytest.raises(ssl.SSLError):
        certificates.trusting(pairs["default"][0]).wrap_socket(raw.socket,
                                                               server_hostname="localhost")
    assert server.counters()["http_bad_requests"] == 1


# ---- What goes through it -----------------------------------------------------------------------

def test_curl_keeps_the_connection(tls_chatd, pairs):
    url = f"https://localhost:{tls_chatd().port}/"
    done = subprocess.run(["curl", "-sSv", "--ipv4", "--noproxy", "*", "--cacert",
                           pairs["default"][0], url, url],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=patience(20))
    assert done.stdout.count(b"<p>index") == 2, done.stderr
    assert b"Re-using existing connection" in done.stderr


def test_websockets_of_both_kinds_meet(tls_chatd, pairs):
    server = tls_chatd()
    (_, secure), (_, plain) = server.addresses
    alice = Client(f"wss://localhost:{secure}/ws", ssl=certificates.trusting(pairs["default"][0]),
                   origin=f"https://localhost:{secure}")
    bob = Client(f"ws://127.0.0.1:{plain}/ws")
    server.clients += [alice, bob]
    for client, nick in (alice, "alice"), (bob, "bob"):
        client.login(nick)
        client.join("lobby")
    alice.say("hello")
    bob.say("and you")
    for client in alice, bob:
        assert client.expect("message", text="hello") and client.expect("message", text="and you")
    assert alice.close() == 1000


def test_origin_has_the_scheme_of_the_port(tls_chatd, pairs):
    server = tls_chatd()
    for scheme, status in ("https", 101), ("http", 403):
        with RawTls(server.port, pairs["default"][0]) as raw:
            assert raw.upgrade(Origin=f"{scheme}://127.0.0.1:{server.port}").status == status


def test_megabytes_both_ways_with_a_slow_reader(tls_chatd, pairs):
    server = tls_chatd("outbox_bytes = 16M", modules="module echo { max_message = 16777216 }")
    payload = bytes(range(256)) * 4 * 4096
    with RawTls(server.port, pairs["default"][0], receive_buffer=4096) as raw:
        assert raw.upgrade("/echo").status == 101
        raw.send_frame(BINARY, payload)
        raw.send_frame(TEXT, b"behind it")
        assert raw.read_frame().payload == payload
        assert raw.read_frame().payload == b"behind it"


def test_close_is_announced_in_tls(tls_chatd, pairs):
    with RawTls(tls_chatd().port, pairs["default"][0]) as raw:
        raw.send(raw.request_text(Connection="close"))
        assert raw.read_response().status == 200
        assert raw.socket.recv(1) == b""        # an end without close_notify raises SSLEOFError


def test_peer_that_finishes_is_answered_in_kind(tls_chatd, pairs):
    with RawTls(tls_chatd().port, pairs["default"][0]) as raw:
        raw.send(raw.request_text())
        assert raw.read_response().status == 200
        raw.socket.unwrap()                     # both sides say that they have finished


def test_hanging_up_without_a_word_is_an_end(tls_chatd, pairs):
    server = tls_chatd()
    before = server.open_descriptors()
    with RawTls(server.port, pairs["default"][0]) as raw:
        assert raw.request().status == 200
    wait_until(lambda: server.open_descriptors() == before)


def test_many_frames_share_few_records(tls_chatd, pairs):
    server = tls_chatd(modules="module echo {}")
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    client = certificates.trusting(pairs["default"][0]).wrap_bio(
        incoming, outgoing, server_hostname="localhost")
    with Raw(server.port) as raw:
        sizes = []

        def step(action):
            while True:
                try:
                    return action()
                except ssl.SSLWantReadError:
                    raw.send(outgoing.read())
                    header = raw._take(5)
                    body = raw._take(int.from_bytes(header[3:], "big"))
                    sizes.append(len(body))
                    incoming.write(header + body)

        step(client.do_handshake)
        client.write(raw.upgrade_text("/echo").encode())
        raw.send(outgoing.read())
        assert b"101" in step(lambda: client.read(65536))
        client.write(b"".join(frame(TEXT, b"x" * 20) for _ in range(500)))
        raw.send(outgoing.read())
        sizes.clear()
        got = b""
        while len(got) < 500 * 22:
            got += step(lambda: client.read(65536))
        assert len(sizes) < 50, sizes


# ---- Certificates -------------------------------------------------------------------------------

def test_new_certificate_on_sighup(tls_chatd, pairs):
    server = tls_chatd()
    with RawTls(server.port, pairs["default"][0]) as old:
        assert old.request().status == 200
        server.write_config(certificates.config(pairs["other"]))
        assert server.reload() == "read again"
        with RawTls(server.port, pairs["other"][0]) as new:
            assert new.request().status == 200
        assert old.request().status == 200


def test_broken_certificate_on_sighup_leaves_the_old_one(tls_chatd, pairs):
    server = tls_chatd()
    server.write_config(certificates.config((pairs["other"][0], pairs["default"][1])))
    assert server.reload() == "stays"
    assert "key values mismatch" in server.log()
    with RawTls(server.port, pairs["default"][0]) as raw:
        assert raw.request().status == 200


def test_ports_with_tls_outlive_their_configuration(tls_chatd, pairs):
    server = tls_chatd()
    server.listen = ("127.0.0.1:0",)
    server.write_config("")
    assert server.reload() == "read again"
    with RawTls(server.port, pairs["default"][0]) as raw:
        assert raw.request().status == 200


def broken(pairs, tmp_path):
    (default, default_key), (other, other_key) = pairs["default"], pairs["other"]
    empty = tmp_path / "empty.pem"
    empty.write_text("nothing\n")
    locked = tmp_path / "locked.key"
    subprocess.run(["openssl", "ec", "-aes128", "-passout", "pass:x", "-in", default_key, "-out",
                    locked], check=True, stderr=subprocess.DEVNULL)
    return {
        "missing": (certificates.config((tmp_path / "none.pem", default_key)), "No such file"),
        "no PEM": (certificates.config((empty, default_key)), "no start line"),
        "no key": (certificates.config((default, empty)), "tls_key"),
        "mismatch": (certificates.config((default, other_key)), "key values mismatch"),
        "encrypted": (certificates.config((default, locked)), "tls_key"),
        "fewer keys": (f'tls_certificate = {{"{default}", "{other}"}}\n'
                       f'tls_key = {{"{default_key}"}}', "2 files and tls_key 1"),
        "no certificate": ("", "no tls_certificate"),
    }


@pytest.mark.parametrize("case", ["missing", "no PEM", "no key", "mismatch", "encrypted",
                                  "fewer keys", "no certificate"])
def test_mistake_is_named_with_its_place(chatd_check, pairs, tmp_path, case):
    config, message = broken(pairs, tmp_path)[case]
    code, output = chatd_check(listen=("127.0.0.1:0 tls",), config=config)
    assert code == 78
    assert re.search(rf"chatd\.conf:\d+.*{message}", output), output


def test_expired_certificate_and_open_key_are_warnings(chatd_check, tmp_path):
    certificate, key = certificates.make(tmp_path, "old")
    certificates.expire(certificate, key)
    key.chmod(0o644)
    code, output = chatd_check(listen=("127.0.0.1:0 tls",),
                               config=certificates.config((certificate, key)))
    assert code == 0, output
    assert "has expired" in output and "can read it" in output
