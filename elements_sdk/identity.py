"""Whom the server takes a session for, and when that may change under the calls of many threads or tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Protocol

from elements_sdk.exceptions import ApiValueError, LoginFailed
from elements_sdk.forks import renew_in_children


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

    def __enter__(self) -> object:
        """Be the only one who looks or changes."""
        ...

    def __exit__(self, *_: object) -> object:
        """Let others look again."""
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

    No lock is held while anything is sent: whoever has to wait waits for a notice.
    """

    def __init__(self, new_turn: Callable[[], Turn]) -> None:
        self._new_turn = new_turn
        self._begin()
        renew_in_children(self)

    def _begin(self) -> None:
        self._turn = self._new_turn()
        self._calls = 0
        self._waiting = 0
        self._changer: object = None

    def renew_after_fork(self) -> None:
        """Forget the threads of the parent process; the one that has forked stays what it was."""
        changer = self._changer if self._changer is not None and self.is_mine() else None
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
        with self._turn:
            if not await self._turn.wait_for(lambda: self._changer is None and not self._waiting, within):
                raise WaitedTooLong
            self._calls += 1
        try:
            yield
        finally:
            with self._turn:
                self._calls = max(0, self._calls - 1)  # 0 already, if the call itself has forked
                self._turn.notify_all()

    @asynccontextmanager
    async def change(self, within: float | None = None) -> AsyncIterator[None]:
        """Change the identity, after the calls that are under way.

        :raises ApiValueError: the caller is changing it already.
        :raises WaitedTooLong: they took more seconds than that.
        """
        if self.is_mine():
            raise ApiValueError("the session is just logging in: an otp function must not use the session")
        with self._turn:
            self._waiting += 1
            try:
                if not await self._turn.wait_for(lambda: self._changer is None and not self._calls, within):
                    raise WaitedTooLong
                self._changer = self._turn.who()
            finally:
                self._waiting -= 1
                self._turn.notify_all()
        try:
            yield
        finally:
            with self._turn:
                self._changer = None
                self._turn.notify_all()
