"""Operations made on the fly, for the endpoints that no record describes: what `ApiClient.send` and `iterate` take."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from functools import partial
from importlib import import_module
from typing import Any, TypedDict, TypeVar, get_args, get_origin

from elements_sdk import models
from elements_sdk._http.budgets import ENTRIES_AT_A_TIME
from elements_sdk._http.timeouts import Seconds
from elements_sdk._operations import TAGS
from elements_sdk._operations.operation import ANY_JSON, Make, Operation, Paging, Parameter
from elements_sdk._operations.raw_request import checked_method, unsendable
from elements_sdk._serialization.decode import Page, Rest, type_name, with_article
from elements_sdk._serialization.parse import UnexpectedJson
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.redaction import Opaque, excerpt, reveal
from elements_sdk._utils.urls import quoted_path
from elements_sdk.exceptions import ApiTypeError, ApiValueError
from elements_sdk.models._base import Model

T = TypeVar("T")
Returns = type[T] | Callable[[dict[str, Any]], T]  # what answers, or entries of lists, are made into
_PLAIN = (str, int, float, bool, object, datetime, date)
_DICT = "dict(str, object)"
_PAGING = Paging("iterate", "limit", "offset", "ordering")


class SendOptions(TypedDict, total=False):
    """The keywords of `ApiClient.send`, besides `returns`."""

    query: Mapping[str, Any] | None
    json: Any
    _request_timeout: Seconds | None


class IterateOptions(TypedDict, total=False):
    """The keywords of `ApiClient.iterate`, besides `returns`."""

    query: Mapping[str, Any] | None
    order: str | None
    page_size: int
    offset: int
    _request_timeout: Seconds | None


def endpoint(
    method: str, path: str, given: Opaque[tuple[Mapping[str, Any] | None, Any]], returns: Any
) -> tuple[Operation, Opaque[dict[str, Any]]]:
    """Return the operation for a method and path, with its arguments.

    :param given: query and body.
    :raises ApiValueError: a value cannot be sent, or answers are not read as `returns`.
    :raises ApiTypeError: the query is not a dict, or `returns` is neither a type nor a function.
    """
    result, make = _reading(returns)
    with Translated(BaseException, without_frames):  # their frames hold the arguments
        return _operation(checked_method(method), path, *reveal(given), result, make)


def listing(
    path: str, query: Opaque[Mapping[str, Any] | None], returns: Any
) -> tuple[Operation, Opaque[dict[str, Any]]]:
    """Return the operation that reads a list page by page, with its filters.

    :param returns: what an entry is made into.
    """
    operation, filters = endpoint("GET", path, Opaque((reveal(query), None)), list[returns])
    if any(parameter.wire_name in _PAGING[1:] for parameter in operation.parameters):
        raise ApiValueError("iterate asks for the pages by itself: use page_size, offset and order")
    paging = tuple(Parameter(name, "query", name, "str", False) for name in _PAGING[1:])
    return operation._replace(parameters=operation.parameters + paging, paging=_PAGING), filters


def _operation(
    method: str, path: str, query: Any, body: Any, result: str | None, make: Make | None
) -> tuple[Operation, Opaque[dict[str, Any]]]:
    if not path.startswith("/") or any(sign in path for sign in "?#{}"):
        raise ApiValueError("the path must begin with a slash, as in /api/2/things/7, and hold no ?, #, { or }")
    with Translated(ValueError, partial(unsendable, "path")):
        path = quoted_path(path)
    if not isinstance(query, Mapping | None):
        raise ApiTypeError(f"query must be a dict, not {type(query).__name__}")
    records = (record for tag in TAGS for record in import_module(f"elements_sdk._operations.{tag}").OPERATIONS)
    documented = (record for record in records if (record.method, record.path) == (method, path))
    operation = next(documented, Operation(f"{method} {path}", method, path))
    given = list(_parameters(query or {}))
    arguments = {parameter.name: value for parameter, value in given}
    return operation._replace(
        parameters=tuple(parameter for parameter, _ in given),
        body=None if body is None else ANY_JSON,
        result=result,
        make=make,
    ), Opaque({**arguments, "data": body})


def _parameters(query: Mapping[str, Any]) -> Iterator[tuple[Parameter, Any]]:
    """Yield parameters with their values; a list gives the same one several times."""
    for name, value in query.items():
        for number, item in enumerate(value if isinstance(value, list | tuple) else (value,)):
            own = f"query[{name!r}]{f'[{number}]' if number else ''}"  # no other argument has such a name
            text = str(item).lower() if isinstance(item, bool) else item
            yield Parameter(own, "query", name, "str", False), text


def _reading(returns: Any) -> tuple[str | None, Make | None]:
    """Return the type that an answer is read as, and what makes of it what the caller wants; `None`: it stays.

    :raises ApiValueError: there is no type of that name.
    :raises ApiTypeError: it is neither a type nor a function.
    """
    if returns is None or isinstance(returns, str):
        return returns and type_name(returns), None
    origin = get_origin(returns)
    if returns is list or origin is list:
        result, make = _reading((get_args(returns) or (object,))[0])
        return f"list[{result or ANY_JSON}]", make and partial(_make_list, make)
    if returns is dict or origin is dict:
        result, make = _reading((*get_args(returns), object, object)[1])
        if make is not None:
            raise ApiTypeError("the values of a dict are models or plain values, and made into nothing else")
        return f"dict(str, {result})", None
    if returns is Any or returns in _PLAIN or getattr(models, getattr(returns, "__name__", ""), None) is returns:
        return ("object" if returns is Any else returns.__name__), None
    if not callable(returns):
        raise ApiTypeError(f"returns must be a type, the name of one, or a function, not {type(returns).__name__}")
    return _DICT, partial(_make, returns)


async def _make(returns: Any, value: Any, _rest: Rest) -> Any:
    name = getattr(returns, "__name__", "result")
    try:
        if not isinstance(returns, type):
            return returns(value)
        if issubclass(returns, Model):  # a class of the caller's own
            return returns.from_dict(value)
        if is_dataclass(returns):  # what a newer server adds is not for its constructor
            value = {field.name: value[field.name] for field in fields(returns) if field.init and field.name in value}
        return returns(**value)
    except Exception as error:
        problem = excerpt(f"{type(error).__name__} ({error})")
    raise UnexpectedJson(f"{with_article(name)} cannot be made of the answer: {problem}")


async def _make_list(make: Make, items: Any, rest: Rest) -> Any:
    made = Page([], getattr(items, "is_last", None))
    for index, item in enumerate(items):
        if index % ENTRIES_AT_A_TIME == 0:
            await rest()
        made.append(await make(item, rest))
    if not isinstance(items, Page):
        return list(made)
    made.plain = items
    return made
