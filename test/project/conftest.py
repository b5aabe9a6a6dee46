"""Fixtures of the tests of the repository itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """Return a copy of the repository to change."""
    skipped = shutil.ignore_patterns(".git", ".*_cache", "__pycache__", ".tox", ".venv", "build", "*.egg-info")
    return Path(shutil.copytree(Path(__file__).parents[2], tmp_path / "tree", ignore=skipped))
