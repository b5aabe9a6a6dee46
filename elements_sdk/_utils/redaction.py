"""What may be shown of a request, a response and a setting, and what is masked instead."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import quote, quote_plus

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict

T_co = TypeVar("T_co", covariant=True)
MASK = "***"
SECRET_NAMES = frozenset(
    {"password", "new_password", "otp", "token", "ticket", "session_key", "authorization", "cookie"}
)
_PUBLIC_HEADERS = frozenset({"accept", "content-type", "user-agent", "referer", "host"})
_SHORTEST_SECRET = 4  # characters; shorter ones occur in any sentence
_EXCERPT_LENGTH = 200
# Patterns that are compiled when they are first used, since only failures need them.
_QUOTED = r"""(?s)(?:"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$))(\s*:)?"""
_NAMED_SECRET = rf"(?i)(\b(?:{'|'.join(sorted(SECRET_NAMES))})\b\W{{0,4}}[=:]\s*)\S+"
_HTML = {ord(sign): f"&{name};" for sign, name in zip("&<>\"'", ("amp", "lt", "gt", "quot", "#x27"), strict=True)}
_TOKEN = r"[\w+/=.\-]{16,}"
_TAGS = r"(?is)<(script|style)\b.*?</\1\s*>|<[^<>]*>"


class Opaque(Generic[T_co]):
    """A value that may be secret, as the locals of this package hold it; `reveal` returns it.

    Error reporters walk the mappings and sequences in locals without asking for their repr (sentry-sdk 2, elastic-apm
    6, stackprinter 0.2); of any other object they show the repr. So what is revealed is used in expressions, and bound
    to no name. Some also look up the dotted names of the source (stackprinter, cgitb), so it is no attribute either.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T_co) -> None:
        self._value = value

    def __repr__(self) -> str:
        return MASK


if TYPE_CHECKING:

    def reveal(given: Opaque[T_co]) -> T_co:
        """Return the value."""
        ...
else:
    reveal = attrgetter("_value")


class MaskedDict(dict[str, Any]):
    """A dict for users that shows its keys and never its values: API keys, headers. Not for locals: see `Opaque`."""

    def __repr__(self) -> str:
        return repr(dict.fromkeys(self, MASK))


def masked(value: Any) -> str | None:
    """Return what stands for a secret in a repr: `'***'` if it is set, `None` if it is not."""
    return None if value is None else MASK


def secrets_of(headers: Mapping[str, str], body: bytes | None) -> list[str]:
    """Return what of a request may be secret: headers that are not known to be public, and secrets in a JSON body."""
    found: set[str] = set()
    for name, value in headers.items():
        if name.lower() not in _PUBLIC_HEADERS:
            found |= {str(value), *(part.strip('"') for part in re.split(r"[\s;=]+", str(value)))}
    with suppress(ValueError, RecursionError):
        _collect_secrets(json.loads(body or b"null"), found)
    long_enough = [secret for secret in found if len(secret) >= _SHORTEST_SECRET]
    return sorted({spelling for secret in long_enough for spelling in _spellings(secret)}, key=len, reverse=True)


def _spellings(secret: str) -> Iterator[str]:
    """Yield how a secret may come back: as it is, or as HTML, JSON and URLs write it."""
    yield from (secret, secret.translate(_HTML), json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1])
    with suppress(UnicodeEncodeError):
        yield from (quote(secret), quote(secret, safe=""), quote_plus(secret))


def scrub(text: str, secrets: Iterable[str]) -> str:
    """Mask what is secret in a text."""
    for secret in secrets:
        text = text.replace(secret, MASK)
    return text


def _collect_secrets(value: Any, found: set[str]) -> None:
    if isinstance(value, dict):
        found |= {str(item) for name, item in value.items() if name in SECRET_NAMES and isinstance(item, str | int)}
        for item in value.values():
            _collect_secrets(item, found)
    elif isinstance(value, list):
        for item in value:
            _collect_secrets(item, found)


def shown_headers(headers: Mapping[str, str]) -> HTTPHeaderDict:
    """Return the headers of a response as an exception may show them: cookies masked."""
    from urllib3 import HTTPHeaderDict

    shown = HTTPHeaderDict()
    for name, value in headers.items():
        shown[name] = MASK if name.lower().startswith("set-cookie") else value
    return shown


def excerpt(text: str) -> str:
    """Cut a body down to what an error message may show: markup removed, whatever may be a secret masked."""
    start = text[: 20 * _EXCERPT_LENGTH].lstrip("\ufeff \t\r\n")
    shown = re.sub(_QUOTED, _masked_text, start) if _is_data(start) else start
    shown = re.sub(_TAGS, " ", shown)
    shown = re.sub(_NAMED_SECRET, rf"\1{MASK}", shown)
    shown = " ".join(re.sub(_TOKEN, MASK, word) if re.search(r"\d", word) else word for word in shown.split())
    return shown if len(shown) <= _EXCERPT_LENGTH else shown[:_EXCERPT_LENGTH] + "..."


def _masked_text(found: re.Match[str]) -> str:
    """Mask a text in quotes, unless it is the name of something."""
    return found[0] if found[1] else f'"{MASK}"'


def _is_data(text: str) -> bool:
    return "{" in text[:20] or text[:1] in ("[", '"', "'")
