"""What travels to the workers of other engines, and how many connections they have."""

from __future__ import annotations

import asyncio
import pickle

import pytest

from elements_sdk import ApiClient, AuthApi, Configuration, Ticket, aio
from elements_sdk.bulk import Outcome, map_calls
from test.faults.server import FaultServer
from test.processes.calls import client_of, own_answers
from test.processes.engine_work import TOKEN, client_with_hook
from test.processes.watching import Child


def test_client_for_asyncio_travels_without_its_key_and_takes_it_from_the_hook(monkeypatch: pytest.MonkeyPatch) -> None:
    async def call(data: bytes) -> int:
        auth: aio.AuthApi = pickle.loads(data)
        async with auth.api_client:
            return (await auth.get_access_token(7)).id

    monkeypatch.setenv(TOKEN, "WORKERS-KEY")
    with FaultServer(own_answers()) as server, client_with_hook(server.host) as client:
        configuration = client.configuration
        configuration.api_key["Bearer"] = "PARENTS-KEY"
        data = pickle.dumps(aio.AuthApi(aio.ApiClient(configuration)))
        assert b"KEY" not in data
        assert asyncio.run(call(data)) == 7
        assert server.requests[0].header("Authorization") == "Bearer WORKERS-KEY"


def test_outcome_travels_with_its_value_or_its_error() -> None:
    done: Outcome[int, Ticket] = Outcome(7, Ticket(ticket="TICKET"))
    assert pickle.loads(pickle.dumps(done)) == done
    with ApiClient(Configuration(host="http://127.0.0.1:9")) as client:
        (failed,) = map_calls(AuthApi(client).get_access_token, [7])
    error = pickle.loads(pickle.dumps(failed)).error
    assert str(error) == str(failed.error)
    assert (error.request_sent, error.path) == ("no", "/api/2/auth/access-tokens/7")


def test_processes_together_have_as_many_connections_as_their_pools_allow() -> None:
    with FaultServer(own_answers(0.05)) as server, client_of(server.host, pool=2) as client:

        def work() -> bool:
            return all(outcome.ok for outcome in map_calls(AuthApi(client).get_access_token, range(20)))

        children = [Child(work) for _ in range(3)]
        assert [child.result() for child in children] == [True] * 3
        assert server.count() == 60
        assert server.connections == 6
