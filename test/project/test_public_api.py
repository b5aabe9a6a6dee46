"""A change that breaks programs of users is found, and has to be named in CHANGELOG."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = "python .ci/public_api.py --record"


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """Return a copy of what the public API is read from, and of its record."""
    for part in (".ci", "elements_sdk", "test/data/public_api"):
        shutil.copytree(ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "CHANGELOG.md", tmp_path)
    return tmp_path


def compare(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(tree / ".ci/public_api.py"), *arguments]
    return subprocess.run(command, capture_output=True, text=True)


def change(tree: Path, path: str, old: str, new: str) -> None:
    text = (tree / path).read_text("utf-8")
    assert old in text
    (tree / path).write_text(text.replace(old, new), "utf-8")


def test_public_api_breaks_nothing_that_changelog_does_not_name() -> None:
    compared = compare(ROOT)
    assert compared.returncode == 0, compared.stderr


def test_each_break_is_refused_with_its_name_and_the_cure(copied_tree: Path) -> None:
    for path, old, new in [
        ("session.py", "def login_again(", "def login_anew("),
        ("__init__.py", '    "ApiException",\n', ""),
        ("models/_base.py", "def to_dict(self)", "def to_dict(self, depth: int)"),
        ("bulk.py", "max_concurrency: int = 8", "max_concurrency: int = 4"),
        ("aio/session.py", "async def login_again(", "async def login_anew("),
        ("sandbox/__init__.py", "tokens: int = 250", "links: int = 250"),
    ]:
        change(copied_tree, f"elements_sdk/{path}", old, new)
    refused = compare(copied_tree, "--record")
    assert refused.returncode == 1
    _, *breaks, cure = refused.stderr.splitlines()
    assert sorted(breaks) == [
        "- `ApiException`: Public object was removed",
        "- `Model.to_dict`(depth): Parameter was added as required",
        "- `Session.login_again`: Public object was removed",
        "- `aio.Session.login_again`: Public object was removed",
        "- `bulk.map_calls`(max_concurrency): Parameter default was changed: 8 -> 4",
        "- `sandbox.Sandbox.__init__`(tokens): Parameter was removed",
    ]
    assert "`### Breaking`" in cure
    assert COMMAND in cure


def test_a_break_that_changelog_names_is_let_through_and_can_be_recorded(copied_tree: Path) -> None:
    change(copied_tree, "elements_sdk/session.py", "def login_again(", "def login_anew(")
    heading, _, rest = (copied_tree / "CHANGELOG.md").read_text("utf-8").partition("\n## ")
    named = f"{heading}\n## 5.0.0 (unreleased)\n\n### Breaking\n\n- `Session.login_again` is `login_anew`.\n\n## {rest}"
    (copied_tree / "CHANGELOG.md").write_text(named, "utf-8")
    assert compare(copied_tree).returncode == 0
    assert compare(copied_tree, "--record").returncode == 0
    (copied_tree / "CHANGELOG.md").write_text(f"{heading}\n## {rest}", "utf-8")
    assert compare(copied_tree, "--exactly").returncode == 0


def test_an_addition_breaks_nothing_and_is_recorded_for_a_release(copied_tree: Path) -> None:
    change(
        copied_tree,
        "elements_sdk/session.py",
        "    def login_again(",
        "    def wink(self) -> None: ...\n\n    def login_again(",
    )
    assert compare(copied_tree).returncode == 0
    exactly = compare(copied_tree, "--exactly")
    assert exactly.returncode == 1
    assert COMMAND in exactly.stderr
