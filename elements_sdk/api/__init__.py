"""The API classes: one, `AuthApi`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elements_sdk.api.auth_api import AuthApi

if TYPE_CHECKING:
    from elements_sdk import pagination as pagination

__all__ = ["AuthApi"]

if not TYPE_CHECKING:

    def __getattr__(name: str) -> Any:
        if name != "pagination":  # which annotations name, and programs that read no list do without
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        from elements_sdk import pagination

        return pagination
