"""permessage-deflate with every combination of its parameters (RFC 7692 7.1) over messages of many
lengths, as sections 12 and 13 of the Autobahn test suite."""

import itertools
import random
import zlib

import pytest

import certificates
from peer import Peer, fragments, pieces
from raw import BINARY, TEXT

RSV1_BIT = 0x40
KIB = 1 << 10
LENGTHS = [16, 64, 256, KIB, 4 * KIB, 8 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, 128 * KIB]
OFFERS = ["; ".join(["permessage-deflate", *filter(None, parameters)])
          for parameters in itertools.product(
              ["", "server_no_context_takeover"], ["", "client_no_context_takeover"],
              ["", "server_max_window_bits=11"], ["", "client_max_window_bits=9"])]


@pytest.fixture(scope="module")
def server(shared_chatd, certificate):
    return shared_chatd(modules="module echo { max_message = 128k }",
                        listen=("127.0.0.1:0", "127.0.0.1:0 tls"),
                        config="deflate_threshold = 1\n" + certificates.config(certificate))


class Deflate:
    """The client's side of the extension, as the server's answer wants it."""

    def __init__(self, answer):
        name, *parameters = answer.split("; ")
        assert name == "permessage-deflate"
        self.parameters = dict(each.partition("=")[::2] for each in parameters)
        self.packer = self.unpacker = None

    def keeps_context(self, side):
        return f"{side}_no_context_takeover" not in self.parameters

    def bits(self, side):
        return int(self.parameters.get(f"{side}_max_window_bits", 15))

    def pack(self, payload):
        if not (self.packer and self.keeps_context("client")):
            self.packer = zlib.compressobj(wbits=-self.bits("client"))
        return (self.packer.compress(payload) + self.packer.flush(zlib.Z_SYNC_FLUSH))[:-4]

    def unpack(self, packed):
        if not (self.unpacker and self.keeps_context("server")):
            self.unpacker = zlib.decompressobj(wbits=-self.bits("server"))
        return self.unpacker.decompress(packed + b"\0\0\xff\xff")


def payload_of(opcode, length, rng):
    """What compresses in part, and comes again far behind."""
    if opcode == TEXT:
        words = rng.choices(["chat ", '{"type":', "é€😀", "\n", f"{rng.random()}"], k=1000)
        block = "".join(words).encode()
        return (block * (length // len(block) + 1))[:length].decode(errors="ignore").encode()
    block = rng.randbytes(length // 4) + bytes(length // 4)
    return block + block


@pytest.mark.parametrize("opcode", [TEXT, BINARY], ids=["text", "binary"])
@pytest.mark.parametrize("offer, transport", [
    *((offer, "plain") for offer in OFFERS), (OFFERS[0], "tls"), (OFFERS[-1], "tls"),
], indirect=["transport"])
def test_messages_of_all_lengths_come_back(server, transport, offer, opcode):
    rng = random.Random(offer)
    with Peer(server, "/echo", transport, Sec_WebSocket_Extensions=offer) as peer:
        deflate = Deflate(peer.upgraded["Sec-WebSocket-Extensions"])
        for length, parts in itertools.product(LENGTHS, [1, 2, 7]):
            payload = payload_of(opcode, length, rng)
            packed = deflate.pack(payload)
            data = bytearray(fragments(opcode, pieces(packed, len(packed) // parts + 1)))
            data[0] |= RSV1_BIT
            peer.send(bytes(data))
            got, compressed = peer.read_any_frame()
            assert (got.fin, got.opcode) == (True, opcode)
            # What does not fit in a small window comes plain; what is very short may do so.
            fits = deflate.bits("server") == 15 or length <= 1 << deflate.bits("server")
            assert compressed == fits or length < 256
            assert (deflate.unpack(got.payload) if compressed else got.payload) == payload
