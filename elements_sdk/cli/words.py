"""Text for people: lines without control characters, and counts with their nouns."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return a text on one line; a replacement character stands for each character that does not print."""
    return "".join(character if character.isprintable() else "\ufffd" for character in " ".join(text.split()))


def counted(count: int, noun: str) -> str:
    """Return a count with its noun: `1 link`, `2,000 links`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
