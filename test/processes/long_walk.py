"""Iterates over a list of many entries with one kind of client.

Prints how many came, and by how many bytes the memory grew meanwhile.
"""

from __future__ import annotations

import asyncio
import re
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from elements_sdk import ApiClient, AuthApi, Configuration, aio
from test.faults.behaviours import message
from test.faults.server import Behaviour, Conversation, FaultServer
from test.processes.watching import Child

_ENTRY = (
    '{{"id": {}, "url": "/share", "token": "TOKEN", "user": {{"id": 1, "display_name": "Uma"}}, "view_limit_left": 0}}'
)


def pages(count: int) -> Behaviour:
    """Answer with pages of a list that is nowhere in memory as a whole."""

    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            query = parse_qs(urlsplit(seen.target).query)
            offset, limit = int(query["offset"][0]), int(query["limit"][0])
            entries = ",".join(_ENTRY.format(number) for number in range(offset, min(offset + limit, count)))
            conversation.send(message(body=f"[{entries}]".encode()))

    return behave


def peak() -> int:
    """Return the peak memory of this process, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found
    return int(found[1]) * 1024


def iterate(configuration: Configuration) -> tuple[int, int]:
    seen, before = 0, 0
    with ApiClient(configuration) as client:
        for seen, token in enumerate(AuthApi(client).iter_access_tokens(page_size=1000), 1):
            assert token.id == seen - 1
            if seen == 5000:
                before = peak()
    return seen, peak() - before


async def iterate_in_loop(configuration: Configuration) -> tuple[int, int]:
    seen, before = 0, 0
    async with aio.ApiClient(configuration) as client:
        async for token in aio.AuthApi(client).iter_access_tokens(page_size=1000):
            assert token.id == seen
            seen += 1
            if seen == 5000:
                before = peak()
    return seen, peak() - before


kind, entries = sys.argv[1], int(sys.argv[2])
with FaultServer(pages(entries)) as server:
    settings = Configuration(host=server.host, api_key={"Bearer": "KEY"})
    work = {"blocking": lambda: iterate(settings), "asyncio": lambda: asyncio.run(iterate_in_loop(settings))}[kind]
    print(*Child(work).result(500))
