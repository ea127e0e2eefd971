"""Modules that are wrong. `chatd -t` refuses them all with a clear line. A server that is started
leaves out what cannot be loaded, and does not start on what the operator can mend in the file."""

import re
import shutil

import pytest

CONFIG = 78

# The module, and what is said of it besides its name.
CANNOT_BE_LOADED = {
    "bad_no_symbol": "chatd_module",
    "bad_magic": "(?i)magic|not a (chatd )?module|no module",
    "bad_major": r"(?i)ABI 1\b",
    "bad_minor": r"(?i)ABI 0\.11\b",
    "bad_old": r"(?i)ABI 0\.1\b.*0\.9 or later",
    "bad_size": "24|short",
    "bad_name": "somebody_else",
    "bad_option": "many",
}
MUST_NOT_BE_LOADED = {
    "bad_check": "colour.*does not suit",
    "bad_init": "init",
    "bad_hook": "hook",
    "bad_core_verb": "message",
    "bad_endpoint": "/ws",
    "bad_command": "probe",  # this one and the next clash with the module probe
    "bad_verb": "probe",
}
WRONG = {**CANNOT_BE_LOADED, **MUST_NOT_BE_LOADED}


def line_about(name, said, output, line):
    """The complaint: file and line of the module, its name and the reason (it may take several
    lines, of which one has the place)."""
    return (re.search(rf"chatd\.modules:{line}\b.*{name}", output)
            and re.search(said, "\n".join(row for row in output.splitlines() if name in row)))


def wrong_modules(name):
    """The text of chatd.modules with the wrong one on line 2."""
    return f"module probe {{}}\nmodule {name} {{}}"


@pytest.mark.parametrize("name, said", WRONG.items())
def test_check_refuses_it(chatd_check, abi_modules, name, said):
    code, output = chatd_check(modules=wrong_modules(name),
                               module_dir=abi_modules("probe", name))
    assert code == CONFIG, output
    assert line_about(name, said, output, 2), output


@pytest.mark.parametrize("name, said", CANNOT_BE_LOADED.items())
def test_server_leaves_it_out(chatd, abi_modules, name, said):
    server = chatd(modules=wrong_modules(name), module_dir=abi_modules("probe", name))
    assert line_about(name, said, server.log(), 2), server.log()
    alice = server.client("alice", room="lobby")
    assert alice.say("hello")["type"] == "ok"
    assert alice.say("/probe echo there")["type"] == "ok"
    assert alice.expect("notice")["text"] == "there"


@pytest.mark.parametrize("name, said", MUST_NOT_BE_LOADED.items())
def test_server_does_not_start(chatd_check, abi_modules, name, said):
    code, output = chatd_check(args=(), modules=wrong_modules(name),
                               module_dir=abi_modules("probe", name))
    assert code == CONFIG, output
    assert line_about(name, said, output, 2), output


def write_text(path):
    path.write_text("#!/bin/sh\necho I am no module\n")


def write_nothing(path):
    path.write_bytes(b"")


def make_folder(path):
    path.mkdir()


@pytest.mark.parametrize("make", [write_text, write_nothing, make_folder, None])
def test_file_that_is_no_shared_object(chatd, chatd_check, abi_modules, tmp_path, make):
    folder = tmp_path / "modules"
    shutil.copytree(abi_modules("probe"), folder)
    (folder / "odd.so").unlink(missing_ok=True)
    if make:
        make(folder / "odd.so")
    code, output = chatd_check(modules=wrong_modules("odd"), module_dir=folder)
    assert code == CONFIG
    assert line_about("odd", "", output, 2), output

    server = chatd(modules=wrong_modules("odd"), module_dir=folder)
    assert line_about("odd", "", server.log(), 2), server.log()
    server.client("alice", room="lobby").say("hello")


@pytest.mark.parametrize("part", [0.02, 0.1, 0.5, 0.9, 0.999])
def test_file_that_is_cut_off(chatd_check, abi_modules, tmp_path, part):
    """As it is while somebody copies it: the loader would die of it."""
    folder = tmp_path / "modules"
    shutil.copytree(abi_modules("probe"), folder)
    whole = (folder / "probe.so").read_bytes()
    (folder / "odd.so").write_bytes(whole[:int(len(whole) * part)])
    code, output = chatd_check(modules=wrong_modules("odd"), module_dir=folder)
    assert code == CONFIG
    assert line_about("odd", "odd", output, 2), output



def test_every_wrong_module_is_named_in_one_check(chatd_check, abi_modules):
    names = ["bad_magic", "bad_major", "bad_no_symbol"]
    code, output = chatd_check(modules="\n".join(f"module {name} {{}}" for name in names),
                               module_dir=abi_modules(*names))
    assert code == CONFIG
    for line, name in enumerate(names, 1):
        assert line_about(name, "", output, line), output


def test_module_that_fails_to_start_is_left_out(chatd, abi_modules):
    """`chatd -t` starts nothing, so only the server itself finds out."""
    server = chatd(modules=wrong_modules("bad_start"), module_dir=abi_modules("probe", "bad_start"))
    assert re.search("bad_start.*start says no", server.log())
    alice = server.client("alice", room="lobby")
    assert alice.say("hello")["type"] == "ok"
    assert alice.say("/unstarted")["code"] == "not_found"
    server.stop()
    assert "stop without start" not in server.log()


def test_fini_follows_init_only(chatd_check, abi_modules):
    _, output = chatd_check(modules="module bad_init {}", module_dir=abi_modules("bad_init"))
    assert "init says no" in output
    assert "fini without init" not in output


def test_unknown_verdict_is_a_denial(chatd, abi_modules):
    server = chatd(modules="module bad_verdict {}", module_dir=abi_modules("bad_verdict"))
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    assert alice.say("hello")["type"] == "error"
    assert alice.request("odd")["type"] == "error"
    assert alice.say("/odd")["type"] == "error"
    bob.sync()
    assert not bob.of_type("message")
    server.wait_log("bad_verdict.*4711")
