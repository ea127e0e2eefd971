"""What the tests of the module history share."""

import shutil
import sqlite3

import pytest

from harness import MODULE_DIR, wait_until

NEEDS_HISTORY = pytest.mark.skipif(not (MODULE_DIR / "history.so").exists(),
                                   reason="it was built without SQLite")

WINDOW = "resume_window = 30s"


class Store:
    """A server with the modules history and publisher (tests/abi)."""

    def __init__(self, chatd, folder, options="", config=WINDOW, modules="", others=(), **more):
        for name in "history", *others:
            if not (folder / f"{name}.so").exists():  # never over one that a server runs
                shutil.copy(MODULE_DIR / f"{name}.so", folder)
        self.modules = f"module publisher {{}}\nmodule rooms {{}}\n{modules}"
        self.server = chatd(modules=self.text(options), config=config, module_dir=folder, **more)
        self.file = self.server.dir / "data/history.db"
        self.client = self.server.client

    def text(self, options):
        return f"module history {{ {options} }}\n{self.modules}"

    def reload(self, options=None):
        """With other options; None: without the module."""
        self.server.write_modules(self.modules if options is None else self.text(options))
        return self.server.reload()

    def restart(self, how="term", config=None, options=None):
        if how == "kill":
            self.server.kill()
        else:
            assert self.server.stop() == 0
        if config is not None:
            self.server.write_config(config)
        if options is not None:
            self.server.write_modules(self.text(options))
        self.server.start()

    def query(self, sql, *values):
        """Rows of the database, while the server uses it."""
        connection = sqlite3.connect(self.file, timeout=10)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def wait_query(self, sql, expected, timeout=10):
        return wait_until(lambda: self.query(sql) == expected, timeout,
                          what=lambda: f"{sql} = {expected}, it is {self.query(sql)}")

    def bytes(self):
        """All that there is in the files of the database."""
        return b"".join(path.read_bytes() for path in self.file.parent.glob("history.db*"))

    def back(self, client, seq=None, rooms=None):
        """The client on a new connection, with the token that it has."""
        back = self.server.client()
        if rooms is None:
            rooms = {"lobby": {"epoch": client.joined["epoch"], "seq": seq or 0}}
        back.login(client.nick, resume={"token": client.welcome["resume_token"], "rooms": rooms})
        back.joined = client.joined
        return back


@pytest.fixture
def store(chatd, abi_modules):
    def start(options="", **more):
        return Store(chatd, abi_modules("publisher", "rooms"), options, **more)
    return start


def publish(client, type, room="lobby", text=None, cid=None, **fields):
    answer = client.request("publish", **{"as": type}, room=room, text=text, cid=cid, fields=fields)
    assert answer["type"] == "ok", answer
    return answer["seq"]


def history(client, room="lobby", **fields):
    answer = client.request("history", room=room, **fields)
    assert answer["type"] == "ok", answer
    return answer


def seqs(answer):
    return [event["seq"] for event in answer["events"]]


def texts(answer):
    return [event.get("text") for event in answer["events"]]


def search(client, text, **fields):
    answer = client.request("search", text=text, **fields)
    assert answer["type"] == "ok", answer
    return [event["text"] for event in answer["results"]]


def told(client):
    """The events of a client that has just come back, up to `caught_up`."""
    client.expect("caught_up")
    return [event for event in client.events if "seq" in event]


def state_of(client, room="lobby"):
    return next(each for each in client.welcome["rooms"] if each["room"] == room)


def fill(file, name="lobby", epoch="0badcafe", events=1000, text="message {seq}",
         ts=1_700_000_000_000, indexed=0, same=1):
    """Puts events into a database that a server has made, and that none uses; `same` of them have
    one time."""
    connection = sqlite3.connect(file)
    room = connection.execute("SELECT coalesce(max(id), 0) + 1 FROM rooms").fetchone()[0]
    body = ('{"type":"message","room":"%s","seq":%d,"ts":%d,'
            '"from":{"id":"00000000000000aa","nick":"ann"},"text":"%s"}')
    with connection:
        connection.execute("INSERT INTO rooms VALUES (?, ?, ?, ?, ?, '', ?, 0)",
                           (room, name, epoch, events, ts + events // same, indexed))
        connection.executemany(
            "INSERT INTO events VALUES (?, ?, 'message', '00000000000000aa', NULL, NULL, NULL, ?)",
            ((room << 40 | seq, ts + seq // same,
              body % (name, seq, ts + seq // same, text.format(seq=seq)))
             for seq in range(1, events + 1)))
        connection.executemany(
            "INSERT INTO words (rowid, text) VALUES (?, ?)",
            ((room << 40 | seq, text.format(seq=seq)) for seq in range(1, indexed + 1)))
    connection.close()
