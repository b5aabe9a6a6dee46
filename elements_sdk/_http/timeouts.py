"""How long one call may take: to connect, for each piece of its answer, and altogether."""

from __future__ import annotations

import time

Seconds = float | tuple[float, float]

_CLOCK_STEP = 0.001  # seconds; a wait may end that much before the limit


class Timeouts:
    """The time limits of one call, counted from now on a clock that nobody sets. `None` is no limit.

    :ivar connect: seconds to make a connection.
    :ivar read: seconds to wait for each piece of the answer.
    :ivar total: seconds for the whole call: waits, repeats and redirects included.
    """

    __slots__ = ("_end", "connect", "read", "total")

    def __init__(self, connect: float | None, read: float | None, total: float | None) -> None:
        self.connect, self.read, self.total = connect, read, total
        self._end = None if total is None else time.monotonic() + total

    @classmethod
    def of_call(
        cls, timeout: tuple[float | None, float | None], total: float | None, own: Seconds | None = None
    ) -> Timeouts:
        """Make the limits of a call from those of its client and from its own `_request_timeout`.

        A number bounds the whole call. A pair (connect, read) lifts the limit of the whole to at least its sum.
        """
        if isinstance(own, tuple):
            return cls(*own, total if total is None else max(total, sum(own)))
        if own is None:
            return cls(*timeout, total)
        connect, _ = timeout
        return cls(own if connect is None else min(connect, own), own, own)

    def left(self) -> float | None:
        """Seconds that are left of the whole call, 0 if none are."""
        return None if self._end is None else max(0.0, self._end - time.monotonic())

    def has_expired(self) -> bool:
        """Whether the whole call has had its time."""
        left = self.left()
        return left is not None and left <= _CLOCK_STEP

    def connect_timeout(self) -> float | None:
        """Seconds to make a connection in.

        :raises TimeoutError: the whole call has had its time.
        """
        return self._within(self.connect)

    def read_timeout(self) -> float | None:
        """Seconds to send or receive the next piece in.

        :raises TimeoutError: the whole call has had its time.
        """
        return self._within(self.read)

    def disarm(self) -> None:
        """Do not count the time any more in which the caller reads the answer; each piece keeps its limit."""
        self._end = None

    def _within(self, limit: float | None) -> float | None:
        if self._end is None:
            return limit
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left if limit is None or left < limit else limit
