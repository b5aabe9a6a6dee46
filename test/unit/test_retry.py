"""When a call is made again: the policy, and the waits that servers ask for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from urllib3 import HTTPHeaderDict, Retry

from elements_sdk import ApiValueError, Configuration, RetryPolicy
from elements_sdk._http.messages import Request, Response
from elements_sdk._utils.dates import seconds_to_wait

NEVER: Any = 0.0


@pytest.mark.parametrize(
    ("retries", "words"),
    [
        (Retry(allowed_methods=None), "a Retry that retries POST is not safe"),
        (Retry(allowed_methods={"GET", "POST"}), "a Retry that retries POST is not safe"),
        (Retry(status_forcelist=[500]), "status_forcelist may hold 408, 429, 502, 503, 504 only"),
        (Retry(-1), "total must be a whole number"),
        (-1, "retries must be a number from 0 to 1000"),
        (1001, "retries must be a number from 0 to 1000"),
        (True, "retries must be a number from 0 to 1000"),
        (2.0, "retries must be a number from 0 to 1000"),
        ("2", "retries must be a number from 0 to 1000"),
        (object(), "a urllib3 Retry"),
    ],
)
def test_what_is_not_safe_or_not_a_number_is_refused_when_it_is_set(retries: Any, words: str) -> None:
    with pytest.raises(ApiValueError, match=words):
        Configuration().retries = retries


@pytest.mark.parametrize("values", [{"total": -1}, {"total": None}, {"connect": 1.5}, {"read": True}, {"total": 1001}])
def test_policy_of_impossible_numbers_is_refused(values: dict[str, Any]) -> None:
    with pytest.raises(ApiValueError, match=f"{next(iter(values))} must be a whole number of retries"):
        RetryPolicy(**values)


def answer(status: int, **headers: str) -> Response:
    named = HTTPHeaderDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Response(status, "", named, b"")


@pytest.mark.parametrize("retries", range(8))
def test_pauses_grow_up_to_eight_seconds_and_are_spread(retries: int) -> None:
    policy, request = RetryPolicy(total=20), Request("GET", "/x", "/x")
    pauses = [policy.wait(request, answer(503), retries=retries) or NEVER for _ in range(200)]
    longest = min(8, 0.5 * 2**retries)
    assert 0 <= min(pauses) < longest * 0.2
    assert longest * 0.8 < max(pauses) <= longest


def test_pause_is_never_shorter_than_the_server_asks() -> None:
    policy, request = RetryPolicy(), Request("GET", "/x", "/x")
    assert policy.wait(request, answer(429, Retry_After="5"), retries=0, left=60) == 5
    assert policy.wait(request, answer(429, Retry_After="61"), retries=0, left=60) is None
    assert policy.wait(request, answer(429, Retry_After="61"), retries=0) == 61
    assert policy.wait(request, answer(429), retries=2, left=60) is None


NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


AT_NOON = format_datetime(NOW, usegmt=True)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0),
        (" 59 ", 59),
        ("1.5", 1.5),
        ("2.", 2),
        ("Tue, 24 Nov 2026 12:00:07 GMT", 7),
        ("Tue, 24 Nov 2026 13:00:07 +0100", 7),
        ("Tuesday, 24-Nov-26 12:00:07 GMT", 7),
        ("Tue Nov 24 12:00:07 2026", 7),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        (format_datetime(NOW + timedelta(days=1), usegmt=True), 86400),
        ("Tue, 24 Nov 2026 12:00:60 GMT", 59),
        ("Tuesday, 24-Nov-26 12:00:60 GMT", 59),
        ("Tue Nov 24 12:00:60 2026", 59),
        ("5, 5", 5),
        ("7,5", 7),
        ("5, soon", 5),
        ("Tue, 24 Nov 2026 12:00:07 GMT, Tue, 24 Nov 2026 12:00:09 GMT", 9),
        ("5, Tue, 24 Nov 2026 12:00:07 GMT", 7),
        ("soon", None),
        ("-5", None),
        ("-5, soon", None),
        ("", None),
        ("5 s", None),
        ("inf", None),
        ("nan", None),
        ("1e3", None),
        ("٣", None),
        ("0x10", None),
        ("9" * 5000, None),
        ("Fri, 31 Dec 99999 23:59:59 GMT", None),
        ("Tue, 24 Nov 2026 12:00:07 GMT" + " " * 100 + "x", None),
    ],
)
def test_retry_after_in_every_spelling(text: str, seconds: float | None) -> None:
    assert seconds_to_wait({"Retry-After": text, "Date": AT_NOON}) == seconds


def test_retry_after_is_measured_by_our_clock_where_the_server_tells_no_time() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    for headers in ({"Retry-After": soon}, {"Retry-After": soon, "Date": "never"}):
        assert 27 < (seconds_to_wait(headers) or 0) <= 30
