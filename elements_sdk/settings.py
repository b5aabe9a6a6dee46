"""The settings of a Configuration: what each accepts, and what it is if nothing is said."""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

import six

from elements_sdk.exceptions import ApiValueError
from elements_sdk.redaction import MaskedDict

_LONGEST_WAIT = 366 * 24 * 3600  # seconds; what the operating system takes is limited too


def origin(url: str) -> str:
    """Scheme, host and port of a URL: `https://storage.example.com:443`."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def is_insecure(url: str) -> bool:
    """Whether what is sent there can be read on the way: plain http to anything but this machine."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.scheme == "https" or host == "localhost" or host.endswith(".localhost"):
        return False
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return True


def checked_timeout(name: str, value: Any) -> float | tuple[float, float]:
    """Check a time limit: seconds, or a pair of seconds.

    :raises ApiValueError: it is neither.
    """
    if isinstance(value, tuple | list) and len(value) == 2:
        return (_seconds(name, value[0]), _seconds(name, value[1]))
    return _seconds(name, value)


def _seconds(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value <= _LONGEST_WAIT:
        raise ApiValueError(f"{name} must be a positive number of seconds, or a pair (connect, read) of them")
    return float(value)


def _timeout_pair(name: str, value: Any) -> tuple[float, float]:
    limits = checked_timeout(name, value)
    return limits if isinstance(limits, tuple) else (limits, limits)


def checked_host(name: str, value: Any) -> str:
    """Check the address of a server, and write it as browsers do: scheme and name in lower case, no usual port.

    :raises ApiValueError: it is none. What was given is not shown: it may hold a password.
    """
    text = checked_url(name, value)
    if "?" in text or "#" in text:
        raise ApiValueError(f"{name} must not hold a query or fragment, as in https://storage.example.com")
    parts = urlsplit(text)
    usual = ":443" if parts.scheme == "https" else ":80"
    return origin(text).removesuffix(usual) + parts.path.rstrip("/")


def checked_url(name: str, value: Any) -> str:
    """Check an address of the web.

    :raises ApiValueError: it is none. What was given is not shown: it may hold a password.
    """
    text = _text(name, value)
    problem = _problem_of_url(text)
    if problem:
        raise ApiValueError(f"{name} {problem}, as in https://storage.example.com")
    return text


def _problem_of_url(text: str) -> str | None:
    if not text.lower().startswith(("http://", "https://")):
        return "must begin with http:// or https://"
    if not text.isprintable() or " " in text or "\\" in text:
        return "must not hold spaces, backslashes or control characters"
    try:
        parts = urlsplit(text)
        if "@" in parts.netloc:
            return "must not hold a user name or password (those go into api_key, or to login)"
        return None if parts.hostname and parts.port != 0 else "must name a server and, if at all, a port from 1"
    except ValueError:
        return "must be a valid URL; check its brackets and port"


def _text(name: str, value: Any) -> str:
    problem = _problem_of_text(value)
    if problem:
        raise ApiValueError(f"{name} {problem}")
    return six.ensure_str(value)


def _problem_of_text(value: Any) -> str | None:
    if not isinstance(value, bytes | str):
        return f"must be text, not {type(value).__name__}"
    try:
        six.ensure_str(value)
    except UnicodeDecodeError:
        return "is no valid UTF-8"
    return None


def problem_of_header(value: Any) -> str | None:
    """Say why a value cannot go into a header, without showing it; `None` if it can."""
    problem = _problem_of_text(value)
    if problem:
        return problem
    text = six.ensure_str(value)
    if not text.isascii() or not text.isprintable():
        return "must be printable ASCII on one line; was a line break copied along with it?"
    return None


def _optional_text(name: str, value: Any) -> str | None:
    return None if value is None else _text(name, value)


def _path(name: str, value: Any) -> str | None:
    return _optional_text(name, value if value is None or isinstance(value, bytes | str) else str(value))


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ApiValueError(f"{name} must be True or False, not {type(value).__name__}")
    return value


def _log_format(name: str, value: Any) -> str:
    text = _text(name, value)
    try:
        logging.Formatter(text)
        return text
    except ValueError as error:
        problem = str(error)
    raise ApiValueError(f"{name} is no format for logging: {problem}")


def _pool_size(name: str, value: Any) -> int:
    if value is None:  # 3.3 took it for the default
        return 10
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ApiValueError(f"{name} must be a whole number from 1")
    return value


def _masked_dict(name: str, value: Any) -> MaskedDict:
    if not isinstance(value, Mapping):
        raise ApiValueError(f"{name} must be a dict, not {type(value).__name__}")
    return MaskedDict(value)


def _optional_headers(name: str, value: Any) -> MaskedDict | None:
    return None if value is None else _masked_dict(name, value)


def _hook(name: str, value: Any) -> Any:
    if value is not None and not callable(value):
        raise ApiValueError(f"{name} must be a function that takes the configuration")
    return value


def _anything(_name: str, value: Any) -> Any:
    return value


CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "host": checked_host,
    "api_key": _masked_dict,
    "api_key_prefix": _masked_dict,
    "refresh_api_key_hook": _hook,
    "username": _optional_text,
    "password": _optional_text,
    "discard_unknown_keys": _flag,
    "client_side_validation": _flag,
    "timeout": _timeout_pair,
    "connection_pool_maxsize": _pool_size,
    "verify_ssl": _flag,
    "ssl_ca_cert": _path,
    "cert_file": _path,
    "key_file": _path,
    "assert_hostname": _anything,
    "proxy": _optional_text,
    "proxy_headers": _optional_headers,
    "safe_chars_for_path_param": _text,
    "retries": _anything,
    "temp_folder_path": _path,
    "debug": _flag,
    "logger_file": _path,
    "logger_format": _log_format,
    "pickle_credentials": _flag,
}

DEFAULTS: dict[str, Any] = {
    "refresh_api_key_hook": None,
    "client_side_validation": True,
    "timeout": (10.0, 60.0),
    "connection_pool_maxsize": 10,
    "verify_ssl": True,
    "ssl_ca_cert": None,
    "cert_file": None,
    "key_file": None,
    "assert_hostname": None,
    "proxy": None,
    "proxy_headers": None,
    "safe_chars_for_path_param": "",
    "retries": None,
    "temp_folder_path": None,
    "debug": False,
    "logger_file": None,
    "logger_format": "%(asctime)s %(levelname)s %(message)s",
    "pickle_credentials": False,
}
