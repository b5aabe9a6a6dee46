"""The few records that the templates need."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

BOUNDS = ("minimum", "maximum", "pattern")


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
    minimum: float | None
    maximum: float | None
    pattern: str | None
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
        names = ("read_only", "min_length", "max_length", *BOUNDS, "enum", "secret", "newer")
        values = {name: getattr(self, name) for name in names}
        rules += [f"{name}={value!r}" for name, value in values.items() if value is not None and value is not False]
        return ", ".join(rules)

    @property
    def model(self) -> str | None:
        """The model that is its value, or the item of its list."""
        name = item_type(self.type)
        return name if _is_model(name) else None

    @property
    def notes(self) -> str:
        """The rules in the words of the reference pages."""
        notes = [] if self.required else ["optional"]
        notes += ["may be null"] if self.nullable else []
        notes += ["read-only"] if self.read_only else []
        notes += [f"at least {self.min_length} character(s)"] if self.min_length else []
        notes += [f"at most {self.max_length} characters"] if self.max_length else []
        notes += _bound_notes(self)
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
    def dates(self) -> list[str]:
        """The classes of `datetime` that it holds."""
        return sorted({"date", "datetime"} & {item_type(item.type) for item in (*self.properties, *self.newer)})


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
    minimum: float | None
    maximum: float | None
    pattern: str | None

    @property
    def bounds(self) -> str:
        """The arguments of `Bounds`."""
        values = {name: getattr(self, name) for name in BOUNDS}
        return ", ".join(f"{name}={value!r}" for name, value in values.items() if value is not None)

    @property
    def notes(self) -> str:
        """What the reference pages say of it."""
        names = ", ".join(f"`{name}`" for name in self.known if not name.startswith("-"))
        notes = [] if self.required else ["optional"]
        notes += [f"sent as the header `{self.wire_name}`"] if self.location == "header" else []
        notes += _bound_notes(self)
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

    :ivar api: the class that has it.
    :ivar after: the operation that an example makes first.
    :ivar prints: an attribute of the result, and what an example prints of it.
    """

    name: str
    api: str
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
        name = item_type(self.result)
        return name if _is_model(name) else None


@dataclass(frozen=True)
class Tag:
    """The operations that make an API class.

    :ivar title: what stands before "API" where the class is described.
    """

    name: str
    title: str
    operations: tuple[Operation, ...]

    @property
    def api(self) -> str:
        """The name of the class: `media_root` makes `MediaRootApi`."""
        return api_class(self.name)

    @property
    def uses_date(self) -> bool:
        return any("date" in parameter.types for operation in self.operations for parameter in operation.parameters)

    @property
    def has_bounds(self) -> bool:
        return any(parameter.bounds for operation in self.operations for parameter in operation.parameters)


def api_class(tag: str) -> str:
    """Return the name of a tag's class."""
    return "".join(word.capitalize() for word in tag.split("_")) + "Api"


def _bound_notes(item: Property | Parameter) -> list[str]:
    """Return the bounds in the words of the reference pages."""
    values = {"at least": item.minimum, "at most": item.maximum}
    pattern = item.pattern and item.pattern.replace("|", "\\|")
    notes = [f"{words} {value}" for words, value in values.items() if value is not None]
    return [*notes, f"matches `{pattern}`"] if pattern else notes


def item_type(type_name: str) -> str:
    """Return the type of a list's items; any other type as it is."""
    return type_name.removeprefix("list[").removesuffix("]")


def _literal(value: Any) -> str:
    if isinstance(value, str) and value.isupper():  # credentials never stand in a program
        return f'os.environ["ELEMENTS_{value}"]'
    return json.dumps(value) if isinstance(value, str) else repr(value)


def _is_model(type_name: str) -> bool:
    return type_name[:1].isupper()
