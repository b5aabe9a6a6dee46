"""Parameters and files as pairs of name and value, for queries and forms."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from elements_sdk._utils.errors import Translated, problem_of_file
from elements_sdk.exceptions import ApiValueError

Parameters = Mapping[str, Any] | Sequence[tuple[str, Any]]

_SEPARATORS = {"csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|"}


def parameters_to_tuples(params: Parameters, collection_formats: Mapping[str, str] | None) -> list[tuple[str, Any]]:
    """Turn parameters into pairs, lists among them joined (`csv`, `ssv`, `tsv`, `pipes`) or repeated (`multi`)."""
    formats = collection_formats or {}
    pairs: list[tuple[str, Any]] = []
    for name, value in dict(params).items() if isinstance(params, Mapping) else list(params):
        style = formats.get(name)
        if style is None:
            pairs.append((name, value))
        elif not isinstance(value, list | tuple):
            raise ApiValueError(f"{name} has a collection format, so it must be a list, not {type(value).__name__}")
        elif style == "multi":
            pairs += [(name, item) for item in value]
        else:
            pairs.append((name, _SEPARATORS.get(style, ",").join(str(item) for item in value)))
    return pairs


def files_parameters(files: Mapping[str, str | Sequence[str]] | None) -> list[tuple[str, tuple[str, bytes, str]]]:
    """Read files to upload: form field -> a path, or several.

    :raises ApiValueError: a file cannot be read.
    """
    parts = []
    for field, given in (files or {}).items():
        for path in [given] if isinstance(given, str | Path) else given or []:
            kind = mimetypes.guess_type(str(path))[0] or "application/octet-stream"
            with Translated((OSError, ValueError), partial(_unreadable, Path(path).name)):
                parts.append((field, (Path(path).name, Path(path).read_bytes(), kind)))
    return parts


def _unreadable(name: str, error: Exception) -> ApiValueError:
    return ApiValueError(f"the file to upload, {name}, cannot be read: {problem_of_file(error)}")
