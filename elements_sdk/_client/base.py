"""The common part of the blocking and the asyncio client: settings, headers, credentials, and how a call is made."""

from __future__ import annotations

import copy
import threading
import warnings
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, Self, TypeVar

from elements_sdk._client.credentials import Credentials
from elements_sdk._client.hints import hint_for, told_elsewhere
from elements_sdk._client.sender import Sender, Transport
from elements_sdk._client.settings import ReadySettings
from elements_sdk._config.legacy import LegacyClient
from elements_sdk._config.logging import logger
from elements_sdk._http.body import Body, BodyBuffer
from elements_sdk._http.messages import Request, Response, with_query
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._operations.by_call_api import OWN_CALL_API, by_call_api
from elements_sdk._operations.errors import deadline_exceeded, status_error
from elements_sdk._operations.operation import DATA_ONLY, RAW, ApiResponse, Operation, RequestOptions, read_options
from elements_sdk._serialization.decode import with_article
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.fork import register_after_fork
from elements_sdk._utils.redaction import MaskedDict, Opaque, reveal
from elements_sdk._utils.sync import settled
from elements_sdk._utils.urls import origin_of
from elements_sdk._version import __version__
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import (
    ApiException,
    ApiTypeError,
    ApiValueError,
    ForbiddenException,
    InsecureTransportWarning,
    UnauthorizedException,
)

if TYPE_CHECKING:
    from elements_sdk._operations.raw_request import RawCall

C = TypeVar("C")
# Methods of 3.3 and of this class that no call uses.
_UNUSED = "request deserialize sanitize_for_serialization update_params_for_auth parameters_to_tuples files_parameters"
_UNUSED += " select_header_accept select_header_content_type call call_with_http_info execute"
_NOT_ASKED: Opaque[str | None] = Opaque(None)
_SPELLINGS = {name.lower(): name for name in ("Accept", "Authorization", "Content-Type", "Cookie", "User-Agent")}


class BaseClient(LegacyClient):
    """The common part of both clients.

    :ivar configuration: what of it changes holds from the next call on, but for pool, proxy and TLS.
    :ivar default_headers: headers of every call to the configured host.
    :ivar client_side_validation: whether bodies are compared with the rules of their models before they are sent.
    :ivar left_out: what was left out when this client was pickled.
    """

    call_api: Callable[..., Any]
    _run: Callable[[Operation, Request, RequestOptions], Any]  # sends the request of a call

    def __init__(
        self,
        transport: Transport,
        configuration: Configuration,
        header_name: str | None,
        header_value: str | None,
        cookie: str | None,
    ) -> None:
        _warn_of_unused_overrides(type(self))  # type: ignore[arg-type]  # a class is hashable
        self.configuration = configuration
        self.rest_client = transport
        self.default_headers = MaskedDict()
        self.user_agent = f"ELEMENTS-SDK/{__version__}/python"
        if header_name is not None:
            self.set_default_header(header_name, header_value)
        self.cookie = cookie
        self.client_side_validation = configuration.client_side_validation
        self._sender = Sender(transport)
        self._credentials = Credentials()
        self._ready: ReadySettings | None = None
        self._has_warned = False
        self.left_out: list[str] = []
        self._is_closed = False
        self._lock = threading.Lock()
        register_after_fork(self)

    def renew_after_fork(self) -> None:
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

    async def _send_raw(self, call: RawCall) -> Any:
        """Send a request to any URL; return the response, or the library's own where the caller reads the body."""
        request, options = call.request(self.user_agent), read_options(RAW, call.options)
        self._check_open()
        settings = self._settings()
        timeouts = Timeouts(*settings.timeouts, options.timeout)
        response = await self._sender.send(request, settings, timeouts, "read" if options.preload else "leave")
        if not 200 <= response.status < 300:
            raise told_elsewhere(status_error(request, response), request)
        return response if options.preload else response.raw

    async def execute(
        self, operation: Operation, arguments: Opaque[Mapping[str, Any]], options: RequestOptions = DATA_ONLY
    ) -> Any:
        """Make a documented call, for coroutines that both clients run.

        :param arguments: the call's own arguments, by name.
        """
        return await settled(BaseClient._call(self, operation, arguments, options))

    def _call(self, operation: Operation, arguments: Opaque[Mapping[str, Any]], options: RequestOptions) -> Any:
        """Make a documented call, as this kind of client makes its calls."""
        if getattr(self.call_api, "__func__", None) not in OWN_CALL_API:
            return by_call_api(self, operation, arguments, options)
        safe = self.configuration.safe_chars_for_path_param
        request = operation.request(arguments, self.client_side_validation, safe)
        return self._run(operation, request, options)

    def _settings(self) -> ReadySettings:
        """Return the settings of a call that begins now, made anew only if something has changed."""
        given, ready = self.configuration, self._ready
        if (
            ready is not None
            and ready.configuration is given
            and ready.changes == given._changes
            and ready.api_key == given.api_key
            and ready.api_key_prefix == given.api_key_prefix
            and ready.default_headers == self.default_headers
            and ready.client_side_validation == self.client_side_validation
        ):
            return ready
        ready = ReadySettings(given, self.default_headers, self.client_side_validation)
        ready.is_cleartext = self.rest_client.is_cleartext(ready.origin)
        self._ready = ready if type(given) is Configuration else None  # a subclass may compute what it says
        return ready

    async def _send(self, operation: Operation, request: Request, options: RequestOptions) -> Any:
        """Authenticate and send a request, and return what the options of the call ask for."""
        settings = self._settings()
        timeouts = options.timeouts or Timeouts(*settings.timeouts, options.timeout)
        if self.left_out:
            self._check_left_out(operation.is_login)
        origin = settings.origin if options.host is None else origin_of(options.host)
        is_ours = origin == settings.origin
        has_session = is_ours and not settings.has_key
        if not self._has_warned and (not is_ours or settings.is_cleartext):
            self._warn_if_cleartext(origin)
        sends_key = is_ours and options.sends_key
        asked = _NOT_ASKED
        if sends_key and settings.asks_for_key:
            asked = Opaque(self.configuration.get_api_key_with_prefix("Authorization"))
        self._prepare(request, settings, options, origin, asked)
        keep = self._credentials.keep_session if has_session else None
        body: Body = self._to_file if operation.result == "file" else "read"
        sent = request, settings, timeouts, body if options.preload else "leave", keep
        response = await self._sender.send(*sent)
        is_refused = response.status == 401 and sends_key and not operation.is_login
        if is_refused and self._credentials.renew_key(request, self.configuration, timeouts):  # nothing was done
            response = await self._sender.send(*sent)
        if not options.preload and 200 <= response.status < 300:
            data = response.raw
        else:
            try:
                rest = partial(self._rest, request, timeouts)
                data = await operation.read(request, response, settings.models, settings.max_response_bytes, rest)
            except ApiException as error:
                if has_session and isinstance(error, UnauthorizedException | ForbiddenException):
                    self._credentials.explain(error, settings.host)
                if options.identity is None or not is_ours:  # a Session has said who is calling
                    error.hint = hint_for(error, request, self.configuration) or error.hint
                raise
        return data if options.data_only else ApiResponse(data, response.status, response.headers)

    async def _rest(self, request: Request, timeouts: Timeouts) -> None:
        """Let others go on while a long answer is decoded.

        :raises DeadlineExceeded: the whole call has used up its time.
        """
        if timeouts.has_expired():
            raise deadline_exceeded(request, timeouts, "reading the answer", "yes")
        await self.rest_client.pause(0)

    # Frames that raise name neither headers nor URL: reporters look up the dotted names of their source.

    def _prepare(
        self, request: Request, settings: ReadySettings, options: RequestOptions, origin: str, asked: Opaque[str | None]
    ) -> None:
        """Add URL, default headers and credentials.

        :param asked: the API key, if it is asked for at each use.
        """
        request.url, request.origin = (options.host or settings.host) + request.path, origin
        if request.query:
            request.url = with_query(request.url, request)
        if origin != settings.origin:
            request.headers["User-Agent"] = self.user_agent
            return
        request.headers.update(settings.headers if options.sends_key else settings.default_headers)
        if reveal(asked) is not None:
            request.headers["Authorization"] = reveal(asked)
        if not settings.has_key:
            self._credentials.add_session(request, self.cookie)
        elif self._cookie:
            request.headers["Cookie"] = "; ".join(filter(None, [self._cookie, request.headers.get("Cookie")]))
        accepts_gzip = request.method == "GET" and options.preload and settings.compression
        if accepts_gzip and "accept-encoding" not in map(str.lower, request.headers):
            request.headers = MaskedDict({"Accept-Encoding": "gzip", **request.headers})

    def _warn_if_cleartext(self, origin: str) -> None:
        if not self.rest_client.is_cleartext(origin):
            return
        self._has_warned = True
        logger.warning("calls to %s go over plain http: whoever is on the way can read them", origin)
        text = f"calls to {origin} go over plain http: whoever is on the way can read them; use https"
        warnings.warn(text, InsecureTransportWarning, stacklevel=_level_of_user())

    def _to_file(self) -> BodyBuffer:
        """Make a private file for the body of a response."""
        from elements_sdk._client.download import FileBuffer  # loaded late: hardly anybody needs it

        return FileBuffer(self.configuration.max_response_bytes, self.configuration.temp_folder_path)

    def __repr__(self) -> str:
        given = vars(self).get("configuration")  # it may be half made
        if given is None:
            return f"{type(self).__name__}()"
        by_key = ", by key" if given.api_key or given.refresh_api_key_hook else ""
        return f"{type(self).__name__}({given.host!r}{by_key})"

    def own_settings(self) -> dict[str, Any]:
        """Return the constructor arguments that only this kind of client takes, for copies and pickles of it.

        A derived class whose constructor takes arguments of its own adds them to what its base returns.
        """
        given = getattr(self.rest_client, "given", None)
        return {} if given is None else {"transport": given}

    def _checked_settings(self) -> dict[str, Any]:
        """Return `own_settings`.

        :raises ApiTypeError: the constructor of a derived class does not take them, or needs others.
        """
        import inspect  # loaded late: it brings much along

        settings = Opaque(self.own_settings())
        with Translated(TypeError, partial(_misfit, type(self).__name__)):
            inspect.signature(type(self)).bind(configuration=None, cookie=None, **reveal(settings))
        return reveal(settings)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Copy everything, credentials and session included, but the connections."""
        configuration = copy.deepcopy(self.configuration, memo)
        clone = type(self)(configuration=configuration, cookie=self.cookie, **self._checked_settings())
        clone.default_headers.update(self.default_headers)
        clone.client_side_validation = self.client_side_validation
        clone._credentials.copy_session_from(self._credentials)
        clone.left_out = list(self.left_out)
        return clone

    def __copy__(self) -> Self:
        return copy.deepcopy(self)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle without credentials and session; where `pickle_credentials` is set, without the session only."""
        settings = self.configuration
        keeps = settings.pickle_credentials
        headers = dict(self.default_headers) if keeps else {"User-Agent": self.user_agent}
        left_out = self._still_left_out()
        left_out += [] if keeps else [name for name in self.default_headers if name not in headers]
        left_out += ["session"] if self._credentials.has_session(settings.host) else []
        left_out += ["cookie"] if self.cookie and not keeps else []
        left_out += [name for name in ("proxy", "proxy_headers") if getattr(settings, name) and not keeps]
        arguments = {"configuration": settings, "cookie": self.cookie if keeps else None, **self._checked_settings()}
        state = {"client_side_validation": self.client_side_validation, "left_out": list(dict.fromkeys(left_out))}
        return partial(type(self), **arguments), (), {**state, "default_headers": MaskedDict(headers)}

    def _check_open(self) -> None:
        if self._is_closed:
            raise ApiValueError("this client is closed: make a new one, or make the call inside its with statement")

    def _still_left_out(self) -> list[str]:
        return [name for name in self.left_out if name not in self.default_headers]

    def _check_left_out(self, is_login: bool) -> None:
        missing = self._still_left_out()
        if is_login:
            self.left_out = [name for name in missing if name != "session"]
        elif missing:
            raise ApiValueError(
                f"this client was pickled without its {', '.join(missing)}: "
                "make it anew (or log in), or set pickle_credentials before pickling"
            )


@lru_cache
def _warn_of_unused_overrides(kind: Any) -> None:
    """Say, once a class, that overrides of a derived class have no effect: a guard that is passed by is none."""
    for name in _UNUSED.split():
        if not getattr(getattr(kind, name), "__module__", "").startswith("elements_sdk."):
            text = f"{kind.__name__}.{name} has no effect on calls: override call_api, by way of which they all go then"
            warnings.warn(text, UserWarning, stacklevel=_level_of_user())


def checked_configuration(kind: type, given: Configuration | None) -> Configuration:
    """Return a configuration, that of the default where none is given.

    :raises ApiTypeError: it is something else, an address say.
    """
    if given is None:
        return Configuration.get_default_copy()
    if not hasattr(given, "host"):
        wanted = f"{kind.__name__.lstrip('_')} takes a Configuration, not {with_article(type(given).__name__)}"
        raise ApiTypeError(f'{wanted}: give it Configuration(host="https://...")')
    return given


def checked_client(given: C) -> C:
    """Return a client, or whatever stands in for one.

    :raises ApiTypeError: it is what a client is made of.
    """
    if isinstance(given, Configuration | str):
        how = "configuration" if isinstance(given, Configuration) else 'Configuration(host="https://...")'
        kind = with_article(type(given).__name__)
        raise ApiTypeError(f"AuthApi takes an ApiClient, not {kind}: give it ApiClient({how})")
    return given


def _misfit(kind: str, error: TypeError) -> ApiTypeError:
    return ApiTypeError(
        f"a {kind} cannot be copied or pickled: its constructor is called with configuration=, cookie= "
        f"and what own_settings() returns, and that does not fit ({error}). "
        "Let own_settings() return the arguments of your own, added to super().own_settings()"
    )


def _level_of_user() -> int:
    """Return how many frames above the one that warns the user's own code is."""
    import inspect  # loaded late: it brings much along

    level, frame = 0, inspect.currentframe()
    while frame is not None and f"{frame.f_globals.get('__name__')}.".startswith("elements_sdk."):
        level, frame = level + 1, frame.f_back
    return level
