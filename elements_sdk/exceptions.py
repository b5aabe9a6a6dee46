"""The exceptions of this SDK. Every failure of a call is an `ApiException`.

```
OpenApiException
├── ApiTypeError        (also a TypeError)       an argument of the wrong kind, or an unknown keyword
├── ApiValueError       (also a ValueError)      an argument or setting with an impossible value
├── ApiKeyError         (also a KeyError)        a name that is not there
├── ApiAttributeError   (also an AttributeError) a setting that does not exist
└── ApiException                                 a call failed
    ├── BadRequestException 400            the server does not accept what was sent; `errors` says why
    ├── UnauthorizedException 401          nobody is logged in, or the API key is not valid
    │   └── SessionExpired                 the server has ended the session inside an impersonation
    ├── ForbiddenException 403             logged in, but not allowed
    │   └── CsrfError                      the CSRF token is missing or not the session's
    ├── NotFoundException 404              not there, or not yours to see
    ├── ConflictException 409              somebody else was faster
    ├── UnprocessableEntityException 422   understood, but not possible
    ├── TooManyRequestsException 429       slow down; `retry_after` says for how many seconds
    ├── ServiceException 5xx               the server failed
    ├── RedirectError 3xx                  the server points elsewhere; `host` needs correcting
    ├── LoginFailed                        the response to a login has no user; `login_reason` says why
    ├── ApiConnectionError                 no complete response came
    │   ├── ApiTimeoutError                the server took too long
    │   │   └── DeadlineExceeded           the call as a whole took too long; `phase` says where it stood
    │   ├── ProxyError                     the proxy refused or failed
    │   └── TlsError                       no trusted connection could be made
    ├── ResponseFormatError                the response is not what was promised
    │   ├── IncompleteBody                 the response broke off
    │   └── ResponseTooLarge               the response has more bytes than `max_response_bytes`
    └── PagingError                        paging through a long list broke off; `resume_offset` says where

InsecureTransportWarning  (a UserWarning)        calls go over plain http to another machine
```
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from elements_sdk._utils.dates import seconds_to_wait
from elements_sdk._utils.text import one_line

__all__ = [
    "ApiAttributeError",
    "ApiConnectionError",
    "ApiException",
    "ApiKeyError",
    "ApiTimeoutError",
    "ApiTypeError",
    "ApiValueError",
    "BadRequestException",
    "ConflictException",
    "CsrfError",
    "DeadlineExceeded",
    "ForbiddenException",
    "IncompleteBody",
    "InsecureTransportWarning",
    "LoginFailed",
    "NotFoundException",
    "OpenApiException",
    "PagingError",
    "ProxyError",
    "RedirectError",
    "ResponseFormatError",
    "ResponseTooLarge",
    "ServiceException",
    "SessionExpired",
    "TlsError",
    "TooManyRequestsException",
    "UnauthorizedException",
    "UnprocessableEntityException",
    "exception_for_status",
    "render_path",
]

RequestSent = Literal["no", "maybe", "yes"]

_OF_NO_FIELD = ("", "non_field_errors")  # names of Django REST Framework for what concerns no field
_LONGEST_LINE = 500  # characters of what a server says, which may be of any length
_LONGEST_MESSAGE = 600  # with the call, and what to do


class OpenApiException(Exception):
    """The base of every exception of this SDK."""


class _Misuse(OpenApiException):
    """A mistake in the calling program, found before anything was sent."""

    def __init__(self, msg: str, path_to_item: Sequence[str | int] | None = None) -> None:
        """
        :param msg: what is wrong and how to correct it.
        :param path_to_item: keys and indices that lead to the value in question.
        """
        self.path_to_item = path_to_item
        super().__init__(f"{msg} at {render_path(path_to_item)}" if path_to_item else msg)


class ApiTypeError(_Misuse, TypeError):
    """An argument of the wrong kind, or a keyword that does not exist."""

    def __init__(
        self,
        msg: str,
        path_to_item: Sequence[str | int] | None = None,
        valid_classes: tuple[type, ...] | None = None,
        key_type: bool | None = None,
    ) -> None:
        """
        :param valid_classes: what would have been accepted.
        :param key_type: whether the mistake is in a key rather than in a value.
        """
        self.valid_classes = valid_classes
        self.key_type = key_type
        super().__init__(msg, path_to_item)


class ApiValueError(_Misuse, ValueError):
    """An argument or a setting with an impossible value."""


class ApiKeyError(_Misuse, KeyError):
    """A name that is not there."""

    __str__ = Exception.__str__  # KeyError would show the message in quotes


class ApiAttributeError(_Misuse, AttributeError):
    """A setting that does not exist."""


class ApiException(OpenApiException):
    """A call failed. `str()` is one line for people; the attributes are for programs.

    :ivar status: the HTTP status, 0 if no response came.
    :ivar reason: the HTTP phrase, or the cause in words.
    :ivar body: the response's body as text, its first 64 KiB; `None` if there was none. Here and in all that follows,
        what the request sent as a secret is masked.
    :ivar headers: the response's headers, cookies masked; `None` if no response came.
    :ivar detail: the server's own sentence, or those of `errors` in one (`email: Enter a valid email address.`);
        `None` if it gave none.
    :ivar errors: field path -> sentences, as the server gave them (`{"email": ["..."]}`), 200 at most.
    :ivar method: HTTP method of the request.
    :ivar path: path of the request, without query.
    :ivar attempts: how often the request was sent, or was tried to be.
    :ivar request_sent: whether the server may have acted on it: "no", "maybe" or "yes".
    :ivar hint: what to do about it, where the message does not say so already; `None` elsewhere.
    """

    hint: str | None = None

    def __init__(
        self,
        status: int | None = None,
        reason: str | None = None,
        http_resp: Any = None,
        *,
        body: str | None = None,
        headers: Mapping[str, str] | None = None,
        detail: str | None = None,
        errors: dict[str, list[str]] | None = None,
        method: str | None = None,
        path: str | None = None,
        attempts: int = 1,
        request_sent: RequestSent = "yes",
    ) -> None:
        """`http_resp` is anything with `status`, `reason`, `data` and `getheaders()`, as 3.3 programs pass it."""
        if http_resp is not None:
            status, reason = http_resp.status, http_resp.reason
            body, headers = http_resp.data, http_resp.getheaders()
        super().__init__(status, reason)
        self.status = status
        self.reason = reason
        self.body = body
        self.headers = headers
        self.errors = errors if errors is not None else {}
        self.detail = detail or _in_one_sentence(self.errors) or None
        self.method = method
        self.path = path
        self.attempts = attempts
        self.request_sent: RequestSent = request_sent

    def __str__(self) -> str:
        text = f"{self.status} {self.reason}" if self.status else str(self.reason or "the call failed")
        fields, detail = _in_one_sentence(self.errors), self.detail or ""
        explanation = detail if fields in detail else f"{detail}; {fields}".removeprefix("; ")
        if explanation:
            text += f": {explanation}"
        call = f" ({self.method} {one_line(self.path or '')[:90]})" if self.method else ""
        rest = f"{call}; {self.hint}" if self.hint else call
        text, most = one_line(text[: 10 * _LONGEST_LINE]), min(_LONGEST_LINE, _LONGEST_MESSAGE - len(f"...{rest}"))
        return f"{text if len(text) <= most else f'{text[:most]}...'}{rest}"

    def __reduce__(self) -> tuple[Any, ...]:
        # Body and headers of a response may hold secrets; they stay behind when an exception travels.
        state = {**self.__dict__, "body": None, "headers": None}
        return type(self), (self.status, self.reason), state


class BadRequestException(ApiException):
    """400: the server does not accept what was sent; `errors` says why, field by field."""

    hint = "correct what was sent: as it is, it will be refused again"


class UnauthorizedException(ApiException):
    """401: nobody is logged in, or the API key is not valid."""

    hint = "log in, or renew the API key"


class SessionExpired(UnauthorizedException):
    """The session that an impersonation belonged to has ended. The call was not made in anybody else's name."""

    hint = "leave the impersonate block and begin again"


class ForbiddenException(ApiException):
    """403: logged in, but not allowed."""

    hint = "ask an administrator for the permission, or act as another user"


class CsrfError(ForbiddenException):
    """403: the CSRF token is missing, or not the session's."""

    hint = "log in again, on the client that makes the call"


class NotFoundException(ApiException):
    """404: not there, or not yours to see."""

    hint = "check the id, and whether the caller may see it"


class ConflictException(ApiException):
    """409: the thing has changed meanwhile."""

    hint = "read it again, then decide"


class UnprocessableEntityException(ApiException):
    """422: understood, but not possible."""

    hint = "correct what was sent: as it is, it will be refused again"


class _Throttled(ApiException):
    """A response that may say how long to wait."""

    def __init__(self, *args: Any, **details: Any) -> None:
        super().__init__(*args, **details)
        self.retry_after = seconds_to_wait(self.headers or {})


class TooManyRequestsException(_Throttled):
    """429: the server wants to be asked less often.

    :ivar retry_after: seconds to wait, as the server asks; `None` if it does not.
    """

    hint = "wait before the next call"


class ServiceException(_Throttled):
    """5xx: the server failed.

    :ivar retry_after: seconds to wait, as a server that is overloaded asks; `None` if it does not.
    """

    hint = "try again later; the server's log says why"


class RedirectError(ApiException):
    """3xx: the server points elsewhere, and the call does not follow; the message says how to correct `host`."""


class LoginFailed(_Throttled):
    """The response to a login is JSON without a user, whatever its status.

    :ivar login_reason: the server's word for why: `"otp_required"`, say; `None` if it gave none.
    :ivar retry_after: seconds to wait before the next attempt, where the server wants that.
    """

    hint = "check username and password"
    login_reason: str | None = None


class ApiConnectionError(ApiException):
    """No complete response came; `request_sent` says whether the server may have acted.

    :ivar is_final: whether trying again cannot help: a certificate that is not trusted, a wrong password for the proxy.
    """

    is_final: bool = False


class ApiTimeoutError(ApiConnectionError):
    """The server took longer than the timeout."""


class DeadlineExceeded(ApiTimeoutError):
    """The call as a whole, waits and retries included, took longer than its limit.

    :ivar phase: what it was doing: waiting for a free connection, connecting, sending the request, waiting for the
        answer, or reading the answer.
    """

    phase: str = ""


class ProxyError(ApiConnectionError):
    """The proxy could not be reached, refused, or got no response; `status` is its own, if it gave one."""


class TlsError(ApiConnectionError):
    """No trusted connection could be made."""


class ResponseFormatError(ApiException):
    """A response came, but it is not what was promised (a web page instead of JSON, say)."""

    hint: str | None = "does something else answer there? check Configuration.host"


class IncompleteBody(ResponseFormatError):
    """The response broke off before its end."""

    hint = "read it again: what it was to change may be changed"


class ResponseTooLarge(ResponseFormatError):
    """The response has more bytes than `Configuration.max_response_bytes`; the rest was not read."""

    hint = None


class PagingError(ApiException):
    """Paging through a long list broke off. It tells what the failed call's own exception tells.

    :ivar cause: that exception.
    :ivar resume_offset: the `offset` with which a new iteration goes on from there.
    """

    cause: ApiException | None = None
    resume_offset: int = 0

    def __str__(self) -> str:
        return f"{super().__str__()}; the list goes on at offset {self.resume_offset}"


class InsecureTransportWarning(UserWarning):
    """Credentials go over plain http to another machine."""


_BY_STATUS: dict[int, type[ApiException]] = {
    400: BadRequestException,
    401: UnauthorizedException,
    403: ForbiddenException,
    404: NotFoundException,
    409: ConflictException,
    422: UnprocessableEntityException,
    429: TooManyRequestsException,
}


def exception_for_status(status: int) -> type[ApiException]:
    """Return the class of exception that stands for an HTTP status outside 200 to 299."""
    if 300 <= status < 400:
        return RedirectError
    if 500 <= status < 600:
        return ServiceException
    return _BY_STATUS.get(status, ApiException)


def render_path(path_to_item: Sequence[str | int]) -> str:
    """Return keys and indices as they stand in Python: `['activity'][0]['date']`."""
    return "".join(f"[{step!r}]" for step in path_to_item)


def _in_one_sentence(errors: Mapping[str, Sequence[str]]) -> str:
    """Return the server's sentences, each with the field it speaks of, as far as somebody reads on."""
    text = "; ".join(
        " ".join(sentences) if field in _OF_NO_FIELD else f"{field}: {' '.join(sentences)}"
        for field, sentences in errors.items()
    )
    return text if len(text) <= _LONGEST_LINE else text[:_LONGEST_LINE] + "..."
