"""schemathesis: `codegen/openapi.yaml` and the sandbox say the same, statuses and bodies, whoever asks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from elements_sdk.sandbox import Sandbox
from test.sandbox.test_sandbox import Browser

ROOT = Path(__file__).parents[2]
FAST = ["--phases", "examples,coverage", "--generation-deterministic"]
SLOW = ["--phases", "fuzzing,stateful", "--max-time", "100"]  # seconds, for each of the six


@pytest.fixture(params=["3.3", "26.8"])
def server(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Yield a sandbox of each release."""
    version: Literal["3.3", "26.8"] = request.param
    with Sandbox(api_version=version, tokens=10) as running:
        yield running


@pytest.fixture(params=["anonymous", "token", "session"])
def runs(request: pytest.FixtureRequest, server: Sandbox) -> list[list[str]]:
    """Return the arguments of the runs that try every operation in somebody's name."""
    if request.param == "anonymous":
        return [[]]
    if request.param == "token":
        return [["-H", f"Authorization: Bearer {server.admin.api_token}"]]
    browser = Browser(server.host)
    browser.log_in(server.admin)
    cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    session = ["-H", f"Cookie: {cookies}", "-H", f"X-CSRFToken: {browser.cookies['csrftoken']}"]
    # No other identity beside the session, which would be taken for accepted; and last a logout, which ends it.
    session += ["--generation-with-security-parameters", "false"]
    return [[*session, f"--{choice}-operation-id", "logout"] for choice in ("exclude", "include")]


def check(server: Sandbox, runs: list[list[str]], options: list[str], folder: Path) -> None:
    program = [sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"]
    program += ["--config-file", str(Path(__file__).with_name("schemathesis.toml")), "run"]
    program += [str(ROOT / "codegen/openapi.yaml"), "--url", server.host, "--no-color", "--continue-on-failure"]
    for run in runs:
        result = subprocess.run([*program, *options, *run], capture_output=True, text=True, cwd=folder)
        assert result.returncode == 0, result.stdout + result.stderr
    assert server.request_count > 100


def test_document_and_sandbox_agree(server: Sandbox, runs: list[list[str]], tmp_path: Path) -> None:
    check(server, runs, FAST, tmp_path)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_document_and_sandbox_agree_for_long(server: Sandbox, runs: list[list[str]], tmp_path: Path) -> None:
    check(server, runs, [*SLOW[:-1], str(int(SLOW[-1]) // len(runs))], tmp_path)
