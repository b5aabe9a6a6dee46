"""The parts of Configuration and ApiClient that only callers written for the 3.3 client use, as mix-ins."""

from __future__ import annotations

import base64
import logging
import sys
from collections.abc import Mapping, MutableMapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from elements_sdk._config.logging import log_handler
from elements_sdk._serialization.decode import from_json, type_name
from elements_sdk._serialization.encode import to_plain
from elements_sdk._serialization.parse import UnexpectedJson
from elements_sdk._utils.errors import Translated
from elements_sdk._version import __version__
from elements_sdk.exceptions import ApiKeyError, ResponseFormatError
from elements_sdk.models._base import ReadSettings


class LegacySettings:
    """The part of Configuration that this SDK does not need itself."""

    username: str | None
    password: str | None
    logger_format: str

    if TYPE_CHECKING:

        def get_api_key_with_prefix(self, identifier: str) -> str | None: ...

    def get_basic_auth_token(self) -> str:
        """Return the `Authorization` header of HTTP basic authentication with `username` and `password`."""
        pair = f"{self.username or ''}:{self.password or ''}"
        return "Basic " + base64.b64encode(pair.encode("utf-8")).decode("ascii")

    def auth_settings(self) -> dict[str, dict[str, Any]]:
        """Return the credentials by scheme, as they are sent. The key is shown: this is for programs."""
        value = self.get_api_key_with_prefix("Authorization")
        if value is None:
            return {}
        return {"Bearer": {"type": "api_key", "in": "header", "key": "Authorization", "value": value}}

    def to_debug_report(self) -> str:
        """Return what a bug report should say of the environment."""
        return (
            "Python SDK Debug Report:\n"
            f"OS: {sys.platform}\n"
            f"Python Version: {sys.version}\n"
            "Version of the API: 2\n"
            f"SDK Package Version: {__version__}"
        )

    def get_host_settings(self) -> list[dict[str, Any]]:
        """Return the servers that the API description names."""
        return [{"url": "http://localhost", "description": "The server this client is pointed at"}]

    def get_host_from_settings(self, index: int | None, variables: Mapping[str, str] | None = None) -> str:
        """Return the URL of a server of `get_host_settings`, variables in it filled in.

        :raises ApiKeyError: there is no such server.
        """
        servers = self.get_host_settings()
        number = 0 if index is None else index
        if not 0 <= number < len(servers):
            raise ApiKeyError(f"there is no server number {number}; there are {len(servers)}")
        return str(servers[number]["url"]).format(**(variables or {}))

    @property
    def logger(self) -> dict[str, logging.Logger]:
        """The loggers of this package and of urllib3, untouched."""
        return {"package_logger": logging.getLogger("elements_sdk"), "urllib3_logger": logging.getLogger("urllib3")}

    @property
    def logger_formatter(self) -> logging.Formatter:
        """A formatter by `logger_format`."""
        return logging.Formatter(self.logger_format)

    @property
    def logger_stream_handler(self) -> logging.StreamHandler[Any] | None:
        """The handler that prints the log to standard error, if `debug` has switched it on."""
        return None if self.logger_file_handler else log_handler.current

    @property
    def logger_file_handler(self) -> logging.FileHandler | None:
        """The handler that writes `logger_file`, if there is one."""
        return log_handler.current if isinstance(log_handler.current, logging.FileHandler) else None


class LegacyClient:
    """The part of ApiClient that this SDK does not need itself. What it needs in turn is loaded when it is called."""

    configuration: Any

    PRIMITIVE_TYPES: ClassVar[tuple[type, ...]] = (float, bool, bytes, str, int)
    NATIVE_TYPES_MAPPING: ClassVar[dict[str, type]] = {
        "long": int,
        **{kind.__name__: kind for kind in (int, float, str, bool, date, datetime, object)},
    }

    def sanitize_for_serialization(self, obj: Any) -> Any:
        """Turn models, dates and what holds them into plain values, as they go over the wire."""
        return to_plain(obj)

    def deserialize(self: Any, response: Any, response_type: str | type) -> Any:
        """Read the body of `response`, anything with `data` as text or bytes, as a type or the name of one.

        :raises ResponseFormatError: the body is not what `response_type` says.
        """
        with Translated(UnexpectedJson, lambda error: ResponseFormatError(reason=str(error))):
            settings = ReadSettings.of(self.configuration, client_side_validation=self.client_side_validation)
            return from_json(response.data, type_name(response_type), settings)

    def select_header_accept(self, accepts: Sequence[str]) -> str | None:
        """Choose the `Accept` header from what an endpoint offers."""
        if not accepts:
            return None
        return "application/json" if _offers_json(accepts) else ", ".join(accepts)

    def select_header_content_type(self, content_types: Sequence[str]) -> str:
        """Choose the `Content-Type` header from what an endpoint takes."""
        return "application/json" if not content_types or _offers_json(content_types) else content_types[0]

    def parameters_to_tuples(self, params: Any, collection_formats: Mapping[str, str] | None) -> list[tuple[str, Any]]:
        """Turn parameters into pairs; lists are joined or repeated as `collection_formats` says."""
        from elements_sdk._serialization.forms import parameters_to_tuples

        return parameters_to_tuples(params, collection_formats)

    def files_parameters(self, files: Mapping[str, Any] | None = None) -> list[tuple[str, tuple[str, bytes, str]]]:
        """Read files to upload into the parts of a form."""
        from elements_sdk._serialization.forms import files_parameters

        return files_parameters(files)

    def update_params_for_auth(
        self, headers: MutableMapping[str, str], querys: Any, auth_settings: Sequence[str] | None
    ) -> None:
        """Add the credentials of the schemes named to `headers`; none of ours goes into the query."""
        available = self.configuration.auth_settings() if auth_settings else {}
        for scheme in auth_settings or ():
            if scheme in available:
                headers[available[scheme]["key"]] = available[scheme]["value"]


def _offers_json(kinds: Sequence[str]) -> bool:
    return "application/json" in [kind.lower() for kind in kinds]
