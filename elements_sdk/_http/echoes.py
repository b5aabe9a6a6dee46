"""What of a request is secret, and how it is masked wherever an answer repeats it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import parse_qsl, unquote

from elements_sdk._http.messages import Request
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.redaction import MASK, Masked, is_secret_name

_PUBLIC_HEADERS = frozenset(("accept", "accept-encoding", "accept-language", "cache-control", "connection"))
_PUBLIC_HEADERS |= {"content-length", "content-type", "host", "referer", "traceparent", "user-agent", "x-request-id"}
_SHORTEST = 4  # characters; shorter ones occur in any sentence
_COMPARED = 2_000  # characters; a longer secret is masked in pieces
_PER_CHARACTER = 20  # characters of a spelling, at most
_VALUES = r'(?:^[^\s=]+\s+|=)"?([^;"\s]+)'  # of a header: what follows its scheme, and what its names stand for
_BLANKS = dict.fromkeys(map(ord, "+\t\n\v\f\r\xa0"), " ")
_BACKSLASHES = r"(?:\\|%(?:25)*+5c)++"
# What stands for a character: in JSON, once or more often in itself; percent-encoded; in HTML.
_ESCAPES = (
    rf"(?i)((?:{_BACKSLASHES}u[0-9a-f]{{4}})+)|{_BACKSLASHES}([nrt])|{_BACKSLASHES}([^%&\\])?"
    r"|((?:%(?!(?:25)*5c)(?:25)*[0-9a-f]{2})+)|&(?:amp;)*(#?\w{1,31};)"
)


class Echoes(Masked):
    """The secrets of a request, masked in whatever spelling an answer repeats them.

    They are worked out when an answer has to be shown, which is after a failure only.
    """

    __slots__ = ("_margin", "_plain", "_secrets")

    def __init__(self, request: Request) -> None:
        with Translated(BaseException, without_frames):  # Ctrl-C, say; they hold the secrets, here and below
            self._collect(request)

    def _collect(self, request: Request) -> None:
        given = set(_secrets_of(request))
        pieces = {secret[at : at + _COMPARED] for secret in given for at in range(0, len(secret), _COMPARED)}
        self._secrets = _longest_first(pieces)
        self._plain = _longest_first(_unescaped(piece)[0] for piece in pieces)
        self._margin = _PER_CHARACTER * len(self._secrets[0]) if self._secrets else 0

    def mask(self, text: str | bytes, most: int) -> str:
        """Return the beginning of a text, with the secrets masked; half of one is not shown either.

        :param most: so many characters of it.
        """
        with Translated(BaseException, without_frames):
            return self._mask(text, most)

    def _mask(self, text: str | bytes, most: int) -> str:
        start = text[: most + self._margin]
        shown = start.decode("utf-8", "replace") if isinstance(start, bytes) else start
        for secret in self._secrets:
            shown = shown.replace(secret, MASK)
        shown = self._mask_spellings(shown)
        if len(start) < len(text):  # so half a secret may stand at the end
            shown = shown[: max(len(shown) - self._margin, 0)]
        return shown[:most]

    def _mask_spellings(self, text: str) -> str:
        plain, begins, ends = _unescaped(text)
        found: list[tuple[int, int]] = []
        for secret in self._plain:
            at = plain.find(secret)
            while at >= 0:
                end = at + len(secret)
                found.append((begins[at], ends[end - 1]))
                at = plain.find(secret, end)
        parts, done = [], 0
        for begin, end in sorted(found):
            if begin >= done:
                parts += [text[done:begin], MASK]
            done = max(done, end)
        return "".join([*parts, text[done:]])


def _longest_first(secrets: Iterable[str]) -> list[str]:
    return sorted({secret for secret in secrets if len(secret) >= _SHORTEST}, key=len, reverse=True)


def _unescaped(text: str) -> tuple[str, list[int], list[int]]:
    """Return a text with its escapes resolved, and where in it each character of that begins and ends."""
    parts, begins, ends, done = list[str](), list[int](), list[int](), 0
    text = text.translate(_BLANKS)
    for found in re.finditer(_ESCAPES, text):
        begin, end = found.span()
        character = _unescaped_one(found)
        parts += [text[done:begin], character]
        begins += [*range(done, begin), *[begin] * len(character)]
        ends += [*range(done + 1, begin + 1), *[end] * len(character)]
        done = end
    begins += range(done, len(text))
    ends += range(done + 1, len(text) + 1)
    return "".join([*parts, text[done:]]), begins, ends


def _unescaped_one(found: re.Match[str]) -> str:
    units, blank, itself, percent, entity = found.groups()
    if units:
        return bytes.fromhex("".join(re.findall(r"(?i)u(.{4})", units))).decode("utf-16-be", "replace")
    if entity:
        from html import unescape  # loaded late: it brings a table of all names

        itself = unescape(f"&{entity}")
    elif percent:
        itself = unquote(re.sub("%(?:25)*(?=..)", "%", percent))
    return " " if blank else (itself or "").translate(_BLANKS)


def _secrets_of(request: Request) -> Iterator[str]:
    for name, value in request.headers.items():
        if name.lower() not in _PUBLIC_HEADERS:
            yield from (value, *re.findall(_VALUES, value))
    shown, _, query = request.path.partition("?")
    yield from (unquote(segment) for segment in shown.split("/") if segment not in request.shown_path)
    queries = {request.query, query, request.url.partition("?")[2]}
    with suppress(ValueError, RecursionError):
        yield from _named(_pairs(parse_qsl("&".join(queries))))
        yield from _named(_values_of(request.body or b""))


def _values_of(body: bytes) -> Any:
    """Read a body: JSON, a form in parts, or else a form on one line."""
    if not body.startswith(b"--"):
        try:
            return json.loads(body)
        except ValueError:
            return _pairs(parse_qsl(body.decode("utf-8", "replace")))
    parts = (part.partition(b"\r\n\r\n") for part in body.split(body.partition(b"\r\n")[0]))
    named = ((re.search(rb'\bname="([^"]*)"', head), value) for head, _, value in parts)
    return _pairs(
        (f"{name and name[1]!r}", value.removesuffix(b"\r\n").decode("utf-8", "replace")) for name, value in named
    )


def _pairs(given: Iterable[tuple[str, str]]) -> list[Mapping[str, str]]:
    return [{name: value} for name, value in given]


def _named(value: Any, is_secret: bool = False) -> Iterator[str]:
    """Yield what stands under the name of a secret, at any depth."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield from _named(item, is_secret or is_secret_name(name))
    elif isinstance(value, list):
        for item in value:
            yield from _named(item, is_secret)
    elif is_secret and value is not None and not isinstance(value, bool):
        yield str(value)
