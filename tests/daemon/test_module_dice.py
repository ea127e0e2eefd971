"""The module dice."""

import re

import pytest


@pytest.fixture
def server(chatd):
    return chatd(modules="module dice {}")


def roll(client, what):
    """The dice that were rolled, and the points as text: ("2d6", "3 + 5 = 8")."""
    answer = client.say(f"/roll {what}".rstrip())
    assert answer["type"] == "ok", answer
    event = client.expect("message")
    assert event["from"]["nick"] == "dice"
    match = re.fullmatch(rf"{client.nick} rolls (\d+d\d+): (.+)", event["text"])
    assert match, event
    return match.groups()


def test_everybody_sees_it(server):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    assert alice.say("/roll 2d6")["type"] == "ok"
    seen = [client.expect("message") for client in (alice, bob)]
    assert seen[0] == seen[1]
    assert seen[0]["seq"] == 1
    assert re.fullmatch(r"alice rolls 2d6: [1-6] \+ [1-6] = \d+", seen[0]["text"])


def test_the_command_itself_is_not_said(server):
    alice = server.client("alice", room="lobby")
    roll(alice, "2d6")
    alice.sync()
    assert not alice.of_type("message")


@pytest.mark.parametrize("what, dice", [
    ("", "1d6"), ("d", "1d6"), ("d20", "1d20"), ("3d", "3d6"), ("2d6", "2d6"), ("2D6", "2d6"),
    ("1", "1d6"), ("100d1000", "100d1000"), ("1d1", "1d1"), ("002d06", "2d6"), ("  2d6", "2d6"),
])
def test_dice_that_it_knows(server, what, dice):
    assert roll(server.client("alice", room="lobby"), what)[0] == dice


def test_trailing_space(server):
    alice = server.client("alice", room="lobby")
    assert alice.say("/roll 2d6 ")["type"] == "ok"
    assert alice.expect("message")["text"].startswith("alice rolls 2d6: ")


@pytest.mark.parametrize("what", [
    "0d6", "101d6", "2d0", "2d1001", "2d-6", "-2d6", "2d6d6", "2x6", "7", "fish", "d6 2", "2 d6",
    "+1d6", "1d6+1", "99999999999999999999d6", "1d99999999999999999999", "%s%n", "d" * 1000,
])
def test_nonsense_gets_a_notice(server, what):
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    assert alice.say(f"/roll {what}")["type"] == "ok"
    notice = alice.expect("notice")
    assert notice["room"] == "lobby"
    assert "2d6" in notice["text"] and "100" in notice["text"] and "1000" in notice["text"]
    bob.sync()
    assert not bob.of_type("message") and not bob.of_type("notice")


def test_one_die_has_no_sum(server):
    assert re.fullmatch(r"\d+", roll(server.client("alice", room="lobby"), "d20")[1])


@pytest.mark.parametrize("sides", [1, 2, 6, 7, 1000])
def test_points_are_in_range_and_add_up(server, sides):
    alice = server.client("alice", room="lobby")
    terms, total = roll(alice, f"100d{sides}")[1].split(" = ")
    points = [int(point) for point in terms.split(" + ")]
    assert len(points) == 100
    assert all(1 <= point <= sides for point in points)
    assert sum(points) == int(total)
    # Of 1,000 sides, 100 dice show fewer than 80 different ones in 1 of 10^6 times.
    assert len(set(points)) == sides or sides >= 100 and len(set(points)) >= 80


def test_each_side_comes_up(server):
    alice = server.client("alice", room="lobby")
    counts = [0] * 6
    for _ in range(6):
        for point in roll(alice, "100d6")[1].split(" = ")[0].split(" + "):
            counts[int(point) - 1] += 1
    # 100 expected, standard deviation 9: beyond 6 of them once in 10^8 times.
    assert all(45 <= count <= 155 for count in counts), counts


def test_its_name_can_be_chosen(chatd):
    server = chatd(modules='module dice { nick = "Lady Luck" }')
    alice = server.client("alice", room="lobby")
    alice.say("/roll")
    assert alice.expect("message")["from"]["nick"] == "Lady Luck"


def test_its_name_is_taken(server):
    assert server.client().request("login", nick="dice")["code"] == "nick_in_use"


def test_bad_name(chatd_check):
    code, output = chatd_check(modules='module dice { nick = "" }')
    assert code == 78
    assert "dice" in output
