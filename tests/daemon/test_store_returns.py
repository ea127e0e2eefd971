"""Who goes, comes back, or is hidden from, while events are stored; and modules that go meanwhile."""

import hashlib
import json
import shutil

import pytest

from harness import MODULE_DIR, wait_until

TOKEN = "0123456789abcdef" * 3
ALICE, BOB = "00000000000000aa", "00000000000000bb"
BOBS_TOKEN = BOB + 32 * "5"
ROOM = f"dm:{ALICE}:{BOB}"


@pytest.fixture
def keeper(chatd, abi_modules):
    folder = abi_modules("keeper", "hider", "waiter", "asker")
    for name in "edits", "reactions":
        shutil.copy(MODULE_DIR / f"{name}.so", folder)

    def start(options="", before="", behind="", config=""):
        return chatd(modules=f"{before}\nmodule keeper {{ {options} }}\n{behind}",
                     module_dir=folder, config=config)
    return start


def quote(value):
    return json.dumps(json.dumps(value))


def keep(client, op, **fields):
    return client.request("keep", op=op, **fields)


@pytest.fixture
def two(keeper):
    """Starts a server that knows alice by every token, and where bob is; answers it and bob."""

    def start(mode):
        alice = {"id": ALICE, "nick": "alice",
                 "rooms": [{"room": ROOM, "since": 0, "with": "bob"}]}
        digest = hashlib.sha256(BOBS_TOKEN.encode()).hexdigest()[:32]
        bob = {"id": BOB, "nick": "bob", "tokens": [digest],
               "rooms": [{"room": ROOM, "since": 0, "with": "alice"}]}
        server = keeper(f"mode = {mode}  known = {quote(alice)}  user = {quote(bob)}",
                        behind="module hider {}", config="resume_window = 30s")
        client = server.client()
        client.login("bob", resume={"token": BOBS_TOKEN, "rooms": {}})
        assert client.user_id == BOB
        return server, client
    return start


def come(server, rooms=None):
    alice = server.client()
    alice.login("alice", resume={"token": TOKEN, "rooms": rooms or {}})
    assert alice.user_id == ALICE
    return alice


def test_hidden_events_stay_hidden_from_who_comes_back(two):
    server, bob = two("store")
    alice = come(server)
    epoch = alice.welcome["rooms"][0]["epoch"]
    assert bob.say("not for alice", room=ROOM)["seq"] == 1
    alice.sync()
    assert not alice.of_type("message")
    alice.close()
    wait_until(lambda: bob.join(ROOM)["count"] == 1)
    assert bob.say("not for alice", room=ROOM)["seq"] == 2  # nobody is asked about her now
    alice = come(server, {ROOM: {"epoch": epoch, "seq": 0}})
    alice.sync()
    assert alice.welcome["rooms"][0]["recovered"] is False
    assert not alice.of_type("message")


def test_hidden_event_that_is_being_stored_stays_hidden_from_who_comes(two):
    server, bob = two("hold")
    bob.send("message", room=ROOM, text="not for alice")
    bob.sync()
    alice = come(server)
    keep(bob, "store")
    assert bob.expect("message")
    alice.sync()
    assert not alice.of_type("message")


def test_same_cid_of_who_came_back_meanwhile_is_one_message(two):
    server, bob = two("hold")
    bob.join("lobby")
    alice = come(server)
    alice.join("lobby")
    alice.send("message", room="lobby", text="once", cid="c1")
    alice.sync()
    alice.close()
    wait_until(lambda: bob.join("lobby")["count"] == 1)
    alice = come(server)
    alice.join("lobby")
    alice.send("message", id="m", room="lobby", text="once", cid="c1")
    alice.sync()
    assert keep(bob, "store")["waiting"] == 1
    assert alice.expect("ok", id="m")["seq"] == 1
    assert alice.expect("message")["cid"] == "c1"
    bob.sync()
    assert len(bob.of_type("message")) == 1


def test_what_other_modules_let_pass_at_their_end_is_stored(keeper):
    """The store stops last."""
    server = keeper("mode = hold", before="module waiter { otherwise = pass  timeout = 50s }")
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.send("message", id="m", room="lobby", text="wait a bit")
    bob.sync()
    server.write_modules("module waiter { otherwise = pass  timeout = 51s }\n"
                         'module keeper { mode = hold  topic = "x" }')
    assert server.reload() == "read again"
    assert alice.expect("error", id="m")["code"] == "unavailable"
    bob.sync()
    assert not bob.of_type("message")


def test_nobody_is_called_back_behind_his_end(keeper):
    server = keeper("mode = store  mute = true", behind="module asker {}")
    alice = server.client("alice", room="lobby")
    alice.say("x")
    assert alice.request("ask", room="lobby")["type"] == "ok"
    assert server.stop() == 0
    assert "state" not in server.log()


def test_end_of_the_store_answers_from_the_log(keeper, chatd):
    server = keeper("mode = store  mute = true", behind="module asker {}")
    alice = server.client("alice", room="lobby")
    alice.say("x")
    assert alice.request("ask", room="lobby")["type"] == "ok"
    server.write_modules("module asker {}")
    assert server.reload() == "read again"
    assert int(server.wait_log(r"state x, got (\d+) bytes")[1]) > 0


def test_data_of_who_has_ended_cannot_be_set(keeper):
    server = keeper("mode = hold", behind="module asker {}")
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.send("message", room="lobby", text="x")
    alice.sync()
    alice.close()
    wait_until(lambda: bob.join("lobby")["count"] == 1)
    keep(bob, "store")
    assert bob.expect("message")
    server.wait_log("set data: -2")


def test_what_waits_for_the_store_has_a_limit(keeper):
    server = keeper(config="storing_memory = 64k")
    bob = server.client("bob", room="lobby")
    for i in range(3):
        alice = server.client(f"alice{i}", room="lobby")
        for _ in range(5):
            alice.send("message", room="lobby", text="x" * 8000)
        alice.sync()
        alice.close()
    waiting = keep(bob, "look")["waiting"]
    assert 64 * 1024 // 16500 < waiting <= 64 * 1024 // 8000 + 1
    alice = server.client("alice", room="lobby")
    answer = alice.say("one more")
    assert (answer["code"], answer["message"]) == ("unavailable", "too much waits to be stored")
    assert server.counters()["storing_memory"] >= 1
    keep(bob, "store")
    alice.send("message", id="m", room="lobby", text="now")
    alice.sync()
    keep(bob, "store")
    assert alice.expect("ok", id="m")["seq"] == waiting + 1


def test_message_that_a_filter_has_let_pass_holds_nobody_up(keeper):
    server = keeper("mode = hold", before="module waiter { otherwise = pass  timeout = 50s }")
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.send("message", id="m", room="lobby", text="wait")
    bob.sync()
    bob.send("message", room="lobby", text="/resume pass")
    wait_until(lambda: keep(bob, "look")["waiting"] == 1)
    alice.sync()
    assert not alice.of_type("ok")
    keep(bob, "store")
    assert alice.expect("ok", id="m")["seq"] == 1


def test_edit_that_waits_is_not_told_behind_the_deletion(chatd, abi_modules):
    folder = abi_modules("waiter")
    shutil.copy(MODULE_DIR / "edits.so", folder)
    server = chatd(modules="module waiter { otherwise = pass  timeout = 50s }\nmodule edits {}",
                   module_dir=folder, config="resume_window = 30s")
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    assert alice.say("secret")["seq"] == 1
    other = server.client()
    other.login("alice", resume={"token": alice.welcome["resume_token"], "rooms": {}})
    alice.send("edit", id="e", room="lobby", target=1, text="wait, secret")
    bob.sync()
    assert other.request("delete", room="lobby", target=1)["type"] == "ok"
    bob.say("/resume pass")
    assert alice.expect("error", id="e")["code"] == "not_found"
    bob.sync()
    assert not bob.of_type("edit")


def test_reactions_that_are_being_stored_are_not_taken_as_there(keeper):
    """They may still be refused; and what comes behind a removal is no repetition."""
    server = keeper("mode = hold", behind="module reactions {}")
    alice, bob = (server.client(nick, room="lobby") for nick in ("alice", "bob"))
    alice.send("message", room="lobby", text="x")
    alice.sync()
    keep(bob, "store")
    alice.expect("message")
    for n, op in enumerate(("add", "remove", "add"), 1):
        alice.send("reaction", id=op + str(n), room="lobby", target=1, key="+1", op=op)
        wait_until(lambda: keep(bob, "look")["waiting"] == n)
    keep(bob, "store")
    assert [bob.expect("reaction")["op"] for _ in range(3)] == ["add", "remove", "add"]
    again = alice.request("reaction", room="lobby", target=1, key="+1", op="add")
    assert again["type"] == "ok" and "seq" not in again
    # One that was refused has to be asked for again.
    alice.send("reaction", id="r", room="lobby", target=1, key="-1", op="add")
    wait_until(lambda: keep(bob, "look")["waiting"] == 1)
    keep(bob, "fail")
    assert alice.expect("error", id="r")["code"] == "unavailable"
    alice.send("reaction", id="r2", room="lobby", target=1, key="-1", op="add")
    wait_until(lambda: keep(bob, "look")["waiting"] == 1)
    keep(bob, "store")
    assert alice.expect("ok", id="r2")["seq"] == 5
