"""Runs coroutines that never have to wait, in one go: what both clients do is written once, as coroutines.

Where the asyncio client waits for its event loop, the blocking one blocks its thread, so that nothing is left to await.
"""

from __future__ import annotations

from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


def run(steps: Coroutine[Any, Any, T]) -> T:
    """Return the result of a coroutine, or raise what it raises."""
    try:
        steps.send(None)
    except StopIteration as end:
        result: T = end.value
        return result
    raise RuntimeError("a coroutine of the blocking client has waited for an event loop")


async def settled(value: Awaitable[T] | T) -> T:
    """Return a value, or what comes of an awaitable."""
    given: Any = value
    result: T = await given if isinstance(given, Awaitable) else given
    return result
