"""One client in many threads, forked and spawned processes and greenlets, and what it leaves behind."""

from __future__ import annotations

import copy
import pickle
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path

import pytest

from elements_sdk import ApiClient, ApiException, ApiValueError, AuthApi, Configuration, Session
from test.faults.backlog import filled_backlog
from test.faults.behaviours import answer, deaf, silence
from test.faults.server import FaultServer
from test.processes.calls import client_of, held_answer, own_answers, warm, wrong_answers
from test.processes.tls_server import connections_of, tls_server
from test.processes.watching import Child, finish, in_threads, nothing_left, run, start, wait_until

COOKIES = [("Set-Cookie", "sessionid=SESSION; Path=/"), ("Set-Cookie", "csrftoken=CSRF; Path=/")]
AT_ONCE = 3.0  # seconds; whatever waits for something that hangs takes longer


def connections_used(server: FaultServer, numbers: range) -> set[int]:
    """Return the numbers of the connections that calls for these tokens came over."""
    return {seen.connection for seen in server.requests if int(seen.target.rpartition("/")[2]) in numbers}


# Threads


@contextmanager
def call_that_hangs(phase: str, stack: ExitStack) -> Iterator[tuple[ApiClient, FaultServer]]:
    """Start a call that waits for a phase to end; yield its client, and a server that answers other calls."""
    other = stack.enter_context(FaultServer(own_answers()))
    server = stack.enter_context(FaultServer(silence() if phase == "answer" else deaf()))
    host = server.host
    if phase == "handshake":
        host = f"https://127.0.0.1:{server.port}"
    elif phase == "connection":
        address = stack.enter_context(filled_backlog())
        host = f"http://{address[0]}:{address[1]}"
    client = client_of(host)
    failed = threading.Event()

    def call() -> None:
        with pytest.raises(ApiException):
            AuthApi(client).create_auth_ticket(_request_timeout=AT_ONCE / 2.5)
        failed.set()

    thread = threading.Thread(target=call)
    thread.start()
    time.sleep(0.2)
    yield client, other
    assert not failed.is_set()  # so it was waiting all the time
    server.close()
    thread.join()


@pytest.mark.parametrize("phase", ["answer", "handshake", "connection"])
def test_call_that_hangs_stops_no_other_thread(phase: str) -> None:
    with ExitStack() as stack, call_that_hangs(phase, stack) as (client, other):
        client.configuration.pickle_credentials = True
        started = time.monotonic()
        assert client.call_api("/things/7", "GET", response_type="object", _host=other.host).data["id"] == 7
        assert copy.deepcopy(client).configuration.host == client.configuration.host
        assert pickle.loads(pickle.dumps(client)).configuration.host == client.configuration.host
        client.close()
        assert time.monotonic() - started < 1
        with pytest.raises(ApiValueError, match="closed"):
            AuthApi(client).create_auth_ticket()


def test_close_closes_the_connections_that_are_not_in_use() -> None:
    with FaultServer(own_answers(0.05)) as server, nothing_left():
        client = client_of(server.host)
        warm(client, 4)
        client.close()


def test_close_leaves_no_connection_of_a_call_that_is_under_way() -> None:
    go = threading.Event()
    with FaultServer(held_answer(go)) as server, nothing_left():
        client = client_of(server.host)
        thread = threading.Thread(target=wrong_answers, args=(client, [1]))
        thread.start()
        wait_until(server.count)
        client.close()
        go.set()
        thread.join()


def test_close_leaves_no_connection_of_a_call_that_is_retried_later() -> None:
    later = answer(503, headers=[("Retry-After", "1")], times=1)
    with FaultServer(later, own_answers()) as server, nothing_left():
        client = client_of(server.host)
        thread = threading.Thread(target=AuthApi(client).get_access_token, args=(1,))
        thread.start()
        wait_until(server.count)
        client.close()
        thread.join()


def test_calls_that_wait_for_a_free_connection_get_one_after_a_close() -> None:
    go = threading.Event()
    wrong: list[int] = []
    with FaultServer(held_answer(go)) as server:
        client = client_of(server.host, pool=1)
        client.configuration.total_timeout = AT_ONCE

        def close() -> None:
            wait_until(server.count)
            time.sleep(0.2)  # so that the other calls wait
            client.close()
            go.set()

        closing = threading.Thread(target=close)
        closing.start()
        in_threads(lambda number: wrong.extend(wrong_answers(client, [number])), 3)
        closing.join()
    assert wrong == []


# Forks


def test_parent_and_children_call_at_once_over_connections_of_their_own(tmp_path: Path) -> None:
    with tls_server(tmp_path) as server, server.client() as client:
        warm(client, 4)
        before = connections_of(client, range(10))
        spans = [range(start, start + 30) for start in (1000, 2000, 3000)]
        children = [Child(partial(connections_of, client, numbers)) for numbers in spans]
        used = [before | connections_of(client, range(100, 130)), *(child.result() for child in children)]
        used[0] |= connections_of(client, range(130, 140))
        assert len(set().union(*used)) == sum(map(len, used))
        assert len(used) == 4


def test_child_keeps_the_session_and_goes_its_own_way() -> None:
    with FaultServer(own_answers(headers=COOKIES)) as server, client_of(server.host, key=None) as client:
        assert wrong_answers(client, [1]) == []
        Child(lambda: AuthApi(client).create_auth_ticket().ticket).result()
        of_child = server.requests[-1]
        assert of_child.method == "POST"
        assert of_child.header("Cookie") == "sessionid=SESSION; csrftoken=CSRF"
        assert of_child.header("X-CSRFToken") == "CSRF"


def test_fork_in_the_middle_of_a_call() -> None:
    go = threading.Event()
    with FaultServer(held_answer(go), own_answers()) as server, client_of(server.host, pool=1) as client:
        wrong: list[list[int]] = []
        thread = threading.Thread(target=lambda: wrong.append(wrong_answers(client, [1, 2])))
        thread.start()
        wait_until(server.count)
        assert Child(lambda: wrong_answers(client, range(10, 15))).result(AT_ONCE) == []
        assert wrong == []
        go.set()
        thread.join()
        assert wrong == [[]]
        assert connections_used(server, range(10)).isdisjoint(connections_used(server, range(10, 15)))


def test_forks_while_threads_hold_locks() -> None:
    with FaultServer(own_answers(headers=COOKIES)) as server:
        assert run("forks_under_load", server.host, "", "3", "20", within=55) == "20\n"


def test_child_has_threads_of_its_own_for_async_calls() -> None:
    with FaultServer(own_answers()) as server, client_of(server.host) as client:
        auth = AuthApi(client)
        assert auth.get_access_token(1, async_req=True).get(AT_ONCE).id == 1

        def work() -> list[int]:
            answers = [auth.get_access_token(number, async_req=True) for number in range(10, 20)]
            numbers = [answer.get(AT_ONCE).id for answer in answers]
            client.close()
            return numbers

        assert Child(work).result() == [*range(10, 20)]
        assert auth.get_access_token(2, async_req=True).get(AT_ONCE).id == 2


def test_session_in_a_child_that_is_forked_while_others_call() -> None:
    go = threading.Event()
    user = b'{"success": true, "user": {"id": 1, "username": "u"}}'
    login = answer(200, user, COOKIES, times=1)
    with (
        FaultServer(login, held_answer(go), answer(200, user, COOKIES)) as server,
        Session(Configuration(host=server.host), "u", "p") as session,
    ):
        thread = threading.Thread(target=session.auth.get_access_token, args=(1,))
        thread.start()
        wait_until(lambda: server.count() == 2)
        Child(session.login_again).result(AT_ONCE)  # in the parent, it would wait for the call that is under way
        go.set()
        thread.join()


# Other ways to start a process


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_pickled_client_calls_if_it_may_keep_its_credentials(method: str) -> None:
    with FaultServer(own_answers()) as server:
        left_out, wrong = run("pickled_clients", server.host, method).splitlines()
        assert left_out.startswith("ApiValueError: ")
        assert "set pickle_credentials before pickling" in left_out
        assert wrong == "[] [] [] []"
        assert server.count() == 40
        assert {seen.header("Authorization") for seen in server.requests} == {"Bearer KEY"}


# What is left behind


@pytest.mark.parametrize("case", ["dropped", "closed", "dropped after a call"])
def test_clients_leave_nothing_behind(case: str) -> None:
    count = 300 if "call" in case else 1000  # and 1000 in `test_processes_slow.py`
    with FaultServer(own_answers()) as server:
        descriptors, threads, memory = map(int, run("dropped_clients", server.host, f"{count}", case).split())
    assert (descriptors, threads) == (0, 0)
    assert memory < 5 * 2**20


def test_program_may_leave_a_client_open_at_its_end() -> None:
    with FaultServer(own_answers()) as server:
        assert run("exits", server.host, "client_left_open", within=5) == ""


def test_program_may_leave_the_threads_of_a_client_open_at_its_end() -> None:
    with FaultServer(own_answers()) as server:
        code, _, complaints = finish(start("exits", server.host, "pool_left_open"), within=5)
    assert code == 0
    # Python warns like this of a ThreadPool that was not closed, where such warnings are on.
    assert "ResourceWarning: unclosed running multiprocessing pool" in complaints
    assert complaints.count("Traceback") == 1


@pytest.mark.parametrize(
    "case", ["call", "call_within_block", "call_in_own_threads", "call_in_own_threads_within_block"]
)
def test_ctrl_c_ends_a_call(case: str) -> None:
    with FaultServer(silence()) as server:
        process = start("exits", server.host, case)
        wait_until(server.count)
        process.send_signal(signal.SIGINT)
        code, _, complaints = finish(process, within=AT_ONCE)
    assert code == -signal.SIGINT
    assert complaints.splitlines()[-1] == "KeyboardInterrupt"
    assert complaints.count("Traceback") == 1
