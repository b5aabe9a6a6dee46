"""Exceptions in place of others."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import TracebackType
from typing import Generic, TypeVar

E = TypeVar("E", bound=BaseException)


class Translated(Generic[E]):
    """A `with` block that exceptions of some kinds leave as others.

    An exception raised in an `except` clause keeps the caught one as its `__context__`, and with that the frames of
    libraries, which hold headers and bodies: error reporters show them, and `from None` does not remove them. So the
    context becomes what was being handled before the block, as if the exception were raised there
    (`docs/decisions.md`).

    :param kinds: the exceptions to replace.
    :param make: returns what is raised in place of one; it may be the same.
    """

    __slots__ = ("_context", "_kinds", "_make")

    def __init__(self, kinds: type[E] | tuple[type[E], ...], make: Callable[[E], BaseException]) -> None:
        self._kinds, self._make = kinds, make

    def __enter__(self) -> None:
        self._context = sys.exception()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if not isinstance(error, self._kinds):
            return
        raised, context = self._make(error), self._context
        self = error = _ = None  # type: ignore[assignment]  # no local of a frame that raises leads to what was caught
        try:
            raise raised
        finally:
            raised.__context__ = context
            del raised  # an exception whose frames hold itself would outlive its call


def without_frames(error: E) -> E:
    """Return an exception without its traceback, for frames that hold what is secret."""
    return error.with_traceback(None)


def problem_of_file(error: Exception) -> str:
    """Return why a file or folder cannot be used, in the words of the operating system where they are its own."""
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text"
    return getattr(error, "strerror", None) or "that is not a path"
