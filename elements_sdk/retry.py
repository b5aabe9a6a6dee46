"""RetryPolicy: whether a call is tried again after what happened to it, and how long to wait. There is no I/O in it."""

from __future__ import annotations

import random
import threading
from functools import cache
from typing import Any

from elements_sdk._http.messages import Request, Response
from elements_sdk._utils.dates import seconds_to_wait
from elements_sdk._utils.fork import register_after_fork
from elements_sdk.exceptions import ApiConnectionError, ApiException, ApiValueError, IncompleteBody

DEFAULT_RETRIES = 2
READING_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FULL_BUDGET = 500  # tokens of the bucket
TRANSIENT_STATUSES = frozenset({408, 429, 502, 503, 504})
_THROTTLED_STATUSES = frozenset({429, 503})

_LONGEST_BACKOFF = 8.0  # seconds
_FIRST_BACKOFF = 0.5  # seconds
_LONGEST_WAIT = 3600.0  # seconds; a caller who is asked to wait for longer gets the error instead
_PRICE_OF_A_RETRY = 5  # tokens
_MOST_RETRIES = 1000


class RetryPolicy:
    """How often a call that failed is retried, where a retry cannot do anything twice.

    :ivar total: most retries of one call.
    :ivar connect: most of them after a failure to connect; `None`: as many as `total`.
    :ivar read: most of them after a response that did not come, or not whole, or said "later"; `None`: as `total`.
    """

    __slots__ = ("connect", "read", "total")
    total: int
    connect: int | None
    read: int | None

    def __init__(self, total: int = DEFAULT_RETRIES, connect: int | None = None, read: int | None = None) -> None:
        """
        :raises ApiValueError: a value is not a whole number, or out of range.
        """
        for name, value in (("total", total), ("connect", connect), ("read", read)):
            is_number = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= _MOST_RETRIES
            if not is_number and (value is not None or name == "total"):
                raise ApiValueError(f"{name} must be a whole number of retries from 0 to {_MOST_RETRIES}")
            object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"a RetryPolicy does not change: make another one with this {name}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RetryPolicy) and self._numbers() == other._numbers()

    def __hash__(self) -> int:
        return hash(self._numbers())

    def __repr__(self) -> str:
        return "RetryPolicy(total={}, connect={}, read={})".format(*self._numbers())

    def __reduce__(self) -> tuple[Any, ...]:
        return RetryPolicy, self._numbers()

    def _numbers(self) -> tuple[int, int | None, int | None]:
        return self.total, self.connect, self.read

    @classmethod
    def of(cls, value: Any) -> RetryPolicy:
        """Read what `Configuration.retries` takes: a number of retries, `False`, a policy, or urllib3's `Retry`.

        :raises ApiValueError: the value is none of these, or a `Retry` that asks for what is not safe.
        """
        if isinstance(value, RetryPolicy):
            return value
        if value is None:
            return _of_number(DEFAULT_RETRIES)
        if value is False:
            return cls(0)
        if isinstance(value, int) and value is not True and 0 <= value <= _MOST_RETRIES:
            return _of_number(value)
        if hasattr(value, "status_forcelist"):
            return _of_urllib3(value)
        raise ApiValueError(
            f"retries must be a number from 0 to {_MOST_RETRIES}, False, a RetryPolicy or a urllib3 Retry"
        )

    def wait(
        self,
        request: Request,
        outcome: Response | ApiException,
        *,
        retries: int,
        retryable: bool = False,
        left: float | None = None,
    ) -> float | None:
        """Return the seconds to wait before the call is tried again; `None`: it is not.

        :param outcome: the response, or why there is none.
        :param retries: how often it has been retried already.
        :param retryable: whether the operation may be done twice where the server says that it was not done.
        :param left: seconds left of the whole call; `None` without such a limit.
        """
        if retries >= self._most_after(outcome) or not _may_be_retried(request.method, outcome, retryable):
            return None
        backoff = random.uniform(0, min(_LONGEST_BACKOFF, _FIRST_BACKOFF * 2.0**retries))
        asked = seconds_to_wait(outcome.headers) if isinstance(outcome, Response) else None
        seconds = max(backoff, asked or 0.0)
        return None if seconds >= (_LONGEST_WAIT if left is None else min(left, _LONGEST_WAIT)) else seconds

    def _most_after(self, outcome: Response | ApiException) -> int:
        is_unsent = isinstance(outcome, ApiException) and outcome.request_sent == "no"
        own = self.connect if is_unsent else self.read
        return self.total if own is None else min(self.total, own)


@cache
def _of_number(retries: int) -> RetryPolicy:
    return RetryPolicy(retries)


def _may_be_retried(method: str, outcome: Response | ApiException, retryable: bool) -> bool:
    if isinstance(outcome, Response):
        if method in READING_METHODS:
            return outcome.status in TRANSIENT_STATUSES
        is_refusal = outcome.status in _THROTTLED_STATUSES and seconds_to_wait(outcome.headers) is not None
        return retryable and is_refusal and method == "POST"
    if not isinstance(outcome, ApiConnectionError | IncompleteBody):
        return False
    is_final = isinstance(outcome, ApiConnectionError) and outcome.is_final
    return not is_final and (outcome.request_sent == "no" or method in READING_METHODS)


def _of_urllib3(retry: Any) -> RetryPolicy:
    """Read `total`, `connect` and `read` of a urllib3 `Retry`; its pauses and its other limits are not read."""
    methods = {str(method).upper() for method in retry.allowed_methods or ()}
    if not methods or methods - {*READING_METHODS, "PUT", "DELETE", "TRACE"}:
        raise ApiValueError("retries: a Retry that retries POST is not safe, so leave its allowed_methods as they are")
    if set(retry.status_forcelist) - TRANSIENT_STATUSES:
        allowed = ", ".join(str(status) for status in sorted(TRANSIENT_STATUSES))
        raise ApiValueError(f"retries: status_forcelist may hold {allowed} only; after others a call is not retried")
    connect, read = _number(retry.connect), _number(retry.read)
    named = [limit for limit in (connect, read) if limit is not None]
    total = max(named, default=DEFAULT_RETRIES) if retry.total is None else int(retry.total)
    return RetryPolicy(min(total, _MOST_RETRIES), connect, read)


def _number(limit: int | None) -> int | None:
    return None if limit is None else min(int(limit), _MOST_RETRIES)


class RetryBudget:
    """The token bucket of all retries of one client: it keeps an outage from being met with a multiple of the load.

    :ivar left: tokens that are left.
    """

    def __init__(self) -> None:
        self.left = FULL_BUDGET
        self._lock = threading.Lock()
        register_after_fork(self)

    def renew_after_fork(self) -> None:
        """Make a new lock for this process."""
        self._lock = threading.Lock()

    def allows_retry(self) -> bool:
        """Take the tokens of a retry, and return whether there were enough."""
        with self._lock:
            if self.left < _PRICE_OF_A_RETRY:
                return False
            self.left -= _PRICE_OF_A_RETRY
            return True

    def credit_success(self) -> None:
        """Put a token back for a call that succeeded at once."""
        with self._lock:
            self.left = min(FULL_BUDGET, self.left + 1)
