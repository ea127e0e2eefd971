"""All come back at once after a restart: each of them has his turn, is who he was, and nobody else
suffers."""

import json
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import time

import pytest

from harness import MODULE_DIR, SANITIZED, patience
from test_load import HARD_LIMIT, descriptors

MANY = 1000 if SANITIZED else 5000
ROOMS = MANY // 100
RATE = 250 if SANITIZED else 1000  # logins in a second
CLIENTS = pathlib.Path(__file__).parent / "storm_clients.py"

pytestmark = [
    pytest.mark.skipif(HARD_LIMIT < MANY + 200, reason="the limit of descriptors is too low"),
    pytest.mark.skipif(not (MODULE_DIR / "history.so").exists(), reason="history is not built")]

MODULES = "module history {}\nmodule userlist {}"
CONFIG = f"""
resume_window = 5m
max_login_rate = {RATE}
ping_interval = 5m
"""


class Crowd:
    """storm_clients.py: MANY members, in a process of their own."""

    def __init__(self):
        self.process = subprocess.Popen(
            [sys.executable, CLIENTS, str(MANY), str(ROOMS)], text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, preexec_fn=descriptors(HARD_LIMIT))

    def begin(self, *command):
        print(*command, file=self.process.stdin, flush=True)

    def result(self):
        line = self.process.stdout.readline()
        assert line, f"the clients ended with {self.process.wait()}"
        return json.loads(line)

    def do(self, *command):
        self.begin(*command)
        return self.result()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()


class Talker:
    """Somebody who is in, and notices what the server does before it answers him: the time that it
    computes, for what else the machine does is nothing of this test."""

    def __init__(self, server):
        self.server = server
        self.client = server.client("talker", room="lobby")
        self.seconds = []

    def talk(self):
        begin = self.server.cpu_seconds()
        assert self.client.say("still here?")["type"] == "ok"
        self.seconds.append(self.server.cpu_seconds() - begin)
        time.sleep(0.05)


def peak_bytes(server):
    status = pathlib.Path(f"/proc/{server.pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) * 1024


def come_back(server, crowd):
    """What the crowd tells of it, and what somebody tells who was in meanwhile."""
    talker = Talker(server)
    crowd.begin("come", server.port)
    while server.counters()["resumed"] < MANY:
        for _ in range(4):
            talker.talk()
    talker.client.close()
    return crowd.result(), talker


def check_turns(told):
    """Nearly all have to wait, and their turns are spread over the time that so many need."""
    at_once = RATE // 10 + 2
    assert told["turns"] >= MANY - at_once - RATE  # who came when it was his turn anyway
    turns = sorted(told["turn_times"])
    assert turns[-1] - turns[0] > 0.7 * (told["turns"] - 1) / RATE
    in_second = max(sum(begin <= turn < begin + 1 for turn in turns) for begin in turns[::100])
    assert in_second <= 2 * RATE
    assert max(told["waits"]) <= MANY / RATE + 1


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGKILL], ids=lambda signum: signum.name)
def test_all_come_back_at_once(chatd, signum):
    server = chatd(modules=MODULES, config=CONFIG, preexec=descriptors(HARD_LIMIT))
    with Crowd() as crowd:
        assert crowd.do("come", server.port)["welcomes"] == MANY
        assert crowd.do("talk")["said"] == ROOMS
        peak_before = peak_bytes(server)
        server.signal(signum)
        assert crowd.do("end")["ended"] == MANY
        server.process.wait(patience(20))
        server.start()

        told, talker = come_back(server, crowd)
        assert told["welcomes"] == told["resumed"] == told["recovered"] == MANY
        # The message of his room, which the first one of each room has seen.
        assert told["missed"] == told["messages"] == MANY - ROOMS
        check_turns(told)
        assert told["late"] < patience(5)
        assert max(talker.seconds) < patience(1)
        assert statistics.median(talker.seconds) < patience(0.1)
        counters = server.counters()
        assert counters["logins_delayed"] == told["turns"] and not counters["logins_refused"]
        if not SANITIZED:  # a sanitizer keeps what was freed
            assert peak_bytes(server) < 1.5 * peak_before + (16 << 20)
        print(f"{told['turns']} had to wait, up to {max(told['waits']):.1f} s; late by "
              f"{told['late']:.3f} s; computed before who was in had an answer: "
              f"{statistics.median(talker.seconds):.3f}, at most {max(talker.seconds):.3f} s; "
              f"MiB {peak_before / 2**20:.0f}, {peak_bytes(server) / 2**20:.0f}")
