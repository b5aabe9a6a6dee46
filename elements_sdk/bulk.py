"""Makes the same call for many items, some at a time in threads, with an outcome for every one."""

from __future__ import annotations

import _thread
import contextvars
import os
import threading
from collections import deque
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Iterator, Sized
from dataclasses import dataclass
from inspect import iscoroutinefunction
from types import TracebackType
from typing import Any, Generic, Self, TypeVar, cast

from elements_sdk._utils.redaction import MASK, Opaque, reveal
from elements_sdk._utils.sync import run
from elements_sdk.exceptions import ApiTypeError, ApiValueError
from elements_sdk.models._base import Model

__all__ = ["Bulk", "Outcome", "Progress", "map_calls"]

Item = TypeVar("Item")
Value = TypeVar("Value")
OneCall = TypeVar("OneCall", bound="Call[Any, Any]")
Progress = Callable[[int, int | None], object]

_LOOK_AGAIN = 0.2  # seconds; a signal that comes just before a wait begins does not end it
PREFETCH_PER_WORKER = 4  # items taken ahead for each, so that one slow call does not hold up the others
_OUR_MODULES = {"elements_sdk.bulk", "elements_sdk.aio.bulk"}
_TO_BE_AWAITED = "method is to be awaited: use map_calls of elements_sdk.aio"


@dataclass(frozen=True, slots=True, repr=False)
class Outcome(Generic[Item, Value]):
    """What became of the call for one item. Its repr shows numbers and models; all else may be a secret.

    :ivar value: what the call returned; `None` if it failed.
    :ivar error: what it raised; `None` if it did not.
    """

    item: Item
    value: Value | None = None
    error: BaseException | None = None

    @property
    def ok(self) -> bool:
        """Whether the call succeeded."""
        return self.error is None

    def __repr__(self) -> str:
        return f"Outcome(item={_shown(self.item)}, value={_shown(self.value)}, error={self.error!r})"

    def result(self) -> Value:
        """Return the value, or raise the error."""
        if self.error is not None:
            raise self.error
        return cast("Value", self.value)


def map_calls(
    method: Callable[[Item], Value],
    items: Iterable[Item],
    max_concurrency: int = 8,
    progress: Progress | None = None,
) -> Bulk[Item, Value]:
    """Call `method` with each item, and return an iterator over an `Outcome` for each, in their order.

    Nothing is called before the first outcome is asked for. Whatever `method` raises is the outcome of its item; what
    `items` raises is raised after the outcomes of the calls that were started.

    :param method: called in other threads, with one argument: `auth.delete_access_token`, say.
    :param items: any number of them, even without end; they are taken in the caller's thread, a few ahead.
    :param max_concurrency: calls at a time; there are never more than `connection_pool_maxsize` on the wire.
    :param progress: called in the caller's thread before each outcome is returned, with the number of outcomes and
        that of all items, if `items` knows it.
    :raises ApiValueError: `max_concurrency` is not a whole number from 1.
    :raises ApiTypeError: `method` or `progress` cannot be called, or `items` cannot be iterated over.
    """
    given, items = Opaque(items), ()  # no traceback shows them
    check_arguments(method, max_concurrency, progress)
    if iscoroutinefunction(method):
        raise ApiTypeError(_TO_BE_AWAITED)
    if not isinstance(reveal(given), Iterable):
        raise ApiTypeError(f"items must be something to iterate over, not {type(reveal(given)).__name__}")
    return Bulk(method, reveal(given), max_concurrency, progress)


def check_arguments(method: object, max_concurrency: object, progress: object) -> None:
    """Check what both kinds of `map_calls` take.

    :raises ApiValueError: `max_concurrency` is not a whole number from 1.
    :raises ApiTypeError: `method` or `progress` cannot be called.
    """
    if isinstance(max_concurrency, bool) or not isinstance(max_concurrency, int) or max_concurrency < 1:
        raise ApiValueError("max_concurrency must be a whole number of calls from 1")
    if not callable(method):
        raise ApiTypeError("method must be something to call with one item: auth.delete_access_token, say")
    if progress is not None and not callable(progress):
        raise ApiTypeError("progress must be something to call with two numbers")


class Call(Generic[Item, Value]):
    """A call for one item.

    :ivar number: counts the items from 0.
    :ivar is_started: set by what makes the call.
    :ivar outcome: set when it is done.
    """

    __slots__ = ("is_started", "item", "number", "outcome")

    def __init__(self, number: int, item: Item) -> None:
        self.number = number
        self.item = item
        self.is_started = False
        self.outcome: Outcome[Item, Value] | None = None

    async def wait(self) -> Outcome[Item, Value] | None:
        """Wait for the outcome of a call, and return it; `None`: the call will not be started."""
        return self.outcome


class Executor(Generic[OneCall]):
    """The common part of what makes calls, some at a time, in the order in which they are handed to it.

    It knows nothing of its Bulk, so that a Bulk can be dropped.
    """

    def __init__(self, method: Callable[[Any], Any], most: int) -> None:
        self.is_stopped = False
        self._method, self._most = method, most
        self._waiting: deque[OneCall] = deque()

    def start(self, call: OneCall) -> None:
        """Queue a call; it is made as soon as a thread or task is free for it."""
        self._waiting.append(call)

    def start_waiting(self) -> None:
        """Start calls of the queue, where something must be done for that."""

    def stop(self) -> None:
        """Start no more calls."""
        self.is_stopped = True

    async def join(self) -> None:
        """Wait for the calls under way."""


class BaseBulk(Generic[Item, Value, OneCall]):
    """The common part of both kinds of Bulk: calls for the items taken so far, and the number of outcomes returned."""

    # Ctrl-C may come between any two steps in the main thread. So a call is noted before it can start, it notes itself
    # whether it has started, and the number of outcomes that were returned goes up last of all.

    def __init__(
        self,
        executor: Executor[OneCall],
        one_call: type[OneCall],
        items: object,
        max_concurrency: int,
        progress: Progress | None,
    ) -> None:
        self._executor = executor
        self._one_call = one_call
        self._prefetched: deque[OneCall] = deque()
        self._given = 0
        self._most_prefetched = PREFETCH_PER_WORKER * max_concurrency
        self._progress = progress
        self._total = len(items) if isinstance(items, Sized) else None
        self._items: AsyncIterator[Item]
        self._has_more = True
        self._errors_of_items: list[Exception] = []  # one at most, raised when all outcomes have been returned

    def __reduce__(self) -> Any:
        raise ApiTypeError("what map_calls gives cannot be pickled: send the items, and make the calls where they go")

    async def _close(self) -> None:
        self._executor.stop()
        for call in tuple(self._prefetched):  # another task may go on with the loop
            if call.is_started:
                await call.wait()
        await self._executor.join()

    async def _next(self) -> Outcome[Item, Value] | None:
        """Start what can be started, and return the first outcome that was not returned yet; `None`: that was all."""
        try:
            self._executor.start_waiting()
            while self._can_prefetch():
                await self._take_next()
            first = self._prefetched[0] if self._prefetched else None
            is_made = first is not None and (first.is_started or not self._executor.is_stopped)
            outcome = await first.wait() if first is not None and is_made else None
            if outcome is None:
                await self._executor.join()
            elif self._progress is not None:
                self._progress(self._given + 1, self._total)
        except BaseException:
            self._executor.stop()
            raise
        if outcome is not None:
            self._given += 1
        elif self._errors_of_items:
            raise self._errors_of_items.pop()
        return outcome

    def _can_prefetch(self) -> bool:
        """Return whether to take another item."""
        while self._prefetched and self._prefetched[0].number < self._given:
            self._prefetched.popleft()
        return self._has_more and not self._executor.is_stopped and len(self._prefetched) < self._most_prefetched

    async def _take_next(self) -> None:
        """Take an item, and queue its call."""
        try:
            item = await anext(self._items)
        except StopAsyncIteration:
            self._has_more = False
        except Exception as error:
            self._has_more = False
            self._errors_of_items.append(error)
        else:
            call = self._one_call(self._prefetched[-1].number + 1 if self._prefetched else self._given, item)
            self._prefetched.append(call)
            self._executor.start(call)


class AsyncItems(AsyncIterator[Item]):
    """An asynchronous iterator over ordinary items."""

    def __init__(self, items: Iterable[Item]) -> None:
        self._items = iter(items)

    async def __anext__(self) -> Item:
        try:
            return next(self._items)
        except StopIteration:
            raise StopAsyncIteration from None


class Bulk(BaseBulk[Item, Value, "_Call[Item, Value]"], Iterator[Outcome[Item, Value]]):
    """The outcomes of `map_calls`, one for each item, in the order of the items. It is for one thread.

    After `stop()` no further call is started, and a loop returns the outcomes of those that were. An exception while
    an outcome is waited for, Ctrl-C above all, stops it in the same way. `close()`, the end of a `with` statement, and
    dropping this object also wait for the calls under way.
    """

    def __init__(
        self,
        method: Callable[[Item], Value],
        items: Iterable[Item],
        max_concurrency: int,
        progress: Progress | None,
    ) -> None:
        self._threads = _ThreadExecutor(method, max_concurrency)
        super().__init__(self._threads, _Call, items, max_concurrency, progress)
        self._items = AsyncItems(items)

    def __next__(self) -> Outcome[Item, Value]:
        outcome = run(self._next())
        if outcome is None:
            raise StopIteration
        return outcome

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __del__(self) -> None:
        if self._threads.process == os.getpid():  # not in a forked one, which has no such threads
            self.close()

    def stop(self) -> None:
        """Start no more calls. Those under way go on; a loop returns their outcomes."""
        self._executor.stop()

    def close(self) -> None:
        """Start no more calls, and wait for those under way. A loop still returns their outcomes."""
        run(self._close())


class _Call(Call[Item, Value]):
    """A call that is made in a thread.

    :ivar settled: released when it is done, or will not be made.
    """

    __slots__ = ("settled",)

    def __init__(self, number: int, item: Item) -> None:
        super().__init__(number, item)
        self.settled = threading.Lock()  # an Event has steps in Python, at which Ctrl-C could leave it locked
        self.settled.acquire()

    def run(self, method: Callable[[Item], Value]) -> None:
        """Make the call, and keep its outcome."""
        try:
            value = method(self.item)
            if isinstance(value, Coroutine):  # as from a lambda around a call for asyncio
                value.close()
                raise ApiTypeError(_TO_BE_AWAITED)
            self.outcome = Outcome(self.item, value)
        except BaseException as error:
            self.outcome = failed(self.item, error)
        self.settled.release()

    async def wait(self) -> Outcome[Item, Value] | None:
        while self.outcome is None and not self.settled.acquire(timeout=_LOOK_AGAIN):
            pass
        return self.outcome


class _ThreadExecutor(Executor[_Call[Item, Value]]):
    """Threads that make calls. Each ends when there is none to make, so that nobody has to end it."""

    def __init__(self, method: Callable[[Item], Value], most: int) -> None:
        super().__init__(method, most)
        self._lock = threading.Lock()
        self._busy = 0
        self._threads: list[threading.Thread] = []
        self.process = os.getpid()

    def start(self, call: _Call[Item, Value]) -> None:
        with self._lock:
            if self.is_stopped:
                return
            super().start(call)
            if self._busy == self._most:
                return
            self._busy += 1
            # A call belongs to the trace of whoever wants its outcome, and that is kept in a context variable.
            thread = threading.Thread(target=contextvars.copy_context().run, args=(self._work,), name="map_calls")
            self._threads = [thread, *(other for other in self._threads if other.ident is None or other.is_alive())]
        # `start` waits in Python code for the thread to be there. Ctrl-C could leave a lock of that code held, and the
        # thread would wait for it for ever; but Ctrl-C only comes in the main thread.
        try:
            _thread.start_new_thread(self._begin, (thread,))
        except RuntimeError:  # there can be no more threads: this one does the work
            self._threads.remove(thread)
            self._work()

    def stop(self) -> None:
        with self._lock:
            super().stop()
            while self._waiting:
                self._waiting.popleft().settled.release()

    async def join(self) -> None:
        with self._lock:
            threads = list(self._threads)
        for thread in threads:
            if thread.is_alive():  # else it has ended, or not begun, and then there is nothing for it to do
                thread.join()

    def _begin(self, thread: threading.Thread) -> None:
        try:
            thread.start()
        except RuntimeError:  # likewise
            self._work()

    def _work(self) -> None:
        while call := self._next():
            call.run(self._method)

    def _next(self) -> _Call[Item, Value] | None:
        with self._lock:
            if not self._waiting:
                self._busy -= 1
                return None
            call = self._waiting.popleft()
            call.is_started = True
            return call


def failed(item: Item, error: BaseException) -> Outcome[Item, Any]:
    """Return the outcome of a call that has failed, without our frames, which show the item: that may be a secret."""
    frames = error.__traceback__
    while frames is not None and frames.tb_frame.f_globals.get("__name__") in _OUR_MODULES:
        frames = frames.tb_next
    return Outcome(item, error=error.with_traceback(frames))


def _shown(value: object) -> str:
    return repr(value) if value is None or isinstance(value, int | Model) else MASK
