"""`python -m test.processes.process_pool METHOD`: sends the SDK to a `ProcessPoolExecutor`."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from typing import Any

from elements_sdk import AuthApi, Configuration, NotFoundException, OneTimeAccessToken
from elements_sdk.bulk import Outcome
from test.processes.engine_work import TOKEN, client_with_hook, fetch

UNKNOWN = 10**9
# What `report` prints, if all is well.
COMES_BACK = f"""\
method True True
list True
error 404 GET yes No OneTimeAccessToken matches the given query.
outcomes True
failed {UNKNOWN}: NotFoundException
models {{'OneTimeAccessToken'}}
"""


def main(method: str) -> None:
    """Print a line for each thing that travels to a worker and back."""
    with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
        report(partial(pool.map, chunksize=5))


def report(run: Any) -> None:
    """Print the results.

    :param run: makes calls in workers: it takes a function and its arguments, and returns the results in their order.
    """
    configuration = Configuration.from_env()
    with client_with_hook(configuration.host) as client:
        auth = AuthApi(client)
        numbers = [token.id for token in auth.iter_access_tokens()][:20]
        assert os.environ[TOKEN].encode() not in pickle.dumps(auth)
        tokens: list[OneTimeAccessToken] = list(run(auth.get_access_token, numbers))
        print("method", [token.id for token in tokens] == numbers, tokens[0] == auth.get_access_token(numbers[0]))
        (everything,) = run(list, [auth.iter_access_tokens(page_size=9)])
        print("list", [token.id for token in everything][:20] == numbers)
        try:
            list(run(auth.get_access_token, [UNKNOWN]))
        except NotFoundException as error:
            print("error", error.status, error.method, error.request_sent, error.detail)
    chunks: list[list[Outcome[int, OneTimeAccessToken]]] = list(run(fetch, [[*numbers[:10], UNKNOWN], numbers[10:]]))
    outcomes = [outcome for chunk in chunks for outcome in chunk]
    print("outcomes", [outcome.item for outcome in outcomes if outcome.ok] == numbers)
    print("failed", *(f"{outcome.item}: {type(outcome.error).__name__}" for outcome in outcomes if not outcome.ok))
    print("models", {type(outcome.value).__name__ for outcome in outcomes if outcome.ok})


if __name__ == "__main__":
    main(sys.argv[1])
