"""A crowd whose connections break all the time, against a model: every message that was accepted comes
to every member exactly once, and in the same order for all."""

import random

import pytest

from harness import SANITIZED, wait_until

MEMBERS = 6
STEPS = 600 if SANITIZED else 3000


class Member:
    """Somebody with a client as it should be: it comes back, and sends again what was not answered."""

    def __init__(self, server, nick):
        self.server = server
        self.nick = nick
        self.client = None
        self.token = None
        self.epoch, self.seq = None, 0
        self.seen = []     # (seq, nick, text) of each message
        self.pending = {}  # cid: text, of what was said and not confirmed
        self.answered = {} # cid: seq
        self.said = 0
        self.connect()

    def connect(self):
        self.client = self.server.client()
        if self.token is None:
            self.client.login(self.nick)
            joined = self.client.join("lobby")
            self.epoch, self.seq = joined["epoch"], joined["seq"]
        else:
            rooms = {"lobby": {"epoch": self.epoch, "seq": self.seq}}
            self.client.login(self.nick, resume={"token": self.token, "rooms": rooms})
            assert self.client.welcome["resumed"] is True
            [state] = self.client.welcome["rooms"]
            assert state["recovered"] is True
            assert state["missed"] == state["seq"] - self.seq
        self.token = self.client.welcome["resume_token"]
        for cid, text in self.pending.items():
            self.send(cid, text)

    def send(self, cid, text):
        self.client.send("message", id=cid, room="lobby", text=text, cid=cid)

    def say(self):
        self.said += 1
        cid = f"{self.nick}-{self.said}"
        self.pending[cid] = f"message {self.said} of {self.nick}"
        if self.client is not None:
            self.send(cid, self.pending[cid])

    def say_again(self, rng):
        """A message that was sent already, answered or not."""
        cids = [*self.pending, *self.answered]
        if cids and self.client is not None:
            cid = rng.choice(cids)
            self.send(cid, f"message {cid.rpartition('-')[2]} of {self.nick}")

    def drop(self, rng):
        if self.client is None:
            return
        if rng.random() < 0.7:
            self.client.drop()
        else:
            self.client.close(1001)
        # What came before that is seen; what was on its way is not.
        self.look()
        self.client = None

    def look(self):
        """Takes what has come."""
        while self.client._receive(0):
            pass
        for event in self.client.events:
            self.take(event)
        self.client.events.clear()

    def take(self, event):
        if event["type"] == "ok" and "seq" in event:
            cid = event["id"]
            assert self.answered.setdefault(cid, event["seq"]) == event["seq"]
            self.pending.pop(cid, None)
        elif event["type"] == "message":
            assert event["seq"] == self.seq + 1, f"{self.nick}: {event['seq']} after {self.seq}"
            self.seq += 1
            self.seen.append((event["seq"], event["from"]["nick"], event["text"]))
            if event["from"]["nick"] == self.nick:
                assert self.answered.setdefault(event["cid"], event["seq"]) == event["seq"]
        else:
            assert event["type"] in ("hello", "presence", "caught_up"), event

    def is_done(self):
        self.client.sync()
        self.look()
        return not self.pending


def act(member, rng):
    choice = rng.random()
    if member.client is None:
        if choice < 0.3:
            member.connect()
        elif choice < 0.6:
            member.say()
    elif choice < 0.55:
        member.say()
    elif choice < 0.65:
        member.say_again(rng)
    elif choice < 0.75:
        member.drop(rng)
    else:
        member.look()


@pytest.mark.parametrize("seed", [1, 2, 3, None])
def test_each_message_comes_once_and_in_order(chatd, seed):
    if seed is None:
        seed = random.randrange(10 ** 9)
    print(f"seed {seed}")
    rng = random.Random(seed)
    server = chatd(modules="module userlist {}\nmodule typing {}",
                   config='resume_window = 60s\nreplay_events = 100000\nreplay_bytes = "16M"')
    members = [Member(server, f"member{i}") for i in range(MEMBERS)]
    for member in members:  # all from the same point on
        member.client.sync()
        member.look()
    for _ in range(STEPS):
        act(rng.choice(members), rng)
    for member in members:
        if member.client is None:
            member.connect()
    wait_until(lambda: all([member.is_done() for member in members]), timeout=20)
    total = sum(member.said for member in members)
    wait_until(lambda: all([member.is_done() and member.seq == total for member in members]))
    for member in members:
        assert member.seen == members[0].seen
        assert len(member.answered) == member.said
    texts = [text for _, _, text in members[0].seen]
    assert len(texts) == len(set(texts)) == total
    for member in members:
        for cid, seq in member.answered.items():
            assert members[0].seen[seq - 1][2] == f"message {cid.rpartition('-')[2]} of {member.nick}"
