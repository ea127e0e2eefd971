"""The module typing."""

import time

import pytest

# Long times: what a test does not want to happen by itself does not happen.
CALM = 'module typing { throttle = 30s  expire = 60s }'


def type_(client, state, room="lobby"):
    answer = client.request("typing", room=room, state=state)
    assert answer["type"] == "ok", answer


def states(client):
    """All states that the client has been told and not yet asked for, in order."""
    client.sync()
    told = [client.expect("typing")["state"] for _ in client.of_type("typing")]
    assert not client.of_type("typing")
    return told


@pytest.fixture
def server(chatd):
    return chatd(modules=CALM)


def test_announces_its_feature(server):
    assert "typing" in server.client().hello["features"]


def test_others_see_it(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, "active")
    assert bob.expect("typing") == {
        "type": "typing", "room": "lobby", "user": {"id": alice.user_id, "nick": "alice"},
        "state": "active"}


def test_the_typist_does_not_see_it(server):
    alice = server.client("alice", room="lobby")
    type_(alice, "active")
    type_(alice, "done")
    assert states(alice) == []


def test_other_rooms_do_not_see_it(server):
    alice, bob = server.client("alice", room="one"), server.client("bob", room="two")
    alice.join("two")
    type_(alice, "active", room="one")
    assert states(bob) == []


def test_states_follow_each_other(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    for state in ("active", "paused", "active", "done", "active"):
        type_(alice, state)
    assert states(bob) == ["active", "paused", "active", "done", "active"]


@pytest.mark.parametrize("state", ["sleeping", "", "ACTIVE", None, 1, ["active"]])
def test_unknown_state_is_refused(server, state):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    answer = alice.request("typing", room="lobby", state=state)
    assert (answer["type"], answer["code"]) == ("error", "bad_request")
    assert states(bob) == []


def test_not_in_the_room(server):
    alice, bob = server.client("alice"), server.client("bob", room="lobby")
    assert alice.request("typing", room="lobby", state="active")["type"] == "error"
    assert states(bob) == []


def test_rate_is_limited(server):
    alice = server.client("alice", room="lobby")
    answers = [alice.request("typing", room="lobby", state="active") for _ in range(40)]
    assert [answer["type"] for answer in answers[:10]] == ["ok"] * 10
    assert answers[-1]["code"] == "rate_limited"


# ---- throttle ------------------------------------------------------------------------------------

@pytest.mark.parametrize("state", ["active", "paused"])
def test_repeats_are_swallowed(server, state):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    for _ in range(5):
        type_(alice, state)
    assert states(bob) == [state]


def test_repeats_are_passed_on_after_the_throttle(chatd):
    server = chatd(modules="module typing { throttle = 50ms  expire = 60s }")
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, "active")
    time.sleep(0.06)
    type_(alice, "active")
    assert states(bob) == ["active", "active"]


def test_throttle_is_per_user(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    carol = server.client("carol", room="lobby")
    type_(alice, "active")
    type_(bob, "active")
    carol.sync()
    assert [event["user"]["nick"] for event in carol.of_type("typing")] == ["alice", "bob"]


# ---- the end of it -------------------------------------------------------------------------------

@pytest.mark.parametrize("state", ["active", "paused"])
def test_expires(chatd, state):
    server = chatd(modules="module typing { throttle = 0ms  expire = 100ms }")
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, state)
    begun = time.monotonic()
    bob.expect("typing", state=state)
    bob.expect("typing", state="done")
    assert time.monotonic() - begun > 0.05
    bob.expect_none("typing", within=0.3)


def test_swallowed_repeats_put_the_end_off(chatd):
    server = chatd(modules="module typing { throttle = 1s  expire = 1500ms }")
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, "active")
    time.sleep(0.7)
    type_(alice, "active")  # within the throttle
    time.sleep(1.0)         # 1.7 s after the first
    assert states(bob) == ["active"]
    bob.expect("typing", state="done")


def test_message_ends_it(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, "active")
    alice.say("here it is")
    bob.sync()
    kinds = [event["type"] for event in bob.events if event["type"] in ("typing", "message")]
    assert kinds == ["typing", "message", "typing"]
    assert states(bob) == ["active", "done"]


def test_message_in_another_room_does_not_end_it(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    alice.join("other")
    type_(alice, "active")
    alice.say("elsewhere", room="other")
    assert states(bob) == ["active"]


def test_who_did_not_type_is_not_done(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    alice.say("at once")
    type_(alice, "done")
    alice.request("leave", room="lobby")
    assert states(bob) == []


def test_done_is_told_once(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, "active")
    type_(alice, "done")
    type_(alice, "done")
    alice.say("nothing more to tell")
    alice.request("leave", room="lobby")
    assert states(bob) == ["active", "done"]


def test_typing_again_after_the_message_is_not_a_repeat(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    for _ in range(2):
        type_(alice, "active")
        alice.say("x")
    assert states(bob) == ["active", "done", "active", "done"]


def test_leave_ends_it(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, "active")
    alice.request("leave", room="lobby")
    assert states(bob) == ["active", "done"]


def test_disconnect_ends_it(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, "active")
    alice.close()
    bob.expect("typing", state="active")
    assert bob.expect("typing", state="done")["user"]["nick"] == "alice"


def test_timer_of_who_left_is_gone(chatd):
    server = chatd(modules="module typing { throttle = 0ms  expire = 100ms }")
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    type_(alice, "active")
    alice.request("leave", room="lobby")
    alice.join("lobby")
    assert states(bob) == ["active", "done"]
    bob.expect_none("typing", within=0.3)


def test_stops_while_somebody_types(server):
    type_(server.client("alice", room="lobby"), "active")
    assert server.stop() == 0


# ---- options -------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, said", [
    ("throttle = 6s", "throttle"),
    ("expire = 1s", "throttle"),
    ("expire = 10ms", "expire"),
    ("throttle = 2m", "throttle"),
    ("expire = soon", "expire"),
    ("expires = 6s", "expires"),
])
def test_bad_options(chatd_check, options, said):
    code, output = chatd_check(modules="module typing { %s }" % options)
    assert code == 78
    assert said in output
