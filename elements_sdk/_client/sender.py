"""Sends requests: within their timeouts, again where that is safe, and on to redirects within their own origin."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from logging import DEBUG
from typing import Protocol

from elements_sdk._client.settings import ReadySettings
from elements_sdk._config.logging import logger, record_attempt, record_retry
from elements_sdk._http.body import Body
from elements_sdk._http.messages import Request, Response, check_headers
from elements_sdk._http.redirects import MOST_REDIRECTS, follow
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._utils.errors import without_frames
from elements_sdk._utils.redaction import MASK, MaskedDict
from elements_sdk.exceptions import ApiException, ApiValueError, OpenApiException
from elements_sdk.retry import RetryBudget, RetryState


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
    :ivar budget: of all retries.
    :ivar sendable: the last headers that have passed the check.
    """

    def __init__(self, transport: Transport) -> None:
        self.last_response: Response | None = None
        self.budget = RetryBudget()
        self._transport = transport
        self.sendable = MaskedDict()

    def __repr__(self) -> str:
        return MASK

    def problem_of(self, request: Request) -> ApiValueError | None:
        """Return the exception for headers that cannot be sent, if they cannot."""
        try:
            check_headers(request.headers)
        except ApiValueError as error:
            return without_frames(error)
        self.sendable = MaskedDict(request.headers)
        return None

    async def send(
        self,
        request: Request,
        settings: ReadySettings,
        timeouts: Timeouts,
        retries: RetryState,
        *,
        body: Body = "read",
        received: Callable[[Request, Response], None] | None = None,
    ) -> Response:
        """Send a request, whose headers have been checked, to its `url`.

        :param body: what becomes of the body of a success.
        :param received: called with each response, redirects included.
        :raises ApiConnectionError: no complete response came.
        """
        followed, context = 0, sys.exception()
        outcome: Response | BaseException
        while True:
            request.attempts += 1
            started = time.monotonic()
            try:
                outcome = await self._transport.send(request, timeouts, body=body, longest_idle=settings.keepalive_idle)
            except BaseException as error:  # Ctrl-C, say: the frames of the library hold headers and body
                outcome = without_frames(error)
                break
            if logger.isEnabledFor(DEBUG):
                record_attempt(request, outcome, time.monotonic() - started)
            if isinstance(outcome, Response):
                self.last_response, request.sent = outcome, "yes"
            elif isinstance(outcome, ApiException) and request.sent != "yes" and outcome.request_sent != "no":
                request.sent = outcome.request_sent
            seconds = retries.wait(request, outcome, timeouts)
            if seconds is not None:
                record_retry(request, seconds)
                await self._transport.pause(seconds)
                continue
            if isinstance(outcome, OpenApiException):
                if isinstance(outcome, ApiException):
                    outcome.request_sent = request.sent
                break
            if received is not None:
                received(request, outcome)
            if not 300 <= outcome.status < 400 or followed == MOST_REDIRECTS or not follow(request, outcome):
                return outcome
            followed += 1
        try:
            raise outcome
        finally:
            outcome.__context__ = context  # what the caller is handling, as in `Translated`
            del outcome  # an exception whose frames hold itself would outlive its call
