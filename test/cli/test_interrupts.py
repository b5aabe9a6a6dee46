"""A job that is interrupted at the moments that are hard to hit: before its first call, and while nobody reads it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from test.cli.test_accounts import SIGNALS, rows_of, wait_for
from test.command_line import COMMAND, environment, run_here, run_on_terminal
from test.link_server import Server, links


@pytest.mark.parametrize("number", SIGNALS)
@pytest.mark.parametrize("command", ["revoke", "email"])
def test_signal_before_the_first_call_calls_nothing(
    command: str,
    number: signal.Signals,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    @contextmanager
    def interrupted(_total: int) -> Iterator[Callable[[], object]]:
        os.kill(os.getpid(), number)
        yield lambda: None

    monkeypatch.setattr("elements_sdk.cli.links.progress", interrupted)
    record = tmp_path / "record.csv"
    with Server(links(20)) as server:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        ended = run_here(capsys, monkeypatch, "links", command, "--all", "--yes", "--record", str(record), **variables)
        assert server.done == []
    assert ended.returncode == SIGNALS[number]
    assert [row["outcome"] for row in rows_of(record)] == ["not touched"] * 20
    assert "Interrupted: 0 of 20 links" in ended.stderr


@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("number", SIGNALS)
def test_signal_ends_a_job_whose_output_nobody_reads(number: signal.Signals, unbuffered: str, tmp_path: Path) -> None:
    record = tmp_path / "record.csv"
    with Server(links(400)) as server:
        variables = environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T", PYTHONUNBUFFERED=unbuffered)
        arguments = [COMMAND, "links", "revoke", "--all", "--yes", "--record", str(record), "-o", "json"]
        pipe = subprocess.PIPE
        with subprocess.Popen(arguments, stdout=pipe, stderr=pipe, text=True, env=variables) as job:
            wait_for(server, 400)
            time.sleep(0.5)  # until it writes to a pipe that is full
            assert job.poll() is None
            job.send_signal(number)
            assert job.wait(20) == SIGNALS[number]
            assert job.stderr is not None
            assert job.stderr.read().endswith("Interrupted: 400 of 400 links revoked.\n")
    assert len(rows_of(record)) == 400


@pytest.mark.parametrize("keys", ["\x03\x03", "\x03\x03\x03"])
def test_terminal_has_its_cursor_again_after_a_job_that_was_ended_at_once(keys: str) -> None:
    with Server(links(20), after=20) as server:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        first, others = keys[:1], keys[1:]
        typed = [("0/20", first), ("Stopping", others)]
        code, shown = run_on_terminal("links", "revoke", "--all", "--yes", types=typed, echoes=True, **variables)
    assert code == 130
    assert shown.rfind("\x1b[?25h") > shown.rfind("\x1b[?25l") >= 0
    counts = re.findall(r"(\d+) (?:not known|not touched)", shown.rpartition("Interrupted: 0 of 20 links revoked, ")[2])
    assert sum(map(int, counts)) == 20
