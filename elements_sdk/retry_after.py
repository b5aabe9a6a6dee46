"""The headers `Retry-After` and `Date` in seconds, however a server or proxy spells them."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import UTC, datetime

_NUMBER = r"[0-9]{1,9}(\.[0-9]{0,9})?"


def seconds_to_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds that the server asks to wait: 0 for a date that has passed, `None` if it asks for nothing sensible.

    A date is compared with the answer's own `Date`, so that the two machines' clocks need not agree.
    """
    text = headers.get("Retry-After", "").strip()
    if re.fullmatch(_NUMBER, text):
        return float(text)
    until = _date(text)
    if until is None:
        return None
    now = _date(headers.get("Date", "")) or datetime.fromtimestamp(time.time(), UTC)
    return max(0.0, (until - now).total_seconds())


def seconds_ahead(headers: Mapping[str, str]) -> float | None:
    """Seconds by which the server's clock, as its `Date` says, is ahead of this machine's; `None` if it does not."""
    moment = _date(headers.get("Date", ""))
    return None if moment is None else (moment - datetime.fromtimestamp(time.time(), UTC)).total_seconds()


def _date(text: str) -> datetime | None:
    if not text or len(text) > 64:
        return None
    # Loaded late: it brings half of the package email along, and hardly any answer has such a date.
    from email.utils import parsedate_to_datetime

    try:
        moment = parsedate_to_datetime(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
