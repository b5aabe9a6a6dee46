"""The slots of a connection pool: how many requests are under way at a time, first come, first served.

A signal handler may raise between any two steps, as Ctrl-C does; a lock that functions of Python take and release, like
that of `queue`, may then stay locked. Here each change is one call of a function of C, which is made whole or not at
all, and the first of a `finally` is made in any case.
"""

from __future__ import annotations

import _thread
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from weakref import ref

from elements_sdk._http.timeouts import Timeouts

_LOOK_AGAIN = 0.1  # seconds, after which the first who waits looks whether somebody was kept from waking it
_LOOK_AGAIN_BEHIND = 1.0  # the same for those behind it


class Slot:
    """The permission to have one request under way."""

    __slots__ = ("__weakref__",)


class Slots:
    """A number of slots.

    :ivar waiting: a lock for each who waits.
    :ivar give_back: takes a slot that was taken; `wake` lets the next have it.
    """

    def __init__(self, count: int) -> None:
        self._free = deque(Slot() for _ in range(count))
        self._all = [ref(slot) for slot in self._free]
        self.waiting: deque[_thread.LockType] = deque()
        self.give_back: Callable[[Slot], None] = self._free.append

    def take(self, timeouts: Timeouts) -> Slot:
        """Return a slot, as soon as it is the caller's turn.

        :raises TimeoutError: the whole call has used up its time.
        """
        if not self.waiting:
            try:
                return self._free.popleft()
            except IndexError:
                pass
        turn = _thread.allocate_lock()  # looked up now: gevent may have put its own there
        turn.acquire()
        try:
            self.waiting.append(turn)
            return self._wait(turn, timeouts)
        finally:
            self.waiting.remove(turn)
            self.wake()

    def wake(self) -> None:
        """Let the first who waits look whether there is a slot."""
        if self.waiting and self._free:
            with suppress(IndexError, RuntimeError):  # it waits no more, or has been woken already
                self.waiting[0].release()

    def _wait(self, turn: _thread.LockType, timeouts: Timeouts) -> Slot:
        while True:
            is_first = self.waiting[0] is turn
            if is_first:
                self._restore()
                try:
                    return self._free.popleft()
                except IndexError:
                    pass
            left = timeouts.left()
            if left == 0:
                raise TimeoutError
            seconds = _LOOK_AGAIN if is_first else _LOOK_AGAIN_BEHIND
            turn.acquire(timeout=seconds if left is None else min(seconds, left))

    def _restore(self) -> None:
        """Make slots in place of those that were lost: an exception came where they were handed over."""
        for number, slot in enumerate(self._all):
            if slot() is None:
                new = Slot()
                self._all[number] = ref(new)
                self._free.append(new)
