"""The transport: sends one request once over urllib3, and turns its failures into ours."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from typing import TYPE_CHECKING

import urllib3
from urllib3 import exceptions as errors

from elements_sdk._http.body import BLOCK, Body, BodyBuffer, FileError, TooLarge, is_small, new_body, put_into
from elements_sdk._http.messages import Request, Response
from elements_sdk._http.timeouts import Limits
from elements_sdk._operations.errors import body_failure
from elements_sdk._transport.connection import Try
from elements_sdk._transport.errors import (
    BROKEN_OFF,
    CLOSED_MEANWHILE,
    DAMAGED,
    NAME_NOT_KNOWN,
    NO_CONNECTION,
    Meanings,
    expect_no_word_of_proxy,
    transport_failure,
)
from elements_sdk._transport.pools import Pools
from elements_sdk._utils.urls import is_insecure, target
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import (
    ApiConnectionError,
    ApiException,
    IncompleteBody,
)
from elements_sdk.retry import READING_METHODS

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse


class Transport:
    """The connections of one client. Pool, proxy and TLS settings are those of the moment it is made."""

    def __init__(self, configuration: Configuration) -> None:
        """
        :raises ApiValueError: a certificate file cannot be read, or the proxy's URL is not valid.
        """
        self._configuration = configuration
        self._pools = Pools(configuration)
        self._is_closed = False

    async def send(
        self, request: Request, limits: Limits, *, body: Body = "read", longest_idle: float | None = None
    ) -> Response:
        """Send a request to its `url`, once. Neither repeats nor redirects are made.

        :param body: what becomes of the body of a success: it is read, or left in `Response.raw` for the caller to read
            and close, or goes into a file. The body of anything else is always read.
        :param longest_idle: seconds for which a connection may have been idle to be used for a request that acts.
        :raises ApiConnectionError: no complete answer came; `request_sent` says whether the server may have acted.
        """
        way = self._pools.way_to(request.place, body == "leave")
        attempt = Try(limits, None if request.method in READING_METHODS else longest_idle)
        try:
            with attempt:
                raw = way.pool.urlopen(
                    request.method,
                    request.url if way.is_forwarded else target(request.url),
                    body=request.body,
                    headers=request.headers,
                    retries=_ONCE,
                    redirect=False,
                    assert_same_host=False,
                    pool_timeout=limits.left(),  # type: ignore[arg-type]  # seconds, whole or not
                    preload_content=False,
                )
            attempt.phase = "reading the answer"
            response = self._received(request, raw, limits, body)
            return expect_no_word_of_proxy(request, response) if way.is_forwarded else response
        except ApiException as error:
            failed: Exception = error
        except (errors.HTTPError, http.client.HTTPException, OSError, ValueError, TypeError) as error:
            failed = transport_failure(request, error, attempt, way.has_proxy, _MEANINGS)
        finally:
            if self._is_closed:  # meanwhile
                self.close()
        try:
            raise failed
        finally:
            del failed  # an exception whose frames hold itself would outlive its call

    async def pause(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)

    def is_readable_on_the_way(self, place: str) -> bool:
        """Whether others can read what goes to this origin: by plain http to another machine, a proxy perhaps."""
        proxy = None if place.startswith("https:") else self._pools.proxy_for(place)
        return is_insecure(place) or (proxy is not None and is_insecure(proxy.address))

    def close(self) -> None:
        """Close the connections; those in use when their calls end."""
        self._is_closed = True
        self._pools.close()

    def _received(self, request: Request, raw: BaseHTTPResponse, limits: Limits, body: Body) -> Response:
        settings = self._configuration
        response = Response(raw.status, raw.reason or "", raw.headers, b"")
        if body == "leave" and 200 <= raw.status < 300:
            response.raw = raw
            limits.leave_body_to_caller()
            return response
        taken = None
        try:
            if body == "read" and is_small(raw.headers, settings.max_response_bytes):
                response.data = raw.read()
                return response
            taken = new_body(body, raw.status, settings.max_response_bytes)
            _pour(raw, taken)
            put_into(response, taken)
            return response
        except BaseException as error:  # the place in the pool must become free, whatever stopped the reading
            raw.close()
            raw.release_conn()
            if taken is not None:
                taken.discard()
            if not isinstance(error, TooLarge | FileError):
                raise
            failed = body_failure(request, response, error)
        raise failed


def _pour(raw: BaseHTTPResponse, taken: BodyBuffer) -> None:
    """Read a body, in a frame of its own: its pieces may be secret."""
    if not raw.headers.get("Content-Length", "0").isdecimal():
        raw.length_remaining = None  # urllib3 reads "2, 2" as 2, and http.client as no length: all would come at once
    taken.reserve(getattr(raw, "length_remaining", None))
    while piece := raw.read(BLOCK):
        taken.write(piece)


class _Meanings(Meanings):
    """What the exceptions of urllib3 and http.client mean."""

    late = (errors.ConnectTimeoutError, errors.ReadTimeoutError, errors.EmptyPoolError, TimeoutError)
    not_late = (errors.NewConnectionError,)
    proxy = (errors.ProxyError,)
    invalid = (errors.LocationValueError, ValueError, TypeError)
    breaks = (
        errors.ProtocolError,
        http.client.HTTPException,
        ConnectionError,
        ssl.SSLEOFError,
        ssl.SSLZeroReturnError,
    )
    covers = ()
    others = (
        ((errors.NameResolutionError,), ApiConnectionError, NAME_NOT_KNOWN),
        ((errors.NewConnectionError,), ApiConnectionError, NO_CONNECTION),
        ((errors.ClosedPoolError,), ApiConnectionError, CLOSED_MEANWHILE),
        ((http.client.IncompleteRead,), IncompleteBody, BROKEN_OFF),
        ((errors.DecodeError,), IncompleteBody, DAMAGED),
    )

    def refusal(self, error: BaseException) -> int | None:
        found = re.match(_REFUSED_TUNNEL, str(error)) if isinstance(error, OSError) else None
        return None if found is None else int(found[1])


_REFUSED_TUNNEL = r"Tunnel connection failed: (\d{3})\b"  # in http.client's words
_ONCE = urllib3.Retry(False, redirect=False)
_MEANINGS = _Meanings()
