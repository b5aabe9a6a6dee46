"""What a forked process must not share with its parent: connections, locks, threads."""

from __future__ import annotations

import os
from typing import Any
from weakref import WeakSet

_of_parents: list[object] = []
_alive: WeakSet[Any] = WeakSet()


def register_after_fork(thing: Any) -> None:
    """Renew a thing in every process that is forked from this one, as long as it is in use.

    Its `renew_after_fork` takes new locks and connections, and neither uses nor closes the old ones of the parent.
    """
    _alive.add(thing)


def abandon_in_child(thing: object) -> None:
    """Keep what belongs to the parent process from being cleaned up here, where its locks may be held for ever."""
    _of_parents.append(thing)


def _renew() -> None:
    for thing in list(_alive):
        thing.renew_after_fork()


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_renew)
