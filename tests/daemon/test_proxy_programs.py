"""doc/proxy.md: its examples work, with the programs that they are for."""

import re
import shutil
import socket
import subprocess

import pytest

from harness import SRCDIR, Client, patience, wait_until
from raw import Raw

PAGE = (SRCDIR / "doc/proxy.md").read_text()


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def example(language, server, port):
    """The example of the page, for our ports."""
    text = re.search(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)[1]
    assert "127.0.0.1:8080" in text and "80" in text
    text = text.replace("127.0.0.1:8080", f"127.0.0.1:{server.port}")
    return re.sub(r"(listen |bind :|^:)80\b", rf"\g<1>{port}", text, flags=re.MULTILINE)


def nginx(folder, text):
    # Those of the distribution are elsewhere, and root's.
    paths = "".join(f"    {name}_temp_path {folder}/{name};\n"
                    for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    config = folder / "nginx.conf"
    config.write_text(f"daemon off;\nmaster_process off;\npid {folder}/pid;\n"
                      f"error_log {folder}/error.log;\nevents {{}}\n"
                      f"http {{\n    access_log off;\n{paths}{text}}}\n")
    return ["nginx", "-p", folder, "-c", config]


def caddy(folder, text):
    config = folder / "Caddyfile"
    config.write_text("{\n    admin off\n    auto_https off\n}\n" + text)
    return ["caddy", "run", "--adapter", "caddyfile", "--config", config]


def haproxy(folder, text):
    config = folder / "haproxy.cfg"
    config.write_text(text)
    return ["haproxy", "-db", "-f", config]


@pytest.fixture(params=[nginx, caddy, haproxy], ids=lambda program: program.__name__)
def proxy(request, chatd, tmp_path):
    """(port, server) of a proxy as on the page, and of the chatd behind it."""
    name = request.param.__name__
    program = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if program is None:
        pytest.skip(f"{name} is not installed")
    word = " proxy" if request.param is haproxy else ""
    server = chatd(config='log_level = "debug"\ntrusted_proxies = { "127.0.0.1" }',
                   listen=(f"127.0.0.1:0{word}",))
    port = free_port()
    command = request.param(tmp_path, example(name, server, port))
    command[0] = program
    with open(tmp_path / "proxy.log", "wb") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                   cwd=tmp_path, env={"HOME": str(tmp_path)})

    def is_ready():
        assert process.poll() is None, (tmp_path / "proxy.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    try:
        wait_until(is_ready, timeout=15, what="the proxy's port")
        yield port, server
    finally:
        process.terminate()
        process.wait(patience(10))


def test_pages_and_chat_through_a_proxy(proxy):
    port, server = proxy
    with Raw(port) as raw:
        assert raw.request("/").status == 200
    alice = Client(f"ws://127.0.0.1:{port}/ws", origin=f"http://127.0.0.1:{port}")
    server.clients.append(alice)
    alice.login("alice")
    alice.join("lobby")
    assert alice.say("hello")["type"] == "ok"
    assert alice.expect("message")["text"] == "hello"


def test_address_of_the_client_comes_through(proxy):
    port, server = proxy
    mark = len(server.log())
    with socket.create_connection(("127.0.0.1", port), source_address=("127.0.0.77", 0)) as client:
        with Raw(port) as raw:
            raw.socket.close()
            raw.socket = client
            # What it says itself is not believed.
            assert raw.upgrade(Forwarded="for=203.0.113.9",
                               X_Forwarded_For="203.0.113.9").status == 101
            raw.send_json("login", id="l", nick="bob")
            raw.read_answer("l")
    assert server.wait_log(r"(\S+): logged in as bob", after=mark)[1].startswith("127.0.0.77:")
