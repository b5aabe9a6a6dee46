"""Kinds of sandbox: https, newer formats, pages, size, kept data, ended sessions, and its pytest fixtures."""

from __future__ import annotations

import subprocess
import sys
import venv
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import pytest

from elements_sdk import ApiClient, AuthApi, Configuration, TlsError, UnauthorizedException
from elements_sdk.sandbox import Sandbox, SandboxError
from test.sandbox.conftest import log_in
from test.sandbox.test_sandbox import Browser

ROOT = Path(__file__).parents[2]


def test_https_is_trusted_by_its_own_authority_only() -> None:
    with Sandbox(https=True) as sandbox:
        assert sandbox.host.startswith("https://127.0.0.1:")
        with ApiClient(sandbox.configuration()) as client:
            assert AuthApi(client).create_auth_ticket().ticket
        with (
            ApiClient(Configuration(host=sandbox.host)) as client,
            pytest.raises(TlsError, match="authority that this client does not know"),
        ):
            AuthApi(client).create_auth_ticket()
        configuration = sandbox.configuration()
        configuration.api_key = {}
        with ApiClient(configuration) as client:  # Django checks the Referer here
            log_in(AuthApi(client), sandbox.admin)
            AuthApi(client).start_impersonation({"user": sandbox.user.id})
            assert AuthApi(client).check_auth_ticket(AuthApi(client).create_auth_ticket()).username == "user"
        assert sandbox.requests[-1].headers["Referer"] == sandbox.host + "/"
        assert "Origin" not in sandbox.requests[-1].headers


@pytest.mark.parametrize("version", ["26.8", "26.5"])
def test_newer_release_has_newer_shapes(version: Literal["26.8", "26.5"]) -> None:
    with Sandbox(api_version=version) as sandbox:
        browser = Browser(sandbox.host, sandbox.admin.api_token)
        token = browser.send("GET", "/access-tokens?limit=1")[1][0]
        assert isinstance(token["media_root_permissions"], list)
        assert {"created_at", "has_password"} <= token.keys()
        assert "avatar" not in token["user"]
        ticket = browser.send("POST", "/ticket")[1]
        detail = browser.send("POST", "/ticket/check", ticket)[1]
        assert not {"ancillary_path", "ancillary_path_read_only", "client_sessions"} & detail.keys()
        assert "ldap_guid" in detail
        assert "session_key" in Browser(sandbox.host).log_in(sandbox.user)[1]
        with ApiClient(sandbox.configuration()) as client:
            read = AuthApi(client).get_all_access_tokens(limit=1)[0]
        assert read.media_root_permissions == [1, 2]
        assert (read.has_password, read.created_at) == (False, datetime(2026, 1, 1, tzinfo=UTC))


def test_pages_come_in_an_envelope_and_no_larger_than_the_server_likes() -> None:
    with Sandbox(paging="envelope", max_limit=100) as sandbox:
        browser = Browser(sandbox.host, sandbox.admin.api_token)
        page = browser.send("GET", "/access-tokens?limit=150&offset=50")[1]
        assert (page["count"], len(page["results"])) == (250, 100)
        assert page["next"].endswith("limit=100&offset=150")
        assert isinstance(browser.send("GET", "/access-tokens")[1], list)
        assert browser.send("GET", "/access-tokens?limit=x")[0] == 400
        with ApiClient(sandbox.configuration(sandbox.admin)) as client:
            assert len(AuthApi(client).get_all_access_tokens(limit=7)) == 7
    with Sandbox(max_limit=3) as sandbox, ApiClient(sandbox.configuration(sandbox.admin)) as client:
        assert len(AuthApi(client).get_all_access_tokens(limit=7)) == 3
        assert len(AuthApi(client).get_all_access_tokens()) == 250


def test_size_and_kept_data(tmp_path: Path) -> None:
    file = tmp_path / "data.sqlite3"
    with Sandbox(tokens=1000, data=file) as first, ApiClient(first.configuration(first.admin)) as client:
        assert len(AuthApi(client).get_all_access_tokens()) == 1000
        AuthApi(client).delete_access_token(1)
        accounts = first.accounts
    with Sandbox(data=file) as second, ApiClient(second.configuration(second.admin)) as client:
        assert second.accounts == accounts
        assert [token.id for token in AuthApi(client).get_all_access_tokens(limit=2)] == [2, 3]
        log_in(AuthApi(client), second.otp_user)
    assert file.exists()


def test_ended_sessions_and_reset(fresh_sandbox: Sandbox) -> None:
    sandbox = fresh_sandbox
    with ApiClient(Configuration(host=sandbox.host)) as client:
        auth = AuthApi(client)
        log_in(auth, sandbox.user)
        number = auth.get_all_access_tokens(limit=1)[0].id
        auth.send_access_token_email_notification(number, {"email": "a@example.com"})
        auth.delete_access_token(number)
        sandbox.end_sessions()
        with pytest.raises(UnauthorizedException):
            auth.create_auth_ticket()
        sandbox.reset()
        assert (sandbox.outbox, sandbox.requests) == ([], [])
        log_in(auth, sandbox.user)
        assert auth.get_access_token(number).id == number
        assert sandbox.requests[-1].user == "user"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"api_version": "1"}, "api_version must be one of 3.3, 26.8, 26.5"),
        ({"paging": "x"}, "paging must be one of"),
        ({"tokens": -1}, "tokens must be 0 or more"),
        ({"hosts": ["http://elements.test"]}, "hosts must be names without scheme and port"),
        ({"hosts": ["elements.test:80"]}, "hosts must be names without scheme and port"),
    ],
)
def test_impossible_option_is_named(options: dict[str, object], words: str) -> None:
    with pytest.raises(SandboxError, match=words):
        Sandbox(**options)  # type: ignore[arg-type]


def test_fixtures_of_this_very_project(elements_sandbox: Sandbox, elements_configuration: Configuration) -> None:
    with ApiClient(elements_configuration) as client:
        assert AuthApi(client).get_all_access_tokens(limit=1)
    assert elements_sandbox.requests


USERS_TEST = """
import elements_sdk


def test_mine(elements_configuration):
    with elements_sdk.ApiClient(elements_configuration) as client:
        assert elements_sdk.AuthApi(client).get_all_access_tokens(limit=1)


def test_reset(elements_sandbox):
    assert elements_sandbox.requests == []


def test_nothing_of_django_is_loaded():
    import sys

    assert "django" not in sys.modules
"""


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_fresh_project_uses_the_fixtures_with_our_wheel_its_extra_and_pytest(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=True)
    python = str(environment / "bin/python")
    subprocess.run([python, "-m", "pip", "install", "-q", f"{wheel}[sandbox]", "pytest"], check=True)
    project = tmp_path / "project"
    project.mkdir()
    (project / "test_mine.py").write_text(USERS_TEST)
    result = subprocess.run([python, "-m", "pytest", "-q"], cwd=project, capture_output=True, text=True)
    assert "3 passed" in result.stdout, result.stdout
