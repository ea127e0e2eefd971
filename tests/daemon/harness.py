"""Starts the real chatd and talks to it.

    def test_greets(chatd):
        server = chatd(modules="module greeter {}", config='log_level = "debug"')
        alice = server.client("alice", room="lobby")
        alice.say("hello")
        assert alice.expect("message")["text"] == "hello"

Server and Client are the whole interface; raw.py has the client that breaks rules. Environment:

    CHATD            the program          default: $BUILDDIR/chatd
    BUILDDIR         where it was built   default: the source tree
    SRCDIR           the source tree      default: two folders above this one
    MODULE_DIR       the shipped modules  default: $BUILDDIR/modules/.libs
    CC               builds the modules of tests/abi
    CHATD_TEST_SLOW  factor for all time limits, for sanitizer builds
"""

import asyncio
import collections
import json
import os
import pathlib
import queue
import re
import shlex
import signal
import subprocess
import threading
import time

import websockets

SRCDIR = pathlib.Path(os.environ.get("SRCDIR") or pathlib.Path(__file__).parents[2]).resolve()
BUILDDIR = pathlib.Path(os.environ.get("BUILDDIR") or SRCDIR).resolve()
CHATD = pathlib.Path(os.environ.get("CHATD") or BUILDDIR / "chatd").resolve()
MODULE_DIR = pathlib.Path(os.environ.get("MODULE_DIR") or BUILDDIR / "modules/.libs").resolve()
SLOW = float(os.environ.get("CHATD_TEST_SLOW") or 1)
SANITIZED = SLOW != 1

SANITIZER_REPORT = re.compile(
    r"ERROR: (Address|Leak|Thread)Sanitizer|WARNING: ThreadSanitizer|runtime error:")
LISTENING = re.compile(r"listening on (\S+):(\d+)(?: \w+)*\s*$", re.MULTILINE)


def patience(seconds):
    """How long to wait for something that must come."""
    return seconds * SLOW


def wait_until(condition, timeout=5, what="the condition"):
    """Waits for something that only can be asked for; answers its first true value. `what` may be
    a function, for what is to be said at the end of the waiting."""
    deadline = time.monotonic() + patience(timeout)
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            what = what() if callable(what) else what
            raise AssertionError(f"{what} did not come true in {timeout} s")
        time.sleep(0.005)


# ---- The program --------------------------------------------------------------------------------

def run_chatd(*args, timeout=20, **options):
    """Runs chatd to its end: (exit code, stdout and stderr)."""
    done = subprocess.run([CHATD, *args], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=patience(timeout), **options)
    output = done.stdout.decode()
    assert not SANITIZER_REPORT.search(output), output
    return done.returncode, output


def compile_module(source, target, *flags, headers=SRCDIR / "include"):
    """Compiles a module against the installed header alone; an older one is replaced."""
    cc = shlex.split(os.environ.get("CC") or "cc")
    subprocess.run([*cc, "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Wpedantic",
                    "-Werror", "-fPIC", "-shared", f"-I{headers}", *flags,
                    "-o", f"{target}.new", source], check=True)
    os.replace(f"{target}.new", target)


def build_module(name, folder, *flags):
    compile_module(SRCDIR / f"tests/abi/{name}.c", folder / f"{name}.so", *flags)


class Server:
    """One chatd in a folder of its own, on free loopback ports.

    modules      the text of chatd.modules
    config       lines for chatd.conf; they win over the ones written here (nobody comes back: who
                 is gone is gone, unless resume_window is set; and all may log in at once)
    listen       where it listens
    files        more files of the folder: {"web/app.js": text or bytes}
    module_dir   where the modules are
    arguments    further arguments of the program
    preexec      called in the child before chatd, for resource limits
    wrapper      the program, with its arguments, that runs chatd: valgrind
    """

    def __init__(self, folder, modules="", config="", config_name="chatd.conf", files=None,
                 listen=("127.0.0.1:0",), module_dir=MODULE_DIR, arguments=(), preexec=None,
                 wrapper=()):
        self.dir = pathlib.Path(folder)
        self.listen = listen
        self.config_name = config_name
        self.module_dir = pathlib.Path(module_dir)
        self.arguments = arguments
        self.preexec = preexec
        self.wrapper = wrapper
        self.process = None
        self._log_before = 0  # what of the log is of earlier runs
        self.clients = []
        self.expected_exit = 0

        (self.dir / "web").mkdir(parents=True)
        self.write("web/index.html", "<!doctype html><title>chatd</title><p>index\n")
        for name, content in (files or {}).items():
            self.write(name, content)
        self.write_modules(modules)
        self.write_config(config)

    # -- its files

    @property
    def config_file(self):
        return self.dir / self.config_name

    def write(self, name, content):
        path = self.dir / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    def write_modules(self, text):
        return self.write("chatd.modules", text + "\n")

    def write_config(self, lines):
        addresses = ", ".join(f'"{address}"' for address in self.listen)
        return self.write(self.config_name, f'''listen = {{{addresses}}}
web_root = "web"
data_dir = "data"
modules_file = "chatd.modules"
module_dir = "{self.module_dir}"
resume_window = 0s  max_login_rate = 0
{lines}
''')

    # -- its life

    def start(self):
        """Starts it, also again after its end."""
        self._log_before = len(self.log())
        with open(self.dir / "log", "ab") as log:
            self.process = subprocess.Popen(
                [*self.wrapper, CHATD, "-c", self.config_file, *self.arguments], stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, preexec_fn=self.preexec)
        wait_until(lambda: self._is_listening() or self.process.poll() is not None, timeout=15,
                   what=lambda: f"listening:\n{self.log()}")
        assert self._is_listening(), f"chatd exited with {self.process.poll()}:\n{self.log()}"

    def _is_listening(self):
        return len(self.addresses) == len(self.listen)

    @property
    def addresses(self):
        """[(host, port)] of all its listening sockets."""
        log = self.log()[self._log_before:]
        return [(host.strip("[]"), int(port)) for host, port in LISTENING.findall(log)]

    @property
    def port(self):
        return self.addresses[0][1]

    @property
    def url(self):
        return f"ws://127.0.0.1:{self.port}/ws"

    @property
    def pid(self):
        return self.process.pid

    def signal(self, signum):
        self.process.send_signal(signum)

    def reload(self):
        """SIGHUP; returns when the configuration was read, well or not: "read again" or "stays"."""
        seen = len(self.log())
        self.signal(signal.SIGHUP)
        return self.wait_log(r"configuration (read again|stays)", timeout=15, after=seen)[1]

    def kill(self):
        """It ends as in a crash."""
        self.process.kill()
        self.process.wait()

    def stop(self, timeout=15):
        """SIGTERM; answers the exit code."""
        if self.process.poll() is None:
            self.signal(signal.SIGTERM)
        return self.process.wait(patience(timeout))

    def finish(self):
        """Ends whatever is left; answers what was wrong."""
        for client in self.clients:
            client.close()
        if self.process is None:
            return []
        problems = []
        try:
            code = self.stop()
            if code != self.expected_exit:
                problems.append(f"chatd ended with {code}, not {self.expected_exit}")
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            problems.append("chatd did not end after SIGTERM")
        log = self.log()
        if SANITIZER_REPORT.search(log):
            problems.append("a sanitizer reported")
        return [f"{problem}; its log:\n{log[-20000:]}" for problem in problems]

    # -- what can be seen of it

    def log(self):
        try:
            return (self.dir / "log").read_text(errors="backslashreplace")
        except FileNotFoundError:
            return ""

    def wait_log(self, regex, timeout=5, after=0):
        """Waits for a line that matches; `after` characters of the log are not looked at."""
        pattern = re.compile(regex, re.MULTILINE)
        return wait_until(lambda: pattern.search(self.log(), after), timeout,
                          what=lambda: f"/{regex}/ in the log:\n{self.log()}\n")

    def counters(self):
        """What the server has counted so far; those that it does not name are 0."""
        seen = len(self.log())
        self.signal(signal.SIGUSR2)
        line = self.wait_log(r"counters:.*\n", after=seen)[0]
        return collections.Counter({name: int(value)
                                    for name, value in re.findall(r"(\w+)=(\d+)", line)})

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self):
        """What the process has on its heap and stacks."""
        status = pathlib.Path(f"/proc/{self.pid}/status").read_text()
        return int(re.search(r"RssAnon:\s+(\d+) kB", status)[1]) * 1024

    def open_descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def client(self, nick=None, room=None, **options):
        """A client that has logged in (with a nick) and joined (with a room)."""
        client = Client(self.url, **options)
        self.clients.append(client)
        if nick is not None:
            client.login(nick)
        if room is not None:
            client.join(room)
        return client


# ---- A client on the `websockets` package -------------------------------------------------------

class _Loop:
    """One asyncio loop on a thread of its own, for all clients of this process."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def run(self, coroutine, timeout=10):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(patience(timeout))


_loop = None


def run_async(coroutine, timeout=10):
    """The result of a coroutine, which runs on the loop of all clients."""
    global _loop
    if _loop is None:
        _loop = _Loop()
    return _loop.run(coroutine, timeout)


class Closed(AssertionError):
    """The server closed the connection while something was expected from it."""


class Client:
    """A chatd.v1 client. Fields of requests that are None are left out."""

    def __init__(self, url, subprotocols=("chatd.v1",), **options):
        self.events = []        # arrived, but not yet asked for
        self.close_code = None  # once the connection is closed
        self.nick = self.user_id = self.welcome = self.joined = None
        self._arrived = queue.SimpleQueue()
        self._requests = 0
        self._ws = run_async(self._connect(url, subprotocols, options))
        self.hello = self.expect("hello")

    async def _connect(self, url, subprotocols, options):
        options = {"ping_interval": None, "max_size": None, "close_timeout": 2, **options}
        ws = await websockets.connect(url, subprotocols=subprotocols, **options)
        self._reader = asyncio.ensure_future(self._read(ws))
        return ws

    async def _read(self, ws):
        try:
            async for frame in ws:
                self._arrived.put(json.loads(frame))
        except websockets.ConnectionClosed:
            pass
        finally:
            self.close_code = ws.close_code
            self._arrived.put(None)

    # -- sending

    def send(self, type, **fields):
        """Sends a request and does not wait for its answer."""
        fields = {name: value for name, value in fields.items() if value is not None}
        self.send_text(json.dumps({"type": type, **fields}, ensure_ascii=False))

    def send_text(self, frame):
        run_async(self._ws.send(frame))

    def request(self, type, **fields):
        """Sends a request; answers its answer: the `ok`, `error` or `welcome` with its id."""
        self._requests += 1
        fields.setdefault("id", f"r{self._requests}")
        self.send(type, **fields)
        return self.take(lambda event: event.get("id") == fields["id"],
                         f"the answer to {type} {fields}")

    def login(self, nick, **fields):
        self.welcome = self.request("login", nick=nick, **fields)
        assert self.welcome["type"] == "welcome", self.welcome
        self.nick = self.welcome["user"]["nick"]
        self.user_id = self.welcome["user"]["id"]
        return self.welcome

    def join(self, room):
        self.joined = self.request("join", room=room)
        assert self.joined["type"] == "ok", self.joined
        return self.joined

    def say(self, text, room="lobby", **fields):
        return self.request("message", room=room, text=text, **fields)

    def sync(self):
        """Returns when the server has answered all that this client sent before."""
        answer = self.request("ping")
        assert answer["type"] == "ok", answer

    # -- receiving

    def expect(self, type, timeout=5, **fields):
        """Waits for an event with these fields; others that come first stay in `events`."""
        return self.take(
            lambda event: event.get("type") == type
            and all(event.get(name) == value for name, value in fields.items()),
            f"{type} {fields}", timeout)

    def expect_none(self, type, within=0.4):
        """Nothing of this type is there or comes within a time."""
        deadline = time.monotonic() + within
        while True:
            assert not (seen := self.of_type(type)), f"unexpected: {seen}"
            if not self._receive(deadline - time.monotonic()):
                break

    def of_type(self, type):
        """What is in `events` of a type. After sync(): all that was sent until then."""
        return [event for event in self.events if event.get("type") == type]

    def take(self, wanted, what, timeout=5):
        """Removes and answers the first event for which wanted(event) is true."""
        deadline = time.monotonic() + patience(timeout)
        looked_at = 0
        while True:
            for i in range(looked_at, len(self.events)):
                if wanted(self.events[i]):
                    return self.events.pop(i)
            looked_at = len(self.events)
            if not self._receive(deadline - time.monotonic()):
                closed = self.close_code is not None
                raise (Closed if closed else AssertionError)(
                    f"{'closed with %s' % self.close_code if closed else 'timeout'} "
                    f"while waiting for {what}; seen: {self.events[-20:]}")

    def _receive(self, timeout):
        """Moves one frame to `events`; false when none came."""
        try:
            event = self._arrived.get(timeout=max(timeout, 0))
        except queue.Empty:
            return False
        if event is None:
            self._arrived.put(None)
            return False
        self.events.append(event)
        return True

    # -- the end

    def wait_closed(self, timeout=10):
        """Waits until the server closes; answers the close code."""
        run_async(asyncio.wait_for(self._ws.wait_closed(), patience(timeout)), timeout + 1)
        run_async(asyncio.wait({self._reader}), timeout)
        return self.close_code

    def drop(self):
        """The connection breaks, without a word."""
        async def abort():
            self._ws.transport.abort()
        run_async(abort())
        self.wait_closed()

    def close(self, code=1000):
        """Closes the connection as a browser does."""
        run_async(self._ws.close(code))
        return self.wait_closed()
