"""The functions that the server offers to modules, driven through tests/abi/probe.c."""

import asyncio
import re
import signal
import time

import pytest
import websockets

from harness import patience, wait_until


@pytest.fixture
def server(chatd, abi_modules):
    return chatd(modules="module probe {}", module_dir=abi_modules("probe"))


@pytest.fixture
def alice(server):
    return server.client("alice", room="lobby")


@pytest.fixture
def bob(server, alice):
    return server.client("bob", room="lobby")


def probe(client, word):
    """The reply to /probe WORD."""
    answer = client.say(f"/probe {word}")
    assert answer["type"] == "ok", answer
    return client.expect("notice")["text"]


def error(answer, code):
    return answer["type"] == "error" and answer["code"] == code and answer["message"]


# ---- Life of a module ---------------------------------------------------------------------------

def test_life_in_order(server):
    server.stop()
    assert re.findall(r"probe.*?(started 1|stopped 1|finished)", server.log()) == [
        "started 1", "stopped 1", "finished"]


def test_feature_is_announced(alice):
    assert "probing" in alice.hello["features"]


def test_options_have_their_defaults(server, alice):
    assert probe(alice, "options") == (
        f"flag=1 number=5 size=2048 time=1500 word=abc path={server.dir}/file mode=two/1 list=0:")


def test_options_come_from_the_file(chatd, abi_modules):
    server = chatd(module_dir=abi_modules("probe"), modules='''module probe {
        flag = off  number = -10  size = "3M"  time = "2h"  word = "x y"  path = "/etc/x"
        mode = "three"  list = {"first", "second"} }''')
    assert probe(server.client("alice", room="lobby"), "options") == (
        "flag=0 number=-10 size=3145728 time=7200000 word=x y path=/etc/x mode=three/2 "
        "list=2:first")


@pytest.mark.parametrize("option", [
    "number = 11", "number = -11", "number = 1.5", 'number = "many"', "flag = maybe",
    'size = "0"', 'size = "2 apples"', 'time = "2 fortnights"', 'mode = "four"', "nonsense = 1",
    'word = {"a", "b"}', 'time = "0ms"', "number = 99999999999999999999",
])
def test_wrong_option_is_named(chatd_check, abi_modules, option):
    code, output = chatd_check(module_dir=abi_modules("probe"),
                               modules=f"module probe {{\n\n  {option}\n}}")
    assert code == 78, output
    assert re.search(rf"chatd\.modules:3: .*{option.split()[0]}", output), output


def test_data_folder_exists(server, alice):
    path = probe(alice, "data_dir")
    assert path.startswith(f"{server.dir}/data")


# ---- Objects ------------------------------------------------------------------------------------

def test_who_calls(alice):
    nick, user, room, address, *rest = probe(alice, "self").split()
    assert (nick, user, room) == ("alice", alice.user_id, "lobby")
    assert address.startswith("127.0.0.1")
    assert rest == ["same=1", "none=1", "bot=01"]


def test_join_filter_sees_the_request(alice):
    assert alice.request("join", room="locked")["code"] == "forbidden"
    assert alice.request("join", room="locked", password="x")["code"] == "forbidden"
    assert alice.request("join", room="locked", password="sesame")["type"] == "ok"


def test_room_each(server, alice, bob):
    carol = server.client("carol", room="lobby")
    bob.request("leave", room="lobby")
    bob.join("lobby")
    assert probe(carol, "members").split() == ["0", "3", "alice", "carol", "bob"]


def test_room_each_stops_where_it_is_told(alice, bob):
    result, _, *nicks = probe(alice, "members 1").split()
    assert result == "7" and len(nicks) == 1


def test_room_slot_is_the_rooms(alice, bob):
    alice.join("other")
    assert probe(alice, "room_slot") == "1"
    assert probe(bob, "room_slot") == "2"
    assert alice.say("/probe room_slot", room="other")["type"] == "ok"
    assert alice.expect("notice")["text"] == "1"


def test_member_slot_is_the_members_and_ends_with_it(alice, bob):
    assert [probe(alice, "member_slot") for _ in range(2)] == ["1", "2"]
    assert probe(bob, "member_slot") == "1"
    assert probe(bob, "freed") == "0"
    alice.request("leave", room="lobby")
    assert probe(bob, "freed") == "1"
    alice.join("lobby")
    assert probe(alice, "member_slot") == "1"


def test_slot_of_nothing(alice):
    assert probe(alice, "stale_slot") == "right"


def test_time(alice):
    assert abs(int(probe(alice, "time")) - time.time() * 1000) < 10_000


def test_interfaces(alice):
    assert probe(alice, "iface") == "right"


def test_all_commands(alice):
    assert probe(alice, "commands") == "probe/probe"


# ---- Commands and verbs -------------------------------------------------------------------------

def test_reply_goes_to_the_caller_only(alice, bob):
    assert alice.say("/probe echo  hello   there ")["type"] == "ok"
    notice = alice.expect("notice")
    assert notice["text"] == " hello   there" and notice["room"] == "lobby"
    bob.sync()
    assert not bob.events


def test_reply_of_two_lines(alice):
    assert probe(alice, "lines") == "first\nsecond"


def test_command_name_ignores_nothing(alice):
    for text in "/probes", "/PROBE x", "/probe\u00a0x":
        assert alice.say(text)["type"] == "error"


def test_deny_names_code_and_text(alice):
    answer = alice.say("/probe deny muted")
    assert error(answer, "muted") == "the probe says no"


def test_deny_without_reason(alice):
    assert alice.say("/probe deny")["type"] == "error"
    assert "the probe says no" not in alice.say("/probe deny")["message"]


def test_drop_looks_like_done(alice):
    assert alice.say("/probe drop")["type"] == "ok"


@pytest.mark.parametrize("data, n, items, s", [
    (42, 42, 0, "none"), ("text", -1, 0, "text"), ([1, 2, 3], -1, 3, "none"), (None, -1, 0, "none"),
    (1.5, -1, 0, "none"), (2 ** 53 - 1, 2 ** 53 - 1, 0, "none"), ({}, -1, 0, "none"),
    (-(2 ** 53) + 1, -(2 ** 53) + 1, 0, "none"), (True, -1, 0, "none"),
])
def test_verb_reads_its_request(alice, bob, data, n, items, s):
    assert alice.request("probe", room="lobby", data=data)["type"] == "ok"
    assert bob.expect("probed") == {
        "type": "probed", "room": "lobby", "n": n, "items": items, "s": s}
    alice.expect("probed")


def test_verb_needs_membership(server, alice):
    server.client("carol", room="elsewhere")
    assert error(alice.request("probe", room="elsewhere"), "forbidden")
    assert error(alice.request("probe"), "bad_request")
    assert alice.request("probe_free")["type"] == "ok"


def test_verb_is_limited_for_each_client(alice, bob):
    answers = [alice.request("probe", room="lobby")for _ in range(8)]
    assert [answer["type"] for answer in answers] == ["ok"] * 5 + ["error"] * 3
    assert error(answers[5], "rate_limited")
    assert 0 < answers[5]["retry_after"] <= 3600
    assert bob.request("probe", room="lobby")["type"] == "ok"


# ---- Filters ------------------------------------------------------------------------------------

def test_filter_denies(server, alice, bob):
    assert error(alice.say("filter deny"), "filtered") == "not here"
    alice.say("next")
    bob.sync()
    assert [(m["text"], m["seq"]) for m in bob.of_type("message")] == [("next", 1)]


def test_denial_is_logged_with_its_author(chatd, abi_modules):
    server = chatd(modules="module probe {}", module_dir=abi_modules("probe"),
                   config='log_level = "debug"')
    server.client("alice", room="lobby").say("filter deny")
    server.wait_log("probe.*(filtered|not here)|(filtered|not here).*probe")


def test_filter_drops_silently(alice, bob):
    assert alice.say("filter drop")["type"] == "ok"
    bob.sync()
    assert not bob.of_type("message")


def test_accept_of_a_filter_is_no_way_around_the_next(chatd, abi_modules):
    server = chatd(modules="module probe {}\nmodule filter_a {}",
                   module_dir=abi_modules("probe", "filter_a"))
    alice = server.client("alice", room="lobby")
    alice.say("filter accept")
    assert alice.expect("message")["text"].startswith("filter accept")


@pytest.mark.parametrize("order", ["ab", "ba"])
def test_filters_run_in_the_order_of_the_file(chatd, abi_modules, order):
    server = chatd(modules="\n".join(f"module filter_{name} {{}}" for name in order),
                   module_dir=abi_modules("filter_a", "filter_b"))
    alice = server.client("alice", room="lobby")
    alice.say("x")
    assert alice.expect("message")["text"] == f"x{order}"


def test_lower_priority_number_runs_earlier(chatd, abi_modules):
    """probe has priority 10: it sees what filter_a made of the text."""
    server = chatd(modules="module probe {}\nmodule filter_a {}",
                   module_dir=abi_modules("probe", "filter_a"))
    alice = server.client("alice", room="lobby")
    assert alice.say("filter deny")["type"] == "ok"
    assert alice.expect("message")["text"] == "filter denya"


def test_message_in_a_filter_has_no_number(alice):
    alice.say("filter numbers")
    assert alice.expect("message")["text"] == "0 0"


def test_text_that_a_filter_may_not_set(alice):
    alice.say("filter errors")
    assert alice.expect("message")["text"] == "right"


def test_join_filter(alice):
    assert error(alice.request("join", room="closed"), "forbidden") == "the room is closed"
    assert error(alice.say("x", room="closed"), "forbidden")
    assert "closed" not in [room["room"] for room in alice.request("rooms")["rooms"]]


# ---- Notifications ------------------------------------------------------------------------------

def test_notifications_in_order(server):
    alice = server.client("alice", room="lobby")
    alice.say("hello")
    alice.close()
    server.wait_log("closed alice")
    assert re.findall(r"((?:opened|joined|sent|left|closed) alice.*)", server.log()) == [
        "opened alice", "joined alice lobby", "sent alice hello #1 1", "left alice lobby member=1",
        "closed alice"]


def test_room_state_adds_fields(alice):
    assert alice.joined["probe"] == [{}]


def test_usr1_reopens_logs(server):
    server.signal(signal.SIGUSR1)
    server.wait_log("probe.*log reopened")


# ---- Sending ------------------------------------------------------------------------------------

def test_bot_says(alice, bob):
    assert probe(alice, "say hello from the bot") == "0"
    for client in alice, bob:
        message = client.expect("message")
        assert message["from"]["nick"] == "probe-bot"
        assert message["text"] == "hello from the bot"
        assert message["seq"] == 1


def test_bot_passes_the_filters_of_other_modules(chatd, abi_modules):
    server = chatd(modules="module probe {}\nmodule filter_a {}",
                   module_dir=abi_modules("probe", "filter_a"))
    alice = server.client("alice", room="lobby")
    probe(alice, "say hello")
    assert alice.expect("message")["text"] == "helloa"


def test_bots_nick_is_taken(server, alice):
    assert error(server.client().request("login", nick="PROBE-BOT"), "nick_in_use")
    assert probe(alice, "bot alice") == "0"
    assert probe(alice, "bot another-bot") == "1"
    assert probe(alice, "bot another-bot") == "0"


def test_answer_of_a_bot_comes_after_its_cause(alice, bob):
    for _ in range(20):
        alice.say("answer me")
    for client in alice, bob:
        client.sync()
        messages = client.of_type("message")
        assert [m["text"] for m in messages] == ["answer me", "here you are"] * 20
        assert [m["seq"] for m in messages] == list(range(1, 41))


def test_modules_own_message_is_no_news_to_it(server, alice):
    probe(alice, "say answer me")
    alice.sync()
    assert len(alice.of_type("message")) == 1
    assert "sent probe-bot" not in server.log()


def test_event_goes_to_all_but_one(alice, bob):
    assert probe(alice, "event poked") == "0"
    assert bob.expect("poked") == {"type": "poked", "room": "lobby", "big": 2 ** 53 - 1,
                                   "true": True, "text": '"€"'}
    alice.sync()
    assert not alice.events


def test_two_bots_do_not_talk_for_ever(chatd, abi_modules):
    names = ["chatterbox_a", "chatterbox_b"]
    server = chatd(modules="\n".join(f"module {name} {{}}" for name in names),
                   module_dir=abi_modules(*names))
    alice = server.client("alice", room="lobby")
    alice.say("what a nice day")
    seen = -1
    while seen < len(alice.of_type("message")):  # until a round trip brings nothing new
        seen = len(alice.of_type("message"))
        alice.sync()
    assert seen == 1 + 2 * 8
    nicks = [message["from"]["nick"] for message in alice.of_type("message")]
    assert set(nicks) == {"alice", *names}
    cpu = server.cpu_seconds()
    time.sleep(0.3)  # the time in which nothing must happen
    assert server.cpu_seconds() - cpu < 0.1


# ---- Time and work ------------------------------------------------------------------------------

def test_timer_rings_once(alice):
    alice.say("/probe timer 30")
    assert alice.expect("notice")["text"] == "rang"
    alice.expect_none("notice", within=0.2)


def test_timer_repeats_until_it_is_stopped_in_its_own_callback(alice):
    alice.say("/probe ticks 4")
    assert [alice.expect("notice")["text"] for _ in range(4)] == ["tick"] * 3 + ["last tick"]
    alice.expect_none("notice", within=0.1)


def test_stopped_timer_is_silent(server, alice):
    assert probe(alice, "stopped_timer") == "stopped"
    assert probe(alice, "stopped_timer") == "stopped"
    alice.say("/probe timer 30")
    alice.expect("notice")
    assert "a stopped timer rang" not in server.log()


def test_timer_of_someone_who_left(server, alice):
    alice.say("/probe timer 500")
    alice.close()
    server.wait_log("errand: gone")


def test_job(alice):
    alice.say("/probe job 1")
    alice.sync()  # the loop is free while the work is done
    assert alice.expect("notice")["text"] == "the answer is 42"


def test_job_of_someone_who_left(server, alice):
    alice.say("/probe job 1")
    alice.close()
    server.wait_log("errand: gone")


def test_many_jobs_wait(alice):
    alice.say("/probe job 30")
    for _ in range(30):
        alice.expect("notice", text="the answer is 42")


def test_too_many_jobs_are_refused(chatd, abi_modules):
    server = chatd(modules="module probe {}", module_dir=abi_modules("probe"),
                   config="max_jobs = 10")
    alice = server.client("alice", room="lobby")
    alice.say("/probe job 100")
    alice.expect("notice", text="too much work")


def test_end_waits_for_work_under_way(server, alice):
    alice.say("/probe job 5")
    assert server.stop() == 0
    assert server.log().count("errand: gone") <= 5


# ---- JSON ---------------------------------------------------------------------------------------

@pytest.mark.parametrize("text, again", [
    ('{"a":[1,2,{"b":null}],"c":"\\u00e9"}', '{"a":[1,2,{"b":null}],"c":"é"}'),
    ("[ 1 , -2 ]", "[1,-2]"), ('"x"', '"x"'), ("true", "true"), ("{}", "{}"),
    ("9007199254740991", "9007199254740991"), ("nonsense", "not JSON"), ("{", "not JSON"),
    ("[1] x", "not JSON"), ("", "not JSON"),
])
def test_json_there_and_back(alice, text, again):
    assert probe(alice, f"json {text}") == again


# ---- Endpoints ----------------------------------------------------------------------------------

def endpoint(server, script, **options):
    async def run():
        async with websockets.connect(f"ws://127.0.0.1:{server.port}/probe", **options) as socket:
            return await asyncio.wait_for(script(socket), patience(20))
    return asyncio.run(run())


def test_endpoint_echoes(server):
    async def script(socket):
        heard = [await socket.recv()]
        for message in "text €", b"\0\xff", "", "x" * 1000:
            await socket.send(message)
            heard.append(await socket.recv())
        return heard

    assert endpoint(server, script) == ["welcome", "text €", b"\0\xff", "", "x" * 1000]


def test_endpoint_closes_with_its_code(server):
    async def script(socket):
        await socket.recv()
        await socket.send("bye")
        await socket.wait_closed()
        return socket.close_code, socket.close_reason

    assert endpoint(server, script) == (4321, "as you wish")
    server.wait_log("endpoint closed")


def test_endpoint_has_its_own_limit(server):
    async def script(socket):
        await socket.recv()
        await socket.send("x" * 1001)
        await socket.wait_closed()
        return socket.close_code

    assert endpoint(server, script) == 1009


def test_endpoint_hears_of_the_end(server):
    async def script(socket):
        await socket.recv()
        await socket.close(3001)

    endpoint(server, script)
    server.wait_log("endpoint closed 3001")


def test_endpoint_closes_with_the_server(server):
    async def script(socket):
        await socket.recv()
        server.signal(signal.SIGTERM)
        await socket.wait_closed()
        return socket.close_code

    assert endpoint(server, script) == 1001
    wait_until(lambda: server.process.poll() is not None)
