"""Makes the same call for many items, some at a time in tasks, with an outcome for every one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from functools import partial
from inspect import isawaitable
from types import TracebackType
from typing import Self, TypeVar

from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk.aio._deadlines import running_loop
from elements_sdk.bulk import AsyncItems, BaseBulk, Call, Executor, Outcome, Progress, check_arguments, failed
from elements_sdk.exceptions import ApiTypeError

__all__ = ["Bulk", "map_calls"]

Item = TypeVar("Item")
Value = TypeVar("Value")

_NOTHING_TO_AWAIT = "method must give something to await: auth.delete_access_token of elements_sdk.aio, say"


def map_calls(
    method: Callable[[Item], Awaitable[Value]],
    items: Iterable[Item] | AsyncIterable[Item],
    max_concurrency: int = 8,
    progress: Progress | None = None,
) -> Bulk[Item, Value]:
    """Call `method` with each item, and return an iterator over an `Outcome` for each, in their order.

    Nothing is called before the first outcome is asked for. Whatever `method` raises is the outcome of its item; what
    `items` raises is raised after the outcomes of the calls that were started.

    :param method: awaited with one argument, each time in a task of its own: `auth.delete_access_token`, say.
    :param items: any number of them, even without end, to go through with `for` or with `async for`; they are taken in
        the caller's task, a few ahead.
    :param max_concurrency: calls at a time; there are never more than `connection_pool_maxsize` on the wire.
    :param progress: called in the caller's task before each outcome is returned, with the number of outcomes and
        that of all items, if `items` knows it.
    :raises ApiValueError: `max_concurrency` is not a whole number from 1.
    :raises ApiTypeError: `method` or `progress` cannot be called, or `items` cannot be iterated over.
    """
    given, items = Opaque(items), ()  # no traceback shows them
    check_arguments(method, max_concurrency, progress)
    if not isinstance(reveal(given), Iterable | AsyncIterable):
        raise ApiTypeError(f"items must be something to iterate over, not {type(reveal(given)).__name__}")
    return Bulk(method, reveal(given), max_concurrency, progress)


class Bulk(BaseBulk[Item, Value, "_Call[Item, Value]"], AsyncIterator[Outcome[Item, Value]]):
    """The outcomes of `map_calls`, one for each item, in the order of the items. It is for one task.

    After `stop()` no further call is started, and a loop returns the outcomes of those that were. An exception while
    an outcome is waited for, a cancellation above all, stops it in the same way, and so does dropping this object.
    `close()` and the end of an `async with` statement also wait for the calls under way.
    """

    def __init__(
        self,
        method: Callable[[Item], Awaitable[Value]],
        items: Iterable[Item] | AsyncIterable[Item],
        max_concurrency: int,
        progress: Progress | None,
    ) -> None:
        super().__init__(_TaskExecutor(method, max_concurrency), _Call, items, max_concurrency, progress)
        self._items = aiter(items) if isinstance(items, AsyncIterable) else AsyncItems(items)

    def __aiter__(self) -> Self:
        running_loop()
        return self

    async def __anext__(self) -> Outcome[Item, Value]:
        outcome = await self._next()
        if outcome is None:
            raise StopAsyncIteration
        return outcome

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def __del__(self) -> None:
        self._executor.stop()

    def stop(self) -> None:
        """Start no more calls. Those under way go on; a loop returns their outcomes."""
        self._executor.stop()

    async def close(self) -> None:
        """Start no more calls, and wait for those under way. A loop still returns their outcomes."""
        await self._close()


class _Call(Call[Item, Value]):
    """A call that is made in a task.

    :ivar task: there is one as soon as the call is started.
    """

    __slots__ = ("task",)

    def __init__(self, number: int, item: Item) -> None:
        super().__init__(number, item)
        self.task: asyncio.Task[None] | None = None

    async def wait(self) -> Outcome[Item, Value] | None:
        if self.outcome is None and self.task is not None:
            await asyncio.wait([self.task])
        return self.outcome


class _TaskExecutor(Executor[_Call[Item, Value]]):
    """Tasks that make calls, one each."""

    def __init__(self, method: Callable[[Item], Awaitable[Value]], most: int) -> None:
        super().__init__(method, most)
        self._running: set[asyncio.Task[None]] = set()

    def start(self, call: _Call[Item, Value]) -> None:
        super().start(call)
        self.start_waiting()

    def start_waiting(self) -> None:
        while self._waiting and len(self._running) < self._most and not self.is_stopped:
            call = self._waiting.popleft()
            call.is_started = True
            call.task = asyncio.create_task(self._run(call))
            call.task.add_done_callback(partial(self._end, call))
            self._running.add(call.task)

    async def join(self) -> None:
        if self._running:
            await asyncio.wait(self._running)

    async def _run(self, call: _Call[Item, Value]) -> None:
        try:
            awaitable = self._method(call.item)
            if not isawaitable(awaitable):
                raise ApiTypeError(_NOTHING_TO_AWAIT)
            call.outcome = Outcome(call.item, await awaitable)
        except BaseException as error:
            call.outcome = failed(call.item, error)
            if isinstance(error, KeyboardInterrupt | SystemExit):  # what the event loop ends with
                self.stop()
                raise
        task = call.task
        assert task is not None
        self._running.discard(task)
        # Whoever cancels this task may be about to end the event loop. If not, more are started with the next outcome.
        # What is started here is started before the task ends, so that the end of the loop misses none.
        if not task.cancelling():
            self.start_waiting()

    def _end(self, call: _Call[Item, Value], task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if call.outcome is None and error is not None:  # cancelled before its first step
            call.outcome = failed(call.item, error)
