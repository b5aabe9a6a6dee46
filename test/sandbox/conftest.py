"""Fixtures of the tests that call a sandbox as different users."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from elements_sdk.configuration import Configuration
from elements_sdk.models import AuthLoginEndpointRequest
from elements_sdk.sandbox import Account, Sandbox
from test.both_clients import ApiClient, AuthApi


@pytest.fixture
def admin_auth(sandbox: Sandbox) -> Iterator[AuthApi]:
    """Yield the calls as `sandbox.admin`, by API token."""
    with ApiClient(sandbox.configuration(sandbox.admin)) as client:
        yield AuthApi(client)


@pytest.fixture
def anonymous(sandbox: Sandbox) -> Iterator[AuthApi]:
    """Yield the calls on a client without an API key, not logged in."""
    with ApiClient(Configuration(host=sandbox.host)) as client:
        yield AuthApi(client)


@pytest.fixture
def admin_session(sandbox: Sandbox, anonymous: AuthApi) -> AuthApi:
    """Return the calls as `sandbox.admin`, in a session."""
    log_in(anonymous, sandbox.admin)
    return anonymous


def log_in(auth: AuthApi, account: Account) -> None:
    """Log in with what the account needs."""
    otp = account.otp() if account.otp_secret else None
    credentials = AuthLoginEndpointRequest(username=account.username, password=account.password, otp=otp)
    assert auth.login(credentials).user is not None
