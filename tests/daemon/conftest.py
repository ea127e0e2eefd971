"""Fixtures of the daemon suite. What they hand out is described in harness.py."""

import contextlib

import pytest

import harness


@contextlib.contextmanager
def servers_in(folder):
    """A factory of servers, all of which are ended at the end."""
    servers = []

    def start(**options):
        server = harness.Server(folder / f"server{len(servers)}", **options)
        servers.append(server)
        server.start()
        return server

    yield start
    problems = [problem for server in servers for problem in server.finish()]
    assert not problems, "\n".join(problems)


@pytest.fixture
def chatd(tmp_path):
    """A factory of running servers: `server = chatd(modules=..., config=...)`.

    All of them are ended after the test, which fails when one did not end as it should."""
    with servers_in(tmp_path) as start:
        yield start


@pytest.fixture(scope="module")
def shared_chatd(tmp_path_factory):
    """As chatd, for servers that all tests of a file share."""
    with servers_in(tmp_path_factory.mktemp("shared")) as start:
        yield start


@pytest.fixture
def chatd_check(tmp_path):
    """Runs `chatd -t` on a configuration: (exit code, stdout and stderr)."""
    runs = 0

    def check(args=("-t",), **options):
        nonlocal runs
        runs += 1
        server = harness.Server(tmp_path / f"check{runs}", **options)
        return harness.run_chatd("-c", server.config_file, *args)

    return check


@pytest.fixture(scope="session")
def abi_modules(tmp_path_factory):
    """Builds modules of tests/abi: `folder = abi_modules("probe", ...)` is a module_dir."""
    folder = tmp_path_factory.mktemp("modules")

    def build(*names):
        for name in names:
            if not (folder / f"{name}.so").exists():
                harness.build_module(name, folder)
        return folder

    return build
