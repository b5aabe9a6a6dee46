"""JSON bytes -> plain values -> models, without any I/O.

Responses are read tolerantly: what is missing is `None`, what is unknown is kept, a value of another type than declared
stays as it came. Only the outermost value must be what was promised. Reading runs through one function a model, written
and compiled on first use, so that no type is looked at twice.

What a response may cost is bounded before it is parsed (`_http/budgets.py`), and reading stops after each thousand
entries, nested ones too, for whoever looks at the clock.
"""

from __future__ import annotations

import json
import linecache
import re
from codecs import BOM_UTF8
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from datetime import datetime
from functools import cache, partial
from typing import Any

from elements_sdk import models
from elements_sdk._http.budgets import ENTRIES_AT_A_TIME, JSON_DEPTH
from elements_sdk._serialization.parse import UnexpectedJson, brackets_in, check_size, is_deep, parse_json
from elements_sdk._utils.dates import parse_date, parse_datetime
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.plain import type_text
from elements_sdk._utils.sync import run
from elements_sdk.exceptions import ApiValueError
from elements_sdk.models._base import Model, ReadSettings

Reader = Callable[[Any, ReadSettings | None], Any]
Rest = Callable[[], Awaitable[None]]

_SPACES = " \t\n\r"
_parse_at = json.JSONDecoder().raw_decode
_LIST, _PAGE, _DICT = r"(?i)list\[(.+)\]", r"page\[(.+)\]", r"(?i)dict[(\[]\s*[^,]+,\s*(.+)[)\]]"
_COUNTED_AHEAD = 8_192  # characters of a list, so that brackets need not be counted for each item by itself
_VOWEL_SOUND = r"(?!One)[AEIOaeio]|[FHLMNRSX][A-Z]"  # of a type's name; that of OneTime... begins as "won"
_NAMES = {dict: "an object", list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
_JSON_KINDS: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "int": (int,),
    "bool": (bool,),
    "float": (float, int),
    "datetime": (str,),
    "date": (str,),
    "object": (object, bool),
}


class Page(list[Any]):
    """A page of a long list, as `"page[Ticket]"` is read.

    :ivar is_last: whether the server says that nothing follows; `None`: it says nothing about that.
    :ivar plain: the entries as they came, where these were made of them.
    """

    plain: list[Any] | None = None

    def __init__(self, entries: list[Any], is_last: bool | None) -> None:
        super().__init__(entries)
        self.is_last = is_last


def from_json(data: bytes | str, type_name: str, settings: ReadSettings | None = None) -> Any:
    """Read a response in one go; see `read_json`.

    :raises UnexpectedJson: the data is something else.
    """
    return run(read_json(data, type_name, settings))


async def no_rest() -> None:
    """Go on at once."""


async def read_json(
    data: bytes | str,
    type_name: str,
    settings: ReadSettings | None = None,
    most: int | None = None,
    rest: Rest = no_rest,
) -> Any:
    """Read a response as a promised type: `"Ticket"`, `"list[Ticket]"`, `"dict(str, int)"`, `"datetime"`, `"object"`.

    `"page[Ticket]"` gives a `Page`, of a plain list as of an envelope.

    :param most: the limit of bytes that the number of values goes by; `None`: any number.
    :param rest: awaited after each thousand entries.
    :raises UnexpectedJson: the data is something else.
    """
    if type_name == "str":
        return _read_text(data, most)
    if not data:
        if type_name == "object":
            return None
        raise UnexpectedJson(f"the answer is empty, {with_article(type_name)} was promised")
    is_page, name, kinds, read, read_item = _plan(type_name)
    is_long = len(data) > ENTRIES_AT_A_TIME
    if is_long:
        _postponed.set([])
    try:
        if read_item is not None:
            check_size(data, most)
            most, items = None, await _read_item_by_item(data, read_item, settings, rest)
            if items is not None:
                return Page(items, None) if is_page else items
        whole = parse_json(data, most)
        value = whole if read_item is None else list_in_envelope(whole)
        if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
            raise UnexpectedJson(f"the answer is {_NAMES.get(type(value), 'null')}, {with_article(name)} was promised")
        promised = read(value, settings)
        if _postponed.get():
            await _catch_up(settings, rest)
        return Page(promised, _is_last_page(whole)) if is_page else promised
    finally:
        if is_long:
            _postponed.set(None)  # `reset` fails in a coroutine that is closed in another context


def type_name(given: str | type) -> str:
    """Return the name of a type that is given as itself, `list[Ticket]`, or by name, `"list[Ticket]"`.

    :raises ApiValueError: responses are not read as that type.
    """
    what = "responses are read as a type or the name of one"
    with Translated(TypeError, lambda error: ApiValueError(f"{what}, and {error}")):
        name = type_text(given)
    if name != "file":
        reader(name)
    return name


def without_page(type_name: str) -> str:
    """Return the type of the list that a page is a part of; other types stay as they are."""
    page_of = _inner(_PAGE, type_name)
    return f"list[{page_of}]" if page_of else type_name


def _inner(pattern: str, type_name: str) -> str | None:
    """Return the type of the items, or values, of a kind of type; `None`: the type is of another kind."""
    found = None if type_name.isidentifier() else re.fullmatch(pattern, type_name)
    return found[1] if found else None


list_of, dict_of = partial(_inner, _LIST), partial(_inner, _DICT)


async def _read_item_by_item(
    data: bytes | str, read: Reader, settings: ReadSettings | None, rest: Rest
) -> list[Any] | None:
    """Read a JSON list so that the plain values of a few items are gone before the next are parsed.

    That is faster than parsing the whole list first, and takes half the memory. Whatever is not simply a list returns
    `None` and is left to the ordinary way, with its error messages.
    """
    items: list[Any] = []
    counted = brackets = entries = 0  # brackets up to where they are counted; entries since the last rest, nested too
    try:
        text = data if isinstance(data, str) else data.removeprefix(BOM_UTF8).decode()
        position = _next_sign(text, 0)
        if text[position] != "[":
            return None
        while text[position] != "]":
            begin = _next_sign(text, position + 1)
            value, position = _parse_at(text, begin)
            if text[position] in _SPACES:
                position = _next_sign(text, position)
            if text[position] not in ",]":
                return None
            if position > counted:
                counted = position + _COUNTED_AHEAD
                brackets = brackets_in(text[begin:counted])
                entries += brackets
                if entries > ENTRIES_AT_A_TIME:
                    entries = brackets
                    await rest()
                    await _catch_up(settings, rest)
            if brackets > JSON_DEPTH and position - begin > 2 * JSON_DEPTH and is_deep(value):
                return None
            items.append(read(value, settings))
    except (ValueError, RecursionError, IndexError):
        return None
    await _catch_up(settings, rest)
    return None if text[position + 1 :].strip(_SPACES) else items


def _next_sign(text: str, position: int) -> int:
    """Return the position of the next character that is not white space."""
    while text[position] in _SPACES:
        position += 1
    return position


# Long lists inside of what is being read, and what reads their items: done when there is time for a rest.
_postponed: ContextVar[list[tuple[Reader, list[Any]]] | None] = ContextVar("postponed", default=None)


def _read_many(read: Reader, items: list[Any], settings: ReadSettings | None) -> list[Any]:
    """Put what is read of the items of a list in their place; for a long one later."""
    postponed = _postponed.get()
    if postponed is not None and len(items) > ENTRIES_AT_A_TIME:
        postponed.append((read, items))
        return items
    for index, item in enumerate(items):
        items[index] = read(item, settings)
    return items


async def _catch_up(settings: ReadSettings | None, rest: Rest) -> None:
    postponed = _postponed.get()
    while postponed:
        read, items = postponed.pop()
        for index, item in enumerate(items):
            items[index] = read(item, settings)
            if index % ENTRIES_AT_A_TIME == 0:
                await rest()


def _read_text(data: bytes | str, most: int | None) -> str:
    """Return a JSON string, or else the body as it is."""
    try:
        value = parse_json(data, most)
    except UnexpectedJson:
        value = data.decode("utf-8", "replace") if isinstance(data, bytes) else data
    return value if isinstance(value, str) else str(value)


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


@cache
def reader(type_name: str) -> Reader:
    """Return the function that turns a plain value into what the type says, leaving alone what does not fit.

    :raises ApiValueError: there is no such type.
    """
    if item_type := list_of(type_name):
        return partial(_read_list, reader(item_type))
    if value_type := dict_of(type_name):
        return partial(_read_dict, reader(value_type))
    if type_name in ("datetime", "date"):
        return partial(_read_or_keep, parse_datetime if type_name == "datetime" else parse_date)
    if type_name in _JSON_KINDS:
        return lambda value, _settings: value
    return _model_reader(models.by_name(type_name))


@cache
def _plan(type_name: str) -> tuple[bool, str, tuple[type, ...], Reader, Reader | None]:
    """Return how a type is read: whether as a page, its list's name, the kinds of its JSON, its reader, its items'."""
    without = without_page(type_name)
    item_type = list_of(without)
    kinds = (list,) if item_type else _JSON_KINDS.get(without, (dict,))
    return without != type_name, without, kinds, reader(without), reader(item_type) if item_type else None


def _read_or_keep(parse: Callable[[str], Any], value: Any, _settings: ReadSettings | None = None) -> Any:
    try:
        return parse(value)
    except (TypeError, ValueError):
        return value


def _read_list(read: Reader, value: Any, settings: ReadSettings | None) -> Any:
    return _read_many(read, value, settings) if isinstance(value, list) else value


def _read_dict(read: Reader, value: Any, settings: ReadSettings | None) -> Any:
    return {key: read(item, settings) for key, item in value.items()} if isinstance(value, dict) else value


_MODEL_READER = """
def read(value, settings):
    if value.__class__ is not dict:
        return value
    model = new(cls)
    try:
{statements}
        model._additional_properties = None if len(value) == {count} else additional(value, settings, absent)
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
        "additional": _additional,
        "fromisoformat": datetime.fromisoformat,
        "read_datetime": partial(_read_or_keep, parse_datetime),
        "read_many": _read_many,
    }
    statements = [line for name, kind in cls.openapi_types.items() for line in _assignment(name, kind, scope)]
    source = _MODEL_READER.format(
        count=len(cls.openapi_types), statements="\n".join(f"        {line}" for line in statements)
    )
    name = f"<reader of {cls.__name__}>"
    linecache.cache[name] = len(source), None, source.splitlines(keepends=True), name  # for tracebacks and debuggers
    exec(compile(source, name, "exec"), scope)
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
    if item_type in _JSON_KINDS and item_type not in ("datetime", "date"):
        return [f"{slot} = {item}"]
    read = f"read_as_{item_type}"
    scope[read] = reader(item_type)
    if listed:
        return [
            f"items = {slot} = {item}",
            "if items.__class__ is not list:",
            "    pass",
            f"elif items[{ENTRIES_AT_A_TIME}:]:",  # in place of `len`, which would be a call for each list
            f"    read_many({read}, items, settings)",
            "else:",
            "    for index, item in enumerate(items):",
            f"        items[index] = {read}(item, settings)",
        ]
    return [f"{slot} = {read}({item}, settings)"]


def _additional(value: dict[str, Any], settings: ReadSettings | None, known: dict[str, None]) -> dict[str, Any] | None:
    if settings is not None and settings.discard_unknown_keys:
        return None
    return {key: item for key, item in value.items() if key not in known} or None
