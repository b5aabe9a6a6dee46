"""What a command prints: a table for people, JSON, JSON lines, YAML or CSV for programs."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import click

from elements_sdk._utils.text import printable
from elements_sdk.cli.columns import arranged, names_in, picked
from elements_sdk.cli.errors import CommandFailed
from elements_sdk.models._base import Model

FORMATS = ("table", "json", "jsonl", "yaml", "csv", "excel")
# What makes a spreadsheet take a cell for a formula, if the cell begins with it; the last four are their wide forms. A
# spreadsheet that separates cells by semicolon or tab takes what follows one of these for a cell.
_BEGINS_FORMULA = "=+\\-@\uff1d\uff0b\uff0d\uff20"
_FORMULA = re.compile(rf"^(?=[\t\r\n])|(^|[;\t\r\n])(?=[\s\"']*[{_BEGINS_FORMULA}])")
_MARK = "\ufeff"  # by which Excel knows UTF-8
_SPLITS_LINES = re.compile("[\x85\u2028\u2029]")  # what `str.splitlines` takes for an end of a line, and json for text
_SURROGATE = re.compile("[\ud800-\udfff]")


def output_options() -> list[click.Parameter]:
    """Make the options that say how to print what a server sends."""
    about = "Only these properties, in this order: id,user.username."
    by = "Sort a list by this property; descending with a - before it."
    return [
        output_option(),
        click.Option(["--columns"], type=names_in, metavar="NAMES", help=about),
        click.Option(["--sort"], metavar="NAME", help=by),
    ]


def output_option() -> click.Option:
    """Make the option that says in what format to print."""
    about = (
        "How to print; a table on a terminal, else JSON. CSV shields what looks like a formula by a '; "
        "excel is CSV with the mark by which Excel knows its encoding."
    )
    return click.Option(["--output", "-o", "output"], type=click.Choice(FORMATS), help=about)


def write(
    value: Any, values: Mapping[str, Any], columns: Sequence[str] = (), table: Any = None, kept: Collection[str] = ()
) -> None:
    """Print the result of a call. Where nothing came, a terminal is told so, and a pipe gets nothing.

    :param values: of the options, those of `output_options` among them.
    :param columns: of a list, where it is empty.
    :param table: what a table shows instead.
    :param kept: columns that a table shows however narrow the terminal is.
    """
    chosen = chosen_format(values["output"])
    if value is None and not (chosen == "table" and sys.stdout.isatty()):
        return
    names, sort = values.get("columns"), values.get("sort")
    if names or sort:
        plain = arranged(to_plain(value), to_plain(table), names, sort, chosen == "table")
        columns, kept = names or columns, names or kept
    else:
        plain = to_plain(value if table is None or chosen != "table" else table)
    if chosen == "table":
        from elements_sdk.cli.tables import print_table

        print_table(plain, kept)
    elif chosen == "json":
        click.echo(_escaped(as_json(plain, indent=2)))
    elif chosen == "jsonl":
        write_lines(_rows(plain))
    elif chosen == "yaml":
        from elements_sdk.cli.yaml import as_yaml

        for part in [[row] for row in plain] if isinstance(plain, list) and plain else [plain]:  # each as it is written
            text = as_yaml(part, only_ascii="utf" not in (sys.stdout.encoding or "").lower())
            click.echo(printable(text, kept="\n") if sys.stdout.isatty() else text, nl=False)
    else:
        text = as_csv(_rows(plain), columns)
        if sys.stdout.isatty():
            text = printable(text, kept="\n")
        click.echo(_MARK + text if chosen == "excel" else text, nl=False)


def chosen_format(output: str | None) -> str:
    """Return the format to print in: the one that was asked for, or what suits the reader.

    :raises CommandFailed: there is no standard output.
    """
    if sys.stdout is None:  # the shell's >&-
        raise CommandFailed("there is no standard output to print on", "leave >&- out, or write > /dev/null")
    return output or ("table" if sys.stdout.isatty() else "json")


def write_lines(values: Iterable[Any], names: Sequence[str] | None = None) -> int:
    """Print JSON lines, each as it comes; return how many there were.

    :param names: the columns that are asked for; all if left out.
    """
    count = 0
    for value in values:
        text = _SPLITS_LINES.sub(_escape, as_json(picked(to_plain(value), names)))
        click.echo(_escaped(text))
        count += 1
    return count


def as_json(plain: Any, indent: int | None = None) -> str:
    """Write JSON; a lone surrogate, which no encoding holds, as an escape."""
    text = json.dumps(plain, indent=indent, ensure_ascii=False, allow_nan=False)
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def _escaped(text: str) -> str:
    """Put escapes into JSON where the output's encoding lacks a character, or a terminal might obey it."""
    if "utf" not in (sys.stdout.encoding or "").lower():
        return re.sub(r"[^\x00-\x7f]", _escape, text)
    if not sys.stdout.isatty():
        return text
    return "".join(
        character if character == "\n" or printable(character) == character else json.dumps(character)[1:-1]
        for character in text
    )


def _escape(found: re.Match[str]) -> str:
    return json.dumps(found[0])[1:-1]


def to_plain(value: Any) -> Any:
    """Turn models into dicts, with what the server sent beyond the declared properties, and dates into ISO 8601.

    Numbers that JSON does not have (infinity, NaN) become text.
    """
    if isinstance(value, Model):
        declared = {name: to_plain(getattr(value, name)) for name in value._declared}
        return declared | {name: to_plain(item) for name, item in value.additional_properties.items()}
    if isinstance(value, Mapping):
        return {str(key): to_plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_plain(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return json.dumps(value)
    return value.isoformat() if isinstance(value, date) else value


def as_csv(rows: Iterable[Any], columns: Sequence[str] = ()) -> str:
    """Write rows as CSV with a header: an object inside a row as columns of its own (`user.id`), a list as JSON.

    :param columns: those that come first.
    """
    dicts: list[dict[str, Any]] = [dict(_flat(row if isinstance(row, dict) else {"value": row})) for row in rows]
    names = _columns(dicts, columns)
    if not names:
        return ""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")  # with "\n", Python 3.11 and 3.12 leave "\r" in a cell unquoted
    lines: list[list[Any]] = [names, *([row.get(name) for name in names] for row in dicts)]
    for cells in lines:
        writer.writerow([_cell(value) for value in cells])
        text.seek(text.tell() - 2)
        text.write("\n")
        text.truncate()
    return text.getvalue().encode("utf-8", "backslashreplace").decode()  # there are lone surrogates


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _columns(rows: list[dict[str, Any]], first: Sequence[str]) -> list[str]:
    """Name the columns: those of an object inside a row stand where the object would, and in place of it."""
    found = dict.fromkeys(name for row in rows for name in row)
    order = {name: number for number, name in enumerate(first)}
    names = [*found, *(name for name in first if name not in found)]
    names.sort(key=lambda name: order.get(name, order.get(name.partition(".")[0], len(order))))
    objects = {name.rpartition(".")[0] for name in names}
    return [name for name in names if name not in objects or any(row.get(name) is not None for row in rows)]


def _rows(plain: Any) -> list[Any]:
    if plain is None:
        return []
    return plain if isinstance(plain, list) else [plain]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list | dict):  # whose texts may be formulas, too
        value = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return _FORMULA.sub(lambda found: f"{found[1] or ''}'", value)
