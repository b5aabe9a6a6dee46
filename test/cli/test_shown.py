"""What a server sends is shown and controls nothing: no terminal, no spreadsheet; and no shape of it is a fault."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from elements_sdk._serialization.decode import reader
from elements_sdk.cli.job import Action
from elements_sdk.cli.links import _in_short
from elements_sdk.cli.output import as_csv, as_json, to_plain
from elements_sdk.cli.preview import preview
from elements_sdk.exceptions import ApiException
from test.command_line import COMMAND, environment, run, run_here, run_on_terminal
from test.link_server import IS_DONE, ODD_EXPIRIES, SPELLING, page
from test.recording import CannedResponse, Recorded, RecordingServer
from test.strategies import LINKS

Here = Callable[..., subprocess.CompletedProcess[str]]

# Each would do something to a terminal: set its title, write its clipboard, clear it, turn text round, hide itself.
CONTROLS = ["\x1b]0;title\x07", "\x1b]52;c;ZXZpbA==\x07", "\x9b2J", "\u202ereversed", "\u2066a\u2069", "\x08\x7f", "\r"]
ON_A_TERMINAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")
STYLE = re.compile(r"\x1b\[[0-9;]*[mK]|\x1b\[\?25[lh]|\x1b\[[0-9]*A|\r")  # what the command line itself writes


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    return lambda *arguments, **variables: run_here(capsys, monkeypatch, *arguments, **variables)


def link(number: Any = 7, text: str = "plain", **values: Any) -> dict[str, Any]:
    user = {"id": 1, "username": text, "email": "ada@example.com", "display_name": text, text: text}
    return {"id": number, "url": text, "token": "SECRET", "user": user, text: text, **values}


def serve(recorder: RecordingServer, *links: dict[str, Any]) -> dict[str, str]:
    """Answer with these links; return the environment of a command."""

    def answer(request: Recorded) -> CannedResponse:
        if request.method != "GET":
            return IS_DONE
        return page(list(links), request) if request.query else CannedResponse(body=json.dumps(links[0]).encode())

    recorder.answer = answer
    return {"ELEMENTS_HOST": recorder.host, "ELEMENTS_API_TOKEN": "T"}


@pytest.mark.parametrize(
    "arguments",
    [
        ["links", "list"],
        ["links", "list", "-o", "json"],
        ["links", "list", "-o", "jsonl"],
        ["links", "list", "-o", "csv"],
        ["links", "list", "-o", "yaml"],
        ["links", "show", "7"],
        ["links", "revoke", "7", "--yes", "-o", "csv"],
        ["links", "email", "7", "--yes", "-o", "json"],
        ["auth", "get-access-token", "7", "-o", "table"],
    ],
    ids=" ".join,
)
def test_terminal_is_not_controlled(recorder: RecordingServer, arguments: list[str]) -> None:
    text = " ".join([*CONTROLS, *SPELLING])
    variables = serve(recorder, link(7, text))
    code, shown = run_on_terminal(*arguments, types=[], echoes=True, **variables)
    assert code == 0
    shown = STYLE.sub("", shown)
    assert ON_A_TERMINAL.findall(shown) == []
    assert all(word in re.sub(r"\s", "", shown) for word in SPELLING[:1])


@pytest.mark.parametrize("text", CONTROLS)
def test_error_of_a_server_does_not_control_a_terminal(recorder: RecordingServer, text: str, here: Here) -> None:
    recorder.answers(json.dumps({"detail": f"No {text}.", text: [text]}), 400)
    result = here("links", "list", ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    assert result.returncode == 1
    assert ON_A_TERMINAL.findall(result.stderr) == []


@pytest.mark.parametrize("output", ["json", "jsonl", "csv"])
@pytest.mark.parametrize("text", [*CONTROLS[:5], *SPELLING])
def test_text_in_a_pipe_is_as_it_came(recorder: RecordingServer, output: str, text: str, here: Here) -> None:
    result = here("links", "list", "-o", output, **serve(recorder, link(7, text)))
    rows = (
        list(csv.DictReader(io.StringIO(result.stdout, newline="")))
        if output == "csv"
        else json.loads(result.stdout if output == "json" else f"[{result.stdout}]")
    )
    assert rows[0]["url"] == text


@pytest.mark.parametrize("text", SPELLING)
def test_characters_that_words_are_spelt_with_stay_everywhere(recorder: RecordingServer, text: str, here: Here) -> None:
    variables = serve(recorder, link(7, text))
    assert text in here("links", "list", "-o", "table", **variables).stdout
    assert text in here("links", "revoke", "7", "--yes", **variables).stderr
    assert text in str(ApiException(400, "Bad Request", detail=text))


@pytest.mark.parametrize("before", ["", "a;", "a\t", "a\n", 'a;"', "a; "])
@pytest.mark.parametrize("formula", ["=1+1", "+1", "-1", "@SUM(1)", "\uff1d1"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_no_spreadsheet_finds_a_formula_whatever_it_separates_by(before: str, formula: str, delimiter: str) -> None:
    text = as_csv([{"id": 1, "name": before + formula, "more": 2}])
    cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
    assert not [
        cell for cell in cells if cell.strip(" \"'").startswith(formula) and not cell.lstrip(' "').startswith("'")
    ]
    assert formula in text


@pytest.mark.parametrize("value", [["a;=1+1;b"], [["x\t=1+1"]], [{"name": ";=1+1"}]], ids=str)
def test_formula_inside_a_list_is_no_cell_either(value: list[Any]) -> None:
    text = as_csv([{"id": 1, "shared": value, "more": 2}])
    for delimiter in (",", ";", "\t"):
        cells = [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
        assert [cell for cell in cells if cell.lstrip(' "').startswith("=1+1")] == []


@pytest.mark.parametrize("expires", ODD_EXPIRIES, ids=str)
def test_expiry_that_cannot_be_read_is_shown_as_it_came(
    recorder: RecordingServer, expires: Any, here: Here, tmp_path: Path
) -> None:
    variables = serve(recorder, link(7, expires=expires))
    for result in (
        here("links", "list", "-o", "table", **variables).stdout,
        here("links", "revoke", "7", **variables).stderr,
    ):
        assert f"not known: {expires}" in " ".join(result.split())
        assert "never expires" not in result
    record = tmp_path / "record.json"
    assert here("links", "revoke", "7", "--yes", "--record", str(record), **variables).returncode == 0
    assert json.loads(record.read_text())[0]["expires"] == expires


def test_expiry_that_cannot_be_read_has_not_passed(recorder: RecordingServer, here: Here) -> None:
    variables = serve(recorder, *(link(number, expires=expires) for number, expires in enumerate(ODD_EXPIRIES, 1)))
    for filter in (["--expired"], ["--expires-before", "9999-01-01"]):
        assert here("links", "list", *filter, "-o", "json", **variables).stdout == "[]\n"


@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(values=LINKS)
def test_no_shape_of_a_link_is_a_fault(values: dict[str, Any]) -> None:
    found = reader("OneTimeAccessToken")(values, None)
    action = Action("email", "sent", lambda _: None, lambda _: {"recipient": "ada"}, ("recipient",))
    row = action.row(found, "https://storage.example.com", "sent")
    preview(action, [found])
    for value in ([row], _in_short([found]), [found]):
        plain = to_plain(value)
        assert json.loads(as_json(plain).encode()) is not None
        as_csv(plain).encode()


@pytest.mark.parametrize("name", ["Zoë", "Ångström", "한글"])
def test_owner_is_found_however_it_is_composed(recorder: RecordingServer, name: str, here: Here) -> None:
    import unicodedata

    for theirs in ("NFC", "NFD"):
        for ours in ("NFC", "NFD"):
            variables = serve(recorder, link(7, unicodedata.normalize(theirs, name)))
            owner = unicodedata.normalize(ours, name.swapcase())
            assert len(json.loads(here("links", "list", "--owner", owner, **variables).stdout)) == 1


@pytest.mark.parametrize("way", ["file", "standard input"])
def test_body_with_a_byte_order_mark_is_read(recorder: RecordingServer, way: str, tmp_path: Path) -> None:
    body = tmp_path / "body.json"
    body.write_text('\ufeff{"email": "ada@example.com"}', "utf-8")
    arguments = ["auth", "send-access-token-email-notification", "7", "--data", f"@{body}" if way == "file" else "-"]
    result = run(*arguments, stdin=body.read_text("utf-8"), **serve(recorder, link()))
    assert result.returncode == 0, result.stderr
    assert json.loads(recorder.last.body) == {"email": "ada@example.com"}


@pytest.mark.parametrize("text", ["\u2028", "a\u2029b", "\x85", "\x0b\x0c\x1c\x1d\x1e"])
def test_json_lines_are_lines(recorder: RecordingServer, text: str, here: Here) -> None:
    result = here("links", "list", "-o", "jsonl", **serve(recorder, link(1, text), link(2, text)))
    assert [json.loads(line)["url"] for line in result.stdout.splitlines()] == [text, text]


def test_json_lines_come_page_by_page(recorder: RecordingServer) -> None:
    """The second page is answered only when the links of the first have been printed."""
    printed, links = threading.Event(), [link(number) for number in range(1, 301)]

    def answer(request: Recorded) -> CannedResponse:
        assert "offset=0" in request.query or printed.wait(20)
        return page(links, request)

    recorder.answer = answer
    variables = environment(ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    command = [COMMAND, "links", "list", "-o", "jsonl"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=variables) as listing:
        assert listing.stdout is not None
        first = [json.loads(listing.stdout.readline())["id"] for _ in range(200)]
        printed.set()
        assert first == list(range(1, 201))
        assert len(listing.stdout.read().splitlines()) == 100


@pytest.mark.parametrize("number", ["1e999", "-1e999", "NaN", "Infinity"])
@pytest.mark.parametrize("output", ["json", "jsonl", "csv"])
def test_number_that_json_does_not_have_is_text(
    recorder: RecordingServer, number: str, output: str, here: Here
) -> None:
    body = f'[{{"id": 7, "url": "/", "token": "T", "view_limit_left": {number}, "more": [{number}]}}]'
    recorder.answers(body)
    variables = {"ELEMENTS_HOST": recorder.host, "ELEMENTS_API_TOKEN": "T"}
    result = here("auth", "get-all-access-tokens", "-o", output, **variables)
    assert result.returncode == 0

    def refuse(constant: str) -> None:
        raise AssertionError(constant)

    if output != "csv":
        json.loads(result.stdout, parse_constant=refuse)


def test_csv_for_excel_has_its_mark(recorder: RecordingServer, here: Here) -> None:
    variables = serve(recorder, link(7, "Zoë"))
    assert here("links", "list", "-o", "excel", **variables).stdout.startswith("\ufeffid,")
    assert here("links", "list", "-o", "csv", **variables).stdout.startswith("id,")


@pytest.mark.parametrize("columns", ["60", "80", "100", "200"])
def test_table_of_a_job_has_outcome_and_reason_however_narrow(recorder: RecordingServer, columns: str) -> None:
    variables = serve(recorder, link(7, "a rather long name of somebody", expires="2026-12-31T00:00:00Z"))
    recorder_answer = recorder.answer

    def answer(request: Recorded) -> CannedResponse:
        refused = CannedResponse(403, json.dumps({"detail": "This is not yours, and never was."}).encode())
        return recorder_answer(request) if request.method == "GET" else refused

    recorder.answer = answer
    for command in ("revoke", "email"):
        result = run("links", command, "7", "--yes", "-o", "table", COLUMNS=columns, **variables)
        table = result.stdout.splitlines()
        assert {"outcome", "reason"} <= {*table[0].split()}
        assert "failed" in result.stdout
        assert max(map(len, table)) <= int(columns)


def test_email_shows_recipients_subject_and_text_before_it_asks(recorder: RecordingServer, tmp_path: Path) -> None:
    variables = serve(recorder, link(7), link(8), link(9))
    message = ["--to-owner", "--subject", "Dailies", "--text", "Please\nlook"]
    shown = run("links", "email", "--all", *message, **variables).stderr
    assert "        7  to ada@example.com, plain, 0 views, never expires\n" in shown
    assert "ada@example.com gets 3 e-mails.\nsubject: Dailies\ntext: Please look\n" in shown
    assert "3 links to 1 address would be sent, and there is no terminal to ask on" in shown
    dry = json.loads(run("links", "email", "--all", *message, "--dry-run", **variables).stdout)
    record = tmp_path / "record.csv"
    run("links", "email", "--all", *message, "--yes", "--record", str(record), **variables)
    recorded = list(csv.DictReader(io.StringIO(record.read_text("utf-8"))))
    for row in (*dry, *recorded):
        assert (row["recipient"], row["subject"], row["text"]) == ("ada@example.com", "Dailies", "Please\nlook")


def test_many_links_are_counted_on_a_terminal_while_they_are_read(recorder: RecordingServer) -> None:
    variables = serve(recorder, *(link(number) for number in range(1, 451)))
    code, shown = run_on_terminal("links", "list", "-o", "csv", types=[], echoes=True, **variables)
    assert code == 0
    assert "200 links are read" in shown
    assert "400 links are read" in shown


@pytest.mark.parametrize("depth", [250, 900, 20_000])
def test_deeply_nested_value_is_told_and_nothing_is_done(depth: int, here: Here) -> None:
    body = b'[{"id": 7, "url": "/m/7", "expires": ' + b"[" * depth + b"]" * depth + b"}]"
    with RecordingServer() as recorder:
        recorder.answers(body)
        variables = {"ELEMENTS_HOST": recorder.host, "ELEMENTS_API_TOKEN": "T"}
        for arguments in (["links", "list"], ["links", "revoke", "--all", "--yes"]):
            result = here(*arguments, **variables)
            assert result.returncode == 3
            assert "nested more than 200 levels deep" in result.stderr
            assert "fault" not in result.stderr
        assert {request.method for request in recorder.requests} == {"GET"}
