"""Decoding stops after each thousand entries, wherever they stand, so that somebody can look at the clock."""

from __future__ import annotations

import traceback

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


@pytest.mark.parametrize("name", ["Ticket", "list[OneTimeAccessToken]", "ElementsUserDetail"])
def test_a_traceback_shows_the_source_of_the_reader_that_was_written(name: str) -> None:
    data = b'[{"newer": 1}]' if name.startswith("list") else b'{"newer": 1}'
    with pytest.raises(AttributeError) as caught:
        run(read_json(data, name, object()))  # type: ignore[arg-type]
    assert "    return read({**absent, **value}, settings)" in "".join(traceback.format_tb(caught.tb))
