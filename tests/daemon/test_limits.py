"""Time limits, memory limits, and peers that do not do their part."""

import json
import signal
import socket
import struct
import time

import pytest

import harness
from harness import patience, wait_until
from raw import CLOSE, CONTINUATION, PING, PONG, TEXT, Raw, frame


def raw_client(server, nick, room="lobby", **options):
    """A member of a room, on a bare socket."""
    return Raw(server.port, **options).enter(nick, room)


# ---- Time limits --------------------------------------------------------------------------------

def test_who_does_not_log_in_is_closed(chatd):
    server = chatd(config='login_timeout = "300ms"')
    silent, alice = server.client(), server.client("alice")
    assert silent.wait_closed() == 1008
    alice.sync()


def test_requests_do_not_put_the_login_off(chatd):
    client = chatd(config='login_timeout = "300ms"').client()
    deadline = time.monotonic() + patience(10)
    while client.close_code is None:
        assert time.monotonic() < deadline, "still open"
        try:
            client.send("ping")
        except Exception:  # closed in between: what is waited for
            break
        time.sleep(0.02)
    assert client.wait_closed() == 1008


def test_silent_client_is_pinged(chatd):
    with raw_client(chatd(config='ping_interval = "100ms"'), "alice") as alice:
        for _ in range(3):
            ping = alice.read_frame()
            assert ping.opcode == PING
            alice.send_frame(PONG, ping.payload)


def test_client_that_answers_pings_stays(chatd):
    server = chatd(config='ping_interval = "50ms"\nping_timeout = "3s"')
    with raw_client(server, "alice") as alice:
        for _ in range(20):
            alice.send_frame(PONG, alice.read_frame().payload)
        alice.send_json("ping", id="p")
        assert alice.read_answer("p")["type"] == "ok"


def test_client_that_answers_no_ping_is_closed_with_4001(chatd):
    server = chatd(config='''
        ping_interval = "100ms"
        ping_timeout = "200ms"
        close_timeout = "200ms"''')
    witness = server.client("witness", room="lobby")
    with raw_client(server, "alice") as alice:
        assert alice.read_close() == 4001
        assert alice.is_closed()
    wait_until(lambda: witness.join("lobby")["count"] == 1)


# ---- Slow senders -------------------------------------------------------------------------------

def dribble(raw, pieces):
    """Sends a piece each 20 ms until the server closes; answers the code."""
    for piece in pieces:
        raw.send(piece)
        raw.socket.settimeout(0.02)
        try:
            return raw.read_close()
        except TimeoutError:
            pass
    raise AssertionError("sent it all and it is not closed")


@pytest.mark.parametrize("pieces", [
    [bytes([byte]) for byte in frame(TEXT, b"x" * 4000)],
    [frame(TEXT, b"x", fin=False)] + 4000 * [frame(CONTINUATION, b"", fin=False)],
    [frame(TEXT, b"x", fin=False)] + 4000 * [frame(PONG)],
], ids=["bytes", "fragments", "pongs"])
def test_message_that_never_ends_is_closed_with_4002(chatd, pieces):
    server = chatd(config='message_timeout = "500ms"')
    with raw_client(server, "alice") as alice:
        assert dribble(alice, pieces) == 4002
    assert server.counters()["message_timeouts"] == 1


def test_many_short_messages_in_pieces_are_no_slow_message(chatd):
    server = chatd(config='message_timeout = "300ms"')
    with raw_client(server, "alice") as alice:
        for i in range(40):
            ping = frame(TEXT, json.dumps({"type": "ping", "id": str(i)}).encode())
            alice.send(ping[:7])
            time.sleep(0.02)
            alice.send(ping[7:] + ping[:3])
            alice.send(ping[3:])
        alice.read_answer("39")


# ---- Slow readers -------------------------------------------------------------------------------

def flood_until(sender, condition, room="lobby"):
    """Sends messages of 8 KB until the condition holds; answers how many."""
    for i in range(1, 4000):
        assert sender.say(f"{i} ".ljust(8000, "x"), room=room)["type"] == "ok"
        if condition():
            return i
    raise AssertionError("32 MB sent and the condition does not hold")


def test_slow_reader_is_closed_with_4000_and_others_get_everything(chatd):
    server = chatd(config='outbox_bytes = "64k"')
    sender, reader = server.client("sender", room="lobby"), server.client("reader", room="lobby")
    with raw_client(server, "slow", receive_buffer=4096) as slow:
        sent = flood_until(sender, lambda: "reads too slowly" in server.log())
        reader.sync()
        assert [message["seq"] for message in reader.of_type("message")] == list(range(1, sent + 1))
        assert slow.read_close() == 4000


def test_slow_reader_sees_no_gap_before_its_end(chatd):
    server = chatd(config='outbox_bytes = "64k"')
    sender = server.client("sender", room="lobby")
    with raw_client(server, "slow", receive_buffer=4096) as slow:
        flood_until(sender, lambda: "reads too slowly" in server.log())
        numbers = []
        while (got := slow.read_frame()).opcode != CLOSE:
            if got.opcode == TEXT:
                numbers.append(json.loads(got.payload)["seq"])
        assert numbers and numbers == list(range(1, len(numbers) + 1))


def test_all_outboxes_together_are_bounded(chatd):
    server = chatd(config='outbox_bytes = "64M"\noutbox_memory = "64k"')
    sender = server.client("sender", room="lobby")
    fast = server.client("fast", room="lobby")
    with raw_client(server, "slow", receive_buffer=4096) as slow:
        flood_until(sender, lambda: "reads too slowly" in server.log())
        assert slow.read_close() == 4000
    sender.say("the end")
    assert fast.expect("message", text="the end")
    assert server.counters()["outbox_memory"] >= 1


def test_reader_who_never_comes_back_is_forgotten(chatd):
    server = chatd(config='outbox_bytes = "64k"\nclose_timeout = "200ms"')
    sender = server.client("sender", room="lobby")
    before = server.open_descriptors()
    slow = raw_client(server, "slow", receive_buffer=4096)
    flood_until(sender, lambda: "reads too slowly" in server.log())
    wait_until(lambda: server.open_descriptors() == before, what="its descriptor is closed")
    slow.socket.close()


@pytest.mark.skipif(harness.SANITIZED, reason="a sanitizer keeps freed memory for a while")
def test_memory_does_not_grow_with_the_messages(chatd):
    server = chatd()
    alice = server.client("alice", room="lobby")

    def talk():
        for _ in range(300):
            alice.say("x" * 8000)
        alice.events.clear()
        return server.memory_bytes()

    before = talk()
    assert talk() - before < 1_500_000  # 300 messages are 2.4 MB


# ---- Writing ------------------------------------------------------------------------------------

def segments_received(raw):
    """How many TCP segments with data this socket has got (tcpi_data_segs_in, linux/tcp.h)."""
    info = raw.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256)
    return struct.unpack_from("I", info, 152)[0]


def test_messages_that_come_together_leave_together(chatd):
    """300 messages in one read: a few writes to each receiver, not 300."""
    server = chatd()
    with raw_client(server, "alice") as alice, raw_client(server, "bob") as bob:
        before = segments_received(bob)
        alice.send(frame(TEXT, b'{"type":"message","room":"lobby","text":"hello"}') * 300)
        assert [bob.read_json()["seq"] for _ in range(300)] == list(range(1, 301))
        assert segments_received(bob) - before < 60


# ---- How many -----------------------------------------------------------------------------------

def test_connections_are_limited(chatd):
    server = chatd(config="max_connections = 3")
    clients = [server.client(f"user{i}", room="lobby") for i in range(3)]
    with Raw(server.port) as fourth:
        try:
            assert fourth.upgrade().status == 503
        except (EOFError, ConnectionResetError, BrokenPipeError):
            pass
    clients[1].sync()
    clients[0].close()

    def admitted():
        with Raw(server.port) as another:
            try:
                return another.upgrade().status == 101
            except (EOFError, ConnectionResetError, BrokenPipeError):
                return False

    wait_until(admitted)


def test_hundred_joins_and_leaves_leave_nothing_behind(chatd):
    server = chatd()
    witness = server.client("witness", room="lobby")
    before = server.open_descriptors()
    for i in range(100):
        raw_client(server, f"user{i}").reset()
    wait_until(lambda: witness.join("lobby")["count"] == 1)
    wait_until(lambda: server.open_descriptors() == before)


@pytest.mark.parametrize("sent", [b"", b"GET /ws HTTP/1.1\r\n"])
def test_half_requests_end_after_their_time(chatd, sent):
    server = chatd(config='http_timeout = "300ms"\nclose_timeout = "100ms"')
    before = server.open_descriptors()
    idle = [Raw(server.port) for _ in range(50)]
    for raw in idle:
        raw.send(sent)
    wait_until(lambda: server.open_descriptors() >= before + 50)
    wait_until(lambda: server.open_descriptors() == before)
    assert all(raw.is_closed() for raw in idle)


# ---- Fairness -----------------------------------------------------------------------------------

def test_flood_leaves_the_others_their_turn(chatd):
    server = chatd()
    with raw_client(server, "flood") as flood, raw_client(server, "alice") as alice:
        message = frame(TEXT, json.dumps({"type": "message", "room": "lobby", "text": "x"}).encode())
        server.signal(signal.SIGSTOP)  # both are there before it looks
        flood.send(message * 1000)
        alice.send_json("message", id="m", room="lobby", text="y")
        server.signal(signal.SIGCONT)
        assert alice.read_answer("m")["seq"] < 200
        flood.send_json("ping", id="end")
        flood.read_answer("end")  # and nothing of the flood is lost
        alice.send_json("message", id="m2", room="lobby", text="z")
        assert alice.read_answer("m2")["seq"] == 1002
