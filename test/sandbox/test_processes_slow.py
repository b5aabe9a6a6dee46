"""Threads at full size, on a real server: `tox -e slow`."""

from __future__ import annotations

import pytest

from elements_sdk.sandbox import Sandbox
from test.processes.storm import Storm

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_threads_get_their_own_answers_through_a_bad_network(fresh_sandbox: Sandbox) -> None:
    storm = Storm(fresh_sandbox, threads=32, calls=500)
    assert (storm.wrong, storm.sent_twice()) == ([], [])
    assert 0.02 * storm.calls < storm.faults < 0.2 * storm.calls
    assert storm.failed < storm.faults
