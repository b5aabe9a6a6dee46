"""What a share link says of itself, read so that no shape of it is an error: some servers send odd values."""

from __future__ import annotations

import unicodedata
from datetime import UTC, datetime
from typing import Any

from elements_sdk._utils.dates import parse_datetime
from elements_sdk._utils.text import one_line
from elements_sdk.models import ElementsUserMini, OneTimeAccessToken, OneTimeAccessTokenActivity


def owner_of(link: OneTimeAccessToken) -> ElementsUserMini | None:
    """Return who made a link, or else the user in whose name it acts."""
    return next((user for user in (link.created_by, link.user) if isinstance(user, ElementsUserMini)), None)


def name_of(user: ElementsUserMini | None) -> str:
    """Return the name by which people know a user, on one line that can be printed anywhere."""
    if user is None:
        return "nobody"
    names = (one_line(str(name)) for name in (user.display_name, user.full_name, user.username) if name)
    return next(filter(None, names), f"user {one_line(str(user.id))}")


def address_of(user: object) -> str | None:
    """Return the e-mail address of a user; `None` if there is none."""
    address = user.email if isinstance(user, ElementsUserMini) else None
    return address if isinstance(address, str) and address.strip() else None


def is_named(user: ElementsUserMini | None, name: str) -> bool:
    """Return whether a user goes by this name: user name, e-mail, display name or full name, in any spelling of it."""
    names = (user.username, user.email, user.display_name, user.full_name) if user else ()
    return _folded(name) in {_folded(str(own)) for own in names if own}


def visits_of(link: OneTimeAccessToken) -> list[OneTimeAccessTokenActivity]:
    """Return the visits by a link."""
    return [visit for visit in _items(link.activity) if isinstance(visit, OneTimeAccessTokenActivity)]


def shares_of(link: OneTimeAccessToken) -> list[Any]:
    """Return what a link shares: bundles, then directories."""
    return [item for shared in (link.shared_bundles, link.shared_directories) for item in _items(shared)]


def page_of(link: OneTimeAccessToken) -> str:
    """Return the page that a link leads to."""
    return "" if link.url is None else str(link.url)


def expiry_of(link: OneTimeAccessToken) -> datetime | None:
    """Return when a link stops working; `None`: never, or in a form that cannot be read."""
    return as_moment(link.expires)


def has_expired(link: OneTimeAccessToken, now: datetime) -> bool:
    """Return whether a link has stopped working. A date that cannot be read has not passed."""
    moment = expiry_of(link)
    return moment is not None and moment <= now


def never_expires(link: OneTimeAccessToken) -> bool:
    """Return whether the server says that a link works for ever, rather than something that cannot be read."""
    return link.expires is None


def expiry_text(link: OneTimeAccessToken, form: str = "%Y-%m-%d %H:%M") -> str:
    """Return when a link stops working in words: a date, `never`, or what the server sent where that is not a date."""
    moment = expiry_of(link)
    if moment is not None:
        return moment.strftime(form)
    return "never" if never_expires(link) else f"not known: {one_line(str(link.expires))}"


def as_moment(value: Any) -> datetime | None:
    """Return a date of the server with a zone; `None` if it is not a date."""
    if isinstance(value, str):
        try:
            value = parse_datetime(value)
        except (ValueError, OverflowError):
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def local(moment: datetime) -> datetime:
    """Return a moment in the zone of this machine; in its own at the ends of the calendar, where there is no other."""
    try:
        return moment.astimezone()
    except (OverflowError, ValueError, OSError):
        return moment


def _items(shared: Any) -> list[Any]:
    if shared is None:
        return []
    return shared if isinstance(shared, list) else [shared]


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
