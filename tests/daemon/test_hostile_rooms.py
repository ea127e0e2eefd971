"""Rooms whose members stop reading, stop answering, or come and go in crowds."""

import collections
import json
import socket

import pytest

import certificates
from harness import SLOW, Client, patience, wait_until
from raw import CLOSE, TEXT, Raw, RawTls, close_payload, frame

DEAF = {"receive_buffer": 4096, "segment_bytes": 1460}


def seqs(client):
    return [message["seq"] for message in client.of_type("message")]


def flood_until(sender, condition):
    """Sends messages of 8 KB until the condition holds; answers how many."""
    for i in range(1, 2000):
        assert sender.say(f"{i} ".ljust(8000, "x"))["type"] == "ok"
        if condition():
            return i
    raise AssertionError("16 MB sent and the condition does not hold")


def expect_slow(raw, sent):
    """It gets the first of what was sent, without a gap, and then the reason. What waited in the
    server is thrown away: what has been in the kernel is less than half."""
    got = []
    while (next := raw.read_frame()).opcode != CLOSE:
        if next.opcode == TEXT:
            got.append(json.loads(next.payload)["seq"])
    assert next.payload[:2] == close_payload(4000)
    assert 0 < len(got) < sent / 2 and got == list(range(1, len(got) + 1))


# ---- Who does not read --------------------------------------------------------------------------

@pytest.mark.parametrize("transport", ["plain", "tls"])
def test_one_deaf_member_of_many(chatd, tmp_path, transport):
    """He alone is closed; all others, of each kind, get every message in order."""
    pair = certificates.make(tmp_path, "default")
    server = chatd(listen=("127.0.0.1:0", "127.0.0.1:0 tls"), config=certificates.config(pair)
                   + 'outbox_bytes = "1M"\nclose_timeout = "30s"')
    tls_port = server.addresses[1][1]
    sender = server.client("sender", room="lobby")
    kinds = [(server.url, {"compression": None}), (server.url, {}),
             (f"wss://127.0.0.1:{tls_port}/ws", {"ssl": certificates.trusting(pair[0])})]
    others = []
    for i in range(30):
        url, options = kinds[i % len(kinds)]
        others.append(Client(url, **options))
        server.clients.append(others[-1])
        others[-1].login(f"user{i}")
        others[-1].join("lobby")
    with (Raw(server.port, **DEAF) if transport == "plain"
          else RawTls(tls_port, pair[0], **DEAF)).enter("deaf") as deaf:
        sent = flood_until(sender, lambda: "reads too slowly" in server.log())
        for client in (sender, *others):
            client.sync()
            assert seqs(client) == list(range(1, sent + 1))
        assert sender.join("lobby")["count"] == 31
        expect_slow(deaf, sent)
    counters = server.counters()
    assert counters["slow_readers"] == 1
    assert counters["outbox_memory"] == counters["close_timeouts"] == 0


def test_deaf_half_of_a_room(chatd):
    server = chatd(config='outbox_bytes = "512k"\nclose_timeout = "30s"')
    living = [server.client(f"living{i}", room="lobby") for i in range(50)]
    before = server.open_descriptors()
    deaf = [Raw(server.port, **DEAF).enter(f"deaf{i}") for i in range(50)]
    memory = [server.memory_bytes()]

    def all_are_cut_off():
        memory.append(server.memory_bytes())
        return server.log().count("reads too slowly") == len(deaf)

    sent = flood_until(living[0], all_are_cut_off)
    if SLOW == 1:  # a sanitizer keeps freed memory for a while
        assert max(memory) - memory[0] < 5_000_000  # what waits is there once, not 50 times
    for client in living:
        client.sync()
        assert seqs(client) == list(range(1, sent + 1))
    assert living[0].join("lobby")["count"] == len(living)
    for raw in deaf:
        expect_slow(raw, sent)
        raw.socket.close()
    wait_until(lambda: server.open_descriptors() == before)
    counters = server.counters()
    assert counters["slow_readers"] == len(deaf)
    assert counters["close_timeouts"] == 0


def test_dead_half_of_a_silent_room(chatd):
    server = chatd(config=f'''
        ping_interval = "200ms"
        ping_timeout = "{patience(2):.0f}s"
        close_timeout = "100ms"''')
    living = [server.client(f"living{i}", room="lobby") for i in range(50)]
    before = server.open_descriptors()
    dead = [Raw(server.port).enter(f"dead{i}") for i in range(50)]
    wait_until(lambda: server.open_descriptors() == before, timeout=20)
    assert all(raw.read_close() == 4001 for raw in dead)
    living[0].say("still here?")
    for client in living:
        client.sync()
        assert seqs(client) == [1]
    assert living[0].join("lobby")["count"] == len(living)
    assert server.counters()["ping_timeouts"] == len(dead)
    for raw in dead:
        raw.socket.close()


# ---- Crowds that come and go --------------------------------------------------------------------

CROWD, AT_A_TIME = 500, 50


def request(type, **fields):
    return frame(TEXT, json.dumps({"type": type, "id": type, **fields}).encode())


JOIN, LEAVE = request("join", room="lobby"), request("leave", room="lobby")


def come(server, i):
    """Sends all at once and waits for no answer."""
    raw = Raw(server.port)
    raw.send(raw.upgrade_text().encode() + request("login", nick=f"user{i}") + JOIN)
    return raw


def stay(raw):
    pass


def leave(raw):
    raw.send(LEAVE)


def leave_and_come_back(raw):
    raw.send((LEAVE + JOIN) * 3)


def close(raw):
    raw.send_frame(CLOSE, close_payload(1000))


def finish(raw):
    raw.socket.shutdown(socket.SHUT_WR)


def way_of(i):
    ways = (stay, leave, leave_and_come_back, Raw.reset, close, finish)
    return ways[i % len(ways)]


class MemberList:
    """What a member makes of the events of the module userlist."""

    def __init__(self):
        self.nicks = {}

    def see(self, event):
        """After each, there are as many as the event says."""
        if "members" in event:
            self.nicks = {}
        elif event["type"] != "presence":
            return self
        for member in event.get("left", ()):
            self.nicks.pop(member["id"], None)
        for member in event.get("members", event.get("joined")):
            self.nicks[member["id"]] = member["nick"]
        assert len(self.nicks) == event["count"]
        return self

    def names(self):
        return sorted(self.nicks.values())


def test_crowd_comes_and_goes(chatd):
    server = chatd(modules="module userlist { interval = 100ms full_list_max = 1000 }")
    witness = server.client("witness", room="lobby", compression=None)
    before = server.open_descriptors()
    seen = MemberList().see(witness.joined)

    crowd = []
    for i in range(CROWD + AT_A_TIME):
        if i < CROWD:
            crowd.append(come(server, i))
        if i >= AT_A_TIME:
            way_of(i - AT_A_TIME)(crowd[i - AT_A_TIME])
    stayed = {f"user{i}": raw for i, raw in enumerate(crowd)
              if way_of(i) in (stay, leave_and_come_back)}
    names = sorted(["witness", *stayed])

    wait_until(lambda: server.counters()["logins"] == CROWD + 1, what="all were there")
    while seen.names() != names:
        seen.see(witness.expect("presence"))
    witness.say("so these are here")
    for raw in stayed.values():
        own = MemberList()
        assert raw.read_response().status == 101
        while (event := raw.read_json())["type"] != "message":
            own.see(event)
        assert own.names() == names
    assert witness.request("rooms")["rooms"][0]["count"] == len(names)
    assert server.counters() == collections.Counter(
        messages=1, **dict.fromkeys(("accepted", "http_requests", "ws_opened", "logins"),
                                    CROWD + 1))

    for raw in crowd:
        raw.socket.close()
    while seen.names() != ["witness"]:
        seen.see(witness.expect("presence"))
    wait_until(lambda: server.open_descriptors() == before)
