"""`elements-sdk auth`: every operation from the shell, against the sandbox."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from elements_sdk.api import auth_api
from elements_sdk.api.auth_api import AuthApi
from elements_sdk.cli.root import commands
from elements_sdk.sandbox import Account, Sandbox
from test.command_line import COMMAND, environment, run, run_on_terminal


def by_token(sandbox: Sandbox, account: Account | None = None) -> dict[str, str]:
    return {"ELEMENTS_HOST": sandbox.host, "ELEMENTS_API_TOKEN": (account or sandbox.user).api_token}


def by_login(sandbox: Sandbox, account: Account) -> dict[str, str]:
    names = {"ELEMENTS_USERNAME": account.username, "ELEMENTS_PASSWORD": account.password}
    return {"ELEMENTS_HOST": sandbox.host, **names}


def test_there_is_a_command_for_each_operation() -> None:
    shown = run("auth", "--help").stdout
    for operation in auth_api.OPERATIONS:
        assert f"  {operation.name.replace('_', '-')} " in shown.replace("\n", " \n")


@pytest.mark.parametrize(
    "output", ["table", "json", *(pytest.param(name, marks=pytest.mark.slow) for name in ("jsonl", "yaml", "csv"))]
)
def test_all_operations_succeed_in_every_format(fresh_sandbox: Sandbox, output: str) -> None:
    sandbox = fresh_sandbox
    user, admin = by_token(sandbox), by_login(sandbox, sandbox.admin)
    link = str(json.loads(run("auth", "get-all-access-tokens", "--limit", "1", **user).stdout)[0]["id"])
    ticket = json.loads(run("auth", "create-auth-ticket", **user).stdout)["ticket"]
    reset = sandbox.password_reset_token("user")
    steps: list[tuple[list[str], dict[str, str], str]] = [
        (["login"], admin, "Ada Admin"),
        (["create-auth-ticket"], user, ""),
        (["check-auth-ticket", "--ticket", "-"], {**user, "stdin": ticket}, "Uma User"),
        (["get-all-access-tokens", "--ordering", "-id", "--limit", "3"], user, "media"),
        (["get-access-token", link], user, "media"),
        (["send-access-token-email-notification", link, "--email", "a@example.com"], user, ""),
        (["delete-access-token", link], user, ""),
        (["generate-password"], user, ""),
        (["start-impersonation", "--user", str(sandbox.user.id)], admin, ""),
        (["stop-impersonation", "--impersonate", str(sandbox.user.id)], admin, ""),
        (["reset-password", "--token", "-", "--password", "-"], {**user, "stdin": f"{reset}\nLantern-4471-x\n"}, ""),
        (["logout"], admin, ""),
    ]
    assert {arguments[0].replace("-", "_") for arguments, _, _ in steps} == {item.name for item in auth_api.OPERATIONS}
    for arguments, variables, expected in steps:
        result = run("auth", *arguments, "--output", output, **variables)
        assert (result.returncode, result.stderr) == (0, "") or "Too wide" in result.stderr, arguments
        assert expected in result.stdout
        operation = next(item for item in auth_api.OPERATIONS if item.name.replace("_", "-") == arguments[0])
        assert (result.stdout == "") == (operation.result == "object"), arguments
        assert not result.stdout or readable(result.stdout, output)
    assert [email.to for email in sandbox.outbox] == [["a@example.com"]]


def readable(text: str, output: str) -> bool:
    if output == "json":
        json.loads(text)
    elif output == "jsonl":
        [json.loads(line) for line in text.splitlines()]
    elif output == "csv":
        rows = list(csv.reader(io.StringIO(text)))
        assert len({len(row) for row in rows}) <= 1
    else:
        assert text.strip()
    return True


def test_json_is_the_answer_whole(sandbox: Sandbox, auth: AuthApi) -> None:
    result = run("auth", "get-all-access-tokens", "--limit", "2", **by_token(sandbox))
    shown: list[dict[str, Any]] = json.loads(result.stdout)
    links = auth.get_all_access_tokens(limit=2)
    assert [item["token"] for item in shown] == [link.token for link in links]
    assert list(shown[0]) == list(links[0].openapi_types)


def test_answer_is_a_table_on_a_terminal_and_json_in_a_pipe(sandbox: Sandbox) -> None:
    code, shown = run_on_terminal(
        "auth", "get-all-access-tokens", "--limit", "3", types=[], echoes=True, **by_token(sandbox)
    )
    assert code == 0
    assert "created_by" in shown
    assert "Too wide for this terminal: " in shown
    assert "[{" not in shown
    rows = re.sub(r"\x1b\[[0-9;]*m", "", shown).partition("Too wide")[0].splitlines()
    assert max(map(len, rows)) <= 100


def test_password_is_asked_for_without_an_echo(sandbox: Sandbox) -> None:
    password = sandbox.admin.password
    code, shown = run_on_terminal(
        "auth", "login", "--username", "admin", types=[("password", f"{password}\n")], ELEMENTS_HOST=sandbox.host
    )
    assert code == 0
    assert "Ada Admin" in shown
    assert password not in shown


def test_secret_without_a_value_is_asked_for(sandbox: Sandbox) -> None:
    account = sandbox.otp_user
    typed = [("password", f"{account.password}\n"), ("otp", f"{account.otp()}\n")]
    code, shown = run_on_terminal(
        "auth", "login", "--password", "--otp", "--username", account.username, types=typed, ELEMENTS_HOST=sandbox.host
    )
    assert code == 0
    assert account.password not in shown


def test_ctrl_c_at_a_prompt_is_one_line_and_130(sandbox: Sandbox) -> None:
    code, shown = run_on_terminal(
        "auth", "login", "--username", "admin", types=[("password", "\x03")], ELEMENTS_HOST=sandbox.host
    )
    assert code == 130
    assert shown.split() == ["password:", "Interrupted."]


def test_missing_secret_without_a_terminal_says_how_to_give_it(sandbox: Sandbox) -> None:
    result = run("auth", "check-auth-ticket", ELEMENTS_HOST=sandbox.host)
    assert result.returncode == 2
    assert "ELEMENTS_CHECK_AUTH_TICKET_TICKET" in result.stderr


def test_secret_of_another_operation_is_not_taken_for_this_one(sandbox: Sandbox) -> None:
    result = run("auth", "reset-password", ELEMENTS_HOST=sandbox.host, ELEMENTS_PASSWORD="OLD", ELEMENTS_API_TOKEN="T")
    assert result.returncode == 2


@pytest.mark.parametrize("way", ["text", "file", "stdin"])
def test_body_can_be_json(sandbox: Sandbox, tmp_path: Path, way: str) -> None:
    body = json.dumps({"username": "user", "password": sandbox.user.password})
    (tmp_path / "body.json").write_text(body)
    data = {"text": body, "file": f"@{tmp_path / 'body.json'}", "stdin": "-"}[way]
    result = run("auth", "login", "--data", data, stdin=body, ELEMENTS_HOST=sandbox.host)
    assert json.loads(result.stdout)["user"]["username"] == "user"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--data", '{"user": SECRET-1234}'], "--data is not JSON"),
        (["--data", '["SECRET-1234"]'], "must be a JSON object"),
        (["--data", "@nowhere.json"], "nowhere.json cannot be read: No such file"),
        (["--data", "{}", "--user", "2"], "leave the options"),
        (["--data", "{}"], "--data: user is required"),
        ([], "Missing option '--user'"),
        (["--user", "two"], "not a valid integer"),
        (["--user", "2", "SECRET-1234"], "more arguments"),
    ],
)
def test_wrong_body_is_wrong_usage_and_not_shown(sandbox: Sandbox, arguments: list[str], words: str) -> None:
    result = CliRunner(env=environment(**by_login(sandbox, sandbox.admin))).invoke(
        commands, ["auth", "start-impersonation", *arguments]
    )
    assert result.exit_code in (1, 2)
    ours = run("auth", "start-impersonation", *arguments, **by_login(sandbox, sandbox.admin))
    assert ours.returncode == 2
    assert words in ours.stderr
    assert "SECRET-1234" not in ours.stderr
    assert "Hint: " in ours.stderr or "is required" in ours.stderr or "cannot be read" in ours.stderr


@pytest.mark.parametrize(
    ("name", "meant"), [("usr", "did you mean 'user'?"), ("User", "did you mean 'user'?"), ("x", "it has user")]
)
def test_unknown_property_is_wrong_usage_and_nothing_is_sent(fresh_sandbox: Sandbox, name: str, meant: str) -> None:
    body = json.dumps({"user": fresh_sandbox.user.id, name: 1})
    result = run("auth", "start-impersonation", "--data", body, **by_login(fresh_sandbox, fresh_sandbox.admin))
    assert result.returncode == 2
    assert f"ImpersonationEndpointRequest has no property {name!r}; {meant}" in result.stderr
    assert fresh_sandbox.requests == []


def test_impersonate_makes_a_call_as_somebody_else(sandbox: Sandbox) -> None:
    admin = by_login(sandbox, sandbox.admin)
    made = run("auth", "create-auth-ticket", "--impersonate", str(sandbox.user.id), **admin)
    whose = run("auth", "check-auth-ticket", "--data", "-", stdin=made.stdout, ELEMENTS_HOST=sandbox.host)
    assert json.loads(whose.stdout)["username"] == "user"


def test_command_line_decides_who_is_calling(sandbox: Sandbox) -> None:
    both = {**by_token(sandbox), **by_login(sandbox, sandbox.admin)}
    for arguments, name in (([], "user"), (["--login", "admin"], "admin"), (["--api-token", "-"], "otp_user")):
        made = run("auth", "create-auth-ticket", *arguments, stdin=sandbox.otp_user.api_token, **both)
        whose = run("auth", "check-auth-ticket", "--data", "-", stdin=made.stdout, ELEMENTS_HOST=sandbox.host)
        assert json.loads(whose.stdout)["username"] == name
    assert run("auth", "create-auth-ticket", "--login", "admin", "--api-token", "x", **both).returncode == 2


def test_session_of_a_command_is_ended_by_it(fresh_sandbox: Sandbox) -> None:
    for arguments in (["login"], ["generate-password"], ["start-impersonation", "--user", "2"]):
        run("auth", *arguments, **by_login(fresh_sandbox, fresh_sandbox.admin))
        assert fresh_sandbox.requests[-1].path == auth_api.LOGOUT.path


def test_token_file_is_read(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(sandbox.admin.api_token + "\n")
    named = ("--host", sandbox.host, "--api-token-file", str(tmp_path / "token"))
    assert run("auth", "generate-password", *named).returncode == 0
    assert run("auth", "generate-password", *named, ELEMENTS_API_TOKEN="other").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "variables", "code"),
    [
        (["generate-password"], {}, 0),
        (["get-access-token", "99999"], {}, 1),
        (["get-access-token", "x"], {}, 2),
        (["generate-password", "--host", "http://127.0.0.1:1"], {}, 3),
        (["generate-password"], {"ELEMENTS_API_TOKEN": "nonsense"}, 4),
        (["generate-password"], {"ELEMENTS_API_TOKEN": None}, 4),
        (["start-impersonation", "--user", "1"], {}, 4),
        (["login", "--username", "user", "--password", "-"], {}, 4),
    ],
)
def test_exit_code_says_how_it_ended(
    sandbox: Sandbox, arguments: list[str], variables: dict[str, str | None], code: int
) -> None:
    named = {name: value for name, value in (by_token(sandbox) | variables).items() if value is not None}
    result = run("auth", *arguments, stdin="wrong\n", **named)
    assert result.returncode == code
    assert bool(result.stdout) == (code == 0)
    assert ("Error: " in result.stderr) == (code != 0)


def test_reader_that_goes_ends_the_command_quietly(sandbox: Sandbox) -> None:
    command = f"set -o pipefail; {COMMAND} auth"
    for rest in ("get-all-access-tokens | true", "get-all-access-tokens -o table | true", "--help | true"):
        result = subprocess.run(
            ["bash", "-c", f"{command} {rest}"], capture_output=True, text=True, env=environment(**by_token(sandbox))
        )
        assert (result.returncode, result.stderr) in ((141, ""), (0, ""))


def test_full_disk_is_an_error_in_words(sandbox: Sandbox) -> None:
    with open("/dev/full", "w") as full:
        result = subprocess.run(
            [COMMAND, "auth", "generate-password"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(**by_token(sandbox)),
        )
    assert (result.returncode, result.stderr) == (1, "Error: No space left on device\n")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (["--email", ""], "--email is empty"),
        (["--data", '{"email": 1}'], "--data: email must be str, not int"),
        (["--data", "@"], "--data: a file's name is missing after @"),
        (["--data", " "], "--data is empty"),
    ],
)
def test_body_that_is_refused_unsent_is_named_as_it_was_given(given: list[str], words: str) -> None:
    named = {"ELEMENTS_HOST": "http://127.0.0.1:1", "ELEMENTS_API_TOKEN": "T"}
    result = run("auth", "send-access-token-email-notification", "5", *given, **named)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith(f"Error: {words}")
