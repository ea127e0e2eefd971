"""From the hello to the welcome: who may be called what, and what is taken before."""

import pytest


@pytest.fixture
def server(chatd):
    return chatd()


def error(answer, code):
    return answer["type"] == "error" and answer["code"] == code and answer["message"]


# ---- The hello ----------------------------------------------------------------------------------

def test_hello_says_what_the_server_is(chatd):
    server = chatd(modules="module typing {}\nmodule userlist {}", config='''
        ping_interval = "7s"
        max_text_bytes = "32k"
        max_nick_bytes = 20''')
    hello = server.client().hello
    assert hello["server"].startswith("chatd/")
    assert hello["protocol"] == 1
    assert hello["ping_interval"] == 7000
    assert hello["limits"]["message_bytes"] == 32 * 1024
    assert hello["limits"]["nick_bytes"] == 20
    assert hello["auth"] == ["guest"]
    assert "typing" in hello["features"]


def test_hello_without_modules_has_the_features_of_the_core(chatd):
    assert chatd().client().hello["features"] == ["direct"]
    assert chatd(config="direct_messages = off").client().hello["features"] == []


def test_type_is_written_first(server):
    from raw import Raw, TEXT
    with Raw(server.port) as raw:
        raw.upgrade()
        assert raw.read_frame().payload.startswith(b'{"type":"hello"')
        raw.send_frame(TEXT, b'{"nick":"alice","id":"1","type":"login"}')
        assert raw.read_frame().payload.startswith(b'{"type":"welcome"')
        raw.send_frame(TEXT, b'{"id":"2","room":"lobby","type":"join"}')
        assert raw.read_frame().payload.startswith(b'{"type":"ok"')
        raw.send_frame(TEXT, b'{"id":"3","text":"x","room":"lobby","type":"message"}')
        assert {raw.read_frame().payload[:14] for _ in range(2)} == {
            b'{"type":"ok","', b'{"type":"messa'}


# ---- Before the login ---------------------------------------------------------------------------

@pytest.mark.parametrize("request_", [
    {"type": "join", "room": "lobby"}, {"type": "leave", "room": "lobby"}, {"type": "rooms"},
    {"type": "message", "room": "lobby", "text": "hi"}, {"type": "typing", "room": "lobby"},
])
def test_nothing_else_is_taken_before_the_login(chatd, request_):
    client = chatd(modules="module typing {}").client()
    assert error(client.request(**request_), "unauthorized")
    client.login("alice")


def test_ping_is_taken_before_the_login(server):
    assert server.client().request("ping")["type"] == "ok"


# ---- The login ----------------------------------------------------------------------------------

def test_welcome(server):
    alice = server.client()
    welcome = alice.request("login", nick="alice", id="mine")
    assert welcome["id"] == "mine"
    assert welcome["user"]["nick"] == "alice"
    assert isinstance(welcome["user"]["id"], str) and welcome["user"]["id"]
    assert isinstance(welcome["session"], str) and welcome["session"]
    assert welcome["rooms"] == []


def test_login_without_id_is_answered_without(server):
    alice = server.client()
    alice.send("login", nick="alice")
    assert "id" not in alice.expect("welcome")


def test_users_differ(server):
    assert server.client("alice").user_id != server.client("bob").user_id


def test_second_login_is_refused_and_changes_nothing(server):
    alice = server.client("alice", room="lobby")
    assert error(alice.request("login", nick="alice2"), "conflict")
    alice.say("still alice")
    assert alice.expect("message")["from"]["nick"] == "alice"


@pytest.mark.parametrize("nick", [
    "a", "Zoë", "日本語", "Ünïcödé", "alice_2", "alice-b", "O'Neill", "😀", "x" * 32, "ß", "אבג",
])
def test_nick_is_taken(server, nick):
    assert server.client(nick).nick == nick


@pytest.mark.parametrize("nick", [
    "", " ", "   ", "x" * 33, "é" * 17, "a\nb", "a\tb", "\u200b", "a\u200bb", "\u202eabc",
    "a\u2028b", "\x7f", "a\ufeffb",
    None, 5, True, ["alice"], {"a": 1},
])
def test_nick_is_refused(server, nick):
    client = server.client()
    assert error(client.request("login", nick=nick), "bad_request")
    client.login("alice")


@pytest.mark.parametrize("nick", [" alice ", "alice  b"])
def test_spaces_give_no_second_nick(server, nick):
    """Spaces around a nick and doubled ones are refused or taken away, never kept."""
    answer = server.client().request("login", nick=nick)
    assert error(answer, "bad_request") or answer["user"]["nick"] == " ".join(nick.split())


@pytest.mark.parametrize("first, second", [
    ("Alice", "Alice"), ("Alice", "ALICE"), ("Alice", "alice"), ("Alice", "Ａlice"),
    ("Alice", "Ａ\uff2c\uff29\uff23\uff25"), ("Zoë", "Zoe\u0308"), ("Zoë", "ZOË"),
    ("straße", "STRASSE"), ("\ufb01n", "fin"),
    ("Ωmega", "ωmega"), ("\u212bngström", "\u00c5ngström"),
])
def test_nick_in_use_is_refused_with_a_suggestion(server, first, second):
    server.client(first)
    client = server.client()
    answer = client.request("login", nick=second)
    assert error(answer, "nick_in_use")
    assert answer["suggestion"] not in (first, second)
    assert client.login(answer["suggestion"])["user"]["nick"] == answer["suggestion"]


def test_suggestion_is_free_and_valid(chatd):
    server = chatd(config="max_nick_bytes = 8")
    server.client("aaaaaaaa")
    names = set()
    for _ in range(12):
        client = server.client()
        suggestion = client.request("login", nick="aaaaaaaa")["suggestion"]
        assert len(suggestion.encode()) <= 8
        names.add(client.login(suggestion)["user"]["nick"])
    assert len(names) == 12


def test_suggestion_of_a_long_nick_splits_no_character(chatd):
    server = chatd(config="max_nick_bytes = 9")
    server.client("日本語")
    client = server.client()
    suggestion = client.request("login", nick="日本語")["suggestion"]
    assert len(suggestion.encode()) <= 9 and "\ufffd" not in suggestion
    client.login(suggestion)


def test_nick_is_free_again_after_its_owner_left(server):
    server.client("alice").close()
    server.client("ALICE")


def test_nick_is_free_again_after_a_reset(server):
    from raw import Raw
    raw = Raw(server.port)
    raw.upgrade()
    raw.send_json("login", id="1", nick="alice")
    raw.read_answer("1")
    raw.reset()
    client = server.client()
    from harness import wait_until
    wait_until(lambda: client.request("login", nick="alice")["type"] == "welcome")


def test_hundred_clients_ask_for_one_nick(server):
    clients = [server.client() for _ in range(100)]
    answers = [client.request("login", nick="alice")["type"] for client in clients]
    assert answers.count("welcome") == 1 and answers.count("error") == 99
