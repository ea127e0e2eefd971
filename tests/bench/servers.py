"""The servers that the benchmark compares, and the load on them. Each is pinned to one processor,
the load to another."""

import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import tempfile

BENCH = pathlib.Path(__file__).parent
sys.path.insert(0, str(BENCH.parent / "daemon"))

import harness  # noqa: E402  tests/daemon

BUILT = harness.BUILDDIR / "tests/bench"
SERVER_CPU, LOAD_CPU = 0, 1

# What chatd is asked to allow beyond its defaults: so many users at once from one address.
LIMITS = """
login_timeout = "10m"
"""
MODULES = f"""
module profanity {{ words = "{harness.SRCDIR}/etc/profanity.txt" }}
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


class Floor:
    dialect = "chatd"

    def __init__(self, mode):
        self.process = subprocess.Popen([BUILT / "floor", mode], stdout=subprocess.PIPE,
                                        preexec_fn=on_cpu(SERVER_CPU))
        self.port = int(self.process.stdout.readline())
        self.pid = self.process.pid

    def stop(self):
        self.process.kill()
        self.process.communicate()


class Chatd:
    dialect = "chatd"

    def __init__(self, modules=MODULES, **options):
        self.folder = tempfile.TemporaryDirectory(prefix="chatd-bench-")
        self.server = harness.Server(pathlib.Path(self.folder.name) / "server", modules=modules,
                                     config=LIMITS, preexec=on_cpu(SERVER_CPU), **options)
        self.server.start()
        self.port, self.pid = self.server.port, self.server.pid

    def stop(self):
        problems = self.server.finish()
        self.folder.cleanup()
        if problems:
            raise RuntimeError("\n".join(problems))


SERVERS = {
    "floor": lambda: Floor("each"),
    "batched": lambda: Floor("batched"),
    "lingering": lambda: Floor("lingering"),
    "chatd": Chatd,
}


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
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()
        self.server.stop()

    def result(self):
        """The next measurement."""
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"load ended with {self.process.wait()}")
        return json.loads(line)

    def talk(self, window, size, limit):
        """Measures once; for the scenario `talk`."""
        self.process.stdin.write(f"{window} {size} {limit}\n")
        self.process.stdin.flush()
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
