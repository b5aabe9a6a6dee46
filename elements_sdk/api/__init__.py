"""The API classes: one, `AuthApi`."""

from __future__ import annotations

from elements_sdk.api.auth_api import AuthApi

__all__ = ["AuthApi"]
