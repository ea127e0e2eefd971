"""TLS connections that do more than come and talk: key updates, resumed sessions, half-closed ones,
slow readers."""

import socket
import ssl
import subprocess

import pytest

import certificates
from harness import patience, wait_until
from raw import BINARY, TEXT, Raw

BIG = bytes(i * i % 251 for i in range(3 << 20))
HUGE = BIG * 4      # more than the kernel takes for a connection
DEAF = {"receive_buffer": 4096, "segment_bytes": 1460}
VERSIONS = {"1.2": ssl.TLSVersion.TLSv1_2, "1.3": ssl.TLSVersion.TLSv1_3}


@pytest.fixture(scope="module")
def pairs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certificates")
    return [certificates.make(folder, "default"),
            certificates.make(folder, "other", ("chat.example.net",))]


@pytest.fixture(scope="module")
def server(shared_chatd, pairs):
    return shared_chatd(
        listen=("127.0.0.1:0", "127.0.0.1:0 tls"), modules="module echo { max_message = 4M }",
        config=certificates.config(*pairs) + 'outbox_bytes = "16M"\nclose_timeout = "30s"',
        files={"web/big.bin": BIG, "web/huge.bin": HUGE})


@pytest.fixture
def port(server):
    return server.addresses[1][1]


@pytest.fixture(params=VERSIONS)
def context(pairs, request):
    """A client's context for one version of TLS."""
    context = certificates.trusting(pairs[0][0])
    context.load_verify_locations(pairs[1][0])
    context.minimum_version = context.maximum_version = VERSIONS[request.param]
    return context


# ---- Key updates (RFC 8446 4.6.3) ---------------------------------------------------------------

class SClient(Raw):
    """openssl s_client, to which this side of a pair of sockets is the terminal."""

    def __init__(self, port, stderr):
        # Each write is one read of s_client: it takes a piece that begins with k for a command.
        self.socket, terminal = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(patience(10))
        self.host = f"127.0.0.1:{port}"
        self.buffer = b""
        self.stderr = stderr
        self.updates = 0
        with open(stderr, "wb") as log, terminal:
            self.process = subprocess.Popen(
                ["openssl", "s_client", "-brief", "-tls1_3", "-connect", self.host],
                stdin=terminal, stdout=terminal, stderr=log)

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()

    def update_keys(self, of_both):
        """Its own, or also those of the server."""
        self.updates += 1
        self.send("K" if of_both else "k")
        wait_until(lambda: self.stderr.read_bytes().count(b"KEYUPDATE") == self.updates,
                   what="key update")


@pytest.fixture
def s_client(port, tmp_path):
    with SClient(port, tmp_path / "stderr") as client:
        yield client


def test_chat_goes_on_over_key_updates(server, s_client):
    alice, bob = s_client.enter("alice", room="keys"), server.client("bob", room="keys")
    for i in range(20):
        if i % 3:
            alice.update_keys(of_both=i % 3 == 1)
        bob.say(f"from bob {i}", room="keys")
        alice.send_json("message", id=f"m{i}", room="keys", text=f"from alice {i}")
        texts = []
        while len(texts) < 2:
            message = alice.read_json()
            if message["type"] == "message":
                texts.append(message["text"])
        assert texts == [f"from bob {i}", f"from alice {i}"]
        assert bob.expect("message")["text"] == texts[0]
        assert bob.expect("message")["text"] == texts[1]
    bob.close()


def test_key_updates_while_the_server_waits_to_write(s_client):
    """It owes them to a client that does not read, in the middle of records."""
    s_client.send(s_client.request_text("/huge.bin"))
    for i in range(12):
        s_client.update_keys(of_both=i % 4 != 3)
    assert s_client.read_response(head_only=True)["Content-Length"] == str(len(HUGE))
    body = bytearray(s_client.buffer)
    while len(body) < len(HUGE):
        got = s_client.socket.recv(65536)
        assert got, "closed"
        body += got
    assert body == HUGE


# ---- Resumption (RFC 8446 2.2, RFC 5077) --------------------------------------------------------

def connect(port, context, name="127.0.0.1", session=None):
    raw = Raw(port)
    raw.socket = context.wrap_socket(raw.socket, server_hostname=name, session=session)
    return raw


def use(raw, path):
    """A TLS 1.3 ticket comes with the first bytes; answers the session."""
    if path == "/":
        assert raw.request().status == 200
    else:
        assert raw.upgrade("/echo").status == 101
        raw.send_frame(TEXT, b"hello")
        assert raw.read_frame().payload == b"hello"
    return raw.socket.session


@pytest.mark.parametrize("name", ["127.0.0.1", "chat.example.net"])
@pytest.mark.parametrize("path", ["/", "/echo"], ids=["https", "wss"])
def test_session_is_resumed(port, context, path, name):
    with connect(port, context, name) as first:
        session = use(first, path)
        assert session.has_ticket and not first.socket.session_reused
    for _ in range(3):
        with connect(port, context, name, session) as next:
            assert next.socket.session_reused
            session = use(next, path)


def test_session_from_before_a_reload_is_negotiated_anew(server, port, context):
    with connect(port, context) as first:
        session = use(first, "/")
    assert server.reload() == "read again"
    with connect(port, context, session=session) as second:
        use(second, "/echo")
        assert not second.socket.session_reused


# ---- Half-closed (RFC 8446 6.1) -----------------------------------------------------------------

class Bio(Raw):
    """A client that can say close_notify and read on; ssl.SSLSocket cannot."""

    def __init__(self, port, context, **options):
        super().__init__(port, **options)
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.tls = context.wrap_bio(self.incoming, self.outgoing, server_hostname="127.0.0.1")
        self._do(self.tls.do_handshake)

    def _do(self, action):
        while True:
            try:
                return action()
            except ssl.SSLWantReadError:
                if self.outgoing.pending:
                    self.socket.sendall(self.outgoing.read())
                got = self.socket.recv(65536)
                assert got, "no close_notify"
                self.incoming.write(got)

    def _more(self):
        try:
            data = self._do(lambda: self.tls.read(65536))
        except ssl.SSLZeroReturnError:
            data = b""
        self.buffer += data
        return data

    def send(self, data, slowly=False):
        self.tls.write(data if isinstance(data, bytes) else data.encode())
        self.socket.sendall(self.outgoing.read())

    def finish(self, with_tcp):
        with pytest.raises(ssl.SSLWantReadError):
            self.tls.unwrap()
        self.socket.sendall(self.outgoing.read())
        if with_tcp:
            self.socket.shutdown(socket.SHUT_WR)

    def is_finished(self):
        """Is a close_notify the next that comes, and a FIN the last?"""
        return not self.buffer and not self._more() and not self.socket.recv(1)


with_tcp = pytest.mark.parametrize("with_tcp", [False, True], ids=["close_notify", "and FIN"])


@with_tcp
def test_half_closed_client_gets_its_response(port, context, with_tcp):
    with Bio(port, context, **DEAF) as client:
        client.send(client.request_text("/big.bin"))
        client.finish(with_tcp)
        assert client.read_response().body == BIG
        assert client.is_finished()


@with_tcp
def test_half_closed_client_gets_its_messages(port, context, with_tcp):
    with Bio(port, context, **DEAF) as client:
        assert client.upgrade("/echo").status == 101
        client.send_frame(BINARY, BIG)
        client.send_frame(TEXT, b"behind it")
        client.finish(with_tcp)
        assert client.read_frame().payload == BIG
        assert client.read_frame().payload == b"behind it"
        assert client.is_finished()


@with_tcp
def test_half_closed_client_that_asked_nothing_is_let_go(port, context, with_tcp):
    with Bio(port, context) as client:
        client.finish(with_tcp)
        assert client.is_finished()


# ---- Slow readers -------------------------------------------------------------------------------

def test_large_transfers_to_a_slow_reader_arrive_whole(port, context):
    """Each in many records that the server has to write in several attempts."""
    with Bio(port, context, **DEAF) as client:
        for _ in range(3):
            client.send(client.request_text("/big.bin") * 2)
            for _ in range(2):
                assert client.read_response().body == BIG
        assert client.upgrade("/echo").status == 101
        for size in 1, 1 << 14, (1 << 14) + 1, 1 << 20, 3 << 20:
            client.send_frame(BINARY, BIG[:size])
        for size in 1, 1 << 14, (1 << 14) + 1, 1 << 20, 3 << 20:
            assert client.read_frame().payload == BIG[:size]
