"""Configuration: all that a user says about a server."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from elements_sdk._config.legacy import LegacySettings
from elements_sdk._config.logging import log_handlers
from elements_sdk._config.validators import DEFAULTS, VALIDATORS, header_text, problem_of_token
from elements_sdk._utils.redaction import MaskedDict, masked
from elements_sdk.exceptions import ApiAttributeError, ApiValueError, OpenApiException
from elements_sdk.retry import RetryPolicy

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3 import Retry

_LOGGING = ("debug", "logger_file", "logger_format")
_SECRET_SETTINGS = ("api_key", "password", "proxy", "proxy_headers", "key_password")
_SHARED_BY_COPIES = ("refresh_api_key_hook", "ssl_context")
_CURES = {
    "refresh_api_key_hook": "use a function of a module, not a lambda or one inside a function",
    "ssl_context": "say whom to trust by ssl_ca_cert or ssl_ca_data",
}
_BEARER_SPELLINGS = ("Authorization", "Bearer")  # that of 3.3, and that of the newer clients


class Configuration(LegacySettings):
    """The settings of a client: the server, the caller, and how calls are made. Values are checked when they are set.

    :ivar host: `http://` or `https://`, name and port of the server; a path is put before every call's own.
    :ivar api_key: `{"Authorization": "KEY"}`.
    :ivar api_key_prefix: `{"Authorization": "Bearer"}`.
    :ivar refresh_api_key_hook: called with this configuration before each use of the key, to renew it.
    :ivar username: name for `get_basic_auth_token`.
    :ivar password: password for `get_basic_auth_token`.
    :ivar discard_unknown_keys: drop what the server sends beyond the documented properties of a model.
    :ivar client_side_validation: compare models with their rules before they are sent.
    :ivar timeout: seconds to connect, and seconds to wait for each chunk of a response; one number stands for both, and
        `None` for no limit.
    :ivar total_timeout: seconds that a whole call may take, with its waits, retries and redirects; `None`: no limit.
    :ivar keepalive_idle: seconds after which an idle connection is not used any more for a call that must be made once.
    :ivar connection_pool_maxsize: most connections to a server at a time; further calls wait for a free one.
    :ivar verify_ssl: whether the server's certificate is checked. Leave it on.
    :ivar ssl_ca_cert: file of the certificate authorities to trust, in place of those that `SSL_CERT_FILE` and
        `SSL_CERT_DIR` name, or else certifi's.
    :ivar ssl_ca_data: the same as PEM text or DER bytes.
    :ivar cert_file: file of a client certificate.
    :ivar key_file: file of its key, where that is not in `cert_file`.
    :ivar key_password: the key's password, where it is encrypted.
    :ivar ssl_context: a context that is used just as it is, in place of all these.
    :ivar assert_hostname: name that the server's certificate must carry, where it is not that of `host`.
    :ivar proxy: URL of an HTTP proxy, with name and password if it wants them. `None`: what the environment says; an
        empty text: none.
    :ivar proxy_headers: headers for the proxy.
    :ivar trust_env: read `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE` and `SSL_CERT_DIR`.
    :ivar safe_chars_for_path_param: characters of path parameters that are sent unquoted.
    :ivar retries: how often a call that failed is retried, where that is safe: a number (2 if nothing is said),
        `False`, a `RetryPolicy` or a urllib3 `Retry`.
    :ivar temp_folder_path: where responses that are files go, each into a private folder; `None`: the system's folder.
    :ivar max_response_bytes: most bytes of a response, decompressed (64 MiB); `None`: no limit.
    :ivar strict_responses: refuse responses in which a value is not what the models say, naming the first such value.
    :ivar debug: log every attempt at every call, to `logger_file` or else to standard error; never a secret.
    :ivar logger_file: file that the log is appended to.
    :ivar logger_format: format of a line of the log, as `logging.Formatter` takes it.
    :ivar pickle_credentials: let pickle keep the API key, the passwords and the proxy. Off, unless you set it.
    """

    host: str
    api_key: dict[str, Any]
    api_key_prefix: dict[str, Any]
    refresh_api_key_hook: Callable[[Configuration], None] | None
    username: str | None
    password: str | None
    discard_unknown_keys: bool
    client_side_validation: bool
    timeout: float | tuple[float | None, float | None] | None
    total_timeout: float | None
    keepalive_idle: float | None
    connection_pool_maxsize: int
    verify_ssl: bool
    ssl_ca_cert: str | None
    cert_file: str | None
    key_file: str | None
    ssl_ca_data: str | bytes | None
    key_password: str | None
    ssl_context: SSLContext | None
    assert_hostname: str | Literal[False] | None
    proxy: str | None
    proxy_headers: Mapping[str, str] | None
    trust_env: bool
    safe_chars_for_path_param: str
    retries: int | RetryPolicy | Retry | None
    temp_folder_path: str | None
    max_response_bytes: int | None
    strict_responses: bool
    debug: bool
    logger_file: str | None
    logger_format: str
    pickle_credentials: bool

    _default: ClassVar[Configuration | None] = None

    def __init__(
        self,
        host: str | bytes = "http://localhost",
        api_key: Mapping[str, str | bytes] | None = None,
        api_key_prefix: Mapping[str, str] | None = None,
        username: str | bytes | None = None,
        password: str | bytes | None = None,
        discard_unknown_keys: bool = False,
    ) -> None:
        """
        :raises ApiValueError: a value is not valid; the message says which and why.
        """
        given = MaskedDict(
            host=host,
            api_key=api_key or {},
            api_key_prefix=api_key_prefix or {},
            username=username,
            password=password,
            discard_unknown_keys=discard_unknown_keys,
        )
        del host, api_key, username, password  # no local of a frame that raises holds a secret
        for name in VALIDATORS:
            setattr(self, name, given.get(name, DEFAULTS.get(name)))

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Configuration:
        """Make a configuration of what the environment says.

        `ELEMENTS_HOST` is needed. `ELEMENTS_API_TOKEN`, or `ELEMENTS_API_TOKEN_FILE` (read again when it changes),
        `ELEMENTS_USERNAME`, `ELEMENTS_PASSWORD`, `ELEMENTS_CA_FILE`, `ELEMENTS_TIMEOUT` (seconds, or
        `connect,read`) and `ELEMENTS_TOTAL_TIMEOUT` are used where they are set.

        :param environment: variables to read in place of the process's own, `os.environ`.
        :raises ApiValueError: a variable is missing or malformed; the message names it and does not show its value.
        """
        configuration = cls()
        try:
            _apply_environment(configuration, os.environ if environment is None else environment)
            return configuration
        except ApiValueError as error:
            failed = error.with_traceback(None)  # whose frames hold what the environment says
        raise failed

    if not TYPE_CHECKING:  # so that a checker sees a setting that does not exist

        def __setattr__(self, name: str, value: Any) -> None:
            try:
                checked = _validator_of(name)(name, value)
                if name in _LOGGING and name in vars(self):  # set again, not made
                    log_handlers.configure(*({**vars(self), name: checked}[setting] for setting in _LOGGING))
                object.__setattr__(self, name, checked)
                if name in vars(self).get("_left_out", ()):
                    vars(self)["_left_out"].remove(name)
                return
            except OpenApiException as error:
                failed = error.with_traceback(None)
            del value  # no local of a frame that raises holds a secret
            raise failed

        def __getattr__(self, name: str) -> Any:
            raise ApiAttributeError(_no_such_setting(name))

    def __deepcopy__(self, memo: dict[int, Any]) -> Configuration:
        """Copy everything, credentials included; a hook and an `ssl_context` stay the same object."""
        clone = object.__new__(type(self))
        for name, value in vars(self).items():
            vars(clone)[name] = value if name in _SHARED_BY_COPIES else copy.deepcopy(value, memo)
        return clone

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle keeps: everything but credentials, unless `pickle_credentials` is set.

        :raises ApiValueError: `refresh_api_key_hook` or `ssl_context` cannot be pickled.
        """
        for name in _SHARED_BY_COPIES:
            _check_picklable(name, getattr(self, name))
        if self.pickle_credentials:
            return dict(vars(self))
        left_out = [name for name in _SECRET_SETTINGS if vars(self).get(name)]
        return {**vars(self), **{name: DEFAULTS.get(name, {}) for name in left_out}, "_left_out": left_out}

    def is_complete(self) -> bool:
        """Return whether nothing was left out of this configuration when it was pickled, or all has been set again."""
        return not self._missing()

    def _missing(self) -> list[str]:
        """Return what was left out of a pickle and has not been set again. `api_key` may have been filled in place."""
        left_out = vars(self).get("_left_out")
        return [name for name in left_out if not (name == "api_key" and self.has_api_key())] if left_out else []

    def check_credentials(self) -> None:
        """Make sure that this configuration is not the rest of one that was pickled without its credentials.

        :raises ApiValueError: credentials are missing.
        """
        if "_left_out" not in vars(self):
            return
        missing = self._missing()
        if missing and missing != ["password"]:
            names = ", ".join(name for name in missing if name != "password")
            raise ApiValueError(
                f"this configuration was pickled without its {names}: "
                "set it again, or set pickle_credentials before pickling"
            )

    def __repr__(self) -> str:
        shown = {
            name: value for name, value in vars(self).items() if name in VALIDATORS and value != DEFAULTS.get(name)
        }
        for name in ("username", "password", "proxy", "key_password", "ssl_ca_data"):
            if name in shown:
                shown[name] = masked(shown[name])
        return f"Configuration({', '.join(f'{name}={value!r}' for name, value in shown.items())})"

    @classmethod
    def set_default(cls, default: Configuration | None) -> None:
        """Keep a copy, from which clients without a configuration of their own are made; `None` removes it."""
        cls._default = copy.deepcopy(default)

    @classmethod
    def get_default_copy(cls) -> Configuration:
        """Return a copy of the default, credentials included."""
        return cls() if cls._default is None else copy.deepcopy(cls._default)

    def get_api_key_with_prefix(self, identifier: str) -> str | None:
        """Return the API key as it is sent, after `refresh_api_key_hook` had its turn; `None` if there is none.

        :param identifier: `"Authorization"`, or `"Bearer"` as the newer clients call it.
        :raises ApiValueError: the key cannot be sent in a header.
        """
        if self.refresh_api_key_hook is not None:
            self._refresh_api_key(self.refresh_api_key_hook)
        spelling = self._spelling(identifier)
        if spelling is None:
            return None
        default = spelling if spelling == "Bearer" else ""
        prefix = header_text("api_key_prefix", spelling, self.api_key_prefix.get(spelling) or default)
        key = header_text("api_key", spelling, self.api_key[spelling])
        problem = problem_of_token(key)
        if problem:
            del key
            raise ApiValueError(f"api_key[{spelling!r}] {problem}")
        if not prefix:
            return key
        has_prefix = key[: len(prefix) + 1].lower() == f"{prefix} ".lower()
        return f"{prefix} {key[len(prefix) + 1 :] if has_prefix else key}"

    def _refresh_api_key(self, hook: Callable[[Configuration], None]) -> None:
        try:
            hook(self)
            return
        except StopIteration:  # which a coroutine must not raise
            pass
        raise ApiValueError("refresh_api_key_hook has raised StopIteration: it has no more keys")

    def _spelling(self, identifier: str) -> str | None:
        """Return the name under which a key is kept in `api_key`."""
        for name in _BEARER_SPELLINGS if identifier in _BEARER_SPELLINGS else (identifier,):
            if self.api_key.get(name):
                return name
        return None

    def has_api_key(self) -> bool:
        """Return whether calls are made with an API key, be it one that `refresh_api_key_hook` has yet to fetch."""
        return self.refresh_api_key_hook is not None or self._spelling("Bearer") is not None


def _apply_environment(configuration: Configuration, environment: Mapping[str, str]) -> None:
    from elements_sdk._config.environment import settings_of_environment  # loaded late: it is for from_env only

    for variable, name, value in settings_of_environment(environment):
        try:
            setattr(configuration, name, value)
            problem = None
        except ApiValueError as error:
            problem = str(error).removeprefix(name)
        if problem:
            raise ApiValueError(f"{variable}{problem}")
    configuration.get_api_key_with_prefix("Bearer")  # so that a token that cannot be read is found at once


def _check_picklable(name: str, value: object) -> None:
    import pickle  # loaded late, as most programs never need it

    try:
        pickle.dumps(value)
        return
    except Exception as error:  # pickle raises whatever the object does
        reason = type(error).__name__
    raise ApiValueError(f"{name} cannot be pickled ({reason}): {_CURES[name]}, or set it to None and again there")


def _validator_of(name: str) -> Callable[[str, Any], Any]:
    if name not in VALIDATORS:
        raise ApiAttributeError(_no_such_setting(name))
    return VALIDATORS[name]


def _no_such_setting(name: str) -> str:
    from difflib import get_close_matches  # loaded late: it is for mistakes only

    close = get_close_matches(name, VALIDATORS, n=1)
    return f"Configuration has no setting {name!r}" + (f"; did you mean {close[0]!r}?" if close else "")
