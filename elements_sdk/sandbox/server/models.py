"""The tables: users and what they share."""

from __future__ import annotations

import secrets
import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models

ADMIN_ACCESS = "system:admin-access"
LARGEST = 2**63 - 1  # the largest number that SQLite keeps


def row_number(text: str) -> int:
    """Return the number of a row; 0, which no row has, if the text is not such a number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0


class LDAPServer(models.Model):
    """A directory server that accounts come from."""

    name = models.CharField(max_length=255)
    winbind_separator = models.CharField(max_length=1, default="+")
    nt_domain = models.CharField(max_length=255)


class User(AbstractBaseUser):
    """An account, with all properties that ELEMENTS reports."""

    username = models.CharField(max_length=255, unique=True)
    email = models.CharField(max_length=255, null=True)
    full_name = models.CharField(max_length=255, null=True)
    avatar = models.CharField(max_length=255, null=True)
    permissions = models.JSONField(default=list)
    group_permissions = models.JSONField(default=list)
    groups = models.JSONField(default=list)
    allowed_fs_paths = models.JSONField(default=list)
    allowed_fs_write_paths = models.JSONField(default=list)
    fm_bookmarks = models.JSONField(default=list)
    allow_changing_password = models.BooleanField(default=True)
    allow_wan_login = models.BooleanField(default=False)
    default_page = models.CharField(max_length=63, default="media")
    expiry = models.DateTimeField(null=True)
    ancillary_path = models.CharField(max_length=255, default="")
    ancillary_path_read_only = models.BooleanField(default=False)
    home = models.IntegerField(null=True)
    uid = models.IntegerField(null=True)
    gid = models.IntegerField(null=True)
    unix_username = models.CharField(max_length=255, null=True)
    is_external = models.BooleanField(default=False)
    is_cloud = models.BooleanField(default=False)
    is_cloud_default = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    language = models.CharField(max_length=2, null=True, default="en")
    ldap = models.ForeignKey(LDAPServer, null=True, on_delete=models.SET_NULL)
    ldap_dn = models.CharField(max_length=255, null=True)
    last_seen = models.DateTimeField(null=True)
    password_change_required = models.BooleanField(default=False)
    shaper_ceiling = models.IntegerField(null=True)
    shaper_rate = models.IntegerField(null=True)
    sync_id = models.UUIDField(default=uuid.uuid4)
    totp_secret = models.CharField(max_length=64, null=True)

    objects: ClassVar[BaseUserManager[User]] = BaseUserManager()
    USERNAME_FIELD = "username"

    @property
    def display_name(self) -> str:
        return str(self.full_name or self.username)

    @property
    def totp_enabled(self) -> bool:
        return self.totp_secret is not None

    @property
    def effective_permissions(self) -> list[str]:
        return sorted({*self.permissions, *self.group_permissions})

    @property
    def is_administrator(self) -> bool:
        return ADMIN_ACCESS in self.effective_permissions


class ApiToken(models.Model):
    """What `Authorization: Bearer ...` carries."""

    key = models.CharField(max_length=64, unique=True, default=secrets.token_urlsafe)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    name = models.CharField(max_length=255)


class KnownAccount(models.Model):
    """What the parent process learns of an account, password included."""

    user = models.OneToOneField(User, on_delete=models.CASCADE)
    password = models.CharField(max_length=255)
    api_token = models.CharField(max_length=64)


class ClientSession(models.Model):
    """A workstation at work."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="client_sessions")
    mounted_workspaces = models.CharField(max_length=255, default="")
    started = models.DateTimeField()
    last_updated = models.DateTimeField()
    workstation = models.CharField(max_length=255)


class Ticket(models.Model):
    """A proof of who somebody is, for one use."""

    key = models.CharField(max_length=64, primary_key=True, default=secrets.token_urlsafe)
    user = models.ForeignKey(User, on_delete=models.CASCADE)
    created = models.DateTimeField(auto_now_add=True)


class FailedLogin(models.Model):
    """An attempt that did not succeed."""

    username = models.CharField(max_length=255, db_index=True)
    at = models.DateTimeField(auto_now_add=True)


class Asset(models.Model):
    """A media asset."""

    name = models.CharField(max_length=255)


class Bundle(models.Model):
    """The files of an asset."""

    name = models.CharField(max_length=255)
    asset = models.ForeignKey(Asset, on_delete=models.CASCADE)


class Directory(models.Model):
    """A folder of a workspace."""

    name = models.CharField(max_length=255)


class OneTimeAccessToken(models.Model):
    """What stands behind a share link."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    created_by = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    media_root_permissions = models.CharField(max_length=255, default="")
    shared_bundles = models.ManyToManyField(Bundle)
    shared_directories = models.ManyToManyField(Directory)
    url = models.CharField(max_length=1023)
    token = models.CharField(max_length=1023, unique=True)
    view_limit_enabled = models.BooleanField(default=False)
    view_limit_left = models.IntegerField(default=0)
    expires = models.DateTimeField(null=True)
    require_login = models.BooleanField(default=False)
    is_easy_sharing_for_bundle = models.ForeignKey(Bundle, null=True, on_delete=models.SET_NULL, related_name="+")
    is_easy_sharing_for_directory = models.ForeignKey(Directory, null=True, on_delete=models.SET_NULL, related_name="+")


class OneTimeAccessTokenActivity(models.Model):
    """One visit by a share link."""

    token = models.ForeignKey(OneTimeAccessToken, on_delete=models.CASCADE, related_name="activity")
    date = models.DateTimeField()
    ip = models.CharField(max_length=255)
