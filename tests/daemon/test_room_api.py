"""What modules may do to rooms, sessions and bots: tests/abi/rooms.c, seen by witness.c."""

import json
import re
import shutil

import pytest

import harness
from harness import MODULE_DIR, build_module, wait_until


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "modules"
    folder.mkdir()
    for name in ("rooms", "witness"):
        build_module(name, folder)
    shutil.copy(MODULE_DIR / "userlist.so", folder)
    return folder


@pytest.fixture
def server(chatd, folder):
    return chatd(modules='module rooms {}\nmodule witness {}\nmodule userlist { interval = "0s" }',
                 module_dir=folder)


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    return server.client("bob", room="lobby")


def call(client, text):
    answer = client.say(text)
    assert answer["type"] == "ok", answer
    return answer.get("result")


# ---- Topics -------------------------------------------------------------------------------------

def test_topic_is_an_event_with_a_number(alice, bob):
    assert alice.say("x")["seq"] == 1
    assert call(alice, "/topic All about \"cats\"") == 0
    event = bob.expect("topic")
    assert (event["seq"], event["topic"], event["from"]["nick"]) == (2, 'All about "cats"', "alice")
    assert event["ts"] > 0 and alice.say("y")["seq"] == 3


def test_topic_is_in_the_answers_of_join_and_rooms(server, alice):
    assert "topic" not in alice.join("lobby")
    call(alice, "/topic Cats")
    assert server.client("carol").join("lobby")["topic"] == "Cats"
    assert alice.request("rooms")["rooms"] == [{"room": "lobby", "count": 2, "topic": "Cats"}]
    call(alice, "/show_topic")
    assert alice.expect("notice")["text"] == "Cats"
    call(alice, "/topic")
    assert "topic" not in alice.join("lobby")


@pytest.mark.parametrize("size, result", [(20, 0), (21, -90)])
def test_topic_is_limited(chatd, folder, size, result):
    server = chatd(modules="module rooms {}", module_dir=folder, config="max_topic_bytes = 20")
    assert call(server.client("alice", room="lobby"), "/topic " + "x" * size) == result


# ---- Kicks --------------------------------------------------------------------------------------

def test_kick_tells_the_kicked_and_shows_a_leave(server, alice, bob):
    assert call(alice, "/kick BOB") == 0
    assert bob.expect("kicked") == {"type": "kicked", "room": "lobby", "reason": 'for a "test"'}
    alice.take(lambda got: got["type"] == "presence" and [
        who["nick"] for who in got.get("left", [])] == ["bob"], "bob's leave")
    assert bob.say("x")["code"] == "forbidden"
    assert bob.join("lobby")["count"] == 2


def test_kick_of_all_sessions(server, alice):
    assert call(alice, "/kick alice") == 0
    assert alice.expect("kicked")["room"] == "lobby"
    assert alice.request("rooms")["rooms"] == []


def test_kick_of_who_is_not_in_the_room(server, alice):
    server.client("carol")
    assert call(alice, "/kick carol") == -2
    assert alice.say("/kick nobody")["code"] == "not_found"


@pytest.mark.parametrize("code", [4000, 4500, 4501, 4999])
def test_session_is_closed_with_a_code(server, alice, bob, code):
    assert call(alice, f"/close {code} bob") == 0
    assert bob.wait_closed() == code
    wait_until(lambda: alice.join("lobby")["count"] == 1)


@pytest.mark.parametrize("code", [0, 1000, 1008, 3999, 5000])
def test_session_is_not_closed_with_other_codes(alice, bob, code):
    assert call(alice, f"/close {code} bob") == -22
    bob.sync()


# ---- Bots in rooms ------------------------------------------------------------------------------

def test_bot_joins_and_leaves(alice):
    assert call(alice, "/bot_join lobby") == 0
    joined = alice.take(lambda got: got["type"] == "presence" and got.get("joined", []) and
                        got["joined"][0]["nick"] == "roomy", "the bot")["joined"]
    assert joined[0]["bot"] is True
    assert [who["nick"] for who in alice.join("lobby")["members"]] == ["alice", "roomy"]
    assert call(alice, "/bot_leave lobby") == 0
    assert alice.join("lobby")["count"] == 1


def test_bot_keeps_a_room_alive(server, alice):
    assert call(alice, "/bot_join den") == 0
    assert {"room": "den", "count": 1} in alice.request("rooms")["rooms"]
    epoch = alice.join("den")["epoch"]
    alice.request("leave", room="den")
    assert alice.join("den")["epoch"] == epoch
    assert call(alice, "/bot_leave den") == 0
    alice.request("leave", room="den")
    assert [room["room"] for room in alice.request("rooms")["rooms"]] == ["lobby"]


@pytest.mark.parametrize("name", ["", "a b", "x" * 65])
def test_bot_cannot_join_a_room_that_cannot_be(alice, name):
    assert call(alice, f"/bot_join {name}") == -22


def test_bot_stays_in_its_rooms_across_a_reload(server, folder, alice):
    call(alice, "/bot_join lobby")
    build_module("rooms", folder, "-DANOTHER")
    server.reload()
    server.wait_log("modules as in")
    assert alice.join("lobby")["count"] == 2
    assert call(alice, "/bot_leave lobby") == 0
    assert alice.join("lobby")["count"] == 1


def test_bot_is_refused_by_filters_of_other_modules(chatd, folder):
    build_module("waiter", folder)
    server = chatd(modules='module waiter { timeout = "50ms" }\nmodule rooms {}', module_dir=folder)
    alice = server.client("alice", room="lobby")
    assert call(alice, "/bot_join waiting") == 0
    server.wait_log("rooms: its join was refused by waiter: there was no answer in time")
    assert [room["room"] for room in alice.request("rooms")["rooms"]] == ["lobby"]


# ---- Events -------------------------------------------------------------------------------------

def test_durable_event_has_its_place_in_the_order(server, alice, bob):
    assert alice.say("x", cid="mine")["seq"] == 1
    assert call(alice, "/event 1 vote choice") == 0
    assert alice.say("y")["seq"] == 3
    event = bob.expect("vote")
    ts = event.pop("ts")
    assert event == {"type": "vote", "room": "lobby", "seq": 2, "choice": "value",
                     "from": alice.welcome["user"]}
    assert ts > 0
    saw = re.findall(r"witness: saw lobby (\w+) (\d+) by (\w+) cid '(\w*)' 1: (.*)", server.log())
    assert [line[:4] for line in saw] == [
        ("message", "1", "alice", "mine"), ("vote", "2", "alice", ""), ("message", "3", "alice", "")]
    assert json.loads(saw[0][4]) == {
        key: value for key, value in alice.expect("message", seq=1).items() if key != "cid"}
    assert json.loads(saw[1][4]) == {**event, "ts": ts}


def test_ephemeral_event_has_no_number(server, alice, bob):
    assert call(alice, "/event 0 wave to") == 0
    assert bob.expect("wave") == {"type": "wave", "room": "lobby", "to": "value"}
    assert alice.say("x")["seq"] == 1
    assert "saw lobby wave" not in server.log()


@pytest.mark.parametrize("arguments", [
    "1 message x", "0 message x", "1 ok x", "0 hello x", "1 a/b x", "1 vote seq", "1 vote ts",
    "1 vote from", "1 vote room", "0 wave room", "0 wave type"])
def test_names_of_the_core_are_refused(server, alice, arguments):
    assert call(alice, f"/event {arguments}") == -22
    assert alice.say("x")["seq"] == 1


def test_answer_may_not_replace_the_id(alice):
    assert call(alice, "/reserved") == -22


def test_events_that_answer_each_other_end(chatd, folder):
    harness.compile_module(harness.SRCDIR / "tests/abi/witness.c", folder / "witness2.so",
                           '-DWITNESS="witness2"')
    server = chatd(modules="module rooms {}\nmodule witness {}\nmodule witness2 {}",
                   module_dir=folder)
    alice = server.client("alice", room="lobby")
    call(alice, "/event 1 ping-pong x")
    alice.sync()
    assert 8 <= len(alice.of_type("ping-pong")) <= 600
    assert server.counters()["hop_limit"] > 0
    count = len(alice.of_type("ping-pong"))
    alice.sync()
    assert len(alice.of_type("ping-pong")) == count


# ---- Walks --------------------------------------------------------------------------------------

def test_walks(server, alice, bob):
    alice.join("den")
    bob.join("garden")
    call(alice, "/walk")
    words = alice.expect("notice")["text"]
    users, rooms, mine, members, addresses = re.fullmatch(
        "users:(.*) rooms:(.*) mine:(.*) members:(.*) addresses:(.*)", words).groups()
    assert sorted(users.split()) == ["alice", "bob", "roomy"]
    assert sorted(rooms.split()) == ["den", "garden", "lobby"]
    assert sorted(mine.split()) == ["den", "lobby"]
    assert members.split() == ["alice", "bob"]
    assert re.fullmatch(r" 127\.0\.0\.1:\d+", addresses)
