"""Calls that are cancelled at random moments, on a real server: nothing is left of them, and nothing is done twice."""

from __future__ import annotations

import asyncio

import pytest

from elements_sdk.sandbox import Sandbox
from test.processes.cancellations import CancellationStorm, cancel_in_a_session
from test.processes.watching import nothing_left


def cancel_many(sandbox: Sandbox, tasks: int, cancelled: int) -> None:
    storm = CancellationStorm(sandbox, tasks)
    print(storm.ends, storm.faults)
    assert set(storm.ends) <= {"done", "failed", "CancelledError"}
    assert storm.ends["CancelledError"] >= cancelled
    assert storm.complaints == []
    assert storm.sent_twice() == []
    assert storm.unsafe > tasks / 10
    assert storm.faults > 0


def test_cancelled_calls_leave_nothing_and_are_not_made_twice(fresh_sandbox: Sandbox) -> None:
    cancel_many(fresh_sandbox, 200, 50)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_thousand_cancelled_calls_leave_nothing_and_are_not_made_twice(fresh_sandbox: Sandbox) -> None:
    cancel_many(fresh_sandbox, 5000, 2000)  # calls, of which so many must be cancelled before they end


def test_cancelled_impersonation_leaves_nobody_impersonated(fresh_sandbox: Sandbox) -> None:
    with nothing_left():
        assert asyncio.run(cancel_in_a_session(fresh_sandbox, 24)) > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_impersonation_cancelled_at_any_moment_leaves_nobody_impersonated(fresh_sandbox: Sandbox) -> None:
    with nothing_left():
        assert asyncio.run(cancel_in_a_session(fresh_sandbox, 400, seed=11)) > 50
