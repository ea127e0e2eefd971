"""What a large database costs: chatd with the module history, with nothing stored and with very
many messages, which the load generator has sent it."""

import statistics
import sys
import time

import servers
from raw import Raw
from servers import Chatd, Load

ROOMS = 100
MESSAGES, PAGES, SEARCHES = 500, 20, 10  # within the limits on requests
NEEDLE = "a needle in the haystack" + " as quiet as can be" * 5
MODULES = """
module userlist {}
module history { sync = normal }
"""
CONFIG = "resume_window = 10m\n"


class Stored:
    """A server whose database has so many messages, in ROOMS rooms with a member each, who is
    away."""

    def __init__(self, messages):
        self.messages = messages
        self.chatd = Chatd(MODULES, CONFIG)
        self.file = self.chatd.server.dir / "data/history.db"
        if messages > 0:
            self.fill()
        self.seconds = self.start_seconds()

    def fill(self):
        print(f"storing {self.messages} messages", file=sys.stderr)
        load = Load(self.chatd, "talk", rooms=ROOMS, members=1)
        load.talk(16, 128, f"{self.messages}")
        load.process.communicate()
        self.chatd.wait_idle()

    def start_seconds(self):
        """The median of some starts, with all members to be put where they were."""
        seconds = []
        for _ in range(3):
            seconds.append(self.chatd.restart())
            self.chatd.wait_idle()
        return statistics.median(seconds)

    def times_ms(self, raw, type, requests):
        """How long each of these requests takes, one after the other, in order."""
        times = []
        for i, fields in enumerate(requests):
            began = time.perf_counter()
            raw.send_json(type, id=f"{type}{i}", **fields)
            answer = raw.read_answer(f"{type}{i}")
            times.append((time.perf_counter() - began) * 1000)
            assert answer["type"] == "ok", answer
        return sorted(times)

    def row(self):
        mib = sum(file.stat().st_size for file in self.file.parent.glob("history.db*")) / 2**20
        memory = self.chatd.server.memory_bytes() / 2**20
        with Raw(self.chatd.port) as raw:
            raw.enter("somebody", "r00000")
            message = self.times_ms(raw, "message", [{"room": "r00000", "text": NEEDLE}] * MESSAGES)
            self.chatd.wait_idle()
            middle = self.messages // ROOMS // 2
            reading = (
                self.times_ms(raw, "history", [{"room": "r00000"}] * PAGES),
                self.times_ms(raw, "history", [{"room": "r00000", "after": middle}] * PAGES),
                self.times_ms(raw, "search", [{"text": "needle"}] * SEARCHES),
                self.times_ms(raw, "search", [{"text": "nice day"}] * SEARCHES))
        return [self.messages, f"{mib:.0f}", f"{self.seconds * 1000:.0f}", f"{memory:.1f}",
                f"{statistics.median(message):.2f}", f"{message[len(message) * 99 // 100]:.2f}",
                *(f"{statistics.median(times):.2f}" for times in reading)]

    def stop(self):
        self.chatd.stop()


def measure(options, table):
    out = table("A server with so many messages stored: its start, and requests, in ms",
                "stored", "MiB", "start ms", "memory MiB", "message", "its p99", "last 50",
                "50 before", "find few", "find all")
    for messages in (0, options.messages):
        stored = Stored(messages)
        try:
            out.row(*stored.row())
        finally:
            stored.stop()
