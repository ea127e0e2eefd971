"""SIGHUP and modules: loading, unloading and replacing them while people chat."""

import os
import shutil
import signal

import pytest

import harness
from harness import MODULE_DIR, build_module, wait_until
from raw import CLOSE, TEXT, Raw


@pytest.fixture
def folder(tmp_path):
    """A module_dir of our own: the shipped modules, and version 1 of tests/abi/stateful.c."""
    folder = tmp_path / "modules"
    shutil.copytree(MODULE_DIR, folder, ignore=lambda dir, names: [
        name for name in names if not name.endswith(".so")])
    build_module("stateful", folder)
    return folder


@pytest.fixture
def server(chatd, folder):
    return chatd(modules="module stateful {}", module_dir=folder, config='ping_interval = "1h"')


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


def reload(server, modules=None, log="modules as in"):
    if modules is not None:
        server.write_modules(modules)
    at = len(server.log())
    server.signal(signal.SIGHUP)
    return server.wait_log(log, after=at, timeout=20)


def count(client):
    assert client.say("/count")["type"] == "ok"
    return client.expect("notice")["text"]


def new_version(folder, version=2):
    build_module("stateful", folder, f"-DVERSION={version}")


# ---- Loading and unloading ----------------------------------------------------------------------

def test_module_is_loaded(server, alice):
    assert alice.say("/roll")["code"] == "not_found"
    reload(server, "module stateful {}\nmodule dice {}")
    assert alice.say("/roll")["type"] == "ok"
    assert count(alice) == "version 1, 1 of all, 1 of yours, nothing"


def test_module_is_unloaded(server, alice):
    count(alice)
    assert alice.say("x") and alice.expect("message")["text"] == "x[v1]"
    reload(server, "module dice {}")
    assert alice.say("/count")["code"] == "not_found"
    assert alice.request("limited")["code"] == "unknown_type"
    assert alice.say("x") and alice.expect("message")["text"] == "x"
    assert server.client().hello["features"] == ["direct"]
    assert server.client().request("login", nick="stateful-bot")["type"] == "welcome"


def test_unloaded_modules_code_is_gone(server, alice):
    if harness.SANITIZED:
        pytest.skip("a sanitizer build keeps the code")
    maps = f"/proc/{server.pid}/maps"
    assert "memfd:stateful" in open(maps).read()
    descriptors = server.open_descriptors()
    reload(server, "")
    wait_until(lambda: "memfd:stateful" not in open(maps).read())
    wait_until(lambda: server.open_descriptors() == descriptors - 1)


def test_unloaded_modules_connections_are_closed(server):
    with Raw(server.port) as raw:
        raw.upgrade("/stateful")
        raw.send_frame(TEXT, b"x")
        assert raw.read_frame().payload == b"version 1"
        reload(server, "")
        assert raw.read_close() == 1012
        raw.send_frame(CLOSE, b"\x03\xf4")
        assert raw.is_closed()
    with Raw(server.port) as raw:
        assert raw.upgrade("/stateful").status == 404


def test_nothing_changed_is_no_reload(server, alice):
    count(alice)
    server.reload()
    assert count(alice).startswith("version 1, 2 of all")
    assert "version 1 stops" not in server.log()


def test_order_is_that_of_the_file(chatd, folder):
    for name in ("filter_a", "filter_b"):
        build_module(name, folder)
    both = ["module filter_a {}", "module filter_b {}"]
    server = chatd(modules="\n".join(both), module_dir=folder)
    alice = server.client("alice", room="lobby")

    def text():
        alice.say("x")
        return alice.expect("message")["text"]

    before = text()
    reload(server, "\n".join(reversed(both)))
    after = text()
    assert before != after and sorted(before) == sorted(after)
    assert server.log().count("started") == 2  # only the order has changed


def test_operator_overrides_the_priority(chatd, chatd_check, folder):
    for name in ("filter_a", "filter_b"):
        build_module(name, folder)
    server = chatd(modules="module filter_a {}\nmodule filter_b {}", module_dir=folder)
    alice = server.client("alice", room="lobby")

    def text():
        alice.say("x")
        return alice.expect("message")["text"]

    before = text()
    late = "module filter_a { priority = 100 }\nmodule filter_b {}"
    reload(server, late)
    assert text() != before
    _, output = chatd_check(modules=late, module_dir=folder)
    assert "filter_b(0) filter_a(100)" in output
    reload(server, "module filter_a {}\nmodule filter_b {}")
    assert text() == before


# ---- Replacing ----------------------------------------------------------------------------------

def test_new_options_take_effect_and_state_is_kept(server, alice):
    count(alice)
    bob = server.client("bob", room="lobby")
    assert count(bob) == "version 1, 2 of all, 1 of yours, nothing"
    reload(server, 'module stateful { word = "something" }')
    assert count(alice) == "version 1, 3 of all, 2 of yours, something"
    assert count(bob) == "version 1, 4 of all, 2 of yours, something"


def test_new_file_takes_effect_and_state_is_kept(server, folder, alice):
    count(alice)
    new_version(folder)
    reload(server)
    assert count(alice) == "version 2, 2 of all, 2 of yours, nothing"
    assert alice.say("x") and alice.expect("message")["text"] == "x[v2]"
    assert server.client().hello["features"] == ["direct", "state2"]


def test_bot_stays_the_same_user(server, folder, alice):
    alice.say("/speak")
    before = alice.expect("message")["from"]
    new_version(folder)
    reload(server)
    alice.say("/speak")
    assert alice.expect("message")["from"] == before


def test_connections_to_its_endpoint_stay(server, folder, alice):
    with Raw(server.port) as raw:
        raw.upgrade("/stateful")
        raw.send_frame(TEXT, b"x")
        assert raw.read_frame().payload == b"version 1"
        new_version(folder)
        reload(server)
        raw.send_frame(TEXT, b"x")
        assert raw.read_frame().payload == b"version 2"
        reload(server, 'module stateful { word = "x" }')
        assert alice.say("/ws")["type"] == "ok"
        assert raw.read_frame().payload == b"still here"


def test_limits_of_verbs_hold_for_clients_from_before(server, alice):
    reload(server, "module stateful {}\nmodule typing {}")
    answers = [alice.request("limited") for _ in range(4)]
    assert alice.request("typing", room="lobby", state="active")["type"] == "ok"
    assert answers[3]["code"] == "rate_limited"


def test_pending_verdicts_end(server, folder, alice):
    alice.send("message", id="w", room="lobby", text="/wait")
    server.client("bob").sync()
    new_version(folder)
    reload(server)
    answer = alice.take(lambda got: got.get("id") == "w", "the answer")
    assert (answer["code"], answer["by"]) == ("unavailable", "stateful")
    assert count(alice).startswith("version 2, 1 of all")


def test_jobs_end_before_their_module(server, folder, alice):
    alice.say("/job 300000")
    new_version(folder)
    reload(server)
    assert "job done by version 1" in server.log()
    assert count(alice).startswith("version 2")


def test_jobs_that_do_not_end_keep_their_module(server, folder, alice):
    alice.say("/job 20000000")
    new_version(folder)
    reload(server, log="has not ended in 5 s")
    assert count(alice).startswith("version 1")
    server.process.kill()
    server.process.wait()
    server.process = None


def test_typing_survives_the_reload(chatd, folder):
    server = chatd(modules='module typing { expire = "60s" }', module_dir=folder)
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    alice.request("typing", room="lobby", state="active")
    assert bob.expect("typing")["state"] == "active"
    reload(server, 'module typing { expire = "200ms"  throttle = "100ms" }')
    assert bob.expect("typing")["state"] == "done"


def test_presence_is_not_lost(chatd, folder):
    server = chatd(modules='module userlist { interval = "60s" }', module_dir=folder)
    alice = server.client("alice", room="lobby")
    server.client("bob", room="lobby")
    reload(server, 'module userlist { interval = "50s" }')
    assert [who["nick"] for who in alice.expect("presence")["joined"]] == ["alice", "bob"]


def test_profanity_reads_its_list_again(chatd, folder):
    server = chatd(modules='module profanity { words = "words" }', module_dir=folder,
                   files={"words": "darn\n"})
    alice = server.client("alice", room="lobby")

    def said(text):
        alice.say(text)
        return alice.expect("message")["text"]

    assert said("darn heck") == "**** heck"
    server.write("words", "heck\n")
    server.reload()
    assert said("darn heck") == "darn ****"
    server.write("words", "\xff\n".encode("latin-1"))
    server.reload()
    server.wait_log("words:1")
    assert said("darn heck") == "darn ****"


# ---- Failures leave everything as it was --------------------------------------------------------

@pytest.mark.parametrize("step", ["check", "init", "start"])
def test_failing_step_keeps_the_old_one(server, folder, alice, step):
    count(alice)
    alice.say("/speak")
    bot = alice.expect("message")["from"]
    with Raw(server.port) as raw:
        raw.upgrade("/stateful")
        new_version(folder)
        reload(server, f'module dice {{}}\nmodule stateful {{ fail = "{step}" }}',
               log="the modules stay as they were")
        assert f"module stateful: its {step} failed (-5)" in server.log()
        assert count(alice) == "version 1, 2 of all, 2 of yours, nothing"
        assert alice.say("/roll")["code"] == "not_found"
        alice.say("/speak")
        assert alice.expect("message")["from"] == bot
        raw.send_frame(TEXT, b"x")
        assert raw.read_frame().payload == b"version 1"
    reload(server, "module stateful {}")
    assert count(alice) == "version 2, 3 of all, 3 of yours, nothing"


@pytest.mark.parametrize("modules, why", [
    ("module stateful {}\nmodule nothing {}", "nothing.so: No such file"),
    ("module stateful { wrd = 1 }", "chatd.modules:1: module stateful: no such option 'wrd'"),
    ('module stateful {\n  fail = "yes"\n}', "chatd.modules:2: fail"),
    ("module stateful {", "chatd.modules:"),
    ("module stateful {}\nmodule stateful {}", "chatd.modules:2"),
    ("module stateful {}\nmodule taken {}", "chatd.modules:2: module taken: the command \"count\""),
], ids=["file", "option", "value", "syntax", "twice", "taken"])
def test_mistake_keeps_the_old_ones(server, folder, alice, modules, why):
    if "taken" in modules:
        source = (harness.SRCDIR / "tests/abi/bare_command.c").read_text()
        (folder / "taken.c").write_text(source.replace("bare_command", "taken").replace(
            '"bare"', '"count"'))
        harness.compile_module(folder / "taken.c", folder / "taken.so")
    reload(server, modules, log="the modules stay as they were")
    assert why in server.log()
    assert count(alice).startswith("version 1, 1 of all")


def test_cut_off_file_keeps_the_old_one(server, folder, alice):
    code = (folder / "stateful.so").read_bytes()
    (folder / "half").write_bytes(code[:len(code) // 2])
    os.replace(folder / "half", folder / "stateful.so")
    reload(server, log="the modules stay as they were")
    assert count(alice).startswith("version 1, 1 of all")


def test_file_may_be_overwritten_in_place(server, folder, alice):
    """What is mapped is a copy: the file itself may be cut off under the running server."""
    if harness.SANITIZED:
        pytest.skip("a sanitizer build maps the file itself")
    os.truncate(folder / "stateful.so", 0)
    for _ in range(3):
        count(alice)
    assert alice.say("x") and alice.expect("message")["text"] == "x[v1]"


# ---- Under load ---------------------------------------------------------------------------------

def test_many_reloads_under_load(server, folder):
    """Each changes something; live connections of both kinds see nothing but the new answers."""
    reloads = 1000 if not harness.SANITIZED else 100
    talkers = [server.client(f"user{i}", room="lobby") for i in range(10)]
    with Raw(server.port) as endpoint:
        endpoint.upgrade("/stateful")
        before = server.open_descriptors()
        for i in range(reloads):
            if i % 50 == 0:
                new_version(folder, version=i // 50 + 1)
            server.write_modules(f'module stateful {{ word = "{i}" }}'
                                 + ("\nmodule dice {}" if i % 3 == 0 else ""))
            talkers[i % 10].send("message", id=f"m{i}", room="lobby", text=f"{i}")
            server.reload()
        endpoint.send_frame(TEXT, b"x")
        assert endpoint.read_frame().payload == f"version {(reloads - 1) // 50 + 1}".encode()
        for talker in talkers:
            talker.sync()
            messages = talker.of_type("message")
            assert [message["seq"] for message in messages] == list(range(1, reloads + 1))
            assert sorted(int(message["text"].split("[")[0]) for message in messages) == list(
                range(reloads))
        assert count(talkers[0]).endswith(f", {reloads - 1}")
        if not harness.SANITIZED:
            wait_until(lambda: server.open_descriptors() <= before + 1)
