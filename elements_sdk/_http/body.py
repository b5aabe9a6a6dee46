"""How bodies are framed, and buffers that take one chunk by chunk, up to a number of bytes."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

from elements_sdk._http.budgets import BLOCK
from elements_sdk._http.messages import Response

_LENGTH = re.compile("[0-9]{1,18}")
_MOST_DIGITS = 9  # of a Content-Length that is looked at; Python refuses to convert very many


def is_small(headers: Mapping[str, str], most: int | None) -> bool:
    """Return whether a body can be read in one go: its headers say that it is small, and not compressed.

    :param most: bytes that it may have; `None`: any number.
    """
    length = headers.get("Content-Length", "")
    if not length.isdecimal() or len(length) > _MOST_DIGITS:
        return False
    if "Content-Encoding" in headers or "Transfer-Encoding" in headers:  # whose chunks may be more than the length says
        return False
    return int(length) <= (BLOCK if most is None else min(most, BLOCK))


class BodyError(Exception):
    """A body could not be read; the text says why."""


class TooLarge(BodyError):
    """It has more bytes than it may: `most`."""

    def __init__(self, most: int) -> None:
        limit = f"{most:,} bytes (Configuration.max_response_bytes)"
        super().__init__(f"the answer has more than {limit}: raise that, or ask for less")


class Damaged(BodyError):
    """It is not compressed as its headers say, or its end is missing."""


class UnknownCoding(BodyError):
    """It has a content coding that is not read."""


class Malformed(BodyError):
    """It, or the headers before it, is not as HTTP says; the text says in which way.

    :ivar status: of the response, if that much could be read.
    """

    status: int | None = None

    def __str__(self) -> str:
        return f"the answer is not valid HTTP: {super().__str__()}"


class FileError(BodyError):
    """It could not be written to a file."""


def check_framing(lengths: Sequence[str], codings: Sequence[str]) -> None:
    """Check how a body is framed (RFC 9112 section 6): where two readers might not agree on its end, it is not read.

    :param lengths: the values of `Content-Length`.
    :param codings: those of `Transfer-Encoding`.
    :raises Malformed: it is not one length, nor chunks, nor up to the end of the connection.
    """
    if codings and lengths:
        raise Malformed("it has both Content-Length and Transfer-Encoding")
    if codings and [coding.strip().lower() for coding in codings] != ["chunked"]:
        raise Malformed("its Transfer-Encoding is not chunked")
    if lengths and not (len(lengths) == 1 and _LENGTH.fullmatch(lengths[0].strip())):
        raise Malformed("its Content-Length is not one number")


class BodyBuffer:
    """A body in memory.

    :param most: bytes that it may have, decompressed; `None`: any number.
    """

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._size = 0
        self._whole = io.BytesIO()

    def reserve(self, promised: int | None) -> None:
        """Check a length: the one that the headers promise, or that of what has come.

        :param promised: bytes; `None`: the headers do not say.
        :raises TooLarge: the length is over the limit.
        """
        if self._most is not None and promised is not None and promised > self._most:
            raise TooLarge(self._most)

    def write(self, chunk: bytes) -> None:
        """Store the next chunk.

        :raises TooLarge: with it, the body is over the limit.
        :raises FileError: the chunk cannot be written.
        """
        self._size += len(chunk)
        self.reserve(self._size)
        self._store(chunk)

    def put_into(self, response: Response) -> None:
        """Put the complete body into its response: bytes as data, a path as file."""
        response.data = self._whole.getvalue()  # without a copy

    def discard(self) -> None:
        self._whole = io.BytesIO()

    def _store(self, chunk: bytes) -> None:
        self._whole.write(chunk)


Body = Literal["read", "leave"] | Callable[[], BodyBuffer]  # what becomes of the body of a success


def new_body(body: Body, status: int, limit: int | None) -> BodyBuffer:
    """Make the buffer for the body of a response with this status: only that of a success goes where a caller wants it.

    :param limit: bytes that one in memory may have, decompressed; `None`: any number.
    :raises FileError: the file cannot be made.
    """
    return body() if callable(body) and 200 <= status < 300 else BodyBuffer(limit)
