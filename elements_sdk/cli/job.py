"""A job: the same call for many share links, with progress, a record of every outcome, and a way to stop."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from typing import Any

import click

from elements_sdk.bulk import Bulk, Outcome, map_calls
from elements_sdk.cli.errors import REFUSED, CommandFailed, failure_of
from elements_sdk.cli.record import Record, Row
from elements_sdk.cli.selection import expiry_of, name_of, owner_of
from elements_sdk.cli.words import counted
from elements_sdk.exceptions import ApiConnectionError, ApiException, OpenApiException, UnauthorizedException
from elements_sdk.models import OneTimeAccessToken

Links = Sequence[OneTimeAccessToken]
INTERRUPTED = 130
_UNREACHABLE_IN_A_ROW = 5  # calls, after which the job does not try the rest
_FAILED, _UNKNOWN, _UNTOUCHED = "failed", "not known", "not touched"


class Job:
    """One call, made for each of many links.

    :ivar rows: what became of each link so far.
    :ivar code: the exit code of the job.
    """

    def __init__(
        self, act: Callable[[OneTimeAccessToken], object], done: str, links: Links, record: Record | None
    ) -> None:
        """
        :param act: makes the call for one link; it is called in several threads.
        :param done: what the link is then: `"revoked"`.
        """
        self.rows: list[Row] = []
        self.code = 0
        self._act, self._done, self._links, self._record = act, done, links, record
        self._begun: set[int] = set()  # numbers of the links whose calls have started
        self._has_ended = False
        self._signals = 0
        self._unreachable = 0
        self._abort: str | None = None

    def run(self) -> None:
        """Make all calls. Ctrl-C ends the job when the calls under way have ended; a second one ends it at once."""
        bulk = map_calls(self._begin, self._links)
        with self._interruptible(bulk):
            with _progress(len(self._links)) as advance:
                try:
                    for outcome in bulk:
                        self._note(outcome)
                        advance()
                        if self._abort:
                            bulk.stop()
                    self._has_ended = True
                except KeyboardInterrupt:
                    self._end_at_once()
            self._add_rest()

    @property
    def is_interrupted(self) -> bool:
        """Whether Ctrl-C has ended the job."""
        return self._signals > 0

    def summary(self) -> str:
        """Return one line that counts the links by outcome."""
        counts = Counter(str(row["outcome"]) for row in self.rows)
        first = f"{counts.pop(self._done, 0):,} of {counted(len(self._links), 'link')} {self._done}"
        rest = [f"{count:,} {outcome}" for outcome, count in counts.items()]
        why = "Interrupted: " if self.is_interrupted else f"Stopped, for {self._abort}: " if self._abort else ""
        return f"{why}{', '.join([first, *rest])}."

    def _begin(self, link: OneTimeAccessToken) -> object:
        self._begun.add(link.id)
        return self._act(link)

    def _note(self, outcome: Outcome[OneTimeAccessToken, object]) -> None:
        error = outcome.error
        if error is None:
            self._unreachable = 0
            self._add(row_of(outcome.item, self._done))
            return
        if not isinstance(error, OpenApiException | CommandFailed):
            raise error
        failed = failure_of(error)
        if isinstance(error, UnauthorizedException):
            self._abort = "nobody is logged in any more"
        self._unreachable = self._unreachable + 1 if isinstance(error, ApiConnectionError) else 0
        if self._unreachable == _UNREACHABLE_IN_A_ROW:
            self._abort = f"{_UNREACHABLE_IN_A_ROW} calls in a row did not reach the server"
        is_unknown = isinstance(error, ApiException) and error.request_sent == "maybe"
        self._add(row_of(outcome.item, _UNKNOWN if is_unknown else _FAILED, failed.message))
        self.code = max(self.code, failed.code)

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        if self._record is not None:
            self._record.add([row])

    def _add_rest(self) -> None:
        """Add a row for each link without an outcome; the outcome of a call that has started is not known."""
        noted = {row["id"] for row in self.rows}
        for link in self._links:
            if link.id not in noted:
                self._add(row_of(link, _UNKNOWN if link.id in self._begun else _UNTOUCHED))
        if self.is_interrupted:
            self.code = INTERRUPTED

    @contextmanager
    def _interruptible(self, bulk: Bulk[Any, Any]) -> Iterator[None]:
        """Let Ctrl-C stop the job between two calls only."""

        def stop(_number: int, _frame: object) -> None:
            self._signals += 1
            if self._signals == 2 and not self._has_ended:
                raise KeyboardInterrupt
            if self._signals > 1:  # the record is being completed
                return
            # Not here: the interrupted code may hold the very lock that stopping needs.
            threading.Thread(target=bulk.stop, name="stop").start()
            click.echo("Stopping when the calls under way have ended; Ctrl-C ends them at once.", err=True)

        before = signal.signal(signal.SIGINT, stop)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _end_at_once(self) -> None:
        """End without waiting for the calls under way."""
        self._add_rest()
        if self._record is not None:
            self._record.__exit__(None, None, None)
        click.echo(self.summary(), err=True)
        sys.stdout.flush()
        os._exit(INTERRUPTED)


def row_of(link: OneTimeAccessToken, outcome: str, reason: str | None = None) -> Row:
    """Describe a link and what became of it, without what would let a reader use it."""
    expires = expiry_of(link)
    return {
        "time": datetime.now(UTC).isoformat(timespec="seconds"),
        "id": link.id,
        "owner": name_of(owner_of(link)),
        "page": link.url,
        "expires": expires.isoformat() if expires else None,
        "outcome": outcome,
        "reason": reason,
    }


def confirm(what: str, count: int, yes: bool) -> None:
    """Ask whether to go on.

    :raises CommandFailed: the answer is no, or there is no terminal to ask on.
    """
    if yes:
        return
    if not (sys.stdin and sys.stdin.isatty()):
        raise CommandFailed(
            f"{counted(count, 'link')} would be {what}, and there is no terminal to ask on",
            "say --yes to go on, or --dry-run to see them only",
            2,
        )
    if not click.confirm(f"{counted(count, 'link')} will be {what}. Go on?", err=True):
        raise CommandFailed("nothing was done", code=REFUSED)


@contextmanager
def _progress(total: int) -> Iterator[Callable[[], object]]:
    """Show a progress bar on a terminal, and yield the function that moves it."""
    if not sys.stderr.isatty():
        with nullcontext():
            yield lambda: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=total)
        yield lambda: bar.advance(task)
