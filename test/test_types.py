"""What mypy --strict and pyright make of a user's program, and of a user's mistakes."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


def mypy(file: Path) -> set[int]:
    """The lines in which mypy finds an error."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", file.name]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=file.parent, env={**os.environ, "MYPYPATH": str(ROOT)}
    )
    assert result.stderr == ""
    found = re.findall(r"^(.+?):(\d+): error:", result.stdout, re.MULTILINE)
    return {int(line) for name, line in found if name == file.name}


def pyright(file: Path) -> set[int]:
    """The lines in which pyright finds an error."""
    (file.parent / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(ROOT)]}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, file.name]
    result = subprocess.run(command, capture_output=True, text=True, cwd=file.parent)
    report = json.loads(result.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    found = [item for item in report["generalDiagnostics"] if item["severity"] == "error"]
    return {item["range"]["start"]["line"] + 1 for item in found}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_program_is_accepted_and_every_mistake_is_refused(checker: Callable[[Path], set[int]], tmp_path: Path) -> None:
    program, mistakes = (
        Path(shutil.copy(ROOT / "test/data" / name, tmp_path)) for name in ("user_program.py", "user_mistakes.py")
    )
    assert checker(program) == set()
    lines = mistakes.read_text("utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# error")}
    assert len(marked) == 21
    assert checker(mistakes) == marked
