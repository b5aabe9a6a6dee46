"""The SDK in the workers of a Dask cluster."""

from __future__ import annotations

import pytest

from elements_sdk.sandbox import Sandbox
from test.processes.process_pool import COMES_BACK
from test.processes.watching import finish, start


@pytest.mark.slow
@pytest.mark.usefixtures("worker_environment")
def test_calls_models_errors_and_outcomes_travel_to_a_dask_cluster_and_back(sandbox: Sandbox) -> None:
    code, printed, complaints = finish(start("test.guests.dask_cluster"), within=55)
    assert (code, printed) == (0, COMES_BACK)
    assert "Compute Failed" in complaints  # so Dask tells of the call that fails, with function and arguments
    assert complaints.count("Traceback") == 1
    assert sandbox.user.api_token not in complaints
