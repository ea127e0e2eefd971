"""What is true of all rooms: what any client was told must be the same as what all others were."""

import collections

# What is the same whenever an event is told.
LASTING = ("type", "seq", "ts", "from", "target", "key", "op", "reply_to")


class Deed:
    """Something that a client asked for, under one cid, and maybe several times."""

    def __init__(self, nick, cid, request):
        self.nick = nick
        self.cid = cid
        self.request = request
        self.room = request["room"]
        self.sent = 0           # times
        self.refused = 0

    def __repr__(self):
        return f"{self.request} of {self.nick}"


class Message:
    """One message as it is after some of the events of its room."""

    def __init__(self, text):
        self.text = text
        self.edited = None       # seq
        self.is_deleted = False
        self.reactions = collections.defaultdict(set)  # key: ids of users
        self.idle = set()        # keys of which an event told what was so already

    def apply(self, event):
        if self.is_deleted:
            return
        if event["type"] == "delete":
            self.is_deleted = True
            self.text = self.edited = None
            self.reactions.clear()
        elif event["type"] == "edit":
            self.text = event.get("text")
            self.edited = event["seq"]
        else:
            self.react(event["key"], event["from"]["id"], event["op"] == "add")

    def react(self, key, user, adds):
        users = self.reactions[key]
        if (user in users) == adds:
            self.idle.add(key)
        elif adds:
            users.add(user)
        else:
            users.remove(user)

    def as_told(self, me):
        """What `history` tells this user of it."""
        return {"text": self.text, "edited": self.edited, "deleted": self.is_deleted,
                "reactions": {key: (len(users), me in users)
                              for key, users in self.reactions.items() if users}}


def as_told(event):
    """The same of an event that came."""
    return {"text": event.get("text"), "edited": event.get("edited", {}).get("seq"),
            "deleted": event.get("deleted", False),
            "reactions": {reaction["key"]: (reaction["count"], reaction["me"])
                          for reaction in event.get("reactions", [])}}


class Room:
    def __init__(self, name):
        self.name = name
        self.epoch = None
        self.events = {}    # seq: what lasts of it
        self.texts = {}     # seq: text as it was sent
        self.tellings = []  # what was told and can be checked only when all is known

    def begin(self, epoch):
        """The epoch never changes, for nothing is ever lost, once there was something."""
        assert self.epoch == epoch or not self.events, \
            f"{self.name}: epoch {epoch} after {self.epoch}"
        self.epoch = epoch

    def tell(self, event):
        """An event came to a client, live or when it came back."""
        self._check(event)
        self.tellings.append((event, None, None))

    def tell_page(self, event, seq, me):
        """It stands in an answer of `history` as of `seq`."""
        self._check(event)
        self.tellings.append((event, seq, me))

    def _check(self, event):
        seq = event["seq"]
        lasting = {name: event.get(name) for name in LASTING}
        known = self.events.setdefault(seq, lasting)
        assert known == lasting, f"{self.name}: {lasting}, but {known} was told before"
        text = event.get("text")
        if text is not None and "edited" not in event:
            first = self.texts.setdefault(seq, text)
            assert first == text, f"{self.name}: {event}, but {first!r} was told before"

    # -- when all is known

    def check_all(self):
        """Nothing is missing, and nothing was told that was not so."""
        last = max(self.events, default=0)
        missing = set(range(1, last + 1)) - set(self.events)
        assert not missing, f"{self.name}: {missing} were never told"
        pages = [telling for telling in self.tellings if telling[1] is not None]
        for event, _, _ in self.tellings:
            self._check_telling(event)
        self._check_pages(sorted(pages, key=lambda telling: telling[1]))

    def event(self, seq):
        """The whole event as it first was."""
        return self.events[seq] | {"text": self.texts.get(seq)}

    def is_deleted(self, target):
        return any(event["type"] == "delete" and event["target"] == target
                   for event in self.events.values())

    def _check_telling(self, event):
        """Texts are missing only where they were deleted or edited later."""
        kind, seq = event["type"], event["seq"]
        if kind == "message" and "edited" in event:
            edit = self.events[event["edited"]["seq"]]
            assert (edit["type"], edit["target"]) == ("edit", seq), (event, edit)
            assert self.texts.get(edit["seq"]) in (None, event["text"]), (event, edit)
        elif kind == "message" and "text" not in event:
            assert event.get("deleted") and self.is_deleted(seq), f"{self.name}: {event}"
        elif kind == "edit" and "text" not in event:
            changes = [other["type"] for other in self.events.values()
                       if other["target"] == event["target"]
                       and (other["type"] == "delete" or other["seq"] > seq)]
            assert {"edit", "delete"} & set(changes), \
                f"{self.name}: {event} has lost its text"

    def _check_pages(self, pages):
        """Messages in answers of `history` are as they were after the event of the answer's seq."""
        messages, at = {}, 0
        for event, seq, me in pages:
            while at < seq:
                at += 1
                apply(messages, self.event(at))
            if event["type"] == "message":
                told, expected = as_told(event), messages[event["seq"]].as_told(me)
                if expected["text"] is None and not expected["deleted"]:
                    told["text"] = None  # he who sent it never heard of it, nor anybody else
                assert told == expected, \
                    f"{self.name}: as of {seq}: {event}, but it was {expected}"

    def messages(self):
        """{seq: Message} at the end."""
        messages = {}
        for seq in sorted(self.events):
            apply(messages, self.event(seq))
        return messages


def apply(messages, event):
    if event["type"] == "message":
        messages[event["seq"]] = Message(event["text"])
    else:
        messages[event["target"]].apply(event)


class Truth:
    def __init__(self):
        self.rooms = {}
        self.deeds = {}  # cid: Deed
        self.places = {} # cid: seq

    def room(self, name):
        return self.rooms.setdefault(name, Room(name))

    def new_deed(self, nick, request):
        cid = f"{nick}-{len(self.deeds)}"
        deed = self.deeds[cid] = Deed(nick, cid, request | {"cid": cid})
        return deed

    def place(self, cid, seq):
        """A client was told with which number this was done: never with two."""
        known = self.places.setdefault(cid, seq)
        assert known == seq, f"{self.deeds[cid]}: {seq}, but it was {known} before"

    def check_all(self):
        by_place = {}
        for cid, seq in self.places.items():
            deed = self.deeds[cid]
            other = by_place.setdefault((deed.room, seq), deed)
            assert other is deed, f"{deed} and {other} have the same number {seq}"
            self._check_deed(deed, self.room(deed.room), seq)
        for room in self.rooms.values():
            room.check_all()
        for deed in self.deeds.values():
            if deed.sent == deed.refused:
                assert deed.cid not in self.places, f"{deed} was refused, and done"
        self._check_nothing_else()

    def _check_deed(self, deed, room, seq):
        """What was confirmed has been told, as it was asked for."""
        assert seq in room.events, f"{deed} was confirmed as {seq}, and nobody was told"
        event = room.event(seq)
        assert event["from"]["nick"] == deed.nick, (deed, event)
        for name in ("type", "target", "key", "op", "reply_to"):
            assert event[name] == deed.request.get(name), (deed, event)
        text = deed.request.get("text")
        if text is not None:
            assert room.texts.setdefault(seq, text) == text, (deed, event)

    def _check_nothing_else(self):
        """No text was told twice, and none that nobody sent."""
        sent = {(deed.room, deed.request["text"]) for deed in self.deeds.values()
                if "text" in deed.request}
        for room in self.rooms.values():
            seen = {}
            for seq, text in room.texts.items():
                assert (room.name, text) in sent, f"{room.name}: nobody said {text!r}"
                assert seen.setdefault(text, seq) == seq, \
                    f"{room.name}: {text!r} is {seen[text]} and {seq}"
