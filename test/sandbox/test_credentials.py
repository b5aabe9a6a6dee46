"""Credentials of clients that are copied, pickled or made from the environment."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiValueError, Configuration
from elements_sdk.sandbox import Sandbox
from test.both_clients import ApiClient, AuthApi, both_kinds

pytestmark = both_kinds


def test_environment_makes_a_configuration(environment: pytest.MonkeyPatch, sandbox: Sandbox, tmp_path: Path) -> None:
    environment.setenv("ELEMENTS_HOST", sandbox.host + "/")
    environment.setenv("ELEMENTS_API_TOKEN", sandbox.user.api_token)
    environment.setenv("ELEMENTS_USERNAME", "uma")
    environment.setenv("ELEMENTS_PASSWORD", "secret")
    environment.setenv("ELEMENTS_TIMEOUT", "5,30.5")
    environment.setenv("ELEMENTS_TOTAL_TIMEOUT", "90.5")
    (tmp_path / "ca.pem").write_text("")
    environment.setenv("ELEMENTS_CA_FILE", str(tmp_path / "ca.pem"))
    environment.setenv("ELEMENTS_CERT_FILE", "own.pem")
    environment.setenv("ELEMENTS_KEY_FILE", "own.key")
    environment.setenv("ELEMENTS_PROXY", "http://proxy.example.com:3128")
    configuration = Configuration.from_env()
    own = (configuration.cert_file, configuration.key_file, configuration.proxy)
    assert own == ("own.pem", "own.key", "http://proxy.example.com:3128")
    configuration.cert_file = configuration.key_file = configuration.proxy = None
    assert (configuration.host, configuration.username, configuration.password) == (sandbox.host, "uma", "secret")
    assert (configuration.timeout, configuration.ssl_ca_cert) == ((5.0, 30.5), str(tmp_path / "ca.pem"))
    assert configuration.total_timeout == 90.5
    configuration.ssl_ca_cert = None
    assert AuthApi(ApiClient(configuration)).get_all_access_tokens(limit=1)
    environment.setenv("ELEMENTS_TIMEOUT", "7")
    assert Configuration.from_env().timeout == (7.0, 7.0)


def test_pickle_leaves_credentials_out_and_the_first_call_says_so(sandbox: Sandbox) -> None:
    configuration = sandbox.configuration()
    configuration.password = "SECRETPASSWORD"
    client = ApiClient(configuration)
    client.default_headers["X-Team"] = "SECRETHEADER"
    for thing in (configuration, client):
        data = pickle.dumps(thing)
        assert sandbox.user.api_token.encode() not in data
        assert b"SECRET" not in data
    clone: ApiClient = pickle.loads(pickle.dumps(ApiClient(configuration)))
    with pytest.raises(ApiValueError, match="this configuration was pickled without its api_key"):
        AuthApi(clone).create_auth_ticket()
    clone.configuration.api_key["Bearer"] = sandbox.user.api_token
    assert AuthApi(clone).create_auth_ticket().ticket
    with pytest.raises(ApiValueError, match="this client was pickled without its X-Team"):
        AuthApi(_with_key(pickle.loads(pickle.dumps(client)), sandbox)).create_auth_ticket()
    assert pickle.loads(pickle.dumps(Configuration(host=sandbox.host))) is not None
    AuthApi(pickle.loads(pickle.dumps(ApiClient(Configuration(host=sandbox.host))))).logout()


def _with_key(client: ApiClient, sandbox: Sandbox) -> ApiClient:
    client.configuration.api_key["Bearer"] = sandbox.user.api_token
    return client


def test_pickled_client_that_was_logged_in_says_that_it_is_not(sandbox: Sandbox) -> None:
    with ApiClient(Configuration(host=sandbox.host)) as client:
        credentials: Any = {"username": "user", "password": sandbox.user.password}
        AuthApi(client).login(credentials)
        clone = AuthApi(pickle.loads(pickle.dumps(client)))
    with pytest.raises(ApiValueError, match="this client was pickled without its session"):
        clone.create_auth_ticket()
    clone.login(credentials)
    assert clone.create_auth_ticket().ticket


def test_pickle_keeps_credentials_if_asked(sandbox: Sandbox) -> None:
    configuration = sandbox.configuration()
    configuration.pickle_credentials = True
    client = ApiClient(configuration, "X-Team", "one", cookie="a=1")
    clone: ApiClient = pickle.loads(pickle.dumps(client))
    assert AuthApi(clone).create_auth_ticket().ticket
    assert (clone.default_headers["X-Team"], clone.cookie) == ("one", "a=1")


def test_deepcopy_of_a_client_keeps_key_and_session(sandbox: Sandbox) -> None:
    with ApiClient(sandbox.configuration(), "X-Team", "one") as client:
        clone = copy.deepcopy(client)
        assert AuthApi(clone).create_auth_ticket().ticket
        assert clone.default_headers == client.default_headers
        assert clone.rest_client is not client.rest_client
        clone.close()
    with ApiClient(Configuration(host=sandbox.host)) as client:
        AuthApi(client).login({"username": "user", "password": sandbox.user.password})
        with copy.deepcopy(client) as clone:
            assert AuthApi(clone).check_auth_ticket(AuthApi(clone).create_auth_ticket()).username == "user"
        assert AuthApi(client).check_auth_ticket(AuthApi(client).create_auth_ticket()).username == "user"
