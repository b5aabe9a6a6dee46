"""Configuration: what it accepts, refuses, shows and passes on."""

from __future__ import annotations

import copy
import logging
import pickle
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiAttributeError, ApiClient, ApiKeyError, ApiValueError, AuthApi, Configuration


@pytest.fixture(autouse=True)
def no_default() -> Iterator[None]:
    yield
    Configuration.set_default(None)


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("https://storage.example.com", "https://storage.example.com"),
        ("https://storage.example.com/", "https://storage.example.com"),
        ("http://localhost:8080/elements/", "http://localhost:8080/elements"),
        ("HTTPS://Storage.Example.com:443/x", "https://storage.example.com/x"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000", "http://[::1]:8000"),
        (b"http://localhost", "http://localhost"),
    ],
)
def test_host_is_accepted(given: Any, kept: str) -> None:
    assert Configuration(host=given).host == kept
    configuration = Configuration()
    configuration.host = given
    assert configuration.host == kept


@pytest.mark.parametrize(
    ("host", "problem"),
    [
        ("storage.example.com", "begin with http"),
        ("localhost:8000", "begin with http"),
        ("ftp://storage.example.com", "begin with http"),
        ("", "begin with http"),
        ("http://", "name a server"),
        ("http:///path", "name a server"),
        ("https://storage.example.com?key=SECRET", "query or fragment"),
        ("https://storage.example.com/#SECRET", "query or fragment"),
        ("https://SECRET:SECRET@storage.example.com", "user name or password"),
        ("https://storage.example.com:SECRET", "brackets and port"),
        ("https://storage.example.com:99999", "brackets and port"),
        ("https://storage.example.com:0", "port from 1"),
        ("http://[::1", "brackets and port"),
        ("https://storage.example.com/SECRET\n", "control characters"),
        ("https://storage example.com", "spaces"),
        (b"http://\xff", "UTF-8"),
        (None, "must be text, not NoneType"),
        (7, "must be text, not int"),
    ],
)
def test_host_is_refused_without_being_shown(host: Any, problem: str) -> None:
    for attempt in (lambda: Configuration(host=host), lambda: setattr(Configuration(), "host", host)):
        with pytest.raises(ApiValueError, match=f"host .*{problem}") as caught:
            attempt()
        assert "SECRET" not in str(caught.value)
        assert caught.value.__context__ is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("api_key", "KEY"),
        ("api_key_prefix", ["Bearer"]),
        ("username", 3),
        ("discard_unknown_keys", "yes"),
        ("verify_ssl", 0),
        ("verify_ssl", "false"),
        ("client_side_validation", None),
        ("connection_pool_maxsize", 0),
        ("timeout", 10**400),
        ("connection_pool_maxsize", True),
        ("timeout", 0),
        ("timeout", -1),
        ("timeout", float("nan")),
        ("timeout", float("inf")),
        ("timeout", True),
        ("timeout", "5"),
        ("timeout", (1,)),
        ("timeout", (1, 0)),
        ("total_timeout", 0),
        ("total_timeout", True),
        ("total_timeout", float("nan")),
        ("total_timeout", (1, 2)),
        ("keepalive_idle", -1),
        ("keepalive_idle", "4"),
        ("retries", -1),
        ("retries", True),
        ("retries", 1.5),
        ("retries", "3"),
        ("ssl_ca_data", 7),
        ("ssl_context", "TLS"),
        ("assert_hostname", True),
        ("proxy", "socks5://SECRET@proxy"),
        ("proxy", "http://SECRET@"),
        ("trust_env", "no"),
        ("ssl_ca_cert", b"\xff"),
        ("refresh_api_key_hook", "renew"),
        ("debug", "on"),
        ("proxy_headers", "x"),
    ],
)
def test_impossible_value_is_refused_by_name_when_it_is_set(name: str, value: Any) -> None:
    configuration = Configuration()
    before = getattr(configuration, name)
    with pytest.raises(ApiValueError, match=f"^{name} "):
        setattr(configuration, name, value)
    assert getattr(configuration, name) == before


@pytest.mark.parametrize(
    ("name", "meant"), [("verify_sll", "verify_ssl"), ("hots", "host"), ("apikey", "api_key"), ("timeouts", "timeout")]
)
def test_misspelt_setting_is_an_error_that_helps(name: str, meant: str) -> None:
    configuration = Configuration()
    for attempt in (lambda: setattr(configuration, name, False), lambda: getattr(configuration, name)):
        with pytest.raises(ApiAttributeError, match=f"no setting '{name}'; did you mean '{meant}'") as caught:
            attempt()
        assert isinstance(caught.value, AttributeError)
    with pytest.raises(ApiAttributeError, match=r"no setting 'zzzzzz'$"):
        configuration.zzzzzz = 1  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]


def test_values_are_brought_into_one_form() -> None:
    configuration = Configuration(username=b"uma", password=b"secret")
    assert (configuration.username, configuration.password) == ("uma", "secret")
    configuration.timeout = 5
    limits: object = configuration.timeout
    assert limits == (5.0, 5.0)
    configuration.ssl_ca_cert = Path("/tmp/ca.pem")  # type: ignore[assignment]
    assert configuration.ssl_ca_cert == "/tmp/ca.pem"


def test_repr_shows_what_is_set_but_no_secret() -> None:
    configuration = Configuration(
        "https://storage.example.com", {"Authorization": "SECRET"}, {"Authorization": "Bearer"}
    )
    configuration.username, configuration.password = "SECRET", "SECRET"
    configuration.proxy = "http://SECRET:SECRET@proxy:3128"
    configuration.proxy_headers = {"Proxy-Authorization": "SECRET"}
    text = f"{configuration!r} {configuration} {configuration.api_key} {vars(configuration)['api_key']}"
    assert "SECRET" not in text
    assert "https://storage.example.com" in text
    assert "'Authorization': '***'" in text


@pytest.mark.parametrize(
    ("api_key", "prefix", "sent"),
    [
        ({}, {}, None),
        ({"Authorization": ""}, {"Authorization": "Bearer"}, None),
        ({"Authorization": "KEY"}, {}, "KEY"),
        ({"Authorization": "KEY"}, {"Authorization": "Bearer"}, "Bearer KEY"),
        ({"Authorization": "Bearer KEY"}, {"Authorization": "Bearer"}, "Bearer KEY"),
        ({"Authorization": b"KEY"}, {"Authorization": "Bearer"}, "Bearer KEY"),
        ({"Bearer": "KEY"}, {"Bearer": "Bearer"}, "Bearer KEY"),
        ({"Bearer": "KEY"}, {}, "Bearer KEY"),
        ({"Bearer": "Bearer KEY"}, {}, "Bearer KEY"),
        ({"Authorization": "KEY"}, {"Authorization": b"Bearer"}, "Bearer KEY"),
    ],
)
def test_api_key_and_prefix(api_key: dict[str, Any], prefix: dict[str, Any], sent: str | None) -> None:
    configuration = Configuration(api_key=api_key, api_key_prefix=prefix)
    assert configuration.get_api_key_with_prefix("Authorization") == sent
    assert configuration.get_api_key_with_prefix("Bearer") == sent
    expected = {} if sent is None else {"type": "api_key", "in": "header", "key": "Authorization", "value": sent}
    assert configuration.auth_settings() == ({"Bearer": expected} if expected else {})


def test_prefix_that_cannot_be_sent_is_refused() -> None:
    configuration = Configuration(api_key={"Authorization": "SECRET"}, api_key_prefix={"Authorization": "Bea\nrer"})
    with pytest.raises(ApiValueError, match=r"api_key_prefix\['Authorization'\] must be printable ASCII"):
        configuration.get_api_key_with_prefix("Authorization")


def test_pool_size_of_none_is_the_default() -> None:
    configuration = Configuration()
    configuration.connection_pool_maxsize = None  # type: ignore[assignment]
    assert configuration.connection_pool_maxsize == 10


def test_hook_runs_before_every_use_of_the_key() -> None:
    keys = iter(["ONE", "TWO"])

    def renew(configuration: Configuration) -> None:
        configuration.api_key["Authorization"] = next(keys)

    configuration = Configuration(api_key_prefix={"Authorization": "Bearer"})
    configuration.refresh_api_key_hook = renew
    assert [configuration.get_api_key_with_prefix("Authorization") for _ in range(2)] == ["Bearer ONE", "Bearer TWO"]


def test_default_is_copied_in_and_out() -> None:
    mine = Configuration(host="http://mine", api_key={"Authorization": "KEY"})
    Configuration.set_default(mine)
    mine.host = "http://changed"
    copied = Configuration.get_default_copy()
    assert (copied.host, copied.api_key) == ("http://mine", {"Authorization": "KEY"})
    copied.api_key["Authorization"] = "OTHER"
    assert Configuration.get_default_copy().api_key == {"Authorization": "KEY"}
    assert AuthApi().api_client.configuration.host == ApiClient().configuration.host == "http://mine"
    assert Configuration().host == "http://localhost"


def test_deepcopy_keeps_everything() -> None:
    configuration = Configuration(api_key={"Authorization": "KEY"}, password="p")
    configuration.verify_ssl = False
    clone = copy.deepcopy(configuration)
    assert vars(clone) == vars(configuration)
    clone.api_key["Authorization"] = "OTHER"
    assert configuration.api_key == {"Authorization": "KEY"}


def test_what_is_filled_into_an_unpickled_configuration_is_not_shown() -> None:
    configuration = pickle.loads(pickle.dumps(Configuration(api_key={"Bearer": "KEY"}, password="old")))
    assert configuration.password is None
    configuration.api_key["Bearer"] = "SECRET"
    assert "SECRET" not in repr(configuration)


def test_copy_keeps_the_hook_and_its_object() -> None:
    class Renewal:
        lock = threading.Lock()

        def __init__(self) -> None:
            self.lock = threading.Lock()
            self.calls = 0

        def __call__(self, configuration: Configuration) -> None:
            self.calls += 1

    renewal = Renewal()
    configuration = Configuration(api_key={"Authorization": "KEY"})
    configuration.refresh_api_key_hook = renewal.__call__
    Configuration.set_default(configuration)
    Configuration.get_default_copy().get_api_key_with_prefix("Authorization")
    assert renewal.calls == 1


def test_making_one_changes_no_logger() -> None:
    names = ("", "elements_sdk", "urllib3")
    before = [(logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in names]
    configuration = Configuration()
    assert [(logging.getLogger(name).level, list(logging.getLogger(name).handlers)) for name in names] == before
    assert configuration.logger["package_logger"].name == "elements_sdk"


def test_helpers_of_3_3() -> None:
    configuration = Configuration(username="u", password="p")
    assert configuration.get_basic_auth_token() == "Basic dTpw"
    assert Configuration().get_basic_auth_token() == "Basic Og=="
    assert configuration.to_debug_report().splitlines()[-1] == "SDK Package Version: 4.0.0"
    assert configuration.get_host_settings()[0]["url"] == "http://localhost"
    assert configuration.get_host_from_settings(0) == configuration.get_host_from_settings(None) == "http://localhost"
    with pytest.raises(ApiKeyError, match=r"^there is no server number 3; there are 1$"):
        configuration.get_host_from_settings(3)
