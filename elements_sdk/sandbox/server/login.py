"""The steps of a login, how often it may fail, and how a password is set."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.tokens import default_token_generator
from django.core.exceptions import ValidationError as DjangoValidationError
from django.db import transaction
from django.utils import timezone
from pyotp.totp import TOTP
from rest_framework.exceptions import Throttled, ValidationError

from elements_sdk.sandbox.server.models import FailedLogin, User, row_number

FAILURES_ALLOWED = 5
PERIOD = timedelta(minutes=1)

DETAILS = {
    "invalid_credentials": "Unknown user name or wrong password.",
    "account_disabled": "This account is disabled.",
    "otp_required": "A one-time code is required.",
    "invalid_otp": "The one-time code is not valid.",
    "password_change_required": "The password has to be changed; send new_password.",
}
# Steps of a login, not failed attempts.
_STEPS = ("otp_required", "password_change_required")


def check(values: Mapping[str, str | None]) -> User | str:
    """Return the user who may log in with this name, password, one-time code and new password, or else the reason.

    :raises Throttled: the login is refused, and has failed too often.
    """
    username = values["username"] or ""
    user = User.objects.filter(username=username).first()
    reason = _reason_to_refuse(user, values)
    if user is None or reason:
        if reason not in _STEPS:
            _count_failure(username)
        return reason or "invalid_credentials"
    if user.password_change_required:
        set_password(user, values.get("new_password") or "", field="new_password")
    return user


def set_password(user: User, password: str, field: str) -> None:
    """Set a password that passes Django's validators.

    :raises ValidationError: it does not pass; the messages stand under `field`.
    """
    try:
        validate_password(password, user)
    except DjangoValidationError as error:
        raise ValidationError({field: error.messages}) from None
    user.set_password(password)
    user.password_change_required = False
    user.save(update_fields=["password", "password_change_required"])


def reset_token(user: User) -> str:
    """Make a password-reset token: Django's own, with the user's number before it.

    It is no longer valid once the password is set, or after the next login.
    """
    return f"{user.pk}.{default_token_generator.make_token(user)}"


def owner_of_reset_token(token: str) -> User | None:
    """Return the user whom a valid token belongs to."""
    number, _, proof = token.partition(".")
    user = User.objects.filter(pk=row_number(number)).first()
    return user if user is not None and default_token_generator.check_token(user, proof) else None


def _reason_to_refuse(user: User | None, values: Mapping[str, str | None]) -> str | None:
    if user is None or not user.check_password(values["password"] or ""):
        return "invalid_credentials"
    if not user.is_active:
        return "account_disabled"
    if user.totp_secret is not None:
        code = values.get("otp")
        if not code:
            return "otp_required"
        if not TOTP(user.totp_secret).verify(code, valid_window=1):
            return "invalid_otp"
    if user.password_change_required and not values.get("new_password"):
        return "password_change_required"
    return None


@transaction.atomic
def _count_failure(username: str) -> None:
    now = timezone.now()
    recent = FailedLogin.objects.filter(username=username, at__gt=now - PERIOD).order_by("-at")[:FAILURES_ALLOWED]
    times: list[datetime] = [failure.at for failure in recent]
    if len(times) == FAILURES_ALLOWED:
        raise Throttled(wait=(times[-1] + PERIOD - now).total_seconds())
    FailedLogin.objects.create(username=username)
