"""Mutated responses end in a model or an `ApiException`, with little memory to spare."""

from __future__ import annotations

import random

import pytest

from test.wire import fuzz


@pytest.mark.slow
@pytest.mark.timeout(400)
@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_mutated_responses_end_in_a_model_or_an_exception(kind: str) -> None:
    assert fuzz.run(kind, 60, random.randrange(10**6))


@pytest.mark.parametrize("kind", ["blocking", "asyncio"])
def test_few_mutated_responses_end_in_a_model_or_an_exception(kind: str) -> None:
    assert fuzz.run(kind, 2, 7)
