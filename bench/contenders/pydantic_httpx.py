# /// script
# dependencies = ["pydantic>=2", "httpx"]
# [tool.bench]
# title = "pydantic + httpx"
# ///
"""Pydantic's models over httpx: what the newest generators of clients write."""

# The packages are installed in this contender's environment only.
# pyright: reportMissingImports=false

from __future__ import annotations

from datetime import datetime

import httpx
from pydantic import BaseModel, TypeAdapter

from worker import TICKET, TOKENS, Contender, Server, serve

START = """
import json, sys
import httpx
from pydantic import BaseModel
class Ticket(BaseModel):
    ticket: str
with httpx.Client(headers=json.loads(sys.argv[2])) as http:
    Ticket.model_validate_json(http.post(sys.argv[1] + "/api/2/auth/ticket").content)
"""


class Ticket(BaseModel):
    """The properties of the SDK's model of this name, as in the models below."""

    ticket: str


class Activity(BaseModel):
    """One visit."""

    id: int
    date: datetime | None = None
    ip: str
    token: int


class SharedObject(BaseModel):
    """A bundle or directory."""

    id: int
    name: str


class User(BaseModel):
    """A user in short."""

    id: int
    avatar: str | None = None
    display_name: str | None = None
    email: str | None = None
    full_name: str | None = None
    is_external: bool | None = None
    is_cloud: bool | None = None
    username: str


class Token(BaseModel):
    """An access token; all but the number may be missing, as in the responses to `fetch`."""

    id: int
    activity: list[Activity] | None = None
    user: User | None = None
    created_by: User | None = None
    media_root_permissions: str | None = None
    shared_bundles: list[SharedObject] | None = None
    shared_directories: list[SharedObject] | None = None
    full_url: str | None = None
    url: str | None = None
    token: str | None = None
    view_limit_enabled: bool | None = None
    view_limit_left: int | None = None
    expires: datetime | None = None
    require_login: bool | None = None
    is_easy_sharing_for_bundle: int | None = None
    is_easy_sharing_for_directory: int | None = None


TOKEN_LIST = TypeAdapter(list[Token])


class Client:
    """One httpx client."""

    def __init__(self, server: Server, connections: int) -> None:
        limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
        self.http = httpx.Client(base_url=server.host, headers=server.headers, limits=limits, timeout=60)

    def call(self) -> object:
        """Fetch a ticket."""
        return Ticket.model_validate_json(self.http.post(TICKET).content)

    def fetch(self, size: int) -> object:
        """Fetch a token of so many bytes."""
        return Token.model_validate_json(self.http.get(f"{TOKENS}/{size}").content)


if __name__ == "__main__":
    serve(
        Contender(
            decode=TOKEN_LIST.validate_json,
            connect=Client,
            start=START,
            imports="import httpx, pydantic; pydantic.BaseModel",
        )
    )
