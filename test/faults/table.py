"""What goes wrong on the network, and what a call makes of it: tested row by row, and shown in docs/reliability.md."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from elements_sdk import (
    ApiConnectionError,
    ApiException,
    ApiTimeoutError,
    BadRequestException,
    ConflictException,
    DeadlineExceeded,
    ForbiddenException,
    IncompleteBody,
    LoginFailed,
    NotFoundException,
    ResponseFormatError,
    ServiceException,
    TlsError,
    TooManyRequestsException,
    UnauthorizedException,
    UnprocessableEntityException,
)
from test.faults import behaviours as does
from test.faults.hostile import HOSTILE
from test.faults.rows import Fault, fails, fault, succeeds
from test.faults.server import Behaviour


def _then_well(first: Behaviour) -> Callable[[], list[Behaviour]]:
    return lambda: [first, does.answer()]


def _always(status: int, *headers: tuple[str, str]) -> Callable[[], list[Behaviour]]:
    return lambda: [does.answer(status, headers=headers)]


def _throttled(status: int, retry_after: Callable[[], str] | None) -> Callable[[], list[Behaviour]]:
    """Return a script of one refusal, then success."""

    def script() -> list[Behaviour]:
        headers = [] if retry_after is None else [("Retry-After", retry_after())]
        return [does.answers((status, b"{}"), (200, b"{}"), refusal=headers), does.answer()]

    return script


def _in(**span: float) -> Callable[[], str]:
    return lambda: format_datetime(datetime.now(UTC) + timedelta(**span), usegmt=True)


def _just(text: str) -> Callable[[], str]:
    return lambda: text


NEVER_SENT = fails(ApiConnectionError, "no", requests=0, attempts=3)
PERHAPS_SENT = fails(ApiConnectionError, "maybe")
PERHAPS_SENT_THRICE = fails(ApiConnectionError, "maybe", requests=3)
BROKEN_OFF = fails(IncompleteBody, "yes")
BROKEN_OFF_THRICE = fails(IncompleteBody, "yes", requests=3)
LATE = fails(DeadlineExceeded, "maybe")
LATE_BODY = fails(DeadlineExceeded, "yes")

CONNECTING = [
    fault("nobody listens on the port", peer="nowhere", every=NEVER_SENT),
    fault("the server's name is not known", peer="unknown", GET=NEVER_SENT, login=NEVER_SENT),
    fault(
        "the server does not accept connections (limit to connect)",
        peer="backlog",
        timeout=(0.3, 5),
        GET=fails(ApiTimeoutError, "no", 0, 3),
        login=fails(ApiTimeoutError, "no", 0, 3),
    ),
    fault(
        "the server does not accept connections (limit of the call)",
        peer="backlog",
        timeout=0.4,
        within=0.9,
        GET=fails(DeadlineExceeded, "no", 0, 1),
        login=fails(DeadlineExceeded, "no", 0, 1),
    ),
    fault(
        "the connection is closed before the request is read",
        lambda: [does.close_at_once()],
        GET=fails(ApiConnectionError, "maybe", 0, 3),
        POST=fails(ApiConnectionError, "maybe", 0, 1),
        login=fails(ApiConnectionError, "maybe", 0, 1),
        DELETE=fails(ApiConnectionError, "maybe", 0, 1),
    ),
    fault(
        "the connection is reset before the request is read",
        lambda: [does.reset_at_once()],
        GET=fails(ApiConnectionError, "maybe", 0, 3),
        login=fails(ApiConnectionError, "maybe", 0, 1),
    ),
]

SLOW = [
    fault("the server never answers (limit of the call)", lambda: [does.silence()], timeout=0.5, within=1, every=LATE),
    fault(
        "the server never answers (limit for a chunk)",
        lambda: [does.silence()],
        timeout=(1, 0.3),
        GET=fails(ApiTimeoutError, "maybe", requests=3),
        POST=fails(ApiTimeoutError, "maybe"),
        login=fails(ApiTimeoutError, "maybe"),
        DELETE=fails(ApiTimeoutError, "maybe"),
    ),
    fault(
        "the server does not even read",
        lambda: [does.deaf()],
        timeout=0.5,
        within=1,
        every=fails(DeadlineExceeded, "maybe", requests=0, attempts=1),
    ),
    fault("the status line drips", lambda: [does.slow_status_line(0.1)], timeout=0.5, within=1, every=LATE),
    fault("the headers drip", lambda: [does.slow_headers(0.1)], timeout=0.5, within=1, every=LATE),
    fault("the body drips", lambda: [does.dripping_body(0.1)], timeout=0.5, within=1, every=LATE_BODY),
    fault("the answer comes late, but in time", lambda: [does.late_answer(0.3)], timeout=2, every=succeeds()),
]

BREAKING = [
    fault(
        "the connection is closed after the request",
        lambda: [does.close_after_request()],
        every=PERHAPS_SENT,
        GET=PERHAPS_SENT_THRICE,
    ),
    fault(
        "the connection is reset after the request",
        lambda: [does.reset_after_request()],
        every=PERHAPS_SENT,
        GET=PERHAPS_SENT_THRICE,
    ),
    fault(
        "the connection is closed after the request, once",
        _then_well(does.close_after_request()),
        every=PERHAPS_SENT,
        GET=succeeds(requests=2),
    ),
    fault(
        "the headers break off",
        lambda: [does.close_within_headers()],
        every=PERHAPS_SENT,
        GET=PERHAPS_SENT_THRICE,
    ),
    fault("the body breaks off", lambda: [does.close_within_body()], every=BROKEN_OFF, GET=BROKEN_OFF_THRICE),
    fault(
        "the connection is reset within the body",
        lambda: [does.reset_within_body()],
        every=fails(ApiConnectionError, "yes"),
        GET=fails(ApiConnectionError, "yes", requests=3),
    ),
    fault("a chunk of the body breaks off", lambda: [does.truncated_chunks()], every=BROKEN_OFF, GET=BROKEN_OFF_THRICE),
    fault(
        "a chunk has no valid size",
        lambda: [does.bad_chunk_size()],
        POST=fails(ResponseFormatError, "yes"),
        GET=fails(ResponseFormatError, "yes"),
    ),
    fault(
        "what answers is not HTTP",
        lambda: [does.nonsense()],
        POST=fails(ResponseFormatError, "yes"),
        GET=fails(ResponseFormatError, "yes"),
    ),
    fault(
        "a TLS record is damaged",
        lambda: [does.corrupt_record()],
        peer="tls",
        every=fails(TlsError, "maybe"),
        GET=fails(TlsError, "maybe", requests=3),
    ),
    fault(
        "a TLS record is damaged, once",
        _then_well(does.corrupt_record()),
        peer="tls",
        every=fails(TlsError, "maybe"),
        GET=succeeds(requests=2),
    ),
]

KEPT = [
    fault(
        "a kept connection was closed by the server",
        _then_well(does.answer_then_close()),
        is_warm=True,
        every=succeeds(requests=2, attempts=1),
    ),
    fault(
        "a kept connection was reset by the server",
        _then_well(does.answer_then_reset()),
        is_warm=True,
        every=succeeds(requests=2, attempts=1),
    ),
    fault(
        "a kept connection was closed by the server for one direction",
        _then_well(does.half_closed()),
        is_warm=True,
        every=succeeds(requests=2, attempts=1),
    ),
    fault(
        "a kept connection is closed as the next request comes",
        _then_well(does.stale()),
        is_warm=True,
        every=fails(ApiConnectionError, "maybe", requests=2, attempts=1),
        GET=succeeds(requests=3, attempts=2),
    ),
    fault(
        "a kept connection is reset as the next request comes",
        _then_well(does.stale_reset()),
        is_warm=True,
        every=fails(ApiConnectionError, "maybe", requests=2, attempts=1),
        GET=succeeds(requests=3, attempts=2),
    ),
    fault(
        "the same, after it was idle for longer than `keepalive_idle`",
        _then_well(does.stale()),
        is_warm=True,
        idle=0.4,
        settings={"keepalive_idle": 0.2},
        every=succeeds(requests=2, attempts=1),
        GET=succeeds(requests=3, attempts=2),
        asyncio={"GET": succeeds(requests=2, attempts=1)},  # aiohttp has one idle time for all methods
    ),
]

TRANSIENT: dict[int, type[ApiException]] = {
    408: ApiException,
    429: TooManyRequestsException,
    502: ServiceException,
    503: ServiceException,
    504: ServiceException,
}
FINAL: dict[int, type[ApiException]] = {
    400: BadRequestException,
    401: UnauthorizedException,
    403: ForbiddenException,
    404: NotFoundException,
    409: ConflictException,
    422: UnprocessableEntityException,
    500: ServiceException,
    501: ServiceException,
    505: ServiceException,
}


def _login_class(status: int, kind: type[ApiException]) -> type[ApiException]:
    return LoginFailed if status < 500 else kind


STATUSES = [
    fault(
        f"{status} without `Retry-After`",
        _always(status),
        GET=fails(kind, "yes", requests=3),
        POST=fails(kind, "yes"),
        login=fails(_login_class(status, kind), "yes"),
        DELETE=fails(kind, "yes"),
    )
    for status, kind in TRANSIENT.items()
] + [
    fault(
        f"{status}",
        _always(status, ("Retry-After", "0")),
        GET=fails(kind, "yes"),
        POST=fails(kind, "yes"),
        login=fails(_login_class(status, kind), "yes"),
        DELETE=fails(kind, "yes"),
    )
    for status, kind in FINAL.items()
]

SENSIBLE = {
    "seconds": _just("1"),
    "0": _just("0"),
    "1.5": _just("1.5"),
    "a date": _in(seconds=2),
    "a date that has passed": _in(days=-1),
    "a date of the old kind": _just("Sunday, 06-Nov-94 08:49:37 GMT"),
}
NONSENSE = {
    "soon": _just("soon"),
    "-5": _just("-5"),
    "nothing": _just(""),
    "5,000 digits": _just("9" * 5000),
    "inf": _just("inf"),
    "nan": _just("nan"),
    "a date in the year 99999": _just("Fri, 31 Dec 99999 23:59:59 GMT"),
}
TOO_LONG = {"a day": _just("86400"), "the date of tomorrow": _in(days=1)}

ASKED_TO_WAIT = [
    fault(
        f"{status} with `Retry-After: {kind}`, then success",
        _throttled(status, text),
        GET=succeeds(requests=2),
        POST=succeeds(requests=2),
        login=fails(_login_class(status, TRANSIENT[status]), "yes"),
        DELETE=fails(TRANSIENT[status], "yes"),
    )
    for status in (429, 503)
    for kind, text in SENSIBLE.items()
]
ASKED_NONSENSE = [
    fault(
        f"429 with `Retry-After: {kind}`, then success",
        _throttled(429, text),
        GET=succeeds(requests=2),
        POST=fails(TooManyRequestsException, "yes"),
    )
    for kind, text in NONSENSE.items()
]
ASKED_TOO_MUCH = [
    fault(
        f"503 with `Retry-After: {kind}`",
        _throttled(503, text),
        within=0.5,
        GET=fails(ServiceException, "yes"),
        POST=fails(ServiceException, "yes"),
    )
    for kind, text in TOO_LONG.items()
]

TABLE: dict[str, list[Fault]] = {
    "Connecting": CONNECTING,
    "Slow answers": SLOW,
    "Broken connections": BREAKING,
    "Kept connections": KEPT,
    "Statuses": STATUSES,
    "Servers that ask to wait": [*ASKED_TO_WAIT, *ASKED_NONSENSE, *ASKED_TOO_MUCH],
    **HOSTILE,
}
ROWS = [(fault, call) for faults in TABLE.values() for fault in faults for call in fault.outcomes]
