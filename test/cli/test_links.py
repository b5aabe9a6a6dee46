"""`elements-sdk links`: jobs on share links, from the shell, against the sandbox."""

from __future__ import annotations

import csv
import json
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from elements_sdk.sandbox import Sandbox
from test.command_line import COMMAND, as_admin, environment, run, run_on_terminal
from test.faults.behaviours import answer
from test.faults.server import FaultServer
from test.link_server import MANY, USUAL, all_links
from test.recording import CannedResponse, Recorded, RecordingServer


def shown(*arguments: str, **variables: str) -> list[dict[str, Any]]:
    result = run("links", "list", *arguments, "--output", "json", **variables)
    assert (result.returncode, result.stderr) == (0, "")
    rows: list[dict[str, Any]] = json.loads(result.stdout)
    return rows


def rows_of(record: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(record.read_text("utf-8").splitlines()))


def numbers_in(record: Path) -> Counter[str]:
    return Counter(row["outcome"] for row in rows_of(record))


def test_filters_select_what_they_say(links: Sandbox) -> None:
    variables, everything = as_admin(links), all_links(links)
    assert [row["id"] for row in shown(**variables)] == [link.id for link in everything]
    expired = [link.id for link in everything if link.id % 5 == 0 and link.expires]
    assert [row["id"] for row in shown("--expired", **variables)] == expired
    limit = sorted(link.expires for link in everything if link.expires)[20]
    early = [link.id for link in everything if link.expires and link.expires < limit]
    assert [row["id"] for row in shown("--expires-before", limit.isoformat(), **variables)] == early
    unseen = [link.id for link in everything if not link.activity]
    assert [row["id"] for row in shown("--never-viewed", **variables)] == unseen
    own = [link.id for link in everything if link.created_by and link.created_by.username == "user"]
    for name in ("user", "USER@sandbox.invalid", "uma user"):
        assert [row["id"] for row in shown("--owner", name, **variables)] == own
    assert [row["id"] for row in shown("--owner", "user", "--expired", **variables)] == [i for i in own if i in expired]
    assert shown("--owner", "nobody", **variables) == []


def test_invalid_date_is_wrong_usage(links: Sandbox) -> None:
    result = run("links", "list", "--expires-before", "soon", **as_admin(links))
    assert result.returncode == 2
    assert "write it as 2026-12-31" in result.stderr


def test_show_has_all_that_is_known(links: Sandbox) -> None:
    link = all_links(links)[0]
    result = run("links", "show", str(link.id), "--output", "table", **as_admin(links))
    assert str(link.full_url) in result.stdout.replace("\n", "")
    assert run("links", "show", str(link.id), "99999", **as_admin(links)).returncode == 1
    assert run("links", "show", **as_admin(links)).returncode == 2


def test_revoke_shows_asks_and_does(links: Sandbox) -> None:
    first, second = (str(link.id) for link in all_links(links)[:2])
    code, terminal = run_on_terminal("links", "revoke", first, types=[("[y/N]", "n\n")], echoes=True, **as_admin(links))
    assert code == 1
    assert "Error: nothing was done" in terminal
    assert len(all_links(links)) == USUAL
    code, terminal = run_on_terminal(
        "links", "revoke", first, second, types=[("[y/N]", "y\n")], echoes=True, **as_admin(links)
    )
    assert code == 0
    assert "To be revoked:" in terminal
    assert "2 of 2 links revoked." in terminal
    assert len(all_links(links)) == USUAL - 2


def test_revoke_without_a_terminal_needs_a_yes(links: Sandbox) -> None:
    result = run("links", "revoke", "--all", **as_admin(links))
    assert (result.returncode, result.stdout) == (2, "")
    assert f"{USUAL} links would be revoked" in result.stderr
    assert "and 30 more" in result.stderr
    assert len(all_links(links)) == USUAL


def test_nothing_is_selected_by_saying_nothing(links: Sandbox) -> None:
    assert run("links", "revoke", "--yes", **as_admin(links)).returncode == 2
    assert len(all_links(links)) == USUAL


def test_dry_run_does_nothing(links: Sandbox) -> None:
    result = run("links", "revoke", "--all", "--dry-run", "--output", "jsonl", **as_admin(links))
    assert {json.loads(line)["outcome"] for line in result.stdout.splitlines()} == {"would be revoked"}
    assert result.stderr == f"{USUAL} links would be revoked; nothing was done.\n"
    assert len(all_links(links)) == USUAL


@pytest.mark.parametrize("links", [USUAL, pytest.param(MANY, marks=pytest.mark.slow)], indirect=True)
def test_revoke_records_every_outcome(links: Sandbox, tmp_path: Path) -> None:
    before = all_links(links)
    expired = [link.id for link in before if link.id % 5 == 0 and link.expires]
    given = ("revoke", "--expired", "--yes", "--record", str(tmp_path / "record.csv"))
    result = run("links", *given, "--output", "table", **as_admin(links))
    assert result.returncode == 0
    assert result.stderr.endswith(f"{len(expired)} of {len(expired)} links revoked.\n")
    rows = rows_of(tmp_path / "record.csv")
    assert [int(row["id"]) for row in rows] == expired
    assert {row["outcome"] for row in rows} == {"revoked"}
    assert [link.id for link in all_links(links)] == [link.id for link in before if link.id not in expired]
    text = (tmp_path / "record.csv").read_text() + result.stdout + result.stderr
    assert not [link.id for link in before if link.token in text]


def test_record_can_be_json(links: Sandbox, tmp_path: Path) -> None:
    record = tmp_path / "record.json"
    numbers = [str(link.id) for link in all_links(links)[:3]]
    assert run("links", "revoke", *numbers, "--yes", "--record", str(record), **as_admin(links)).returncode == 0
    assert [str(row["id"]) for row in json.loads(record.read_text())] == numbers


@pytest.mark.parametrize("name", ["there.csv", "record.txt", "no/such/folder.csv"])
def test_record_that_cannot_be_is_found_before_anything_is_done(links: Sandbox, tmp_path: Path, name: str) -> None:
    (tmp_path / "there.csv").write_text("precious")
    result = run("links", "revoke", "--all", "--yes", "--record", str(tmp_path / name), **as_admin(links))
    assert result.returncode == 2
    assert len(all_links(links)) == USUAL
    assert (tmp_path / "there.csv").read_text() == "precious"


def test_what_a_job_will_do_is_shown_without_what_a_terminal_acts_on(recorder: RecordingServer) -> None:
    user = {"id": 1, "username": "\x1b]0;owned\x07\u202e[bold]eve\n"}
    recorder.answers(json.dumps({"id": 7, "url": "/m", "token": "SECRET", "user": user}))
    result = run("links", "revoke", "7", ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    assert "\n        7  \ufffd]0;owned\ufffd\ufffd[bold]eve, 0 views, never expires\n" in result.stderr
    assert "1 link would be revoked" in result.stderr


def listing(count: int, delete: CannedResponse, after: float = 0) -> RecordingServer:
    """Return a handler that lists links, and answers their deletion like this, after some seconds."""
    server = RecordingServer()
    page = [
        {"id": n, "url": "/m", "token": f"SECRET-{n}", "user": {"id": 1, "username": "ada"}}
        for n in range(1, count + 1)
    ]

    def respond(request: Recorded) -> CannedResponse:
        if request.method == "GET":
            return CannedResponse(body=json.dumps(page if "offset=0" in request.query else page[-1:]).encode())
        time.sleep(after)
        return delete

    server.answer = respond
    return server


def test_ctrl_c_says_exactly_what_was_done(tmp_path: Path) -> None:
    with listing(200, CannedResponse(204, b""), after=0.05) as server:
        variables = environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T")
        command = [COMMAND, "links", "revoke", "--all", "--yes", "--record", str(tmp_path / "r.csv"), "-o", "table"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables) as job:
            while sum(request.method == "DELETE" for request in server.requests) < 10:
                time.sleep(0.01)
            job.send_signal(signal.SIGINT)
            _, errors = job.communicate(timeout=30)
        deleted = sum(request.method == "DELETE" for request in server.requests)
    assert job.returncode == 130
    assert 10 <= deleted < 200
    assert errors.endswith(f"Interrupted: {deleted} of 200 links revoked, {200 - deleted} not touched.\n")
    assert numbers_in(tmp_path / "r.csv") == {"revoked": deleted, "not touched": 200 - deleted}
    assert "Traceback" not in errors


def test_second_ctrl_c_does_not_wait_for_the_calls_under_way(tmp_path: Path) -> None:
    with listing(20, CannedResponse(204, b""), after=20) as server:
        variables = environment(ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T")
        command = [COMMAND, "links", "revoke", "--all", "--yes", "--record", str(tmp_path / "r.csv"), "-o", "table"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables) as job:
            while sum(request.method == "DELETE" for request in server.requests) < 8:  # as many as go at a time
                time.sleep(0.01)
            assert job.stderr is not None
            job.send_signal(signal.SIGINT)
            while "Stopping" not in job.stderr.readline():
                pass
            job.send_signal(signal.SIGINT)
            _, errors = job.communicate(timeout=15)
        begun = sum(request.method == "DELETE" for request in server.requests)
    assert job.returncode == 130
    assert errors == f"Interrupted: 0 of 20 links revoked, {begun} not known, {20 - begun} not touched.\n"
    assert numbers_in(tmp_path / "r.csv") == {"not known": begun, "not touched": 20 - begun}


def test_refused_links_are_told_and_the_rest_is_done() -> None:
    refused = CannedResponse(403, b'{"detail": "Not yours."}')
    with listing(3, refused) as server:
        result = run(
            "links", "revoke", "--all", "--yes", "-o", "json", ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T"
        )
    rows = json.loads(result.stdout)
    assert result.returncode == 1
    assert {row["outcome"] for row in rows} == {"failed"}
    assert all("403 Forbidden: Not yours." in row["reason"] for row in rows)
    assert result.stderr.endswith("0 of 3 links revoked, 3 failed.\n")


def test_job_stops_when_nobody_is_logged_in_any_more() -> None:
    with listing(200, CannedResponse(401, b'{"detail": "Invalid token."}')) as server:
        variables = {"ELEMENTS_HOST": server.host, "ELEMENTS_API_TOKEN": "T"}
        result = run("links", "revoke", "--all", "--yes", "-o", "table", **variables)
        deleted = sum(request.method == "DELETE" for request in server.requests)
    assert result.returncode == 4
    assert "Stopped, for nobody is logged in any more: 0 of 200 links revoked" in result.stderr
    assert deleted < 100


def test_link_that_is_gone_already_counts_as_revoked() -> None:
    with listing(3, CannedResponse(404, b'{"detail": "Not found."}')) as server:
        result = run("links", "revoke", "--all", "--yes", ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T")
    assert result.returncode == 0
    assert result.stderr.endswith("3 of 3 links revoked.\n")


def test_list_that_cannot_be_had_is_a_failure_with_its_own_code() -> None:
    with FaultServer(answer(401, b'{"detail": "Invalid token."}')) as server:
        result = run("links", "list", ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T")
    assert result.returncode == 4
    assert "the API token is complete" in result.stderr
    assert run("links", "list", ELEMENTS_HOST="http://127.0.0.1:1", ELEMENTS_API_TOKEN="T").returncode == 3


def test_email_goes_to_whom_it_is_meant_for(links: Sandbox) -> None:
    link = all_links(links)[0]
    assert link.created_by is not None
    number = str(link.id)
    run("links", "email", number, "--yes", **as_admin(links))
    run("links", "email", number, "--to-owner", "--yes", **as_admin(links))
    run("links", "email", number, "--to", "a@example.com", "--subject", "Dailies", "--yes", **as_admin(links))
    assert [email.to for email in links.outbox] == [[link.user.email], [link.created_by.email], ["a@example.com"]]
    assert links.outbox[-1].subject == "Dailies"
    assert run("links", "email", number, "--to", "a@example.com", "--to-owner", **as_admin(links)).returncode == 2


@pytest.mark.parametrize("links", [USUAL, pytest.param(MANY, marks=pytest.mark.slow)], indirect=True)
def test_email_to_all_owners_sends_one_each(links: Sandbox) -> None:
    result = run("links", "email", "--all", "--to-owner", "--yes", "-o", "table", **as_admin(links))
    total = len(all_links(links))
    assert result.returncode == 0
    assert result.stderr.endswith(f"{total:,} of {total:,} links sent.\n")
    assert len(links.outbox) == total


def test_email_of_which_nobody_knows_is_not_sent_again() -> None:
    with listing(1, CannedResponse()) as server:
        page = server.answer

        def cut(request: Recorded) -> CannedResponse:
            if request.method == "POST":
                raise ConnectionError
            return page(request)

        server.answer = cut
        result = run(
            "links", "email", "--all", "--yes", "-o", "json", ELEMENTS_HOST=server.host, ELEMENTS_API_TOKEN="T"
        )
        assert sum(request.method == "POST" for request in server.requests) == 1
    assert result.returncode == 3
    assert json.loads(result.stdout)[0]["outcome"] == "not known"
