"""A job: the same call for many share links, with a record of every outcome, whatever ends it."""

from __future__ import annotations

import _thread
import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Literal, NamedTuple

from elements_sdk.bulk import Bulk, Outcome, map_calls
from elements_sdk.cli.errors import REFUSED, CommandFailed, failure_of
from elements_sdk.cli.link import expiry_of, name_of, owner_of, page_of
from elements_sdk.cli.record import Record, Row, rows_as_csv
from elements_sdk.cli.words import counted, say
from elements_sdk.exceptions import (
    ApiConnectionError,
    ApiException,
    OpenApiException,
    ResponseFormatError,
    UnauthorizedException,
)
from elements_sdk.models import OneTimeAccessToken

Links = Sequence[OneTimeAccessToken]
FAILED, UNKNOWN, UNTOUCHED = "failed", "not known", "not touched"
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_GATEWAY_STATUSES = (502, 504)
_UNREACHABLE_IN_A_ROW = 5  # calls, after which the job does not try the rest


def _may_be_done(error: ApiException) -> bool:
    """Return whether the server may have done it all the same.

    No answer came, a gateway answered in its place, or the answer says that it is done but is not what was promised.
    """
    if error.request_sent != "yes":
        return error.request_sent == "maybe"
    is_done = error.status is not None and 200 <= error.status < 300
    return error.status in _GATEWAY_STATUSES or (is_done and isinstance(error, ResponseFormatError))


class Action(NamedTuple):
    """What a job does to each link.

    :ivar name: the command's: `"revoke"`.
    :ivar done: what is true of a link afterwards: `"revoked"`.
    :ivar act: does it to one link; it is called in several threads.
    :ivar details: what a row says besides what it says of every link: to whom an e-mail goes.
    :ivar detail_columns: the names of these details.
    :ivar message: what an e-mail says, by name: its subject and text.
    """

    name: str
    done: str
    act: Callable[[OneTimeAccessToken], object]
    details: Callable[[OneTimeAccessToken], Row]
    detail_columns: tuple[str, ...] = ()
    message: Mapping[str, str] = MappingProxyType({})

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns of a record."""
        before = ("time", "server", "action", "id", "owner", "page", "expires")
        return (*before, *self.detail_columns, "outcome", "reason")

    def row(self, link: OneTimeAccessToken, server: str, outcome: str, reason: str | None = None) -> Row:
        """Describe a link and what became of it, without what would let a reader use it."""
        expires = expiry_of(link)
        return {
            "time": datetime.now(UTC).isoformat(timespec="seconds"),
            "server": server,
            "action": self.name,
            "id": link.id,
            "owner": name_of(owner_of(link)),
            "page": page_of(link),
            "expires": link.expires if expires is None else expires.isoformat(),
            **self.details(link),
            "outcome": outcome,
            "reason": reason,
        }


@contextmanager
def signals_restored() -> Iterator[None]:
    """Restore, at the end, the handlers of signals that were there before."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Job:
    """Does one thing to many links.

    :ivar code: the exit code that the job has earned.
    """

    def __init__(self, action: Action, links: Links, server: str, record: Record | None) -> None:
        self.code = 0
        self._action, self._links, self._server, self._record = action, links, server, record
        self._rows: dict[int, Row] = {}  # by the index of the link: ids may be odd, or come twice
        self._begun: set[int] = set()
        self._unreachable = 0
        self._abort: str | None = None
        self._signals: list[int] = []
        self._bulk: Bulk[int, object] | None = None
        self._is_interruptible = False  # whether a signal may raise KeyboardInterrupt
        self._state: Literal["working", "ended", "telling"] = "working"
        self._ends_at_once = False

    @property
    def rows(self) -> list[Row]:
        """What became of each link, in their order."""
        return [self._rows[index] for index in sorted(self._rows)]

    def run(self, advance: Callable[[], object]) -> None:
        """Do it to all of them, and account for each.

        :param advance: called after each outcome.
        """
        bulk = self._bulk = map_calls(self._begin, range(len(self._links)))
        try:
            if self._signals:
                bulk.stop()
            while (outcome := self._next(bulk)) is not None:
                self._note(outcome)
                advance()
                if self._abort or self._signals:
                    bulk.stop()
        except KeyboardInterrupt:
            self._ends_at_once = True
        finally:  # whatever was raised, nothing is called any more while the rest is accounted for
            bulk.stop()
            if not self._ends_at_once:
                bulk.close()
                for outcome in bulk:
                    self._note(outcome)
            self._add_rest()

    @contextmanager
    def output_interruptible(self) -> Iterator[None]:
        """Let a signal end the block by KeyboardInterrupt: whoever should read the output may never do so."""
        self._is_interruptible = True
        try:
            yield
        finally:
            self._is_interruptible = False

    def catch_signals(self) -> None:
        """Let Ctrl-C, SIGTERM and SIGHUP end the job between two calls, and a second one without waiting for calls.

        A signal that this process was started to ignore stays ignored.
        """
        for number in _SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, self._stop)

    def tell(self) -> None:
        """Say in one line what was done, by outcome; and print the rows that the record could not take.

        Where calls are still under way, the process ends with that.
        """
        self._state = "telling"
        if self._record is not None and self._record.rows_left:
            say(f"These rows are missing in {self._record.path}: {self._record.problem}")
            say(rows_as_csv(self._record.rows_left, self._action.columns))
        counts = Counter(str(row["outcome"]) for row in self._rows.values())
        first = f"{counts.pop(self._action.done, 0):,} of {counted(len(self._links), 'link')} {self._action.done}"
        rest = [f"{count:,} {outcome}" for outcome, count in counts.items()]
        why = "Interrupted: " if self._signals else f"Stopped, for {self._abort}: " if self._abort else ""
        say(f"{why}{', '.join([first, *rest])}.")
        if self._ends_at_once:
            os._exit(self.code)

    def _begin(self, index: int) -> object:
        self._begun.add(index)
        return self._action.act(self._links[index])

    def _next(self, bulk: Bulk[int, object]) -> Outcome[int, object] | None:
        """Wait for the next outcome. Only here does a second signal interrupt: what is being noted is noted."""
        self._is_interruptible = True
        try:
            if len(self._signals) > 1:
                raise KeyboardInterrupt
            return next(bulk, None)
        finally:
            self._is_interruptible = False

    def _note(self, outcome: Outcome[int, object]) -> None:
        error = outcome.error
        if error is None:
            self._unreachable = 0
            self._add(outcome.item, self._action.done)
            return
        failed = failure_of(error)
        is_ours = isinstance(error, OpenApiException | CommandFailed)
        self._unreachable = self._unreachable + 1 if isinstance(error, ApiConnectionError) else 0
        if isinstance(error, UnauthorizedException):
            self._abort = "nobody is logged in any more"
        elif self._unreachable == _UNREACHABLE_IN_A_ROW:
            self._abort = f"{_UNREACHABLE_IN_A_ROW} calls in a row did not reach the server"
        elif not is_ours:
            self._abort = failed.message
        self.code = max(self.code, failed.code)
        is_unknown = not is_ours or (isinstance(error, ApiException) and _may_be_done(error))
        self._add(outcome.item, UNKNOWN if is_unknown else FAILED, failed.message)

    def _add(self, index: int, outcome: str, reason: str | None = None) -> None:
        row = self._rows[index] = self._action.row(self._links[index], self._server, outcome, reason)
        if self._record is not None:
            self._record.add(row)
            if self._record.problem:
                self._abort = f"the record cannot be written ({self._record.problem})"
                self.code = max(self.code, REFUSED)

    def _add_rest(self) -> None:
        """Account for the links without an outcome: it is not known for those whose calls have started."""
        for index in range(len(self._links)):
            if index not in self._rows:
                self._add(index, UNKNOWN if index in self._begun else UNTOUCHED)
        self._state = "ended"
        if self._signals:
            self.code = self._code_of_signal()

    def _code_of_signal(self) -> int:
        return 128 + self._signals[0]  # as shells have it

    def _stop(self, number: int, _frame: object) -> None:
        self._signals.append(number)
        if self._state == "telling":  # nothing but the summary, and a session, may still have to end
            os._exit(self._code_of_signal())
        if self._state == "ended":
            self.code = self._code_of_signal()
        elif len(self._signals) == 1:
            if self._bulk is not None:
                # Not here: this may have come upon the very lock that stopping needs.
                _thread.start_new_thread(self._bulk.stop, ())
            return say("Stopping when the calls under way have ended; once more ends them at once.")
        if self._is_interruptible:
            self._is_interruptible = False  # once is enough
            raise KeyboardInterrupt
        return None
