"""Which share links a command is about: by number, or by what is known of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

import click

from elements_sdk._utils.dates import parse_datetime
from elements_sdk.api.auth_api import AuthApi
from elements_sdk.bulk import map_calls
from elements_sdk.cli.words import one_line
from elements_sdk.models import ElementsUserMini, OneTimeAccessToken

_PAGE = 200  # links a page
_FILTERS = ("expired", "expires_before", "owner", "never_viewed")


class Moment(click.ParamType):  # type: ignore[type-arg]  # generic from click 8.3 on only
    """A date or a date with time; without a zone it is that of this machine."""

    name = "date"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Read the value."""
        try:
            moment = value if isinstance(value, datetime) else parse_datetime(str(value))
            return moment if moment.tzinfo else moment.astimezone()
        except (ValueError, OverflowError):
            problem = "this is not a date; write it as 2026-12-31 or 2026-12-31T18:00:00+01:00"
        raise click.BadParameter(problem, ctx, param)


class Selection(NamedTuple):
    """The conditions that a link must meet, all of them."""

    expired: bool = False
    expires_before: datetime | None = None
    owner: str | None = None
    never_viewed: bool = False

    def holds_for(self, link: OneTimeAccessToken, now: datetime) -> bool:
        """Return whether a link meets the conditions. A date that cannot be read has not passed."""
        expires = expiry_of(link)
        if self.expired and (expires is None or expires > now):
            return False
        if self.expires_before and (expires is None or expires >= self.expires_before):
            return False
        if self.owner and self.owner.casefold() not in _names_of(owner_of(link)):
            return False
        return not (self.never_viewed and link.activity)

    def describe(self) -> str:
        """Return the conditions as text: `have expired and were made by editor`; empty for all links."""
        before = self.expires_before
        said = {
            "have expired": self.expired,
            f"expire before {before:%Y-%m-%d %H:%M %Z}" if before else "": before,
            f"were made by {one_line(self.owner or '')}": self.owner,
            "were never viewed": self.never_viewed,
        }
        return " and ".join(words for words, holds in said.items() if holds)


def selection_options(with_numbers: bool = True) -> list[click.Parameter]:
    """Make the arguments and options that select links.

    :param with_numbers: whether links can be named one by one, and all of them only by `--all`.
    """
    options: list[click.Parameter] = [
        click.Option(["--expired"], is_flag=True, help="Only links that have expired."),
        click.Option(
            ["--expires-before"], type=Moment(), metavar="DATE", help="Only links that expire before this date."
        ),
        click.Option(["--owner"], metavar="NAME", help="Only links made by this user: user name, e-mail or full name."),
        click.Option(["--never-viewed"], is_flag=True, help="Only links that nobody has used yet."),
    ]
    if with_numbers:
        options.append(click.Option(["--all", "all_of_them"], is_flag=True, help="All links that one may see."))
        options.insert(0, click.Argument(["numbers"], type=int, nargs=-1, metavar="[ID]..."))
    return options


def selection_of(values: Mapping[str, Any]) -> Selection:
    """Read the options that select links."""
    return Selection(*(values[name] for name in _FILTERS))


def select(auth: AuthApi, context: click.Context, values: Mapping[str, Any]) -> Iterator[OneTimeAccessToken]:
    """Return an iterator over the links that the options select.

    :raises click.UsageError: the options name no links.
    :raises ApiException: the list, or a link that is named, cannot be fetched.
    """
    selection = selection_of(values)
    numbers = dict.fromkeys(values.get("numbers", ()))
    if "numbers" in values and not numbers and not any(selection) and not values["all_of_them"]:
        raise click.UsageError("Say which links: their numbers, a filter such as --expired, or --all.", context)
    now = datetime.now(UTC)
    links: Iterator[OneTimeAccessToken]
    if numbers:
        links = (outcome.result() for outcome in map_calls(auth.get_access_token, numbers))
    else:
        links = auth.iter_access_tokens(page_size=_PAGE)
    return (link for link in links if selection.holds_for(link, now))


def owner_of(link: OneTimeAccessToken) -> ElementsUserMini | None:
    """Return the user who made a link, or else the user in whose name it acts."""
    for user in (link.created_by, link.user):
        if isinstance(user, ElementsUserMini):
            return user
    return None


def name_of(user: ElementsUserMini | None) -> str:
    """Return the name by which people know a user, on one line that can be printed anywhere."""
    if user is None:
        return "nobody"
    names = (one_line(str(name)) for name in (user.display_name, user.full_name, user.username) if name)
    return next(filter(None, names), f"user {user.id}")


def expiry_of(link: OneTimeAccessToken) -> datetime | None:
    """Return when a link stops working; `None` if never, or if its date cannot be read."""
    return as_moment(link.expires)


def as_moment(value: Any) -> datetime | None:
    """Return a date of the server with a zone; `None` if the value is not a date."""
    if isinstance(value, str):
        try:
            value = parse_datetime(value)
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def _names_of(user: ElementsUserMini | None) -> set[str]:
    names = (user.username, user.email, user.display_name, user.full_name) if user else ()
    return {str(name).casefold() for name in names if name}
