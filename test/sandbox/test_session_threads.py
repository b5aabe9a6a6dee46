"""One session of many threads, or of many tasks: who logs in, who waits, and in whose name calls are made."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any

import pytest

from elements_sdk import LoginFailed, SessionExpired
from elements_sdk._utils.sync import run
from elements_sdk.sandbox import Sandbox
from test.both_clients import both_kinds, only_blocking
from test.sandbox.test_session import logins, session_of, whoami

pytestmark = both_kinds


@pytest.fixture
def server(fresh_sandbox: Sandbox) -> Sandbox:
    return fresh_sandbox


def in_threads(count: int, work: Callable[[], object]) -> list[BaseException]:
    """Do the work in this many threads, and return what they raised."""
    raised: list[BaseException] = []

    def run() -> None:
        try:
            work()
        except BaseException as error:
            raised.append(error)

    threads = [threading.Thread(target=run) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised


def test_sixteen_threads_log_in_once_when_the_session_ends(server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        together, ended = threading.Barrier(16), threading.Barrier(16)

        def work() -> None:
            for _ in range(3):
                assert session.auth.create_auth_ticket().ticket
            if together.wait() == 0:
                server.end_sessions()
            ended.wait()
            for _ in range(3):
                assert session.auth.create_auth_ticket().ticket

        assert in_threads(16, work) == []
        assert logins(server) == 2


def end_sessions_at(points: Iterable[int], server: Sandbox) -> None:
    """Make forty calls as another user in eight threads, and end all sessions at these points among them."""
    with session_of(server, server.admin) as session:
        for point in points:
            with session.impersonate(server.user.id):
                steps, lock, turn = iter(range(40)), threading.Lock(), threading.Barrier(8)

                def work(point: int = point, steps: Any = steps, lock: Any = lock, turn: Any = turn) -> None:
                    turn.wait()
                    for _ in range(5):
                        with lock:
                            if next(steps) == point:
                                server.end_sessions()
                        with suppress(SessionExpired):
                            session.auth.generate_password()

                assert in_threads(8, work) == []
            assert whoami(session) == "admin"
    made_by = {request.user for request in server.requests if request.path.endswith("/generate-password")}
    assert made_by <= {"user", None}  # by the server's own record
    assert "user" in made_by


def test_no_call_meant_for_another_is_made_as_the_administrator(fresh_sandbox: Sandbox) -> None:
    end_sessions_at((0, 7, 20, 33, 39), fresh_sandbox)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_call_meant_for_another_is_made_as_the_administrator_at_any_point(fresh_sandbox: Sandbox) -> None:
    for start in range(0, 40, 10):  # in parts, since the sandbox records the last 1,000 requests only
        end_sessions_at(range(start, start + 10), fresh_sandbox)


@only_blocking
def test_background_call_of_an_impersonation_that_has_ended_is_not_made(server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        with session.impersonate(server.user.id):
            held = threading.Event()
            session._client.pool.apply_async(held.wait, (10,))  # keeps the only thread of the pool busy
            waiting = session.auth.generate_password(async_req=True)
        held.set()
        with pytest.raises(SessionExpired):
            waiting.get(10)
    assert not [request for request in server.requests if request.path.endswith("/generate-password")]


@only_blocking
def test_ctrl_c_while_it_waits_to_stop_leaves_nobody_impersonated(fresh_sandbox: Sandbox) -> None:
    with session_of(fresh_sandbox, fresh_sandbox.admin) as session:
        release = threading.Event()

        async def hold() -> None:
            async with session._lock.shared():
                release.wait(2)

        holder = threading.Thread(target=lambda: run(hold()))
        timer = threading.Timer(0.3, signal.raise_signal, (signal.SIGINT,))

        def leave_while_a_call_is_held() -> None:
            with session.impersonate(fresh_sandbox.user.id):
                holder.start()
                timer.start()

        with pytest.raises(KeyboardInterrupt):
            leave_while_a_call_is_held()
        release.set()
        holder.join()
        assert whoami(session) == "admin"
        with session.impersonate(fresh_sandbox.user.id):
            assert whoami(session) == "user"


def test_refused_renewal_is_asked_for_once_by_all_threads(fresh_sandbox: Sandbox) -> None:
    server = fresh_sandbox
    with session_of(server, server.user) as session:
        token = server.password_reset_token("user")
        session.auth.reset_password({"token": token, "password": "Lantern-4471-x"})
        server.end_sessions()
        raised = in_threads(16, lambda: whoami(session))
        assert [type(error) for error in raised] == [LoginFailed] * 16
        assert logins(server) == 2
