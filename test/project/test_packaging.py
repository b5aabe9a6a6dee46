"""What the package says of itself is the same everywhere, and the archives hold what they should."""

from __future__ import annotations

import ast
import configparser
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import __version__
from elements_sdk._utils.extras import missing_extra

ROOT = Path(__file__).parents[2]
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
REQUIREMENTS = ("test-requirements.txt", "test/guests/requirements.txt", ".ci/requirements.txt")
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


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_an_upgrade_from_the_public_index_leaves_ours_in_place(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    pip = [str(tmp_path / "venv/bin/python"), "-I", "-m", "pip", "--disable-pip-version-check"]
    absent = subprocess.run([*pip, "install", "--dry-run", "elements-sdk"], capture_output=True, text=True, check=True)
    assert re.search(r"Would install .*elements-sdk-\d", absent.stdout), (
        "the index has no client of this name to compare"
    )
    subprocess.run([*pip, "wheel", "-q", "--no-deps", "-w", tmp_path, str(ROOT)], check=True)
    (wheel,) = tmp_path.glob("*.whl")
    subprocess.run([*pip, "install", "-q", str(wheel)], check=True)
    for requirement in ("elements-sdk", "elements-sdk>=4.0", "elements-sdk>=1!4.0,<1!5"):
        subprocess.run([*pip, "install", "-q", "-U", requirement], check=True)
        shown = subprocess.run([*pip, "list"], capture_output=True, text=True, check=True).stdout
        assert re.search(rf"^elements-sdk +1!{re.escape(__version__)}$", shown, re.MULTILINE)


def test_requirements_file_has_what_setup_asks_for() -> None:
    assert (ROOT / "requirements.txt").read_text("utf-8").split() == CONSTANTS["REQUIRED"]


def requirements_of(*files: str) -> list[str]:
    return [line for file in files for line in (ROOT / file).read_text("utf-8").splitlines() if line[:1] not in "#"]


def test_tests_install_every_extra() -> None:
    clones = re.findall(r"-e \.\[(.+?)\]", str(requirements_of(*REQUIREMENTS)))
    assert {extra for clone in clones for extra in clone.split(",")} == set(extras())


def test_constraints_hold_the_version_of_everything_that_tests_and_tools_need() -> None:
    def name_of(requirement: str) -> str:
        return re.sub(r"[-_.]+", "-", re.split(r"[<>=!\[]", requirement)[0]).lower()

    held = {name_of(line) for line in requirements_of(".ci/constraints.txt") if re.fullmatch(r"[\w.-]+==[\w.+]+", line)}
    assert len(held) == len(requirements_of(".ci/constraints.txt"))
    asked = [line for line in requirements_of(*REQUIREMENTS) if not line.startswith("-")]
    asked += [*CONSTANTS["REQUIRED"], *(line for lines in extras().values() for line in lines)]
    assert {*map(name_of, asked)} <= held


@pytest.mark.parametrize("extra", extras())
def test_an_extra_can_say_what_it_lacks(extra: str) -> None:
    assert missing_extra(extra) is None


def test_lowest_versions_of_tox_are_those_that_setup_allows() -> None:
    lowest = dict(re.findall(r"(\S+)==(\S+)", TOX["testenv:lowest"]["commands_pre"]))
    allowed = CONSTANTS["REQUIRED"] + CONSTANTS["AIO"]  # aiohttp too: _connector.py relies on its internals
    assert set(lowest) == {re.split(r"[<>=]", requirement)[0] for requirement in allowed}
    for name, version in re.findall(r"'([\w-]+)>=([\d.]+)", str(allowed)):
        assert f"{lowest[name]}.".startswith(f"{version}.")


def test_interpreters_are_the_same_everywhere() -> None:
    promised = re.findall(r"Python :: (3\.\d+)", ast.unparse(KEYWORDS["classifiers"]))
    assert re.findall(r"\bpy(3)(\d+)\b", TOX["tox"]["env_list"]) == [tuple(each.split(".")) for each in promised]
    built = re.findall(r"^INTERPRETERS = (.+)$", (ROOT / ".ci/release.py").read_text("utf-8"), re.MULTILINE)
    assert ast.literal_eval(built[0]) == tuple(promised)
    assert ast.literal_eval(KEYWORDS["python_requires"]) == f">={promised[0]}"


def test_every_file_of_the_package_is_packed() -> None:
    patterns = ast.literal_eval(KEYWORDS["package_data"])["elements_sdk"]
    declared = {path for pattern in patterns for path in (ROOT / "elements_sdk").glob(pattern)}
    files = {path for path in (ROOT / "elements_sdk").rglob("*") if path.is_file() and "__pycache__" not in path.parts}
    assert {path for path in files if path.suffix != ".py"} == declared
    assert ROOT / "elements_sdk/py.typed" in declared
    assert all((path.parent / "__init__.py").exists() for path in files if path.suffix == ".py")


@pytest.mark.parametrize(
    ("options", "target", "kept"),
    [
        ("build_py -d {}", "elsewhere", True),
        ("build --build-lib {}", "elsewhere", True),
        ("build_py -d {}", ".", True),  # onto the source
        ("build_py", "build/lib", False),
    ],
)
def test_a_build_removes_only_what_an_older_build_left(
    options: str, target: str, kept: bool, copied_tree: Path
) -> None:
    file = copied_tree / target / "elements_sdk/of_somebody.txt"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    before = {path for path in (copied_tree / "elements_sdk").rglob("*") if "__pycache__" not in path.parts}
    subprocess.run([sys.executable, "setup.py", "-q", *options.format(target).split()], cwd=copied_tree, check=True)
    assert file.exists() == kept
    assert (copied_tree / target / "elements_sdk/__init__.py").stat().st_size > 0
    assert before == {path for path in (copied_tree / "elements_sdk").rglob("*") if "__pycache__" not in path.parts}


def test_pytest_plugin_costs_a_run_nothing_but_its_own_module(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text("import sys\n\n\ndef pytest_sessionfinish():\n    print(*sys.modules)\n")

    def loaded(*plugin: str) -> set[str]:
        command = [sys.executable, "-m", "pytest", "-sqq", *plugin]
        variables = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONPATH": str(ROOT)}
        result = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
        return set(result.stdout.split())

    (name,) = (point.partition(" = ")[2] for point in ast.literal_eval(KEYWORDS["entry_points"])["pytest11"])
    assert name in ast.literal_eval(KEYWORDS["py_modules"])
    assert loaded("-p", name) - loaded() == {name}


def test_a_release_is_refused_with_every_reason(tmp_path: Path) -> None:
    tree, bare = tmp_path / "tree", tmp_path / "bin"
    for part in (".ci", "elements_sdk", "test/data/public_api"):
        shutil.copytree(ROOT / part, tree / part, ignore=shutil.ignore_patterns("__pycache__"))
    (tree / "CHANGELOG.md").write_text(f"# Changelog\n\n## {__version__} (unreleased)\n", "utf-8")
    git = shutil.which("git")
    assert git
    bare.mkdir()
    (bare / "git").symlink_to(git)
    subprocess.run([git, "init", "-q", tree], check=True)
    refused = subprocess.run(
        [sys.executable, str(tree / ".ci/release.py")],
        env={"PATH": str(bare), "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert refused.returncode == 1
    assert f"the newest heading of CHANGELOG.md is `{__version__} (unreleased)`" in refused.stderr
    assert "there are files that are not committed" in refused.stderr
    for version in ("3.11", "3.12", "3.13"):
        assert f"Python {version}: MISSING" in refused.stdout
        assert f"Python {version} is missing" in refused.stderr
    assert not (tree / "dist").exists()
