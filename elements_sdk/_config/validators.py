"""The settings of a Configuration: the values that each accepts, and its default."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from elements_sdk._http.messages import check_headers
from elements_sdk._http.timeouts import Seconds
from elements_sdk._utils.redaction import MaskedDict
from elements_sdk._utils.urls import short_origin
from elements_sdk.exceptions import ApiValueError
from elements_sdk.retry import RetryPolicy

_LONGEST_WAIT = 366 * 24 * 3600  # seconds; what the operating system takes is limited too


def checked_timeout(name: str, value: Any) -> Seconds:
    """Check a timeout: seconds, or a pair of seconds.

    :raises ApiValueError: the value is neither.
    """
    if isinstance(value, tuple | list) and len(value) == 2:
        return (_seconds(name, value[0]), _seconds(name, value[1]))
    return _seconds(name, value)


def _seconds(name: str, value: Any) -> float:
    if not _is_time(value):
        raise ApiValueError(f"{name} must be a positive number of seconds, or a pair (connect, read) of them")
    return float(value)


def _is_time(value: Any) -> bool:
    return not isinstance(value, bool) and isinstance(value, int | float) and 0 < value <= _LONGEST_WAIT


def _timeout_pair(name: str, value: Any) -> tuple[float | None, float | None]:
    connect, read = value if isinstance(value, tuple | list) and len(value) == 2 else (value, value)
    return tuple(None if limit is None else _seconds(name, limit) for limit in (connect, read))  # type: ignore[return-value]


def _optional_seconds(name: str, value: Any) -> float | None:
    if value is not None and not _is_time(value):
        raise ApiValueError(f"{name} must be a positive number of seconds, or None for no limit")
    return None if value is None else float(value)


def checked_host(name: str, value: Any) -> str:
    """Check the URL of a server, and return it as browsers write it: scheme and name in lower case, no default port.

    :raises ApiValueError: the value is not the URL of a server. It is not shown, as it may hold a password.
    """
    text = checked_url(name, value)
    if "?" in text or "#" in text:
        raise ApiValueError(f"{name} must not hold a query or fragment, as in https://storage.example.com")
    parts = urlsplit(text)
    return short_origin(text) + parts.path.rstrip("/")


def checked_url(name: str, value: Any) -> str:
    """Check an `http` or `https` URL without a user name.

    :raises ApiValueError: the value is not such a URL. It is not shown, as it may hold a password.
    """
    text = _text(name, value)
    problem = _problem_of_url(text) or _problem_of_user(text)
    if problem:
        raise ApiValueError(f"{name} {problem}, as in https://storage.example.com")
    return text


def checked_proxy(name: str, value: Any) -> str | None:
    """Check the URL of an HTTP proxy, which may hold a name and password. An empty text means: no proxy.

    :raises ApiValueError: the value is not such a URL. It is not shown, as it may hold a password.
    """
    text = None if value is None else _text(name, value)
    if not text:
        return text
    address = text if "://" in text else f"http://{text}"
    problem = _problem_of_url(address)
    if problem:
        raise ApiValueError(f"{name} {problem}, as in http://proxy.example.com:3128")
    return address


def _problem_of_user(text: str) -> str | None:
    if "@" in urlsplit(text).netloc:
        return "must not hold a user name or password (those go into api_key, or to login)"
    return None


def _problem_of_url(text: str) -> str | None:
    if not text.lower().startswith(("http://", "https://")):
        return "must begin with http:// or https://"
    if not text.isprintable() or " " in text or "\\" in text:
        return "must not hold spaces, backslashes or control characters"
    try:
        parts = urlsplit(text)
        if not parts.hostname or parts.port == 0:
            return "must name a server and, if at all, a port from 1"
        fits = all(0 < len(part) < 64 for part in parts.hostname.rstrip(".").split("."))
        return None if fits else "must name a server, in parts of 1 to 63 characters"
    except ValueError:
        return "must be a valid URL; check its brackets and port"


def _text(name: str, value: Any) -> str:
    problem = _problem_of_text(value)
    if problem:
        raise ApiValueError(f"{name} {problem}")
    return _as_text(value)


def _as_text(value: str | bytes) -> str:
    if isinstance(value, str):
        return value
    import six  # loaded late, as hardly anybody has bytes

    return six.ensure_str(value)


def _problem_of_text(value: Any) -> str | None:
    if isinstance(value, str):
        return None
    if not isinstance(value, bytes):
        return f"must be text, not {type(value).__name__}"
    try:
        _as_text(value)
    except UnicodeDecodeError:
        return "is not valid UTF-8"
    return None


def problem_of_header(value: Any) -> str | None:
    """Return why a value cannot go into a header, without showing it; `None` if it can."""
    problem = _problem_of_text(value)
    if problem:
        return problem
    text = _as_text(value)
    if not text.isascii() or not text.isprintable():
        return "must be printable ASCII on one line; was a line break copied along with it?"
    return None


def header_text(name: str, key: str, value: Any) -> str:
    """Return a value, that of `key` in the setting `name`, as it goes into a header.

    :raises ApiValueError: the value cannot be sent in a header.
    """
    if isinstance(value, str) and value.isascii() and value.isprintable():
        return value
    problem = problem_of_header(value)
    if problem is None:
        return _as_text(value)
    del value  # it may be a secret, and the exception takes this frame along
    raise ApiValueError(f"{name}[{key!r}] {problem}")


def problem_of_token(text: str) -> str | None:
    """Return what was copied along with an API token, without showing it; `None` if nothing seems to be."""
    if text[:1] in ("'", '"') and text[-1:] == text[:1]:
        return "is in quotes: leave them out"
    if text.lower().startswith("authorization:"):
        return "holds a whole header: leave out what stands before the token"
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
    except ValueError:
        pass
    raise ApiValueError(f"{name} is not a format for logging, as in {DEFAULTS[name]!r}")


def _pool_size(name: str, value: Any) -> int:
    if value is None:  # 3.3 took it for the default
        return 10
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ApiValueError(f"{name} must be a whole number from 1")
    return value


def _bytes(name: str, value: Any) -> int | None:
    if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
        raise ApiValueError(f"{name} must be a whole number of bytes from 1, or None for no limit")
    return value


def _masked_dict(name: str, value: Any) -> MaskedDict:
    if not isinstance(value, Mapping):
        raise ApiValueError(f"{name} must be a dict, not {type(value).__name__}")
    return MaskedDict(value)


def _optional_headers(name: str, value: Any) -> MaskedDict | None:
    if value is None:
        return None
    headers = _masked_dict(name, value)
    del value
    check_headers(headers)
    return headers


def _hook(name: str, value: Any) -> Any:
    if value is not None and not callable(value):
        raise ApiValueError(f"{name} must be a function that takes the configuration")
    return value


def _hostname(name: str, value: Any) -> Any:
    if value is True:
        raise ApiValueError(f"{name} must be a name, or False to compare none")
    return value if value is False else _optional_text(name, value)


def _retries(_name: str, value: Any) -> Any:
    RetryPolicy.of(value)
    return value


def _ca_data(name: str, value: Any) -> Any:
    if value is not None and not isinstance(value, str | bytes):
        raise ApiValueError(f"{name} must be certificates as PEM text or DER bytes, not {type(value).__name__}")
    return value


def _ssl_context(name: str, value: Any) -> Any:
    if value is not None and not callable(getattr(value, "wrap_socket", None)):
        raise ApiValueError(f"{name} must be an ssl.SSLContext, not {type(value).__name__}")
    return value


VALIDATORS: dict[str, Callable[[str, Any], Any]] = {
    "host": checked_host,
    "api_key": _masked_dict,
    "api_key_prefix": _masked_dict,
    "refresh_api_key_hook": _hook,
    "username": _optional_text,
    "password": _optional_text,
    "discard_unknown_keys": _flag,
    "client_side_validation": _flag,
    "timeout": _timeout_pair,
    "total_timeout": _optional_seconds,
    "keepalive_idle": _optional_seconds,
    "connection_pool_maxsize": _pool_size,
    "verify_ssl": _flag,
    "ssl_ca_cert": _path,
    "cert_file": _path,
    "key_file": _path,
    "ssl_ca_data": _ca_data,
    "key_password": _optional_text,
    "ssl_context": _ssl_context,
    "assert_hostname": _hostname,
    "proxy": checked_proxy,
    "proxy_headers": _optional_headers,
    "trust_env": _flag,
    "safe_chars_for_path_param": _text,
    "retries": _retries,
    "temp_folder_path": _path,
    "max_response_bytes": _bytes,
    "strict_responses": _flag,
    "debug": _flag,
    "logger_file": _path,
    "logger_format": _log_format,
    "pickle_credentials": _flag,
}

DEFAULTS: dict[str, Any] = {
    "refresh_api_key_hook": None,
    "client_side_validation": True,
    "timeout": (10.0, 60.0),
    "total_timeout": 120.0,
    "keepalive_idle": 4.0,
    "connection_pool_maxsize": 10,
    "verify_ssl": True,
    "ssl_ca_cert": None,
    "cert_file": None,
    "key_file": None,
    "ssl_ca_data": None,
    "key_password": None,
    "ssl_context": None,
    "assert_hostname": None,
    "proxy": None,
    "proxy_headers": None,
    "trust_env": True,
    "safe_chars_for_path_param": "",
    "retries": None,
    "temp_folder_path": None,
    "max_response_bytes": 64 * 1024 * 1024,
    "strict_responses": False,
    "debug": False,
    "logger_file": None,
    "logger_format": "%(asctime)s %(levelname)s %(message)s",
    "pickle_credentials": False,
}
