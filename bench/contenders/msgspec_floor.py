# /// script
# dependencies = ["msgspec"]
# [tool.bench]
# title = "msgspec (floor)"
# ///
"""msgspec's structs, decoded in C: the lower bound of what decoding can cost."""

# The package is installed in this contender's environment only.
# pyright: reportMissingImports=false

from __future__ import annotations

from datetime import datetime

import msgspec

from worker import Contender, serve


class Activity(msgspec.Struct):
    """One visit; this and those below are of the same shape as the SDK's models."""

    id: int
    date: datetime
    ip: str
    token: int


class SharedObject(msgspec.Struct):
    """A bundle or directory."""

    id: int
    name: str


class User(msgspec.Struct):
    """A user in short."""

    id: int
    avatar: str | None
    display_name: str | None
    email: str | None
    full_name: str | None
    is_external: bool | None
    is_cloud: bool | None
    username: str


class Token(msgspec.Struct):
    """An access token."""

    id: int
    activity: list[Activity] | None
    user: User
    created_by: User | None
    media_root_permissions: str | None
    shared_bundles: list[SharedObject] | None
    shared_directories: list[SharedObject] | None
    full_url: str | None
    url: str
    token: str
    view_limit_enabled: bool | None
    view_limit_left: int | None
    expires: datetime | None
    require_login: bool | None
    is_easy_sharing_for_bundle: int | None
    is_easy_sharing_for_directory: int | None


if __name__ == "__main__":
    serve(Contender(decode=msgspec.json.Decoder(list[Token]).decode))
