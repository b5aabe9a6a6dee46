"""The credentials of a client, an API key or else a session, and what of them goes into a request."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from elements_sdk._http.messages import Request, Response
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._operations.errors import deadline_exceeded
from elements_sdk._transport.slots import Slots
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.fork import register_after_fork
from elements_sdk._utils.redaction import Masked, Opaque, reveal
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiException

if TYPE_CHECKING:
    from elements_sdk._http.cookies import Cookies

_RENEWING = "waiting for the key to be renewed"


class Credentials(Masked):
    """The credentials of one client. With an API key, cookies are neither kept nor sent."""

    def __init__(self) -> None:
        self._cookies: Cookies | None = None
        self.renew_after_fork()
        # The key that was refused last, and the one in its place.
        self._renewed: tuple[Opaque[str], Opaque[str | None]] = Opaque(""), Opaque(None)
        register_after_fork(self)

    def renew_after_fork(self) -> None:
        self._lock = threading.Lock()
        self._renewal = Slots(1)

    def renew_key(self, request: Request, configuration: Configuration, timeouts: Timeouts) -> bool:
        """Renew a refused key by `refresh_api_key_hook`; return whether there is one to try again with.

        One thread at a time: those that have waited take the key that another has renewed meanwhile.

        :raises DeadlineExceeded: the whole call has used up its time while another thread was renewing the key.
        """
        if configuration.refresh_api_key_hook is None or not _has_key(request):
            return False
        with Translated(TimeoutError, lambda _error: deadline_exceeded(request, timeouts, _RENEWING, request.sent)):
            turn = self._renewal.take(timeouts)
        try:
            if not _is_old(request, self._renewed):
                refused = _key_of(request)
                self._renewed = refused, Opaque(configuration.get_api_key_with_prefix("Authorization"))
            _put_key(request, self._renewed[1])
        finally:
            self._renewal.give_back(turn)
            self._renewal.wake()
        return True

    def add_session(self, request: Request, cookie: str | None) -> None:
        """Put the session's cookies and the CSRF token into a request, beside a `Cookie` header of the caller's own."""
        own = "; ".join(filter(None, [cookie, request.headers.get("Cookie")]))
        given = {name.lower() for name in request.headers}
        for name, value in self._store().headers_for(request.method, request.url, own).items():
            if name in request.headers or name.lower() not in given:
                request.headers[name] = value

    def keep_session(self, request: Request, response: Response) -> None:
        """Apply the cookies that a response sets, changes and deletes."""
        self._store().keep(request.url, response.headers)

    def has_session(self, url: str) -> bool:
        """Return whether there is a session cookie for this URL."""
        return self._cookies is not None and self._cookies.has_session(url)

    def explain(self, refusal: ApiException, url: str) -> None:
        """Add to a refusal why there is no session, if that is because of a cookie of the server's."""
        why = None if self._cookies is None else self._cookies.why_no_session(url)
        if why:
            refusal.detail = "; ".join(filter(None, [refusal.detail, why]))

    def forget_session(self) -> None:
        """Drop all cookies, so that the client has no session."""
        with self._lock:
            self._cookies = None

    def copy_session_from(self, other: Credentials) -> None:
        """Copy the cookies of another client."""
        with self._lock:
            self._cookies = None if other._cookies is None else other._cookies.copy()

    def _store(self) -> Cookies:
        with self._lock:
            if self._cookies is None:
                from elements_sdk._http.cookies import Cookies  # loaded late: a client with an API key needs none

                self._cookies = Cookies()
            return self._cookies


# Apart, as the hook may raise, and error reporters look up the dotted names in the source of the frames above.


def _has_key(request: Request) -> bool:
    return "Authorization" in request.headers


def _key_of(request: Request) -> Opaque[str]:
    return Opaque(request.headers["Authorization"])


def _is_old(request: Request, renewed: tuple[Opaque[str], Opaque[str | None]]) -> bool:
    """Return whether the key of a request has been renewed meanwhile."""
    refused, new = renewed
    return request.headers["Authorization"] == reveal(refused) and reveal(new) not in (None, reveal(refused))


def _put_key(request: Request, key: Opaque[str | None]) -> None:
    if reveal(key) is not None:
        request.headers["Authorization"] = reveal(key)
    for name in ("Content-Length", "Host"):  # which are the sender's to add
        request.headers.pop(name, None)
