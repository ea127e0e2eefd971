"""The crowd of the soak test: each peer is a thread that does one deed after the other."""

import collections
import contextlib
import dataclasses
import pathlib
import random
import socket
import ssl
import threading

from raw import Raw, RawTls

# What a connection that the server closes may end with.
GONE = (ConnectionError, ssl.SSLError, EOFError)


@dataclasses.dataclass
class Place:
    """Where the server is, and the certificates that its peers trust."""
    plain: int
    tls: int
    proxy: int
    trusted: pathlib.Path


class Peer(threading.Thread):
    """Does deeds until `stop` is set: {function of the peer: how likely it is}.

    done      how often it did each
    failures  what went wrong
    """

    def __init__(self, number, seed, place, deeds, stop):
        super().__init__(daemon=True)
        self.number = number
        self.rng = random.Random(f"{seed}/{number}")
        self.place = place
        self.deeds = deeds
        self.stop = stop
        self.done = collections.Counter()
        self.failures = []
        self._nicks = 0

    def run(self):
        while not self.stop.is_set():
            deed, = self.rng.choices(list(self.deeds), self.deeds.values())
            try:
                with contextlib.ExitStack() as self._connections:
                    deed(self)
                self.done[deed.__name__] += 1
            except Exception as problem:
                self.failures.append(f"peer {self.number}, {deed.__name__}: {problem!r:.500}")
            self.stop.wait(self.rng.expovariate(5))

    def new_nick(self):
        self._nicks += 1
        return f"peer{self.number}-{self._nicks}"

    # -- connections, all of which end with the deed

    def _keep(self, raw):
        return self._connections.enter_context(raw)

    def connect(self, **options):
        kind = self.rng.choice(("plain", "plain", "tls", "proxy"))
        if kind == "tls":
            return self._keep(RawTls(self.place.tls, self.place.trusted, **options))
        if kind == "plain":
            return self._keep(Raw(self.place.plain, **options))
        raw = self._keep(Raw(self.place.proxy, **options))
        raw.send(f"PROXY TCP4 10.0.{self.rng.randrange(256)}.7 127.0.0.1 5000 80\r\n")
        return raw

    def connect_rudely(self, port):
        """A connection that says nothing of what this port wants to hear first."""
        return self._keep(Raw(port))

    def any_port(self):
        return self.rng.choice((self.place.plain, self.place.tls, self.place.proxy))

    def leave(self, raw):
        how = self.rng.choice(("close", "reset", "finish"))
        if how == "reset":
            raw.reset()
        elif how == "finish":
            self.finish(raw)

    def finish(self, raw):
        """Sends nothing more, and waits for the server to end, too."""
        with contextlib.suppress(OSError):  # it was faster
            raw.socket.shutdown(socket.SHUT_WR)
        self.wait_end(raw)

    @staticmethod
    def wait_end(raw):
        """Waits until the server ends the connection; a time-out is a failure."""
        with contextlib.suppress(*GONE):
            raw.read_to_end()
