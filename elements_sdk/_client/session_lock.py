"""The identity of a session, and the lock under which it changes between the calls of many threads or tasks."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager
from typing import Any, Protocol

from elements_sdk._utils.fork import register_after_fork
from elements_sdk.exceptions import ApiValueError, LoginFailed


class LockTimeout(Exception):
    """A call could not begin in time, because others had to end first."""


class Identity:
    """The user whom the server takes the session for, from one login, start or stop of impersonation to the next.

    :ivar impersonates: whether it is somebody else than the session's own user.
    :ivar has_ended: whether the server has ended it.
    :ivar login_error: how the server refused to renew it, so that not every caller has to ask.
    """

    def __init__(self, impersonates: bool = False) -> None:
        self.impersonates = impersonates
        self.has_ended = False
        self.login_error: LoginFailed | None = None


class Condition(Protocol):
    """The condition that several callers of a session, threads or tasks, wait for."""

    @property
    def lock(self) -> AbstractContextManager[Any]:
        """The lock under which a caller looks at the state, or changes it."""
        ...

    async def wait_for(self, predicate: Callable[[], bool], within: float | None) -> bool:
        """Wait until the predicate is true; return whether it was within that many seconds."""
        ...

    def notify_all(self) -> None:
        """Wake up all who wait."""
        ...

    def current_owner(self) -> object:
        """Return who is calling: this thread, this task."""
        ...


class SharedLock:
    """A readers-writer lock: calls run side by side, and the identity changes only while no call is under way.

    No lock is held while anything is sent: whoever has to wait waits to be notified. Ctrl-C may come between any two
    steps of the main thread, so what is noted is noted where a `finally` takes it back, and nobody waits for
    themselves.
    """

    def __init__(self, new_condition: Callable[[], Condition]) -> None:
        self._new_condition = new_condition
        self._begin()
        register_after_fork(self)

    def _begin(self) -> None:
        self._condition = self._new_condition()
        self._calls: dict[object, object] = {}  # call under way -> thread or task that makes it
        self._waiting: set[object] = set()
        self._owner: object = None

    def renew_after_fork(self) -> None:
        """Forget the threads of the parent process; the one that has forked stays the owner if it was."""
        owner = self._owner if self.is_owned() else None
        self._begin()
        self._owner = owner

    def is_owned(self) -> bool:
        """Return whether it is the caller who is changing the identity just now."""
        return self._owner is not None and self._owner == self._condition.current_owner()

    @asynccontextmanager
    async def shared(self, within: float | None = None) -> AsyncIterator[None]:
        """Hold the lock for a call, after the changes that are under way or waiting.

        :raises LockTimeout: the changes took more than `within` seconds.
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
        """Hold the lock for a change of identity, after the calls that are under way.

        :param reentrant: go on where a change by the same caller has been interrupted.
        :raises ApiValueError: the caller is changing it already.
        :raises LockTimeout: they took more than `within` seconds.
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
