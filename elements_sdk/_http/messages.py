"""Request and Response: what goes over the wire, and what comes back."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from elements_sdk._utils.errors import Translated
from elements_sdk._utils.redaction import MASK, MaskedDict, is_secret_name
from elements_sdk._utils.urls import has_dot_segment, host_header
from elements_sdk.exceptions import ApiValueError, RequestSent

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict


_HEADER_NAME = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
_NOT_IN_A_LINE = r"[^\t\x20-\x7e\x80-\xff]"
# Headers that decide where a message ends or who reads it, and what to do instead.
_NOT_FOR_CALLERS = {
    "content-length": "the length of the body is counted: leave it out",
    "transfer-encoding": "a body is sent whole, with its length: leave it out",
    "host": "it is that of the URL: set Configuration.host, or _host for one call",
    "te": "answers are read without trailers: leave it out",
    "trailer": "a body is sent without trailers: leave it out",
    "upgrade": "calls are made by HTTP/1.1: leave it out",
}


class Request:
    """A request as it goes over the wire. Its repr shows neither query, header values nor body.

    :ivar method: `"GET"`, for example.
    :ivar path: the path that the call names, below the host.
    :ivar headers: all headers, credentials included.
    :ivar body: bytes; `None`: there is none.
    :ivar shown_path: the path as logs and exceptions may show it.
    :ivar url: the whole URL that it is sent to, query included.
    :ivar origin: the origin of `url`.
    :ivar attempts: how often it has been sent.
    :ivar retries: how many of these were retries.
    :ivar sent: whether the server may have acted on any of these attempts.
    :ivar retryable: whether it may be acted on twice where the server says that it was not.
    """

    def __init__(
        self,
        method: str,
        path: str,
        shown_path: str,
        query: str = "",
        headers: MaskedDict | None = None,
        body: bytes | None = None,
        url: str = "",
        origin: str = "",
        retryable: bool = False,
    ) -> None:
        self.method, self.path, self.shown_path, self.query = method, path, shown_path, query
        self.headers = MaskedDict() if headers is None else headers
        self.body, self.url, self.origin, self.retryable = body, url, origin, retryable
        self.attempts = self.retries = 0
        self.sent: RequestSent = "no"

    def __repr__(self) -> str:
        return f"Request({self.method!r}, {self.shown_path!r}, headers={self.headers!r}, attempts={self.attempts})"


class Response:
    """A response. Its repr shows nothing that the server has written.

    :ivar status: of the response, beside its `reason`.
    :ivar data: the body.
    :ivar headers: all headers; they may be made when they are asked for, since hardly any call needs them.
    :ivar raw: the response of urllib3 or aiohttp, where the caller is to read the body; it holds on to the connection.
    :ivar file: where the body was written to, if it was.
    """

    __slots__ = ("_headers", "data", "file", "raw", "reason", "status")

    def __init__(
        self, status: int, reason: str, headers: Mapping[str, str] | Callable[[], HTTPHeaderDict], data: bytes
    ) -> None:
        self.status, self.reason, self._headers, self.data = status, reason, headers, data
        self.raw: Any = None
        self.file: Any = None

    def __repr__(self) -> str:
        return f"Response({self.status})"

    @property
    def headers(self) -> HTTPHeaderDict:
        if callable(self._headers):
            self._headers = self._headers()
        elif type(self._headers) is dict:
            from urllib3 import HTTPHeaderDict

            self._headers = HTTPHeaderDict(self._headers)
        return self._headers  # type: ignore[return-value]  # the only other kind of mapping

    def getheaders(self) -> HTTPHeaderDict:
        """Return all headers."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Return one header, several of the same name joined by a comma."""
        return self.headers.get(name, default)


def expand_path(path: str, parameters: list[tuple[str, Any]], safe_characters: str = "") -> tuple[str, str]:
    """Put parameters into a path template; return the path, and the path as it may be shown.

    :raises ApiValueError: a parameter cannot be a segment of a path.
    """
    shown = path
    for name, value in parameters:
        segment = path_segment(name, value, safe_characters)
        path = path.replace(f"{{{name}}}", segment)
        shown = shown.replace(f"{{{name}}}", MASK if is_secret_name(name) else segment)
    return path, shown


def path_segment(name: str, value: object, safe_characters: str = "") -> str:
    """Quote a path parameter so that it stays one segment.

    :raises ApiValueError: the value is neither number nor text, is empty, holds a segment `.` or `..` or a lone
        surrogate.
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ApiValueError(f"the path parameter {name!r} must be a number or text, not {type(value).__name__}")
    try:
        quoted = quote(str(value), safe=safe_characters)
    except UnicodeEncodeError:
        quoted = ""
    if not all(quoted.split("/")) or has_dot_segment(f"{value}"):
        raise ApiValueError(
            f"the path parameter {name!r} must not be empty, hold a segment '.' or '..', or hold a lone surrogate"
        )
    return quoted


def problem_of_headers(headers: Mapping[str, Any]) -> str | None:
    """Return why a header cannot be sent, without its value: not one line of text, or for the transports alone."""
    for name, value in headers.items():
        if not isinstance(name, str) or not re.fullmatch(_HEADER_NAME, name):
            return "a header has an impossible name: it must be of letters, digits and hyphens"
        if not isinstance(value, str) or re.search(_NOT_IN_A_LINE, value):
            return f"the header {name} cannot be sent: its value must be text on one line, in Latin-1"
        instead = _NOT_FOR_CALLERS.get(name.lower())
        if instead:
            return f"the header {name} cannot be set: {instead}"
        if name.lower() == "connection" and value.strip().lower() != "close":
            return "the header Connection may only be 'close': otherwise connections are kept, and need no header"
    return None


def put_host(request: Request) -> None:
    """Put host and codings, at the place where both libraries put them, into the headers of a request."""
    first = {"Host": host_header(request.origin)}
    if "accept-encoding" not in map(str.lower, request.headers):
        first["Accept-Encoding"] = "identity"
    request.headers = MaskedDict({**first, **request.headers})


def encode_query(pairs: list[tuple[str, Any]]) -> str:
    """Return pairs as the query of a URL.

    :raises ApiValueError: a value holds a lone surrogate.
    """
    if not pairs:
        return ""
    with Translated(UnicodeEncodeError, lambda _error: ApiValueError("a query parameter holds a lone surrogate")):
        return urlencode(pairs)


def with_query(url: str, request: Request) -> str:
    """Return a URL with the query of a request appended."""
    if not request.query:
        return url
    return f"{url}{'&' if '?' in url else '?'}{request.query}"
