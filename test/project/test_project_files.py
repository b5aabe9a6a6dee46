"""The files for GitHub, pre-commit and editors are valid, and say what README, tox and `.ci` say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOW = ".github/workflows/ci.yml"
BINARY = {".png", ".sqlite3", ".pickle", ".gz"}


def valid(schema: str, file: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, str(file)]
    return subprocess.run(command, capture_output=True, text=True)


def read(file: str) -> Any:
    return yaml.safe_load((ROOT / file).read_text("utf-8"))


@pytest.mark.parametrize(
    ("schema", "file", "old"),
    [
        ("vendor.github-workflows", WORKFLOW, "runs-on:"),
        ("custom.github-workflows-require-timeout", WORKFLOW, "timeout-minutes: 30"),
        ("vendor.github-issue-config", ".github/ISSUE_TEMPLATE/config.yml", "true"),
        ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/bug.yml", "type: textarea"),
        ("vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/wish.yml", "type: textarea"),
    ],
)
def test_files_for_github_are_valid(schema: str, file: str, old: str, tmp_path: Path) -> None:
    assert valid(schema, ROOT / file).returncode == 0
    text = (ROOT / file).read_text("utf-8")
    broken = tmp_path / "broken.yml"
    broken.write_text(text.replace(old, "x: y" if ":" in old else "7", 1), "utf-8")
    assert valid(schema, broken).returncode == 1


def test_workflow_runs_the_command_of_readme_on_every_python_and_the_slow_tests_of_tox() -> None:
    jobs = read(WORKFLOW)["jobs"]
    ran = {name: [step["run"] for step in job["steps"] if "run" in step] for name, job in jobs.items()}
    readme = (ROOT / "README.md").read_text("utf-8").partition("<!-- tests -->\n```shell\n")[2].partition("\n```")[0]
    assert ran["tests"] == [readme]
    assert ran["everything"] == ["bash .ci/run"]
    assert not any(".ci/constraints.txt" in command for command in ran["newest"])
    assert "bash .ci/servers.sh" in ran["newest"]  # the slow tests need these
    tox = (ROOT / "tox.ini").read_text("utf-8")
    assert ran["newest"][-1] in tox
    promised = re.findall(r"Python :: (3\.\d+)", (ROOT / "setup.py").read_text("utf-8"))
    assert jobs["tests"]["strategy"]["matrix"]["python"] == [*promised, "3.14"]
    assert "3.14" not in promised, "it is allowed to fail no longer"


def test_hooks_of_pre_commit_are_the_checks_of_the_repository() -> None:
    checks = re.findall(r"^(\w+)\)$", (ROOT / ".ci/check").read_text("utf-8"), re.MULTILINE)
    (repository,) = read(".pre-commit-config.yaml")["repos"]
    assert repository["repo"] == "local"
    for hook in repository["hooks"]:
        assert hook["language"] == "system"  # of the active environment: nothing is fetched
        assert hook["entry"].removeprefix("bash .ci/check ") in checks


def test_files_are_as_editorconfig_says() -> None:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    files = [ROOT / name for name in listed.stdout.split("\0") if name and not name.startswith("test/data/")]
    assert len(files) > 300
    for file in files:
        if file.suffix in BINARY or not file.exists():
            continue
        text = file.read_bytes().decode()
        assert "\r" not in text, file
        assert text.endswith("\n") or not text, file
        assert file.suffix == ".md" or not re.search(r"[ \t]$", text, re.MULTILINE), file
