"""Odd arguments of API functions, tests/abi/odd.c: each has its answer, and none harms a client."""

import re

import pytest

from raw import Raw


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
    assert len(alice.of_type("of-nothing")) == 3
    assert len(re.findall("odd: got nothing of lobby", server.log())) == 4
    assert "a timer rang" not in server.log()
    assert alice.say("still here")["type"] == "ok"


@pytest.mark.parametrize("word", ["long", "bad", "nothing"])
def test_odd_denial_reaches_the_client(alice, word):
    answer = alice.say(f"/odd {word}")
    assert answer["type"] == "error" and answer["code"] and answer["by"] == "odd"
    assert alice.say("still here")["type"] == "ok"


def test_state_of_a_room_keeps_to_its_own_members(server, alice):
    alice.say("/odd state")
    bob = server.client("bob")
    raw = bob.request("join", room="lobby")
    assert raw["type"] == "ok" and raw["seq"] == 0 and raw["own"] == 1 and "odd" not in raw
    assert bob.say("still here")["type"] == "ok"


def test_answer_has_each_member_once(server):
    with Raw(server.port) as raw:
        raw.enter("alice")
        raw.send_json("odd", id="x")
        while not (text := raw.read_frame().payload.decode()).startswith('{"type":"ok","id":"x"'):
            pass
        assert text == '{"type":"ok","id":"x","n":2}'


def test_reply_is_for_the_session_that_asked(chatd, abi_modules):
    server = chatd(modules="module odd {}", module_dir=abi_modules("odd"),
                   config="resume_window = 30s\nmax_message_bytes = \"1M\"")
    alice = server.client("alice", room="lobby")
    tab = server.client()
    tab.login("alice", resume={"token": alice.welcome["resume_token"]})
    assert tab.welcome["resumed"]
    alice.say("/odd")
    assert alice.expect("notice")
    tab.sync()
    assert not tab.of_type("notice")


@pytest.mark.parametrize("end", ["reload", "unload", "the server's"])
def test_jobs_are_done_before_stop(chatd, abi_modules, end):
    server = chatd(modules="module odd { job = yes }", module_dir=abi_modules("odd"))
    if end == "the server's":
        server.stop()
    else:
        server.write_modules("module odd { }" if end == "reload" else "")
        server.reload()
    log = server.log()
    assert 0 < log.index("odd: the job is done") < log.index("odd: stops")
