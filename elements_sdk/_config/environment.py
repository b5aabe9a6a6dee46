"""What the environment says about a server, for `Configuration.from_env`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from elements_sdk._config.validators import problem_of_header, problem_of_token
from elements_sdk._utils.errors import problem_of_file
from elements_sdk._utils.redaction import MaskedDict
from elements_sdk.exceptions import ApiValueError

# Variable -> the setting that it stands for.
_VARIABLES = {
    "ELEMENTS_HOST": "host",
    "ELEMENTS_USERNAME": "username",
    "ELEMENTS_PASSWORD": "password",
    "ELEMENTS_CA_FILE": "ssl_ca_cert",
    "ELEMENTS_CERT_FILE": "cert_file",
    "ELEMENTS_KEY_FILE": "key_file",
    "ELEMENTS_KEY_PASSWORD": "key_password",
    "ELEMENTS_PROXY": "proxy",
    "ELEMENTS_TIMEOUT": "timeout",
    "ELEMENTS_TOTAL_TIMEOUT": "total_timeout",
    "ELEMENTS_API_TOKEN": "api_key",
    "ELEMENTS_API_TOKEN_FILE": "refresh_api_key_hook",
}


class TokenFile:
    """An API token in a file, read again when the file changes. It serves as `refresh_api_key_hook`."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._seen: tuple[int, int, int] | None = None
        self._token = ""

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle keeps: where the token is, not the token."""
        return {"_path": self._path, "_seen": None, "_token": ""}

    def __call__(self, configuration: Any) -> None:
        """Put the token into a configuration.

        :raises ApiValueError: the file cannot be read, or holds no token.
        """
        problem = self._read()
        if problem:
            raise ApiValueError(f"ELEMENTS_API_TOKEN_FILE {problem}")
        configuration.api_key["Bearer"] = self._token

    def _read(self) -> str | None:
        """Read the file if it has changed; return what is wrong with it, if anything is."""
        try:
            status = os.stat(self._path)
            seen = (status.st_mtime_ns, status.st_size, status.st_ino)
            if seen != self._seen:
                self._token, self._seen = Path(self._path).read_text("utf-8-sig").strip(), seen
        except (OSError, ValueError) as error:
            return f"cannot be read: {problem_of_file(error)}"
        if not self._token:
            return "cannot be read: it is empty"
        problem = problem_of_header(self._token) or problem_of_token(self._token)
        return f"holds a token that {problem}" if problem else None


def settings_of_environment(environment: Mapping[str, str]) -> list[tuple[str, str, Any]]:
    """Return the variables that are set: name, setting, value.

    :raises ApiValueError: `ELEMENTS_HOST` is missing, both kinds of token are set, or a timeout is not a number.
    """
    given = MaskedDict({name: environment[name] for name in _VARIABLES if environment.get(name)})
    if "ELEMENTS_HOST" not in given:
        raise ApiValueError("ELEMENTS_HOST is not set; it is the server's address, as in https://storage.example.com")
    if {"ELEMENTS_API_TOKEN", "ELEMENTS_API_TOKEN_FILE"} <= given.keys():
        raise ApiValueError("ELEMENTS_API_TOKEN and ELEMENTS_API_TOKEN_FILE are both set; keep one")
    return [(name, _VARIABLES[name], _value(name, text)) for name, text in given.items()]


def _value(name: str, text: str) -> Any:
    if name == "ELEMENTS_API_TOKEN":
        problem = problem_of_header(text) or problem_of_token(text)
        if problem:
            raise ApiValueError(f"{name} {problem}")
        return {"Bearer": text}
    if name == "ELEMENTS_API_TOKEN_FILE":
        return TokenFile(text)
    if name == "ELEMENTS_TOTAL_TIMEOUT":
        return _numbers(name, text, 1, "a number of seconds")[0]
    if name == "ELEMENTS_TIMEOUT":
        numbers = _numbers(name, text, 2, "a number of seconds, or two: connect,read")
        return numbers[0] if len(numbers) == 1 else numbers
    return text


def _numbers(name: str, text: str, most: int, what: str) -> tuple[float, ...]:
    try:
        numbers = tuple(float(part) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not 0 < len(numbers) <= most:
        raise ApiValueError(f"{name} must be {what}")
    return numbers
