"""Session for asyncio: log in, act, impersonate, log out. Many tasks may share one."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, nullcontext, suppress
from types import TracebackType
from typing import Any, Self

from elements_sdk._client.base import checked_configuration
from elements_sdk._client.session import BaseSession, SessionCalls, code_of_environment, complete_login
from elements_sdk._client.session_lock import Identity
from elements_sdk._utils.redaction import Opaque
from elements_sdk.aio._apis import Calls
from elements_sdk.aio._deadlines import running_loop
from elements_sdk.aio.api_client import ApiClient
from elements_sdk.configuration import Configuration
from elements_sdk.models import ElementsUserDetail


class Session(Calls, BaseSession):
    """A session that logs in on entry and out on exit. In between it stays alive: if the server ends it, it logs in
    again and retries the call that was refused, once.

    ```python
    async with Session(configuration, "name", "password") as session:
        await session.auth.get_all_access_tokens()
    ```

    It owns a client of its own, on which an API key of the configuration is not used. Identity belongs to the session:
    while one task impersonates, every task that uses the session does.

    :ivar auth: the calls, made in this session.
    :ivar api_client: its client, whose `send` and `iterate` reach the rest of the server in this session.
    """

    _client: _SessionClient

    def __init__(
        self,
        configuration: Configuration,
        username: str | None = None,
        password: str | None = None,
        otp: str | Callable[[], str | Awaitable[str]] | None = None,
        new_password: str | None = None,
    ) -> None:
        """
        :param username: that of the configuration, if left out; so is the password.
        :param otp: the one-time code, or a function, async or not, that returns a fresh one for each login.
        :param new_password: the password to have from now on, where the server demands a change.
        :raises ApiValueError: the name or the password is missing.
        """
        login: Opaque[dict[str, Any]] = Opaque(
            {"username": username, "password": password, "otp": otp, "new_password": new_password}
        )
        username = password = otp = new_password = None  # no traceback shows them
        client = _SessionClient(complete_login(login, checked_configuration(type(self), configuration)))
        super().__init__(client, _TaskCondition, login)
        self._set_calls(client)
        self.api_client: ApiClient = client

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Make a session of environment variables; see `elements_sdk.Session.from_env`."""
        return cls(Configuration.from_env(environment), otp=code_of_environment(environment or os.environ))

    async def __aenter__(self) -> Self:
        running_loop()
        try:
            await self._enter()
        except BaseException:
            await self._client.close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            await self._leave()
        finally:
            await self._client.close()

    async def login_again(self) -> None:
        """Log in anew, as after a change of permissions.

        :raises ApiValueError: the session is impersonating.
        :raises LoginFailed: the server refused.
        """
        await self._login_again()

    @asynccontextmanager
    async def impersonate(self, user_id: int) -> AsyncIterator[ElementsUserDetail]:
        """Act as another user inside the `async with` block, which yields whom the server now takes the session for.

        If the server ends the session inside the block, calls raise `SessionExpired` until the block is left; none is
        made in anybody else's name. Afterwards the session is its own user's again.

        :raises ApiValueError: the session is impersonating already; nothing is sent.
        :raises ForbiddenException: the session's user lacks the permission `system:admin-access`.
        """
        self._check_own_identity("impersonate")
        identity = Identity(impersonates=True)
        try:
            yield await self._start(user_id, identity)
        finally:
            if self._identity is identity:
                await self._finish(identity)

    async def _one_time_code(self) -> Any:
        code = await super()._one_time_code()
        return await code if inspect.isawaitable(code) else code


class _SessionClient(SessionCalls, ApiClient):
    """The client of a session."""


class _TaskCondition:
    """The condition that the tasks of a session wait for. In one event loop nobody else acts between two waits."""

    def __init__(self) -> None:
        self.lock = nullcontext()
        self._change = asyncio.Event()

    async def wait_for(self, predicate: Callable[[], bool], within: float | None) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while not predicate():
                    await self._change.wait()
        return predicate()

    def notify_all(self) -> None:
        self._change.set()
        self._change = asyncio.Event()  # for those who wait for the next change

    def current_owner(self) -> object:
        return asyncio.current_task()
