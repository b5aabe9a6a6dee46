"""The comparison with the 3.3 client cannot pass without having compared anything with it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import elements_sdk
from test import compare_with_3_3
from test.compare_with_3_3 import VERSION, observe, problems


def observation(version: str, outcomes: dict[str, Any], requests: list[Any]) -> tuple[dict[str, Any], list[Any]]:
    return {"version": version, "outcomes": outcomes, "names": {"exceptions": ["ApiException"]}}, requests


OLD = observation(VERSION, {"logout": None}, [{"call": "logout"}])
NEW = observation("4.0.0", {"logout": None}, [{"call": "logout"}])


def test_two_clients_that_do_the_same_have_no_problem() -> None:
    assert problems(OLD, NEW) == []


@pytest.mark.parametrize(("old", "new"), [(NEW, NEW), (OLD, OLD), (observation("3.3.1", {"logout": None}, [{}]), NEW)])
def test_comparison_with_another_client_than_3_3_2_fails(old: Any, new: Any) -> None:
    (problem,) = problems(old, new)
    assert problem == f"{old[0]['version']} was compared with {new[0]['version']}, not 3.3.2 with its successor"


@pytest.mark.parametrize("old", [observation(VERSION, {}, []), observation(VERSION, {"logout": None}, [])])
def test_comparison_of_nothing_fails(old: Any) -> None:
    (problem,) = problems(old, NEW)
    assert problem.startswith("nothing was compared: ")


def test_difference_is_named() -> None:
    assert problems(OLD, observation("4.0.0", {"logout": 1}, [{"call": "logout"}])) == ["logout: None became 1"]


def test_where_3_3_2_cannot_be_installed_the_comparison_fails(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(compare_with_3_3, "PACKAGE", "elements-sdk==0.0.0.dev0")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    assert compare_with_3_3.main() == 1
    assert "cannot be installed here, so nothing was compared" in capsys.readouterr().out


def test_client_that_pythonpath_names_is_not_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elements_sdk.py").write_text("raise SystemExit('the wrong client')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    report, requests = observe(sys.executable)
    assert report["version"] == elements_sdk.__version__
    assert requests
