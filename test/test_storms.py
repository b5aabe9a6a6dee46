"""Runs of full size: `tox -e slow`."""

from __future__ import annotations

import json
import threading
import tracemalloc

import pytest

from bench.samples import token
from elements_sdk import ApiClient, AuthApi, OneTimeAccessToken
from elements_sdk._serialization.decode import from_json
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


def test_a_long_list_is_read_in_little_more_memory_than_it_keeps() -> None:
    data = json.dumps([token(number) for number in range(20_000)]).encode()
    tracemalloc.start()
    models: list[OneTimeAccessToken] = from_json(data, "list[OneTimeAccessToken]")
    kept, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert [model.id for model in models] == list(range(20_000))
    assert peak - kept < 1.2 * len(data)  # the text of the answer itself
