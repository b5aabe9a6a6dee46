"""What the sandbox reports: its accounts, e-mails and requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from elements_sdk.exceptions import OpenApiException


class SandboxError(OpenApiException):
    """The sandbox did not start, or could not do what it was asked."""


@dataclass(frozen=True)
class Account:
    """An account on the sandbox.

    :ivar id: number of the user.
    :ivar username: name to log in with.
    :ivar password: password to log in with.
    :ivar api_token: what goes into `api_key`.
    """

    id: int
    username: str
    password: str = field(repr=False)
    api_token: str = field(repr=False)
    otp_secret: str | None = field(default=None, repr=False)

    def otp(self) -> str:
        """Return the one-time code of this moment.

        :raises SandboxError: the account uses no one-time codes.
        """
        if self.otp_secret is None:
            raise SandboxError(f"the account {self.username!r} uses no one-time codes")
        from pyotp.totp import TOTP

        return TOTP(self.otp_secret).now()


@dataclass(frozen=True)
class Email:
    """An e-mail that the server has sent."""

    to: list[str]
    subject: str
    text: str


@dataclass(frozen=True)
class RecordedRequest:
    """A request as it came over the wire.

    :ivar query: the text after the question mark.
    :ivar headers: by name in title case.
    :ivar user: name of the user that the request was authenticated as; `None` if it was not.
    """

    method: str
    path: str
    query: str
    headers: dict[str, str] = field(repr=False)
    body: str = field(repr=False)
    status: int
    user: str | None
