"""The same call for many items: each outcome once, in order, and nothing that was started is forgotten."""

from __future__ import annotations

import _thread
import itertools
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from typing import Any

import pytest

from elements_sdk import ApiTypeError, ApiValueError
from elements_sdk.bulk import Outcome
from test.both_clients import both_kinds, map_calls
from test.processes.watching import nothing_left


class Calls:
    """Calls that end when they are released.

    :ivar started: their items.
    :ivar most: how many were under way at once.
    """

    def __init__(self) -> None:
        self.started: list[int] = []
        self.let_go = threading.Event()
        self.running = self.most = 0
        self._lock = threading.Lock()

    def __call__(self, item: int) -> int:
        with self._lock:
            self.started.append(item)
            self.running += 1
            self.most = max(self.most, self.running)
        self.let_go.wait()
        with self._lock:
            self.running -= 1
        return item * 2


def slow_first(item: int) -> int:
    time.sleep(0.05 if item % 10 == 0 else 0)
    return item + 1


@both_kinds
def test_outcomes_come_in_the_order_of_the_items_with_value_or_error() -> None:
    outcomes = list(map_calls(lambda item: 10 // item, [5, 0, 2]))
    assert [(outcome.item, outcome.ok, outcome.value) for outcome in outcomes] == [
        (5, True, 2),
        (0, False, None),
        (2, True, 5),
    ]
    assert isinstance(outcomes[1].error, ZeroDivisionError)
    assert outcomes[2].result() == 5
    with pytest.raises(ZeroDivisionError):
        outcomes[1].result()
    assert [outcome.value for outcome in map_calls(slow_first, range(100))] == list(range(1, 101))
    assert list(map_calls(slow_first, [])) == []


def test_outcome_shows_no_secret_item_and_no_frame_of_this_package() -> None:
    def refuse(body: dict[str, str]) -> object:
        raise RuntimeError

    (outcome,) = map_calls(refuse, [{"password": "mark3r"}])
    assert "mark3r" not in repr(outcome)
    assert outcome.error is not None
    frames = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(outcome.error.__traceback__)]
    assert frames == [__file__]
    assert repr(next(map_calls(abs, [-3]))) == "Outcome(item=-3, value=3, error=None)"


def test_even_the_end_of_a_thread_is_an_outcome() -> None:
    (outcome,) = map_calls(sys.exit, [3])
    assert isinstance(outcome.error, SystemExit)


@both_kinds
def test_so_many_calls_at_a_time_and_no_more() -> None:
    calls = Calls()
    bulk = map_calls(calls, itertools.count(), max_concurrency=5)
    assert calls.started == []  # nothing is called before the first outcome is asked for
    threading.Timer(0.1, calls.let_go.set).start()
    assert [outcome.value for outcome in itertools.islice(bulk, 200)] == list(range(0, 400, 2))
    assert calls.most == 5
    assert max(calls.started) < 200 + 4 * 5  # an endless iterable is taken a few items ahead
    bulk.close()


@both_kinds
def test_progress_is_told_in_the_thread_of_the_caller() -> None:
    told: list[Any] = []

    def progress(done: int, total: int | None) -> None:
        told.append((done, total, threading.current_thread().name in ("MainThread", "event loop of a test")))

    list(map_calls(str, [7, 8], progress=progress))
    list(map_calls(str, iter([9]), progress=progress))
    assert told == [(1, 2, True), (2, 2, True), (1, None, True)]


@both_kinds
def test_error_of_the_items_comes_after_the_outcomes_of_what_was_started() -> None:
    def items() -> Iterator[int]:
        yield from range(3)
        raise RuntimeError("no more tokens")

    outcomes: list[Outcome[int, int]] = []
    with pytest.raises(RuntimeError, match="no more tokens"):
        outcomes.extend(map_calls(slow_first, items()))
    bulk = map_calls(slow_first, items())
    assert [next(bulk).item for _ in range(3)] == [0, 1, 2]
    with pytest.raises(RuntimeError):
        next(bulk)
    assert list(bulk) == []


@both_kinds
def test_error_of_progress_stops_and_loses_no_outcome() -> None:
    calls = Calls()
    calls.let_go.set()

    def progress(done: int, total: int | None) -> None:
        if done == 3 and not given[2:]:
            raise RuntimeError("the disk is full")

    given: list[int] = []
    bulk = map_calls(calls, range(1000), max_concurrency=2, progress=progress)
    with pytest.raises(RuntimeError, match="disk"):
        given.extend(outcome.item for outcome in bulk)
    given.append(-1)  # lets progress pass
    rest = [outcome.item for outcome in bulk]
    assert given[:2] + rest == sorted(calls.started)
    assert len(rest) <= 8


def test_loop_that_is_left_waits_for_what_was_started_and_starts_no_more() -> None:
    calls = Calls()
    with nothing_left():
        threading.Timer(0.05, calls.let_go.set).start()
        for _ in map_calls(calls, itertools.count(), max_concurrency=4):
            break
        assert calls.running == 0
        started = len(calls.started)
    assert len(calls.started) == started


@both_kinds
def test_close_keeps_the_outcomes_of_what_was_started() -> None:
    calls = Calls()
    calls.let_go.set()
    with map_calls(calls, itertools.count(), max_concurrency=4) as bulk:
        first = next(bulk)
    assert [first.item, *(outcome.item for outcome in bulk)] == sorted(calls.started)


@pytest.mark.parametrize("end", ["stop", "close", "__del__"])
def test_stop_from_another_thread_ends_a_wait_for_a_call_that_no_thread_has_begun(
    end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    late: list[Any] = []  # a thread begins when the system has time for it
    monkeypatch.setattr("_thread.start_new_thread", lambda *begin: late.append(begin))
    calls = Calls()
    bulk = map_calls(calls, range(100), max_concurrency=2)
    outcomes: list[Any] = []
    loop = threading.Thread(target=lambda: outcomes.extend(bulk), daemon=True)
    loop.start()
    while len(late) < 2:
        time.sleep(0.01)
    time.sleep(0.05)  # it waits for the first call now
    getattr(bulk, end)()
    monkeypatch.undo()
    for function, arguments in late:
        function(*arguments)
    loop.join(10)
    assert (loop.is_alive(), outcomes, calls.started) == (False, [], [])


@pytest.mark.parametrize("begun", [0, 1, 3])
def test_where_there_can_be_no_more_threads_the_others_do_the_work(begun: int, monkeypatch: pytest.MonkeyPatch) -> None:
    starts = [_thread.start_new_thread] * begun

    def start(*begin: Any) -> int:
        if not starts:
            raise RuntimeError("can't start new thread")
        return starts.pop()(*begin)

    monkeypatch.setattr("_thread.start_new_thread", start)
    outcomes = list(map_calls(slow_first, range(100), max_concurrency=4))
    assert [outcome.result() for outcome in outcomes] == list(range(1, 101))


def test_nothing_is_left_at_the_end() -> None:
    with nothing_left():
        assert len(list(map_calls(slow_first, range(50), max_concurrency=16))) == 50


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({"max_concurrency": 0}, ApiValueError, "max_concurrency must be a whole number"),
        ({"max_concurrency": True}, ApiValueError, "max_concurrency must be a whole number"),
        ({"method": 3}, ApiTypeError, "method must be something to call"),
        ({"items": 3}, ApiTypeError, "items must be something to iterate over"),
        ({"progress": 3}, ApiTypeError, "progress must be something to call"),
    ],
)
@both_kinds
def test_wrong_argument_is_refused_at_the_call(arguments: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        map_calls(**{"method": str, "items": [], **arguments})
