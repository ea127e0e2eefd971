"""The verb history: which events it answers, and to whom."""

import json
import sqlite3

import pytest

from history import NEEDS_HISTORY, Store, fill, history, publish, seqs, store, texts

pytestmark = NEEDS_HISTORY


@pytest.fixture(scope="module")
def alice(shared_chatd, abi_modules):
    """In the lobby, with the events 1 to 20."""
    alice = Store(shared_chatd, abi_modules("publisher", "rooms"), "page_max = 10").client(
        "alice", room="lobby")
    for i in range(1, 21):
        assert alice.say(f"m{i}")["seq"] == i
    return alice


def pages(*ranges):
    return [seq for first, last in ranges for seq in range(first, last + 1)]


@pytest.mark.parametrize("asked, answered, more", [
    (dict(limit=3), (18, 20), True),
    (dict(), (11, 20), True),
    (dict(limit=10000), (11, 20), True),
    (dict(before=4), (1, 3), False),
    (dict(before=4, limit=3), (1, 3), False),
    (dict(before=5, limit=3), (2, 4), True),
    (dict(before=1), None, False),
    (dict(before=0), None, False),
    (dict(before=21, limit=1), (20, 20), True),
    (dict(before=2 ** 52, limit=1), (20, 20), True),
    (dict(after=17), (18, 20), False),
    (dict(after=17, limit=3), (18, 20), False),
    (dict(after=16, limit=3), (17, 19), True),
    (dict(after=0, limit=2), (1, 2), True),
    (dict(after=20), None, False),
    (dict(after=2 ** 52), None, False),
])
def test_page_has_the_events_next_to_a_number(alice, asked, answered, more):
    answer = history(alice, **asked)
    assert seqs(answer) == (pages(answered) if answered else [])
    assert answer["has_more"] is more and "has_newer" not in answer
    assert (answer["epoch"], answer["seq"]) == (alice.joined["epoch"], 20)


@pytest.mark.parametrize("seq, limit, answered, more, newer", [
    (10, 4, (9, 12), True, True),
    (10, 5, (8, 12), True, True),
    (10, 1, (10, 10), True, True),
    (1, 4, (1, 3), False, True),
    (20, 4, (19, 20), True, False),
    (18, 4, (17, 20), True, False),
    (0, 4, (1, 2), False, True),
    (25, 4, (19, 20), True, False),
])
def test_page_around_a_number_has_both_sides(alice, seq, limit, answered, more, newer):
    answer = history(alice, around=seq, limit=limit)
    assert seqs(answer) == pages(answered)
    assert (answer["has_more"], answer["has_newer"]) == (more, newer)


def test_pages_together_are_the_log(alice):
    seen, before = [], None
    while True:
        answer = history(alice, before=before, limit=3)
        seen = answer["events"] + seen
        if not answer["has_more"]:
            break
        before = seen[0]["seq"]
    assert [event["text"] for event in seen] == [f"m{i}" for i in range(1, 21)]


@pytest.mark.parametrize("fields", [
    dict(before=1, after=1), dict(before=1, around=1), dict(before="1"), dict(after=-1),
    dict(around=1.5), dict(limit=0), dict(limit=-1), dict(limit="3"), dict(before=[])])
def test_request_without_sense_is_refused(alice, fields):
    assert alice.request("history", room="lobby", **fields)["code"] == "bad_request"


def test_epoch_is_the_room_s_or_unrecoverable(alice):
    assert history(alice, epoch=alice.joined["epoch"], limit=1)["events"]
    assert alice.request("history", room="lobby", epoch="00000000")["code"] == "unrecoverable"


def test_room_where_nothing_was_said_has_no_events(alice):
    joined = alice.request("join", room="empty")
    answer = history(alice, "empty")
    assert (answer["events"], answer["epoch"], answer["seq"]) == ([], joined["epoch"], 0)


def test_room_that_one_is_not_in_is_forbidden(alice):
    assert alice.request("history", room="elsewhere")["code"] == "forbidden"
    assert alice.request("history")["code"] == "bad_request"


def test_feature_is_announced(alice):
    assert {"history", "search"} <= set(alice.hello["features"])


# ---- Who sees what ------------------------------------------------------------------------------

@pytest.mark.parametrize("before_join, seen", [
    ("true", ["before", "after"]), ("false", ["after"])])
def test_before_join_decides_about_what_was_said_before(store, before_join, seen):
    store = store(f"before_join = {before_join}")
    alice = store.client("alice", room="lobby")
    alice.say("before")
    bob = store.client("bob", room="lobby")
    alice.say("after")
    assert texts(history(bob)) == seen
    assert texts(history(bob, after=0)) == seen and not history(bob)["has_more"]
    assert history(bob)["first_seq"] == 3 - len(seen)
    assert texts(history(alice)) == ["before", "after"]
    store.restart("kill")
    assert texts(history(store.back(bob))) == seen
    assert texts(history(store.back(alice))) == ["before", "after"]


def test_before_join_does_not_matter_in_direct_rooms(store):
    store = store("before_join = false")
    alice, bob = store.client("alice"), store.client("bob")
    room = alice.request("dm", user=bob.user_id)["room"]
    alice.say("one", room=room)
    bob.expect("joined")
    bob.request("leave", room=room)
    alice.say("while you were out", room=room)
    bob.expect("joined")
    assert texts(history(bob, room)) == ["one", "while you were out"]


def test_hidden_message_is_for_those_who_were_there_and_got_it(store):
    store = store()
    alice, bob, carol = (store.client(nick, room="lobby") for nick in ("alice", "bob", "carol"))
    alice.say("for all")
    alice.say("not for bob")
    dave = store.client("dave", room="lobby")
    assert texts(history(alice)) == texts(history(carol)) == ["for all", "not for bob"]
    for who in bob, dave:
        answer = history(who)
        assert texts(answer) == ["for all"] and answer["seq"] == 2
    alice.request("leave", room="lobby")
    carol.request("leave", room="lobby")
    alice.join("lobby")
    carol.join("lobby")
    assert texts(history(alice)) == ["for all", "not for bob"]  # her own
    assert texts(history(carol)) == ["for all"]


def test_hidden_messages_do_not_count_in_pages(store):
    store = store()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    for i in range(10):
        alice.say(f"m{i}" if i % 2 else "not for bob")
    answer = history(bob, limit=3)
    assert texts(answer) == ["m5", "m7", "m9"] and answer["has_more"]
    answer = history(bob, before=6, limit=3)
    assert texts(answer) == ["m1", "m3"] and not answer["has_more"]


def test_hidden_edit_hides_the_message_from_him_too(store):
    """Else he would read there what was kept from him."""
    store = store()
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.say("harmless")
    publish(alice, "edit", text="not for bob", target=1)
    assert history(bob)["events"] == []
    assert texts(history(alice)) == ["not for bob", "not for bob"]


# ---- How much -----------------------------------------------------------------------------------

def test_long_events_make_short_pages(store):
    store = store(config='max_text_bytes = "60k"')
    alice = store.client("alice", room="lobby")
    for i in range(8):
        alice.say(f"{i}" + "x" * 60000)
    seen = []
    answer = history(alice)
    while True:
        assert 1 <= len(answer["events"]) <= 4
        assert len(json.dumps(answer)) < 260 << 10
        seen = seqs(answer) + seen
        if not answer["has_more"]:
            break
        answer = history(alice, before=seen[0])
    assert seen == list(range(1, 9))
    assert seqs(history(alice, after=2)) == [3, 4, 5, 6]
    assert seqs(history(alice, around=4)) == [3, 4, 5, 6]


def test_one_event_is_told_however_long_it_is(store):
    store = store(config='max_message_bytes = "1M"\nmax_text_bytes = "500k"')
    alice = store.client("alice", room="lobby")
    for _ in range(2):
        alice.say("x" * 400000)
    assert seqs(history(alice)) == [2] and seqs(history(alice, before=2)) == [1]


def test_many_requests_are_limited(store):
    alice = store().client("alice", room="lobby")
    answers = [alice.request("history", room="lobby") for _ in range(60)]
    assert answers[-1]["code"] == "rate_limited" and answers[49]["type"] == "ok"


def test_page_of_a_large_room_is_quick(store):
    store = store()
    store.server.stop()
    fill(store.file, events=20000, indexed=20000)
    store.server.start()
    alice = store.client("alice", room="lobby")
    for seq in 1, 10000, 20000:
        assert seqs(history(alice, around=seq, limit=1)) == [seq]
    assert len(history(alice, limit=200)["events"]) == 200


def test_other_modules_get_events_as_they_are_now(store):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("one")
    publish(alice, "edit", text="two", target=1)
    publish(alice, "reaction", target=1, key="+1", op="add")
    event = alice.request("get", room="lobby", seq=1)["event"]
    assert (event["text"], event["edited"]["seq"]) == ("two", 2)
    assert event["reactions"] == [{"key": "+1", "count": 1, "users": [alice.user_id]}]
    for seq in 0, -1, 9, 2 ** 50:
        assert alice.request("get", room="lobby", seq=seq)["event"] is None


def test_event_that_is_none_is_not_told(store):
    """As the database may have one that was damaged."""
    store = store()
    store.server.stop()
    fill(store.file, events=3)
    connection = sqlite3.connect(store.file)
    with connection:
        connection.execute("UPDATE events SET body = '', type = 'other' WHERE ts % 1000 = 2")
    connection.close()
    store.server.start()
    alice = store.client("alice", room="lobby")
    assert alice.request("history", room="lobby")["code"] == "unavailable"
    assert seqs(history(alice, before=2)) == [1] and seqs(history(alice, after=2)) == [3]
