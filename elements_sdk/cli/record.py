"""The record of a job: a file with a row for each outcome, written as they come."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

from elements_sdk.cli.errors import USAGE, CommandFailed
from elements_sdk.cli.output import as_csv

Row = dict[str, str | int | None]
COLUMNS = ("time", "id", "owner", "page", "expires", "outcome", "reason")


def check_new_record(path: str) -> None:
    """Raise unless a record can be written to this path, as far as one can tell without writing.

    :raises CommandFailed: the name does not end in .csv or .json, the file exists, or its folder does not.
    """
    if not path.lower().endswith((".csv", ".json")):
        raise CommandFailed("--record needs a file named .csv or .json", code=USAGE)
    file = Path(path)
    if file.exists() or not file.parent.is_dir():
        problem = "is there already, and is not written over" if file.exists() else "cannot be written: no such folder"
        raise _not_writable(file, problem)


def _not_writable(file: Path, problem: str) -> CommandFailed:
    return CommandFailed(f"{file} {problem}", "name another file for --record", USAGE)


class Record:
    """A new CSV or JSON file, as its name says. Rows that were added are kept even if the job is killed."""

    def __init__(self, path: str) -> None:
        """
        :raises CommandFailed: the file is there already, or cannot be written.
        """
        self._is_json = path.lower().endswith(".json")
        check_new_record(path)
        try:
            self._file = open(path, "x", encoding="utf-8", newline="")  # noqa: SIM115 (closed by __exit__)
            problem = None
        except OSError as error:
            problem = f"cannot be written: {error.strerror}"
        if problem:
            raise _not_writable(Path(path), problem)
        self._rows = 0
        if not self._is_json:
            self._write(as_csv([], COLUMNS))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._is_json:
            self._write("\n]\n" if self._rows else "[]\n")
        self._file.close()

    def add(self, rows: Iterable[Row]) -> None:
        """Write rows."""
        for row in rows:
            if self._is_json:
                self._write(("[\n" if not self._rows else ",\n") + json.dumps(row, ensure_ascii=False))
            else:
                self._write(as_csv([row], COLUMNS).partition("\n")[2])
            self._rows += 1

    def _write(self, text: str) -> None:
        self._file.write(text)
        self._file.flush()
