"""The well-behaved members of the lobby, who see that nothing is lost, doubled or out of order."""

import contextlib
import random
import threading

import certificates
from deeds import words
from harness import Client


class Members(threading.Thread):
    """Talk in rounds until `stop` is set or something is wrong.

    said, heard  how many messages of their own they sent and got
    comings      how often one of them logged in, and how often he had only lost his connection
    returns
    failures     what went wrong
    """

    def __init__(self, seed, place, stop):
        super().__init__(daemon=True)
        self.rng = random.Random(f"{seed}/members")
        self.place = place
        self.stop = stop
        self.members = []
        self.said = self.heard = self.comings = self.returns = 0
        self.failures = []

    @contextlib.contextmanager
    def noting_failures(self):
        try:
            yield
        except Exception as problem:
            self.failures.append(f"{problem!r:.2000}")

    def run(self):
        with self.noting_failures():
            for kind in ("plain", "compressed", "tls") * 2:
                self.come(f"member{len(self.members)}", kind)
            while not self.stop.is_set():
                self.talk()
                if self.rng.random() < 0.1:
                    self.come_again(self.rng.choice(self.members))
                if self.rng.random() < 0.1:
                    self.lose_connection(self.rng.choice(self.members))
                self.stop.wait(0.1)
        for member in self.members:
            with self.noting_failures():
                assert member.close() == 1000

    def connect(self, kind):
        if kind == "tls":
            member = Client(f"wss://localhost:{self.place.tls}/ws",
                            ssl=certificates.trusting(self.place.trusted))
        else:
            member = Client(f"ws://127.0.0.1:{self.place.plain}/ws",
                            compression="deflate" if kind == "compressed" else None)
        member.kind = kind
        return member

    def come(self, nick, kind):
        member = self.connect(kind)
        self.comings += 1
        member.login(nick)
        member.seq = member.join("lobby")["seq"]
        self.members.append(member)

    def lose_connection(self, member):
        """What comes meanwhile is told when he is back."""
        member.drop()
        back = self.connect(member.kind)
        self.returns += 1
        back.joined, back.seq = member.joined, member.seq
        back.login(member.nick, resume={
            "token": member.welcome["resume_token"],
            "rooms": {"lobby": {"epoch": member.joined["epoch"], "seq": member.seq}}})
        room, = back.welcome["rooms"]
        assert back.welcome["resumed"] and room["epoch"] == member.joined["epoch"], room
        back.expect("caught_up")
        if not room["recovered"]:  # it was more than a room keeps for who comes back
            back.events[:0] = self.read(back, member.seq, room["seq"])
        self.members[self.members.index(member)] = back

    def read(self, member, after, last):
        """The events behind `after` up to `last`."""
        read = []
        while after < last:
            page = member.request("history", room="lobby", after=after)
            assert page["events"], page
            read += page["events"]
            after = read[-1]["seq"]
        return [event for event in read if event["seq"] <= last]

    def come_again(self, member):
        assert member.close() == 1000
        self.members.remove(member)
        self.come(member.nick, member.kind)

    def talk(self):
        """Some say something, and all hear it."""
        said = {member.nick: [] for member in self.members}
        senders = self.rng.sample(self.members, 3)
        asked = []
        for _ in range(self.rng.randint(1, 4)):
            for sender in senders:
                text = f"{self.said} " + words(self.rng, self.rng.choice((10, 100, 1500, 7000)))
                sender.send("message", id=f"m{self.said}", room="lobby", text=text,
                            cid=f"{self.said}")
                asked.append((sender, f"m{self.said}"))
                said[sender.nick].append(text)
                self.said += 1
        # What is answered was told to all; a module that stores may take its time until then.
        for sender, id in asked:
            answer = sender.take(lambda event: event.get("id") == id, "the answer")
            assert answer["type"] == "ok", answer
        for member in self.members:
            self.check(member, said)

    def check(self, member, said):
        member.sync()
        messages = member.of_type("message")
        assert not (errors := member.of_type("error")), errors
        member.events.clear()
        for message in messages:
            assert message["seq"] == member.seq + 1, \
                f"{member.nick} got {message['seq']} after {member.seq}"
            member.seq += 1
        for nick, texts in said.items():
            heard = [message["text"] for message in messages if message["from"]["nick"] == nick]
            assert heard == texts, \
                f"{member.nick} heard {heard} from {nick}, who said {texts}"
            self.heard += len(heard)
