"""Response bodies that go into a private file."""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from email.message import Message
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from elements_sdk._http.body import BodyBuffer, FileError
from elements_sdk._http.messages import Response
from elements_sdk._utils.errors import Translated, problem_of_file

_LONGEST_NAME = 100  # characters
_LONGEST_DISPOSITION = 4096  # characters
_RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{number}" for port in ("COM", "LPT") for number in "0123456789¹²³")}
_NOT_IN_A_NAME = re.compile(r"[^\w.() \-]")


class DownloadedFile(str):
    """The path of a file that holds a response body. It is in a private folder of its own, and yours to delete.

    :ivar suggested_name: what the server calls the file, made harmless; `None` if it does not say. It is not the name
        of the file here.
    :ivar content_type: its media type, as the server says.
    """

    suggested_name: str | None = None
    content_type: str | None = None


class FileBuffer(BodyBuffer):
    """A body in a new file that only this user can read.

    :param folder: where the file's own folder is made; `None`: where the system keeps temporary files.
    :raises FileError: the file cannot be made.
    """

    def __init__(self, most: int | None, folder: str | None) -> None:
        super().__init__(most)
        self._path = _new_path(folder)
        try:
            self._file = _opened(self._path)
        except BaseException:
            shutil.rmtree(self._path.parent, ignore_errors=True)
            raise

    def put_into(self, response: Response) -> None:
        self._file.close()
        headers, path = response.headers, DownloadedFile(self._path)
        path.suggested_name = harmless_name(headers.get("Content-Disposition", ""))
        path.content_type = headers.get("Content-Type")
        response.file = path

    def discard(self) -> None:
        """Remove the file and its folder."""
        self._file.close()
        shutil.rmtree(self._path.parent, ignore_errors=True)

    def _store(self, chunk: bytes) -> None:
        view = memoryview(chunk)
        with Translated(OSError, _unwritable):
            while view:  # on a disk that is nearly full, a write may store a part only, without an error
                view = view[self._file.write(view) :]


def harmless_name(disposition: str) -> str | None:
    """Return the file name in a `Content-Disposition`, without folders and characters that a file system may refuse."""
    if len(disposition) > _LONGEST_DISPOSITION:  # the parser's time grows with the square of the length
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


def _new_path(folder: str | None) -> Path:
    problem = "no folder can be made in temp_folder_path"
    with Translated((OSError, ValueError), lambda error: FileError(f"{problem}: {problem_of_file(error)}")):
        return Path(tempfile.mkdtemp(prefix="elements-", dir=folder)) / "answer"


def _opened(path: Path) -> BinaryIO:
    with Translated(OSError, _unwritable):
        return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb", buffering=0)


def _unwritable(error: OSError) -> FileError:
    return FileError(f"the answer cannot be written to a file: {error.strerror}")
