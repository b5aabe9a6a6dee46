"""A server with share links of any shape, which notes which of them it was told to delete or to e-mail."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

from elements_sdk import ApiClient, AuthApi, OneTimeAccessToken
from elements_sdk.sandbox import Sandbox
from test.recording import CannedResponse, Recorded, RecordingServer

IS_DONE = CannedResponse(204, b"")
SPELLING = [
    "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645",
    "\u0915\u094d\u200d\u0937",
    "Dampf\u00adschiff",
]  # ZWNJ, ZWJ, soft hyphen
ODD_EXPIRIES = ["2026-12-31T23:59:60Z", 1767225600, "31.12.2026 23:59", ["2026"], {"date": 1}, True, "never", "soon"]


def page(links: list[dict[str, Any]], request: Recorded) -> CannedResponse:
    """Answer with the part of a list that is asked for."""
    offset, limit = (int(re.findall(rf"{name}=(\d+)", request.query)[0]) for name in ("offset", "limit"))
    return CannedResponse(body=json.dumps(links[offset : offset + limit]).encode())


class Server(RecordingServer):
    """A server with links, which notes which of them it was told to delete or to e-mail.

    :ivar after: seconds that each of these calls takes.
    :ivar respond: what a call for a link is answered with.
    """

    def __init__(self, links: list[dict[str, Any]], after: float = 0.0) -> None:
        super().__init__()
        self.links, self.after = links, after
        self.done: list[str] = []
        self.respond: Callable[[str], CannedResponse] = lambda _number: IS_DONE
        self.answer = self._answer

    def _answer(self, request: Recorded) -> CannedResponse:
        number = re.findall(r"access-tokens/([^/?]+)", request.path)
        if request.method != "GET":
            self.done.append(number[0])
            time.sleep(self.after)
            return self.respond(number[0])
        if number:
            found = [item for item in self.links if str(item["id"]) == number[0]]
            return CannedResponse(body=json.dumps(found[0]).encode()) if found else CannedResponse(404, b"{}")
        return page(self.links, request)


def link(number: Any, **values: Any) -> dict[str, Any]:
    user = {"id": 1, "username": "ada", "email": "ada@example.com"}
    return {"id": number, "url": f"/m/{number}", "token": f"SECRET-{number}", "user": user, **values}


def links(count: int) -> list[dict[str, Any]]:
    return [link(number) for number in range(1, count + 1)]


USUAL = 50  # links of a sandbox
MANY = 2000


def all_links(sandbox: Sandbox) -> list[OneTimeAccessToken]:
    """Return the share links of a sandbox."""
    with ApiClient(sandbox.configuration(sandbox.admin)) as client:
        return list(AuthApi(client).iter_access_tokens())
