"""Tables for people, as wide as the terminal."""

from __future__ import annotations

import io
import json
import shutil
import sys
from collections.abc import Collection
from typing import Any

import click
from rich.box import SIMPLE
from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from elements_sdk._utils.text import one_line
from elements_sdk.cli.words import counted

_WIDEST, _NARROWEST = 40, 12  # what a column asks for at the most where not all fit, and what it makes do with
_SHORT = 20  # a column that is not wider is never narrowed
_GAP = 2
_AT_A_TIME = 100  # rows that are laid out, which takes rich a while, before they are printed
_NAMES = ("display_name", "name", "username", "id")  # what stands for an object inside a cell; the first that it has


def print_table(plain: Any, kept: Collection[str] = ()) -> None:
    """Print plain values: a list of objects a row each, one object a row a property.

    :param kept: columns of a list that are shown however narrow the terminal is.
    """
    if plain is None or plain == {}:
        click.echo("Done.")
    elif isinstance(plain, list):
        _print_list(plain, kept)
    elif isinstance(plain, dict):
        _print_object(plain)
    else:
        click.echo(printable(plain))


def _print_object(values: dict[str, Any]) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(no_wrap=True, style="bold")
    table.add_column(overflow="fold")
    for name, value in values.items():
        table.add_row(Text(one_line(name)), Text(printable(value)))
    _print(table)


def _print_list(items: list[Any], kept: Collection[str]) -> None:
    if not items:
        click.echo("Nothing found.")
        return
    rows = [item if isinstance(item, dict) else {"value": item} for item in items]
    names = [name for name in dict.fromkeys(key for row in rows for key in row) if any(row.get(name) for row in rows)]
    names = [name for name in dict.fromkeys([*names, *kept]) if any(name in row for row in rows)]
    texts = {name: [one_line(name), *(printable(row.get(name)) for row in rows)] for name in names}
    shown = _fitting(texts, kept)
    for start in range(1, len(rows) + 1, _AT_A_TIME):
        table = Table(box=SIMPLE, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0), show_header=start == 1)
        for name, width in shown.items():
            table.add_column(Text(one_line(name)), overflow="fold", width=width)
        for cells in zip(*(texts[name][start : start + _AT_A_TIME] for name in shown), strict=True):
            table.add_row(*map(Text, cells))
        _print(table)
    left_out = [name for name in names if name not in shown]
    if left_out:
        click.echo(
            f"Too wide for this terminal: {', '.join(map(printable, left_out))}; --output json has them.", err=True
        )


def _fitting(texts: dict[str, list[str]], kept: Collection[str]) -> dict[str, int]:
    """Choose the columns that fit into the terminal, and how wide each may be; narrow ones first.

    Text is folded between words; a column is as wide as its longest word, unless that is very long.
    """
    whole = {name: max(map(cell_len, cells)) for name, cells in texts.items()}
    words = {
        name: max(cell_len(word) for cell in cells for word in cell.split() or [""]) for name, cells in texts.items()
    }
    wanted: dict[str, int] = {}
    for most in [*range(_columns(), _NARROWEST - 1, -1), _WIDEST]:
        least = {name: max(most, _SHORT if whole[name] <= _SHORT else min(words[name], _WIDEST)) for name in texts}
        wanted = {name: min(whole[name], least[name]) for name in texts}
        if sum(wanted.values()) + _GAP * (len(wanted) - 1) <= _columns():
            return wanted
    chosen: set[str] = set()
    left = _columns() + _GAP
    for name in sorted(wanted, key=lambda name: (name not in kept, whole[name] > _WIDEST)):
        if not chosen or name in kept or wanted[name] + _GAP <= left:
            chosen.add(name)
            left -= wanted[name] + _GAP
    return {name: width for name, width in wanted.items() if name in chosen}


def printable(value: Any) -> str:
    """Return a value as one line without control characters, whatever the server has put into it."""
    if value is None:
        return ""
    if isinstance(value, dict):
        named = next((value[name] for name in _NAMES if value.get(name) not in (None, "")), None)
        text = json.dumps(value, ensure_ascii=False) if named is None else str(named)
    elif isinstance(value, list):
        has_names = all(not isinstance(item, dict) or any(name in item for name in _NAMES[:-1]) for item in value)
        return ", ".join(map(printable, value)) if has_names else counted(len(value), "entry")
    elif isinstance(value, bool):
        text = "yes" if value else "no"
    else:
        text = str(value)
    return one_line(text)


def _print(table: Table) -> None:
    """Print by click, which raises where the output cannot be written."""
    is_terminal = sys.stdout.isatty()
    console = Console(file=io.StringIO(), width=_columns(), force_terminal=is_terminal, color_system="auto")
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    lines = console.file.getvalue().splitlines()
    click.echo("\n".join(line.rstrip() for line in lines if line.strip()))


def _columns() -> int:
    return shutil.get_terminal_size((160, 24)).columns
