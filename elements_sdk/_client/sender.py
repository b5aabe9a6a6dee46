"""Sends requests: within their timeouts, again where that is safe, and on to redirects within their own origin."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from elements_sdk._config.logging import record_attempt, record_retry
from elements_sdk._config.validators import checked_timeout
from elements_sdk._http.body import Body
from elements_sdk._http.messages import Request, Response, check_headers
from elements_sdk._http.redirects import MOST_REDIRECTS, target_to_follow
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._utils.redaction import MaskedDict
from elements_sdk.configuration import Configuration
from elements_sdk.exceptions import ApiException, OpenApiException
from elements_sdk.retry import RetryBudget, RetryPolicy, RetryState


class Transport(Protocol):
    """A transport: sends one request once, and waits between attempts."""

    async def send(
        self, request: Request, timeouts: Timeouts, *, body: Body, longest_idle: float | None
    ) -> Response | OpenApiException:
        """Send a request to its `url`, once; return the response, or why there is none."""
        ...

    async def pause(self, seconds: float) -> None:
        """Wait for that many seconds."""
        ...

    def is_cleartext(self, origin: str) -> bool:
        """Return whether others can read what goes to this origin."""
        ...


class Sender:
    """The sender of the requests of one client.

    :ivar last_response: the last response.
    """

    def __init__(self, configuration: Configuration, transport: Transport) -> None:
        self.last_response: Response | None = None
        self._configuration, self._transport = configuration, transport
        self._budget = RetryBudget()
        self._sendable = MaskedDict()  # headers that have passed the check

    def timeouts(self, own: Any = None) -> Timeouts:
        """Return the timeouts of a call that begins now.

        :param own: its `_request_timeout`.
        :raises ApiValueError: `own` is neither a number of seconds nor a pair of them.
        """
        settings = self._configuration
        checked = None if own is None else checked_timeout("_request_timeout", own)
        return Timeouts.of_call(settings.timeout, settings.total_timeout, checked)  # type: ignore[arg-type]

    def retry_state(self, retryable: bool = False) -> RetryState:
        """Return the state of the retries of a call that begins now."""
        return RetryState(RetryPolicy.of(self._configuration.retries), self._budget, retryable)

    async def send(
        self,
        request: Request,
        timeouts: Timeouts,
        retries: RetryState,
        *,
        body: Body = "read",
        received: Callable[[Request, Response], None] | None = None,
    ) -> Response:
        """Send a request to its `url`.

        :param body: what becomes of the body of a success.
        :param received: called with each response, redirects included.
        :raises ApiValueError: a header is not one line of text.
        :raises ApiConnectionError: no complete response came.
        """
        if request.headers != self._sendable:
            check_headers(request.headers)
            self._sendable = MaskedDict(request.headers)
        followed = 0
        while True:
            outcome = await self._attempt(request, timeouts, body)
            seconds = retries.wait(request, outcome, timeouts)
            if seconds is not None:
                record_retry(request, seconds)
                await self._transport.pause(seconds)
                continue
            if isinstance(outcome, OpenApiException):
                break
            if received is not None:
                received(request, outcome)
            target = target_to_follow(request, outcome)
            if target is None or followed == MOST_REDIRECTS:
                return outcome
            request.url = target
            followed += 1
        if isinstance(outcome, ApiException):
            outcome.request_sent = request.sent
        try:
            raise outcome
        finally:
            del outcome  # an exception whose frames hold itself would outlive its call

    async def _attempt(self, request: Request, timeouts: Timeouts, body: Body) -> Response | OpenApiException:
        request.attempts += 1
        started = time.monotonic()
        longest_idle = self._configuration.keepalive_idle
        outcome = await self._transport.send(request, timeouts, body=body, longest_idle=longest_idle)
        record_attempt(request, outcome, time.monotonic() - started)
        if isinstance(outcome, Response):
            self.last_response, request.sent = outcome, "yes"
        elif isinstance(outcome, ApiException) and request.sent != "yes" and outcome.request_sent != "no":
            request.sent = outcome.request_sent
        return outcome
