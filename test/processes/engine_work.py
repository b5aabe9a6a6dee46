"""Functions for the workers of an engine, which import them by name."""

from __future__ import annotations

import os

from elements_sdk import ApiClient, AuthApi, Configuration, OneTimeAccessToken
from elements_sdk.bulk import Outcome, map_calls

TOKEN = "WORKERS_TOKEN"  # the environment variable with a worker's API token


def token_of_worker(configuration: Configuration) -> None:
    """Take the API token from the worker's own environment: a `refresh_api_key_hook`."""
    configuration.api_key["Bearer"] = os.environ[TOKEN]


def client_with_hook(host: str) -> ApiClient:
    """Return a client without an API token, and with a hook that finds that of the worker."""
    configuration = Configuration(host=host)
    configuration.refresh_api_key_hook = token_of_worker
    return ApiClient(configuration)


def fetch(numbers: list[int]) -> list[Outcome[int, OneTimeAccessToken]]:
    """Fetch links with a client of this worker's own, two at a time."""
    with ApiClient(Configuration.from_env()) as client:
        return list(map_calls(AuthApi(client).get_access_token, numbers, max_concurrency=2))
