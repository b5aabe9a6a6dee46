"""The names that programs written for the 3.3 client import from here."""

from __future__ import annotations

from elements_sdk.exceptions import ApiConnectionError, ApiException, ApiTypeError, ApiValueError

__all__ = ["ApiConnectionError", "ApiException", "ApiTypeError", "ApiValueError"]
