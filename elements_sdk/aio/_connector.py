"""The connections of the asyncio transport: aiohttp's own, which tell each call how far it has come."""

from __future__ import annotations

import asyncio
import io
import ssl
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import aiohttp
from aiohttp.client_exceptions import ClientConnectorDNSError, ClientSSLError
from aiohttp.connector import Connection
from aiohttp.http import SERVER_SOFTWARE
from urllib3.exceptions import InsecureRequestWarning
from urllib3.util import wait_for_read
from urllib3.util.ssl_match_hostname import match_hostname

from elements_sdk._http.budgets import BLOCK
from elements_sdk._transport.errors import Phase, SpeaksTls
from elements_sdk.aio._deadlines import TimedAttempt
from elements_sdk.retry import READING_METHODS

current: ContextVar[TimedAttempt] = ContextVar("current")
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


class Connector(aiohttp.TCPConnector):
    """A connector that keeps to the timeouts of the attempt it connects for, and tells it how far it has come.

    :param own_name: the name that certificates of servers must have, in place of the server's.
    :param proxy_context: returns the TLS context for a proxy.
    """

    def __init__(self, own_name: str | None, proxy_context: Callable[[], ssl.SSLContext], **settings: Any) -> None:
        super().__init__(**settings)
        self._own_name = own_name
        self._proxy_context = proxy_context

    async def connect(self, req: Any, traces: Any, timeout: Any) -> Any:
        """Return a connection that was looked at, or made, just now."""
        attempt = current.get()
        if req.proxy is not None:  # aiohttp puts it there while it connects; the next connection's key would be another
            req.proxy_headers["Host"] = req.headers["Host"]
        connection = await super().connect(req, traces, timeout)
        # A small proxy closes after each answer without a word, maybe just now.
        is_risky = req.proxy is not None and not req.is_ssl() and req.method not in READING_METHODS
        while not attempt.is_on_new_connection and (is_risky or _has_ended(connection)):
            connection.close()
            connection = await super().connect(req, traces, timeout)
        attempt.begin("waiting for the answer", attempt.timeouts.read)
        return connection

    async def _create_connection(self, req: Any, traces: Any, timeout: Any) -> Any:
        attempt = current.get()
        attempt.is_on_new_connection = True
        attempt.begin("connecting", attempt.timeouts.connect)
        if req.is_ssl() and req.ssl.verify_mode is ssl.CERT_NONE:
            text = f"Unverified HTTPS request is being made to host '{req.url.host}': Configuration.verify_ssl is off"
            warnings.warn(text, InsecureRequestWarning, stacklevel=2)
        try:
            protocol: Any = await super()._create_connection(req, traces, timeout)
        except (aiohttp.ClientConnectorError, ssl.SSLError) as error:
            if isinstance(error, _CUT):
                raise Broken(error) from None
            if isinstance(error.__cause__, _CUT):
                raise Broken(error.__cause__) from None
            raise
        if self._own_name is not None and req.is_ssl():  # aiohttp itself would send that name to the server
            try:
                match_hostname(protocol.transport.get_extra_info("peercert"), self._own_name)
            except BaseException:
                protocol.close()
                raise
        return protocol

    async def _create_direct_connection(self, req: Any, *arguments: Any, **named: Any) -> Any:
        address, has_zone, _zone = req.url.raw_host.partition("%")
        if has_zone:  # which no certificate names
            req.server_hostname = address
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


class ImpatientRequest(aiohttp.ClientRequest):
    """A request whose body goes out at once, also with a header `Expect` of the caller's."""

    def update_expect_continue(self, expect: bool = False) -> None:
        """Wait for no interim answer: many servers send none, and aiohttp would wait for ever."""


class Upload(aiohttp.BytesIOPayload):
    """A large body, sent in chunks, each of which must be taken within the read timeout."""

    def __init__(self, body: bytes, attempt: TimedAttempt) -> None:
        super().__init__(io.BytesIO(body))
        self._body, self._attempt = body, attempt

    async def write_with_length(self, writer: Any, content_length: int | None) -> None:
        transport = writer.transport
        raw = transport.get_extra_info("socket")
        try:
            for start in range(0, len(self._body), BLOCK):
                self._begin("sending the request")
                if wait_for_read(raw, timeout=0):  # an answer would be lost if the connection broke now
                    await asyncio.sleep(0)  # in which asyncio finds it,
                    await asyncio.sleep(0)  # and in which it reads it
                await writer.write(self._body[start : start + BLOCK])
        except BaseException:
            transport.abort()  # closing would wait until the peer has taken what is in the buffer
            raise
        self._begin("waiting for the answer")

    def _begin(self, phase: Phase) -> None:
        if self._attempt.phase != "reading the answer":  # which may come before all is sent
            self._attempt.begin(phase, self._attempt.timeouts.read)


def _has_ended(connection: Connection) -> bool:
    """Return whether a kept connection has something to read: its end, or what nobody has asked for."""
    transport, protocol = connection.transport, connection.protocol
    if transport is None or protocol is None or protocol.should_close:
        return True
    raw = transport.get_extra_info("socket")
    return raw is not None and wait_for_read(raw, timeout=0)
