"""The common part of the blocking and the asyncio client: settings, headers, credentials, and how a call is made."""

from __future__ import annotations

import copy
import threading
import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Self

from elements_sdk._client.credentials import Credentials
from elements_sdk._client.sender import Sender, Transport
from elements_sdk._config.legacy import LegacyClient
from elements_sdk._config.logging import logger
from elements_sdk._config.validators import checked_host
from elements_sdk._http.body import Body, BodyBuffer
from elements_sdk._http.messages import Request, Response, with_query
from elements_sdk._http.timeouts import Seconds, Timeouts
from elements_sdk._operations.errors import deadline_exceeded, status_error
from elements_sdk._operations.operation import ApiResponse, Operation, RequestOptions, read_options
from elements_sdk._utils.fork import register_after_fork
from elements_sdk._utils.redaction import MaskedDict
from elements_sdk._utils.urls import origin_of
from elements_sdk._version import __version__
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiValueError, ForbiddenException, InsecureTransportWarning, UnauthorizedException
from elements_sdk.models._base import ReadSettings

_SPELLINGS = {name.lower(): name for name in ("Accept", "Authorization", "Content-Type", "Cookie", "User-Agent")}


class BaseClient(LegacyClient):
    """The common part of both clients.

    :ivar configuration: read at each call as far as `host`, `api_key` and `api_key_prefix` are concerned.
    :ivar default_headers: headers of every call to the configured host.
    :ivar client_side_validation: whether bodies are compared with the rules of their models before they are sent.
    :ivar left_out: what was left out when this client was pickled.
    """

    def __init__(
        self,
        transport: Transport,
        configuration: Configuration,
        header_name: str | None,
        header_value: str | None,
        cookie: str | None,
    ) -> None:
        self.configuration = configuration
        self.rest_client = transport
        self.default_headers = MaskedDict()
        self.user_agent = f"ELEMENTS-SDK/{__version__}/python"
        if header_name is not None:
            self.set_default_header(header_name, header_value)
        self.cookie = cookie
        self.client_side_validation = configuration.client_side_validation
        self._sender = Sender(configuration, transport)
        self._credentials = Credentials(configuration)
        self._has_warned = False
        self._private_origins: set[str] = set()
        self.left_out: list[str] = []
        self._is_closed = False
        self._lock = threading.Lock()
        register_after_fork(self)

    def renew_after_fork(self) -> None:
        """Make a new lock for this process."""
        self._lock = threading.Lock()

    @property
    def last_response(self) -> Response | None:
        """Status, headers and body of the last response."""
        return self._sender.last_response

    @property
    def user_agent(self) -> str:
        """What the client calls itself in the `User-Agent` header."""
        return str(self.default_headers["User-Agent"])

    @user_agent.setter
    def user_agent(self, value: str) -> None:
        self.set_default_header("User-Agent", value)

    @property
    def cookie(self) -> str | None:
        """A `Cookie` header of your own, for every call to the configured host."""
        return self._cookie

    @cookie.setter
    def cookie(self, value: str | None) -> None:
        if value is not None and not isinstance(value, str):
            raise ApiValueError(f"cookie must be text, not {type(value).__name__}")
        self._cookie = value

    def set_default_header(self, header_name: str, header_value: str | None) -> None:
        """Send this header with every call.

        :raises ApiValueError: the value is not text.
        """
        if not isinstance(header_value, str):
            raise ApiValueError(f"the header {header_name} needs a value, as text")
        self.default_headers[_SPELLINGS.get(header_name.lower(), header_name)] = header_value

    def _request(self, operation: Operation, arguments: Mapping[str, Any]) -> Request:
        return operation.request(arguments, self.client_side_validation, self.configuration.safe_chars_for_path_param)

    def _build_raw(
        self,
        resource_path: str,
        method: str,
        response_type: str | type | None,
        auth_settings: Sequence[str] | None,
        host: str | None,
        options: Mapping[str, Any],
        parts: MaskedDict,
    ) -> tuple[Operation, Request, RequestOptions]:
        """Build the operation, the request and the options of a call from the arguments of `call_api`."""
        from elements_sdk._operations.raw_request import build_operation  # loaded late: documented calls do without it

        safe = self.configuration.safe_chars_for_path_param
        operation, request = build_operation(method, resource_path, response_type, parts, safe)
        own_host = None if host is None else checked_host("_host", host)
        sends_key = "Bearer" in (auth_settings or ())
        return operation, request, read_options("call_api", options)._replace(host=own_host, sends_key=sends_key)

    async def _send_raw(self, method: str, parts: MaskedDict, preload: bool, timeout: Seconds | None) -> Any:
        """Send a request to any URL; return the response, or the library's own where the caller reads the body."""
        from elements_sdk._operations.raw_request import build_request  # loaded late, too

        request = build_request(method, parts)
        self._check_open()
        timeouts, retries = self._sender.timeouts(timeout), self._sender.retry_state()
        response = await self._sender.send(request, timeouts, retries, body="read" if preload else "leave")
        if not 200 <= response.status < 300:
            raise status_error(request, response)
        return response if preload else response.raw

    async def execute(
        self, operation: Operation, arguments: Mapping[str, Any], options: RequestOptions | None = None
    ) -> Any:
        """Make a documented call.

        :param arguments: the call's own arguments, by name.
        """
        request = self._request(operation, arguments)
        return await self._send(operation, request, self._bind(operation, request, options or RequestOptions()))

    def _bind(self, operation: Operation, request: Request, options: RequestOptions) -> RequestOptions:
        """Check a call and complete its options when it is made, which may be before its turn comes to be sent."""
        self._check_open()
        return options

    async def _send(self, operation: Operation, request: Request, options: RequestOptions) -> Any:
        """Authenticate and send a request, and return what the options of the call ask for."""
        timeouts = options.timeouts or self._sender.timeouts(options.timeout)
        self._check_credentials(operation.is_login)
        host = options.host or self.configuration.host
        origin = origin_of(host)
        request.url, request.origin = with_query(host + request.path, request), origin
        is_ours = options.host is None or origin == origin_of(self.configuration.host)
        has_session = is_ours and not self._credentials.has_key(self.default_headers)
        if not self._has_warned and origin not in self._private_origins:
            self._warn_if_cleartext(origin)
        self._add_headers(request, is_ours, options.sends_key, has_session)
        if request.method == "GET" and options.preload and self.configuration.compression:
            _accept_gzip(request.headers)
        retries = self._sender.retry_state(operation.retryable)
        keep = self._credentials.keep_session if has_session else None
        body: Body = "read" if options.preload else "leave"
        if operation.result == "file" and options.preload:
            body = self._to_file
        response = await self._sender.send(request, timeouts, retries, body=body, received=keep)
        is_refused = response.status == 401 and options.sends_key and is_ours and not operation.is_login
        if is_refused and self._credentials.renew_key(request):  # with a 401 nothing was done, so it can be retried
            response = await self._sender.send(request, timeouts, retries, body=body, received=keep)
        try:
            is_read = options.preload or not 200 <= response.status < 300
            data = await self._read(operation, request, response, timeouts) if is_read else response.raw
        except (UnauthorizedException, ForbiddenException) as error:
            if has_session:
                self._credentials.explain(error, host)
            raise
        return data if options.data_only else ApiResponse(data, response.status, response.headers)

    async def _read(self, operation: Operation, request: Request, response: Response, timeouts: Timeouts) -> Any:
        most, rest = self.configuration.max_response_bytes, partial(self._rest, request, timeouts)
        return await operation.read(request, response, self._read_settings(), most, rest)

    async def _rest(self, request: Request, timeouts: Timeouts) -> None:
        """Let others go on while a long answer is decoded.

        :raises DeadlineExceeded: the whole call has used up its time.
        """
        if timeouts.has_expired():
            raise deadline_exceeded(request, timeouts, "reading the answer", "yes")
        await self.rest_client.pause(0)

    def _add_headers(self, request: Request, is_ours: bool, sends_key: bool, has_session: bool) -> None:
        """Add default headers and credentials; for a host that is not the configured one, only the user agent."""
        if not is_ours:
            request.headers["User-Agent"] = self.user_agent
            return
        own = self.default_headers
        request.headers.update(self._credentials.headers(own) if sends_key else own)
        if has_session:
            self._credentials.add_session(request, self.cookie)
        elif self.cookie:
            request.headers["Cookie"] = "; ".join(filter(None, [self.cookie, request.headers.get("Cookie")]))

    def _warn_if_cleartext(self, origin: str) -> None:
        if not self.rest_client.is_cleartext(origin):
            self._private_origins = {origin}
            return
        self._has_warned = True
        logger.warning("calls to %s go over plain http: whoever is on the way can read them", origin)
        text = f"calls to {origin} go over plain http: whoever is on the way can read them; use https"
        warnings.warn(text, InsecureTransportWarning, stacklevel=_level_of_user())

    def _to_file(self) -> BodyBuffer:
        """Make a private file for the body of a response."""
        from elements_sdk._client.download import FileBuffer  # loaded late: hardly anybody needs it

        return FileBuffer(self.configuration.max_response_bytes, self.configuration.temp_folder_path)

    def _read_settings(self) -> ReadSettings | None:
        """Return what models must know of this client; `None`, as a rule."""
        checks, given = self.client_side_validation, self.configuration
        if checks and not given.discard_unknown_keys and not given.strict_responses:
            return None
        return ReadSettings(checks, given.discard_unknown_keys, given.strict_responses)

    def own_settings(self) -> dict[str, Any]:
        """Return the constructor arguments that only this kind of client takes."""
        return {}

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy everything, credentials and session included, but the connections."""
        configuration = copy.deepcopy(self.configuration, memo)
        clone = type(self)(configuration=configuration, cookie=self.cookie, **self.own_settings())
        clone.default_headers.update(self.default_headers)
        clone.client_side_validation = self.client_side_validation
        clone._credentials.copy_session_from(self._credentials)
        return clone

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without credentials and session; where `pickle_credentials` is set, without the session only."""
        settings = self.configuration
        keeps = settings.pickle_credentials
        headers = dict(self.default_headers) if keeps else {"User-Agent": self.user_agent}
        left_out = [] if keeps else [name for name in self.default_headers if name not in headers]
        left_out += ["session"] if self._credentials.has_session(settings.host) else []
        left_out += ["cookie"] if self.cookie and not keeps else []
        left_out += [name for name in ("proxy", "proxy_headers") if getattr(settings, name) and not keeps]
        arguments = {"configuration": settings, "cookie": self.cookie if keeps else None, **self.own_settings()}
        state = {"client_side_validation": self.client_side_validation, "left_out": left_out}
        return partial(type(self), **arguments), (), {**state, "default_headers": MaskedDict(headers)}

    def _check_open(self) -> None:
        if self._is_closed:
            raise ApiValueError("this client is closed: make a new one, or make the call inside its with statement")

    def _check_credentials(self, is_login: bool) -> None:
        self.configuration.check_credentials()
        if not self.left_out:
            return
        missing = [name for name in self.left_out if name not in self.default_headers]
        if is_login:
            self.left_out = [name for name in missing if name != "session"]
        elif missing:
            raise ApiValueError(
                f"this client was pickled without its {', '.join(missing)}: "
                "make it anew (or log in), or set pickle_credentials before pickling"
            )


def _level_of_user() -> int:
    """Return how many frames above the one that warns the user's own code is."""
    import inspect  # loaded late: it brings much along

    level, frame = 0, inspect.currentframe()
    while frame is not None and f"{frame.f_globals.get('__name__')}.".startswith("elements_sdk."):
        level, frame = level + 1, frame.f_back
    return level


def _accept_gzip(headers: MaskedDict) -> None:
    """Ask for a compressed answer, unless the user asks for something of their own."""
    if not any(name.lower() == "accept-encoding" for name in headers):
        headers["Accept-Encoding"] = "gzip"
