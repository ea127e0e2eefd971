"""Edits, deletions and reactions: what is told of a message, and what is left of it."""

import sqlite3

import pytest

from harness import wait_until
from history import NEEDS_HISTORY, history, publish, search, store

pytestmark = NEEDS_HISTORY


@pytest.fixture
def both(store):
    store = store()
    return store, store.client("alice", room="lobby"), store.client("bob", room="lobby")


def message(client, seq=1):
    [event] = history(client, around=seq, limit=1)["events"]
    return event


# ---- Edits --------------------------------------------------------------------------------------

def test_edit_replaces_the_text(both):
    _, alice, bob = both
    alice.say("frist")
    ts = alice.expect("message")["ts"]
    publish(alice, "edit", text="first", target=1)
    edit = bob.expect("edit")
    event = message(bob)
    assert (event["text"], event["edited"], event["ts"]) == (
        "first", {"seq": 2, "ts": edit["ts"]}, ts)
    assert message(bob, 2) == edit


def test_edit_takes_the_text_of_the_edit_before(both):
    _, alice, bob = both
    alice.say("zero")
    for text in "one", "two", "three":
        publish(alice, "edit", text=text, target=1)
    events = history(bob)["events"]
    assert [event.get("text") for event in events] == ["three", None, None, "three"]
    assert events[0]["edited"]["seq"] == 4 and [event["target"] for event in events[1:]] == [1] * 3


def test_edit_of_nothing_changes_nothing(both):
    store, alice, bob = both
    alice.say("one")
    alice.say("elsewhere", room="lobby")
    for target in 0, 99, -1, "1", None, 2 ** 41 + 1:
        publish(alice, "edit", text="secret", target=target)
    assert [event["text"] for event in history(bob)["events"][:2]] == ["one", "elsewhere"]
    assert [event.get("text") for event in history(bob)["events"][2:]] == [None] * 6


def test_edit_of_another_room_s_message_is_not_possible(both):
    _, alice, bob = both
    alice.join("first")
    alice.say("in first", room="first")
    publish(alice, "edit", text="changed", target=1)
    publish(alice, "delete", target=1 << 40 | 1)
    assert history(alice, "first")["events"][0]["text"] == "in first"


# ---- Deletions ----------------------------------------------------------------------------------

def test_delete_leaves_the_event_without_its_text(both):
    _, alice, bob = both
    alice.say("secret")
    publish(bob, "reaction", target=1, key="+1", op="add")
    publish(alice, "edit", text="secret still", target=1)
    publish(alice, "delete", target=1)
    events = history(bob)["events"]
    assert events[0]["deleted"] is True
    assert not {"text", "edited", "reactions"} & events[0].keys()
    assert [event.get("text") for event in events] == [None] * 4


def test_deleted_message_stays_so(both):
    _, alice, bob = both
    alice.say("secret")
    publish(alice, "delete", target=1)
    publish(bob, "reaction", target=1, key="+1", op="add")
    publish(alice, "delete", target=1)
    event = message(bob)
    assert event["deleted"] is True and not {"text", "edited", "reactions"} & event.keys()
    assert "text" not in message(bob, 3)


def test_changes_in_one_batch_are_applied_in_their_order(both):
    _, alice, bob = both
    for i in range(50):
        alice.send("message", room="lobby", text=f"m{i}")
        fields = {"target": i * 4 + 1}
        alice.send("publish", room="lobby", **{"as": "edit"}, text="e1", fields=fields)
        alice.send("publish", room="lobby", **{"as": "edit"}, text=f"e{i}", fields=fields)
        alice.send("publish", room="lobby", **{"as": "delete" if i % 2 else "other"}, fields=fields)
    wait_until(lambda: history(alice, limit=1)["seq"] == 200, what="all are stored")
    events = {event["seq"]: event for event in history(alice, limit=200)["events"]}
    for i in range(50):
        assert events[i * 4 + 1].get("text") == (None if i % 2 else f"e{i}")
        assert "text" not in events[i * 4 + 2]


@pytest.mark.parametrize("indexed", [False, True], ids=["not-indexed", "indexed"])
def test_deleted_text_is_not_in_the_files(both, indexed):
    store, alice, bob = both
    words = [f"xylo{i:03}phone" for i in range(60)]
    for word in words[:20]:
        alice.say(f"{word} {word}s and {'some more ' * 20}")
    if indexed:
        assert len(search(bob, "xylo", limit=50)) == 20
    for i in range(20):
        publish(alice, "edit", text=f"now {words[20 + i]}", target=i + 1)
    if indexed:
        assert len(search(bob, "xylo", limit=50)) == 20
    for i in range(0, 20, 2):
        publish(alice, "edit", text=f"then {words[40 + i]}", target=i + 1)
    for i in range(20):
        publish(alice, "delete", target=i + 1)
    alice.say("kept xylo")
    store.wait_query("SELECT count(*) FROM owed", [(0,)])
    wait_until(lambda: b"phone" not in store.bytes(), 10, what="all of it is gone")
    assert search(bob, "xylo") == ["kept xylo"]
    assert store.query("SELECT count(*) FROM texts") == [(1,)]


def test_deleted_text_is_removed_after_a_crash_in_between(both):
    store, alice, _ = both
    for i in range(30):
        alice.say(f"xylo{i:03}phone")
    assert len(search(alice, "xylo", limit=30)) == 30
    for i in range(30):
        publish(alice, "delete", target=i + 1)
    store.restart("kill")
    store.wait_query("SELECT count(*) FROM owed", [(0,)])
    wait_until(lambda: b"phone" not in store.bytes(), 10, what="all of it is gone")


def test_index_fits_the_messages_after_changes(both):
    store, alice, bob = both
    for i in range(40):
        alice.say(f"word{i} common")
    assert len(search(bob, "common", limit=50)) == 40
    for i in range(0, 40, 3):
        publish(alice, "edit", text=f"other{i} common", target=i + 1)
    for i in range(0, 40, 4):
        publish(alice, "delete", target=i + 1)
    left = [i for i in range(40) if i % 4]
    assert len(search(bob, "common", limit=50)) == len(left)
    assert len(search(bob, "other", limit=50)) == len([i for i in left if i % 3 == 0])
    assert store.server.stop() == 0
    connection = sqlite3.connect(store.file)
    connection.execute("INSERT INTO words (words, rank) VALUES ('integrity-check', 1)")
    connection.close()


# ---- Reactions ----------------------------------------------------------------------------------

def reactions(client, seq=1):
    return message(client, seq).get("reactions")


def test_reactions_are_counted_and_mine_are_marked(both):
    _, alice, bob = both
    alice.say("one")
    for who, key in (alice, "👍"), (bob, "👍"), (bob, "\"q\""):
        publish(who, "reaction", target=1, key=key, op="add")
    assert reactions(bob) == [{"key": "👍", "count": 2, "me": True},
                              {"key": "\"q\"", "count": 1, "me": True}]
    assert [each["me"] for each in reactions(alice)] == [True, False]


def test_reaction_is_there_once_and_can_be_removed(both):
    _, alice, bob = both
    alice.say("one")
    for _ in range(2):
        publish(bob, "reaction", target=1, key="+1", op="add")
    publish(alice, "reaction", target=1, key="+1", op="remove")
    assert reactions(alice) == [{"key": "+1", "count": 1, "me": False}]
    publish(bob, "reaction", target=1, key="+1", op="remove")
    assert reactions(alice) is None


def test_reactions_outlive_a_crash(both):
    store, alice, bob = both
    alice.say("one")
    publish(bob, "reaction", target=1, key="+1", op="add")
    store.restart("kill")
    assert reactions(store.back(bob)) == [{"key": "+1", "count": 1, "me": True}]


def test_reaction_to_something_else_is_none(both):
    _, alice, bob = both
    publish(alice, "poll", question="?")
    publish(bob, "reaction", target=1, key="+1", op="add")
    assert reactions(alice) is None


# ---- With the modules that make them -------------------------------------------------------------

@pytest.mark.parametrize("restart", [False, True], ids=["running", "restart"])
def test_changes_by_the_shipped_modules(store, restart):
    store = store(modules="module edits {}\nmodule reactions {}", others=["edits", "reactions"])
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.say("frist")
    alice.say("secret")
    if restart:
        store.restart("kill")
        alice, bob = store.back(alice), store.back(bob)
    requests = [
        (alice, "edit", dict(target=1, text="first"), 3),
        (bob, "edit", dict(target=1, text="mine"), "forbidden"),
        (bob, "reaction", dict(target=1, key="+1", op="add"), 4),
        (bob, "reaction", dict(target=1, key="+1", op="add"), None),
        (alice, "delete", dict(target=2), 5),
        (alice, "edit", dict(target=2, text="back"), "not_found"),
        (bob, "reaction", dict(target=2, key="+1", op="add"), "not_found"),
    ]
    for who, type, fields, expected in requests:
        answer = who.request(type, room="lobby", **fields)
        assert answer.get("code", answer.get("seq")) == expected, answer
    first, second = history(bob)["events"][:2]
    assert (first["text"], first["edited"]["seq"]) == ("first", 3)
    assert first["reactions"] == [{"key": "+1", "count": 1, "me": True}]
    assert second["deleted"] is True and "text" not in second
