"""The deadlines of attempts, with one timer for all calls of a client: a timer for each would slow calls down."""

from __future__ import annotations

import asyncio
import math
import sys
import time
from contextvars import Context
from typing import TYPE_CHECKING

from elements_sdk._http.timeouts import Timeouts
from elements_sdk._transport.errors import Attempt, Phase
from elements_sdk._utils.errors import Translated
from elements_sdk.exceptions import ApiValueError

if TYPE_CHECKING:
    from types import TracebackType

# What came while the loop was busy needs so many turns of a loop until its task has seen it: the loop looks at its
# sockets, the socket's callback runs, the task runs. A timer that was due meanwhile may be called before all of these.
_TURNS_TO_SEE = 3
_TURNS_TO_LEAVE = 10  # more than it takes: tasks of aiohttp end one after another
_NO_ASYNCIO = (
    "no event loop of asyncio is running here: use asyncio.run, or anyio.run with its backend asyncio; "
    "under trio make blocking calls in a thread"
)


def running_loop() -> asyncio.AbstractEventLoop:
    """Return the event loop.

    :raises ApiValueError: there is none, or not one of asyncio.
    """
    with Translated(RuntimeError, lambda _error: ApiValueError(_NO_ASYNCIO)):
        return asyncio.get_running_loop()


class ClosedMeanwhile(Exception):
    """The client was closed while an attempt was under way."""


class Deadlines:
    """The attempts that are under way in one event loop, and the timer that ends those whose step takes too long.

    Moments are those of `time.monotonic`: the clock of a loop may stand still while the loop is busy (uvloop).

    :ivar running: the attempts. The timer may outlast them, as it will do for others.
    :ivar alarm: the moment for which the timer is set.
    """

    def __init__(self) -> None:
        self.alarm = math.inf
        self.running: set[TimedAttempt] = set()
        self._timer: asyncio.Handle | None = None

    def set_alarm(self, moment: float) -> None:
        """Set the timer."""
        if self._timer is not None:
            self._timer.cancel()
        self.alarm = moment
        loop, seconds = asyncio.get_running_loop(), moment - time.monotonic()
        # in an empty context: that of a call would keep what it holds alive
        self._timer = loop.call_later(max(0.0, seconds), self._look, context=Context())

    async def close(self) -> None:
        """Stop all attempts, give them some turns of the loop to leave their connections, and stop the timer."""
        for attempt in self.running:
            attempt.stop(ClosedMeanwhile)
        for _ in range(_TURNS_TO_LEAVE):
            if self.running:
                await asyncio.sleep(0)
        if self._timer is not None:
            self._timer.cancel()
        self._timer, self.alarm = None, -math.inf

    def _look(self, turns: int = _TURNS_TO_SEE, since: float = math.inf) -> None:
        """Stop the attempts whose step should have ended, if that is still so some turns of the loop later."""
        since = min(since, time.monotonic())
        due = [attempt for attempt in self.running if attempt.end <= since]
        if due and turns:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_soon(self._look, turns - 1, since, context=Context())
            return
        for attempt in due:
            attempt.stop(TimeoutError)
        self._timer, self.alarm = None, math.inf
        earliest = min((attempt.end for attempt in self.running), default=math.inf)
        if earliest < math.inf:
            self.set_alarm(earliest)


class TimedAttempt(Attempt):
    """An attempt whose steps end in time: if one does not, its `with` block ends by `TimeoutError`.

    An exception that is not an error, such as a cancellation, leaves the block without its traceback: the frames of
    aiohttp hold headers and bodies.

    :ivar end: the moment at which the present step must have ended.
    """

    def __init__(self, timeouts: Timeouts, deadlines: Deadlines) -> None:
        self.timeouts, self._deadlines = timeouts, deadlines
        self._reason: type[Exception] | None = None
        self._task: asyncio.Task[object] | None = None
        self.end = math.inf

    def begin(self, phase: Phase, limit: float | None) -> None:
        """Begin a step.

        :param limit: seconds that it may take; `None`: what is left of the whole call.
        """
        self.phase = phase
        end = self.timeouts.end
        if limit is not None:
            end = min(end, time.monotonic() + limit)
        self.end = end
        if end < self._deadlines.alarm:
            self._deadlines.set_alarm(end)

    def stop(self, reason: type[Exception]) -> None:
        """Interrupt what is awaited; the block ends by this exception."""
        if self._reason is None and self._task is not None:
            self._reason, self.end = reason, math.inf
            self._task.cancel()

    def __enter__(self) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("calls are made in tasks")
        self.end = self.timeouts.end
        if self.end <= time.monotonic():
            raise TimeoutError
        self._task, self._cancelling, self._context = task, task.cancelling(), sys.exception()
        self._deadlines.running.add(self)
        if self.end < self._deadlines.alarm:
            self._deadlines.set_alarm(self.end)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._deadlines.running.discard(self)
        task, reason, context = self._task, self._reason, self._context
        self._task = self._context = None  # the callbacks of a kept connection hold on to its first attempt
        if reason is not None and task is not None:
            is_cancelled_besides = task.uncancel() > self._cancelling
            if kind is asyncio.CancelledError and not is_cancelled_besides:
                raise reason
        if error is not None and not isinstance(error, Exception):
            error.__traceback__, error.__context__ = None, context
