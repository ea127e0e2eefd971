"""The servers that the benchmark compares, and the load on them. Each is pinned to one processor,
the load to another."""

import contextlib
import json
import os
import pathlib
import re
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time

BENCH = pathlib.Path(__file__).parent
sys.path.insert(0, str(BENCH.parent / "daemon"))

import harness  # noqa: E402  tests/daemon

PEERS = BENCH / "peers"
SRCDIR = harness.SRCDIR
BUILT = harness.BUILDDIR / "tests/bench"
CPUS = sorted(os.sched_getaffinity(0))
SERVER_CPU, LOAD_CPU = CPUS[0], CPUS[-1]
NODE = os.environ.get("NODE") or "node"
# `ws` is there for the browser tests.
os.environ["NODE_PATH"] = ":".join([os.environ.get("NODE_PATH", ""),
                                    str(harness.BUILDDIR / "tests/browser/node_modules")])

# What chatd is asked to allow beyond its defaults: so many users at once from one address.
LIMITS = """
login_timeout = "10m"
"""
MODULES = f"""
module profanity {{ words = "{SRCDIR}/etc/profanity.txt" }}
module typing {{}}
module userlist {{}}
module chatlog {{}}
"""


def on_cpu(cpu):
    """A preexec function: pins the process, and lets it have many descriptors."""

    def prepare():
        os.sched_setaffinity(0, {cpu})
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return prepare


class Program:
    """A server that prints its port when it listens."""

    def __init__(self, dialect, *command):
        self.dialect = dialect
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        preexec_fn=on_cpu(SERVER_CPU))
        self.port = int(self.process.stdout.readline())
        self.pid = self.process.pid

    def stop(self):
        self.process.kill()
        self.process.communicate()


class Chatd:
    dialect = "chatd"

    def __init__(self, modules=MODULES, config="", **options):
        self.folder = tempfile.TemporaryDirectory(prefix="chatd-bench-")
        self.server = harness.Server(pathlib.Path(self.folder.name) / "server", modules=modules,
                                     config=LIMITS + config, preexec=on_cpu(SERVER_CPU), **options)
        self.server.start()
        self.port, self.pid = self.server.port, self.server.pid

    def wait_idle(self):
        """Until it has done what it does afterwards, as to index words; answers how many seconds of
        CPU time that was."""
        before = last = self.server.cpu_seconds()
        time.sleep(0.2)
        while last != (last := self.server.cpu_seconds()):
            time.sleep(0.2)
        return last - before

    def restart(self):
        """Ends it and starts it again; answers how many seconds it took until it listened."""
        self.server.stop()
        began = time.monotonic()
        self.server.start()
        self.port, self.pid = self.server.port, self.server.pid
        return time.monotonic() - began

    def stop(self):
        problems = self.server.finish()
        self.folder.cleanup()
        if problems:
            raise RuntimeError("\n".join(problems))


class Nchan(Program):
    """nginx cannot choose a port, and does not say when it listens."""

    def __init__(self):
        self.dialect = "relay"
        self.port = free_port()
        self.folder = tempfile.TemporaryDirectory(prefix="chatd-bench-")
        conf = pathlib.Path(self.folder.name) / "nginx.conf"
        conf.write_text((PEERS / "nchan.conf").read_text()
                        .replace("@PORT@", str(self.port))
                        .replace("@MODULE@", str(nchan_module())))
        self.process = subprocess.Popen(["nginx", "-p", self.folder.name, "-c", conf],
                                        stderr=subprocess.DEVNULL, preexec_fn=on_cpu(SERVER_CPU))
        self.pid = self.process.pid
        harness.wait_until(lambda: listens(self.port), what="nginx")

    def stop(self):
        super().stop()
        self.folder.cleanup()


FILTERS = 64  # that filter.c has


@contextlib.contextmanager
def filters():
    """Options for Chatd: filters that do nothing, and no other module."""
    with tempfile.TemporaryDirectory(prefix="chatd-bench-") as folder:
        harness.compile_module(BENCH / "filter.c", pathlib.Path(folder) / "filter.so", "-O2")
        yield {"modules": "module filter {}", "module_dir": folder}


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def listens(port):
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def nchan_module():
    """The module beside nginx, None when there is none."""
    nginx = shutil.which("nginx")
    if nginx is None:
        return None
    module = pathlib.Path(nginx).parents[1] / "lib/nginx/modules/ngx_nchan_module.so"
    return module if module.exists() else None


def chatd_with_history(sync):
    return Chatd(f"{MODULES}module history {{ sync = {sync} }}")


def has_history():
    return (harness.MODULE_DIR / "history.so").exists()


def file_system():
    """Of the folder in which servers keep their data."""
    done = subprocess.run(["stat", "-f", "-c", "%T", tempfile.gettempdir()],
                          stdout=subprocess.PIPE, text=True)
    return done.stdout.strip() or "unknown"


OURS = {
    "floor": lambda: Program("chatd", BUILT / "floor", "each"),
    "batched": lambda: Program("chatd", BUILT / "floor", "batched"),
    "lingering": lambda: Program("chatd", BUILT / "floor", "lingering"),
    "chatd": Chatd,
    # What is stored outlives a crash of the server; or of the machine, too.
    "normal": lambda: chatd_with_history("normal"),
    "full": lambda: chatd_with_history("full"),
}
OTHERS = {
    "bun": lambda: Program("relay", "bun", PEERS / "bun.js"),
    "ws": lambda: Program("relay", NODE, PEERS / "ws.cjs"),
    "socket.io": lambda: Program("socketio", NODE, PEERS / "socketio.cjs"),
    "nchan": Nchan,
    "flask": lambda: Program("socketio", sys.executable, PEERS / "flask_server.py"),
}
SERVERS = OURS | OTHERS


def succeeds(*command):
    try:
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL).returncode == 0
    except FileNotFoundError:
        return False


def peers():
    """{name: is it there?} of OTHERS."""
    return {
        "bun": succeeds("bun", "--version"),
        "ws": succeeds(NODE, "-e", "require('ws')"),
        "socket.io": succeeds(NODE, "-e", "require('socket.io')"),
        "nchan": nchan_module() is not None,
        "flask": succeeds(sys.executable, "-c", "import flask_socketio, eventlet"),
    }


class LoadFailed(Exception):
    """The load gave up: the server did something wrong."""


class Load:
    """tests/bench/load on a server of its own, which ends with it."""

    def __init__(self, server, scenario, rooms=1, members=1, limit="1s"):
        self.server = server
        self.process = subprocess.Popen(
            [BUILT / "load", "-P", str(server.port), "-p", str(server.pid), "-d", server.dialect,
             "-r", str(rooms), "-m", str(members), scenario, limit],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, preexec_fn=on_cpu(LOAD_CPU))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.communicate()
        self.server.stop()

    def result(self):
        """The next measurement."""
        line = self.process.stdout.readline()
        if not line:
            raise LoadFailed(f"load ended with {self.process.wait()}")
        return json.loads(line)

    def talk(self, window, size, limit):
        """Measures once; for the scenario `talk`."""
        try:
            print(window, size, limit, file=self.process.stdin, flush=True)
        except BrokenPipeError as error:
            raise LoadFailed("load has ended") from error
        return self.result()


def measure(name, scenario, **options):
    """One measurement on a new server."""
    with Load(SERVERS[name](), scenario, **options) as load:
        return load.result()


def machine():
    """What the figures depend on, in a line."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    uname = os.uname()
    return (f"{cpu[1] if cpu else uname.machine}, {os.cpu_count()} processors, "
            f"{uname.sysname} {uname.release}")
