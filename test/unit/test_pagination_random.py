"""Random lists, pages and changes: a cursor gives each entry that stays once and in order, in few calls."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import pytest

from elements_sdk._operations.operation import NOTHING
from elements_sdk._serialization.decode import Page
from elements_sdk._utils.redaction import reveal
from elements_sdk.api.auth_api import GET_ALL_ACCESS_TOKENS
from elements_sdk.pagination import Cursor


class Entry(NamedTuple):
    id: int


class ChangingList:
    """A list from which entries are deleted, and to which others are added, before a page of it is returned."""

    def __init__(self, random: Random) -> None:
        self.ids = set(random.sample(range(1000), random.randint(0, 80)))
        self.staying = set(self.ids)
        self.requests = 0
        self._random = random
        self._changes = random.choice([0, 1, 5, 20])
        self._most_deleted = random.choice([1, 3, 30])
        self._is_envelope = random.random() < 0.5
        self._max_limit = random.choice([None, None, 3, 7])

    def page(self, offset: int, limit: int, is_reversed: bool) -> Page:
        self.requests += 1
        if self.requests > 1 and self._changes and self._random.random() < 0.5:
            self._change()
        ordered = sorted(self.ids, reverse=is_reversed)
        end = offset + min(limit, self._max_limit or limit)
        is_last = end >= len(ordered) if self._is_envelope else None
        return Page([Entry(number) for number in ordered[offset:end]], is_last)

    def _change(self) -> None:
        self._changes -= 1
        deleted = self._random.sample(sorted(self.ids), min(len(self.ids), self._random.randint(1, self._most_deleted)))
        self.ids.difference_update(deleted)
        self.staying.difference_update(deleted)
        if self._random.random() < 0.3:
            self.ids.add(self._random.randrange(1000, 2000))


@pytest.mark.parametrize("ordering", ["id", "-id"])
def test_entries_that_stay_come_once_and_in_order(ordering: str) -> None:
    for seed in range(3000):
        random = Random(seed)
        size, changing = random.randint(1, 30), ChangingList(random)
        cursor: Cursor[Entry] = Cursor(GET_ALL_ACCESS_TOKENS, NOTHING, size, 0, ordering, {})
        seen: list[int] = []
        while (arguments := cursor.arguments()) is not None:
            asked = reveal(arguments)
            page = cursor.feed(changing.page(asked["offset"], asked["limit"], ordering == "-id"))
            assert len(page) <= size
            seen.extend(entry.id for entry in page)
        assert seen == sorted(set(seen), reverse=ordering == "-id"), seed
        assert changing.staying <= set(seen), seed
        assert changing.requests < 200, seed
