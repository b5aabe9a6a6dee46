"""The common part of the blocking and the asyncio session: log in, act, impersonate, log out."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any

from elements_sdk._client.base import BaseClient
from elements_sdk._client.hints import NOT_AUTHENTICATED
from elements_sdk._client.session_lock import Condition, Identity, LockTimeout, SharedLock
from elements_sdk._config.logging import logger
from elements_sdk._http.messages import Request, Response
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._operations import auth
from elements_sdk._operations.errors import deadline_exceeded, login_error
from elements_sdk._operations.operation import NOTHING, ApiResponse, Operation, RequestOptions
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.redaction import Opaque, reveal
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
from elements_sdk.models import AuthLoginEndpointRequest, ElementsUserDetail

_OWN_PATHS = {auth.LOGIN.path, auth.START_IMPERSONATION.path, auth.STOP_IMPERSONATION.path}
_NO_MORE_CODES = "otp has given no more codes: it must give a fresh one for each login"
_CODE_IS_USED = "the session has to log in again, and the code in ELEMENTS_OTP is used"
_GIVE_FRESH_CODES = "give the Session a function as otp that returns a fresh one"


def complete_login(given: Opaque[dict[str, Any]], configuration: Configuration) -> Configuration:
    """Take name and password from the configuration, where they are not given; return a copy of it without an API key.

    :raises ApiValueError: the name or the password is missing.
    """
    for name in ("username", "password"):
        reveal(given)[name] = reveal(given)[name] or getattr(configuration, name)
        if not reveal(given)[name]:
            raise ApiValueError(f"a Session needs a {name}: give it, or set Configuration.{name}")
    own = copy.deepcopy(configuration)
    own.api_key, own.refresh_api_key_hook = {}, None
    return own


def code_of_environment(environment: Mapping[str, str]) -> Callable[[], str] | None:
    """Return what gives the one-time code in `ELEMENTS_OTP`, for one login."""
    if not environment.get("ELEMENTS_OTP"):
        return None
    codes = iter([environment["ELEMENTS_OTP"]])

    def give() -> str:
        for code in codes:
            return code
        refused = LoginFailed(0, _CODE_IS_USED)
        refused.hint = _GIVE_FRESH_CODES
        raise refused

    return give


def login_refusal(sent: Opaque[Mapping[str, Any]], answer: ApiResponse[Any]) -> LoginFailed | None:
    """Return how a server refused a login that it answered without an error; `None`: it did not.

    :param sent: the arguments of the login; what of them the server repeats is masked.
    """
    if answer.data.user is not None:
        return None
    request = auth.LOGIN.request(sent, check=False)
    request.attempts = 1
    response = Response(answer.status_code, "", answer.headers, b"")
    detail, reason = (None if said is None else str(said) for said in (answer.data.detail, answer.data.reason))
    return login_error(request, response, detail, {"reason": [reason]} if reason else {})


class BaseSession:
    """The common part of both sessions."""

    def __init__(
        self, client: SessionCalls, new_condition: Callable[[], Condition], login: Opaque[dict[str, Any]]
    ) -> None:
        self._login = login
        self._lock = SharedLock(new_condition)
        self._identity = Identity()
        self._user: ElementsUserDetail | None = None
        self._is_open = False
        self._client = client
        client.session = self

    @property
    def user(self) -> ElementsUserDetail:
        """The user who is logged in, as the server described them at the login.

        :raises ApiValueError: nobody is logged in: the `with` block has not been entered.
        """
        if self._user is None:
            raise ApiValueError("nobody is logged in: use the Session in a with statement")
        return self._user

    def __reduce__(self) -> Any:
        raise ApiTypeError("a Session cannot be pickled: make one where it is used")

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._client.configuration.host!r}, {reveal(self._login)['username']!r})"

    async def _enter(self) -> None:
        async with self._lock.exclusive():
            await self._log_in()
            self._is_open = True

    async def _leave(self) -> None:
        try:
            async with self._lock.exclusive(reentrant=True):
                await self._log_out_quietly()
        finally:
            self._is_open, self._user = False, None

    async def _login_again(self) -> None:
        self._check_own_identity("log in again")
        async with self._lock.exclusive():
            self._check_own_identity("log in again")
            await self._log_in()

    async def _one_time_code(self) -> Any:
        if not callable(reveal(self._login)["otp"]):
            return reveal(self._login)["otp"]
        with Translated(StopIteration, lambda _error: ApiValueError(_NO_MORE_CODES)):  # no coroutine may raise it
            return reveal(self._login)["otp"]()

    async def _start(self, user_id: int, identity: Identity) -> ElementsUserDetail:
        async with self._lock.exclusive():
            self._check_own_identity("impersonate")
            if not await self._begin(user_id, identity):
                await self._log_in()
                if not await self._begin(user_id, identity):
                    raise SessionExpired(401, "the session has ended before the impersonation could start")
            user = await self._ask_who_it_is()
            if str(user.id) != str(user_id):
                raise ApiException(reason=f"the server takes the session for user {user.id}, not {user_id}")
            return user

    async def _begin(self, user_id: int, identity: Identity) -> bool:
        """Ask the server to start; return whether there was a session to do it in.

        From the moment of asking until it is known that nothing has started, the session counts as somebody else's.
        """
        own, self._identity = self._identity, identity
        had_session = self._client.has_session()
        try:
            await self._client.execute(auth.START_IMPERSONATION, Opaque({"data": {"user": user_id}}))
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

    async def _ask_who_it_is(self) -> ElementsUserDetail:
        had_session = self._client.has_session()
        try:
            ticket = await self._client.execute(auth.CREATE_AUTH_TICKET, NOTHING)
            user: ElementsUserDetail = await self._client.execute(auth.CHECK_AUTH_TICKET, Opaque({"data": ticket}))
            return user
        except ApiException as error:
            if not self._client.is_end_of_session(error, had_session):
                raise
        self._identity.has_ended = True
        raise SessionExpired(401, "the session has ended just as the impersonation had started")

    async def _finish(self, identity: Identity) -> None:
        """Return to the session's own user, even if the wait for the calls that are under way is interrupted."""
        try:
            async with self._lock.exclusive(reentrant=True):
                await self._stop()
        finally:
            if self._identity is identity:
                identity.has_ended = True
                self._identity = Identity()
                self._client.forget_session()

    async def _stop(self) -> None:
        """End the impersonation on the server; if that fails, drop the session rather than keep somebody else's."""
        is_own = False
        try:
            if not self._identity.has_ended:
                await self._client.execute(auth.STOP_IMPERSONATION, NOTHING)
                is_own = True
        except ApiException as failed:
            logger.warning("the end of an impersonation failed, so the session logs out: %s", str(failed))
            await self._log_out_quietly()
        finally:
            self._identity.has_ended = True
            self._identity = Identity()
            if not is_own:
                self._client.forget_session()

    async def _log_out_quietly(self) -> None:
        try:
            await self._client.execute(auth.LOGOUT, NOTHING)
        except ApiException as failed:
            logger.warning("the logout failed, so the session ends by itself on the server: %s", str(failed))

    async def _log_in(self) -> None:
        """Log in.

        :raises LoginFailed: the server refused.
        """
        refusal = await self._refusal_of_login()
        if refusal is not None:
            raise refusal

    async def _refusal_of_login(self, timeouts: Timeouts | None = None) -> LoginFailed | None:
        """Log in, with the new password only if the server does not take the old one; return how it refused, if it did.

        :param timeouts: those of the call that needs the login.
        """
        self._client.forget_session()
        refusal = await self._try_to_log_in(timeouts, changes_password=False)
        if refusal is not None and refusal.status != 429 and reveal(self._login)["new_password"]:
            refusal = await self._try_to_log_in(timeouts, changes_password=True)
            if refusal is None:
                reveal(self._login).update(password=reveal(self._login)["new_password"], new_password=None)
        if refusal is None:
            self._identity = Identity()
        return refusal

    async def _try_to_log_in(self, timeouts: Timeouts | None, changes_password: bool) -> LoginFailed | None:
        """Log in once; return how the server refused, if it did."""
        others = {} if changes_password else {"new_password": None}
        otp = Opaque(await self._one_time_code())
        body = AuthLoginEndpointRequest(**{**reveal(self._login), **others, "otp": reveal(otp)})
        left = None if timeouts is None else timeouts.left()
        if left == 0:
            raise LockTimeout
        try:
            options = RequestOptions(timeout=left, data_only=False)
            answer = await self._client.execute(auth.LOGIN, Opaque({"data": body}), options)
        except LoginFailed as error:
            return without_frames(error)
        self._user = answer.data.user or self._user
        return login_refusal(Opaque({"data": body}), answer)

    async def _renew(self, refused: Identity, timeouts: Timeouts) -> Identity | None:
        """Log in again after the server has ended a session, one thread for all, and return the new identity.

        `None`: the session was impersonating, and such a session is not renewed.

        :param timeouts: those of the call that found the session ended.
        :raises LoginFailed: the server refused this thread, or another one that tried to renew the same session.
        """
        async with self._lock.exclusive(timeouts.left()):
            if refused.impersonates:
                refused.has_ended = True
                return None
            if self._identity is refused and refused.login_error is None:
                refusal = await self._refusal_of_login(timeouts)
                if refusal is not None and refusal.status == 429:  # which passes, so another call may try again
                    raise refusal
                refused.login_error = refusal
            if self._identity is refused and refused.login_error is not None:
                raise copy.copy(refused.login_error)
            return self._identity

    def _check_own_identity(self, what: str) -> None:
        if self._identity.impersonates:
            raise ApiValueError(f"the session is impersonating: leave that block before you {what}")

    def _is(self, meant: Identity) -> bool:
        """Return whether the session still is the identity that a call was meant for."""
        current = self._identity
        if meant.impersonates or current.impersonates:
            return meant is current and not meant.has_ended
        return True


class SessionCalls(BaseClient):
    """The part of a session's client that makes each call as the identity it was meant for, or not at all."""

    session: BaseSession

    def __repr__(self) -> str:
        return repr(self.session) if "session" in vars(self) else super().__repr__()

    def forget_session(self) -> None:
        """Drop the session's cookies."""
        self._credentials.forget_session()

    def has_session(self) -> bool:
        """Return whether there is a session cookie."""
        return self._credentials.has_session(self.configuration.host)

    def is_end_of_session(self, error: ApiException, had_session: bool) -> bool:
        """Return whether an error means that the session has ended, not that a permission is missing.

        The status is 401, or 403 where Django's session authentication comes first. Django deletes the cookie of a
        session that does not exist any more, whatever language its message is in; and a request without a cookie had
        no session.
        """
        if not isinstance(error, UnauthorizedException | ForbiddenException) or isinstance(error, SessionExpired):
            return False
        if isinstance(error, UnauthorizedException) or error.detail == NOT_AUTHENTICATED:
            return True
        return not had_session or not self.has_session()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        raise ApiTypeError("the client of a Session cannot be copied: make a Session where it is used")

    def __reduce__(self) -> Any:
        raise ApiTypeError("the client of a Session cannot be pickled: make a Session where it is used")

    def _bind(self, operation: Operation, request: Request, options: RequestOptions) -> RequestOptions:
        """Name the identity of a call when it is made, which may be before its turn comes to be sent."""
        session = self.session
        if options.bound_by is not self and not session._lock.is_owned():
            if not session._is_open:
                raise ApiValueError("the session is not open: use it inside its with statement")
            if request.path.rstrip("/") in _OWN_PATHS:
                raise ApiValueError(f"a Session does {operation.name} by itself: use login_again() or impersonate()")
            options = options._replace(identity=session._identity)
        return options

    def _run(self, operation: Operation, request: Request, options: RequestOptions) -> Any:
        return super()._run(operation, request, self._bind(operation, request, options))

    async def _send(self, operation: Operation, request: Request, options: RequestOptions) -> Any:
        if options.identity is None:  # a call of the session itself
            return await super()._send(operation, request, options)
        timeouts = Timeouts(*self._settings().timeouts, options.timeout)
        with Translated(
            LockTimeout, lambda _error: deadline_exceeded(request, timeouts, "waiting for the session", "no")
        ):
            return await self._send_as(options.identity, operation, request, options._replace(timeouts=timeouts))

    async def _send_as(self, meant: Identity, operation: Operation, request: Request, options: RequestOptions) -> Any:
        session, timeouts = self.session, options.timeouts
        assert timeouts is not None
        headers, had_session = Opaque(dict(request.headers)), False
        try:
            async with session._lock.shared(timeouts.left()):
                if not session._is(meant):
                    raise _expired(request)
                had_session = self.has_session()
                return await super()._send(operation, request, options)
        except (UnauthorizedException, ForbiddenException) as error:
            is_elsewhere = request.origin != self._settings().origin  # where no session was sent
            if is_elsewhere or not self.is_end_of_session(error, had_session):
                raise
        # Refused because there is no session, so nothing has been done, and the call can be retried.
        renewed = await session._renew(meant, timeouts)
        request.headers.clear()
        request.headers.update(reveal(headers))
        async with session._lock.shared(timeouts.left()):
            if renewed is None or not session._is(renewed):
                raise _expired(request)
            return await super()._send(operation, request, options)


def _expired(request: Request) -> SessionExpired:
    """Make the exception of a call that was not made: not sent, or refused."""
    reason = "the session is not whom this call was meant for any more, so it was not made"
    return SessionExpired(
        401,
        reason,
        method=request.method,
        path=request.shown_path,
        attempts=request.attempts,
        request_sent="yes" if request.attempts else "no",
    )
