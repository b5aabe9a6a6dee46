"""The fault table: each row against a real socket, with the requests that the server counts, and the time it takes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiException, Configuration, DeadlineExceeded, ServiceException
from elements_sdk._http.timeouts import Timeouts
from test.both_clients import BOTH, ApiClient, AuthApi, only_blocking, read_raw, with_slow_override
from test.faults import behaviours as does
from test.faults.backlog import filled_backlog
from test.faults.certificates import Authority
from test.faults.rows import Fault, Outcome
from test.faults.server import Behaviour, Conversation, FaultServer
from test.faults.table import ROWS

pytestmark = with_slow_override


@dataclass
class Peer:
    """What a call connects to: an address, and the server that counts requests, if there is one."""

    host: str
    settings: dict[str, Any]
    server: FaultServer | None = None


@contextmanager
def peer_of(fault: Fault, folder: Path) -> Iterator[Peer]:
    with ExitStack() as stack:
        if fault.peer == "nowhere":
            with FaultServer(does.answer()) as gone:
                pass
            yield Peer(gone.host, {})
        elif fault.peer == "unknown":
            yield Peer("http://no-such-host.invalid", {})
        elif fault.peer == "backlog":
            host, port = stack.enter_context(filled_backlog())
            yield Peer(f"http://{host}:{port}", {})
        else:
            authority = Authority() if fault.peer == "tls" else None
            context = authority.context_for("localhost", "127.0.0.1") if authority else None
            server = stack.enter_context(FaultServer(*fault.script(), tls=context))
            settings = {"ssl_ca_cert": authority.ca_file(folder / "ca.pem")} if authority else {}
            yield Peer(server.host, settings, server)


def make(auth: AuthApi, call: str, **options: Any) -> Any:
    calls: dict[str, Callable[..., Any]] = {
        "GET": lambda **o: auth.get_access_token(7, **o),
        "POST": lambda **o: auth.create_auth_ticket(**o),
        "login": lambda **o: auth.login({"username": "uma", "password": "secret"}, **o),
        "DELETE": lambda **o: auth.delete_access_token(7, **o),
    }
    return calls[call](**options)


def configuration_of(peer: Peer, **settings: Any) -> Configuration:
    configuration = Configuration(host=peer.host)
    for name, value in {**peer.settings, **settings}.items():
        setattr(configuration, name, value)
    return configuration


def row(kind: str, number: int, fault: Fault, call: str) -> Any:
    """Return a row for one of the clients; for asyncio one in eight is in the fast set."""
    is_slow = kind == "asyncio" and number % 8
    name = f"{call}: {fault.name[:70]}" if kind == "blocking" else f"{kind} {call}: {fault.name[:70]}"
    return pytest.param(kind, fault, call, id=name, marks=pytest.mark.slow if is_slow else ())


CASES = [row(kind, number, *given) for kind in BOTH for number, given in enumerate(ROWS)]


@pytest.mark.parametrize(("client_kind", "fault", "call"), CASES, indirect=["client_kind"])
@pytest.mark.filterwarnings("ignore::elements_sdk.InsecureTransportWarning")
def test_fault(client_kind: str, fault: Fault, call: str, tmp_path: Path) -> None:
    expected = fault.outcome(call, client_kind)
    with peer_of(fault, tmp_path) as peer, ApiClient(configuration_of(peer, **fault.settings)) as client:
        auth = AuthApi(client)
        if fault.is_warm:
            auth.create_auth_ticket()
            time.sleep(fault.idle)
        started = time.monotonic()
        error: ApiException | None = None
        try:
            make(auth, call, _request_timeout=fault.timeout)
        except ApiException as raised:
            error = raised
        took = time.monotonic() - started
        compare(expected, error)
        assert took < fault.within + 0.5
        assert counted(peer.server, expected.requests) == expected.requests


def counted(server: FaultServer | None, expected: int) -> int:
    """Return how many requests the server has seen, once those on their way have had time to arrive."""
    if server is None:
        return 0
    end = time.monotonic() + 1
    while server.count() < expected and time.monotonic() < end:
        time.sleep(0.01)
    return server.count()


def compare(expected: Outcome, error: ApiException | None) -> None:
    assert (None if error is None else type(error)) is expected.kind, error
    if error is not None:
        assert (error.request_sent, error.attempts) == (expected.request_sent, expected.attempts), error
        assert error.__cause__ is None
        assert error.__context__ is None


def test_outage_is_not_answered_with_a_multiple_of_load() -> None:
    with FaultServer(does.answer(503)) as server:
        settings = Configuration(host=server.host)
        settings.retries = 4
        with ApiClient(settings) as client, ThreadPoolExecutor(50) as threads:
            results = list(threads.map(lambda _: raised_by(AuthApi(client).get_access_token, 7), range(50)))
        assert all(type(error) is ServiceException for error in results)
        assert server.count() == 50 + 100  # a budget of 500 tokens, 5 for each retry
        server.requests.clear()
        with ApiClient(settings) as another:
            raised_by(AuthApi(another).get_access_token, 7)
        assert server.count() == 5


def raised_by(call: Callable[..., Any], *arguments: Any, **options: Any) -> ApiException | None:
    try:
        call(*arguments, **options)
    except ApiException as error:
        return error
    return None


def test_success_refills_the_budget() -> None:
    script: list[int] = []

    def behave(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(does.message(script.pop(0) if script else 200))

    with FaultServer(behave) as server:
        settings = Configuration(host=server.host)
        with ApiClient(settings) as client:
            auth = AuthApi(client)
            client._sender.budget.left = 0
            script[:] = [503]
            assert type(raised_by(auth.get_access_token, 7)) is ServiceException
            for _ in range(5):
                auth.get_access_token(7)
            script[:] = [503]
            auth.get_access_token(7)
        assert server.count() == 1 + 5 + 2


def test_pool_smaller_than_the_threads_serves_them_all_one_after_the_other() -> None:
    with FaultServer(does.late_answer(0.05)) as server:
        settings = Configuration(host=server.host)
        settings.connection_pool_maxsize = 2
        with ApiClient(settings) as client, ThreadPoolExecutor(8) as threads:
            errors = list(threads.map(lambda _: raised_by(AuthApi(client).create_auth_ticket), range(24)))
        assert errors == [None] * 24
        assert (server.count(), server.connections) == (24, 2)


def test_wait_for_a_pooled_connection_ends_with_the_call() -> None:
    with FaultServer(does.late_answer(1)) as server:
        settings = Configuration(host=server.host)
        settings.connection_pool_maxsize = 1
        with ApiClient(settings) as client:
            waiting = threading.Thread(target=AuthApi(client).create_auth_ticket)
            waiting.start()
            time.sleep(0.2)
            started = time.monotonic()
            with pytest.raises(DeadlineExceeded, match="waiting for a free connection") as caught:
                AuthApi(client).login({"username": "uma", "password": "secret"}, _request_timeout=0.3)
            assert time.monotonic() - started < 0.7
            waiting.join()
        assert (caught.value.request_sent, caught.value.phase) == ("no", "waiting for a free connection")
        assert server.count() == 1


PHASES: list[tuple[Behaviour, str]] = [
    (does.silence(), "waiting for the answer"),
    (does.slow_headers(0.05), "waiting for the answer"),
    (does.dripping_body(0.05), "reading the answer"),
]


@pytest.mark.parametrize(("behaviour", "phase"), PHASES, ids=[phase for _, phase in PHASES])
@pytest.mark.parametrize("limit", ["_request_timeout", "total_timeout"])
def test_deadline_says_in_which_phase(behaviour: Behaviour, phase: str, limit: str) -> None:
    with FaultServer(behaviour) as server:
        settings = Configuration(host=server.host)
        settings.total_timeout = 0.4 if limit == "total_timeout" else 120
        own = 0.4 if limit == "_request_timeout" else None
        with ApiClient(settings) as client, pytest.raises(DeadlineExceeded) as caught:
            AuthApi(client).get_access_token(7, _request_timeout=own)
    assert caught.value.phase == phase
    assert str(caught.value).startswith(f"the call took longer than its limit of 0.4 s, {phase}; total_timeout or ")


def test_large_request_that_is_not_read_ends_in_time() -> None:
    with FaultServer(does.deaf()) as server, ApiClient(Configuration(host=server.host)) as client:
        started = time.monotonic()
        with pytest.raises(DeadlineExceeded) as caught:
            client.call_api(
                "/upload",
                "POST",
                body="x" * 10_000_000,
                header_params={"Content-Type": "text/plain"},
                _request_timeout=0.5,
            )
        assert time.monotonic() - started < 2
    assert (caught.value.phase, caught.value.request_sent) == ("sending the request", "maybe")


def test_deadline_bounds_all_attempts_together() -> None:
    with FaultServer(does.close_after_request()) as server:
        settings = Configuration(host=server.host)
        settings.retries = 100
        with ApiClient(settings) as client:
            started = time.monotonic()
            error = raised_by(AuthApi(client).get_access_token, 7, _request_timeout=1.5)
            assert time.monotonic() - started < 2
        assert error is not None
        assert error.attempts == server.count() > 1


def test_raw_response_is_read_without_a_limit_to_the_whole() -> None:
    with FaultServer(does.dripping_body(0.02, 50)) as server, ApiClient(Configuration(host=server.host)) as client:
        raw = AuthApi(client).get_access_token(7, _preload_content=False, _request_timeout=0.3)
        assert len(read_raw(raw)) == 50


@pytest.mark.parametrize("limits", [None, (None, None), (0.5, None)])
def test_no_limit_has_to_be_asked_for(limits: Any) -> None:
    with FaultServer(does.late_answer(0.2)) as server:
        settings = Configuration(host=server.host)
        settings.timeout, settings.total_timeout = limits, None
        with ApiClient(settings) as client:
            AuthApi(client).create_auth_ticket()
            assert Timeouts(*client._settings().timeouts).left() is None


@only_blocking  # in asyncio one timeout is for all headers
def test_timeout_for_a_chunk_is_not_that_of_headers_which_come_steadily() -> None:
    with FaultServer(does.slow_headers(0.2, 5)) as server, ApiClient(Configuration(host=server.host)) as client:
        assert client.call_api("/x", "GET", response_type="object", _request_timeout=(5, 0.6)).data == {}
