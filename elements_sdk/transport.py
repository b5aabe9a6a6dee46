"""What a transport is that takes the place of the network, in a test say: `ApiClient(configuration, transport=...)`."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Protocol

from elements_sdk._http.messages import Request, Response
from elements_sdk._http.timeouts import Timeouts

__all__ = ["Request", "Response", "Timeouts", "Transport"]


class Transport(Protocol):
    """What sends one request once; the client does the rest: credentials, retries, redirects, reading.

    Its methods may be functions, for both clients, or coroutine functions, for the asyncio client.
    With a method `is_cleartext(origin)` it says whether others can read what goes there; without, plain http to another
    machine is warned of.
    """

    def send(self, request: Request, timeouts: Timeouts) -> Response | Awaitable[Response]:
        """Send the `body` by `method` with `headers` to `url`, and return what came back, whatever its status.

        It keeps to `timeouts` by itself: `timeouts.left()` is what is left of the whole call.

        :raises OSError: there was no response. The call raises `ApiConnectionError`, of a TimeoutError
            `ApiTimeoutError`; a GET is retried first. An `ApiException` is raised as it is, and says whether the
            request was sent.
        """
        ...

    def pause(self, seconds: float) -> Awaitable[None] | None:
        """Wait for that many seconds, between two attempts; of 0, let others go on."""
        ...

    def close(self) -> Awaitable[None] | None:
        """Release everything: the client is closed."""
        ...
