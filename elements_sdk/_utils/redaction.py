"""What may be shown of a request, a response and a setting, and what is masked instead."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict

T_co = TypeVar("T_co", covariant=True)
MASK = "***"
SECRET_NAMES = frozenset(
    {"password", "new_password", "otp", "token", "ticket", "session_key", "authorization", "cookie"}
)
_SECRET_PARTS = ("password", "secret", "token", "key")
_EXCERPT_LENGTH = 200
# Patterns that are compiled when they are first used, since only failures need them.
_QUOTED = r"""(?s)(?:"(?:[^"\\]|\\.)*(?:"|$)|'(?:[^'\\]|\\.)*(?:'|$))(\s*:)?"""
_NAMED_SECRET = (
    rf"(?i)(\b(?:{'|'.join(sorted(SECRET_NAMES))}|\w*(?:{'|'.join(_SECRET_PARTS)})\w*)\b\W{{0,4}}[=:]\s*)\S+"
)
_TOKEN = r"[\w+/=.\-]{16,}"
_TAGS = r"(?is)<(script|style)\b.*?</\1\s*>|<[^<>]*>"


class Masked:
    """What shows nothing of itself, as a local that an error reporter shows."""

    __slots__ = ()

    def __repr__(self) -> str:
        return MASK


class Opaque(Masked, Generic[T_co]):
    """A value that may be secret, as the locals of this package hold it; `reveal` returns it.

    Error reporters walk the mappings and sequences in locals without asking for their repr (sentry-sdk 2, elastic-apm
    6, stackprinter 0.2); of any other object they show the repr. So what is revealed is used in expressions, and bound
    to no name. Some also look up the dotted names of the source (stackprinter, cgitb), so it is no attribute either.
    """

    __slots__ = ("_value",)

    def __init__(self, value: T_co) -> None:
        self._value = value


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


def is_secret_name(name: object) -> bool:
    """Return whether what stands under a name may be a secret."""
    text = str(name).lower()
    return text in SECRET_NAMES or any(part in text for part in _SECRET_PARTS)


def shown_headers(headers: Mapping[str, str], mask: Callable[[str], str]) -> HTTPHeaderDict:
    """Return the headers of a response as they may be shown: cookies masked, and of the others what `mask` masks."""
    from urllib3 import HTTPHeaderDict

    shown = HTTPHeaderDict()
    for name, value in headers.items():
        shown[name] = MASK if name.lower().startswith("set-cookie") else mask(value)
    return shown


def excerpt(text: str) -> str:
    """Cut a body down to what an error message may show: markup removed, whatever may be a secret masked."""
    start = text[: 20 * _EXCERPT_LENGTH].lstrip("\ufeff \t\r\n")
    shown = start
    if "{" in start[:20] or start[:1] in ("[", '"', "'"):  # texts in quotes, unless they are names of something
        shown = re.sub(_QUOTED, lambda found: found[0] if found[1] else f'"{MASK}"', start)
    shown = re.sub(_TAGS, " ", shown)
    shown = re.sub(_NAMED_SECRET, rf"\1{MASK}", shown)
    shown = " ".join(re.sub(_TOKEN, MASK, word) if re.search(r"\d", word) else word for word in shown.split())
    return shown if len(shown) <= _EXCERPT_LENGTH else shown[:_EXCERPT_LENGTH] + "..."
