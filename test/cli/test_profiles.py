"""What a profile keeps besides server and caller: client certificate and proxy, their secrets with the caller's."""

from __future__ import annotations

import json
import os
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiClient, ApiValueError, AuthApi, Configuration
from elements_sdk.exceptions import InsecureTransportWarning
from test.command_line import run, run_on_terminal
from test.faults.behaviours import answer
from test.faults.server import FaultServer
from test.proxies import BASIC, IN_A_URL
from test.recording import CannedResponse, Recorded, RecordingServer
from test.tls import OTHER, TRUSTED

CALL = ["auth", "create-auth-ticket"]
HOST = "http://storage.invalid"
SECRETS = ["TOKEN-4471", "Lantern-4471", "PRO:", "PRO%3A", IN_A_URL]


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield a server that asks for a client certificate, and the files for it by option, in this folder."""
    certificate, key = TRUSTED.client_certificate(tmp_path)
    (tmp_path / "locked").mkdir()
    locked, locked_key = TRUSTED.client_certificate(tmp_path / "locked", "Lantern-4471")
    both = tmp_path / "both.pem"
    both.write_text(certificate.read_text() + key.read_text())
    files = {"cert": certificate, "key": key, "both": both, "locked": locked, "locked_key": locked_key}
    TRUSTED.ca_file(tmp_path / "ca.pem")
    with FaultServer(answer(body=b"[]"), tls=TRUSTED.context_for("localhost", client_ca=TRUSTED)) as server:
        yield (
            f"https://localhost:{server.port}",
            {name: os.path.relpath(file, tmp_path) for name, file in files.items()},
        )


def configure(*options: str, secrets: str = "TOKEN-4471\n") -> subprocess.CompletedProcess[str]:
    return run("configure", *options, "--api-token-file", "-", stdin=secrets)


def table(folder: Path, name: str = "default") -> dict[str, Any]:
    text = (folder / "profiles.toml").read_text()
    assert [secret for secret in SECRETS if secret in text] == []
    return tomllib.loads(text)[name]  # type: ignore[no-any-return]


def through_proxy(recorder: RecordingServer) -> str:
    recorder.answer = lambda request: CannedResponse(body=b"[]" if request.method == "GET" else b'{"ticket": "T"}')
    return recorder.host.replace("//", f"//{IN_A_URL}@")


@pytest.mark.parametrize("kind", ["two files", "one file", "encrypted key"])
def test_client_certificate_is_kept_and_shown_from_every_folder(
    kind: str, guarded: tuple[str, dict[str, str]], tmp_path: Path, own_profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, files = guarded
    monkeypatch.chdir(tmp_path)
    options = {
        "two files": ["--cert-file", files["cert"], "--key-file", files["key"]],
        "one file": ["--cert-file", files["both"]],
        "encrypted key": [
            "--cert-file",
            files["locked"],
            "--key-file",
            files["locked_key"],
            "--key-password-file",
            "-",
        ],
    }[kind]
    password = "Lantern-4471\n" if kind == "encrypted key" else ""
    refused = configure("--host", host, "--ca-file", "ca.pem")
    assert (refused.returncode, own_profiles.exists()) == (3, False)
    kept = configure("--host", host, "--ca-file", "ca.pem", *options, secrets=f"{password}TOKEN-4471\n")
    assert kept.returncode == 0, kept.stderr
    monkeypatch.chdir("/")
    assert all(Path(table(own_profiles)[key]).is_absolute() for key in table(own_profiles) if key.endswith("_file"))
    assert ("key_password" in table(own_profiles)) == bool(password)
    assert run("api", "GET", "/x").stdout == "[]\n"
    with ApiClient(Configuration.from_profile("default")) as client:
        assert AuthApi(client).get_all_access_tokens() == []
    assert configure(secrets="TOKEN-4472\n").returncode == 0  # what is not said again stays
    assert run("api", "GET", "/x").stdout == "[]\n"
    if password:
        wrong = run("api", "GET", "/x", "--key-password", "-", stdin="wrong\n")
        assert (wrong.returncode, "--key-password is not the right one" in wrong.stderr) == (2, True)


def test_certificate_and_key_of_two_places_are_not_mixed(
    guarded: tuple[str, dict[str, str]], tmp_path: Path, own_profiles: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    host, files = guarded
    monkeypatch.chdir(tmp_path)
    locked = ["--cert-file", files["locked"], "--key-file", files["locked_key"], "--key-password-file", "-"]
    server = ["--host", host, "--ca-file", "ca.pem"]
    assert configure(*server, *locked, secrets="Lantern-4471\nTOKEN-4471\n").returncode == 0
    assert run("api", "GET", "/x", "--cert-file", files["both"]).stdout == "[]\n"
    certificate, key = OTHER.client_certificate(tmp_path)
    assert run("api", "GET", "/x", "--cert-file", str(certificate), "--key-file", str(key)).returncode == 3
    assert configure("--cert-file", files["both"]).returncode == 0
    assert {"key_file", "key_password"} & table(own_profiles).keys() == set()


def test_certificate_of_a_profile_is_for_its_own_server(guarded: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    host, files = guarded
    named = [str(tmp_path / files["cert"]), str(tmp_path / files["key"])]
    server = ["--host", host, "--ca-file", str(tmp_path / "ca.pem")]
    assert configure(*server, "--cert-file", named[0], "--key-file", named[1]).returncode == 0
    with FaultServer(answer(body=b"[]"), tls=TRUSTED.context_for("localhost", client_ca=TRUSTED)) as other:
        elsewhere = run("api", "GET", "/x", "--host", f"https://localhost:{other.port}", "--api-token", "T")
        assert (elsewhere.returncode, "--cert-file" in elsewhere.stderr) == (3, True)
    assert run("api", "GET", "/x", "--api-token", "T").stdout == "[]\n"


@pytest.mark.parametrize("way", ["standard input", "terminal"])
def test_proxy_is_kept_and_its_password_is_with_the_secret(
    way: str, recorder: RecordingServer, own_profiles: Path
) -> None:
    proxy = through_proxy(recorder)
    options = ["--profile", "work", "--host", HOST, "--proxy", "-"]
    if way == "terminal":
        types = [("proxy", f"{proxy}\n"), ("API token", "TOKEN-4471\n")]
        code, shown = run_on_terminal("configure", *options, types=types)
        assert (code, [secret for secret in SECRETS if secret in shown]) == (0, [])
    else:
        assert configure(*options, secrets=f"{proxy}\nTOKEN-4471\n").returncode == 0
    masked = recorder.host.replace("//", "//***@")
    assert table(own_profiles, "work")["proxy"] == masked
    for token in ([], ["--api-token", "T"]):
        recorder.requests.clear()
        assert run(*CALL, "--profile", "work", *token).returncode == 0
        assert recorder.last.path.startswith(HOST)
        assert recorder.last.header("Proxy-Authorization") == BASIC
        assert recorder.last.header("Authorization") == ("Bearer T" if token else "Bearer TOKEN-4471")
    with pytest.warns(InsecureTransportWarning), ApiClient(Configuration.from_profile("work")) as client:
        assert AuthApi(client).create_auth_ticket().ticket == "T"
    for output in ("table", "json", "yaml"):
        shown = run("configure", "--list", "-o", output).stdout
        assert masked in shown
        assert [secret for secret in SECRETS if secret in shown] == []


def test_proxy_without_a_password_is_kept_as_it_is_said(recorder: RecordingServer, own_profiles: Path) -> None:
    for secrets, proxy in ((f"{through_proxy(recorder)}\nT\n", "-"), ("T\n", recorder.host), ("T\n", None)):
        options = ["--proxy", proxy] if proxy else []
        assert configure("--host", HOST, *options, secrets=secrets).returncode == 0
    assert table(own_profiles)["proxy"] == recorder.host
    assert [file.read_text() for file in own_profiles.glob("*.secret")] == ["T"]


@pytest.mark.parametrize("proxy", [f"http://{IN_A_URL}@127.0.0.1:9", "http://TOKEN-4471@proxy", "u:Lantern-4471@proxy"])
def test_proxy_with_a_password_is_not_taken_from_the_command_line(proxy: str, own_profiles: Path) -> None:
    refused = configure("--host", HOST, "--proxy", proxy)
    assert (refused.returncode, own_profiles.exists()) == (2, False)
    assert "`--proxy -` reads it from standard input, or asks" in refused.stderr
    assert [secret for secret in SECRETS if secret in refused.stderr] == []


@pytest.mark.parametrize(
    ("line", "flag"),
    [
        (f'proxy = "http://{IN_A_URL}@proxy:3128"', "--proxy -"),
        ('proxy = "u:Lantern-4471@proxy"', "--proxy -"),
        ('key_password = "Lantern-4471"', "--key-password-file FILE"),
    ],
)
def test_secret_that_somebody_has_written_into_the_file_is_refused_unseen(
    line: str, flag: str, own_profiles: Path
) -> None:
    own_profiles.mkdir()
    (own_profiles / "profiles.toml").write_text(f'[default]\nhost = "http://127.0.0.1:9"\n{line}\n')
    failed = run(*CALL, "--api-token", "T")
    assert failed.returncode == 2
    assert f"take it out, then: elements-sdk configure --profile default {flag}\n" in failed.stderr
    with pytest.raises(ApiValueError, match="holds a secret") as raised:
        Configuration.from_profile("default")
    for shown in (failed.stderr, str(raised.value), run("configure", "--list").stdout):
        assert [secret for secret in SECRETS if secret in shown] == []


@pytest.mark.parametrize("key", ["proxy", "key_password"])
def test_lost_secret_of_a_proxy_or_key_is_told_with_the_way_out(
    key: str, recorder: RecordingServer, own_profiles: Path
) -> None:
    proxy = through_proxy(recorder)
    assert configure("--host", HOST, "--proxy", "-", secrets=f"{proxy}\nTOKEN-4471\n").returncode == 0
    (secret,) = own_profiles.glob("*.secret")
    if key == "proxy":
        secret.write_text("TOKEN-4471")
    else:
        with open(own_profiles / "profiles.toml", "a") as file:
            file.write('key_password = "***"\n')
    flags = "--proxy -" if key == "proxy" else "--key-password-file FILE --proxy -"
    failed = run(*CALL)
    assert failed.returncode == 2
    assert (
        f"the *** of {key} is not with its secret; keep it anew: elements-sdk configure --profile default {flags}\n"
        in (failed.stderr)
    )
    anew = ["--proxy", "-", *(["--key-password-file", "-"] if key == "key_password" else [])]
    more = "Lantern-4471\n" if key == "key_password" else ""
    assert configure(*anew, secrets=f"{more}{proxy}\nTOKEN-4471\n").returncode == 0
    assert run(*CALL).returncode == 0


@pytest.mark.parametrize("command", ["configure", *CALL[:1], "links", "api"])
def test_no_secret_is_in_the_list_of_processes_or_in_what_is_told(
    command: str, recorder: RecordingServer, own_profiles: Path
) -> None:
    proxy, lists = through_proxy(recorder), list[str]()
    given = configure("--host", HOST, "--proxy", "-", "--debug", secrets=f"{proxy}\nTOKEN-4471\n")
    assert (given.returncode, "(try 1)" in given.stderr) == (0, True)
    usual = recorder.answer

    def answer(request: Recorded) -> CannedResponse:
        lists.append(subprocess.run(["ps", "-e", "-ww", "-o", "args"], capture_output=True, text=True).stdout)
        return usual(request)

    recorder.answer = answer
    words = {"auth": CALL, "links": ["links", "list"], "api": ["api", "GET", "/x"]}.get(command)
    if words is None:
        told = configure("--proxy", "-", "--debug", secrets=f"{proxy}\nTOKEN-4471\n")
    else:
        told = run(*words, "--debug")
    assert (told.returncode, "(try 1)" in told.stderr) == (0, True), told.stderr
    assert "elements-sdk" in lists[0]
    shown = [*lists, told.stderr, json.dumps(table(own_profiles))]
    assert [secret for secret in SECRETS for text in shown if secret in text] == []
