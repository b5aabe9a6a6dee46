"""A unit test that needs a server or another process fails."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Callable

import pytest


def bind() -> None:
    with socket.socket() as opened:
        opened.bind(("127.0.0.1", 0))


def connect() -> None:
    with socket.socket() as opened:
        opened.connect(("127.0.0.1", 9))


def start() -> None:
    subprocess.run([sys.executable, "-c", ""])


@pytest.mark.parametrize(
    ("event", "act"), [("socket.bind", bind), ("socket.connect", connect), ("subprocess.Popen", start)]
)
def test_what_is_not_a_unit_test_fails(event: str, act: Callable[[], object]) -> None:
    with pytest.raises(AssertionError, match=event):
        act()
