"""The module edits: who may change and delete what, and what the others see of it."""

import shutil
import time

import pytest

from harness import MODULE_DIR


@pytest.fixture
def server(chatd):
    return chatd(modules="module edits {}", config='resume_window = "30s"')


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    return server.client("bob", room="lobby")


def edit(client, target, text, room="lobby", **fields):
    return client.request("edit", room=room, target=target, text=text, **fields)


def delete(client, target, room="lobby", **fields):
    return client.request("delete", room=room, target=target, **fields)


def come_back(server, client, seq, room="lobby"):
    """The client again, on a new connection, who has seen everything up to `seq`."""
    back = server.client()
    back.login(client.nick, resume={
        "token": client.welcome["resume_token"],
        "rooms": {room: {"epoch": client.joined["epoch"], "seq": seq}}})
    return back


def changes(client):
    """What the client was told and has not asked for yet, in order: [(type, target, text)]."""
    client.sync()
    return [(event["type"], event["target"], event.get("text")) for event in client.events
            if event["type"] in ("edit", "delete")]


def test_announces_its_feature(alice):
    assert "edits" in alice.hello["features"]


# ---- Edits --------------------------------------------------------------------------------------

def test_edit_is_an_event_of_the_author(alice, bob):
    target = alice.say("helo")["seq"]
    answer = edit(alice, target, "hello")
    assert (answer["type"], answer["room"], answer["seq"]) == ("ok", "lobby", target + 1)
    for client in alice, bob:
        assert client.expect("edit") == {
            "type": "edit", "room": "lobby", "seq": target + 1, "ts": answer["ts"],
            "from": {"id": alice.user_id, "nick": "alice"}, "target": target, "text": "hello"}


def test_answer_comes_after_the_event(alice):
    target = alice.say("helo")["seq"]
    edit(alice, target, "hello")
    assert alice.of_type("edit")


def test_message_may_be_edited_again(alice, bob):
    target = alice.say("a")["seq"]
    for text in "b", "c", "a", "a":
        assert edit(alice, target, text)["type"] == "ok"
    assert changes(bob) == [("edit", target, text) for text in "bcaa"]


def test_other_messages_stay_editable(alice, bob):
    first, second = alice.say("1")["seq"], alice.say("2")["seq"]
    assert edit(alice, second, "zwei")["type"] == "ok"
    assert edit(alice, first, "eins")["type"] == "ok"
    assert changes(bob) == [("edit", second, "zwei"), ("edit", first, "eins")]


@pytest.mark.parametrize("text", ["/me is no command here", "//", "two\nlines", "\"\\€😀"])
def test_text_is_taken_as_it_is(alice, bob, text):
    edit(alice, alice.say("x")["seq"], text)
    assert bob.expect("edit")["text"] == text


@pytest.mark.parametrize("request_type", ["edit", "delete"])
def test_only_the_author(alice, bob, request_type):
    target = alice.say("mine")["seq"]
    answer = bob.request(request_type, room="lobby", target=target, text="yours")
    assert (answer["code"], answer["by"]) == ("forbidden", "edits")
    assert changes(alice) == []


@pytest.mark.parametrize("request_type", ["edit", "delete"])
def test_same_nick_is_not_the_author(server, alice, bob, request_type):
    target = alice.say("mine")["seq"]
    alice.close()
    impostor = server.client("alice", room="lobby")
    assert impostor.user_id != alice.user_id
    answer = impostor.request(request_type, room="lobby", target=target, text="x")
    assert answer["code"] == "forbidden"


def test_message_of_a_bot_is_not_mine(chatd):
    server = chatd(modules="module edits {}\nmodule dice {}")
    alice = server.client("alice", room="lobby")
    alice.say("/roll")
    assert edit(alice, alice.expect("message")["seq"], "6")["code"] == "forbidden"


def test_another_session_of_the_author_may(server, alice, bob):
    target = alice.say("helo")["seq"]
    tab = come_back(server, alice, 0)
    assert edit(tab, target, "hello")["type"] == "ok"
    for client in alice, bob, tab:
        assert client.expect("edit")["from"]["id"] == alice.user_id


@pytest.mark.parametrize("request_type", ["edit", "delete"])
@pytest.mark.parametrize("target", [None, 0, -1, 1.5, "1", True, [1], 10**30])
def test_target_that_is_no_number_is_refused(alice, request_type, target):
    alice.say("x")
    answer = alice.request(request_type, room="lobby", target=target, text="y")
    assert answer["code"] == "bad_request"


@pytest.mark.parametrize("request_type", ["edit", "delete"])
def test_unknown_target(alice, request_type):
    target = alice.say("x")["seq"]
    answer = alice.request(request_type, room="lobby", target=target + 1, text="y")
    assert (answer["code"], answer["by"]) == ("not_found", "edits")
    assert changes(alice) == []


@pytest.mark.parametrize("request_type", ["edit", "delete"])
def test_target_of_another_room(alice, request_type):
    alice.join("other")
    alice.say("x", room="other")
    target = alice.say("x", room="other")["seq"]
    alice.say("first of the lobby")
    answer = alice.request(request_type, room="lobby", target=target, text="y")
    assert answer["code"] == "not_found"


@pytest.mark.parametrize("request_type", ["edit", "delete"])
def test_target_that_is_no_message(chatd, abi_modules, request_type):
    """An edit, and a topic that the caller has set himself."""
    folder = abi_modules("rooms")
    shutil.copy(MODULE_DIR / "edits.so", folder)
    server = chatd(modules="module edits {}\nmodule rooms {}", module_dir=folder)
    alice = server.client("alice", room="lobby")
    target = alice.say("x")["seq"]
    changed = edit(alice, target, "y")["seq"]
    alice.say("/topic news")
    topic = alice.expect("topic")
    assert topic["from"]["id"] == alice.user_id
    for each in changed, topic["seq"]:
        answer = alice.request(request_type, room="lobby", target=each, text="z")
        assert answer["code"] == "not_found"


@pytest.mark.parametrize("request_type", ["edit", "delete"])
def test_target_that_the_server_has_forgotten(chatd, request_type):
    server = chatd(modules="module edits {}",
                   config='resume_window = "30s"\nreplay_events = 3')
    alice = server.client("alice", room="lobby")
    first, second = (alice.say(text)["seq"] for text in ("a", "b"))
    for text in "c", "d":
        alice.say(text)
    answer = alice.request(request_type, room="lobby", target=first, text="x")
    assert answer["code"] == "not_found"
    assert alice.request(request_type, room="lobby", target=second, text="x")["type"] == "ok"


@pytest.mark.parametrize("text", [None, 7, ["x"]])
def test_edit_without_text_is_refused(alice, text):
    target = alice.say("x")["seq"]
    answer = alice.request("edit", room="lobby", target=target, text=text)
    assert answer["code"] == "bad_request"


@pytest.mark.parametrize("text", ["", " \n\t"])
def test_edit_to_nothing_is_refused(alice, text):
    assert edit(alice, alice.say("x")["seq"], text)["code"] == "bad_request"
    assert changes(alice) == []


def test_long_text_is_refused(chatd):
    server = chatd(modules="module edits {}", config="max_text_bytes = 100")
    alice = server.client("alice", room="lobby")
    target = alice.say("x")["seq"]
    assert edit(alice, target, "y" * 101)["code"] == "too_large"
    assert edit(alice, target, "y" * 100)["type"] == "ok"


@pytest.mark.parametrize("request_type", ["edit", "delete"])
def test_who_is_not_in_the_room(alice, bob, request_type):
    target = alice.say("x")["seq"]
    alice.request("leave", room="lobby")
    answer = alice.request(request_type, room="lobby", target=target, text="y")
    assert answer["code"] == "forbidden"
    alice.join("lobby")
    assert alice.request(request_type, room="lobby", target=target, text="y")["type"] == "ok"


# ---- Deletes ------------------------------------------------------------------------------------

def test_delete_is_an_event_of_the_author(alice, bob):
    target = alice.say("oops")["seq"]
    answer = delete(alice, target)
    assert (answer["type"], answer["room"], answer["seq"]) == ("ok", "lobby", target + 1)
    for client in alice, bob:
        assert client.expect("delete") == {
            "type": "delete", "room": "lobby", "seq": target + 1, "ts": answer["ts"],
            "from": {"id": alice.user_id, "nick": "alice"}, "target": target}


def test_delete_has_no_text(alice, bob):
    alice.request("delete", room="lobby", target=alice.say("oops")["seq"], text="said nothing")
    assert "text" not in bob.expect("delete")


def test_deleted_is_gone(alice, bob):
    target, other = alice.say("x")["seq"], alice.say("y")["seq"]
    assert delete(alice, target)["type"] == "ok"
    assert edit(alice, target, "y")["code"] == "not_found"
    assert delete(alice, target)["code"] == "not_found"
    assert delete(alice, other)["type"] == "ok"
    assert changes(bob) == [("delete", target, None), ("delete", other, None)]


def test_deleted_is_gone_in_its_room_only(alice):
    alice.join("other")
    alice.say("x"), alice.say("x", room="other")
    assert delete(alice, 1)["type"] == "ok"
    assert delete(alice, 1, room="other")["type"] == "ok"


def test_edited_may_be_deleted(alice, bob):
    target = alice.say("x")["seq"]
    edit(alice, target, "y")
    assert delete(alice, target)["type"] == "ok"
    assert changes(bob) == [("edit", target, "y"), ("delete", target, None)]


# ---- Repeated requests --------------------------------------------------------------------------

def test_cid_names_an_edit(alice, bob):
    target = alice.say("a", cid="m")["seq"]
    first = edit(alice, target, "b", cid="e")
    again = edit(alice, target, "b", cid="e")
    assert {**again, "id": None} == {**first, "id": None} and first["seq"] == target + 1
    assert edit(alice, target, "c", cid="f")["seq"] == target + 2
    assert changes(bob) == [("edit", target, "b"), ("edit", target, "c")]


def test_cid_names_a_delete(alice, bob):
    target = alice.say("a")["seq"]
    first = delete(alice, target, cid="d")
    again = delete(alice, target, cid="d")
    assert {**again, "id": None} == {**first, "id": None} and first["seq"] == target + 1
    assert delete(alice, target, cid="d2")["code"] == "not_found"
    assert changes(bob) == [("delete", target, None)]


def test_cid_is_told_to_the_authors_own_sessions(server, alice, bob):
    target = alice.say("a")["seq"]
    tab = come_back(server, alice, target)
    edit(alice, target, "b", cid="e")
    assert alice.expect("edit")["cid"] == tab.expect("edit")["cid"] == "e"
    assert "cid" not in bob.expect("edit")


def test_answer_that_got_lost_is_given_late(chatd):
    """Also when the time for a new edit is over."""
    server = chatd(modules="module edits { window = 300ms }", config='resume_window = "30s"')
    alice = server.client("alice", room="lobby")
    target = alice.say("a")["seq"]
    first = edit(alice, target, "b", cid="e")
    alice.drop()
    time.sleep(0.5)
    back = come_back(server, alice, target)
    assert edit(back, target, "b", cid="e")["seq"] == first["seq"]
    assert edit(back, target, "b", cid="f")["code"] == "forbidden"
    assert back.expect("edit")["cid"] == "e"


@pytest.mark.parametrize("cid", ["", "x" * 65, 7])
def test_cid_that_is_none(alice, cid):
    target = alice.say("a")["seq"]
    assert edit(alice, target, "b", cid=cid)["code"] == "bad_request"
    assert delete(alice, target, cid=cid)["code"] == "bad_request"


def test_requests_without_id_are_done(alice, bob):
    target = alice.say("a")["seq"]
    alice.send("edit", room="lobby", target=target, text="b")
    alice.send("delete", room="lobby", target=target)
    alice.send("delete", room="lobby", target=target)
    assert alice.expect("error")["code"] == "not_found"
    assert changes(bob) == [("edit", target, "b"), ("delete", target, None)]


def test_requests_of_a_client_keep_their_order(alice, bob):
    for target in range(1, 16, 3):
        alice.send("message", room="lobby", text="a")
        alice.send("edit", room="lobby", target=target, text="b")
        alice.send("delete", room="lobby", target=target)
    alice.sync()
    bob.sync()
    told = [event["type"] for event in bob.events if "seq" in event]
    assert told == ["message", "edit", "delete"] * 5


# ---- Filters ------------------------------------------------------------------------------------

def with_words(action):
    return {"modules": "module profanity { words = words.txt  action = %s }\n"
                       "module edits {}" % action,
            "files": {"words.txt": "darn\n"}}


def test_filter_masks_an_edit(chatd):
    server = chatd(**with_words("mask"))
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    target = alice.say("a")["seq"]
    edit(alice, target, "darn it")
    assert alice.expect("edit")["text"] == bob.expect("edit")["text"] == "**** it"


def test_filter_denies_an_edit(chatd):
    server = chatd(**with_words("deny"))
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    target = alice.say("a")["seq"]
    answer = edit(alice, target, "darn it", cid="e")
    assert (answer["type"], answer["by"]) == ("error", "profanity")
    assert edit(alice, target, "b", cid="e")["seq"] == target + 1
    assert changes(bob) == [("edit", target, "b")]


def test_filter_drops_an_edit(chatd):
    server = chatd(**with_words("drop"))
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    target = alice.say("a")["seq"]
    answer = edit(alice, target, "darn it")
    assert answer["type"] == "ok" and "seq" not in answer
    assert changes(bob) == [] and changes(alice) == []


def test_filters_do_not_see_deletes(chatd):
    server = chatd(**with_words("deny"))
    alice = server.client("alice", room="lobby")
    answer = alice.request("delete", room="lobby", target=alice.say("a")["seq"], text="darn")
    assert answer["type"] == "ok"


# ---- Time and number ----------------------------------------------------------------------------

def test_window_is_over(chatd):
    server = chatd(modules="module edits { window = 200ms  delete_window = 1h }")
    alice = server.client("alice", room="lobby")
    target = alice.say("a")["seq"]
    time.sleep(0.3)
    assert edit(alice, target, "b")["code"] == "forbidden"
    assert edit(alice, alice.say("new")["seq"], "newer")["type"] == "ok"
    assert delete(alice, target)["type"] == "ok"


def test_delete_window_is_over(chatd):
    server = chatd(modules="module edits { window = 1h  delete_window = 200ms }")
    alice = server.client("alice", room="lobby")
    target = alice.say("a")["seq"]
    time.sleep(0.3)
    assert delete(alice, target)["code"] == "forbidden"
    assert edit(alice, target, "b")["type"] == "ok"


def test_window_of_nothing_is_always(chatd):
    server = chatd(modules="module edits { window = 0s  delete_window = 0s }")
    alice = server.client("alice", room="lobby")
    target = alice.say("a")["seq"]
    time.sleep(0.05)
    assert edit(alice, target, "b")["type"] == "ok"
    assert delete(alice, target)["type"] == "ok"


@pytest.mark.parametrize("request_type", ["edit", "delete"])
def test_rate_is_limited(alice, request_type):
    targets = [alice.say("x")["seq"] for _ in range(25)]
    answers = [alice.request(request_type, room="lobby", target=target, text="y")
               for target in targets]
    assert [answer["type"] for answer in answers[:20]] == ["ok"] * 20
    assert answers[-1]["code"] == "rate_limited" and answers[-1]["retry_after"] > 0


@pytest.mark.parametrize("options, said", [
    ("window = -1s", "window"),
    ("window = soon", "window"),
    ("delete_window = 1000d", "delete_window"),
    ("windows = 1h", "windows"),
])
def test_bad_options(chatd_check, options, said):
    code, output = chatd_check(modules="module edits { %s }" % options)
    assert code == 78
    assert said in output


# ---- Coming back, and reload --------------------------------------------------------------------

def test_who_comes_back_gets_changes_in_order(server, alice, bob):
    first = alice.say("a")["seq"]
    bob.expect("message")
    bob.drop()
    edit(alice, first, "b", cid="e")
    second = alice.say("c")["seq"]
    delete(alice, second)
    edit(alice, first, "d")
    back = come_back(server, bob, first)
    back.expect("caught_up")
    told = [event for event in back.events if "seq" in event]
    assert [event["seq"] for event in told] == list(range(first + 1, first + 5))
    assert [event["type"] for event in told] == ["edit", "message", "delete", "edit"]
    assert changes(back) == [("edit", first, "b"), ("delete", second, None), ("edit", first, "d")]
    assert "cid" not in told[0]


def test_who_comes_back_does_not_get_what_was_deleted(server, alice, bob):
    bob.drop()
    target = alice.say("secret")["seq"]
    edit(alice, target, "a secret")
    delete(alice, target)
    back = come_back(server, bob, 0)
    back.expect("caught_up")
    message = back.expect("message")
    assert message["deleted"] is True and "text" not in message
    assert changes(back) == [("edit", target, None), ("delete", target, None)]
    assert "secret" not in str(back.events)


def test_reload_keeps_working(server, alice, bob):
    first, second = alice.say("a")["seq"], alice.say("b")["seq"]
    delete(alice, first)
    server.write_modules("module edits { window = 2h }")
    assert server.reload() == "read again"
    assert edit(alice, first, "x")["code"] == "not_found"
    assert delete(alice, first)["code"] == "not_found"
    assert edit(alice, second, "x")["type"] == "ok"
    assert delete(alice, second)["type"] == "ok"
    assert changes(bob) == [("delete", first, None), ("edit", second, "x"),
                            ("delete", second, None)]


def test_module_can_be_switched_off_and_on(server, alice):
    target = alice.say("a")["seq"]
    server.write_modules("")
    server.reload()
    assert edit(alice, target, "b")["code"] == "unknown_type"
    server.write_modules("module edits {}")
    server.reload()
    assert edit(alice, target, "b")["type"] == "ok"
