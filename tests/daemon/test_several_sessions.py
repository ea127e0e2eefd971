"""Several sessions of one user, and the rooms of the configuration."""

import pytest


@pytest.fixture
def sessions(chatd):
    """Two of alice's."""
    server = chatd(config="resume_window = 30s")
    first = server.client("alice")
    second = server.client()
    second.login("alice", resume={"token": first.welcome["resume_token"], "rooms": {}})
    return first, second


def test_joins_and_leaves_are_told_to_the_other_sessions(sessions):
    first, second = sessions
    joined = first.join("lobby")
    told = second.expect("joined")
    assert (told["room"], told["epoch"], told["seq"]) == ("lobby", joined["epoch"], 0)
    assert first.say("x")["type"] == "ok"
    assert second.expect("message")["text"] == "x"
    second.request("leave", room="lobby")
    assert first.expect("left") == {"type": "left", "room": "lobby"}
    first.sync()
    second.sync()
    assert not first.of_type("joined") and not second.of_type("left")


def test_joining_again_is_told_to_nobody(sessions):
    first, second = sessions
    first.join("lobby")
    second.expect("joined")
    first.join("lobby")
    second.join("lobby")
    first.sync()
    second.sync()
    assert not first.of_type("joined") and not second.of_type("joined")


def test_rooms_of_the_configuration_are_always_there(chatd):
    server = chatd(config='rooms = { "lobby", "garden" }')
    alice = server.client("alice", room="lobby")
    epoch = alice.joined["epoch"]
    assert alice.say("x")["seq"] == 1
    alice.request("leave", room="lobby")
    assert sorted((room["room"], room["count"]) for room in alice.request("rooms")["rooms"]) == [
        ("garden", 0), ("lobby", 0)]
    assert alice.join("lobby")["seq"] == 1 and alice.joined["epoch"] == epoch


def test_rooms_of_the_configuration_change_with_it(chatd):
    server = chatd(config='rooms = { "lobby", "garden" }')
    alice = server.client("alice", room="lobby")
    server.write_config('rooms = { "cellar" }')
    assert server.reload() == "read again"
    rooms = {room["room"]: room["count"] for room in alice.request("rooms")["rooms"]}
    assert rooms == {"cellar": 0, "lobby": 1}
    alice.request("leave", room="lobby")
    assert [room["room"] for room in alice.request("rooms")["rooms"]] == ["cellar"]


def test_room_of_the_configuration_with_an_impossible_name_is_said(chatd):
    server = chatd(config='rooms = { "a b", "good" }')
    assert "rooms: a b: " in server.log()
    assert [room["room"] for room in server.client("alice").request("rooms")["rooms"]] == ["good"]


@pytest.mark.parametrize("patterns, may, may_not", [
    ('{}', [], ["garden"]),
    ('{ "game-*", "?" }', ["game-1", "x"], ["garden", "xy"]),
    ('{ "*" }', ["garden"], [])])
def test_new_rooms_have_the_names_that_they_may(chatd, patterns, may, may_not):
    server = chatd(config=f'rooms = {{ "lobby" }}\nnew_rooms = {patterns}')
    alice = server.client("alice", room="lobby")
    assert all(alice.join(room) for room in may)
    assert [alice.request("join", room=room)["code"] for room in may_not] == ["not_found"] * len(
        may_not)
