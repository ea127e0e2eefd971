"""A client as doc/protocol.md tells it to be: it comes back, fetches what it missed, and sends
again what was not answered."""

import collections
import time

from truth import as_told
from wire import Wire

# What says that somebody comes, goes or types has no number.
UNNUMBERED = ("presence", "typing", "notice", "read")
PAGE = 20


class View:
    """What a device knows of a room.

    seq       up to here it has seen everything
    upto      up to here it is told what it missed, by pages of `history`
    ahead     what came meanwhile, live
    messages  {seq: (as of which seq, what it is like)}
    """

    def __init__(self, epoch, seq):
        self.epoch = epoch
        self.seq = self.upto = self.first = seq
        self.is_in = True
        self.ahead = []
        self.messages = {}

    @property
    def live(self):
        """The number of the last event that came by itself."""
        return self.ahead[-1]["seq"] if self.ahead else self.upto

    # -- what messages are like

    def learn(self, event, as_of):
        kind, seq = event["type"], event["seq"]
        if kind == "message":
            self.messages[seq] = (as_of, as_told(event))
        elif event["target"] in self.messages:
            known_as_of, message = self.messages[event["target"]]
            if seq > known_as_of and not message["deleted"]:
                self.change(message, event)

    def change(self, message, event):
        kind = event["type"]
        if kind == "edit" and "text" in event:
            message["text"], message["edited"] = event["text"], event["seq"]
        elif kind == "delete":
            message.update(text=None, edited=None, deleted=True, reactions={})
        elif kind == "reaction":
            count, me = message["reactions"].get(event["key"], (0, False))
            sign = 1 if event["op"] == "add" else -1
            count, me = count + sign, sign > 0 if event["is_mine"] else me
            message["reactions"][event["key"]] = (count, me)
            if count == 0:
                del message["reactions"][event["key"]]


class Device:
    """One session of a person, over many connections."""

    def __init__(self, world, person):
        self.world = world
        self.person = person
        self.truth = world.truth
        self.wire = None
        self.token = None
        self.may_be_gone = False
        self.is_in = False     # welcomed
        self.login_at = None   # when its turn to log in is
        self.views = {}        # room: View
        self.waiting = {}      # id of a request: what to do with the answer
        self.pending = {}      # cid: Deed, not answered
        self.recent = collections.deque(maxlen=10)  # Deeds that were
        self.requests = 0
        self.trace = collections.deque(maxlen=40)  # what was sent and came

    def __repr__(self):
        return f"{self.person.nick}/{self.person.devices.index(self)}"

    # -- connections

    @property
    def is_open(self):
        return self.wire is not None and self.wire.is_open

    def connect(self):
        self.forget_connection()
        try:
            self.wire = Wire(self.world.port)
        except OSError:
            self.wire = None

    def lose(self, how):
        """By "drop", "reset", or a close code. What is on its way here is not seen any more."""
        if not self.is_open:
            return
        if how in ("drop", "reset"):
            getattr(self.wire, how)()
        else:
            self.wire.close(how)
        self.forget_connection()

    def forget_connection(self):
        self.trace.append("the connection has ended")
        self.is_in = False
        self.login_at = None
        self.waiting.clear()
        for view in self.views.values():
            view.ahead.clear()
            view.upto = view.seq

    def request(self, then, type, **fields):
        self.requests += 1
        id = f"{self.requests}"
        self.waiting[id] = then
        request = {"type": type, "id": id, **fields}
        self.trace.append(("->", request))
        self.wire.send(request)

    # -- logging in

    def log_in(self):
        self.login_at = None
        token = self.token or self.person.token
        resume = {}
        if token is not None:
            rooms = {name: {"epoch": view.epoch, "seq": view.seq}
                     for name, view in self.views.items()}
            resume = {"resume": {"token": token, "rooms": rooms}}
        self.request(lambda answer: self.on_login(answer, token), "login", nick=self.person.nick,
                     **resume)

    def on_login(self, answer, token):
        if answer["type"] == "error" and answer["code"] == "nick_in_use":
            self.on_nick_in_use(answer, token)
            return
        if answer["type"] == "error":
            assert answer["code"] == "unavailable" and "retry_after" in answer, (self, answer)
            self.login_at = time.monotonic() + answer["retry_after"]
            self.world.count("turns")
            return
        came_back = answer["resumed"]
        if token is not None and not self.may_be_gone and self.person.has_done_anything:
            assert came_back, f"{self} is not known any more: {answer}"
        assert not came_back or answer["resume_token"] == token, (self, answer)
        self.person.arrived(answer["user"])
        self.token = answer["resume_token"]
        self.is_in = True
        self.world.count("resumed" if came_back else "logins")
        told = {state["room"]: state for state in answer["rooms"]}
        for name, state in told.items():
            self.enter(state)
        for name, view in self.views.items():
            if view.is_in and name not in told:
                self.world.count("rejoined")
                self.join(name)
        for name in self.person.rooms:
            if name not in self.views and name not in told:
                self.join(name)
        for deed in self.pending.values():
            self.send(deed)

    def on_nick_in_use(self, answer, token):
        """His first welcome got lost; or it was forgotten in a crash, and another session of his
        was here before."""
        assert token is None or not self.person.has_done_anything, (self, answer)
        self.token = next((device.token for device in self.person.devices
                           if device.token not in (None, token)), None)
        if self.token is None:
            self.person.nick = answer["suggestion"]
        self.log_in()

    # -- rooms

    def join(self, name):
        self.request(self.on_joined, "join", room=name)

    def on_joined(self, answer):
        assert answer["type"] == "ok", (self, answer)
        self.enter(answer)

    def leave(self, name):
        def on_left(answer):
            assert answer["type"] == "ok" or answer["code"] == "forbidden", (self, answer)
        self.views[name].is_in = False
        self.request(on_left, "leave", room=name)

    def enter(self, state):
        """`state` is what `join`, `welcome` or `joined` say of a room."""
        name, seq = state["room"], state["seq"]
        self.truth.room(name).begin(state["epoch"])
        view = self.views.get(name)
        if view is None:
            self.views[name] = View(state["epoch"], seq)
            return
        assert seq >= view.live, f"{self}: {name} went back to {seq}, it was {view.live}"
        view.epoch = state["epoch"]
        was_in, view.is_in = view.is_in, True
        if state.get("recovered"):
            assert state["missed"] == seq - view.seq, (self, view.seq, state)
            return
        if was_in and view.live == seq:
            return
        view.ahead.clear()
        view.upto = seq
        self.fetch(name)

    def fetch(self, name):
        """What it missed, page by page."""
        view = self.views[name]
        if view.seq < view.upto and view.is_in:
            self.world.count("pages")
            self.request(lambda answer: self.on_page(name, answer), "history", room=name,
                         epoch=view.epoch, after=view.seq, limit=PAGE)

    def on_page(self, name, answer):
        view = self.views[name]
        if answer["type"] == "error":
            assert answer["code"] in ("forbidden", "rate_limited", "unavailable"), (self, answer)
            if answer["code"] != "forbidden":  # he left meanwhile
                self.world.later(answer.get("retry_after", 0.1), self, self.fetch, name)
            return
        room = self.truth.room(name)
        for event in answer["events"]:
            room.tell_page(event, answer["seq"], self.person.user_id)
            if view.seq < event["seq"] <= view.upto:
                self.advance(view, event, answer["seq"])
        assert answer["events"] or view.seq >= view.upto, (self, view.seq, answer)
        self.fetch(name)
        if view.seq == view.upto:
            for event in view.ahead:
                self.advance(view, event, event["seq"])
            view.ahead.clear()
            view.upto = view.seq

    def advance(self, view, event, as_of):
        assert event["seq"] == view.seq + 1, f"{self}: {event} after {view.seq}"
        view.seq += 1
        view.learn(event | {"is_mine": event["from"]["id"] == self.person.user_id}, as_of)

    # -- what comes

    def look(self):
        if self.wire is None:
            return
        if self.is_open and self.login_at is not None and time.monotonic() >= self.login_at:
            self.log_in()
        was_open = self.is_open
        for message in self.wire.take():
            self.trace.append(("<-", message))
            self.world.looking = self
            self.on_message(message)
        if was_open and not self.wire.is_open:
            assert self.wire.close_code in (None, 1001), f"{self}: {self.wire.close_code}"
            self.forget_connection()

    def on_message(self, message):
        kind = message["type"]
        if kind == "hello":
            self.log_in()
        elif kind in ("ok", "error", "welcome"):
            self.waiting.pop(message["id"])(message)
        elif kind == "joined":
            self.person.found(message["room"])
            self.enter(message)
        elif kind == "left":
            self.views[message["room"]].is_in = False
        elif "seq" in message and kind not in UNNUMBERED:
            self.on_event(message)
        else:
            assert kind in UNNUMBERED or kind == "caught_up", message

    def on_event(self, event):
        view = self.views[event["room"]]
        assert event["seq"] == view.live + 1, f"{self}: {event} after {view.live}"
        self.truth.room(event["room"]).tell(event)
        if "cid" in event:
            assert event["from"]["id"] == self.person.user_id, (self, event)
            self.truth.place(event["cid"], event["seq"])
            self.confirm(event["cid"])
        if view.seq < view.upto:
            view.ahead.append(event)
        else:
            self.advance(view, event, event["seq"])
            view.upto = view.seq

    # -- deeds

    def do(self, type, room, **fields):
        deed = self.truth.new_deed(self.person.nick, {"type": type, "room": room, **fields})
        self.pending[deed.cid] = deed
        self.send(deed)
        return deed

    def do_again(self, rng):
        deeds = [*self.pending.values(), *self.recent]
        if deeds and self.is_in:
            self.world.count("doubles")
            self.send(rng.choice(deeds))

    def send(self, deed):
        if self.is_in and self.is_open:
            deed.sent += 1
            self.request(lambda answer: self.on_done(deed, answer), **deed.request)

    def on_done(self, deed, answer):
        if answer["type"] == "ok":
            if "seq" in answer:
                if deed.sent == 1:
                    self.person.is_stored()
                self.truth.place(deed.cid, answer["seq"])
            else:  # a reaction that changes nothing
                assert deed.request["type"] == "reaction", (self, deed, answer)
            self.confirm(deed.cid)
            return
        code = answer["code"]
        self.world.count(code)
        assert code in ("forbidden", "not_found", "rate_limited", "unavailable"), (deed, answer)
        assert code != "not_found" or "target" in deed.request, (deed, answer)
        deed.refused += 1
        self.pending.pop(deed.cid, None)

    def confirm(self, cid):
        deed = self.pending.pop(cid, None)
        if deed is not None and cid in self.truth.places:
            self.recent.append(deed)

    # -- at the end

    def is_quiet(self):
        """It is there, has all answers, and knows of no gap."""
        return (self.is_open and self.is_in and not self.waiting and not self.pending
                and all(view.seq == view.upto for view in self.views.values() if view.is_in))
