"""What a job shows before it begins, and while it reads and works: on standard error, for people."""

from __future__ import annotations

import io
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import TypeVar

import click

from elements_sdk._utils.text import one_line
from elements_sdk.cli.errors import REFUSED, USAGE, CommandFailed
from elements_sdk.cli.job import Action, Links
from elements_sdk.cli.link import expiry_text, name_of, owner_of, visits_of
from elements_sdk.cli.secrets import is_a_terminal
from elements_sdk.cli.words import counted, is_watched, say

T = TypeVar("T")
_SHOWN = 20  # links
_SHOWN_ADDRESSES = 10
_TOLD_EVERY = 200  # links that are read


def preview(action: Action, found: Links) -> None:
    """Show what a job will do."""
    say(f"To be {action.done}:")
    for link in found[:_SHOWN]:
        expires = expiry_text(link, "%Y-%m-%d")
        when = "never expires" if expires == "never" else f"expires {expires}"
        words = [name_of(owner_of(link)), counted(len(visits_of(link)), "view"), when]
        if "recipient" in action.detail_columns:
            words.insert(0, f"to {one_line(action.details(link)['recipient'])}")
        say(f"  {one_line(str(link.id)):>7}  {', '.join(words)}")
    if len(found) > _SHOWN:
        say(f"  and {len(found) - _SHOWN:,} more")
    if "recipient" in action.detail_columns:
        _preview_message(action, found)


def _preview_message(action: Action, found: Links) -> None:
    """Show what the e-mails say, and who gets several of them."""
    addresses = Counter(action.details(link)["recipient"] for link in found)
    for address, count in addresses.most_common(_SHOWN_ADDRESSES):
        if count > 1:
            say(f"{one_line(address)} gets {count:,} e-mails.")
    for name, text in action.message.items():
        say(f"{name}: {one_line(text)}")


def confirm(action: Action, found: Links, yes: bool) -> None:
    """Ask whether to go on.

    :raises CommandFailed: the answer is no, or there is no terminal to ask on.
    """
    if yes:
        return
    what = counted(len(found), "link")
    if "recipient" in action.detail_columns:
        addresses = {action.details(link)["recipient"] for link in found}
        what += f" to {len(addresses):,} address{'' if len(addresses) == 1 else 'es'}"
    if not is_a_terminal():
        problem = f"{what} would be {action.done}, and there is no terminal to ask on"
        raise CommandFailed(problem, "say --yes to go on, or --dry-run to see them only", USAGE)
    if not click.confirm(f"{what} will be {action.done}. Go on?", err=True):
        raise CommandFailed("nothing was done", code=REFUSED)


def counting(links: Iterable[T], noun: str = "link") -> Iterator[T]:
    """Pass links on as they are read, and say on a terminal how many there are so far."""
    is_shown, number = is_watched(), 0
    for number, link in enumerate(links, 1):  # the last number is needed below
        if is_shown and number % _TOLD_EVERY == 0:
            _rewrite(f"{counted(number, noun)} are read")
        yield link
    if is_shown and number >= _TOLD_EVERY:
        _rewrite("")


@contextmanager
def waiting(text: str = "Waiting for the server ...") -> Iterator[None]:
    """Say on a terminal what is being waited for, once that has taken a second."""
    if not is_watched():
        yield
        return
    told: list[str] = []

    def tell() -> None:
        told.append(text)
        _rewrite(text)

    timer = threading.Timer(1, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        timer.join()
        if told:
            _rewrite("")


@contextmanager
def progress(total: int) -> Iterator[Callable[[], object]]:
    """Show a progress bar on a terminal, and yield the function that moves it."""
    if not is_watched():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    try:
        with Progress(*columns, console=Console(file=_Terminal(), force_terminal=True), transient=True) as bar:
            task = bar.add_task("", total=total)
            yield lambda: bar.advance(task)
    finally:
        _Terminal().write("\x1b[?25h")  # the cursor, should Ctrl-C have come upon rich in the middle of a step


class _Terminal(io.StringIO):
    """Standard error; when the terminal has gone, what is written to it is lost, and the job goes on."""

    def __init__(self) -> None:
        super().__init__()
        self._stderr = sys.stderr  # rich puts something of its own there

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            self._stderr.write(text)
            self._stderr.flush()
        return len(text)


def _rewrite(text: str) -> None:
    """Put a text in the place of the terminal's last line."""
    _Terminal().write(f"\r\x1b[K{text}")
