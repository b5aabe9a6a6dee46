"""Requests that no `Operation` describes: parameters, forms and files as `ApiClient.call_api` takes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from elements_sdk._config.validators import checked_host, checked_url
from elements_sdk._http.messages import Request, encode_query, expand_path, with_query
from elements_sdk._operations.by_call_api import DocumentedPath
from elements_sdk._operations.operation import RAW, Operation, RequestOptions, read_options
from elements_sdk._serialization.decode import type_name, without_page
from elements_sdk._serialization.encode import to_json, to_plain
from elements_sdk._serialization.forms import files_parameters, parameters_to_tuples
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.redaction import Masked, MaskedDict
from elements_sdk._utils.urls import origin_of, quoted_path, quoted_url
from elements_sdk.exceptions import ApiTypeError, ApiValueError, OpenApiException

if TYPE_CHECKING:
    from elements_sdk._serialization.forms import Parameters

METHODS = frozenset({"GET", "HEAD", "DELETE", "POST", "PUT", "PATCH", "OPTIONS"})


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class RawCall(Masked):
    """The arguments of `ApiClient.call_api` and `ApiClient.request`; like an `Opaque`, it shows none of them.

    :ivar target: a path below the host, or a whole URL.
    :ivar options: the keywords that every call takes.
    :ivar host: another server for this call.
    """

    method: str
    target: str
    options: Mapping[str, Any]
    path_params: Mapping[str, Any] | None = None
    query_params: Parameters | None = None
    header_params: Mapping[str, Any] | None = None
    body: Any = None
    post_params: Parameters | None = None
    files: Mapping[str, Any] | None = None
    collection_formats: Mapping[str, str] | None = None
    response_type: str | type | None = None
    auth_settings: Sequence[str] | None = None
    host: str | None = None

    def bind(self, safe_characters: str = "") -> tuple[Operation, Request, RequestOptions]:
        """Return the operation, the request and the options of `call_api`.

        The header `Content-Type` decides how the body is written.

        :raises ApiValueError: a value cannot be sent, or the response type is not one that responses are read as.
        :raises ApiTypeError: body and content type do not go together, or parameters are not pairs.
        """
        with Translated(BaseException, _own_error):
            operation, options = _operation(self)
            request = _request(self, str(self.target), safe_characters)
            request.retryable = operation.retryable
            return operation, request, options

    def request(self, user_agent: str) -> Request:
        """Return the request of `request`, to any URL.

        :param user_agent: what the client calls itself, unless the caller says it.
        :raises ApiValueError: the URL is not valid, or a value cannot be sent.
        :raises ApiTypeError: body and content type do not go together, or parameters are not pairs.
        """
        with Translated(BaseException, _own_error):
            request = _request_to_url(self)
            if "user-agent" not in map(str.lower, request.headers):
                request.headers["User-Agent"] = user_agent  # else urllib3 names itself
            return request


# The frames below hold what the caller gave, so no exception leaves with them.


def _own_error(error: BaseException) -> BaseException:
    if isinstance(error, AttributeError | TypeError | ValueError) and not isinstance(error, OpenApiException):
        return ApiTypeError("parameters and headers must be dicts or lists of pairs, and files paths")
    return without_frames(error)


def _operation(call: RawCall) -> tuple[Operation, RequestOptions]:
    """Return the operation that is called, be it a documented one that is passed on, and the options of the call."""
    path, method = call.target, checked_method(call.method)
    result = None if call.response_type is None else type_name(call.response_type)
    host = None if call.host is None else checked_host("_host", call.host)
    options = read_options(RAW, call.options)._replace(host=host, sends_key="Bearer" in (call.auth_settings or ()))
    if isinstance(path, DocumentedPath) and path.operation.method == method:
        operation, options = path.operation, options._replace(identity=path.identity, bound_by=path.client)
        is_same = operation.result is not None and without_page(operation.result) == result
        return operation if is_same else operation._replace(result=result), options
    if not path.startswith("/") or "#" in path:
        raise ApiValueError("the path must begin with a slash, as in /api/2/things, and hold no #")
    return Operation("call_api", method, path, result=result), options


def _request_to_url(call: RawCall) -> Request:
    with Translated(ValueError, partial(unsendable, "path of the url")):
        address = quoted_url(checked_url("url", call.target))
    request = _request(call, urlsplit(address).path)
    request.url, request.origin = with_query(address, request), origin_of(address)
    request.query = request.url.partition("?")[2]
    return request


def checked_method(method: str) -> str:
    """Return a method in capital letters.

    :raises ApiValueError: there is no such method.
    """
    verb = str(method).upper()
    if verb not in METHODS:
        raise ApiValueError(f"the method must be one of {', '.join(sorted(METHODS))}")
    return verb


def _request(call: RawCall, path: str, safe_characters: str = "") -> Request:
    formats = call.collection_formats
    parameters = parameters_to_tuples(to_plain(call.path_params or {}), formats)
    path, shown_path = expand_path(path, parameters, safe_characters)
    with Translated(ValueError, partial(unsendable, "path")):
        path, shown_path = quoted_path(path), quoted_path(shown_path.partition("?")[0])
    query = encode_query(parameters_to_tuples(to_plain(call.query_params or {}), formats))
    headers = MaskedDict({name: str(value) for name, value in (call.header_params or {}).items()})
    form = parameters_to_tuples(to_plain(call.post_params or {}), formats)
    form += files_parameters(call.files)
    return Request(checked_method(call.method), path, shown_path, query, headers, _body(headers, call.body, form))


def unsendable(name: str, problem: ValueError) -> Exception:
    """Return the exception for a part of a URL that cannot be sent."""
    return problem if isinstance(problem, OpenApiException) else ApiValueError(f"the {name} {problem}")


def _body(headers: MaskedDict, body: Any, form: list[tuple[str, Any]]) -> bytes | None:
    if body is None and not form:
        return None
    name = next((name for name in headers if name.lower() == "content-type"), "Content-Type")
    kind = headers.setdefault(name, "application/json")
    with Translated(UnicodeEncodeError, lambda _error: ApiValueError("the body holds a lone surrogate")):
        if kind == "application/x-www-form-urlencoded":
            return urlencode(form).encode("ascii")
        if kind == "multipart/form-data":
            from urllib3 import encode_multipart_formdata

            fields = [(key, value if isinstance(value, str | bytes | tuple) else str(value)) for key, value in form]
            data, headers[name] = encode_multipart_formdata(fields)
            return data
        if form:
            raise ApiTypeError(f"a form cannot be sent as {kind}; set the header Content-Type to that of a form")
        if "json" in kind.lower():
            return to_json(body)
        if isinstance(body, str | bytes):
            return body.encode("utf-8") if isinstance(body, str) else body
    raise ApiTypeError(f"a body of type {type(body).__name__} cannot be sent as {kind}; give text or bytes")
