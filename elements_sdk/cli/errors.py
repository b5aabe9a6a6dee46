"""What a command prints when it has failed, and its exit code."""

from __future__ import annotations

import re
from traceback import walk_tb
from typing import NamedTuple

import click

from elements_sdk._client.hints import NOBODY, TOKEN_REFUSED
from elements_sdk.exceptions import (
    ApiConnectionError,
    ApiException,
    ApiTimeoutError,
    ApiTypeError,
    ApiValueError,
    CsrfError,
    ForbiddenException,
    LoginFailed,
    OpenApiException,
    PagingError,
    ProxyError,
    RedirectError,
    ResponseFormatError,
    UnauthorizedException,
)

REFUSED, USAGE, UNREACHABLE, NOT_AUTHENTICATED = 1, 2, 3, 4
HOW_TO_CALL = "set ELEMENTS_API_TOKEN or ELEMENTS_API_TOKEN_FILE, or say --login NAME, or: elements-sdk configure"
_NO_API = (404, 405, 501)  # statuses by which a web server answers calls that it does not know

# What the SDK calls a setting -> what it is called here.
_SETTINGS = {
    "Configuration.host": "--host",
    "Configuration.ssl_ca_cert": "--ca-file",
    "ssl_ca_cert": "--ca-file",
    "Configuration.cert_file": "--cert-file",
    "cert_file": "--cert-file",
    "key_file": "--key-file",
    "key_password": "--key-password",
    "Configuration.proxy": "--proxy",
}


class CommandFailed(click.ClickException):
    """A command cannot do what it was asked, for a reason of its own.

    :ivar hint: what to do about it.
    :ivar code: the exit code.
    """

    def __init__(self, message: str, hint: str | None = None, code: int = REFUSED) -> None:
        super().__init__(message)
        self.hint = hint
        self.code = code


class Failure(NamedTuple):
    """How a command ended: exit code, what was wrong, and what to do about it."""

    code: int
    message: str
    hint: str | None

    def text(self) -> str:
        """Return the lines for people to read."""
        return f"Error: {self.message}" + (f"\nHint: {self.hint}" if self.hint else "")


def failure_of(error: BaseException) -> Failure:
    """Return what an exception means to whoever runs the command; it shows no secret."""
    if isinstance(error, CommandFailed):
        return Failure(error.code, _with_option_names(error.message), error.hint)
    if isinstance(error, click.UsageError):
        return _usage_failure(error)
    if isinstance(error, click.ClickException):
        return Failure(error.exit_code, error.format_message(), None)
    if isinstance(error, PagingError) and error.cause is not None:
        return failure_of(error.cause)
    if isinstance(error, ApiException):
        code = _code_of(error)
        return Failure(code, _with_option_names(str(error).removesuffix(f"; {error.hint}")), _hint_for(error, code))
    if isinstance(error, ApiValueError | ApiTypeError):
        return Failure(USAGE, _with_option_names(str(error)), None)
    if isinstance(error, OpenApiException):
        return Failure(REFUSED, str(error), None)
    if isinstance(error, UnicodeEncodeError):
        hint = "export PYTHONIOENCODING=utf-8, or take --output json, which can do without these characters"
        return Failure(REFUSED, f"there are characters that the output's encoding, {error.encoding}, lacks", hint)
    if isinstance(error, OSError) and error.strerror:
        return Failure(REFUSED, f"{error.strerror}{f': {error.filename}' if error.filename else ''}", None)
    return Failure(REFUSED, f"elements-sdk has a fault: {_location_of(error)}", "please report it, with this line")


def _usage_failure(error: click.UsageError) -> Failure:
    message = error.format_message()
    if message.startswith("Got unexpected extra argument"):
        message = "There are more arguments than this command takes"  # and one may be a secret
    path = error.ctx.command_path if error.ctx else "elements-sdk"
    return Failure(USAGE, message, f"`{path} --help` shows what can be given, with an example")


def _code_of(error: ApiException) -> int:
    if isinstance(error, LoginFailed | UnauthorizedException):
        return NOT_AUTHENTICATED
    if isinstance(error, ForbiddenException) and "credentials were not provided" in (error.detail or ""):
        return NOT_AUTHENTICATED
    if isinstance(error, ApiConnectionError | ResponseFormatError | RedirectError) or _is_no_api(error):
        return UNREACHABLE
    return REFUSED


def _is_no_api(error: ApiException) -> bool:
    """Return whether the response is an HTML page of a web server that does not know the API."""
    headers = error.headers or {}
    kind = next((value for name, value in headers.items() if name.lower() == "content-type"), "")
    return error.status in _NO_API and "html" in kind


def _login_hint(error: ApiException) -> str:
    words = f"{getattr(error, 'login_reason', '')} {error.detail}".lower()
    if error.status == 429:
        return "too many failed attempts: wait before the next"
    if any(word in words for word in ("otp", "totp", "one-time")):
        return (
            "give the one-time code that the account's device shows now (--otp, or --login-otp with other commands); "
            "if it is refused, compare that device's clock with the server's: a minute's difference is too much"
        )
    if "change" in words:
        return "set a new password: elements-sdk auth login --username NAME --new-password"
    return "check name and password (ELEMENTS_USERNAME and ELEMENTS_PASSWORD, where the environment has them)"


_HINTS: dict[type[ApiException], str] = {
    CsrfError: "the server did not take the session for genuine: does a proxy remove cookies or the Referer header?",
    ProxyError: "it is named by --proxy (ELEMENTS_PROXY), or else by HTTPS_PROXY and HTTP_PROXY",
    ApiTimeoutError: "is the server busy or far away? --timeout and --total-timeout give it longer",
}


def _hint_for(error: ApiException, code: int) -> str | None:
    if (error.hint or "").startswith("Configuration.host ends"):
        return _with_option_names(f"{error.hint}")
    if _is_no_api(error) or error.hint == ResponseFormatError.hint:
        return (
            "the server at --host (ELEMENTS_HOST) seems not to be an ELEMENTS server; check its name, port and path, "
            "and with `api` the path that you gave"
        )
    if isinstance(error, ResponseFormatError):
        return error.hint
    if isinstance(error, LoginFailed):
        return _login_hint(error)
    if code == NOT_AUTHENTICATED and (error.hint or "").startswith(NOBODY):
        return f"{NOBODY}: {HOW_TO_CALL}"
    if code == NOT_AUTHENTICATED:
        return (
            f"{TOKEN_REFUSED}. It comes from --api-token, ELEMENTS_API_TOKEN, "
            "ELEMENTS_API_TOKEN_FILE or a profile; with --login NAME a password is used instead"
        )
    for kind, hint in _HINTS.items():
        if isinstance(error, kind):
            return hint
    if code == UNREACHABLE:
        return (
            "check --host (ELEMENTS_HOST): name, port, and http:// or https://; "
            "the certificate of a private certificate authority goes into --ca-file (ELEMENTS_CA_FILE)"
        )
    return _with_option_names(error.hint) if error.hint else None


def _with_option_names(text: str) -> str:
    """Return a message with options in place of settings; keys of a profile, which have the same names, stay."""
    if text.startswith("the profile "):
        return text
    pattern = "|".join(rf"\b{re.escape(name)}\b(?! of the profile)" for name in _SETTINGS)
    return re.sub(pattern, lambda found: _SETTINGS[found[0]], text)


def _location_of(error: BaseException) -> str:
    """Return class and location of an exception without its message, which may hold a secret."""
    frames = [f"{frame.f_globals.get('__name__', '?')}:{line}" for frame, line in walk_tb(error.__traceback__)]
    return f"{type(error).__name__} at {''.join(frames[-1:])}"
