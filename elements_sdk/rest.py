"""The transport: sends one request once over urllib3, and turns its failures into ours."""

from __future__ import annotations

import http.client
import re
import ssl
import threading
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

import urllib3
from urllib3 import exceptions as errors

from elements_sdk.addresses import is_insecure
from elements_sdk.bodies import FileError, TooLarge, read_into_file, read_into_memory
from elements_sdk.configuration import Configuration
from elements_sdk.connections import POOLS, Phase, Try
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
from elements_sdk.forks import leave_behind, renew_in_children
from elements_sdk.limits import Limits
from elements_sdk.messages import Request, Response
from elements_sdk.proxies import Proxies, Proxy
from elements_sdk.retry import READING_METHODS
from elements_sdk.tls import is_refusal, tls_context, words_for

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

Body = Literal["read", "leave", "to file"]

__all__ = ["ApiConnectionError", "ApiException", "ApiTypeError", "ApiValueError", "Transport"]


class Transport:
    """The connections of one client. Pool, proxy and TLS settings are those of the moment it is made."""

    def __init__(self, configuration: Configuration) -> None:
        """
        :raises ApiValueError: a certificate file cannot be read, or the proxy's URL is not valid.
        """
        self._configuration = configuration
        self._proxies = Proxies(configuration)
        self._managers: dict[Proxy | None, urllib3.PoolManager] = {}
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        renew_in_children(self)
        if configuration.is_complete():
            self._check(configuration)

    def send(
        self, request: Request, limits: Limits, *, body: Body = "read", longest_idle: float | None = None
    ) -> Response:
        """Send a request to its `url`, once. Neither repeats nor redirects are made.

        :param body: what becomes of the body of a success: it is read, or left in `Response.raw` for the caller to read
            and close, or goes into a file. The body of anything else is always read.
        :param longest_idle: seconds for which a connection may have been idle to be used for a request that acts.
        :raises ApiConnectionError: no complete answer came; `request_sent` says whether the server may have acted.
        """
        manager = self._manager(request.url)
        attempt = Try(limits, None if request.method in READING_METHODS else longest_idle)
        try:
            with attempt.is_made():
                raw = manager.urlopen(
                    request.method,
                    request.url,
                    body=request.body,
                    headers=request.headers,
                    retries=False,
                    redirect=False,
                    timeout=urllib3.Timeout(connect=limits.to_connect(), read=limits.for_a_piece()),
                    pool_timeout=limits.left(),
                    preload_content=False,
                )
            attempt.phase = "reading the answer"
            return self._checked(request, self._received(request, raw, limits, body))
        except ApiException as error:
            failed: Exception = error
        except (errors.HTTPError, OSError, ValueError, TypeError) as error:
            failed = _failure(request, error, attempt)
        raise failed

    def is_readable_on_the_way(self, url: str) -> bool:
        """Whether others can read what is sent there: it goes by plain http to another machine, a proxy perhaps."""
        proxy = None if url.startswith("https:") else self._proxies.proxy_for(url)
        return is_insecure(url) or (proxy is not None and is_insecure(proxy.address))

    def close(self) -> None:
        """Close the connections that are not in use."""
        for manager in list(self._managers.values()):
            manager.clear()

    def renew_after_fork(self) -> None:
        """Make connections of this process's own."""
        leave_behind(self._managers)
        self._lock = threading.Lock()
        self._managers = {}

    def _check(self, configuration: Configuration) -> None:
        """Find at once what would else fail in the first call."""
        settings = ("ssl_context", "ssl_ca_cert", "ssl_ca_data", "cert_file", "key_file")
        if any(getattr(configuration, name) is not None for name in settings):
            self._tls_context()
        self._proxies.proxy_for(configuration.host)

    def _manager(self, url: str) -> urllib3.PoolManager:
        """Give the pools that lead to this address, by way of a proxy if there is one."""
        proxy = self._proxies.proxy_for(url)
        if proxy not in self._managers:
            new = self._new_manager(proxy)
            with self._lock:
                self._managers.setdefault(proxy, new)
        manager = self._managers[proxy]
        if url.startswith("https:"):
            manager.connection_pool_kw["ssl_context"] = self._tls_context()
        return manager

    def _new_manager(self, proxy: Proxy | None) -> urllib3.PoolManager:
        settings = self._configuration
        options: dict[str, Any] = {"maxsize": settings.connection_pool_maxsize, "block": True}
        if settings.assert_hostname is not None:
            options["assert_hostname"] = settings.assert_hostname
        if proxy is None:
            manager = urllib3.PoolManager(**options)
        else:
            if proxy.address.startswith("https:"):
                options["proxy_ssl_context"] = settings.ssl_context or tls_context(settings, identifies=False)
            manager = urllib3.ProxyManager(proxy.address, proxy_headers=proxy.headers, **options)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def _tls_context(self) -> ssl.SSLContext:
        """One context for all connections: to make one takes longer than to connect."""
        if self._context is None:
            with self._lock:
                self._context = self._context or tls_context(self._configuration)
        return self._context

    def _received(self, request: Request, raw: BaseHTTPResponse, limits: Limits, body: Body) -> Response:
        settings = self._configuration
        response = Response(raw.status, raw.reason or "", raw.headers, b"", raw)
        if body == "leave" and 200 <= raw.status < 300:
            limits.leave_body_to_caller()
            return response
        try:
            if body == "to file" and 200 <= raw.status < 300:
                response.file = read_into_file(raw, settings.max_response_bytes, settings.temp_folder_path)
            else:
                response.data = read_into_memory(raw, settings.max_response_bytes)
            return response
        except BaseException as error:  # the place in the pool must become free, whatever stopped the reading
            raw.close()
            raw.release_conn()
            if not isinstance(error, TooLarge | FileError):
                raise
            kind, reason = ResponseTooLarge if isinstance(error, TooLarge) else ApiException, str(error)
        raise failure(kind, request, response, reason=reason)

    def _checked(self, request: Request, response: Response) -> Response:
        """Give an answer of the server; one that a forwarding proxy gives in its place is an error.

        :raises ProxyError: the proxy wants to know who is calling, or could not get an answer.
        """
        is_forwarded = request.url.startswith("http:") and self._proxies.proxy_for(request.url)
        if not is_forwarded or response.status not in (407, 502, 504):
            return response
        if response.status == 407:
            raise failure(ProxyError, request, response, reason=_UNKNOWN_TO_PROXY, request_sent="no")
        if "json" in response.headers.get("Content-Type", ""):
            return response
        reason = f"{response.reason}: the proxy, or what stands behind it, got no answer from the server"
        raise failure(ProxyError, request, response, reason=reason, request_sent="maybe")


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
_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[ApiException], str], ...] = (
    (errors.NameResolutionError, ApiConnectionError, "the server's name is not known; check Configuration.host"),
    (errors.NewConnectionError, ApiConnectionError, "no connection to the server"),
    (http.client.IncompleteRead, IncompleteBody, "the answer broke off"),
    (errors.DecodeError, IncompleteBody, "the answer's compression is damaged"),
    (errors.ProtocolError, ApiConnectionError, "the connection broke before the answer was complete"),
)


def _failure(request: Request, error: Exception, attempt: Try) -> Exception:
    """Describe what went wrong without the traceback of urllib3, whose frames hold headers and body."""
    chain = [error, *_causes(error)]
    sent = _SENT[attempt.phase]
    if isinstance(error, errors.ProxyError):
        return _proxy_failure(request, chain)
    if any(isinstance(item, _TIMEOUTS) and not isinstance(item, errors.NewConnectionError) for item in chain):
        return _timeout(request, attempt, sent)
    broken_tls = _tls_error(chain)
    if broken_tls is not None and not isinstance(broken_tls, ssl.SSLEOFError | ssl.SSLZeroReturnError):
        words = words_for(broken_tls, urlsplit(request.url).netloc)
        return failure(TlsError, request, None, reason=words, request_sent="no" if is_refusal(broken_tls) else sent)
    for kind, ours, words in _FAILURES:
        if any(isinstance(item, kind) for item in chain):
            return failure(ours, request, None, reason=words + _system_words(chain), request_sent=sent)
    if sent == "no" and isinstance(error, errors.LocationValueError | ValueError | TypeError):
        return ApiValueError("the request cannot be sent: host is no valid name")
    return failure(ApiConnectionError, request, None, reason=f"no answer ({type(error).__name__})", request_sent=sent)


def _timeout(request: Request, attempt: Try, sent: RequestSent) -> ApiException:
    if not attempt.limits.is_over():
        return failure(ApiTimeoutError, request, None, reason=_LIMIT_REACHED[attempt.phase], request_sent=sent)
    return deadline_exceeded(request, attempt.limits, attempt.phase, sent)


def _proxy_failure(request: Request, chain: list[BaseException]) -> ApiException:
    matches = (_REFUSED_TUNNEL.match(str(item)) for item in chain if isinstance(item, OSError))
    refusal = next(filter(None, matches), None)
    broken_tls = _tls_error(chain)
    if broken_tls is not None:
        reason = words_for(broken_tls, "the proxy")
    elif refusal is None:
        reason = f"the proxy could not be reached{_system_words(chain)}"
    elif refusal[1] == "407":
        reason = _UNKNOWN_TO_PROXY
    else:
        reason = f"the proxy refused to connect to the server: {refusal[1]}"
    failed = failure(ProxyError, request, None, reason=reason, request_sent="no")
    failed.status = int(refusal[1]) if refusal else 0
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
