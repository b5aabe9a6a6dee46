"""`strict_responses` accepts the answers of both releases, and typed attributes hold what the newer one adds."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pytest

from elements_sdk import Configuration
from elements_sdk.sandbox import Sandbox
from test.both_clients import ApiClient, AuthApi, both_kinds
from test.sandbox.conftest import log_in

pytestmark = both_kinds


@pytest.mark.parametrize("version", ["3.3", "26.8"])
def test_strict_responses_accepts_every_answer(version: Literal["3.3", "26.8"]) -> None:
    with Sandbox(api_version=version) as sandbox:
        settings = Configuration(host=sandbox.host, strict_responses=True)
        with ApiClient(settings) as client:
            auth = AuthApi(client)
            for account in (sandbox.otp_user, sandbox.user, sandbox.admin):
                log_in(auth, account)
                assert auth.check_auth_ticket(auth.create_auth_ticket()).id == account.id
            tokens = auth.get_all_access_tokens()
            token = auth.get_access_token(tokens[0].id)
            assert {type(item.created_at) for item in (*tokens, token)} == {
                datetime if version == "26.8" else type(None)
            }
            auth.send_access_token_email_notification(token.id, {"email": "a@example.com"})
            auth.delete_access_token(token.id)
            password = auth.generate_password().password
            auth.reset_password({"token": sandbox.password_reset_token("user"), "password": password})
            auth.start_impersonation({"user": sandbox.user.id})
            auth.stop_impersonation()
            auth.logout()
