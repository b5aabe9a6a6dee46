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
from elements_sdk._http.messages import Request, Response, problem_of_headers, put_host
from elements_sdk._http.redirects import MOST_REDIRECTS, follow
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._utils.errors import without_frames
from elements_sdk._utils.redaction import Masked, MaskedDict
from elements_sdk.exceptions import ApiException, ApiValueError, OpenApiException
from elements_sdk.retry import FULL_BUDGET, RetryBudget, RetryPolicy

Received = Callable[[Request, Response], None] | None
_WITHOUT_LENGTH = ("GET", "HEAD", "OPTIONS")  # if they have no body


class Transport(Protocol):
    """A transport: sends one request once, and waits between attempts."""

    async def send(
        self, request: Request, timeouts: Timeouts, *, body: Body, longest_idle: float | None
    ) -> Response | OpenApiException:
        """Send a request to its `url` once, without retries or redirects; return the response, or why there is none.

        :param body: what becomes of the body of a success: it is read, or left in `Response.raw` for the caller to read
            and close, or goes into a file. The body of anything else is always read.
        :param longest_idle: seconds for which a connection may have been idle to be used for a request that changes
            something.
        """
        ...

    async def pause(self, seconds: float) -> None:
        """Wait for that many seconds."""
        ...

    def is_cleartext(self, origin: str) -> bool:
        """Return whether others can read what goes to this origin: by plain http to another machine or a proxy."""
        ...


class Sender(Masked):
    """The sender of the requests of one client.

    :ivar last_response: the last response.
    :ivar budget: of all retries.
    """

    def __init__(self, transport: Transport) -> None:
        self.last_response: Response | None = None
        self.budget = RetryBudget()
        self._transport = transport
        self._sendable = MaskedDict()  # the last headers that have passed the check

    async def send(
        self, request: Request, settings: ReadySettings, timeouts: Timeouts, body: Body, received: Received = None
    ) -> Response:
        """Send a request to its `url`.

        :param body: what becomes of the body of a success.
        :param received: called with each response, redirects included.
        :raises ApiConnectionError: no complete response came.
        """
        followed, context = 0, sys.exception()
        outcome: Response | BaseException | None = self._complete(request)
        while not isinstance(outcome, BaseException):
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
            seconds, has_failed = None, not isinstance(outcome, Response) or outcome.status >= 400
            if has_failed:
                seconds = self._seconds_to_wait(request, outcome, settings.retries, timeouts)
            elif request.retries == 0 and self.budget.left < FULL_BUDGET:
                self.budget.credit_success()
            if seconds is not None:
                await self._transport.pause(seconds)
                outcome = None
            elif isinstance(outcome, Response):
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

    # Apart, as frames that raise must name no headers: reporters look up the dotted names of their source.

    def _complete(self, request: Request) -> ApiValueError | None:
        """Add the length of the body, where aiohttp puts it; return the exception for headers that cannot be sent."""
        headers = request.headers
        if headers != self._sendable:
            problem = problem_of_headers(headers)
            if problem:
                return ApiValueError(problem)
            self._sendable = MaskedDict(headers)
        if "%" in request.origin:
            put_host(request)
        if request.body is not None or request.method not in _WITHOUT_LENGTH:
            request.headers["Content-Length"] = str(len(request.body or b""))
        return None

    def _seconds_to_wait(
        self, request: Request, outcome: Response | OpenApiException, policy: RetryPolicy, timeouts: Timeouts
    ) -> float | None:
        """Return the seconds to wait before a call that failed is tried again; `None`: it is not."""
        if not isinstance(outcome, Response | ApiException):  # it cannot be sent at all
            return None
        if isinstance(outcome, ApiException) and request.sent != "yes" and outcome.request_sent != "no":
            request.sent = outcome.request_sent
        left, retryable = timeouts.left(), request.retryable
        seconds = policy.wait(request, outcome, retries=request.retries, retryable=retryable, left=left)
        if seconds is not None and self.budget.allows_retry():
            request.retries += 1
            record_retry(request, seconds)
            return seconds
        if isinstance(outcome, ApiException):
            outcome.request_sent = request.sent
        return None
