"""Decompression of bodies in small steps, between which the clock can be looked at: one way for both clients."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from elements_sdk._http.body import Damaged, TooLarge, UnknownCoding
from elements_sdk._http.budgets import BLOCK, GZIP_MEMBERS, INFLATED_AT_A_TIME

_GZIP, _ZLIB, _RAW_DEFLATE = 31, 15, -15  # `wbits` of zlib
_CODINGS = {"gzip": _GZIP, "x-gzip": _GZIP, "deflate": _ZLIB}
_GZIP_MAGIC = b"\x1f\x8b"
_DAMAGED = "the answer's compression is damaged"


class Inflater:
    """A body on its way in, compressed by gzip or deflate, or not at all.

    :param headers: those of the response.
    :param most: compressed bytes that it may have; `None`: any number.
    :raises UnknownCoding: it has another content coding, or more than one.
    """

    def __init__(self, headers: Mapping[str, str], most: int | None) -> None:
        self._wbits = _wbits(headers.get("Content-Encoding", ""))
        self._most = most
        self._engine: zlib._Decompress | None = None  # `None` between two members
        self._held = b""  # less than the start of a member
        self._size = self._members = 0
        self._has_ended = False

    def steps(self, chunk: bytes) -> Iterator[bytes]:
        """Yield what a chunk stands for: a block at most each time, and nothing where that is the work of one step.

        :raises Damaged: the body is not compressed as its headers say.
        :raises TooLarge: with this chunk, it is over the limit.
        """
        if self._wbits is None:
            yield chunk
            return
        self._size += len(chunk)
        if self._most is not None and self._size > self._most:
            raise TooLarge(self._most)
        for position in range(0, len(chunk), INFLATED_AT_A_TIME):
            yield from self._inflate(self._held + chunk[position : position + INFLATED_AT_A_TIME], self._wbits)

    def end(self) -> None:
        """Check that the body has come to its end, the checksum included. Nothing at all is a body, too.

        :raises Damaged: it has not.
        """
        if self._size and (self._engine is not None or self._members == 0):
            raise Damaged("the answer broke off within its compression")

    def _inflate(self, data: bytes, wbits: int) -> Iterator[bytes]:
        self._held, has_more = b"", False
        while (data or has_more) and not self._has_ended:
            if self._engine is None and len(data) < len(_GZIP_MAGIC):
                self._held = data
                return
            engine = self._engine or self._next_member(data, wbits)
            if engine is None:
                return
            try:
                inflated = engine.decompress(data, BLOCK)
            except zlib.error:
                inflated = None
            if inflated is None:
                raise Damaged(_DAMAGED)
            data, has_more, self._engine = engine.unconsumed_tail, len(inflated) == BLOCK, engine
            if engine.eof:
                data, has_more, self._engine = engine.unused_data, False, None
            yield inflated

    def _next_member(self, data: bytes, wbits: int) -> zlib._Decompress | None:
        """Begin the body, or another gzip member; what follows the last one is padding, and skipped."""
        if wbits == _ZLIB and (data[0] & 15 != 8 or int.from_bytes(data[:2]) % 31):  # as some servers say deflate
            wbits = _RAW_DEFLATE
        self._has_ended = self._members > 0 and (wbits != _GZIP or not data.startswith(_GZIP_MAGIC))
        if self._has_ended:
            return None
        self._members += 1
        if self._members > GZIP_MEMBERS:
            raise Damaged(_DAMAGED)
        return zlib.decompressobj(wbits)


def _wbits(content_encoding: str) -> int | None:
    codings = [coding.strip().lower() for coding in content_encoding.split(",")]
    codings = [coding for coding in codings if coding not in ("", "identity")]
    if not codings:
        return None
    if len(codings) > 1:
        raise UnknownCoding(f"the answer is compressed {len(codings)} times, which is refused")
    if codings[0] not in _CODINGS:
        raise UnknownCoding("the answer has a content coding that is neither gzip nor deflate")
    return _CODINGS[codings[0]]
