"""Session: log in, act, impersonate, log out. Many threads may share one."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from elements_sdk._client.base import checked_configuration
from elements_sdk._client.session import BaseSession, SessionCalls, code_of_environment, complete_login
from elements_sdk._client.session_lock import Identity
from elements_sdk._utils.redaction import Opaque
from elements_sdk._utils.sync import run
from elements_sdk.api import Calls
from elements_sdk.api_client import ApiClient
from elements_sdk.configuration import Configuration
from elements_sdk.models import ElementsUserDetail


class Session(Calls, BaseSession):
    """A session that logs in on entry and out on exit. In between it stays alive: if the server ends it, it logs in
    again and retries the call that was refused, once.

    ```python
    with Session(configuration, "name", "password") as session:
        session.auth.get_all_access_tokens()
    ```

    It owns a client of its own, on which an API key of the configuration is not used. Identity belongs to the session:
    while one thread impersonates, every thread that uses the session does.

    :ivar auth: the calls, made in this session.
    :ivar api_client: its client, whose `send` and `iterate` reach the rest of the server in this session.
    """

    def __init__(
        self,
        configuration: Configuration,
        username: str | None = None,
        password: str | None = None,
        otp: str | Callable[[], str] | None = None,
        new_password: str | None = None,
    ) -> None:
        """
        :param username: that of the configuration, if left out; so is the password.
        :param otp: the one-time code, or a function that returns a fresh one for each login.
        :param new_password: the password to have from now on, where the server demands a change.
        :raises ApiValueError: the name or the password is missing.
        """
        login: Opaque[dict[str, Any]] = Opaque(
            {"username": username, "password": password, "otp": otp, "new_password": new_password}
        )
        username = password = otp = new_password = None  # no traceback shows them
        client = _SessionClient(complete_login(login, checked_configuration(type(self), configuration)))
        super().__init__(client, _ThreadCondition, login)
        self._set_calls(client)
        self.api_client: ApiClient = client

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Self:
        """Make a session of environment variables: what `Configuration.from_env` reads, `ELEMENTS_USERNAME`,
        `ELEMENTS_PASSWORD`, and `ELEMENTS_OTP` for the first login.

        :param environment: in place of `os.environ`.
        :raises ApiValueError: a variable is missing or malformed; the message names it and does not show its value.
        """
        return cls(Configuration.from_env(environment), otp=code_of_environment(environment or os.environ))

    _client: _SessionClient

    def __enter__(self) -> Self:
        try:
            run(self._enter())
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            run(self._leave())
        finally:
            self._client.close()

    def login_again(self) -> None:
        """Log in anew, as after a change of permissions.

        :raises ApiValueError: the session is impersonating.
        :raises LoginFailed: the server refused.
        """
        run(self._login_again())

    @contextmanager
    def impersonate(self, user_id: int) -> Iterator[ElementsUserDetail]:
        """Act as another user inside the `with` block, which yields whom the server now takes the session for.

        If the server ends the session inside the block, calls raise `SessionExpired` until the block is left; none is
        made in anybody else's name. Afterwards the session is its own user's again.

        :raises ApiValueError: the session is impersonating already; nothing is sent.
        :raises ForbiddenException: the session's user lacks the permission `system:admin-access`.
        """
        self._check_own_identity("impersonate")
        identity = Identity(impersonates=True)
        try:
            yield run(self._start(user_id, identity))
        finally:
            if self._identity is identity:
                run(self._finish(identity))


class _SessionClient(SessionCalls, ApiClient):
    """The client of a session."""


class _ThreadCondition:
    """The condition that the threads of a session wait for."""

    def __init__(self) -> None:
        self.lock = threading.RLock()  # by itself, as Ctrl-C cannot come between its steps
        self._condition = threading.Condition(self.lock)

    async def wait_for(self, predicate: Callable[[], bool], within: float | None) -> bool:
        return self._condition.wait_for(predicate, within)

    def notify_all(self) -> None:
        self._condition.notify_all()

    def current_owner(self) -> object:
        return threading.get_ident()
