"""A server with one long list, which it returns in pages as it is told, and functions that iterate over it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterable
from typing import Any, Self
from urllib.parse import parse_qs

from elements_sdk import ApiClient, AuthApi, Configuration, aio
from test.recording import CannedResponse, Recorded, RecordingServer

Collect = Callable[..., None]


def collect(configuration: Configuration, ids: list[int], **arguments: Any) -> None:
    """Iterate with the blocking client, and add the number of each entry to `ids` as it comes."""
    with ApiClient(configuration) as client:
        for token in AuthApi(client).iter_access_tokens(**arguments):
            ids.append(token.id)


def collect_in_loop(configuration: Configuration, ids: list[int], **arguments: Any) -> None:
    """Iterate with the asyncio client."""

    async def iterate() -> None:
        async with aio.ApiClient(configuration) as client:
            async for token in aio.AuthApi(client).iter_access_tokens(**arguments):
                ids.append(token.id)

    asyncio.run(iterate())


COLLECTORS: dict[str, Collect] = {"blocking": collect, "asyncio": collect_in_loop}


def new_a_page(page_size: int, max_limit: int | None) -> int:
    """Return how many new entries a page has: one more is asked for, to see whether the list has changed."""
    return min(page_size, max_limit - 1) if max_limit else page_size


class ListServer:
    """A server with the entries `ids`, ordered as asked.

    :param max_limit: how many entries a page has at the most, whatever is asked for.
    :param ignores: the parameters that it ignores, such as `{"offset"}`.
    :ivar before: called with the number of each request, from 1, before it is answered.
    :ivar fails_at: numbers of the requests that are answered by 500.
    """

    def __init__(
        self,
        ids: Iterable[int],
        *,
        is_envelope: bool = False,
        max_limit: int | None = None,
        ignores: Iterable[str] = (),
    ) -> None:
        self.ids = list(ids)
        self.before: Callable[[int], object] = lambda number: None
        self.fails_at: set[int] = set()
        self._is_envelope = is_envelope
        self._max_limit = max_limit
        self._ignores = set(ignores)
        self._server = RecordingServer()
        self._server.answer = self._answer

    def __enter__(self) -> Self:
        self._server.__enter__()
        return self

    def __exit__(self, *details: Any) -> None:
        self._server.__exit__(*details)

    @property
    def requests(self) -> int:
        return len(self._server.requests)

    @property
    def last_query(self) -> str:
        return self._server.last.query

    def configuration(self) -> Configuration:
        return Configuration(host=self._server.host, api_key={"Bearer": "KEY"})

    def _answer(self, request: Recorded) -> CannedResponse:
        number = len(self._server.requests)
        self.before(number)
        if number in self.fails_at:
            return CannedResponse(500, b'{"detail": "The database is away."}')
        asked = {name: values[0] for name, values in parse_qs(request.query).items() if name not in self._ignores}
        ordered = sorted(self.ids, reverse=asked["ordering"] == "-id") if "ordering" in asked else self.ids
        offset, limit = int(asked.get("offset", 0)), int(asked.get("limit", len(ordered)))
        end = offset + min(limit, self._max_limit or limit)
        entries = [{"id": number, "url": f"/{number}", "token": "t"} for number in ordered[offset:end]]
        return CannedResponse(body=json.dumps(self._enveloped(entries, end) if self._is_envelope else entries).encode())

    def _enveloped(self, entries: list[Any], end: int) -> dict[str, Any]:
        following = "http://192.0.2.1/elsewhere" if end < len(self.ids) else None
        return {"count": len(self.ids), "next": following, "previous": None, "results": entries}
