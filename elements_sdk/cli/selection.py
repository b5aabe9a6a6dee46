"""Which share links a command is about: by number, by what is known of them, or by the record of an earlier job."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import click

from elements_sdk._serialization.decode import reader
from elements_sdk._utils.dates import parse_datetime
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.text import one_line
from elements_sdk.api.auth_api import AuthApi
from elements_sdk.bulk import map_calls
from elements_sdk.cli.errors import USAGE, CommandFailed
from elements_sdk.cli.job import UNKNOWN, UNTOUCHED, Action
from elements_sdk.cli.link import expiry_of, has_expired, is_named, never_expires, owner_of
from elements_sdk.cli.record import Record, Row
from elements_sdk.cli.words import counted
from elements_sdk.exceptions import NotFoundException
from elements_sdk.models import OneTimeAccessToken

_PAGE = 200  # links a page
_NUMBER = re.compile("[0-9]{1,18}")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def _moment(value: str) -> datetime:
    """Read a date, or a date with time; without a zone it is that of this machine."""
    problem = "this is not a date; write it as 2026-12-31 or 2026-12-31T18:00:00+01:00"
    with Translated((ValueError, OverflowError), lambda _: click.BadParameter(problem)):
        moment = parse_datetime(value)
        return moment if moment.tzinfo else moment.astimezone()


def _span(value: str) -> timedelta:
    """Read a length of time: 7d, 12h, 30m, 2w."""
    found = re.fullmatch(r"([0-9]{1,5})([mhdw])", value)
    if found is None:
        raise click.BadParameter("this is not a length of time; write it as 7d, 12h, 30m or 2w")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


# Option, how its value is read (a flag has none), what stands for that in the help, and what it is for.
_FILTERS: tuple[tuple[str, Callable[[str], object] | None, str | None, str], ...] = (
    ("--expired", None, None, "Only links that have expired."),
    ("--expires-before", _moment, "DATE", "Only links that expire before this date."),
    ("--expires-within", _span, "TIME", "Only links that expire in this time: 7d, 12h, 30m, 2w."),
    ("--never-expires", None, None, "Only links that never stop working."),
    ("--owner", str, "NAME", "Only links made by this user: user name, e-mail or full name."),
    ("--never-viewed", None, None, "Only links that nobody has used yet."),
)


class Selection(NamedTuple):
    """The conditions that a link must meet, all of them."""

    expired: bool = False
    expires_before: datetime | None = None
    expires_within: timedelta | None = None
    never_expires: bool = False
    owner: str | None = None
    never_viewed: bool = False

    def holds_for(self, link: OneTimeAccessToken, now: datetime) -> bool:
        """Return whether a link meets the conditions. A date that cannot be read has not passed."""
        expires = expiry_of(link)
        if self.expired and not has_expired(link, now):
            return False
        if self.expires_within is not None and (expires is None or not now < expires <= now + self.expires_within):
            return False
        if self.never_expires and not never_expires(link):
            return False
        if self.expires_before is not None and (expires is None or expires >= self.expires_before):
            return False
        if self.owner is not None and not is_named(owner_of(link), self.owner):
            return False
        return not (self.never_viewed and link.activity)

    def describe(self) -> str:
        """Return the conditions as text: `have expired and were made by editor`; empty for all links."""
        before, within = self.expires_before, self.expires_within
        said = (
            self.expired and "have expired",
            before and f"expire before {before:%Y-%m-%d %H:%M %Z}",
            within is not None and f"expire within {_in_words(within)}",
            self.never_expires and "never expire",
            self.owner and f"were made by {one_line(self.owner)}",
            self.never_viewed and "were never viewed",
        )
        return " and ".join(str(words) for words in said if words)


def _in_words(span: timedelta) -> str:
    return f"{span / timedelta(hours=1):g} hours" if span.seconds else counted(span.days, "day")


def selection_options(with_numbers: bool = True) -> list[click.Parameter]:
    """Make the arguments and options that select links.

    :param with_numbers: whether links can be named one by one, and all of them only by `--all`.
    """
    options: list[click.Parameter] = [
        click.Option([flag], type=read, metavar=metavar, help=about)
        if read
        else click.Option([flag], is_flag=True, help=about)
        for flag, read, metavar, about in _FILTERS
    ]
    if with_numbers:
        options.append(click.Option(["--all", "all_of_them"], is_flag=True, help="All links that one may see."))
        options.insert(0, click.Argument(["numbers"], type=int, nargs=-1, metavar="[ID]..."))
    return options


def selection_of(values: Mapping[str, Any]) -> Selection:
    """Read the options that select links."""
    return Selection(*(values[name] for name in Selection._fields))


def select(auth: AuthApi, context: click.Context, values: Mapping[str, Any]) -> Iterator[OneTimeAccessToken]:
    """Return an iterator over the links that the options select.

    :raises click.UsageError: the options name no links.
    :raises ApiException: the list, or a link that is named, cannot be fetched.
    """
    selection = selection_of(values)
    numbers = dict.fromkeys(values.get("numbers", ()))
    if "numbers" in values and not numbers and not _says_which(values):
        raise click.UsageError("Say which links: their numbers, a filter such as --expired, or --all.", context)
    now = datetime.now(UTC)
    links: Iterator[OneTimeAccessToken]
    if numbers:
        links = (outcome.result() for outcome in map_calls(auth.get_access_token, numbers))
    else:
        links = auth.iter_access_tokens(page_size=_PAGE)
    return (link for link in links if selection.holds_for(link, now))


def once(links: Iterable[OneTimeAccessToken]) -> Iterator[OneTimeAccessToken]:
    """Return an iterator over links without those whose number has come before: nobody gets an e-mail twice."""
    seen: set[str] = set()
    for link in links:
        number = str(link.id)
        if number not in seen or not _NUMBER.fullmatch(number):
            seen.add(number)
            yield link


def check_resume(context: click.Context, values: Mapping[str, Any]) -> None:
    """Raise if more than the record says which links are meant.

    :raises click.UsageError: there are numbers, filters or another record besides.
    """
    if values["numbers"] or _says_which(values) or values["record"]:
        raise click.UsageError("--resume takes the links from its record, and goes on in it: leave others out", context)


def rows_to_resume(record: Record, action: Action, server: str, again: bool) -> list[Row]:
    """Return what a record says of the links that are still to be done. Where a number is not one, no call can be made.

    :param again: whether those of which it is not known are done, too.
    :raises CommandFailed: it is the record of another action, or of another server.
    """
    if any(row["action"] != action.name or row["server"] != server for row in record.rows):
        problem = f"{record.path} is the record of another command, or of another server than {server}"
        raise CommandFailed(problem, code=USAGE)
    newest: dict[str, Row] = {}
    for row in record.rows:
        number, outcome = str(row["id"]), row["outcome"]
        is_newer = number not in newest or (outcome != UNTOUCHED and newest[number]["outcome"] != UNKNOWN)
        if is_newer or outcome == action.done:  # what was not known stays so until it is known to be done
            newest[number] = row
    left = {action.done} if again else {action.done, UNKNOWN}
    return [row for row in newest.values() if row["outcome"] not in left and _NUMBER.fullmatch(str(row["id"]))]


def fetched(auth: AuthApi, rows: list[Row]) -> Iterator[OneTimeAccessToken]:
    """Return an iterator over the links of a record, as they are now. One that has gone is what the record says of it.

    :raises ApiException: a link cannot be fetched.
    """
    numbers = [int(row["id"]) for row in rows]
    for row, outcome in zip(rows, map_calls(auth.get_access_token, numbers), strict=True):
        if isinstance(outcome.error, NotFoundException):
            yield reader("OneTimeAccessToken")({"id": outcome.item, "url": row["page"]}, None)
        else:
            yield outcome.result()


def _says_which(values: Mapping[str, Any]) -> bool:
    """Return whether a filter or `--all` is there."""
    return values["all_of_them"] or any(value not in (None, False) for value in selection_of(values))
