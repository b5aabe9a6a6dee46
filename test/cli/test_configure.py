"""`elements-sdk configure` and `--profile`: what is kept, where the secret goes, and what wins."""

from __future__ import annotations

import fcntl
import json
import os
import re
import stat
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from elements_sdk import ApiClient, AuthApi, Configuration, Session
from elements_sdk.sandbox import Sandbox
from test.command_line import COMMAND, environment, run, run_here, run_on_terminal
from test.recording import RecordingServer

CALL = ["auth", "generate-password"]


@pytest.fixture(scope="module")
def secure() -> Iterator[Sandbox]:
    with Sandbox(https=True) as running:
        yield running


def server_of(sandbox: Sandbox) -> list[str]:
    return ["--host", sandbox.host, *(["--ca-file", str(sandbox.ca_file)] if sandbox.ca_file else [])]


def configure(sandbox: Sandbox, *arguments: str, token: str | None = None) -> subprocess.CompletedProcess[str]:
    given = ["configure", *server_of(sandbox), *arguments, "--api-token-file", "-"]
    return run(*given, stdin=f"{token or sandbox.user.api_token}\n")


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir() if file.suffix != ".lock"}


def listed() -> dict[str, dict[str, str]]:
    return {row["profile"]: row for row in json.loads(run("configure", "--list").stdout)}


def write_profile(folder: Path, host: str, more: str = "", name: str = "default") -> None:
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text("KEPT")
    (folder / "token").chmod(0o600)
    with open(folder / "profiles.toml", "a") as file:
        file.write(f'[{name}]\nhost = "{host}"\nsecret_file = "token"\n{more}\n')


def test_token_is_kept_once_tried_and_used_from_then_on(
    secure: Sandbox, own_profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(Path(str(secure.ca_file)).parent)
    given = ["--host", secure.host, "--ca-file", "ca.pem", "--timeout", "5,20"]
    kept = run("configure", *given, "--api-token-file", "-", stdin=f"{secure.user.api_token}\n")
    assert (kept.returncode, kept.stdout) == (0, "")
    assert kept.stderr.endswith(f"The profile 'default' is kept: an API token, at {secure.host}.\n")
    assert secure.user.api_token not in kept.stderr
    (table,) = tomllib.loads((own_profiles / "profiles.toml").read_text()).values()
    (secret,) = own_profiles.glob("*.secret")
    assert table == {
        "host": secure.host,
        "ca_file": os.path.abspath("ca.pem"),
        "timeout": [5.0, 20.0],
        "secret_file": str(secret),
    }
    assert f"you alone can read, {secret}: " in kept.stderr
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    monkeypatch.chdir("/")
    assert run(*CALL).returncode == 0
    with ApiClient(Configuration.from_profile("default")) as client:
        assert AuthApi(client).generate_password().password


def test_login_is_kept_too_and_asks_for_nothing(secure: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "password").write_text(f"{secure.admin.password}\n")
    login = ["--login", "admin", "--login-password-file", str(tmp_path / "password")]
    assert run("configure", "--profile", "boss", *server_of(secure), *login).returncode == 0
    assert run(*CALL, "--impersonate", str(secure.user.id), ELEMENTS_PROFILE="boss").returncode == 0
    shown = run(
        "auth", "login", "--profile", "boss", "--username", "user", "--password", "-", stdin=secure.user.password
    )
    assert (shown.returncode, "Uma User" in shown.stdout) == (0, True)
    with Session(Configuration.from_profile("boss")) as session:
        assert session.auth.generate_password().password


def test_account_with_one_time_codes_is_tried_with_one_and_needs_the_next(secure: Sandbox) -> None:
    account = secure.otp_user
    given = ["configure", *server_of(secure), "--login", account.username, "--login-password-file", "-"]
    assert run(*given, stdin=f"{account.password}\n").returncode == 4
    tried = run(*given, "--login-otp-file", "-", stdin=f"{account.password}\n{account.otp()}\n")
    assert (tried.returncode, tried.stdout) == (0, ""), tried.stderr
    assert run(*CALL).returncode == 4
    assert run(*CALL, "--login-otp", "-", stdin=account.otp()).returncode == 0


def test_terminal_asks_for_what_is_left_out_and_shows_no_secret(secure: Sandbox, own_profiles: Path) -> None:
    questions = ["Server, as in", "File of certificate authorities", "API token", "User name", "Password of user"]
    answers = [secure.host, str(secure.ca_file), "", "user", secure.user.password]
    types = [(question, f"{answer}\n") for question, answer in zip(questions, answers, strict=True)]
    code, shown = run_on_terminal("configure", types=types, echoes={*questions[:2], "User name"})
    assert (code, secure.user.password in shown) == (0, False)
    assert listed()["default"]["caller"] == "user"
    code, shown = run_on_terminal(
        "configure",
        types=[(questions[0], "\n"), (questions[1], "\n"), ("API token", f"{secure.admin.api_token}\n")],
        echoes=questions[:2],
    )
    assert (code, secure.admin.api_token in shown) == (0, False)
    assert f"{secure.host}]" in shown
    assert listed()["default"]["caller"] == "API token"
    assert [file.read_text() for file in own_profiles.glob("*.secret")] == [secure.admin.api_token]


@pytest.mark.parametrize("host", ["storage.example.com", "ftp://storage", "https://user:Lantern@storage"])
def test_terminal_asks_again_for_a_server_that_cannot_be_one(host: str, sandbox: Sandbox) -> None:
    types = [("Server, as in", f"{host}\n"), ("as in https://storage.example.com\r\n", f"{sandbox.host}\n")]
    types.append(("API token", f"{sandbox.user.api_token}\n"))
    code, shown = run_on_terminal("configure", types=types, echoes={"Server, as in", types[1][0]})
    assert (code, shown.count("Server, as in"), listed()["default"]["host"]) == (0, 2, sandbox.host)
    assert "Error: it must" in shown


@pytest.mark.parametrize("columns", ["60", "80", "100"])
def test_list_says_who_is_calling_however_narrow_the_terminal_is(columns: str, own_profiles: Path) -> None:
    write_profile(own_profiles, "https://storage.example.com:8443", 'ca_file = "/etc/ssl/certs/storage-authority.pem"')
    write_profile(own_profiles, "https://other.example.com:8443", 'username = "ada"', name="other")
    shown = run("configure", "--list", "-o", "table", COLUMNS=columns).stdout
    assert max(map(len, shown.splitlines())) <= int(columns)
    assert re.search(r"^default +https://storage.example.com:8443 +API token\b", shown, re.MULTILINE)
    assert re.search(r"^other +https://other.example.com:8443 +ada\b", shown, re.MULTILINE)


def test_list_and_remove_exclude_each_other(own_profiles: Path) -> None:
    write_profile(own_profiles, "https://storage.example.com")
    assert run("configure", "--list", "--remove").returncode == 2
    assert set(listed()) == {"default"}


def test_list_shows_no_secret_and_remove_removes_it(secure: Sandbox, own_profiles: Path) -> None:
    for name in ("one", "two"):
        assert configure(secure, "--profile", name).returncode == 0
    with open(own_profiles / "profiles.toml", "a") as file:
        file.write('[three]\napi_token = "SECRET-1234"\n')
    for output in ("table", "json", "csv"):
        shown = run("configure", "--list", "--output", output).stdout
        assert all(word in shown for word in ("one", "two", "three", secure.host))
        assert not any(secret in shown for secret in (secure.user.api_token, "SECRET-1234"))
    for name in ("one", "three"):
        assert run("configure", "--profile", name, "--remove").returncode == 0
    assert set(listed()) == {"two"}
    assert [file.name[:4] for file in own_profiles.glob("*.secret")] == ["two-"]
    again = run("configure", "--profile", "one", "--remove")
    assert again.returncode == 2
    assert "the profile 'one' does not exist" in again.stderr


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"token": "WRONG-1234"}, 4, "401 Unauthorized"),
        ({"--host": "https://127.0.0.1:1"}, 3, "no connection to the server"),
        ({"--host": "storage"}, 2, "--host must begin with http:// or https://"),
        ({"--ca-file": "/nowhere.pem"}, 2, "--ca-file cannot be read: No such file"),
        ({"--timeout": "soon"}, 2, "--timeout must be a number of seconds"),
        ({"--login": "user"}, 2, "an API token is one identity, and a login another"),
        ({"token": " "}, 2, "--api-token-file: standard input has no line for it"),
        ({"--profile": "../x"}, 2, "a profile's name is made of letters, digits"),
    ],
)
def test_what_does_not_work_is_not_kept(
    change: dict[str, str], code: int, words: str, secure: Sandbox, own_profiles: Path
) -> None:
    assert configure(secure).returncode == 0
    before = contents(own_profiles)
    options = [part for option, value in change.items() if option != "token" for part in (option, value)]
    failed = configure(secure, *options, token=change.get("token", secure.admin.api_token))
    assert (failed.returncode, failed.stdout) == (code, "")
    assert words in failed.stderr
    assert "WRONG-1234" not in failed.stderr
    assert secure.admin.api_token not in failed.stderr
    assert contents(own_profiles) == before


def test_interrupted_question_leaves_the_old_profile(secure: Sandbox, own_profiles: Path) -> None:
    assert configure(secure).returncode == 0
    before = contents(own_profiles)
    code, shown = run_on_terminal("configure", *server_of(secure), types=[("API token", "\x03")])
    assert (code, "Interrupted." in shown) == (130, True)
    assert contents(own_profiles) == before


@pytest.mark.parametrize("kilobytes", [0, 1])  # the second is enough for the secret, not for the profiles
def test_full_disk_leaves_the_old_profile_and_no_secret(kilobytes: int, secure: Sandbox, own_profiles: Path) -> None:
    assert configure(secure).returncode == 0
    write_profile(own_profiles, f"https://{'x' * 2000}", name="long")
    before = contents(own_profiles)
    command = ["bash", "-c", f'ulimit -f {kilobytes}; exec "$@"', "bash", COMMAND, "configure", "--api-token-file", "-"]
    failed = subprocess.run(command, input=secure.admin.api_token, capture_output=True, text=True, env=environment())
    assert (failed.returncode, failed.stderr[:6]) == (1, "Error:")
    assert "File too large" in failed.stderr
    assert contents(own_profiles) == before


def test_two_at_once_lose_nothing(secure: Sandbox, own_profiles: Path) -> None:
    own_profiles.mkdir()
    command = [COMMAND, "configure", *server_of(secure), "--api-token-file", "-"]
    with open(own_profiles / "profiles.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as other:
            assert other.stdin is not None
            other.stdin.write(f"{secure.user.api_token}\n")
            other.stdin.close()
            while not list(own_profiles.glob("*.secret")) and other.poll() is None:
                time.sleep(0.02)
            (own_profiles / "profiles.toml").write_text('[mine]\nhost = "http://localhost"\n')
            fcntl.flock(lock, fcntl.LOCK_UN)
    assert other.returncode == 0
    assert set(listed()) == {"mine", "default"}


@pytest.mark.parametrize(
    ("options", "variables", "sent"),
    [
        ([], {}, "Bearer KEPT"),
        ([], {"ELEMENTS_API_TOKEN": "ENV"}, "Bearer ENV"),
        (["--api-token", "OPTION"], {"ELEMENTS_API_TOKEN": "ENV"}, "Bearer OPTION"),
    ],
)
@pytest.mark.parametrize("named", ["no", "option", "variable", "other"])
def test_options_beat_variables_and_these_the_profile(
    options: list[str],
    variables: dict[str, str],
    sent: str,
    named: str,
    recorder: RecordingServer,
    own_profiles: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recorder.answers('{"password": "p"}')
    write_profile(own_profiles, recorder.host, name="default" if named == "no" else "work")
    write_profile(own_profiles, "http://127.0.0.1:1", name="other")
    chosen = {"option": ["--profile", "work"], "other": ["--profile", "other", "--host", recorder.host]}.get(named, [])
    given = {**variables, **({"ELEMENTS_PROFILE": "work"} if named == "variable" else {})}
    result = run_here(capsys, monkeypatch, *CALL, *chosen, *options, **given)
    if named == "other" and sent.endswith("KEPT"):  # a profile's secret is for its own server
        assert (result.returncode, recorder.requests) == (4, [])
        assert (
            "Note: who is calling is not taken from the profile 'other', which is for http://127.0.0.1:1"
            in result.stderr
        )
        return
    assert result.returncode == 0
    assert [request.header("Authorization") for request in recorder.requests] == [sent]


@pytest.mark.parametrize(
    ("more", "arguments", "words"),
    [
        ("hots = 'x'", [], "the profile 'default' has an unknown key, 'hots'; did you mean 'host'?"),
        ("cert_fil = 'x'", [], "has an unknown key, 'cert_fil'; did you mean 'cert_file'?"),
        ("proxy = 3128", [], "the profile 'default': proxy must be text, in quotes"),
        ("proxy = 'ftp://proxy'", [], "proxy of the profile 'default' must begin with http"),
        ("timeout = -1", [], "timeout of the profile 'default' must be a positive number"),
        ("", ["--profile", "defualt"], "the profile 'defualt' does not exist; did you mean 'default'?"),
        ("[", [], "profiles.toml cannot be read: it is not TOML: see line"),
    ],
)
def test_what_is_wrong_with_a_profile_is_wrong_usage(
    more: str,
    arguments: list[str],
    words: str,
    own_profiles: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write_profile(own_profiles, "http://127.0.0.1:1", more)
    result = run_here(capsys, monkeypatch, *CALL, *arguments)
    assert (result.returncode, result.stdout) == (2, "")
    assert words in result.stderr
    assert "KEPT" not in result.stderr


def test_configure_takes_no_secret_on_the_command_line() -> None:
    for flag in ("--api-token", "--login-password", "--login-otp", "--key-password"):
        assert "No such option" in run("configure", flag, "SECRET-1234").stderr


def test_without_a_terminal_what_is_missing_is_named() -> None:
    missing = run("configure", "--host", "http://127.0.0.1:1")
    assert missing.returncode == 4
    assert "say --api-token-file FILE, or --login NAME and --login-password-file FILE" in missing.stderr
