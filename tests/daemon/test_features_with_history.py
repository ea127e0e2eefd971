"""The modules edits, reactions and readmarks beside one that stores: what outlives the server, and
what only a store knows."""

import pytest

from history import NEEDS_HISTORY, history, state_of, store

pytestmark = NEEDS_HISTORY

FEATURES = ("edits", "reactions", "readmarks")


@pytest.fixture
def start(store):
    def start(*options):
        """With a line of chatd.modules for each."""
        lines = options or [f"module {name} {{}}" for name in FEATURES]
        return store(others=FEATURES, modules="\n".join(lines))
    return start


@pytest.fixture
def both(start):
    started = start()
    return (started, started.client("alice", room="lobby"), started.client("bob", room="lobby"))


def edit(client, target, text, **fields):
    return client.request("edit", room="lobby", target=target, text=text, **fields)


def delete(client, target, **fields):
    return client.request("delete", room="lobby", target=target, **fields)


def react(client, target, key="👍", op="add", **fields):
    return client.request("reaction", room="lobby", target=target, key=key, op=op, **fields)


def is_nothing_new(answer):
    return answer["type"] == "ok" and "seq" not in answer


HOW = pytest.mark.parametrize("how", ["term", "kill"])


# ---- Edits --------------------------------------------------------------------------------------

def test_ok_means_that_history_has_it(both):
    _, alice, bob = both
    target = alice.say("helo")["seq"]
    edited = edit(alice, target, "hello")
    react(bob, target)
    message, *_ = history(bob)["events"]
    assert (message["text"], message["edited"]["seq"]) == ("hello", edited["seq"])
    assert message["reactions"] == [{"key": "👍", "count": 1, "me": True}]
    deleted = delete(alice, target)
    message, *_ = history(bob)["events"]
    assert message["deleted"] is True and "text" not in message
    assert history(bob)["seq"] == deleted["seq"]


@HOW
def test_author_may_after_a_restart(both, how):
    store, alice, bob = both
    first, second = alice.say("a")["seq"], alice.say("b")["seq"]
    store.restart(how)
    alice, bob = store.back(alice, second), store.back(bob, second)
    assert edit(bob, first, "c")["code"] == "forbidden"
    assert edit(alice, first, "c")["seq"] == second + 1
    assert delete(alice, second)["seq"] == second + 2
    assert delete(alice, second)["code"] == "not_found"
    assert [event["type"] for event in history(bob)["events"]] == [
        "message", "message", "edit", "delete"]


@HOW
def test_deleted_stays_deleted_after_a_restart(both, how):
    store, alice, bob = both
    target = alice.say("a")["seq"]
    delete(alice, target)
    store.restart(how)
    alice = store.back(alice)
    assert edit(alice, target, "b")["code"] == "not_found"
    assert delete(alice, target)["code"] == "not_found"
    assert react(alice, target)["code"] == "not_found"


@HOW
def test_repeated_edit_after_a_restart(both, how):
    store, alice, bob = both
    target = alice.say("a")["seq"]
    first = edit(alice, target, "b", cid="e")
    gone = delete(alice, alice.say("c")["seq"], cid="d")
    store.restart(how)
    alice = store.back(alice)
    assert edit(alice, target, "b", cid="e")["seq"] == first["seq"]
    assert delete(alice, gone["seq"] - 1, cid="d")["seq"] == gone["seq"]
    assert history(alice)["seq"] == gone["seq"]


def test_message_that_those_who_come_back_would_not_get_any_more(chatd, store):
    store = store(others=FEATURES, modules="module edits {}\nmodule reactions {}",
                  config="resume_window = 30s\nreplay_events = 2")
    alice = store.client("alice", room="lobby")
    target = alice.say("old")["seq"]
    for text in "abcd":
        alice.say(text)
    assert "seq" in react(alice, target)
    assert edit(alice, target, "new")["type"] == "ok"
    assert history(alice)["events"][0]["text"] == "new"


# ---- Reactions ----------------------------------------------------------------------------------

@HOW
def test_reactions_are_known_after_a_restart(both, how):
    store, alice, bob = both
    target = alice.say("a")["seq"]
    react(bob, target)
    react(alice, target, "🎉")
    react(alice, target, "🎉", "remove")
    store.restart(how)
    alice, bob = store.back(alice), store.back(bob)
    assert is_nothing_new(react(bob, target))
    assert is_nothing_new(react(alice, target, op="remove"))
    assert is_nothing_new(react(alice, target, "🎉", "remove"))
    assert "seq" in react(alice, target)
    assert "seq" in react(bob, target, op="remove")
    assert history(bob)["events"][0]["reactions"] == [{"key": "👍", "count": 1, "me": False}]


def test_limit_holds_after_a_restart(start):
    store = start("module reactions { max_keys = 3 }")
    alice = store.client("alice", room="lobby")
    target = alice.say("a")["seq"]
    for key in "abc":
        assert "seq" in react(alice, target, key)
    store.restart()
    alice = store.back(alice)
    assert react(alice, target, "d")["code"] == "too_many"
    bob = store.client("bob", room="lobby")
    assert "seq" in react(bob, target, "a")
    react(alice, target, "b", "remove")
    assert "seq" in react(bob, target, "d")
    assert react(bob, target, "e")["code"] == "too_many"


def test_limit_holds_for_many_at_a_time(start):
    store = start("module reactions { max_keys = 3 }")
    alice = store.client("alice", room="lobby")
    target = alice.say("x")["seq"]
    people = [store.client(f"user{i}", room="lobby") for i in range(10)]
    for i, person in enumerate(people):
        person.send("reaction", room="lobby", target=target, key=f"k{i}", op="add", id="r")
    answers = [person.take(lambda event: event.get("id") == "r", "r") for person in people]
    assert sorted(answer.get("code", "ok") for answer in answers) == ["ok"] * 3 + ["too_many"] * 7


# ---- Read marks ---------------------------------------------------------------------------------

@HOW
def test_marks_outlive_the_server(both, how):
    store, alice, bob = both
    for text in "abc":
        alice.say(text)
    assert bob.request("read", room="lobby", seq=2)["read_seq"] == 2
    alice.say("stored with the mark")
    store.restart(how)
    bob = store.back(bob, 3)
    assert state_of(bob)["read_seq"] == 2
    assert bob.request("read", room="lobby", seq=1)["read_seq"] == 2


def test_marks_outlive_the_room(both):
    store, alice, bob = both
    alice.say("a")
    bob.request("read", room="lobby", seq=1)
    for client in alice, bob:
        client.request("leave", room="lobby")
    assert bob.join("lobby")["read_seq"] == 1
