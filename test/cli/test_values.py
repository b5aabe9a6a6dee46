"""An empty value is never taken for "not said": nothing is sent, and what is empty is named."""

from __future__ import annotations

import json

import pytest

from test.command_line import run, run_here
from test.recording import RecordingServer

REVOKE = ["links", "revoke", "--never-viewed", "--yes"]
EMAIL = ["links", "email", "2", "--yes"]
OPTIONS = {
    "owner of all links": [*REVOKE, "--owner"],
    "recipient": [*EMAIL, "--to"],
    "subject": [*EMAIL, "--subject"],
    "text": [*EMAIL, "--text"],
    "record": [*REVOKE, "--record"],
    "record to resume": ["links", "revoke", "--yes", "--resume"],
    "token": [*REVOKE, "--api-token"],
    "token file": [*REVOKE, "--api-token-file"],
    "certificates": [*REVOKE, "--ca-file"],
    "columns": [*REVOKE, "--columns"],
    "order": [*REVOKE, "--sort"],
    "proxy": [*REVOKE, "--proxy"],
    "time limit": [*REVOKE, "--timeout"],
    "login": [*REVOKE, "--login"],
    "filter": ["auth", "get-all-access-tokens", "--user"],
    "property": ["auth", "send-access-token-email-notification", "2", "--email"],
    "secret property": ["auth", "reset-password", "--password", "x", "--token"],
    "body": ["auth", "start-impersonation", "--data"],
}
VARIABLES = ["ELEMENTS_HOST", "ELEMENTS_API_TOKEN", "ELEMENTS_API_TOKEN_FILE", "ELEMENTS_CA_FILE", "ELEMENTS_USERNAME"]


@pytest.mark.parametrize("value", ["", " ", "\t\n", "\u00a0"])
@pytest.mark.parametrize("name", OPTIONS)
def test_empty_option_is_named_and_nothing_is_sent(
    recorder: RecordingServer,
    name: str,
    value: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    arguments, variables = OPTIONS[name], {"ELEMENTS_HOST": recorder.host, "ELEMENTS_API_TOKEN": "T"}
    result = run_here(capsys, monkeypatch, *arguments, value, **variables)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"Error: {arguments[-1]} is empty: give it a value, or leave it out\n" in result.stderr
    assert recorder.requests == []


@pytest.mark.parametrize("value", ["", " "])
@pytest.mark.parametrize("name", VARIABLES)
def test_empty_variable_is_named_and_nothing_is_sent(
    recorder: RecordingServer,
    name: str,
    value: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    variables = {"ELEMENTS_HOST": recorder.host, "ELEMENTS_API_TOKEN": "T", name: value}
    result = run_here(capsys, monkeypatch, *REVOKE, **variables)
    assert (result.returncode, result.stdout) == (2, "")
    assert f"Error: {name} is empty: give it a value, or unset it\n" in result.stderr
    assert recorder.requests == []


def test_option_wins_over_its_empty_variable(recorder: RecordingServer) -> None:
    recorder.answers("[]")
    result = run("links", "list", "--api-token", "T", ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="")
    assert (result.returncode, result.stdout) == (0, "[]\n")


def test_empty_argument_is_named(recorder: RecordingServer) -> None:
    result = run("links", "report", "", ELEMENTS_HOST=recorder.host, ELEMENTS_API_TOKEN="T")
    assert result.returncode == 2
    assert "FILE is empty" in result.stderr
    assert recorder.requests == []


@pytest.mark.parametrize("line", ["", "  \n"])
def test_empty_line_of_standard_input_is_not_a_secret(recorder: RecordingServer, line: str) -> None:
    result = run("auth", "generate-password", "--api-token", "-", stdin=line, ELEMENTS_HOST=recorder.host)
    assert result.returncode == 2
    assert "standard input has no line for it" in result.stderr
    assert recorder.requests == []


@pytest.mark.parametrize("value", ["-Otoken", "--help", "-", "---", "-a=b"])
@pytest.mark.parametrize("name", ["token", "password", "code"])
def test_secret_may_begin_with_a_dash(name: str, value: str, recorder: RecordingServer) -> None:
    login = ["auth", "login", "--username", "ada"]
    arguments = {
        "token": ["auth", "create-auth-ticket", f"--api-token={value}"],
        "password": [*login, f"--password={value}"],
        "code": [*login, "--password=p4ss", f"--otp={value}"],
    }
    recorder.answers('{"ticket": "t", "user": {"id": 1}}')
    result = run(*arguments[name], stdin="LINE\n", ELEMENTS_HOST=recorder.host)  # which `-` reads
    assert (result.returncode, result.stderr) == (0, "")
    request = recorder.requests[0]
    found = request.header("Authorization") or json.loads(request.body)["otp" if name == "code" else name]
    assert found.removeprefix("Bearer ") == ("LINE" if value == "-" else value)
