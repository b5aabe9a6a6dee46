"""Why no response came: what a transport's library raises, turned into exceptions and messages of this SDK."""

from __future__ import annotations

import os
import ssl
from typing import Literal
from urllib.parse import urlsplit

from urllib3.util.ssl_match_hostname import CertificateError

from elements_sdk._http.body import Malformed
from elements_sdk._http.messages import Request, Response
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._operations.errors import deadline_exceeded, explanation_of, make_exception
from elements_sdk._transport.tls import describe, is_refusal
from elements_sdk._utils.errors import without_frames
from elements_sdk.exceptions import (
    ApiConnectionError,
    ApiException,
    ApiTimeoutError,
    OpenApiException,
    ProxyError,
    RequestSent,
    ResponseFormatError,
    TlsError,
)

Phase = Literal[
    "waiting for a free connection", "connecting", "sending the request", "waiting for the answer", "reading the answer"
]
Errors = tuple[type[BaseException], ...]
# What code that hooks into a library raises by mistake. Others, such as a time limit of Celery's, are for the caller.
MISTAKES = (AttributeError, LookupError, NameError, RuntimeError, TypeError, ValueError)


class Attempt:
    """One attempt at a call, on its way through a connection.

    :ivar phase: how far it has come.
    :ivar is_on_new_connection: whether it has made its connection itself.
    """

    timeouts: Timeouts
    phase: Phase = "waiting for a free connection"
    is_on_new_connection = False


class SpeaksTls(ConnectionResetError):
    """A server answers a request without TLS by a TLS alert."""


class ExceptionMap:
    """What the exceptions of a library mean: a class for each library.

    :ivar timeouts: a timeout was reached,
    :ivar not_timeouts: except for these subclasses.
    :ivar proxy: the proxy was not reached, or refused.
    :ivar disconnects: the connection broke.
    :ivar wrappers: they only stand for their causes, and have nothing to say.
    :ivar others: exception -> ours, and its message; the first that fits counts. Messages of a library are not passed
        on: they may hold the query.
    """

    timeouts: Errors
    not_timeouts: Errors
    proxy: Errors
    disconnects: Errors
    wrappers: Errors
    others: tuple[tuple[Errors, type[ApiException], str], ...]

    def proxy_status(self, error: BaseException) -> int | None:
        """Return the status by which a proxy refuses to connect to the server, if that is what an exception says."""
        return None


UNKNOWN_TO_PROXY = "Proxy Authentication Required: put the right name and password into Configuration.proxy"
NAME_NOT_KNOWN = "the server's name is not known; check Configuration.host"
NO_CONNECTION = "no connection to the server"
_CHECK_HOST = "; check Configuration.host, and that the server runs"
CLOSED_MEANWHILE = "the client was closed meanwhile"
BROKEN_OFF = "the answer broke off"
_PASSING = (0, 429, 502, 503, 504)  # of a proxy that was asked to connect; after others it is no use to ask again
_BROKE = "the connection broke before the answer was complete"
_LOOK = ("; look whether it was done before you try again", "; try again later")
# Phase -> whether the server may have acted on the request, and what to say where it took too long.
_PHASES: dict[Phase, tuple[RequestSent, str]] = {
    "waiting for a free connection": ("no", "no connection of the pool became free in time"),
    "connecting": ("no", "the server did not accept the connection in time"),
    "sending the request": ("maybe", "the server did not take the request in time"),
    "waiting for the answer": ("maybe", "the server did not answer in time"),
    "reading the answer": ("yes", "the answer did not come in time"),
}


def transport_error(
    request: Request, error: Exception, attempt: Attempt, has_proxy: bool, exception_map: ExceptionMap
) -> OpenApiException:
    """Make the exception for what went wrong, without the library's traceback, whose frames hold headers and body."""
    if isinstance(error, OpenApiException):
        return without_frames(error)
    chain = [item for item in (error, *_causes(error)) if not isinstance(item, exception_map.wrappers)]
    sent, too_late = _PHASES[attempt.phase]
    ours: type[ApiException] = ApiConnectionError
    is_late = any(
        isinstance(item, exception_map.timeouts) and not isinstance(item, exception_map.not_timeouts) for item in chain
    )
    if is_late and attempt.timeouts.has_expired():
        return deadline_exceeded(request, attempt.timeouts, attempt.phase, sent)
    # Once something was sent, urllib3 calls anything a ProxyError: by then it has forgotten that it was connected.
    if isinstance(error, exception_map.proxy) and sent == "no":
        return _proxy_exception(request, chain, exception_map)
    tls_exception = None if is_late else _tls_exception(request, chain, attempt)
    if tls_exception is not None:
        return tls_exception
    is_broken = any(isinstance(item, exception_map.disconnects) for item in chain)
    known = next((other for other in exception_map.others if any(isinstance(item, other[0]) for item in chain)), None)
    if is_late:
        ours, reason = ApiTimeoutError, f"{too_late}; Configuration.timeout may allow more"
    elif has_proxy and sent == "no" and is_broken:
        ours, reason = ProxyError, "the proxy broke the connection off"
    elif known is not None:
        ours, reason = known[1], known[2] + _system_message(chain)
        reason += _CHECK_HOST if known[2] == NO_CONNECTION else ""
        sent = "yes" if issubclass(ours, ResponseFormatError) else sent
    elif is_broken:
        message = "the connection broke while it was being made" if sent == "no" else _BROKE
        reason = message + _system_message(chain) + (_CHECK_HOST if sent == "no" else _LOOK[request.method == "GET"])
    elif isinstance(error, MISTAKES):
        return _foreign_exception(request, error, sent)
    else:
        reason = f"no answer ({type(error).__name__})"
    return make_exception(ours, request, None, reason=reason, request_sent=sent)


def _foreign_exception(request: Request, error: Exception, sent: RequestSent) -> ApiException:
    """Make the exception for a mistake in code that hooks into a library, such as an instrumentation."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = ""
    if trace is not None:
        code = trace.tb_frame.f_code
        where = f", raised by {code.co_name} in {os.path.basename(code.co_filename)}, line {trace.tb_lineno}"
    del trace  # its frames hold headers and body
    reason = f"{type(error).__name__} while the call was made{where}; correct that code, or unhook it: {error}"
    failed = make_exception(ApiException, request, None, reason=reason, request_sent=sent)
    failed.__cause__ = without_frames(error)
    error.__cause__ = error.__context__ = None
    return failed


def malformed_response(request: Request, error: Malformed) -> ResponseFormatError:
    """Make the exception for a response whose headers are not as HTTP says."""
    failed = make_exception(ResponseFormatError, request, None, reason=str(error), request_sent="yes")
    failed.status = error.status or 0
    return failed


def outcome_of_refusal(request: Request, response: Response, is_forwarded: bool) -> Response | ProxyError:
    """Return a response of the server with an error status, or the exception for one that a proxy sent in its place.

    :param is_forwarded: whether it came by way of a forwarding proxy.
    """
    if is_forwarded and response.status == 407:
        failed = make_exception(ProxyError, request, response, reason=UNKNOWN_TO_PROXY, request_sent="no")
        failed.is_final = True
        return failed
    is_page = "json" not in response.headers.get("Content-Type", "")
    if "error=" in response.headers.get("Proxy-Status", "") or "X-Squid-Error" in response.headers:
        reason = f"{response.reason}: a proxy answered in place of the server; ask who runs it"
    elif is_forwarded and is_page and response.status in (502, 504):
        reason = f"{response.reason}: the proxy, or what is behind it, got no answer; ask who runs it"
    else:
        return response
    detail, errors = explanation_of(request, response)
    return make_exception(
        ProxyError, request, response, reason=reason, detail=detail, errors=errors, request_sent="maybe"
    )


def _tls_exception(request: Request, chain: list[BaseException], attempt: Attempt) -> TlsError | None:
    """Make the exception for a connection that is not trusted; `None` if that is not it, as when it was just cut."""
    netloc, sent = urlsplit(request.url).netloc, _PHASES[attempt.phase][0]
    kinds = (ssl.SSLError, CertificateError, SpeaksTls)
    broken = next((item for item in chain if isinstance(item, kinds)), None)
    if broken is None or isinstance(broken, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        return None
    if isinstance(broken, ssl.SSLError):
        # A server refuses a client certificate before it reads a request, but with TLS 1.3 after one may be on its way.
        is_before = attempt.is_on_new_connection and attempt.phase != "reading the answer" and is_refusal(broken)
        sent, reason = "no" if is_before else sent, describe(broken, netloc, "Configuration.host")
    elif isinstance(broken, SpeaksTls):
        reason = f"{netloc}: the server speaks TLS on this port; should Configuration.host begin with https://?"
    else:
        reason = f"the certificate of {netloc} has another name than Configuration.assert_hostname"
    failed = make_exception(TlsError, request, None, reason=reason, request_sent=sent)
    failed.is_final = sent == "no" or isinstance(broken, SpeaksTls)
    return failed


def _proxy_exception(request: Request, chain: list[BaseException], exception_map: ExceptionMap) -> ApiException:
    status = next(filter(None, map(exception_map.proxy_status, chain)), 0)
    broken_tls = next((item for item in chain if isinstance(item, ssl.SSLError)), None)
    if broken_tls is not None:
        reason = describe(broken_tls, "the proxy", "Configuration.proxy")
    elif status == 0:
        reason = f"the proxy could not be reached{_system_message(chain)}; check Configuration.proxy"
    elif status == 407:
        reason = UNKNOWN_TO_PROXY
    elif status < 300:
        reason = "the proxy opened a tunnel by another status than 200: name another in Configuration.proxy"
    else:
        reason = "the proxy refused to connect to the server: ask who runs it, or name another in Configuration.proxy"
    failed = make_exception(ProxyError, request, None, reason=reason, request_sent="no")
    failed.status = status
    failed.is_final = status not in _PASSING or broken_tls is not None
    return failed


_ASYNCIO_MESSAGES = ("Connect call failed", "Multiple exceptions")  # in place of those of the system


def _causes(error: BaseException) -> list[BaseException]:
    """Return what is wrapped inside: urllib3 hands causes over as arguments as well as by `raise from`.

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


def _system_message(chain: list[BaseException]) -> str:
    """Return the message of the operating system, which knows nothing of the request."""
    for item in chain:
        if isinstance(item, OSError) and item.strerror and item.errno is not None:
            is_asyncio = item.strerror.startswith(_ASYNCIO_MESSAGES)
            return f": {os.strerror(item.errno) if is_asyncio else item.strerror}"
    return ""
