"""`python -m test.guests.traced_calls KIND CALLS HOST...`: makes calls under OpenTelemetry, and prints their spans.

KIND is `blocking` or `asyncio`. CALLS is `one`, `documented` (all, with secrets wherever they can hold any), `query`
(others, with a secret in the query) or `bulk`.
"""

from __future__ import annotations

import asyncio
import inspect
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from opentelemetry.instrumentation.aiohttp_client import AioHttpClientInstrumentor
from opentelemetry.instrumentation.urllib3 import URLLib3Instrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

from elements_sdk import ApiClient, ApiException, AuthApi, Configuration, aio
from elements_sdk.api.auth_api import OPERATIONS
from elements_sdk.bulk import map_calls
from test.wire.test_secrets import MARKERS, calls

C = TypeVar("C", ApiClient, aio.ApiClient)


def without_query(url: object) -> str:
    """Return a URL without its query."""
    return str(url).partition("?")[0]


def client_of(host: str, kind: type[C]) -> C:
    """Return a client with all kinds of secrets."""
    configuration = Configuration(host=host, api_key={"Bearer": MARKERS["apikey"]})
    configuration.retries = 1
    own_cookie = f"own={MARKERS['cookie']}"
    return kind(configuration=configuration, header_name="X-Custom", header_value=MARKERS["header"], cookie=own_cookie)


def named(which: str, auth: Any) -> Iterator[Callable[..., Any]]:
    """Yield the calls of this name, of either kind."""
    if which == "one":
        yield partial(auth.get_access_token, 7)
    elif which == "documented":
        yield from calls(auth, dict)[: len(OPERATIONS)]
    else:
        for method in ("GET", "POST"):
            yield partial(auth.api_client.call_api, "/api/2/things", method, query_params={"key": MARKERS["reset"]})


async def make(call: Callable[..., Any], **options: Any) -> None:
    """Make a call of either kind, whatever its outcome."""
    try:
        made = call(**options)
        if inspect.isawaitable(made):
            await made
    except ApiException:
        pass


async def main(kind: str, which: str, hosts: list[str]) -> None:
    """Make the calls, with each host."""
    for host in hosts:
        is_asyncio = kind == "asyncio"
        auth: Any = aio.AuthApi(client_of(host, aio.ApiClient)) if is_asyncio else AuthApi(client_of(host, ApiClient))
        for call in named(which, auth):
            await make(call, _request_timeout=5 if which == "one" else 0.2)
        await make(auth.api_client.close)


def bulk(host: str) -> None:
    """Make calls in threads, within a span of this program."""
    with client_of(host, ApiClient) as client, provider.get_tracer("job").start_as_current_span("job"):
        assert all(outcome.ok for outcome in map_calls(AuthApi(client).get_access_token, range(4), max_concurrency=2))


if __name__ == "__main__":
    _, kind, which, *hosts = sys.argv
    exporter = ConsoleSpanExporter(formatter=lambda span: span.to_json(None) + "\n")  # a line each
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    URLLib3Instrumentor().instrument(tracer_provider=provider, url_filter=without_query)
    AioHttpClientInstrumentor().instrument(tracer_provider=provider, url_filter=without_query)
    bulk(hosts[0]) if which == "bulk" else asyncio.run(main(kind, which, hosts))
