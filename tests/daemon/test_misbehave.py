"""The server survives modules that misbehave: tests/abi/misbehave.c and others."""

import re

import pytest

from harness import build_module, wait_until
from raw import Raw

BOTH = "module misbehave {}\nmodule meddler {}"


@pytest.fixture
def server(chatd, abi_modules):
    return chatd(modules=BOTH, module_dir=abi_modules("misbehave", "meddler"),
                 config='slow_hook = "10ms"')


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


def sin(client, words, module="misbehave"):
    """The reply to /misbehave WORDS."""
    answer = client.say(f"/{module} {words}")
    assert answer["type"] == "ok", answer
    return client.expect("notice")["text"]


def reload(server, modules):
    server.write_modules(modules)
    at = len(server.log())
    server.reload()
    server.wait_log("modules as in", after=at)
    return server.log()[at:]


def still_works(server, client):
    """Nobody has been hurt."""
    assert client.say("are you there?")["type"] == "ok"
    server.client("newcomer", room="lobby").close()
    assert server.process.poll() is None


# ---- Time ---------------------------------------------------------------------------------------

def test_slow_hook_is_named_and_counted(server, alice):
    before = int(sin(alice, "slow"))
    alice.say("slow")
    server.wait_log(r"misbehave: message took \d+ ms")
    assert int(sin(alice, "slow")) == before + 1


@pytest.mark.parametrize("every_ms", [0, 1, 1000])
def test_timer_that_is_stopped_while_it_is_due_does_not_ring(server, alice, every_ms):
    assert sin(alice, f"pair {every_ms}") == "1"
    server.wait_log("pair rang")
    assert sin(alice, "keep") == "kept"
    server.wait_log("kept rang")  # so the loop has gone round
    assert server.log().count("pair rang") == 1


# ---- Verdicts -----------------------------------------------------------------------------------

ODD = [4, 5, -1, 2 ** 31 - 1]  # 4 is PENDING, without a token


@pytest.mark.parametrize("verdict", ODD)
def test_odd_verdict_is_a_denial_everywhere(server, alice, verdict):
    guest = server.client()
    alice.say(f"/verdict-of-misbehave {verdict}")
    login = guest.request("login", nick="guest")
    join = alice.request("join", room="den")
    verb = alice.request("misbehave")
    alice.say("/verdict-of-misbehave 0")
    for answer in login, join, verb:
        assert answer["type"] == "error", answer
        assert answer["by" if answer is not verb else "code"] in ("misbehave", "internal")
    for point in "auth", "join", "misbehave":
        server.wait_log(rf"misbehave: {point}: verdict {verdict} is none")
    assert [room["room"] for room in alice.request("rooms")["rooms"]] == ["lobby"]
    assert guest.request("login", nick="guest")["type"] == "welcome"


@pytest.mark.parametrize("verdict", [1, *ODD])
def test_odd_verdict_about_a_delivery_is_a_drop(server, alice, verdict):
    bob = server.client("bob", room="lobby")
    alice.say(f"/verdict-of-misbehave {verdict}")
    assert alice.say("not for bob")["seq"] == 1
    alice.say("/verdict-of-misbehave 0")
    assert alice.say("for bob")["seq"] == 2
    assert bob.expect("message")["text"] == "for bob"


# ---- What belongs to another module -------------------------------------------------------------

def test_token_of_another_module_cannot_be_used(server, alice):
    bob = server.client("bob", room="lobby")
    alice.send("message", id="w", room="lobby", text="wait for misbehave")
    token = wait_until(lambda: int(sin(bob, "token")))
    assert sin(bob, f"resume {token}", module="meddler") == "-2"
    assert sin(bob, f"pending {token}", module="meddler") == "1"
    assert sin(bob, f"pending {token}") == "0"
    assert sin(bob, f"resume {token}") == "0"
    assert sin(bob, f"resume {token}") == "-2"
    assert alice.take(lambda got: got.get("id") == "w", "the answer")["seq"] == 1


def test_bot_and_slot_of_another_module_cannot_be_used(server, alice):
    bot, slot = sin(alice, "ids").split()
    assert sin(alice, f"say {bot}", module="meddler") == "1"
    assert sin(alice, f"slot {slot}", module="meddler") == "1"
    server.wait_log(f"meddler: slot {slot} is none of its own")
    assert sin(alice, f"slot {slot}") == "0"


@pytest.mark.parametrize("slot", [0, 1, 65535, 2 ** 31 - 1, 2 ** 32 - 1])
def test_slot_that_is_none(server, alice, slot):
    assert sin(alice, f"slot {slot}") == "1"


# ---- What is gone -------------------------------------------------------------------------------

def test_ids_of_what_is_gone_find_nothing(server, alice):
    bob = server.client("bob", room="den")
    with Raw(server.port) as raw:
        raw.upgrade("/misbehave")
        server.wait_log("ws kept 1")
    server.wait_log("ws closed")
    bob.say("/misbehave keep", room="den")
    bob.send("message", room="den", text="wait for misbehave")
    wait_until(lambda: sin(alice, "token") != "0")
    server.wait_log("kept rang")
    bob.close()
    wait_until(lambda: len(alice.request("rooms")["rooms"]) == 1)
    assert sin(alice, "stale") == "none:"
    wait_until(lambda: server.log().count("fresh rang") == 100)


# ---- What is left behind ------------------------------------------------------------------------

@pytest.mark.parametrize("modules", ['module misbehave { word = "x" }', ""], ids=["new", "none"])
def test_what_a_module_leaves_is_ended_and_named(chatd, abi_modules, modules):
    server = chatd(modules="module misbehave {}", module_dir=abi_modules("misbehave"))
    alice = server.client("alice", room="lobby")
    sin(alice, "leave")
    assert alice.join("lobby")["count"] == 2
    said = reload(server, modules)
    assert "misbehave: ended 3 timers and 0 watches that it has left" in said
    assert alice.join("lobby")["count"] == 1
    assert server.client().request("login", nick="left-bot")["type"] == "welcome"
    at = len(server.log())
    still_works(server, alice)
    assert "left rang" not in server.log()[at:]
    said = reload(server, 'module misbehave { word = "y" }')
    assert "that it has left" not in said


@pytest.mark.parametrize("end", ["reload", "unload", "server"])
@pytest.mark.parametrize("at", ["check", "check_and_fail", "init", "init_and_fail", "start",
                                "start_and_fail", "stop", "fini", "free"])
def test_what_begins_where_it_should_not_ends(chatd, abi_modules, at, end):
    server = chatd(modules="module loiter {}", module_dir=abi_modules("loiter"))
    alice = server.client("alice", room="lobby")
    alice.say("/hold")
    server.write_modules(f'module loiter {{ at = "{at}" }}')
    server.reload()
    alice.say("/hold")
    if end == "server":
        assert server.stop() == 0
    else:
        server.write_modules("" if end == "unload" else "module loiter {}")
        server.reload()
        still_works(server, alice)
        assert server.client().request("login", nick="loiterer")["type"] == "welcome"
    assert "loiter: loiters" in server.log()


def test_slot_that_is_set_while_it_is_freed_is_empty_afterwards(chatd, abi_modules):
    server = chatd(modules='module loiter { at = "free" }', module_dir=abi_modules("loiter"))
    alice = server.client("alice", room="lobby")
    assert alice.say("/hold")["type"] == "ok"
    assert alice.say("/hold")["type"] == "error"
    reload(server, "module loiter {}")
    assert alice.say("/hold")["type"] == "ok"


# ---- Crashes ------------------------------------------------------------------------------------

@pytest.mark.parametrize("text, signal, what", [
    ("crash", "SIGSEGV", "message"),
    ("/misbehave crash 1", "SIGABRT", "timer"),
    ("/misbehave crash 2", "SIGABRT", "slot's free"),
    ("/misbehave crash 3", "SIGABRT", "job's done"),
])
def test_crash_names_module_and_place(server, alice, text, signal, what):
    alice.send("message", room="lobby", text=text)
    if what == "slot's free":
        alice.sync()
        alice.close()
    alice.wait_closed()
    server.process.wait(10)
    assert f"misbehave: crashed ({signal}) in {what}\n" in server.log()
    server.process = None
