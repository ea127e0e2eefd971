"""The module chatlog."""

import fcntl
import json
import os
import re
import resource
import signal
import threading
import time

import pytest

from harness import patience, wait_until

TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"


def lines(server, name="data/chat.log"):
    path = server.dir / name
    return path.read_bytes().decode().split("\n")[:-1] if path.exists() else []


def wait_lines(server, n, name="data/chat.log"):
    wait_until(lambda: len(lines(server, name)) >= n, what=f"{n} lines in {name}")
    return lines(server, name)


def contents(found):
    """Lines without their times."""
    for line in found:
        assert re.match(TIME + " ", line), line
    return [line.split(" ", 1)[1] for line in found]


# ---- Text ----------------------------------------------------------------------------------------

def test_messages_joins_and_leaves(chatd):
    server = chatd(modules="module chatlog {}")
    alice, bob = server.client("alice", room="lobby"), server.client("bob", room="lobby")
    alice.say("hello, bob")
    bob.say("hello, alice")
    bob.request("leave", room="lobby")
    alice.close()
    assert contents(wait_lines(server, 6)) == [
        "[lobby] * alice joined",
        "[lobby] * bob joined",
        "[lobby] <alice> hello, bob",
        "[lobby] <bob> hello, alice",
        "[lobby] * bob left",
        "[lobby] * alice left",
    ]


def test_time_is_that_of_the_message(chatd):
    server = chatd(modules="module chatlog {}")
    alice = server.client("alice", room="lobby")
    ts = alice.say("now")["ts"]
    written = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ts // 1000)) + f".{ts % 1000:03}Z"
    assert wait_lines(server, 2)[1] == f"{written} [lobby] <alice> now"


@pytest.mark.parametrize("text, written", [
    ("one\ntwo\r\nthree", r"one\ntwo\x0d\nthree"),
    ("\x1b[31mred\x07\x7f", r"\x1b[31mred\x07\x7f"),
    ("tab\there", r"tab\x09here"),
    ("back\\slash \\n", r"back\\slash \\n"),
    ("a\u0085b\u009bc", r"a\u0085b\u009bc"),
    ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
    ("a\u00a0b\u2030c\u2027d\u0080", "a\u00a0b\u2030c\u2027d\\u0080"),
    ("Grüße 日本 😀", "Grüße 日本 😀"),
    ("> ] * [ <%s%n", "> ] * [ <%s%n"),
    ("ends with \u00e2", "ends with \u00e2"),
], ids=ascii)
def test_one_event_is_one_line(chatd, text, written):
    server = chatd(modules="module chatlog {}")
    alice = server.client("alice", room="lobby")
    alice.say(text)
    alice.say("next")
    found = wait_lines(server, 3)
    assert contents(found)[1:] == [f"[lobby] <alice> {written}", "[lobby] <alice> next"]
    assert len("\n".join(found).splitlines()) == 3


def test_what_is_logged_is_what_was_sent(chatd):
    server = chatd(modules="module profanity {}\nmodule chatlog {}",
                   files={"profanity.txt": "darn\n"})
    server.client("alice", room="lobby").say("darn")
    assert contents(wait_lines(server, 2))[1] == "[lobby] <alice> ****"


def test_bots_are_logged(chatd):
    server = chatd(modules="module dice {}\nmodule chatlog {}")
    server.client("alice", room="lobby").say("/roll 1d1")
    assert contents(wait_lines(server, 2))[1] == "[lobby] <dice> alice rolls 1d1: 1"


# ---- JSON ----------------------------------------------------------------------------------------

def test_json(chatd):
    server = chatd(modules="module chatlog { format = json }")
    alice = server.client("alice", room="lobby")
    said = alice.say('"quoted"\n\u2028 日本')
    alice.request("leave", room="lobby")
    who = {"id": alice.user_id, "nick": "alice"}
    events = [json.loads(line) for line in wait_lines(server, 3)]
    assert events[1] == {"ts": said["ts"], "event": "message", "room": "lobby", "user": who,
                         "text": '"quoted"\n\u2028 日本'}
    for event, kind in ((events[0], "joined"), (events[2], "left")):
        assert abs(event.pop("ts") - said["ts"]) < 60000
        assert event == {"event": kind, "room": "lobby", "user": who}


# ---- The file ------------------------------------------------------------------------------------

def test_file_elsewhere(chatd):
    server = chatd(modules='module chatlog { file = "my chat.txt" }')
    server.client("alice", room="lobby")
    assert contents(wait_lines(server, 1, "my chat.txt")) == ["[lobby] * alice joined"]
    assert not (server.dir / "data/chat.log").exists()


def test_file_is_appended_to(chatd):
    server = chatd(modules='module chatlog { file = old }', files={"old": "before\n"})
    server.client("alice", room="lobby")
    found = wait_lines(server, 2, "old")
    assert found[0] == "before"
    assert contents(found[1:]) == ["[lobby] * alice joined"]


def test_strangers_cannot_read_it(chatd):
    server = chatd(modules="module chatlog {}")
    server.client("alice", room="lobby")
    wait_lines(server, 1)
    assert (server.dir / "data/chat.log").stat().st_mode & 0o007 == 0


def test_file_that_cannot_be_opened(chatd):
    server = chatd(modules='module chatlog { file = "no/such/folder/log" }\nmodule help {}')
    server.wait_log(r"no/such/folder/log: No such file or directory")
    assert server.client("alice", room="lobby").say("goes on")["type"] == "ok"


def test_everything_is_written_before_the_end(chatd):
    server = chatd(modules="module chatlog {}")
    alice = server.client("alice", room="lobby")
    for i in range(200):
        assert alice.say(f"message {i}")["type"] == "ok"
    assert server.stop() == 0
    assert contents(lines(server)) == [
        "[lobby] * alice joined", *(f"[lobby] <alice> message {i}" for i in range(200)),
        "[lobby] * alice left"]


def test_order_of_many(chatd):
    server = chatd(modules="module chatlog {}")
    clients = [server.client(f"user{i}", room="lobby") for i in range(5)]
    for i in range(20):
        for client in clients:
            client.send("message", room="lobby", text=f"{i}")
    for client in reversed(clients):
        client.sync()
    heard = [f"[lobby] <{event['from']['nick']}> {event['text']}"
             for event in clients[0].of_type("message")]
    assert len(heard) == 100
    assert contents(wait_lines(server, 105))[5:] == heard


# ---- Rotation ------------------------------------------------------------------------------------

def test_rotation(chatd):
    server = chatd(modules="module chatlog {}")
    alice = server.client("alice", room="lobby")
    alice.say("old")
    wait_lines(server, 2)
    log = server.dir / "data/chat.log"
    log.rename(server.dir / "data/chat.log.1")
    alice.say("still old")
    wait_lines(server, 3, "data/chat.log.1")
    assert not log.exists()
    server.signal(signal.SIGUSR1)
    wait_until(log.exists, what="the new file")
    alice.say("new")
    assert contents(wait_lines(server, 1)) == ["[lobby] <alice> new"]
    assert contents(lines(server, "data/chat.log.1"))[1:] == [
        "[lobby] <alice> old", "[lobby] <alice> still old"]


def test_rotations_while_messages_come_lose_nothing(chatd):
    server = chatd(modules="module chatlog {}")
    alice = server.client("alice", room="lobby")
    said = []
    for i in range(10):
        for j in range(5):
            alice.say(f"{i}.{j}")
            said.append(f"[lobby] <alice> {i}.{j}")
        log = server.dir / "data/chat.log"
        wait_until(log.exists)
        log.rename(server.dir / f"data/chat.log.{i}")
        server.signal(signal.SIGUSR1)
    assert server.stop() == 0
    found = sum((contents(lines(server, f"data/chat.log.{i}")) for i in range(10)), [])
    found += contents(lines(server))
    assert [line for line in found if "<alice>" in line] == said


def test_rotation_that_fails_keeps_the_old_file(chatd):
    server = chatd(modules='module chatlog { file = "logs/chat" }', files={"logs/chat": ""})
    alice = server.client("alice", room="lobby")
    wait_lines(server, 1, "logs/chat")
    (server.dir / "logs").rename(server.dir / "moved")
    server.signal(signal.SIGUSR1)
    server.wait_log(r"logs/chat: No such file or directory; the old file goes on")
    alice.say("here")
    assert contents(wait_lines(server, 2, "moved/chat"))[1] == "[lobby] <alice> here"


# ---- Trouble -------------------------------------------------------------------------------------

def test_full_disk_is_told_once_and_its_end(chatd, tmp_path):
    link = tmp_path / "link"
    link.symlink_to("/dev/full")
    server = chatd(modules=f'module chatlog {{ file = "{link}" }}')
    alice = server.client("alice", room="lobby")
    server.wait_log(r"link: No space left on device; lines are lost")
    for i in range(5):
        assert alice.say(f"lost {i}")["type"] == "ok"
    time.sleep(0.2)
    assert server.log().count("No space left") == 1

    link.unlink()
    link.symlink_to(tmp_path / "good")
    server.signal(signal.SIGUSR1)
    wait_until((tmp_path / "good").exists)
    alice.say("saved")
    server.wait_log(r"link: works again; 6 lines were lost")
    assert contents((tmp_path / "good").read_text().splitlines()) == ["[lobby] <alice> saved"]


def test_line_torn_by_a_full_disk(chatd):
    """The limit of the file size plays the full disk: a write up to it succeeds in part."""
    limit = 20000

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))

    server = chatd(modules="module chatlog {}", preexec=limited)
    alice = server.client("alice", room="lobby")
    for i in range(30):
        alice.say("x" * 999)
        wait_until(lambda: "File too large" in server.log() or len(lines(server)) == i + 2)
        if "File too large" in server.log():
            break
    torn = (server.dir / "data/chat.log").read_bytes()
    assert len(torn) == limit and not torn.endswith(b"\n")
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE,
                     (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    alice.say("whole")
    server.wait_log("works again; 1 lines were lost")
    found = (server.dir / "data/chat.log").read_bytes()
    assert found.startswith(torn + b"\n")
    assert contents([found[limit + 1:].decode()]) == ["[lobby] <alice> whole\n"]


class Pipe:
    """A pipe for a file. As long as nobody reads it, it is a disk that does not get on."""

    def __init__(self, path):
        os.mkfifo(path)
        self.reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self.reader, fcntl.F_SETPIPE_SZ, 4096)
        self.chunks = []
        self.thread = threading.Thread(target=self._read)

    def _read(self):
        os.set_blocking(self.reader, True)
        while chunk := os.read(self.reader, 65536):
            self.chunks.append(chunk)
        os.close(self.reader)

    def drain(self):
        self.thread.start()

    def contents(self):
        """All that was written, once the writer has closed it."""
        self.thread.join()
        return contents(b"".join(self.chunks).decode().split("\n")[:-1])


@pytest.fixture
def pipe(tmp_path):
    return Pipe(tmp_path / "pipe")


def test_slow_disk_loses_lines_but_holds_nobody_up(chatd, tmp_path, pipe):
    server = chatd(modules=f'module chatlog {{ file = "{tmp_path}/pipe"  buffer_max = 4k }}')
    alice = server.client("alice", room="lobby")
    for i in range(30):
        begun = time.monotonic()
        assert alice.say(f"{i} " + "x" * 900)["type"] == "ok"
        assert time.monotonic() - begun < 2
    server.wait_log(r"pipe: the disk is too slow; lines are lost")
    assert server.log().count("too slow") == 1

    pipe.drain()
    lost = int(server.wait_log(r"pipe: works again; (\d+) lines were lost")[1])
    alice.say("again")
    server.stop()
    found = pipe.contents()
    assert lost > 0
    assert len(found) + lost == 1 + 30 + 2
    assert found[0] == "[lobby] * alice joined"
    assert found[-2:] == ["[lobby] <alice> again", "[lobby] * alice left"]


def test_rotation_while_lines_wait(chatd, tmp_path, pipe):
    """What was said before the signal goes to the old file, however late."""
    server = chatd(modules=f'module chatlog {{ file = "{tmp_path}/pipe" }}')
    alice = server.client("alice", room="lobby")
    for i in range(10):
        alice.say(f"{i} " + "x" * 900)
    (tmp_path / "pipe").rename(tmp_path / "old")
    for text in ("new", "newer"):
        server.signal(signal.SIGUSR1)
        time.sleep(0.2)
        alice.say(text)
    assert not (tmp_path / "pipe").exists()

    pipe.drain()
    wait_until((tmp_path / "pipe").exists)
    assert [line.split()[2] for line in pipe.contents()[1:]] == [f"{i}" for i in range(10)]
    wait_until(lambda: (tmp_path / "pipe").read_text().endswith("newer\n"))
    assert contents((tmp_path / "pipe").read_text().splitlines()) == [
        "[lobby] <alice> new", "[lobby] <alice> newer"]


def test_lines_that_wait_are_written_before_the_end(chatd, tmp_path, pipe):
    server = chatd(modules=f'module chatlog {{ file = "{tmp_path}/pipe" }}')
    alice = server.client("alice", room="lobby")
    for i in range(10):
        alice.say(f"{i} " + "x" * 900)
    server.signal(signal.SIGTERM)
    alice.wait_closed()
    time.sleep(0.2)
    pipe.drain()
    assert server.process.wait(patience(15)) == 0
    found = pipe.contents()
    assert len(found) == 1 + 10 + 1
    assert found[-1] == "[lobby] * alice left"


def test_line_longer_than_the_buffer(chatd):
    server = chatd(modules="module chatlog { buffer_max = 4k }")
    alice = server.client("alice", room="lobby")
    assert alice.say("\x01" * 2000)["type"] == "ok"  # 8,000 bytes as text
    server.wait_log("lines are lost")
    alice.say("short")
    assert contents(wait_lines(server, 2))[1] == "[lobby] <alice> short"
    server.wait_log("works again; 1 lines were lost")


# ---- Options -------------------------------------------------------------------------------------

@pytest.mark.parametrize("options, said", [
    ("format = xml", "text|json"),
    ("buffer_max = 1k", "buffer_max"),
    ("buffer_max = 2G", "buffer_max"),
    ("path = x", "path"),
])
def test_bad_options(chatd_check, options, said):
    code, output = chatd_check(modules="module chatlog { %s }" % options)
    assert code == 78
    assert said in output


def test_check_writes_nothing(chatd_check, tmp_path):
    code, output = chatd_check(modules=f'module chatlog {{ file = "{tmp_path}/log" }}')
    assert code == 0, output
    assert not (tmp_path / "log").exists()
