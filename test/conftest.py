"""The fixtures that tests share: a sandbox, clients of it, and a server that records what it gets."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from elements_sdk.configuration import Configuration
from elements_sdk.models import AuthLoginEndpointRequest
from elements_sdk.sandbox import Account, Sandbox
from test.both_clients import ApiClient, AuthApi, of_kind, parametrize
from test.recording import RecordingServer

pytest_generate_tests = parametrize

# A shell starts what runs in the background with Ctrl-C ignored, and so would be whatever the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def client_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Choose the client that the names of `test.both_clients` mean: the blocking one, unless the test is marked."""
    name = getattr(request, "param", "blocking")
    with of_kind(name):
        yield name


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """Yield one sandbox for all tests, which leave its accounts as they are."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def fresh_sandbox() -> Iterator[Sandbox]:
    """Yield a sandbox for a test that changes accounts."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def auth(sandbox: Sandbox) -> Iterator[AuthApi]:
    """Yield the calls as `sandbox.user`, by API token."""
    with ApiClient(sandbox.configuration()) as client:
        yield AuthApi(client)


@pytest.fixture
def admin_auth(sandbox: Sandbox) -> Iterator[AuthApi]:
    """Yield the calls as `sandbox.admin`, by API token."""
    with ApiClient(sandbox.configuration(sandbox.admin)) as client:
        yield AuthApi(client)


@pytest.fixture
def anonymous(sandbox: Sandbox) -> Iterator[AuthApi]:
    """Yield the calls on a client without an API key, not logged in."""
    with ApiClient(Configuration(host=sandbox.host)) as client:
        yield AuthApi(client)


@pytest.fixture
def admin_session(sandbox: Sandbox, anonymous: AuthApi) -> AuthApi:
    """Return the calls as `sandbox.admin`, in a session."""
    log_in(anonymous, sandbox.admin)
    return anonymous


@pytest.fixture
def recorder() -> Iterator[RecordingServer]:
    """Yield a server that records requests and answers as it is told."""
    with RecordingServer() as running:
        yield running


@pytest.fixture
def recorded_client(recorder: RecordingServer) -> Iterator[ApiClient]:
    """Yield a client of the recording server, with the API key KEY."""
    with ApiClient(Configuration(host=recorder.host, api_key={"Bearer": "KEY"})) as client:
        yield client


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """Return a copy of the repository to change."""
    skipped = shutil.ignore_patterns(".git", ".*_cache", "__pycache__", ".tox", ".venv", "build", "*.egg-info")
    return Path(shutil.copytree(Path(__file__).parents[1], tmp_path / "tree", ignore=skipped))


def log_in(auth: AuthApi, account: Account) -> None:
    """Log in with what the account needs."""
    otp = account.otp() if account.otp_secret else None
    credentials = AuthLoginEndpointRequest(username=account.username, password=account.password, otp=otp)
    assert auth.login(credentials).user is not None
