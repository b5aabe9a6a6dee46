"""Decoding stops after each thousand entries, wherever they stand, so that somebody can look at the clock."""

from __future__ import annotations

import pytest

from elements_sdk._serialization.decode import read_json
from elements_sdk._utils.sync import run

MANY = 100_000
ACTIVITIES = ",".join(["{}"] * 500)
BODIES = {
    "tokens": (f"[{','.join(['{}'] * MANY)}]", "list[OneTimeAccessToken]"),
    "tokens of a page": (f"[{','.join(['{}'] * MANY)}]", "page[OneTimeAccessToken]"),
    "tokens in an envelope": (f'{{"count":1,"results":[{",".join(["{}"] * MANY)}]}}', "page[OneTimeAccessToken]"),
    "activities of one token of a list": (f'[{{"activity":[{",".join(["{}"] * MANY)}]}}]', "list[OneTimeAccessToken]"),
    "activities of the only token": (f'{{"activity":[{",".join(["{}"] * MANY)}]}}', "OneTimeAccessToken"),
    "a few activities of each token": (
        "[" + ",".join([f'{{"activity":[{ACTIVITIES}]}}'] * (MANY // 500)) + "]",
        "list[OneTimeAccessToken]",
    ),
}


@pytest.mark.parametrize("name", BODIES)
def test_there_is_a_rest_for_each_thousand_entries(name: str) -> None:
    text, kind = BODIES[name]
    rests = 0

    async def rest() -> None:
        nonlocal rests
        rests += 1

    run(read_json(text.encode(), kind, rest=rest))
    assert 0.2 * MANY / 1000 <= rests <= 2 * MANY / 1000


@pytest.mark.parametrize("name", BODIES)
def test_a_rest_may_end_the_reading(name: str) -> None:
    text, kind = BODIES[name]

    async def rest() -> None:
        raise TimeoutError("late")

    with pytest.raises(TimeoutError, match="late"):
        run(read_json(text.encode(), kind, rest=rest))


def test_an_answer_of_usual_size_is_read_in_one_go() -> None:
    async def rest() -> None:
        raise AssertionError

    assert len(run(read_json(b"[" + b",".join([b"{}"] * 900) + b"]", "list[Ticket]", rest=rest))) == 900
