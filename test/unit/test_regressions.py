"""Mistakes that were there once, without a server."""

from __future__ import annotations

import copy
import pickle

import pytest

from elements_sdk import (
    ApiValueError,
    Configuration,
    RetryPolicy,
    Session,
)
from elements_sdk._utils.urls import _origin_of_start, origin_of
from test.tls import calls_to

pytestmark = pytest.mark.filterwarnings("ignore::elements_sdk.InsecureTransportWarning")


@pytest.mark.parametrize("host", ["http://☃.example", "http://a_ü.example"])
def test_host_that_is_not_a_name_is_bad_input(host: str) -> None:
    with pytest.raises(ApiValueError, match="host must name a server in ASCII"), calls_to(host):
        pass


def test_proxy_that_is_not_a_name_is_bad_input() -> None:
    with (
        pytest.raises(ApiValueError, match="proxy must name a server in ASCII"),
        calls_to("http://server.example", proxy="http://☃.example:3128"),
    ):
        pass


@pytest.mark.parametrize("path", [":80/evil", ".evil.example/x", "@evil.example/x", "x", "", "/a#b"])
def test_path_cannot_lead_to_another_server(path: str) -> None:
    with calls_to("http://127.0.0.1") as auth, pytest.raises(ApiValueError, match="must begin with a slash"):
        auth.api_client.call_api(path, "GET", auth_settings=["Bearer"])


def test_secrets_of_an_address_are_in_no_cache() -> None:
    _origin_of_start.cache_clear()
    assert origin_of("http://user:secret@127.0.0.1:1/x") == origin_of("http://127.0.0.1:1?token=secret")
    assert _origin_of_start.cache_info().currsize == 0


def test_policy_is_a_value() -> None:
    policy = RetryPolicy(5, connect=1)
    assert policy == copy.deepcopy(policy) == pickle.loads(pickle.dumps(policy)) != RetryPolicy(5)
    assert policy != (5, 1, None)
    assert len({policy, RetryPolicy(5, 1)}) == 1
    assert f"{policy}" == "RetryPolicy(total=5, connect=1, read=None)"
    with pytest.raises(AttributeError, match="make another one"):
        policy.total = 7


def test_hook_that_has_run_out_is_bad_input() -> None:
    def hook(_: Configuration) -> None:
        raise StopIteration

    with (
        calls_to("http://127.0.0.1:1", refresh_api_key_hook=hook) as auth,
        pytest.raises(ApiValueError, match="refresh_api_key_hook"),
    ):
        auth.create_auth_ticket()


def test_otp_that_has_run_out_is_bad_input() -> None:
    session = Session(Configuration(host="http://127.0.0.1:9"), "user", "password", otp=iter(list[str]()).__next__)
    with pytest.raises(ApiValueError, match="otp has given no more codes"):
        session.__enter__()
