"""Session: log in, act, impersonate, log out. Many threads may share one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self

from elements_sdk.api import auth_api
from elements_sdk.api.auth_api import AuthApi
from elements_sdk.api_client import ApiClient
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import (
    ApiException,
    ApiTypeError,
    ApiValueError,
    ForbiddenException,
    LoginFailed,
    SessionExpired,
    UnauthorizedException,
)
from elements_sdk.failures import deadline_exceeded
from elements_sdk.identity import Gate, Identity, WaitedTooLong
from elements_sdk.limits import Limits
from elements_sdk.logs import record_warning
from elements_sdk.messages import Request
from elements_sdk.models import AuthLoginEndpointRequest, ElementsUserDetail
from elements_sdk.operation import Operation
from elements_sdk.redaction import MaskedDict

_OWN_PATHS = {auth_api.LOGIN.path, auth_api.START_IMPERSONATION.path, auth_api.STOP_IMPERSONATION.path}
NOT_AUTHENTICATED = "Authentication credentials were not provided."  # of Django REST Framework


class Session:
    """Logs in on entry and out on exit, and in between keeps the session alive: if the server ends it, the session logs
    in again and repeats the call that was refused, once.

    ```python
    with Session(configuration, "name", "password") as session:
        session.auth.get_all_access_tokens()
    ```

    It owns a client of its own, on which an API key of the configuration is not used. Identity belongs to the session:
    while one thread impersonates, every thread that uses the session does.

    :ivar auth: the calls, made in this session.
    """

    def __init__(
        self,
        configuration: Configuration,
        username: str,
        password: str,
        otp: str | Callable[[], str] | None = None,
        new_password: str | None = None,
    ) -> None:
        """
        :param otp: the one-time code, or a function that gives a fresh one for each login.
        :param new_password: the password to have from now on, where the server demands a change.
        """
        self._login = MaskedDict(username=username, password=password, otp=otp, new_password=new_password)
        del username, password, otp, new_password
        own = copy.deepcopy(configuration)
        own.api_key, own.refresh_api_key_hook = {}, None
        self._gate = Gate()
        self._identity = Identity()
        self._user: ElementsUserDetail | None = None
        self._is_open = False
        self._client = _SessionClient(own, self)
        self.auth = AuthApi(self._client)

    @property
    def user(self) -> ElementsUserDetail:
        """The user who is logged in, as the server described them at the login.

        :raises ApiValueError: nobody is: the `with` block has not been entered.
        """
        if self._user is None:
            raise ApiValueError("nobody is logged in: use the Session in a with statement")
        return self._user

    def __enter__(self) -> Self:
        try:
            with self._gate.change():
                self._log_in()
                self._is_open = True
        except BaseException:
            self._client.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            with self._gate.change():
                self._log_out_quietly()
        finally:
            self._is_open, self._user = False, None
            self._client.close()

    def __reduce__(self) -> Any:
        raise ApiTypeError("a Session cannot be pickled: make one where it is used")

    def login_again(self) -> None:
        """Log in anew, as after a change of permissions.

        :raises ApiValueError: the session is impersonating.
        :raises LoginFailed: the server refused.
        """
        self._expect_own_identity("log in again")
        with self._gate.change():
            self._expect_own_identity("log in again")
            self._log_in()

    @contextmanager
    def impersonate(self, user_id: int) -> Iterator[ElementsUserDetail]:
        """Act as another user inside the `with` block, which gives whom the server now takes the session for.

        If the server ends the session inside the block, calls raise `SessionExpired` until the block is left; none is
        made in anybody else's name. Afterwards the session is its own user's again.

        :raises ApiValueError: the session is impersonating already; nothing is sent.
        :raises ForbiddenException: the session's user lacks the permission `system:admin-access`.
        """
        self._expect_own_identity("impersonate")
        identity = Identity(impersonates=True)
        try:
            yield self._start(user_id, identity)
        finally:
            if self._identity is identity:
                self._finish(identity)

    def _start(self, user_id: int, identity: Identity) -> ElementsUserDetail:
        with self._gate.change():
            self._expect_own_identity("impersonate")
            if not self._begin(user_id, identity):
                self._log_in()
                if not self._begin(user_id, identity):
                    raise SessionExpired(401, "the session has ended before the impersonation could start")
            user = self._ask_who_it_is()
            if str(user.id) != str(user_id):
                raise ApiException(reason=f"the server takes the session for user {user.id}, not {user_id}")
            return user

    def _begin(self, user_id: int, identity: Identity) -> bool:
        """Ask the server to start; tell whether there was a session to do it in.

        From the moment of asking until it is known that nothing has started, the session counts as somebody else's.
        """
        own, self._identity = self._identity, identity
        had_session = self._client.has_session()
        try:
            self.auth.start_impersonation({"user": user_id})
            return True
        except (ApiValueError, ApiTypeError):
            self._identity = own
            raise
        except ApiException as error:
            if error.request_sent == "no" or 400 <= (error.status or 0) < 500:
                self._identity = own
            if not self._client.is_end_of_session(error, had_session):
                raise
            return False

    def _ask_who_it_is(self) -> ElementsUserDetail:
        had_session = self._client.has_session()
        try:
            return self.auth.check_auth_ticket(self.auth.create_auth_ticket())
        except ApiException as error:
            if not self._client.is_end_of_session(error, had_session):
                raise
        self._identity.is_over = True
        raise SessionExpired(401, "the session has ended just as the impersonation had started")

    def _finish(self, identity: Identity) -> None:
        """Be the session's own user again, also when the wait for the calls that are under way is interrupted."""
        try:
            with self._gate.change():
                self._stop()
        finally:
            if self._identity is identity:
                identity.is_over = True
                self._identity = Identity()
                self._client.forget_session()

    def _stop(self) -> None:
        """End the impersonation on the server; if that fails, have no session rather than somebody else's."""
        is_own = False
        try:
            if not self._identity.is_over:
                self.auth.stop_impersonation()
                is_own = True
        except ApiException as failed:
            record_warning("the end of an impersonation failed, so the session logs out: %s", str(failed))
            self._log_out_quietly()
        finally:
            self._identity.is_over = True
            self._identity = Identity()
            if not is_own:
                self._client.forget_session()

    def _log_out_quietly(self) -> None:
        try:
            self.auth.logout()
        except ApiException as failed:
            record_warning("the logout failed, so the session ends by itself on the server: %s", str(failed))

    def _log_in(self, limits: Limits | None = None) -> None:
        """Log in, within the limits of a call; with the new password only if the server does not take the old one."""
        self._client.forget_session()
        refusal = self._try_to_log_in(None, limits)
        if refusal is not None and refusal.status != 429 and self._login["new_password"]:
            refusal = self._try_to_log_in(self._login["new_password"], limits)
            if refusal is None:
                self._login["password"], self._login["new_password"] = self._login["new_password"], None
        if refusal is not None:
            raise refusal
        self._identity = Identity()

    def _try_to_log_in(self, new_password: str | None, limits: Limits | None) -> LoginFailed | None:
        """Log in once, and give how the server refused, if it did."""
        values = MaskedDict(self._login, new_password=new_password)
        del new_password
        if callable(values["otp"]):
            values["otp"] = values["otp"]()
        try:
            body = AuthLoginEndpointRequest(**values)
            answer, status, _ = self.auth.login_with_http_info(body, _request_timeout=_left_of(limits))
        except LoginFailed as error:
            return error.with_traceback(None)
        if answer.user is None:
            return _login_failed(status, answer.reason, answer.detail)
        self._user = answer.user
        return None

    def _renew(self, refused: Identity, limits: Limits) -> Identity | None:
        """Log in again after the server has ended a session, one thread for all; `None` if it was an impersonation.

        :param limits: those of the call that found the session ended.
        :raises LoginFailed: the server refused, this thread or another that asked for the same session.
        """
        with self._gate.change(limits.left()):
            if refused.impersonates:
                refused.is_over = True
                return None
            if self._identity is refused and refused.refusal is None:
                try:
                    self._log_in(limits)
                except LoginFailed as error:
                    refused.refusal = error.with_traceback(None)
            if self._identity is refused and refused.refusal is not None:
                raise copy.copy(refused.refusal)
            return self._identity

    def _expect_own_identity(self, what: str) -> None:
        if self._identity.impersonates:
            raise ApiValueError(f"the session is impersonating: leave that block before you {what}")

    def _is(self, meant: Identity) -> bool:
        """Whether the session is whom a call was meant for."""
        current = self._identity
        if meant.impersonates or current.impersonates:
            return meant is current and not meant.is_over
        return True


class _SessionClient(ApiClient):
    """The client of a session: it makes each call in the name of whom it was meant for, or not at all."""

    def __init__(self, configuration: Configuration, session: Session) -> None:
        super().__init__(configuration)
        self._session = session

    def forget_session(self) -> None:
        """Be nobody."""
        self._credentials.forget_session()

    def has_session(self) -> bool:
        """Whether there is a session cookie."""
        return self._credentials.has_session(self.configuration.host)

    def is_end_of_session(self, error: ApiException, had_session: bool) -> bool:
        """Tell a session that has ended from a lack of permission.

        It is 401, or 403 where Django's session authentication comes first. Django deletes the cookie of a session that
        is not there any more, whatever language it explains itself in.
        """
        if not isinstance(error, UnauthorizedException | ForbiddenException) or isinstance(error, SessionExpired):
            return False
        if isinstance(error, UnauthorizedException) or error.detail == NOT_AUTHENTICATED:
            return True
        return had_session and not self.has_session()

    def __deepcopy__(self, memo: dict[int, Any]) -> ApiClient:
        raise ApiTypeError("the client of a Session cannot be copied: make a Session where it is used")

    def __reduce__(self) -> Any:
        raise ApiTypeError("the client of a Session cannot be pickled: make a Session where it is used")

    def _run(self, operation: Operation, request: Request, manner: Any) -> Any:
        session = self._session
        if session._gate.is_mine():
            return super()._perform(operation, request, manner)
        if not session._is_open:
            raise ApiValueError("the session is not open: use it inside its with statement")
        if request.path.rstrip("/") in _OWN_PATHS:
            raise ApiValueError(f"a Session does {operation.name} by itself: use login_again() or impersonate()")
        return super()._run(operation, request, manner._replace(identity=session._identity))

    def _perform(self, operation: Operation, request: Request, manner: Any) -> Any:
        limits = self._sender.limits(manner.timeout)
        try:
            return self._perform_as(manner.identity, operation, request, manner._replace(limits=limits), limits)
        except WaitedTooLong:
            failed = deadline_exceeded(request, limits, "waiting for the session", "no")
        raise failed

    def _perform_as(self, meant: Identity, operation: Operation, request: Request, manner: Any, limits: Limits) -> Any:
        session = self._session
        headers, had_session = MaskedDict(request.headers), False
        try:
            with session._gate.call(limits.left()):
                if not session._is(meant):
                    raise _expired(request)
                had_session = self.has_session()
                return super()._perform(operation, request, manner)
        except (UnauthorizedException, ForbiddenException) as error:
            if not self.is_end_of_session(error, had_session):
                raise
        # Refused for want of a session, so nothing has been done, and it can be repeated.
        renewed = session._renew(meant, limits)
        request.headers.clear()
        request.headers.update(headers)
        with session._gate.call(limits.left()):
            if renewed is None or not session._is(renewed):
                raise _expired(request)
            return super()._perform(operation, request, manner)


def _left_of(limits: Limits | None) -> float | None:
    """Seconds that a call within another has; `None`: as many as any call."""
    left = None if limits is None else limits.left()
    if left == 0:
        raise WaitedTooLong
    return left


def _expired(request: Request) -> SessionExpired:
    """The call has not been made: it was not sent, or refused."""
    reason = "the session is not whom this call was meant for any more, so it was not made"
    return SessionExpired(
        401,
        reason,
        method=request.method,
        path=request.shown_path,
        attempts=request.attempts,
        request_sent="yes" if request.attempts else "no",
    )


def _login_failed(status: int, reason: str | None, detail: str | None) -> LoginFailed:
    failed = LoginFailed(status, "Login failed", detail=detail, method="POST", path="/api/2/auth/login")
    failed.login_reason = reason
    return failed
