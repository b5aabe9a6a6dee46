"""Text for people: one line that a terminal takes for nothing else, and counts with their nouns."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Give a text on one line, whatever the server has put into it: what does not print is a replacement character."""
    return "".join(character if character.isprintable() else "\ufffd" for character in " ".join(text.split()))


def counted(count: int, noun: str) -> str:
    """Say how many: `1 link`, `2,000 links`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
