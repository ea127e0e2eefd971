"""message: its number, its copies, its cid, its text, and the commands behind a slash."""

import time

import pytest


@pytest.fixture
def server(chatd):
    return chatd()


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    return server.client("bob", room="lobby")


def error(answer, code):
    return answer["type"] == "error" and answer["code"] == code and answer["message"]


def texts(client, room="lobby"):
    """The texts of all messages sent so far."""
    client.sync()
    return [message["text"] for message in client.of_type("message") if message["room"] == room]


def test_message_reaches_everybody_once(alice, bob):
    before = time.time() * 1000
    answer = alice.say("hello")
    assert (answer["type"], answer["room"], answer["seq"]) == ("ok", "lobby", 1)
    for client in alice, bob:
        message = client.expect("message")
        assert message["room"] == "lobby"
        assert message["seq"] == 1
        assert message["ts"] == answer["ts"]
        assert message["from"] == {"id": alice.user_id, "nick": "alice"}
        assert message["text"] == "hello"
        assert "id" not in message
        assert texts(client) == []
    assert isinstance(answer["ts"], int)
    assert before - 2000 < answer["ts"] < time.time() * 1000 + 2000


def test_numbers_are_contiguous(alice, bob):
    for i in range(20):
        (alice, bob)[i % 2].say(f"{i}")
    for client in alice, bob:
        assert texts(client) == [f"{i}" for i in range(20)]
        assert [message["seq"] for message in client.of_type("message")] == list(range(1, 21))


def test_refused_messages_take_no_number(alice):
    assert alice.say("one")["seq"] == 1
    assert alice.say("")["type"] == "error"
    assert alice.say("two")["seq"] == 2


def test_times_do_not_go_back(alice):
    times = [alice.say("x")["ts"] for _ in range(50)]
    assert times == sorted(times)


def test_pipelined_requests_are_answered_in_order(alice):
    for i in range(200):
        alice.send("message", id=f"{i}", room="lobby", text=f"{i}")
    for i in range(200):
        assert alice.take(lambda event: "id" in event, "an answer")["id"] == f"{i}"
    assert texts(alice) == [f"{i}" for i in range(200)]


@pytest.mark.parametrize("text", [
    "x", "  spaces  kept  ", "two\nlines", "tab\there", "€ 😀 日本語 אבג", '"quoted" \\ back',
    "<img src=x onerror=alert(1)>", "null", "{}", "e\u0301 not normalised", "\u200d", "x" * 8192,
    "é" * 4096,
])
def test_text_comes_as_it_was_sent(alice, bob, text):
    alice.say(text)
    assert bob.expect("message")["text"] == text


@pytest.mark.parametrize("text", ["", None, 5, True, ["x"], {"a": "b"}])
def test_text_must_be_some_text(alice, text):
    assert error(alice.say(text), "bad_request")


def test_text_of_spaces_is_no_text(alice):
    assert error(alice.say(" \n\t "), "bad_request")


def test_long_text_is_too_large(alice, bob):
    assert error(alice.say("x" * 8193), "too_large")
    assert error(alice.say("é" * 4097), "too_large")
    alice.say("x")
    assert texts(bob) == ["x"]


def test_limit_of_the_text_is_configured(chatd):
    alice = chatd(config='max_text_bytes = "100"').client("alice", room="lobby")
    assert alice.say("x" * 100)["type"] == "ok"
    assert error(alice.say("x" * 101), "too_large")


def test_message_to_a_room_one_is_not_in(alice, server):
    server.client("bob", room="secret")
    assert error(alice.say("x", room="secret"), "forbidden")


@pytest.mark.parametrize("room", [None, 5, ["lobby"]])
def test_message_must_name_its_room(alice, room):
    assert error(alice.say("x", room=room), "bad_request")


def test_message_to_no_room(alice):
    assert alice.say("x", room="")["type"] == "error"


def test_reply_to(alice, bob):
    first = alice.say("question")
    bob.say("answer", reply_to=first["seq"])
    assert alice.expect("message", text="answer")["reply_to"] == first["seq"]
    assert "reply_to" not in bob.expect("message", text="question")


@pytest.mark.parametrize("reply_to", ["1", -1, 0, 1.5, True, 99, 2 ** 60])
def test_reply_to_what_is_no_message(alice, reply_to):
    alice.say("first")
    assert error(alice.say("x", reply_to=reply_to), "bad_request") or error(
        alice.say("x", reply_to=reply_to), "not_found")


# ---- cid ----------------------------------------------------------------------------------------

def test_cid_is_for_the_senders_eyes(alice, bob):
    alice.say("hello", cid="c1")
    assert alice.expect("message")["cid"] == "c1"
    assert "cid" not in bob.expect("message")


def test_cid_again_gives_the_first_answer_and_no_second_message(alice, bob):
    first = alice.say("hello", cid="c1")
    bob.say("in between")
    again = alice.say("hello", cid="c1")
    assert {**again, "id": first["id"]} == first
    assert texts(bob) == ["hello", "in between"]
    assert texts(alice) == ["hello", "in between"]


def test_cid_again_with_another_text_is_the_first_message(alice, bob):
    first = alice.say("hello", cid="c1")
    assert alice.say("changed", cid="c1")["seq"] == first["seq"]
    assert texts(bob) == ["hello"]


def test_cid_is_the_users_own(alice, bob):
    assert alice.say("hers", cid="c1")["seq"] == 1
    assert bob.say("his", cid="c1")["seq"] == 2
    assert texts(alice) == ["hers", "his"]


def test_cid_is_the_rooms_own(alice):
    alice.join("other")
    assert alice.say("one", cid="c1")["seq"] == 1
    assert alice.say("two", cid="c1", room="other")["seq"] == 1
    assert texts(alice, room="other") == ["two"]


def test_cid_of_a_refused_message_can_be_used(alice):
    assert alice.say("", cid="c1")["type"] == "error"
    assert alice.say("now", cid="c1")["seq"] == 1


def test_messages_without_cid_are_never_the_same(alice):
    assert [alice.say("x")["seq"] for _ in range(3)] == [1, 2, 3]


def test_cids_are_kept_for_a_window(chatd):
    alice = chatd(config="cid_window = 10").client("alice", room="lobby")
    for i in range(10):
        alice.say(f"{i}", cid=f"c{i}")
    assert [alice.say("again", cid=f"c{i}")["seq"] for i in range(10)] == list(range(1, 11))
    for i in range(10):
        alice.say(f"{i}", cid=f"d{i}")
    assert alice.say("0", cid="c0")["seq"] == 21


@pytest.mark.parametrize("cid", [5, True, ["c"], {}, "x" * 65])
def test_cid_is_a_short_string(alice, cid):
    assert error(alice.say("x", cid=cid), "bad_request")


# ---- Commands -----------------------------------------------------------------------------------

def test_unknown_command_is_not_found_and_not_said(alice, bob):
    answer = alice.say("/nonsense at all")
    assert error(answer, "not_found")
    assert "nonsense" in answer["message"]
    assert texts(bob) == []


@pytest.mark.parametrize("text, said", [("//help", "/help"), ("///", "//"), ("//", "/")])
def test_two_slashes_say_one(alice, bob, text, said):
    assert alice.say(text)["type"] == "ok"
    assert texts(bob) == [said]


@pytest.mark.parametrize("text", [" /help", "x /help", "\n/help"])
def test_slash_is_a_command_at_the_beginning_only(alice, bob, text):
    alice.say(text)
    assert texts(bob) == [text]


@pytest.mark.parametrize("text", ["/", "/ help", "/\n", "/" + "x" * 5000, "/日本"])
def test_odd_commands_are_refused(alice, bob, text):
    assert alice.say(text)["type"] == "error"
    assert texts(bob) == []


def test_command_needs_membership(alice):
    assert error(alice.say("/nonsense", room="elsewhere"), "forbidden")


# ---- Order of events ----------------------------------------------------------------------------

def test_own_message_comes_with_its_answer_in_one_order(alice):
    """`ok` and the sender's copy keep one order, so that a client can rely on it."""
    orders = set()
    for i in range(20):
        alice.send("message", id="a", room="lobby", text=f"{i}")
        first = alice.take(lambda event: True, "an event")
        second = alice.take(lambda event: True, "an event")
        orders.add((first["type"], second["type"]))
    assert len(orders) == 1 and set(orders.pop()) == {"ok", "message"}


def test_first_event_after_a_join_is_the_next_message(server, alice):
    alice.say("before")
    bob = server.client("bob", room="lobby")
    alice.say("after")
    assert bob.expect("message")["seq"] == bob.joined["seq"] + 1


def test_everybody_sees_one_order(server):
    clients = [server.client(f"user{i}", room="lobby") for i in range(5)]
    for i in range(20):
        for client in clients:
            client.send("message", room="lobby", text=f"{client.nick} {i}")
    for client in clients:
        client.sync()
    # each has sent everything; a second round makes sure that each has got everything
    seen = [texts(client) for client in clients]
    assert len(seen[0]) == 100 and all(other == seen[0] for other in seen)
