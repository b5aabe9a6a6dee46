"""`elements-sdk api`: any endpoint of the server, called as the documented ones are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qsl

import click

from elements_sdk._operations.raw_request import METHODS
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk.api.auth_api import OPERATIONS
from elements_sdk.api_client import ApiClient
from elements_sdk.cli.arguments import json_in
from elements_sdk.cli.connection import connected, connection_options
from elements_sdk.cli.errors import CommandFailed
from elements_sdk.cli.output import output_options, write, write_lines
from elements_sdk.cli.preview import counting, waiting
from elements_sdk.cli.root import Command
from elements_sdk.cli.secrets import secret
from elements_sdk.cli.words import say_count
from elements_sdk.exceptions import PagingError, ResponseFormatError
from elements_sdk.pagination import Pager

Query = Opaque[list[tuple[str, str]]]
_PAGE = "200"  # entries
_PAGING = ("limit", "offset", "ordering")
_WITH_BODY = ("DELETE", "PATCH", "POST", "PUT")


def _pair(value: str) -> Opaque[tuple[str, str]]:
    """Split a name from its value, which may be secret."""
    pair = Opaque(value.partition("="))
    del value  # no traceback shows it
    if not reveal(pair)[0] or not reveal(pair)[1]:
        raise click.BadParameter("this is not NAME=VALUE")
    return Opaque((reveal(pair)[0], reveal(pair)[2]))


_OPTIONS: list[click.Parameter] = [
    click.Argument(["method"], type=click.Choice(sorted(METHODS), case_sensitive=False), metavar="METHOD"),
    click.Argument(["path"], type=secret, metavar="PATH"),
    click.Option(
        ["--query", "-q"], type=_pair, multiple=True, metavar="NAME=VALUE", help="A parameter of the query; repeat it."
    ),
    click.Option(
        ["--data"], type=secret, metavar="JSON", help="The body, as JSON; @FILE reads a file, `-` standard input."
    ),
    click.Option(["--paginate"], is_flag=True, help="All pages of a list, by limit and offset; JSON lines by default."),
]


@click.command("api", cls=Command, params=[*_OPTIONS, *output_options(), *connection_options()])
@click.pass_context
def call_api(context: click.Context, /, **values: Any) -> None:
    """Call any endpoint of the server, and print its JSON.

    METHOD: GET, POST, PUT, PATCH, DELETE, HEAD or OPTIONS. PATH: below the host, as in /api/2/things?kind=a.

    Credentials, limits, masks and exit codes are those of the other commands; a POST is sent once. --paginate fetches
    page by page and prints JSON lines as they come; limit in the query is the size of a page, offset where to begin.

    \b
    Example:
        elements-sdk api GET /api/2/auth/access-tokens --query ordering=expires --query limit=3
        elements-sdk api GET /api/2/auth/access-tokens --paginate > links.jsonl
        elements-sdk api POST /api/2/auth/impersonation --data '{"user": 2}' --login admin
    """
    method, query = values["method"].upper(), _query_in(values)
    path = reveal(values["path"]).partition("?")[0]
    if values["data"] is not None and method not in _WITH_BODY:
        raise click.UsageError(f"a {method} has no body: --data goes with {', '.join(_WITH_BODY)}", context)
    body: Opaque[Any] = Opaque(None) if values["data"] is None else json_in(values["data"])
    if values["paginate"] and method != "GET":
        raise click.UsageError("--paginate goes with GET", context)
    documented = next((operation for operation in OPERATIONS if operation.path == path), None)
    needs = (documented.needs_session, documented.is_open) if documented else ()
    with connected(context, values, *needs) as client, _naming_lists():
        if not values["paginate"]:
            with waiting():
                result = client.send(method, path, query=reveal(_repeated(query)), json=reveal(body), returns=object)
            write(result, values)
            return
        entries = _entries(context, client, path, query)
        if values["output"] in (None, "jsonl") and not values["sort"]:
            say_count(write_lines(entries, values["columns"]), "entry")
            return
        found = list(counting(entries, "entry"))
        write(found, {**values, "output": values["output"] or "jsonl"})
        say_count(len(found), "entry")


@contextmanager
def _naming_lists() -> Iterator[None]:
    """Say what is wrong where something else than a list is to be fetched by pages.

    :raises CommandFailed: that is so.
    """
    try:
        yield
    except PagingError as error:
        if not isinstance(error.cause, ResponseFormatError) or "list[object]" not in str(error.cause.reason):
            raise
    else:
        return
    raise CommandFailed("the answer is neither a list nor a page of one with count and results", "leave --paginate out")


def _entries(context: click.Context, client: ApiClient, path: str, query: Query) -> Pager[Any]:
    """Return an iterator over a whole list, in the order that the query names."""
    paging = {"limit": _PAGE, "offset": "0", **dict(pair for pair in reveal(query) if pair[0] in _PAGING)}
    if not (paging["limit"].isdecimal() and paging["offset"].isdecimal() and int(paging["limit"])):
        problem = "with --paginate, limit and offset in the query are whole numbers, limit from 1"
        raise click.UsageError(problem, context)
    filters = _repeated(Opaque([pair for pair in reveal(query) if pair[0] not in _PAGING]))
    order, size, offset = paging.get("ordering"), int(paging["limit"]), int(paging["offset"])
    return client.iterate(path, query=reveal(filters), order=order, page_size=size, offset=offset, returns=object)


def _repeated(query: Query) -> Opaque[dict[str, list[str]]]:
    """Return a query as `send` takes it: each name once, with all its values."""
    values: Opaque[dict[str, list[str]]] = Opaque({})
    for pair in map(Opaque, reveal(query)):
        reveal(values).setdefault(reveal(pair)[0], []).append(reveal(pair)[1])
    return values


def _query_in(values: Mapping[str, Any]) -> Query:
    """Return the query of the path, and what `--query` adds."""
    _, _, text = reveal(values["path"]).partition("?")
    return Opaque([*parse_qsl(text, keep_blank_values=True), *map(reveal, values["query"])])
