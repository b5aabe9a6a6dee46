"""Deadlines of calls, with one timer for all calls of a client: a timer for each would slow calls down."""

from __future__ import annotations

import asyncio
import math
from contextvars import Context
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import TracebackType


class Deadlines:
    """The deadlines of the calls that are under way in one event loop."""

    def __init__(self) -> None:
        self._running: set[Deadline] = set()
        self._timer: asyncio.Handle | None = None
        self._moment = math.inf  # for which it is set; uvloop's timers do not always tell
        self._is_closed = False

    def add(self, deadline: Deadline) -> None:
        """Watch the deadline of a call."""
        if self._timer is None or self._moment > deadline.end:
            self._wake_up_at(deadline.end)
        self._running.add(deadline)

    def discard(self, deadline: Deadline) -> None:
        """Watch a deadline no longer. The timer stays, as it will do for another call."""
        self._running.discard(deadline)
        if self._is_closed:
            self.close()

    def close(self) -> None:
        """Cancel the timer, once the calls that are under way have ended."""
        self._is_closed = True
        if self._timer is not None and not self._running:
            self._timer.cancel()
            self._timer = None

    def _wake_up_at(self, moment: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        # in an empty context: that of a call would keep its task alive
        self._moment = moment
        self._timer = asyncio.get_running_loop().call_at(moment, self._look, context=Context())

    def _look(self) -> None:
        self._timer = None
        now = asyncio.get_running_loop().time()
        over = {deadline for deadline in self._running if deadline.end <= now}
        self._running -= over
        for deadline in over:
            deadline.expire()
        if self._running:
            self._wake_up_at(min(deadline.end for deadline in self._running))


class Deadline:
    """A context that ends what is awaited inside by `TimeoutError` after so many seconds, as `asyncio.timeout` does."""

    __slots__ = ("_all", "_cancelling", "_has_expired", "_task", "end")

    def __init__(self, deadlines: Deadlines, left: float | None) -> None:
        """
        :param left: seconds; `None`: no deadline.
        """
        self._all = deadlines
        self.end = math.inf if left is None else asyncio.get_running_loop().time() + left
        self._has_expired = False

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("calls are made in tasks")
        self._task, self._cancelling = task, task.cancelling()
        if self.end != math.inf:
            self._all.add(self)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._all.discard(self)
        if self._has_expired and self._task.uncancel() <= self._cancelling and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def expire(self) -> None:
        """Interrupt what is awaited."""
        self._has_expired = True
        self._task.cancel()
