"""What does not travel to the workers of other engines."""

from __future__ import annotations

import asyncio
import pickle
import ssl

import pytest

from elements_sdk import ApiClient, ApiTypeError, ApiValueError, Configuration, Session, aio
from elements_sdk.bulk import map_calls


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
