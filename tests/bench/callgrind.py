"""Counts chatd's instructions with callgrind. Two runs that differ in one thing only, and the
difference: what starting, connecting and ending take is in both."""

import pathlib
import re
import shutil
import tempfile

from servers import MODULES, Chatd, Load

AVAILABLE = shutil.which("valgrind") is not None


def _instructions(members, window, messages, modules, size, **options):
    with tempfile.TemporaryDirectory(prefix="chatd-bench-") as folder:
        out = pathlib.Path(folder) / "out"
        server = Chatd(modules=modules, wrapper=[
            "valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"], **options)
        with Load(server, "talk", members=members) as load:
            load.talk(window, size, messages)
        return int(re.search(r"^totals: (\d+)", out.read_text(), re.MULTILINE)[1])


def per_message(members, window=1, size=128, modules=MODULES, **options):
    """Instructions in user space for a message to a room of so many members."""
    few, many = (200, 1000) if members < 100 else (48, 144)
    return (_instructions(members, window, many, modules, size, **options)
            - _instructions(members, window, few, modules, size, **options)) / (many - few)
