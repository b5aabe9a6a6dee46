"""Models in programs of pydantic, FastAPI and pandas, and the page that shows them."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Annotated, Any

import pandas
import pytest
from fastapi import Body, FastAPI
from pydantic import BaseModel, TypeAdapter, ValidationError

from elements_sdk import AuthApi, ElementsUserDetail, ElementsUserMini, OneTimeAccessToken, Ticket
from elements_sdk.models._base import prop
from elements_sdk.sandbox import Sandbox

PAGE = Path(__file__).parents[2] / "docs/frameworks.md"
TOKEN = {"id": 1, "user": {"username": "ann"}, "url": "u", "token": "t", "expires": "2026-01-01T00:00:00+00:00"}
USER = {"username": "ann", "permissions": [], "groups": []}
USERNAM = "ElementsUserMini has no property 'usernam'; did you mean 'username'?"


class Box(BaseModel):
    ticket: Ticket
    tokens: list[OneTimeAccessToken] = []
    maybe: Ticket | None = None


class Labelled(Ticket):
    """A ticket with a label."""

    label: str | None = prop(default=None, max_length=3)


def test_pydantic_has_models_as_fields_and_reads_what_it_writes() -> None:
    box = Box(ticket=Ticket(ticket="t"), tokens=[OneTimeAccessToken.from_dict(TOKEN)])
    assert box.model_dump()["ticket"] == {"ticket": "t"}
    written = json.loads(box.model_dump_json())
    assert written["tokens"][0]["user"]["username"] == "ann"
    assert written["tokens"][0]["expires"] == "2026-01-01T00:00:00Z"
    again = Box.model_validate_json(box.model_dump_json())
    assert again == box
    assert isinstance(again.tokens[0].user, ElementsUserMini)


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        (Ticket, {"tickt": "t"}, "Ticket has no property 'tickt'; did you mean 'ticket'?"),
        (Ticket, {"ticket": ""}, "Ticket.ticket must have at least 1 character"),
        (Ticket, {}, "Ticket.ticket is required"),
        (OneTimeAccessToken, {**TOKEN, "user": {"usernam": "ann"}}, USERNAM),
        (
            OneTimeAccessToken,
            {**TOKEN, "user": {"username": ""}},
            "ElementsUserMini.username must have at least 1 char",
        ),
        (OneTimeAccessToken, {**TOKEN, "created_by": {}}, "ElementsUserMini.username is required"),
        (OneTimeAccessToken, {**TOKEN, "activity": [{}, {"ipp": "::1"}]}, "OneTimeAccessTokenActivity has no property"),
        (ElementsUserDetail, {**USER, "client_sessions": [{"user": {"usernam": "ann"}}]}, USERNAM),
        (Box, {"ticket": {"ticket": "t"}, "tokens": [{**TOKEN, "user": {"usernam": "ann"}}]}, USERNAM),
        (Ticket, 3, "Ticket is read from a dict"),
        (Labelled, {"ticket": "t", "label": "long"}, "Labelled.label must have at most 3 characters"),
    ],
)
def test_pydantic_refuses_what_breaks_a_rule(kind: Any, given: Any, says: str) -> None:
    with pytest.raises(ValidationError, match=says.replace("?", r"\?")):
        TypeAdapter(kind).validate_python(given)


@pytest.mark.parametrize("mode", ["validation", "serialization"])
def test_schema_has_types_rules_and_words(mode: Any) -> None:
    schema = TypeAdapter(OneTimeAccessToken).json_schema(mode=mode)
    assert schema["title"] == "OneTimeAccessToken"
    assert schema["required"] == ["user", "url", "token"]
    assert schema["properties"]["id"]["description"] == "Number of the access token."
    assert schema["properties"]["expires"]["anyOf"] == [{"type": "string", "format": "date-time"}, {"type": "null"}]
    assert schema["properties"]["user"]["properties"]["username"]["description"] == "Name to log in with."


app = FastAPI()


@app.post("/ticket")
def echo(data: Annotated[Ticket, Body()]) -> Ticket:
    return data


@app.post("/token")
def echo_token(data: Annotated[OneTimeAccessToken, Body()]) -> OneTimeAccessToken:
    return data


@app.get("/tokens")
def tokens() -> list[OneTimeAccessToken]:
    return [OneTimeAccessToken.from_dict({**TOKEN, "id": "not a number"})]


@app.get("/box", response_model=Box)
def box() -> Any:
    return {"ticket": Ticket(ticket="t")}


def asked(method: str, path: str, body: object = None) -> tuple[int, Any]:
    """Return status and JSON of what the application answers, as a server asks it (ASGI)."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": json.dumps(body).encode()}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"content-type", b"application/json")]
    scope = {"type": "http", "method": method, "path": path, "headers": headers, "query_string": b""}
    asyncio.run(app(scope, receive, send))
    return sent[0]["status"], json.loads(sent[1]["body"])


def test_fastapi_takes_and_returns_models() -> None:
    assert asked("POST", "/ticket", {"ticket": "t"}) == (200, {"ticket": "t"})
    status, refused = asked("POST", "/ticket", {"tickt": "t"})
    assert status == 422
    assert "did you mean 'ticket'?" in refused["detail"][0]["msg"]
    status, refused = asked("POST", "/token", {**TOKEN, "user": {"usernam": "ann"}})
    assert (status, USERNAM in refused["detail"][0]["msg"]) == (422, True)
    status, sent = asked("POST", "/token", {**TOKEN, "activity": [{"id": 1}]})
    assert (status, sent["user"]["username"], sent["activity"][0]["id"]) == (200, "ann", 1)
    status, (token,) = asked("GET", "/tokens")
    assert (status, token["id"], token["user"]["username"]) == (200, "not a number", "ann")
    assert asked("GET", "/box") == (200, {"ticket": {"ticket": "t"}, "tokens": [], "maybe": None})


def test_fastapi_describes_models() -> None:
    operation = app.openapi()["paths"]["/ticket"]["post"]
    for described in (operation["requestBody"], operation["responses"]["200"]):
        schema = described["content"]["application/json"]["schema"]
        assert schema["properties"]["ticket"]["description"] == "The ticket itself."


def test_pydantic_is_loaded_by_those_who_use_it_only() -> None:
    program = "import sys, elements_sdk; elements_sdk.Ticket(ticket='t'); print('pydantic_core' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_pandas_reads_models_from_dicts(sandbox: Sandbox, auth: AuthApi) -> None:
    table = pandas.json_normalize([token.to_dict() for token in auth.iter_access_tokens()])
    assert list(table["id"]) == [token.id for token in auth.iter_access_tokens()]
    assert {"id", "user.username", "created_by.username", "expires"} <= {*table.columns}


def test_the_page_prints_what_it_says(
    sandbox: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ELEMENTS_HOST", sandbox.host)
    monkeypatch.setenv("ELEMENTS_API_TOKEN", f"{sandbox.user.api_token}")
    shown = re.findall(r"^```python\n(.*?)^```\n\n```\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    assert len(shown) == 3
    for program, output in shown:
        exec(compile(program, PAGE.name, "exec", dont_inherit=True), {"__name__": "__main__"})
        assert capsys.readouterr().out == output
