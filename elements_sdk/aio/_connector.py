"""The connections of the asyncio transport: aiohttp's own, which tell each call how far it has come."""

from __future__ import annotations

import asyncio
import functools
import io
import math
import ssl
import warnings
from collections.abc import Callable
from contextvars import Context, ContextVar
from typing import Any

import aiohttp
from aiohttp.client_exceptions import ClientConnectorDNSError, ClientSSLError
from aiohttp.client_proto import ResponseHandler
from aiohttp.http import SERVER_SOFTWARE
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util.ssl_match_hostname import match_hostname

from elements_sdk._http.budgets import BLOCK
from elements_sdk._transport.errors import Attempt, SpeaksTls

current: ContextVar[Attempt] = ContextVar("current")
_TLS_ALERT = r"\x15\x03"  # as aiohttp shows the bytes
_CUT = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)


class Broken(Exception):
    """A connection has broken. aiohttp would send a GET, PUT or DELETE again by itself, if it were told."""


async def send_once(request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType) -> aiohttp.ClientResponse:
    """Hide from aiohttp that a connection has broken: a middleware for requests of the methods that it retries."""
    try:
        return await handler(request)
    except aiohttp.ClientError as error:
        raise unmistakable(error) from error.__cause__


def unmistakable(error: Exception) -> Exception:
    """Return an exception that says what aiohttp's own does not: that a connection has broken, or speaks TLS."""
    if isinstance(error, aiohttp.ClientResponseError) and _TLS_ALERT in error.message:
        return SpeaksTls()
    if isinstance(error, aiohttp.ClientConnectorError | aiohttp.ServerTimeoutError):
        return error
    return Broken(error) if isinstance(error, aiohttp.ClientOSError | aiohttp.ServerDisconnectedError) else error


class Protocol(ResponseHandler):
    """aiohttp's own, with one timer for each connection. aiohttp makes two for each response, which costs time."""

    _end: float | None = None
    _moment = math.inf  # for which the timer is set; uvloop's timers do not always tell

    def connection_lost(self, exc: BaseException | None) -> None:
        super().connection_lost(exc)
        if self._read_timeout_handle is not None:
            self._read_timeout_handle.cancel()

    def _reschedule_timeout(self) -> None:
        self._end = self._loop.time() + self._read_timeout if self._read_timeout else None
        if self._end is None:
            return
        handle = self._read_timeout_handle
        if handle is not None and self._moment > self._end:
            handle.cancel()
            handle = None
        if handle is None:
            self._set_timer(self._end)

    def _drop_timeout(self) -> None:
        self._end = None

    def _set_timer(self, end: float) -> None:
        # in an empty context: that of a call would keep its task alive
        self._moment = end
        self._read_timeout_handle = self._loop.call_at(end, self._look_at_clock, context=Context())

    def _look_at_clock(self) -> None:
        self._read_timeout_handle = None
        if self._end is None:
            return
        if self._loop.time() < self._end:
            self._set_timer(self._end)
        else:
            self._on_read_timeout()


class Connector(aiohttp.TCPConnector):
    """A connector that keeps to the timeouts of the attempt it connects for, and tells it how far it has come.

    :param own_name: the name that certificates of servers must have, in place of the server's.
    :param proxy_context: returns the TLS context for a proxy.
    """

    def __init__(self, own_name: str | None, proxy_context: Callable[[], ssl.SSLContext], **settings: Any) -> None:
        super().__init__(**settings)
        self._factory = functools.partial(Protocol, loop=self._loop)  # type: ignore[assignment]
        self._own_name = own_name
        self._proxy_context = proxy_context

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:
        attempt = current.get()
        try:
            connection = await super().connect(req, traces, timeout)
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise RuntimeError from None  # the connector is closed: aiohttp cancels those who wait, not their tasks
        attempt.phase = "waiting for the answer"
        return connection

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:
        attempt = current.get()
        attempt.phase, attempt.is_on_new_connection = "connecting", True
        if req.is_ssl() and req.ssl.verify_mode is ssl.CERT_NONE:
            _warn_of_unverified(req.url.host)
        try:
            # aiohttp has timeouts for the steps of this, and none for the response of a proxy.
            async with asyncio.timeout(attempt.timeouts.connect_timeout()):
                protocol = await super()._create_connection(req, traces, timeout)
        except (aiohttp.ClientConnectorError, ssl.SSLError) as error:
            if isinstance(error, _CUT):
                raise Broken(error) from None
            if isinstance(error.__cause__, _CUT):
                raise Broken(error.__cause__) from None
            raise
        self._compare_name(req, protocol)
        return protocol

    async def _create_direct_connection(self, req: Any, *arguments: Any, **named: Any) -> Any:
        if named.get("client_error") is not aiohttp.ClientProxyConnectionError:
            return await super()._create_direct_connection(req, *arguments, **named)
        for name in ("Accept", "Accept-Encoding"):
            req.headers.popall(name, None)
        if req.headers.get("User-Agent") == SERVER_SOFTWARE:
            del req.headers["User-Agent"]
        if req.is_ssl():
            req._ssl = self._proxy_context()
        try:
            return await super()._create_direct_connection(req, *arguments, **named)
        except (ClientConnectorDNSError, ClientSSLError) as error:
            raise aiohttp.ClientProxyConnectionError(req.connection_key, OSError()) from error.__cause__

    def _compare_name(self, req: Any, protocol: Any) -> None:
        """Compare the certificate with the name it must have. aiohttp itself would send that name to the server.

        :raises urllib3.util.ssl_match_hostname.CertificateError: the certificate has another name.
        """
        if self._own_name is None or not req.is_ssl():
            return
        try:
            match_hostname(protocol.transport.get_extra_info("peercert"), self._own_name)
        except BaseException:
            protocol.close()
            raise


class ImpatientRequest(aiohttp.ClientRequest):
    """A request whose body goes out at once, also with a header `Expect` of the caller's."""

    def update_expect_continue(self, expect: bool = False) -> None:
        """Wait for no interim answer: many servers send none, and aiohttp would wait for ever."""


class Upload(aiohttp.BytesIOPayload):
    """A large body, sent in chunks, each of which must be taken within the read timeout."""

    def __init__(self, body: bytes, attempt: Attempt) -> None:
        super().__init__(io.BytesIO(body))
        self._attempt = attempt

    async def write_with_length(self, writer: Any, content_length: int | None) -> None:
        """Send the body."""
        self._attempt.phase = "sending the request"
        while chunk := self._value.read(BLOCK):
            async with asyncio.timeout(self._attempt.timeouts.read_timeout()):
                await writer.write(chunk)
        self._attempt.phase = "waiting for the answer"


def _warn_of_unverified(host: str) -> None:
    text = f"Unverified HTTPS request is being made to host '{host}': Configuration.verify_ssl is off"
    warnings.warn(text, InsecureRequestWarning, stacklevel=2)
