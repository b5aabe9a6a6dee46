"""A server that forks its workers: `tox -e slow`."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from test.faults.server import FaultServer
from test.processes.calls import own_answers
from test.processes.watching import ROOT, in_threads, wait_until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@contextmanager
def gunicorn(server: FaultServer, ca_file: str, log: Path) -> Iterator[str]:
    """Run four workers of the application in `test.guests.wsgi`, which is loaded before they are forked."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    line = ["-m", "gunicorn", "--preload", "--workers=4", "--backlog=512", f"--bind={address}", "--no-control-socket"]
    environment = {**os.environ, "ELEMENTS_TEST_HOST": server.host, "ELEMENTS_TEST_CA_FILE": ca_file}
    with log.open("w") as written:
        process = subprocess.Popen(
            [sys.executable, *line, "test.guests.wsgi"], cwd=ROOT, env=environment, stdout=written, stderr=written
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
