"""What goes out and what comes in, as JSON."""

# pyright: reportIncompatibleVariableOverride=false
# (a serializer's Meta is declared as a class of its own, and never inherits)

from __future__ import annotations

import re
from typing import Any

from django.conf import settings
from django.core.validators import RegexValidator
from rest_framework import serializers

from elements_sdk import models as sdk
from elements_sdk._operations.auth import GET_ALL_ACCESS_TOKENS
from elements_sdk.sandbox.server.models import (
    LARGEST,
    ApiToken,
    ClientSession,
    LDAPServer,
    OneTimeAccessToken,
    OneTimeAccessTokenActivity,
    User,
)

_ORDERINGS = next(item.known for item in GET_ALL_ACCESS_TOKENS.parameters if item.name == "ordering")


def _without(shown: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in shown.items() if name not in names}


class WholeNumberField(serializers.IntegerField):
    """A number in plain digits: no `1_000`, no `5.0`."""

    def to_internal_value(self, data: Any) -> int:
        if not re.fullmatch(r"-?[0-9]{1,1000}", str(data)):
            self.fail("invalid")
        return super().to_internal_value(data)


class TextField(serializers.CharField):
    """A text as it comes; a number is not one."""

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


def _row_number() -> WholeNumberField:
    """Return the field of a number that may be that of a row: of 18 digits at the most."""
    return WholeNumberField(required=False, min_value=1 - 10**18, max_value=10**18 - 1)


class UserMiniSerializer(serializers.ModelSerializer[User]):
    """`ElementsUserMini`."""

    class Meta:
        model = User
        fields = list(sdk.ElementsUserMini.openapi_types)

    def to_representation(self, instance: User) -> dict[str, Any]:
        """Leave out what newer servers leave out."""
        shown: dict[str, Any] = super().to_representation(instance)
        return _without(shown, "avatar") if settings.ELEMENTS.is_newer else shown


class LDAPServerSerializer(serializers.ModelSerializer[LDAPServer]):
    """`LDAPServer`."""

    class Meta:
        model = LDAPServer
        fields = list(sdk.LDAPServer.openapi_types)


class ClientSessionSerializer(serializers.ModelSerializer[ClientSession]):
    """`ClientSession`."""

    user = UserMiniSerializer()

    class Meta:
        model = ClientSession
        fields = list(sdk.ClientSession.openapi_types)


class UserDetailSerializer(serializers.ModelSerializer[User]):
    """`ElementsUserDetail`."""

    client_sessions = ClientSessionSerializer(many=True)
    is_enabled = serializers.BooleanField(source="is_active")
    has_password = serializers.BooleanField(source="has_usable_password")
    ldap = LDAPServerSerializer()
    sync_id = serializers.CharField()

    class Meta:
        model = User
        fields = list(sdk.ElementsUserDetail.openapi_types)

    def to_representation(self, instance: User) -> dict[str, Any]:
        """Leave out the directory server of an account that has none: it is never null."""
        shown: dict[str, Any] = super().to_representation(instance)
        if settings.ELEMENTS.is_newer:
            shown = _without(shown, "ancillary_path", "ancillary_path_read_only", "client_sessions")
            return {**shown, "ldap": instance.ldap and instance.ldap.name, "ldap_guid": f"guid-{instance.pk}"}
        return shown if instance.ldap else _without(shown, "ldap")


class ActivitySerializer(serializers.ModelSerializer[OneTimeAccessTokenActivity]):
    """`OneTimeAccessTokenActivity`."""

    class Meta:
        model = OneTimeAccessTokenActivity
        fields = list(sdk.OneTimeAccessTokenActivity.openapi_types)


class SharedObjectSerializer(serializers.Serializer[Any]):
    """`OneTimeAccessTokenSharedObject`."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class AccessTokenSerializer(serializers.ModelSerializer[OneTimeAccessToken]):
    """`OneTimeAccessToken`."""

    activity = ActivitySerializer(many=True)
    user = UserMiniSerializer()
    created_by = UserMiniSerializer()
    shared_bundles = SharedObjectSerializer(many=True)
    shared_directories = SharedObjectSerializer(many=True)
    full_url = serializers.SerializerMethodField()

    class Meta:
        model = OneTimeAccessToken
        fields = list(sdk.OneTimeAccessToken.openapi_types)

    def to_representation(self, instance: OneTimeAccessToken) -> dict[str, Any]:
        shown: dict[str, Any] = super().to_representation(instance)
        if settings.ELEMENTS.is_newer:
            newer = {"media_root_permissions": [1, 2], "created_at": "2026-01-01T00:00:00Z", "has_password": False}
            return {**shown, **newer}
        return shown

    def get_full_url(self, token: OneTimeAccessToken) -> str:
        """Return the link that is sent to people."""
        link: str = self.context["request"].build_absolute_uri(f"/share/{token.token}")
        return link


class ApiTokenSerializer(serializers.ModelSerializer[ApiToken]):
    """An API token as newer servers show it: without the token, which only its creation answers."""

    class Meta:
        model = ApiToken
        fields = ["id", "name"]


class PageSerializer(serializers.Serializer[Any]):
    """Which part of a list is asked for."""

    FILTERS: tuple[str, ...]

    limit = WholeNumberField(required=False, min_value=1)
    offset = WholeNumberField(default=0, min_value=0, max_value=LARGEST)


class ApiTokenQuerySerializer(PageSerializer):
    """The filter, the ordering and the page of the list of API tokens."""

    FILTERS = ("name",)

    name = TextField(required=False)
    ordering = serializers.ChoiceField(["id", "-id", "name", "-name"], default="id")


class AccessTokenQuerySerializer(PageSerializer):
    """The filters, the ordering and the page of `get_all_access_tokens`."""

    FILTERS = ("shared_bundles", "shared_directories", "shared_bundles__asset", "user", "created_by")

    shared_bundles = _row_number()
    shared_directories = _row_number()
    shared_bundles__asset = _row_number()
    user = _row_number()
    created_by = _row_number()
    ordering = serializers.ChoiceField(_ORDERINGS, default="id")


class SendLinkEmailSerializer(serializers.Serializer[Any]):
    """`SendLinkEmailRequest`."""

    email = serializers.EmailField(required=False)
    subject = TextField(
        trim_whitespace=False,
        validators=[RegexValidator(r"[\r\n]", inverse_match=True)],
        default="A link has been shared with you",
    )
    text = TextField(trim_whitespace=False, default="")

    def validate_email(self, value: str) -> str:
        """Refuse a domain that the mail layer could not write."""
        try:
            value.rpartition("@")[2].encode("idna")
        except UnicodeError:
            raise serializers.ValidationError("Enter a valid email address.") from None
        return value


class TicketSerializer(serializers.Serializer[Any]):
    """`Ticket`."""

    ticket = serializers.CharField()


class LoginSerializer(serializers.Serializer[Any]):
    """`AuthLoginEndpointRequest`."""

    username = serializers.CharField()
    password = serializers.CharField(trim_whitespace=False)
    otp = serializers.CharField(required=False, allow_null=True, allow_blank=True)
    new_password = serializers.CharField(required=False, allow_null=True, trim_whitespace=False)


class PasswordResetSerializer(serializers.Serializer[Any]):
    """`PasswordResetEndpointRequest`."""

    token = serializers.CharField()
    password = serializers.CharField(trim_whitespace=False)


class ImpersonationSerializer(serializers.Serializer[Any]):
    """`ImpersonationEndpointRequest`."""

    user = serializers.PrimaryKeyRelatedField(queryset=User.objects.all(), pk_field=_row_number())
