"""Calls that fail in every way while secrets are under way, for tests of what their frames show."""

from __future__ import annotations

import asyncio
import signal
import threading
import time
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any

import pytest

import elements_sdk
from elements_sdk import Configuration, models
from elements_sdk.api import auth_api
from test.both_clients import ApiClient, AuthApi, BlockingFacade, Session, is_asyncio, map_calls, run
from test.faults import behaviours as does
from test.faults.server import Conversation, FaultServer
from test.recording import CannedResponse, Recorded, RecordingServer
from test.wire.test_secrets import MARKERS, calls, clients, echoing

PACKAGE = str(Path(elements_sdk.__file__).parent)
Failure = tuple[str, BaseException]  # the function of ours that was called, and what it raised

_REFUSED_BODIES: dict[str, Any] = {
    "check_auth_ticket": {"ticket": [MARKERS["ticket"]]},
    "login": {"username": "", "password": MARKERS["password"], "otp": MARKERS["otp"]},
    "reset_password": {"token": MARKERS["reset"], "password": {"new": MARKERS["newpass"]}},
    "send_access_token_email_notification": {"email": [MARKERS["share"]]},
    "start_impersonation": {"user": MARKERS["session"]},
}


def failure_of(call: Callable[..., Any], *arguments: Any, **options: Any) -> Failure:
    """Make a call that must fail, and return what it raised."""
    try:
        call(*arguments, **options)
    except BaseException as error:
        named = call.func if isinstance(call, partial) else call
        return getattr(named, "__name__", ""), error
    raise AssertionError("it has not failed")


def of_all_methods(host: str, **options: Any) -> Iterator[Failure]:
    """Yield the failures of all methods, with dicts and models, an API key and a session."""
    for client in clients(host):
        for kind in (dict, object):
            for call in calls(AuthApi(client), kind)[:-1]:
                yield failure_of(call, **options)


def server_down() -> Iterator[Failure]:
    yield from of_all_methods("http://127.0.0.1:9")


def timeout() -> Iterator[Failure]:
    with FaultServer(does.silence()) as server:
        yield from of_all_methods(server.host, _request_timeout=0.03)


def status(number: int) -> Iterator[Failure]:
    with RecordingServer() as server:
        server.answer = echoing(number)
        yield from of_all_methods(server.host)


def damaged_body() -> Iterator[Failure]:
    def answer(request: Recorded) -> CannedResponse:
        return CannedResponse(200, b'{"ticket": "%b", ' % MARKERS["ticket"].encode() + request.body)

    with RecordingServer() as server:
        server.answer = answer
        for client in clients(server.host):
            for call in calls(AuthApi(client), dict)[:-1]:
                name = call.func.__name__  # type: ignore[attr-defined]
                if next(item for item in auth_api.OPERATIONS if item.name == name).result:
                    yield failure_of(call)


def body_cut() -> Iterator[Failure]:
    with FaultServer(does.close_within_body(3, 100)) as server:
        yield from of_all_methods(server.host)


def refused_argument() -> Iterator[Failure]:
    auth = AuthApi(clients("http://127.0.0.1:9")[0])
    for operation in auth_api.OPERATIONS:
        method = getattr(auth, operation.name)
        path = {item.name: 7 for item in operation.parameters if item.required}
        for name in path:
            others: dict[str, Any] = {"data": {}} if operation.body else {}
            yield failure_of(method, **{**others, **path, name: [MARKERS["share"]]})
        if operation.body:
            yield failure_of(method, **path, data=[MARKERS["password"]])
        else:
            yield failure_of(method, **path, _request_timeout=-1)


def refused_body() -> Iterator[Failure]:
    auth = AuthApi(clients("http://127.0.0.1:9")[0])
    for name, body in _REFUSED_BODIES.items():
        path = [7] if name.startswith("send") else []
        yield failure_of(getattr(auth, name), *path, data=body)
        unsendable = {"username": "u", "user": 1, "email": "e", "x": {MARKERS["otp"]: object()}}
        secrets = {"password": MARKERS["password"], "token": MARKERS["reset"], "ticket": MARKERS["ticket"]}
        yield failure_of(getattr(auth, name), *path, data=unsendable | secrets)


def mistyped_keyword() -> Iterator[Failure]:
    secret: dict[str, Any] = {"pasword": MARKERS["password"], "tokens": {"a": [MARKERS["share"]]}}
    auth = AuthApi(clients("http://127.0.0.1:9")[0])
    for operation in auth_api.OPERATIONS:
        for name in (operation.name, f"{operation.name}_with_http_info"):
            needed: dict[str, Any] = {item.name: 7 for item in operation.parameters if item.required}
            if operation.body:
                needed["data"] = dict(operation.body_example)
            for given in ({}, needed):
                yield failure_of(getattr(auth, name), **given, **secret)
            yield failure_of(getattr(auth, name), **needed, async_req=True, **secret)
    yield failure_of(auth.iter_access_tokens, **secret)
    yield failure_of(auth.iter_access_tokens, limit=3, **secret)
    for kind in {item.body for item in auth_api.OPERATIONS if item.body}:
        yield "__init__", failure_of(getattr(models, kind), **secret)[1]
    yield "__init__", failure_of(Configuration, **secret)[1]


def refused_proxy() -> Iterator[Failure]:
    """Yield what comes of proxies, with passwords, that are no proxies or refuse, as the environment names them."""
    secret = f"u:{MARKERS['proxy']}@"
    with FaultServer(does.answer(403)) as refusing, pytest.MonkeyPatch.context() as patch:
        patch.setenv("HTTP_PROXY", f"http://{secret}127.0.0.1:99999")
        yield "__init__", failure_of(ApiClient, Configuration(host="http://a.localhost"))[1]
        for address in ("127.0.0.1:9", f"127.0.0.1:{refusing.port}"):
            for host in ("http://a.localhost", "https://a.localhost"):
                patch.setenv(f"{host.partition(':')[0].upper()}_PROXY", f"http://{secret}{address}")
                yield from of_all_methods(host)


def refused_property() -> Iterator[Failure]:
    kinds = [getattr(models, item.body) for item in auth_api.OPERATIONS if item.body]
    for kind in kinds:
        yield "__init__", failure_of(kind, **{name: [MARKERS["password"]] for name in kind.openapi_types})[1]
        yield "__init__", failure_of(kind, MARKERS["password"], oops=MARKERS["otp"])[1]
    ticket = models.Ticket(ticket="t")
    yield "assign", failure_of(setattr, ticket, "ticket", [MARKERS["ticket"]])[1]


def refused_setting() -> Iterator[Failure]:
    settings = Configuration()
    wrong: dict[str, Any] = {
        "host": f"https://u:{MARKERS['password']}@x",
        "api_key": MARKERS["apikey"],
        "password": [MARKERS["password"]],
        "proxy": {"http": MARKERS["proxy"]},
        "proxy_headers": {"Proxy-Authorization": MARKERS["proxy"] + "\n"},
        "key_password": {1: MARKERS["passphrase"]},
        "retries": MARKERS["header"],
        "pasword": {"a": MARKERS["password"]},
    }
    for name, value in wrong.items():
        yield "__setattr__", failure_of(setattr, settings, name, value)[1]
    secret = {"Bearer": MARKERS["apikey"]}
    for given in ({"host": wrong["host"], "api_key": secret}, {"api_key": secret, "password": wrong["password"]}):
        yield "__init__", failure_of(Configuration, **given)[1]
    of_environment = {"ELEMENTS_HOST": "nonsense", "ELEMENTS_API_TOKEN": MARKERS["apikey"]}
    yield "from_env", failure_of(Configuration.from_env, of_environment)[1]


def refused_header() -> Iterator[Failure]:
    for name, value in (("X-Custom", MARKERS["header"] + "\n"), ("X Custom", MARKERS["header"])):
        for client in clients("http://127.0.0.1:9"):
            client.set_default_header(name, value)
            for call in calls(AuthApi(client), dict)[:-1]:
                yield failure_of(call)
    client = ApiClient(Configuration(api_key={"Bearer": MARKERS["apikey"] + "\n"}), cookie=MARKERS["cookie"])
    for call in calls(AuthApi(client), dict)[:-1]:
        if next(item for item in auth_api.OPERATIONS if item.name == call.func.__name__):  # type: ignore[attr-defined]
            yield failure_of(call)


def refused_call_api() -> Iterator[Failure]:
    with RecordingServer() as server:
        server.answer = echoing(500)
        client = clients(server.host)[0]
        good: dict[str, Any] = {
            "path_params": {"ticket": MARKERS["ticket"]},
            "query_params": {"token": MARKERS["reset"]},
            "header_params": {"X-Key": MARKERS["header"]},
            "body": {"password": MARKERS["password"]},
        }
        wrong: list[dict[str, Any]] = [
            {},
            {"path_params": {"ticket": [MARKERS["otp"]]}},
            {"query_params": [MARKERS["reset"]]},
            {"header_params": [MARKERS["header"]]},
            {"header_params": {"X-Key": MARKERS["header"] + "\n"}},
            {"body": {MARKERS["otp"]: object()}},
            {"post_params": {"otp": MARKERS["otp"]}},
            {"files": {"file": f"/{MARKERS['password']}/name"}},
            {"response_type": "Nonsense"},
            {"_host": f"https://u:{MARKERS['password']}@x"},
            {"_request_timeout": -1},
        ]
        for parts in wrong:
            yield failure_of(client.call_api, "/things/{ticket}", "POST", **{**good, **parts})
            named = {"headers" if name == "header_params" else name: part for name, part in {**good, **parts}.items()}
            for name in ("path_params", "files", "response_type", "_host"):
                named.pop(name, None)
            yield failure_of(client.request, "POST", f"{server.host}/?token={MARKERS['reset']}", **named)
        yield failure_of(client.request, "GET", f"http://u:{MARKERS['password']}@storage.example.com/")
        yield failure_of(client.call_api, "things", "POST", **good)
        yield failure_of(client.call_api, "/things", "POSTS", **good)


def sending() -> Iterator[Failure]:
    query: dict[str, Any] = {"token": MARKERS["reset"]}
    with RecordingServer() as server:
        client = clients(server.host)[0]
        client.configuration.retries = 0
        for number, parts in (
            (500, {"json": {"password": MARKERS["password"]}}),
            (200, {"returns": lambda _values: 1 // 0}),
            (200, {"returns": list[models.Ticket]}),
            (200, {"json": {MARKERS["otp"]: object()}}),
            (200, {"query": [MARKERS["reset"]]}),
            (200, {"query": {"a": {"b": MARKERS["reset"]}}}),
            (200, {"returns": "Nonsense"}),
            (200, {"_request_timeout": -1}),
        ):
            server.answer = echoing(number)
            yield failure_of(client.send, "POST", "/things", **{"query": query, **parts})
        server.answer = echoing(500)
        for wrong in ({"page_size": 0}, {"query": {"limit": MARKERS["reset"]}}, {"order": 7}, {"returns": 7}):
            yield failure_of(client.iterate, "/things", **{"query": query, **wrong})
        pager = client.iterate("/things", query=query)
        yield "__anext__" if is_asyncio() else "__next__", failure_of(next, pager)[1]


def sessions() -> Iterator[Failure]:
    given: dict[str, Any] = {"otp": MARKERS["otp"], "new_password": MARKERS["newpass"]}
    with RecordingServer() as server, FaultServer(does.silence()) as silent:
        for host, number in (("http://127.0.0.1:9", 0), (server.host, 401), (server.host, 400), (silent.host, 0)):
            server.answer = echoing(number)
            settings = Configuration(host=host)
            settings.total_timeout, settings.retries = 0.2, 0
            session = Session(settings, "uma", MARKERS["password"], **given)
            yield "__aenter__" if is_asyncio() else "__enter__", failure_of(session.__enter__)[1]


def bulk() -> Iterator[Failure]:
    tickets = [{"ticket": MARKERS["ticket"]}]
    auth = AuthApi(clients("http://127.0.0.1:9")[0])
    yield "map_calls", failure_of(map_calls, auth.check_auth_ticket, tickets, max_concurrency=0)[1]
    yield "map_calls", failure_of(map_calls, auth.check_auth_ticket, tickets, progress=7)[1]

    def stop(*_: object) -> None:
        raise RuntimeError

    jobs = map_calls(auth.check_auth_ticket, tickets, progress=stop)
    try:
        yield "__anext__" if is_asyncio() else "__next__", failure_of(next, jobs)[1]
    finally:
        jobs.close()


def interrupted() -> Iterator[Failure]:
    """Yield what Ctrl-C raises in the blocking client while it waits, and a cancellation in the asyncio client."""
    for behaviour in (_silent, _within_body):
        if is_asyncio():
            yield from _cancelled(behaviour)
        else:
            with _interrupting() as interrupt, FaultServer(partial(behaviour, interrupt)) as server:
                yield from of_all_methods(server.host)


def _silent(then: Callable[[], object], conversation: Conversation) -> None:
    if conversation.read_request():
        then()
        conversation.listen()


def _within_body(then: Callable[[], object], conversation: Conversation) -> None:
    if conversation.read_request():
        cookie = f"Set-Cookie: sessionid={MARKERS['session']}\r\n".encode()
        body = b'{"ticket": "%b' % MARKERS["ticket"].encode()
        conversation.send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n" + cookie + b"\r\n" + body)
        then()
        conversation.listen()


@contextmanager
def _interrupting() -> Iterator[Callable[[], None]]:
    """Yield a function for other threads that interrupts the main thread, once."""
    waiting: list[bool] = []

    def interrupt() -> None:
        waiting.append(True)
        while waiting:  # a signal just before a system call does not end it
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGUSR1)
            time.sleep(0.005)

    def handle(_number: int, _frame: FrameType | None) -> None:
        if waiting:
            waiting.clear()
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGUSR1, handle)
    try:
        yield interrupt
    finally:
        signal.signal(signal.SIGUSR1, before)


def _cancelled(behaviour: Callable[..., None]) -> Iterator[Failure]:
    arrived = threading.Event()
    with FaultServer(partial(behaviour, arrived.set)) as server:
        for client in clients(server.host):
            for call in calls(AuthApi(client), dict)[:-1]:
                arrived.clear()
                assert isinstance(call, partial)
                yield call.func.__name__, run(_cancel(call, arrived))


async def _cancel(call: partial[Any], arrived: threading.Event) -> BaseException:
    method = call.func.__wrapped__  # type: ignore[attr-defined]
    task = asyncio.ensure_future(method(*(_inner(item) for item in call.args), **call.keywords))
    await asyncio.to_thread(arrived.wait)
    task.cancel()
    try:
        await task
    except asyncio.CancelledError as error:
        return error
    raise AssertionError("it was not cancelled")


def _inner(item: Any) -> Any:
    return item._inner if isinstance(item, BlockingFacade) else item


TROUBLES: dict[str, Callable[[], Iterable[Failure]]] = {
    "server_down": server_down,
    "timeout": timeout,
    "status_400": partial(status, 400),
    "status_401": partial(status, 401),
    "status_500": partial(status, 500),
    "damaged_body": damaged_body,
    "body_cut": body_cut,
    "refused_argument": refused_argument,
    "refused_body": refused_body,
    "mistyped_keyword": mistyped_keyword,
    "refused_proxy": refused_proxy,
    "refused_property": refused_property,
    "refused_setting": refused_setting,
    "refused_header": refused_header,
    "refused_call_api": refused_call_api,
    "sending": sending,
    "sessions": sessions,
    "bulk": bulk,
    "interrupted": interrupted,
}


def chain(error: BaseException) -> list[BaseException]:
    """Return an exception with its causes and contexts."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        item = waiting.pop()
        if item is not None and item not in found:
            found.append(item)
            waiting += [item.__cause__, item.__context__]
    return found


def frames_of(error: BaseException) -> list[FrameType]:
    """Return the frames of an exception, its causes and contexts, without those of tests."""
    frames = [frame for item in chain(error) for frame, _line in traceback.walk_tb(item.__traceback__)]
    return [frame for frame in frames if not frame.f_code.co_filename.startswith(str(Path(__file__).parent))]


def only_with_our_frames(error: BaseException) -> BaseException:
    """Take the frames of other code out of an exception's traceback: those of a test hold secrets."""
    steps = list(_steps(error.__traceback__))
    ours: TracebackType | None = None
    for step in reversed(steps):
        if step.tb_frame.f_code.co_filename.startswith(PACKAGE):
            ours = TracebackType(ours, step.tb_frame, step.tb_lasti, step.tb_lineno)
    return error.with_traceback(ours)


def _steps(step: TracebackType | None) -> Iterator[TracebackType]:
    while step is not None:
        yield step
        step = step.tb_next


def shown(value: Any, depth: int = 5) -> Iterator[str]:
    """Yield what an error reporter may show of a local: it walks mappings, sequences, and objects without a repr."""
    if isinstance(value, str | bytes | bytearray):
        yield value if isinstance(value, str) else bytes(value).decode("latin-1")
    elif isinstance(value, Mapping | Sequence | set | frozenset) and depth:
        for item in value:
            yield from shown(item, depth - 1)
        for item in value.values() if isinstance(value, Mapping) else ():
            yield from shown(item, depth - 1)
    elif _has_no_repr(value) and hasattr(value, "__dict__") and depth:
        yield from shown(vars(value), depth - 1)
    else:
        yield repr(value)


def _has_no_repr(value: Any) -> bool:
    own: Any = type(value).__repr__
    return own is object.__repr__
