"""The contenders and their virtual environments: one each, made on first use and kept."""

from __future__ import annotations

import hashlib
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
import venv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "bench/contenders"
CLONE = "."  # as a dependency: what this clone holds
OURS = "this_sdk"
BY_HAND = "urllib3_by_hand"
BY_HAND_IN_TASKS = "aiohttp_by_hand"
METADATA = re.compile(r"^# /// script\n((?:#.*\n)+?)# ///$", re.MULTILINE)
DEFAULT_FOLDER = Path.home() / ".cache/elements-sdk-bench"
# What the SDK and its extra `aio` install, so that the current interpreter is sufficient.
AT_HAND = {CLONE, "urllib3", "aiohttp"}


@dataclass(frozen=True)
class Script:
    """A contender's script and the metadata in its first lines."""

    name: str
    title: str
    dependencies: list[str]

    @property
    def path(self) -> Path:
        return SCRIPTS / f"{self.name}.py"

    @classmethod
    def read(cls, path: Path) -> Script:
        """Read the metadata (PEP 723) of a script."""
        found = METADATA.search(path.read_text("utf-8"))
        if found is None:
            raise SystemExit(f"{path} has no metadata: see bench/contenders/worker.py")
        data: dict[str, Any] = tomllib.loads(re.sub(r"^# ?", "", found[1], flags=re.MULTILINE))
        return cls(path.stem, data["tool"]["bench"]["title"], data["dependencies"])


def scripts() -> list[Script]:
    """Return all contenders, this SDK first."""
    found = [Script.read(path) for path in SCRIPTS.glob("*.py") if path.stem != "worker"]
    return sorted(found, key=lambda script: (script.name != OURS, script.name != BY_HAND, script.name))


class Environments:
    """The environments that the contenders run in, below a folder, or the current interpreter for all."""

    def __init__(self, folder: Path | None) -> None:
        """Keep environments below `folder`; `None`: use the current interpreter, for those that can run there."""
        self.folder = folder

    def contenders(self) -> list[Script]:
        """Return the contenders that can run here."""
        return [script for script in scripts() if self.folder or {*script.dependencies} <= AT_HAND]

    def python(self, name: str, dependencies: list[str]) -> str:
        """Return the interpreter of an environment with these packages, made if it does not exist yet."""
        if self.folder is None:
            return sys.executable
        wanted = [package for package in dependencies if package != CLONE]
        mark = hashlib.sha256(" ".join([sys.version, *wanted]).encode()).hexdigest()[:8]
        folder = self.folder / f"{name}-{mark}"
        python = str(folder / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python"))
        if not (folder / "ready").exists():
            print(f"making the environment of {name} in {folder}", file=sys.stderr)
            venv.create(folder, clear=True, with_pip=True)
            install(python, *wanted)
            (folder / "ready").touch()
        if CLONE in dependencies:
            install_clone(python)
        return python


def install(python: str, *packages: str) -> None:
    """Install packages, the newest that are allowed."""
    if not packages:
        return
    command = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *packages]
    if subprocess.run(command, stdout=sys.stderr).returncode:
        raise SystemExit(f"could not install {', '.join(packages)}; is the package index within reach?")


def install_clone(python: str) -> None:
    """Install what the clone holds now, from a copy, so that building leaves nothing in the clone."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("setup.py", "pyproject.toml", "README.md", "CHANGELOG.md", "LICENSE"):
            shutil.copy(ROOT / name, folder)
        shutil.copytree(ROOT / "elements_sdk", Path(folder, "elements_sdk"))
        install(python, folder)
        install(python, "--force-reinstall", "--no-deps", folder)
