"""A long list at full size: `tox -e slow`."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from bench.samples import token
from elements_sdk import OneTimeAccessToken
from elements_sdk._serialization.decode import from_json

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_long_list_is_read_in_little_more_memory_than_it_keeps() -> None:
    data = json.dumps([token(number) for number in range(20_000)]).encode()
    tracemalloc.start()
    models: list[OneTimeAccessToken] = from_json(data, "list[OneTimeAccessToken]")
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [model.id for model in models] == list(range(20_000))
    assert peak - kept < 1.2 * len(data)  # the text of the answer itself
