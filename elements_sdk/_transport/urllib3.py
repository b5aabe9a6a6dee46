"""The transport: sends one request once over urllib3, and turns its failures into ours."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3 import exceptions as errors

from elements_sdk._http.body import Body, BodyBuffer, BodyError, Malformed, is_small, new_body
from elements_sdk._http.budgets import BLOCK
from elements_sdk._http.inflate import Inflater
from elements_sdk._http.messages import Request, Response
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._operations.errors import body_error
from elements_sdk._transport.connection import close_response, leave_to_reader
from elements_sdk._transport.errors import (
    BROKEN_OFF,
    MISTAKES,
    NAME_NOT_KNOWN,
    NO_CONNECTION,
    ExceptionMap,
    malformed_response,
    outcome_of_refusal,
    transport_error,
)
from elements_sdk._transport.pools import Pools
from elements_sdk._transport.sockets import Urllib3Attempt, thread
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiConnectionError, ApiException, IncompleteBody, OpenApiException
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
        self, request: Request, timeouts: Timeouts, *, body: Body = "read", longest_idle: float | None = None
    ) -> Response | OpenApiException:
        key = request.origin, body == "leave"
        route = self._pools.routes.get(key) or self._pools.new_route(*key)
        if route.is_forwarded:  # a small proxy closes after an answer without a word, maybe as the next request comes
            longest_idle = _NEVER_KEPT
        attempt = Urllib3Attempt(timeouts, None if request.method in READING_METHODS else longest_idle)
        slots, slot, around = route.pool.slots, None, thread.attempt
        try:
            if slots is not None:
                slot = slots.take(timeouts)
            thread.attempt = attempt
            raw = route.pool.urlopen(
                request.method,
                request.url if route.is_forwarded else request.url[request.url.index("/", len("https://")) :],
                body=request.body,
                headers=request.headers,
                **_ONCE,
            )
            attempt.phase = "reading the answer"
            outcome = self._received(request, raw, timeouts, body)
            if isinstance(outcome, Response) and outcome.status >= 400:
                return outcome_of_refusal(request, outcome, route.is_forwarded)
            return outcome
        except Malformed as error:
            return malformed_response(request, error)
        except (errors.HTTPError, http.client.HTTPException, OSError, *MISTAKES) as error:
            return transport_error(request, error, attempt, route.has_proxy, _EXCEPTIONS)
        finally:
            thread.attempt = around
            if slots is not None and slot is not None:
                slots.give_back(slot)
                if slots.waiting:
                    slots.wake()
            if self._is_closed:  # meanwhile
                self.close()

    async def pause(self, seconds: float) -> None:
        time.sleep(seconds)

    def is_cleartext(self, origin: str) -> bool:
        return self._pools.proxies.is_cleartext(origin)

    def close(self) -> None:
        """Close the connections; those in use when their calls end."""
        self._is_closed = True
        self._pools.close()

    def _received(
        self, request: Request, raw: BaseHTTPResponse, timeouts: Timeouts, body: Body
    ) -> Response | ApiException:
        settings = self._configuration
        response = Response(raw.status, raw.reason or "", raw.headers, b"")
        sink = None
        try:
            if body == "leave" and 200 <= raw.status < 300:
                Inflater(_coded(raw), None)
                response.raw = leave_to_reader(raw)
                timeouts.disarm()
                return response
            if body == "read" and is_small(raw.headers, settings.max_response_bytes):
                response.data = raw.read()
                return response
            sink = new_body(body, raw.status, settings.max_response_bytes)
            _read_body(raw, sink, Inflater(_coded(raw), settings.max_response_bytes), timeouts)
            sink.put_into(response)
            return response
        except BaseException as error:
            close_response(raw)
            if sink is not None:
                sink.discard()
            if isinstance(error, BodyError):
                return body_error(request, response, error)
            if isinstance(error, _CUT) and not 200 <= raw.status < 300:  # the status that came says more
                return response
            raise


def _coded(raw: BaseHTTPResponse) -> Mapping[str, str]:
    """Return the headers that say how a body is compressed; one that vcrpy gives is not, whatever its headers say."""
    return raw.headers if isinstance(raw, urllib3.BaseHTTPResponse) else {}


def _read_body(raw: BaseHTTPResponse, sink: BodyBuffer, inflater: Inflater, timeouts: Timeouts) -> None:
    """Read a body, in a frame of its own: its chunks may be secret."""
    sink.reserve(getattr(raw, "length_remaining", None))
    while chunk := raw.read(BLOCK, decode_content=False):
        for inflated in inflater.steps(chunk):
            timeouts.within(None)  # which looks at the deadline
            sink.write(inflated)
    inflater.end()


class _ExceptionMap(ExceptionMap):
    """What the exceptions of urllib3 and http.client mean."""

    timeouts = (errors.ConnectTimeoutError, errors.ReadTimeoutError, TimeoutError)
    not_timeouts = (errors.NewConnectionError,)
    proxy = (errors.ProxyError,)
    disconnects = (
        errors.ProtocolError,
        http.client.HTTPException,
        ConnectionError,
        ssl.SSLEOFError,
        ssl.SSLZeroReturnError,
    )
    wrappers = ()
    others = (
        ((errors.NameResolutionError,), ApiConnectionError, NAME_NOT_KNOWN),
        ((errors.NewConnectionError,), ApiConnectionError, NO_CONNECTION),
        ((http.client.IncompleteRead,), IncompleteBody, BROKEN_OFF),
    )

    def proxy_status(self, error: BaseException) -> int | None:
        found = re.match(_REFUSED_TUNNEL, str(error)) if isinstance(error, OSError) else None
        return None if found is None else int(found[1])


_CUT = (errors.ProtocolError, errors.SSLError)  # within a body
_NEVER_KEPT = -1.0
_REFUSED_TUNNEL = r"Tunnel connection failed: (\d{3})\b"  # in http.client's words
_ONCE: dict[str, Any] = {  # and the body is left to read
    "retries": urllib3.Retry(False, redirect=False),
    "redirect": False,
    "assert_same_host": False,
    "preload_content": False,
}
_EXCEPTIONS = _ExceptionMap()
