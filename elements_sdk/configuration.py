"""Configuration: all that a user says about a server."""

from __future__ import annotations

import copy
import itertools
import os
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Unpack

from elements_sdk._config.environment import settings_of_environment
from elements_sdk._config.legacy import LegacySettings
from elements_sdk._config.logging import log_handler
from elements_sdk._config.settings import Documentation, MoreSettings
from elements_sdk._config.validators import SETTINGS, header_text, problem_of_token
from elements_sdk._utils.errors import Translated, without_frames
from elements_sdk._utils.redaction import MaskedDict, Opaque, masked, reveal
from elements_sdk._utils.text import closest
from elements_sdk.exceptions import ApiAttributeError, ApiTypeError, ApiValueError
from elements_sdk.retry import RetryPolicy

if TYPE_CHECKING:
    from ssl import SSLContext

    from urllib3 import Retry

_LOGGING = ("debug", "logger_file", "logger_format")
_SECRET_SETTINGS = ("api_key", "password", "proxy", "proxy_headers", "key_password")
_SHARED_BY_COPIES = {  # setting -> what to do where it is to be pickled
    "refresh_api_key_hook": "use a function of a module, not a lambda or one inside a function",
    "ssl_context": "say whom to trust by ssl_ca_cert or ssl_ca_data",
}
_NO_MORE_KEYS = "refresh_api_key_hook has raised StopIteration: it has no more keys"
_numbers = itertools.count(1)  # of changes, of all configurations
_BEARER_SPELLINGS = ("Authorization", "Bearer")  # that of 3.3, and that of the newer clients


class Configuration(LegacySettings):
    """The settings of a client: the server, the caller, and how calls are made. Values are checked when they are set.

    Each may be given to the constructor by name, or set later. A derived class may have attributes of its own.
    """

    host: str
    """`http://` or `https://`, name and port of the server; a path is put before every call's own."""
    api_key: dict[str, Any]
    """`{"Bearer": token}`. 3.3's spelling, `{"Authorization": key}`, is sent as it stands, after its prefix."""
    api_key_prefix: dict[str, Any]
    """The prefix of a key in 3.3's spelling: `{"Authorization": "Bearer"}`."""
    refresh_api_key_hook: Callable[[Configuration], None] | None
    """Called with this configuration before each use of the key, to renew it."""
    username: str | None
    """The name that `Session(configuration)` logs in with."""
    password: str | None
    """The password that `Session(configuration)` logs in with."""
    discard_unknown_keys: bool
    """Drop what the server sends beyond the documented properties of a model."""
    client_side_validation: bool
    """Compare models with their rules before they are sent."""
    timeout: float | tuple[float | None, float | None] | None
    """Seconds to connect, and seconds to wait for each chunk of a response; one number stands for both, and `None` for
    no limit."""
    total_timeout: float | None
    """Seconds that a whole call may take, with its waits, retries and redirects; `None`: no limit."""
    keepalive_idle: float | None
    """Seconds after which an idle connection is not used any more for a call that must be made once."""
    connection_pool_maxsize: int
    """Most connections to a server at a time; further calls wait for a free one."""
    verify_ssl: bool
    """Whether the server's certificate is checked. Leave it on."""
    ssl_ca_cert: str | None
    """File of the certificate authorities to trust, in place of those that `SSL_CERT_FILE` and `SSL_CERT_DIR` name, or
    else certifi's."""
    cert_file: str | None
    """File of a client certificate."""
    key_file: str | None
    """File of the client certificate's key, where that is not in `cert_file`."""
    ssl_ca_data: str | bytes | None
    """The certificate authorities to trust, as PEM text or DER bytes."""
    key_password: str | None
    """Password of `key_file`, where that is encrypted."""
    ssl_context: SSLContext | None
    """A TLS context that is used just as it is, in place of certificates and `verify_ssl`."""
    assert_hostname: str | Literal[False] | None
    """Name that the server's certificate must carry, where it is not that of `host`."""
    proxy: str | None
    """URL of an HTTP proxy, with name and password if it wants them. `None`: what the environment says; an empty text:
    none."""
    proxy_headers: Mapping[str, str] | None
    """Headers for the proxy."""
    trust_env: bool
    """Read `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY`, `NO_PROXY`, `SSL_CERT_FILE`, `SSL_CERT_DIR` and
    `SSLKEYLOGFILE`."""
    safe_chars_for_path_param: str
    """Characters of path parameters that are sent unquoted."""
    retries: int | RetryPolicy | Retry | None
    """How often a call that failed is retried, where that is safe: a number (2 if nothing is said), `False`, a
    `RetryPolicy` or a urllib3 `Retry`."""
    temp_folder_path: str | None
    """Where responses that are files go, each into a private folder; `None`: the system's folder."""
    max_response_bytes: int | None
    """Most bytes of a response, decompressed (64 MiB); `None`: no limit."""
    compression: bool
    """Let the server compress (gzip) what a GET returns; off, it is asked not to."""
    strict_responses: bool
    """Refuse responses in which a value is not what the models say, naming the first such value."""
    debug: bool
    """Log every attempt at every call, to `logger_file` or else to standard error; never a secret."""
    logger_file: str | None
    """File that the log is appended to."""
    logger_format: str
    """Format of a line of the log, as `logging.Formatter` takes it."""
    pickle_credentials: bool
    """Let pickle keep the API key, the passwords and the proxy. Off, unless you set it."""

    _default: ClassVar[Configuration | None] = None
    _changes: int = 0  # the number of the last change, so that clients see whether there was one
    _left_out: tuple[str, ...] = ()  # of a pickle, and not set again

    def __init__(
        self,
        host: str | bytes = "http://localhost",
        api_key: Mapping[str, str | bytes] | None = None,
        api_key_prefix: Mapping[str, str] | None = None,
        username: str | bytes | None = None,
        password: str | bytes | None = None,
        discard_unknown_keys: bool = False,
        **settings: Unpack[MoreSettings],
    ) -> None:
        """Every setting may be given as a keyword.

        :raises ApiValueError: a value is not valid; the message says which and why.
        :raises ApiTypeError: there is no such setting.
        """
        given: Opaque[dict[str, Any]] = Opaque(
            {
                **settings,
                "host": host,
                "api_key": api_key or {},
                "api_key_prefix": api_key_prefix or {},
                "username": username,
                "password": password,
                "discard_unknown_keys": discard_unknown_keys,
            }
        )
        host, api_key, username, password, settings = "", None, None, None, {}  # no local here holds a secret
        for name in reveal(given):
            if name not in SETTINGS:
                raise ApiTypeError(_no_such_setting(type(self), name))
        object.__setattr__(self, "_changes", next(_numbers))
        with Translated(BaseException, without_frames):
            for name, setting in SETTINGS.items():
                object.__setattr__(self, name, setting.check(name, reveal(given).get(name, setting.default)))
            if any(name in reveal(given) for name in _LOGGING):
                log_handler.configure(*(getattr(self, name) for name in _LOGGING))

    @classmethod
    def from_env(cls, environment: Mapping[str, str] | None = None) -> Configuration:
        """Make a configuration of what the environment says.

        `ELEMENTS_HOST` is needed. `ELEMENTS_API_TOKEN`, or `ELEMENTS_API_TOKEN_FILE` (read again when it changes),
        `ELEMENTS_USERNAME`, `ELEMENTS_PASSWORD`, `ELEMENTS_CA_FILE`, `ELEMENTS_CERT_FILE`, `ELEMENTS_KEY_FILE`,
        `ELEMENTS_KEY_PASSWORD`, `ELEMENTS_PROXY`, `ELEMENTS_TIMEOUT` (seconds, or `connect,read`) and
        `ELEMENTS_TOTAL_TIMEOUT` are used where they are set.

        :param environment: variables to read in place of the process's own, `os.environ`.
        :raises ApiValueError: a variable is missing or malformed; the message names it and does not show its value.
        """
        configuration, given = cls(), Opaque(os.environ if environment is None else environment)
        environment = None  # no traceback shows it
        with Translated(BaseException, without_frames):  # they hold what the environment says
            _apply_environment(configuration, reveal(given))
        return configuration

    @classmethod
    def from_profile(cls, name: str) -> Configuration:
        """Make a configuration of a profile that `elements-sdk configure` has kept; no variable is read.

        :raises ApiValueError: there is no such profile, or something in it is not valid, or its secret cannot be read.
        """
        from elements_sdk._config.profiles import find_profile  # loaded late, as most programs have no profiles

        configuration = cls()
        with Translated(BaseException, without_frames):
            profile = find_profile(name)
            given = Opaque({**profile.variables(), **reveal(profile.secret())})
            with Translated(ApiValueError, profile.renamed):
                _apply_environment(configuration, reveal(given))
        return configuration

    if not TYPE_CHECKING:  # so that a checker sees a setting that does not exist

        def __setattr__(self, name: str, value: Any) -> None:
            value = Opaque(value)  # no local of a frame that raises holds a secret
            if name in SETTINGS:
                with Translated(BaseException, without_frames):
                    value = Opaque(SETTINGS[name].check(name, reveal(value)))
            elif not _is_own(type(self), name):
                raise ApiAttributeError(_no_such_setting(type(self), name))
            if name in _LOGGING:
                log_handler.configure(*({**vars(self), name: reveal(value)}[setting] for setting in _LOGGING))
            object.__setattr__(self, name, reveal(value))
            vars(self)["_changes"] = next(_numbers)  # after the change: who has read before it reads again
            if name in self._left_out:
                vars(self)["_left_out"] = tuple(item for item in self._left_out if item != name)

        def __getattr__(self, name: str) -> Any:
            raise ApiAttributeError(_no_such_setting(type(self), name))

    def __copy__(self) -> Configuration:
        return copy.deepcopy(self)  # without this it would be as pickle does it: without credentials

    def __deepcopy__(self, memo: dict[int, Any]) -> Configuration:
        """Copy everything, credentials included; a hook and an `ssl_context` stay the same object."""
        clone = memo[id(self)] = object.__new__(type(self))
        for name, value in vars(self).items():
            vars(clone)[name] = value if name in _SHARED_BY_COPIES else copy.deepcopy(value, memo)
        return clone

    def __getstate__(self) -> dict[str, Any]:
        """Return what pickle keeps: everything but credentials, unless `pickle_credentials` is set.

        :raises ApiValueError: `refresh_api_key_hook` or `ssl_context` cannot be pickled.
        """
        import pickle  # loaded late, as most programs never need it

        for name in _SHARED_BY_COPIES:
            with Translated(Exception, partial(_pickling_error, name)):  # pickle raises whatever the object does
                pickle.dumps(getattr(self, name))
        drops = [name for name in _SECRET_SETTINGS if getattr(self, name) and not self.pickle_credentials]
        state = {
            name: dict(value) if isinstance(value, MaskedDict) else value
            for name, value in vars(self).items()
            if name not in ("_changes", *drops)
        }
        return {**state, "_left_out": tuple(dict.fromkeys([*self._missing(), *drops]))}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        """Take what this version, another one or the 3.3 client has pickled, setting by setting.

        What is not in it has its default, and what this version does not know goes. No logger is changed.

        :raises ApiValueError: a value is not valid here.
        """
        given = Opaque({name.removeprefix("_Configuration__"): value for name, value in state.items()})
        state = {}  # no local of a frame that raises holds a secret
        Configuration.__init__(self)
        with Translated(BaseException, without_frames):
            self._restore(reveal(given))

    def _restore(self, state: Mapping[str, Any]) -> None:
        for name, value in state.items():
            if name in SETTINGS:
                vars(self)[name] = SETTINGS[name].check(name, value)
            elif name == "_left_out":
                vars(self)[name] = tuple(value)
            elif type(self) is not Configuration and not hasattr(Configuration, name):
                vars(self)[name] = value  # an attribute that the derived class has
        vars(self)["_changes"] = next(_numbers)

    def is_complete(self) -> bool:
        """Return whether nothing was left out of this configuration when it was pickled, or all has been set again."""
        return not self._missing()

    def _missing(self) -> list[str]:
        """Return what was left out of a pickle and has not been set again. `api_key` may have been filled in place."""
        return [name for name in self._left_out if name != "api_key" or not self.has_api_key()]

    def check_credentials(self) -> None:
        """Make sure that this configuration is not the rest of one that was pickled without its credentials.

        :raises ApiValueError: credentials are missing.
        """
        missing = [name for name in self._missing() if name != "password"] if self._left_out else []
        if missing:
            raise ApiValueError(
                f"this configuration was pickled without its {', '.join(missing)}: "
                "set it again, or set pickle_credentials before pickling"
            )

    def __repr__(self) -> str:
        given = ((name, vars(self)[name]) for name in SETTINGS if name in vars(self))  # it may be half made
        shown = {name: value for name, value in given if name == "host" or value != SETTINGS[name].default}
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
            with Translated(StopIteration, lambda _error: ApiValueError(_NO_MORE_KEYS)):  # no coroutine may raise it
                self.refresh_api_key_hook(self)
        with Translated(ApiValueError, without_frames):  # reporters look the names of the source up: `self.api_key`
            return self._key_as_sent(identifier)

    def _key_as_sent(self, identifier: str) -> str | None:
        spelling = self._spelling(identifier)
        if spelling is None:
            return None
        default = spelling if spelling == "Bearer" else ""
        prefix = header_text("api_key_prefix", spelling, self.api_key_prefix.get(spelling) or default)
        key = header_text("api_key", spelling, self.api_key[spelling])
        problem = problem_of_token(key)
        if problem:
            raise ApiValueError(f"api_key[{spelling!r}] {problem}")
        if not prefix:
            return key
        has_prefix = key[: len(prefix) + 1].lower() == f"{prefix} ".lower()
        return f"{prefix} {key[len(prefix) + 1 :] if has_prefix else key}"

    def _spelling(self, identifier: str) -> str | None:
        """Return the name under which a key is kept in `api_key`."""
        for name in _BEARER_SPELLINGS if identifier in _BEARER_SPELLINGS else (identifier,):
            if self.api_key.get(name):
                return name
        return None

    def has_api_key(self) -> bool:
        """Return whether calls are made with an API key, be it one that `refresh_api_key_hook` has yet to fetch."""
        return self.refresh_api_key_hook is not None or self._spelling("Bearer") is not None


if not TYPE_CHECKING:  # checkers read the source
    Configuration.__doc__ = Documentation(Configuration)


def _apply_environment(configuration: Configuration, environment: Mapping[str, str]) -> None:
    for variable, name, value in settings_of_environment(environment):
        try:
            setattr(configuration, name, value)
        except ApiValueError as error:
            raise ApiValueError(f"{variable}{str(error).removeprefix(name)}") from None
    configuration.get_api_key_with_prefix("Bearer")  # so that a token that cannot be read is found at once


def _pickling_error(name: str, error: Exception) -> ApiValueError:
    cure = f"{_SHARED_BY_COPIES[name]}, or set it to None and again there"
    return ApiValueError(f"{name} cannot be pickled ({type(error).__name__}): {cure}")


def _is_own(kind: type[Configuration], name: str) -> bool:
    """Return whether a derived class declares an attribute, or its name cannot be a setting's, mistyped."""
    if kind is Configuration:
        return False
    is_declared = hasattr(kind, name) or any(name in getattr(base, "__annotations__", ()) for base in kind.__mro__)
    return is_declared or name.startswith("_") or closest(name, SETTINGS, likeness=0.8) is None


def _no_such_setting(kind: type[Configuration], name: str) -> str:
    meant = closest(name, SETTINGS)
    text = f"{kind.__name__} has no setting {name!r}" + (f"; did you mean {meant!r}?" if meant else "")
    own = f" An attribute of your own that is so named has to be declared in the class, as in `{name}: str`."
    return text + own if meant and kind is not Configuration else text
