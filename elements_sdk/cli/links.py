"""`elements-sdk links`: jobs on share links, many at a time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from elements_sdk._utils.extras import missing_extra
from elements_sdk.api.auth_api import AuthApi
from elements_sdk.cli.connection import connected, connection_options
from elements_sdk.cli.errors import USAGE, CommandFailed
from elements_sdk.cli.files import put_in_place
from elements_sdk.cli.job import Action, Job, Links, signals_restored
from elements_sdk.cli.link import (
    address_of,
    as_moment,
    expiry_text,
    has_expired,
    name_of,
    owner_of,
    page_of,
    shares_of,
    visits_of,
)
from elements_sdk.cli.output import chosen_format, output_options, to_plain, write, write_lines
from elements_sdk.cli.preview import confirm, counting, preview, progress, waiting
from elements_sdk.cli.record import Record, Row, check_new_record
from elements_sdk.cli.root import Group
from elements_sdk.cli.selection import (
    check_resume,
    fetched,
    once,
    rows_to_resume,
    select,
    selection_of,
    selection_options,
)
from elements_sdk.cli.words import counted, say, say_count
from elements_sdk.exceptions import NotFoundException
from elements_sdk.models import OneTimeAccessToken

_KEPT = ("outcome", "reason")  # columns of a job's table, however narrow the terminal is
_SAME_IN_ALL = ("time", "server", "action", "subject", "text")


@click.command(cls=Group)
def links() -> None:
    """Find, revoke, e-mail and report on share links, many at a time.

    \b
    Example:
        elements-sdk links list --expires-before 2026-12-31 --never-viewed
    """


def _job_options(verb: str) -> list[click.Parameter]:
    return [
        click.Option(["--dry-run"], is_flag=True, help=f"Show what would be {verb}, and do nothing."),
        click.Option(["--yes", "-y"], is_flag=True, help="Do not ask."),
        click.Option(["--record"], metavar="FILE", help="Write every outcome to this new file, .csv or .json."),
        click.Option(["--resume"], metavar="FILE", help=f"Go on from this record: what is {verb} stays as it is."),
        *output_options(),
        *connection_options(),
    ]


@links.command("list", params=[*selection_options(with_numbers=False), *output_options(), *connection_options()])
@click.pass_context
def list_links(context: click.Context, /, **values: Any) -> None:
    """List share links.

    All that you may see, however many; --output json and csv have every property, the link itself among them, and
    --output jsonl prints them as they come.

    \b
    Example:
        elements-sdk links list --expires-within 7d --sort expires --columns id,owner,expires
        elements-sdk links list --expires-before 2026-12-31 --output csv > links.csv
    """
    with connected(context, values) as client:
        found = select(AuthApi(client), context, values)
        if chosen_format(values["output"]) == "jsonl" and not values["sort"]:
            whole = ({**short, **to_plain(link)} for link in found for short in _in_short([link]))
            say_count(write_lines(whole if values["columns"] else found, values["columns"]), "link")
            return
        links = list(counting(found))
    write(links, values, tuple(OneTimeAccessToken.openapi_types), table=_in_short(links))
    say_count(len(links), "link")


@links.command("show", params=[*selection_options(), *output_options(), *connection_options()])
@click.pass_context
def show_links(context: click.Context, /, **values: Any) -> None:
    """Show share links with all that is known of them.

    \b
    Example:
        elements-sdk links show 56
    """
    with connected(context, values) as client:
        found = list(select(AuthApi(client), context, values))
    short = _in_short if values["columns"] else lambda _: None  # whose columns can be named, too
    if values["output"] == "table" or (values["output"] is None and len(found) == 1):
        for link in found:
            write(link, values, table=short([link]))
    else:
        write(found, values, tuple(OneTimeAccessToken.openapi_types), table=short(found))


@links.command("revoke", params=[*selection_options(), *_job_options("revoked")])
@click.pass_context
def revoke_links(context: click.Context, /, **values: Any) -> None:
    """Delete share links, so that they stop working.

    There is no way back: a deleted link has to be shared anew. What will be revoked is shown first, and asked about.
    Ctrl-C ends the job between two calls, and says what was done; --record keeps it in a file as well, and --resume
    goes on from there. A link that somebody else has deleted meanwhile counts as revoked.

    \b
    Example:
        elements-sdk links revoke --owner editor --dry-run
        elements-sdk links revoke --expired --yes --record revoked.csv
        elements-sdk links revoke --resume revoked.csv --yes
    """

    def revoke(auth: AuthApi, link: OneTimeAccessToken) -> None:
        with suppress(NotFoundException):
            auth.delete_access_token(link.id)

    _run(context, values, lambda auth: Action("revoke", "revoked", partial(revoke, auth), lambda _: {}), again=True)


_MESSAGE: list[click.Parameter] = [
    click.Option(["--to"], metavar="ADDRESS", help="Address to send all of them to; each link's user if left out."),
    click.Option(["--to-owner"], is_flag=True, help="Send each to the user who made it."),
    click.Option(["--subject"], metavar="TEXT", help="Subject line."),
    click.Option(["--text"], metavar="TEXT", help="What to say besides the link."),
    click.Option(["--again"], is_flag=True, help="With --resume: also where it is not known whether one was sent."),
]


@links.command("email", params=[*selection_options(), *_MESSAGE, *_job_options("sent")])
@click.pass_context
def email_links(context: click.Context, /, **values: Any) -> None:
    """E-mail share links.

    The server sends an e-mail a link: to the link's user, to its owner, or to one address. What will be sent is shown
    first, and asked about. No e-mail is sent twice: where the connection broke, it is not known whether it was sent,
    and --resume sends it once more with --again only.

    \b
    Example:
        elements-sdk links email 56 --to colleague@example.com --subject Dailies
        elements-sdk links email --expires-before 2026-12-31 --to-owner --subject 'Expires soon'
    """
    if values["to"] is not None and values["to_owner"]:
        raise click.UsageError("--to and --to-owner exclude each other: give one", context)
    if values["again"] and values["resume"] is None:
        raise click.UsageError("--again goes with --resume", context)
    message = {name: values[name] for name in ("subject", "text") if values[name] is not None}

    def recipient_of(link: OneTimeAccessToken) -> str:
        if values["to"] is not None:
            return str(values["to"])
        if values["to_owner"]:
            return address_of(owner_of(link)) or "nobody: its owner has no e-mail address"
        return address_of(link.user) or "the link's user"

    def send(auth: AuthApi, link: OneTimeAccessToken) -> None:
        address = address_of(owner_of(link)) if values["to_owner"] else values["to"]
        if values["to_owner"] and address is None:
            raise CommandFailed("its owner has no e-mail address")
        body: Any = message if address is None else {**message, "email": address}
        auth.send_access_token_email_notification(link.id, body)

    def details(link: OneTimeAccessToken) -> Row:
        return {"recipient": recipient_of(link), "subject": message.get("subject"), "text": message.get("text")}

    def action(auth: AuthApi) -> Action:
        return Action("email", "sent", partial(send, auth), details, ("recipient", "subject", "text"), message)

    _run(context, values, action, again=values["again"])


_PAGE: list[click.Parameter] = [
    click.Option(
        ["--soon"],
        type=click.IntRange(1, 3650),
        default=14,
        metavar="DAYS",
        help="Days within which a link is said to expire soon; 14 if left out.",
    ),
    click.Argument(["file"], metavar="FILE"),
]


@links.command("report", params=[*selection_options(with_numbers=False), *_PAGE, *connection_options()])
@click.pass_context
def report_links(context: click.Context, /, **values: Any) -> None:
    """Write a page about share links, with plots.

    FILE: where the page goes. What is there is replaced once the new page is whole.

    One HTML file that needs no other: links by owner and by age, views over time, what expires soon, and what never
    expires. It does not hold the links themselves, so it can be handed on. It needs the extra `report`.

    \b
    Example:
        elements-sdk links report links.html --soon 30
    """
    missing = missing_extra("report")
    if missing:
        raise CommandFailed(missing)
    file = Path(values["file"]).absolute()  # drawing changes the current folder for a moment
    if file.is_dir() or not file.parent.is_dir():
        problem = "is a folder" if file.is_dir() else "cannot be written: there is no such folder"
        raise CommandFailed(f"{file} {problem}", "name a file for the page, as in links.html", USAGE)
    with connected(context, values) as client:
        found = list(counting(select(AuthApi(client), context, values)))
        host = client.configuration.host
    from elements_sdk.cli.report import render

    with waiting("Drawing the page ..."):
        page = render(found, host, values["soon"], selection_of(values).describe())
    put_in_place(file, page)
    say(f"{counted(len(found), 'link')} in {values['file']}")


def _run(
    context: click.Context, values: Mapping[str, Any], action_of: Callable[[AuthApi], Action], again: bool
) -> None:
    """Select the links, show them, ask, make the calls, and print the outcomes.

    :param again: whether a link of which it is not known is done again, when an earlier job is resumed.
    """
    resumed, new = values["resume"], values["record"]
    if resumed is not None:
        check_resume(context, values)
    elif new is not None:
        check_new_record(new)
    with signals_restored(), connected(context, values) as client, ExitStack() as stack:
        auth, server = AuthApi(client), client.configuration.host
        action = action_of(auth)
        record = None if resumed is None else stack.enter_context(Record(resumed, action.columns, resumes=True))
        if record is None:
            found = list(counting(once(select(auth, context, values))))
        else:
            found = list(counting(fetched(auth, rows_to_resume(record, action, server, again))))
        if values["dry_run"] or not found:
            rows = [action.row(link, server, f"would be {action.done}") for link in found]
            write(rows, values, action.columns, table=_for_table(rows, "reason"), kept=("recipient", "outcome"))
            say(f"{counted(len(found), 'link')} would be {action.done}; nothing was done.")
            return
        preview(action, found)
        confirm(action, found, values["yes"])
        if new is not None:
            record = stack.enter_context(Record(new, action.columns))
        job = Job(action, found, server, record)
        job.catch_signals()
        _work(job, action, len(found), values)
    context.exit(job.code)


def _work(job: Job, action: Action, count: int, values: Mapping[str, Any]) -> None:
    try:
        with progress(count) as advance:
            job.run(advance)
        failed = [row for row in job.rows if row["outcome"] != action.done]
        if failed or values["output"] not in (None, "table"):
            rows = failed if chosen_format(values["output"]) == "table" else job.rows
            with job.output_interruptible():
                write(rows, values, action.columns, table=_for_table(rows), kept=_KEPT)
                sys.stdout.flush()
    except KeyboardInterrupt:  # the job knows of the signal, and says so
        pass
    finally:  # also where the reader of the output has gone
        job.tell()


def _for_table(rows: list[Row], *without: str) -> list[Row]:
    """Return rows for people: without what is the same in all of them, and with short dates."""
    shown = [{name: value for name, value in row.items() if name not in (*_SAME_IN_ALL, *without)} for row in rows]
    for row in shown:
        moment = as_moment(row["expires"])
        row["expires"] = (row["expires"] or "never") if moment is None else f"{moment:%Y-%m-%d %H:%M}"
    return shown


def _in_short(found: Links) -> list[dict[str, Any]]:
    """Return the columns of the table for people."""
    now = datetime.now(UTC)
    return [
        {
            "id": link.id,
            "owner": name_of(owner_of(link)),
            "views": len(visits_of(link)),
            "expires": expiry_text(link) + (" (expired)" if has_expired(link, now) else ""),
            "shares": shares_of(link),
            "page": page_of(link),
        }
        for link in found
    ]
