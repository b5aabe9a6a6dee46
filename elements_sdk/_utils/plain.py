"""Numbers, and types as text: what values and annotations of a user's program are, whatever library made them."""

from __future__ import annotations

from datetime import date
from enum import Enum
from math import isfinite
from typing import Any, get_args, get_origin


def is_whole(value: object) -> bool:
    """Return whether a value is a whole number, be it Python's or numpy's; a boolean is not."""
    return not isinstance(value, bool) and (isinstance(value, int) or _is_a("Integral", value))


def as_number(value: Any) -> int | float | None:
    """Return a number, Python's or numpy's, as Python's own; `None`: it is not a number. A boolean is not."""
    if isinstance(value, bool):
        return None
    if is_whole(value):
        return int(value)
    return float(value) if isinstance(value, float) or _is_a("Real", value) else None


def as_text(value: Any) -> str | int | float | None:
    """Return text, a finite number, a date or an Enum's value as it goes into a URL; `None`: it is none of these."""
    if isinstance(value, Enum):
        return as_text(value.value)
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return value.isoformat()
    number = as_number(value)
    if number is not None:
        return number if isfinite(number) else None
    from decimal import Decimal  # loaded late: hardly anybody has one

    return str(value) if isinstance(value, Decimal) and value.is_finite() else None


def type_text(given: Any) -> str:
    """Return a type as text: `"Ticket"` of `Ticket`, `"list[Ticket]"` of `list[Ticket]`; text stays as it is.

    :raises TypeError: it is neither a type nor text.
    """
    if isinstance(given, str):
        return given
    arguments, origin = get_args(given), get_origin(given)
    if type(None) in arguments:  # X | None
        return " | ".join([*(type_text(item) for item in arguments if item is not type(None)), "None"])
    if arguments and isinstance(origin, type):
        return f"{origin.__name__}[{', '.join(type_text(item) for item in arguments)}]"
    name = getattr(given, "__name__", None)
    if (not isinstance(given, type) and name != "Any") or not isinstance(name, str):
        raise TypeError(f"{type(given).__name__} is not a type")
    return name


def _is_a(kind: str, value: object) -> bool:
    import numbers  # loaded late: Python's own numbers and text do without it

    return isinstance(value, getattr(numbers, kind))
