"""Error bodies of Django REST Framework as sentences."""

from __future__ import annotations

import json
from typing import Any

from elements_sdk._serialization.decode import UnexpectedJson, parse_json
from elements_sdk._utils.redaction import MASK, SECRET_NAMES


def error_sentences(data: bytes) -> tuple[str | None, dict[str, list[str]]]:
    """Read an error body of Django REST Framework: its `detail`, and its other sentences by field path.

    Sentences that belong to no field stand under the empty path. What is not JSON has none.
    """
    try:
        value = parse_json(data)
    except UnexpectedJson:
        return None, {}
    detail = None
    if isinstance(value, dict) and isinstance(value.get("detail"), str):
        value = dict(value)
        detail = value.pop("detail")
    errors: dict[str, list[str]] = {}
    try:
        _collect(value, "", errors)
    except RecursionError:  # since Python 3.12 json reads deeper than Python code can recurse
        return detail, {}
    return detail, errors


def _collect(value: Any, path: str, errors: dict[str, list[str]]) -> None:
    """Collect the sentences in nested dicts and lists; rows of a list that have none are `{}`."""
    if isinstance(value, dict):
        for key, item in value.items():
            # Sentences about a secret come in a list; a plain text under its name is the secret itself.
            is_secret = str(key).lower() in SECRET_NAMES and isinstance(item, str)
            _collect(MASK if is_secret else item, f"{path}.{key}" if path else str(key), errors)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            _collect(item, path if not isinstance(item, dict | list) else f"{path}.{index}".lstrip("."), errors)
    elif value is not None:
        errors.setdefault(path, []).append(value if isinstance(value, str) else json.dumps(value))
