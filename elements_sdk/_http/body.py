"""Takes up the body of a response chunk by chunk, under a limit of bytes."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from typing import Any, Literal, Protocol

from elements_sdk._http.messages import Response

BLOCK = 65_536  # bytes read at a time
_MOST_DIGITS = 9  # of a length that is looked at; Python makes no number of too many


def is_small(headers: Mapping[str, str], most: int | None) -> bool:
    """Whether the body of an answer can be read in one go: it says so itself, and there is nothing to decompress.

    :param most: bytes that it may have; `None`: any number.
    """
    length = headers.get("Content-Length", "")
    if not length.isdecimal() or len(length) > _MOST_DIGITS or "Content-Encoding" in headers:
        return False
    return int(length) <= (BLOCK if most is None else min(most, BLOCK))


class TooLarge(Exception):
    """A body is larger than the limit; the text says so."""


class FileError(Exception):
    """A body could not be written to a file; the text says why."""


class HasHeaders(Protocol):
    """A response, as far as its headers go."""

    @property
    def headers(self) -> Mapping[str, str]:
        """All of them."""
        ...


class BodyBuffer:
    """A body in memory.

    :param most: bytes that it may have, decompressed; `None`: any number.
    """

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._size = 0
        self._whole: io.BytesIO | None = None

    def reserve(self, promised: int | None) -> None:
        """Look at the length that a body says it has, before anything of it is read.

        :raises TooLarge: that is too much already.
        """
        if self._most is not None and promised is not None and promised > self._most:
            raise TooLarge(self._too_large())

    def write(self, chunk: bytes) -> None:
        """Take the next chunk.

        :raises TooLarge: it is one too many.
        :raises FileError: it cannot be written.
        """
        self._size += len(chunk)
        if self._most is not None and self._size > self._most:
            raise TooLarge(self._too_large())
        self._store(chunk)

    def value(self, response: HasHeaders) -> Any:
        """Return the body, now that it is complete; a file, with what the response's headers say of it."""
        return b"" if self._whole is None else self._whole.getvalue()  # without a copy

    def discard(self) -> None:
        """Leave nothing behind."""
        self._whole = None

    def _store(self, chunk: bytes) -> None:
        if self._whole is None:
            self._whole = io.BytesIO(chunk)  # without a copy
            self._whole.seek(0, io.SEEK_END)
        else:
            self._whole.write(chunk)

    def _too_large(self) -> str:
        return f"the answer has more than {self._most:,} bytes (Configuration.max_response_bytes)"


Body = Literal["read", "leave"] | Callable[[], BodyBuffer]  # what becomes of the body of a success


def new_body(body: Body, status: int, limit: int | None) -> BodyBuffer:
    """Make what takes up the body of a response with this status: only that of a success goes where a caller wants it.

    :param limit: bytes that one in memory may have, decompressed; `None`: any number.
    :raises FileError: a file cannot be made.
    """
    return body() if callable(body) and 200 <= status < 300 else BodyBuffer(limit)


def put_into(response: Response, sink: BodyBuffer) -> None:
    """Put a complete body into its response: bytes as data, a path as file."""
    value = sink.value(response)
    if isinstance(value, bytes):
        response.data = value
    else:
        response.file = value
