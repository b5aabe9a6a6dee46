"""The SDK does no more work than is recorded, counted in function calls, not in time."""

from __future__ import annotations

import pytest

from test.work import COMMAND, PYTHON, WORKS, calling, recorded

TOLERANCE = 0.10


@pytest.mark.parametrize("name", WORKS)
def test_work_is_what_is_on_record(name: str) -> None:
    on_record = recorded().get(PYTHON, {}).get(name)
    assert on_record, f"no work is on record for Python {PYTHON}; `python -m test.work` records it"
    found = WORKS[name]().total()
    assert abs(found - on_record) <= TOLERANCE * on_record, (
        f"{name}: {found} calls of functions, {on_record} are on record for Python {PYTHON};"
        f" if that is meant, `{COMMAND}` records it anew, on every Python"
    )


@pytest.mark.parametrize("name", WORKS)
def test_work_is_the_same_each_time(name: str) -> None:
    assert len({WORKS[name]().total() for _ in range(3)}) == 1


def test_call_on_a_kept_connection_sets_no_limit_that_is_set_already() -> None:
    assert calling()["socket.settimeout"] == 0  # a system call, in which other threads take their turn
