"""Bulk work in an event loop: what tasks and cancellations add to what test_bulk.py claims for both kinds."""

from __future__ import annotations

import asyncio
import gc
import itertools
import logging
import random
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest

from elements_sdk import ApiTypeError, bulk
from elements_sdk.aio.bulk import Bulk, map_calls
from elements_sdk.bulk import Outcome


@pytest.fixture(autouse=True)
def _no_complaints_of_asyncio(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Check that no task is destroyed while it is pending, and that every exception is retrieved."""
    yield
    gc.collect()
    assert [record.message for record in caplog.records if record.levelno >= logging.WARNING] == []


class Calls:
    """Calls that take some iterations of the loop each.

    :ivar started: their items.
    :ivar ended: those that came to their end.
    """

    def __init__(self, turns: int = 3) -> None:
        self.started: list[int] = []
        self.ended: list[int] = []
        self._turns = turns

    async def __call__(self, item: int) -> int:
        self.started.append(item)
        for _ in range(random.randint(0, self._turns)):
            await asyncio.sleep(0)
        self.ended.append(item)
        return item * 2


async def numbers_of(outcomes: Bulk[int, Any]) -> list[int]:
    return [outcome.item async for outcome in outcomes]


def test_consumer_cancelled_at_any_moment_loses_no_outcome() -> None:
    async def one_round(turns: int) -> None:
        calls, given = Calls(), list[Outcome[int, int]]()
        outcomes = map_calls(calls, range(1000), max_concurrency=3)

        async def consume() -> None:
            async for outcome in outcomes:
                given.append(outcome)
                await asyncio.sleep(0)

        task = asyncio.create_task(consume())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        outcomes.stop()
        given.extend([outcome async for outcome in outcomes])
        assert [outcome.item for outcome in given] == calls.started == list(range(len(given)))
        assert all(outcome.ok for outcome in given)

    async def rounds() -> None:
        for turns in range(200):
            await one_round(turns)

    asyncio.run(rounds())


def test_cancelled_call_is_the_outcome_of_its_item_and_the_others_go_on() -> None:
    async def call(item: int) -> int:
        await asyncio.sleep(0)
        if item == 2:
            raise asyncio.CancelledError("by the call itself")
        if item in (5, 6, 7):
            task = asyncio.current_task()
            assert task is not None
            task.cancel()
            await asyncio.sleep(10)
        return item

    async def main() -> None:
        outcomes = [outcome async for outcome in map_calls(call, range(20), max_concurrency=3)]
        assert [outcome.item for outcome in outcomes if not outcome.ok] == [2, 5, 6, 7]
        assert [type(outcome.error) for outcome in outcomes if not outcome.ok] == [asyncio.CancelledError] * 4
        assert str(outcomes[2].error) == "by the call itself"
        assert len(outcomes) == 20

    asyncio.run(main())


@pytest.mark.parametrize("end", [KeyboardInterrupt, SystemExit])
def test_what_ends_the_program_in_a_call_ends_it_and_every_call_has_its_outcome(end: type[BaseException]) -> None:
    async def call(item: int) -> int:
        started.append(item)
        await asyncio.sleep(0.001)
        if item == 9:
            raise end
        await asyncio.sleep(0.001 * (item % 3))
        return item

    async def main() -> None:
        async for outcome in outcomes:
            given.append(outcome)

    async def rest() -> None:
        given.extend([outcome async for outcome in outcomes])

    started, given = list[int](), list[Outcome[int, int]]()
    outcomes = map_calls(call, itertools.count(), max_concurrency=4)
    with pytest.raises(end):
        asyncio.run(main())
    asyncio.run(rest())
    assert [outcome.item for outcome in given] == list(range(len(given)))
    assert started == list(range(len(started)))
    assert 10 <= len(started) <= len(given) <= 16
    assert isinstance(given[9].error, end)
    for outcome in given[len(started) :]:
        assert isinstance(outcome.error, asyncio.CancelledError)  # before its first step


def test_loop_that_ends_at_any_moment_starts_no_more_and_leaves_every_outcome() -> None:
    async def consume(given: list[int], outcomes: Bulk[int, int]) -> None:
        async for outcome in outcomes:
            given.append(outcome.item)

    async def main(turns: int, consumers: list[Any], given: list[int], outcomes: Bulk[int, int]) -> None:
        consumers.append(asyncio.create_task(consume(given, outcomes)))
        for _ in range(turns):
            await asyncio.sleep(0)

    for turns in range(1, 150):
        calls, given, consumers = Calls(), list[int](), list[Any]()
        outcomes = map_calls(calls, itertools.count(), max_concurrency=4)
        asyncio.run(main(turns, consumers, given, outcomes))
        assert consumers[0].cancelled()
        given.extend(asyncio.run(numbers_of(outcomes)))
        assert calls.started == given[: len(calls.started)]  # a call may be cancelled before its first step
        assert given == list(range(len(given)))
        assert len(given) <= len(calls.started) + 4


def test_dropped_bulk_starts_no_more_and_ends_what_was_started() -> None:
    calls = Calls(turns=30)

    async def fails(item: int) -> None:
        await calls(item)
        raise RuntimeError

    async def main() -> None:
        for method in (calls, fails):
            async for _ in map_calls(method, itertools.count(), max_concurrency=4):
                break
            gc.collect()
            await asyncio.sleep(0)  # the first step of those that were started just now
            started = list(calls.started)
            while len(asyncio.all_tasks()) > 1:
                await asyncio.sleep(0)
            assert calls.started == started
            assert sorted(calls.ended) == sorted(started)

    asyncio.run(main())


def test_end_of_the_async_with_statement_waits_for_what_was_started() -> None:
    async def main() -> None:
        calls = Calls(turns=30)
        async with map_calls(calls, itertools.count(), max_concurrency=4) as outcomes:
            first = await anext(outcomes)
        assert len(asyncio.all_tasks()) == 1
        assert sorted(calls.ended) == calls.started
        assert [first.item, *(await numbers_of(outcomes))] == calls.started
        assert await numbers_of(outcomes) == []

    asyncio.run(main())


def test_close_that_is_cancelled_can_be_called_again() -> None:
    async def main() -> None:
        go = asyncio.Event()

        async def call(item: int) -> int:
            await go.wait()
            return item

        outcomes = map_calls(call, range(50), max_concurrency=4)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(anext(outcomes), 0.01)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(outcomes.close(), 0.01)
        go.set()
        await outcomes.close()
        assert await numbers_of(outcomes) == [0, 1, 2, 3]

    asyncio.run(main())


def test_items_may_come_from_an_async_for_without_end() -> None:
    taken = 0

    async def items() -> AsyncIterator[int]:
        nonlocal taken
        for number in itertools.count():
            taken += 1
            await asyncio.sleep(0)
            yield number

    async def main() -> None:
        calls, given = Calls(), list[int]()
        async for outcome in map_calls(calls, items(), max_concurrency=5):
            given.append(outcome.item)
            if len(given) == 300:
                break
        assert given == list(range(300))
        assert taken <= 300 + 4 * 5

    asyncio.run(main())


def test_blocking_method_is_the_error_of_its_item() -> None:
    async def main() -> None:
        method: Any = abs
        (outcome,) = [outcome async for outcome in map_calls(method, [-3])]
        assert isinstance(outcome.error, ApiTypeError)
        assert "something to await" in str(outcome.error)

    asyncio.run(main())


def test_blocking_bulk_refuses_what_is_to_be_awaited() -> None:
    calls = Calls()
    for method in (calls.__call__, partial(calls.__call__)):
        with pytest.raises(ApiTypeError, match=r"use map_calls of elements_sdk\.aio"):
            bulk.map_calls(method, [1])
    (outcome,) = bulk.map_calls(lambda item: calls(item), [1])
    assert isinstance(outcome.error, ApiTypeError)
    assert calls.started == []


def test_bulk_is_closed_while_another_task_goes_on_with_the_loop() -> None:
    async def one_round(turns: int) -> None:
        calls = Calls(turns=9)
        outcomes = map_calls(calls, range(1000), max_concurrency=3)
        looping = asyncio.create_task(numbers_of(outcomes))
        for _ in range(turns):
            await asyncio.sleep(0)
        await outcomes.close()
        assert sorted(calls.ended) == calls.started == await looping

    async def rounds() -> None:
        for turns in range(50):
            await one_round(turns)

    asyncio.run(rounds())
