"""Signatures of the documented calls, keyword by keyword, made when somebody asks: `inspect` takes long to load."""

from __future__ import annotations

from functools import cached_property
from types import FunctionType
from typing import Any


def show_signatures(calls: type, *keywords: str) -> None:
    """Let `inspect` say which arguments the calls of a class need, and which keywords each takes."""
    for method in list(vars(calls).values()):
        if isinstance(method, FunctionType) and "options" in method.__annotations__:
            given: Any = () if "page_size" in (method.__kwdefaults__ or {}) else keywords
            method.__signature__ = _LateSignature(method, (*given, "_request_timeout"))  # type: ignore[attr-defined]


class _LateSignature:
    """What `inspect` takes for its `Signature`, and asks as such."""

    def __init__(self, method: FunctionType, keywords: tuple[str, ...]) -> None:
        self._method, self._keywords = method, keywords

    @property  # type: ignore[misc]
    def __class__(self) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        from inspect import Signature

        return Signature

    @cached_property
    def _made(self) -> Any:
        from inspect import Parameter, signature

        method = self._method
        plain = FunctionType(method.__code__, method.__globals__, argdefs=method.__defaults__)
        plain.__kwdefaults__, plain.__annotations__ = method.__kwdefaults__, method.__annotations__
        shown = signature(plain)
        *own, _options = shown.parameters.values()
        needed = [
            item.replace(default=item.empty, annotation=item.annotation.removesuffix(" | None"))
            for item in own
            if item.kind is item.POSITIONAL_OR_KEYWORD and item.default is None
        ]
        types = dict.fromkeys(self._keywords, "bool | None") | {"_request_timeout": "Seconds | None"}
        more = [Parameter(name, Parameter.KEYWORD_ONLY, default=None, annotation=kind) for name, kind in types.items()]
        named = {item.name: item for item in [*own, *needed, *more]}
        return shown.replace(parameters=list(named.values()))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._made, name)

    def __str__(self) -> str:
        return str(self._made)

    __repr__ = __str__

    def __eq__(self, other: object) -> bool:
        return bool(self._made == other)

    def __hash__(self) -> int:
        return hash(self._made)
