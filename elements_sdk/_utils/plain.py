"""Numbers, dates and types as text: what values and annotations of a user's program are, whatever library made them."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import Enum
from math import isfinite, nan
from typing import Any, NamedTuple, get_args, get_origin

NOT_A_DATE = "must be a date without time, as in 2026-01-31"
_DIGITS = r"-?[0-9]+"
_KINDS: dict[str, Any] = {"str": str, "bool": bool, "datetime": (datetime, str), "list": (list, tuple)}


class Bounds(NamedTuple):
    """What a document says of a number, or of a text."""

    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None

    def problem(self, value: Any) -> str | None:
        """Return the rule that a value breaks, never the value; `None` if it breaks none."""
        if self.minimum is not None and not _number_in(value) >= self.minimum:
            return f"must be at least {self.minimum}"
        if self.maximum is not None and not _number_in(value) <= self.maximum:
            return f"must be at most {self.maximum}"
        if self.pattern is not None and re.search(self.pattern, f"{value}", re.ASCII) is None:
            return f"must match the pattern {self.pattern}"
        return None


def fits(declared: str, value: Any) -> bool:
    """Return whether a value is of a type that is not a model; any is of one that is not known here."""
    if declared == "int":  # digits as text go over the wire as well, and programs pass them from argv
        return re.fullmatch(_DIGITS, value) is not None if isinstance(value, str) else is_whole(value)
    if declared == "float":
        return as_number(value) is not None
    return isinstance(value, _KINDS.get(declared.partition("[")[0], object))


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


def json_value(value: object) -> str | int | float:
    """Return a date or number as JSON has it; `json.dumps` asks for what it does not know.

    :raises TypeError: it is neither.
    """
    if isinstance(value, date):
        return value.isoformat()
    number = as_number(value)
    if number is None:
        raise TypeError(f"JSON has no {type(value).__name__}")
    return number


def is_date(value: Any) -> bool:
    """Return whether a value is a date without time, or the text of one as ISO 8601 has it."""
    text = as_text(value)
    try:
        return isinstance(text, str) and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


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


def _number_in(value: Any) -> int | float:
    """Return a number, or the one that a text says; NaN, which is within no bounds, of anything else."""
    try:
        if isinstance(value, str):
            return int(value) if re.fullmatch(_DIGITS, value) else float(value)
        number = as_number(value)
    except ValueError:
        number = None
    return nan if number is None else number
