"""The Python client for the authentication API of ELEMENTS media-storage servers.

Names are loaded when they are first used, so that `import elements_sdk` costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from elements_sdk import models
from elements_sdk._version import __version__ as __version__

if TYPE_CHECKING:
    from elements_sdk._operations.operation import ApiResponse, CallOptions
    from elements_sdk.api import *
    from elements_sdk.api_client import ApiClient
    from elements_sdk.configuration import Configuration
    from elements_sdk.exceptions import *
    from elements_sdk.models import *
    from elements_sdk.retry import RetryPolicy
    from elements_sdk.session import Session

__all__ = [
    "ApiAttributeError",
    "ApiClient",
    "ApiConnectionError",
    "ApiException",
    "ApiKeyError",
    "ApiResponse",
    "ApiTimeoutError",
    "ApiTypeError",
    "ApiValueError",
    "BadRequestException",
    "CallOptions",
    "Configuration",
    "ConflictException",
    "CsrfError",
    "DeadlineExceeded",
    "ForbiddenException",
    "IncompleteBody",
    "InsecureTransportWarning",
    "LoginFailed",
    "NotFoundException",
    "OpenApiException",
    "PagingError",
    "ProxyError",
    "RedirectError",
    "ResponseFormatError",
    "ResponseTooLarge",
    "RetryPolicy",
    "ServiceException",
    "Session",
    "SessionExpired",
    "TlsError",
    "TooManyRequestsException",
    "UnauthorizedException",
    "UnprocessableEntityException",
]
__all__ += models.__all__
# API classes: generated
__all__ += ["AuthApi"]
# API classes: end

if not TYPE_CHECKING:
    _MODULES = {
        "ApiClient": "api_client",
        "ApiResponse": "_operations.operation",
        "CallOptions": "_operations.operation",
        "Configuration": "configuration",
        "RetryPolicy": "retry",
        "Session": "session",
    }

    def __getattr__(name: str) -> Any:
        if name in models.__all__:
            value = getattr(models, name)
        elif name in __all__:
            module = _MODULES.get(name, "api" if name.endswith("Api") else "exceptions")
            value = getattr(import_module(f"{__name__}.{module}"), name)
        else:
            value = _module(name)
        if value is None:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        globals()[name] = value
        return value

    def _module(name: str) -> Any:
        if name.startswith("_") or not name.isidentifier():
            return None
        try:
            return import_module(f"{__name__}.{name}")
        except Exception as error:
            if isinstance(error, ModuleNotFoundError) and error.name == f"{__name__}.{name}":
                return None
            raise AttributeError(f"{name} cannot be imported: {error}") from error  # so that hasattr works

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
