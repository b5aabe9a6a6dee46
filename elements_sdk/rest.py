"""The transport: sends one request once over urllib3, and turns its failures into ours."""

from __future__ import annotations

import http.client
import re
import ssl
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as errors
from urllib3.util.ssl_match_hostname import CertificateError

from elements_sdk.addresses import is_insecure, origin, target
from elements_sdk.bodies import BLOCK, Body, FileError, MemoryBody, TooLarge
from elements_sdk.configuration import Configuration
from elements_sdk.connections import Phase, SpeaksTls, Try
from elements_sdk.exceptions import (
    ApiConnectionError,
    ApiException,
    ApiTimeoutError,
    ApiTypeError,
    ApiValueError,
    IncompleteBody,
    ProxyError,
    RequestSent,
    ResponseTooLarge,
    TlsError,
)
from elements_sdk.failures import deadline_exceeded, failure
from elements_sdk.limits import Limits
from elements_sdk.messages import Request, Response
from elements_sdk.pools import Pools
from elements_sdk.retry import READING_METHODS
from elements_sdk.tls import is_refusal, words_for

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["ApiConnectionError", "ApiException", "ApiTypeError", "ApiValueError", "Transport"]


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
        way = self._pools.way_to(origin(request.url), body == "leave")
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
            return _expect_no_word_of_proxy(request, response) if way.is_forwarded else response
        except ApiException as error:
            failed: Exception = error
        except (errors.HTTPError, http.client.HTTPException, OSError, ValueError, TypeError) as error:
            failed = _failure(request, error, attempt, way.has_proxy)
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
            taken = new_body(body, raw.status, settings)
            promised = getattr(raw, "length_remaining", None)  # none for HEAD, whatever its Content-Length
            taken.expect(promised)
            if promised is not None and promised <= BLOCK and "Content-Encoding" not in raw.headers:
                taken.add(raw.read())
            else:
                while piece := raw.read(BLOCK):
                    taken.add(piece)
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


def new_body(body: Body, status: int, settings: Configuration) -> MemoryBody:
    """Make what takes up the body of an answer with this status: memory, or a file.

    :raises FileError: the file cannot be made.
    """
    if body != "to file" or not 200 <= status < 300:
        return MemoryBody(settings.max_response_bytes)
    from elements_sdk.files import FileBody  # loaded late: hardly anybody needs it

    return FileBody(settings.max_response_bytes, settings.temp_folder_path)


def put_into(response: Response, taken: MemoryBody) -> None:
    """Put a complete body into its answer: bytes as data, a path as file."""
    content = taken.content(response.headers)
    if isinstance(content, bytes):
        response.data = content
    else:
        response.file = content


def body_failure(request: Request, response: Response, error: TooLarge | FileError) -> ApiException:
    """Make the exception that stands for a body that could not be taken."""
    kind = ResponseTooLarge if isinstance(error, TooLarge) else ApiException
    return failure(kind, request, response, reason=str(error))


_ONCE = urllib3.Retry(False, redirect=False)
_UNKNOWN_TO_PROXY = "Proxy Authentication Required: put the right name and password into Configuration.proxy"
_SENT: dict[Phase, RequestSent] = {
    "waiting for a free connection": "no",
    "connecting": "no",
    "sending the request": "maybe",
    "waiting for the answer": "maybe",
    "reading the answer": "yes",
}
_TIMEOUTS = (errors.ConnectTimeoutError, errors.ReadTimeoutError, errors.EmptyPoolError, TimeoutError)
_LIMIT_REACHED: dict[Phase, str] = {
    "waiting for a free connection": "no connection of the pool became free in time",
    "connecting": "the server did not accept the connection in time",
    "sending the request": "the server did not take the request in time",
    "waiting for the answer": "the server did not answer in time",
    "reading the answer": "the answer did not come in time",
}

# What urllib3 raises -> what we raise, in which words. The first that fits counts. Texts of urllib3 are not passed on:
# they may hold the query.
_BREAKS = (errors.ProtocolError, http.client.HTTPException, ConnectionError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[ApiException], str], ...] = (
    (errors.NameResolutionError, ApiConnectionError, "the server's name is not known; check Configuration.host"),
    (errors.NewConnectionError, ApiConnectionError, "no connection to the server"),
    (errors.ClosedPoolError, ApiConnectionError, "the client was closed meanwhile"),
    (http.client.IncompleteRead, IncompleteBody, "the answer broke off"),
    (errors.DecodeError, IncompleteBody, "the answer's compression is damaged"),
    (_BREAKS, ApiConnectionError, "the connection broke before the answer was complete"),
)


def _expect_no_word_of_proxy(request: Request, response: Response) -> Response:
    """Give an answer of the server; one that a forwarding proxy gives in its place is an error.

    :raises ProxyError: the proxy wants to know who is calling, or could not get an answer.
    """
    if response.status == 407:
        failed = failure(ProxyError, request, response, reason=_UNKNOWN_TO_PROXY, request_sent="no")
        failed.is_final = True
        raise failed
    if response.status not in (502, 504) or "json" in response.headers.get("Content-Type", ""):
        return response
    reason = f"{response.reason}: the proxy, or what stands behind it, got no answer from the server"
    raise failure(ProxyError, request, response, reason=reason, request_sent="maybe")


def _failure(request: Request, error: Exception, attempt: Try, has_proxy: bool) -> Exception:
    """Describe what went wrong without the traceback of urllib3, whose frames hold headers and body."""
    chain = [error, *_causes(error)]
    sent = _SENT[attempt.phase]
    is_late = any(isinstance(item, _TIMEOUTS) and not isinstance(item, errors.NewConnectionError) for item in chain)
    if is_late and attempt.limits.is_over():
        return deadline_exceeded(request, attempt.limits, attempt.phase, sent)
    # Once something was sent, urllib3 calls anything a ProxyError: by then it has forgotten that it was connected.
    if isinstance(error, errors.ProxyError) and sent == "no":
        return _proxy_failure(request, chain)
    if is_late:
        return failure(ApiTimeoutError, request, None, reason=_LIMIT_REACHED[attempt.phase], request_sent=sent)
    tls_failure = _tls_failure(request, chain, attempt)
    if tls_failure is not None:
        return tls_failure
    if has_proxy and sent == "no" and any(isinstance(item, _BREAKS) for item in chain):
        return failure(ProxyError, request, None, reason="the proxy broke the connection off", request_sent=sent)
    for kind, ours, words in _FAILURES:
        if any(isinstance(item, kind) for item in chain):
            reason = "the connection broke while it was being made" if kind is _BREAKS and sent == "no" else words
            return failure(ours, request, None, reason=reason + _system_words(chain), request_sent=sent)
    if sent == "no" and isinstance(error, errors.LocationValueError | ValueError | TypeError):
        return ApiValueError("the request cannot be sent: host is no valid name")
    return failure(ApiConnectionError, request, None, reason=f"no answer ({type(error).__name__})", request_sent=sent)


def _tls_failure(request: Request, chain: list[BaseException], attempt: Try) -> TlsError | None:
    """Describe why there is no trusted connection, if that is it; a connection that was cut is no matter of trust."""
    place, sent = urlsplit(request.url).netloc, _SENT[attempt.phase]
    kinds = (ssl.SSLError, CertificateError, SpeaksTls)
    broken = next((item for item in chain if isinstance(item, kinds)), None)
    if broken is None or isinstance(broken, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None
    if isinstance(broken, ssl.SSLError):
        # A server refuses a client certificate before it reads a request, but with TLS 1.3 after one may be on its way.
        is_before = attempt.is_on_new_connection and attempt.phase != "reading the answer" and is_refusal(broken)
        sent, words = "no" if is_before else sent, words_for(broken, place, "Configuration.host")
    elif isinstance(broken, SpeaksTls):
        words = f"{place}: the server speaks TLS on this port; should Configuration.host begin with https://?"
    else:
        words = f"the certificate of {place} has another name than Configuration.assert_hostname"
    failed = failure(TlsError, request, None, reason=words, request_sent=sent)
    failed.is_final = sent == "no" or isinstance(broken, SpeaksTls)
    return failed


def _proxy_failure(request: Request, chain: list[BaseException]) -> ApiException:
    matches = (_REFUSED_TUNNEL.match(str(item)) for item in chain if isinstance(item, OSError))
    refusal = next(filter(None, matches), None)
    broken_tls = _tls_error(chain)
    if broken_tls is not None:
        reason = words_for(broken_tls, "the proxy", "Configuration.proxy")
    elif refusal is None:
        reason = f"the proxy could not be reached{_system_words(chain)}"
    elif refusal[1] == "407":
        reason = _UNKNOWN_TO_PROXY
    else:
        reason = f"the proxy refused to connect to the server: {refusal[1]}"
    failed = failure(ProxyError, request, None, reason=reason, request_sent="no")
    failed.status = int(refusal[1]) if refusal else 0
    failed.is_final = refusal is not None or broken_tls is not None
    return failed


def _tls_error(chain: list[BaseException]) -> ssl.SSLError | None:
    return next((item for item in chain if isinstance(item, ssl.SSLError)), None)


_REFUSED_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})\b")  # in http.client's words


def _causes(error: BaseException) -> list[BaseException]:
    """What is wrapped inside: urllib3 hands causes over as arguments as well as by `raise from`.

    The context of an exception is not followed: it may be an exception that the caller is just handling.
    """
    found: list[BaseException] = []
    waiting: list[object] = [*error.args, error.__cause__]
    while waiting:
        item = waiting.pop(0)
        if isinstance(item, Exception) and item not in found:
            found.append(item)
            waiting += [*item.args, item.__cause__]
    return found


def _system_words(chain: list[BaseException]) -> str:
    """The words of the operating system, which knows nothing of the request."""
    for item in chain:
        if isinstance(item, OSError) and item.strerror and not isinstance(item, errors.HTTPError):
            return f": {item.strerror}"
    return ""
