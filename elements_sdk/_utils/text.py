"""Text from a server, made so that a terminal, a log or a page takes it for nothing but text."""

from __future__ import annotations

from collections.abc import Iterable

_REPLACEMENT = "\ufffd"
# Characters that `str.isprintable` refuses, but that words of some languages are spelt with: soft hyphen, ZWNJ, ZWJ.
_SPELLING = frozenset("\u00ad\u200c\u200d")


def one_line(text: str) -> str:
    """Return a text on one line, with a replacement character for each one that might control what shows it."""
    return printable(" ".join(text.split()))


def printable(text: str, kept: str = "") -> str:
    """Return a text with a replacement character for each one that might control what shows it, but for those kept."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in _SPELLING or character in kept else _REPLACEMENT
        for character in text
    )


def closest(name: object, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """Return the known name that a mistyped one stands for; `None`: it is like none of them."""
    from difflib import get_close_matches  # loaded late: it is for mistakes only

    return next(iter(get_close_matches(name, known, n=1, cutoff=likeness)), None) if isinstance(name, str) else None
