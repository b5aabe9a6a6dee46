"""RFC 3339 / ISO 8601 text <-> `datetime`, the same on every machine whatever its zone."""

from __future__ import annotations

from datetime import date, datetime, timezone

_SHORTEST = len("2026-01-01")


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
