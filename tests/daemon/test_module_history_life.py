"""The module history while the server runs: slow disks, reloads, switched off and on."""

import ctypes
import signal
import sqlite3
import time

import pytest

from harness import patience, wait_until
from history import NEEDS_HISTORY, WINDOW, fill, history, search, seqs, store, texts, told

pytestmark = NEEDS_HISTORY


class Lock:
    """Keeps everybody else from writing to the database, as a disk does that hangs."""

    def __init__(self, store):
        self.connection = sqlite3.connect(store.file, isolation_level=None, timeout=10)

    def __enter__(self):
        self.connection.execute("BEGIN IMMEDIATE")
        return self

    def __exit__(self, *_):
        self.connection.execute("ROLLBACK")
        self.connection.close()


# ---- The loop does not wait ---------------------------------------------------------------------

def test_loop_does_not_wait_for_the_disk(store):
    store = store(modules="module typing {}", others=["typing"])
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.say("one")
    with Lock(store):
        alice.send("message", id="m", room="lobby", text="two")
        slowest = 0
        for _ in range(10):
            begin = time.monotonic()
            bob.sync()
            alice.sync()
            assert texts(history(bob)) == ["one"]
            slowest = max(slowest, time.monotonic() - begin)
            time.sleep(0.03)
        bob.send("typing", room="lobby", state="active")
        alice.expect("typing")
        carol = store.client("carol", room="lobby")
        assert not [event for event in alice.events if event.get("id") == "m"]
        assert slowest < patience(0.3)
    assert alice.take(lambda event: event.get("id") == "m", "the answer")["seq"] == 2
    assert bob.expect("message", text="two")["seq"] == 2
    carol.sync()


def test_messages_wait_together_and_are_told_in_order(store):
    store = store()
    clients = [store.client(f"user{i}", room="lobby") for i in range(5)]
    bob = store.client("bob", room="lobby")
    with Lock(store):
        for i in range(100):
            clients[i % 5].send("message", id=f"m{i}", room="lobby", text=f"{i}")
        bob.expect_none("message", within=0.3)
    for i in range(100):
        assert bob.expect("message")["seq"] == i + 1
    assert seqs(history(bob, limit=200)) == list(range(1, 101))


def test_lock_that_lasts_refuses_and_loses_nothing(store):
    """Nobody else may write for ever: after 5 s it counts as a failure."""
    store = store()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.say("one")
    with Lock(store):
        alice.send("message", id="m", room="lobby", text="two")
        answer = alice.take(lambda event: event.get("id") == "m", "the refusal", timeout=20)
        assert answer["code"] == "unavailable"
    store.server.wait_log("nothing can be stored: database is locked")
    assert wait_until(lambda: alice.say("three").get("seq"), what="it works again") == 2
    bob.expect("message", text="three", seq=2)
    assert texts(history(bob)) == ["one", "three"]


def test_database_that_cannot_be_read_is_named_once(store):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    rename = ["ALTER TABLE events RENAME TO other", "ALTER TABLE other RENAME TO events"]
    for i in range(2):
        store.query(rename[0])
        for _ in range(3):
            assert alice.request("history", room="lobby")["code"] == "unavailable"
        assert store.server.log().count("the database cannot be read: ") == i + 1
        store.query(rename[1])
        for _ in range(3):
            assert texts(history(alice)) == ["one"]
        assert store.server.log().count("the database can be read again") == i + 1


# ---- Reload -------------------------------------------------------------------------------------

def test_reload_under_traffic_loses_nothing(store):
    store = store()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    for round in range(6):
        for i in range(60):
            alice.send("message", id=f"m{round}.{i}", room="lobby", text=f"{round}.{i}", cid=f"{round}.{i}")
        assert store.reload(f"page_max = {100 + round}") == "read again"
    numbers = []
    for round in range(6):
        for i in range(60):
            answer = alice.take(lambda event: event.get("id") == f"m{round}.{i}", "an answer")
            assert answer["type"] == "ok", answer
            numbers.append(answer["seq"])
    assert numbers == list(range(1, 361))
    wait_until(lambda: bob.sync() or len(bob.of_type("message")) == 360, what="all were told")
    assert [event["seq"] for event in bob.of_type("message")] == numbers
    assert len(search(bob, "0", limit=100)) > 0
    store.restart("kill")
    assert store.back(alice, 360).say("5.59", cid="5.59")["seq"] == 360


def test_reload_keeps_those_who_wait_for_a_page(store):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    for i in range(10):
        alice.send("history", id=f"h{i}", room="lobby")
    store.reload("page_max = 100")
    for i in range(10):
        answer = alice.take(lambda event: event.get("id") == f"h{i}", "an answer")
        assert answer["type"] == "ok" or answer["code"] in ("unavailable", "forbidden")
    assert texts(history(alice)) == ["one"]


def test_reload_with_another_file_begins_there(store, tmp_path):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    assert store.reload(f'file = "{tmp_path}/other.db"') == "read again"
    assert alice.say("two")["seq"] == 2
    store.file = tmp_path / "other.db"
    assert texts(history(alice)) == ["two"]
    store.restart("kill")
    back = store.back(alice, 2)
    assert back.welcome["resumed"] and back.say("three")["seq"] == 3


def test_reload_that_fails_goes_on_with_what_was(store, tmp_path):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    store.reload(f'file = "{tmp_path}/nowhere/x.db"')
    store.server.wait_log("the modules stay as they were")
    assert alice.say("two")["seq"] == 2
    assert texts(history(alice)) == ["one", "two"]


# ---- Switched off and on ------------------------------------------------------------------------

def test_module_switched_on_in_a_running_server_stores_from_then_on(store):
    store = store()
    store.reload()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    assert alice.say("not stored", cid="a")["seq"] == 1
    assert alice.request("history", room="lobby")["code"] == "unknown_type"
    assert store.reload("") == "read again"
    assert history(alice)["events"] == []
    assert alice.say("stored", cid="b")["seq"] == 2
    assert texts(history(bob)) == ["stored"]
    store.restart("kill")
    back = store.back(alice, 2)
    assert back.welcome["resumed"] is True and back.user_id == alice.user_id
    assert back.say("stored", cid="b")["seq"] == 2
    assert [event["text"] for event in told(store.back(bob, 1))] == ["stored"]


def test_module_switched_off_leaves_a_server_that_stores_nothing(store):
    store = store()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.say("one")
    with Lock(store):
        for i in range(30):
            alice.send("message", id=f"m{i}", room="lobby", text=f"{i}")
        alice.sync()
        store.server.write_modules(store.modules)
        store.server.signal(signal.SIGHUP)
        time.sleep(0.2)
    for i in range(30):
        assert alice.take(lambda event: event.get("id") == f"m{i}", "an answer")["type"] == "ok"
    store.server.wait_log("configuration read again")
    assert alice.say("not stored")["seq"] == 32
    wait_until(lambda: bob.sync() or len(bob.of_type("message")) == 32, what="all were told")
    assert store.query("SELECT count(*) FROM events") == [(31,)]


def test_module_switched_off_and_on_goes_on_with_its_numbers(store):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    store.reload()
    alice.say("not stored")
    store.reload("")
    assert alice.say("three")["seq"] == 3
    assert texts(history(alice)) == ["one", "three"]
    store.restart("kill")
    back = store.back(alice, 2)
    assert [event["text"] for event in told(back)] == ["three"]
    assert back.say("four")["seq"] == 4


@pytest.mark.parametrize("how", ["room ends", "server ends"])
def test_numbers_that_were_used_while_it_was_off_are_not_used_again(store, how):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    store.reload()
    assert alice.say("not stored")["seq"] == 2
    if how == "room ends":
        alice.request("leave", room="lobby")
        store.reload("")
    else:
        store.server.kill()
        store.server.write_modules(store.text(""))
        store.server.start()
    bob = store.client("bob", room="lobby")
    assert bob.joined["epoch"] != alice.joined["epoch"]
    assert texts(history(bob)) == ["one"] and bob.say("two")["seq"] == 2


def test_room_that_ends_after_it_was_switched_on_keeps_its_number(store):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    store.reload()
    alice.say("not stored")
    store.reload("")
    alice.request("leave", room="lobby")
    joined = alice.request("join", room="lobby")
    assert (joined["epoch"], joined["seq"]) == (alice.joined["epoch"], 2)


def test_user_who_left_while_it_was_off_is_not_here_after_a_restart(store):
    store = store()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.say("one")
    store.reload()
    alice.close()
    bob.sync()
    store.reload("")
    bob.say("two")
    store.restart("kill")
    assert store.client("carol", room="lobby").joined["count"] == 2
    assert store.query("SELECT public_id FROM users WHERE here = 0") == [(alice.user_id,)]


# ---- Files that cannot be written ---------------------------------------------------------------

def without_privileges():
    """Root is bound by the modes of files from here on, too (CAP_DAC_OVERRIDE is dropped)."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)


def test_start_on_a_file_that_is_read_only_is_refused(store):
    store = store(preexec=without_privileges)
    store.client("alice", room="lobby").say("one")
    store.server.stop()
    store.file.chmod(0o444)
    store.server.start()
    store.server.wait_log("history.db: Permission denied")
    store.client("alice", room="lobby").say("it runs without")
    store.server.stop()
    store.file.chmod(0o600)
    store.server.start()
    assert store.client("bob", room="lobby").joined["seq"] == 1


def test_files_are_for_nobody_else(store):
    store = store()
    store.client("alice", room="lobby").say("one")
    for path in store.file.parent.glob("history.db*"):
        assert path.stat().st_mode & 0o077 == 0, path


# ---- Rooms that begin again ---------------------------------------------------------------------

def test_same_cid_in_a_room_that_had_ended_is_no_second_message(store):
    """He was away for too long, the room ended with him, and he sends again what had no answer."""
    store = store(config="resume_window = 1s")
    alice = store.client("alice", room="lobby")
    assert alice.say("once", cid="c1")["seq"] == 1
    alice.drop()
    store.wait_query("SELECT here FROM users", [(0,)])
    back = store.client()
    welcome = back.login("alice", resume={"token": alice.welcome["resume_token"], "rooms": {}})
    assert welcome["resumed"] is False and welcome["user"]["id"] == alice.user_id
    assert back.join("lobby")["seq"] == 1
    assert back.say("once", cid="c1")["seq"] == 1
    assert back.say("twice", cid="c2")["seq"] == 2
    assert texts(history(back)) == ["once", "twice"]


def test_messages_wait_until_the_end_of_the_log_is_read(store):
    store = store(config="resume_window = 1s")
    alice = store.client("alice", room="lobby")
    for i in range(20):
        alice.say(str(i), cid=f"c{i}")
    alice.drop()
    store.wait_query("SELECT here FROM users", [(0,)])
    back = store.client()
    back.login("alice", resume={"token": alice.welcome["resume_token"], "rooms": {}})
    back.send("join", room="lobby")
    for i in range(25):
        back.send("message", id=f"m{i}", room="lobby", text=str(i), cid=f"c{i}")
    assert [back.expect("ok", id=f"m{i}")["seq"] for i in range(25)] == list(range(1, 26))


# ---- What was said before a restart is not said again -------------------------------------------

def test_cid_is_known_behind_many_other_events(store):
    store = store("", config=WINDOW + "\nreplay_events = 10\nmax_messages = 0")
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    first = alice.say("once", cid="c")["seq"]
    for i in range(800):
        bob.send("message", room="lobby", text=f"m{i}")
    bob.sync()
    store.restart("kill")
    back = store.back(alice, first)
    assert back.request("message", room="lobby", text="once", cid="c")["seq"] == first


def test_cids_of_very_many_rooms_are_known(store):
    rooms = [f"room{i}" for i in range(120)]
    store = store(config=WINDOW + "\nmax_rooms_per_user = 1000\nmax_messages = 0")
    store.server.stop()
    for room in rooms:
        fill(store.file, room, events=500)
    store.server.start()
    alice = store.client("alice")
    for room in rooms:
        alice.join(room)
    said = [alice.say("once", room=room, cid="c")["seq"] for room in rooms]
    store.restart("kill")
    back = store.server.client()
    back.login("alice", resume={"token": alice.welcome["resume_token"], "rooms": {}})
    again = [back.request("message", room=room, text="once", cid="c")["seq"] for room in rooms]
    assert back.welcome["resumed"] and again == said


# ---- Who cannot be looked up is no stranger -----------------------------------------------------

def test_login_waits_for_the_database_in_front_of_searches(store):
    store = store(config="resume_window = 100ms")
    store.server.stop()
    fill(store.file, events=20000, text="common words", indexed=20000)
    store.server.start()
    alice = store.client("alice", room="lobby")
    token, id = alice.welcome["resume_token"], alice.user_id
    alice.say("here")
    alice.close()
    bob = store.client("bob", room="lobby")
    for i in range(15):
        bob.send("search", id=f"s{i}", text="common")
    back = store.server.client()
    back.login("alice", resume={"token": token, "rooms": {}})
    assert back.user_id == id
    bob.take(lambda event: event.get("id") == "s14", "the last answer", 30)


def break_database(store):
    with sqlite3.connect(store.file) as connection:
        connection.execute("ALTER TABLE users RENAME TO hidden_users")
        connection.execute("ALTER TABLE events RENAME TO hidden_events")
    connection.close()


def test_what_cannot_be_read_is_unavailable(store):
    store = store(modules="module edits {}\nmodule reactions {}", others=["edits", "reactions"],
                  config="resume_window = 100ms")
    alice = store.client("alice", room="lobby")
    token = alice.welcome["resume_token"]
    seq = alice.say("one")["seq"]
    break_database(store)
    for request in ({"type": "edit", "text": "two"}, {"type": "delete"},
                    {"type": "reaction", "key": "+1", "op": "add"}):
        answer = alice.request(room="lobby", target=seq, **request)
        assert answer["code"] == "unavailable", (request, answer)
    alice.close()
    wait_until(lambda: store.client().request("login", nick="alice")["type"] == "welcome",
               what="the nick is free")
    back = store.server.client()
    answer = back.request("login", nick="alice", resume={"token": token, "rooms": {}})
    assert answer["code"] == "unavailable"


def test_who_was_saved_wrongly_is_new(store):
    store = store(config="resume_window = 100ms")
    alice = store.client("alice", room="lobby")
    alice.say("here")
    alice.close()
    store.wait_query("SELECT count(*) FROM users WHERE here = 0", [(1,)])
    with sqlite3.connect(store.file) as connection:
        connection.execute("UPDATE users SET saved = '{}'")
    connection.close()
    back = store.server.client()
    back.login("alice", resume={"token": alice.welcome["resume_token"], "rooms": {}})
    assert back.user_id != alice.user_id
    assert "what was saved of a user cannot be used" in store.server.log()
