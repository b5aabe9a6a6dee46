"""The record of a job: a file with a row for each outcome, written as they come, from which the job can go on."""

from __future__ import annotations

import csv
import io
import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from elements_sdk.cli.errors import USAGE, CommandFailed
from elements_sdk.cli.output import as_csv, as_json, to_plain

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


def read_record(path: str, columns: tuple[str, ...]) -> list[Row]:
    """Read the rows of a record.

    :param columns: those that it must have.
    :raises CommandFailed: the file cannot be read, or is not such a record.
    """
    try:
        text = Path(path).read_text("utf-8-sig")
        rows = _rows_of_json(text) if path.lower().endswith(".json") else list(csv.DictReader(io.StringIO(text)))
        if all(isinstance(row, dict) and [*row] == [*columns] for row in rows):
            return rows
        problem = "is not a record of this command"
    except OSError as error:
        problem = f"cannot be read: {error.strerror}"
    except (ValueError, csv.Error):
        problem = "is not a record"
    raise CommandFailed(f"{path} {problem}", "name the file that --record has written", USAGE)


def rows_as_csv(rows: list[Row], columns: tuple[str, ...]) -> str:
    """Write rows as CSV, each value in the column of its name: an odd one that is an object stands there as JSON."""
    return as_csv([{name: _cell(value) for name, value in row.items()} for row in rows], columns)


class Record:
    """A CSV or JSON file, as its name says. It is whole after each row, whatever ends the job or fills the disk.

    :ivar problem: why the file takes no more rows; `None` as long as it does.
    :ivar rows_left: the rows that it could not take.
    """

    def __init__(self, path: str, columns: tuple[str, ...], resumes: bool = False) -> None:
        """
        :param columns: of every row.
        :param resumes: whether the file is there and goes on; else it must not be there.
        :raises CommandFailed: the file cannot be written, or is there and should not be.
        """
        self.path = path
        self.problem: str | None = None
        self.rows_left: list[Row] = []
        self._columns = columns
        self._is_json = path.lower().endswith(".json")
        if not resumes:
            check_new_record(path)
        self._descriptor = _opened(path, os.O_RDWR if resumes else os.O_RDWR | os.O_CREAT | os.O_EXCL)
        self._size = os.fstat(self._descriptor).st_size
        if not self._size:
            self._replace_end("", _BEGIN + _END if self._is_json else as_csv([], columns))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def add(self, row: Row) -> None:
        """Write a row; if the file does not take it, keep it in `rows_left`."""
        if self.problem is None:
            if self._is_json:
                separator = "\n" if self._size == len(_BEGIN + _END) else ",\n"
                self._replace_end(_END, separator + as_json(to_plain(row)) + _END)
            else:
                self._replace_end("", rows_as_csv([row], self._columns).partition("\n")[2])
        if self.problem is not None:
            self.rows_left.append(row)

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
    try:
        return os.open(path, flags | getattr(os, "O_BINARY", 0), 0o666)
    except OSError as error:
        problem = error.strerror
    raise CommandFailed(f"{path} cannot be written: {problem}", "name another file for --record", USAGE)


def _rows_of_json(text: str) -> list[Row]:
    rows = json.loads(text)
    if not isinstance(rows, list):
        raise ValueError("not a list")
    return rows


def _cell(value: Any) -> Any:
    return as_json(to_plain(value)) if isinstance(value, dict) else value
