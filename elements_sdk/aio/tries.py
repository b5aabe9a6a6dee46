"""The tries of calls that are under way in an event loop, and the watch that ends those whose limits are reached."""

from __future__ import annotations

import asyncio
import math
import time
from contextvars import ContextVar
from typing import Any

from elements_sdk.limits import Limits
from elements_sdk.transport_failures import Attempt, Phase

_current: ContextVar[Try] = ContextVar("_current")


class Try(Attempt):
    """One try of a call, by the task that makes it. Its limits hold within its `with` statement.

    :ivar due: when it has to be further than it is now, by `time.monotonic`.
    """

    __slots__ = ("_cancellations", "_is_late", "_task", "_token", "_watch", "due")

    def __init__(self, limits: Limits, watch: Watch) -> None:
        super().__init__(limits)
        self._watch = watch
        self._is_late = False
        self.due = math.inf

    def __enter__(self) -> None:
        """Begin.

        :raises TimeoutError: the whole call has had its time.
        """
        left = self.limits.left()
        if left is not None:
            if left == 0:
                raise TimeoutError
            self.due = time.monotonic() + left
        self._task: asyncio.Task[Any] = asyncio.current_task()  # type: ignore[assignment]  # there is one
        self._cancellations = self._task.cancelling()
        self._token = _current.set(self)
        self._watch.add(self)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        self._watch.remove(self)
        _current.reset(self._token)
        is_own = self._is_late and self._task.uncancel() <= self._cancellations
        if is_own and kind is not None and issubclass(kind, asyncio.CancelledError):
            raise TimeoutError from error

    def go_on(self, phase: Phase) -> None:
        """Begin a phase or a piece that has the time of a piece.

        :raises TimeoutError: the whole call has had its time.
        """
        self.phase = phase
        seconds = self.limits.for_a_piece()
        if seconds is not None:
            self.due = time.monotonic() + seconds
            self._watch.ring_by(self.due)

    def end(self) -> None:
        """Have its task leave the `with` statement by a `TimeoutError`."""
        self._is_late = True
        self._task.cancel()


class Watch:
    """Ends the tries of one event loop that are late, with a single timer for all of them.

    `asyncio.timeout` and aiohttp would set three timers a call, which take an eighth of its time; a timer that rings
    too soon, because a call has gone on, is only set again.
    """

    def __init__(self) -> None:
        self._tries: set[Try] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._rings_at = math.inf

    def add(self, attempt: Try) -> None:
        """Watch over a try."""
        self._tries.add(attempt)
        self.ring_by(attempt.due)

    def remove(self, attempt: Try) -> None:
        """Leave a try alone."""
        self._tries.discard(attempt)

    def ring_by(self, moment: float) -> None:
        """Look at the tries at this moment by `time.monotonic`, if not sooner."""
        if moment < self._rings_at:
            self.stop()
            self._rings_at = moment
            self._timer = asyncio.get_running_loop().call_later(moment - time.monotonic(), self._look)

    def stop(self) -> None:
        """Take the timer back."""
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self._rings_at = None, math.inf

    def _look(self) -> None:
        self.stop()
        now = time.monotonic()
        late = [attempt for attempt in self._tries if attempt.due <= now]
        for attempt in late:
            self.remove(attempt)
            attempt.end()
        self.ring_by(min((attempt.due for attempt in self._tries), default=math.inf))


def current_try() -> Try:
    """Give the try that a connection is used for."""
    return _current.get()
