"""JSON bytes -> plain values: no more of them than a response may have, and nested no deeper."""

from __future__ import annotations

import json
from codecs import BOM_UTF8
from typing import Any

from elements_sdk._http.budgets import BYTES_OF_A_VALUE, BYTES_OF_AN_ENTRY, ENTRIES_AT_A_TIME, JSON_DEPTH

_NO_BRACKETS = bytes(set(range(256)) - set(b"[{"))
_CONTAINERS = frozenset({dict, list})
_TOO_DEEP = f"the answer is nested more than {JSON_DEPTH} levels deep"


class UnexpectedJson(ValueError):
    """A response that is not JSON, or not the JSON that was promised."""


def parse_json(data: bytes | str, most: int | None = None) -> Any:
    """Read the JSON of a response.

    :param most: the limit of bytes that the number of values goes by; `None`: any number, as of a text.
    :raises UnexpectedJson: the data is not JSON, is nested too deeply, or has too many values.
    """
    if len(data) > ENTRIES_AT_A_TIME:
        check_size(data, most)
    problem = value = None
    try:
        text = data if isinstance(data, str) else data.removeprefix(BOM_UTF8).decode()
        value = json.loads(text)
        if len(text) > JSON_DEPTH and brackets_in(text) > JSON_DEPTH and is_deep(value):
            problem = _TOO_DEEP
    except RecursionError:
        problem = _TOO_DEEP
    except ValueError as error:
        problem = f"the answer is not JSON ({type(error).__name__})"
    if problem:
        raise UnexpectedJson(problem)
    return value


def check_size(data: bytes | str, most: int | None) -> None:
    """Check that a body has not too many values. Signs inside strings count as well: that takes far less time.

    :raises UnexpectedJson: it has.
    """
    if most is None or isinstance(data, str):
        return
    for signs, size, what in ((b"[{", BYTES_OF_AN_ENTRY, "lists and objects"), (b",", BYTES_OF_A_VALUE, "values")):
        limit = max(ENTRIES_AT_A_TIME, most // size)
        if len(data) > 2 * limit and sum(map(data.count, signs)) > limit:  # each takes two bytes at least
            raise UnexpectedJson(
                f"the answer has more than {limit:,} {what} (Configuration.max_response_bytes / {size})"
            )


def is_deep(value: Any) -> bool:
    level = [value] if type(value) in _CONTAINERS else []
    for _ in range(JSON_DEPTH):
        if not level:
            return False
        inner = [item.values() if type(item) is dict else item for item in level]
        level = [item for items in inner for item in items if type(item) in _CONTAINERS]
    return bool(level)


def brackets_in(text: str) -> int:
    """Return how many lists and objects begin in a text, or a few more: those in strings count as well."""
    return len(text.encode().translate(None, _NO_BRACKETS))
