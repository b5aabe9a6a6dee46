"""Both kinds of client as the blocking one is used, so that one source of tests holds for both."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import wraps
from inspect import iscoroutine
from typing import Any, Protocol, Self

from elements_sdk import ApiClient, AuthApi, Configuration, aio, bulk


class Kind(Protocol):
    """The blocking client, or that for asyncio."""

    def auth(self, configuration: Configuration) -> Any:
        """Give an `AuthApi` to use in a `with` statement."""

    def map_calls(self, method: Callable[[Any], Any], items: Iterable[Any], **options: Any) -> Any:
        """Make bulk calls; `method` is that of an `auth` of this kind, or any blocking function."""


class Blocking:
    """The blocking client."""

    @contextmanager
    def auth(self, configuration: Configuration) -> Iterator[AuthApi]:
        with ApiClient(configuration) as client:
            yield AuthApi(client)

    def map_calls(self, method: Callable[[Any], Any], items: Iterable[Any], **options: Any) -> Any:
        return bulk.map_calls(method, items, **options)


class Stepped:
    """A thing of asyncio, used as its blocking twin is: the event loop runs for each step, and stands still between."""

    def __init__(self, runner: asyncio.Runner, thing: Any) -> None:
        self._runner, self._thing = runner, thing

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._thing, name)

        @wraps(method)
        def step(*arguments: Any, **options: Any) -> Any:
            given = method(*arguments, **options)
            if iscoroutine(given):
                return self._runner.run(given)
            return Stepped(self._runner, given) if isinstance(given, AsyncIterator) else given

        return step

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Any:
        async def step() -> Any:
            return await anext(self._thing)

        try:
            return self._runner.run(step())
        except StopAsyncIteration:
            raise StopIteration from None

    def __enter__(self) -> Self:
        self._runner.run(self._thing.__aenter__())
        return self

    def __exit__(self, *details: Any) -> None:
        self._runner.run(self._thing.__aexit__(*details))


class Asyncio:
    """The client for asyncio, in a loop that ends with the `with` statement."""

    def __enter__(self) -> Self:
        self._runner = asyncio.Runner()
        return self

    def __exit__(self, *details: Any) -> None:
        self._runner.close()

    @contextmanager
    def auth(self, configuration: Configuration) -> Iterator[Stepped]:
        with Stepped(self._runner, aio.ApiClient(configuration)) as client:
            yield Stepped(self._runner, aio.AuthApi(client._thing))

    def map_calls(self, method: Callable[[Any], Any], items: Iterable[Any], **options: Any) -> Any:
        async def in_thread(item: Any) -> Any:
            return await asyncio.to_thread(method, item)

        of_client = getattr(method, "__wrapped__", None) if callable(method) else method
        return Stepped(self._runner, aio.map_calls(of_client or in_thread, items, **options))


@contextmanager
def kind_of(name: str) -> Iterator[Kind]:
    """Give a kind by its name, for as long as the `with` statement lasts."""
    if name == "blocking":
        yield Blocking()
    else:
        with Asyncio() as kind:
            yield kind


KINDS = ["blocking", "asyncio"]
