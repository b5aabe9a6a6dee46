"""The SDK in a pool of processes: what travels there and back."""

from __future__ import annotations

import pytest

from test.processes.process_pool import COMES_BACK
from test.processes.watching import run


@pytest.mark.usefixtures("worker_environment")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_calls_models_errors_and_outcomes_travel_to_a_pool_of_processes_and_back(method: str) -> None:
    assert run("process_pool", method) == COMES_BACK
