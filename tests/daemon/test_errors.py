"""Requests that are none, and the envelope."""

import json

import pytest


@pytest.fixture
def alice(chatd):
    return chatd().client("alice", room="lobby")


def error(answer, code):
    return answer["type"] == "error" and answer["code"] == code and answer["message"]


@pytest.mark.parametrize("frame", [
    "", " ", "hello", "{", '{"type":"ping"', "[]", "1", "null", "true", '"ping"', "{}{}", "[{}]",
    '{"type":"ping"} x', '{"id":"1"}', '{"type":null}', '{"type":5}', '{"type":["ping"]}',
    "{'type':'ping'}", '{"type":"ping",}', '{"type":"ping" "id":"1"}', '\ufeff{"type":"ping"}',
    '{"type":"p\\ud800ing"}', '{"type":"' + "x" * 5000 + '"', "[" * 5000, '{"a":' * 5000,
])
def test_no_request_is_an_error_and_the_connection_stays(alice, frame):
    alice.send_text(frame)
    assert error(alice.expect("error"), "bad_request")
    alice.sync()


@pytest.mark.parametrize("type", ["nonsense", "", "PING", "ping ", "hello", "welcome",
                                  "ok", "x" * 500])
def test_unknown_type(alice, type):
    assert error(alice.request(type), "unknown_type")


@pytest.mark.parametrize("id", ["1", "x" * 64, "é" * 32, "", " ", '"\\', "\u20ac"])
def test_id_comes_back(alice, id):
    assert alice.request("ping", id=id) == {"type": "ok", "id": id}
    assert alice.request("nonsense", id=id)["id"] == id


@pytest.mark.parametrize("id", ["x" * 65, "é" * 33, 5, True, ["1"], {"a": 1}])
def test_id_that_is_none_is_an_error(alice, id):
    alice.send("ping", id=id)
    assert error(alice.expect("error"), "bad_request")
    alice.sync()


def test_ok_answers_requests_with_an_id_only(alice):
    alice.send("ping")
    alice.send("nonsense")
    alice.sync()
    assert "id" not in alice.expect("error", code="unknown_type")
    assert alice.events == []


def test_unknown_fields_are_ignored(alice):
    assert alice.request("ping", future={"a": [1, None]}, x=1.5)["type"] == "ok"


def test_spaces_and_escapes_of_json_are_taken(alice):
    alice.send_text(' {\t"type" :\n"\\u0070ing", "id": "\\u00e9\\ud83d\\ude00" }\r\n')
    assert alice.expect("ok")["id"] == "é😀"


def test_of_two_same_keys_one_counts(alice):
    alice.send_text('{"type":"ping","id":"1","id":"2"}')
    assert alice.take(lambda event: True, "an answer")["type"] in ("ok", "error")
    alice.sync()


def test_escaped_nul_does_not_cut_a_text(alice):
    """\\u0000 would end a string of C: all of the request is refused."""
    alice.send_text('{"type":"message","id":"1","room":"lobby","text":"a\\u0000b"}')
    assert error(alice.expect("error"), "bad_request")
    alice.sync()
    assert not alice.of_type("message")


def test_bad_requests_in_a_row_close_with_1008(chatd):
    alice = chatd(config="max_bad_requests = 4").client("alice")
    for _ in range(4):
        alice.send_text("nonsense")
    for _ in range(3):
        alice.expect("error", code="bad_request")
    assert alice.wait_closed() == 1008


def test_good_request_starts_the_count_anew(chatd):
    alice = chatd(config="max_bad_requests = 3").client("alice")
    for _ in range(5):
        for _ in range(2):
            alice.send_text("nonsense")
        alice.sync()
    assert len(alice.of_type("error")) == 10


def test_errors_of_good_requests_do_not_count(chatd):
    alice = chatd(config="max_bad_requests = 3").client("alice")
    for _ in range(10):
        assert error(alice.request("join", room=""), "bad_request")
        assert error(alice.request("nonsense"), "unknown_type")
    alice.sync()


def test_deep_json_is_no_danger(alice):
    alice.send_text('{"type":"ping","id":"1","x":' + "[" * 20000 + "]" * 20000 + "}")
    assert alice.take(lambda event: True, "an answer")["type"] in ("ok", "error")
    alice.sync()


def test_large_numbers_are_no_danger(alice):
    for number in "1e999", "-1e999", "9" * 400, "1e-999", "-0", "9007199254740993":
        alice.send_text('{"type":"message","id":"n","room":"lobby","text":"x",'
                        f'"reply_to":{number}}}')
        alice.take(lambda event: event["type"] in ("ok", "error"), "an answer")
    alice.sync()


def test_frames_of_the_server_are_compact_json(chatd):
    from raw import Raw
    with Raw(chatd().port) as raw:
        raw.upgrade()
        payload = raw.read_frame().payload.decode()
        assert payload == json.dumps(json.loads(payload), separators=(",", ":"), ensure_ascii=False)
