"""Models -> plain values -> JSON bytes, without any I/O."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from enum import Enum
from typing import Any

from elements_sdk._utils.errors import Translated
from elements_sdk._utils.plain import as_number
from elements_sdk.exceptions import ApiTypeError, ApiValueError, OpenApiException
from elements_sdk.models._base import Model


def to_plain(value: Any) -> Any:
    """Turn models, dates and what holds them into values that JSON has.

    `None` in a model means: not sent. What is in its `additional_properties` is sent, for newer servers.

    :raises ApiTypeError: JSON cannot represent a value.
    """
    if isinstance(value, Enum):
        return to_plain(value.value)
    if value is None or isinstance(value, str | int | float | bool | bytes):
        return value
    if isinstance(value, Model):
        properties = {key: getattr(value, name) for name, key in value.attribute_map.items()}
        sent = {key: to_plain(item) for key, item in properties.items() if item is not None}
        newer = {key: to_plain(item) for key, item in value.additional_properties.items() if key not in properties}
        return {**sent, **newer}
    if isinstance(value, Mapping):
        return {key: to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [to_plain(item) for item in value]
        return tuple(items) if isinstance(value, tuple) else items
    if isinstance(value, date):
        return value.isoformat()
    if (number := as_number(value)) is not None:
        return number
    raise ApiTypeError(f"a value of type {type(value).__name__} cannot be sent; use a model, a dict or plain values")


def to_json(value: Any) -> bytes:
    """Return a request body as JSON.

    :raises ApiTypeError: JSON cannot represent a value.
    :raises ApiValueError: the value holds a number that JSON does not have (NaN, infinity), or holds itself.
    """
    with Translated((TypeError, ValueError, RecursionError), _own_error):  # callers hide these frames: they hold it
        return json.dumps(to_plain(value), allow_nan=False).encode("ascii")


def _own_error(error: Exception) -> OpenApiException:
    if isinstance(error, OpenApiException):
        return error
    if isinstance(error, TypeError):  # bytes, or keys that are not text
        return ApiTypeError(f"the body cannot be written as JSON: {error}")
    return ApiValueError("the body cannot be written as JSON: it holds NaN, an infinity, or itself")
