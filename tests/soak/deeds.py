"""What the peers of the soak test do, by the rules or not."""

import contextlib
import ssl
import time

from chat import Chat
from harness import patience
from peers import GONE
from raw import BINARY, CLOSE, CONTINUATION, PING, TEXT, close_payload, frame

WORDS = ("hello", "there", "river", "mountain", "über", "日本", "🙂", "w0rd", "quiet")


def words(rng, size, choice=WORDS):
    """Text of about so many bytes."""
    return " ".join(rng.choices(choice, k=1 + size // 7))


def enter(peer, room, **options):
    chat = Chat(peer, **options)
    chat.must("login", nick=peer.new_nick())
    chat.must("join", room=room)
    return chat


# ---- Chat by the rules --------------------------------------------------------------------------

def step_message(chat, rng, room):
    chat.must("message", room=room,
            text=words(rng, rng.choice((1, 20, 200, 2000, 7000)), (*WORDS, "shit")))


def step_same_twice(chat, rng, room):
    cid = f"{rng.random()}"
    first, again = (chat.must("message", room=room, text="once", cid=cid) for _ in range(2))
    assert first["seq"] == again["seq"]


def step_command(chat, rng, room):
    chat.must("message", room=room, text=rng.choice(("/roll 2d6", "/help", "//slash")))


def step_mistake(chat, rng, room):
    answer = rng.choice((
        lambda: chat.request("message", room=room, text="/nonsense"),
        lambda: chat.request("message", room=room, text="x" * 9000),
        lambda: chat.request("message", room="elsewhere", text="x"),
        lambda: chat.request("message", room=5),
        lambda: chat.request("nonsense"),
        lambda: chat.request("join", room="no room"),
        lambda: chat.request("login", nick="again")))()
    assert answer["type"] == "error", answer


def step_typing(chat, rng, room):
    chat.request("typing", room=room, state=rng.choice(("active", "paused", "done")))


def step_rooms(chat, rng, room):
    chat.request("rooms")


def step_ping(chat, rng, room):
    chat.raw.send_frame(PING, rng.randbytes(rng.randrange(126)))
    chat.must("ping")


def step_out_and_in(chat, rng, room):
    chat.must("leave", room=room)
    chat.must("join", room=room)


STEPS = (step_message, step_message, step_message, step_message, step_same_twice, step_command,
         step_mistake, step_typing, step_rooms, step_ping, step_out_and_in)


def talk(peer):
    room = peer.rng.choice(("lobby", "lobby", f"room{peer.rng.randrange(5)}"))
    chat = enter(peer, room)
    for _ in range(peer.rng.randint(1, 15)):
        peer.rng.choice(STEPS)(chat, peer.rng, room)
    if peer.rng.random() < 0.5:
        chat.raw.send_frame(CLOSE, close_payload(1000))
        peer.wait_end(chat.raw)
    else:
        peer.leave(chat.raw)


def echo(peer):
    chat = Chat(peer, "/echo")
    for size in peer.rng.choices((0, 1, 125, 126, 5000, 65536, 200_000), k=4):
        payload = peer.rng.randbytes(size // 2) + bytes(size - size // 2)
        chat.send(BINARY, payload)
        assert chat.read() == payload
    peer.leave(chat.raw)


# ---- Chat that breaks rules ---------------------------------------------------------------------

def read_too_slowly(peer):
    """A member that reads nothing, until another one has sent more than all buffers hold."""
    room = f"flood{peer.number}"
    deaf = enter(peer, room, offers=(None,), receive_buffer=4096)
    loud = enter(peer, room)
    text = words(peer.rng, 7500)
    for _ in range(60):
        for _ in range(50):
            loud.send_request("message", room=room, text=text)
        if loud.must("join", room=room)["count"] == 1:
            break
    # The connection may have gone just now: it itself leaves when it does not come back in time.
    until = time.monotonic() + patience(15)
    while loud.must("join", room=room)["count"] != 1:
        assert time.monotonic() < until, "it is still there"
        time.sleep(0.5)
    peer.leave(deaf.raw)


def ignore_pings(peer):
    peer.wait_end(enter(peer, f"room{peer.rng.randrange(5)}").raw)


def send_bad_json(peer):
    chat = Chat(peer)
    with contextlib.suppress(*GONE):
        for _ in range(12):
            chat.send(TEXT, peer.rng.choice((b"", b"[]", b"{", b'{"type":1}', b"nul", b"{}",
                                             b'"\\ud800"', b"[" * 3000, b'{"type":"join","id":7}')))
    peer.wait_end(chat.raw)


BROKEN_FRAMES = (
    frame(TEXT, b"{}", mask=False), frame(TEXT, b"{}", reserved=2), frame(3), frame(11),
    frame(PING, bytes(126)), frame(PING, fin=False), frame(CONTINUATION, b"x"),
    frame(TEXT, b"{", fin=False) + frame(TEXT, b"}"), frame(TEXT, b"\xff"), frame(BINARY, b"{}"),
    frame(CLOSE, b"\3"), frame(CLOSE, close_payload(1005)), frame(TEXT, bytes(70_000)),
    frame(TEXT, b"{}", length_bytes=8), b"\x81\xff" + b"\xff" * 8, frame(TEXT, b"\7", reserved=4))


def send_broken_frame(peer):
    chat = Chat(peer)
    with contextlib.suppress(*GONE):
        chat.raw.send(frame(TEXT, b'{"type":"ping"}') + peer.rng.choice(BROKEN_FRAMES))
    peer.wait_end(chat.raw)


# ---- HTTP ---------------------------------------------------------------------------------------

def get(raw, rng):
    response = raw.request()
    assert response.status == 200
    assert raw.request(If_None_Match=response["ETag"]).status == 304


def head(raw, rng):
    assert raw.request("/big.txt", "HEAD").status == 200


def get_nothing(raw, rng):
    assert raw.request("/nothing").status == 404


def post_chunks(raw, rng):
    raw.send(raw.request_text(method="POST", Transfer_Encoding="chunked"))
    for _ in range(rng.randrange(5)):
        chunk = rng.randbytes(rng.randint(1, 3000))
        raw.send(b"%x;extension\r\n%s\r\n" % (len(chunk), chunk))
    raw.send("0\r\nTrailer: yes\r\n\r\n")
    assert raw.read_response().status == 405


def get_in_a_row(raw, rng):
    count = rng.randint(2, 5)
    raw.send((raw.request_text("/big.txt") + raw.request_text("/nothing")) * count)
    assert [raw.read_response().status for _ in range(2 * count)] == [200, 404] * count


def get_slowly(raw, rng):
    raw.send(raw.request_text(), slowly=True)
    assert raw.read_response().status == 200


def browse(peer):
    raw = peer.connect()
    for _ in range(peer.rng.randint(1, 6)):
        peer.rng.choice((get, head, get_nothing, post_chunks, get_in_a_row, get_slowly))(
            raw, peer.rng)
    peer.leave(raw)


def leave_while_reading(peer):
    raw = peer.connect(receive_buffer=4096)
    raw.send(raw.request_text("/big.txt") * 5)
    raw._take(peer.rng.randrange(100_000))
    peer.leave(raw)


def send_bad_request(peer):
    raw = peer.connect()
    with contextlib.suppress(*GONE):
        raw.send(peer.rng.choice((
            "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", raw.request_text(Host=None),
            raw.request_text(X=20_000 * "x"), raw.request_text("/" + 9000 * "x"),
            raw.request_text(method="POST", Content_Length="5", Transfer_Encoding="chunked"),
            raw.request_text(method="POST", Transfer_Encoding="chunked") + "nonsense\r\n",
            raw.request_text(method="POST", Content_Length="9999999"))))
    peer.finish(raw)


# ---- Any port -----------------------------------------------------------------------------------

def send_garbage(peer):
    raw = peer.connect_rudely(peer.any_port())
    with contextlib.suppress(*GONE):
        raw.send(peer.rng.randbytes(peer.rng.choice((1, 10, 300, 3000, 50_000))))
    peer.leave(raw)


def say_nothing(peer):
    """Some connections that wait for what the server does about it."""
    half_done = ("", "GET / HT", "\x16\x03\x01", "PROXY TCP4 1")
    silent = [peer.connect_rudely(peer.any_port()) for _ in range(2)]
    for raw in silent:
        raw.send(peer.rng.choice(half_done))
    silent.append(Chat(peer).raw)
    for raw in silent:
        peer.wait_end(raw)


def come_and_go(peer):
    for _ in range(3):
        peer.leave(peer.connect())


def break_off_handshake(peer):
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = ssl.create_default_context().wrap_bio(incoming, outgoing, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        tls.do_handshake()
    hello = outgoing.read()
    raw = peer.connect_rudely(peer.place.tls)
    raw.send(hello[:peer.rng.randrange(len(hello) + 1)])
    peer.leave(raw)


# How likely each is.
DEEDS = {
    talk: 30, echo: 10,
    read_too_slowly: 1, ignore_pings: 1, send_bad_json: 6, send_broken_frame: 12,
    browse: 15, leave_while_reading: 5, send_bad_request: 8,
    send_garbage: 8, say_nothing: 2, come_and_go: 6, break_off_handshake: 6,
}
