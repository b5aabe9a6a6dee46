"""What mypy --strict and pyright make of a user's program, and of a user's mistakes."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from test.project.checkers import ROOT, marked, mypy, pyright


@pytest.mark.timeout(300)
@pytest.mark.parametrize("checker", [mypy, pyright])
@pytest.mark.parametrize(("kind", "count"), [("", 29), ("_aio", 22)])
def test_program_is_accepted_and_every_mistake_is_refused(
    checker: Callable[[Path], set[int]], kind: str, count: int, tmp_path: Path
) -> None:
    program, mistakes = (
        Path(shutil.copy(ROOT / "test/data" / f"{name}{kind}.py", tmp_path))
        for name in ("user_program", "user_mistakes")
    )
    assert checker(program) == set()
    assert len(marked(mistakes)) == count
    assert checker(mistakes) == marked(mistakes)


@pytest.mark.parametrize("command", [["mypy", "--strict"], ["pyright"]])
@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("Ticket", ["ticket"]),
        ("AuthLoginEndpointRequest", ["username", "password", "otp", "new_password"]),
        ("ClientSession", ["id", "user", "mounted_workspaces", "started", "last_updated", "workstation"]),
    ],
)
def test_editors_are_told_the_properties_first(
    command: list[str], model: str, names: list[str], tmp_path: Path
) -> None:
    program = tmp_path / "program.py"
    program.write_text(f"from elements_sdk import {model}\nreveal_type({model}.__init__)\n", "utf-8")
    result = subprocess.run(
        [sys.executable, "-m", *command, str(program)],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    shown = re.findall(r"\*, (.*)", result.stdout)[0]
    assert re.findall(r"(\w+): ", shown) == [*names, "local_vars_configuration"]
