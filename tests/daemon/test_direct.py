"""Direct messages: rooms of two."""

import pytest

from harness import wait_until


@pytest.fixture
def server(chatd):
    return chatd(modules="module userlist {}")


@pytest.fixture
def alice(server):
    return server.client("alice")


@pytest.fixture
def bob(server):
    return server.client("bob")


def name_of(*users):
    return "dm:" + ":".join(sorted(user.user_id for user in users))


def test_both_are_in_the_room_and_told_of_each_other(alice, bob):
    answer = alice.request("dm", user=bob.user_id)
    assert answer["room"] == name_of(alice, bob)
    assert answer["with"] == {"id": bob.user_id, "nick": "bob"}
    assert answer["seq"] == 0 and answer["count"] == 1
    bob.sync()
    assert not bob.of_type("joined")  # there is nothing to read yet
    assert alice.say("psst", room=answer["room"])["seq"] == 1
    joined = bob.expect("joined")
    assert joined["room"] == answer["room"] and joined["seq"] == 0 and joined["count"] == 2
    assert joined["with"] == {"id": alice.user_id, "nick": "alice"}
    assert bob.expect("message")["text"] == "psst"
    assert bob.request("dm", user=alice.user_id)["seq"] == 1


def test_nobody_else_may_join_or_read(server, alice, bob):
    room = alice.request("dm", user=bob.user_id)["room"]
    carol = server.client("carol")
    assert carol.request("join", room=room)["code"] == "forbidden"
    assert carol.say("x", room=room)["code"] == "forbidden"
    assert carol.request("join", room=room)["code"] == "forbidden"
    alice.say("x", room=room)
    carol.sync()
    assert not carol.of_type("message")


def test_rooms_of_two_are_in_no_list(alice, bob):
    alice.request("dm", user=bob.user_id)
    alice.join("lobby")
    assert [room["room"] for room in alice.request("rooms")["rooms"]] == ["lobby"]


@pytest.mark.parametrize("user, code", [
    ("0" * 16, "not_found"), ("nobody", "bad_request"), ("", "bad_request"), (7, "bad_request"),
    (None, "bad_request"), ("A" * 16, "bad_request")])
def test_there_has_to_be_somebody(alice, user, code):
    assert alice.request("dm", user=user)["code"] == code


def test_nobody_talks_to_himself(alice):
    assert alice.request("dm", user=alice.user_id)["code"] == "bad_request"


@pytest.mark.parametrize("name", ["dm:", "dm:x", "dm:" + "0" * 16, "dm:" + "1" * 16 + ":" + "0" * 16,
                                  "dm:" + "0" * 16 + ":" + "0" * 16,
                                  "dm:" + "0" * 16 + "-" + "1" * 16])
def test_other_rooms_have_no_such_names(alice, name):
    assert alice.request("join", room=name)["code"] == "bad_request"


def test_message_brings_back_who_has_left(alice, bob):
    room = alice.request("dm", user=bob.user_id)["room"]
    alice.say("one", room=room)
    bob.expect("message")
    bob.expect("joined")
    bob.request("leave", room=room)
    alice.say("two", room=room)
    assert bob.expect("joined")["room"] == room
    assert bob.expect("message")["text"] == "two"


def test_who_joins_by_name_is_in_it(alice, bob):
    room = alice.request("dm", user=bob.user_id)["room"]
    assert bob.join(room)["with"]["nick"] == "alice"


def test_other_one_may_have_gone(alice, bob):
    room = alice.request("dm", user=bob.user_id)["room"]
    alice.say("one", room=room)
    bob.expect("message")
    bob.close()
    wait_until(lambda: alice.request("dm", user=bob.user_id)["count"] == 1)
    assert alice.say("two", room=room)["seq"] == 2


def test_rooms_of_two_have_a_limit_of_their_own(chatd):
    server = chatd(config="max_direct_rooms = 2\nmax_rooms_per_user = 1")
    alice, *others = (server.client(f"user{i}") for i in range(5))
    assert [alice.request("dm", user=other.user_id).get("code") for other in others[:3]] == [
        None, None, "forbidden"]
    assert alice.join("lobby")
    assert alice.request("join", room="garden")["code"] == "forbidden"
    assert server.counters()["over_limit"] == 2
    # Whom nobody can bring in any more cannot be written to, but by those with whom he wants to talk.
    answers = [other.say("hello", room=other.request("dm", user=alice.user_id)["room"])
               for other in others[1:]]
    assert [answer.get("code") for answer in answers] == [None, "unavailable", "unavailable"]
    assert alice.expect("message")["from"]["nick"] == "user2"


def test_strangers_cannot_keep_others_from_somebody(chatd):
    """Rooms that he was only brought to give way, the oldest first; in which he has spoken, do not."""
    server = chatd(config="max_direct_rooms = 2")
    alice, friend = server.client("alice"), server.client("friend")
    room = alice.request("dm", user=friend.user_id)["room"]
    alice.say("hello", room=room)
    for i in range(3):
        stranger = server.client(f"stranger{i}")
        stranger.say("buy", room=stranger.request("dm", user=alice.user_id)["room"])
        assert alice.expect("message", text="buy")
        stranger.close()
    alice.sync()
    assert len(alice.of_type("left")) == 2
    assert friend.say("still here", room=room)["type"] == "ok"
    assert alice.expect("message", text="still here")


def test_rooms_of_two_take_no_place_of_others(chatd):
    server = chatd(config="max_rooms = 1")
    alice, bob = server.client("alice"), server.client("bob")
    alice.say("x", room=alice.request("dm", user=bob.user_id)["room"])
    assert alice.join("lobby")
    assert alice.request("join", room="garden")["code"] == "unavailable"


def test_first_message_comes_to_who_was_away(chatd):
    server = chatd(config="resume_window = 30s")
    alice, bob = server.client("alice"), server.client("bob")
    alice.drop()
    bob.say("hello", room=bob.request("dm", user=alice.user_id)["room"])
    back = server.client()
    [room] = back.login("alice", resume={"token": alice.welcome["resume_token"],
                                         "rooms": {}})["rooms"]
    assert (room["seq"], room["recovered"], room["missed"]) == (0, True, 1)
    assert back.expect("message")["text"] == "hello"


def test_nick_of_the_other_one_stays_known(alice, bob):
    room = alice.request("dm", user=bob.user_id)["room"]
    alice.say("x", room=room)
    bob.expect("message")
    bob.close()
    wait_until(lambda: alice.join(room)["count"] == 1)
    assert alice.joined["with"] == {"id": bob.user_id, "nick": "bob"}


def test_room_with_nobody_cannot_be_joined(alice):
    name = "dm:" + ":".join(sorted([alice.user_id, "f" * 16]))
    assert alice.request("join", room=name)["code"] == "not_found"


def test_names_of_rooms_of_two_have_no_limit(chatd):
    server = chatd(config="max_room_bytes = 8")
    alice, bob = server.client("alice"), server.client("bob")
    assert alice.request("dm", user=bob.user_id)["type"] == "ok"


def test_direct_messages_can_be_switched_off(chatd):
    server = chatd(config="direct_messages = off")
    alice, bob = server.client("alice"), server.client("bob")
    assert "direct" not in alice.hello["features"]
    assert alice.request("dm", user=bob.user_id)["code"] == "forbidden"
    assert alice.request("join", room=name_of(alice, bob))["code"] == "not_found"


def test_rooms_of_two_come_back_with_the_session(chatd):
    server = chatd(config="resume_window = 30s")
    alice, bob = server.client("alice"), server.client("bob")
    room = alice.request("dm", user=bob.user_id)
    alice.drop()
    bob.join(room["room"])
    bob.say("are you there?", room=room["room"])
    back = server.client()
    welcome = back.login("alice", resume={
        "token": alice.welcome["resume_token"],
        "rooms": {room["room"]: {"epoch": room["epoch"], "seq": 0}}})
    assert welcome["rooms"][0]["with"]["nick"] == "bob"
    assert back.expect("message")["text"] == "are you there?"


@pytest.mark.parametrize("direct", [False, True])
def test_chatlog_writes_direct_messages_when_it_is_to(chatd, direct):
    server = chatd(modules=f"module chatlog {{ file = \"chat.log\"  direct = {str(direct).lower()} }}")
    alice, bob = server.client("alice"), server.client("bob")
    room = alice.request("dm", user=bob.user_id)["room"]
    alice.say("between us", room=room)
    alice.join("lobby")
    alice.say("for all")
    log = server.dir / "chat.log"
    wait_until(lambda: log.exists() and "for all" in log.read_text())
    assert ("between us" in log.read_text()) is direct


def test_greeter_greets_nobody_in_rooms_of_two(chatd):
    server = chatd(modules="module greeter {}")
    alice, bob = server.client("alice"), server.client("bob")
    alice.request("dm", user=bob.user_id)
    alice.join("lobby")
    assert alice.expect("notice")["room"] == "lobby"
    alice.sync()
    assert not alice.of_type("notice")
