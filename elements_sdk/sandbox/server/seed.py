"""The first contents: accounts, and share links with their history."""

from __future__ import annotations

import secrets
from datetime import timedelta
from random import Random
from typing import Any

import pyotp
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from elements_sdk.sandbox.server.models import (
    ADMIN_ACCESS,
    ApiToken,
    Asset,
    Bundle,
    ClientSession,
    Directory,
    KnownAccount,
    LDAPServer,
    OneTimeAccessToken,
    OneTimeAccessTokenActivity,
    User,
)

_ACCOUNTS: dict[str, dict[str, Any]] = {
    "admin": {"full_name": "Ada Admin", "permissions": [ADMIN_ACCESS], "uid": 1000, "gid": 1000},
    "user": {
        "full_name": "Uma User",
        "permissions": ["media:view"],
        "group_permissions": ["media:share"],
        "groups": [1],
    },
    "otp_user": {"full_name": "Otto One-Time", "totp_secret": pyotp.random_base32()},
    "new_user": {"full_name": "Nell New", "password_change_required": True},
    "disabled_user": {"full_name": "Dirk Disabled", "is_active": False},
}
_COLLEAGUES = ("editor", "colourist", "producer")


@transaction.atomic
def fill(tokens: int) -> list[dict[str, Any]]:
    """Fill the tables if they are empty, and return the accounts as the parent process needs them."""
    if not KnownAccount.objects.exists():
        users = {name: _account(name, facts) for name, facts in _ACCOUNTS.items()}
        colleagues = [_user(name, None, {"is_external": name == "producer"}) for name in _COLLEAGUES]
        _add_workstation(users["user"])
        _add_tokens([users["user"], users["admin"], users["otp_user"], *colleagues], tokens)
    return [
        {
            "id": account.user.pk,
            "username": account.user.username,
            "password": account.password,
            "api_token": account.api_token,
            "otp_secret": account.user.totp_secret,
        }
        for account in KnownAccount.objects.select_related("user")
    ]


@transaction.atomic
def add_tokens(count: int) -> list[int]:
    """Add share links of the sandbox's user, and return their numbers."""
    owners, bundles = [User.objects.get(username="user")], list(Bundle.objects.all())
    return [token.pk for token in _make_tokens(owners, bundles, count, Random())]


def _account(name: str, facts: dict[str, Any]) -> User:
    password, token = f"Sandbox-{secrets.token_urlsafe(9)}", secrets.token_urlsafe(30)
    user = _user(name, password, facts)
    ApiToken.objects.create(key=token, user=user, name="sandbox")
    KnownAccount.objects.create(user=user, password=password, api_token=token)
    return user


def _user(name: str, password: str | None, facts: dict[str, Any]) -> User:
    return User.objects.create(
        username=name, email=f"{name}@sandbox.invalid", password=make_password(password), **facts
    )


def _add_workstation(user: User) -> None:
    """Add a directory server and a workstation to one user, so that every model occurs."""
    user.ldap = LDAPServer.objects.create(name="Directory", nt_domain="SANDBOX")
    user.ldap_dn = f"cn={user.username},dc=sandbox,dc=invalid"
    user.save()
    now = timezone.now()
    ClientSession.objects.create(
        user=user,
        started=now - timedelta(hours=2),
        last_updated=now,
        workstation="edit-01",
        mounted_workspaces="dailies",
    )


def _add_tokens(owners: list[User], count: int) -> None:
    random = Random(2026)  # the same links in every sandbox, but for their secret parts
    assets = Asset.objects.bulk_create(Asset(name=f"Asset {number}") for number in range(1, 9))
    bundles = Bundle.objects.bulk_create(
        Bundle(name=f"Bundle {number}", asset=assets[number % len(assets)]) for number in range(1, 25)
    )
    directories = Directory.objects.bulk_create(Directory(name=f"Directory {number}") for number in range(1, 13))
    tokens = _make_tokens(owners, bundles, count, random)
    shares_bundle = OneTimeAccessToken.shared_bundles.through
    shares_directory = OneTimeAccessToken.shared_directories.through
    shares_bundle.objects.bulk_create(
        shares_bundle(onetimeaccesstoken=token, bundle=bundle)
        for token in tokens
        for bundle in random.sample(bundles, random.randint(1, 3))
    )
    shares_directory.objects.bulk_create(
        shares_directory(onetimeaccesstoken=token, directory=directory)
        for token in tokens[::3]
        for directory in random.sample(directories, 1)
    )
    OneTimeAccessTokenActivity.objects.bulk_create(
        OneTimeAccessTokenActivity(
            token=token,
            date=timezone.now() - timedelta(minutes=random.randint(1, 60 * 24 * 30)),
            ip=f"192.0.2.{random.randint(1, 254)}",
        )
        for token in tokens
        for _ in range(random.randint(0, 5))
    )


def _make_tokens(owners: list[User], bundles: list[Bundle], count: int, random: Random) -> list[OneTimeAccessToken]:
    """Make links: every fifth has expired, every fourth never expires, every tenth comes from easy sharing."""
    now, tokens = timezone.now(), []
    for number in range(1, count + 1):
        days = -random.randint(1, 90) if number % 5 == 0 else random.randint(1, 90)
        tokens.append(
            OneTimeAccessToken(
                user=owners[number % len(owners)],
                created_by=owners[number * 7 // 3 % len(owners)],
                url=f"/media/shared/{number}",
                token=secrets.token_urlsafe(24),
                view_limit_enabled=number % 6 == 0,
                view_limit_left=random.randint(0, 9) if number % 6 == 0 else 0,
                expires=None if number % 4 == 0 else now + timedelta(days=days),
                require_login=number % 7 == 0,
                is_easy_sharing_for_bundle=bundles[number % len(bundles)] if number % 10 == 0 else None,
            )
        )
    return OneTimeAccessToken.objects.bulk_create(tokens)
