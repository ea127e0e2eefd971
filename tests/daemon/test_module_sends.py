"""Sending from inside every callback, tests/abi/sender.c: what is sent comes after what it reacts
to, no callback is called inside another, and nothing goes on for ever."""

import signal

import pytest

PLACES = {"auth", "join", "message", "deliver", "sent", "event", "joined", "left", "opened",
          "closed", "online", "offline", "room_state", "log_reopen", "reload", "timer", "done",
          "post", "free", "verb"}


@pytest.fixture
def server(chatd, abi_modules):
    return chatd(modules="module sender {}", module_dir=abi_modules("sender"))


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


def sender(client, words):
    """How many times something was refused since the last time."""
    client.say(f"/sender {words}")
    return int(client.take(lambda got: got["type"] == "notice" and got["text"].isdigit(),
                           "the reply")["text"])


def test_everything_may_be_sent_from_everywhere(server, alice):
    sender(alice, "begin")
    bob = server.client("bob", room="den")
    bob.join("lobby")
    bob.say("hello")
    bob.request("sender")
    bob.say("/sender begin")
    bob.request("leave", room="lobby")
    bob.close()
    server.signal(signal.SIGUSR1)
    server.reload()
    said = set()
    while said != PLACES:
        message = alice.expect("message")
        if message["from"]["nick"] == "sender":
            said.add(message["text"])
    carol = server.client("carol")
    sender(carol.join("lobby") and carol, "stop")
    alice.sync()
    for type, count in ("ephemeral", 20), ("durable", 20), ("topic", 20), ("notice", 20):
        assert len(alice.of_type(type)) >= count
    rooms = {room["room"] for room in alice.request("rooms")["rooms"]}
    assert PLACES <= rooms
    assert "from inside" not in server.log()


def test_what_is_sent_comes_after_its_cause(server, alice):
    sender(alice, "begin")
    bob = server.client("bob")
    bob.send("join", id="j", room="lobby")
    bob.send("message", id="m", room="lobby", text="hello")
    bob.sync()
    order = [event.get("id") or event.get("text") for event in bob.events
             if event.get("id") or event["type"] == "message"]
    assert order.index("j") < order.index("joined")
    assert order.index("hello") < order.index("message") < order.index("sent")
    numbered = [event["seq"] for event in bob.events if "seq" in event and "id" not in event]
    assert numbered == list(range(numbered[0], numbered[0] + len(numbered)))
    assert "from inside" not in server.log()


@pytest.mark.parametrize("words", ["loop", "echo"])
def test_what_sets_itself_off_ends(server, alice, words):
    sender(alice, words)
    alice.sync()
    assert sender(alice, "stop") == 1
    assert server.counters()["hop_limit"] == 1
    if words == "echo":
        assert len(alice.of_type("message")) == 8
