"""What a command prints: a table for people, JSON, JSON lines or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import click

from elements_sdk.cli.errors import CommandFailed
from elements_sdk.models._base import Model

FORMATS = ("table", "json", "jsonl", "csv")
# What makes a spreadsheet take a cell for a formula, if the cell begins with it; the last four are their wide forms.
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def output_option() -> click.Option:
    """Make the option that says how to print."""
    about = "How to print; a table on a terminal, else JSON. CSV shields cells that look like formulas by a '."
    return click.Option(["--output", "-o", "output"], type=click.Choice(FORMATS), help=about)


def write(value: Any, output: str | None, columns: Sequence[str] = (), table: Any = None) -> None:
    """Print the result of a call.

    :param output: one of `FORMATS`; `None`: what suits the reader.
    :param columns: of a list, where it is empty.
    :param table: what a table shows instead.
    """
    if sys.stdout is None:  # the shell's >&-
        raise CommandFailed("there is no standard output to print on", "leave >&- out, or write > /dev/null")
    chosen = output or ("table" if sys.stdout.isatty() else "json")
    plain = to_plain(value if table is None or chosen != "table" else table)
    if chosen == "table":
        from elements_sdk.cli.tables import print_table

        print_table(plain)
    elif chosen == "json":
        click.echo(_json(plain, indent=2))
    elif chosen == "jsonl":
        for row in _rows(plain):
            click.echo(_json(row))
    else:
        click.echo(as_csv(_rows(plain), columns), nl=False)


def _json(plain: Any, indent: int | None = None) -> str:
    """Write JSON, with escapes where the output's encoding does not hold every character."""
    return json.dumps(plain, indent=indent, ensure_ascii="utf" not in (sys.stdout.encoding or "").lower())


def to_plain(value: Any) -> Any:
    """Turn models into dicts, with what the server sent beyond the declared properties, and dates into ISO 8601."""
    if isinstance(value, Model):
        return {name: to_plain(getattr(value, name)) for name in value._declared} | value.additional_properties
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def as_csv(rows: Iterable[Any], columns: Sequence[str] = ()) -> str:
    """Write rows as CSV with a header; what is nested stands in its cell as JSON.

    :param columns: those that come first.
    """
    dicts = [row if isinstance(row, dict) else {"value": row} for row in rows]
    names = list(dict.fromkeys([*columns, *(name for row in dicts for name in row)]))
    if not names:
        return ""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # with "\n", Python 3.11 and 3.12 leave "\r" in a cell unquoted
    for cells in (names, *([row.get(name) for name in names] for row in dicts)):
        writer.writerow([_cell(value) for value in cells])
        text.seek(text.tell() - 2)
        text.write("\n")
        text.truncate()
    return text.getvalue()


def _rows(plain: Any) -> list[Any]:
    if plain is None:
        return []
    return plain if isinstance(plain, list) else [plain]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return f"'{value}" if value.startswith(_BEGINS_FORMULA) else value
