"""`elements-sdk links`: jobs on share links, many at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import click

from elements_sdk._utils.extras import missing_extra
from elements_sdk.api.auth_api import AuthApi
from elements_sdk.cli.connection import connected, connection_options
from elements_sdk.cli.errors import USAGE, CommandFailed
from elements_sdk.cli.job import Job, Links, confirm, row_of
from elements_sdk.cli.output import output_option, write
from elements_sdk.cli.record import COLUMNS, Record, check_new_record
from elements_sdk.cli.root import Group
from elements_sdk.cli.secrets import masked_values
from elements_sdk.cli.selection import expiry_of, name_of, owner_of, select, selection_of, selection_options
from elements_sdk.cli.words import counted
from elements_sdk.exceptions import NotFoundException
from elements_sdk.models import OneTimeAccessToken

_SHOWN_BEFORE_ASKING = 20  # links


@click.command(cls=Group, short_help="Find, revoke, e-mail and report on share links, many at a time.")
def links() -> None:
    """Find, revoke, e-mail and report on share links, many at a time.

    \b
    Example:
        elements-sdk links list --expires-before 2026-12-31 --never-viewed
    """


def _command(
    name: str, short_help: str, options: list[click.Parameter]
) -> Callable[[Callable[[click.Context, Mapping[str, Any]], None]], click.Command]:
    """Make a command of `links`, with the options for the connection and the output added to its own."""

    def decorate(action: Callable[[click.Context, Mapping[str, Any]], None]) -> click.Command:
        @click.pass_context
        def call(context: click.Context, /, **values: Any) -> None:
            given = masked_values(values)
            values.clear()
            action(context, given)

        params = [*options, *connection_options(), output_option()]
        command = click.Command(name, params=params, callback=call, help=action.__doc__, short_help=short_help)
        links.add_command(command)
        return command

    return decorate


def _job_options(verb: str) -> list[click.Parameter]:
    return [
        click.Option(["--dry-run"], is_flag=True, help=f"Show what would be {verb}, and do nothing."),
        click.Option(["--yes", "-y"], is_flag=True, help="Do not ask."),
        click.Option(["--record"], metavar="FILE", help="Write every outcome to this new file, .csv or .json."),
    ]


@_command("list", "List share links.", selection_options(with_numbers=False))
def list_links(context: click.Context, values: Mapping[str, Any]) -> None:
    """List share links.

    All that you may see, however many; --output json and csv have every property, the link itself among them.

    \b
    Example:
        elements-sdk links list --expires-before 2026-12-31 --output csv > links.csv
    """
    with connected(context, values) as client:
        found = list(select(AuthApi(client), context, values))
    write(found, values["output"], tuple(OneTimeAccessToken.openapi_types), table=_in_short(found))


@_command("show", "Show share links with all that is known of them.", selection_options())
def show_links(context: click.Context, values: Mapping[str, Any]) -> None:
    """Show share links with all that is known of them.

    \b
    Example:
        elements-sdk links show 56
    """
    with connected(context, values) as client:
        found = list(select(AuthApi(client), context, values))
    if values["output"] == "table" or (values["output"] is None and len(found) == 1):
        for link in found:
            write(link, values["output"])
    else:
        write(found, values["output"], tuple(OneTimeAccessToken.openapi_types))


@_command("revoke", "Delete share links, so that they stop working.", [*selection_options(), *_job_options("revoked")])
def revoke_links(context: click.Context, values: Mapping[str, Any]) -> None:
    """Delete share links, so that they stop working.

    There is no way back: a deleted link has to be shared anew. What will be revoked is shown first, and asked about.
    Ctrl-C ends the job between two calls, and says what was done; --record keeps it in a file as well. A link that
    somebody else has deleted meanwhile counts as revoked.

    \b
    Example:
        elements-sdk links revoke --owner editor --dry-run
        elements-sdk links revoke --expired --yes --record revoked.csv
    """

    def revoke(auth: AuthApi, link: OneTimeAccessToken) -> None:
        try:
            auth.delete_access_token(link.id)
        except NotFoundException:
            return

    _run(context, values, revoke, "revoked")


_MESSAGE: list[click.Parameter] = [
    click.Option(["--to"], metavar="ADDRESS", help="Address to send all of them to; each link's user if left out."),
    click.Option(["--to-owner"], is_flag=True, help="Send each to the user who made it."),
    click.Option(["--subject"], metavar="TEXT", help="Subject line."),
    click.Option(["--text"], metavar="TEXT", help="What to say besides the link."),
]


@_command("email", "E-mail share links.", [*selection_options(), *_MESSAGE, *_job_options("sent")])
def email_links(context: click.Context, values: Mapping[str, Any]) -> None:
    """E-mail share links.

    The server sends an e-mail a link: to the link's user, to its owner, or to one address. What will be sent is shown
    first, and asked about. No e-mail is sent twice: where the connection broke, it is not known whether it was sent.

    \b
    Example:
        elements-sdk links email 56 --to colleague@example.com --subject Dailies
        elements-sdk links email --expires-before 2026-12-31 --to-owner --subject 'Expires soon'
    """
    if values["to"] and values["to_owner"]:
        raise click.UsageError("--to and --to-owner exclude each other: give one", context)

    def send(auth: AuthApi, link: OneTimeAccessToken) -> None:
        owner = owner_of(link)
        address = (owner.email if owner else None) if values["to_owner"] else values["to"]
        if values["to_owner"] and not address:
            raise CommandFailed("its owner has no e-mail address")
        message = {"email": address, "subject": values["subject"], "text": values["text"]}
        body: Any = {name: value for name, value in message.items() if value}
        auth.send_access_token_email_notification(link.id, body)

    _run(context, values, send, "sent")


@_command(
    "report",
    "Write a page about share links, with plots.",
    [
        *selection_options(with_numbers=False),
        click.Option(
            ["--soon"], type=click.IntRange(1, 3650), default=14, metavar="DAYS", help="What counts as soon: 14."
        ),
        click.Argument(["file"], metavar="FILE"),
    ],
)
def report_links(context: click.Context, values: Mapping[str, Any]) -> None:
    """Write a page about share links, with plots.

    FILE: where the page goes. What is there is written over.

    One HTML file that needs no other: links by owner and by age, views over time, what expires soon. It does not hold
    the links themselves, so it can be handed on. It needs the extra `report`.

    \b
    Example:
        elements-sdk links report links.html --soon 30
    """
    missing = missing_extra("report")
    if missing:
        raise CommandFailed(missing)
    file = Path(values["file"])
    if file.is_dir() or not file.parent.is_dir():
        problem = "is a folder" if file.is_dir() else "cannot be written: there is no such folder"
        raise CommandFailed(f"{file} {problem}", "name a file for the page, as in links.html", USAGE)
    with connected(context, values) as client:
        found = list(select(AuthApi(client), context, values))
        host = client.configuration.host
    from elements_sdk.cli.report import render

    file.write_text(render(found, host, values["soon"], selection_of(values).describe()), "utf-8")
    click.echo(f"{counted(len(found), 'link')} in {file}", err=True)


def _run(
    context: click.Context,
    values: Mapping[str, Any],
    act: Callable[[AuthApi, OneTimeAccessToken], None],
    done: str,
) -> None:
    """Select the links, show them, ask, make the calls, and print the outcomes."""
    if values["record"]:
        check_new_record(values["record"])
    with connected(context, values) as client:
        auth = AuthApi(client)
        found = list(select(auth, context, values))
        if values["dry_run"] or not found:
            write([row_of(link, f"would be {done}") for link in found], values["output"], COLUMNS)
            click.echo(f"{counted(len(found), 'link')} would be {done}; nothing was done.", err=True)
            return
        _preview(found, done)
        confirm(done, len(found), values["yes"])
        with Record(values["record"]) if values["record"] else nullcontext() as record:
            job = Job(lambda link: act(auth, link), done, found, record)
            job.run()
    failed = [row for row in job.rows if row["outcome"] != done]
    try:
        if failed or values["output"] not in (None, "table"):
            write(job.rows, values["output"], COLUMNS, table=failed)
    finally:  # also where the reader of the output has gone, or Ctrl-C came again
        click.echo(job.summary(), err=True)
    context.exit(job.code)


def _preview(found: Links, done: str) -> None:
    click.echo(f"To be {done}:", err=True)
    for link in found[:_SHOWN_BEFORE_ASKING]:
        expires = expiry_of(link)
        when = f"expires {expires:%Y-%m-%d}" if expires else "never expires"
        views = counted(len(link.activity or ()), "view")
        click.echo(f"  {link.id:>7}  {name_of(owner_of(link))}, {views}, {when}", err=True)
    if len(found) > _SHOWN_BEFORE_ASKING:
        click.echo(f"  and {len(found) - _SHOWN_BEFORE_ASKING:,} more", err=True)


def _in_short(found: Links) -> list[dict[str, Any]]:
    """Return the columns of the table for people."""
    return [
        {
            "id": link.id,
            "owner": name_of(owner_of(link)),
            "views": len(link.activity or ()),
            "expires": f"{moment:%Y-%m-%d %H:%M}" if (moment := expiry_of(link)) else "never",
            "shares": [*(link.shared_bundles or ()), *(link.shared_directories or ())],
            "page": link.url,
        }
        for link in found
    ]
