"""Who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib.auth import get_user
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from elements_sdk.sandbox.server.models import ApiToken, User

if TYPE_CHECKING:
    from rest_framework.views import APIView


class IsAdministrator(BasePermission):
    """The permission `system:admin-access`."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller has it."""
        return isinstance(request.user, User) and request.user.is_administrator


class IsAdministratorThemselves(BasePermission):
    """The permission `system:admin-access` of the session's own user, whomever it acts as."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the session's own user has it."""
        user = get_user(request._request)  # of the session; request.user is whom it acts as
        return isinstance(user, User) and user.is_administrator


class HasSession(BasePermission):
    """A session: an API token is not enough."""

    message = "This needs a session; an API token has none."

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Return whether the caller has one."""
        return bool(request.user and request.user.is_authenticated) and not isinstance(request.auth, ApiToken)
