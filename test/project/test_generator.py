"""The generator refuses what it does not know, by its place; a header parameter comes out as one in both clients."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from test.command_line import environment
from test.project.checkers import ROOT
from test.recording import CannedResponse, RecordingServer

HEADER = {"name": "X-Request-Id", "in": "header", "description": "A mark.", "schema": {"type": "string"}}
SMALL: dict[str, Any] = {
    "security": [{"Bearer": []}],
    "paths": {
        "/name": {
            "post": {
                "operationId": "name_it",
                "tags": ["auth"],
                "summary": "Name it.",
                "description": "It has a name then.",
                "x-permissions": "open to everybody",
                "x-retryable": False,
                "parameters": [HEADER],
                "requestBody": {
                    "description": "The name.",
                    "content": {
                        "application/json": {"schema": {"$ref": "#/components/schemas/Name"}, "example": {"name": "A"}}
                    },
                },
                "responses": {"200": {"description": "Done."}},
            }
        }
    },
    "components": {
        "schemas": {
            "Name": {
                "type": "object",
                "description": "A name.",
                "properties": {"name": {"type": "string", "description": "The name."}},
            }
        },
    },
}
OPERATION = ("paths", "/name", "post")
PARAMETER = (*OPERATION, "parameters", 0)
MODEL = ("components", "schemas", "Name")
PROPERTY = (*MODEL, "properties", "name")
REMOVED = object()


def refusal(tmp_path: Path, place: tuple[Any, ...], keyword: str, value: object) -> str:
    """Return what the generator says of the small document with one change; nothing: it takes it."""
    document = copy.deepcopy(SMALL)
    changed: Any = document
    for step in place:
        changed = changed[step]
    if value is REMOVED:
        del changed[keyword]
    else:
        changed[keyword] = value
    spec = tmp_path / "small.yaml"
    spec.write_text(yaml.safe_dump(document), "utf-8")
    program = "import sys; from pathlib import Path; from specification import Specification\n"
    program += "spec = Specification(Path(sys.argv[1])); spec.operations, spec.models"
    command = [sys.executable, "-c", program, str(spec)]
    return subprocess.run(command, cwd=ROOT / "codegen", capture_output=True, text=True).stderr.strip()


@pytest.mark.parametrize(
    ("place", "keyword", "value", "words"),
    [
        (OPERATION, "deprecated", True, "name_it: deprecated is not a keyword that is generated here"),
        (OPERATION, "callbacks", {}, "name_it: callbacks is not a keyword that is generated here"),
        (OPERATION, "tags", ["Workspaces"], "name_it: tags: ['Workspaces'] is not [auth]"),
        (OPERATION, "operationId", "import", "import: import cannot be a name in Python"),
        (OPERATION, "x-retryable", REMOVED, "name_it: x-retryable is missing"),
        (OPERATION, "responses", {"404": {"description": "None."}}, "name_it: responses: there is none of success"),
        (PARAMETER, "in", "cookie", "name_it: parameter X-Request-Id: in: cookie is not path, query or header"),
        (PARAMETER, "in", "path", "name_it: parameter X-Request-Id: required: a path parameter is always required"),
        (PARAMETER, "name", "Authorization", "name_it: parameter Authorization: the client sets this header itself"),
        (PARAMETER, "name", "Data", "name_it: parameter Data: the method has an argument of this name already"),
        (OPERATION, "parameters", [HEADER, HEADER], "the method has an argument of this name already"),
        (OPERATION, "responses", {"200": {"$ref": "#/x"}}, "name_it: response 200: $ref leads nowhere"),
        (PARAMETER, "name", "from", "name_it: parameter from: from cannot be a name in Python"),
        (PARAMETER, "style", "form", "name_it: parameter X-Request-Id: style is not a keyword"),
        (PARAMETER, "schema", {}, "name_it: parameter X-Request-Id: type is missing"),
        (PARAMETER, "schema", {"type": "array"}, "name_it: parameter X-Request-Id: type: array is not one"),
        (PARAMETER, "schema", {"type": "string", "pattern": "a"}, "pattern is not checked by the client: say so with"),
        (MODEL, "properties", REMOVED, "Name: properties is missing"),
        (MODEL, "type", "array", "Name: type: array is not object"),
        (MODEL, "allOf", [], "Name: allOf is not a keyword"),
        (MODEL, "required", ["nam"], "Name: required: nam is not one of its properties"),
        ((*MODEL, "properties"), "class", {"type": "string"}, "Name.class: class cannot be a name in Python"),
        (PROPERTY, "minimum", 1, "Name.name: minimum is not checked by the client: say so with x-checked-by: server"),
        (PROPERTY, "format", "email", "Name.name: format: email is not checked by the client"),
        (PROPERTY, "format", "date", "Name.name: format: date is not one that is generated"),
        (PROPERTY, "uniqueItems", True, "Name.name: uniqueItems is not a keyword"),
        (PROPERTY, "type", REMOVED, "Name.name: type is missing"),
        (PROPERTY, "type", "array", "Name.name: items is missing"),
        (PROPERTY, "type", "file", "Name.name: type: file is not one that is generated"),
        (PROPERTY, "description", REMOVED, "Name.name: description is missing"),
    ],
)
def test_what_is_not_generated_is_refused_by_its_place(
    place: tuple[Any, ...], keyword: str, value: object, words: str, tmp_path: Path
) -> None:
    said = refusal(tmp_path, place, keyword, value)
    assert words in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("minLength", 1),
        ("enum", ["A", "B"]),
        ("x-since", "26.8"),
        ("type", ["string", "null"]),
        ("format", "date-time"),
    ],
)
def test_what_is_generated_is_taken(keyword: str, value: object, tmp_path: Path) -> None:
    assert refusal(tmp_path, PROPERTY, keyword, value) == ""


CALLS = """
import asyncio, sys
from elements_sdk import ApiClient, ApiValueError, AuthApi, Configuration, aio
from elements_sdk.cli.running import run

settings = Configuration(host=sys.argv[1], api_key={"Bearer": "KEY"})
with ApiClient(settings) as client:
    AuthApi(client).mark(x_request_id="one")
    AuthApi(client).mark()
    for wrong in ("a\\r\\nb", "a\\nb", "a\\0b"):
        try:
            AuthApi(client).mark(x_request_id=wrong)
        except ApiValueError as error:
            print(error)

class Guarded(ApiClient):
    def call_api(self, *arguments, **options):
        return super().call_api(*arguments, **options)

with Guarded(settings) as client:
    AuthApi(client).mark(x_request_id="guarded")

async def call():
    async with aio.ApiClient(settings) as client:
        await aio.AuthApi(client).mark(x_request_id="two")
        for wrong in ("a\\r\\nb", "a\\nb", "a\\0b"):
            try:
                await aio.AuthApi(client).mark(x_request_id=wrong)
            except ApiValueError as error:
                print(error)

asyncio.run(call())
run(["auth", "mark", "--x-request-id", "three", "--host", sys.argv[1], "--api-token", "T"])
run(["auth", "mark", "--help"])
"""


def test_header_parameter_is_sent_as_one_by_both_clients_and_the_command_line(
    copied_tree: Path, recorder: RecordingServer
) -> None:
    document = copied_tree / "codegen/openapi.yaml"
    text = document.read_text("utf-8")
    operation = {key: value for key, value in SMALL["paths"]["/name"]["post"].items() if key != "requestBody"}
    written = json.dumps({"/api/2/auth/mark": {"post": {**operation, "operationId": "mark"}}})
    document.write_text(text.replace("\npaths:\n", f"\npaths:\n  {written[1:-1]}\n", 1), "utf-8")
    subprocess.run([sys.executable, "codegen/generate.py"], cwd=copied_tree, check=True)
    recorder.answer = lambda _request: CannedResponse(body=b"{}")
    command = [sys.executable, "-c", CALLS, recorder.host]
    variables = environment(PYTHONPATH=str(copied_tree))
    result = subprocess.run(command, cwd=copied_tree, capture_output=True, text=True, env=variables)
    assert result.returncode == 0, result.stderr
    sent = [dict(request.headers).get("X-Request-Id") for request in recorder.requests]
    assert sent == ["one", None, "guarded", "two", "three"]
    assert [request.query for request in recorder.requests] == [""] * 5
    assert result.stdout.count("the header X-Request-Id cannot be sent") == 6
    assert "--x-request-id" in result.stdout
    assert "sent as the header `X-Request-Id`" in (copied_tree / "docs/AuthApi.md").read_text("utf-8")
