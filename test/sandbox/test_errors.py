"""What the server refuses becomes the exception of its status."""

from __future__ import annotations

import pytest

from elements_sdk import (
    Configuration,
    UnauthorizedException,
)
from elements_sdk.sandbox import Sandbox
from test.both_clients import ApiClient, AuthApi, both_kinds

pytestmark = both_kinds


def test_no_key_is_401(sandbox: Sandbox) -> None:
    with pytest.raises(UnauthorizedException, match="401 Unauthorized: Authentication credentials were not provided"):
        AuthApi(ApiClient(Configuration(host=sandbox.host))).get_all_access_tokens()
    with pytest.raises(UnauthorizedException, match="Invalid token"):
        AuthApi(ApiClient(Configuration(host=sandbox.host, api_key={"Bearer": "SECRETKEY"}))).get_all_access_tokens()
