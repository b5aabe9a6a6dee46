"""Error bodies of Django REST Framework as sentences: as many as somebody may read, whatever the server sends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

from elements_sdk._http.budgets import ERROR_ENTRIES, ERROR_JSON, ERROR_PATH, ERROR_TEXT
from elements_sdk._http.echoes import Echoes
from elements_sdk._serialization.parse import UnexpectedJson, parse_json
from elements_sdk._utils.redaction import MASK, is_secret_name


def error_sentences(data: bytes, echoes: Echoes) -> tuple[str | None, dict[str, list[str]]]:
    """Read an error body of Django REST Framework: its `detail`, and its other sentences by field path.

    Sentences that belong to no field stand under the empty path. What is not JSON has none. What the request sent as a
    secret is masked.
    """
    try:
        value = parse_json(data) if len(data) <= ERROR_JSON else None
    except UnexpectedJson:
        return None, {}
    detail = None
    if isinstance(value, dict) and isinstance(value.get("detail"), str):
        value = dict(value)
        detail = echoes.mask(value.pop("detail"), ERROR_TEXT)
    errors: dict[str, list[str]] = {}
    left = ERROR_TEXT
    for path, sentence in islice(_sentences(value, ()), ERROR_ENTRIES):
        shown = echoes.mask(sentence, left)
        errors.setdefault(echoes.mask(".".join(path), ERROR_PATH), []).append(shown)
        left -= len(shown)
    return detail, errors


def _sentences(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield the sentences in nested dicts and lists with their paths; rows of a list that have none are `{}`."""
    if isinstance(value, dict):
        for key, item in value.items():
            # Sentences about a secret come in a list; a plain value under its name is the secret itself.
            is_secret = item is not None and not isinstance(item, dict | list) and is_secret_name(key)
            yield from _sentences(MASK if is_secret else item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _sentences(item, (*path, str(index)) if isinstance(item, dict | list) else path)
    elif value is not None:
        yield path, value if isinstance(value, str) else json.dumps(value)
