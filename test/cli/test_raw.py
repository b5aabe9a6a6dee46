"""`elements-sdk api`: any endpoint, with the identity, the masks and the exit codes of the other commands."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from elements_sdk.sandbox import Sandbox
from test.command_line import COMMAND, as_admin, environment, run
from test.link_server import page
from test.recording import CannedResponse, Recorded, RecordingServer

THINGS: list[dict[str, Any]] = [
    {"id": number, "name": f"thing {number}", "owner": {"username": "ada"}} for number in range(1, 451)
]


def serving(recorder: RecordingServer, paging: str = "plain") -> dict[str, str]:
    """Answer with a long list, plain or in envelopes; return the environment of a command."""

    def answer(request: Recorded) -> CannedResponse:
        response = page(THINGS, request)
        if paging == "plain":
            return response
        offset, results = int(request.query.partition("offset=")[2].partition("&")[0]), json.loads(response.body)
        following = "http://elsewhere.invalid/" if offset + len(results) < len(THINGS) else None
        whole = {"count": len(THINGS), "next": following, "previous": None, "results": results}
        return CannedResponse(body=json.dumps(whole).encode())

    recorder.answer = answer
    return {"ELEMENTS_HOST": recorder.host, "ELEMENTS_API_TOKEN": "TOKEN-4471"}


@pytest.mark.parametrize("method", ["GET", "DELETE", "POST", "PUT", "PATCH"])
def test_request_is_what_was_said(recorder: RecordingServer, method: str) -> None:
    recorder.answers('{"id": 7, "more": [1, 2]}')
    data = [] if method == "GET" else ["--data", '{"name": "Ünï"}']
    query = ["--query", "a=1", "-q", "a=x=y&", "-q", "empty="]
    result = run(
        "api", method, "/api/2/things/7?first=0", *query, *data, "--host", recorder.host, "--api-token", "TOKEN-4471"
    )
    assert (result.returncode, json.loads(result.stdout)) == (0, {"id": 7, "more": [1, 2]})
    sent = recorder.last
    assert (sent.method, sent.path) == (method, "/api/2/things/7")
    assert sent.query == "first=0&a=1&a=x%3Dy%26&empty="
    assert sent.header("Authorization") == "Bearer TOKEN-4471"
    assert json.loads(sent.body or b"null") == ({"name": "Ünï"} if data else None)


@pytest.mark.parametrize("way", ["text", "file", "standard input"])
@pytest.mark.parametrize("body", [{"user": 2}, [1, "two"], "text"], ids=str)
def test_body_may_be_any_json(recorder: RecordingServer, way: str, body: Any, tmp_path: Path) -> None:
    text, file = json.dumps(body), tmp_path / "body.json"
    file.write_text(text)
    data = {"text": text, "file": f"@{file}", "standard input": "-"}[way]
    result = run("api", "POST", "/x", "--data", data, stdin=text, ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    assert result.returncode == 0, result.stderr
    assert json.loads(recorder.last.body) == body


@pytest.mark.parametrize("paging", ["plain", "envelope"])
@pytest.mark.parametrize("size", ["", "?limit=100", "?limit=450"])
def test_all_pages_are_fetched(recorder: RecordingServer, paging: str, size: str) -> None:
    variables = serving(recorder, paging)
    result = run("api", "GET", f"/api/2/things{size}", "--paginate", "-q", "kind=a", "-q", "kind=b", **variables)
    assert [json.loads(line) for line in result.stdout.splitlines()] == THINGS
    assert {request.query.partition("&limit")[0] for request in recorder.requests} == {"kind=a&kind=b"}
    begun = run("api", "GET", f"/api/2/things{size}", "--paginate", "-q", "offset=440", "-o", "json", **variables)
    assert json.loads(begun.stdout) == THINGS[440:]


@pytest.mark.parametrize("order", ["id", "-id", None])
def test_list_that_changes_meanwhile_is_read_whole_where_an_order_by_id_is_asked_for(
    recorder: RecordingServer, order: str | None
) -> None:
    things = sorted(THINGS, key=lambda thing: -thing["id"] if order == "-id" else thing["id"])
    first, variables = things[0], serving(recorder)

    def answer(request: Recorded) -> CannedResponse:
        response = page(things, request)
        if first in things:
            things.remove(first)  # once the first page is on its way
        return response

    recorder.answer = answer
    ordered = ["-q", f"ordering={order}"] if order else []
    result = run("api", "GET", "/api/2/things", "--paginate", *ordered, **variables)
    found = [json.loads(line)["id"] for line in result.stdout.splitlines()]
    assert set(found) >= {thing["id"] for thing in things} or order is None
    assert len(found) == (450 if order else 449)
    assert {f"ordering={order}" in request.query for request in recorder.requests} == {order is not None}


def test_lines_come_page_by_page(recorder: RecordingServer) -> None:
    """The second page is answered only when the entries of the first have been printed."""
    printed, variables = threading.Event(), serving(recorder)
    answer = recorder.answer
    recorder.answer = lambda request: (
        answer(request) if "offset=0" in request.query or printed.wait(20) else CannedResponse(500)
    )
    command = [COMMAND, "api", "GET", "/api/2/things", "--paginate"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment(**variables)) as listing:
        assert listing.stdout is not None
        first = [json.loads(listing.stdout.readline())["id"] for _ in range(200)]
        printed.set()
        assert first == list(range(1, 201))
        assert len(listing.stdout.read().splitlines()) == 250


@pytest.mark.parametrize("output", ["table", "json", "jsonl", "yaml", "csv", "excel"])
def test_every_format_has_every_entry(recorder: RecordingServer, output: str) -> None:
    result = run("api", "GET", "/api/2/things", "--paginate", "-o", output, **serving(recorder))
    assert result.returncode == 0, result.stderr
    assert len(result.stdout.split("thing ")) == 451
    if output == "csv":
        assert [row["owner.username"] for row in csv.DictReader(io.StringIO(result.stdout))] == ["ada"] * 450


@pytest.mark.parametrize("method", ["POST", "PATCH"])
@pytest.mark.parametrize("status", [429, 502, 503])
def test_what_is_not_safe_to_send_twice_is_sent_once(recorder: RecordingServer, method: str, status: int) -> None:
    recorder.answers('{"detail": "later"}', status, Retry_After="0")
    result = run("api", method, "/x", "--data", "{}", ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    assert (result.returncode, len(recorder.requests)) == (1, 1)


@pytest.mark.parametrize("where", ["--query", "path", "--data"])
def test_secret_that_a_server_repeats_is_masked(recorder: RecordingServer, where: str) -> None:
    recorder.answers('{"detail": "no such token: Pelican-5582"}', 400)
    more = {"--query": ["/x", "-q", "token=Pelican-5582"], "path": ["/x?token=Pelican-5582"]}.get(where)
    more = more or ["/x", "--data", '{"token": "Pelican-5582"}']
    method = "POST" if where == "--data" else "GET"
    for flag in ([], ["--paginate"]) if method == "GET" else ([],):
        result = run("api", method, *more, *flag, ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
        assert result.returncode == 1
        assert "no such token: ***" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["GET", "/x", "--data", "{}"], "a GET has no body"),
        (["POST", "/x", "--paginate"], "--paginate goes with GET"),
        (["FETCH", "/x"], "'FETCH' is not one of"),
        (["/x"], "'/x' is not one of"),
        (["GET", "x"], "the path must begin with a slash"),
        (["GET", "/x", "--paginate", "-q", "limit=all"], "limit and offset in the query are whole numbers"),
        (["GET", "/x", "--paginate", "-q", "limit=0"], "in the query are whole numbers, limit from 1"),
        (["GET", "/x?offset=-1", "--paginate"], "limit and offset in the query are whole numbers"),
        (["GET", "/x/../y"], "must hold no segment that is . or .."),
        (["GET", "/x/%2e%2e/y", "--paginate"], "must hold no segment that is . or .."),
        (["GET", "/x", "-q", "name"], "this is not NAME=VALUE"),
        (["GET", "/x", "-q", "=value"], "this is not NAME=VALUE"),
        (["POST", "/x", "--data", "{user: 2}"], "--data is not JSON"),
        (["POST", "/x", "--data", " "], "--data is empty"),
    ],
    ids=str,
)
def test_wrong_usage_is_named_and_nothing_is_sent(recorder: RecordingServer, arguments: list[str], words: str) -> None:
    result = run("api", *arguments, ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert recorder.requests == []


def test_path_that_does_not_exist_is_named(sandbox: Sandbox) -> None:
    for path in ("/api/2/nothing", "/api/3/auth/access-tokens", "/nothing"):
        result = run("api", "GET", path, **as_admin(sandbox))
        assert (result.returncode, f"(GET {path})" in result.stderr) == (3, True)
        assert result.stderr.endswith("and with `api` the path that you gave\n")


def test_identities_are_those_of_the_other_commands(sandbox: Sandbox) -> None:
    ticket = "/api/2/auth/ticket"
    admin = {"ELEMENTS_HOST": sandbox.host, "ELEMENTS_PASSWORD": sandbox.admin.password}
    assert run("api", "POST", ticket, ELEMENTS_HOST=sandbox.host).returncode == 4
    assert run("api", "POST", ticket, **{**as_admin(sandbox), "ELEMENTS_API_TOKEN": "wrong"}).returncode == 4
    assert run("api", "POST", ticket, ELEMENTS_HOST="http://127.0.0.1:9").returncode == 4
    assert run("api", "GET", "/", ELEMENTS_HOST="http://127.0.0.1:9", ELEMENTS_API_TOKEN="T").returncode == 3
    as_user = ["--login", "admin", "--impersonate", str(sandbox.user.id)]
    made = json.loads(run("api", "POST", ticket, *as_user, **admin).stdout)
    owner = run("api", "POST", f"{ticket}/check", "--data", json.dumps(made), ELEMENTS_HOST=sandbox.host)
    assert json.loads(owner.stdout)["username"] == "user"
    impersonation = ["/api/2/auth/impersonation", "--data", json.dumps({"user": sandbox.user.id})]
    assert run("api", "POST", *impersonation, "--login", "admin", **admin).returncode == 0
    assert run("api", "POST", *impersonation, **as_admin(sandbox)).returncode == 4


@pytest.mark.parametrize(
    "command", [["api", "DELETE", "/api/2/auth/access-tokens/{}"], ["auth", "delete-access-token"]]
)
def test_empty_answer_prints_nothing_in_a_pipe(fresh_sandbox: Sandbox, command: list[str]) -> None:
    for number, output in enumerate(["json", "jsonl", "yaml", "csv", "excel", "table"], 1):
        words = [word.format(number) for word in command]
        result = run(*words, *([str(number)] if words == command else []), "-o", output, **as_admin(fresh_sandbox))
        assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


@pytest.mark.parametrize("body", ['{"id": 1}', '{"items": [1]}', '"text"', "7"])
def test_answer_that_is_not_a_list_is_named(recorder: RecordingServer, body: str) -> None:
    recorder.answers(body)
    result = run("api", "GET", "/x", "--paginate", ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.endswith("count and results\nHint: leave --paginate out\n")
    recorder.answers("<html>", Content_Type="text/html")
    result = run("api", "GET", "/x", "--paginate", ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    assert (result.returncode, "seems not to be an ELEMENTS server" in result.stderr) == (3, True)
