"""mypy and pyright, as a user runs them on a program."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def mypy(file: Path, root: Path = ROOT) -> set[int]:
    """Return the lines in which mypy finds an error; the SDK is that below `root`."""
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", file.name]
    result = subprocess.run(
        command, capture_output=True, text=True, cwd=file.parent, env={**os.environ, "MYPYPATH": str(root)}
    )
    assert result.stderr == ""
    found = re.findall(r"^(.+?):(\d+): error:", result.stdout, re.MULTILINE)
    return {int(line) for name, line in found if name == file.name}


def pyright(file: Path, root: Path = ROOT) -> set[int]:
    """Return the lines in which pyright finds an error; the SDK is that below `root`."""
    (file.parent / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [str(root)]}))
    command = [sys.executable, "-m", "pyright", "--outputjson", "--pythonpath", sys.executable, file.name]
    result = subprocess.run(command, capture_output=True, text=True, cwd=file.parent)
    report = json.loads(result.stdout)
    assert report["summary"]["filesAnalyzed"] == 1
    found = [item for item in report["generalDiagnostics"] if item["severity"] == "error"]
    return {item["range"]["start"]["line"] + 1 for item in found}


def marked(file: Path) -> set[int]:
    """Return the lines that end in `# error`."""
    return {number for number, line in enumerate(file.read_text("utf-8").splitlines(), 1) if line.endswith("# error")}
