"""Threads and processes at full size: `tox -e slow`."""

from __future__ import annotations

import multiprocessing
import os
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from elements_sdk.sandbox import Sandbox
from test.faults.certificates import Authority
from test.faults.server import FaultServer
from test.processes.calls import client_of, own_answers, warm, wrong_answers
from test.processes.storm import Storm
from test.processes.tls_server import connections_of, tls_server
from test.processes.watching import ROOT, Child, in_threads, run, wait_until
from test.processes.work import call_with_kept, keep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

AUTHORITY = Authority()
CHILDREN = [range(start, start + 200) for start in range(1000, 9000, 1000)]


@pytest.fixture
def tls() -> ssl.SSLContext:
    return AUTHORITY.context_for("localhost", "127.0.0.1")


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    return str(AUTHORITY.ca_file(tmp_path / "ca.pem"))


def test_threads_get_their_own_answers_through_a_bad_network(fresh_sandbox: Sandbox) -> None:
    storm = Storm(fresh_sandbox, threads=32, calls=500)
    assert (storm.wrong, storm.sent_twice()) == ([], [])
    assert 0.02 * storm.calls < storm.faults < 0.2 * storm.calls
    assert storm.failed < storm.faults


def test_parent_and_children_call_at_once_over_connections_of_their_own(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server, server.client() as client:
        warm(client, 10)
        before = connections_of(client, range(10))
        children = [Child(partial(connections_of, client, numbers)) for numbers in CHILDREN]
        used = [before | connections_of(client, range(100, 300)), *(child.result(120) for child in children)]
        assert len(set().union(*used)) == sum(map(len, used))
        assert len(used) == 9


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_many_forks_while_threads_hold_locks(scheme: str, tls: ssl.SSLContext, ca_file: str) -> None:
    is_tls = scheme == "https"
    with FaultServer(own_answers(), tls=tls if is_tls else None) as server:
        printed = run("forks_under_load", server.host, ca_file if is_tls else "", "8", "300", within=300)
    assert printed == "300\n"


@pytest.mark.parametrize("case", ["dropped after a call", "closed after a call"])
def test_clients_leave_nothing_behind(case: str) -> None:
    with FaultServer(own_answers()) as server:
        printed = run("dropped_clients", server.host, "1000", case, within=120)
    descriptors, threads, memory = map(int, printed.split())
    assert (descriptors, threads) == (0, 0)
    assert memory < 5 * 2**20


@pytest.mark.parametrize("method", ["fork", "spawn"])
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_pool_of_processes_with_a_client_as_a_global(method: str) -> None:
    with FaultServer(own_answers()) as server, client_of(server.host) as client:
        client.configuration.pickle_credentials = True
        warm(client, 2)
        tasks = [[*range(start, start + 20)] for start in range(0, 2000, 20)]
        with multiprocessing.get_context(method).Pool(4, keep, (client,)) as pool:
            assert pool.map(call_with_kept, tasks) == [[]] * 100
            assert wrong_answers(client, range(50)) == []
            pool.close()
            pool.join()
        assert server.count() == 2 + 2000 + 50


@contextmanager
def gunicorn(server: FaultServer, ca_file: str, log: Path) -> Iterator[str]:
    """Run four workers of the application in `test.processes.wsgi`, which is loaded before they are forked."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    line = ["-m", "gunicorn", "--preload", "--workers=4", "--backlog=512", f"--bind={address}", "--no-control-socket"]
    environment = {**os.environ, "ELEMENTS_TEST_HOST": server.host, "ELEMENTS_TEST_CA_FILE": ca_file}
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, *line, "test.processes.wsgi"], cwd=ROOT, env=environment, stdout=written, stderr=written
        )
    try:
        wait_until(lambda: log.read_text().count("Booting worker") == 4, within=30)
        yield address
    finally:
        process.terminate()
        assert process.wait(30) == 0, log.read_text()


def test_client_as_a_global_in_a_server_that_forks_its_workers(
    tls: ssl.SSLContext, ca_file: str, tmp_path: Path
) -> None:
    answered: list[str] = []
    workers: set[str] = set()
    with FaultServer(own_answers(0.02), tls=tls) as server:
        with gunicorn(server, ca_file, tmp_path / "log") as address:
            asked = list(range(1000, 1400))

            def ask(index: int) -> None:
                with urllib.request.urlopen(f"http://{address}/{asked[index]}", timeout=60) as response:
                    number, worker = response.read().decode().split()
                answered.append(number)
                workers.add(worker)
                assert int(number) == asked[index]

            in_threads(ask, len(asked))
        assert sorted(map(int, answered)) == asked
        assert len(workers) == 4
        loaded = {seen.connection for seen in server.requests if seen.target.endswith("/1")}
        assert all(seen.connection not in loaded for seen in server.requests[1:])
