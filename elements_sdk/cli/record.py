"""The record of a job: a file with a row for each outcome, written as they come, from which the job can go on."""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from elements_sdk._utils.errors import Translated
from elements_sdk.cli.errors import USAGE, CommandFailed
from elements_sdk.cli.output import as_csv, as_json, to_plain

if sys.platform == "win32":
    fcntl = None
else:
    import fcntl

Row = dict[str, Any]
_BEGIN, _END = "[", "\n]\n"  # of a JSON record


def check_new_record(path: str) -> None:
    """Raise unless a record can be written to this path, as far as one can tell without writing.

    :raises CommandFailed: the name does not end in .csv or .json, the file exists, or its folder does not.
    """
    if not path.lower().endswith((".csv", ".json")):
        raise CommandFailed("--record needs a file named .csv or .json", code=USAGE)
    file = Path(path)
    if file.exists() or not file.parent.is_dir():
        problem = "is there already, and is not written over" if file.exists() else "cannot be written: no such folder"
        raise CommandFailed(f"{file} {problem}", "name another file for --record", USAGE)


def rows_as_csv(rows: list[Row], columns: tuple[str, ...]) -> str:
    """Write rows as CSV, each value in the column of its name: an odd one that is an object stands there as JSON."""
    return as_csv([{name: _cell(value) for name, value in row.items()} for row in rows], columns)


class Record:
    """A CSV or JSON file, as its name says. It is whole after each row, whatever ends the job or fills the disk.

    :ivar rows: those that were there when it was opened.
    :ivar problem: why the file takes no more rows; `None` as long as it does.
    :ivar rows_left: the rows that it could not take.
    """

    def __init__(self, path: str, columns: tuple[str, ...], resumes: bool = False) -> None:
        """
        :param columns: of every row.
        :param resumes: whether the file is there and goes on; else it must not be there.
        :raises CommandFailed: the file cannot be written, is there and should not be, or is not such a record.
        """
        self.path = path
        self.rows: list[Row] = []
        self.problem: str | None = None
        self.rows_left: list[Row] = []
        self._columns = columns
        self._is_json = path.lower().endswith(".json")
        if not resumes:
            check_new_record(path)
        self._descriptor = _opened(path, os.O_RDWR if resumes else os.O_RDWR | os.O_CREAT | os.O_EXCL)
        self._size, self._is_empty = 0, True
        try:
            if not _lock(self._descriptor):
                raise CommandFailed(f"another job is writing to {path}", "wait until it has ended")
            if resumes:
                self._resume()
            else:
                self._begin()
        except BaseException:
            os.close(self._descriptor)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def add(self, row: Row) -> None:
        """Write a row; if the file does not take it, keep it in `rows_left`. It raises nothing."""
        row = {name: _plain(value) for name, value in row.items()}
        if self.problem is None:
            if self._is_json:
                separator = "\n" if self._is_empty else ",\n"
                self._replace_end(_END, separator + as_json(row) + _END)
            else:
                self._replace_end("", rows_as_csv([row], self._columns).partition("\n")[2])
            self._is_empty = False
        if self.problem is not None:
            self.rows_left.append(row)

    def _begin(self) -> None:
        self._replace_end("", _BEGIN + _END if self._is_json else as_csv([], self._columns))
        if self.problem is not None:
            with suppress(OSError):
                os.unlink(self.path)
            raise CommandFailed(f"{self.path} cannot be written: {self.problem}", "name another file for --record")

    def _resume(self) -> None:
        """Read the rows that are there, and end the file as `add` expects it: an editor may have changed that."""
        with open(self._descriptor, "rb", closefd=False) as file:
            data = file.read()
        self.rows = _rows_in(data, self.path, self._columns)
        self._is_empty = not self.rows
        end = (_END if self._is_json else "\n").encode()
        content = data.rstrip().removesuffix(b"]").rstrip() if self._is_json else data.removesuffix(b"\n")
        self._size = len(content + end)
        if content + end != data:
            os.pwrite(self._descriptor, end, len(content))
            os.ftruncate(self._descriptor, self._size)

    def _replace_end(self, end: str, text: str) -> None:
        """Put a text in the place of the file's end; if it does not fit, leave the file as it was."""
        begin, data = self._size - len(end), text.encode()
        try:
            written = 0
            while written < len(data):  # a disk that is nearly full takes a part
                written += os.pwrite(self._descriptor, data[written:], begin + written)
            self._size = begin + len(data)
            return
        except OSError as error:
            self.problem = error.strerror or type(error).__name__
        with suppress(OSError):  # a device that has failed takes nothing any more
            os.ftruncate(self._descriptor, self._size)
            os.pwrite(self._descriptor, end.encode(), begin)


def _opened(path: str, flags: int) -> int:
    cannot = f"{path} cannot be opened"
    with Translated(OSError, lambda error: CommandFailed(f"{cannot}: {error.strerror}", "name another file", USAGE)):
        return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)


def _lock(descriptor: int) -> bool:
    """Take a file for this process alone, where the file system can do that; return whether nobody else has it."""
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:  # it has no locks
        return True
    return True


def _rows_in(data: bytes, path: str, columns: tuple[str, ...]) -> list[Row]:
    """Read the rows of a record.

    :raises CommandFailed: it is not a record with these columns.
    """
    try:
        text = data.decode("utf-8-sig")
        rows = json.loads(text) if path.lower().endswith(".json") else _rows_of_csv(text, columns)
        if isinstance(rows, list) and all(isinstance(row, dict) and [*row] == [*columns] for row in rows):
            return rows
        problem = "is not a record of this command"
    except (ValueError, RecursionError, csv.Error):
        problem = "is not a record"
    raise CommandFailed(f"{path} {problem}", "name the file that --record has written", USAGE)


def _rows_of_csv(text: str, columns: tuple[str, ...]) -> list[Row] | None:
    """Read rows; `None` where the columns are others."""
    csv.field_size_limit(2**31 - 1)  # a cell may be longer than 131,072 characters
    reader = csv.DictReader(io.StringIO(text, newline=""))
    return list(reader) if reader.fieldnames == [*columns] else None


def _plain(value: Any) -> Any:
    """Turn a value into one that has JSON, whatever a server sent."""
    try:
        plain = to_plain(value)
        as_json(plain)
    except (TypeError, ValueError, RecursionError):
        return "(cannot be written)"
    return plain


def _cell(value: Any) -> Any:
    return as_json(value) if isinstance(value, dict) else value
