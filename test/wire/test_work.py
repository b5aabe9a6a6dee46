"""The SDK does no more work than is recorded, counted in function calls, not in time."""

from __future__ import annotations

import warnings

import pytest

from test.work import COMMAND, PYTHON, WORKS, calling, nearest_recorded, own_calls_of_a_call, recorded

TOLERANCE = 0.10
MOST_OWN_CALLS = (39, 31)  # of functions of the SDK in one call: blocking, asyncio


@pytest.mark.filterwarnings("default:no work is on record")
@pytest.mark.parametrize("name", WORKS)
def test_work_is_what_is_on_record(name: str) -> None:
    version = nearest_recorded()
    if version != PYTHON:
        warnings.warn(f"no work is on record for Python {PYTHON}, so this compares with {version}", stacklevel=1)
    on_record, found = recorded()[version][name], WORKS[name]().total()
    assert abs(found - on_record) <= TOLERANCE * on_record, (
        f"{name}: {found} calls of functions on Python {PYTHON}, {on_record} are on record for Python {version};"
        f" if that is meant, `{COMMAND}` records it anew, on every Python"
    )


@pytest.mark.parametrize(("version", "nearest"), [("3.11", "3.11"), ("3.13", "3.13"), ("3.14", "3.13")])
def test_python_without_a_record_is_compared_with_the_nearest(version: str, nearest: str) -> None:
    assert nearest_recorded(version) == nearest


@pytest.mark.parametrize("name", WORKS)
def test_work_is_the_same_each_time(name: str) -> None:
    assert len({WORKS[name]().total() for _ in range(3)}) == 1


def test_call_on_a_kept_connection_sets_no_limit_that_is_set_already() -> None:
    assert calling()["socket.settimeout"] == 0  # a system call, in which other threads take their turn


def test_call_on_a_kept_connection_goes_through_few_functions_of_the_sdk() -> None:
    blocking, in_loop = own_calls_of_a_call()
    assert blocking <= MOST_OWN_CALLS[0]
    assert in_loop <= MOST_OWN_CALLS[1]
