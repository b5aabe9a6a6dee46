"""The command line as `python -m elements_sdk`."""

from __future__ import annotations

import subprocess
import sys

import pytest

from test.command_line import environment


@pytest.mark.parametrize(
    ("arguments", "words"), [(["--version"], "elements-sdk, version"), (["auth", "--help"], "auth")]
)
def test_command_line_runs_as_a_module(arguments: list[str], words: str) -> None:
    command = [sys.executable, "-m", "elements_sdk", *arguments]
    result = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert result.returncode == 0, result.stderr
    assert words in result.stdout
    assert "Usage: python" not in result.stdout


def test_exit_code_of_the_module_is_that_of_the_command_line() -> None:
    command = [sys.executable, "-m", "elements_sdk", "no-such-command"]
    result = subprocess.run(command, capture_output=True, text=True, env=environment())
    assert result.returncode == 2
    assert "no-such-command" in result.stderr
