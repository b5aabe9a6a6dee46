"""Bulk work on a server: what is reported as done is what the database has."""

from __future__ import annotations

import json
import signal
from urllib.parse import urlsplit

import pytest

from elements_sdk import ApiClient, ApiException, AuthApi, NotFoundException
from elements_sdk.bulk import Outcome
from elements_sdk.sandbox import Sandbox
from test.both_clients import BOTH, auth_of, both_kinds, map_calls
from test.faults.proxy import FaultProxy, Faults
from test.processes.watching import finish, start, wait_until


def left_in(sandbox: Sandbox) -> set[int]:
    """Return the numbers of the tokens that are left."""
    with ApiClient(sandbox.configuration(sandbox.admin)) as client:
        return {token.id for token in AuthApi(client).get_all_access_tokens()}


def check_agreement(outcomes: list[Outcome[int, object]], items: list[int], left: set[int]) -> None:
    """Check that every item has its outcome, and that the server's database agrees."""
    assert [outcome.item for outcome in outcomes] == items
    for outcome in outcomes:
        if outcome.ok:
            assert outcome.item not in left
        else:
            assert isinstance(outcome.error, ApiException)
            if outcome.error.request_sent == "no":
                assert outcome.item in left


@both_kinds
def test_tokens_are_deleted_and_the_database_agrees() -> None:
    with Sandbox(tokens=60) as sandbox:
        items = [number + 1000 if number % 30 == 7 else number for number in range(1, 61)]
        with auth_of(sandbox.configuration(sandbox.admin)) as auth:
            outcomes = list(map_calls(auth.delete_access_token, items, max_concurrency=16))
        check_agreement(outcomes, items, left_in(sandbox))
        failed = [outcome for outcome in outcomes if not outcome.ok]
        assert [outcome.item for outcome in failed] == [1007, 1037]
        assert all(isinstance(outcome.error, NotFoundException) for outcome in failed)
        assert left_in(sandbox) == {7, 37}


@pytest.mark.slow
@pytest.mark.timeout(600)
@both_kinds
def test_2_000_tokens_are_deleted_through_a_bad_network_and_the_database_agrees() -> None:
    with Sandbox(tokens=2_100) as sandbox:
        items = list(range(1, 2_001))
        address = urlsplit(sandbox.host)
        faults = Faults(reset_rate=0.03, reset_within=512)  # a call takes about as many bytes
        with FaultProxy(f"{address.hostname}", int(f"{address.port}"), faults) as proxy:
            configuration = sandbox.configuration(sandbox.admin)
            configuration.host, configuration.connection_pool_maxsize = proxy.host, 16
            with auth_of(configuration) as auth:
                outcomes = list(map_calls(auth.delete_access_token, items, max_concurrency=16))
        left = left_in(sandbox)
        check_agreement(outcomes, items, left)
        failed = [outcome for outcome in outcomes if not outcome.ok]
        assert 10 < len(failed) < 300
        assert set(range(2_001, 2_101)) <= left


@pytest.mark.parametrize("name", BOTH)
def test_after_ctrl_c_what_was_done_is_reported_to_the_last_call(name: str) -> None:
    with Sandbox(tokens=250) as sandbox:
        numbers = list(range(1, 251))
        child = start("bulk_interrupted", name, sandbox.host, sandbox.admin.api_token, json.dumps(numbers))
        wait_until(lambda: sandbox.request_count > 25, within=30)
        child.send_signal(signal.SIGINT)
        code, printed, complaints = finish(child, within=30)
        assert (code, complaints) == (0, "")
        deleted = json.loads(printed)
        assert deleted == numbers[: len(deleted)]
        assert 20 < len(deleted) < 250
        assert left_in(sandbox) == set(numbers[len(deleted) :])
