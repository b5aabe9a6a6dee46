"""Whom the server takes a session for, and when that may change under the calls of many threads or tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Protocol

from elements_sdk._utils.fork import register_after_fork
from elements_sdk.exceptions import ApiValueError, LoginFailed


class LockTimeout(Exception):
    """A call could not begin in time, for others had to end first."""


class Identity:
    """Who the server takes the session for, from one login, start or stop to the next.

    :ivar impersonates: whether it is somebody else than the session's own user.
    :ivar has_ended: whether the server has ended it.
    :ivar login_error: how the server refused to renew it, so that not every caller has to ask.
    """

    def __init__(self, impersonates: bool = False) -> None:
        self.impersonates = impersonates
        self.has_ended = False
        self.login_error: LoginFailed | None = None


class Condition(Protocol):
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

    def current_owner(self) -> object:
        """Who is looking: this thread, this task."""
        ...


class SharedLock:
    """Lets calls through side by side, and a change of identity only when no call is under way.

    No lock is held while anything is sent: whoever has to wait waits for a notice. Ctrl-C may come between any two
    steps of the main thread, so notes are made where a `finally` takes them back, and nobody waits for themselves.
    """

    def __init__(self, new_condition: Callable[[], Condition]) -> None:
        self._new_condition = new_condition
        self._begin()
        register_after_fork(self)

    def _begin(self) -> None:
        self._condition = self._new_condition()
        self._calls: dict[object, object] = {}  # under way -> current_owner makes it
        self._waiting: set[object] = set()
        self._owner: object = None

    def renew_after_fork(self) -> None:
        """Forget the threads of the parent process; the one that has forked stays what it was."""
        owner = self._owner if self.is_owned() else None
        self._begin()
        self._owner = owner

    def is_owned(self) -> bool:
        """Whether it is the caller who is changing the identity just now."""
        return self._owner is not None and self._owner == self._condition.current_owner()

    @asynccontextmanager
    async def shared(self, within: float | None = None) -> AsyncIterator[None]:
        """Make a call, after the changes that are under way or waiting.

        :raises LockTimeout: they took more seconds than that.
        """
        this = object()
        try:
            with self._condition.lock:
                if not await self._condition.wait_for(lambda: self._owner is None and not self._waiting, within):
                    raise LockTimeout
                self._calls[this] = self._condition.current_owner()
            yield
        finally:
            with self._condition.lock:
                self._calls.pop(this, None)
                self._condition.notify_all()

    @asynccontextmanager
    async def exclusive(self, within: float | None = None, reentrant: bool = False) -> AsyncIterator[None]:
        """Change the identity, after the calls that are under way.

        :param reentrant: go on where a change by the same caller has been interrupted.
        :raises ApiValueError: the caller is changing it already.
        :raises LockTimeout: they took more seconds than that.
        """
        if self.is_owned() and not reentrant:
            raise ApiValueError("the session is just logging in: an otp function must not use the session")
        this, me = object(), self._condition.current_owner()

        def is_free() -> bool:
            return self._owner in (None, me) and all(caller == me for caller in self._calls.values())

        try:
            with self._condition.lock:
                self._waiting.add(this)
                if not await self._condition.wait_for(is_free, within):
                    raise LockTimeout
                self._owner = me
                self._waiting.discard(this)
            yield
        finally:
            with self._condition.lock:
                self._waiting.discard(this)
                if self._owner == me:
                    self._owner = None
                self._condition.notify_all()
