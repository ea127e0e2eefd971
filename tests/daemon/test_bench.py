"""The programs of tests/bench work: what they count, not how fast it was."""

import json
import re
import subprocess
import sys
import time

import pytest

import harness
from harness import patience

BENCH = harness.BUILDDIR / "tests/bench"
pytestmark = pytest.mark.skipif(not (BENCH / "load").exists(), reason="tests/bench is not built")

CONFIG = 'login_timeout = "10m"'
MODULES = "module typing {}\nmodule userlist {}"


def load(port, pid, scenario, *limit, rooms=1, members=1, lines=()):
    """Runs tests/bench/load; answers what it measured."""
    done = subprocess.run(
        [BENCH / "load", "-P", str(port), "-p", str(pid), "-r", str(rooms), "-m", str(members),
         scenario, *limit], input="\n".join(lines), stdout=subprocess.PIPE, text=True, check=True,
        timeout=patience(60))
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.fixture(params=["each", "batched", "lingering", "chatd"])
def target(request, chatd):
    """(port, pid) of a server that speaks chatd.v1 as far as the load needs it."""
    if request.param == "chatd":
        server = chatd(modules=MODULES, config=CONFIG)
        yield server.port, server.pid
        return
    floor = subprocess.Popen([BENCH / "floor", request.param], stdout=subprocess.PIPE)
    yield int(floor.stdout.readline()), floor.pid
    floor.kill()
    floor.communicate()


def test_load_counts_every_delivery(target):
    results = load(*target, "talk", rooms=3, members=7,
                   lines=["1 32 20", "16 128 100", "4 1024 0.1s"])
    assert [result["messages"] for result in results[:2]] == [20, 100]
    assert all(result["messages"] * 7 == result["deliveries"] for result in results)


def test_load_answers_pings_while_it_waits(chatd):
    server = chatd(modules=MODULES, config='ping_interval = "2s"\nping_timeout = "1s"')
    process = subprocess.Popen(
        [BENCH / "load", "-P", str(server.port), "-p", str(server.pid), "-m", "3", "talk"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    for pause in (4, 0):  # seconds, in which it would be closed
        print("1 32 10", file=process.stdin, flush=True)
        assert json.loads(process.stdout.readline())["deliveries"] == 30
        time.sleep(pause)
    process.communicate()
    assert process.returncode == 0


def test_load_measures_latency(target):
    [result] = load(*target, "latency", "5", members=10)
    assert 0 < result["p50"] <= result["p99"] <= result["max"]


def test_load_opens_and_closes(target):
    [result] = load(*target, "cycle", "50", members=8)
    assert result["cycles"] == 50


def test_load_joins_and_leaves(target):
    [result] = load(*target, "crowd", members=100)
    assert result.keys() == {"join_us", "leave_us"}


@pytest.mark.parametrize("scenario", ["open", "joined"])
def test_load_leaves_connections_idle(target, scenario):
    [result] = load(*target, scenario, rooms=2, members=10)
    assert result["connections"] == 20


def test_load_notices_a_message_that_was_changed(chatd):
    """It must not be satisfied with less than what was sent."""
    server = chatd(modules="module profanity { words = \"words\" }", files={"words": "hello\n"},
                   config=CONFIG)
    with pytest.raises(subprocess.CalledProcessError):
        load(server.port, server.pid, "talk", members=3, lines=["1 128 10"])


def test_run_prints_a_line_for_each_cell_and_server():
    done = subprocess.run(
        [sys.executable, harness.SRCDIR / "tests/bench/run", "--rounds", "1", "--limit", "0.2s",
         "--members", "5", "--connections", "10", "--windows", "1,16", "--sizes", "32",
         "--servers", "batched,chatd", "deliveries", "cycles"],
        stdout=subprocess.PIPE, text=True, check=True, timeout=patience(60))
    deliveries = re.findall(r"^\| +5 \| +2 \| +(\d+) \| +32 \| +(\w+) \| +[1-9]", done.stdout, re.M)
    assert deliveries == [("1", "batched"), ("1", "chatd"), ("16", "batched"), ("16", "chatd")]
    assert re.findall(r"^\| +([a-z]+) \| +[1-9]", done.stdout, re.M) == ["batched", "chatd"]


@pytest.mark.skipif(not (harness.MODULE_DIR / "history.so").exists(), reason="history is not built")
def test_run_compares_with_and_without_history():
    done = subprocess.run(
        [sys.executable, harness.SRCDIR / "tests/bench/run", "--rounds", "1", "--limit", "0.2s",
         "--members", "5", "--connections", "10", "--windows", "4", "--messages", "2000",
         "history"],
        stdout=subprocess.PIPE, text=True, check=True, timeout=patience(120))
    deliveries = re.findall(r"^\| +5 \| +2 \| +4 \| +(\w+) \| +[1-9]", done.stdout, re.M)
    assert deliveries == ["without", "normal", "full"]
    stored = re.findall(r"^\| +(\d+) \|(?: +[\d.]+ \|){9}$", done.stdout, re.M)
    assert stored == ["0", "2000"]
