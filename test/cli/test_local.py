"""The commands with a server of their own: what they print fits the terminal, and can be pasted."""

from __future__ import annotations

import json
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from elements_sdk.api import auth_api
from test.command_line import COMMAND, environment, run, run_on_terminal


@contextmanager
def served(*options: str) -> Iterator[str]:
    """Run `elements-sdk sandbox`; yield what it prints."""
    command = [COMMAND, "sandbox", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment()) as process:
        assert process.stdout is not None
        shown = ""
        while "print(" not in shown:
            line = process.stdout.readline()
            assert line, shown
            shown += line
        try:
            yield shown
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=20)


def pasted(shown: str, command: str) -> subprocess.CompletedProcess[str]:
    """Paste the lines for a shell into one, and a command after them."""
    lines = [line for line in shown.splitlines() if line.startswith("export ")]
    text = "\n".join([*lines, f"{COMMAND} {command}"])
    return subprocess.run(["bash", "-c", text], capture_output=True, text=True, env=environment(), timeout=50)


@pytest.mark.parametrize("tls", [[], ["--https"]], ids=["http", "https"])
def test_lines_for_a_shell_and_for_python_lead_to_the_sandbox(tls: list[str]) -> None:
    with served(*tls, "--tokens", "7") as shown:
        assert ("https://" in shown) == bool(tls)
        result = pasted(shown, f"auth create-auth-ticket | {COMMAND} auth check-auth-ticket --data -")
        assert json.loads(result.stdout)["username"] == "user", result.stderr
        scope: dict[str, object] = {}
        exec(shown[shown.index("import elements_sdk") :].replace("\n    print(", "\n    links = ("), scope)
        assert isinstance(scope["links"], list)


def test_sandbox_has_the_links_that_were_asked_for_and_keeps_them(tmp_path: Path) -> None:
    file = tmp_path / "sandbox.sqlite"
    for left in (3, 2):
        with served("--tokens", "3", "--data", str(file)) as shown:
            admin = re.findall(r"^  admin +\d+ +\S+ +(\S+)$", shown, re.MULTILINE)[0]
            listed = pasted(shown, f"links list --api-token={admin}")
            assert listed.returncode == 0, listed.stderr
            rows = json.loads(listed.stdout)
            assert len(rows) == left
            assert pasted(shown, f"auth delete-access-token {rows[0]['id']} --api-token={admin}").stdout == ""


@pytest.mark.parametrize("options", [["--data", "/nowhere/x/sandbox.sqlite"], ["--tokens", "-1"], ["--tokens", "many"]])
def test_sandbox_that_cannot_be_made_says_why(options: list[str]) -> None:
    result = run("sandbox", *options)
    assert result.returncode == (1 if "--data" in options else 2)
    assert re.match(r"Error: (the sandbox did not start: |Invalid value for '--tokens')", result.stderr)


@pytest.mark.parametrize("columns", ["80", "100"])
def test_tour_fits_the_terminal_and_breaks_no_name(columns: str) -> None:
    code, shown = run_on_terminal("tour", types=[], COLUMNS=columns)
    assert code == 0
    assert max(map(len, shown.splitlines())) <= int(columns)
    for operation in auth_api.OPERATIONS:
        status = 204 if operation.method == "DELETE" else 200
        request = f"{operation.method} {re.escape(operation.path)}"
        row = rf"^  {operation.name} +{status} +\d+\.\d ms\r?\n    {request}\r?\n    \w"
        assert len(re.findall(row, shown, re.MULTILINE)) == 1
