"""The generator refuses what it does not know, by its place; a header parameter comes out as one in both clients."""

from __future__ import annotations

import copy
import json
import re
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
    "tags": [{"name": "auth"}],
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
                "properties": {
                    "name": {"type": "string", "maxLength": 9, "description": "The name."},
                    "all": {"type": "array", "items": {"type": "string"}, "description": "All names."},
                    "day": {"type": "string", "format": "date", "description": "Its day."},
                },
            }
        },
    },
}
OPERATION = ("paths", "/name", "post")
PARAMETER = (*OPERATION, "parameters", 0)
MODEL = ("components", "schemas", "Name")
PROPERTY = (*MODEL, "properties", "name")
LISTED = (*MODEL, "properties", "all", "items")
DAY = {"type": "string", "description": "A day."}
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


UNKNOWN = "is not a keyword that is generated here"
LEFT = "is not checked by the client: say so with x-checked-by: server"


@pytest.mark.parametrize(
    ("place", "where", "keywords"),
    [
        ((), "the document", ["webhooks", "externalDocs", "jsonSchemaDialect"]),
        (("components",), "the document: components", ["parameters", "examples", "requestBodies"]),
        (("tags", 0), "tag auth", ["externalDocs", "x-display-name", "summary"]),
        (("paths", "/name"), "/name", ["head", "options", "trace", "servers"]),
        (OPERATION, "name_it", ["deprecated", "callbacks", "servers", "x-internal"]),
        ((*OPERATION, "requestBody"), "name_it: requestBody", ["x-body-name", "examples", "$ref"]),
        ((*OPERATION, "responses", "200"), "name_it: response 200", ["links", "x-summary", "schema"]),
        (PARAMETER, "name_it: parameter X-Request-Id", ["style", "explode", "deprecated", "allowEmptyValue"]),
        (
            (*PARAMETER, "schema"),
            "name_it: parameter X-Request-Id",
            ["default", "minLength", "multipleOf", "exclusiveMinimum"],
        ),
        (MODEL, "Name", ["allOf", "additionalProperties", "discriminator", "x-order"]),
        (PROPERTY, "Name.name", ["uniqueItems", "default", "multipleOf", "exclusiveMaximum", "const", "writeOnly"]),
    ],
)
def test_unknown_keywords_are_refused_by_place_and_name(
    place: tuple[Any, ...], where: str, keywords: list[str], tmp_path: Path
) -> None:
    for keyword in keywords:
        assert refusal(tmp_path, place, keyword, {}) == f"{where}: {keyword} {UNKNOWN}"


@pytest.mark.parametrize(
    ("place", "keyword", "value", "words"),
    [
        ((), "tags", REMOVED, "the document: tags is missing"),
        (("tags", 0), "name", "Auth", "tag Auth: it is to be in lower case, as in media_root"),
        (("tags", 0), "name", "user", "tag user: it is to be in lower case, as in media_root, and not a name that"),
        (OPERATION, "tags", ["workspaces"], "name_it: tags: ['workspaces'] is not one of the document's tags: auth"),
        (OPERATION, "tags", ["auth", "auth"], "name_it: tags: ['auth', 'auth'] is not one of the document's"),
        (OPERATION, "tags", [], "name_it: tags: [] is not one of the document's tags"),
        (OPERATION, "x-retryable", REMOVED, "name_it: x-retryable is missing"),
        (OPERATION, "responses", {"404": {"description": "None."}}, "name_it: responses: there is none of success"),
        (PARAMETER, "in", "cookie", "name_it: parameter X-Request-Id: in: cookie is not path, query or header"),
        (PARAMETER, "in", "path", "name_it: parameter X-Request-Id: required: a path parameter is always required"),
        (PARAMETER, "name", "Authorization", "name_it: parameter Authorization: the client sets this header itself"),
        (PARAMETER, "name", "Data", "name_it: parameter Data: the method has an argument of this name already"),
        (OPERATION, "parameters", [HEADER, HEADER], "the method has an argument of this name already"),
        (OPERATION, "responses", {"200": {"$ref": "#/x"}}, "name_it: response 200: $ref leads nowhere"),
        (PARAMETER, "schema", {}, "name_it: parameter X-Request-Id: type is missing"),
        (PARAMETER, "schema", {"type": "array"}, "name_it: parameter X-Request-Id: type: array is not one"),
        (PARAMETER, "schema", {"type": "string", "format": "date-time"}, "format: date-time is not one that is gen"),
        (PARAMETER, "schema", {"type": "string", "format": "email"}, f"format: email {LEFT}"),
        (PARAMETER, "schema", {"type": "string", "minimum": 1}, "minimum is not a rule for string"),
        (MODEL, "properties", REMOVED, "Name: properties is missing"),
        (MODEL, "type", "array", "Name: type: array is not object"),
        (MODEL, "required", ["nam"], "Name: required: nam is not one of its properties"),
        (PROPERTY, "minimum", 1, "Name.name: minimum is not a rule for string"),
        (PROPERTY, "type", ["integer", "string", "null"], "Name.name: maxLength is not a rule for integer"),
        (PROPERTY, "format", "date", "Name.name: maxLength is not a rule for date"),
        (PROPERTY, "pattern", "[", "Name.name: pattern: Python does not know it: unterminated character set"),
        (PROPERTY, "x-checked-by", "nobody", "Name.name: x-checked-by: nobody is not server"),
        (PROPERTY, "format", "email", f"Name.name: format: email {LEFT}"),
        (PROPERTY, "format", "uri", "Name.name: format: uri is not one that is generated"),
        (PROPERTY, "type", REMOVED, "Name.name: type is missing"),
        (PROPERTY, "type", "array", "Name.name: items is missing"),
        (PROPERTY, "type", "file", "Name.name: type: file is not one that is generated"),
        (PROPERTY, "description", REMOVED, "Name.name: description is missing"),
        (LISTED, "pattern", "a", f"Name.all: items: pattern {LEFT}"),
        (LISTED, "maxLength", 3, f"Name.all: items: maxLength {LEFT}"),
        (LISTED, "x-secret", True, f"Name.all: items: x-secret {UNKNOWN}"),
        ((*MODEL, "properties"), "date", DAY, "Name.day: format: date is not possible beside a property of the name"),
    ],
)
def test_what_is_not_generated_is_refused_by_its_place(
    place: tuple[Any, ...], keyword: str, value: object, words: str, tmp_path: Path
) -> None:
    said = refusal(tmp_path, place, keyword, value)
    assert words in said
    assert "Traceback" not in said


@pytest.mark.parametrize("word", ["import", "class", "None"])
def test_words_of_python_are_refused_as_names(word: str, tmp_path: Path) -> None:
    for place, keyword, value, where in [
        (OPERATION, "operationId", word, word),
        (OPERATION, "parameters", [{**HEADER, "name": word, "in": "query"}], f"name_it: parameter {word}"),
        ((*MODEL, "properties"), word, DAY, f"Name.{word}"),
        (("tags", 0), "name", word, f"tag {word}"),
    ]:
        assert refusal(tmp_path, place, keyword, value) == f"{where}: {word} cannot be a name in Python"


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("minLength", 1),
        ("pattern", "^a$"),
        ("enum", ["A", "B"]),
        ("x-since", "26.8"),
        ("type", ["string", "null"]),
    ],
)
def test_what_is_generated_is_taken(keyword: str, value: object, tmp_path: Path) -> None:
    assert refusal(tmp_path, PROPERTY, keyword, value) == ""


def test_rules_that_are_left_to_the_server_are_taken(tmp_path: Path) -> None:
    for rule in ({"format": "email"}, {"pattern": "a"}, {"minimum": 1, "type": ["integer", "string"]}):
        for place in (PARAMETER, (*MODEL, "properties")):
            schema = {"type": "string", "description": "A.", "x-checked-by": "server", **rule}
            if place == PARAMETER:
                del schema["description"]
            assert refusal(tmp_path, place, "schema", schema) == ""


def test_what_the_formatter_says_is_shown(copied_tree: Path) -> None:
    document = copied_tree / "codegen/openapi.yaml"
    written = document.read_text("utf-8").replace("description: The ticket itself.", 'description: \'A """ ticket.\'')
    document.write_text(written, "utf-8")
    command = [sys.executable, "codegen/generate.py"]
    result = subprocess.run(command, cwd=copied_tree, capture_output=True, text=True)
    assert result.returncode == 1
    assert "what model.py.jinja makes for elements_sdk/models/ticket.py is not Python: " in result.stderr
    assert re.search(r"invalid-syntax|[Ff]ailed to parse", result.stderr)  # ruff's words
    assert "Traceback" not in result.stderr


def test_file_that_is_written_by_hand_is_never_written_over(copied_tree: Path) -> None:
    document = copied_tree / "codegen/openapi.yaml"
    text = document.read_text("utf-8")
    for old, new in [("- name: auth", "- name: operation"), ("tags: [auth]", "tags: [operation]")]:
        text = text.replace(old, new)
    document.write_text(text, "utf-8")
    command = [sys.executable, "codegen/generate.py"]
    result = subprocess.run(command, cwd=copied_tree, capture_output=True, text=True)
    assert "elements_sdk/_operations/operation.py is written by hand" in result.stderr
    kept = "elements_sdk/_operations/operation.py"
    assert (copied_tree / kept).read_text("utf-8") == (ROOT / kept).read_text("utf-8")


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
    for arguments in ([], ["--check"]):
        subprocess.run([sys.executable, "codegen/generate.py", *arguments], cwd=copied_tree, check=True)
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
    assert "(docs/AuthApi.md#mark) | **POST** `/api/2/auth/mark`" in (copied_tree / "README.md").read_text("utf-8")
