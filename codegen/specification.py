"""Reads `openapi.yaml` into the few records that the templates need."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from keywords import METHODS, check, python_name

SCALARS = {"string": "str", "integer": "int", "boolean": "bool", "number": "float", "object": "object"}


@dataclass(frozen=True)
class Property:
    """A property of a model."""

    name: str
    type: str
    description: str
    required: bool
    nullable: bool
    read_only: bool
    secret: bool
    min_length: int | None
    max_length: int | None
    enum: tuple[str, ...] | None
    newer: str | None
    since: str | None

    @property
    def annotation(self) -> str:
        """What a checker is told; where newer servers send just anything, what 3.3 sent."""
        kind = f"{self.type} | {self.newer}" if self.newer not in (None, "object") else self.type
        return kind if self.required or self.name == "id" else f"{kind} | None"

    @property
    def rules(self) -> str:
        """The arguments of `prop`."""
        rules = [] if self.required else ["default=None"]
        for rule in ("read_only", "min_length", "max_length", "enum", "secret", "newer"):
            if value := getattr(self, rule):
                rules.append(f"{rule}={value!r}")
        return ", ".join(rules)

    @property
    def model(self) -> str | None:
        """The model that is its value, or the item of its list."""
        name = _item_type(self.type)
        return name if _is_model(name) else None

    @property
    def notes(self) -> str:
        """The rules in the words of the reference pages."""
        notes = [] if self.required else ["optional"]
        notes += ["may be null"] if self.nullable else []
        notes += ["read-only"] if self.read_only else []
        notes += [f"at least {self.min_length} character(s)"] if self.min_length else []
        notes += [f"at most {self.max_length} characters"] if self.max_length else []
        notes += ["one of " + ", ".join(f"`{word}`" for word in self.enum)] if self.enum else []
        notes += ["masked in `repr`"] if self.secret and not self.since else []
        notes += [f"since {self.since}, not in `repr`"] if self.since else []
        return ", ".join(notes)


@dataclass(frozen=True)
class Model:
    """A schema: a model class, and the keys of the plain dict that may stand for it.

    :ivar newer: the properties that only newer servers send.
    """

    name: str
    description: str
    properties: tuple[Property, ...]
    newer: tuple[Property, ...]
    is_request: bool

    @property
    def references(self) -> list[str]:
        """The other models that it holds."""
        return sorted({item.model for item in self.properties if item.model and item.model != self.name})

    @property
    def has_optional(self) -> bool:
        return not all(item.required for item in self.properties)

    @property
    def uses_datetime(self) -> bool:
        return any(_item_type(item.type) == "datetime" for item in (*self.properties, *self.newer))


@dataclass(frozen=True)
class Parameter:
    """An argument that goes into the path, the query or a header.

    :ivar known: values that the server is known to take; others may be sent as well.
    """

    name: str
    wire_name: str
    location: str
    types: tuple[str, ...]
    description: str
    required: bool
    example: Any
    known: tuple[str, ...]

    @property
    def notes(self) -> str:
        """What the reference pages say of it."""
        names = ", ".join(f"`{name}`" for name in self.known if not name.startswith("-"))
        notes = [] if self.required else ["optional"]
        notes += [f"sent as the header `{self.wire_name}`"] if self.location == "header" else []
        return ", ".join([*notes, f"known: {names}"] if names else notes)

    @property
    def annotation(self) -> str:
        return " | ".join(self.types)


@dataclass(frozen=True)
class Body:
    """What an operation sends."""

    model: str
    description: str
    example: dict[str, Any]

    @property
    def made(self) -> str:
        """The expression that makes the model of the example."""
        values = [f"{key}={_literal(item)}" for key, item in self.example.items()]
        lines = "".join(f"\n            {value}," for value in values) + "\n        "
        return f"elements_sdk.{self.model}({lines if len(values) > 1 else ''.join(values)})"


@dataclass(frozen=True)
class Operation:
    """One REST call.

    :ivar after: the operation that an example makes first.
    :ivar prints: an attribute of the result, and what an example prints of it.
    """

    name: str
    method: str
    path: str
    summary: str
    description: str
    permissions: str
    retryable: bool
    is_login: bool
    needs_session: bool
    is_open: bool
    paging: dict[str, str] | None
    after: str | None
    prints: tuple[str, str] | None
    parameters: tuple[Parameter, ...]
    body: Body | None
    result: str
    result_description: str
    errors: tuple[tuple[int, str], ...]

    @property
    def constant(self) -> str:
        return self.name.upper()

    @property
    def required(self) -> list[Parameter]:
        return [parameter for parameter in self.parameters if parameter.required]

    @property
    def optional(self) -> list[Parameter]:
        return [parameter for parameter in self.parameters if not parameter.required]

    @property
    def filters(self) -> list[Parameter]:
        """The optional parameters that say which entries a list has, not in which order or pages."""
        return [parameter for parameter in self.optional if parameter.name not in (self.paging or {}).values()]

    @property
    def iterator_arguments(self) -> list[str]:
        """The arguments that are the same for each page of a list."""
        return [parameter.name for parameter in [*self.required, *self.filters]]

    @property
    def iterator_signature(self) -> str:
        """The arguments of the iterator method, as a heading shows them."""
        required, filters = ([item.name for item in group] for group in (self.required, self.filters))
        optional = [f"{name}=None" for name in filters]
        return ", ".join([*required, "page_size=100", "offset=0", *optional, 'ordering="id"'])

    @property
    def argument_names(self) -> list[str]:
        """The arguments of the method, in its order."""
        required = [parameter.name for parameter in self.required] + (["data"] if self.body else [])
        return [*required, *(parameter.name for parameter in self.optional)]

    @property
    def signature(self) -> str:
        """The arguments as a heading shows them."""
        optional = [parameter.name for parameter in self.optional]
        return ", ".join(f"{name}=None" if name in optional else name for name in self.argument_names)

    @property
    def example(self) -> str:
        """The arguments of a call that shows how it is used."""
        required = [repr(parameter.example) for parameter in self.required]
        optional = [f"{item.name}={_literal(item.example)}" for item in self.optional if item.example is not None]
        return ", ".join([*required, *(["data"] if self.body else []), *optional])

    @property
    def result_model(self) -> str | None:
        name = _item_type(self.result)
        return name if _is_model(name) else None


class Specification:
    """All operations and models of an OpenAPI document."""

    def __init__(self, path: Path) -> None:
        self._document: dict[str, Any] = yaml.safe_load(path.read_text("utf-8"))
        check(self._document)

    @cached_property
    def operations(self) -> list[Operation]:
        """The operations, by name."""
        return sorted(self._read_operations(), key=lambda operation: operation.name)

    @cached_property
    def models(self) -> list[Model]:
        """The models, in the order of the document."""
        sent = {operation.body.model for operation in self.operations if operation.body}
        schemas = self._document["components"]["schemas"]
        return [_model(name, schema, name in sent) for name, schema in schemas.items()]

    @property
    def result_models(self) -> set[str | None]:
        """The models that operations return."""
        return {operation.result_model for operation in self.operations}

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
        enum=enum or None,
        newer=newer[0] if newer else None,
        since=schema.get("x-since"),
    )


def _parameter(raw: dict[str, Any]) -> Parameter:
    types = raw["schema"]["type"]
    return Parameter(
        name=python_name(raw),
        wire_name=raw["name"],
        location=raw["in"],
        types=tuple(SCALARS[word] for word in (types if isinstance(types, list) else [types])),
        description=raw["description"],
        required=raw.get("required", False),
        example=raw.get("example"),
        known=tuple(raw["schema"].get("enum", ())),
    )


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
    return "datetime" if schema.get("format") == "date-time" else SCALARS[word]


def _item_type(type_name: str) -> str:
    return type_name.removeprefix("list[").removesuffix("]")


def _literal(value: Any) -> str:
    if isinstance(value, str) and value.isupper():  # credentials never stand in a program
        return f'os.environ["ELEMENTS_{value}"]'
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _is_model(type_name: str) -> bool:
    return type_name[:1].isupper()
