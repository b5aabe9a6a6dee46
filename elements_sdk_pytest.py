"""Fixtures for the tests of programs that use this SDK. pytest finds them by itself where the package is installed.

It stands outside the package, because pytest imports it in every run of everybody: nothing of the SDK is loaded before
a test asks for a fixture, and Django only in another process.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from elements_sdk.configuration import Configuration
    from elements_sdk.sandbox import Sandbox


@pytest.fixture(scope="session")
def _elements_server() -> Iterator[Sandbox]:
    from elements_sdk.sandbox import Sandbox

    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def elements_sandbox(_elements_server: Sandbox) -> Iterator[Sandbox]:
    """Yield a local ELEMENTS server, one for all tests, reset after each."""
    yield _elements_server
    _elements_server.reset()


@pytest.fixture
def elements_configuration(elements_sandbox: Sandbox) -> Configuration:
    """Return a `Configuration` with that server and the API token of its account `user`."""
    return elements_sandbox.configuration()
