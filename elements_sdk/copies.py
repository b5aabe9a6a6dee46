"""Copies and pickles of a client: what they keep, and what they leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elements_sdk.configuration import Configuration

if TYPE_CHECKING:
    from elements_sdk.api_client import ApiClient


def twin_of(client: ApiClient, configuration: Configuration) -> ApiClient:
    """Make a client with the same settings and headers, on connections of its own."""
    twin = type(client)(configuration, cookie=client.cookie, pool_threads=client.pool_threads)
    twin.default_headers.update(client.default_headers)
    twin.client_side_validation = client.client_side_validation
    return twin


def pickled(client: ApiClient, has_session: bool) -> tuple[Any, ...]:
    """Give what pickle keeps of a client: no credentials unless `pickle_credentials` is set, and never the session."""
    settings = client.configuration
    keeps = settings.pickle_credentials
    headers = dict(client.default_headers) if keeps else {"User-Agent": client.user_agent}
    left_out = [] if keeps else [name for name in client.default_headers if name not in headers]
    left_out += ["session"] if has_session else []
    left_out += ["cookie"] if client.cookie and not keeps else []
    left_out += [name for name in ("proxy", "proxy_headers") if getattr(settings, name) and not keeps]
    arguments = (settings, headers, client.cookie if keeps else None, client.pool_threads, left_out)
    return _unpickled, (type(client), client.client_side_validation, *arguments)


def _unpickled(
    kind: type[ApiClient],
    client_side_validation: bool,
    configuration: Configuration,
    headers: dict[str, str],
    cookie: str | None,
    pool_threads: int,
    left_out: list[str],
) -> ApiClient:
    client = kind(configuration, cookie=cookie, pool_threads=pool_threads)
    client.client_side_validation = client_side_validation
    client.default_headers.update(headers)
    client.left_out = left_out
    return client
