"""Walks a long list page by page, in constant memory, for asyncio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

from elements_sdk.aio.api_client import ApiClient
from elements_sdk.exceptions import ApiException
from elements_sdk.pagination import Walk

T = TypeVar("T")


class Pager(AsyncIterator[T]):
    """What `iter_...` gives: goes once through a whole list, and fetches the next page when it is needed.

    After a `PagingError`, or a loop that was left, another loop goes on where this one stopped. A pager is for one
    task.
    """

    def __init__(self, client: ApiClient, walk: Walk[T]) -> None:
        self._client = client
        self._walk = walk
        self._rest: Iterator[T] = iter(())

    async def __anext__(self) -> T:
        for entry in self._rest:
            return entry
        self._rest = iter(await self._fetch())
        for entry in self._rest:
            return entry
        raise StopAsyncIteration

    async def pages(self) -> AsyncIterator[list[T]]:
        """Go on page by page: lists of at most `page_size` entries, none empty.

        :raises PagingError: a call failed.
        """
        while page := list(self._rest) or await self._fetch():
            yield page

    async def _fetch(self) -> list[T]:
        """Get pages until one has something new, and give that; nothing at the end."""
        walk = self._walk
        while (arguments := walk.arguments()) is not None:
            failed, new = None, list[T]()
            try:
                new = walk.take(await self._client.call(walk.operation, arguments, walk.options))
            except ApiException as error:
                failed = walk.broken_off_by(error)
            if failed is not None:
                raise failed
            if new:
                return new
        return []
