"""Fixtures of the conformance suite; see peer.py."""

import pytest

import certificates
from peer import Peer

CONFIG = '''
max_message_bytes = "4k"
close_timeout = "2s"
'''


@pytest.fixture(scope="session")
def certificate(tmp_path_factory):
    return certificates.make(tmp_path_factory.mktemp("certificates"), "conformance")


@pytest.fixture(scope="session")
def tls(certificate):
    """The context of a client, for a Peer behind TLS."""
    return certificates.trusting(certificate[0])


@pytest.fixture(scope="module")
def server(shared_chatd, certificate):
    """Its first port is plain, its second one TLS."""
    return shared_chatd(modules="module echo { max_message = 16M }",
                        listen=("127.0.0.1:0", "127.0.0.1:0 tls"),
                        config=CONFIG + certificates.config(certificate))


@pytest.fixture
def transport(request, tls):
    """The client's context in those cases of peer.also_over_tls that go through TLS, else None."""
    return tls if getattr(request, "param", "plain") == "tls" else None


@pytest.fixture(params=["/echo", "/ws"], ids=["echo", "chat"])
def peer(server, transport, request):
    """A connection to each of the endpoints in turn."""
    with Peer(server, request.param, transport) as peer:
        yield peer


@pytest.fixture
def echo(server, transport):
    """A connection where every message comes back."""
    with Peer(server, "/echo", transport) as peer:
        yield peer
