"""The module webhook, against an HTTP server of this test."""

import base64
import hashlib
import hmac
import http.server
import json
import queue
import ssl
import threading
import time

import pytest

import certificates
from harness import MODULE_DIR, patience, wait_until

pytestmark = pytest.mark.skipif(not (MODULE_DIR / "webhook.so").exists(),
                                reason="it was built without libcurl")


class Receiver:
    """Keeps the requests, and answers what it was told: (status, headers, body) or None to hang."""

    def __init__(self, context=None):
        self.requests = queue.Queue()
        self.answers = []
        self.usual = (204, {}, b"")
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"]))
                receiver.requests.put((self.path, self.headers, body))
                answer = receiver.answers.pop(0) if receiver.answers else receiver.usual
                if callable(answer):
                    answer = answer(json.loads(body))
                if answer is None:
                    time.sleep(patience(3))
                    return
                status, headers, body = answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if context:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.scheme = "https" if context else "http"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"{self.scheme}://localhost:{self.server.server_address[1]}/hook"

    def request(self):
        return self.requests.get(timeout=patience(10))

    def events(self):
        return json.loads(self.request()[2])["events"]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.close()


@pytest.fixture
def start(chatd, receiver):
    def start(options="", url=None):
        url = receiver.url if url is None else url
        return chatd(modules=f'module webhook {{ url = "{url}"  pause = "20ms" {options} }}')
    return start


def gather(receiver, n):
    events = []
    while len(events) < n:
        events += receiver.events()
    return events


# ---- Events -------------------------------------------------------------------------------------

def test_message_is_posted_as_clients_see_it(start, receiver):
    alice = start().client("alice", room="lobby")
    alice.say("hello \"you\" 🥗", cid="c")
    path, headers, body = receiver.request()
    assert (path, headers["content-type"]) == ("/hook", "application/json")
    assert headers["webhook-id"].startswith("msg_") and "webhook-signature" not in headers
    seen = alice.expect("message")
    seen.pop("cid")
    assert json.loads(body) == {"events": [seen]}


@pytest.mark.parametrize("secret, key", [
    ("whsec_" + base64.b64encode(b"0123456789abcdefghijklmn").decode(), b"0123456789abcdefghijklmn"),
    ("some words", b"some words")])
def test_request_is_signed(start, receiver, secret, key):
    start(f'secret = "{secret}"').client("alice", room="lobby").say("hello")
    _, headers, body = receiver.request()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    digest = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{digest}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60


def test_events_and_rooms_are_chosen(start, receiver):
    server = start('events = {"joined", "left", "message"}  rooms = {"lobby"}')
    alice = server.client("alice", room="elsewhere")
    alice.say("not told", room="elsewhere")
    alice.join("lobby")
    alice.say("told")
    alice.request("leave", room="lobby")
    events = gather(receiver, 3)
    assert [event["type"] for event in events] == ["joined", "message", "left"]
    assert all(event["room"] == "lobby" for event in events)
    assert events[0]["user"] == alice.welcome["user"] and events[0]["ts"] > 0


def test_many_events_come_in_order_and_once(start, receiver):
    server = start("batch = 7")
    clients = [server.client(f"user{i}", room="lobby") for i in range(3)]
    for i in range(300):
        clients[i % 3].send("message", room="lobby", text=f"{i}")
    numbers = [event["seq"] for event in gather(receiver, 300)]
    assert numbers == list(range(1, 301))


def test_https_with_its_own_certificates(chatd, tmp_path):
    pair = certificates.make(tmp_path, "localhost")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*pair)
    receiver = Receiver(context)
    server = chatd(modules=f'''module webhook {{ url = "{receiver.url}"
        ca_file = "{pair[0]}" }}''')
    server.client("alice", room="lobby").say("hello")
    assert receiver.events()[0]["text"] == "hello"
    receiver.close()


# ---- Failures -----------------------------------------------------------------------------------

@pytest.mark.parametrize("answer", [(500, {}, b""), (429, {"retry-after": "0"}, b""), (408, {}, b"")])
def test_failure_is_tried_again_with_the_same_id(start, receiver, answer):
    receiver.answers = [answer, answer]
    alice = start().client("alice", room="lobby")
    alice.say("one")
    first = receiver.request()
    alice.say("two")
    second, third = receiver.request(), receiver.request()
    assert first[1]["webhook-id"] == second[1]["webhook-id"] == third[1]["webhook-id"]
    assert first[2] == second[2] == third[2]
    assert receiver.events()[0]["text"] == "two"


def test_refusal_is_not_tried_again(start, receiver):
    receiver.answers = [(400, {}, b"")]
    server = start()
    alice = server.client("alice", room="lobby")
    alice.say("one")
    receiver.request()
    server.wait_log("status 400, try 1; its events are lost")
    alice.say("two")
    assert receiver.events()[0]["text"] == "two"


def test_events_are_given_up_after_so_many_tries(start, receiver):
    receiver.usual = (503, {}, b"")
    server = start("tries = 3")
    server.client("alice", room="lobby").say("one")
    ids = {receiver.request()[1]["webhook-id"] for _ in range(3)}
    assert len(ids) == 1
    server.wait_log("status 503, try 3; its events are lost")


def test_nobody_there_is_tried_again(start, receiver):
    server = start(url=f"http://127.0.0.1:1/hook", options="max_pause = 40ms")
    alice = server.client("alice", room="lobby")
    assert alice.say("one")["type"] == "ok"
    server.wait_log(r"webhook: msg_\w+: .*, try 2")
    alice.sync()


def test_no_answer_in_time_is_a_failure(start, receiver):
    receiver.answers = [None]
    server = start('timeout = "100ms"')
    server.client("alice", room="lobby").say("one")
    first, second = receiver.request(), receiver.request()
    assert first[1]["webhook-id"] == second[1]["webhook-id"]


def test_queue_is_bounded(start, receiver):
    receiver.answers = [None]
    server = start("queue_max = 5  timeout = 1s  batch = 100")
    alice = server.client("alice", room="lobby")
    alice.say("0")
    receiver.request()
    for i in range(20):
        assert alice.say(f"{i + 1}")["type"] == "ok"
    server.wait_log("events are lost: more than queue_max wait")
    assert [event["text"] for event in gather(receiver, 6)] == list("012345")


# ---- Reload and restart -------------------------------------------------------------------------

@pytest.mark.parametrize("restart", [False, True], ids=["reload", "restart"])
def test_what_waits_is_not_lost(start, receiver, restart):
    receiver.usual = (503, {}, b"")
    server = start("tries = 1000  max_pause = 20ms")
    alice = server.client("alice", room="lobby")
    for text in ("one", "two", "three"):
        alice.say(text)
    first = receiver.request()[1]["webhook-id"]
    server.write_modules(f'module webhook {{ url = "{receiver.url}"  pause = "30ms" }}')
    if restart:
        assert server.stop() == 0
        receiver.usual = (204, {}, b"")
        server.start()
    else:
        receiver.usual = (204, {}, b"")
        server.reload()
    seen = {}
    while sum(len(events) for events in seen.values()) < 3:
        _, headers, body = receiver.request()
        seen[headers["webhook-id"]] = json.loads(body)["events"]
    texts = [event["text"] for events in seen.values() for event in events]
    assert texts == ["one", "two", "three"] and first in seen
    assert not (server.dir / "data/webhook.queue").exists()


# ---- Verdicts -----------------------------------------------------------------------------------

def verdict(**fields):
    return 200, {}, json.dumps(fields).encode()


@pytest.fixture
def asked(chatd, receiver):
    def start(options=""):
        receiver.usual = verdict(verdict="pass")
        server = chatd(modules=f'module webhook {{ verdict_url = "{receiver.url}" {options} }}')
        return server.client("alice", room="lobby"), server
    return start


def test_url_is_asked_and_lets_pass(asked, receiver):
    alice, _ = asked()
    assert alice.say("hello")["seq"] == 1
    _, _, body = receiver.request()
    assert json.loads(body) == {"type": "message", "room": "lobby", "from": alice.welcome["user"],
                                "text": "hello"}


def test_url_denies(asked, receiver):
    alice, _ = asked()
    receiver.answers = [verdict(verdict="deny", code="too_loud", message="Do not shout")]
    answer = alice.say("HELLO")
    assert (answer["code"], answer["message"], answer["by"]) == ("too_loud", "Do not shout", "webhook")


def test_url_drops(asked, receiver):
    alice, _ = asked()
    receiver.answers = [verdict(verdict="drop")]
    answer = alice.say("HELLO")
    assert answer["type"] == "ok" and "seq" not in answer


def test_url_changes_the_text(asked, receiver):
    alice, _ = asked()
    receiver.answers = [verdict(verdict="pass", text="hello")]
    alice.say("HELLO")
    assert alice.expect("message")["text"] == "hello"


@pytest.mark.parametrize("answer", [
    None, (500, {}, b""), (200, {}, b"no json"), verdict(verdict="maybe"), verdict(), (200, {}, b"[]"),
    (200, {}, b"x" * 200000)], ids=["none", "500", "text", "maybe", "empty", "array", "long"])
@pytest.mark.parametrize("otherwise", ["pass", "deny"])
def test_without_a_verdict_it_is_the_configured_one(asked, receiver, answer, otherwise):
    alice, server = asked(f'verdict_timeout = "200ms"  verdict_otherwise = "{otherwise}"')
    receiver.answers = [answer]
    got = alice.say("hello")
    assert got["type"] == ("ok" if otherwise == "pass" else "error")
    server.wait_log("webhook: no verdict: ")


def test_others_do_not_wait(asked, receiver):
    alice, server = asked('verdict_timeout = "2s"  rooms = "lobby"')
    bob = server.client("bob", room="elsewhere")
    receiver.answers = [None]
    alice.send("message", id="m", room="lobby", text="hello")
    receiver.request()
    assert bob.say("x", room="elsewhere")["seq"] == 1
    assert alice.take(lambda got: got.get("id") == "m", "the answer")["type"] == "ok"


def test_reload_while_it_is_asked(asked, receiver):
    alice, server = asked('verdict_otherwise = "deny"')
    receiver.answers = [None]
    alice.send("message", id="m", room="lobby", text="hello")
    receiver.request()
    server.write_modules("")
    server.reload()
    assert alice.take(lambda got: got.get("id") == "m", "the answer")["code"] == "unavailable"
    assert alice.say("hello")["seq"] == 1


# ---- Configuration ------------------------------------------------------------------------------

@pytest.mark.parametrize("option, why", [
    ('url = "ftp://example.org/"', "url: is no http:// or https:// URL"),
    ('url = "nonsense"', "url: is no http"),
    ('verdict_url = "file:///etc/passwd"', "verdict_url: is no http"),
    ('secret = "whsec_***"', "secret: is no base64"),
])
def test_mistakes_are_named(chatd_check, option, why):
    code, output = chatd_check(modules=f"module webhook {{\n  {option}\n}}")
    assert code == 78 and f"chatd.modules:2: module webhook: {why}" in output
