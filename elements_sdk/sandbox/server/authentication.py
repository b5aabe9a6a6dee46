"""Who is calling, by API token or by a session, which may impersonate another user; and who may do what."""

from __future__ import annotations

from typing import Any

from django.contrib.auth import get_user
from django.http import HttpRequest
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from elements_sdk.sandbox.server.models import ApiToken, User

_IMPERSONATED = "impersonated_user"


class BearerAuthentication(TokenAuthentication):
    """`Authorization: Bearer ...`. It comes first, so that a caller who is not authenticated gets a 401."""

    keyword = "Bearer"

    def authenticate_credentials(self, key: str) -> tuple[User, ApiToken]:
        """Look the token up in our own table, whose accounts can be disabled."""
        token = ApiToken.objects.select_related("user").filter(key=key).first()
        if token is None:
            raise AuthenticationFailed("Invalid token.")
        if not token.user.is_active:
            raise AuthenticationFailed("User inactive or deleted.")
        return token.user, token


class ImpersonatingSessionAuthentication(SessionAuthentication):
    """The session's user, or the user whom the session impersonates."""

    def authenticate(self, request: Request) -> tuple[Any, None] | None:
        """Check the session, and the CSRF token where the method is unsafe."""
        authenticated = super().authenticate(request)
        number = impersonated(request) if authenticated else None
        if number is None:
            return authenticated
        return User.objects.get(pk=number), None


def impersonated(request: Request | HttpRequest) -> int | None:
    """Return the number of the user whom the session impersonates."""
    number: int | None = request.session.get(_IMPERSONATED)
    return number


def impersonate(request: Request, user: User | None) -> None:
    """Make the session act as this user, or as its own again."""
    if user is None:
        request.session.pop(_IMPERSONATED, None)
    else:
        request.session[_IMPERSONATED] = user.pk


class IsAdministrator(BasePermission):
    """The permission `system:admin-access`."""

    def has_permission(self, request: Request, view: Any) -> bool:
        return isinstance(request.user, User) and request.user.is_administrator


class IsAdministratorThemselves(BasePermission):
    """The permission `system:admin-access` of the session's own user, whomever it acts as."""

    def has_permission(self, request: Request, view: Any) -> bool:
        user = get_user(request._request)  # of the session; request.user is whom it acts as
        return isinstance(user, User) and user.is_administrator


class HasSession(BasePermission):
    """A session: an API token is not enough."""

    message = "This needs a session; an API token has none."

    def has_permission(self, request: Request, view: Any) -> bool:
        return bool(request.user and request.user.is_authenticated) and not isinstance(request.auth, ApiToken)
