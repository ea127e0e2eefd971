"""The program's options, and what it says about a configuration that is wrong."""

import re

import pytest

import harness

USAGE, CONFIG = 64, 78


# ---- Options ------------------------------------------------------------------------------------

def test_version_is_printed():
    code, output = harness.run_chatd("--version")
    assert code == 0
    assert re.match(r"chatd \d+\.\d+", output)


def test_help_names_every_option():
    code, output = harness.run_chatd("--help")
    assert code == 0
    for option in "-c", "-t", "-v", "--help", "--version":
        assert re.search(rf"(^|\s|\[){re.escape(option)}\b", output, re.MULTILINE), option


@pytest.mark.parametrize("arguments", [["--nonsense"], ["-X"], ["-c"], ["stray"]])
def test_wrong_usage_exits_64(arguments):
    code, output = harness.run_chatd(*arguments)
    assert code == USAGE
    assert "--help" in output


# ---- A good configuration -----------------------------------------------------------------------

def test_check_of_good_configuration_exits_0(chatd_check):
    code, output = chatd_check()
    assert code == 0, output


def test_check_prints_modules_and_chains(chatd_check):
    words = harness.SRCDIR / "etc/profanity.txt"
    code, output = chatd_check(modules=f'''
        module typing {{}}
        module profanity {{ words = "{words}" }}
        module greeter {{}}''')
    assert code == 0, output
    for name in "typing", "profanity", "greeter":
        assert re.search(rf"\b{name}\b", output)
    assert re.search(r"^\s*message\b.*\bprofanity\b", output, re.MULTILINE)
    assert re.search(r"^\s*joined\b.*\bgreeter\b", output, re.MULTILINE)


def test_chain_is_in_the_order_of_the_file(chatd_check, abi_modules):
    folder = abi_modules("filter_a", "filter_b")
    chains = []
    for first, second in ("ab", "ba"):
        code, output = chatd_check(module_dir=folder, modules=(
            f"module filter_{first} {{}}\nmodule filter_{second} {{}}"))
        assert code == 0, output
        chains.append(re.findall(r"filter_[ab]", re.search(
            r"^\s*message\b.*$", output, re.MULTILINE)[0]))
    assert chains == [["filter_a", "filter_b"], ["filter_b", "filter_a"]]


def test_check_has_no_side_effects(chatd_check, tmp_path):
    code, output = chatd_check(modules='module chatlog {}\nmodule greeter {}')
    assert code == 0, output
    assert sorted(path.name for path in (tmp_path / "check1").iterdir()) == [
        "chatd.conf", "chatd.modules", "web"]


def test_check_warns_of_a_web_root_that_cannot_be_read(chatd_check):
    code, output = chatd_check(config='web_root = "nowhere"')
    assert code == 0
    assert re.search("web_root: .*nowhere: No such file or directory", output)


def test_check_leaves_a_running_server_alone(chatd):
    server = chatd()
    code, output = harness.run_chatd("-t", "-c", server.config_file)
    assert code == 0, output
    server.client("alice").sync()


def test_relative_paths_are_relative_to_their_file(chatd, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    server = chatd(config='web_root = "elsewhere"',
                   files={"elsewhere/index.html": "found"})
    assert server.wait_log("listening")
    from raw import Raw
    with Raw(server.port) as raw:
        assert raw.request("/").body == b"found"


def test_config_has_another_name(chatd):
    chatd(config_name="other.conf").client("alice").sync()


# ---- Mistakes in chatd.conf ---------------------------------------------------------------------

@pytest.mark.parametrize("line, said", [
    ('no_such_key = "x"', "no_such_key"),
    ('ping_interval = "soon"', "ping_interval|soon"),
    ('http_timeout = "10 parsecs"', "http_timeout|parsecs"),
    ('max_message_bytes = "64 kilos"', "max_message_bytes|64 kilos"),
    ('max_message_bytes = "-1k"', "max_message_bytes|-1k"),
    ('max_connections = many', "max_connections|many"),
    ('max_connections = -1', "max_connections|-1"),
    ('log_level = "loud"', "log_level|loud"),
    ('web_root = {"a", "b"}', "web_root"),
    ('listen = {}', "listen"),
    ('listen = {"127.0.0.1"}', "127.0.0.1"),
    ('listen = {"127.0.0.1:99999"}', "99999"),
    ('listen = {"not an address:80"}', "not an address"),
    ('listen = {"127.0.0.1:0 nonsense"}', "only \"tls\" and \"proxy\" may stand behind"),
    ('listen = {"127.0.0.1:0", "127.0.0.1:0 proxy proxy"}', "proxy proxy: a word stands"),
    ('listen = {"127.0.0.1:0 tls"}', "no tls_certificate"),
    ('allowed_origins = {"example.org"}', "example.org"),
    ('}', ""),
])
def test_mistake_is_named_with_file_and_line(chatd_check, line, said):
    code, output = chatd_check(config=f"\n{line}")
    assert code == CONFIG, output
    assert re.search(rf"chatd\.conf:8: .*({said})", output), output


def test_text_without_its_end_is_named_with_a_line(chatd_check):
    code, output = chatd_check(config='web_root = "\n\n')
    assert code == CONFIG, output
    assert re.search(r"chatd\.conf:([7-9]|1[01]): ", output), output


@pytest.mark.parametrize("comment", ["# one", "# one\n\n## two\n", "// one", "/* one */",
                                     "/* one\n * two\n */", 'log_level = "info" # behind'])
def test_comments_count_as_lines(chatd_check, comment):
    code, output = chatd_check(config=f"{comment}\nno_such_key = 1")
    assert re.search(rf"chatd\.conf:{8 + comment.count(chr(10))}: .*no_such_key", output), output


def test_mistake_stops_the_start(chatd_check):
    code, output = chatd_check(args=(), config="no_such_key = 1")
    assert code == CONFIG
    assert re.search(r"chatd\.conf:7: .*no_such_key", output)


def test_missing_config_file_is_named(tmp_path):
    code, output = harness.run_chatd("-t", "-c", tmp_path / "absent.conf")
    assert code == CONFIG
    assert "absent.conf" in output


def test_missing_modules_file_is_named(chatd_check):
    code, output = chatd_check(config='modules_file = "absent.modules"')
    assert code == CONFIG
    assert "absent.modules" in output


def test_address_in_use_is_named(chatd, chatd_check):
    port = chatd().port
    code, output = chatd_check(args=(), listen=(f"127.0.0.1:{port}",))
    assert code not in (0, USAGE)
    assert re.search(rf"127\.0\.0\.1:{port}", output)


# ---- Mistakes in chatd.modules ------------------------------------------------------------------

@pytest.mark.parametrize("line, said", [
    ("module typing { colour = 1 }", "typing.*colour|colour.*typing|colour"),
    ('module typing { expire = "later" }', "expire"),
    ('module profanity { action = "shout" }', "action|shout"),
    ("module absent {}", "absent"),
    ("module ../typing {}", r"\.\./typing"),
    ("modul typing {}", "modul"),
    ("module typing {", ""),
    ("module typing {}\nmodule typing {}", "typing"),
])
def test_mistake_in_modules_is_named_with_file_and_line(chatd_check, line, said):
    code, output = chatd_check(modules=f"\n{line}")
    assert code == CONFIG, output
    assert re.search(rf"chatd\.modules:[23]: .*({said})", output), output


def test_option_of_several_lines_is_named_with_its_own_line(chatd_check):
    code, output = chatd_check(modules='module profanity {\n  action = "deny"\n  colour = 1\n}')
    assert code == CONFIG
    assert re.search(r"chatd\.modules:3: .*colour", output), output
