"""What the package says of itself is the same wherever it is said, and holds what it should."""

from __future__ import annotations

import ast
import configparser
import re
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import __version__
from elements_sdk.extras import missing_extra

ROOT = Path(__file__).parents[1]
SETUP = ast.parse((ROOT / "setup.py").read_text("utf-8"))
CONSTANTS: dict[str, Any] = {
    node.targets[0].id: ast.literal_eval(node.value)
    for node in SETUP.body
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and isinstance(node.value, ast.List)
}
KEYWORDS = {
    keyword.arg: keyword.value
    for node in ast.walk(SETUP)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "setup"
    for keyword in node.keywords
}
TOX = configparser.ConfigParser()
TOX.read(ROOT / "tox.ini")


def newest_heading() -> str:
    headings: list[str] = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    return headings[0]


def extras() -> dict[str, list[str]]:
    declared = KEYWORDS["extras_require"]
    assert isinstance(declared, ast.Dict)
    names = [ast.literal_eval(key) for key in declared.keys if key]
    return {
        name: CONSTANTS[value.id]
        for name, value in zip(names, declared.values, strict=True)
        if isinstance(value, ast.Name)
    }


def test_changelog_begins_with_this_version() -> None:
    version, _, when = newest_heading().partition(" ")
    assert version == __version__
    assert re.fullmatch(r"\((unreleased|\d{4}-\d\d-\d\d)\)", when), "a heading is `4.0.0 (unreleased)` or has its date"


def test_requirements_file_has_what_setup_asks_for() -> None:
    assert (ROOT / "requirements.txt").read_text("utf-8").split() == CONSTANTS["REQUIRED"]


def test_tests_install_every_extra() -> None:
    (clone,) = re.findall(r"^-e \.\[(.+)\]$", (ROOT / "test-requirements.txt").read_text("utf-8"), re.MULTILINE)
    assert set(clone.split(",")) == set(extras())


@pytest.mark.parametrize("extra", extras())
def test_an_extra_can_say_what_it_lacks(extra: str) -> None:
    assert missing_extra(extra) is None


def test_lowest_versions_of_tox_are_those_that_setup_allows() -> None:
    lowest = dict(re.findall(r"(\S+)==(\S+)", TOX["testenv:lowest"]["commands_pre"]))
    assert set(lowest) == {re.split(r"[<>=]", requirement)[0] for requirement in CONSTANTS["REQUIRED"]}
    for name, version in re.findall(r"'([\w-]+)>=([\d.]+)", str(CONSTANTS["REQUIRED"])):
        assert f"{lowest[name]}.".startswith(f"{version}.")


def test_interpreters_are_the_same_everywhere() -> None:
    promised = re.findall(r"Python :: (3\.\d+)", ast.unparse(KEYWORDS["classifiers"]))
    assert re.findall(r"\bpy(3)(\d+)\b", TOX["tox"]["env_list"]) == [tuple(each.split(".")) for each in promised]
    tried = re.findall(r"^INTERPRETERS = (.+)$", (ROOT / ".ci/release.py").read_text("utf-8"), re.MULTILINE)
    assert ast.literal_eval(tried[0]) == tuple(promised)
    assert ast.literal_eval(KEYWORDS["python_requires"]) == f">={promised[0]}"


def test_every_file_of_the_package_is_packed() -> None:
    patterns = ast.literal_eval(KEYWORDS["package_data"])["elements_sdk"]
    declared = {path for pattern in patterns for path in (ROOT / "elements_sdk").glob(pattern)}
    files = {path for path in (ROOT / "elements_sdk").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path for path in files if path.suffix != ".py"} == declared
    assert ROOT / "elements_sdk/py.typed" in declared
    assert all((path.parent / "__init__.py").exists() for path in files if path.suffix == ".py")
