"""Text for people: what a command says on standard error, and counts with their nouns."""

from __future__ import annotations

import sys
from contextlib import suppress

import click

from elements_sdk._utils.text import printable


def say(text: str) -> None:
    """Print on standard error what a terminal takes for nothing but text; where that has gone, nobody reads it."""
    with suppress(OSError, ValueError, RuntimeError):  # the last: this handles a signal that came while it printed
        click.echo(printable(text.encode("utf-8", "backslashreplace").decode(), kept="\n\t"), err=True)


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 link`, `2,000 links`."""
    plural = f"{noun[:-1]}ies" if noun.endswith("y") and noun != "day" else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"


def say_count(count: int, noun: str) -> None:
    """Say on a terminal how many there are."""
    if is_watched():
        say(counted(count, noun))


def is_watched() -> bool:
    """Return whether standard error is a terminal."""
    return sys.stderr is not None and sys.stderr.isatty()
