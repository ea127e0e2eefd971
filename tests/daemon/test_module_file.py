"""etc/chatd.modules: what it says about the shipped modules is true."""

import re

import pytest

from harness import SRCDIR

TEXT = (SRCDIR / "etc/chatd.modules").read_text()
WORDS = {"profanity.txt": (SRCDIR / "etc/profanity.txt").read_text()}

OFF = {"chatlog", "echo", "webhook"}
SOURCES = {path.stem: path for path in (SRCDIR / "modules").rglob("*.c")
           if "CHATD_MODULE(" in path.read_text()}
SHIPPED = set(SOURCES)


def documented():
    """{module: {option: default as written}} of the comments."""
    modules, options = {}, {}
    for line in TEXT.splitlines():
        if match := re.fullmatch(r"#?module (\w+) \{\}", line):
            modules[match[1]] = options
        elif match := re.match(r'#   (\w+) = ("[^"]*"|\S+) +\S', line):
            options[match[1]] = match[2]
            continue
        if not line.startswith("#"):
            options = {}
    for line in re.findall(r"^#module (\w+)", TEXT, re.MULTILINE):
        assert line in modules
    return modules


def declared(module):
    """{option: default} of the source."""
    source = SOURCES[module].read_text()
    options = re.findall(r'CHATD_OPTION(_ENUM|_RANGE|)\("(\w+)",(?:\s*CHATD_\w+,)?\s*"([^"]*)"', source)
    return {name: default for _, name, default in options}


def test_lists_all_shipped_modules():
    assert set(documented()) == SHIPPED


@pytest.mark.parametrize("module", sorted(SHIPPED))
def test_explains_all_options_with_their_defaults(module):
    assert {name: default.strip('"') for name, default in documented()[module].items()} == (
        declared(module))


def test_as_shipped(chatd_check):
    code, output = chatd_check(modules=TEXT, files=WORDS)
    assert code == 0, output
    for module in SHIPPED - OFF:
        assert re.search(rf"^  {module} ", output, re.MULTILINE), output
    for module in OFF:
        assert not re.search(rf"^  {module} ", output, re.MULTILINE), output


def test_filter_comes_before_what_sees_messages():
    order = re.findall(r"^#?module (\w+)", TEXT, re.MULTILINE)
    assert order[0] == "profanity"


@pytest.mark.parametrize("module", sorted(OFF))
def test_one_sign_enables(chatd_check, module):
    assert TEXT.count(f"\n#module {module} {{}}\n") == 1
    code, output = chatd_check(modules=TEXT.replace(f"#module {module} ", f"module {module} "),
                               files=WORDS)
    assert code == 0, output
    assert re.search(rf"^  {module} ", output, re.MULTILINE), output


def test_options_can_be_written_as_documented(chatd_check):
    text = "\n".join("module %s { %s }" % (
        module, "  ".join(f"{name} = {default}" for name, default in options.items()))
        for module, options in documented().items())
    code, output = chatd_check(modules=text, files=WORDS)
    assert code == 0, output


def test_they_work_together(chatd):
    server = chatd(modules=TEXT.replace("\n#module", "\nmodule"), files=WORDS)
    alice = server.client("alice", room="lobby")
    alice.expect("notice", text="Welcome, alice!")
    alice.say("oh shit")
    assert alice.expect("message")["text"] == "oh ****"
    assert "/roll" in (alice.say("/help") and alice.expect("notice")["text"])
    assert alice.expect("presence")["count"] == 1
    assert server.stop() == 0
    assert "<alice> oh ****" in (server.dir / "data/chat.log").read_text()
