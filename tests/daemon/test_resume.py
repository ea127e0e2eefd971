"""Connections that break and come back: nothing is lost, nothing is doubled, and nobody else sees it."""

import json
import re
import shutil

import pytest

from harness import MODULE_DIR, SRCDIR, compile_module, wait_until
from raw import TEXT, Raw


@pytest.fixture
def start(chatd, abi_modules):
    def start(config="", window="30s"):
        folder = abi_modules("rooms", "hider")
        shutil.copy(MODULE_DIR / "userlist.so", folder)
        return chatd(modules="module userlist {}\nmodule rooms {}\nmodule hider {}",
                     module_dir=folder, config=f"resume_window = {window}\n{config}")
    return start


@pytest.fixture
def server(start):
    return start()


@pytest.fixture
def bob(server):
    return server.client("bob", room="lobby")


@pytest.fixture
def alice(server, bob):
    alice = server.client("alice", room="lobby")
    bob.expect("presence")
    return alice


def position(client, seq=None, room="lobby"):
    """Where a client stands that has seen everything up to `seq`, by default when it joined."""
    return {room: {"epoch": client.joined["epoch"],
                   "seq": client.joined["seq"] if seq is None else seq}}


def resume(server, client, rooms=None, token=None):
    """The client again, on a new connection."""
    back = server.client()
    back.login(client.nick or "nobody", resume={
        "token": token or client.welcome["resume_token"],
        "rooms": position(client) if rooms is None else rooms})
    back.joined = client.joined
    return back


def told(client):
    """The events of a client that has just come back, up to `caught_up`."""
    client.expect("caught_up")
    return [event for event in client.events if "seq" in event]


def state_of(client, room="lobby"):
    return next(each for each in client.welcome["rooms"] if each["room"] == room)


# ---- Coming back --------------------------------------------------------------------------------

def test_nobody_sees_it_and_nothing_is_missed(server, alice, bob):
    bob.say("before")
    alice.expect("message")
    alice.drop()
    for i in range(5):
        bob.say(f"n{i}")
    back = resume(server, alice, position(alice, 1))
    assert back.welcome["resumed"] is True
    assert back.user_id == alice.user_id and back.nick == "alice"
    state = state_of(back)
    assert (state["recovered"], state["missed"], state["seq"]) == (True, 5, 6)
    assert {member["nick"] for member in state["members"]} == {"alice", "bob"}
    assert [(event["seq"], event["text"]) for event in told(back)] == [
        (2 + i, f"n{i}") for i in range(5)]
    bob.say("after")
    assert back.expect("message", text="after")["seq"] == 7
    assert back.say("here I am")["seq"] == 8
    bob.expect_none("presence", within=1)
    assert server.counters()["resumed"] == 1


def test_all_durable_events_are_told_again(server, alice, bob):
    alice.drop()
    bob.say("/topic what it is about")
    bob.say("and a message")
    back = resume(server, alice)
    assert [(event["type"], event["seq"]) for event in told(back)] == [("topic", 1), ("message", 2)]
    assert state_of(back)["topic"] == "what it is about"


def test_nothing_missed(server, alice, bob):
    alice.drop()
    back = resume(server, alice)
    assert (state_of(back)["recovered"], state_of(back)["missed"]) == (True, 0)
    assert told(back) == []


def test_several_rooms(server, alice, bob):
    for room in "attic", "cellar":
        bob.join(room)
    rooms = position(alice)
    for room in "attic", "cellar":
        alice.join(room)
        rooms |= position(alice, room=room)
    del rooms["cellar"]
    alice.drop()
    for room in "lobby", "attic", "cellar":
        bob.say(f"in {room}", room)
    back = resume(server, alice, rooms)
    assert {each["room"]: each["recovered"] for each in back.welcome["rooms"]} == {
        "lobby": True, "attic": True, "cellar": False}
    assert sorted(event["text"] for event in told(back)) == ["in attic", "in lobby"]


def test_own_messages_come_with_their_cid_and_are_not_doubled(server, alice, bob):
    alice.send("message", room="lobby", text="sent, but not confirmed", cid="c1")
    assert bob.expect("message")["seq"] == 1
    alice.drop()
    back = resume(server, alice)
    [event] = told(back)
    assert (event["seq"], event["cid"]) == (1, "c1")
    assert back.say("sent, but not confirmed", cid="c1")["seq"] == 1
    assert bob.say("next")["seq"] == 2


def test_cid_with_characters_that_json_escapes(server, alice, bob):
    cid = 'a"b\\c\n\u00e4'
    alice.say("x", cid=cid)
    alice.drop()
    [event] = told(resume(server, alice))
    assert event["cid"] == cid


def test_slow_reader_comes_back(start):
    server = start('outbox_bytes = "64k"\nreplay_bytes = "1M"')
    bob = server.client("bob", room="lobby")
    with Raw(server.port, receive_buffer=4096) as raw:
        raw.upgrade()
        raw.send_json("login", id="l", nick="alice")
        welcome = raw.read_answer("l")
        raw.send_json("join", id="j", room="lobby")
        joined = raw.read_answer("j")
        sent = 0
        while "reads too slowly" not in server.log():
            bob.say("x" * 4000)
            sent += 1
    back = server.client()
    back.login("alice", resume={"token": welcome["resume_token"], "rooms": {
        "lobby": {"epoch": joined["epoch"], "seq": sent - 5}}})
    assert state_of(back)["missed"] == 5
    assert [event["seq"] for event in told(back)] == list(range(sent - 4, sent + 1))


# ---- Gaps ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("rooms", [
    {}, None, 7, {"lobby": None}, {"lobby": {"epoch": "00000000", "seq": 0}},
    {"lobby": {"seq": 0}}, {"lobby": {"epoch": 1, "seq": 0}}], ids=str)
def test_position_that_is_none_is_not_recovered(server, alice, bob, rooms):
    alice.drop()
    bob.say("missed")
    back = server.client()
    back.login("alice", resume={"token": alice.welcome["resume_token"], "rooms": rooms})
    assert (state_of(back)["recovered"], state_of(back)["missed"]) == (False, 0)
    assert told(back) == []


@pytest.mark.parametrize("seq", [-1, 99, "0", 0.5, None])
def test_number_that_cannot_be(server, alice, bob, seq):
    alice.drop()
    rooms = {"lobby": {"epoch": alice.joined["epoch"], "seq": seq}}
    assert state_of(resume(server, alice, rooms))["recovered"] is False


def test_what_was_said_before_the_join_is_not_told(server, bob):
    bob.say("a secret")
    alice = server.client("alice", room="lobby")
    alice.drop()
    back = resume(server, alice, position(alice, 0))
    assert state_of(back)["recovered"] is False
    assert told(back) == []


@pytest.mark.parametrize("limit", ["replay_events = 3", 'replay_bytes = "800"'])
def test_more_than_is_kept_is_a_gap(start, limit):
    server = start(limit)
    bob = server.client("bob", room="lobby")
    alice = server.client("alice", room="lobby")
    alice.drop()
    for i in range(5):
        bob.say(f"n{i}")
    back = resume(server, alice)
    assert (state_of(back)["recovered"], state_of(back)["seq"]) == (False, 5)
    assert told(back) == []
    back.drop()
    again = resume(server, back, position(back, 4), token=back.welcome["resume_token"])
    assert [event["text"] for event in told(again)] == ["n4"]


def test_no_more_is_told_at_once_than_half_an_outbox(start):
    server = start('outbox_bytes = "64k"\nreplay_bytes = "1M"')
    bob = server.client("bob", room="lobby")
    alice = server.client("alice", room="lobby")
    alice.drop()
    for _ in range(10):
        bob.say("x" * 5000)
    back = resume(server, alice)
    assert state_of(back)["recovered"] is False
    assert told(back) == []


def test_memory_of_all_rooms_is_bounded(start):
    server = start('replay_memory = "4k"')
    bob = server.client("bob")
    for i in range(10):
        bob.join(f"room{i}")
        bob.say("x" * 1000, f"room{i}")
    assert server.counters()["replay_memory"] >= 6


def test_what_a_module_kept_from_somebody_is_not_told_later(server, alice, bob):
    alice.drop()
    bob.say("for all")
    bob.say("not for alice")
    bob.say("for all, too")
    back = resume(server, alice)
    assert state_of(back)["missed"] == 2
    assert [event["seq"] for event in told(back)] == [1, 3]


# ---- Who comes back -----------------------------------------------------------------------------

def test_token_of_a_welcome_that_was_lost(server, alice, bob):
    """The answer to a resume may be lost, too: the token before it is good for several more."""
    alice.drop()
    for _ in range(3):
        resume(server, alice).drop()
    assert resume(server, alice).welcome["resumed"] is True


def test_token_stays_the_same_as_long_as_it_is_good(server, alice, bob):
    """Nobody is a stranger because a welcome got lost."""
    back = alice
    for _ in range(12):
        back.drop()
        back = resume(server, back)
        assert back.welcome["resume_token"] == alice.welcome["resume_token"]
    other = server.client()
    other.login("other", resume={"token": "0" * 48, "rooms": {}})
    assert other.welcome["resume_token"] != "0" * 48


@pytest.mark.parametrize("change", [
    lambda token: "", lambda token: token[:-1], lambda token: token + "0",
    lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
    lambda token: "0" * 16 + token[16:], lambda token: token[:16] + "0" * 32,
    lambda token: "z" * 48, lambda token: 7, lambda token: None, lambda token: ["x"]],
    ids=["empty", "short", "long", "other", "other user", "no secret", "no digits", "number",
         "null", "list"])
def test_token_that_is_none(server, alice, bob, change):
    alice.drop()
    stranger = server.client()
    stranger.login("mallory", resume={"token": change(alice.welcome["resume_token"]),
                                      "rooms": position(alice)})
    assert stranger.welcome["resumed"] is False
    assert stranger.welcome["rooms"] == []
    assert stranger.user_id != alice.user_id
    assert told(stranger) == []


def test_second_tab_with_the_token(server, alice, bob):
    tab = resume(server, alice)
    assert tab.welcome["resumed"] is True and tab.user_id == alice.user_id
    bob.say("for both")
    assert alice.expect("message")["seq"] == tab.expect("message")["seq"] == 1
    alice.close()
    bob.expect_none("presence", within=1)
    tab.close()
    assert bob.expect("presence")["left"][0]["nick"] == "alice"


def test_token_is_told_to_nobody_else(server, alice, bob):
    alice.drop()
    resume(server, alice)
    tokens = {alice.welcome["resume_token"], bob.welcome["resume_token"]}
    assert len(tokens) == 2
    assert all(re.fullmatch("[0-9a-f]{48}", token) for token in tokens)
    assert not any(token in server.log() or token in json.dumps(bob.events) for token in
                   tokens - {bob.welcome["resume_token"]})


def test_by_links(chatd, abi_modules):
    server = chatd(modules="module lines {}", module_dir=abi_modules("lines"),
                   config="resume_window = 30s")
    bob = server.client("bob", room="lobby")
    alice = server.client("alice", room="lobby")
    alice.drop()
    bob.say("missed")
    with Raw(server.port) as raw:
        link = raw.request("/lines/", "POST").body.decode()
        request = json.dumps({"type": "login", "nick": "alice", "resume": {
            "token": alice.welcome["resume_token"], "rooms": position(alice)}})
        assert raw.upgrade(f"/lines/{link}").status == 101
        raw.send_frame(TEXT, f"raw {request}".encode())
        events = [json.loads(raw.read_frame().payload) for _ in range(4)]
    assert [event["type"] for event in events] == ["hello", "welcome", "message", "caught_up"]
    assert events[1]["resumed"] is True


# ---- Not coming back ----------------------------------------------------------------------------

def test_who_does_not_come_back_leaves_after_the_window(start):
    server = start(window="2s")
    bob = server.client("bob", room="lobby")
    alice = server.client("alice", room="lobby")
    bob.expect("presence")
    alice.drop()
    assert server.client().request("login", nick="alice")["code"] == "nick_in_use"
    assert bob.expect("presence")["left"][0]["nick"] == "alice"
    late = resume(server, alice)
    assert late.welcome["resumed"] is False and late.user_id != alice.user_id
    assert late.welcome["rooms"] == [] and told(late) == []


def test_goodbye_is_one(server, alice, bob):
    alice.close(1000)
    assert bob.expect("presence")["left"][0]["nick"] == "alice"
    assert resume(server, alice).welcome["resumed"] is False


def test_page_that_goes_may_come_back(server, alice, bob):
    alice.close(1001)
    assert resume(server, alice).welcome["resumed"] is True
    assert not bob.of_type("presence")


def test_who_was_sent_away_does_not_come_back(server, alice, bob):
    assert bob.say("/close 4501 alice")["type"] == "ok"
    assert alice.wait_closed() == 4501
    assert bob.expect("presence")["left"][0]["nick"] == "alice"
    assert resume(server, alice).welcome["resumed"] is False


def test_kicked_while_away(server, alice, bob):
    alice.drop()
    bob.say("/kick alice")
    assert bob.expect("presence")["left"][0]["nick"] == "alice"
    back = resume(server, alice)
    assert back.welcome["resumed"] is True and back.welcome["rooms"] == []


def test_as_many_may_be_away_as_the_operator_says(start):
    server = start('max_away = 2\nlog_level = "debug"')
    bob = server.client("bob", room="lobby")
    people = [server.client(nick, room="lobby") for nick in ("carol", "dave", "eve")]
    for each in people:
        seen = len(server.log())
        each.drop()
        server.wait_log("closed with 1006", after=seen)
    assert server.counters()["away_limit"] == 1
    assert bob.request("rooms")["rooms"][0]["count"] == 3
    assert [resume(server, each).welcome["resumed"] for each in people] == [False, True, True]


def test_nobody_comes_back_without_a_window(start):
    server = start(window="0s")
    bob = server.client("bob", room="lobby")
    alice = server.client("alice", room="lobby")
    assert "resume_token" not in alice.welcome and "resume_window" not in alice.welcome
    bob.expect("presence")
    alice.drop()
    assert bob.expect("presence")["left"][0]["nick"] == "alice"


def test_window_is_changed_by_sighup(start):
    server = start()
    assert server.client("alice").welcome["resume_window"] == 30000
    server.write_config("resume_window = 7s")
    server.reload()
    assert server.client("bob").welcome["resume_window"] == 7000


def test_server_ends_while_somebody_is_away(server, alice, bob):
    alice.drop()
    bob.sync()
    assert server.stop() == 0


def test_modules_are_told_of_the_session_at_once_and_of_the_user_later(chatd, tmp_path):
    compile_module(SRCDIR / "tests/abi/0.9/everything.c", tmp_path / "everything.so")
    server = chatd(modules="module everything {}", config="resume_window = 2s",
                   module_dir=tmp_path)
    bob = server.client("bob", room="lobby")
    alice = server.client("alice", room="lobby")

    def called():
        bob.say("/everything")
        return bob.expect("notice")["text"].split()

    alice.drop()
    wait_until(lambda: "closed" in called())
    assert "left" not in called() and "offline" not in called()
    wait_until(lambda: "offline" in called())
    assert called().index("left") < called().index("offline")
