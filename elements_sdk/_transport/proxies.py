"""Proxies: which one stands before which server, by the configuration or the environment."""

from __future__ import annotations

import base64
import ipaddress
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urlsplit

from elements_sdk._config.validators import checked_proxy
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk._utils.urls import is_cleartext, origin_of
from elements_sdk.exceptions import ApiValueError

if TYPE_CHECKING:
    from elements_sdk.configuration import Configuration


class Proxy(NamedTuple):
    """An HTTP proxy: its address without name and password, and the headers that are for it alone."""

    address: str
    headers: Opaque[Mapping[str, str]]


class Proxies:
    """The proxies of one client, as they were when it was made. `HTTP_PROXY` is not read inside a CGI script.

    :ivar named: their URLs, by scheme, if there are any.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._headers: Opaque[Mapping[str, str]] = Opaque(dict(configuration.proxy_headers or {}))
        self._known: dict[str, Proxy] = {}
        self.named: Opaque[Mapping[str, str]] | None = None
        if configuration.proxy is not None:
            self.named = Opaque({"all": configuration.proxy})
        elif configuration.trust_env and any(name.lower().endswith("_proxy") for name in os.environ):
            from urllib.request import getproxies_environment  # loaded late: it brings much along

            self.named = Opaque(getproxies_environment())

    def proxy_for(self, url: str) -> Proxy | None:
        """Return the proxy before this URL, if there is one.

        :raises ApiValueError: what the environment names is not the URL of a proxy. It is not shown, as it may hold a
            password.
        """
        if self.named is None:
            return None
        scheme = urlsplit(url).scheme
        name = scheme if reveal(self.named).get(scheme) else "all"
        if not reveal(self.named).get(name) or _is_exempt(url, reveal(self.named).get("no", "")):
            return None
        if name not in self._known:
            self._known[name] = self._read(name, self.named)
        return self._known[name]

    def is_cleartext(self, origin: str) -> bool:
        proxy = None if origin.startswith("https:") else self.proxy_for(origin)
        return is_cleartext(origin) or (proxy is not None and is_cleartext(proxy.address))

    def _read(self, name: str, named: Opaque[Mapping[str, str]]) -> Proxy:
        with Translated(ApiValueError, without_frames):  # they hold the address
            return _proxy(checked_proxy(f"{name.upper()}_PROXY", reveal(named)[name]), self._headers)


def _proxy(url: str | None, headers: Opaque[Mapping[str, str]]) -> Proxy:
    parts = urlsplit(f"{url}")
    own = dict(reveal(headers))
    if parts.username is not None:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        if not any(name.lower() == "proxy-authorization" for name in own):
            own["Proxy-Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
    return Proxy(origin_of(f"{url}"), Opaque(own))


def _is_exempt(url: str, exceptions: str) -> bool:
    """Return whether `NO_PROXY` names this server: by `*`, a name or its end (with or without port), an IP or a net."""
    parts = urlsplit(origin_of(url))
    host = f"{parts.hostname}".rstrip(".")
    if "%" in host:  # a zone is of this machine: no proxy can know it
        return True
    entries = exceptions.lower().replace(",", " ").split()
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return any(_covers_name(entry, host, f"{host}:{parts.port}") for entry in entries)
    return any(_covers_address(entry, address, parts.netloc) for entry in entries)


def _covers_name(entry: str, host: str, host_and_port: str) -> bool:
    name = entry.lstrip("*").strip(".")
    return entry == "*" or any(
        spelling == name or spelling.endswith(f".{name}") for spelling in (host, host_and_port) if name
    )


def _covers_address(entry: str, address: ipaddress.IPv4Address | ipaddress.IPv6Address, host_and_port: str) -> bool:
    if entry in ("*", host_and_port):
        return True
    try:
        return address in ipaddress.ip_network(entry.strip("[]"), strict=False)
    except ValueError:
        return False
