"""The fixtures that more than one folder uses: sandboxes, servers that record what they get, and the environment."""

from __future__ import annotations

import gc
import itertools
import os
import signal
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from elements_sdk.configuration import Configuration
from elements_sdk.sandbox import Sandbox
from test.both_clients import PASSED_ON, ApiClient, AuthApi, of_kind, parametrize
from test.link_server import USUAL
from test.listing import COLLECTORS, Collect
from test.processes.engine_work import TOKEN
from test.recording import RecordingServer
from test.tls import TRUSTED

pytest_generate_tests = parametrize

# A shell starts what runs in the background with Ctrl-C ignored, and `nohup` starts it with SIGHUP ignored; so would be
# whatever the tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)

_FOLDERS = itertools.count()


def pytest_collection_finish() -> None:
    """Leave the tests themselves out of garbage collections, which would each take a quarter of a second."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def client_kind(request: pytest.FixtureRequest) -> Iterator[str]:
    """Choose the client that the names of `test.both_clients` mean: the blocking one, unless the test is marked."""
    name = getattr(request, "param", "blocking")
    with of_kind(name):
        yield name.removesuffix(PASSED_ON)


@pytest.fixture(autouse=True)
def own_profiles(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the folder for profiles of this test, so that neither those of the user nor the keyring are touched."""
    folder = tmp_path_factory.getbasetemp() / f"settings{next(_FOLDERS)}"  # `mktemp` would read the list of all of them
    folder.mkdir()
    monkeypatch.setenv("XDG_CONFIG_HOME", str(folder))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    return folder / "elements-sdk"


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
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Return a way to set environment variables, after those of ours are removed."""
    for name in list(os.environ):
        if name.startswith("ELEMENTS_"):
            monkeypatch.delenv(name)
    return monkeypatch


@pytest.fixture(params=sorted(COLLECTORS))
def collect(request: pytest.FixtureRequest) -> Collect:
    """Return a function that iterates: one for each kind of client."""
    return COLLECTORS[request.param]


@pytest.fixture
def links(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    """Yield a sandbox with as many share links as a test asks for."""
    with Sandbox(tokens=getattr(request, "param", USUAL)) as running:
        yield running


@pytest.fixture
def tls() -> ssl.SSLContext:
    """Return the context of a TLS server on this machine."""
    return TRUSTED.context_for("localhost", "127.0.0.1")


@pytest.fixture
def ca_file(tmp_path: Path) -> str:
    """Return the file of the authority that a client of `tls` has to trust."""
    return str(TRUSTED.ca_file(tmp_path / "ca.pem"))


@pytest.fixture
def worker_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment variables that a job's workers need for the sandbox."""
    monkeypatch.setenv("ELEMENTS_HOST", sandbox.host)
    monkeypatch.setenv("ELEMENTS_API_TOKEN", sandbox.user.api_token)
    monkeypatch.setenv(TOKEN, sandbox.user.api_token)
