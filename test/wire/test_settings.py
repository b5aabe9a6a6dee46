"""Settings are compiled once for many calls: a change of any holds from the next call on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from elements_sdk import ApiValueError, Configuration
from test.both_clients import ApiClient, AuthApi, both_kinds
from test.recording import CannedResponse, RecordingServer

pytestmark = both_kinds


def key_in_place(client: ApiClient) -> None:
    client.configuration.api_key["Bearer"] = "NEW"


def key_as_a_whole(client: ApiClient) -> None:
    client.configuration.api_key = {"Bearer": "NEW"}


def prefix(client: ApiClient) -> None:
    client.configuration.api_key_prefix["Bearer"] = "NEW"


def default_header(client: ApiClient) -> None:
    client.set_default_header("X-Own", "NEW")


def default_header_in_place(client: ApiClient) -> None:
    client.default_headers["X-Own"] = "NEW"


def path_of_host(client: ApiClient) -> None:
    client.configuration.host += "/NEW"


def another_configuration(client: ApiClient) -> None:
    client.configuration = Configuration(host=client.configuration.host, api_key={"Bearer": "NEW"})


CHANGES = [
    key_in_place,
    key_as_a_whole,
    prefix,
    default_header,
    default_header_in_place,
    path_of_host,
    another_configuration,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_change_holds_from_the_next_call_on(change: Callable[[Any], None], recorder: RecordingServer) -> None:
    client = ApiClient(Configuration(host=recorder.host, api_key={"Bearer": "OLD"}))
    for _ in range(2):
        AuthApi(client).generate_password()
    change(client)
    AuthApi(client).generate_password()
    sent = [f"{request.path} {request.headers}" for request in recorder.requests]
    assert ["NEW" in text for text in sent] == [False, False, True]


def test_change_of_limits_and_checks_holds_from_the_next_call_on(recorder: RecordingServer) -> None:
    recorder.answer = lambda _request: CannedResponse(200, b'{"password": 7, "more": 1}')
    client = ApiClient(Configuration(host=recorder.host))
    auth = AuthApi(client)
    assert auth.generate_password().additional_properties == {"more": 1}
    client.configuration.discard_unknown_keys = True
    assert auth.generate_password().additional_properties == {}
    client.configuration.strict_responses = True
    with pytest.raises(Exception, match="not what was promised"):
        auth.generate_password()
    client.configuration.strict_responses = False
    client.client_side_validation = False
    unchecked: Any = auth.generate_password()
    unchecked.password = None


def test_key_of_a_hook_is_asked_for_at_each_use(recorder: RecordingServer) -> None:
    keys = iter(["ONE", "TWO", "THREE"])
    configuration = Configuration(host=recorder.host)
    configuration.refresh_api_key_hook = lambda given: given.api_key.update(Bearer=next(keys))
    client = ApiClient(configuration)
    AuthApi(client).generate_password()
    client.call_api("/without", "GET")
    AuthApi(client).generate_password()
    assert [request.header("Authorization") for request in recorder.requests] == ["Bearer ONE", None, "Bearer TWO"]


class Computed(Configuration):
    """Settings that are computed at each use."""

    calls = 0

    def get_api_key_with_prefix(self, identifier: str) -> str | None:
        Computed.calls += 1
        return f"{identifier} {Computed.calls}"

    def has_api_key(self) -> bool:
        return True


def test_settings_of_a_subclass_are_asked_for_at_each_use(recorder: RecordingServer) -> None:
    client = ApiClient(Computed(host=recorder.host))
    Computed.calls = 0
    for _ in range(2):
        AuthApi(client).generate_password()
    found = [request.header("Authorization") for request in recorder.requests]
    assert found == ["Authorization 1", "Authorization 2"]


def test_key_that_cannot_be_sent_fails_only_calls_that_send_it(recorder: RecordingServer) -> None:
    client = ApiClient(Configuration(host=recorder.host, api_key={"Bearer": "KEY\n"}))
    client.call_api("/without", "GET")
    with pytest.raises(ApiValueError, match="api_key"):
        AuthApi(client).generate_password()
    assert len(recorder.requests) == 1
