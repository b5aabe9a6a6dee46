"""The base of every model: declared properties, checks, equality, repr, plain values and back, pickling."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, Protocol, Self, dataclass_transform

from elements_sdk import models
from elements_sdk._utils.dates import parse_date, parse_datetime
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.plain import NOT_A_DATE, Bounds, fits, is_date, json_value, type_text
from elements_sdk._utils.redaction import Opaque, masked, reveal
from elements_sdk._utils.text import closest
from elements_sdk.exceptions import ApiTypeError, ApiValueError

if TYPE_CHECKING:
    from inspect import Signature


class ModelSettings(Protocol):
    """The settings of a `Configuration` that concern models: are rules checked, and is the undocumented dropped?"""

    @property
    def client_side_validation(self) -> bool: ...

    @property
    def discard_unknown_keys(self) -> bool: ...


_OWN = "__dict__"  # of a model's state: the attributes that a derived class has besides the properties


class ReadSettings(NamedTuple):
    """The settings that a model keeps of the client that read it, where they are not the defaults."""

    client_side_validation: bool = True
    discard_unknown_keys: bool = False
    strict_responses: bool = False

    @classmethod
    def of(cls, settings: object, **own: bool) -> ReadSettings | None:
        """Return what these settings say, be they a client's or out of any version's pickle; `None`: the defaults.

        :param own: what counts in place of that.
        """
        if not isinstance(settings, Mapping):
            settings = {name: getattr(settings, name, None) for name in cls._fields}
        said = {**settings, **own}
        read = cls(**{name: bool(said[name]) for name in cls._fields if said.get(name) is not None})
        return None if read == cls() else read


class Property(NamedTuple):
    """One declared property of a model: the rules for its values, and what the metaclass adds."""

    required: bool
    read_only: bool
    min_length: int | None
    max_length: int | None
    bounds: Bounds | None
    enum: tuple[str, ...] | None
    secret: bool
    newer: str  # the type that newer servers send in place of `type`; empty: they send the same
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
        if self.type == "date" and not is_date(value):
            return NOT_A_DATE
        if not (isinstance(value, Model | Mapping) if self.type in models.__all__ else fits(self.type, value)):
            return f"must be {self.type}, not {type(value).__name__}"
        if self.min_length is not None and len(value) < self.min_length:
            return f"must have at least {self.min_length} character(s), not {len(value)}"
        if self.max_length is not None and len(value) > self.max_length:
            return f"must have at most {self.max_length} characters, not {len(value)}"
        if self.enum is not None and value not in self.enum:
            return f"must be one of {', '.join(map(repr, self.enum))}"
        return self.bounds and self.bounds.problem(value)


def prop(
    *,
    default: Any = ...,
    read_only: bool = False,
    min_length: int | None = None,
    max_length: int | None = None,
    minimum: float | None = None,
    maximum: float | None = None,
    pattern: str | None = None,
    enum: tuple[str, ...] | None = None,
    secret: bool = False,
    newer: str = "",
) -> Any:
    """Declare a property of a model. Without `default=None` it is required."""
    given = Bounds(minimum, maximum, pattern)
    bounds = None if given == Bounds() else given
    return Property(default is ..., read_only, min_length, max_length, bounds, enum, secret, newer)


@dataclass_transform(kw_only_default=True, field_specifiers=(prop,))
class ModelType(type):
    """The metaclass that turns declared properties into slots behind attributes that check values.

    What is derived from a model has its properties too, and, as any class, room for attributes of its own.
    """

    if TYPE_CHECKING:
        _declared: dict[str, Property]
        openapi_types: dict[str, str]
        attribute_map: dict[str, str]

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any]) -> ModelType:
        given = {key: value for key, value in namespace.items() if isinstance(value, Property)}
        declared: dict[str, Property] = {}
        for base in reversed(bases):
            declared.update(getattr(base, "_declared", {}))
        if "__slots__" in namespace or not declared:
            slots = namespace.get("__slots__", ())
            own = (slots,) if isinstance(slots, str) else slots
            namespace["__slots__"] = (*own, *(f"_{key}" for key in given))
        made = super().__new__(mcs, name, bases, namespace)
        words = dict(re.findall(r":ivar (\w+): (.+)", made.__doc__ or ""))
        for key, value in given.items():
            kind = type_text(made.__annotations__[key]).replace("models.", "")
            kind = kind.removesuffix(" | None").removesuffix(f" | {value.newer}")
            declared[key] = value._replace(model=name, name=key, type=kind)
            setter, told = _checked_setter(declared[key]), words.get(key, "")
            setattr(made, key, property(attrgetter(f"_{key}"), setter, None, told[:1].upper() + told[1:]))
        made._declared = declared
        made.openapi_types = {key: declaration.type for key, declaration in declared.items()}
        made.attribute_map = {key: key for key in declared}
        return made

    @property
    def __signature__(cls) -> Signature:
        """The properties as keywords, and last what only the library gives."""
        if cls.__init__ is not Model.__init__:  # type: ignore[misc]
            raise AttributeError("__signature__")  # it has an `__init__` of its own
        from elements_sdk.models._shown import signature_of  # loaded late: `inspect` takes long

        return signature_of(cls)


def _checked_setter(declaration: Property) -> Callable[[Model, Any], None]:
    slot = f"_{declaration.name}"

    def assign(model: Model, value: Any) -> None:
        problem = declaration.problem(value) if model._is_checked() else None
        if problem:
            value = None  # it may be a secret, and the exception takes this frame along
            raise ApiValueError(problem)
        setattr(model, slot, value)

    return assign


if TYPE_CHECKING:

    class Kept:
        """What a model has besides its properties; each declares it last, as it is the last of its keywords."""

        local_vars_configuration: ModelSettings | None

else:
    Kept = object


class Model(Kept, metaclass=ModelType):
    """The base of every model. Instances compare by content, pickle, and show no secret in their repr."""

    __slots__ = ("__weakref__", "_additional_properties", "local_vars_configuration")
    _declared: ClassVar[dict[str, Property]]
    openapi_types: ClassVar[dict[str, str]]  # property -> type, as text
    attribute_map: ClassVar[dict[str, str]]  # property -> key in JSON

    if not TYPE_CHECKING:

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
        """What the server sent beyond the declared properties, as it came. It is sent along with the model, too."""
        if self._additional_properties is None:
            self._additional_properties: dict[str, Any] | None = {}
        return self._additional_properties

    def _newer(self, name: str, kind: str) -> Any:
        return _read(kind, self.additional_properties.get(name))

    def to_dict(self) -> dict[str, Any]:
        """Return the declared properties, models inside as dicts too. Secrets are shown: this is for programs."""
        return {name: _plain(getattr(self, name)) for name in self._declared}

    def to_json(self) -> str:
        """Return what `to_dict` returns as JSON, dates as ISO 8601. Secrets are shown: this is for programs.

        :raises ApiTypeError: a value that was assigned without being checked is not one that JSON has.
        """
        with Translated(BaseException, partial(_json_error, type(self).__name__)):  # the frames hold what is secret
            return json.dumps(self.to_dict(), default=json_value, allow_nan=False)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Make a model of the server's names and values, as in JSON or from `to_dict`, models inside of dicts too.

        As with a response, no rule is checked: what is missing is `None`, what is unknown is in
        `additional_properties`, and a value of another type than declared stays as it is. The constructor of a class
        of your own is not called.

        :raises ApiTypeError: the values are not in a dict.
        """
        given = Opaque(values)
        values = {}  # no local of a frame that raises holds a secret
        if not isinstance(reveal(given), Mapping):
            raise ApiTypeError(f"{cls.__name__}.from_dict takes a dict, not {type(reveal(given)).__name__}")
        with Translated(BaseException, without_frames):
            return cls.__new__(cls)._take(reveal(given))

    def _take(self, values: Mapping[str, Any]) -> Self:
        self.local_vars_configuration = None
        for name, key in self.attribute_map.items():
            setattr(self, f"_{name}", _read(self.openapi_types[name], values.get(key)))
        known = {*self.attribute_map.values()}
        self._additional_properties = {key: value for key, value in values.items() if key not in known} or None
        return self

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: Any) -> Any:
        """Let pydantic have this model as a field, and web frameworks as a body, which is checked, or as an answer."""
        from elements_sdk.models._shown import core_schema_of  # loaded late: pydantic asks

        return core_schema_of(cls, handler, problem_of_body)

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

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle keeps, by name, so that other versions can take it."""
        whole: Any = object.__getstate__(self)  # a pair, as there are slots: what is in `__dict__`, what in slots
        values: dict[str, Any] = {**(whole[0] or {}), **whole[1]}
        settings = ReadSettings.of(values.pop("local_vars_configuration", None))
        state = {key: values.pop(key, None) for key in (*map("_{}".format, self._declared), "_additional_properties")}
        state["local_vars_configuration"] = None if settings is None else settings._asdict()
        return {**state, _OWN: values} if values else state

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take what this version, another one or the 3.3 client has pickled; what this one does not know is kept."""
        left = Opaque(dict(state))
        state = {}  # no local of a frame that raises holds a secret
        with Translated(BaseException, without_frames):
            self._restore(reveal(left))

    def _restore(self, left: dict[str, Any]) -> None:
        self.local_vars_configuration = ReadSettings.of(left.pop("local_vars_configuration", None))
        own, additional = left.pop(_OWN, {}), left.pop("_additional_properties", None) or {}
        is_of_3_3 = left.pop("discriminator", self) is None
        for name, declared in self._declared.items():
            value = left.pop(f"_{name}", None)
            setattr(self, f"_{name}", _read(declared.type, additional.get(name)) if value is None else value)
        if is_of_3_3 and hasattr(self, "__dict__"):
            own = left
        else:
            additional = {**additional, **{key.removeprefix("_"): value for key, value in left.items()}}
        for name, value in own.items():
            setattr(self, name, value)
        self._additional_properties = {k: v for k, v in additional.items() if k not in self._declared} or None

    def _is_checked(self) -> bool:
        settings = self.local_vars_configuration
        return settings is None or settings.client_side_validation


def problem_of_body(model: type[Model], body: Model | Mapping[Any, Any], is_set: bool = True) -> str | None:
    """Return the rule of a model that a body breaks, be it a model or a plain dict; `None`: none.

    :param is_set: whether the caller sets it; of what only the server does, only the names are looked at.
    """
    if isinstance(body, Model):
        model = type(body)  # which may have properties of its own
    else:
        for name in body:
            if name not in model._declared:
                return _no_property(model, name)
    for name, declaration in model._declared.items():
        value = getattr(body, name) if isinstance(body, Model) else body.get(name)
        problem = declaration.problem(value) if is_set else None
        for inner in value if isinstance(value, list | tuple) else (value,):
            if problem is None and isinstance(inner, Mapping):
                kind = declaration.type.removeprefix("list[").removesuffix("]")
                sets = is_set and not declaration.read_only
                problem = problem_of_body(models.by_name(kind), inner, sets) if kind in models.__all__ else None
        if problem:
            return problem
    return None


def _misuse(model: type[Model], args: tuple[Any, ...], values: Mapping[str, Any]) -> str | None:
    names = tuple(model._declared)
    if len(args) > len(names):
        return f"{model.__name__} has {len(names)} properties, {len(args)} values were given"
    for name in values:
        if name not in model._declared:
            return _no_property(model, name)
        if name in names[: len(args)]:
            return f"{model.__name__}.{name} was given twice, by position and by name"
    return None


def _no_property(model: type[Model], name: object) -> str:
    meant = closest(name, model._declared)
    hint = f"did you mean {meant!r}?" if meant else f"it has {', '.join(model._declared)}"
    return f"{model.__name__} has no property {name!r}; {hint}"


def _read(declared: str, value: Any) -> Any:
    """Return a plain value as what is declared; what does not fit stays as it is."""
    if declared.startswith("list["):
        return [_read(declared[5:-1], item) for item in value] if isinstance(value, list | tuple) else value
    if declared in ("datetime", "date") and isinstance(value, str):
        try:
            return parse_datetime(value) if declared == "datetime" else parse_date(value)
        except ValueError:
            return value
    if declared in models.__all__ and isinstance(value, Mapping):
        return models.by_name(declared).from_dict(value)
    return value


def _json_error(name: str, error: BaseException) -> BaseException:
    if isinstance(error, TypeError | ValueError | RecursionError):
        return ApiTypeError(f"this {name} cannot be written as JSON: {error}")
    return without_frames(error)


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
