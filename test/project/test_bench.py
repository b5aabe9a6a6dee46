"""`python -m bench` runs, and reports its results. How fast anything was is not checked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from bench import report
from bench.cases import CASES
from bench.environments import ROOT, scripts


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, dict[str, Any]]:
    """Return what a small run prints, and its results."""
    folder = tmp_path_factory.mktemp("results")
    command = [sys.executable, "-m", "bench", "--quick", "--environments", "current", "--results", str(folder)]
    command += ["--only", "call", "memory", "tasks"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    results: dict[str, Any] = json.loads((folder / "trial.json").read_text("utf-8"))
    return done.stdout, results


def test_results_tell_machine_versions_and_figures(run: tuple[str, dict[str, Any]]) -> None:
    results = run[1]
    assert results["machine"]["cores"] >= 1
    assert {"this_sdk", "urllib3_by_hand", "aiohttp_by_hand", "http_client"} == {*results["contenders"]}
    assert "urllib3" in results["contenders"]["this_sdk"]["packages"]
    assert [case["name"] for case in results["cases"]] == ["memory", "call", "tasks"]
    call = results["cases"][1]
    assert len(call["contenders"]["this_sdk"]["rounds"]) == 3
    assert call["contenders"]["this_sdk"]["median"] > 0
    assert {*results["cases"][2]["contenders"]} == {"this_sdk", "aiohttp_by_hand"}


def test_the_others_send_the_headers_that_the_sdk_sends(run: tuple[str, dict[str, Any]]) -> None:
    assert {"Authorization", "Accept", "User-Agent"} <= {*run[1]["headers"]}


def test_table_marks_targets_and_peers_that_are_missing(run: tuple[str, dict[str, Any]]) -> None:
    table = run[0]
    assert "ONE SMALL CALL" in table
    assert "at most 1 x" in table
    by_hand, old = run[1]["cases"][1]["targets"]
    assert by_hand["is_met"] in (True, False)
    assert old["is_met"] is None
    assert "3.3 client" in table
    assert "not measured" in table


def test_a_peer_that_fails_is_shown_with_its_error(run: tuple[str, dict[str, Any]]) -> None:
    results = json.loads(json.dumps(run[1]))
    results["cases"][1]["contenders"]["http_client"] = {"error": "ValueError: `created_at` is required"}
    row = next(line for line in report.table(results).splitlines() if "created_at" in line)
    assert row.startswith("http.client (floor)")
    assert "fails" in row


def test_docs_get_the_tables_of_a_run_between_their_marks(run: tuple[str, dict[str, Any]], tmp_path: Path) -> None:
    page = tmp_path / "performance.md"
    page.write_text(f"before\n{report.BEGIN}\nold\n{report.END}\nafter\n", "utf-8")
    whole, _ = report.pages(run[1]).values()
    report.write_page(page, whole)
    report.write_page(page, whole)
    text = page.read_text("utf-8")
    assert text.startswith(f"before\n{report.BEGIN}\nMeasured on {run[1]['date']}: ")
    assert text.endswith(f"{report.END}\nafter\n")
    assert "| one small call (CPU) | urllib3 by hand |" in text
    assert "old" not in text


def test_docs_show_the_last_whole_run() -> None:
    results = json.loads((ROOT / "bench/results/latest.json").read_text("utf-8"))
    for page, text in report.pages(results).items():
        assert f"{report.BEGIN}\n{text}\n{report.END}" in page.read_text("utf-8")


def test_every_target_is_against_a_contender_that_there_is() -> None:
    names = {script.name for script in scripts()}
    assert {target.against for case in CASES for target in case.targets} <= names
