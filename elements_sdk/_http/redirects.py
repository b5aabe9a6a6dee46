"""Redirects: a GET follows a few within its own origin; all else stops, and says how to correct `host`."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import urljoin, urlsplit

from elements_sdk._http.messages import Request, Response
from elements_sdk._utils.urls import origin_of, quoted_url, short_origin

MOST_REDIRECTS = 3
_STATUSES = frozenset({301, 302, 303, 307, 308})


def follow(request: Request, response: Response) -> bool:
    """Change the URL of a request to that at which the call goes on; return whether there is one."""
    target = _target(request, response) if response.status in _STATUSES and request.method == "GET" else None
    if target is None or origin_of(target) != origin_of(request.url):
        return False
    request.url = target
    return True


def reason_of_stop(request: Request, response: Response) -> str:
    """Return why a call does not follow a redirect, and how to correct `host`. No query and no user is shown."""
    target = _target(request, response)
    if target is None:
        return f"{response.reason} to an invalid address: correct Configuration.host, or the server behind it"
    here, there = origin_of(request.url), origin_of(target)
    shown = short_origin(target) + urlsplit(target).path
    if there != here:
        return f"{response.reason} to {shown}: calls stay with one server; {_advice(request, target)}"
    if urlsplit(target).path == urlsplit(request.url).path + "/":
        return f"{response.reason} to {shown}: the server wants a slash at the end; a {request.method} is not resent"
    if request.method == "GET" and response.status in _STATUSES:
        return f"{response.reason}: more than {MOST_REDIRECTS} redirects, the last to {shown}; check Configuration.host"
    return f"{response.reason} to {shown}: a {request.method} does not follow redirects; {_advice(request, target)}"


def _target(request: Request, response: Response) -> str | None:
    """Return the whole URL that a response points to; `None` if it is not valid, or has a user name in it."""
    location = response.headers.get("Location", "")
    with suppress(UnicodeError):  # headers are read as Latin-1, whatever they are
        location = location.encode("latin-1").decode("utf-8")
    if not location or not location.isprintable() or "\\" in location:
        return None
    try:
        target = quoted_url(urljoin(request.url, location))
        parts = urlsplit(target)
        is_valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        return None
    return target if is_valid else None


def _advice(request: Request, target: str) -> str:
    """Return how to correct `host`, as far as the target's path tells; never to plain http from https."""
    if request.url.startswith("https:") and target.startswith("http:"):
        return "stay with https, and correct the server: its proxy may have to tell it so by X-Forwarded-Proto"
    path = urlsplit(target).path.rstrip("/")
    own = request.path.rstrip("/")
    if own and path.endswith(own):
        return f"set Configuration.host to {short_origin(target)}{path.removesuffix(own)}"
    return f"set Configuration.host to {short_origin(target)} if that is your server"
