"""Requests that no `Operation` describes: parameters, forms and files as `ApiClient.call_api` takes them."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from elements_sdk.addresses import origin
from elements_sdk.exceptions import ApiTypeError, ApiValueError, OpenApiException
from elements_sdk.messages import Request, fill_path, query_text, with_query
from elements_sdk.operation import Operation
from elements_sdk.redaction import MaskedDict
from elements_sdk.serialization import to_json, to_plain, type_name
from elements_sdk.settings import checked_url

METHODS = frozenset({"GET", "HEAD", "DELETE", "POST", "PUT", "PATCH", "OPTIONS"})
_SEPARATORS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}

Parameters = Mapping[str, Any] | Sequence[tuple[str, Any]]


def free_call(
    method: str, path: str, result: str | type | None, parts: MaskedDict, safe_characters: str = ""
) -> tuple[Operation, Request]:
    """Describe a call and write its request. The `Content-Type` among the headers decides how the body is written.

    :param parts: the arguments `path_params`, `query_params`, `header_params`, `body`, `post_params`, `files` and
        `collection_formats` of `ApiClient.call_api`, as far as they are given.
    :raises ApiValueError: a value cannot be sent, or answers are not read as `result`.
    :raises ApiTypeError: body and content type do not go together, or parameters are no pairs.
    """
    operation = Operation("call_api", _verb(method), path, result=None if result is None else type_name(result))
    if not path.startswith("/") or "#" in path:
        raise ApiValueError("the path must begin with a slash, as in /api/2/things, and hold no #")
    return operation, _without_frames(_request, operation.method, path, parts, safe_characters)


def request_to(method: str, parts: MaskedDict) -> Request:
    """Write a request to any address.

    :param parts: its `url`, and what `free_call` takes.
    :raises ApiValueError: the address is none, or a value cannot be sent.
    :raises ApiTypeError: body and content type do not go together, or parameters are no pairs.
    """
    return _without_frames(_request_to, _verb(method), parts)


def _without_frames(write: Callable[..., Request], *arguments: Any) -> Request:
    """Write a request. What fails leaves without the frames in which it did: they hold what is secret."""
    try:
        return write(*arguments)
    except OpenApiException as error:
        failed: Exception = error.with_traceback(None)
    except (AttributeError, TypeError, ValueError):
        failed = ApiTypeError("parameters and headers must be dicts or lists of pairs, and files paths")
    try:
        raise failed
    finally:
        del failed  # an exception whose frames hold itself would outlive its call


def _request_to(verb: str, parts: MaskedDict) -> Request:
    address = checked_url("url", parts["url"]).partition("#")[0]
    request = _request(verb, urlsplit(address).path or "/", parts)
    request.url, request.place = with_query(address, request), origin(address)
    return request


def _verb(method: str) -> str:
    verb = str(method).upper()
    if verb not in METHODS:
        raise ApiValueError(f"the method must be one of {', '.join(sorted(METHODS))}")
    return verb


def _request(verb: str, path: str, parts: MaskedDict, safe_characters: str = "") -> Request:
    formats = parts.get("collection_formats")
    parameters = parameters_to_tuples(to_plain(parts.get("path_params") or {}), formats)
    path, shown_path = fill_path(path, parameters, safe_characters)
    query = query_text(parameters_to_tuples(to_plain(parts.get("query_params") or {}), formats))
    headers = MaskedDict({name: str(value) for name, value in (parts.get("header_params") or {}).items()})
    form = parameters_to_tuples(to_plain(parts.get("post_params") or {}), formats)
    form += files_parameters(parts.get("files"))
    return Request(verb, path, shown_path, query, headers, _body(headers, parts.get("body"), form))


def parameters_to_tuples(params: Parameters, collection_formats: Mapping[str, str] | None) -> list[tuple[str, Any]]:
    """Turn parameters into pairs, lists among them joined (`csv`, `ssv`, `tsv`, `pipes`) or repeated (`multi`)."""
    formats = collection_formats or {}
    pairs: list[tuple[str, Any]] = []
    for name, value in dict(params).items() if isinstance(params, Mapping) else list(params):
        style = formats.get(name)
        if style is None:
            pairs.append((name, value))
        elif not isinstance(value, list | tuple):
            raise ApiValueError(f"{name} has a collection format, so it must be a list, not {type(value).__name__}")
        elif style == "multi":
            pairs += [(name, item) for item in value]
        else:
            pairs.append((name, _SEPARATORS.get(style, ",").join(str(item) for item in value)))
    return pairs


def files_parameters(files: Mapping[str, str | Sequence[str]] | None) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Read files to upload: form field -> a path, or several.

    :raises ApiValueError: a file cannot be read.
    """
    parts = []
    for field, given in (files or {}).items():
        for path in [given] if isinstance(given, str | Path) else given or []:
            kind = mimetypes.guess_type(str(path))[0] or "application/octet-stream"
            parts.append((field, (Path(path).name, _read(Path(path)), kind)))
    return parts


def select_header_accept(accepts: Sequence[str]) -> str | None:
    """Choose what to accept: JSON if it is on offer, else everything on offer."""
    if not accepts:
        return None
    return "application/json" if _offers_json(accepts) else ", ".join(accepts)


def select_header_content_type(content_types: Sequence[str]) -> str:
    """Choose how to send: JSON if it is on offer, else the first on offer."""
    return "application/json" if not content_types or _offers_json(content_types) else content_types[0]


def _offers_json(kinds: Sequence[str]) -> bool:
    return "application/json" in [kind.lower() for kind in kinds]


def _body(headers: MaskedDict, body: Any, form: list[tuple[str, Any]]) -> bytes | None:
    if body is None and not form:
        return None
    name = next((name for name in headers if name.lower() == "content-type"), "Content-Type")
    kind = headers.setdefault(name, "application/json")
    try:
        if kind == "application/x-www-form-urlencoded":
            return urlencode(form).encode("ascii")
        if kind == "multipart/form-data":
            from urllib3 import encode_multipart_formdata

            data, headers[name] = encode_multipart_formdata([(key, _form_value(value)) for key, value in form])
            return data
        if form:
            raise ApiTypeError(f"a form cannot be sent as {kind}; set the header Content-Type to that of a form")
        if "json" in kind.lower():
            return to_json(body)
        if isinstance(body, str | bytes):
            return body.encode("utf-8") if isinstance(body, str) else body
    except UnicodeEncodeError:
        problem = "the body holds half a character (a lone surrogate)"
    else:
        raise ApiTypeError(f"a body of type {type(body).__name__} cannot be sent as {kind}; give text or bytes")
    raise ApiValueError(problem)


def _form_value(value: Any) -> Any:
    return value if isinstance(value, str | bytes | tuple) else str(value)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "that is no path"
    raise ApiValueError(f"the file to upload, {path.name}, cannot be read: {reason}")
