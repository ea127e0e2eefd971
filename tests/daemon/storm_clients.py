"""storm_clients.py COUNT ROOMS: so many members of rooms who come back all at once. It reads a line for
each thing that they are to do, and answers each with a line of JSON when all have done it:

    come PORT   connect, log in when it is their turn, and join; or, from the second time on, resume
    talk        the first one of each room says something; the others do not read it yet
    end         read until the server has ended all connections
"""

import collections
import heapq
import json
import select
import socket
import struct
import sys
import time

import raw
from harness import patience

UPGRADE = (f"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
           f"Sec-WebSocket-Key: {raw.KEY}\r\nSec-WebSocket-Version: 13\r\n\r\n").encode()


class Member:
    def __init__(self, crowd, number):
        self.crowd = crowd
        self.number = number
        self.room = f"room{number % crowd.n_rooms}"
        self.token = None
        self.epoch = self.seq = None
        self.turn = None   # when it is

    def connect(self, port):
        self.buffer = bytearray()
        self.is_upgraded = self.is_ready = False
        self.turn = None
        self.socket = socket.socket()
        self.socket.setblocking(False)
        self.socket.connect_ex(("127.0.0.1", port))
        self.crowd.watch(self, select.EPOLLOUT)

    def send(self, type, **fields):
        payload = json.dumps({"type": type, "id": type, **fields}).encode()
        self.socket.send(raw.frame(raw.TEXT, payload, key=b"\0\0\0\0"))

    def log_in(self):
        resume = {}
        if self.token:
            rooms = {self.room: {"epoch": self.epoch, "seq": self.seq}}
            resume = {"resume": {"token": self.token, "rooms": rooms}}
        self.send("login", nick=f"member{self.number}", **resume)

    # -- what comes

    def on_connected(self):
        self.crowd.watch(self, select.EPOLLIN)
        self.socket.send(UPGRADE)

    def on_input(self):
        try:
            data = self.socket.recv(1 << 16)
        except ConnectionResetError:
            data = b""
        if not data:
            self.end()
            return
        self.buffer += data
        if not self.is_upgraded:
            head, end, rest = self.buffer.partition(b"\r\n\r\n")
            if not end:
                return
            assert head.startswith(b"HTTP/1.1 101 "), head
            self.is_upgraded, self.buffer = True, rest
        while (got := self.next_frame()) is not None:
            self.on_frame(*got)

    def next_frame(self):
        if len(self.buffer) < 4:
            return None
        opcode, length, begin = self.buffer[0] & 15, self.buffer[1], 2
        if length == 126:
            begin, (length,) = 4, struct.unpack("!H", self.buffer[2:4])
        assert length < 1 << 16
        if len(self.buffer) < begin + length:
            return None
        payload = bytes(self.buffer[begin:begin + length])
        del self.buffer[:begin + length]
        return opcode, payload

    def on_frame(self, opcode, payload):
        if opcode == raw.PING:
            self.socket.send(raw.frame(raw.PONG, payload))
        elif opcode == raw.CLOSE:
            self.socket.send(raw.frame(raw.CLOSE, payload))
        elif opcode == raw.TEXT:
            message = json.loads(payload)
            getattr(self, f"on_{message['type']}", lambda _: None)(message)

    def end(self):
        if self.socket is not None:
            self.socket.close()
            self.crowd.on_end(self)
        self.socket = None

    def on_hello(self, message):
        self.log_in()

    def on_error(self, message):
        assert message["code"] == "unavailable", message
        self.turn = time.monotonic() + message["retry_after"]
        self.crowd.on_turn(self, message["retry_after"])

    def on_welcome(self, message):
        counts = self.crowd.counts
        counts["welcomes"] += 1
        counts["resumed"] += message["resumed"]
        for state in message["rooms"]:
            counts["recovered"] += state["recovered"]
            counts["missed"] += state["missed"]
        if self.turn is not None:
            self.crowd.late.append(time.monotonic() - self.turn)
        self.token = message["resume_token"]
        if not message["resumed"]:
            self.send("join", room=self.room)

    def on_caught_up(self, message):
        self.ready()

    def on_ok(self, message):
        if message["id"] == "join":
            self.epoch, self.seq = message["epoch"], message["seq"]
            self.ready()
        else:
            self.crowd.n_said += 1

    def on_message(self, message):
        assert message["seq"] == self.seq + 1, (self.number, self.seq, message)
        self.seq += 1
        self.crowd.counts["messages"] += 1

    def ready(self):
        self.is_ready = True
        self.crowd.n_ready += 1


class Crowd:
    def __init__(self, count, n_rooms):
        self.n_rooms = n_rooms
        self.epoll = select.epoll()
        self.by_descriptor = {}
        self.turns = []  # (when, number) of those who wait
        self.members = [Member(self, number) for number in range(count)]

    def watch(self, member, events):
        descriptor = member.socket.fileno()
        if self.by_descriptor.get(descriptor) is member:
            self.epoll.modify(descriptor, events)
        else:
            self.by_descriptor[descriptor] = member
            self.epoll.register(descriptor, events)

    def on_end(self, member):
        self.n_ended += 1
        member.is_ready = False

    def on_turn(self, member, retry_after):
        self.counts["turns"] += 1
        self.waits.append(retry_after)
        self.turn_times.append(member.turn)
        heapq.heappush(self.turns, (member.turn, member.number))

    def run_until(self, is_over):
        deadline = time.monotonic() + patience(90)
        while not is_over():
            now = time.monotonic()
            assert now < deadline, f"{self.n_ready} of {len(self.members)} are ready: {self.counts}"
            while self.turns and self.turns[0][0] <= now:
                self.members[heapq.heappop(self.turns)[1]].log_in()
            wait = max(0, min(0.1, self.turns[0][0] - now)) if self.turns else 0.1
            for descriptor, events in self.epoll.poll(wait):
                member = self.by_descriptor[descriptor]
                if events & select.EPOLLOUT:
                    member.on_connected()
                else:
                    member.on_input()

    # -- what they do

    def come(self, port):
        self.counts = collections.Counter()
        self.late, self.waits, self.turn_times = [], [], []
        self.n_ready = self.n_said = self.n_ended = 0
        self.by_descriptor.clear()
        for member in self.members:
            member.connect(int(port))
        self.run_until(lambda: self.n_ready == len(self.members))
        return {**self.counts, "late": max(self.late, default=0), "waits": self.waits,
                "turn_times": self.turn_times}

    def talk(self):
        for member in self.members[:self.n_rooms]:
            member.send("message", room=member.room, text="hello", cid=f"{time.monotonic_ns()}")
        speakers = {member.socket.fileno() for member in self.members[:self.n_rooms]}
        for member in self.members[self.n_rooms:]:
            self.epoll.unregister(member.socket.fileno())
        self.run_until(lambda: self.n_said == self.n_rooms)
        for member in self.members:
            if member.socket.fileno() not in speakers:
                self.epoll.register(member.socket.fileno(), select.EPOLLIN)
        return {"said": self.n_said}

    def end(self):
        # What comes now is not seen: the connection breaks first.
        for member in self.members[self.n_rooms:]:
            member.on_message = lambda _: None
        self.run_until(lambda: self.n_ended == len(self.members))
        for member in self.members[self.n_rooms:]:
            del member.on_message
        return {"ended": self.n_ended}


def main():
    crowd = Crowd(int(sys.argv[1]), int(sys.argv[2]))
    for line in sys.stdin:
        command, *arguments = line.split()
        print(json.dumps(getattr(crowd, command)(*arguments)), flush=True)


main()
