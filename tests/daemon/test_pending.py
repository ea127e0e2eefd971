"""Verdicts that come later, logins and deliveries that modules decide: tests/abi/waiter.c."""

import json
import re

import pytest

from harness import wait_until
from raw import CLOSE, PING, PONG, TEXT, Raw, frame


@pytest.fixture
def start(chatd, abi_modules):
    def start(options="", config=""):
        return chatd(modules=f"module waiter {{ {options} }}", config=config,
                     module_dir=abi_modules("waiter"))
    return start


@pytest.fixture
def server(start):
    return start()


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def judge(server, alice):
    """Somebody else, who ends the waits."""
    judge = server.client("judge", room="lobby")

    def resume(verdict, expected):
        # Before anything waits it is an error.
        wait_until(lambda: judge.say(f"/resume {verdict}")["type"] == "ok")
        assert judge.expect("notice")["text"] == expected

    judge.resume = resume
    return judge


def ask(client, type, **fields):
    """Sends a request and does not wait for its answer; answers its id."""
    client.send(type, id=f"later-{type}", **fields)
    return f"later-{type}"


def answer_of(client, id):
    return client.take(lambda got: got.get("id") == id, id)


def nothing_came(client, judge):
    judge.sync()
    client.expect_none("ok", within=0.1)
    client.expect_none("error", within=0)


# ---- Messages -----------------------------------------------------------------------------------

def test_message_waits_and_passes(alice, judge):
    id = ask(alice, "message", room="lobby", text="wait for me")
    nothing_came(alice, judge)
    judge.expect_none("message", within=0)
    judge.resume("pass", "message 0")
    assert answer_of(alice, id)["seq"] == 1
    assert judge.expect("message")["text"] == "wait for me"


def test_message_waits_and_is_changed_for_the_filters_behind(alice, judge):
    ask(alice, "message", room="lobby", text="wait for me")
    judge.resume("pass changed text", "message 0")
    assert judge.expect("message")["text"] == "late changed text"


def test_message_waits_and_is_denied(alice, judge):
    id = ask(alice, "message", room="lobby", text="wait for me")
    judge.resume("deny", "message 0")
    answer = answer_of(alice, id)
    assert (answer["type"], answer["code"], answer["message"], answer["by"]) == (
        "error", "said_no", "no, after a while", "waiter")
    judge.sync()
    judge.expect_none("message", within=0)


def test_message_waits_and_is_dropped(alice, judge):
    id = ask(alice, "message", room="lobby", text="wait for me")
    judge.resume("drop", "message 0")
    answer = answer_of(alice, id)
    assert answer["type"] == "ok" and "seq" not in answer


def test_unknown_verdict_is_refused_and_the_message_waits_on(alice, judge):
    ask(alice, "message", room="lobby", text="wait for me")
    judge.resume("whatever", "message -22")
    nothing_came(alice, judge)


def test_message_may_wait_for_one_filter_after_the_other(alice, judge):
    id = ask(alice, "message", room="lobby", text="wait 2 times")
    judge.resume("pass", "message 0")
    nothing_came(alice, judge)
    judge.resume("pass", "message 0")
    assert answer_of(alice, id)["seq"] == 1


def test_verdict_may_come_before_the_callback_returns(alice):
    assert alice.say("at once")["seq"] == 1
    assert alice.expect("message")["text"] == "0 0 1"


def test_other_verdict_than_pending_holds(alice):
    assert alice.say("other verdict")["seq"] == 1
    assert alice.say("and the next")["seq"] == 2


def test_pending_without_a_token_is_a_denial(server, alice):
    answer = alice.say("no token")
    assert (answer["type"], answer["by"]) == ("error", "waiter")
    server.wait_log("waiter: message: verdict 4 is none that it can have")


def test_same_cid_while_it_waits_is_one_message(server, alice, judge):
    ask(alice, "message", room="lobby", text="wait", cid="c")
    judge.resume("pass", "message 0")
    alice.sync()
    assert alice.say("wait", cid="c")["seq"] == 1
    assert judge.say("x")["seq"] == 2


# ---- What waits behind --------------------------------------------------------------------------

def test_later_requests_of_the_client_wait_and_those_of_others_do_not(alice, judge):
    first = ask(alice, "message", room="lobby", text="wait")
    for i in range(200):
        alice.send("message", id=f"m{i}", room="lobby", text=f"{i}")
    second = ask(alice, "ping")
    assert [judge.say("x")["seq"] for _ in range(3)] == [1, 2, 3]
    nothing_came(alice, judge)
    judge.resume("pass", "message 0")
    assert answer_of(alice, first)["seq"] == 4
    assert answer_of(alice, second)["type"] == "ok"
    judge.sync()
    texts = [message["text"] for message in judge.of_type("message")]
    assert texts[3:] == ["wait"] + [str(i) for i in range(200)]


def test_nobody_is_missed_while_he_waits(start):
    server = start(config='ping_interval = "100ms"\nping_timeout = "200ms"')
    with Raw(server.port) as raw:
        raw.upgrade()
        raw.send_json("login", id="l", nick="raw")
        raw.read_answer("l")
        raw.send_json("join", id="j", room="lobby")
        raw.read_answer("j")
        raw.send_json("message", id="m", room="lobby", text="wait")
        raw.send_json("message", room="lobby", text="behind it")
        raw.send_frame(PONG)  # behind that
        assert raw.is_quiet(within=1)
        judge = server.client("judge", room="lobby")
        judge.say("/resume pass")
        assert raw.read_answer("m")["seq"] == 1


def test_all_of_it_may_come_with_the_upgrade(server, judge):
    with Raw(server.port) as raw:
        requests = [{"type": "login", "id": "l", "nick": "waiting"}, {"type": "ping", "id": "p"}]
        raw.send(raw.upgrade_text().encode()
                 + b"".join(frame(TEXT, json.dumps(request).encode()) for request in requests))
        assert raw.read_response().status == 101
        assert raw.read_json()["type"] == "hello"
        judge.resume("pass", "login 0")
        assert raw.read_answer("l")["type"] == "welcome"
        assert raw.read_answer("p")["type"] == "ok"


def test_client_that_goes_takes_its_message_with_it(server, alice, judge):
    ask(alice, "message", room="lobby", text="wait")
    alice.close()
    wait_until(lambda: judge.join("lobby")["count"] == 1)
    judge.resume("pass", "other -2")
    assert judge.say("x")["seq"] == 1


def test_room_of_a_message_that_waits_may_empty(server, alice):
    judge = server.client("judge", room="elsewhere")
    alice.join("alone")
    ask(alice, "message", room="alone", text="wait")
    alice.close()
    wait_until(lambda: len(judge.request("rooms")["rooms"]) == 1)


def test_server_ends_while_something_waits(server, alice):
    ask(alice, "message", room="lobby", text="wait")
    wait_until(lambda: server.client().request("ping")["type"] == "ok")
    assert server.stop() == 0


def test_close_is_answered_while_a_message_waits(server, judge):
    with Raw(server.port) as raw:
        raw.upgrade()
        for request in [{"type": "login", "nick": "raw"}, {"type": "join", "room": "lobby"},
                        {"type": "message", "room": "lobby", "text": "wait"}]:
            raw.send_json(**request)
        raw.send_frame(PING, b"1")
        raw.send_frame(CLOSE, b"\x03\xe8")
        assert raw.read_close() == 1000
    judge.resume("pass", "other -2")


# ---- Time ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("otherwise, type", [("pass", "ok"), ("drop", "ok"), ("deny", "error")])
def test_without_a_verdict_in_time_it_is_the_named_one(start, otherwise, type):
    server = start(f'timeout = "100ms"  otherwise = "{otherwise}"')
    alice = server.client("alice", room="lobby")
    answer = alice.say("wait")
    assert answer["type"] == type
    assert ("seq" in answer) == (otherwise == "pass")
    if type == "error":
        assert (answer["code"], answer["by"]) == ("unavailable", "waiter")
    assert alice.say("/resume pass")["type"] == "ok"
    assert alice.expect("notice")["text"] == "other -2"


@pytest.mark.parametrize("timeout", ["0ms", "61s"])
def test_time_must_be_within_a_minute(start, timeout):
    server = start(f'timeout = "{timeout}"')
    assert server.client("alice", room="lobby").say("wait")["code"] == "no_token"


# ---- Joins, verbs, commands ---------------------------------------------------------------------

@pytest.mark.parametrize("verdict", ["pass", "accept"])
def test_join_waits_and_passes(server, alice, judge, verdict):
    id = ask(alice, "join", room="waiting-room")
    nothing_came(alice, judge)
    judge.resume(verdict, "other 0")
    assert answer_of(alice, id)["count"] == 1
    assert alice.say("x", room="waiting-room")["seq"] == 1


@pytest.mark.parametrize("verdict, code", [("deny", "said_no"), ("drop", "forbidden")])
def test_join_waits_and_is_refused(server, alice, judge, verdict, code):
    id = ask(alice, "join", room="waiting-room")
    judge.resume(verdict, "other 0")
    assert answer_of(alice, id)["code"] == code
    assert [room["room"] for room in alice.request("rooms")["rooms"]] == ["lobby"]


def test_join_of_a_client_that_goes_leaves_no_room(server, alice, judge):
    ask(alice, "join", room="waiting-room")
    judge.sync()
    alice.close()
    wait_until(lambda: [room["room"] for room in judge.request("rooms")["rooms"]] == ["lobby"])


@pytest.mark.parametrize("fields", [{"type": "slow"}, {"type": "message", "text": "/slow"}])
def test_call_waits(alice, judge, fields):
    id = ask(alice, room="lobby", **fields)
    nothing_came(alice, judge)
    judge.resume("accept here it is", "call 0")
    assert answer_of(alice, id)["type"] == "ok"
    assert alice.expect("notice")["text"] == "here it is"


@pytest.mark.parametrize("verdict, code", [("deny", "said_no"), ("pass", "internal")])
def test_call_waits_and_is_refused(alice, judge, verdict, code):
    id = ask(alice, "slow", room="lobby")
    judge.resume(verdict, "call 0")
    assert answer_of(alice, id)["code"] == code


# ---- Logins -------------------------------------------------------------------------------------

def test_login_waits_and_passes(server, judge):
    new = server.client()
    id = ask(new, "login", nick="waiting")
    nothing_came(new, judge)
    judge.resume("accept", "login 0")
    assert answer_of(new, id)["user"]["nick"] == "waiting"


def test_login_waits_and_gets_another_nick(server, judge):
    new = server.client()
    id = ask(new, "login", nick="waiting")
    judge.resume("pass other", "login 0")
    assert answer_of(new, id)["user"]["nick"] == "other"


def test_login_is_denied_with_the_module_named(server):
    answer = server.client().request("login", nick="stranger")
    assert (answer["code"], answer["by"]) == ("unauthorized", "waiter")
    assert answer["message"].startswith("127.0.0.1:")


def test_login_that_is_denied_may_be_tried_again(server):
    client = server.client()
    assert client.request("login", nick="stranger")["type"] == "error"
    assert client.request("login", nick="friend")["type"] == "welcome"


def test_module_chooses_the_nick(server):
    assert server.client().request("login", nick="alias")["user"]["nick"] == "renamed"


def test_without_guests_only_those_log_in_whom_a_module_knows(start):
    server = start(config="allow_guests = off")
    client = server.client()
    assert client.hello["auth"] == ["alias"]
    assert client.request("login", nick="anybody")["code"] == "unauthorized"
    assert client.request("login", nick="known")["type"] == "welcome"


def test_hello_names_the_ways_to_log_in(server):
    assert server.client().hello["auth"] == ["guest", "alias"]


def test_login_that_waits_too_long_is_closed(start):
    server = start(config='login_timeout = "300ms"')
    client = server.client()
    ask(client, "login", nick="waiting")
    assert client.wait_closed() == 1008


# ---- Deliveries, presence -----------------------------------------------------------------------

def test_deliver_decides_who_gets_a_message(server, alice):
    deaf, bob = server.client("deaf", room="lobby"), server.client("bob", room="lobby")
    for i in range(3):
        alice.say(f"{i}", cid=f"c{i}")
        deaf.say(f"deaf {i}")
    bob.sync()
    assert [message["text"] for message in bob.of_type("message")] == [
        "0", "deaf 0", "1", "deaf 1", "2", "deaf 2"]
    deaf.sync()
    assert [message["text"] for message in deaf.of_type("message")] == ["deaf 0", "deaf 1", "deaf 2"]
    alice.sync()
    assert [message.get("cid") for message in alice.of_type("message")] == [
        "c0", None, "c1", None, "c2", None]


def test_presence_tells_of_people(server):
    client = server.client("alice", room="lobby")
    server.wait_log("waiter: alice is online")
    client.close()
    server.wait_log("waiter: alice is offline")


# ---- Numbers, crashes ---------------------------------------------------------------------------

def test_stats_count_each_point(server, alice, judge):
    ask(alice, "message", room="lobby", text="wait")
    judge.resume("deny", "message 0")
    alice.sync()
    assert judge.say("plain")["seq"] == 1
    judge.of_type("notice")
    judge.say("/stats")
    judge.sync()
    lines = [notice["text"] for notice in judge.of_type("notice")]
    found = [line for line in lines if line.startswith("waiter message ")]
    assert found == ["waiter message calls=3 denied=1 dropped=0 pending=1 good=1"]
    assert "messages 1" in lines
    assert any(re.match(r"waiter /resume calls=1 ", line) for line in lines)


@pytest.mark.parametrize("command, what", [("crash", "/crash"), ("crash_job", "its job's work")])
def test_crash_names_module_and_place(server, alice, command, what):
    alice.send("message", room="lobby", text=f"/{command}")
    assert alice.wait_closed()
    server.process.wait(10)
    assert f"waiter: crashed (SIGABRT) in {what}\n" in server.log()
    server.process = None
