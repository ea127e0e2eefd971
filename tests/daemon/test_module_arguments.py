"""Odd arguments of API functions, tests/abi/odd.c: each has its answer, and none harms a client."""

import pytest


@pytest.fixture
def server(chatd, abi_modules):
    return chatd(modules="module odd {}", module_dir=abi_modules("odd"),
                 config='max_message_bytes = "1M"')


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


def test_each_odd_argument_has_its_answer(server, alice):
    assert alice.say("/odd")["type"] == "ok"
    assert alice.expect("notice")["text"] == ""
    alice.sync()
    assert not alice.of_type("message")
    assert len(alice.of_type("of-nothing")) == 2
    assert "a timer rang" not in server.log()
    assert alice.say("still here")["type"] == "ok"


@pytest.mark.parametrize("word", ["long", "bad", "nothing"])
def test_odd_denial_reaches_the_client(alice, word):
    answer = alice.say(f"/odd {word}")
    assert answer["type"] == "error" and answer["code"] and answer["by"] == "odd"
    assert alice.say("still here")["type"] == "ok"


def test_odd_state_of_a_room_does_not_harm_who_joins(server, alice):
    alice.say("/odd state")
    bob = server.client("bob", room="lobby")
    assert bob.say("still here")["type"] == "ok"
