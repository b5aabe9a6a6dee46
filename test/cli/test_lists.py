"""What is listed: which links by their expiry, which columns, in what order, and how a table fits the terminal."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from elements_sdk.cli.tables import print_table
from test.command_line import run, run_here, run_on_terminal
from test.link_server import IS_DONE, Server, link, links
from test.recording import CannedResponse, Recorded, RecordingServer

Here = Callable[..., subprocess.CompletedProcess[str]]
NOW = datetime.now(UTC)
# Link -> when it expires, in hours from now.
HOURS: dict[int, float | None] = {1: -48, 2: -0.1, 3: 0.25, 4: 11, 5: 100, 6: 300, 7: None}


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    return lambda *arguments, **variables: run_here(capsys, monkeypatch, *arguments, **variables)


def expiring() -> list[dict[str, Any]]:
    times = {n: None if hours is None else (NOW + timedelta(hours=hours)).isoformat() for n, hours in HOURS.items()}
    return [*(link(number, expires=time) for number, time in times.items()), link(8, expires="soon")]


def variables(server: Server) -> dict[str, str]:
    return {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (["--expires-within", "30m"], [3]),
        (["--expires-within", "12h"], [3, 4]),
        (["--expires-within", "7d"], [3, 4, 5]),
        (["--expires-within", "2w"], [3, 4, 5, 6]),
        (["--expires-within", "0d"], []),
        (["--never-expires"], [7]),
        (["--never-expires", "--expires-within", "7d"], []),
        (["--expires-within", "99999w", "--owner", "nobody"], []),
    ],
    ids=str,
)
def test_links_are_chosen_by_when_they_end(filters: list[str], expected: list[int], here: Here) -> None:
    with Server(expiring()) as server:
        shown = here("links", "list", *filters, **variables(server))
        assert [row["id"] for row in json.loads(shown.stdout)] == expected
        revoked = here("links", "revoke", *filters, "--yes", **variables(server))
        assert revoked.returncode == 0
        assert sorted(server.done) == [str(number) for number in expected]


@pytest.mark.parametrize("span", ["7", "d", "7y", "-7d", "1.5h", "7 d", "999999d", "\u0667d"])
def test_length_of_time_that_cannot_be_read_is_wrong_usage(span: str, here: Here) -> None:
    with Server(expiring()) as server:
        result = here("links", "revoke", "--yes", f"--expires-within={span}", **variables(server))
        assert (result.returncode, server.requests) == (2, [])
        assert "write it as 7d, 12h, 30m or 2w" in result.stderr


def test_expired_links_are_marked_in_a_table(here: Here) -> None:
    with Server(expiring()) as server:
        shown = here("links", "list", "-o", "table", **variables(server)).stdout
        marked = [int(line.split()[0]) for line in shown.splitlines() if "(expired)" in line]
        assert marked == [1, 2]


@pytest.mark.parametrize("count", [37, 1, 0])
@pytest.mark.parametrize("output", ["table", "csv", "jsonl"])
@pytest.mark.parametrize(
    ("command", "noun"),
    [
        (["links", "list"], "link"),
        (["auth", "get-all-access-tokens", "--limit", "50", "--offset", "0"], "entr"),
        (["api", "GET", "/x", "--paginate"], "entr"),
    ],
    ids=str,
)
def test_terminal_is_told_how_many_there_are(
    command: list[str], noun: str, count: int, output: str, here: Here
) -> None:
    ending = {"link": ("s", ""), "entr": ("ies", "y")}[noun][count == 1]
    with Server(links(count)) as server:
        _, shown = run_on_terminal(*command, "-o", output, types=[], echoes=True, **variables(server))
        assert re.search(rf"^{count} {noun}{ending}\s*$", shown, re.MULTILINE)
        assert here(*command, "-o", output, **variables(server)).stderr == ""


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "csv"])
def test_columns_are_those_that_were_asked_for(output: str, here: Here) -> None:
    with Server(links(3)) as server:
        names = "user.username,id,views"
        for command in (["links", "list"], ["links", "show", "1", "2", "3"]):
            shown = here(*command, "-o", output, "--columns", names, **variables(server)).stdout
            if output == "table":
                assert command[1] == "show" or shown.split()[:3] == names.split(",")
                assert "SECRET" not in shown
                assert re.search(r"\bviews +0\b" if command[1] == "show" else r"\b0\b", shown)
                continue
            rows: list[dict[str, Any]] = list(csv.DictReader(io.StringIO(shown)))
            if output != "csv":
                rows = json.loads(shown if output == "json" else f"[{','.join(shown.splitlines())}]")
            assert [list(row) for row in rows] == [names.split(",")] * 3
            assert [f"{row['id']} {row['views']}" for row in rows] == ["1 0", "2 0", "3 0"]


@pytest.mark.parametrize(
    ("name", "order"),
    [("id", [2, 10, 30]), ("-id", [30, 10, 2]), ("url", [10, 2, 30]), ("-user.username", [2, 30, 10])],
)
@pytest.mark.parametrize("output", ["json", "jsonl", "table"])
def test_list_is_sorted(name: str, order: list[int], output: str, here: Here) -> None:
    """Numbers by their size, text in any case; what has no value comes last in both directions."""
    users = {30: {"id": 1, "username": "ada"}, 2: {"id": 2, "username": "Bea"}, 10: None}
    with Server([link(number, user=user) for number, user in users.items()]) as server:
        shown = here("links", "list", "--sort", name, "-o", output, **variables(server)).stdout
        found = re.findall(r"/m/(\d+)", shown)
        assert [int(number) for number in found] == order


@pytest.mark.parametrize("output", ["json", "yaml", "csv", "table"])
@pytest.mark.parametrize(
    "job", [["revoke"], ["revoke", "--dry-run"], ["email", "--to", "ada@example.com"]], ids=" ".join
)
def test_rows_of_a_job_are_those_that_were_asked_for(job: list[str], output: str, here: Here, tmp_path: Path) -> None:
    record = tmp_path / "record.csv"
    with Server(links(4)) as server:
        server.respond = lambda number: CannedResponse(403) if number in ("2", "3") else IS_DONE
        options = [*job, "--all", "--yes", "--columns", "id,outcome,server", "--sort", "-id", "-o", output]
        shown = here("links", *options, "--record", str(record), **variables(server), COLUMNS="80").stdout
    some_failed = "--dry-run" not in job
    expected = [3, 2] if output == "table" and some_failed else [4, 3, 2, 1]
    assert [int(number) for number in re.findall(r"^\W*(?:[\"']?id[\"']?: )?(\d+)\b", shown, re.MULTILINE)] == expected
    assert "page" not in shown
    assert server.host in shown
    if some_failed:
        assert record.read_text().startswith("time,server,action,id,owner,page,")


@pytest.mark.parametrize("flag", [["--columns", "id,onwer"], ["--sort", "-onwer"]])
def test_name_that_nothing_has_is_told(flag: list[str], here: Here) -> None:
    with Server(links(2)) as server:
        result = here("links", "list", *flag, **variables(server))
        assert result.returncode == 0
        assert len(json.loads(result.stdout)) == 2
        assert result.stderr == "Nothing here has 'onwer'; did you mean 'owner'?\n"


@pytest.mark.parametrize("columns", ["100", "200"])
def test_shares_are_shown_where_a_hundred_columns_are(columns: str, here: Here) -> None:
    bundles = [{"id": number, "name": f"Bundle {number}"} for number in range(14, 19)]
    user = {"id": 1, "username": "otto", "display_name": "Otto One-Time"}
    rows = [link(number, user=user, shared_bundles=bundles, expires=NOW.isoformat()) for number in (1, 200)]
    with Server(rows) as server:
        result = here("links", "list", "-o", "table", **variables(server), COLUMNS=columns)
        assert result.stderr == ""
        assert max(map(len, result.stdout.splitlines())) <= int(columns)
        assert "shares" in result.stdout.splitlines()[0]
        assert re.findall(r"Bundle \d+|/m/\d+|Otto One-Time", result.stdout).count("Otto One-Time") == 2


@pytest.mark.parametrize("columns", ["80", "100", "200"])
def test_dates_stay_whole_beside_what_is_shared(columns: str, here: Here) -> None:
    bundles, otto = (
        [{"id": number, "name": f"Bundle {number}"} for number in (14, 15, 16, 17)],
        {"id": 1, "username": "otto one-time"},
    )
    rows = [
        link(n, user=otto, shared_bundles=bundles, expires=f"20{year}-12-31T10:00:00Z")
        for n, year in ((101, 20), (102, 90))
    ]
    with Server(rows) as server:
        shown = here("links", "list", "-o", "table", **variables(server), COLUMNS=columns)
    assert (shown.stderr, len(re.findall(r" 20\d0-12-31 10:00 ", shown.stdout))) == ("", 2)
    assert max(map(len, shown.stdout.splitlines())) <= int(columns)


@pytest.mark.parametrize("job", ["revoke", "email"])
def test_rows_of_a_job_say_of_each_link_when_it_ends(job: str, here: Here) -> None:
    with Server([link(1), link(2, expires="2090-12-31T10:00:00Z"), link(3, expires="soon")]) as server:
        shown = here("links", job, "--all", "--dry-run", "-o", "table", **variables(server)).stdout
        rows = json.loads(here("links", job, "--all", "--dry-run", **variables(server)).stdout)
    assert re.findall(r"never|2090-12-31 10:00|soon", shown) == ["never", "2090-12-31 10:00", "soon"]
    assert [row["expires"] for row in rows] == [None, "2090-12-31T10:00:00+00:00", "soon"]


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_table_breaks_no_word_that_has_room(
    columns: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", f"{columns}")
    words = ["send_access_token_email_notification", "Directory", "/media/shared/123456789/abcdef"]
    print_table([{"id": 1, "name": " ".join(words), "text": "some words " * 9, "other": "some words " * 9}])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= columns
    assert all(word in shown for word in words) or "name" not in shown


@pytest.mark.parametrize("name", ["Ada", "\u6f22\u5b57\u6f22\u5b57", "e\u0301"])
def test_long_table_has_one_header_and_straight_columns(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    print_table([{"id": number, "name": name * (number % 3), "page": f"/m/{number}"} for number in range(1, 451)])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 452
    assert len([line for line in lines if "page" in line]) == 1
    assert len({cell_len(line.partition("/m/")[0]) for line in lines[2:]}) == 1


@pytest.mark.parametrize(
    "command", [["auth", "get-all-access-tokens"], ["api", "GET", "/api/2/auth/access-tokens"]], ids=" ".join
)
def test_terminal_is_told_that_a_long_call_is_waited_for(command: list[str], recorder: RecordingServer) -> None:
    def answer(_request: Recorded) -> CannedResponse:
        time.sleep(1.5)
        return CannedResponse(body=json.dumps(links(2)).encode())

    recorder.answer = answer
    named = {"ELEMENTS_HOST": recorder.host, "ELEMENTS_API_TOKEN": "T"}
    code, shown = run_on_terminal(*command, types=[], echoes=True, **named)
    assert (code, "Waiting for the server ..." in shown) == (0, True)
    assert run(*command, **named).stderr == ""
