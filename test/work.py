"""How much work the SDK does, counted in function calls, which are the same on every machine: against slow code.

`python -m test.work` writes the counts of this Python into `test/data/work.json`, with which `test/wire/test_work.py`
compares; `tox -m work` does so on every Python. Do that when a change is meant to cost more, or has made it cheaper.
"""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

from bench import canned
from bench.samples import tokens
from elements_sdk import ApiClient, AuthApi, Configuration, aio
from elements_sdk._serialization.decode import from_json

_PACKAGE = str(Path(aio.__file__).parents[1])
RECORD = Path(__file__).parent / "data/work.json"
COMMAND = "tox -m work"  # or `python -m test.work`, on this Python alone
PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
WARM_UP = 3  # until readers are compiled, modules loaded and the connection open


def calls_in(work: Callable[[], object]) -> Counter[str]:
    """Return how often this thread calls each function, of Python or of C, in work that is warm."""
    for _ in range(WARM_UP):
        work()
    calls: Counter[str] = Counter()

    def count(frame: FrameType, event: str, argument: Any) -> None:
        if event in ("call", "c_call"):
            calls[frame.f_code.co_qualname if event == "call" else argument.__qualname__] += 1

    before = sys.getprofile()
    gc.collect()
    gc.disable()  # what it calls depends on what ran before
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
        gc.enable()
    return calls


def decoding() -> Counter[str]:
    """Return the function calls of decoding 100 tokens."""
    data = tokens(100)
    return calls_in(lambda: from_json(data, "list[OneTimeAccessToken]"))


def calling() -> Counter[str]:
    """Return the function calls of one API call on a warm connection."""
    with canned.running() as host, ApiClient(Configuration(host=host, api_key={"Bearer": "KEY"})) as client:
        return calls_in(AuthApi(client).create_auth_ticket)


@contextmanager
def own_calls() -> Iterator[list[CodeType]]:
    """Yield a list to which each call of a function of the SDK is added, and each further step of a coroutine."""
    seen: list[CodeType] = []

    def count(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(_PACKAGE):
            seen.append(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        yield seen
    finally:
        sys.setprofile(before)


def own_calls_of_a_call() -> tuple[int, int]:
    """Return those of one API call on a warm connection: of the blocking client, and of the asyncio client."""

    async def in_loop() -> int:
        async with aio.ApiClient(configuration) as client:
            for _ in range(WARM_UP):
                await aio.AuthApi(client).create_auth_ticket()
            auth = aio.AuthApi(client)
            with own_calls() as seen:
                await auth.create_auth_ticket()
            return len(seen)

    with canned.running() as host:
        configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
        with ApiClient(configuration) as client:
            auth = AuthApi(client)
            for _ in range(WARM_UP):
                auth.create_auth_ticket()
            with own_calls() as seen:
                auth.create_auth_ticket()
        return len(seen), asyncio.run(in_loop())


WORKS = {"decode 100 tokens": decoding, "create_auth_ticket": calling}


def recorded() -> dict[str, dict[str, int]]:
    """Return the recorded counts: Python's minor version -> work -> calls."""
    counts: dict[str, dict[str, int]] = json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else {}
    return counts


def nearest_recorded(version: str = PYTHON) -> str:
    """Return the Python with a record that is nearest to this version: the same, if it has one."""
    return min(recorded(), key=lambda other: abs(_minor(other) - _minor(version)))


def _minor(version: str) -> int:
    return int(version.partition(".")[2])


def main() -> None:
    """Write the counts of this Python."""
    counts = recorded() | {PYTHON: {name: work().total() for name, work in WORKS.items()}}
    RECORD.write_text(json.dumps(counts, indent=2, sort_keys=True) + "\n", "utf-8")
    print(f"{RECORD.name}: {PYTHON} {counts[PYTHON]}")


if __name__ == "__main__":
    main()
