"""The module reactions: what may be added and removed, and what is known of it."""

import shutil

import pytest

from harness import MODULE_DIR


@pytest.fixture
def server(chatd):
    return chatd(modules="module edits {}\nmodule reactions {}", config='resume_window = "30s"')


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    return server.client("bob", room="lobby")


@pytest.fixture
def target(alice, bob):
    return alice.say("a message")["seq"]


def react(client, target, key="👍", op="add", room="lobby", **fields):
    return client.request("reaction", room=room, target=target, key=key, op=op, **fields)


def changes(client):
    """The reactions that the client was told, in order: [(who, target, key, op)]."""
    client.sync()
    return [(event["from"]["nick"], event["target"], event["key"], event["op"])
            for event in client.of_type("reaction")]


def is_nothing_new(answer):
    return answer["type"] == "ok" and answer["room"] == "lobby" and "seq" not in answer


def test_announces_its_feature(alice):
    assert "reactions" in alice.hello["features"]


def test_reaction_is_an_event_of_its_user(alice, bob, target):
    answer = react(bob, target)
    assert (answer["type"], answer["room"], answer["seq"]) == ("ok", "lobby", target + 1)
    for client in alice, bob:
        assert client.expect("reaction") == {
            "type": "reaction", "room": "lobby", "seq": target + 1, "ts": answer["ts"],
            "from": {"id": bob.user_id, "nick": "bob"}, "target": target, "key": "👍", "op": "add"}


def test_reaction_is_taken_back(alice, bob, target):
    react(bob, target)
    answer = react(bob, target, op="remove")
    assert answer["seq"] == target + 2
    assert react(bob, target)["seq"] == target + 3
    assert changes(alice) == [("bob", target, "👍", op) for op in ("add", "remove", "add")]


def test_own_message_too(alice, bob, target):
    assert react(alice, target)["seq"] == target + 1


# ---- What changes nothing -----------------------------------------------------------------------

def test_adding_twice_is_nothing_new(alice, bob, target):
    react(bob, target)
    assert is_nothing_new(react(bob, target))
    assert changes(alice) == [("bob", target, "👍", "add")]


def test_removing_what_is_not_there_is_nothing_new(alice, bob, target):
    assert is_nothing_new(react(bob, target, op="remove"))
    react(alice, target)
    react(bob, target, "🎉")
    assert is_nothing_new(react(bob, target, op="remove"))
    assert ("bob", target, "👍", "remove") not in changes(alice)


def test_each_has_his_own(alice, bob, target):
    assert "seq" in react(alice, target) and "seq" in react(bob, target)
    assert "seq" in react(alice, target, op="remove")
    assert is_nothing_new(react(bob, target))
    assert is_nothing_new(react(alice, target, op="remove"))


def test_each_message_has_its_own(alice, bob, target):
    other = alice.say("another")["seq"]
    assert "seq" in react(bob, target) and "seq" in react(bob, other)
    assert is_nothing_new(react(bob, target, "🎉", "remove"))


def test_sessions_are_one_user(server, alice, bob, target):
    tab = server.client()
    tab.login("bob", resume={"token": bob.welcome["resume_token"], "rooms": {}})
    assert "seq" in react(bob, target)
    assert is_nothing_new(react(tab, target))
    assert "seq" in react(tab, target, op="remove")
    assert [change[0] for change in changes(tab)] == ["bob"] * 2


def test_another_room_is_another(alice, bob, target):
    alice.join("other")
    other = alice.say("x", room="other")["seq"]
    assert other == target
    assert "seq" in react(alice, target)
    assert "seq" in react(alice, other, room="other")


def test_more_than_is_remembered(chatd):
    """Of those that are forgotten it is not known whether they are there."""
    server = chatd(modules="module reactions {}",
                   config="replay_events = 2000\nreplay_bytes = 16M")
    alice = server.client("alice", room="lobby")
    target, others = alice.say("x")["seq"], [alice.say("y")["seq"] for _ in range(5)]
    assert is_nothing_new(react(alice, target, op="remove"))
    assert "seq" in react(alice, target)
    people = [server.client(f"user{i}", room="lobby") for i in range(26)]
    for person in people:
        for key in "abcd":
            for other in others:
                assert "seq" in react(person, other, key)
    assert "seq" in react(alice, target, op="remove")
    assert "seq" in react(alice, target)
    assert is_nothing_new(react(alice, target))


# ---- Keys ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("key", [
    "+1", "x" * 64, "é" * 32, "👩‍👩‍👧‍👦", "❤️", "🇩🇪", "🏴󠁧󠁢󠁳󠁣󠁴󠁿", ":party_parrot:", "\"\\"])
def test_good_key(alice, bob, target, key):
    assert react(bob, target, key)["type"] == "ok"
    assert alice.expect("reaction")["key"] == key
    assert is_nothing_new(react(bob, target, key))
    assert react(bob, target, key, "remove")["seq"] == target + 2


@pytest.mark.parametrize("key", [
    None, "", 1, ["👍"], "x" * 65, "é" * 33, "a b", " ", "\n", "a\tb", "\x7f", "\x85", "\xa0",
    "\u2003", "\u2028", "\u202e", "\u3000", "👍 "])
def test_bad_key(alice, bob, target, key):
    answer = react(bob, target, key)
    assert (answer["code"], answer["by"]) == ("bad_request", "reactions")
    assert changes(alice) == []


@pytest.mark.parametrize("op", [None, "", "ADD", "toggle", 1])
def test_bad_op(bob, target, op):
    assert react(bob, target, op=op)["code"] == "bad_request"


def test_keys_of_a_message_are_limited(chatd):
    server = chatd(modules="module reactions { max_keys = 3 }")
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    target, other = alice.say("x")["seq"], alice.say("y")["seq"]
    for key in "abc":
        assert "seq" in react(alice, target, key)
    answer = react(bob, target, "d")
    assert (answer["code"], answer["by"]) == ("too_many", "reactions")
    assert react(alice, target, "d")["code"] == "too_many"
    assert "seq" in react(bob, target, "a")
    assert "seq" in react(bob, other, "d")
    react(alice, target, "a", "remove")
    assert react(bob, target, "d")["code"] == "too_many"
    react(bob, target, "a", "remove")
    assert "seq" in react(bob, target, "d")
    assert react(bob, target, "e")["code"] == "too_many"


def test_limit_holds_for_many_at_a_time(chatd):
    server = chatd(modules="module reactions { max_keys = 3 }")
    alice = server.client("alice", room="lobby")
    target = alice.say("x")["seq"]
    people = [server.client(f"user{i}", room="lobby") for i in range(10)]
    for i, person in enumerate(people):
        person.send("reaction", room="lobby", target=target, key=f"k{i}", op="add", id="r")
    answers = [person.take(lambda event: event.get("id") == "r", "r") for person in people]
    assert sorted(answer.get("code", "ok") for answer in answers) == ["ok"] * 3 + ["too_many"] * 7
    assert len(changes(alice)) == 3


def test_limit_by_default(alice, bob, target):
    for i in range(20):
        assert "seq" in react((alice, bob)[i % 2], target, f"k{i}")
    assert react(bob, target, "k20")["code"] == "too_many"


@pytest.mark.parametrize("options, said", [
    ("max_keys = 0", "max_keys"),
    ("max_keys = 101", "max_keys"),
    ("max_key = 3", "max_key"),
])
def test_bad_options(chatd_check, options, said):
    code, output = chatd_check(modules="module reactions { %s }" % options)
    assert code == 78
    assert said in output


def test_rate_is_limited(bob, target):
    answers = [react(bob, target, op=("add", "remove")[i % 2]) for i in range(35)]
    assert [answer["type"] for answer in answers[:30]] == ["ok"] * 30
    assert answers[-1]["code"] == "rate_limited" and answers[-1]["retry_after"] > 0


# ---- Targets ------------------------------------------------------------------------------------

@pytest.mark.parametrize("bad", [None, 0, -1, 1.5, "1", [1], 10**30])
def test_target_that_is_no_number_is_refused(bob, target, bad):
    assert react(bob, bad)["code"] == "bad_request"


@pytest.mark.parametrize("op", ["add", "remove"])
def test_unknown_target(bob, target, op):
    answer = react(bob, target + 1, op=op)
    assert (answer["code"], answer["by"]) == ("not_found", "reactions")


@pytest.mark.parametrize("op", ["add", "remove"])
def test_deleted_target(alice, bob, target, op):
    react(bob, target)
    alice.request("delete", room="lobby", target=target)
    assert react(bob, target, op=op)["code"] == "not_found"
    assert react(alice, target, "🎉")["code"] == "not_found"


def test_edited_target(alice, bob, target):
    react(bob, target)
    alice.request("edit", room="lobby", target=target, text="edited")
    assert is_nothing_new(react(bob, target))
    assert "seq" in react(alice, target)


def test_target_that_is_no_message(chatd, abi_modules):
    """A reaction, an edit and a topic."""
    folder = abi_modules("rooms")
    for name in "edits", "reactions":
        shutil.copy(MODULE_DIR / f"{name}.so", folder)
    server = chatd(modules="module edits {}\nmodule reactions {}\nmodule rooms {}",
                   module_dir=folder)
    alice = server.client("alice", room="lobby")
    target = alice.say("x")["seq"]
    others = [react(alice, target)["seq"],
              alice.request("edit", room="lobby", target=target, text="y")["seq"]]
    alice.say("/topic news")
    others.append(alice.expect("topic")["seq"])
    assert [react(alice, other)["code"] for other in others] == ["not_found"] * 3


def test_who_is_not_in_the_room(bob, target):
    bob.request("leave", room="lobby")
    assert react(bob, target)["code"] == "forbidden"


# ---- Repeated requests --------------------------------------------------------------------------

def test_cid_names_a_reaction(alice, bob, target):
    first = react(bob, target, cid="r")
    again = react(bob, target, cid="r")
    assert first["seq"] == again["seq"] == target + 1 and first["ts"] == again["ts"]
    assert bob.expect("reaction")["cid"] == "r"
    event = alice.expect("reaction")
    assert event["seq"] == target + 1 and "cid" not in event
    assert changes(alice) == []


def test_late_repeat_does_not_undo(alice, bob, target):
    """The answer to the first `add` got lost, and comes again after he took it back."""
    react(bob, target, cid="1")
    react(bob, target, op="remove", cid="2")
    assert react(bob, target, cid="1")["seq"] == target + 1
    assert changes(alice) == [("bob", target, "👍", "add"), ("bob", target, "👍", "remove")]


def test_filters_do_not_see_reactions(chatd):
    server = chatd(modules="module profanity { words = words.txt  action = deny }\n"
                           "module reactions {}", files={"words.txt": "darn\n"})
    alice = server.client("alice", room="lobby")
    assert react(alice, alice.say("x")["seq"], "darn")["type"] == "ok"


# ---- Coming back, and reload --------------------------------------------------------------------

def test_who_comes_back_gets_them_in_order(server, alice, bob, target):
    bob.drop()
    react(alice, target)
    alice.say("between")
    react(alice, target, op="remove")
    back = server.client()
    back.login("bob", resume={"token": bob.welcome["resume_token"], "rooms": {
        "lobby": {"epoch": bob.joined["epoch"], "seq": target}}})
    back.expect("caught_up")
    told = [event for event in back.events if "seq" in event]
    assert [event["seq"] for event in told] == [target + 1, target + 2, target + 3]
    assert changes(back) == [("alice", target, "👍", "add"), ("alice", target, "👍", "remove")]


def test_reload_keeps_them(server, alice, bob, target):
    gone = alice.say("to be deleted")["seq"]
    react(bob, target)
    react(bob, gone)
    alice.request("delete", room="lobby", target=gone)
    server.write_modules("module edits {}\nmodule reactions { max_keys = 2 }")
    assert server.reload() == "read again"
    assert is_nothing_new(react(bob, target))
    assert is_nothing_new(react(alice, target, op="remove"))
    assert react(bob, gone)["code"] == "not_found"
    assert "seq" in react(alice, target, "🎉")
    assert react(alice, target, "😀")["code"] == "too_many"
    assert "seq" in react(bob, target, op="remove")


def test_works_without_edits(chatd):
    server = chatd(modules="module reactions {}")
    alice = server.client("alice", room="lobby")
    assert react(alice, alice.say("x")["seq"])["type"] == "ok"
