"""Numbers of numpy, as tables of pandas hold them: they are sent as Python's own."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs

import numpy
import pytest

from elements_sdk import ApiValueError
from test.both_clients import ApiClient, AuthApi, both_kinds
from test.recording import CannedResponse, RecordingServer

pytestmark = both_kinds


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (numpy.int64(7), "7"),
        (numpy.uint8(7), "7"),
        (numpy.float64(1.5), "1.5"),
        (numpy.float32(1.5), "1.5"),
        (numpy.str_("uma"), "uma"),
    ],
)
def test_filter_goes_out_as_text(value: Any, text: str, recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answer = lambda _request: CannedResponse(body=b"[]")
    AuthApi(recorded_client).get_all_access_tokens(user=value)
    assert parse_qs(recorder.last.query) == {"user": [text]}


@pytest.mark.parametrize("value", [numpy.bool_(True), numpy.array([1, 2])], ids=["bool", "array"])
def test_filter_that_is_not_a_number_is_refused_by_name(
    value: Any, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    with pytest.raises(ApiValueError, match=r"^the query parameter 'user' must be text, a finite number, a date"):
        AuthApi(recorded_client).get_all_access_tokens(user=value)
    assert recorder.requests == []


@pytest.mark.parametrize("value", [numpy.int64(7), numpy.uint8(7)])
def test_number_is_one_in_paths_and_bodies_too(
    value: Any, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    auth = AuthApi(recorded_client)
    auth.delete_access_token(value)
    auth.start_impersonation({"user": value})
    recorded_client.call_api("/x/{id}", "POST", path_params={"id": value}, query_params={"q": value}, body=[value])
    first, second, third = recorder.requests
    assert (first.path, third.path, third.query) == ("/api/2/auth/access-tokens/7", "/x/7", "q=7")
    assert (json.loads(second.body), json.loads(third.body)) == ({"user": 7}, [7])
