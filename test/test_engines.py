"""The SDK in the workers of other engines: what travels there and back, and what does not."""

from __future__ import annotations

import asyncio
import pickle
import ssl

import pytest

from elements_sdk import ApiClient, ApiTypeError, ApiValueError, AuthApi, Configuration, Session, Ticket, aio
from elements_sdk.bulk import Outcome, map_calls
from elements_sdk.sandbox import Sandbox
from test.faults.server import FaultServer
from test.processes.calls import client_of, own_answers
from test.processes.engine_work import TOKEN, client_with_hook
from test.processes.process_pool import UNKNOWN
from test.processes.watching import Child, finish, run, start

COMES_BACK = f"""\
method True True
list True
error 404 GET yes No OneTimeAccessToken matches the given query.
outcomes True
failed {UNKNOWN}: NotFoundException
models {{'OneTimeAccessToken'}}
"""


@pytest.fixture
def worker_environment(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the environment variables that a job's workers need for the sandbox."""
    monkeypatch.setenv("ELEMENTS_HOST", sandbox.host)
    monkeypatch.setenv("ELEMENTS_API_TOKEN", sandbox.user.api_token)
    monkeypatch.setenv(TOKEN, sandbox.user.api_token)


@pytest.mark.usefixtures("worker_environment")
@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_calls_models_errors_and_outcomes_travel_to_a_pool_of_processes_and_back(method: str) -> None:
    assert run("process_pool", method) == COMES_BACK


@pytest.mark.slow
@pytest.mark.usefixtures("worker_environment")
def test_calls_models_errors_and_outcomes_travel_to_a_dask_cluster_and_back(sandbox: Sandbox) -> None:
    code, printed, complaints = finish(start("dask_cluster"), within=55)
    assert (code, printed) == (0, COMES_BACK)
    assert "Compute Failed" in complaints  # so Dask tells of the call that fails, with function and arguments
    assert complaints.count("Traceback") == 1
    assert sandbox.user.api_token not in complaints


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


def with_setting(name: str, value: object) -> ApiClient:
    client = ApiClient(Configuration())
    setattr(client.configuration, name, value)
    return client


@pytest.mark.parametrize(
    ("thing", "kind", "cure"),
    [
        (with_setting("refresh_api_key_hook", lambda _: None), ApiValueError, "use a function of a module"),
        (
            with_setting("ssl_context", ssl.create_default_context()),
            ApiValueError,
            "say whom to trust by ssl_ca_cert or ssl_ca_data",
        ),
        (Session(Configuration(), "u", "p"), ApiTypeError, "make one where it is used"),
        (aio.Session(Configuration(), "u", "p"), ApiTypeError, "make one where it is used"),
        (map_calls(print, []), ApiTypeError, "send the items, and make the calls where they go"),
        (aio.map_calls(asyncio.sleep, []), ApiTypeError, "send the items, and make the calls where they go"),
    ],
    ids=["hook", "context", "Session", "aio.Session", "map_calls", "aio.map_calls"],
)
def test_refused_pickle_says_what_to_do(thing: object, kind: type[Exception], cure: str) -> None:
    with pytest.raises(kind, match=cure):
        pickle.dumps(thing)
