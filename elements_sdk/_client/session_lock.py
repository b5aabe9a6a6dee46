"""Whom the server takes a session for, and when that may change under the calls of many threads or tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Protocol

from elements_sdk._utils.fork import renew_in_children
from elements_sdk.exceptions import ApiValueError, LoginFailed


class WaitedTooLong(Exception):
    """A call could not begin in time, for others had to end first."""


class Identity:
    """Who the server takes the session for, from one login, start or stop to the next.

    :ivar impersonates: whether it is somebody else than the session's own user.
    :ivar is_over: whether the server has ended it.
    :ivar refusal: how the server refused to renew it, so that not every caller has to ask.
    """

    def __init__(self, impersonates: bool = False) -> None:
        self.impersonates = impersonates
        self.is_over = False
        self.refusal: LoginFailed | None = None


class Turn(Protocol):
    """What several callers of a session wait at, threads or tasks."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """Makes the holder the only one who looks or changes."""
        ...

    async def wait_for(self, is_so: Callable[[], bool], within: float | None) -> bool:
        """Wait until it is so, and tell whether it was within that many seconds."""
        ...

    def notify_all(self) -> None:
        """Have all who wait look again."""
        ...

    def who(self) -> object:
        """Who is looking: this thread, this task."""
        ...


class Gate:
    """Lets calls through side by side, and a change of identity only when no call is under way.

    No lock is held while anything is sent: whoever has to wait waits for a notice. Ctrl-C may come between any two
    steps of the main thread, so notes are made where a `finally` takes them back, and nobody waits for themselves.
    """

    def __init__(self, new_turn: Callable[[], Turn]) -> None:
        self._new_turn = new_turn
        self._begin()
        renew_in_children(self)

    def _begin(self) -> None:
        self._turn = self._new_turn()
        self._calls: dict[object, object] = {}  # under way -> who makes it
        self._waiting: set[object] = set()
        self._changer: object = None

    def renew_after_fork(self) -> None:
        """Forget the threads of the parent process; the one that has forked stays what it was."""
        changer = self._changer if self.is_mine() else None
        self._begin()
        self._changer = changer

    def is_mine(self) -> bool:
        """Whether it is the caller who is changing the identity just now."""
        return self._changer is not None and self._changer == self._turn.who()

    @asynccontextmanager
    async def call(self, within: float | None = None) -> AsyncIterator[None]:
        """Make a call, after the changes that are under way or waiting.

        :raises WaitedTooLong: they took more seconds than that.
        """
        this = object()
        try:
            with self._turn.lock:
                if not await self._turn.wait_for(lambda: self._changer is None and not self._waiting, within):
                    raise WaitedTooLong
                self._calls[this] = self._turn.who()
            yield
        finally:
            with self._turn.lock:
                self._calls.pop(this, None)
                self._turn.notify_all()

    @asynccontextmanager
    async def change(self, within: float | None = None, takes_over: bool = False) -> AsyncIterator[None]:
        """Change the identity, after the calls that are under way.

        :param takes_over: go on where a change by the same caller has been interrupted.
        :raises ApiValueError: the caller is changing it already.
        :raises WaitedTooLong: they took more seconds than that.
        """
        if self.is_mine() and not takes_over:
            raise ApiValueError("the session is just logging in: an otp function must not use the session")
        this, me = object(), self._turn.who()

        def is_free() -> bool:
            return self._changer in (None, me) and all(caller == me for caller in self._calls.values())

        try:
            with self._turn.lock:
                self._waiting.add(this)
                if not await self._turn.wait_for(is_free, within):
                    raise WaitedTooLong
                self._changer = me
                self._waiting.discard(this)
            yield
        finally:
            with self._turn.lock:
                self._waiting.discard(this)
                if self._changer == me:
                    self._changer = None
                self._turn.notify_all()
