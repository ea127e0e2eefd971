"""What the interface 0.10 added, driven through tests/abi/growth010.c: events of calls, events that
were, what stays with users, and who is who. tests/abi/odd.c has the odd arguments."""

import errno
import re

import pytest

from harness import wait_until

EINVAL, EAGAIN, EMSGSIZE, ENOSPC = (-each for each in (
    errno.EINVAL, errno.EAGAIN, errno.EMSGSIZE, errno.ENOSPC))


@pytest.fixture
def server(chatd, abi_modules):
    return chatd(modules="module growth010 {}", module_dir=abi_modules("growth010"),
                 config='resume_window = "30s"')


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    return server.client("bob", room="lobby")


NOW_AND_LATER = pytest.mark.parametrize("when", ["publish", "publish_later"])


def publish(client, when="publish", event="news", room="lobby", **fields):
    return client.request(when, room=room, event=event, **fields)


def another_session(server, client):
    tab = server.client()
    tab.login(client.nick, resume={"token": client.welcome["resume_token"]})
    return tab


def told(client, event="news"):
    client.sync()
    return client.of_type(event)


def logged(server, what):
    return re.findall(rf"growth010: {what}", server.log())


# ---- call_event() -------------------------------------------------------------------------------

@NOW_AND_LATER
def test_event_has_its_number_and_the_caller(alice, bob, when):
    alice.say("x")
    answer = publish(alice, when, fields={"a": [1, {"b": None}], "c": "d"})
    assert (answer["type"], answer["result"], answer["room"], answer["seq"]) == (
        "ok", 0, "lobby", 2)
    for client in alice, bob:
        assert client.expect("news") == {
            "type": "news", "room": "lobby", "seq": 2, "ts": answer["ts"],
            "from": {"id": alice.user_id, "nick": "alice"}, "a": [1, {"b": None}], "c": "d"}


@NOW_AND_LATER
def test_event_comes_before_the_answer(alice, when):
    publish(alice, when)
    assert alice.of_type("news")


@NOW_AND_LATER
def test_event_without_fields(alice, when):
    assert set(publish(alice, when)) == {"type", "id", "room", "seq", "ts", "result"}
    assert set(alice.expect("news")) == {"type", "room", "seq", "ts", "from"}


@pytest.mark.parametrize("when, verdict", [
    ("publish", 1), ("publish_later", 1), ("publish", 0), ("publish", 7)])
def test_denied_call_has_no_event(alice, bob, when, verdict):
    assert publish(alice, when, verdict=verdict)["type"] == "error"
    assert told(bob) == []
    assert alice.say("x")["seq"] == 1


def test_dropped_call_has_no_event(alice, bob):
    answer = publish(alice, verdict=2)
    assert answer["type"] == "ok" and answer["room"] == "lobby" and "seq" not in answer
    assert told(bob) == []


@NOW_AND_LATER
def test_event_is_logged_for_those_who_come_back(server, alice, bob, when):
    seq = alice.say("x")["seq"]
    bob.expect("message")
    bob.drop()
    publish(alice, when, fields={"n": 1}, cid="c")
    back = server.client()
    back.login("bob", resume={"token": bob.welcome["resume_token"], "rooms": {
        "lobby": {"epoch": bob.joined["epoch"], "seq": seq}}})
    event = back.expect("news")
    assert event["seq"] == seq + 1 and event["n"] == 1 and "cid" not in event


@NOW_AND_LATER
def test_modules_are_told_of_it(server, alice, when):
    publish(alice, when, cid="c")
    server.wait_log("growth010: event: news 1 cid=c")


def test_caller_who_left_meanwhile_has_no_event(server, alice, bob):
    tab = another_session(server, alice)
    alice.send("publish_later", room="lobby", event="news", after=300, id="p")
    tab.request("leave", room="lobby")
    answer = alice.take(lambda event: event.get("id") == "p", "the answer")
    assert (answer["type"], answer["code"]) == ("error", "forbidden")
    assert told(bob) == []


def test_caller_who_went_has_no_event(server, alice, bob):
    alice.send("publish_later", room="lobby", event="news", after=100)

    alice.drop()
    server.wait_log("the call is gone")
    assert told(bob) == []


def test_later_requests_wait_behind_it(alice, bob):
    alice.send("publish_later", room="lobby", event="news", after=50)
    alice.say("x")
    assert bob.expect("news")["seq"] == 1 and bob.expect("message")["seq"] == 2


# ---- its text -----------------------------------------------------------------------------------

@NOW_AND_LATER
def test_text_goes_through_the_filters(server, alice, bob, when):
    answer = publish(alice, when, text="change", fields={"n": 1})
    assert answer["seq"] == 1
    event = bob.expect("news")
    assert (event["text"], event["n"]) == ("changed", 1)
    server.wait_log("growth010: filter: news change")


@NOW_AND_LATER
def test_filter_denies(alice, bob, when):
    answer = publish(alice, when, text="deny")
    assert (answer["type"], answer["code"], answer["by"]) == ("error", "filtered", "growth010")
    assert told(bob) == []


@NOW_AND_LATER
def test_filter_drops(alice, bob, when):
    answer = publish(alice, when, text="drop")
    assert answer["type"] == "ok" and "seq" not in answer
    assert told(bob) == []


def test_filters_may_wait(chatd, abi_modules):
    """One puts its verdict off, between two others."""
    server = chatd(modules="module growth010 {}\n"
                           "module waiter { timeout = 50ms  otherwise = pass }\nmodule filter_a {}",
                   module_dir=abi_modules("growth010", "waiter", "filter_a"))
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    for when in "publish", "publish_later":
        answer = publish(alice, when, text="wait", fields={"n": 1})
        assert answer["type"] == "ok" and answer["result"] == 0, answer
        event = bob.expect("news")
        assert (event["text"], event["n"], event["seq"]) == ("waita", 1, answer["seq"])


def test_filter_denies_after_a_wait(chatd, abi_modules):
    server = chatd(modules="module growth010 {}\nmodule waiter { timeout = 50ms  otherwise = deny }",
                   module_dir=abi_modules("growth010", "waiter"))
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    for when in "publish", "publish_later":
        answer = publish(alice, when, text="wait")
        assert (answer["type"], answer["by"]) == ("error", "waiter")
    assert told(bob) == []


def test_caller_leaves_while_a_filter_waits(chatd, abi_modules):
    server = chatd(modules="module growth010 {}\nmodule waiter { timeout = 300ms  otherwise = pass }",
                   module_dir=abi_modules("growth010", "waiter"),
                   config='resume_window = "30s"')
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    tab = another_session(server, alice)
    alice.send("publish", room="lobby", event="news", text="wait", id="p")
    tab.request("leave", room="lobby")
    answer = alice.take(lambda event: event.get("id") == "p", "the answer")
    assert (answer["type"], answer["code"]) == ("error", "forbidden")
    assert told(bob) == []


def test_caller_goes_while_a_filter_waits(chatd, abi_modules):
    """As with a message: it is sent all the same, if he may come back."""
    server = chatd(modules="module growth010 {}\nmodule waiter { timeout = 200ms  otherwise = pass }",
                   module_dir=abi_modules("growth010", "waiter"),
                   config='resume_window = "30s"')
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.send("publish", room="lobby", event="news", text="wait", cid="c")
    server.wait_log("filter: news wait")
    alice.drop()
    back = another_session(server, alice)
    answer = publish(back, text="wait", cid="c")
    assert answer["type"] == "ok"
    assert [event["seq"] for event in told(bob)] == [answer["seq"]]


def test_filters_of_deliveries_are_asked(chatd, abi_modules):
    server = chatd(modules="module growth010 {}\nmodule hider {}",
                   module_dir=abi_modules("growth010", "hider"), config='resume_window = "30s"')
    alice, bob, carol = (server.client(nick, room="lobby") for nick in ("alice", "bob", "carol"))
    publish(alice, text="not for bob")
    publish(alice, text="for all")
    assert [event["seq"] for event in told(carol)] == [1, 2]
    assert [event["seq"] for event in told(bob)] == [2]
    bob.drop()
    back = server.client()
    back.login("bob", resume={"token": bob.welcome["resume_token"], "rooms": {
        "lobby": {"epoch": bob.joined["epoch"], "seq": 0}}})
    back.expect("caught_up")
    assert [event["seq"] for event in told(back)] == [2]


def test_without_text_no_filter_is_asked(server, alice):
    publish(alice)
    assert logged(server, "filter: news") == []


def test_it_is_no_message(server, alice):
    publish(alice, text="x")
    alice.say("y")
    server.wait_log("growth010: sent: message y")
    assert logged(server, "sent: news") == []


def test_messages_have_their_type(server, alice):
    alice.say("hello")
    server.wait_log("growth010: filter: message hello")


# ---- its cid ------------------------------------------------------------------------------------

@NOW_AND_LATER
@pytest.mark.parametrize("text", [None, "some text"])
def test_cid_names_it(alice, bob, when, text):
    first = publish(alice, when, cid="c", text=text)
    again = publish(alice, when, cid="c", text=text)
    assert (first["seq"], first["ts"]) == (again["seq"], again["ts"]) == (1, first["ts"])
    assert publish(alice, when, cid="d", text=text)["seq"] == 2
    assert [event["seq"] for event in told(bob)] == [1, 2]


@NOW_AND_LATER
def test_cid_is_for_the_callers_sessions(server, alice, bob, when):
    tab = another_session(server, alice)
    publish(alice, when, cid="c")
    assert alice.expect("news")["cid"] == tab.expect("news")["cid"] == "c"
    assert "cid" not in bob.expect("news")


def test_cid_is_shared_with_messages(alice, bob):
    first = alice.say("x", cid="c")
    assert publish(alice, cid="c")["seq"] == first["seq"]
    assert told(bob) == []


@NOW_AND_LATER
def test_repeated_call_is_not_the_modules(alice, when):
    """Which would refuse it by now."""
    first = publish(alice, when, cid="c")
    again = publish(alice, when, cid="c", verdict=1)
    assert again["type"] == "ok" and "result" not in again
    assert (again["seq"], again["ts"]) == (first["seq"], first["ts"])


def test_cid_is_the_users_and_the_rooms(alice, bob):
    alice.join("other")
    assert publish(alice, cid="c")["result"] == 0
    assert publish(bob, cid="c")["seq"] == 2
    assert publish(alice, cid="c", room="other")["seq"] == 1


def test_cid_of_what_was_denied_is_free(alice, bob):
    publish(alice, cid="c", verdict=1)
    publish(alice, cid="c", text="deny")
    assert publish(alice, cid="c")["seq"] == 1


@pytest.mark.parametrize("cid", ["", "x" * 65, 1, None])
def test_cid_that_is_none(alice, cid):
    answer = publish(alice, cid=cid)
    assert answer.get("code") == ("bad_request" if cid is not None else None)


# ---- its errors ---------------------------------------------------------------------------------

@NOW_AND_LATER
@pytest.mark.parametrize("event", [
    "", "a b", "message", "topic", "ok", "hello", "welcome", "x" * 65, "é"])
def test_type_that_is_none(alice, bob, when, event):
    answer = publish(alice, when, event=event)
    assert answer["type"] == "ok" and answer["result"] == EINVAL and "seq" not in answer
    assert alice.say("x")["seq"] == 1


@NOW_AND_LATER
@pytest.mark.parametrize("member", ["type", "room", "seq", "ts", "from", "cid", "text"])
def test_members_of_the_servers_own(alice, bob, when, member):
    answer = publish(alice, when, fields={member: 1})
    assert answer["result"] == EINVAL and "seq" not in answer
    assert told(bob) == []


@NOW_AND_LATER
@pytest.mark.parametrize("text, n, result", [
    ("", 0, EINVAL), (" \n", 2, EINVAL), ("é", 1, EINVAL), ("x" * 101, 101, EMSGSIZE),
    ("x" * 100, 100, 0)])
def test_text_that_cannot_be(chatd, abi_modules, when, text, n, result):
    server = chatd(modules="module growth010 {}", module_dir=abi_modules("growth010"),
                   config="max_text_bytes = 100")
    alice = server.client("alice", room="lobby")
    answer = publish(alice, when, text=text, bytes=n)
    assert answer["result"] == result and ("seq" in answer) == (result == 0)


def test_call_without_a_room(alice):
    answer = alice.request("publish_nowhere", event="news", room="lobby")
    assert answer["result"] == EINVAL and "seq" not in answer


def test_call_of_a_command(alice):
    answer = alice.say("/publish")
    assert answer["result"] == EINVAL and "seq" not in answer


def test_second_event_of_a_call(alice, bob):
    """Whatever it answers, one call has one event."""
    answer = publish(alice, times=2)
    assert answer["seq"] == 1
    assert [event["seq"] for event in told(bob)] == [1]


# ---- event_get() --------------------------------------------------------------------------------

def test_event_is_got_as_it_was_told(alice, bob):
    alice.say("hello", cid="c")
    publish(alice, fields={"n": 1})
    for seq, type in (1, "message"), (2, "news"):
        answer = bob.request("get", room="lobby", seq=seq)
        assert answer["result"] == 0 and answer["event"] == bob.expect(type)


@pytest.mark.parametrize("seq", [0, -1, 2, 10**15])
def test_event_that_is_none(alice, seq):
    alice.say("x")
    answer = alice.request("get", room="lobby", seq=seq)
    assert answer["type"] == "ok" and "event" not in answer


def test_event_that_is_forgotten(chatd, abi_modules):
    server = chatd(modules="module growth010 {}", module_dir=abi_modules("growth010"),
                   config="replay_events = 2")
    alice = server.client("alice", room="lobby")
    for text in "abc":
        alice.say(text)
    got = [alice.request("get", room="lobby", seq=seq).get("event", {}) for seq in (1, 2, 3)]
    assert [event.get("text") for event in got] == [None, "b", "c"]


def test_event_for_who_has_gone(server, alice, bob):
    seq = alice.say("x")["seq"]
    bob.send("get", room="lobby", seq=seq)
    bob.close()
    assert alice.request("get", room="lobby", seq=seq)["event"]["text"] == "x"


def test_events_are_asked_for_in_numbers(alice):
    seq = alice.say("x")["seq"]
    assert alice.request("get_many", room="lobby", seq=seq, times=1000)["result"] == 0
    answer = alice.request("get_many", room="lobby", seq=seq, times=1001)
    assert (answer["got"], answer["result"]) == (1000, EAGAIN)
    assert alice.request("get_many", room="lobby", seq=seq, times=0)["got"] == 2000


# ---- call_answer_text() -------------------------------------------------------------------------

@pytest.mark.parametrize("text, value", [
    ("null", None), ("-1.5e300", -1.5e300), ('"\\u00e9"', "é"), ("[1, {\"a\": []}]", [1, {"a": []}]),
    ("{}", {})])
def test_answer_of_json_text(alice, text, value):
    answer = alice.request("answer", name="value", text=text)
    assert answer["result"] == 0 and answer["value"] == value


@pytest.mark.parametrize("text", ["", " ", "{", "[1,]", "nul", "1 2", "'x'", "\"a", "}{"])
def test_answer_that_is_no_json(alice, text):
    answer = alice.request("answer", name="value", text=text)
    assert answer["result"] == EINVAL and answer["value"] == 1


@pytest.mark.parametrize("name", ["type", "id", "room", "", "a b", "a\"b", "é", "x" * 65])
def test_answer_of_the_servers_own(alice, name):
    answer = alice.request("answer", name=name, text="1")
    assert answer["type"] == "ok" and answer["result"] == EINVAL


def test_answers_of_both_kinds(alice):
    answer = alice.request("answer_both")
    assert (answer["a"], answer["b"]) == ([2], 2)


def test_denial_has_no_answer(alice):
    assert "value" not in alice.request("answer", name="value", text="1", verdict=1)


# ---- Rooms --------------------------------------------------------------------------------------

def test_answer_has_the_room_of_the_verb(alice):
    assert alice.request("about", room="lobby")["room"] == "lobby"
    assert "room" not in alice.request("kept", key="k", room="lobby")


def test_room_has_an_epoch_and_a_number(alice):
    about = alice.request("about", room="lobby")
    assert (about["epoch"], about["seq"], about["direct"]) == (alice.joined["epoch"], 0, 0)
    alice.say("x")
    publish(alice)
    assert alice.request("about", room="lobby")["seq"] == 2
    alice.join("other")
    about = alice.request("about", room="other")
    assert (about["epoch"], about["seq"]) == (alice.joined["epoch"], 0)


def test_room_of_two_is_direct(alice, bob):
    answer = alice.request("dm", user=bob.user_id)
    assert answer["type"] == "ok", answer
    assert alice.request("about", room=answer["room"])["direct"] == 1


def test_member_since(server, alice):
    for text in "abc":
        alice.say(text)
    bob = server.client("bob", room="lobby")
    alice.say("d")
    assert alice.request("about", room="lobby")["since"] == 0
    assert alice.request("about", room="lobby", user=bob.user_id)["since"] == 3
    bob.request("leave", room="lobby")
    assert alice.request("about", room="lobby", user=bob.user_id)["since"] == -1
    bob.join("lobby")
    assert alice.request("about", room="lobby", user=bob.user_id)["since"] == 4


def test_user_by_public_id(server, alice, bob):
    for id in "", "0" * 16, "x", alice.user_id[:-1], alice.user_id + "0", "alice":
        assert alice.request("about", room="lobby", user=id)["since"] == -2
    gone = bob.user_id
    bob.close()
    wait_until(lambda: alice.request("about", room="lobby", user=gone)["since"] == -2)


# ---- What stays with users ----------------------------------------------------------------------

VALUES = [0, -1, 2**53 - 1, "", "é\n", True, [], {}, {"a": {"b": [1, "c"]}}]


@pytest.mark.parametrize("value", VALUES)
def test_value_is_kept(alice, bob, value):
    answer = alice.request("keep", key="k", value=value)
    assert answer["result"] == 0 and answer["value"] == value
    assert alice.request("kept", key="k")["value"] == value
    assert "value" not in alice.request("kept", key="K")
    assert "value" not in bob.request("kept", key="k")


def test_value_is_replaced_and_removed(alice):
    for value in 1, [2]:
        alice.request("keep", key="k", value=value)
    alice.request("keep", key="l", value=3)
    assert alice.request("kept", key="k")["value"] == [2]
    for _ in range(2):
        answer = alice.request("keep", key="k")
        assert answer["result"] == 0 and "value" not in answer
    assert alice.request("kept", key="l")["value"] == 3


@pytest.mark.parametrize("key, result", [
    ("", EINVAL), ("x" * 64, 0), ("x" * 65, EINVAL), ("é" * 32, 0), ("a b\n", 0)])
def test_keys(alice, key, result):
    answer = alice.request("keep", key=key, value=1)
    assert answer["result"] == result and answer.get("value") == (1 if result == 0 else None)


def test_value_outlives_the_session(server, alice):
    alice.request("keep", key="k", value=1)
    alice.drop()
    assert another_session(server, alice).request("kept", key="k")["value"] == 1


def test_value_ends_with_the_user(server, alice):
    alice.request("keep", key="k", value=1)
    alice.close()
    assert "value" not in server.client("alice2").request("kept", key="k")


def test_values_outlive_the_module_and_belong_to_it(server, alice):
    alice.request("keep", key="k", value=1)
    server.write_modules("module growth010 { priority = 3 }")
    server.reload()
    assert alice.request("kept", key="k")["value"] == 1


def test_values_are_limited(chatd, abi_modules):
    server = chatd(modules="module growth010 {}", module_dir=abi_modules("growth010"),
                   config="max_user_data = 1k")
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    assert alice.request("keep", key="a", value="x" * 2000)["result"] == ENOSPC
    assert alice.request("keep", key="a", value="x" * 700)["result"] == 0
    answer = alice.request("keep", key="b", value="y" * 700)
    assert answer["result"] == ENOSPC and "value" not in answer
    answer = alice.request("keep", key="a", value="z" * 2000)
    assert answer["result"] == ENOSPC and answer["value"] == "x" * 700
    assert bob.request("keep", key="b", value="y" * 700)["result"] == 0
    assert alice.request("keep", key="a")["result"] == 0
    assert alice.request("keep", key="b", value="y" * 700)["result"] == 0


# ---- user_event() -------------------------------------------------------------------------------

def test_user_event_is_for_all_his_sessions(server, alice, bob):
    tab = another_session(server, bob)
    assert alice.request("tell", user=bob.user_id, event="psst", fields={"n": 1})["result"] == 0
    for client in bob, tab:
        assert client.expect("psst") == {"type": "psst", "n": 1}
    assert told(alice, "psst") == []


def test_user_event_spares_a_session(server, alice):
    tab = another_session(server, alice)
    alice.request("tell", user=alice.user_id, event="psst")
    assert tab.expect("psst") == {"type": "psst"}
    assert told(alice, "psst") == []


def test_user_event_of_a_room(alice, bob):
    alice.request("tell", user=bob.user_id, event="psst", of="lobby", fields={"seq": 1})
    assert bob.expect("psst") == {"type": "psst", "room": "lobby", "seq": 1}


@pytest.mark.parametrize("event, fields", [
    ("", {}), ("message", {}), ("a b", {}), ("psst", {"type": 1}), ("psst", {"room": 1})])
def test_user_event_that_cannot_be(alice, bob, event, fields):
    answer = alice.request("tell", user=bob.user_id, event=event, fields=fields)
    assert answer["result"] == EINVAL


# ---- login_set_user() ---------------------------------------------------------------------------

def test_login_of_a_user_who_is_there(server, alice, bob):
    """He becomes another session, whatever nick he asks for."""
    tab = server.client()
    tab.login("somebody", be=alice.user_id)
    assert (tab.user_id, tab.nick) == (alice.user_id, "alice")
    assert [each["room"] for each in tab.welcome["rooms"]] == ["lobby"]
    alice.say("x")
    tab.expect("message")


def test_login_of_a_user_who_was_there(server, alice, bob):
    alice.close()
    wait_until(lambda: bob.join("lobby")["count"] == 1)
    back = server.client()
    back.login("alice2", be=alice.user_id)
    assert (back.user_id, back.nick) == (alice.user_id, "alice2")
    assert back.welcome["resumed"] is False
    assert back.request("about", room="lobby")["code"] == "forbidden"
    back.join("lobby")
    assert back.request("about", room="lobby")["since"] == 0


def test_login_of_a_user_who_never_was(server):
    client = server.client()
    client.login("alice", be="0123456789abcdef")
    assert (client.user_id, client.nick) == ("0123456789abcdef", "alice")


@pytest.mark.parametrize("id", ["", "0123456789abcde", "0123456789abcdef0", "0123456789ABCDEF",
                                "0123456789abcdeg", "alice"])
def test_login_of_an_id_that_is_none(server, id):
    client = server.client()
    assert client.request("login", nick="alice", be=id)["code"] == "einval"
    assert client.request("login", nick="alice")["type"] == "welcome"


def test_login_of_a_new_user_needs_a_free_nick(server, alice):
    client = server.client()
    answer = client.request("login", nick="alice", be="0123456789abcdef")
    assert answer["code"] == "nick_in_use"
