"""Where a URL leads: its origin, and whether others can read what goes there."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from functools import lru_cache
from urllib.parse import quote, unquote, urlsplit

_IN_PATH = "/!$&'()*+,;=:@"  # RFC 3986 section 3.3, as urllib3 reads it


def origin_of(url: str) -> str:
    """Return scheme, host and port of a URL: `https://storage.example.com:443`; a zone as RFC 6874 writes it."""
    end = url.find("/", url.find("//") + 2)
    start = url if end < 0 else url[:end]
    may_be_secret = "@" in start or "?" in start or "#" in start  # which no cache should keep
    return _origin_of_start.__wrapped__(start) if may_be_secret else _origin_of_start(start)


@lru_cache(maxsize=64)
def _origin_of_start(url: str) -> str:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    address, percent, zone = (parts.hostname or "").partition("%")
    host = f"{address}%25{zone.removeprefix('25')}" if percent else address
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def short_origin(url: str) -> str:
    """Return the origin as browsers write it, without the default port."""
    whole = origin_of(url)
    return whole.removesuffix(":443" if whole.startswith("https:") else ":80")


def host_header(url: str) -> str:
    """Return host and port as servers are told them, without the zone: that is for a socket of this machine alone."""
    return re.sub("%[^]]*", "", short_origin(url).partition("//")[2])


def quoted_path(path: str) -> str:
    """Return a path, and a query behind it, as they go over the wire: other characters are percent-encoded, in UTF-8.

    :raises ValueError: it holds a control character, a lone surrogate or a segment `.` or `..`.
    """
    if any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in path):
        raise ValueError("must hold no line break, control character or lone surrogate")
    path, _, query = path.partition("?")
    if has_dot_segment(path):
        raise ValueError("must hold no segment that is . or .., be it percent-encoded or not")
    return _quoted(path, _IN_PATH) + (f"?{_quoted(query, f'{_IN_PATH}?')}" if query else "")


def quoted_url(url: str) -> str:
    """Return a URL without its fragment as it goes over the wire.

    :raises ValueError: its path cannot be sent.
    """
    url = url.partition("#")[0]
    parts = urlsplit(url)
    rest = url.partition("//")[2].removeprefix(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}{quoted_path(rest if rest.startswith('/') else f'/{rest}')}"


def has_dot_segment(path: str) -> bool:
    """Return whether a server may take a segment of a path for `.` or `..`; some decode twice, or take backslashes."""
    for _ in range(3):
        if "." in path and any(part in (".", "..") for part in path.replace("\\", "/").split("/")):
            return True
        path = unquote(path)
    return False


def _quoted(text: str, safe: str) -> str:
    whole = re.sub("%([0-9A-Fa-f]{2})?", lambda found: f"%{found[1].upper()}" if found[1] else "%25", text)
    return quote(whole, safe=f"{safe}%")


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
