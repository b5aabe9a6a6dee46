"""Which properties are printed, and in what order the rows come: `--columns` and `--sort`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from elements_sdk._utils.text import closest
from elements_sdk.cli.words import say

Rows = list[dict[str, Any]]


def names_in(value: str) -> list[str]:
    """Split names with commas between them."""
    return [name.strip() for name in value.split(",") if name.strip()]


def arranged(plain: Any, brief: Rows | None, names: Sequence[str] | None, sort: str | None, is_table: bool) -> Any:
    """Return what is printed of a result. A name that no row has is told, and its column is empty.

    :param brief: what a table shows of each row; its columns can be named, too.
    :param is_table: whether that is what is asked for.
    """
    rows = plain if isinstance(plain, list) else [plain]
    if not all(isinstance(row, dict) for row in rows):
        return plain
    briefs = brief or [{} for _ in rows]
    whole = [(row | short if is_table else short | row) for row, short in zip(rows, briefs, strict=True)]
    numbers = list(range(len(rows)))
    if sort:
        name = sort.removeprefix("-")
        keys = [_sort_key(value_of(short | row, name)) for row, short in zip(rows, briefs, strict=True)]
        numbers.sort(key=keys.__getitem__, reverse=sort.startswith("-"))
        numbers.sort(key=lambda number: not keys[number])  # what has no value comes last in both directions
    _tell_unknown([*(names or ()), *([sort.removeprefix("-")] if sort else ())], whole)
    shown = whole if names else briefs if is_table and brief else rows
    result = [picked(shown[number], names) for number in numbers]
    return result if isinstance(plain, list) else result[0]


def picked(row: Any, names: Sequence[str] | None) -> Any:
    """Return these properties of an object; anything else stays as it is."""
    return {name: value_of(row, name) for name in names} if names and isinstance(row, dict) else row


def value_of(row: Any, name: str) -> Any:
    """Return a property, or one of an object inside it: `user.username`."""
    if not isinstance(row, dict):
        return None
    if name in row:
        return row[name]
    first, _, rest = name.partition(".")
    return value_of(row.get(first), rest) if rest else None


def _sort_key(value: Any) -> tuple[Any, ...]:
    """Return where a value stands: numbers, then text in any case; empty where there is none."""
    if value is None:
        return ()
    return (0, value) if isinstance(value, int | float) else (1, str(value).casefold())


def _tell_unknown(names: Sequence[str], rows: Rows) -> None:
    known = dict.fromkeys(name for row in rows for name in row)
    for name in dict.fromkeys(names):
        if rows and name.partition(".")[0] not in known and name not in known:
            meant = closest(name, known)
            say(
                f"Nothing here has {name!r}; "
                + (f"did you mean {meant!r}?" if meant else f"there are {', '.join(known)}")
            )
