"""Dates as text: ISO 8601 (RFC 3339), and the headers `Retry-After` and `Date` of HTTP."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime, timezone

_SHORTEST = len("2026-01-01")
_LONGEST = 200  # characters of a header that are read
_SECONDS = r"[0-9]{1,9}(\.[0-9]{0,9})?"


def parse_datetime(text: str) -> datetime:
    """Read a date with time. A text without a zone gives a `datetime` without one; nothing is filled in from today.

    :raises ValueError: the text is not ISO 8601.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        if len(text) < _SHORTEST:
            raise
    # Loaded late: hardly any server sends what fromisoformat cannot read (24:00:00, say).
    from dateutil.parser import isoparse

    try:
        moment = isoparse(text)
    except OverflowError as error:  # 24:00:00 on the last day of the year 9999
        raise ValueError(str(error)) from None
    offset = moment.utcoffset()
    return moment if offset is None else moment.replace(tzinfo=timezone(offset))


def parse_date(text: str) -> date:
    """Read a date; of a date with time, the date.

    :raises ValueError: the text is not ISO 8601.
    """
    return parse_datetime(text).date()


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that the server asks to wait: 0 for a date that has passed, `None` if it asks for none.

    A date is compared with the response's own `Date`, so that the two machines' clocks need not agree. Where the header
    came twice, the longer wait counts.
    """
    parts = headers.get("Retry-After", "")[:_LONGEST].split(",")  # one of them is the name of the day
    found = [_seconds_of(part.strip(), headers) for part in parts]
    return max((seconds for seconds in found if seconds is not None), default=None)


def _seconds_of(text: str, headers: Mapping[str, str]) -> float | None:
    if re.fullmatch(_SECONDS, text):
        return float(text)
    until = parse_http_date(text)
    if until is None:
        return None
    now = parse_http_date(headers.get("Date", "")) or datetime.fromtimestamp(time.time(), UTC)
    return max(0.0, (until - now).total_seconds())


def seconds_ahead(headers: Mapping[str, str]) -> float | None:
    """Return the seconds by which the server's clock is ahead of this machine's; `None` if there is no `Date`."""
    moment = parse_http_date(headers.get("Date", ""))
    return None if moment is None else (moment - datetime.fromtimestamp(time.time(), UTC)).total_seconds()


def parse_http_date(text: str) -> datetime | None:
    """Read a date as HTTP headers write it, in any of the forms that RFC 9110 knows; `None` if it is not one."""
    if not text or len(text) > 64:
        return None
    # Loaded late: it brings half of the package email along, and hardly any response has such a date.
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text.replace(":60 ", ":59 "))  # a leap second
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
