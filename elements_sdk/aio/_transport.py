"""The transport over aiohttp: sends one request once, and turns its failures into ours."""

from __future__ import annotations

import asyncio
import errno
import os
from collections.abc import Iterable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakSet

import aiohttp
from aiohttp.client_exceptions import ClientConnectorDNSError, ClientSSLError
from urllib3 import HTTPHeaderDict
from yarl import URL

from elements_sdk._http.body import Body, BodyBuffer, BodyError, check_framing, is_small, new_body
from elements_sdk._http.budgets import BLOCK, HEADER_LINE, HEADERS
from elements_sdk._http.inflate import Inflater
from elements_sdk._http.messages import Request, Response
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._operations.errors import body_error, make_exception
from elements_sdk._transport.errors import (
    BROKEN_OFF,
    CLOSED_MEANWHILE,
    MISTAKES,
    NAME_NOT_KNOWN,
    NO_CONNECTION,
    ExceptionMap,
    outcome_of_refusal,
    transport_error,
)
from elements_sdk._transport.proxies import Proxies, Proxy
from elements_sdk._transport.tls import concerns_tls, tls_context
from elements_sdk._utils.fork import abandon_in_child, register_after_fork
from elements_sdk._utils.redaction import MaskedDict, reveal
from elements_sdk._utils.urls import origin_of
from elements_sdk.aio._connector import Broken, Connector, ImpatientRequest, Upload, current, send_once, unmistakable
from elements_sdk.aio._deadlines import ClosedMeanwhile, Deadlines, TimedAttempt, running_loop
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import (
    ApiConnectionError,
    ApiException,
    ApiValueError,
    IncompleteBody,
    OpenApiException,
    ResponseFormatError,
)

if TYPE_CHECKING:
    import ssl

_RESET = ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET))
_SEND_ONCE = (send_once,)
_NO_TIMEOUT = aiohttp.ClientTimeout()  # aiohttp's own default is a timer for each request


class Transport:
    """The connections of one client, in one event loop. Proxy and TLS settings are those of the moment it is made."""

    def __init__(self, configuration: Configuration) -> None:
        """
        :raises ApiValueError: a certificate file cannot be read, or the proxy's URL is not valid.
        """
        self._configuration = configuration
        self._proxies = Proxies(configuration)
        self._context: ssl.SSLContext | None = None
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._deadlines = Deadlines()
        self._closing = asyncio.Event()
        self._is_closed = False
        self._left: WeakSet[aiohttp.ClientResponse] = WeakSet()  # responses whose bodies callers read
        register_after_fork(self)
        if configuration.is_complete():
            if concerns_tls(configuration):
                self._tls_context()
            self._proxies.proxy_for(origin_of(configuration.host))

    async def send(
        self, request: Request, timeouts: Timeouts, *, body: Body = "read", longest_idle: float | None = None
    ) -> Response | OpenApiException:
        if self._is_closed:
            failed = make_exception(ApiConnectionError, request, None, reason=CLOSED_MEANWHILE, request_sent="no")
            failed.is_final = True
            return failed
        proxy = self._proxies.proxy_for(request.origin) if self._proxies.named else None
        if self._loop is None or self._loop is not asyncio._get_running_loop():  # which raises nothing without one
            self._enter_loop()
        session = self._sessions.get(body == "leave") or self._new_session(body == "leave")
        attempt = TimedAttempt(timeouts, self._deadlines)
        token = current.set(attempt)
        try:
            with attempt:  # neither options nor aiohttp's response become locals, as a traceback may show these
                outcome = await self._received(
                    request,
                    await session.request(
                        request.method,
                        URL(request.url if "%" not in request.origin else _with_bare_zone(request), encoded=True),
                        **self._options(request, proxy, attempt, body),
                    ),
                    body,
                    attempt,
                )
            if isinstance(outcome, Response) and outcome.status >= 400:
                is_forwarded = proxy is not None and not request.origin.startswith("https:")
                return outcome_of_refusal(request, outcome, is_forwarded)
            return outcome
        except (aiohttp.ClientError, Broken, ClosedMeanwhile, OSError, *MISTAKES) as error:
            reason = transport_error(request, unmistakable(error), attempt, proxy is not None, _EXCEPTIONS)
            if self._is_closed and isinstance(reason, ApiConnectionError):
                reason.reason, reason.is_final = CLOSED_MEANWHILE, True
            return reason
        finally:
            current.reset(token)

    async def pause(self, seconds: float) -> None:
        """Wait for that many seconds, or until the client is closed."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    def is_cleartext(self, origin: str) -> bool:
        return self._proxies.is_cleartext(origin)

    async def close(self) -> None:
        """Close the connections. Calls that are under way end, whatever they wait for."""
        self._is_closed = True
        if self._loop is not None and self._loop is asyncio._get_running_loop():
            self._closing.set()
            await self._deadlines.close()
            for raw in list(self._left):
                if not raw.content.is_eof():
                    raw.close()  # aiohttp would let whoever reads it wait for ever
        sessions, self._sessions = self._sessions, {}
        for session in sessions.values():
            await session.close()

    def renew_after_fork(self) -> None:
        """Leave the connections to the parent: they are those of its event loop."""
        abandon_in_child(self._sessions)
        self._sessions, self._loop, self._deadlines, self._closing = {}, None, Deadlines(), asyncio.Event()
        self._left = WeakSet()

    def _enter_loop(self) -> None:
        loop = running_loop()
        if self._loop is not None:
            raise ApiValueError("this client belongs to another event loop: make one in each loop that needs one")
        self._loop = loop

    def _new_session(self, streams: bool) -> aiohttp.ClientSession:
        """Make the aiohttp session for requests.

        :param streams: whether callers read the bodies, and may forget to release them. Such connections are not
            counted, so that no call has to wait for them.
        """
        settings = self._configuration
        idle = settings.keepalive_idle  # for all requests; the blocking client exempts those that only read
        connector = Connector(
            settings.assert_hostname if isinstance(settings.assert_hostname, str) else None,
            self._proxy_context,
            limit=0,
            limit_per_host=0 if streams else settings.connection_pool_maxsize,
            keepalive_timeout=3600.0 if idle is None else idle,
        )
        session = self._sessions[streams] = aiohttp.ClientSession(
            connector=connector,
            request_class=ImpatientRequest,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            headers={"Accept-Encoding": "identity"},
            trust_env=False,
            timeout=_NO_TIMEOUT,
            skip_auto_headers=("User-Agent", "Accept", "Content-Type"),
            max_line_size=HEADER_LINE,
            max_field_size=HEADER_LINE,
            max_headers=HEADERS,
        )
        return session

    def _options(self, request: Request, proxy: Proxy | None, attempt: TimedAttempt, body: Body) -> MaskedDict:
        is_https = request.origin.startswith("https:")
        context = self._tls_context() if is_https else None  # first, as it may fail, and its frame hold what follows
        options = MaskedDict(headers=request.headers, allow_redirects=False, data=request.body)
        if request.method != "POST":
            options["middlewares"] = _SEND_ONCE  # for these only: it takes time, and aiohttp retries no POST
        if request.body is not None and len(request.body) > BLOCK:
            options["data"] = Upload(request.body, attempt)
        if body == "leave":  # each chunk that the caller reads has its limit
            options["timeout"] = aiohttp.ClientTimeout(sock_read=attempt.timeouts.read)
        if is_https:
            options["ssl"] = context
        if proxy is not None:
            options["proxy"], options["proxy_headers"] = proxy.address.replace("%25", "%"), reveal(proxy.headers)
            if not is_https:
                options["headers"] = MaskedDict({**request.headers, **reveal(proxy.headers)})
        return options

    def _tls_context(self) -> ssl.SSLContext:
        if self._context is None:
            self._context = tls_context(self._configuration)
            if self._configuration.assert_hostname is not None:  # the connector compares another name
                self._context.check_hostname = False
        return self._context

    def _proxy_context(self) -> ssl.SSLContext:
        return self._configuration.ssl_context or tls_context(self._configuration, identifies=False)

    async def _received(
        self, request: Request, raw: aiohttp.ClientResponse, body: Body, attempt: TimedAttempt
    ) -> Response | ApiException:
        attempt.phase, settings = "reading the answer", self._configuration
        reason = raw.reason or ""
        if not reason.isascii():  # aiohttp takes its bytes for UTF-8
            reason = reason.encode("utf-8", "surrogateescape").decode("latin-1")
        response = Response(raw.status, reason, partial(_decoded, raw.raw_headers), b"")
        sink = None
        try:
            if "Transfer-Encoding" in raw.headers:
                check_framing(raw.headers.getall("Content-Length", ()), raw.headers.getall("Transfer-Encoding"))
            if body == "leave" and 200 <= raw.status < 300:
                Inflater(response.headers, None)
                response.raw = raw
                self._left.add(raw)
                return response
            if body == "read" and raw.content.is_eof() and is_small(raw.headers, settings.max_response_bytes):
                response.data = raw.content.read_nowait()  # all of it came with the headers
                return response
            sink = new_body(body, raw.status, settings.max_response_bytes)
            await _read_body(
                raw, sink, Inflater(response.headers, settings.max_response_bytes), attempt, callable(body)
            )
            sink.put_into(response)
            return response
        except BaseException as error:  # the slot in the pool must become free, whatever stopped the reading
            raw.close()
            if sink is not None:
                sink.discard()
            if isinstance(error, BodyError):
                return body_error(request, response, error)
            if isinstance(error, aiohttp.ClientError) and not 200 <= raw.status < 300:  # the status that came says more
                return response
            if isinstance(error, aiohttp.ClientPayloadError) and "ConnectionResetError(" in str(error):
                raise Broken(_RESET) from None  # aiohttp keeps the text only
            raise


def _with_bare_zone(request: Request) -> str:
    """Return the URL with the zone of its address as a socket takes it; aiohttp hands it on as it stands."""
    return request.origin.replace("%25", "%", 1) + request.url[request.url.index("/", len("https://")) :]


def _decoded(lines: Iterable[tuple[bytes, bytes]]) -> HTTPHeaderDict:
    """Return headers as http.client reads them; aiohttp takes their bytes for UTF-8."""
    return HTTPHeaderDict([(name.decode("latin-1"), value.decode("latin-1")) for name, value in lines])


async def _read_body(
    raw: aiohttp.ClientResponse, sink: BodyBuffer, inflater: Inflater, attempt: TimedAttempt, in_thread: bool
) -> None:
    """Read a body into `sink`, and let the loop do something else after each block."""
    sink.reserve(None if raw.method == "HEAD" else raw.content_length)
    while not raw.content.at_eof():
        attempt.begin("reading the answer", attempt.timeouts.read)
        chunk = await raw.content.read(BLOCK)
        attempt.begin("reading the answer", None)  # what takes time now is not the server
        for inflated in inflater.steps(chunk):
            await asyncio.to_thread(sink.write, inflated) if in_thread else sink.write(inflated)
            await asyncio.sleep(0)
    inflater.end()


_MALFORMED = "the answer is not valid HTTP: its headers, or the framing of its body, cannot be read"


class _ExceptionMap(ExceptionMap):
    """What the exceptions of aiohttp mean."""

    timeouts = (TimeoutError,)
    not_timeouts = ()
    proxy = (aiohttp.ClientProxyConnectionError, aiohttp.ClientHttpProxyError)
    disconnects = (ConnectionError, Broken, aiohttp.ServerDisconnectedError, EOFError)
    wrappers = (ClientSSLError,)
    others = (
        ((ClientConnectorDNSError,), ApiConnectionError, NAME_NOT_KNOWN),
        ((aiohttp.ClientConnectorError,), ApiConnectionError, NO_CONNECTION),
        ((aiohttp.ClientPayloadError,), IncompleteBody, BROKEN_OFF),
        ((aiohttp.ClientResponseError,), ResponseFormatError, _MALFORMED),
        ((ClosedMeanwhile,), ApiConnectionError, CLOSED_MEANWHILE),
    )

    def proxy_status(self, error: BaseException) -> int | None:
        return error.status if isinstance(error, aiohttp.ClientHttpProxyError) else None


_EXCEPTIONS = _ExceptionMap()
