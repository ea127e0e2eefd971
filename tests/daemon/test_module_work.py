"""What modules do beside callbacks for people: descriptors, threads, services for each other."""

import re

import pytest

from harness import SRCDIR, build_module, compile_module


# ---- Threads ------------------------------------------------------------------------------------

def functions_of_the_header():
    text = (SRCDIR / "include/chatd-module.h").read_text()
    return set(re.findall(r"\(\*(\w+)\)\(", "".join(
        re.search(rf"struct {table} {{.*?\n}};", text, re.DOTALL)[0]
        for table in ("chatd_api", "chatd_json_api", "chatd_websocket_api", "chatd_stats_api",
                      "chatd_http_api", "chatd_link_api", "chatd_store_api"))))


def test_every_function_refuses_another_thread(chatd, abi_modules):
    source = (SRCDIR / "tests/abi/threads.c").read_text()
    called = set(re.findall(r"(?:chatd|json|websocket|stats|http|links|store)->(\w+)\(", source))
    assert functions_of_the_header() - called == {"post"}
    server = chatd(modules="module threads {}", module_dir=abi_modules("threads"))
    done = server.wait_log(r"threads: (\d+) calls, 0 of them not refused")
    assert int(done[1]) > 80
    assert "modules: json.set_int() was called from a thread where only post() may be" in server.log()


def test_posts_come_in_order_from_another_thread(chatd, abi_modules):
    server = chatd(modules="module background {}", module_dir=abi_modules("background"),
                   config="max_jobs = 500")
    alice = server.client("alice", room="lobby")
    assert alice.say("/post")["type"] == "ok"
    server.wait_log("background: post 10000")
    alice.sync()
    assert "out of order" not in server.log()


# ---- Watches ------------------------------------------------------------------------------------

@pytest.fixture
def watching(chatd, abi_modules):
    server = chatd(modules="module background {}", module_dir=abi_modules("background"))
    alice = server.client("alice", room="lobby")
    return server, lambda text: alice.say(f"/write {text}")


def test_watch_is_called_when_there_is_something(watching):
    server, write = watching
    write("one")
    server.wait_log("background: read one 1 well")
    write("two")
    server.wait_log("background: read two 1 well")


def test_watch_may_stop_itself(watching):
    server, write = watching
    write("stop")
    server.wait_log("read stop")
    write("again")
    server.wait_log("background: set -2")
    assert "read again" not in server.log()


def test_watch_may_pause(watching):
    server, write = watching
    write("pause")
    server.wait_log("read pause")
    write("x")
    write("again")
    server.wait_log("background: read xagain")


def test_watch_for_writing(watching):
    server, write = watching
    write("writable")
    server.wait_log("background: writable 2")


# ---- Services -----------------------------------------------------------------------------------

@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "modules"
    folder.mkdir()
    for name in ("service_provider", "service_user"):
        build_module(name, folder)
    return folder


def greets(client):
    assert client.say("/greet")["type"] == "ok"
    return client.expect("notice")["text"]


BOTH = "module service_provider {}\nmodule service_user {}"


def test_service_is_used(chatd, folder):
    server = chatd(modules=BOTH, module_dir=folder)
    assert greets(server.client("alice", room="lobby")) == "hello"


def test_service_goes_and_comes_back(chatd, folder):
    server = chatd(modules=BOTH, module_dir=folder)
    alice = server.client("alice", room="lobby")
    server.write_modules("module service_user {}")
    server.reload()
    assert greets(alice) == "nobody greets"
    log = server.log()
    assert log.index("service greeting is gone, it says") < log.index("provider stops")
    server.write_modules(BOTH)
    server.reload()
    assert greets(alice) == "hello"


def test_service_of_a_replaced_module_is_the_new_one(chatd, folder):
    server = chatd(modules=BOTH, module_dir=folder)
    alice = server.client("alice", room="lobby")
    compile_module(SRCDIR / "tests/abi/service_provider.c", folder / "service_provider.so",
                   '-DGREETING="good evening"')
    server.reload()
    assert greets(alice) == "good evening"
    assert server.log().count("service greeting is gone") == 1


def test_check_prints_services(chatd_check, folder):
    code, output = chatd_check(modules=BOTH, module_dir=folder)
    assert code == 0 and re.search(r"services:\n  greeting +1 service_provider\n", output)


@pytest.mark.parametrize("need, modules, why", [
    ("greeting 1", "module service_user {}", "chatd.modules:1: module service_user: it needs the "
     "service \"greeting 1\", which no module provides"),
    ("greeting 2", BOTH, "which no module provides"),
    ("greeting 1", "\n".join(reversed(BOTH.split("\n"))), "which stands behind it"),
    ("greeting", BOTH, "is no service: name and version"),
])
def test_needs_must_be_met(chatd_check, folder, need, modules, why):
    build_module("service_user", folder, f'-DNEED="{need}"')
    code, output = chatd_check(modules=modules, module_dir=folder)
    assert code == 78 and why in output


def test_needs_are_met(chatd, folder):
    build_module("service_user", folder, '-DNEED="greeting 1"')
    server = chatd(modules=BOTH, module_dir=folder)
    alice = server.client("alice", room="lobby")
    assert greets(alice) == "hello"
    server.write_modules("module service_user {}")
    server.reload()
    server.wait_log("the modules stay as they were")
    assert greets(alice) == "hello"


def test_service_has_one_provider(chatd_check, folder):
    compile_module(SRCDIR / "tests/abi/service_provider.c", folder / "second.so",
                   '-DNAME="second"')
    code, output = chatd_check(modules="module service_provider {}\nmodule second {}",
                               module_dir=folder)
    assert code == 78
    assert ('chatd.modules:2: module second: the service "greeting 1" belongs to service_provider '
            "already") in output
