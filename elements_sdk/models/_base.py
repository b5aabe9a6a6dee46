"""The base of every model: declared properties, checks, equality, repr, to_dict, pickling."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, dataclass_transform

from elements_sdk._utils.redaction import Opaque, masked, reveal
from elements_sdk.exceptions import ApiTypeError, ApiValueError


class ModelSettings(Protocol):
    """The two settings of a `Configuration` that concern models."""

    @property
    def client_side_validation(self) -> bool:
        """Whether values are compared with the rules of their properties."""
        ...

    @property
    def discard_unknown_keys(self) -> bool:
        """Whether undocumented properties are dropped."""
        ...


class ReadSettings(NamedTuple):
    """The settings that a model keeps of the client that read it, where they are not the defaults."""

    client_side_validation: bool = True
    discard_unknown_keys: bool = False
    strict_responses: bool = False


class Property(NamedTuple):
    """One declared property of a model: the rules for its values, and what the metaclass adds."""

    required: bool
    read_only: bool
    min_length: int | None
    max_length: int | None
    enum: tuple[str, ...] | None
    secret: bool
    model: str = ""
    name: str = ""
    type: str = ""

    def problem(self, value: Any) -> str | None:
        """Return model, property and the rule that a value breaks, never the value; `None` if it breaks none."""
        rule = self._broken_rule(value)
        return f"{self.model}.{self.name} {rule}" if rule else None

    def _broken_rule(self, value: Any) -> str | None:
        if value is None:
            return "is required" if self.required else None
        if self.read_only:  # only the server sets it
            return None
        if not _fits(self.type, value):
            return f"must be {self.type}, not {type(value).__name__}"
        if self.min_length is not None and len(value) < self.min_length:
            return f"must have at least {self.min_length} character(s), not {len(value)}"
        if self.max_length is not None and len(value) > self.max_length:
            return f"must have at most {self.max_length} characters, not {len(value)}"
        if self.enum is not None and value not in self.enum:
            return f"must be one of {', '.join(map(repr, self.enum))}"
        return None


def prop(
    *,
    default: Any = ...,
    read_only: bool = False,
    min_length: int | None = None,
    max_length: int | None = None,
    enum: tuple[str, ...] | None = None,
    secret: bool = False,
) -> Any:
    """Declare a property of a model. Without `default=None` it is required."""
    return Property(default is ..., read_only, min_length, max_length, enum, secret)


@dataclass_transform(kw_only_default=True, field_specifiers=(prop,))
class ModelType(type):
    """The metaclass that turns declared properties into slots behind attributes that check values."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelType:
        types = namespace.get("__annotations__", {})
        declared = {
            key: value._replace(model=name, name=key, type=types[key].removesuffix(" | None"))
            for key, value in namespace.items()
            if isinstance(value, Property)
        }
        for key, declaration in declared.items():
            namespace[key] = property(attrgetter(f"_{key}"), _checked_setter(declaration))
        namespace["__slots__"] = (*namespace.get("__slots__", ()), *(f"_{key}" for key in declared))
        namespace["_declared"] = declared
        namespace["openapi_types"] = {key: declaration.type for key, declaration in declared.items()}
        namespace["attribute_map"] = {key: key for key in declared}
        return super().__new__(mcs, name, bases, namespace)


def _checked_setter(declaration: Property) -> Callable[[Model, Any], None]:
    slot = f"_{declaration.name}"

    def assign(model: Model, value: Any) -> None:
        problem = declaration.problem(value) if model._is_checked() else None
        if problem:
            value = None  # it may be a secret, and the exception takes this frame along
            raise ApiValueError(problem)
        setattr(model, slot, value)

    return assign


class Model(metaclass=ModelType):
    """The base of every model. Instances compare by content, pickle, and show no secret in their repr."""

    __slots__ = ("_additional_properties", "local_vars_configuration")
    _declared: ClassVar[dict[str, Property]]
    openapi_types: ClassVar[dict[str, str]]  # property -> type, as text
    attribute_map: ClassVar[dict[str, str]]  # property -> key in JSON

    if TYPE_CHECKING:
        local_vars_configuration: ModelSettings | None = prop(default=None)
    else:

        def __init__(self, *args: Any, **values: Any) -> None:
            """Set properties by name, or by position in the order of declaration.

            :raises ApiValueError: a required property is missing, or a value breaks a rule.
            :raises ApiTypeError: a property does not exist.
            """
            self._additional_properties = None
            self.local_vars_configuration = values.pop("local_vars_configuration", None)
            for name in self._declared:
                setattr(self, f"_{name}", None)
            misuse = _misuse(type(self), args, values)
            given = Opaque(dict(zip(self._declared, args, strict=False), **values))
            args, values = (), {}  # no local of a frame that raises holds a secret
            if misuse:
                raise ApiTypeError(misuse)
            for name in self._declared:
                setattr(self, name, reveal(given).get(name))

    @property
    def additional_properties(self) -> dict[str, Any]:
        """What the server sent beyond the declared properties, as it came."""
        if self._additional_properties is None:
            self._additional_properties: dict[str, Any] | None = {}
        return self._additional_properties

    def to_dict(self) -> dict[str, Any]:
        """Return the declared properties, models inside as dicts too. Secrets are shown: this is for programs."""
        return {name: _plain(getattr(self, name)) for name in self._declared}

    def to_str(self) -> str:
        """Return the declared properties as text for people, secrets as `'***'`."""
        from pprint import pformat  # loaded late: it brings much along

        return pformat(_shown(self))

    def __repr__(self) -> str:
        return self.to_str()

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return _content(self) == _content(other)

    __hash__ = None  # type: ignore[assignment]  # content can change, so it cannot be a key

    def _is_checked(self) -> bool:
        settings = self.local_vars_configuration
        return settings is None or settings.client_side_validation


def problem_of_body(model: type[Model], body: Model | Mapping[Any, Any]) -> str | None:
    """Return the rule of a model that a body breaks, be it a model or a plain dict; `None`: none. Unknown keys pass."""
    for name, declaration in model._declared.items():
        value = getattr(body, name) if isinstance(body, Model) else body.get(name)
        problem = declaration.problem(value)
        if problem:
            return problem
    return None


def _misuse(model: type[Model], args: tuple[Any, ...], values: Mapping[str, Any]) -> str | None:
    names = tuple(model._declared)
    if len(args) > len(names):
        return f"{model.__name__} has {len(names)} properties, {len(args)} values were given"
    for name in values:
        if name not in model._declared:
            return f"{model.__name__} has no property {name!r}; it has {', '.join(names)}"
        if name in names[: len(args)]:
            return f"{model.__name__}.{name} was given twice, by position and by name"
    return None


def _fits(declared: str, value: Any) -> bool:
    if declared == "str":
        return isinstance(value, str)
    if declared == "bool":
        return isinstance(value, bool)
    if declared == "int":
        if isinstance(value, str):  # digits as text go over the wire as well, and programs pass them from argv
            return re.fullmatch(r"-?[0-9]+", value) is not None
        return isinstance(value, int) and not isinstance(value, bool)
    if declared == "datetime":
        return isinstance(value, datetime | str)
    if declared.startswith("list["):
        return isinstance(value, list | tuple)
    return isinstance(value, Model | Mapping)


def _plain(value: Any) -> Any:
    if isinstance(value, Model):
        return value.to_dict()
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _shown(value: Any) -> Any:
    if isinstance(value, Model):
        given = ((declared, getattr(value, name)) for name, declared in value._declared.items())
        return {declared.name: masked(item) if declared.secret else _shown(item) for declared, item in given}
    if isinstance(value, list | tuple):
        return [_shown(item) for item in value]
    return value


def _content(model: Any) -> list[Any]:
    return [model.additional_properties, *(getattr(model, name) for name in model._declared)]
