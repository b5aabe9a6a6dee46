"""Copies and pickles of a client: what they keep, and what they leave behind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from elements_sdk.configuration import Configuration

if TYPE_CHECKING:
    from elements_sdk.base_client import BaseClient

C = TypeVar("C", bound="BaseClient")


def twin_of(client: C, configuration: Configuration) -> C:
    """Make a client with the same settings and headers, on connections of its own."""
    twin = type(client)(configuration=configuration, cookie=client.cookie, **client.own_settings())
    twin.default_headers.update(client.default_headers)
    twin.client_side_validation = client.client_side_validation
    return twin


def pickled(client: BaseClient, has_session: bool) -> tuple[Any, ...]:
    """Give what pickle keeps of a client: no credentials unless `pickle_credentials` is set, and never the session."""
    settings = client.configuration
    keeps = settings.pickle_credentials
    headers = dict(client.default_headers) if keeps else {"User-Agent": client.user_agent}
    left_out = [] if keeps else [name for name in client.default_headers if name not in headers]
    left_out += ["session"] if has_session else []
    left_out += ["cookie"] if client.cookie and not keeps else []
    left_out += [name for name in ("proxy", "proxy_headers") if getattr(settings, name) and not keeps]
    arguments = (settings, headers, client.cookie if keeps else None, client.own_settings(), left_out)
    return _unpickled, (type(client), client.client_side_validation, *arguments)


def _unpickled(
    kind: type[C],
    client_side_validation: bool,
    configuration: Configuration,
    headers: dict[str, str],
    cookie: str | None,
    own_settings: dict[str, Any],
    left_out: list[str],
) -> C:
    client = kind(configuration=configuration, cookie=cookie, **own_settings)
    client.client_side_validation = client_side_validation
    client.default_headers.update(headers)
    client.left_out = left_out
    return client
