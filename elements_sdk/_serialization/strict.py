"""The comparison of responses with what the models say, for `strict_responses`."""

from __future__ import annotations

from typing import Any

from elements_sdk import models
from elements_sdk._serialization.decode import dict_of, list_in_envelope, list_of, reader, with_article, without_page
from elements_sdk.models._base import Model

_KINDS: dict[str, tuple[type, ...]] = {"str": (str,), "int": (int,), "bool": (bool,), "float": (float, int)}


def first_mismatch(value: Any, type_name: str) -> str | None:
    """Return the first mismatch with a type, as in `[3].expires is not a datetime`. The value is not shown."""
    type_name = without_page(type_name)
    if list_of(type_name):
        value = list_in_envelope(value)
    problem = _mismatch(value, type_name, "")
    return f"it{problem}" if problem and problem.startswith(" ") else problem


def _mismatch(value: Any, type_name: str, path: str) -> str | None:
    if item_type := list_of(type_name):
        if not isinstance(value, list):
            return f"{path} is not a list"
        found = (_mismatch(item, item_type, f"{path}[{index}]") for index, item in enumerate(value))
        return next(filter(None, found), None)
    if value_type := dict_of(type_name):
        if not isinstance(value, dict):
            return f"{path} is not an object"
        found = (_mismatch(item, value_type, f"{path}[{key!r}]") for key, item in value.items())
        return next(filter(None, found), None)
    if type_name in ("datetime", "date"):
        fits = not isinstance(reader(type_name)(value, None), type(value))
        return None if fits else f"{path} is not a {type_name}"
    if type_name in _KINDS:
        fits = isinstance(value, _KINDS[type_name]) and (type_name == "bool" or not isinstance(value, bool))
        return None if fits else f"{path} is not {with_article(type_name)}"
    return None if type_name == "object" else _mismatch_in_model(value, models.by_name(type_name), path)


def _mismatch_in_model(value: Any, model: type[Model], path: str) -> str | None:
    """Compare an object with a model. Unknown properties, and optional ones that are missing, are no mismatch."""
    if not isinstance(value, dict):
        return f"{path} is not {with_article(model.__name__)}"
    for name, declared in model._declared.items():
        item_path = f"{path}.{name}" if path else name
        item = value.get(name)
        if item is None:
            problem = f"{item_path} is missing" if declared.required else None
        elif declared.enum is not None and item not in declared.enum:
            problem = f"{item_path} is none of {', '.join(map(repr, declared.enum))}"
        else:
            problem = _mismatch(item, declared.type, item_path)
            if problem and declared.newer and not _mismatch(item, declared.newer, item_path):
                problem = None
        if problem:
            return problem
    return None
