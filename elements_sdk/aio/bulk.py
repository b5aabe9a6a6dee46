"""Makes the same call for many items, some at a time in tasks, and accounts for every one."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sized
from types import TracebackType
from typing import Self, TypeVar

from elements_sdk.bulk import TAKEN_PER_CALL, Outcome, Progress, expect_bulk

__all__ = ["Bulk", "map_calls"]

Item = TypeVar("Item")
Value = TypeVar("Value")


def map_calls(
    method: Callable[[Item], Awaitable[Value]],
    items: Iterable[Item],
    max_concurrency: int = 8,
    progress: Progress | None = None,
) -> Bulk[Item, Value]:
    """Call `method` with each item, and give an `Outcome` for each, in the order of the items.

    Nothing is called before the first outcome is asked for. Whatever `method` raises is the outcome of its item; what
    `items` raises is raised after the outcomes of the calls that were started.

    :param method: awaited with one argument: `auth.delete_access_token`, say.
    :param items: any number of them, even without end; they are taken a few ahead.
    :param max_concurrency: calls at a time; there are never more than `connection_pool_maxsize` on the wire.
    :param progress: called before each outcome is given, with the number of outcomes and that of all items, if `items`
        knows it.
    :raises ApiValueError: `max_concurrency` is no whole number from 1.
    :raises ApiTypeError: `method` or `progress` cannot be called, or `items` cannot be iterated over.
    """
    expect_bulk(method, items, max_concurrency, progress)
    return Bulk(method, items, max_concurrency, progress)


class Bulk(AsyncIterator[Outcome[Item, Value]]):
    """The outcomes of `map_calls`, one an item, in the order of the items. It is for one task.

    After `stop()` no further call is started, and a loop gives the outcomes of those that were. An exception that comes
    up while an outcome is waited for, a cancellation above all, stops it just so. `close()` and the end of an
    `async with` statement also wait for the calls under way.
    """

    def __init__(
        self,
        method: Callable[[Item], Awaitable[Value]],
        items: Iterable[Item],
        max_concurrency: int,
        progress: Progress | None,
    ) -> None:
        self._method = method
        self._free = asyncio.Semaphore(max_concurrency)
        self._most_taken = TAKEN_PER_CALL * max_concurrency
        self._progress = progress
        self._total = len(items) if isinstance(items, Sized) else None
        self._items = iter(items)
        self._taken: deque[asyncio.Task[Outcome[Item, Value] | None]] = deque()
        self._given = 0
        self._has_more = True
        self._is_stopped = False
        self._error_of_items: Exception | None = None

    async def __anext__(self) -> Outcome[Item, Value]:
        while self._has_more and not self._is_stopped and len(self._taken) < self._most_taken:
            self._take()
        try:
            outcome = await asyncio.shield(self._taken[0]) if self._taken else None
            if outcome is not None and self._progress is not None:
                self._progress(self._given + 1, self._total)
        except BaseException:
            self.stop()
            raise
        if outcome is None:  # the end, or a call that was not started any more, nor was any after it
            await self.close()
            self._taken.clear()
            raise self._end()
        self._taken.popleft()
        self._given += 1
        return outcome

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    def stop(self) -> None:
        """Start no more calls. Those under way go on; a loop gives their outcomes."""
        self._is_stopped = True

    async def close(self) -> None:
        """Start no more calls, and wait for those under way. A loop still gives their outcomes."""
        self.stop()
        if self._taken:
            await asyncio.wait(self._taken)

    def _take(self) -> None:
        try:
            item = next(self._items)
        except StopIteration:
            self._has_more = False
            return
        except Exception as error:  # raised when the outcomes before it have been given
            self._error_of_items = error
            self._has_more = False
            return
        self._taken.append(asyncio.create_task(self._make(item)))

    async def _make(self, item: Item) -> Outcome[Item, Value] | None:
        """Make the call for an item; `None`: it has not been started."""
        async with self._free:
            if self._is_stopped:
                return None
            try:
                return Outcome(item, await self._method(item))
            except BaseException as error:
                frames = error.__traceback__
                # Without this frame, which shows the item: that may be a secret.
                return Outcome(item, error=error.with_traceback(frames and frames.tb_next))

    def _end(self) -> Exception:
        error, self._error_of_items = self._error_of_items, None
        return error or StopAsyncIteration()
