"""Options that every command has: how it gets to the server, and what it tells; and how the help groups them."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import click
import pytest

from elements_sdk.cli.connection import connection_options
from elements_sdk.cli.root import Command
from test.cli.test_help import ALL
from test.command_line import run, run_here
from test.faults.behaviours import answer
from test.faults.server import FaultServer
from test.proxies import BASIC, IN_A_URL
from test.recording import RecordingServer
from test.tls import OTHER, TRUSTED

Here = Callable[..., subprocess.CompletedProcess[str]]
CALLS = [["auth", "create-auth-ticket"], ["links", "list", "-o", "jsonl"], ["api", "GET", "/api/2/things"]]
SECRETS = ["TOKEN-4471", "Lantern", "PRO:", "PRO%3A"]


@pytest.fixture
def here(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Here:
    return lambda *arguments, **variables: run_here(capsys, monkeypatch, *arguments, **variables)


@pytest.mark.parametrize("way", ["option", "variable"])
@pytest.mark.parametrize("call", CALLS, ids=" ".join)
def test_calls_go_through_the_proxy_that_is_named(recorder: RecordingServer, call: list[str], way: str) -> None:
    recorder.answers("[]" if "list" in call else '{"ticket": "T"}')
    proxy = recorder.host.replace("//", f"//{IN_A_URL}@")
    given = ["--proxy", proxy] if way == "option" else []
    variables = {"ELEMENTS_HOST": "http://storage.invalid", "ELEMENTS_API_TOKEN": "T"}
    result = run(*call, *given, **variables, **({} if given else {"ELEMENTS_PROXY": proxy}))
    assert result.returncode == 0, result.stderr
    assert recorder.last.path.startswith("http://storage.invalid/api/2/")
    assert recorder.last.header("Proxy-Authorization") == BASIC


@pytest.mark.parametrize(
    ("proxy", "code"),
    [(f"http://{IN_A_URL}@127.0.0.1:9", 3), (f"ftp://{IN_A_URL}@x", 2), (f"http://{IN_A_URL}@x y", 2)],
)
@pytest.mark.parametrize("debug", [[], ["--debug"]])
def test_proxy_that_fails_is_named_without_its_password(proxy: str, code: int, debug: list[str]) -> None:
    named = {"ELEMENTS_HOST": "http://storage.invalid", "ELEMENTS_API_TOKEN": "T"}
    result = run("auth", "create-auth-ticket", "--proxy", proxy, *debug, **named)
    assert (result.returncode, result.stdout) == (code, "")
    assert "--proxy" in result.stderr
    assert [secret for secret in SECRETS if secret in result.stderr] == []


@pytest.mark.parametrize("way", ["option", "variable", "one file"])
def test_client_certificate_is_shown(way: str, tmp_path: Path, here: Here) -> None:
    certificate, key = TRUSTED.client_certificate(tmp_path)
    if way == "one file":
        certificate.write_text(certificate.read_text() + key.read_text())
    given = {"cert": str(certificate)} | ({} if way == "one file" else {"key": str(key)})
    variables = {"ELEMENTS_CA_FILE": str(TRUSTED.ca_file(tmp_path / "ca.pem")), "ELEMENTS_API_TOKEN": "T"}
    options = [word for name, file in given.items() for word in (f"--{name}-file", file)]
    if way == "variable":
        options, variables = [], variables | {f"ELEMENTS_{name.upper()}_FILE": file for name, file in given.items()}
    behaviour = answer(body=b'{"ticket": "T"}')
    with FaultServer(behaviour, tls=TRUSTED.context_for("localhost", client_ca=TRUSTED)) as server:
        variables["ELEMENTS_HOST"] = f"https://localhost:{server.port}"
        assert here("auth", "create-auth-ticket", *options, **variables).returncode == 0
        refused = here(
            "auth", "create-auth-ticket", **{n: v for n, v in variables.items() if "CERT" not in n and "KEY_F" not in n}
        )
        assert refused.returncode == 3
        assert "--cert-file and --key-file" in refused.stderr


@pytest.mark.parametrize("name", ["--cert-file", "--key-file"])
@pytest.mark.parametrize("text", [None, "no certificate"])
def test_certificate_that_cannot_be_read_is_named_by_its_option(
    name: str, text: str | None, tmp_path: Path, here: Here
) -> None:
    certificate, key = OTHER.client_certificate(tmp_path)
    wrong = tmp_path / "wrong.pem"
    if text is not None:
        wrong.write_text(text)
    files = {"--cert-file": str(certificate), "--key-file": str(key), name: str(wrong)}
    options = [word for pair in files.items() for word in pair]
    result = here("auth", "create-auth-ticket", *options, ELEMENTS_HOST="https://localhost:9", ELEMENTS_API_TOKEN="T")
    assert (result.returncode, "Configuration" in result.stderr) == (2, False)
    assert re.match(rf"Error: .*({name}|--cert-file)", result.stderr)


@pytest.mark.parametrize("status", [200, 503])
def test_each_try_is_told_without_a_secret(recorder: RecordingServer, status: int) -> None:
    recorder.answers('{"detail": "TOKEN-4471 Lantern"}', status, Retry_After="0")
    variables = {"ELEMENTS_HOST": recorder.host, "ELEMENTS_API_TOKEN": "TOKEN-4471"}
    call = ["api", "GET", "/api/2/things?token=Lantern", "-q", "password=Lantern", "-o", "jsonl", "--columns", "id"]
    result = run(*call, "--debug", **variables)
    told = re.findall(rf"^GET /api/2/things -> {status} in \d+\.\d ms \(try (\d)\)$", result.stderr, re.MULTILINE)
    assert told == (["1"] if status == 200 else ["1", "2", "3"])
    assert len(recorder.requests) == len(told)
    assert [secret for secret in SECRETS if secret in result.stderr] == []
    assert "(try " not in run(*call, **variables).stderr


def test_logins_are_told_without_a_secret(recorder: RecordingServer) -> None:
    recorder.answers('{"user": {"id": 1, "username": "ada"}, "ticket": "T"}')
    named = {"ELEMENTS_HOST": recorder.host, "ELEMENTS_USERNAME": "ada", "ELEMENTS_PASSWORD": "Lantern-4471"}
    for call in (["auth", "login"], ["auth", "create-auth-ticket"]):
        result = run(*call, "--debug", **named)
        assert result.returncode == 0
        assert "POST /api/2/auth/login -> 200" in result.stderr
        assert "Lantern" not in result.stderr


@pytest.mark.parametrize(
    ("mistyped", "meant"),
    [
        (["tuor"], "tour"),
        (["link"], "links"),
        (["auth", "get-acess-token"], "get-access-token"),
        (["links", "lst"], "list"),
    ],
)
def test_command_that_is_meant_is_named(mistyped: list[str], meant: str, here: Here) -> None:
    result = here(*mistyped)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: No such command '{mistyped[-1]}'. Did you mean '{meant}'?\nHint: ")
    assert "Did you mean" not in here(*mistyped[:-1], "xyzzy").stderr


@pytest.mark.parametrize(("path", "command"), [pair for pair in ALL if isinstance(pair[1], Command)], ids=str)
def test_options_are_in_groups(path: tuple[str, ...], command: click.Command) -> None:
    text = command.get_help(click.Context(command, info_name="x", terminal_width=100))
    groups = {
        name: re.findall(r"^  (?:-\w, )?(--[\w-]+)", rest, re.MULTILINE)
        for name, rest in re.findall(r"(?ms)^([A-Z][\w ]+):\n(.*?)(?=^\w|\Z)", text)
    }
    told = [flag for flags in groups.values() for flag in flags]
    options = [option for option in command.params if isinstance(option, click.Option)]
    assert sorted(told) == sorted([*(max(option.opts, key=len) for option in options), "--help"])
    calls_a_server = any(option.name == "connection_host" for option in options)
    order = ["Options", "The job", "Which server", "Who is calling", "Output"]
    assert list(groups) == [name for name in order if name in groups]
    assert max(map(len, groups.values())) <= 12
    for flag in ("--api-token", "--api-token-file", "--login", "--login-password-file", "--profile"):
        assert flag not in told or flag in groups["Who is calling"]
    if calls_a_server:
        assert "--host" in groups["Which server"]
        assert "--debug" in groups["Output"]


def test_help_says_in_whole_sentences_what_an_option_takes() -> None:
    for _, command in ALL:
        for option in command.params:
            words = getattr(option, "help", None) or "An argument."
            assert re.match(r"[A-Z].*[.)]$", words), words
            assert not re.search(r"; or two|: 14\.", words)
    assert len(connection_options()) == 16
