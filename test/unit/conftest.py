"""The rule of this folder, and an environment that says nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

# Audit events of what a unit test does not do, in any thread of this process.
FORBIDDEN = {"socket.bind", "socket.connect", "subprocess.Popen", "os.fork", "os.forkpty", "os.posix_spawn"}
forbids = False


def audit(event: str, _arguments: object) -> None:
    if forbids and event in FORBIDDEN:
        raise AssertionError(f"{event}: what needs a server or another process is not a unit test")


sys.addaudithook(audit)


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """Refuse connections and other processes."""
    global forbids
    forbids = True
    yield
    forbids = False


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxies and the authorities of this machine's environment."""
    proxies = [f"{scheme}_PROXY" for scheme in ("HTTP", "HTTPS", "ALL", "NO")]
    for name in (*proxies, *map(str.lower, proxies), "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
