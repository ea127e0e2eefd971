"""The verb search: which messages it finds, and for whom."""

import time

import pytest

from harness import wait_until
from history import NEEDS_HISTORY, Store, fill, publish, search, store

pytestmark = NEEDS_HISTORY

TEXTS = [
    "Ärger mit dem Server",
    "the quick brown fox",
    "Quicksilver is quick",
    'he said "never" (really)',
    "naïve café, ÉTÉ 2026",
    "foo-bar AND NOT near",
    "Привет мир",
    "one:two * three^4",
]


@pytest.fixture(scope="module")
def shared(shared_chatd, abi_modules):
    shared = Store(shared_chatd, abi_modules("publisher", "rooms"))
    author = shared.client("author", room="lobby")
    for text in TEXTS:
        assert author.say(text)["type"] == "ok"
    return shared


@pytest.fixture
def alice(shared):
    """One for each test: the number of searches is limited."""
    alice = shared.client("alice", room="lobby")
    yield alice
    alice.close()


def numbers(client, text, **fields):
    return [TEXTS.index(found) for found in search(client, text, **fields)]


@pytest.mark.parametrize("text, found", [
    ("arger", [0]), ("ÄRGER", [0]), ("ärg", [0]), ("rger", []),
    ("quick", [2, 1]), ("QUICK brown", [1]), ("brown quick", [1]), ("quick silver", []),
    ("quicks", [2]), ("naive cafe", [4]), ("ete", [4]), ("2026", [4]),
    ("привет", [6]), ("ПРИ м", [6]),
    ("never", [3]), ('"never"', [3]), ('"', []), ('""', []), ('he"said', [3]),
    ("foo-bar", [5]), ("foo bar", [5]), ("bar-foo", []), ("and not", [5]), ("NEAR", [5]),
    ("AND", [5]), ("OR", []), ("NOT", [5]), ("NEAR(foo bar)", []), ("foo*", [5]), ("*", []),
    ("text:foo", []), ("one:two", [7]), ("-foo", [5]), ("^foo", [5]), ("(", []), ("foo)", [5]),
    ("three^4", [7]), ("fox ;", [1]), ("... fox", [1]), ("'fox'", [1]), ("fox\tbrown\n", [1]),
    ("q Q quick QU quick", [2, 1]), ("bar foo foo-bar foo- ba", [5]), ("quicks quick brown", []),
    ('" "" "never', [3]), ("foo fo foo-baz", []), ("ÉTÉ ét été é ETE", [4]),
    ("", []), ("   ", []), ("!?", []),
])
def test_search_finds_words_that_begin_so(alice, text, found):
    assert numbers(alice, text) == found
    assert numbers(alice, text, room="lobby") == found


@pytest.mark.parametrize("fields, code", [
    (dict(), "bad_request"), (dict(text=1), "bad_request"), (dict(text="x" * 513), "bad_request"),
    (dict(text="a b c d e f g h i j k l m n o p q"), "bad_request"),
    (dict(text="x", before="1"), "bad_request"), (dict(text="x", before=1.5), "bad_request"),
    (dict(text="x", before=False), "bad_request"),
    (dict(text="x", limit=0), "bad_request"), (dict(text="x", room=1), "bad_request"),
    (dict(text="x", room="elsewhere"), "forbidden"),
])
def test_search_for_what_cannot_be_is_refused(store, fields, code):
    alice = store().client("alice", room="lobby")
    assert alice.request("search", **fields)["code"] == code


def test_search_in_all_rooms_answers_the_newest_first(store):
    alice = store().client("alice")
    for room in "first", "second", "third":
        alice.join(room)
    for i in range(12):
        ts = alice.say(f"word {i}", room=("first", "second", "third")[i % 3])["ts"]
        wait_until(lambda: time.time() * 1000 > ts + 1)
    assert search(alice, "word") == [f"word {i}" for i in range(11, -1, -1)]
    assert search(alice, "word", room="second") == [f"word {i}" for i in (10, 7, 4, 1)]
    answer = alice.request("search", text="word", limit=5)
    assert answer["has_more"] is True and len(answer["results"]) >= 5
    seen = answer["results"]
    while answer["has_more"]:
        answer = alice.request("search", text="word", limit=5, before=seen[-1]["ts"])
        seen += answer["results"]
    assert [event["text"] for event in seen] == [f"word {i}" for i in range(11, -1, -1)]


def test_messages_of_the_same_time_stay_in_one_answer(store):
    """The next request would not find those that were left."""
    store = store()
    store.server.stop()
    for room in range(4):
        fill(store.file, f"room{room}", events=2, text="word {seq}")
    store.server.start()
    alice = store.client("alice")
    for room in range(4):
        alice.join(f"room{room}")
    answer = alice.request("search", text="word", limit=3)
    assert [event["seq"] for event in answer["results"]] == [2] * 4 and answer["has_more"]
    answer = alice.request("search", text="word", limit=3, before=answer["results"][-1]["ts"])
    assert [event["seq"] for event in answer["results"]] == [1] * 4 and not answer["has_more"]


def test_messages_of_the_same_time_in_a_room_stay_in_one_answer(store):
    store = store()
    store.server.stop()
    fill(store.file, "other", events=3, text="word {seq}", ts=1_600_000_000_000)
    fill(store.file, events=13, text="word {seq}", same=4)
    store.server.start()
    alice = store.client("alice", room="lobby")
    alice.join("other")
    pages, before = [], None
    for _ in range(6):
        answer = alice.request("search", text="word", limit=2, before=before)
        pages.append([event["seq"] for event in answer["results"]])
        before = answer["results"][-1]["ts"]
        assert answer["has_more"] is (len(pages) < 6)
    assert pages == [[13, 12], [11, 10, 9, 8], [7, 6, 5, 4], [3, 2, 1], [3, 2], [1]]


def test_result_is_the_message_as_history_tells_it(store):
    alice = store().client("alice", room="lobby")
    alice.say("first words", cid="c")
    publish(alice, "edit", text="second words", target=1)
    publish(alice, "reaction", target=1, key="+1", op="add")
    [result] = alice.request("search", text="words")["results"]
    [event, *_] = alice.request("history", room="lobby")["events"]
    assert result == event and result["reactions"] and result["edited"]
    assert search(alice, "first") == []


def test_search_sees_what_history_shows(store):
    store = store("before_join = false")
    alice, bob = (store.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.say("word before")
    alice.say("not for bob word")
    carol = store.client("carol", room="lobby")
    alice.say("word after")
    assert search(alice, "word") == ["word after", "not for bob word", "word before"]
    assert search(bob, "word") == ["word after", "word before"]
    assert search(carol, "word") == ["word after"]


def test_search_does_not_look_into_rooms_that_one_is_not_in(store):
    store = store()
    alice, bob = store.client("alice", room="lobby"), store.client("bob", room="other")
    alice.say("word")
    assert search(bob, "word") == []
    bob.join("lobby")
    assert search(bob, "word") == ["word"]
    bob.request("leave", room="lobby")
    assert search(bob, "word") == []


def test_message_can_be_found_as_soon_as_it_is_answered(store):
    alice = store().client("alice", room="lobby")
    for i in range(10):
        alice.say(f"word{i}")
        assert search(alice, f"word{i}") == [f"word{i}"]


def test_what_was_never_indexed_is_before_the_search(store):
    store = store()
    store.server.stop()
    fill(store.file, events=5000, text="needle{seq} in the hay")
    store.server.start()
    alice = store.client("alice", room="lobby")
    assert search(alice, "needle4999") == ["needle4999 in the hay"]
    assert store.query("SELECT indexed FROM rooms") == [(5000,)]


def test_index_follows_by_itself(store):
    store = store()
    alice = store.client("alice", room="lobby")
    alice.say("word")
    store.wait_query("SELECT indexed FROM rooms", [(1,)])


def test_search_of_a_common_word_is_bounded(store):
    store = store()
    store.server.stop()
    fill(store.file, events=20000, text="word{seq} common")
    store.server.start()
    alice = store.client("alice", room="lobby")
    answer = alice.request("search", text="common", limit=2)
    assert [event["seq"] for event in answer["results"]] == [20000, 19999] and answer["has_more"]
    answer = alice.request("search", text="c w", limit=2, before=1_700_000_000_003)
    assert [event["seq"] for event in answer["results"]] == [2, 1] and not answer["has_more"]
    for before, last in (10001, 10000), (20001, 20000), (20002, 20000), (2, 1), (1, None), (-5, None):
        answer = alice.request("search", text="common", limit=1, before=1_700_000_000_000 + before)
        assert [event["seq"] for event in answer["results"]] == ([last] if last else [])


def test_many_searches_are_limited(store):
    alice = store().client("alice", room="lobby")
    assert [alice.request("search", text="x").get("code") for _ in range(25)][-1] == "rate_limited"
