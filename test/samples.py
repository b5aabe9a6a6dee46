"""JSON as servers of 3.3 and of newer releases send it, one sample a model."""

from __future__ import annotations

from typing import Any

USER_MINI = {
    "id": 7,
    "avatar": None,
    "display_name": "Uma User",
    "email": "uma@example.com",
    "full_name": "Uma User",
    "is_external": False,
    "is_cloud": False,
    "username": "uma",
}
ACTIVITY = {"id": 3, "date": "2026-03-01T10:11:12.123456Z", "ip": "192.0.2.1", "token": 9}
SHARED = {"id": 4, "name": "Bundle 4"}
ACCESS_TOKEN: dict[str, Any] = {
    "id": 9,
    "activity": [ACTIVITY],
    "user": USER_MINI,
    "created_by": {**USER_MINI, "id": 8, "username": "ada"},
    "media_root_permissions": "read",
    "shared_bundles": [SHARED],
    "shared_directories": [],
    "full_url": "https://storage.example.com/share/SECRET-full_url",
    "url": "/media/9",
    "token": "SECRET-token",
    "view_limit_enabled": True,
    "view_limit_left": 5,
    "expires": "2026-12-01T00:00:00+01:00",
    "require_login": False,
    "is_easy_sharing_for_bundle": 4,
    "is_easy_sharing_for_directory": None,
}
LDAP = {"id": 1, "name": "Directory", "winbind_separator": "+", "nt_domain": "STUDIO"}
CLIENT_SESSION: dict[str, Any] = {
    "id": 2,
    "user": USER_MINI,
    "mounted_workspaces": "dailies",
    "started": "2026-03-01T08:00:00Z",
    "last_updated": "2026-03-01T10:00:00Z",
    "workstation": "edit-01",
}
USER_DETAIL: dict[str, Any] = {
    "id": 7,
    "allow_changing_password": True,
    "allow_wan_login": False,
    "allowed_fs_paths": ["/a"],
    "allowed_fs_write_paths": [],
    "avatar": None,
    "client_sessions": [CLIENT_SESSION],
    "default_page": "media",
    "display_name": "Uma User",
    "effective_permissions": ["media:view"],
    "email": None,
    "expiry": None,
    "ancillary_path_read_only": False,
    "ancillary_path": "",
    "fm_bookmarks": [],
    "full_name": "Uma User",
    "gid": 1000,
    "group_permissions": [],
    "has_password": True,
    "home": None,
    "is_external": False,
    "is_cloud": False,
    "is_cloud_default": False,
    "is_enabled": True,
    "language": "de",
    "last_seen": "2026-03-01T10:11:12Z",
    "ldap": LDAP,
    "ldap_dn": None,
    "password_change_required": False,
    "permissions": ["media:view"],
    "shaper_ceiling": None,
    "shaper_rate": None,
    "sync_id": "abc",
    "totp_enabled": False,
    "uid": 1000,
    "unix_username": None,
    "username": "uma",
    "groups": [1, 2],
}

SAMPLES: dict[str, dict[str, Any]] = {
    "Ticket": {"ticket": "SECRET-ticket"},
    "AuthLoginEndpointRequest": {
        "username": "uma",
        "password": "SECRET-password",
        "otp": "SECRET-otp",
        "new_password": "SECRET-new_password",
    },
    "AuthLoginEndpointResponse": {"reason": "ok", "detail": "welcome", "redirect": "/", "user": USER_DETAIL},
    "PasswordResetEndpointRequest": {"token": "SECRET-token", "password": "SECRET-password"},
    "GeneratePasswordEndpointResponse": {"password": "SECRET-password"},
    "ImpersonationEndpointRequest": {"user": 7},
    "SendLinkEmailRequest": {"email": "a@example.com", "subject": "S", "text": "T"},
    "OneTimeAccessToken": ACCESS_TOKEN,
    "OneTimeAccessTokenActivity": ACTIVITY,
    "OneTimeAccessTokenSharedObject": SHARED,
    "ElementsUserMini": USER_MINI,
    "ElementsUserDetail": USER_DETAIL,
    "ClientSession": CLIENT_SESSION,
    "LDAPServer": LDAP,
}

# What 26.5 sends in another format: model, the JSON, and an attribute with the value that must be found there.
NEWER: list[tuple[str, dict[str, Any], str, Any]] = [
    (
        "AuthLoginEndpointResponse",
        {"user": USER_DETAIL, "session_key": "k"},
        "additional_properties",
        {"session_key": "k"},
    ),
    ("OneTimeAccessToken", {**ACCESS_TOKEN, "media_root_permissions": [1, 2]}, "media_root_permissions", [1, 2]),
    (
        "OneTimeAccessToken",
        {**ACCESS_TOKEN, "created_at": "2026-01-01T00:00:00Z", "has_password": True},
        "additional_properties",
        {"created_at": "2026-01-01T00:00:00Z", "has_password": True},
    ),
    ("ElementsUserMini", {key: value for key, value in USER_MINI.items() if key != "avatar"}, "avatar", None),
    ("ElementsUserDetail", {"id": 7, "username": "uma", "ldap": "cn=uma", "ldap_guid": "g"}, "ldap", "cn=uma"),
    ("ElementsUserDetail", {"id": 7, "username": "uma", "ldap": 5}, "ldap", 5),
    ("ElementsUserDetail", {"id": 7, "username": "uma"}, "client_sessions", None),
    ("ClientSession", {**CLIENT_SESSION, "mounted_workspaces": [{"id": 1}]}, "mounted_workspaces", [{"id": 1}]),
    ("ClientSession", {**CLIENT_SESSION, "user": 12}, "user", 12),
    ("ClientSession", {**CLIENT_SESSION, "workstation": {"name": "edit"}}, "workstation", {"name": "edit"}),
]
