"""Reads the bodies of answers piece by piece, under a limit of bytes: into memory, or into a private file."""

from __future__ import annotations

import io
import os
import re
import shutil
import tempfile
from email.message import Message
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import unquote

if TYPE_CHECKING:
    from urllib3.response import BaseHTTPResponse

_BLOCK = 65_536  # bytes
_LONGEST_NAME = 100  # characters
_LONGEST_DISPOSITION = 4096  # characters
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³")}
_NOT_IN_A_NAME = re.compile(r"[^\w.() \-]")


class TooLarge(Exception):
    """A body is larger than the limit; the text says so."""


class FileError(Exception):
    """A body could not be written to a file; the text says why."""


class FileAnswer(str):
    """The path of a file that holds an answer. It is in a private folder of its own, and yours to delete.

    :ivar suggested_name: what the server calls the file, made harmless; `None` if it does not say. It is not the name
        of the file here.
    :ivar content_type: what the server says that it is.
    """

    suggested_name: str | None = None
    content_type: str | None = None


def read_into_memory(raw: BaseHTTPResponse, most: int | None) -> bytes:
    """Read a body.

    :param most: bytes that it may have, decompressed; `None`: any number.
    :raises TooLarge: it has more.
    """
    promised = _promised(raw, most)
    if promised is not None and "Content-Encoding" not in raw.headers:
        return raw.read()
    body = io.BytesIO()  # which gives its content without a copy
    _pour(raw, body, most)
    return body.getvalue()


def read_into_file(raw: BaseHTTPResponse, most: int | None, folder: str | None) -> FileAnswer:
    """Read a body into a new file, for the eyes of this user only; nothing is left behind if that fails.

    :param folder: where the file's own folder is made; `None`: where the system keeps temporary files.
    :raises TooLarge: it has more bytes than `most`.
    :raises FileError: the file cannot be written.
    """
    path = _new_path(folder)
    try:
        with _opened(path) as file:
            _pour(raw, file, most)
    except BaseException:
        shutil.rmtree(path.parent, ignore_errors=True)
        raise
    answer = FileAnswer(path)
    answer.suggested_name = harmless_name(raw.headers.get("Content-Disposition", ""))
    answer.content_type = raw.headers.get("Content-Type")
    return answer


def harmless_name(disposition: str) -> str | None:
    """Give the file name in a `Content-Disposition`, without folders and whatever a file system may take amiss."""
    if len(disposition) > _LONGEST_DISPOSITION:  # the parser's time grows with the square
        return None
    message = Message()
    message["Content-Disposition"] = disposition
    try:
        name = unquote(message.get_filename() or "")
    except (ValueError, LookupError, TypeError):
        return None
    name = _NOT_IN_A_NAME.sub("_", re.split(r"[/\\]", name)[-1]).strip(". ")[:_LONGEST_NAME].rstrip(". ")
    if name.partition(".")[0].rstrip().upper() in _RESERVED:
        name = f"_{name}"
    return name or None


def _pour(raw: BaseHTTPResponse, into: BinaryIO, most: int | None) -> None:
    _promised(raw, most)
    size = 0
    while piece := raw.read(_BLOCK):
        size += len(piece)
        if most is not None and size > most:
            raise TooLarge(_too_large(most))
        try:
            view = memoryview(piece)
            while view:  # a disk that is nearly full takes a part, and says nothing
                view = view[into.write(view) :]
        except OSError as error:
            problem = error.strerror
            break
    else:
        return
    raise FileError(f"the answer cannot be written to a file: {problem}")


def _promised(raw: BaseHTTPResponse, most: int | None) -> int | None:
    """Give the length that a body says it has, before it is decompressed."""
    promised = getattr(raw, "length_remaining", None)  # none for HEAD, whatever its Content-Length
    if most is not None and promised is not None and promised > most:
        raise TooLarge(_too_large(most))
    return promised


def _too_large(most: int) -> str:
    return f"the answer has more than {most:,} bytes (Configuration.max_response_bytes)"


def _new_path(folder: str | None) -> Path:
    try:
        return Path(tempfile.mkdtemp(prefix="elements-", dir=folder)) / "answer"
    except (OSError, ValueError) as error:
        problem = getattr(error, "strerror", None) or "that is no path"
    raise FileError(f"no folder can be made in temp_folder_path: {problem}")


def _opened(path: Path) -> BinaryIO:
    try:
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)
    except OSError as error:
        problem = error.strerror
    raise FileError(f"the answer cannot be written to a file: {problem}")
