"""The exceptions of calls that failed: they tell of the request and of the response, and of no secret."""

from __future__ import annotations

from typing import TypeVar

from elements_sdk._http.body import BodyError, Damaged, Malformed, TooLarge, UnknownCoding
from elements_sdk._http.budgets import ERROR_TEXT
from elements_sdk._http.echoes import Echoes
from elements_sdk._http.messages import Request, Response
from elements_sdk._http.redirects import reason_of_stop
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._serialization.error_bodies import error_sentences
from elements_sdk._utils.dates import seconds_ahead
from elements_sdk._utils.redaction import excerpt, shown_headers
from elements_sdk.exceptions import (
    ApiException,
    BadRequestException,
    CsrfError,
    DeadlineExceeded,
    ForbiddenException,
    IncompleteBody,
    LoginFailed,
    NotFoundException,
    RedirectError,
    RequestSent,
    ResponseFormatError,
    ResponseTooLarge,
    ServiceException,
    TooManyRequestsException,
    exception_for_status,
)

_NOTHING = ("", "{}", "[]", "null")
_OTHER_STATUS = "check what was sent, and whether Configuration.host is the server that has this call"
_PERHAPS_DONE = "look whether it was done before you try again; the server's log says why it failed"
_OF_API = (BadRequestException, ForbiddenException, NotFoundException)  # whose hints suppose that it has answered
_OF_ONE_TIME_CODES = ("otp", "one-time")
_LOGIN_HINTS = {
    **dict.fromkeys(_OF_ONE_TIME_CODES, "give the code that the account's device shows now as otp"),
    "change": "give a new_password",
    "disabled": "ask an administrator to enable the account",
}
_CLOCKS_MAY_DIFFER = 30.0  # seconds for which one code is valid

E = TypeVar("E", bound=ApiException)


def status_error(request: Request, response: Response, is_login: bool = False) -> ApiException:
    """Make the exception that stands for a response with an error status."""
    kind: type[ApiException] = exception_for_status(response.status)
    if kind is RedirectError:
        return make_exception(kind, request, response, reason=reason_of_stop(request, response))
    detail, errors = explanation_of(request, response)
    # Else something between here and the server may have answered, or cut the body.
    is_json = response.data[:ERROR_TEXT].lstrip()[:1] in (b"{", b"[", b'"')
    if response.status == 403 and "CSRF" in f"{detail} {errors}":
        kind = CsrfError
    elif is_login and ("reason" in errors or (response.status < 500 and is_json)):
        return login_error(request, response, detail, errors)
    failed = make_exception(kind, request, response, reason=response.reason, detail=detail, errors=errors)
    is_page = "html" in response.headers.get("Content-Type", "") and kind in _OF_API
    failed.hint = _OTHER_STATUS if is_page else failed.hint or _OTHER_STATUS
    if kind is ServiceException and request.method != "GET" and not is_login:
        failed.hint = _PERHAPS_DONE
    return failed


def explanation_of(request: Request, response: Response) -> tuple[str | None, dict[str, list[str]]]:
    """Return what a response says for itself: a sentence, or sentences by field path, or else how its text begins."""
    detail, errors = error_sentences(response.data, Echoes(request))
    if detail is None and not errors:
        begins = excerpt(decode_text(request, response))
        detail = None if begins in _NOTHING else begins
    return detail, errors


def login_error(request: Request, response: Response, detail: str | None, errors: dict[str, list[str]]) -> LoginFailed:
    """Make the exception of a login whose response has no user."""
    reasons = errors.pop("reason", [])
    if any(word in f"{reasons} {detail}".lower() for word in _OF_ONE_TIME_CODES):
        detail = "; ".join(filter(None, [(detail or "").rstrip("."), _clock_problem(response)]))
    reason = "Login failed" if response.status < 300 else response.reason
    failed = make_exception(LoginFailed, request, response, reason=reason, detail=detail, errors=errors)
    words = f"{reasons} {failed.detail}".lower()
    if response.status == 429:
        failed.hint = TooManyRequestsException.hint
    else:
        failed.hint = next((hint for word, hint in _LOGIN_HINTS.items() if word in words), failed.hint)
    if reasons:
        failed.login_reason = Echoes(request).mask(reasons[0], ERROR_TEXT)
    return failed


def make_exception(
    kind: type[E],
    request: Request,
    response: Response | None,
    *,
    reason: str,
    detail: str | None = None,
    errors: dict[str, list[str]] | None = None,
    request_sent: RequestSent = "yes",
) -> E:
    """Make an exception that tells of a request and, where one came, of its response.

    A server may echo what it was sent; what of that is secret is masked in every sentence.
    """
    echoes = Echoes(request)

    def mask(text: str | bytes) -> str:
        return echoes.mask(text, ERROR_TEXT).encode("utf-8", "replace").decode()  # without lone surrogates

    return kind(
        status=response.status if response else 0,
        reason=mask(reason),
        body=mask(response.data) if response else None,
        headers=shown_headers(response.headers, mask) if response else None,
        detail=None if detail is None else mask(detail),
        errors={mask(field): [mask(sentence) for sentence in sentences] for field, sentences in (errors or {}).items()},
        method=request.method,
        path=request.shown_path,
        attempts=request.attempts,
        request_sent=request_sent,
    )


_OF_BODIES: dict[type[BodyError], type[ApiException]] = {
    TooLarge: ResponseTooLarge,
    Damaged: IncompleteBody,
    UnknownCoding: ResponseFormatError,
    Malformed: ResponseFormatError,
}


def body_error(request: Request, response: Response, error: BodyError) -> Response | ApiException:
    """Make the exception for a body that could not be read; return the response where its status says more."""
    if not 200 <= response.status < 300:
        return response
    return make_exception(_OF_BODIES.get(type(error), ApiException), request, response, reason=str(error))


def _clock_problem(response: Response) -> str | None:
    """Return by how much the two clocks differ, if a one-time code of this machine cannot be valid on the server."""
    ahead = seconds_ahead(response.headers)
    if ahead is None or abs(ahead) <= _CLOCKS_MAY_DIFFER:
        return None
    direction = "ahead of" if ahead > 0 else "behind"
    return f"the server's clock is {abs(ahead):.0f} s {direction} this machine's, and one-time codes go by the clock"


def deadline_exceeded(request: Request, timeouts: Timeouts, phase: str, request_sent: RequestSent) -> DeadlineExceeded:
    """Make the exception of a call that has used up its time.

    :param phase: what the call was doing.
    """
    more = "total_timeout or _request_timeout may allow more"
    reason = f"the call took longer than its limit of {timeouts.total:g} s, {phase}; {more}"
    failed = make_exception(DeadlineExceeded, request, None, reason=reason, request_sent=request_sent)
    failed.phase = phase
    return failed


def decode_text(request: Request, response: Response) -> str:
    """Return the beginning of a body as text, whatever its bytes are; what the request sent as a secret is masked."""
    return Echoes(request).mask(response.data, ERROR_TEXT)
