"""One REST call as a frozen record that writes its `Request` and reads its `Response`, without any I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypedDict, TypeVar
from urllib.parse import quote, unquote, urlencode

from elements_sdk import models
from elements_sdk.exceptions import (
    ApiException,
    ApiTypeError,
    ApiValueError,
    RedirectError,
    RequestSent,
    ResponseFormatError,
    exception_for_status,
)
from elements_sdk.model import ReadSettings, problem_of_body
from elements_sdk.redaction import MaskedDict, excerpt, shown_headers
from elements_sdk.serialization import UnexpectedJson, error_sentences, from_json, to_json

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict
    from urllib3.response import BaseHTTPResponse

T = TypeVar("T")
Seconds = float | tuple[float, float]


class CallOptions(TypedDict, total=False):
    """Keywords of every call, besides `async_req`, `_preload_content` and `_return_http_data_only`.

    `_request_timeout`: seconds for the answer to begin in, or a pair: seconds to connect, and to wait for each piece.
    """

    _request_timeout: Seconds | None


class ApiResponse(NamedTuple, Generic[T]):
    """What `..._with_http_info` gives: the data, the HTTP status and the headers of the answer."""

    data: T
    status_code: int
    headers: HTTPHeaderDict

    def __repr__(self) -> str:
        return f"ApiResponse(data={self.data!r}, status_code={self.status_code}, headers={shown_headers(self.headers)})"


@dataclass(slots=True)
class Request:
    """What goes over the wire. Its repr shows neither query, header values nor body."""

    method: str
    path: str
    query: str = field(default="", repr=False)
    headers: MaskedDict = field(default_factory=MaskedDict)
    body: bytes | None = field(default=None, repr=False)


@dataclass(slots=True)
class Response:
    """What came back. Its repr shows neither headers nor body; `raw` is urllib3's own response."""

    status: int
    reason: str
    headers: HTTPHeaderDict = field(repr=False)
    data: bytes = field(repr=False)
    raw: BaseHTTPResponse = field(repr=False)

    def getheaders(self) -> HTTPHeaderDict:
        """Give all headers."""
        return self.headers

    def getheader(self, name: str, default: str | None = None) -> str | None:
        """Give one header, several of the same name joined by a comma."""
        return self.headers.get(name, default)


@dataclass(frozen=True, slots=True)
class Parameter:
    """An argument that goes into the path or the query."""

    name: str
    location: str
    wire_name: str
    type: str
    required: bool


@dataclass(frozen=True, slots=True)
class Paging:
    """The parameters by which a list is given page by page."""

    limit: str
    offset: str
    ordering: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One REST call: what it is named, what it takes, sends and gives.

    :ivar body: name of the model that is sent; `None`: nothing is.
    :ivar result: what comes back: a model's name, `"list[Ticket]"`, `"object"`; `None`: nothing to read.
    """

    name: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: str | None = None
    result: str | None = None
    permissions: str = ""
    needs_session: bool = False
    safe_to_repeat: bool = False
    paging: Paging | None = None

    def request(self, arguments: Mapping[str, Any], check: bool = True, safe_characters: str = "") -> Request:
        """Check the arguments of a call and write its request; an argument that is `None` is left out.

        :param check: whether a body is compared with the rules of its model.
        :param safe_characters: characters of path parameters that are not quoted.
        :raises ApiValueError: a required argument is missing, or a value cannot be sent.
        """
        path, query = self.path, []
        for parameter in self.parameters:
            value = arguments.get(parameter.name)
            if value is None:
                if parameter.required:
                    raise self._missing(parameter.name)
            elif parameter.location == "path":
                path = path.replace(f"{{{parameter.wire_name}}}", path_segment(parameter.name, value, safe_characters))
            else:
                query.append((parameter.wire_name, value))
        body = self._body(arguments.get("data"), check) if self.body else None
        headers = MaskedDict({"Accept": "application/json"})
        if body is not None:
            headers["Content-Type"] = "application/json"
        return Request(self.method, path, query_text(query), headers, body)

    def read(self, request: Request, response: Response, settings: ReadSettings | None = None) -> Any:
        """Give the result of the call.

        :raises ApiException: the status is an error.
        :raises ResponseFormatError: the answer is not what was promised.
        """
        if not 200 <= response.status < 300:
            raise status_error(request, response)
        return None if self.result is None else read_result(request, response, self.result, settings)

    def _body(self, data: Any, check: bool) -> bytes:
        if data is None:
            raise self._missing("data")
        model = models.by_name(f"{self.body}")
        if not isinstance(data, model | Mapping):
            raise ApiTypeError(f"{self.name} takes a {self.body} or a dict as data, not a {type(data).__name__}")
        problem = problem_of_body(model, data) if check else None
        if problem:
            raise ApiValueError(problem)
        return to_json(data)

    def _missing(self, name: str) -> ApiValueError:
        return ApiValueError(f"{self.name} needs the argument {name!r}")


def path_segment(name: str, value: object, safe_characters: str = "") -> str:
    """Quote a path parameter so that it stays one segment.

    :raises ApiValueError: it cannot be one (it is empty, or `.` or `..`).
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ApiValueError(f"the path parameter {name!r} must be a number or text, not {type(value).__name__}")
    try:
        quoted = quote(str(value), safe=safe_characters)
    except UnicodeEncodeError:
        quoted = ""
    if any(unquote(segment) in ("", ".", "..") for segment in quoted.split("/")):
        raise ApiValueError(f"the path parameter {name!r} must not be empty, '.' or '..', nor hold half a character")
    return quoted


def query_text(pairs: list[tuple[str, Any]]) -> str:
    """Write a query.

    :raises ApiValueError: a value is no valid text.
    """
    try:
        return urlencode(pairs)
    except UnicodeEncodeError:
        pass
    raise ApiValueError("a query parameter holds half a character (a lone surrogate)")


def read_result(request: Request, response: Response, type_name: str, settings: ReadSettings | None = None) -> Any:
    """Read an answer as the type that was promised.

    :raises ResponseFormatError: it is something else.
    """
    try:
        return from_json(response.data, type_name, settings)
    except UnexpectedJson as error:
        reason = str(error)
    kind = response.headers.get("Content-Type", "without a content type")
    begins = f", beginning with: {excerpt(_text(response.data))}" if response.data else ""
    raise failure(ResponseFormatError, request, response, reason=f"{reason} ({kind}{begins})")


def status_error(request: Request, response: Response) -> ApiException:
    """Make the exception that stands for an answer with an error status."""
    kind = exception_for_status(response.status)
    if kind is RedirectError:
        return failure(kind, request, response, reason=_redirect_reason(request, response))
    detail, errors = error_sentences(response.data)
    if detail is None and not errors and response.data:
        detail = excerpt(_text(response.data)) or None
    return failure(kind, request, response, reason=response.reason, detail=detail, errors=errors)


def failure(
    kind: type[ApiException],
    request: Request,
    response: Response | None,
    *,
    reason: str,
    detail: str | None = None,
    errors: dict[str, list[str]] | None = None,
    request_sent: RequestSent = "yes",
) -> ApiException:
    """Make an exception that tells of a request and, where one came, of its answer."""
    return kind(
        status=response.status if response else 0,
        reason=reason,
        body=_text(response.data) if response else None,
        headers=shown_headers(response.headers) if response else None,
        detail=detail,
        errors=errors,
        method=request.method,
        path=request.path,
        request_sent=request_sent,
    )


def _redirect_reason(request: Request, response: Response) -> str:
    target = response.headers.get("Location", "").partition("?")[0].partition("#")[0]
    if "@" in target or not target:
        return f"{response.reason}: redirects are not followed; correct Configuration.host"
    return (
        f"{response.reason} to {target}: redirects are not followed; "
        f"set Configuration.host to what stands before {request.path} there"
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
