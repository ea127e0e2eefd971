"""Counts chatd's instructions with callgrind: two runs that differ in one thing only, and the
difference. What starting, connecting and ending take is in both."""

import pathlib
import re
import shutil
import tempfile

from servers import FILTERS, Chatd, Load, filters

AVAILABLE = shutil.which("valgrind") is not None


def _instructions(folder, members, window, size, messages, **options):
    out = pathlib.Path(folder) / "callgrind.out"
    server = Chatd(wrapper=["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}"],
                   **options)
    with Load(server, "talk", members=members) as load:
        load.talk(window, size, messages)
    return int(re.search(r"^totals: (\d+)", out.read_text(), re.MULTILINE)[1])


def per_message(members, window=1, size=128, **options):
    """Instructions in user space for a message of so many bytes to a room of so many members."""
    few, many = (200, 1000) if members < 100 else (48, 144)
    with tempfile.TemporaryDirectory(prefix="chatd-bench-") as folder:
        return (_instructions(folder, members, window, size, many, **options)
                - _instructions(folder, members, window, size, few, **options)) / (many - few)


def per_filter():
    """Instructions that a filter which does nothing adds to a message."""
    with filters() as options:
        return (per_message(1, **options) - per_message(1, modules="")) / FILTERS
