"""The session's cookies and the CSRF token, kept per origin, by RFC 6265: each `Set-Cookie` line by itself.

What of a line cannot be read is ignored, as browsers do, and the cookie is kept without it.
"""

from __future__ import annotations

import math
import re
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from elements_sdk._http.budgets import COOKIE, COOKIES
from elements_sdk._utils.dates import parse_http_date
from elements_sdk._utils.fork import register_after_fork
from elements_sdk._utils.text import one_line
from elements_sdk._utils.urls import host_header, is_cleartext, origin_of

if TYPE_CHECKING:
    from urllib3 import HTTPHeaderDict

CSRF_COOKIE = "csrftoken"
CSRF_HEADER = "X-CSRFToken"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
_BLANKS = " \t"
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")  # RFC 6265bis: such a cookie is ignored; nor could it be sent
_SECONDS = re.compile(r"-?[0-9]+")
_MOST_DIGITS = 12  # of a number of seconds; Python refuses to convert very many


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class _Cookie:
    """A cookie as a server has set it; no repr shows its value.

    :ivar domain: the domain that it is for, which the host belongs to; empty: the host alone.
    :ivar end: when it expires, in seconds since 1970.
    """

    name: str
    value: str
    domain: str
    path: str
    is_secure: bool
    end: float

    def problem_at(self, origin: str) -> str | None:
        """Return why the server at this origin cannot have the cookie back."""
        host = urlsplit(origin).hostname or ""
        if self.domain and self.domain != host and not (host.endswith(f".{self.domain}") and not _is_address(host)):
            return "has the Domain of another server"
        if self.is_secure and is_cleartext(origin):
            return "is Secure, and this is plain http"
        return None

    def is_for(self, path: str) -> bool:
        """Return whether the cookie goes along with a request to this path, now."""
        below = self.path if self.path.endswith("/") else f"{self.path}/"
        return self.end > time.time() and (path == self.path or path.startswith(below))


class Cookies:
    """The cookies that servers asked a client to send back. An origin gets its own only."""

    def __init__(self) -> None:
        self._jars: dict[str, dict[tuple[str, str, str], _Cookie]] = {}  # a jar never changes: `keep` puts a new one
        self._refusals: dict[str, str] = {}
        self._lock = threading.Lock()
        register_after_fork(self)

    def headers_for(self, method: str, url: str, own: str = "") -> dict[str, str]:
        """Return the headers that make a request part of the session: cookies and, if it is unsafe, the CSRF token.

        :param own: cookies of the caller's, which come first.
        """
        path = urlsplit(url).path or "/"
        found = [cookie for cookie in self._jars.get(origin_of(url), {}).values() if cookie.is_for(path)]
        found.sort(key=lambda cookie: -len(cookie.path))
        sent = "; ".join([*filter(None, [own]), *(f"{cookie.name}={cookie.value}" for cookie in found)])
        if not sent:
            return {}
        return {"Cookie": sent, **({} if method in SAFE_METHODS else _csrf_headers(sent, url))}

    def keep(self, url: str, headers: HTTPHeaderDict) -> None:
        """Apply what a response sets, changes and deletes."""
        cookies = [_parsed(line, url) for line in headers.getlist("Set-Cookie")]
        if not cookies:
            return
        origin = origin_of(url)
        with self._lock:
            jar = dict(self._jars.get(origin, {}))
            for cookie in filter(None, cookies):
                problem = cookie.problem_at(origin)
                key = (cookie.domain, cookie.path, cookie.name)
                if problem is None:
                    jar.pop(key, None)
                    jar[key] = cookie
                elif cookie.name != CSRF_COOKIE:
                    name = one_line(cookie.name[:100])
                    self._refusals[origin] = f"there is no session: the server's cookie {name} {problem}"
            kept = [(key, cookie) for key, cookie in jar.items() if cookie.end > time.time()]
            self._jars[origin] = dict(kept[-COOKIES:])

    def has_session(self, url: str) -> bool:
        """Return whether there is a cookie for the origin of this URL besides that of the CSRF token."""
        jar = self._jars.get(origin_of(url), {})
        return any(cookie.name != CSRF_COOKIE and cookie.end > time.time() for cookie in jar.values())

    def why_no_session(self, url: str) -> str | None:
        """Return why there is no session at the origin of this URL, if that is because of a cookie."""
        return None if self.has_session(url) else self._refusals.get(origin_of(url))

    def copy(self) -> Cookies:
        clone = Cookies()
        clone._jars, clone._refusals = dict(self._jars), dict(self._refusals)
        return clone

    def renew_after_fork(self) -> None:
        """Make a new lock for this process; the cookies stay."""
        self._lock = threading.Lock()


def _parsed(line: str, url: str) -> _Cookie | None:
    """Read a line as RFC 6265 5.2 does; of an attribute that comes twice, the last one counts that can be read."""
    pair, *attributes = line.split(";")
    name, equals, value = (part.strip(_BLANKS) for part in pair.partition("="))
    if not name or not equals or len(name) + len(value) > COOKIE or _CONTROL.search(line):
        return None
    default_path = urlsplit(url).path.rpartition("/")[0] or "/"
    domain, path, is_secure = "", default_path, False
    expires = max_age = None
    for attribute in attributes:
        key, _, text = (part.strip(_BLANKS) for part in attribute.partition("="))
        key = key.lower()
        if key == "domain":
            domain = text.removeprefix(".").lower() or domain
        elif key == "path":
            path = text if text.startswith("/") and len(text) <= COOKIE else default_path
        elif key == "secure":
            is_secure = True
        elif key == "expires":
            moment = parse_http_date(text)
            expires = expires if moment is None else moment.timestamp()
        elif key == "max-age" and _SECONDS.fullmatch(text):
            max_age = int(text[:_MOST_DIGITS])
    if max_age is not None:
        expires = time.time() + max_age if max_age > 0 else 0.0
    return _Cookie(name, value, domain, path, is_secure, math.inf if expires is None else expires)


def _is_address(host: str) -> bool:
    return ":" in host or host.replace(".", "").isdecimal()


def _csrf_headers(sent: str, url: str) -> dict[str, str]:
    """Return what Django wants to see of the token in a `Cookie` header; of two it takes the last."""
    pairs = [cookie.strip().partition("=") for cookie in sent.split(";")]
    token = next((value for name, _, value in reversed(pairs) if name == CSRF_COOKIE), None)
    headers = {CSRF_HEADER: token} if token else {}
    if url.startswith("https:"):
        # Django requires a Referer on https. It would compare an Origin with what it believes to be its own scheme,
        # which is wrong behind a proxy that terminates TLS.
        headers["Referer"] = f"https://{host_header(url)}/"
    return headers
