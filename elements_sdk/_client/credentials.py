"""The credentials of a client, an API key or else a session, and what of them goes into a request."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from elements_sdk._http.messages import Request, Response
from elements_sdk._utils.fork import register_after_fork
from elements_sdk._utils.redaction import MaskedDict
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiException

if TYPE_CHECKING:
    from elements_sdk._http.cookies import Cookies


class Credentials:
    """The credentials of one client. With an API key, cookies are neither kept nor sent."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._cookies: Cookies | None = None
        self._kept: tuple[tuple[MaskedDict, ...], MaskedDict] = ((), MaskedDict())
        self._lock = threading.Lock()
        self._renewal = threading.Lock()
        register_after_fork(self)

    def renew_after_fork(self) -> None:
        """Make new locks for this process."""
        self._lock = threading.Lock()
        self._renewal = threading.Lock()

    def has_key(self, default_headers: MaskedDict) -> bool:
        """Return whether the client authenticates by an API key, or by an `Authorization` header of the user's own."""
        if self._configuration.has_api_key():
            return True
        return any(name.lower() == "authorization" for name in default_headers)

    def headers(self, default_headers: MaskedDict) -> MaskedDict:
        """Return the default headers, with the API key if there is one; they are built anew only after a change.

        :raises ApiValueError: the key cannot be sent in a header.
        """
        settings = self._configuration
        parts = (settings.api_key, settings.api_key_prefix, default_headers)
        kept_parts, kept = self._kept
        is_own = type(settings).get_api_key_with_prefix is not Configuration.get_api_key_with_prefix
        if parts == kept_parts and settings.refresh_api_key_hook is None and not is_own:
            return kept
        copies = tuple(map(MaskedDict, parts))  # before the key is read: the next call sees what changes meanwhile
        headers = MaskedDict(default_headers)
        self._add_key(headers)
        self._kept = (copies, headers)
        return headers

    def renew_key(self, request: Request) -> bool:
        """Renew a refused key by `refresh_api_key_hook`; return whether there is one to try again with.

        One thread at a time: others find the key renewed when their turn comes.
        """
        if self._configuration.refresh_api_key_hook is None or "Authorization" not in request.headers:
            return False
        with self._renewal:
            self._add_key(request.headers)
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

    def _add_key(self, headers: MaskedDict) -> None:
        key = self._configuration.get_api_key_with_prefix("Authorization")
        if key is not None:
            headers["Authorization"] = key

    def _store(self) -> Cookies:
        with self._lock:
            if self._cookies is None:
                from elements_sdk._http.cookies import Cookies  # loaded late: a client with an API key needs none

                self._cookies = Cookies()
            return self._cookies
