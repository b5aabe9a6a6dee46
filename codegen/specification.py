"""Reads `openapi.yaml` into the few records that the templates need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from keywords import METHODS, check, python_name
from records import BOUNDS, Body, Model, Operation, Parameter, Property, Tag, api_class

SCALARS = {"string": "str", "integer": "int", "boolean": "bool", "number": "float", "object": "object"}


class Specification:
    """All operations and models of an OpenAPI document."""

    def __init__(self, path: Path) -> None:
        document = yaml.safe_load(path.read_text("utf-8"))
        self._document: dict[str, Any] = json.loads(json.dumps(document, default=str))  # a date in YAML is text
        check(self._document)

    @cached_property
    def operations(self) -> list[Operation]:
        """The operations, by name."""
        return sorted(self._read_operations(), key=lambda operation: operation.name)

    @cached_property
    def tags(self) -> list[Tag]:
        """The tags that have operations, in the order of the document."""
        made = [
            Tag(raw["name"], raw.get("x-title", raw["name"].replace("_", " ")), self._of_tag(raw["name"]))
            for raw in self._document["tags"]
        ]
        return [tag for tag in made if tag.operations]

    @cached_property
    def models(self) -> list[Model]:
        """The models, in the order of the document."""
        sent = {operation.body.model for operation in self.operations if operation.body}
        schemas = self._document["components"]["schemas"]
        return [_model(name, schema, name in sent) for name, schema in schemas.items()]

    def _of_tag(self, name: str) -> tuple[Operation, ...]:
        return tuple(operation for operation in self.operations if operation.api == api_class(name))

    def _read_operations(self) -> Iterator[Operation]:
        for path, item in self._document["paths"].items():
            for method in METHODS:
                if method in item:
                    shared = item.get("parameters", [])
                    yield self._operation(path, method, item[method], shared)

    def _operation(self, path: str, method: str, raw: dict[str, Any], shared: list[dict[str, Any]]) -> Operation:
        responses = {
            int(status): self._response(response)
            for status, response in raw["responses"].items()
            if status != "default"
        }
        success = next(response for status, response in responses.items() if status < 300)
        security = raw.get("security", self._document["security"])
        return Operation(
            name=raw["operationId"],
            api=api_class(raw["tags"][0]),
            method=method.upper(),
            path=path,
            summary=raw["summary"],
            description=raw["description"].strip(),
            permissions=raw["x-permissions"],
            retryable=raw["x-retryable"],
            is_login=raw.get("x-login", False),
            needs_session=all("Session" in scheme for scheme in security),
            is_open={} in security,
            paging=raw.get("x-pagination"),
            after=raw.get("x-after"),
            prints=next(iter(raw.get("x-prints", {}).items()), None),
            parameters=tuple(_parameter(item) for item in [*shared, *raw.get("parameters", [])]),
            body=_body(raw["requestBody"]) if "requestBody" in raw else None,
            result=_type(_schema(success)) if _schema(success) else "object",
            result_description=success["description"],
            errors=tuple((status, item["description"]) for status, item in responses.items() if status >= 400),
        )

    def _response(self, raw: dict[str, Any]) -> dict[str, Any]:
        """Return a response whole; a description beside its reference takes the place of the shared one."""
        shared = self._document["components"]["responses"][raw["$ref"].rsplit("/", 1)[1]] if "$ref" in raw else {}
        return {**shared, **raw}


def snake(name: str) -> str:
    """Turn the name of a model into that of its file: `LDAPServer` -> `ldap_server`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _model(name: str, schema: dict[str, Any], is_request: bool) -> Model:
    required = schema.get("required", [])
    properties = [_property(key, item, key in required) for key, item in schema["properties"].items()]
    newer = tuple(item for item in properties if item.since)
    return Model(name, schema["description"], tuple(item for item in properties if not item.since), newer, is_request)


def _property(name: str, schema: dict[str, Any], required: bool) -> Property:
    enum = tuple(word for word in schema.get("enum", ()) if word is not None)
    kind, *newer = _types(schema)
    return Property(
        name=name,
        type=kind,
        description=schema["description"],
        required=required,
        nullable=isinstance(schema.get("type"), list) and "null" in schema["type"],
        read_only=schema.get("readOnly", False),
        secret=schema.get("x-secret", False),
        min_length=schema.get("minLength"),
        max_length=schema.get("maxLength"),
        **_bounds(schema),
        enum=enum or None,
        newer=newer[0] if newer else None,
        since=schema.get("x-since"),
    )


def _parameter(raw: dict[str, Any]) -> Parameter:
    types = raw["schema"]["type"]
    named = [_named(word, raw["schema"]) for word in (types if isinstance(types, list) else [types])]
    return Parameter(
        name=python_name(raw),
        wire_name=raw["name"],
        location=raw["in"],
        types=("date", "str") if "date" in named else tuple(named),
        description=raw["description"],
        required=raw.get("required", False),
        example=raw.get("example"),
        known=tuple(raw["schema"].get("enum", ())),
        **_bounds(raw["schema"]),
    )


def _bounds(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the bounds that the client checks. Unlike in JSON Schema, `$` is also before a last newline in Python."""
    bounds = {name: None if "x-checked-by" in schema else schema.get(name) for name in BOUNDS}
    return bounds | {"pattern": bounds["pattern"] and re.sub(r"(?<!\\)\$$", r"\\Z", bounds["pattern"])}


def _body(raw: dict[str, Any]) -> Body:
    content = raw["content"]["application/json"]
    return Body(_type(content["schema"]), raw["description"], content["example"])


def _schema(response: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = response.get("content", {}).get("application/json", {}).get("schema", {})
    return schema


def _type(schema: dict[str, Any]) -> str:
    (kind,) = _types(schema)
    return kind


def _types(schema: dict[str, Any]) -> list[str]:
    """Return the type, and after it the one that newer servers send in its place, if there is one."""
    if "anyOf" in schema:
        return [kind for item in schema["anyOf"] for kind in _types(item)]
    if "$ref" in schema:
        return [str(schema["$ref"].rsplit("/", 1)[1])]
    words = schema.get("type", "object")  # {} is any value
    return [_named(word, schema) for word in (words if isinstance(words, list) else [words]) if word != "null"]


def _named(word: str, schema: dict[str, Any]) -> str:
    if word == "array":
        return f"list[{_type(schema['items'])}]"
    if schema.get("format") == "date-time":
        return "datetime"
    return "date" if schema.get("format") == "date" and "x-checked-by" not in schema else SCALARS[word]
