"""`SSLKEYLOGFILE`: obeyed where the environment is, and named where its file cannot be written."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from elements_sdk import ApiValueError, Configuration
from test.both_clients import ApiClient, both_kinds
from test.tls import CALLS, TRUSTED, calls_to, fails, serving, succeeds

pytestmark = both_kinds

WRONG = {
    "a missing folder": ("missing/keys", "No such file or directory"),
    "a folder": (".", "Is a directory"),
    "below a file": ("a file/keys", "Not a directory"),
}


@pytest.fixture(params=WRONG)
def wrong(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Set the variable to what cannot be written, and return what has to be said of it."""
    name, problem = WRONG[request.param]
    (tmp_path / "a file").touch()
    monkeypatch.setenv("SSLKEYLOGFILE", str(tmp_path / name))
    return rf"^SSLKEYLOGFILE: {tmp_path / name} cannot be written \({problem}\): correct it, or unset it$"


def test_file_that_cannot_be_written_is_named_when_the_client_is_made(wrong: str) -> None:
    with pytest.raises(ApiValueError, match=wrong) as caught:
        ApiClient(Configuration("https://localhost"))
    assert caught.value.__cause__ is caught.value.__context__ is None


@pytest.mark.parametrize("call", CALLS)
def test_file_that_cannot_be_written_is_named_by_a_call(wrong: str, call: str) -> None:
    with calls_to("http://localhost") as auth:  # so that no TLS context is needed yet
        auth.api_client.configuration.host = "https://localhost"
        for _ in range(2):
            with pytest.raises(ApiValueError, match=wrong) as caught:
                CALLS[call](auth)
            assert caught.value.__cause__ is caught.value.__context__ is None


def test_file_does_not_matter_without_the_environment_or_tls(wrong: str) -> None:
    with serving("localhost") as server:
        succeeds(server.host, ssl_ca_data=TRUSTED.ca_pem, trust_env=False)
        fails(ApiValueError, wrong, server.host, ssl_ca_data=TRUSTED.ca_pem)
    with calls_to("http://localhost"):
        pass


def test_keys_are_written_only_where_the_environment_is_trusted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "keys"
    monkeypatch.setenv("KEYS_OF_A_TEST", str(tmp_path))
    for value in (str(file), "$KEYS_OF_A_TEST/keys"):
        monkeypatch.setenv("SSLKEYLOGFILE", value)
        with serving("localhost") as server:
            succeeds(server.host, ssl_ca_data=TRUSTED.ca_pem, trust_env=False)
            assert not file.exists()
            succeeds(server.host, ssl_ca_data=TRUSTED.ca_pem)
        assert "CLIENT_TRAFFIC_SECRET_0" in file.read_text()
        file.unlink()


def test_import_of_a_client_names_the_variable(client_kind: str, tmp_path: Path) -> None:
    """aiohttp opens the file when it is imported."""
    program = "import elements_sdk.aio" if client_kind == "asyncio" else "import elements_sdk.api_client"
    environment = {**os.environ, "SSLKEYLOGFILE": str(tmp_path / "missing/keys")}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False)
    last = done.stderr.strip().splitlines()[-1:]
    assert last == (
        []
        if client_kind == "blocking"
        else [
            f"elements_sdk.exceptions.ApiValueError: SSLKEYLOGFILE: {tmp_path}/missing/keys cannot be written "
            "(No such file or directory): correct it, or unset it"
        ]
    )
