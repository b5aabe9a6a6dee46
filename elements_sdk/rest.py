"""The transport: sends one request once over urllib3, and turns its failures into ours."""

from __future__ import annotations

import http.client
import ssl
from typing import TYPE_CHECKING, Any

import certifi
import urllib3
from urllib3 import exceptions as errors

from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import (
    ApiConnectionError,
    ApiException,
    ApiTimeoutError,
    ApiTypeError,
    ApiValueError,
    IncompleteBody,
    ProxyError,
    RequestSent,
    TlsError,
)
from elements_sdk.failures import failure
from elements_sdk.messages import Request, Response

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

__all__ = ["ApiConnectionError", "ApiException", "ApiTypeError", "ApiValueError", "Transport"]


class Transport:
    """The connections of one client. Pool, proxy and TLS settings are those of the moment it is made."""

    def __init__(self, configuration: Configuration) -> None:
        """
        :raises ApiValueError: a certificate file cannot be read, or the proxy's URL is not valid.
        """
        self._pools = _pool_manager(configuration)

    def send(
        self,
        request: Request,
        url: str,
        timeout: float | tuple[float, float],
        read_body: bool = True,
    ) -> Response:
        """Send a request once. Neither repeats nor redirects are made.

        :param url: the whole address, query included.
        :param timeout: seconds for the answer to begin in, or a pair: to connect, and to wait for each piece of it.
        :param read_body: `False` leaves the body in `Response.raw`, and the caller to close that.
        :raises ApiConnectionError: no complete answer came; `request_sent` says whether the server may have acted.
        """
        try:
            raw = self._pools.urlopen(
                request.method,
                url,
                body=request.body,
                headers=request.headers,
                retries=False,
                redirect=False,
                timeout=_timeout(timeout),
                preload_content=False,
            )
            if read_body:
                return _response(raw, raw.data)
            return _response(raw, b"")
        except (errors.HTTPError, OSError, ValueError, TypeError) as error:
            failed = _failure(request, error)
        raise failed

    def read(self, request: Request, response: Response) -> Response:
        """Read the body of an answer that was sent for with `read_body=False`."""
        try:
            return _response(response.raw, response.raw.data)
        except (errors.HTTPError, OSError, ValueError, TypeError) as error:
            failed = _failure(request, error)
        raise failed

    def close(self) -> None:
        """Close the connections that are not in use."""
        self._pools.clear()


def _pool_manager(configuration: Configuration) -> urllib3.PoolManager:
    for name in ("ssl_ca_cert", "cert_file", "key_file"):
        _expect_readable(name, getattr(configuration, name))
    options: dict[str, Any] = {
        "maxsize": configuration.connection_pool_maxsize,
        "cert_reqs": ssl.CERT_REQUIRED if configuration.verify_ssl else ssl.CERT_NONE,
        "ca_certs": configuration.ssl_ca_cert or certifi.where(),
        "cert_file": configuration.cert_file,
        "key_file": configuration.key_file,
    }
    if configuration.assert_hostname is not None:
        options["assert_hostname"] = configuration.assert_hostname
    try:
        if configuration.proxy:
            return urllib3.ProxyManager(configuration.proxy, proxy_headers=configuration.proxy_headers, **options)
        return urllib3.PoolManager(**options)
    except (errors.HTTPError, ValueError) as error:
        problem = type(error).__name__
    raise ApiValueError(f"proxy is no valid URL ({problem}), as in http://proxy.example.com:3128")


def _expect_readable(name: str, path: str | None) -> None:
    try:
        if path is not None:
            open(path, "rb").close()
        return
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "that is no path"
    raise ApiValueError(f"{name} cannot be read: {problem}")


def _timeout(limits: float | tuple[float, float]) -> urllib3.Timeout:
    if isinstance(limits, tuple):
        return urllib3.Timeout(connect=limits[0], read=limits[1])
    return urllib3.Timeout(total=limits)


def _response(raw: BaseHTTPResponse, body: bytes) -> Response:
    return Response(raw.status, raw.reason or "", raw.headers, body, raw)


# What urllib3 raises -> what we raise, in which words, and whether the server may have seen the request. The first that
# fits counts. Texts of urllib3 are not passed on: they may hold the query.
_FAILURES: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[ApiException], str, RequestSent], ...] = (
    (errors.ProxyError, ProxyError, "the proxy could not be reached, or refused", "no"),
    (errors.NameResolutionError, ApiConnectionError, "the server's name is not known; check Configuration.host", "no"),
    (errors.NewConnectionError, ApiConnectionError, "no connection to the server", "no"),
    (errors.ConnectTimeoutError, ApiTimeoutError, "the server did not accept the connection in time", "no"),
    (errors.ReadTimeoutError, ApiTimeoutError, "the server did not answer in time", "maybe"),
    (ssl.SSLCertVerificationError, TlsError, "the server's certificate is not trusted", "no"),
    (errors.SSLError, TlsError, "no secure connection could be made", "maybe"),
    (ssl.SSLError, TlsError, "no secure connection could be made", "maybe"),
    (http.client.IncompleteRead, IncompleteBody, "the answer broke off", "yes"),
    (errors.DecodeError, IncompleteBody, "the answer's compression is damaged", "yes"),
    (errors.ProtocolError, ApiConnectionError, "the connection broke before the answer was complete", "maybe"),
    (errors.LocationValueError, ApiConnectionError, "the address of the server is not valid", "no"),
    ((ValueError, TypeError), ApiConnectionError, "a header cannot be sent: it must be text on one line", "no"),
)


def _failure(request: Request, error: Exception) -> ApiException:
    """Describe what went wrong without the traceback of urllib3, whose frames hold headers and body."""
    chain = [error, *_causes(error)]
    for kind, ours, words, sent in _FAILURES:
        cause = next((item for item in chain if isinstance(item, kind)), None)
        if cause is not None:
            return failure(ours, request, None, reason=words + _system_words(chain), request_sent=sent)
    return failure(
        ApiConnectionError, request, None, reason=f"no answer ({type(error).__name__})", request_sent="maybe"
    )


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
    """The words of the operating system or of OpenSSL, which know nothing of the request."""
    for item in chain:
        if isinstance(item, ssl.SSLCertVerificationError):
            return f": {getattr(item, 'verify_message', '')}"
        if isinstance(item, ssl.SSLError) and item.reason:
            return f": {item.reason.replace('_', ' ').lower()}"
        if isinstance(item, OSError) and item.strerror and not isinstance(item, errors.HTTPError):
            return f": {item.strerror}"
    return ""
