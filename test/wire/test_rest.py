"""What programs for 3.3 do with `elements_sdk.rest`, and with types that are given as such."""

from __future__ import annotations

from typing import Any

import pytest

from elements_sdk import Configuration, NotFoundException, Ticket
from elements_sdk.rest import ApiException, RESTClientObject, RESTResponse
from test.both_clients import ApiClient, both_kinds
from test.recording import RecordingServer


def test_rest_client_sends_to_any_url(recorder: RecordingServer) -> None:
    recorder.answers('{"a": "ü"}', X_Kind="test")
    rest = RESTClientObject(Configuration(host=recorder.host), pools_size=2, maxsize=3)
    response = rest.GET(recorder.host + "/x", headers={"X-Own": "1"}, query_params=[("q", 1)], _request_timeout=5)
    assert isinstance(response, RESTResponse)
    assert (response.status, response.reason, response.data) == (200, "OK", '{"a": "ü"}')
    assert (response.getheader("X-Kind"), response.getheader("X-None", "-")) == ("test", "-")
    assert response.getheaders()["X-Kind"] == "test"
    assert (recorder.last.method, recorder.last.path, recorder.last.query) == ("GET", "/x", "q=1")
    assert (recorder.last.header("X-Own"), recorder.last.header("Authorization")) == ("1", None)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_rest_client_sends_bodies(method: str, recorder: RecordingServer) -> None:
    rest: Any = RESTClientObject(Configuration(host=recorder.host))
    getattr(rest, method)(recorder.host + "/x", body={"a": 1})
    rest.request(method, recorder.host + "/x", headers={}, body={"a": 1})
    assert [(sent.method, sent.body) for sent in recorder.requests] == [(method, b'{"a": 1}')] * 2
    raw = rest.request(method, recorder.host + "/x", body=[], _preload_content=False)
    assert raw.read() == b"{}"
    raw.release_conn()


def test_rest_client_raises_for_a_status(recorder: RecordingServer) -> None:
    recorder.answers('{"detail": "No."}', 404)
    rest = RESTClientObject(Configuration(host=recorder.host))
    with pytest.raises(ApiException, match="404 Not Found: No") as caught:
        rest.GET(recorder.host + "/x")
    assert type(caught.value) is NotFoundException


@both_kinds
@pytest.mark.parametrize("response_type", [list[Ticket], "list[Ticket]"])
def test_list_of_a_class_is_a_response_type(
    response_type: Any, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers('[{"ticket": "t"}]')
    assert recorded_client.call_api("/x", "GET", response_type=response_type).data == [Ticket(ticket="t")]
    assert recorded_client.deserialize(recorded_client.last_response, response_type) == [Ticket(ticket="t")]
