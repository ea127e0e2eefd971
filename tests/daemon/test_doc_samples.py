"""The samples of doc/modules.md: compiled from the page itself, and used."""

import os
import re
import shutil
import subprocess
import urllib.request

import pytest

import harness
from harness import SRCDIR, compile_module
from raw import TEXT, Raw

PAGE = (SRCDIR / "doc/modules.md").read_text()
SAMPLES = {re.search(r"(\w+)\.c\b", code)[1]: code
           for code in re.findall(r"^```c\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)}
MODULES = {name for name, code in SAMPLES.items() if "CHATD_MODULE(" in code}


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "modules"
    folder.mkdir()
    for name in MODULES:
        (folder / f"{name}.c").write_text(SAMPLES[name])
        compile_module(folder / f"{name}.c", folder / f"{name}.so")
    return folder


def test_page_has_its_samples():
    assert MODULES == {"karma", "later", "lookup", "count", "plain", "wave"}
    assert set(SAMPLES) == MODULES | {"test_karma"}


def test_samples_are_used(chatd, folder):
    server = chatd(modules="\n".join(f"module {name} {{}}" for name in sorted(MODULES)),
                   module_dir=folder, files={"words.txt": "cat: an animal\ndog: another\n"})
    alice = server.client("alice", room="lobby")
    assert alice.say("bob++")["seq"] == 1

    def told(text):
        answer = alice.say(text)
        return alice.expect("notice")["text"] if answer["type"] == "ok" else answer["code"]

    assert told("/karma bob") == "bob has 1"
    assert told("/karma") == "bad_request"
    assert told("/define dog") == "dog: another"
    assert told("/define cow") == "not_found"
    for count in 1, 2:
        answer = alice.request("wave", room="lobby", to=alice.user_id)
        wave = alice.expect("wave")
        assert (wave["seq"], wave["to"], wave["count"]) == (answer["seq"], alice.user_id, count)
    assert alice.request("wave", room="lobby", to="nobody")["code"] == "not_found"
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/count") as response:
        assert response.read() == b"1\n"
    with Raw(server.port) as raw:
        assert raw.upgrade("/plain?bob").status == 101
        alice.say("hello bob")
        assert raw.read_frame().payload == b"alice: hello bob"
        raw.send_frame(TEXT, b"hello alice")
        assert alice.expect("message", text="hello alice")["from"]["nick"] == "bob"


def test_karma_survives_a_reload(chatd, folder):
    server = chatd(modules="module karma {}", module_dir=folder)
    alice = server.client("alice", room="lobby")
    alice.say("bob++")
    compile_module(folder / "karma.c", folder / "karma.so", "-O1")
    server.reload()
    alice.say("/karma bob")
    assert alice.expect("notice")["text"] == "bob has 1"
    server.stop()


@pytest.mark.skipif(harness.SANITIZED, reason="a program without the sanitizer cannot load it")
def test_the_test_of_the_tutorial_passes(folder):
    library = harness.BUILDDIR / ".libs"
    if not (library / "libchatd-test.so").exists():
        pytest.skip("libchatd-test is not built")
    (folder / "test_karma.c").write_text(SAMPLES["test_karma"])
    cc = (os.environ.get("CC") or "cc").split()
    subprocess.run([*cc, "-Wall", "-Wextra", "-Werror", f"-I{SRCDIR}/include", "-o",
                    folder / "test_karma", folder / "test_karma.c", f"-L{library}",
                    "-lchatd-test", f"-Wl,-rpath,{library}"], check=True)
    done = subprocess.run([folder / "test_karma"], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert done.returncode == 0 and done.stdout == "ok - alice has a point (alice has 1)\n"
    shutil.rmtree(folder)
