"""JSON bytes -> plain values -> models, without any I/O.

Responses are read tolerantly: what is missing is `None`, what is unknown is kept, a value of another type than declared
stays as it came. Only the outermost value must be what was promised. Reading runs through one function a model, written
and compiled on first use, so that no type is looked at twice.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from elements_sdk import models
from elements_sdk._utils.dates import parse_date, parse_datetime
from elements_sdk.models._base import Model, ReadSettings

Reader = Callable[[Any, ReadSettings | None], Any]

_LIST, _PAGE, _DICT = r"(?i)list\[(.+)\]", r"page\[(.+)\]", r"(?i)dict[(\[]\s*[^,]+,\s*(.+)[)\]]"
_SPACES = " \t\n\r"
_VOWEL_SOUND = r"(?!One)[AEIOaeio]|[FHLMNRSX][A-Z]"  # of a type's name; that of OneTime... begins as "won"
_parse_at = json.JSONDecoder().raw_decode
_JSON_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (float, int),
    "datetime": (str,),
    "date": (str,),
}


class UnexpectedJson(ValueError):
    """A response that is not JSON, or not the JSON that was promised. Callers of the SDK get another exception."""


class Page(NamedTuple):
    """A page of a long list, as `"page[Ticket]"` is read.

    :ivar is_last: whether the server says that nothing follows; `None`: it says nothing about that.
    """

    entries: list[Any]
    is_last: bool | None


def parse_json(data: bytes | str) -> Any:
    """Read the JSON of a response.

    :raises UnexpectedJson: the data is not JSON, or nested too deeply.
    """
    try:
        return json.loads(_decoded(data))
    except (ValueError, RecursionError) as error:
        raise UnexpectedJson(f"the answer is not JSON ({type(error).__name__})") from None


def from_json(data: bytes | str, type_name: str, settings: ReadSettings | None = None) -> Any:
    """Read a response as a promised type: `"Ticket"`, `"list[Ticket]"`, `"dict(str, int)"`, `"datetime"`, `"object"`.

    `"page[Ticket]"` gives a `Page`, of a plain list as of an envelope.

    :raises UnexpectedJson: the data is something else.
    """
    if type_name == "str":
        return _read_text(data)
    if not data:
        if type_name == "object":
            return None
        raise UnexpectedJson(f"the answer is empty, {with_article(type_name)} was promised")
    is_page, type_name, read_item = _plan(type_name)
    items = None if read_item is None else _read_item_by_item(data, read_item, settings)
    if items is not None:
        return Page(items, None) if is_page else items
    value = parse_json(data)
    if type_name == "object":
        return value
    result = _read_promised(value, type_name, read_item is not None, settings)
    return Page(result, _is_last_page(value)) if is_page else result


def type_name(given: str | type) -> str:
    """Return the name of a type that is given as itself or by name.

    :raises ApiValueError: responses are not read as that type.
    """
    name = given.__name__ if isinstance(given, type) else given
    if name != "file":
        reader(name)
    return name


def without_page(type_name: str) -> str:
    """Return the type of the list that a page is a part of; other types stay as they are."""
    page_of = _inner(_PAGE, type_name)
    return f"list[{page_of}]" if page_of else type_name


def list_of(type_name: str) -> str | None:
    """Return the type of a list's items; `None` if the type is not a list."""
    return _inner(_LIST, type_name)


def dict_of(type_name: str) -> str | None:
    """Return the type of a dict's values; `None` if the type is not a dict."""
    return _inner(_DICT, type_name)


def _inner(pattern: str, type_name: str) -> str | None:
    found = None if type_name.isidentifier() else re.fullmatch(pattern, type_name)
    return found[1] if found else None


def _decoded(data: bytes | str) -> str:
    return data.removeprefix(codecs.BOM_UTF8).decode("utf-8") if isinstance(data, bytes) else data


def _next(text: str, position: int) -> int:
    """Return the position of the next character that is not white space."""
    while text[position] in _SPACES:
        position += 1
    return position


def _read_item_by_item(data: bytes | str, read: Reader, settings: ReadSettings | None) -> list[Any] | None:
    """Read a JSON list so that the plain values of one item are gone before the next is parsed.

    That is faster than parsing the whole list first, and takes half the memory. Whatever is not simply a list of
    objects returns `None` and is left to the ordinary way, with its error messages.
    """
    items: list[Any] = []
    try:
        text = _decoded(data)
        position = _next(text, 0)
        while text[position] == ("," if items else "["):
            value, position = _parse_at(text, _next(text, position + 1))
            items.append(read(value, settings))
            if text[position] in _SPACES:
                position = _next(text, position)
    except (ValueError, RecursionError, IndexError):
        return None
    return items if text[position:].rstrip() == "]" else None


def _read_text(data: bytes | str) -> str:
    """Return a JSON string, or else the body as it is."""
    try:
        value = parse_json(data)
    except UnexpectedJson:
        value = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return value if isinstance(value, str) else str(value)


def _read_promised(value: Any, type_name: str, is_list: bool, settings: ReadSettings | None) -> Any:
    kinds: tuple[type, ...] = _JSON_KINDS.get(type_name, (dict,))
    if is_list:
        value, kinds = list_in_envelope(value), (list,)
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise UnexpectedJson(f"the answer is {_kind(value)}, {with_article(type_name)} was promised")
    return reader(type_name)(value, settings)


def list_in_envelope(value: Any) -> Any:
    """Return the list in a page envelope of Django REST Framework; anything else stays as it is."""
    is_envelope = isinstance(value, dict) and isinstance(value.get("results"), list) and "count" in value
    return value["results"] if is_envelope else value


def _is_last_page(value: Any) -> bool | None:
    """Return whether an envelope has no next page; a plain list does not say. The URL in `next` is never used."""
    return value["next"] is None if isinstance(value, dict) and "next" in value else None


def with_article(noun: str) -> str:
    """Return a type's name with the article that goes with its sound: "a Ticket", "an int", "an LDAPServer"."""
    return f"{'an' if re.match(_VOWEL_SOUND, noun) else 'a'} {noun}"


def _kind(value: Any) -> str:
    names = {
        dict: "an object",
        list: "a list",
        str: "a text",
        bool: "a boolean",
        int: "a number",
        float: "a number",
    }
    return names.get(type(value), "null")


@cache
def reader(type_name: str) -> Reader:
    """Return the function that turns a plain value into what the type says, leaving alone what does not fit.

    :raises ApiValueError: there is no such type.
    """
    if item_type := list_of(type_name):
        return _list_reader(reader(item_type))
    if value_type := dict_of(type_name):
        return _dict_reader(reader(value_type))
    if type_name == "datetime":
        return lambda value, _settings: read_datetime(value)
    if type_name == "date":
        return lambda value, _settings: _read_or_keep(parse_date, value)
    if type_name in ("str", "int", "bool", "object", "float"):
        return lambda value, _settings: value
    return _model_reader(models.by_name(type_name))


@cache
def _plan(type_name: str) -> tuple[bool, str, Reader | None]:
    """Return whether a type is a page of a list, the type without that, and the reader of the list's items."""
    without = without_page(type_name)
    item_type = list_of(without)
    return without != type_name, without, reader(item_type) if item_type else None


def read_datetime(value: Any) -> Any:
    """Read a date with time; what cannot be read stays as it came."""
    return _read_or_keep(parse_datetime, value)


def _read_or_keep(parse: Callable[[str], Any], value: Any) -> Any:
    try:
        return parse(value)
    except (TypeError, ValueError):
        return value


def _list_reader(read: Reader) -> Reader:
    return lambda value, settings: [read(item, settings) for item in value] if isinstance(value, list) else value


def _dict_reader(read: Reader) -> Reader:
    return lambda value, settings: (
        {key: read(item, settings) for key, item in value.items()} if isinstance(value, dict) else value
    )


_MODEL_READER = """
def read(value, settings):
    if value.__class__ is not dict:
        return value
    model = new(cls)
    try:
{statements}
        model._additional_properties = None if len(value) == {count} else additional(value, settings)
    except KeyError:
        return read({{**absent, **value}}, settings)
    model.local_vars_configuration = settings
    return model
"""


def _model_reader(cls: type[Model]) -> Reader:
    """Write and compile the function that makes this model from a JSON object.

    It stores straight into the slots, past the checks of assignment.
    """
    scope: dict[str, Any] = {
        "cls": cls,
        "new": cls.__new__,
        "absent": dict.fromkeys(cls.openapi_types),
        "additional": _additional_reader(frozenset(cls.openapi_types)),
        "fromisoformat": datetime.fromisoformat,
        "read_datetime": read_datetime,
    }
    statements = [line for name, kind in cls.openapi_types.items() for line in _assignment(name, kind, scope)]
    source = _MODEL_READER.format(
        count=len(cls.openapi_types), statements="\n".join(f"        {line}" for line in statements)
    )
    exec(compile(source, f"<reader of {cls.__name__}>", "exec"), scope)
    compiled: Reader = scope["read"]
    return compiled


def _assignment(name: str, type_name: str, scope: dict[str, Any]) -> list[str]:
    """Return the statements that read one property; where nothing is to be converted it is stored as it came."""
    slot, item = f"model._{name}", f"value[{name!r}]"
    if type_name == "datetime":
        return [
            f"item = {item}",
            "try:",
            f"    {slot} = None if item is None else fromisoformat(item)",
            "except (TypeError, ValueError):",
            f"    {slot} = read_datetime(item)",
        ]
    listed = list_of(type_name)
    item_type = listed or type_name
    if item_type in _JSON_KINDS:
        return [f"{slot} = {item}"]
    read = f"read_{item_type}"
    scope[read] = reader(item_type)
    if listed:
        return [
            f"items = {item}",
            f"{slot} = [{read}(item, settings) for item in items] if items.__class__ is list else items",
        ]
    return [f"{slot} = {read}({item}, settings)"]


def _additional_reader(names: frozenset[str]) -> Reader:
    def additional(value: dict[str, Any], settings: ReadSettings | None) -> dict[str, Any] | None:
        if settings is not None and settings.discard_unknown_keys:
            return None
        return {key: item for key, item in value.items() if key not in names} or None

    return additional
