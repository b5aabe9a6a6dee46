"""The bodies that the canned server sends, in the format of a server of the 3.3 era."""

from __future__ import annotations

import json
from typing import Any

TICKET = json.dumps({"ticket": "7d2b1a5e-3c0f-4f0e-9a55-0c7e9f1d2b64"}).encode()


def token(number: int) -> dict[str, Any]:
    """Return an access token as a server sends it: three visits, two users, one bundle."""
    return {
        "id": number,
        "activity": [
            {
                "id": number * 3 + visit,
                "date": f"2026-03-0{visit + 1}T10:11:12.123456Z",
                "ip": "192.0.2.1",
                "token": number,
            }
            for visit in range(3)
        ],
        "user": user(number % 50),
        "created_by": user(number % 7),
        "media_root_permissions": "",
        "shared_bundles": [{"id": number, "name": f"Bundle {number}"}],
        "shared_directories": [],
        "full_url": f"https://storage.example.com/share/{number:032x}",
        "url": f"/media/shared/{number}",
        "token": f"{number:032x}",
        "view_limit_enabled": False,
        "view_limit_left": 0,
        "expires": "2026-12-01T00:00:00Z",
        "require_login": False,
        "is_easy_sharing_for_bundle": None,
        "is_easy_sharing_for_directory": None,
    }


def user(number: int) -> dict[str, Any]:
    """Return a user in short."""
    return {
        "id": number,
        "avatar": None,
        "display_name": f"User {number}",
        "email": f"user{number}@example.com",
        "full_name": f"User Number {number}",
        "is_external": False,
        "is_cloud": False,
        "username": f"user{number}",
    }


def tokens(count: int) -> bytes:
    """Return a list of so many tokens, about 1.2 kB each."""
    return json.dumps([token(number) for number in range(count)]).encode()


def token_of_size(size: int) -> bytes:
    """Return one token of `size` bytes, most of them in one long text."""
    bare = json.dumps({"id": size, "full_url": ""}).encode()
    return bare[:-2] + b"x" * (size - len(bare)) + bare[-2:]
