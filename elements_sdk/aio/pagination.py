"""Pages through a long list, in constant memory, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TypeVar

from elements_sdk.pagination import BasePager

T = TypeVar("T")


class Pager(BasePager[T], AsyncIterator[T]):
    """The iterator that `iter_...` returns: once over a whole list, whose next page is fetched when it is needed.

    After a `PagingError`, a cancellation, or a loop that was left, another loop goes on where this one stopped. A pager
    is for one task.
    """

    async def __anext__(self) -> T:
        if not self._rest:
            self._rest.extend(await self._fetch_new())
        if not self._rest:
            raise StopAsyncIteration
        return self._rest.popleft()

    async def pages(self) -> AsyncIterator[list[T]]:
        """Go on page by page: lists of at most `page_size` entries, none empty.

        :raises PagingError: a call failed.
        """
        while page := self._take_rest() or await self._fetch_new():
            yield page
