"""Threads and processes at full size: `tox -e slow`."""

from __future__ import annotations

import multiprocessing
import ssl
from functools import partial
from pathlib import Path

import pytest

from test.faults.server import FaultServer
from test.processes.calls import client_of, own_answers, warm, wrong_answers
from test.processes.tls_server import connections_of, tls_server
from test.processes.watching import Child, run
from test.processes.work import call_with_kept, keep

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

CHILDREN = [range(start, start + 200) for start in range(1000, 9000, 1000)]


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
