"""The module greeter."""

import pytest


def test_welcomes_who_joins(chatd):
    server = chatd(modules="module greeter {}")
    alice = server.client("alice", room="lobby")
    notice = alice.expect("notice")
    assert (notice["room"], notice["text"]) == ("lobby", "Welcome, alice!")
    assert notice["from"]["nick"] == "greeter"


def test_nobody_else_sees_it(chatd):
    server = chatd(modules="module greeter {}")
    alice = server.client("alice", room="lobby")
    alice.expect("notice")
    bob = server.client("bob", room="lobby")
    bob.expect("notice")
    alice.sync()
    assert not alice.of_type("notice") and not alice.of_type("message")


def test_comes_after_the_answer(chatd):
    server = chatd(modules="module greeter {}")
    alice = server.client("alice")
    alice.send("join", room="lobby", id="j")
    alice.sync()
    kinds = [event["type"] for event in alice.events]
    assert kinds.index("ok") < kinds.index("notice")


def test_to_the_whole_room(chatd):
    server = chatd(modules="module greeter { private = false }")
    alice = server.client("alice", room="lobby")
    alice.expect("message", text="Welcome, alice!")
    bob = server.client("bob", room="lobby")
    for client in (alice, bob):
        message = client.expect("message", text="Welcome, bob!")
        assert message["from"]["nick"] == "greeter"
        assert message["seq"] == 2
        assert not client.of_type("notice")


@pytest.mark.parametrize("text, said", [
    ("%nick%", "alice"),
    ("%room%: %nick%, %nick%", "lobby: alice, alice"),
    ("100% of %nick", "100% of %nick"),
    ("%%nick%%", "%alice%"),
    ("%Nick% %s%n", "%Nick% %s%n"),
    ("Grüße, %nick% 日本", "Grüße, alice 日本"),
])
def test_placeholders(chatd, text, said):
    server = chatd(modules=f'module greeter {{ text = "{text}" }}')
    assert server.client("alice", room="lobby").expect("notice")["text"] == said


def test_names_are_not_filled_in_twice(chatd):
    server = chatd(modules='module greeter { text = "%nick% in %room%" }')
    assert server.client("%room%", room="lobby").expect("notice")["text"] == "%room% in lobby"


def test_its_name_can_be_chosen(chatd):
    server = chatd(modules='module greeter { nick = "Jeeves" }')
    assert server.client("alice", room="lobby").expect("notice")["from"]["nick"] == "Jeeves"
    assert server.client().request("login", nick="jeeves")["code"] == "nick_in_use"


def test_each_room_and_each_time(chatd):
    server = chatd(modules="module greeter {}")
    alice = server.client("alice", room="one")
    alice.expect("notice", room="one")
    alice.join("two")
    alice.expect("notice", room="two")
    alice.join("two")  # is in it already
    alice.sync()
    assert not alice.of_type("notice")
    alice.request("leave", room="two")
    alice.join("two")
    alice.expect("notice", room="two")


@pytest.mark.parametrize("options, said", [
    ('text = ""', "text"),
    ('nick = ""', "greeter"),
    ("private = perhaps", "private"),
])
def test_bad_options(chatd_check, options, said):
    code, output = chatd_check(modules="module greeter { %s }" % options)
    assert code == 78
    assert said in output
