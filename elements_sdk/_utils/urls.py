"""Where a URL leads: its origin, and whether others can read what goes there."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL: `https://storage.example.com:443`."""
    end = url.find("/", url.find("//") + 2)
    start = url if end < 0 else url[:end]
    may_be_secret = "@" in start or "?" in start or "#" in start  # which no cache should keep
    return _origin_of_start.__wrapped__(start) if may_be_secret else _origin_of_start(start)


@lru_cache(maxsize=64)
def _origin_of_start(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def short_origin(url: str) -> str:
    """Return the origin as browsers write it, without the default port."""
    whole = origin_of(url)
    return whole.removesuffix(":443" if whole.startswith("https:") else ":80")


def request_target(url: str) -> str:
    """Return path and query of a URL, as they stand in the first line of a request."""
    address, _, query = url.partition("?")
    start = address.find("/", address.find("//") + 2)
    path = "/" if start < 0 else address[start:]
    if "/." in path:
        from urllib3.util import parse_url  # loaded late, as it is rarely needed

        path = parse_url(path).path or "/"
    return f"{path}?{query}" if query else path


@lru_cache(maxsize=64)
def is_cleartext(url: str) -> bool:
    """Return whether what is sent there can be read on the way: plain http to anything but this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True
