"""The page about share links: figures, plots and a table, in one HTML file without anything from elsewhere."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from elements_sdk.cli import plots
from elements_sdk.cli.selection import as_moment, expiry_of, name_of, owner_of
from elements_sdk.models import OneTimeAccessToken

Links = Sequence[OneTimeAccessToken]
_OWNERS = 15  # that are named
_WEEKS = 12  # of views that are shown
_AGES = ((7, "up to a week"), (30, "up to a month"), (90, "up to 3 months"), (365, "up to a year"), (10**6, "older"))
_UNKNOWN_AGE = "not known"


class Plot(NamedTuple):
    """A plot, and what it shows in words for whoever cannot see it."""

    title: str
    words: str
    svg: Markup


def render(links: Links, host: str, soon: int, now: datetime | None = None) -> str:
    """Write the page.

    :param host: address of the server that the links are on.
    :param soon: days within which a link is said to expire soon.
    """
    moment = now or datetime.now(UTC)
    expiring = _expiring(links, soon, moment)
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    template = environment.from_string(files("elements_sdk.cli").joinpath("report.html.jinja").read_text("utf-8"))
    return template.render(
        host=host,
        made=moment.astimezone(),
        soon=soon,
        figures=_figures(links, expiring, moment),
        plots=[_by_owner(links), _by_age(links, moment), _views(links, moment), _soon(expiring, soon, moment)],
        expiring=[_row(link) for link in expiring],
    )


def _figures(links: Links, expiring: Links, now: datetime) -> list[tuple[str, int]]:
    ends = [expiry_of(link) for link in links]
    return [
        ("links", len(links)),
        ("have expired", sum(end is not None and end <= now for end in ends)),
        ("expire soon", len(expiring)),
        ("never expire", sum(end is None for end in ends)),
        ("were never viewed", sum(not link.activity for link in links)),
        ("views", sum(len(link.activity or ()) for link in links)),
    ]


def _by_owner(links: Links) -> Plot:
    counts = Counter(name_of(owner_of(link)) for link in links).most_common()
    shown = dict(counts[:_OWNERS])
    if len(counts) > _OWNERS:
        shown[f"{len(counts) - _OWNERS} others"] = sum(count for _, count in counts[_OWNERS:])
    return _plot("Links by owner", shown, plots.bars(shown))


def _by_age(links: Links, now: datetime) -> Plot:
    """Age goes by the day a link was made, which newer servers tell, or else by its first view."""
    counts = dict.fromkeys([*(label for _, label in _AGES), _UNKNOWN_AGE], 0)
    for link in links:
        began = _began(link)
        days = (now - began).days if began else None
        counts[_UNKNOWN_AGE if days is None else next(label for limit, label in _AGES if days <= limit)] += 1
    return _plot("Links by age", counts, plots.bars(counts))


def _began(link: OneTimeAccessToken) -> datetime | None:
    made = as_moment(link.additional_properties.get("created_at"))
    return made or min(_dates(link), default=None)


def _dates(link: OneTimeAccessToken) -> list[datetime]:
    dates: list[Any] = [as_moment(visit.date) for visit in link.activity or ()]
    return [moment for moment in dates if moment is not None]


def _views(links: Links, now: datetime) -> Plot:
    """Views by week, each named by its first day; the last one is under way."""
    first = now.date() - timedelta(days=now.weekday(), weeks=_WEEKS - 1)
    weeks: dict[date, int] = {first + timedelta(weeks=number): 0 for number in range(_WEEKS)}
    for link in links:
        for moment in _dates(link):
            day = moment.astimezone(now.tzinfo).date()
            week = day - timedelta(days=day.weekday())
            if week in weeks:
                weeks[week] += 1
    counts = {f"{week:%d %b}": count for week, count in weeks.items()}
    return _plot("Views by week", counts, plots.columns(counts))


def _expiring(links: Links, soon: int, now: datetime) -> list[OneTimeAccessToken]:
    limit = now + timedelta(days=soon)
    found = [(end, link) for link in links if (end := expiry_of(link)) is not None and now < end <= limit]
    return [link for _, link in sorted(found, key=lambda pair: pair[0])]


def _soon(expiring: Links, soon: int, now: datetime) -> Plot:
    """What expires soon, in at most fourteen steps."""
    step = -(-soon // 14)
    counts = {_days(start, min(start + step, soon)): 0 for start in range(0, soon, step)}
    labels = list(counts)
    for link in expiring:
        end = expiry_of(link)
        assert end is not None
        counts[labels[min((end - now).days // step, len(labels) - 1)]] += 1
    return _plot(f"Expiring within {soon} days", counts, plots.columns(counts))


def _days(start: int, end: int) -> str:
    return f"{end}" if end - start == 1 else f"{start + 1}-{end}"


def _plot(title: str, counts: dict[str, int], svg: str) -> Plot:
    return Plot(title, ", ".join(f"{label}: {count}" for label, count in counts.items()), Markup(svg))


def _row(link: OneTimeAccessToken) -> dict[str, object]:
    end = expiry_of(link)
    return {
        "id": link.id,
        "owner": name_of(owner_of(link)),
        "page": link.url,
        "views": len(link.activity or ()),
        "expires": end.astimezone() if end else None,
    }
