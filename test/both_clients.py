"""One source of tests for both clients: the names here stand for the blocking client, or for the asyncio client behind
a facade that blocks, as the mark of the test says.

The asyncio client lives in the loop of a thread of its own; each call from a test is a task there, so that tests with
threads become tests with tasks.
"""

from __future__ import annotations

import asyncio
import copy
import inspect
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from functools import wraps
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import aiohttp
import pytest

import elements_sdk
from elements_sdk import aio, bulk

BOTH = ("blocking", "asyncio")
PASSED_ON = ", call_api overridden"
both_kinds = pytest.mark.kinds(*BOTH)
with_override = pytest.mark.kinds(*BOTH, overridden=True)  # once more with a `call_api` that passes all on
with_slow_override = pytest.mark.kinds(*BOTH, overridden="slow")
only_blocking = pytest.mark.kinds("blocking")
only_asyncio = pytest.mark.kinds("asyncio")
slow_with_asyncio = pytest.mark.kinds(*BOTH, slow="asyncio")


def parametrize(metafunc: pytest.Metafunc) -> None:
    """Run a test once for each kind of client that the closest mark names, unless it has cases of its own."""
    mark = metafunc.definition.get_closest_marker("kinds")
    own = [str(given.args[0]) for given in metafunc.definition.iter_markers("parametrize")]
    if mark is None or any("client_kind" in names for names in own):
        return
    slow = mark.kwargs.get("slow")
    cases = [pytest.param(kind, marks=pytest.mark.slow if kind == slow else ()) for kind in mark.args]
    overridden = mark.kwargs.get("overridden")
    marks = pytest.mark.slow if overridden == "slow" else ()
    cases += [pytest.param(kind + PASSED_ON, marks=marks) for kind in mark.args if overridden]
    metafunc.parametrize("client_kind", cases, indirect=True)


class LoopThread:
    """An event loop in a thread of its own, and the asyncio clients that use it.

    :ivar complaints: the errors that the loop has reported; there must be none.
    """

    def __init__(self) -> None:
        self.clients: list[aio.ApiClient] = []
        self.complaints: list[dict[str, Any]] = []
        self.loop = asyncio.new_event_loop()
        self.loop.set_exception_handler(lambda _loop, context: self.complaints.append(context))
        self._thread = threading.Thread(target=self.loop.run_forever, name="event loop of a test")
        self._thread.start()

    def run(self, awaitable: Awaitable[Any]) -> Any:
        """Wait for something in the loop. Ctrl-C cancels it, as in `asyncio.run`."""
        assert threading.current_thread() is not self._thread, "that would wait for itself"
        waiting: Future[asyncio.Task[Any]] = Future()
        ended = threading.Event()

        def begin() -> None:
            task = self.loop.create_task(_steps(awaitable))
            task.add_done_callback(lambda _task: ended.set())
            waiting.set_result(task)

        self.loop.call_soon_threadsafe(begin)
        task = waiting.result()
        try:
            ended.wait()
        except BaseException:
            self.loop.call_soon_threadsafe(task.cancel)
            ended.wait()
            raise
        failed = task.exception()
        return _result_or(failed, task)

    def end(self) -> None:
        """Close the clients and the loop, and check that it reported no errors."""
        try:
            for client in self.clients:
                self.run(client.close())
            self.run(self.loop.shutdown_asyncgens())
        finally:
            self.loop.call_soon_threadsafe(self.loop.stop)
            self._thread.join()
            self.loop.close()
        assert self.complaints == []


async def _steps(awaitable: Awaitable[Any]) -> Any:
    return await awaitable


def _result_or(failed: BaseException | None, task: asyncio.Task[Any]) -> Any:
    if failed is None:
        return task.result()
    try:
        raise failed
    finally:
        del failed, task


_loop_thread: LoopThread | None = None


@contextmanager
def of_kind(name: str) -> Iterator[LoopThread | None]:
    """Let the names of this module stand for the client of this kind within the block."""
    global _loop_thread
    if name.endswith(PASSED_ON):
        with (
            patch.object(elements_sdk.ApiClient, "call_api", _pass_on),
            patch.object(aio.ApiClient, "call_api", _pass_on_in_loop),
            of_kind(name.removesuffix(PASSED_ON)) as running,
        ):
            yield running
        return
    if name == "blocking":
        yield None
        return
    _loop_thread = started = LoopThread()
    try:
        yield started
    finally:
        _loop_thread = None
        started.end()


_call_api, _call_api_in_loop = elements_sdk.ApiClient.call_api, aio.ApiClient.call_api


@wraps(_call_api)
def _pass_on(client: Any, *given: Any, **named: Any) -> Any:
    return _call_api(client, *given, **named)


@wraps(_call_api_in_loop)
async def _pass_on_in_loop(client: Any, *given: Any, **named: Any) -> Any:
    return await _call_api_in_loop(client, *given, **named)


def run(awaitable: Coroutine[Any, Any, Any]) -> Any:
    """Wait for something in the loop of this test."""
    assert _loop_thread is not None
    return _loop_thread.run(awaitable)


def is_asyncio() -> bool:
    """Return whether the names of this module stand for the asyncio client now."""
    return _loop_thread is not None


class BlockingFacade:
    """An object of the asyncio client whose methods block."""

    _inner: Any
    _loop_thread: LoopThread

    def __init__(self, inner: Any) -> None:
        assert _loop_thread is not None
        vars(self).update(_inner=inner, _loop_thread=_loop_thread)
        client = getattr(inner, "_client", inner)
        if isinstance(client, aio.ApiClient):
            _loop_thread.clients.append(client)

    def __getattr__(self, name: str) -> Any:
        return self._shown(getattr(self._inner, name))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self._inner, name, value)

    def __enter__(self) -> Any:
        return self._shown(self._loop_thread.run(self._inner.__aenter__()))

    def __exit__(self, *error: Any) -> Any:
        return self._loop_thread.run(self._inner.__aexit__(*error))

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        try:
            return self._loop_thread.run(self._inner.__anext__())
        except StopAsyncIteration:
            pass
        raise StopIteration

    def __repr__(self) -> str:
        return repr(self._inner)

    def __deepcopy__(self, memo: dict[int, Any]) -> BlockingFacade:
        return BlockingFacade(copy.deepcopy(self._inner, memo))

    def __reduce__(self) -> Any:
        return BlockingFacade, (self._inner,)

    def _shown(self, value: Any) -> Any:
        if value is self._inner:
            return self
        if isinstance(value, _OF_ASYNCIO):
            return BlockingFacade(value)
        return self._call(value) if inspect.ismethod(value) else value

    def _call(self, method: Any) -> Any:
        @wraps(method)
        def call(*arguments: Any, **named: Any) -> Any:
            result = method(*arguments, **named)
            return self._shown(self._loop_thread.run(result) if inspect.isawaitable(result) else result)

        return call


_OF_ASYNCIO = (
    aio.ApiClient,
    aio.AuthApi,
    aio.Session,
    aiohttp.ClientResponse,
    AsyncIterator,
    AbstractAsyncContextManager,
)


if TYPE_CHECKING:
    from elements_sdk import ApiClient as ApiClient
    from elements_sdk import AuthApi as AuthApi
    from elements_sdk import Configuration
    from elements_sdk import Session as Session
else:

    def ApiClient(*arguments: Any, **named: Any) -> Any:  # noqa: N802
        """Make a client."""
        return (
            BlockingFacade(aio.ApiClient(*arguments, **named))
            if _loop_thread
            else elements_sdk.ApiClient(*arguments, **named)
        )

    def AuthApi(client: Any = None) -> Any:  # noqa: N802
        """Make the calls of a client."""
        if not _loop_thread:
            return elements_sdk.AuthApi(client)
        return BlockingFacade(aio.AuthApi(None if client is None else client._inner))

    def Session(*arguments: Any, **named: Any) -> Any:  # noqa: N802
        """Make a session."""
        if not _loop_thread:
            return elements_sdk.Session(*arguments, **named)
        return BlockingFacade(aio.Session(*arguments, **named))


@contextmanager
def auth_of(configuration: Configuration) -> Iterator[AuthApi]:
    """Yield the calls of a new client."""
    with ApiClient(configuration) as client:
        yield AuthApi(client)


def map_calls(method: Callable[[Any], Any], items: Iterable[Any], **options: Any) -> Any:
    """Make bulk calls. With asyncio, a method that blocks is called in a thread that a task waits for."""
    if not _loop_thread:
        return bulk.map_calls(method, items, **options)

    async def in_thread(item: Any) -> Any:
        return await asyncio.to_thread(method, item)

    awaited = getattr(method, "__wrapped__", in_thread) if callable(method) else method
    return BlockingFacade(aio.map_calls(awaited, items, **options))


def read_raw(raw: Any) -> bytes:
    """Read a raw response, and return its connection to the pool."""
    inner = raw._inner if isinstance(raw, BlockingFacade) else raw
    assert type(inner).__module__.startswith("aiohttp." if is_asyncio() else "urllib3.")
    body: bytes = run(inner.read()) if is_asyncio() else inner.read()
    inner.release() if is_asyncio() else inner.release_conn()
    return body
