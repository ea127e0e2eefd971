"""People in rooms whose connections break all the time, and whose server does."""

import collections
import random
import re
import signal
import time

import harness
from device import Device
from harness import patience, wait_until
from truth import Truth

PEOPLE = 12
TWO_DEVICES = 4  # so many of them have two
ROOMS = ("lobby", "attic", "cellar")
KEYS = ("+1", "🙂", "heart")
MODULES = "\n".join(f"module {name} {{}}"
                    for name in ("history", "edits", "reactions", "readmarks", "userlist"))
CONFIGS = (
    "",
    'replay_events = 20\nmax_login_rate = 200',
    'replay_events = 0\ncid_window = 1024\nmax_login_rate = 400',
)


class Person:
    def __init__(self, world, nick, rooms, n_devices):
        self.world = world
        self.nick = nick
        self.user_id = None
        self.rooms = list(rooms)
        self.devices = []
        self.devices.extend(Device(world, self) for _ in range(n_devices))

    @property
    def token(self):
        """Of another session: for one that has none yet."""
        return next((device.token for device in self.devices if device.token), None)

    def is_another(self, user):
        """Than he was when he did something: whoever has not may be unknown after a crash."""
        return self.user_id not in (None, user["id"]) and self.has_done_anything

    @property
    def has_done_anything(self):
        deeds = self.world.truth.deeds
        return any(deeds[cid].nick == self.nick for cid in self.world.truth.places)

    def arrived(self, user):
        assert user["nick"] == self.nick, user
        assert not self.is_another(user), f"{self.nick}: {user} was {self.user_id} before"
        self.user_id = user["id"]

    def is_stored(self):
        """That he is here, before what he has done: a crash does not send him away again."""
        for device in self.devices:
            device.may_be_gone = False

    def found(self, room):
        """He is in it, for another session of his has joined, or somebody wrote to him."""
        if room not in self.rooms:
            self.rooms.append(room)


class Crowd:
    def __init__(self, folder, seed, config=None, modules=MODULES, **options):
        self.rng = random.Random(seed)
        self.truth = Truth()
        self.counts = collections.Counter()
        if config is None:
            config = self.rng.choice(CONFIGS)
        self.server = harness.Server(folder, modules=modules,
                                     config=f"resume_window = 10m\nmax_messages = 0\n{config}",
                                     **options)
        self.server.start()
        self.looking = None  # the Device that takes what has come
        self.tasks = []  # (when, function, arguments) of requests that are repeated
        self.people = [self.make_person(i) for i in range(PEOPLE)]
        self.devices = [device for person in self.people for device in person.devices]

    def make_person(self, i):
        rooms = self.rng.sample(ROOMS, 2 if i % 2 else 3)
        return Person(self, f"p{i}", rooms, 2 if i < TWO_DEVICES else 1)

    @property
    def port(self):
        return self.server.port

    def count(self, what):
        self.counts[what] += 1

    def later(self, seconds, device, function, *arguments):
        wire = device.wire

        def run():
            if device.wire is wire and device.is_open:
                function(*arguments)
        self.tasks.append((time.monotonic() + seconds, run))

    # -- what happens

    def run(self, steps):
        """So many, with both ends of the server among them, and more by chance."""
        for i in range(steps):
            self.step()
            if i == steps // 2:
                self.restart(signal.SIGKILL)
        self.restart(signal.SIGTERM)
        self.finish()

    def look(self):
        now = time.monotonic()
        due = [run for at, run in self.tasks if at <= now]
        self.tasks = [task for task in self.tasks if task[0] > now]
        for run in due:
            run()
        for device in self.devices:
            device.look()

    def step(self):
        choice = self.rng.random()
        if choice < 0.002:
            self.restart(signal.SIGKILL if self.rng.random() < 0.6 else signal.SIGTERM)
        elif choice < 0.008:
            self.everybody(lambda device: device.lose("drop"))
        elif choice < 0.25:
            time.sleep(0.001)
            self.look()
        else:
            self.act(self.rng.choice(self.devices))

    def everybody(self, do):
        for device in self.devices:
            do(device)

    def act(self, device):
        if not device.is_open:
            device.look()
            if device.person.token or device is device.person.devices[0]:
                device.connect()
            return
        device.look()
        if not device.is_in:
            return
        choice = self.rng.random()
        if choice < 0.06:
            device.lose(self.rng.choice(("drop", "drop", "reset", 1001)))
        elif choice < 0.065:
            self.say_goodbye(device)
        elif choice < 0.10:
            self.come_or_go(device)
        elif choice < 0.12:
            self.write_to_somebody(device)
        elif choice < 0.18:
            device.do_again(self.rng)
        elif choice < 0.20:
            self.burst(device)
        else:
            self.do_something(device)

    def say_goodbye(self, device):
        """What was not answered is given up. His other sessions go on, and if they are not there,
        they are not resumed either."""
        self.count("goodbyes")
        device.lose(1000)
        device.pending.clear()
        for other in device.person.devices:
            other.may_be_gone = True

    def come_or_go(self, device):
        if not device.views:
            return
        room = self.rng.choice(list(device.views))
        if device.views[room].is_in and room in ROOMS and self.rng.random() < 0.3:
            device.leave(room)
        else:
            device.join(room)

    def write_to_somebody(self, device):
        """A room of two."""
        other = self.rng.choice(self.people[:5])
        if other is device.person or other.user_id is None:
            return

        def on_dm(answer):
            if answer["type"] == "error":
                assert answer["code"] == "not_found", (device, answer)  # he has left
                return
            device.person.found(answer["room"])
            device.enter(answer)
            device.do("message", answer["room"], text=self.text(device))
        device.request(on_dm, "dm", user=other.user_id)

    def text(self, device):
        dots = "." * self.rng.choice((0, 0, 300))
        return f"{len(self.truth.deeds)} of {device.person.nick}{dots}"

    def burst(self, device):
        for _ in range(self.rng.randint(2, 80)):
            self.do_something(device)

    def do_something(self, device):
        rooms = [name for name, view in device.views.items() if view.is_in]
        if not rooms:
            return
        room = self.rng.choice(rooms)
        view = device.views[room]
        recent = [seq for seq in list(view.messages)[-30:]
                  if not view.messages[seq][1]["deleted"]]
        choice = self.rng.random()
        if not recent or choice < 0.6:
            reply_to = self.rng.choice(recent) if recent and choice < 0.1 else None
            fields = {"reply_to": reply_to} if reply_to else {}
            device.do("message", room, text=self.text(device), **fields)
            return
        target = self.rng.choice(recent)
        if choice < 0.85:
            device.do("reaction", room, target=target, key=self.rng.choice(KEYS),
                      op=self.rng.choice(("add", "add", "remove")))
            return
        own = self.own_messages(device, room, recent)
        if own and choice < 0.95:
            device.do("edit", room, target=self.rng.choice(own), text=self.text(device))
        elif own:
            device.do("delete", room, target=self.rng.choice(own))

    def own_messages(self, device, room, seqs):
        events = self.truth.room(room).events
        return [seq for seq in seqs if events[seq]["from"]["id"] == device.person.user_id]

    # -- the server

    def restart(self, signum, damage=None):
        """At a moment in which much is under way. `damage` is called with the server's folder
        before it starts again."""
        for device in self.devices:
            if device.is_in and self.rng.random() < 0.5:
                self.burst(device)
        time.sleep(self.rng.choice((0, 0, 0.001, 0.003, 0.01, 0.03)))
        if self.rng.random() < 0.3:
            self.look()
        self.count(signum.name)
        self.server.signal(signum)
        if signum == signal.SIGTERM:
            self.while_it_ends()
        self.server.process.wait(patience(10))
        self.everybody(lambda device: device.trace.append("the server was restarted"))
        self.check_log()
        if damage is not None:
            damage(self.server.dir)
        self.server.start()

    def while_it_ends(self):
        """People go on meanwhile."""
        until = time.monotonic() + patience(15)
        while self.server.process.poll() is None:
            assert time.monotonic() < until, "it does not end"
            self.look()
            device = self.rng.choice(self.devices)
            if device.is_in and device.is_open:
                self.do_something(device)
        assert self.server.process.returncode == 0, self.server.log()

    def check_log(self):
        log = self.server.log()
        assert not harness.SANITIZER_REPORT.search(log), log
        bad = re.findall(r".*(?:ERROR|error:|FATAL).*", log)
        assert not bad, bad

    # -- the end

    def end(self):
        """Answers what was wrong with the server."""
        for device in self.devices:
            if device.is_open:
                device.wire.drop()
        return self.server.finish()

    def story(self):
        """What the one who was looking last has sent and got, for whoever wants to know why."""
        return [f"{self.looking}: {line}" for line in self.looking.trace] if self.looking else []

    def is_quiet(self):
        for device in self.devices:
            if not device.is_open:
                device.look()
                device.connect()
        time.sleep(0.002)
        self.look()
        return all(device.is_quiet() for device in self.devices) and self.all_have_the_same()

    def all_have_the_same(self):
        return all(view.seq == max(self.truth.room(name).events, default=0)
                   for device in self.devices for name, view in device.views.items() if view.is_in)

    def noise(self):
        """Why it is not quiet."""
        return [(device, device.is_open, device.is_in, device.waiting, list(device.pending),
                 {name: (view.seq, view.upto) for name, view in device.views.items()})
                for device in self.devices if not device.is_quiet()]

    def finish(self):
        """All come back, and nothing is under way; then all is compared."""
        wait_until(self.is_quiet, 30, what=lambda: f"quiet: {self.noise()}")
        self.read_all()
        self.truth.check_all()
        self.compare_messages()

    def read_all(self):
        """The whole of every room, as `history` has it."""
        pages = {}
        for device in self.devices:
            for name, view in device.views.items():
                if view.is_in and name not in pages:
                    pages[name] = self.read_room(device, name)
        for name, (seq, events) in pages.items():
            room = self.truth.room(name)
            assert seq == len(events) == max(room.events, default=0), (name, seq, len(events))
            for place, event in enumerate(events, 1):
                assert event["seq"] == place, (name, event)

    def read_room(self, device, name):
        events = []
        while True:
            answers = []
            device.request(answers.append, "history", room=name, after=len(events), limit=200)
            wait_until(lambda: device.look() or answers, 10, what=f"history of {name}")
            [answer] = answers
            if answer["type"] == "error":
                assert answer["code"] == "rate_limited", answer
                time.sleep(answer["retry_after"])
                continue
            for event in answer["events"]:
                self.truth.room(name).tell_page(event, answer["seq"], device.person.user_id)
            events += answer["events"]
            if not answer["has_more"]:
                return answer["seq"], events
            assert answer["events"], answer

    def compare_messages(self):
        """Each device has made the same of each message."""
        for name, room in self.truth.rooms.items():
            messages = room.messages()
            for device in self.devices:
                view = device.views.get(name)
                if view is None or not view.is_in:
                    continue
                for seq, (_, told) in view.messages.items():
                    self.compare(f"{device} in {name}: {seq}", told, messages[seq],
                                 device.person.user_id)

    def compare(self, where, told, message, me):
        """Who only counts is wrong about reactions that were there already; which are told when
        they are sent twice at the same time."""
        expected = message.as_told(me)
        for key in message.idle:
            self.count("idle reactions")
            told["reactions"].pop(key, None)
            expected["reactions"].pop(key, None)
        assert told == expected, f"{where} is {told}, not {expected}"
