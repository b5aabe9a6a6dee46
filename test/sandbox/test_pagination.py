"""Lists of a real server, while they change."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Any

import pytest

from elements_sdk.sandbox import Sandbox
from test.both_clients import auth_of, both_kinds
from test.listing import Collect, new_a_page


@pytest.fixture(scope="module", params=["plain", "envelope"])
def many(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Yield a sandbox with 10,000 share links, and a `max_limit` for pages of 1,000."""
    with Sandbox(paging=request.param, tokens=10_000, max_limit=400) as running:
        yield running


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("page_size", [7, 100, 1000])
def test_10_000_tokens_of_the_sandbox_come_once_and_in_order(many: Sandbox, collect: Collect, page_size: int) -> None:
    many.reset()
    ids: list[int] = []
    collect(many.configuration(many.admin), ids, page_size=page_size)
    assert ids == list(range(1, 10_001))
    assert many.request_count <= ceil(10_000 / new_a_page(page_size, 400)) + 1


@pytest.mark.parametrize("paging", ["plain", "envelope"])
@both_kinds
def test_tokens_of_the_sandbox_while_some_are_deleted_and_others_made(paging: Any) -> None:
    with Sandbox(paging=paging, tokens=300, max_limit=40) as sandbox:
        configuration = sandbox.configuration(sandbox.admin)
        with auth_of(configuration) as auth:
            ids = []
            for number, token in enumerate(auth.iter_access_tokens(page_size=60)):
                ids.append(token.id)
                if number % 30 == 29:
                    auth.delete_access_token(token.id)
                    auth.delete_access_token(token.id - 15)
                    sandbox.add_tokens(1)
            left = [token.id for token in auth.iter_access_tokens(page_size=60)]
        assert ids[:300] == list(range(1, 301))
        assert ids == sorted(set(ids))
        assert set(left) <= set(ids) | set(range(301, 330))
        assert len(left) == len(set(left))


@pytest.mark.slow
@pytest.mark.timeout(900)
@both_kinds
def test_10_000_tokens_of_the_sandbox_while_some_are_deleted(many: Sandbox) -> None:
    many.reset()
    with auth_of(many.configuration(many.admin)) as auth:
        ids = []
        for number, token in enumerate(auth.iter_access_tokens(page_size=100)):
            ids.append(token.id)
            if number % 500 == 499:
                for deleted in (token.id, token.id - 1, token.id - 250):
                    auth.delete_access_token(deleted)
    assert ids == list(range(1, 10_001))
    assert many.request_count <= 101 + 2 * 20 + 60  # the pages, two more for each change, the deletions
