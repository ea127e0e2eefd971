"""The module help."""

import shutil

import pytest

import harness

ROLL = "/roll [COUNT]d[SIDES]  Rolls dice for all to see"


@pytest.fixture
def alice(chatd):
    return chatd(modules="module dice {}\nmodule help {}").client("alice", room="lobby")


def ask(client, text):
    assert client.say(text)["type"] == "ok"
    return client.expect("notice")["text"]


def test_lists_all_aligned(alice):
    assert ask(alice, "/help") == (
        "/help [COMMAND]        Lists the commands, or explains one\n" + ROLL)


@pytest.mark.parametrize("question", ["/help roll", "/help /roll", "/help   roll", "/help roll "])
def test_explains_one(alice, question):
    assert ask(alice, question) == ROLL


@pytest.mark.parametrize("question", [
    "/help rol", "/help rolls", "/help Roll", "/help roll me", "/help //roll", "/help %s"])
def test_unknown(alice, question):
    answer = alice.say(question)
    assert (answer["type"], answer["code"]) == ("error", "not_found")
    alice.sync()
    assert not alice.of_type("notice")


def test_tells_programs_all(alice):
    assert "commands" in alice.hello["features"]
    assert alice.request("commands")["commands"] == [
        {"name": "help", "usage": "[COMMAND]", "help": "Lists the commands, or explains one"},
        {"name": "roll", "usage": "[COUNT]d[SIDES]", "help": "Rolls dice for all to see"}]


def test_others_do_not_see_it(chatd):
    server = chatd(modules="module help {}")
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    assert "/help" in ask(alice, "/help")
    bob.sync()
    assert not bob.of_type("notice") and not bob.of_type("message")


def test_has_no_options(chatd_check):
    code, output = chatd_check(modules="module help { verbose = true }")
    assert code == 78
    assert "verbose" in output


def test_lists_a_command_without_usage_and_help(chatd, abi_modules, tmp_path):
    folder = tmp_path / "modules"
    folder.mkdir()
    for module in harness.MODULE_DIR / "help.so", abi_modules("bare_command") / "bare_command.so":
        shutil.copy(module, folder)
    server = chatd(modules="module bare_command {}\nmodule help {}", module_dir=folder)
    assert ask(server.client("alice", room="lobby"), "/help").splitlines()[0].strip() == "/bare"
