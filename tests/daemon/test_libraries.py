"""Clients that nobody here wrote, as their users would use them."""

import asyncio
import json
import shutil
import subprocess

import pytest
import websockets

import harness

def run(coroutine):
    return asyncio.run(asyncio.wait_for(coroutine, harness.patience(20)))


async def chat(url, **options):
    async with websockets.connect(url, **options) as socket:
        assert json.loads(await socket.recv())["type"] == "hello"
        await socket.send('{"type":"login","nick":"python"}')
        assert json.loads(await socket.recv())["type"] == "welcome"
        await socket.send('{"type":"join","room":"lobby","id":"1"}')
        assert json.loads(await socket.recv())["id"] == "1"
        await asyncio.wait_for(await socket.ping(), harness.patience(5))
        for i in range(100):
            await socket.send(json.dumps(
                {"type": "message", "room": "lobby", "text": f"{i} " + "é" * i}))
        texts = []
        while len(texts) < 100:
            event = json.loads(await socket.recv())
            if event["type"] == "message":
                texts.append(event["text"])
        assert texts == [f"{i} " + "é" * i for i in range(100)]
        return socket.subprotocol


@pytest.mark.parametrize("options, subprotocol", [
    ({}, None),
    ({"subprotocols": ["chatd.v1"]}, "chatd.v1"),
    ({"compression": None, "subprotocols": ["other", "chatd.v1"]}, "chatd.v1"),
])
def test_python_websockets(chatd, options, subprotocol):
    assert run(chat(chatd().url, **options)) == subprotocol


def test_python_websockets_fragments(chatd):
    async def fragmented(url):
        async with websockets.connect(url) as socket:
            await socket.recv()
            await socket.send(['{"type":', '"ping",', '"id":"1"}'])
            return json.loads(await socket.recv())

    assert run(fragmented(chatd().url)) == {"type": "ok", "id": "1"}


def test_curl(chatd):
    if not shutil.which("curl"):
        pytest.skip("no curl on this machine")
    server = chatd()
    done = subprocess.run(["curl", "-sS", "-i", f"http://127.0.0.1:{server.port}/"],
                          capture_output=True, check=True)
    assert done.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    assert done.stdout.endswith(b"<p>index\n")
