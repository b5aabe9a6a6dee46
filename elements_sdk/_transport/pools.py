"""The connection pools of one client: one for each origin, by way of a proxy where there is one."""

from __future__ import annotations

import ssl
import threading
from typing import Any, NamedTuple, cast

import urllib3
from urllib3.exceptions import LocationValueError

from elements_sdk._transport.connection import POOLS, Pool
from elements_sdk._transport.proxies import Proxies, Proxy
from elements_sdk._transport.tls import concerns_tls, tls_context
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.fork import register_after_fork
from elements_sdk._utils.redaction import reveal
from elements_sdk._utils.urls import origin_of
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiValueError

_MOST_ORIGINS = 10  # that one client keeps pools for
_INVALID = "the request cannot be sent: {} is not a valid name"


class Route(NamedTuple):
    """The way of a request to an origin.

    :ivar is_forwarded: whether a proxy reads the request and sends it on; else it lets bytes through, or there is none.
    """

    pool: Pool
    has_proxy: bool
    is_forwarded: bool


class Pools:
    """Connections by origin. Pool, proxy and TLS settings are those of the moment it is made.

    :ivar proxies: the proxies before the origins.
    :ivar routes: those that are made, by their arguments.
    """

    def __init__(self, configuration: Configuration) -> None:
        """
        :raises ApiValueError: a certificate file cannot be read, or the proxy's URL is not valid.
        """
        self._configuration = configuration
        self.proxies = Proxies(configuration)
        self._managers: dict[tuple[Proxy | None, bool], urllib3.PoolManager] = {}
        self.routes: dict[tuple[str, bool], Route] = {}
        self._context: ssl.SSLContext | None = None
        self._lock = threading.Lock()
        register_after_fork(self)
        if configuration.is_complete():  # find at once what would otherwise fail in the first call
            if concerns_tls(configuration):
                self._tls_context()
            self.proxies.proxy_for(origin_of(configuration.host))

    def close(self) -> None:
        """Close the connections; those in use when their calls end."""
        self.routes = {}
        for manager in list(self._managers.values()):
            manager.clear()

    def renew_after_fork(self) -> None:
        """Drop the parent's connections, and make a new lock for this process."""
        self._lock = threading.Lock()
        self._managers, self.routes = {}, {}

    def new_route(self, origin: str, streams: bool) -> Route:
        """Make the route to an origin.

        :param streams: whether the caller reads the body, and may forget to give the connection back. Such connections
            are not counted, so that no call has to wait for them.
        """
        proxy = self.proxies.proxy_for(origin)
        context = self._tls_context() if origin.startswith("https:") else None
        with self._lock:
            manager = self._managers.get((proxy, streams))
            if manager is None:
                manager = self._managers[proxy, streams] = self._new_manager(proxy, not streams)
            if context is not None:
                manager.connection_pool_kw["ssl_context"] = context
            if len(self.routes) == _MOST_ORIGINS:  # the managers keep more, so that they drop none of these
                self.routes = {}
            with Translated(LocationValueError, lambda _error: ApiValueError(_INVALID.format("host"))):
                pool = manager.connection_from_url(origin)
            route = Route(cast("Pool", pool), proxy is not None, proxy is not None and context is None)
            self.routes[origin, streams] = route
            return route

    def _new_manager(self, proxy: Proxy | None, block: bool) -> urllib3.PoolManager:
        settings = self._configuration
        options: dict[str, Any] = {
            "num_pools": 2 * _MOST_ORIGINS,
            "maxsize": settings.connection_pool_maxsize,
            "block": block,
            "timeout": None,  # the connections keep to the timeouts of each call
        }
        if settings.assert_hostname is not None:
            options["assert_hostname"] = settings.assert_hostname
        elif settings.ssl_context is not None and not settings.ssl_context.check_hostname:
            options["assert_hostname"] = False
        if proxy is None:
            manager = urllib3.PoolManager(**options)
        else:
            if proxy.address.startswith("https:"):
                options["proxy_ssl_context"] = settings.ssl_context or tls_context(settings, identifies=False)
            with Translated(LocationValueError, lambda _error: ApiValueError(_INVALID.format("the proxy"))):
                manager = urllib3.ProxyManager(proxy.address, proxy_headers=reveal(proxy.headers), **options)
        manager.pool_classes_by_scheme = POOLS
        return manager

    def _tls_context(self) -> ssl.SSLContext:
        """Return the one context of all connections: making one takes longer than connecting."""
        if self._context is None:
            with self._lock:
                self._context = self._context or tls_context(self._configuration)
        return self._context
