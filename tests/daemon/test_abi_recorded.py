"""The interface as it was recorded: tests/abi/MAJOR.MINOR/, see tests/abi/record. Today's header keeps
what it promised, and today's server loads what was built with it."""

import os
import re
import shutil
import signal
import subprocess
import urllib.request

import pytest

from harness import SRCDIR, compile_module, wait_until
from raw import TEXT, Raw

ABI = SRCDIR / "tests/abi"
VERSIONS = sorted(folder.name for folder in ABI.iterdir() if re.fullmatch(r"\d+\.\d+", folder.name))
HEADER = (SRCDIR / "include/chatd-module.h").read_text()
TODAY = ".".join(re.search(rf"define CHATD_ABI_{part} (\d+)", HEADER)[1]
                 for part in ("MAJOR", "MINOR"))
WITH_EACH = pytest.mark.parametrize("version", VERSIONS)


def test_today_is_recorded():
    """A change of the header after its version was recorded needs a new version."""
    recorded = (ABI / TODAY / "chatd-module.h").read_text()
    code = [re.sub(r"/\*.*?\*/|\s+", " ", text, flags=re.DOTALL) for text in (HEADER, recorded)]
    assert code[0].split() == code[1].split()


def compile_golden(version, header_folder):
    return subprocess.run([os.environ.get("CC", "cc").split()[0], "-std=c11", "-Wall", "-Wextra",
                           "-Werror", "-fsyntax-only", f"-I{header_folder}",
                           ABI / version / "golden.c"], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True)


@WITH_EACH
def test_header_keeps_what_it_promised(version):
    done = compile_golden(version, SRCDIR / "include")
    assert done.returncode == 0, done.stdout


BREAKS = {
    "a function that moves": (r"(    int64_t \(\*now_ms\).*?;)", r"    void (*first)(void);\n\1",
                              "now_ms has moved"),
    "another argument": (r"\(\*now_ms\)\(struct chatd_self \*self", r"\g<0>, int more",
                         "now_ms has another type"),
    "another result": (r"int64_t \(\*now_ms\)", "int (*now_ms)", "now_ms has another type"),
    "another number": (r"(define CHATD_HOOK_SENT) 3", r"\1 33", "CHATD_HOOK_SENT has another"),
    "another callback": (r"(typedef void chatd_timer_fn\(struct chatd_self \*self), void \*arg",
                         r"\1", "chatd_timer_fn is another function"),
    "a shorter table": (r"    void \(\*command_each\).*?;", "", "command_each"),
    "a lower version": (r"(define CHATD_ABI_MINOR) \d+", r"\1 0", "the version goes up"),
}


@pytest.mark.parametrize("change", BREAKS)
def test_golden_notices(change, tmp_path):
    pattern, replacement, message = BREAKS[change]
    broken, n = re.subn(pattern, replacement, HEADER, flags=re.DOTALL)
    assert n == 1
    (tmp_path / "chatd-module.h").write_text(broken)
    done = compile_golden("0.9", tmp_path)
    assert done.returncode != 0 and message in done.stdout


def test_golden_lets_tables_grow(tmp_path):
    grown, n = re.subn(r"    void \(\*command_each\).*?;", r"\g<0>\n    int (*new)(void);", HEADER,
                       flags=re.DOTALL)
    assert n == 1
    (tmp_path / "chatd-module.h").write_text(grown)
    assert compile_golden("0.9", tmp_path).returncode == 0


# ---- With libabigail ----------------------------------------------------------------------------

def abidiff(version, header_folder, folder):
    """What abidiff has against the header: "" for nothing. It compares all types that the module of
    that version uses, as the compiler lays them out."""
    if shutil.which("abidiff") is None:
        pytest.skip("abidiff is not installed")
    for name, headers in ("then", ABI / version), ("now", header_folder):
        # What is static is not looked at.
        compile_module(ABI / version / "everything.c", folder / f"{name}.so", "-g", "-Dstatic=",
                       "-Wno-error", headers=headers)
    # Nothing has grown since today's version.
    exceptions = [] if version == TODAY else ["--suppressions", ABI / "exceptions.abignore"]
    done = subprocess.run(["abidiff", "--no-show-locs", *exceptions, folder / "then.so",
                           folder / "now.so"], stdout=subprocess.PIPE, text=True)
    return done.stdout if done.returncode != 0 else ""


@WITH_EACH
def test_abidiff_has_nothing_against_it(version, tmp_path):
    assert abidiff(version, SRCDIR / "include", tmp_path) == ""


@pytest.mark.parametrize("change", ["a function that moves", "another argument", "another result",
                                    "another callback"])
def test_abidiff_notices(change, tmp_path):
    pattern, replacement, _ = BREAKS[change]
    (tmp_path / "chatd-module.h").write_text(
        re.sub(pattern, replacement, HEADER, flags=re.DOTALL))
    assert abidiff(TODAY, tmp_path, tmp_path) != ""


# ---- At work ------------------------------------------------------------------------------------

def use_what_010_added(alice):
    for calls in 1, 2:
        answer = alice.request("publish", room="lobby", cid=f"c{calls}")
        assert answer["type"] == "ok" and answer["raw"] == [1]
        event = alice.expect("published")
        assert (event["seq"], event["text"], event["calls"]) == (answer["seq"], "changed", calls)
        assert alice.expect("publishing")["calls"] == calls
    answer = alice.say("fail")
    assert (answer["code"], answer["message"]) == ("unavailable", "full")


@WITH_EACH
def test_modules_built_then_work_today(version, chatd, tmp_path):
    folder = tmp_path / "modules"
    folder.mkdir()
    compile_module(ABI / version / "everything.c", folder / "everything.so", headers=ABI / version)
    server = chatd(modules="module everything {}", module_dir=folder)
    alice = server.client("alice", room="lobby")
    bob = server.client("bob", room="lobby")
    assert "everything" in alice.hello["features"] and "anything" in alice.hello["auth"]
    assert alice.joined["everything"] == 42
    assert alice.say("deny")["code"] == "filtered"
    alice.say("change")
    assert bob.expect("message")["text"] == "changed"
    assert alice.request("verb", room="lobby", n=1)["n"] == 2
    assert bob.expect("verbed")["seq"] == 2
    assert alice.say("/later")["type"] == "ok"
    with Raw(server.port) as raw:
        assert raw.upgrade("/every-ws").status == 101
        raw.send_frame(TEXT, b"echo")
        assert raw.read_frame().payload == b"echo"
    with urllib.request.urlopen(f"http://127.0.0.1:{server.port}/every-http") as response:
        assert response.read() == b"everything"
    bob.close()
    server.signal(signal.SIGUSR1)
    server.reload()

    used = {"request", "auth", "join", "message", "deliver", "sent", "event", "joined", "left",
            "opened", "closed", "online", "offline", "room_state", "log_reopen", "reload", "timer",
            "watch", "post", "done", "hello", "link", "stats", "used"}
    if version != "0.9":
        use_what_010_added(alice)
        used |= {"msg_type", "event_get", "room_epoch", "room_seq", "room_is_direct",
                 "member_since", "user_by_public_id", "login_set_user", "room_restore", "stored",
                 "failed", "fetched", "user_save", "user_end", "user_restore", "event_restore", "restore_span",
                 "login_token", "login_restore"}

    def called():
        alice.say("/everything")
        alice.expect("message", text="at your service")
        return set(alice.expect("notice")["text"].split())

    wait_until(lambda: not used - called(), what=lambda: f"used: {used - called()}")
    assert "?" not in called()
    server.write_modules("module everything { bool = yes }")
    shutil.copy(folder / "everything.so", folder / "new.so")
    (folder / "new.so").replace(folder / "everything.so")
    server.reload()
    wait_until(lambda: "saved" in called())
