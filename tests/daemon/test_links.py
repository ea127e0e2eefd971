"""Chat by a module's own protocol: tests/abi/lines.c, over polls, a WebSocket, and both."""

import http.client
import json
import re
import signal
import threading
import urllib.error
import urllib.request

import pytest
import websockets

from harness import patience, run_async, wait_until

MODULES = "module lines { %s }\nmodule waiter {}\nmodule rooms {}\n"


@pytest.fixture
def start(chatd, abi_modules):
    def start(config="", options="", modules=MODULES):
        return chatd(modules=modules % options, config=config,
                     module_dir=abi_modules("lines", "waiter", "rooms"))
    return start


@pytest.fixture
def server(start):
    return start()


class Peer:
    """Somebody who chats by lines."""

    def __init__(self, server):
        self.server = server
        self.ws = None
        self.id = self.http("").strip()
        self.lines = []

    def http(self, id, data=b"", method=None, query=""):
        url = f"http://127.0.0.1:{self.server.port}/lines/{id}{query}"
        request = urllib.request.Request(url, data=data, method=method)
        with urllib.request.urlopen(request, timeout=patience(10)) as response:
            return response.read().decode()

    def say(self, *lines):
        if self.ws is not None:
            run_async(self.ws.send("\n".join(lines)))
        else:
            self.http(self.id, "\n".join(lines).encode())

    def poll(self, max_bytes=None):
        query = f"?{max_bytes}" if max_bytes is not None else ""
        lines = self.http(self.id, None, "GET", query).splitlines()
        self.lines += lines
        return lines

    def upgrade(self, **options):
        async def connect():
            url = f"ws://127.0.0.1:{self.server.port}/lines/{self.id}"
            return await websockets.connect(url, ping_interval=None, **options)
        self.ws = run_async(connect())

    def next(self):
        while not self.lines:
            if self.ws is not None:
                self.lines.append(run_async(self.ws.recv()))
            else:
                self.poll()
        return self.lines.pop(0)

    def expect(self, pattern):
        """The first line of this form; what comes before it is thrown away."""
        while True:
            line = self.next()
            if re.search(pattern, line):
                return line

    def enter(self, nick, room="lobby"):
        self.say(f"login {nick}", f"join {room}")
        self.expect('"type":"ok","id":"join"')
        return self

    def close(self):
        if self.ws is not None:
            run_async(self.ws.close())


@pytest.fixture
def peers(server):
    made = []

    def make(on=None):
        made.append(Peer(on or server))
        return made[-1]

    yield make
    for peer in made:
        peer.close()


def poll_in_background(peer):
    """A poll that the server has: the list for its lines, and the thread."""
    lines = []
    thread = threading.Thread(target=lambda: lines.extend(peer.poll()))
    seen = len(peer.server.log())
    thread.start()
    peer.server.wait_log("lines: a poll waits", after=seen)
    return lines, thread


def numbers(peer):
    peer.say("numbers")
    return tuple(map(int, re.search(r"encoded (\d+) mine (\d)", peer.expect("^encoded")).groups()))


def text_of(line):
    return line.split(" ", 3)[3]


# ---- One peer -----------------------------------------------------------------------------------

@pytest.mark.parametrize("upgraded", [False, True])
def test_hello_login_and_messages_both_ways(server, peers, upgraded):
    alice = server.client("alice", room="lobby")
    bob = peers()
    if upgraded:
        bob.upgrade()
    assert json.loads(bob.next())["type"] == "hello"
    bob.enter("bob")
    alice.say("hello bob")
    assert bob.expect("^said") == "said lobby 1 hello bob"
    bob.say('raw {"type": "message", "room": "lobby", "text": "hello alice"}')
    assert alice.expect("message", text="hello alice")["from"]["nick"] == "bob"
    assert bob.expect("^said") == "said lobby 2 hello alice"
    assert numbers(bob) == (2, 1)


def test_senders_own_copy_with_its_cid_is_an_event_for_it_alone(peers):
    bob, carol = peers().enter("bob"), peers().enter("carol")
    bob.say('raw {"type": "message", "room": "lobby", "text": "mine", "cid": "c1"}')
    assert json.loads(bob.expect('"type":"message"'))["cid"] == "c1"
    assert carol.expect("^said") == "said lobby 1 mine"


def test_answers_are_in_order_and_errors_are_told(peers):
    bob = peers()
    bob.say("join lobby", "login bob", "raw []", 'raw {"type": "nonsense", "id": "x"}')
    answers = [json.loads(bob.next()) for _ in range(5)]
    assert [(answer["type"], answer.get("code")) for answer in answers] == [
        ("hello", None), ("error", "unauthorized"), ("welcome", None), ("error", "bad_request"),
        ("error", "unknown_type")]


def test_event_becomes_none_one_or_two_messages(server, peers):
    alice = server.client("alice", room="lobby")
    bob = peers().enter("bob")
    alice.say("twice")
    alice.say("once")
    wait_until(lambda: len(bob.poll()) and len(bob.lines) >= 3)
    assert bob.lines == ["said lobby 1 twice", "and again", "said lobby 2 once"]


def test_take_is_bounded_but_takes_one(server, peers):
    alice = server.client("alice", room="lobby")
    bob = peers().enter("bob")
    for text in "a" * 50, "b" * 50, "c" * 50:
        alice.say(text)
    assert [text_of(line)[0] for line in bob.poll(1)] == ["a"]
    assert [text_of(line)[0] for line in bob.poll(1000)] == ["b", "c"]


def test_address_is_the_peers(server, peers):
    bob = peers().enter("bob")
    bob.say('raw {"type": "message", "room": "lobby", "text": "/walk"}')
    notice = json.loads(bob.expect('"type":"notice"'))
    assert re.search(r"addresses: 127\.0\.0\.1:\d+$", notice["text"])


# ---- Once per message ---------------------------------------------------------------------------

def test_each_event_is_encoded_once_for_each_encoding(server, peers):
    alice = server.client("alice", room="lobby")
    group = [peers().enter(f"peer{i}") for i in range(6)]
    for peer in group[:2]:
        peer.upgrade(compression=None)
    for peer in group[2:4]:
        peer.upgrade()
    before = numbers(group[0])[0]
    alice.say("hello " * 50)
    for peer in group:
        assert text_of(peer.expect("^said")).startswith("hello")
    # Plain frames for those without compression and those who poll, and compressed ones.
    assert numbers(group[0])[0] == before + 2


def test_publish_goes_to_links_of_the_kind_in_the_room(server, peers):
    alice = server.client("alice", room="lobby")
    bob, carol = peers().enter("bob"), peers().enter("carol")
    elsewhere = peers().enter("dave", "attic")
    carol.upgrade()
    bob.say("publish lobby")
    assert carol.expect("^published")
    alice.say("and now")
    assert bob.poll() == ["said lobby 1 and now"]
    assert alice.expect("message")["text"] == "and now"
    elsewhere.say("write mark")
    assert elsewhere.poll()[-1] == "mark"
    assert "published" not in elsewhere.lines


# ---- From polls to a WebSocket ------------------------------------------------------------------

def test_nothing_is_lost_or_doubled_by_the_upgrade(server, peers):
    alice = server.client("alice", room="lobby")
    bob = peers().enter("bob")
    sender = threading.Thread(target=lambda: [alice.say(f"n{i}") for i in range(300)])
    sender.start()
    seen = []
    while len(seen) < 40:
        seen.append(text_of(bob.expect("^said")))
    bob.upgrade()
    while len(seen) < 300:
        seen.append(text_of(bob.expect("^said")))
    sender.join()
    assert seen == [f"n{i}" for i in range(300)]


def test_upgrade_with_half_a_joined_frame_taken(server, peers):
    alice = server.client("alice", room="lobby")
    bob = peers().enter("bob")
    alice.say("twice")
    assert bob.poll(1) == ["said lobby 1 twice"]
    bob.lines.clear()
    bob.upgrade()
    assert bob.next() == "and again"


def test_second_websocket_is_refused(peers):
    bob = peers()
    bob.upgrade()
    bob.next()
    first = bob.ws
    bob.upgrade()
    with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
        run_async(bob.ws.recv())
    assert closed.value.rcvd.code == 4000
    assert "already" in closed.value.rcvd.reason
    bob.ws = first
    assert numbers(bob) == (0, 0)


def test_link_ends_with_its_websocket(server, peers):
    alice = server.client("alice", room="lobby")
    bob = peers().enter("bob")
    bob.upgrade()
    run_async(bob.ws.close(1000))
    server.wait_log("lines: closed 1000 ")
    wait_until(lambda: alice.request("rooms")["rooms"][0]["count"] == 1)


# ---- Requests -----------------------------------------------------------------------------------

def test_requests_wait_behind_a_verdict_and_are_bounded(server, peers):
    alice = server.client("alice", room="lobby")
    bob = peers().enter("bob")
    message = 'raw {"type": "message", "room": "lobby", "text": "%s"}'
    bob.say(message % "wait for it")
    bob.say(*[message % f"n{i}" for i in range(64)])
    with pytest.raises(urllib.error.HTTPError) as refused:
        bob.say(message % "too many")
    assert refused.value.code == 429
    assert alice.say("/resume pass")["type"] == "ok"
    texts = ["wait for it"] + [f"n{i}" for i in range(64)]
    for text in texts:
        assert alice.expect("message", timeout=10)["text"] == text
    bob.say(message % "again")
    assert alice.expect("message")["text"] == "again"


def test_link_that_ends_while_its_request_waits(server, peers):
    alice = server.client("alice", room="lobby")
    bob = peers().enter("bob")
    bob.say('raw {"type": "message", "room": "lobby", "text": "wait"}', "close now")
    server.wait_log("lines: closed 4242 now")
    assert alice.say("/resume pass")["type"] == "error"  # nothing waits any more
    assert not alice.of_type("message")


# ---- Ends ---------------------------------------------------------------------------------------

def test_closed_is_the_last_line_of_a_poll(peers):
    bob = peers().enter("bob")
    lines, poll = poll_in_background(bob)
    bob.say("close it is over")
    poll.join()
    assert lines == ["closed 4242 it is over"]
    with pytest.raises(urllib.error.HTTPError) as gone:
        bob.poll()
    assert gone.value.code == 404


def test_peer_who_does_not_poll_is_a_slow_reader(start, peers):
    server = start(config='outbox_bytes = "16k"')
    alice = server.client("alice", room="lobby")
    bob = peers(server).enter("bob")
    for _ in range(30):
        alice.say("x" * 1000)
    server.wait_log("lines: closed 4000 slow reader")
    assert server.counters()["slow_readers"] == 1
    assert alice.request("rooms")["rooms"][0]["count"] == 1
    with pytest.raises(urllib.error.HTTPError):
        bob.poll()


@pytest.mark.parametrize("upgraded", [False, True])
def test_kick_and_close_by_other_modules(server, peers, upgraded):
    alice = server.client("alice", room="lobby")
    bob = peers().enter("bob")
    if upgraded:
        bob.upgrade()
    assert alice.say("/kick bob")["type"] == "ok"
    assert json.loads(bob.expect('"type":"kicked"'))["reason"] == 'for a "test"'
    assert alice.say("/close 4501 bob")["type"] == "ok"
    server.wait_log("lines: closed 4501 banned")
    if upgraded:
        assert bob.expect("^closed") == "closed 4501 banned"


def test_links_count_among_the_connections_of_an_address(start, peers):
    server = start(config='max_connections_per_address = 6\nunlimited_addresses = {}')
    opened = 0
    with pytest.raises(urllib.error.HTTPError) as refused:
        while opened < 6:
            try:
                peers(server)
                opened += 1
            except (ConnectionError, http.client.RemoteDisconnected):
                pass  # the connection for it was one too many, until the last one is gone
    assert refused.value.code == 503
    assert opened == 5 and server.counters()["links_refused"] == 1


def test_links_are_as_many_as_connections_may_be(start, peers):
    server = start(config="max_connections = 6")
    for _ in range(6):
        peers(server)
    with pytest.raises(urllib.error.HTTPError) as refused:
        peers(server)
    assert refused.value.code == 503
    assert server.counters()["links_refused"] == 1


def test_end_of_the_server(server, peers):
    bob = peers().enter("bob")
    carol = peers().enter("carol")
    carol.upgrade()
    lines, poll = poll_in_background(bob)
    server.signal(signal.SIGTERM)
    poll.join()
    assert lines[-1] == "closed 1001 the server is going away"
    assert carol.expect("^closed") == "closed 1001 the server is going away"


# ---- Reload -------------------------------------------------------------------------------------

def test_links_outlive_a_reload_of_their_module(server, peers):
    alice = server.client("alice", room="lobby")
    bob, carol = peers().enter("bob"), peers().enter("carol")
    carol.upgrade()
    alice.say("before")
    server.write_modules(MODULES % "version = 2")
    server.signal(signal.SIGHUP)
    server.wait_log("modules as in")
    alice.say("after")
    assert [text_of(line) for line in bob.poll()] == ["before", "after"]
    assert [text_of(carol.expect("^said")) for _ in range(2)] == ["before", "after"]
    carol.say('raw {"type": "message", "room": "lobby", "text": "still here"}')
    assert alice.expect("message", text="still here")["from"]["nick"] == "carol"


def test_links_end_with_their_module(server, peers):
    alice = server.client("alice", room="lobby")
    bob, carol = peers().enter("bob"), peers().enter("carol")
    carol.upgrade()
    server.write_modules("module waiter {}\nmodule rooms {}\n")
    server.signal(signal.SIGHUP)
    server.wait_log("modules as in")
    wait_until(lambda: alice.request("rooms")["rooms"][0]["count"] == 1)
    with pytest.raises(websockets.exceptions.ConnectionClosed) as closed:
        while True:
            run_async(carol.ws.recv())
    assert closed.value.rcvd.code == 1012
    with pytest.raises(urllib.error.HTTPError):
        bob.poll()
    alice.say("nobody else here")
    server.write_modules(MODULES % "")
    server.signal(signal.SIGHUP)
    server.wait_log("module 1.0 started: chat by lines", after=len(server.log()) // 2)
    peers().enter("bob")
