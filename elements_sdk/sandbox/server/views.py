"""The documented endpoints."""

from __future__ import annotations

import secrets
import string
from contextlib import suppress
from datetime import timedelta
from typing import Any, cast

from django.conf import settings
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError as DjangoValidationError
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404
from django.utils import timezone
from rest_framework.exceptions import NotFound, ParseError, ValidationError
from rest_framework.generics import RetrieveDestroyAPIView, RetrieveUpdateDestroyAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import ModelSerializer, Serializer
from rest_framework.views import APIView

from elements_sdk.sandbox.server import login, serializers
from elements_sdk.sandbox.server.authentication import (
    HasSession,
    IsAdministrator,
    IsAdministratorThemselves,
    impersonate,
    impersonated,
)
from elements_sdk.sandbox.server.models import LARGEST, ApiToken, OneTimeAccessToken, Ticket, User, row_number

TICKET_LIFETIME = timedelta(seconds=60)
_PASSWORD_CHARACTERS = string.ascii_letters + string.digits + "!#$%+-?@"


class TicketView(APIView):
    """POST: issue a ticket."""

    def post(self, request: Request) -> Response:
        return Response({"ticket": Ticket.objects.create(user=request.user).key})


class TicketCheckView(APIView):
    """POST: redeem a ticket."""

    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        key = _valid(serializers.TicketSerializer, request.data)["ticket"]
        ticket = Ticket.objects.select_related("user").filter(key=key).first()
        # The request that deletes it has redeemed it, so that two at once cannot.
        redeemed = ticket is not None and Ticket.objects.filter(key=key).delete()[0] == 1
        if ticket is None or not redeemed or ticket.created < timezone.now() - TICKET_LIFETIME:
            raise ValidationError({"ticket": ["This ticket is not valid, or no longer."]})
        return Response(serializers.UserDetailSerializer(ticket.user).data)


class AccessTokensView(APIView):
    """GET: list access tokens."""

    def get(self, request: Request) -> Response:
        tokens = _visible_tokens(request)
        return _listed(request, tokens, serializers.AccessTokenQuerySerializer, serializers.AccessTokenSerializer)


class _Pagination(LimitOffsetPagination):
    """Pages with `count`, `next`, `previous` and `results`; without a `limit` a plain list."""

    default_limit = None
    max_limit = settings.ELEMENTS.max_limit


class AccessTokenView(RetrieveDestroyAPIView[OneTimeAccessToken]):
    """GET, DELETE: one access token."""

    serializer_class = serializers.AccessTokenSerializer

    def get_object(self) -> OneTimeAccessToken:
        return _visible_token(self.request, self.kwargs["number"])

    def perform_destroy(self, instance: Any) -> None:
        if not OneTimeAccessToken.objects.filter(pk=instance.pk).delete()[0]:  # another request was faster
            raise NotFound


class AccessTokenEmailView(APIView):
    """POST: e-mail a share link."""

    def post(self, request: Request, number: str) -> Response:
        token = _visible_token(request, number)
        if not request._request.body:
            raise ParseError("A body is needed; {} will do.")
        values = _valid(serializers.SendLinkEmailSerializer, request.data)
        address = values.get("email") or token.user.email
        if not address:
            raise ValidationError({"email": ["The user of this access token has no e-mail address; give one."]})
        link = serializers.AccessTokenSerializer(token, context={"request": request}).data["full_url"]
        send_mail(values["subject"], f"{values['text']}\n\n{link}".strip(), None, [address])
        return Response()


class ApiTokensView(APIView):
    """GET, POST: list and create API tokens of one's own, on newer servers."""

    def get(self, request: Request) -> Response:
        tokens = ApiToken.objects.filter(user=_caller(request))
        return _listed(request, tokens, serializers.ApiTokenQuerySerializer, serializers.ApiTokenSerializer)

    def post(self, request: Request) -> Response:
        token = ApiToken.objects.create(user=_caller(request), **_valid(serializers.ApiTokenSerializer, request.data))
        return Response({**serializers.ApiTokenSerializer(token).data, "token": token.key}, status=201)


class ApiTokenView(RetrieveUpdateDestroyAPIView[ApiToken]):
    """GET, PUT, PATCH, DELETE: one of these API tokens."""

    serializer_class = serializers.ApiTokenSerializer

    def get_object(self) -> ApiToken:
        return get_object_or_404(ApiToken, user=_caller(self.request), pk=row_number(self.kwargs["number"]))


class LoginView(APIView):
    """POST: log in."""

    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        user = login.check(_valid(serializers.LoginSerializer, request.data))
        if isinstance(user, str):
            return Response({"reason": user, "detail": login.DETAILS[user]}, status=401)
        start_session(request._request, user, backend="django.contrib.auth.backends.ModelBackend")
        impersonate(request, None)
        newer = {"session_key": request.session.session_key} if settings.ELEMENTS.is_newer else {}
        return Response({"user": serializers.UserDetailSerializer(user).data, **newer})


class LogoutView(APIView):
    """POST: log out. Nothing is checked, so the status is always 200."""

    authentication_classes = ()
    permission_classes = [AllowAny]

    def post(self, request: Request) -> Response:
        end_session(request._request)
        return Response()


class GeneratePasswordView(APIView):
    """POST: propose a password."""

    def post(self, request: Request) -> Response:
        user = _caller(request)
        while True:
            password = "".join(secrets.choice(_PASSWORD_CHARACTERS) for _ in range(16))
            with suppress(DjangoValidationError):
                validate_password(password, user)
                return Response({"password": password})


class ResetPasswordView(APIView):
    """POST: set a password by reset token."""

    permission_classes = [AllowAny]

    @transaction.atomic
    def post(self, request: Request) -> Response:
        values = _valid(serializers.PasswordResetSerializer, request.data)
        user = login.owner_of_reset_token(values["token"])
        if user is None:
            raise ValidationError({"token": ["This token is not valid, or no longer."]})
        login.set_password(user, values["password"], field="password")
        return Response()


class ImpersonationView(APIView):
    """POST: act as somebody else."""

    permission_classes = [IsAdministrator, HasSession]

    def post(self, request: Request) -> Response:
        impersonate(request, _valid(serializers.ImpersonationSerializer, request.data)["user"])
        return Response()


class StopImpersonationView(APIView):
    """POST: act as the session's own user again."""

    permission_classes = [HasSession, IsAdministratorThemselves]

    def post(self, request: Request) -> Response:
        if impersonated(request) is None:
            raise ValidationError({"detail": "No impersonation is under way."})
        impersonate(request, None)
        return Response()


def _valid(serializer: type[Serializer[Any]], data: Any) -> dict[str, Any]:
    bound = serializer(data=data)
    bound.is_valid(raise_exception=True)
    values: dict[str, Any] = bound.validated_data
    return values


def _listed(
    request: Request,
    rows: QuerySet[Any],
    query_serializer: type[serializers.PageSerializer],
    serializer: type[ModelSerializer[Any]],
) -> Response:
    """Answer with the part of a list that the query asks for."""
    query = _valid(query_serializer, request.query_params.dict())
    filters = {name: query[name] for name in query_serializer.FILTERS if name in query}
    rows = rows.filter(**filters).distinct().order_by(query["ordering"], "id")
    paginator = _Pagination() if settings.ELEMENTS.paging == "envelope" else None
    page: Any = paginator.paginate_queryset(rows, request) if paginator else _cut(rows, **query)
    shown = serializer(rows if page is None else page, many=True, context={"request": request}).data
    return Response(shown) if paginator is None or page is None else paginator.get_paginated_response(shown)


def _cut(tokens: QuerySet[Any], offset: int, limit: int | None = None, **_: Any) -> Any:
    if limit is None:
        return tokens[offset:]
    return tokens[offset : min(offset + min(limit, settings.ELEMENTS.max_limit or limit), LARGEST)]


def _caller(request: Request) -> User:
    return cast("User", request.user)  # the permission classes have checked it


def _visible_tokens(request: Request) -> QuerySet[OneTimeAccessToken]:
    """Return the tokens that the caller may see: an administrator all, other users those made by or for them."""
    tokens = OneTimeAccessToken.objects.select_related("user", "created_by")
    tokens = tokens.prefetch_related("activity", "shared_bundles", "shared_directories")
    user = _caller(request)
    return tokens if user.is_administrator else tokens.filter(Q(user=user) | Q(created_by=user))


def _visible_token(request: Request, number: str) -> OneTimeAccessToken:
    return get_object_or_404(_visible_tokens(request), pk=row_number(number))
