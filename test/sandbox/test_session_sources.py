"""Where a session has its name, password and one-time code from: its arguments, its configuration, the environment."""

from __future__ import annotations

from typing import Any

import pytest

import elements_sdk
from elements_sdk import ApiValueError, Configuration, LoginFailed, aio
from elements_sdk.sandbox import Sandbox
from test.both_clients import BlockingFacade, Session, both_kinds, is_asyncio

pytestmark = both_kinds


def session_of_environment(environment: dict[str, str]) -> Any:
    if is_asyncio():
        return BlockingFacade(aio.Session.from_env(environment))
    return elements_sdk.Session.from_env(environment)


def variables(sandbox: Sandbox, name: str = "user", **more: str) -> dict[str, str]:
    account = getattr(sandbox, name)
    given = {"HOST": sandbox.host, "USERNAME": account.username, "PASSWORD": account.password, **more}
    return {f"ELEMENTS_{key}": value for key, value in given.items()}


def test_session_takes_name_and_password_from_its_configuration(sandbox: Sandbox) -> None:
    configuration = Configuration(host=sandbox.host)
    configuration.username, configuration.password = sandbox.user.username, sandbox.user.password
    with Session(configuration) as session:
        assert session.user.username == sandbox.user.username


def test_what_is_given_counts_more_than_the_configuration(sandbox: Sandbox) -> None:
    configuration = Configuration(host=sandbox.host)
    configuration.username, configuration.password = sandbox.user.username, "wrong"
    with Session(configuration, sandbox.admin.username, sandbox.admin.password) as session:
        assert session.user.username == sandbox.admin.username


@pytest.mark.parametrize(
    ("given", "missing"),
    [({}, "username"), ({"username": "ada"}, "password"), ({"password": "SECRET"}, "username")],
)
def test_missing_name_or_password_is_named(given: dict[str, str], missing: str, sandbox: Sandbox) -> None:
    with pytest.raises(ApiValueError, match=f"a Session needs a {missing}") as caught:
        Session(Configuration(host=sandbox.host), **given)
    assert "SECRET" not in str(caught.value)


def test_session_from_the_environment(sandbox: Sandbox) -> None:
    with session_of_environment(variables(sandbox)) as session:
        assert session.auth.create_auth_ticket().ticket


@pytest.mark.parametrize("name", ["ELEMENTS_HOST", "ELEMENTS_USERNAME", "ELEMENTS_PASSWORD"])
def test_missing_variable_is_named(name: str, sandbox: Sandbox) -> None:
    given = variables(sandbox)
    del given[name]
    with pytest.raises(ApiValueError, match=name.removeprefix("ELEMENTS_").lower() if "HOST" not in name else name):
        session_of_environment(given)


def test_code_of_the_environment_serves_the_first_login_only(fresh_sandbox: Sandbox) -> None:
    given = variables(fresh_sandbox, "otp_user", OTP=fresh_sandbox.otp_user.otp())
    with session_of_environment(given) as session:
        assert session.user.totp_enabled
        fresh_sandbox.end_sessions()
        with pytest.raises(LoginFailed, match="give the Session a function as otp") as caught:
            session.auth.create_auth_ticket()
    assert given["ELEMENTS_OTP"] not in str(caught.value)
    assert len([request for request in fresh_sandbox.requests if request.path.endswith("/login")]) == 1
