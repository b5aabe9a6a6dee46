"""Files that a command reads and writes."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path

from elements_sdk._utils.errors import Translated, problem_of_file
from elements_sdk.cli.errors import USAGE, CommandFailed


def unreadable(option: str, path: str) -> Translated[Exception]:
    """Return a block in which a file that cannot be read is a `CommandFailed` that names the option."""

    def failed(error: Exception) -> CommandFailed:
        return CommandFailed(f"{option}: {path} cannot be read: {problem_of_file(error)}", code=USAGE)

    return Translated((OSError, ValueError), failed)


def put_in_place(file: Path, text: str, mode: int = 0o666) -> None:
    """Write a file beside the old one and put it in its place, so that the old one is there until the new one is whole.

    :param mode: permissions of a new file, less those that the umask takes away.
    :raises OSError: it cannot be written.
    """
    if file.exists() and not file.is_file():  # a pipe, a device
        file.write_text(text, "utf-8")
        return
    file = Path(os.path.realpath(file))  # a link stays one
    beside = file.with_name(f".{secrets.token_hex(8)}.part")  # short: a name may be as long as names can be
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)  # else another's file is deleted below
    try:
        with open(descriptor, "w", encoding="utf-8") as opened:
            opened.write(text)
            opened.flush()
            os.fsync(opened.fileno())
        if file.exists():
            os.chmod(beside, file.stat().st_mode & 0o7777)
        os.replace(beside, file)
    except BaseException:
        with suppress(OSError):
            beside.unlink()
        raise
