"""What may be shown of a request, an answer and a setting, and what is masked instead."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
_EXCERPT_LENGTH = 200
_JSON_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"?(\s*:)?', re.DOTALL)
_TAGS = re.compile(r"<(script|style)\b.*?</\1\s*>|<[^>]*>", re.DOTALL | re.IGNORECASE)


class MaskedDict(dict[str, Any]):
    """A dict that shows its keys and never its values: API keys, headers."""

    def __repr__(self) -> str:
        return repr(dict.fromkeys(self, MASK))


def masked(value: Any) -> str | None:
    """Stand for a secret in a repr: `'***'` if it is set, `None` if it is not."""
    return None if value is None else MASK


def shown_headers(headers: Mapping[str, str]) -> dict[str, str]:
    """Copy the headers of an answer as an exception may show them: cookies masked, names in title case."""
    return {name.title(): MASK if name.lower().startswith("set-cookie") else value for name, value in headers.items()}


def excerpt(text: str) -> str:
    """Cut a body down to what an error message may show: markup removed, quoted values of JSON masked."""
    start = text[: 20 * _EXCERPT_LENGTH].lstrip("\ufeff \t\r\n")
    if start[:1] in ("{", "[", '"'):
        shown = _JSON_TEXT.sub(lambda found: found[0] if found[1] else f'"{MASK}"', start)
    else:
        shown = _TAGS.sub(" ", start)
    shown = " ".join(shown.split())
    return shown if len(shown) <= _EXCERPT_LENGTH else shown[:_EXCERPT_LENGTH] + "..."
