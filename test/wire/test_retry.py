"""How often a call is retried, as `Configuration.retries` says, and what the log and the exception tell of it."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from urllib3 import Retry

from elements_sdk import ApiClient, ApiConnectionError, ApiException, AuthApi, Configuration, RetryPolicy
from test.faults import behaviours as does
from test.faults.server import FaultServer


@pytest.mark.parametrize(
    ("retries", "requests"),
    [
        (None, 3),
        (0, 1),
        (False, 1),
        (1, 2),
        (RetryPolicy(total=1), 2),
        (RetryPolicy(total=2, read=1), 2),
        (Retry(1), 2),
        (Retry(total=2, read=0), 1),
        (Retry(total=None, connect=1, read=1), 2),
        (Retry(total=False), 1),
        (Retry(1, status_forcelist=[503]), 2),
    ],
)
def test_number_of_retries_after_an_answer_that_says_later(retries: Any, requests: int) -> None:
    with FaultServer(does.answer(503)) as server:
        configuration = Configuration(host=server.host)
        configuration.retries = retries
        with ApiClient(configuration) as client, pytest.raises(ApiException) as caught:
            AuthApi(client).get_access_token(7)
        assert (server.count(), caught.value.attempts) == (requests, requests)


@pytest.mark.parametrize(
    ("retries", "attempts"),
    [(None, 3), (0, 1), (Retry(2, connect=1), 2), (Retry(2, read=0), 3), (RetryPolicy(total=3, connect=0), 1)],
)
def test_number_of_retries_after_a_failure_to_connect(retries: Any, attempts: int) -> None:
    with FaultServer(does.answer()) as server:
        pass
    configuration = Configuration(host=server.host)
    configuration.retries = retries
    with ApiClient(configuration) as client, pytest.raises(ApiConnectionError) as caught:
        AuthApi(client).login({"username": "uma", "password": "secret"})
    assert (caught.value.attempts, caught.value.request_sent) == (attempts, "no")


def test_each_retry_is_one_record_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "elements_sdk")
    with (
        FaultServer(does.answer(503, times=1), does.answer()) as server,
        ApiClient(Configuration(host=server.host)) as c,
    ):
        AuthApi(c).get_access_token(7)
    texts = [record.getMessage() for record in caplog.records if record.name == "elements_sdk"]
    assert len(texts) == 1
    assert texts[0].startswith("GET /api/2/auth/access-tokens/7 is tried again in 0.")
    assert texts[0].endswith(" s (after try 1)")


def test_exceptions_tell_how_long_the_server_wants_to_be_left_alone() -> None:
    for status in (429, 503):
        with FaultServer(does.answer(status, headers=[("Retry-After", "86400")])) as server:
            with ApiClient(Configuration(host=server.host)) as client, pytest.raises(ApiException) as caught:
                AuthApi(client).create_auth_ticket()
            assert getattr(caught.value, "retry_after", None) == 86400
            assert server.count() == 1
