"""The session's cookies and the CSRF token, kept per origin. The rules of cookies are those of `http.cookiejar`."""

from __future__ import annotations

import re
import threading
from email.message import Message
from http.cookiejar import CookieJar, DefaultCookiePolicy
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from urllib.parse import urlsplit
from urllib.request import Request as CookieRequest

from elements_sdk._utils.fork import register_after_fork
from elements_sdk._utils.urls import origin_of

if TYPE_CHECKING:
    from http.client import HTTPResponse

    from urllib3 import HTTPHeaderDict

CSRF_COOKIE = "csrftoken"
CSRF_HEADER = "X-CSRFToken"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 6265bis: such a cookie is ignored; nor could it be sent


class Cookies:
    """The cookies that servers asked a client to send back. An origin gets its own only."""

    def __init__(self) -> None:
        self._jars: dict[str, CookieJar] = {}
        self._lock = threading.Lock()
        register_after_fork(self)

    def headers_for(self, method: str, url: str) -> dict[str, str]:
        """Return the headers that make a request part of the session: cookies and, if it is unsafe, the CSRF token."""
        asked = CookieRequest(url, method=method)
        with self._lock:
            jar = self._jars.get(origin_of(url))
            if jar is None:
                return {}
            jar.add_cookie_header(asked)
            unsafe = {} if method in SAFE_METHODS else _csrf_headers(jar, url)
        return {**dict(asked.header_items()), **unsafe}

    def keep(self, method: str, url: str, headers: HTTPHeaderDict) -> None:
        """Apply what a response sets, changes and deletes."""
        lines = [line for line in headers.getlist("Set-Cookie") if not _CONTROL.search(line)]
        if not lines:
            return
        with self._lock:
            jar = self._jars.setdefault(origin_of(url), CookieJar(DefaultCookiePolicy()))
            jar.extract_cookies(_response_with(lines), CookieRequest(url, method=method))

    def has_session(self, url: str) -> bool:
        """Return whether there is a cookie for the origin of this URL besides that of the CSRF token."""
        with self._lock:
            jar = self._jars.get(origin_of(url))
            return jar is not None and any(cookie.name != CSRF_COOKIE for cookie in jar)

    def copy(self) -> Cookies:
        """Return an independent copy."""
        clone = Cookies()
        with self._lock:
            clone._jars = _copied(self._jars)
        return clone

    def renew_after_fork(self) -> None:
        """Make new locks for this process, those inside the jars too; the cookies stay."""
        self._lock = threading.Lock()
        self._jars = _copied(self._jars)


def _copied(jars: dict[str, CookieJar]) -> dict[str, CookieJar]:
    copies = {origin: CookieJar(DefaultCookiePolicy()) for origin in jars}
    for origin, jar in jars.items():
        for cookie in jar:
            copies[origin].set_cookie(cookie)
    return copies


def _csrf_headers(jar: CookieJar, url: str) -> dict[str, str]:
    token = next((cookie.value for cookie in jar if cookie.name == CSRF_COOKIE), None)
    headers = {CSRF_HEADER: token} if token else {}
    if url.startswith("https:"):
        # Django requires a Referer on https. It would compare an Origin with what it believes to be its own scheme,
        # which is wrong behind a proxy that terminates TLS.
        headers["Referer"] = f"https://{urlsplit(url).netloc}/"
    return headers


def _response_with(lines: list[str]) -> HTTPResponse:
    """Return the part of an HTTP response that `http.cookiejar` looks at."""
    headers = Message()
    for line in lines:
        headers["Set-Cookie"] = line
    return cast("HTTPResponse", SimpleNamespace(info=lambda: headers))
