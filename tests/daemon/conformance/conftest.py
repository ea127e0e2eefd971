"""Fixtures of the conformance suite; see peer.py."""

import pytest

from peer import Peer

CONFIG = '''
max_message_bytes = "4k"
close_timeout = "2s"
'''


@pytest.fixture(scope="module")
def server(shared_chatd):
    return shared_chatd(modules="module echo { max_message = 16M }", config=CONFIG)


@pytest.fixture(params=["/echo", "/ws"], ids=["echo", "chat"])
def peer(server, request):
    """A connection to each of the endpoints in turn."""
    with Peer(server, request.param) as peer:
        yield peer


@pytest.fixture
def echo(server):
    """A connection where every message comes back."""
    with Peer(server, "/echo") as peer:
        yield peer
