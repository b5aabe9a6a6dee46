"""Every test here is slow, and meant for both clients, without the proxies of this machine's environment."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TypeAlias

import pytest

from test.servers.programs import FRONTS, Running

Front: TypeAlias = Callable[[str], AbstractContextManager[Running]]


@pytest.fixture(params=FRONTS)
def front(request: pytest.FixtureRequest, tmp_path: Path) -> Front:
    """Return a function that runs nginx or HAProxy before the server at an address."""
    return partial(FRONTS[request.param], tmp_path)


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxies of this machine's environment."""
    for scheme in ("HTTP", "HTTPS", "ALL", "NO"):
        for name in (f"{scheme}_PROXY", f"{scheme}_proxy".lower()):
            monkeypatch.delenv(name, raising=False)
