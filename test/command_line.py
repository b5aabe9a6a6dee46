"""Runs `elements-sdk` as a user runs it: a process of its own, in an environment without `ELEMENTS_` variables."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import termios
import time
import warnings
from collections.abc import Collection
from pathlib import Path

import pytest

from elements_sdk.cli import running
from elements_sdk.sandbox import Sandbox

COMMAND = str(Path(sys.executable).with_name("elements-sdk"))


def environment(**variables: str) -> dict[str, str]:
    """Return the environment of this process without our variables and the terminal's width, but with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ELEMENTS_", "COLUMNS"))}
    return {**kept, **variables}


def run(*arguments: str, stdin: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a command without a terminal."""
    return subprocess.run(
        [COMMAND, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=50,
        env=environment(**variables),
    )


def run_here(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in this process: much quicker, where nothing of the process is looked at."""
    for name in [name for name in os.environ if name.startswith("ELEMENTS_")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)  # which the command replaces
    monkeypatch.setattr(sys, "stdin", None)
    code = running.run(arguments)
    return subprocess.CompletedProcess(arguments, code, *capsys.readouterr())


def run_on_terminal(
    *arguments: str, types: list[tuple[str, str]], echoes: Collection[str] | bool = (), **variables: str
) -> tuple[int, str]:
    """Run a command on a terminal of its own; return its exit code and all that the terminal shows.

    :param types: what to wait for, and what to type then.
    :param echoes: the questions to which what is typed may be seen, or `True`; else it is typed once the echo is off.
    """

    def seen(question: str) -> bool:
        return echoes is True or (echoes is not False and question in echoes)

    process_id, terminal = pty.fork()
    if process_id == 0:
        os.execve(COMMAND, [COMMAND, *arguments], environment(**{"TERM": "xterm", "COLUMNS": "100", **variables}))
    shown, waiting, limit = "", list(types), time.monotonic() + 50
    while time.monotonic() < limit:
        if (
            waiting
            and waiting[0][0] in shown
            and (seen(waiting[0][0]) or not termios.tcgetattr(terminal)[3] & termios.ECHO)
        ):
            os.write(terminal, waiting.pop(0)[1].encode())
        if not select.select([terminal], [], [], 0.05)[0]:
            continue
        try:
            chunk = os.read(terminal, 65536).decode("utf-8", "replace")
        except OSError:  # the other side has gone
            break
        if not chunk:
            break
        shown += chunk
    os.close(terminal)
    return os.waitstatus_to_exitcode(os.waitpid(process_id, 0)[1]), shown


def as_admin(sandbox: Sandbox) -> dict[str, str]:
    """Return the variables of calls as the administrator of a sandbox."""
    return {"ELEMENTS_HOST": sandbox.host, "ELEMENTS_API_TOKEN": sandbox.admin.api_token}
