"""Formats: what is printed can be read by people and by programs, and is safe for both."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from datetime import UTC, datetime

import pytest
import yaml

from elements_sdk.cli.output import as_csv, to_plain
from elements_sdk.cli.tables import print_table, printable
from elements_sdk.cli.yaml import as_yaml
from elements_sdk.models import ElementsUserMini, OneTimeAccessToken
from test.command_line import COMMAND, environment, run
from test.recording import RecordingServer

USER = ElementsUserMini(id=1, username="ada")


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_cell_of_csv_is_not_a_formula(start: str) -> None:
    text = as_csv([{"name": f"{start}cmd|' /C calc'!A0", "count": -5}])
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows == [{"name": f"'{start}cmd|' /C calc'!A0", "count": "-5"}]


def test_objects_of_csv_are_columns_and_dates_are_iso() -> None:
    expires = datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    link = OneTimeAccessToken(id=7, user=USER, url="/a", token="t", expires=expires, require_login=False)
    row = next(csv.DictReader(io.StringIO(as_csv([to_plain(link)]))))
    assert row["user.username"] == "ada"
    assert "user" not in row
    assert (row["id"], row["expires"], row["require_login"]) == ("7", "2026-01-02T03:04:00+00:00", "false")
    assert row["created_by"] == ""


def test_empty_list_of_csv_has_its_header(recorder: RecordingServer) -> None:
    recorder.answers("[]")
    named = ("--host", recorder.host, "--api-token", "T")
    result = run("auth", "get-all-access-tokens", "-o", "csv", *named)
    assert result.stdout.strip().split(",") == list(OneTimeAccessToken.openapi_types)
    assert run("auth", "get-all-access-tokens", "-o", "jsonl", *named).stdout == ""
    assert run("auth", "get-all-access-tokens", "-o", "table", *named).stdout == "Nothing found.\n"
    assert run("auth", "get-all-access-tokens", *named).stdout == "[]\n"


def test_what_a_newer_server_adds_is_shown(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "T-1", "valid_for": 30}')
    named = ("--host", recorder.host, "--api-token", "T")
    assert json.loads(run("auth", "create-auth-ticket", *named).stdout) == {"ticket": "T-1", "valid_for": 30}
    assert "valid_for" in run("auth", "create-auth-ticket", "-o", "table", *named).stdout


def test_table_shows_nothing_that_a_terminal_acts_on(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([{"name": "\x1b]0;owned\x07[red]x[/red]\u202e"}, {"name": "b"}])
    shown = capsys.readouterr().out
    assert "\x1b]0" not in shown
    assert "\u202e" not in shown
    assert "[red]x[/red]" in shown
    assert printable("a\nb\x9b31m") == "a b\ufffd31m"


@pytest.mark.parametrize(("count", "words"), [(0, ""), (1, "1 entry"), (2, "2 entries"), (1200, "1,200 entries")])
def test_list_inside_a_cell_without_names_is_counted(count: int, words: str) -> None:
    assert printable([{"date": "2026-11-25", "ip": "192.0.2.1"}] * count) == words


def test_secret_that_was_asked_for_is_shown(recorder: RecordingServer) -> None:
    recorder.answers('{"password": "Lantern-4471"}')
    for output in ("table", "json", "jsonl", "csv"):
        result = run("auth", "generate-password", "-o", output, "--host", recorder.host, "--api-token", "T")
        assert "Lantern-4471" in result.stdout


def test_output_that_cannot_hold_every_character_gets_json_all_the_same(recorder: RecordingServer) -> None:
    recorder.answers('{"password": "\u6f22-4471"}')
    named = ("--host", recorder.host, "--api-token", "T")
    result = run("auth", "generate-password", *named, PYTHONIOENCODING="latin-1")
    assert json.loads(result.stdout) == {"password": "\u6f22-4471"}
    result = run("auth", "generate-password", "-o", "csv", *named, PYTHONIOENCODING="latin-1")
    assert result.returncode == 1
    assert "encoding, latin-1, lacks\nHint: export PYTHONIOENCODING=utf-8" in result.stderr


@pytest.mark.parametrize(
    "text",
    ["1e3", "12e45", "0o17", "+7", "-", ".5", "012", "y", "N", "2026-12-31", "1:30", "a\nb", "\n", "x\u2028y", "\x85"],
)
def test_text_in_yaml_is_text_to_readers_of_every_version(text: str) -> None:
    """Version 1.2 has `1e3` and `0o17` for numbers, 1.1 has `y`, `012` and `1:30`, and three more ends of lines."""
    written = as_yaml({"name": text, text: [text]})
    assert yaml.safe_load(written) == {"name": text, text: [text]}
    assert [line.count('"') for line in written.splitlines()] == [2, 2, 2]


@pytest.mark.parametrize(
    "text", ["", "~", "null", "off", "#", "- a", "a: b", "\ud800", "\ufeff", "\x1b[2J\x9b", "x " * 99]
)
def test_yaml_is_read_as_what_it_was(text: str) -> None:
    values = {"text": text, "more": [{"id": 7, "empty": [], "nothing": None, "so": True, "share": 0.5}]}
    for written in (as_yaml(values), as_yaml(values, only_ascii=True)):
        assert yaml.safe_load(written) == values
        assert len(written.splitlines()) == 7


def test_yaml_of_every_kind_of_answer(recorder: RecordingServer) -> None:
    named = ("-o", "yaml", "--host", recorder.host, "--api-token", "T")
    for answer in ([{"id": 7, "name": "Zo\u00eb"}, {"id": 8, "name": "\u6f22"}], [], {"id": 7}, "text", 7):
        recorder.answers(json.dumps(answer))
        result = run("api", "GET", "/x", *named)
        assert yaml.safe_load(result.stdout) == answer, result.stderr
        for encoding in ("latin-1", "ascii"):
            assert yaml.safe_load(run("api", "GET", "/x", *named, PYTHONIOENCODING=encoding).stdout) == answer
    recorder.answers("[" * 198 + "]" * 198)
    assert run("api", "GET", "/x", *named).stdout.count("[]") == 1


@pytest.mark.parametrize(
    ("closed", "code", "words"),
    [
        ("auth generate-password >&-", 1, "there is no standard output"),
        ("auth check-auth-ticket --data - <&-", 2, "--data is empty"),
    ],
)
def test_closed_stream_is_named(recorder: RecordingServer, closed: str, code: int, words: str) -> None:
    recorder.answers('{"password": "Lantern-4471"}')
    variables = environment(ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    result = subprocess.run(f"{COMMAND} {closed}", shell=True, stderr=subprocess.PIPE, text=True, env=variables)
    assert (result.returncode, result.stderr.startswith(f"Error: {words}")) == (code, True)
