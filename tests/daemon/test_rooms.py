"""join, leave and rooms."""

import pytest


@pytest.fixture
def server(chatd):
    return chatd()


def error(answer, code):
    return answer["type"] == "error" and answer["code"] == code and answer["message"]


def names(client):
    return sorted(room["room"] for room in client.request("rooms")["rooms"])


def test_join_tells_the_room(server):
    joined = server.client("alice").request("join", room="lobby")
    assert joined["type"] == "ok"
    assert joined["room"] == "lobby"
    assert joined["seq"] == 0
    assert joined["count"] == 1
    assert isinstance(joined["epoch"], str) and joined["epoch"]


def test_join_tells_where_the_room_is(server):
    alice = server.client("alice", room="lobby")
    for i in range(3):
        alice.say(f"{i}")
    bob = server.client("bob", room="lobby")
    assert bob.joined["seq"] == 3
    assert bob.joined["count"] == 2
    assert bob.joined["epoch"] == alice.joined["epoch"]


def test_joining_twice_is_one_membership(server):
    alice = server.client("alice", room="lobby")
    again = alice.join("lobby")
    assert again["count"] == 1
    alice.say("once")
    alice.sync()
    assert len(alice.of_type("message")) == 1
    assert alice.request("leave", room="lobby")["type"] == "ok"
    assert error(alice.say("gone"), "forbidden")


def test_leave(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    answer = bob.request("leave", room="lobby")
    assert (answer["type"], answer["room"]) == ("ok", "lobby")
    alice.say("bob is gone")
    bob.sync()
    assert not bob.of_type("message")
    assert alice.join("lobby")["count"] == 1


def test_leaving_a_room_without_being_in_it(server):
    alice = server.client("alice")
    assert error(alice.request("leave", room="lobby"), "forbidden") or error(
        alice.request("leave", room="lobby"), "not_found")


def test_disconnect_is_a_leave(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    bob.close()
    from harness import wait_until
    wait_until(lambda: alice.join("lobby")["count"] == 1)


def test_rooms_lists_them(server):
    alice, bob = server.client("alice", room="one"), server.client("bob", room="one")
    bob.join("two")
    rooms = {room["room"]: room["count"] for room in alice.request("rooms")["rooms"]}
    assert rooms == {"one": 2, "two": 1}


def test_messages_stay_in_their_room(server):
    alice, bob = server.client("alice", room="one"), server.client("bob", room="two")
    alice.say("for one", room="one")
    bob.sync()
    assert not bob.of_type("message")


def test_rooms_count_for_themselves(server):
    alice = server.client("alice", room="one")
    alice.join("two")
    numbers = [alice.say("x", room=room)["seq"] for room in ("one", "two", "one", "two")]
    assert numbers == [1, 1, 2, 2]


def test_numbers_go_on_after_the_last_one_left(server):
    """(room, epoch, seq) names a message for good: the numbers go on or the epoch changes."""
    alice = server.client("alice")
    before = alice.join("lobby")
    alice.say("first")
    alice.request("leave", room="lobby")
    after = alice.join("lobby")
    assert after["seq"] == 1 or after["epoch"] != before["epoch"]


@pytest.mark.parametrize("room", ["lobby", "a", "x" * 64, "Ünïcode", "日本", "room-1", "a.b_c"])
def test_room_name_is_taken(server, room):
    assert server.client("alice").join(room)["room"] == room


@pytest.mark.parametrize("room", [
    "", " ", "x" * 65, "é" * 33, "a\nb", "\u200b", "a\u202eb", None, 1, True, [], {}])
def test_room_name_is_refused(server, room):
    alice = server.client("alice")
    assert error(alice.request("join", room=room), "bad_request")
    alice.sync()


def test_rooms_per_user_are_limited(chatd):
    alice = chatd(config="max_rooms_per_user = 3").client("alice")
    for i in range(3):
        alice.join(f"room{i}")
    answer = alice.request("join", room="room3")
    assert answer["type"] == "error", answer
    assert alice.join("room0")["type"] == "ok"  # is in it already
    alice.request("leave", room="room1")
    alice.join("room3")


def test_rooms_are_limited(chatd):
    server = chatd(config="max_rooms = 2")
    alice = server.client("alice", room="one")
    alice.join("two")
    assert alice.request("join", room="three")["type"] == "error"
    server.client("bob", room="one")


def test_empty_rooms_do_not_count_for_ever(chatd):
    alice = chatd(config="max_rooms = 2").client("alice")
    for i in range(20):
        alice.join(f"room{i}")
        alice.request("leave", room=f"room{i}")
    assert names(alice) in ([], ["room19"])


@pytest.mark.parametrize("type, fields, limit", [("rooms", {}, 20), ("join", {"room": "x"}, 300)])
def test_long_answers_are_limited(chatd, type, fields, limit):
    alice = chatd().client("alice")
    answers = [alice.request(type, **fields) for _ in range(limit + 1)]
    assert {answer["type"] for answer in answers[:limit]} == {"ok"}
    assert answers[limit]["code"] == "rate_limited" and answers[limit]["retry_after"] > 0


@pytest.mark.parametrize("key, type, fields", [
    ("max_joins", "join", {"room": "lobby"}), ("max_room_lists", "rooms", {}),
    ("max_messages", "message", {"room": "lobby", "text": "x"})])
def test_requests_of_a_kind_are_limited_as_configured(chatd, key, type, fields):
    server = chatd()
    alice = server.client("alice", room="lobby")
    server.write_config(f"{key} = 3")  # a limit that was none, or another one
    server.reload()
    codes = [alice.request(type, **fields).get("code") for _ in range(5)]
    # Joining the lobby was a request, too.
    assert codes == [None] * (2 if type == "join" else 3) + ["rate_limited"] * (
        3 if type == "join" else 2)
    assert server.counters()["rate_limited"] == codes.count("rate_limited")
    server.write_config(f"{key} = 0")
    server.reload()
    assert alice.request(type, **fields)["type"] == "ok"


def test_messages_are_not_limited_at_first(chatd):
    alice = chatd().client("alice", room="lobby")
    for _ in range(400):
        alice.send("message", room="lobby", text="x")
    alice.sync()
    assert alice.of_type("error") == []
