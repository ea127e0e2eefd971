"""What the module history does not keep for ever, and what happens when the disk is full."""

import resource
import signal
import sqlite3

import pytest

from harness import wait_until
from history import NEEDS_HISTORY, fill, history, publish, search, seqs, store, texts

pytestmark = NEEDS_HISTORY

FAST = "interval = 100ms"


# ---- Age and number -----------------------------------------------------------------------------

def test_max_events_keeps_the_last_of_each_room(store):
    store = store(f"max_events = 5  {FAST}")
    alice = store.client("alice", room="lobby")
    alice.join("other")
    for i in range(12):
        alice.say(f"word {i}")
    publish(alice, "reaction", target=1, key="+1", op="add")
    alice.say("in other", room="other")
    store.wait_query("SELECT count(*) FROM events", [(6,)])
    answer = history(alice)
    assert seqs(answer) == [9, 10, 11, 12, 13] and not answer["has_more"]
    assert history(alice, after=3, limit=2)["first_seq"] == 9
    assert history(alice, "other")["first_seq"] == 1
    assert texts(history(alice, "other")) == ["in other"]
    assert search(alice, "word") == ["word 11", "word 10", "word 9", "word 8"]
    assert store.query("SELECT count(*) FROM reactions") == [(0,)]
    store.restart("kill")
    back = store.back(alice)
    assert state_seq(back) == 13 and back.say("next")["seq"] == 14


def state_seq(client):
    return next(each["seq"] for each in client.welcome["rooms"] if each["room"] == "lobby")


def test_max_age_removes_what_is_older(store):
    store = store()
    store.server.stop()
    fill(store.file, events=3000, text="old{seq}", indexed=1500)
    store.server.write_modules(store.text(f"max_age = 1h  {FAST}"))
    store.server.start()
    alice = store.client("alice", room="lobby")
    assert alice.say("young")["seq"] == 3001
    store.wait_query("SELECT count(*) FROM events", [(1,)])
    assert texts(history(alice)) == ["young"]
    assert search(alice, "old") == []
    wait_until(lambda: b"old2" not in store.bytes(), 10, what="the texts are gone")


def test_nothing_is_removed_without_limits(store):
    store = store(FAST)
    store.server.stop()
    fill(store.file, events=100)
    store.server.start()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    alice.close()
    store.wait_query("SELECT here FROM users", [(0,)])
    assert store.query("SELECT count(*) FROM events") == [(101,)]


def test_max_rooms_lets_the_oldest_empty_rooms_go(store):
    store = store(f"max_rooms = 3")
    alice = store.client("alice", room="kept")
    alice.say("first of all", room="kept")
    for i in range(5):
        alice.join(f"room{i}")
        alice.say(f"word{i}", room=f"room{i}")
        alice.request("leave", room=f"room{i}")
    epoch = alice.join("room0")["epoch"]
    alice.request("leave", room="room0")
    assert store.reload(f"max_rooms = 3  {FAST}") == "read again"
    store.wait_query("SELECT name FROM rooms ORDER BY id", [("kept",), ("room3",), ("room4",)])
    store.wait_query("SELECT count(*) FROM events", [(3,)])
    joined = alice.join("room0")
    assert joined["epoch"] != epoch and joined["seq"] == 0
    assert history(alice, "room0")["events"] == []
    assert texts(history(alice, "kept")) == ["first of all"]
    assert texts(history(alice, "room4")) == [] if alice.join("room4")["seq"] == 0 else True


def test_large_room_goes_in_slices_and_over_a_restart(store):
    store = store("max_rooms = 1")
    store.server.stop()
    fill(store.file, "large", events=8000, indexed=8000)
    fill(store.file, "young", events=1, ts=1_800_000_000_000)
    store.server.write_modules(store.text(f"max_rooms = 1  {FAST}"))
    store.server.start()
    wait_until(lambda: store.query("SELECT count(*) FROM rooms WHERE name IS NULL") == [(1,)]
               or store.query("SELECT count(*) FROM rooms") == [(1,)], what="it is going")
    store.restart("kill")
    store.wait_query("SELECT name FROM rooms", [("young",)])
    assert store.query("SELECT count(*) FROM events") == [(1,)]


def test_limits_of_users_and_rooms_hold_after_one_interval(store):
    """However many there are too many."""
    store = store()
    store.server.stop()
    connection = sqlite3.connect(store.file)
    with connection:
        connection.executemany("INSERT INTO users VALUES (?, '{}', 0, ?)",
                               ((f"{i:016x}", 1_700_000_000_000 + i) for i in range(1600)))
        connection.executemany("INSERT INTO rooms VALUES (?, ?, '0badcafe', 1, ?, '', 1, 0)",
                               ((i, f"room{i}", i) for i in range(1, 1301)))
    connection.close()
    store.server.write_modules(store.text("max_remembered = 3  remember = 3650d  max_rooms = 2"
                                          "  interval = 5s"))
    store.server.start()
    # The next interval would be over after 10 s.
    store.wait_query("SELECT count(*) FROM rooms", [(2,)], timeout=9)
    store.wait_query("SELECT count(*) FROM users", [(3,)], timeout=2)


def test_files_are_scrubbed_once_when_all_that_goes_is_gone(store):
    store = store()
    store.server.stop()
    for i in range(30):
        fill(store.file, f"room{i}", events=2, ts=1_700_000_000_000 + i)
    store.server.write_modules(store.text(f"max_rooms = 1  {FAST}"))
    store.server.start()
    # Whoever looks into the database is in the way.
    wait_until(lambda: store.bytes().count(b'"text":"message') == 2, 10, what="they are gone")
    alice = store.client("alice", room="lobby")
    log = store.file.parent / "history.db-wal"
    # How often SQLite's log was begun anew stands in its head.
    head = wait_until(lambda: alice.say("one") and log.read_bytes()[:32], what="there is a log")
    assert 0 < int.from_bytes(head[12:16], "big") < 15


# ---- A full disk --------------------------------------------------------------------------------

def fill_up(client, n=3000):
    """Says long things until that does not work any more; answers the refusal."""
    for i in range(n):
        answer = client.say(f"{i} " + "x" * 7000)
        if answer["type"] == "error":
            return answer
    raise AssertionError("it took everything")


def test_max_size_refuses_messages_until_there_is_room(store):
    store = store("max_size = 1M")
    alice = store.client("alice", room="lobby")
    answer = fill_up(alice)
    assert answer["code"] == "unavailable"
    last = history(alice, limit=1)["seq"]
    alice.sync()
    told = [event["seq"] for event in alice.of_type("message")]
    assert told == list(range(1, last + 1))
    assert alice.say("y" * 7000)["code"] == "unavailable"
    assert store.server.log().count("nothing can be stored: database or disk is full") == 1
    assert (store.file.stat().st_size) <= 1 << 20
    assert store.reload(f"max_size = 1M  max_events = 10  {FAST}") == "read again"
    wait_until(lambda: alice.say("z" * 7000).get("seq") == last + 1, what="it takes messages again")
    assert len(history(alice)["events"]) <= 20


def test_file_that_cannot_grow_refuses_messages_and_recovers(store):
    """As on a full disk: the limit is the process's own."""
    store = store(preexec=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    alice = store.client("alice", room="lobby")
    assert alice.say("before")["seq"] == 1
    resource.prlimit(store.server.pid, resource.RLIMIT_FSIZE, (300_000, resource.RLIM_INFINITY))
    answer = fill_up(alice)
    assert answer["code"] == "unavailable"
    last = history(alice, limit=1)["seq"]
    assert alice.say("x" * 7000)["code"] == "unavailable"
    bob = store.client("bob", room="lobby")
    bob.sync()
    assert store.server.log().count("nothing can be stored: ") == 1
    resource.prlimit(store.server.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    assert wait_until(lambda: alice.say("after").get("seq"), what="it works again") == last + 1
    store.server.wait_log("events are stored again")
    store.restart("kill")
    assert texts(history(store.back(alice), limit=1)) == ["after"]
    store.wait_query("SELECT count(*) FROM users WHERE public_id = '%s'" % bob.user_id, [(1,)])


def test_rooms_of_which_nothing_could_be_stored_do_not_count(store):
    store = store(f"max_rooms = 2  max_events = 1  {FAST}",
                  preexec=lambda: signal.signal(signal.SIGXFSZ, signal.SIG_IGN))
    alice = store.client("alice", room="old")
    assert alice.say("kept", room="old")["seq"] == 1
    alice.request("leave", room="old")
    for room in "lobby", "one", "two":
        alice.join(room)
    resource.prlimit(store.server.pid, resource.RLIMIT_FSIZE, (1000, resource.RLIM_INFINITY))
    for room in "one", "two":
        assert alice.say("word", room=room)["code"] == "unavailable"
    resource.prlimit(store.server.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    for i in range(2):
        wait_until(lambda: alice.say("word").get("seq"), what="it works again")
    # In the same pass rooms go before events do.
    store.wait_query("SELECT count(*) FROM events JOIN rooms ON rooms.id = events.id >> 40"
                     " WHERE name = 'lobby'", [(1,)])
    assert store.query("SELECT name FROM rooms ORDER BY id") == [("old",), ("lobby",)]


def test_refused_message_is_not_doubled_when_it_is_sent_again(store):
    store = store("max_size = 1M")
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    fill_up(alice)
    last = history(alice, limit=1)["seq"]
    assert alice.say("z" * 8000, cid="again")["code"] == "unavailable"
    store.reload(f"max_events = 10  {FAST}")
    assert alice.say("z" * 8000, cid="again")["seq"] == last + 1
    assert alice.say("z" * 8000, cid="again")["seq"] == last + 1
    bob.sync()
    assert [event["seq"] for event in bob.of_type("message")] == list(range(1, last + 2))


def test_room_for_which_there_is_no_number_is_refused(store):
    """With it, numbers of events would be those of other rooms."""
    store = store()
    store.server.stop()
    connection = sqlite3.connect(store.file)
    with connection:
        connection.execute("INSERT INTO rooms VALUES (?, 'last', '0badcafe', 0, 1, '', 0, 0)",
                           (2 ** 23 - 1,))
    connection.close()
    store.server.start()
    alice = store.client("alice", room="lobby")
    for _ in range(2):
        assert alice.say("one")["code"] == "unavailable"
    assert store.server.log().count("no further room can be stored") == 1
    assert store.query("SELECT * FROM events") == []


# ---- Configuration ------------------------------------------------------------------------------

@pytest.mark.parametrize("option, why", [
    ("max_size = 100k", "module history: max_size: is below 1M"),
    ('sync = "off"', "sync"), ("page_max = 0", "page_max"), ("page_max = 1001", "page_max"),
    ("before_join = perhaps", "before_join"), ("remember = -1s", "remember"),
    ("max_remembered = -1", "max_remembered"), ("max_age = x", "max_age"),
    ("max_events = -1", "max_events"), ("max_rooms = -1", "max_rooms"), ("interval = 1ms", "interval"),
])
def test_mistakes_are_named(chatd_check, option, why):
    code, output = chatd_check(modules=f"module history {{\n  {option}\n}}")
    assert code == 78 and f"chatd.modules:2: {why}" in output


@pytest.mark.parametrize("options", [
    "", "sync = normal", "sync = full  page_max = 1000  before_join = false  remember = 1d "
    "max_remembered = 0  max_age = 1d  max_events = 1  max_rooms = 0  max_size = 1M  interval = 1d"])
def test_options_are_taken(store, options):
    alice = store(options).client("alice", room="lobby")
    assert alice.say("one")["seq"] == 1


def test_check_touches_no_file(chatd_check, tmp_path):
    code, _ = chatd_check(modules=f'module history {{ file = "{tmp_path}/x.db" }}')
    assert code == 0 and not list(tmp_path.glob("x.db*"))
