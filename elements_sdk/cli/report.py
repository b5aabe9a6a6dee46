"""The page about share links: figures, plots and a table, in one HTML file without anything from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from elements_sdk._utils.text import one_line
from elements_sdk.cli import plots
from elements_sdk.cli.link import (
    as_moment,
    expiry_of,
    expiry_text,
    local,
    name_of,
    never_expires,
    owner_of,
    page_of,
    shares_of,
    visits_of,
)
from elements_sdk.cli.output import to_plain
from elements_sdk.cli.tables import printable
from elements_sdk.cli.words import counted
from elements_sdk.models import OneTimeAccessToken

Links = Sequence[OneTimeAccessToken]
_OWNERS = 15  # that are named
_LISTED = 500  # links that never expire
_WEEKS = 12  # of views that are shown
_STEPS = 15  # columns of what expires soon, at the most: today and a fortnight
_HALF_A_YEAR, _STEPS_OF_YEARS = 183, 10  # where a year may stand below each column, fewer columns fit
_AGES = ((7, "up to a week"), (30, "up to a month"), (90, "up to 3 months"), (365, "up to a year"), (10**6, "older"))
_UNKNOWN_AGE = "not known"


class Plot(NamedTuple):
    """A plot, what is counted in it, and all of it in words for whoever cannot see it; without a picture if empty."""

    title: str
    about: str
    words: str
    svg: Markup | None


def render(links: Links, host: str, soon: int, selection: str = "", now: datetime | None = None) -> str:
    """Write the page. Its dates are those of this machine's zone.

    :param host: address of the server that the links are on.
    :param soon: days within which a link is said to expire soon.
    :param selection: which links these are, if not all: `have expired`.
    """
    moment = (now or datetime.now(UTC)).astimezone()
    expiring = _expiring(links, soon, moment)
    lasting = [link for link in links if expiry_of(link) is None]
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("elements_sdk.cli").joinpath("report.html.jinja").read_text("utf-8"))
    return template.render(
        host=host.partition("://")[2] or host,
        made=moment,
        selection=selection,
        soon=counted(soon, "day"),
        figures=_figures(links, expiring, soon, moment),
        plots=[_by_owner(links), _by_age(links, moment), _views(links, moment), _soon(expiring, soon, moment)],
        expiring=[_row(link) for link in expiring],
        lasting=[_row(link) for link in lasting[:_LISTED]],
        more_lasting=len(lasting[_LISTED:]),
    )


def _figures(links: Links, expiring: Links, soon: int, now: datetime) -> list[tuple[str, int]]:
    ends = [expiry_of(link) for link in links]
    return [
        ("links", len(links)),
        ("have expired", sum(end is not None and end <= now for end in ends)),
        (f"expire within {counted(soon, 'day')}", len(expiring)),
        ("never expire", sum(map(never_expires, links))),
        ("were never viewed", sum(not visits_of(link) for link in links)),
        ("views", sum(len(visits_of(link)) for link in links)),
    ]


def _by_owner(links: Links) -> Plot:
    counts = Counter(name_of(owner_of(link)) for link in links).most_common()
    shown, about = dict(counts[:_OWNERS]), "Number of links that each user has made"
    if len(counts) > _OWNERS:
        shown[f"{len(counts) - _OWNERS} others"] = sum(count for _, count in counts[_OWNERS:])
        about += f"; the {_OWNERS} with most by name"
    return _plot("Links by owner", about, shown, plots.bars(shown))


def _by_age(links: Links, now: datetime) -> Plot:
    """Count links by age: since they were made, which newer servers tell, or else since their first view."""
    counts = dict.fromkeys([*(label for _, label in _AGES), _UNKNOWN_AGE], 0)
    for link in links:
        began = _began(link)
        days = (now - began).days if began else None
        counts[_UNKNOWN_AGE if days is None else next(label for limit, label in _AGES if days <= limit)] += 1
    about = "Number of links, by the day they were made where the server tells it, or else by their first view"
    return _plot("Links by age", about, counts, plots.bars(counts))


def _began(link: OneTimeAccessToken) -> datetime | None:
    made = as_moment(link.additional_properties.get("created_at"))
    return made or min(_dates(link), default=None)


def _dates(link: OneTimeAccessToken) -> list[datetime]:
    return [moment for visit in visits_of(link) if (moment := as_moment(visit.date)) is not None]


def _views(links: Links, now: datetime) -> Plot:
    """Count views by week, each named by its first day; the last one is under way."""
    first = now.date() - timedelta(days=now.weekday(), weeks=_WEEKS - 1)
    weeks: dict[date, int] = {first + timedelta(weeks=number): 0 for number in range(_WEEKS)}
    for link in links:
        for moment in _dates(link):
            day = local(moment).date()
            week = day - timedelta(days=day.weekday())
            if week in weeks:
                weeks[week] += 1
    counts = {f"{week:%d %b %Y}": count for week, count in weeks.items()}
    about = "Number of views in each of the last twelve weeks, by their Monday; the last week is still under way"
    return _plot("Views by week", about, counts, plots.columns(counts, _days_in_short(list(weeks))))


def _expiring(links: Links, soon: int, now: datetime) -> list[OneTimeAccessToken]:
    limit = now + timedelta(days=soon)
    found = [(end, link) for link in links if (end := expiry_of(link)) is not None and now < end <= limit]
    return [link for _, link in sorted(found, key=lambda pair: pair[0])]


def _soon(expiring: Links, soon: int, now: datetime) -> Plot:
    """Count what expires soon, by day or, where the days are many, by several days together."""
    step = -(-(soon + 1) // (_STEPS if soon < _HALF_A_YEAR else _STEPS_OF_YEARS))
    days = [now.date() + timedelta(days=start) for start in range(0, soon + 1, step)]
    numbers = [0] * len(days)
    for link in expiring:
        end = expiry_of(link)
        assert end is not None
        numbers[min((local(end).date() - days[0]).days // step, len(days) - 1)] += 1
    counts = {f"{day:%d %b %Y}": number for day, number in zip(days, numbers, strict=True)}
    about = "Number of links, by the day on which they stop working"
    if step > 1:
        about = f"Number of links that stop working in the {step} days from each date on"
    title = f"Expiring within {counted(soon, 'day')}"
    return _plot(title, about, counts, plots.columns(counts, _days_in_short(days)))


def _days_in_short(days: Sequence[date]) -> list[str]:
    """Write days as a calendar does: the month where it is a new one, and the year below a new year's first month."""
    labels = []
    for before, day in zip([None, *days], days, strict=False):
        is_new = before is None or before.month != day.month or before.year != day.year
        year = f"\n{day:%Y}" if before and before.year != day.year else ""
        labels.append(f"{day.day}\n" + (f"{day:%b}{year}" if is_new else "\u00a0"))  # two lines, so that days align
    return labels


def _plot(title: str, about: str, counts: dict[str, int], svg: str) -> Plot:
    words = ", ".join(f"{label}: {count:,}" for label, count in counts.items())
    return Plot(title, about, words, Markup(svg) if any(counts.values()) else None)


def _row(link: OneTimeAccessToken) -> dict[str, object]:
    end = expiry_of(link)
    return {
        "id": one_line(str(link.id)),
        "owner": name_of(owner_of(link)),
        "page": one_line(page_of(link)),
        "shares": printable(to_plain(shares_of(link))),
        "views": len(visits_of(link)),
        "expires": expiry_text(link) if end is None else f"{local(end):%Y-%m-%d %H:%M}",
    }
