"""The module userlist."""

import time

import pytest

# Long enough for a few requests, short enough to wait for.
QUICK = "module userlist { interval = 300ms }"


def nicks(members):
    return [member["nick"] for member in members]


def presence(client):
    event = client.expect("presence")
    return nicks(event["joined"]), nicks(event["left"]), event["count"]


@pytest.fixture
def server(chatd):
    return chatd(modules=QUICK)


def settled(server, *names, room="lobby"):
    """Clients that joined and have been told so."""
    clients = [server.client(name, room=room) for name in names]
    missing = set(names)
    while missing:
        missing -= set(presence(clients[0])[0])
    for client in clients:
        client.sync()
        client.events.clear()
    return clients


def test_announces_its_feature(server):
    assert "presence" in server.client().hello["features"]


def test_members_in_the_answer(server):
    alice = server.client("alice", room="lobby")
    assert alice.joined["members"] == [{"id": alice.user_id, "nick": "alice"}]
    bob = server.client("bob", room="lobby")
    assert sorted(nicks(bob.joined["members"])) == ["alice", "bob"]
    assert bob.joined["count"] == 2


def test_join_is_told(server):
    alice, = settled(server, "alice")
    bob = server.client("bob", room="lobby")
    assert alice.expect("presence") == {
        "type": "presence", "room": "lobby", "joined": [{"id": bob.user_id, "nick": "bob"}],
        "left": [], "count": 2}


def test_leave_is_told(server):
    alice, bob = settled(server, "alice", "bob")
    bob.request("leave", room="lobby")
    assert alice.expect("presence") == {
        "type": "presence", "room": "lobby", "joined": [],
        "left": [{"id": bob.user_id, "nick": "bob"}], "count": 1}


def test_disconnect_is_told(server):
    alice, bob = settled(server, "alice", "bob")
    bob.close()
    assert presence(alice) == ([], ["bob"], 1)


def test_changes_are_told_together_in_order(server):
    alice, bob, carol = settled(server, "alice", "bob", "carol")
    newcomers = [server.client(f"user{i}") for i in range(8)]
    for newcomer in newcomers:
        newcomer.send("join", room="lobby")
        newcomer.sync()
    carol.request("leave", room="lobby")
    bob.request("leave", room="lobby")
    joined, left = [], []
    events = 0
    while len(joined) < 8 or len(left) < 2:
        event = presence(alice)
        joined, left, events = joined + event[0], left + event[1], events + 1
    assert joined == [f"user{i}" for i in range(8)]
    assert left == ["carol", "bob"]
    assert events < 10
    assert event[2] == 9


def test_one_event_for_a_burst(chatd):
    server = chatd(modules="module userlist { interval = 2s }")
    alice = server.client("alice", room="lobby")
    others = [server.client(f"user{i}", room="lobby") for i in range(5)]
    assert presence(alice)[0] == ["alice"] + [other.nick for other in others]
    alice.sync()
    assert not alice.of_type("presence")


def test_waits_for_the_interval(chatd):
    server = chatd(modules="module userlist { interval = 1s }")
    begun = time.monotonic()
    alice = server.client("alice", room="lobby")
    alice.expect("presence")
    assert time.monotonic() - begun > 0.9


def test_who_came_and_went_is_not_mentioned(chatd):
    server = chatd(modules="module userlist { interval = 1s }")
    alice, bob = server.client("alice", room="lobby"), server.client("bob")
    for _ in range(3):
        bob.join("lobby")
        bob.request("leave", room="lobby")
    assert presence(alice) == (["alice"], [], 1)


def test_who_went_and_came_back_is_told_as_both(chatd):
    """Who got the members in between needs the join, all others nothing."""
    server = chatd(modules="module userlist { interval = 1s }")
    alice, bob = settled(server, "alice", "bob")
    bob.request("leave", room="lobby")
    bob.join("lobby")
    assert presence(alice) == (["bob"], ["bob"], 2)


def test_leave_after_a_snapshot_is_told(chatd):
    server = chatd(modules="module userlist { interval = 1s }")
    bob = server.client("bob", room="lobby")
    alice = server.client("alice", room="lobby")
    assert "bob" in nicks(alice.joined["members"])
    bob.close()
    assert presence(alice) == (["alice"], ["bob"], 1)


def test_join_before_a_snapshot_is_told_to_the_others(chatd):
    server = chatd(modules="module userlist { interval = 1s }")
    alice = server.client("alice", room="lobby")
    server.client("bob", room="lobby")
    carol = server.client("carol", room="lobby")
    assert nicks(carol.joined["members"]) and presence(alice)[0] == ["alice", "bob", "carol"]


def test_last_change_counts(chatd):
    server = chatd(modules="module userlist { interval = 1s }")
    alice, bob = settled(server, "alice", "bob")
    carol = server.client("carol")
    for client, times in ((bob, 3), (carol, 2)):
        for i in range(times):
            if client is bob:
                client.request("leave", room="lobby")
                client.join("lobby")
            else:
                client.join("lobby")
                client.request("leave", room="lobby")
    bob.request("leave", room="lobby")
    carol.join("lobby")
    joined, left, count = presence(alice)
    assert (joined, set(left), count) == (["carol"], {"bob"}, 2)


def test_nothing_is_told_when_nothing_happens(server):
    alice, = settled(server, "alice")
    alice.expect_none("presence", within=0.8)


def test_rooms_are_told_apart(server):
    alice, = settled(server, "alice", room="one")
    bob, = settled(server, "bob", room="two")
    server.client("carol", room="two")
    assert bob.expect("presence")["room"] == "two"
    alice.expect_none("presence", within=0.5)


def test_everybody_leaves_within_the_interval(chatd):
    server = chatd(modules="module userlist { interval = 200ms }")
    alice = server.client("alice", room="lobby")
    alice.request("leave", room="lobby")
    time.sleep(0.4)
    alice.join("lobby")
    assert presence(alice) == (["alice"], [], 1)


def test_stops_while_changes_wait(chatd):
    server = chatd(modules="module userlist { interval = 1m }")
    server.client("alice", room="lobby")
    assert server.stop() == 0


# ---- full_list_max -------------------------------------------------------------------------------

def test_large_room_has_only_a_count(chatd):
    server = chatd(modules="module userlist { full_list_max = 2  interval = 100ms }")
    alice, bob = settled(server, "alice", "bob")
    assert len(bob.joined["members"]) == 2
    carol = server.client("carol", room="lobby")
    assert "members" not in carol.joined
    assert carol.joined["count"] == 3
    assert alice.expect("presence") == {"type": "presence", "room": "lobby", "count": 3}
    carol.request("leave", room="lobby")
    assert presence(alice) == ([], ["carol"], 2)


def test_only_counts(chatd):
    server = chatd(modules="module userlist { full_list_max = 0  interval = 100ms }")
    alice = server.client("alice", room="lobby")
    assert "members" not in alice.joined
    assert alice.expect("presence") == {"type": "presence", "room": "lobby", "count": 1}


def test_default_shows_names(chatd):
    server = chatd(modules="module userlist {}")
    alice = server.client("alice", room="lobby")
    assert len(alice.joined["members"]) == 1
    assert presence(alice) == (["alice"], [], 1)


@pytest.mark.parametrize("options, said", [
    ("full_list_max = -1", "full_list_max"),
    ("full_list_max = many", "full_list_max"),
    ("interval = 2h", "interval"),
    ("interval = 500", "interval"),
])
def test_bad_options(chatd_check, options, said):
    code, output = chatd_check(modules="module userlist { %s }" % options)
    assert code == 78
    assert said in output
