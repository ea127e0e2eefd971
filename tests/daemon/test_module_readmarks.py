"""The module readmarks: marks go up, stay with the user, and are nobody else's business."""

import pytest

from harness import wait_until


@pytest.fixture
def server(chatd):
    return chatd(modules="module readmarks {}", config='resume_window = "30s"')


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    """Who has seen three messages."""
    bob = server.client("bob", room="lobby")
    for text in "abc":
        alice.say(text)
    bob.sync()
    return bob


def read(client, seq, room="lobby", **fields):
    return client.request("read", room=room, seq=seq, **fields)


def another_session(server, client, token=None):
    tab = server.client()
    tab.login(client.nick, resume={"token": token or client.welcome["resume_token"]})
    assert tab.user_id == client.user_id
    return tab


def state_of(client, room="lobby"):
    return next(each for each in client.welcome["rooms"] if each["room"] == room)


def test_announces_its_feature(alice):
    assert "readmarks" in alice.hello["features"]


def test_mark_is_answered(bob):
    answer = read(bob, 2)
    assert answer["type"] == "ok" and answer["room"] == "lobby" and answer["read_seq"] == 2


def test_mark_goes_up_only(bob):
    assert [read(bob, seq)["read_seq"] for seq in (2, 1, 0, 2, 3, 1)] == [2, 2, 2, 2, 3, 3]


def test_nothing_read_is_nothing(bob):
    assert read(bob, 0)["read_seq"] == 0
    assert "read_seq" not in bob.join("lobby")


@pytest.mark.parametrize("seq", [None, -1, 1.5, "1", [1], 10**30])
def test_seq_that_is_no_number_is_refused(bob, seq):
    answer = read(bob, seq)
    assert (answer["code"], answer["by"]) == ("bad_request", "readmarks")


def test_seq_that_is_not_there_yet_is_refused(alice, bob):
    assert read(bob, 4)["code"] == "bad_request"
    alice.say("d")
    assert read(bob, 4)["read_seq"] == 4


def test_empty_room(server):
    carol = server.client("carol", room="empty")
    assert read(carol, 1, room="empty")["code"] == "bad_request"
    assert read(carol, 0, room="empty")["read_seq"] == 0


def test_who_is_not_in_the_room(server, bob):
    carol = server.client("carol")
    assert read(carol, 1)["code"] == "forbidden"


def test_rate_is_limited(alice, bob):
    answers = [read(bob, 1) for _ in range(65)]
    assert [answer["type"] for answer in answers[:60]] == ["ok"] * 60
    assert answers[-1]["code"] == "rate_limited" and answers[-1]["retry_after"] > 0


def test_own_messages_move_nothing(alice, bob):
    bob.say("mine")
    assert "read_seq" not in bob.join("lobby")
    read(bob, 2)
    bob.say("mine")
    assert bob.join("lobby")["read_seq"] == 2


# ---- Who is told --------------------------------------------------------------------------------

def test_other_sessions_are_told(server, bob):
    tab, phone = another_session(server, bob), another_session(server, bob)
    read(tab, 2)
    for client in bob, phone:
        assert client.expect("read") == {"type": "read", "room": "lobby", "seq": 2}
    tab.sync()
    assert not tab.of_type("read")


def test_nobody_else_is_told(alice, bob):
    read(bob, 3)
    alice.sync()
    assert not alice.of_type("read")
    assert "read_seq" not in alice.join("lobby")


def test_what_goes_not_up_is_not_told(server, bob):
    tab = another_session(server, bob)
    for seq in 2, 2, 1, 0:
        read(bob, seq)
    tab.expect("read", seq=2)
    tab.sync()
    assert not tab.of_type("read")


def test_sessions_share_the_mark(server, bob):
    tab = another_session(server, bob)
    read(bob, 3)
    assert read(tab, 2)["read_seq"] == 3


# ---- Where it is found again --------------------------------------------------------------------

def test_join_tells_it(server, alice, bob):
    read(bob, 2)
    assert bob.join("lobby")["read_seq"] == 2
    bob.request("leave", room="lobby")
    assert bob.join("lobby")["read_seq"] == 2


def test_welcome_tells_it(server, bob):
    read(bob, 2)
    bob.drop()
    tab = another_session(server, bob)
    assert state_of(tab)["read_seq"] == 2


def test_welcome_does_not_tell_what_is_not_known(server, bob):
    assert "read_seq" not in state_of(another_session(server, bob))


def test_rooms_have_their_own(alice, bob):
    alice.join("other"), bob.join("other")
    alice.say("x", room="other")
    read(bob, 3)
    read(bob, 1, room="other")
    assert bob.join("lobby")["read_seq"] == 3
    assert bob.join("other")["read_seq"] == 1


def test_name_is_not_the_user(server, alice, bob):
    """A later user with the same nick has read nothing."""
    read(bob, 3)
    bob.close()
    wait_until(lambda: alice.join("lobby")["count"] == 1)
    assert "read_seq" not in server.client("bob").join("lobby")


def test_room_that_was_made_anew_is_unread(server, alice, bob):
    epoch = bob.joined["epoch"]
    read(bob, 3)
    for client in alice, bob:
        client.request("leave", room="lobby")
    assert bob.join("lobby")["epoch"] != epoch
    assert "read_seq" not in bob.joined
    for text in "ab":
        bob.say(text)
    assert read(bob, 1)["read_seq"] == 1
    assert bob.join("lobby")["read_seq"] == 1


@pytest.mark.parametrize("room", ["type", "ж" * 32, "\"\\{}", "a.b"])
def test_odd_names_of_rooms(bob, room):
    bob.join(room)
    bob.say("x", room=room)
    assert read(bob, 1, room=room)["read_seq"] == 1
    assert bob.join(room)["read_seq"] == 1


def test_long_names_of_rooms(chatd):
    server = chatd(modules="module readmarks {}", config="max_room_bytes = 255")
    alice = server.client("alice", room="x" * 255)
    alice.say("x", room="x" * 255)
    assert read(alice, 1, room="x" * 255)["read_seq"] == 1
    assert alice.join("x" * 255)["read_seq"] == 1


# ---- Room for marks -----------------------------------------------------------------------------

def test_marks_of_rooms_that_were_left_make_room(chatd):
    server = chatd(modules="module readmarks {}", config="max_user_data = 1k")
    alice = server.client("alice", room="lobby")
    alice.say("x")
    assert read(alice, 1)["read_seq"] == 1
    keeper = server.client("keeper")
    for i in range(50):
        room = f"room{i}"
        keeper.join(room), alice.join(room)
        alice.say("x", room=room)
        assert read(alice, 1, room=room)["read_seq"] == 1
        assert alice.join(room)["read_seq"] == 1
        alice.request("leave", room=room)
    assert alice.join("lobby")["read_seq"] == 1
    assert alice.join("room49")["read_seq"] == 1
    assert "read_seq" not in alice.join("room0")


def test_too_many_marks_are_refused(chatd):
    server = chatd(modules="module readmarks {}", config="max_user_data = 1k")
    alice = server.client("alice", room="lobby")
    answers = []
    for i in range(50):
        alice.join(f"room{i}")
        alice.say("x", room=f"room{i}")
        answers.append(read(alice, 1, room=f"room{i}"))
    assert answers[0]["type"] == "ok"
    assert (answers[-1]["code"], answers[-1]["by"]) == ("unavailable", "readmarks")
    assert alice.join("room0")["read_seq"] == 1
    assert "read_seq" not in alice.join("room49")


# ---- Reload -------------------------------------------------------------------------------------

def test_marks_outlive_the_module(server, bob):
    read(bob, 2)
    server.write_modules("")
    server.reload()
    assert read(bob, 3)["code"] == "unknown_type"
    assert "read_seq" not in bob.join("lobby")
    server.write_modules("module readmarks { priority = 1 }")
    assert server.reload() == "read again"
    assert bob.join("lobby")["read_seq"] == 2
    assert read(bob, 3)["read_seq"] == 3
