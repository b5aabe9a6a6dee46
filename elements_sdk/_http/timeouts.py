"""How long one call may take: to connect, for each chunk of its response, and altogether."""

from __future__ import annotations

import math
import time

Seconds = float | tuple[float, float]

_CLOCK_STEP = 0.001  # seconds; a wait may end that much before the limit


class Timeouts:
    """The timeouts of one call, counted from now on a clock that nobody sets. `None` is no limit.

    :ivar connect: seconds to make a connection.
    :ivar read: seconds to wait for each chunk of the response.
    :ivar total: seconds for the whole call: waits, retries and redirects included.
    :ivar end: the moment of `time.monotonic` at which they are over; infinity without a limit.
    """

    __slots__ = ("connect", "end", "read", "total")

    def __init__(
        self, connect: float | None, read: float | None, total: float | None, own: Seconds | None = None
    ) -> None:
        """
        :param own: the call's own `_request_timeout`: a number bounds the whole call, a pair (connect, read) lifts the
            limit of the whole to at least its sum.
        """
        if isinstance(own, tuple):
            (connect, read), total = own, total if total is None else max(total, sum(own))
        elif own is not None:
            connect, read, total = own if connect is None else min(connect, own), own, own
        self.connect, self.read, self.total = connect, read, total
        self.end = math.inf if total is None else time.monotonic() + total

    def left(self) -> float | None:
        """Return the seconds that are left of the whole call, 0 if none are; `None` without a limit."""
        return None if self.end == math.inf else max(0.0, self.end - time.monotonic())

    def has_expired(self) -> bool:
        """Return whether the whole call has used up its time."""
        return self.end - time.monotonic() <= _CLOCK_STEP

    def disarm(self) -> None:
        """Lift the limit of the whole call, as the caller reads the response now; each chunk keeps its timeout."""
        self.end = math.inf

    def within(self, limit: float | None) -> float | None:
        """Return the seconds within which a step must end that may take `limit` seconds by itself.

        :raises TimeoutError: the whole call has used up its time.
        """
        if self.end == math.inf:
            return limit
        left = self.end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left if limit is None or left < limit else limit
