"""The module poll: asking, voting, ending, and what a reload leaves."""

import pytest

from harness import wait_until


@pytest.fixture
def server(chatd):
    return chatd(modules='module poll { interval = "10ms" }')


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    return server.client("bob", room="lobby")


def ask(client, text="Lunch? | Pizza | Salad"):
    assert client.say(f"/poll {text}")["type"] == "ok"
    return client.expect("poll")


def result(client, poll, **fields):
    return client.expect("poll_result", poll=poll["poll"], **fields)


def test_poll_is_an_event_of_who_asked(alice, bob):
    assert alice.say("x")["seq"] == 1
    ask(alice, "  What for lunch?  |Pizza | Salad \" |  🥗 ")
    event = bob.expect("poll")
    assert (event["seq"], event["from"]["nick"]) == (2, "alice")
    assert event["question"] == "What for lunch?"
    assert event["choices"] == ["Pizza", 'Salad "', "🥗"]
    assert event["ends"] == pytest.approx(event["ts"] + 3600000, abs=1000)


def test_votes_are_told_to_all(alice, bob):
    poll = ask(alice)
    assert bob.request("poll_vote", room="lobby", poll=poll["poll"], choice=1)["type"] == "ok"
    event = result(alice, poll, votes=[0, 1])
    assert event["ended"] is False and event["seq"] == 2 and "from" not in event
    assert alice.say(f"/vote {poll['poll']} 2")["type"] == "ok"
    result(bob, poll, votes=[0, 2])


def test_vote_may_change(alice, bob):
    poll = ask(alice)
    bob.request("poll_vote", room="lobby", poll=poll["poll"], choice=1)
    result(alice, poll, votes=[0, 1])
    bob.request("poll_vote", room="lobby", poll=poll["poll"], choice=0)
    result(alice, poll, votes=[1, 0])


def test_nick_has_one_vote_also_when_it_comes_back(server, alice, bob):
    poll = ask(alice)
    bob.request("poll_vote", room="lobby", poll=poll["poll"], choice=0)
    result(alice, poll, votes=[1, 0])
    bob.close()
    wait_until(lambda: alice.join("lobby")["count"] == 1)
    server.client("bob", room="lobby").say(f"/vote {poll['poll']} 2")
    result(alice, poll, votes=[0, 1])


def test_many_votes_are_counted(chatd):
    server = chatd(modules='module poll { interval = "200ms" }')
    alice = server.client("alice", room="lobby")
    poll = ask(alice, "? | a | b | c")
    voters = [server.client(f"user{i:02}", room="lobby") for i in reversed(range(30))]
    for i, voter in enumerate(voters):
        voter.send("poll_vote", room="lobby", poll=poll["poll"], choice=i % 3)
    result(alice, poll, votes=[10, 10, 10])
    assert len(alice.of_type("poll_result")) < 15


@pytest.mark.parametrize("fields, code", [
    ({"poll": "nothing", "choice": 0}, "not_found"),
    ({"choice": 2}, "bad_request"),
    ({"choice": -1}, "bad_request"),
    ({"choice": "0"}, "bad_request"),
    ({}, "bad_request"),
])
def test_wrong_vote_is_refused(alice, fields, code):
    poll = ask(alice)
    answer = alice.request("poll_vote", room="lobby", **{"poll": poll["poll"], **fields})
    assert answer["code"] == code


def test_poll_of_another_room_is_not_found(alice):
    poll = ask(alice)
    alice.join("other")
    answer = alice.request("poll_vote", room="other", poll=poll["poll"], choice=0)
    assert answer["code"] == "not_found"


@pytest.mark.parametrize("text", [
    "", "Lunch?", "Lunch? | Pizza", "| a | b", "Lunch? | a | ", "? " + "| x" * 21])
def test_wrong_question_is_refused(alice, text):
    assert alice.say(f"/poll {text}")["code"] == "bad_request"


def test_only_who_asked_ends_it(alice, bob):
    poll = ask(alice)
    assert bob.request("poll_end", room="lobby", poll=poll["poll"])["code"] == "forbidden"
    assert bob.say(f"/endpoll {poll['poll']}")["code"] == "forbidden"
    assert alice.request("poll_end", room="lobby", poll=poll["poll"])["type"] == "ok"
    assert result(bob, poll)["ended"] is True
    assert bob.say(f"/vote {poll['poll']} 1")["code"] == "not_found"


def test_poll_ends_by_itself(chatd):
    server = chatd(modules='module poll { duration = "1s"  interval = "10ms" }')
    alice = server.client("alice", room="lobby")
    assert result(alice, ask(alice), ended=True)["votes"] == [0, 0]


def test_open_polls_are_limited(chatd):
    server = chatd(modules='module poll { max_open = 2 }')
    alice = server.client("alice", room="lobby")
    first, second = ask(alice), ask(alice)
    assert first["poll"] != second["poll"]
    assert alice.say("/poll a? | b | c")["code"] == "too_many"
    alice.join("other")
    assert alice.say("/poll a? | b | c", room="other")["type"] == "ok"
    alice.say(f"/endpoll {first['poll']}")
    ask(alice)


def test_who_joins_finds_what_is_open(server, alice):
    poll, ended = ask(alice), ask(alice, "Over? | yes | no")
    alice.say(f"/vote {poll['poll']} 1")
    alice.say(f"/endpoll {ended['poll']}")
    found = server.client("carol").join("lobby")["polls"]
    assert found == [{"question": "Lunch?", "choices": ["Pizza", "Salad"], "poll": poll["poll"],
                      "ends": poll["ends"], "votes": [1, 0]}]
    assert server.client("dave").join("other")["polls"] == []


def test_polls_end_with_their_room(server, alice):
    alice.join("other")
    alice.say("/poll a? | b | c", room="other")
    alice.request("leave", room="other")
    alice.join("other")
    wait_until(lambda: alice.join("other")["polls"] == [])


def test_reload_keeps_polls_and_votes(server, alice, bob):
    poll = ask(alice)
    bob.say(f"/vote {poll['poll']} 2")
    server.write_modules('module poll { interval = "20ms" }')
    server.reload()
    result(alice, poll, votes=[0, 1])
    bob.say(f"/vote {poll['poll']} 1")
    result(alice, poll, votes=[1, 0])
    assert alice.say(f"/endpoll {poll['poll']}")["type"] == "ok"
    assert ask(alice)["poll"] != poll["poll"]
