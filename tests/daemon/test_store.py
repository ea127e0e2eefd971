"""Events that are stored before they are told, with a module that stores when it is told to."""

import hashlib
import json

import pytest

from harness import run_chatd, wait_until

TOKEN = "0123456789abcdef" * 3


@pytest.fixture
def keeper(chatd, abi_modules):
    """Starts a server with the module keeper and options of it."""
    folder = abi_modules("keeper", "hider")

    def start(options="", modules="", config=""):
        return chatd(modules=f"module keeper {{ {options} }}\n{modules}", module_dir=folder,
                     config=config)
    return start


def quote(value):
    return json.dumps(json.dumps(value))


@pytest.fixture
def server(keeper):
    return keeper()


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    return server.client("bob", room="lobby")


def keep(client, op, **fields):
    return client.request("keep", op=op, **fields)


def test_message_is_told_when_it_is_stored(alice, bob):
    alice.send("message", id="m", room="lobby", text="hello", cid="c")
    alice.sync()
    assert keep(bob, "look")["waiting"] == 1
    alice.sync()
    assert not bob.of_type("message") and not alice.of_type("message")
    assert not alice.of_type("ok")
    keep(bob, "store")
    answer = alice.expect("ok", id="m")
    assert answer["seq"] == 1
    told = bob.expect("message")
    assert (told["seq"], told["ts"], told["text"]) == (1, answer["ts"], "hello")
    assert "cid" not in told and alice.expect("message")["cid"] == "c"


def test_messages_of_one_client_do_not_wait_for_each_other(alice, bob):
    for i in range(40):
        alice.send("message", id=f"m{i}", room="lobby", text=str(i))
    alice.sync()
    assert keep(bob, "look")["waiting"] == 40
    keep(bob, "store", up_to=10)
    keep(bob, "store")
    assert [bob.expect("message")["seq"] for _ in range(40)] == list(range(1, 41))
    assert [alice.expect("ok", id=f"m{i}")["seq"] for i in range(40)] == list(range(1, 41))


def test_more_messages_than_may_be_on_their_way_wait(alice, bob):
    for i in range(100):
        alice.send("message", id=f"m{i}", room="lobby", text=str(i))
    wait_until(lambda: keep(bob, "look")["waiting"] == 64)
    keep(bob, "store")
    wait_until(lambda: keep(bob, "look")["waiting"] == 36)
    keep(bob, "store")
    assert [bob.expect("message")["seq"] for _ in range(100)] == list(range(1, 101))


def test_failed_message_is_unavailable_and_its_number_is_used_again(alice, bob):
    alice.send("message", id="m", room="lobby", text="lost", cid="c")
    alice.sync()
    keep(bob, "fail")
    error = alice.expect("error", id="m")
    assert (error["code"], error["message"]) == ("unavailable", "the disk is full")
    alice.send("message", id="m2", room="lobby", text="kept", cid="c")
    alice.sync()
    keep(bob, "store")
    assert alice.expect("ok", id="m2")["seq"] == 1
    assert bob.expect("message")["text"] == "kept"
    assert not bob.of_type("message")


def test_failure_spares_what_stands_before_it(alice, bob):
    for i in range(4):
        alice.send("message", id=f"m{i}", room="lobby", text=str(i))
    alice.sync()
    keep(bob, "store", up_to=2)
    keep(bob, "fail")
    assert [alice.expect("ok", id=f"m{i}")["seq"] for i in range(2)] == [1, 2]
    assert [alice.expect("error", id=f"m{i}")["code"] for i in (2, 3)] == ["unavailable"] * 2
    assert [bob.expect("message")["text"] for _ in range(2)] == ["0", "1"]


def test_failure_from_within_the_store_is_told(keeper):
    server = keeper("mode = fail")
    alice = server.client("alice", room="lobby")
    assert [alice.say("x")["code"] for _ in range(3)] == ["unavailable"] * 3
    assert alice.join("lobby")["seq"] == 0


def test_same_cid_while_it_is_stored_is_one_message(alice, bob, server):
    alice.send("message", id="m", room="lobby", text="once", cid="c")
    alice.send("message", id="again", room="lobby", text="once", cid="c")
    alice.sync()
    assert keep(bob, "look")["waiting"] == 1
    keep(bob, "store")
    assert alice.expect("ok", id="m")["seq"] == alice.expect("ok", id="again")["seq"] == 1
    bob.sync()
    assert len(bob.of_type("message")) == 1
    assert alice.say("once", cid="c")["seq"] == 1
    assert server.counters()["duplicate_messages"] == 2


def test_sender_who_has_gone_is_told_of_all_the_same(alice, bob):
    alice.send("message", room="lobby", text="last words")
    alice.sync()
    alice.close()
    wait_until(lambda: bob.join("lobby")["count"] == 1)
    keep(bob, "store")
    told = bob.expect("message")
    assert told["from"] == {"id": alice.user_id, "nick": "alice"}


def test_who_joins_meanwhile_gets_it(server, alice, bob):
    alice.send("message", room="lobby", text="late")
    alice.sync()
    carol = server.client("carol", room="lobby")
    assert carol.joined["seq"] == 0
    keep(bob, "store")
    assert carol.expect("message")["seq"] == 1


def test_room_that_everybody_left_waits_for_its_messages(server, alice, bob):
    alice.send("message", room="lobby", text="x")
    alice.sync()
    alice.request("leave", room="lobby")
    bob.request("leave", room="lobby")
    keep(bob, "store")
    assert alice.join("lobby")["seq"] == 0  # another room of that name


def test_end_of_the_store_refuses_what_waits(server, alice, bob):
    alice.send("message", id="m", room="lobby", text="x")
    alice.sync()
    server.write_modules("")
    assert server.reload() == "read again"
    assert alice.expect("error", id="m")["code"] == "unavailable"
    assert alice.say("y")["seq"] == 1
    assert bob.expect("message")["text"] == "y"


def test_sender_who_has_left_the_room_gets_the_answer_and_no_message(alice, bob):
    alice.send("message", id="m", room="lobby", text="x", cid="c")
    alice.request("leave", room="lobby")
    keep(bob, "store")
    assert alice.expect("ok", id="m")["seq"] == 1
    assert bob.expect("message")["seq"] == 1
    alice.sync()
    assert not alice.of_type("message")


def test_topic_holds_when_it_is_stored(server, alice, bob):
    alice.say("/topic spring")
    assert "topic" not in server.client("carol", room="lobby").joined
    keep(bob, "store")
    assert bob.expect("topic")["topic"] == "spring"
    assert server.client("dave", room="lobby").joined["topic"] == "spring"


def test_event_of_a_verb_is_answered_when_it_is_stored(alice, bob):
    alice.send("mark", id="m", room="lobby", target=7, text="why", cid="c")
    alice.sync()
    assert not bob.of_type("mark") and not alice.of_type("ok")
    keep(bob, "store")
    assert alice.expect("ok", id="m")["seq"] == 1
    told = bob.expect("mark")
    assert (told["target"], told["text"], told["from"]["nick"]) == (7, "why", "alice")
    again = alice.request("mark", room="lobby", target=7, text="why", cid="c")
    assert again["seq"] == 1


def test_store_is_told_from_whom_an_event_is_hidden(keeper):
    server = keeper(modules="module hider {}")
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.send("message", room="lobby", text="not for bob")
    alice.sync()
    assert keep(bob, "look")["hidden"] == [bob.user_id]
    late = server.client("carol", room="lobby")
    keep(late, "store")
    assert late.expect("message")["text"] == "not for bob"
    bob.sync()
    assert not bob.of_type("message")


def test_deliveries_to_those_who_came_meanwhile_are_asked_for(keeper):
    server = keeper(modules="module hider {}")
    alice = server.client("alice", room="lobby")
    alice.send("message", room="lobby", text="not for carol")
    alice.sync()
    carol = server.client("carol", room="lobby")
    keep(alice, "store")
    assert alice.expect("message")["text"] == "not for carol"
    carol.sync()
    assert not carol.of_type("message")


def test_events_are_fetched_from_the_store(server, alice, bob):
    alice.say("/get 1")
    server.wait_log('got ""')  # the room has none yet
    alice.send("message", room="lobby", text="x")
    alice.sync()
    keep(bob, "store")
    alice.sync()
    alice.say("/get 1")
    server.wait_log("got .*fetched")


def test_second_store_is_refused(abi_modules, tmp_path):
    (tmp_path / "chatd.conf").write_text(f'module_dir = "{abi_modules("keeper", "second_store")}"\n')
    (tmp_path / "chatd.modules").write_text("module keeper {}\nmodule second_store {}\n")
    code, output = run_chatd("-t", "-c", tmp_path / "chatd.conf")
    assert code == 78
    assert "chatd.modules:2: module second_store: keeper stores already" in output


# ---- What was stored ------------------------------------------------------------------------

def test_room_goes_on_where_it_ended(keeper):
    server = keeper('mode = store  room = lobby  seq = 841  topic = "old"')
    alice = server.client("alice", room="lobby")
    assert (alice.joined["epoch"], alice.joined["seq"]) == ("00c0ffee", 841)
    assert alice.joined["topic"] == "old"
    assert alice.say("x")["seq"] == 842
    assert alice.join("garden")["seq"] == 0


def test_room_of_the_configuration_is_restored(keeper):
    server = keeper('room = lobby  seq = 5', config='rooms = { "lobby" }')
    alice = server.client("alice")
    assert alice.request("rooms")["rooms"] == [{"room": "lobby", "count": 0}]
    assert alice.join("lobby")["seq"] == 5


def saved_of(server, user):
    """What the store was told of a user last."""
    text = server.log().rpartition(f'{{"id":"{user.user_id}"')
    return json.loads(text[1] + text[2].splitlines()[0])


def test_user_is_where_he_was(keeper):
    first = keeper("mode = store", config="resume_window = 30s")
    alice = first.client("alice", room="lobby")
    bob = first.client("bob", room="lobby")
    assert alice.say("one", cid="c1")["seq"] == 1
    saved = saved_of(first, alice)
    assert [room["room"] for room in saved["rooms"]] == ["lobby"] and len(saved["tokens"]) == 1
    events = [bob.expect("message")]
    events[0]["cid"] = "c1"
    second = keeper(f'mode = store  room = lobby  epoch = "{alice.joined["epoch"]}"  seq = 1  '
                    f'user = {quote(saved)}  events = {{ {quote(events[0])} }}',
                    config="resume_window = 30s")
    assert "not restored" not in second.log()
    carol = second.client("carol", room="lobby")
    assert carol.joined["count"] == 2
    taken = second.client().request("login", nick="alice")
    assert taken["code"] == "nick_in_use"
    back = second.client()
    welcome = back.login("alice", resume={
        "token": alice.welcome["resume_token"],
        "rooms": {"lobby": {"epoch": alice.joined["epoch"], "seq": 0}}})
    assert welcome["resumed"] is True and welcome["user"]["id"] == alice.user_id
    [room] = welcome["rooms"]
    assert (room["recovered"], room["missed"], room["seq"]) == (True, 1, 1)
    assert back.expect("message")["text"] == "one"
    assert back.say("one", cid="c1")["seq"] == 1
    assert back.say("two", cid="c2")["seq"] == 2


def test_restored_user_who_does_not_come_back_leaves(keeper):
    first = keeper("mode = store", config="resume_window = 30s")
    alice = first.client("alice", room="lobby")
    saved = saved_of(first, alice)
    second = keeper(f"mode = store  user = {quote(saved)}", config="resume_window = 1s")
    assert second.client("bob", room="lobby").joined["count"] in (1, 2)
    second.wait_log("user 0 .*alice")
    wait_until(lambda: second.client("carol", room="lobby").joined["count"] <= 2)
    assert second.client("alice")


def test_shut_down_does_not_end_users(keeper):
    server = keeper("mode = store", config="resume_window = 30s")
    server.client("alice", room="lobby")
    server.client("bob", room="lobby").drop()
    server.stop()
    assert "user 0" not in server.log()


def test_without_the_store_all_users_end_with_the_server(keeper):
    server = keeper("mode = store")
    alice = server.client("alice", room="lobby")
    alice.close()
    saved = server.wait_log("user 0 (.*)")
    assert json.loads(saved[1])["rooms"] == []


def test_known_user_has_the_id_and_the_data_that_he_had(keeper):
    saved = {"id": "00000000000000aa", "nick": "old", "rooms": [
        {"room": "dm:00000000000000aa:00000000000000bb", "since": 0, "with": "bob"}]}
    server = keeper(f"mode = store  known = {quote(saved)}")
    alice = server.client()
    welcome = alice.login("alice", resume={"token": TOKEN, "rooms": {}})
    assert welcome["resumed"] is False
    assert welcome["user"] == {"id": "00000000000000aa", "nick": "alice"}
    [room] = welcome["rooms"]
    assert room["with"] == {"id": "00000000000000bb", "nick": "bob"}
    assert alice.say("still there?", room=room["room"])["seq"] == 1
    assert alice.expect("message")["text"] == "still there?"
    other = server.client()
    second = other.login("another", resume={"token": TOKEN, "rooms": {}})
    assert second["resumed"] is True and second["user"]["nick"] == "alice"


def test_message_of_somebody_who_was_not_there_is_not_doubled(keeper):
    """He comes back after the server did, and sends again what he saw no answer to."""
    saved = {"id": "00000000000000aa", "nick": "alice"}
    event = {"type": "message", "room": "lobby", "seq": 1, "ts": 1, "from": saved, "text": "one",
             "cid": "c1"}
    other = {"id": "00000000000000bb", "nick": "bob", "rooms": [{"room": "lobby", "since": 0}]}
    server = keeper(f"mode = store  room = lobby  seq = 1  known = {quote(saved)}  "
                    f"user = {quote(other)}  events = {{ {quote(event)} }}",
                    config="resume_window = 30s")
    alice = server.client()
    alice.login("alice", resume={"token": TOKEN, "rooms": {}})
    assert alice.join("lobby")["seq"] == 1
    assert alice.say("one", cid="c1")["seq"] == 1
    assert alice.say("two", cid="c2")["seq"] == 2


def test_known_user_may_come_with_the_same_token_again(keeper):
    """The welcome, and the token in it, may have got lost."""
    token = "00000000000000aa" + 32 * "5"
    digest = hashlib.sha256(token.encode()).hexdigest()[:32]
    saved = {"id": "00000000000000aa", "nick": "alice", "tokens": [digest]}
    server = keeper(f"mode = store  known = {quote(saved)}", config="resume_window = 30s")
    alice = server.client()
    alice.login("alice", resume={"token": token, "rooms": {}})
    alice.join("lobby")
    tokens = saved_of(server, alice)["tokens"]
    assert len(tokens) == 2 and digest in tokens


@pytest.mark.parametrize("saved", [
    {}, {"id": "short", "nick": "x"}, {"id": "00000000000000zz", "nick": "x"},
    {"id": "00000000000000aa"}, {"id": "00000000000000aa", "nick": ""}, 7, []], ids=str)
def test_what_is_no_saved_user_is_not_restored(keeper, saved):
    server = keeper(f"user = {quote(saved)}", config="resume_window = 30s")
    assert "the user was not restored" in server.log()
