"""The module history: what was answered with ok is there after any end of the server."""

import sqlite3
import time

import pytest

from harness import wait_until
from history import NEEDS_HISTORY, fill, history, publish, seqs, state_of, store, told

pytestmark = NEEDS_HISTORY


# ---- Restarts -----------------------------------------------------------------------------------

@pytest.mark.parametrize("how", ["term", "kill"])
def test_store_after_restart_goes_on_where_it_was(store, how):
    store = store()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    bob.say("/topic what it is about")
    answers = [alice.say(f"m{i}", cid=f"c{i}") for i in range(20)]
    assert [answer["seq"] for answer in answers] == list(range(2, 22))
    epoch = alice.joined["epoch"]
    store.restart(how)
    back = store.back(alice, 11)
    assert back.welcome["resumed"] is True and back.user_id == alice.user_id
    state = state_of(back)
    assert (state["epoch"], state["seq"], state["recovered"], state["missed"], state["topic"]) == (
        epoch, 21, True, 10, "what it is about")
    assert [(event["seq"], event["text"], event["cid"]) for event in told(back)] == [
        (i + 2, f"m{i}", f"c{i}") for i in range(10, 20)]
    assert back.say("m19", cid="c19")["seq"] == 21
    assert back.say("next", cid="c20")["seq"] == 22
    bob = store.back(bob, 21)
    assert [event["text"] for event in told(bob)] == ["next"]


@pytest.mark.parametrize("how", ["term", "kill"])
def test_store_under_load_keeps_what_was_answered(store, how):
    store = store()
    clients = [store.client(f"user{i}", room="lobby") for i in range(4)]
    for i in range(400):
        clients[i % 4].send("message", id=f"m{i}", room="lobby", text=f"t{i}", cid=f"c{i}")
    clients[0].take(lambda event: event.get("id") == "m100", "an answer")
    store.restart(how)
    answered = {}
    for client in clients:
        client.wait_closed()
        client.expect_none("what was not read yet", within=0.1)
        answered |= {event["id"]: event["seq"] for event in client.of_type("ok")
                     if event["id"].startswith("m")}
    kept = {}
    for client in clients:
        client = store.back(client)
        kept |= {event["text"]: event["seq"] for event in told(client)}
    assert len(answered) > 90
    assert {f"m{text[1:]}": seq for text, seq in kept.items()}.items() >= answered.items()
    assert sorted(kept.values()) == list(range(1, len(kept) + 1))


def test_events_told_live_are_those_stored(store):
    store = store()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.say("one", cid="c")
    publish(alice, "poll", question="?", choices=["a", "b"])
    seen = [bob.expect("message"), bob.expect("poll")]
    assert history(bob)["events"] == seen
    assert history(alice)["events"] == [{**seen[0], "cid": "c"}, seen[1]]


def test_second_restart_is_as_the_first(store):
    store = store()
    alice = store.client("alice", room="lobby")
    for n in range(3):
        assert alice.say(f"m{n}", cid=f"c{n}")["seq"] == n + 1
        store.restart("kill")
        joined, alice = alice.joined, store.back(alice, n + 1)
        assert alice.welcome["resumed"] and state_of(alice)["epoch"] == joined["epoch"]
    assert [event["text"] for event in history(alice)["events"]] == ["m0", "m1", "m2"]


def test_room_that_was_empty_goes_on(store):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    alice.request("leave", room="lobby")
    assert alice.join("lobby")["seq"] == 1
    alice.say("two")
    alice.request("leave", room="lobby")
    store.restart()
    bob = store.client("bob", room="lobby")
    assert bob.joined["epoch"] == alice.joined["epoch"] and bob.joined["seq"] == 2
    assert [event["text"] for event in history(bob)["events"]] == ["one", "two"]


def test_times_go_on_where_they_were_when_the_clock_was_set_back(store):
    store = store()
    store.server.stop()
    ahead = int(time.time() * 1000) + 3_600_000
    fill(store.file, events=3, ts=ahead)
    store.server.start()
    alice = store.client("alice", room="lobby")
    assert [alice.say("word")["ts"] for _ in range(2)] == [ahead + 3] * 2
    answer = alice.request("search", text="word", before=ahead + 4)
    assert [event["seq"] for event in answer["results"]] == [5, 4]
    alice.join("other")
    assert alice.say("word", room="other")["ts"] < ahead


def test_user_whose_time_was_over_does_not_come_back(store):
    store = store(config="resume_window = 300ms")
    store.client("alice", room="lobby").say("one")
    store.restart()
    wait_until(lambda: store.query("SELECT here FROM users") == [(0,)], what="alice left")
    bob = store.client("alice", room="lobby")
    assert bob.joined["count"] == 1


def test_server_without_resume_window_still_knows_its_rooms(store):
    store = store(config="resume_window = 0s")
    alice = store.client("alice", room="lobby")
    alice.say("one")
    store.restart()
    again = store.client("alice", room="lobby")
    assert (again.joined["epoch"], again.joined["seq"]) == (alice.joined["epoch"], 1)
    store.wait_query("SELECT count(*) FROM users WHERE here = 1", [(0,)])


def test_hidden_message_stays_hidden_over_a_restart(store):
    store = store()
    alice, bob, carol = (store.client(nick, room="lobby") for nick in ("alice", "bob", "carol"))
    alice.say("not for bob")
    store.restart("kill")
    assert told(store.back(bob)) == []
    assert [event["text"] for event in told(store.back(carol))] == ["not for bob"]


# ---- Those who were here ------------------------------------------------------------------------

def goodbye(store, client):
    """The client leaves; answers when that is stored."""
    store.wait_query(f"SELECT here FROM users WHERE public_id = '{client.user_id}'", [(1,)])
    client.close()
    store.wait_query("SELECT count(*) FROM users WHERE here = 1", [(0,)])


@pytest.mark.parametrize("restart", [False, True], ids=["running", "restart"])
def test_user_who_left_is_known_again_by_his_token(store, restart):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    goodbye(store, alice)
    if restart:
        store.restart()
    again = store.back(alice)
    assert again.welcome["resumed"] is False and again.user_id == alice.user_id
    assert again.join("lobby")["epoch"] == alice.joined["epoch"]


def test_direct_room_is_there_when_both_have_left(store):
    store = store()
    alice, bob = store.client("alice"), store.client("bob")
    room = alice.request("dm", user=bob.user_id)["room"]
    alice.say("only for you", room=room)
    alice.close()
    goodbye(store, bob)
    store.restart("kill")
    alice, bob = store.back(alice, rooms={}), store.back(bob, rooms={})
    assert [each["room"] for each in bob.welcome["rooms"]] == [room]
    assert [event["text"] for event in history(bob, room)["events"]] == ["only for you"]
    carol = store.client("carol")
    assert carol.request("history", room=room)["code"] == "forbidden"


def test_user_who_comes_at_once_after_leaving_is_known(store):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.close()
    assert store.back(alice).user_id == alice.user_id


def test_remember_nobody(store):
    store = store("remember = 0s  interval = 100ms")
    alice = store.client("alice", room="lobby")
    goodbye(store, alice)
    assert store.back(alice).user_id != alice.user_id


def test_users_are_forgotten_in_time(store):
    store = store("remember = 50ms  interval = 100ms")
    goodbye(store, store.client("alice"))
    store.wait_query("SELECT count(*) FROM users", [(0,)])
    store.wait_query("SELECT count(*) FROM tokens", [(0,)])


def test_users_beyond_max_remembered_are_forgotten_the_oldest_first(store):
    store = store("max_remembered = 1  interval = 100ms")
    alice, bob = store.client("alice"), store.client("bob")
    store.wait_query("SELECT here FROM users", [(1,), (1,)])
    alice.close()
    store.wait_query("SELECT here FROM users ORDER BY here", [(0,), (1,)])
    goodbye(store, bob)
    store.wait_query("SELECT public_id FROM users", [(bob.user_id,)])


def test_unknown_token_is_an_ordinary_login(store):
    store = store()
    client = store.client()
    client.login("alice", resume={"token": "f" * 48, "rooms": {}})
    assert client.welcome["resumed"] is False


# ---- Files --------------------------------------------------------------------------------------

def test_start_second_server_on_the_same_file_is_refused(store, chatd):
    first = store()
    second = chatd(modules=f'module history {{ file = "{first.file}" }}',
                   module_dir=first.server.module_dir)
    second.wait_log(r"history: .*history\.db: another server uses it")
    assert "history" not in second.client("alice").hello["features"]
    alice = first.client("alice", room="lobby")
    assert alice.say("one")["seq"] == 1
    first.server.expected_exit = -9
    first.server.kill()
    second.stop()
    second.start()
    assert second.client("bob", room="lobby").joined["seq"] == 1


@pytest.mark.parametrize("content, why", [
    ("newer", r"it was written by a later version of this module \(schema 99, and this one knows 1\)"),
    ("foreign", "it is the database of another program"),
    ("garbage", "file is not a database"),
    ("folder", "Is a directory"),
    ("nowhere", "its lock file: No such file or directory"),
])
def test_start_with_a_file_that_is_not_its_own_is_refused(chatd, store, content, why, tmp_path):
    file = tmp_path / "nowhere/x.db" if content == "nowhere" else tmp_path / "x.db"
    if content == "newer":
        fresh = store(f'file = "{file}"')
        fresh.server.stop()
    if content == "folder":
        file.mkdir()
    elif content == "garbage":
        file.write_bytes(b"no database at all" * 1000)
    elif content != "nowhere":
        connection = sqlite3.connect(file)
        connection.execute("PRAGMA user_version = 99" if content == "newer"
                           else "CREATE TABLE t (x)")
        connection.commit()
        connection.close()
    before = file.read_bytes() if file.is_file() else None
    server = chatd(modules=f'module history {{ file = "{file}" }}')
    server.wait_log(f"history: {file}: {why}")
    server.wait_log("module history: its start failed")
    server.client("alice", room="lobby").say("it runs all the same")
    server.stop()
    assert before is None or file.read_bytes() == before


def test_start_on_an_empty_file_makes_the_schema(store, tmp_path):
    """As the migration from version 0."""
    (tmp_path / "x.db").touch()
    store = store(f'file = "{tmp_path}/x.db"')
    store.file = tmp_path / "x.db"
    store.client("alice", room="lobby").say("one")
    assert store.query("PRAGMA user_version") == [(1,)]
    assert store.query("SELECT count(*) FROM events") == [(1,)]
    assert store.query("PRAGMA integrity_check") == [("ok",)]


def test_end_leaves_one_file(store):
    store = store()
    store.client("alice", room="lobby").say("one")
    assert store.server.stop() == 0
    assert {path.name for path in store.file.parent.iterdir()} == {"history.db", "history.db.lock"}


# ---- Much of it ---------------------------------------------------------------------------------

def test_start_with_many_stored_events_takes_no_longer(store):
    """A million events make no difference; here are 50,000, in two rooms."""
    store = store(config="")
    store.server.stop()
    fill(store.file, "big", events=50000, indexed=50000)
    fill(store.file, "lobby", events=10, indexed=10)
    begin = time.monotonic()
    store.server.start()
    took = time.monotonic() - begin
    assert took < 1
    alice = store.client("alice", room="big")
    assert alice.joined["seq"] == 50000
    assert seqs(history(alice, "big", around=25000, limit=3)) == [24999, 25000, 25001]
    assert alice.say("next", room="big")["seq"] == 50001
