"""Runs of full size: `tox -e slow`."""

from __future__ import annotations

import threading

import pytest

from elements_sdk import ApiClient, AuthApi
from elements_sdk.sandbox import Sandbox

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_threads_of_one_client_get_their_own_answers(sandbox: Sandbox) -> None:
    wrong: list[int] = []

    def work(auth: AuthApi, numbers: list[int]) -> None:
        for _ in range(10):
            wrong.extend(number for number in numbers if auth.get_access_token(number).id != number)

    with ApiClient(sandbox.configuration(sandbox.admin)) as client:
        auth = AuthApi(client)
        everything = [token.id for token in auth.get_all_access_tokens()]
        threads = [threading.Thread(target=work, args=(auth, everything[start::16])) for start in range(16)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert len(everything) > 200
