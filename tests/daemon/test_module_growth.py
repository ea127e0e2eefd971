"""Modules that were built with a later header, tests/abi/future.c: what they do not use does not
matter, and what they use and this server does not have is refused with a clear line."""

import urllib.request

import pytest

from harness import build_module
from raw import Raw

# How each of the structs is called in the log.
STRUCTS = {"DEF": "", "OPTION": "options", "HOOK": "hooks", "VERB": "verbs",
           "COMMAND": "commands", "SLOT": "slot ops", "WEBSOCKET": "WebSocket ops",
           "HTTP": "HTTP ops", "LINK": "link ops"}
MODULES = "module future {}"
CONFIG = 78


@pytest.fixture
def build(tmp_path):
    def build(*flags):
        folder = tmp_path / "modules"
        folder.mkdir()
        build_module("future", folder, *flags)
        return folder
    return build


def check(chatd_check, folder):
    code, output = chatd_check(modules=MODULES, module_dir=folder)
    assert code == CONFIG
    return [line for line in output.splitlines() if "chatd.modules:1: module future: " in line]


def test_longer_structs_are_taken(chatd, build):
    server = chatd(modules=MODULES, module_dir=build())
    alice = server.client("alice", room="lobby")
    assert alice.say("hello")["type"] == "ok"
    server.wait_log("future: first hello\n.*future: second hello\n")
    for name in "first", "second":
        assert alice.request(name)["type"] == "ok"
        assert alice.say(f"/{name}")["type"] == "ok"
    with Raw(server.port) as raw:
        raw.upgrade("/future")
        assert raw.read_frame().payload == b"welcome"
    assert urllib.request.urlopen(f"http://127.0.0.1:{server.port}/word").read() == b"2"
    alice.close()
    server.wait_log("future: freed")


@pytest.mark.parametrize("struct, name", STRUCTS.items())
def test_what_this_server_does_not_have_is_refused(chatd_check, build, struct, name):
    lines = check(chatd_check, build(f"-DUSED={struct}"))
    assert name in lines[0] and "a part of the module ABI that this server does not have" in lines[0]


@pytest.mark.parametrize("struct, name", STRUCTS.items())
def test_struct_that_is_too_short_is_refused(chatd_check, build, struct, name):
    lines = check(chatd_check, build(f"-DSHORT={struct}"))
    assert name in lines[0] and "too short" in lines[0]


@pytest.mark.parametrize("flags", [2, 1 << 31])
def test_unknown_flag_is_refused(chatd_check, build, flags):
    lines = check(chatd_check, build(f"-DFLAGS={flags}u"))
    assert "entry 1 of its verbs is wrong" in lines[0]


@pytest.mark.parametrize("struct", ["DEF", "OPTION"])
def test_server_leaves_it_out(chatd, build, struct):
    server = chatd(modules=MODULES, module_dir=build(f"-DUSED={struct}"))
    alice = server.client("alice", room="lobby")
    assert alice.say("/first")["code"] == "not_found"
