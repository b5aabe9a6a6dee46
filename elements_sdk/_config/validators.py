"""The settings of a Configuration: the values that each accepts, and its default."""

from __future__ import annotations

import ipaddress
import logging
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

from elements_sdk._http.messages import problem_of_headers
from elements_sdk._http.timeouts import Seconds
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.redaction import MaskedDict
from elements_sdk._utils.urls import quoted_path, short_origin
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
    path = urlsplit(urljoin(text, urlsplit(text).path)).path.rstrip("/")  # without dots
    with Translated(ValueError, lambda problem: ApiValueError(f"the path of {name} {problem}")):
        return short_origin(text) + quoted_path(path)


def checked_url(name: str, value: Any) -> str:
    """Check an `http` or `https` URL without a user name.

    :raises ApiValueError: the value is not such a URL. It is not shown, as it may hold a password.
    """
    text = _text(name, value)
    problem = _problem_of_url(text)
    if problem is None and "@" in urlsplit(text).netloc:
        problem = "must not hold a user name or password (those go into api_key, or to login)"
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
    if address.lower().startswith("socks"):
        problem = "must name an HTTP proxy (SOCKS is not supported)"
    if problem:
        raise ApiValueError(f"{name} {problem}, as in http://proxy.example.com:3128")
    return address


def _problem_of_url(text: str) -> str | None:
    if not text.lower().startswith(("http://", "https://")):
        return "must begin with http:// or https://"
    if not text.isprintable() or " " in text or "\\" in text:
        return "must not hold spaces, backslashes or control characters"
    try:
        parts = urlsplit(text)
        if not parts.hostname or parts.port == 0:
            return "must name a server and, if at all, a port from 1"
        return _problem_of_name(parts.hostname)
    except ValueError:
        return "must be a valid URL; check its brackets and port"


def _problem_of_name(host: str) -> str | None:
    if not host.isascii():
        form = _ascii_form(host) or "the function encode of the package idna returns it"
        return f"must name a server in ASCII: write its name in the xn-- form ({form})"
    address, percent, zone = host.partition("%")
    if percent and not (":" in address and re.fullmatch("[A-Za-z0-9._~-]+", zone.removeprefix("25"))):
        return "must hold no percent sign but that of a zone ([fe80::1%25eth0])"  # some would decode it
    last = host.rstrip(".").rpartition(".")[2]  # some take 127.1 for 127.0.0.1, others for a name
    if (last.isdigit() or last.startswith("0x")) and not _is_ipv4(host):
        return "must name a server; an IPv4 address is four numbers from 0 to 255"
    fits = all(0 < len(part) < 64 for part in host.rstrip(".").split("."))
    return None if fits else "must name a server, in parts of 1 to 63 characters"


def _is_ipv4(host: str) -> bool:
    with suppress(ValueError):
        return ipaddress.IPv4Address(host) is not None
    return False


def _ascii_form(host: str) -> str | None:
    """Return the xn-- form of a name where Python's IDNA 2003 changes nothing in it: it takes ß for ss, for one."""
    try:
        form = host.encode("idna")
        return form.decode("ascii") if form.decode("idna") == host else None
    except UnicodeError:
        return None


def _text(name: str, value: Any) -> str:
    text, problem = _read_text(value)
    if problem:
        raise ApiValueError(f"{name} {problem}")
    return text


def _read_text(value: Any) -> tuple[str, str | None]:
    """Return text, given as such or as bytes; or an empty one, and what is wrong with the value."""
    if isinstance(value, str):
        return value, None
    import six  # loaded late, as hardly anybody has bytes

    try:
        return six.ensure_str(value), None
    except TypeError:
        return "", f"must be text, not {type(value).__name__}"
    except UnicodeDecodeError:
        return "", "is not valid UTF-8"


def problem_of_header(value: Any) -> str | None:
    """Return why a value cannot go into a header, without showing it; `None` if it can."""
    text, problem = _read_text(value)
    if problem or (text.isascii() and text.isprintable()):
        return problem
    return "must be printable ASCII on one line; was a line break copied along with it?"


def header_text(name: str, key: str, value: Any) -> str:
    """Return a value, that of `key` in the setting `name`, as it goes into a header.

    :raises ApiValueError: the value cannot be sent in a header.
    """
    problem = problem_of_header(value)
    if problem is None:
        return _read_text(value)[0]
    value = None  # it may be a secret, and the exception takes this frame along
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


def _only(fits: Callable[[Any], bool], what: str) -> Callable[[str, Any], Any]:
    """Return the check of a setting that is kept as it is given."""

    def check(name: str, value: Any) -> Any:
        if not fits(value):
            raise ApiValueError(f"{name} must be {what}, not {type(value).__name__}")
        return value

    return check


_flag = _only(lambda value: isinstance(value, bool), "True or False")
_hook = _only(lambda value: value is None or callable(value), "a function that takes the configuration")
_ca_data = _only(lambda value: isinstance(value, str | bytes | None), "certificates as PEM text or DER bytes")
_ssl_context = _only(lambda value: value is None or callable(getattr(value, "wrap_socket", None)), "an ssl.SSLContext")


def _log_format(name: str, value: Any) -> str:
    text = _text(name, value)
    with suppress(ValueError):
        logging.Formatter(text)
        return text
    raise ApiValueError(f"{name} is not a format for logging, as in {SETTINGS[name].default!r}")


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
    problem = problem_of_headers(headers)
    if problem:
        raise ApiValueError(problem)
    return headers


def _hostname(name: str, value: Any) -> Any:
    if value is True:
        raise ApiValueError(f"{name} must be a name, or False to compare none")
    return value if value is False else _optional_text(name, value)


def _retries(_name: str, value: Any) -> Any:
    RetryPolicy.of(value)
    return value


class Setting(NamedTuple):
    """A setting of a Configuration.

    :ivar check: takes name and value; returns the value as it is kept, or raises `ApiValueError`.
    """

    check: Callable[[str, Any], Any]
    default: Any


SETTINGS = {
    "host": Setting(checked_host, "http://localhost"),
    "api_key": Setting(_masked_dict, {}),
    "api_key_prefix": Setting(_masked_dict, {}),
    "refresh_api_key_hook": Setting(_hook, None),
    "username": Setting(_optional_text, None),
    "password": Setting(_optional_text, None),
    "discard_unknown_keys": Setting(_flag, False),
    "compression": Setting(_flag, True),
    "client_side_validation": Setting(_flag, True),
    "timeout": Setting(_timeout_pair, (10.0, 60.0)),
    "total_timeout": Setting(_optional_seconds, 120.0),
    "keepalive_idle": Setting(_optional_seconds, 4.0),
    "connection_pool_maxsize": Setting(_pool_size, 10),
    "verify_ssl": Setting(_flag, True),
    "ssl_ca_cert": Setting(_path, None),
    "cert_file": Setting(_path, None),
    "key_file": Setting(_path, None),
    "ssl_ca_data": Setting(_ca_data, None),
    "key_password": Setting(_optional_text, None),
    "ssl_context": Setting(_ssl_context, None),
    "assert_hostname": Setting(_hostname, None),
    "proxy": Setting(checked_proxy, None),
    "proxy_headers": Setting(_optional_headers, None),
    "trust_env": Setting(_flag, True),
    "safe_chars_for_path_param": Setting(_text, ""),
    "retries": Setting(_retries, None),
    "temp_folder_path": Setting(_path, None),
    "max_response_bytes": Setting(_bytes, 64 * 1024 * 1024),
    "strict_responses": Setting(_flag, False),
    "debug": Setting(_flag, False),
    "logger_file": Setting(_path, None),
    "logger_format": Setting(_log_format, "%(asctime)s %(levelname)s %(message)s"),
    "pickle_credentials": Setting(_flag, False),
}
