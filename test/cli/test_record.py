"""The record of a job: whole whatever becomes of it, for one job at a time, and no ground to do a thing twice."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elements_sdk.cli.record import Record
from test.cli.test_accounts import finish, rows_of, started, wait_for
from test.command_line import COMMAND, environment, run_here
from test.link_server import IS_DONE, Server, link, links
from test.recording import CannedResponse

Here = Callable[..., subprocess.CompletedProcess[str]]
EMAIL = ("links", "email", "--to", "ada@example.com", "--yes")


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    def call(server: Server, *arguments: str) -> subprocess.CompletedProcess[str]:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        return run_here(capsys, monkeypatch, *arguments, **variables)

    return call


def refuse(*numbers: str) -> Callable[[str], CannedResponse]:
    return lambda number: CannedResponse(403, b'{"detail": "No."}') if number in numbers else IS_DONE


EDITS: dict[str, Callable[[bytes], bytes]] = {
    "no last line break": lambda data: data.rstrip(),
    "more line breaks": lambda data: data + b"\n\n",
    "line breaks of Windows": lambda data: data.replace(b"\n", b"\r\n"),
    "a mark of the encoding": lambda data: b"\xef\xbb\xbf" + data,
    "laid out anew": lambda data: json.dumps(json.loads(data), indent=4).encode() if data[:1] == b"[" else data,
}


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize("edit", EDITS)
def test_record_that_an_editor_has_saved_goes_on(edit: str, suffix: str, tmp_path: Path, here: Here) -> None:
    record = tmp_path / f"record{suffix}"
    with Server(links(5)) as server:
        server.respond = refuse("2", "4")
        assert here(server, *EMAIL, "--all", "--record", str(record)).returncode == 1
        record.write_bytes(EDITS[edit](record.read_bytes()))
        server.done.clear()
        server.respond = refuse()
        assert here(server, *EMAIL, "--resume", str(record)).returncode == 0
        assert sorted(server.done) == ["2", "4"]
    rows = json.loads(record.read_bytes()) if suffix == ".json" else rows_of(record)
    assert [str(row["id"]) for row in rows if row["outcome"] == "sent"] == ["1", "3", "5", "2", "4"]
    assert len(rows) == 7


@pytest.mark.parametrize("first", ["--record", "--resume"])
@pytest.mark.parametrize("suffix", [".csv", ".json"])
def test_record_is_for_one_job_at_a_time(first: str, suffix: str, tmp_path: Path, here: Here) -> None:
    record = tmp_path / f"record{suffix}"
    with Server(links(40), after=0.2) as server:
        if first == "--resume":
            server.respond, server.after = refuse(*map(str, range(41))), 0.0
            here(server, *EMAIL, "--all", "--record", str(record))
            server.done.clear()
            server.respond, server.after = refuse(), 0.2
        arguments = [COMMAND, *EMAIL, first, str(record), *(["--all"] if first == "--record" else [])]
        variables = environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T")
        with subprocess.Popen(arguments, env=variables, stderr=subprocess.PIPE, text=True) as job:
            wait_for(server, 1)
            second = here(server, *EMAIL, "--resume", str(record))
            assert job.wait(30) == 0
        assert second.returncode == 1
        assert f"another job is writing to {record}" in second.stderr
        assert sorted(map(int, server.done)) == list(range(1, 41))


@pytest.mark.parametrize("most", [0, 5, 50])
@pytest.mark.parametrize("command", ["revoke", "email"])
def test_nothing_is_called_when_the_record_cannot_begin(command: str, most: int, tmp_path: Path) -> None:
    record = tmp_path / "record.csv"
    with Server(links(20)) as server, started(command, server, record, most) as job:
        ended = finish(job)
        assert ended.code == 1
        assert f"{record} cannot be written: File too large" in ended.errors
        assert not record.exists()
        assert server.done == []


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value]
    return value


CIRCLE: list[Any] = []
CIRCLE.append(CIRCLE)


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize("odd", [nested(5000), CIRCLE, object()], ids=["deep", "a circle", "not JSON"])
def test_value_that_cannot_be_written_does_not_lose_its_row(odd: Any, suffix: str, tmp_path: Path) -> None:
    path, columns = tmp_path / f"record{suffix}", ("id", "expires")
    with Record(str(path), columns) as record:
        for number, expires in enumerate([None, odd, None]):
            record.add({"id": number, "expires": expires})
    assert (record.problem, record.rows_left) == (None, [])
    assert [(str(row["id"]), row["expires"] or None) for row in rows_of(path)] == [
        ("0", None),
        ("1", "(cannot be written)"),
        ("2", None),
    ]


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@pytest.mark.parametrize("length", [140_000, 1_000_000])
def test_record_with_a_long_cell_goes_on(length: int, suffix: str, tmp_path: Path, here: Here) -> None:
    record = tmp_path / f"record{suffix}"
    with Server([link(1), link(2, url="/m/" + "x" * length), link(3)]) as server:
        server.respond = refuse("2")
        here(server, *EMAIL, "--all", "--record", str(record))
        server.respond = refuse()
        server.done.clear()
        assert here(server, *EMAIL, "--resume", str(record)).returncode == 0
        assert server.done == ["2"]


@pytest.mark.parametrize("number", ["7" * 5000, "\u0667", "-7", "+7", "7_0", "7.0", ""])
def test_number_in_a_record_that_no_link_has_is_left_alone(number: str, tmp_path: Path, here: Here) -> None:
    record = tmp_path / "record.json"
    with Server(links(3)) as server:
        server.respond = refuse("2", "3")
        here(server, *EMAIL, "--all", "--record", str(record))
        rows = rows_of(record)
        rows[2]["id"] = number
        record.write_text(json.dumps(rows))
        server.respond = refuse()
        server.done.clear()
        resumed = here(server, *EMAIL, "--resume", str(record))
        assert (resumed.returncode, server.done) == (0, ["2"])


@pytest.mark.parametrize("again", [2, "2", 1], ids=repr)
def test_link_that_the_list_has_twice_is_mailed_once(again: Any, tmp_path: Path, here: Here) -> None:
    with Server([*links(3), link(again), link(4), link(again)]) as server:
        result = here(server, *EMAIL, "--all")
        assert sorted(server.done) == ["1", "2", "3", "4"]
        assert result.stderr.endswith("4 of 4 links sent.\n")


def drop(_number: str) -> CannedResponse:
    raise ConnectionError


PAGE = [("Content-Type", "text/html")]
ANSWERS: dict[str, tuple[Callable[[str], CannedResponse], str]] = {
    "a login page": (lambda _number: CannedResponse(200, b"<html>Log in</html>", PAGE), "not known"),
    "JSON that is cut": (lambda _number: CannedResponse(200, b'{"a": '), "not known"),
    "502": (lambda _number: CannedResponse(502, b"<html>Bad gateway</html>", PAGE), "not known"),
    "504": (lambda _number: CannedResponse(504, b"<html>Too late</html>", PAGE), "not known"),
    "no answer": (drop, "not known"),
    "403": (refuse("1"), "failed"),
    "404": (lambda _number: CannedResponse(404, b"{}"), "failed"),
    "500": (lambda _number: CannedResponse(500, b"<html>Fault</html>", PAGE), "failed"),
}


@pytest.mark.parametrize("answer", ANSWERS)
def test_mail_that_may_be_out_is_not_sent_again_unasked(answer: str, tmp_path: Path, here: Here) -> None:
    record, (respond, outcome) = tmp_path / "record.csv", ANSWERS[answer]
    with Server(links(1)) as server:
        server.respond = respond
        here(server, *EMAIL, "--all", "--record", str(record))
        if answer != "JSON that is cut":  # of an answer that promises nothing, nothing is read
            assert [row["outcome"] for row in rows_of(record)] == [outcome]
        server.respond = refuse()
        server.done.clear()
        here(server, *EMAIL, "--resume", str(record))
        assert server.done == (["1"] if outcome == "failed" else [])


@pytest.mark.parametrize("later", ["not touched", "failed", "not known"])
def test_what_is_not_known_stays_so_when_resuming_was_interrupted(later: str, tmp_path: Path, here: Here) -> None:
    record = tmp_path / "record.json"
    with Server(links(1)) as server:
        server.respond = drop
        here(server, *EMAIL, "--all", "--record", str(record))
        rows = rows_of(record)
        record.write_text(json.dumps([*rows, {**rows[0], "outcome": later}]))
        server.respond = refuse()
        server.done.clear()
        here(server, *EMAIL, "--resume", str(record))
        assert server.done == []
        here(server, *EMAIL, "--resume", str(record), "--again")
        assert server.done == ["1"]


def test_dry_run_of_a_resume_leaves_the_record_as_it_is(tmp_path: Path, here: Here) -> None:
    record = tmp_path / "record.csv"
    with Server(links(3)) as server:
        server.respond = refuse("2")
        here(server, *EMAIL, "--all", "--record", str(record))
        before, server.done = record.read_bytes(), []
        time.sleep(0.01)
        assert here(server, *EMAIL, "--resume", str(record), "--dry-run").returncode == 0
        assert (record.read_bytes(), server.done) == (before, [])
