"""Requests that no `Operation` describes: parameters, forms and files as `ApiClient.call_api` takes them."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode, urlsplit

from elements_sdk._config.validators import checked_url
from elements_sdk._http.messages import Request, encode_query, expand_path, with_query
from elements_sdk._operations.operation import Operation
from elements_sdk._serialization.decode import type_name
from elements_sdk._serialization.encode import to_json, to_plain
from elements_sdk._serialization.forms import files_parameters, parameters_to_tuples
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.redaction import MaskedDict
from elements_sdk._utils.urls import origin_of
from elements_sdk.exceptions import ApiTypeError, ApiValueError, OpenApiException

METHODS = frozenset({"GET", "HEAD", "DELETE", "POST", "PUT", "PATCH", "OPTIONS"})


def build_operation(
    method: str, path: str, result: str | type | None, parts: MaskedDict, safe_characters: str = ""
) -> tuple[Operation, Request]:
    """Return the operation and the request of a call. The header `Content-Type` decides how the body is written.

    :param parts: the arguments `path_params`, `query_params`, `header_params`, `body`, `post_params`, `files` and
        `collection_formats` of `ApiClient.call_api`, as far as they are given.
    :raises ApiValueError: a value cannot be sent, or `result` is not a type that responses are read as.
    :raises ApiTypeError: body and content type do not go together, or parameters are not pairs.
    """
    operation = Operation("call_api", _verb(method), path, result=None if result is None else type_name(result))
    if not path.startswith("/") or "#" in path:
        raise ApiValueError("the path must begin with a slash, as in /api/2/things, and hold no #")
    with Translated(_KINDS, _own_error):
        return operation, _request(operation.method, path, parts, safe_characters)


def build_request(method: str, parts: MaskedDict) -> Request:
    """Return a request to any URL.

    :param parts: its `url`, and what `build_operation` takes.
    :raises ApiValueError: the URL is not valid, or a value cannot be sent.
    :raises ApiTypeError: body and content type do not go together, or parameters are not pairs.
    """
    with Translated(_KINDS, _own_error):
        return _request_to_url(_verb(method), parts)


_KINDS = (OpenApiException, AttributeError, TypeError, ValueError)


def _own_error(error: Exception) -> OpenApiException:
    """Return the exception for parts that cannot be sent, without the frames in which it was raised: they hold them."""
    if isinstance(error, OpenApiException):
        return without_frames(error)
    return ApiTypeError("parameters and headers must be dicts or lists of pairs, and files paths")


def _request_to_url(verb: str, parts: MaskedDict) -> Request:
    address = checked_url("url", parts["url"]).partition("#")[0]
    request = _request(verb, urlsplit(address).path or "/", parts)
    request.url, request.origin = with_query(address, request), origin_of(address)
    return request


def _verb(method: str) -> str:
    verb = str(method).upper()
    if verb not in METHODS:
        raise ApiValueError(f"the method must be one of {', '.join(sorted(METHODS))}")
    return verb


def _request(verb: str, path: str, parts: MaskedDict, safe_characters: str = "") -> Request:
    formats = parts.get("collection_formats")
    parameters = parameters_to_tuples(to_plain(parts.get("path_params") or {}), formats)
    path, shown_path = expand_path(path, parameters, safe_characters)
    query = encode_query(parameters_to_tuples(to_plain(parts.get("query_params") or {}), formats))
    headers = MaskedDict({name: str(value) for name, value in (parts.get("header_params") or {}).items()})
    form = parameters_to_tuples(to_plain(parts.get("post_params") or {}), formats)
    form += files_parameters(parts.get("files"))
    return Request(verb, path, shown_path, query, headers, _body(headers, parts.get("body"), form))


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
