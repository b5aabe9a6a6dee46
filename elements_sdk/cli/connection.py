"""Which server a command talks to, and as whom: options, on top of what `Configuration.from_env` reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import click
from click.core import ParameterSource

from elements_sdk._client.hints import NOBODY
from elements_sdk._config.profiles import default_profile, find_profile
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk.cli.errors import HOW_TO_CALL, NOT_AUTHENTICATED, USAGE, CommandFailed
from elements_sdk.cli.secrets import ask, is_a_terminal, resolved, secret, secret_option
from elements_sdk.cli.words import say
from elements_sdk.exceptions import ApiException, ApiValueError

if TYPE_CHECKING:
    from elements_sdk.api_client import ApiClient
    from elements_sdk.configuration import Configuration
    from elements_sdk.models import AuthLoginEndpointResponse

Caller = Literal["token", "session", "anonymous"]


class _Setting(NamedTuple):
    """An option that stands for a variable of the environment."""

    flag: str
    variable: str
    metavar: str
    help: str
    is_secret: bool = False

    @property
    def key(self) -> str:
        return self.flag.lstrip("-").replace("-", "_")

    @property
    def name(self) -> str:
        return f"connection_{self.key}"

    @property
    def label(self) -> str:
        return self.flag[2:].replace("-", " ").replace("api", "API")

    @property
    def may_be_secret(self) -> bool:
        return self.is_secret or self.flag == "--proxy"  # which may hold a password

    def option(self, variable: str | None = None) -> click.Option:
        """Make the option, which a variable may stand for."""
        if self.is_secret:
            return secret_option(self.flag, self.name, self.help, self.variable)
        shown: dict[str, Any] = {"metavar": self.metavar, "help": self.help, "envvar": variable, "show_envvar": True}
        return click.Option([self.flag, self.name], type=secret if self.may_be_secret else None, **shown)


PROFILE = _Setting("--profile", "ELEMENTS_PROFILE", "NAME", "Server and caller that `elements-sdk configure` keeps.")
SERVER = (
    _Setting("--host", "ELEMENTS_HOST", "URL", "Address of the server, as in https://storage.example.com."),
    _Setting("--ca-file", "ELEMENTS_CA_FILE", "FILE", "Certificate authorities to trust."),
    _Setting("--cert-file", "ELEMENTS_CERT_FILE", "FILE", "Client certificate to show the server."),
    _Setting("--key-file", "ELEMENTS_KEY_FILE", "FILE", "Its key, where it is in a file of its own."),
    _Setting("--key-password", "ELEMENTS_KEY_PASSWORD", "SECRET", "The password of that key, if it has one", True),
    _Setting("--proxy", "ELEMENTS_PROXY", "URL", "Proxy, as in http://proxy.example.com:3128; `-`: standard input."),
    _Setting(
        "--timeout", "ELEMENTS_TIMEOUT", "SECONDS", "To connect, and to wait for each chunk; two values: CONNECT,READ."
    ),
    _Setting("--total-timeout", "ELEMENTS_TOTAL_TIMEOUT", "SECONDS", "Time for a whole call, retries included."),
)
CERTIFICATE = SERVER[2:5]  # which says who is calling, too
_IDENTITY = (
    _Setting("--api-token", "ELEMENTS_API_TOKEN", "SECRET", "The API token to call with", True),
    _Setting("--api-token-file", "ELEMENTS_API_TOKEN_FILE", "FILE", "A file that holds the API token."),
    _Setting("--login", "ELEMENTS_USERNAME", "NAME", "Log in as this user for the command, and out at its end."),
    _Setting("--login-password", "ELEMENTS_PASSWORD", "SECRET", "The password for it; asked for if left out", True),
    _Setting("--login-otp", "ELEMENTS_OTP", "SECRET", "The one-time code, where the account uses one", True),
)
_IMPERSONATE = "connection_impersonate"


def connection_options(with_identity: bool = True) -> list[click.Parameter]:
    """Make the options that every command which calls a server has.

    :param with_identity: whether one can say who is calling.
    """
    settings = (PROFILE, *SERVER, *(_IDENTITY if with_identity else ()))
    options: list[click.Parameter] = [item.option(item.variable) for item in settings]
    if with_identity:
        about = "Act as the user of this number; needs a login."
        options.append(click.Option(["--impersonate", _IMPERSONATE], type=int, metavar="USER", help=about))
    return [*options, debug_option()]


def debug_option() -> click.Option:
    """Make the option that shows each try."""
    return click.Option(["--debug"], is_flag=True, help="Tell each try, with its status and time.")


@contextmanager
def connected(
    context: click.Context, values: Mapping[str, Any], needs_session: bool = False, is_open: bool = False
) -> Iterator[ApiClient]:
    """Yield a client of the server that the options name, with their credentials; a session ends with the block.

    :param values: the values of the options.
    :param needs_session: whether an API token will not do.
    :param is_open: whether a caller without credentials will do.
    :raises CommandFailed: there are no credentials, or a setting is not valid.
    """
    values = _with_profile(values)
    if not values["connection_host"]:
        hint = (
            "say --host https://storage.example.com, or: export ELEMENTS_HOST=https://storage.example.com, "
            "or keep it in a profile: elements-sdk configure"
        )
        raise CommandFailed("no server is named", hint, USAGE)
    user = values.get(_IMPERSONATE)
    caller = _caller(context, values, needs_session or user is not None, is_open)
    configuration = _configuration(context, values, caller)
    from elements_sdk.api_client import ApiClient

    is_session = caller == "session"
    opened = _session(configuration, values, user, needs_session) if is_session else ApiClient(configuration)
    with opened as client:
        yield client


def _with_profile(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values, completed from the profile: a caller only where none is named, for its own server only.

    :raises ApiValueError: the profile does not exist, cannot be read or is not valid.
    """
    given, name = dict(values), values.get(PROFILE.name)
    profile = find_profile(name) if name else default_profile() if PROFILE.name in given else None
    if profile is None:
        return given
    kept: Opaque[dict[str, str]] = Opaque(profile.variables())
    given[PROFILE.name], host = profile.name, reveal(kept).get("ELEMENTS_HOST", "")
    is_its_server = not given["connection_host"] or _is_same_server(host, given["connection_host"])
    names_caller = any(given.get(item.name) for item in _IDENTITY[:3]) or _IDENTITY[0].name not in given
    if not is_its_server and not names_caller:
        say(f"Note: who is calling is not taken from {profile}, which is for {host or 'a server without a name'}.")
    takes_certificate = is_its_server and not (given["connection_cert_file"] or given["connection_key_file"])
    settings = [item for item in SERVER if item not in CERTIFICATE or takes_certificate]
    settings += _IDENTITY if is_its_server and not names_caller else ()
    kept_apart = {"ELEMENTS_PASSWORD", "ELEMENTS_API_TOKEN", *profile.masked().values()}
    if any(item.variable in kept_apart and not given[item.name] for item in settings):
        reveal(kept).update(reveal(profile.secret()))
    for item in settings:
        found = Opaque(reveal(kept).get(item.variable))
        if reveal(found) and not given[item.name]:
            given[item.name] = found if item.may_be_secret else reveal(found)
    return given


def _is_same_server(one: str, other: str) -> bool:
    from elements_sdk._config.validators import checked_host

    with suppress(ApiValueError):  # which is told when the host is used
        return checked_host("host", one) == checked_host("host", other)
    return one == other


def _caller(context: click.Context, values: Mapping[str, Any], needs_session: bool, is_open: bool) -> Caller:
    """Choose what was said on the command line, else an API token, else a login."""
    said = {name for name in values if context.get_parameter_source(name) is ParameterSource.COMMANDLINE}
    tokens = {item.name for item in _IDENTITY[:2]}
    has_token, says_token = any(values.get(name) for name in tokens), bool(said & tokens)
    has_login, says_login = bool(values.get("connection_login")), "connection_login" in said
    if says_token and (says_login or needs_session):
        because = "a session is needed" if needs_session else "--login names one already"
        raise click.UsageError(f"an API token is one identity, and {because}: say one", context)
    if needs_session and not has_login:
        raise CommandFailed(
            "this needs a session, and an API token does not make one",
            "say --login NAME (or ELEMENTS_USERNAME); the password is asked for, or read from ELEMENTS_PASSWORD",
            NOT_AUTHENTICATED,
        )
    if needs_session or says_login or (has_login and not has_token):
        return "session"
    if has_token or is_open:
        return "token" if has_token else "anonymous"
    raise CommandFailed(NOBODY, HOW_TO_CALL, NOT_AUTHENTICATED)


def _configuration(context: click.Context, values: Mapping[str, Any], caller: Caller) -> Configuration:
    """Read the options as `from_env` reads the environment; an error names the setting as it was given."""
    from elements_sdk.configuration import Configuration

    tokens = _IDENTITY[:2] if caller == "token" else ()
    said = [
        item for item in (*SERVER, *tokens) if context.get_parameter_source(item.name) is ParameterSource.COMMANDLINE
    ]
    settings = [*SERVER, *([item for item in tokens if item in said] or tokens)]  # what is said wins
    given = Opaque(
        {
            item.variable: str(resolved(item.label, values[item.name]) if item.may_be_secret else values[item.name])
            for item in settings
            if values.get(item.name)
        }
    )
    try:
        configuration = Configuration.from_env(reveal(given))
        if values.get("debug"):
            configuration.logger_format, configuration.debug = "%(message)s", True
        return configuration
    except ApiValueError as error:
        problem = str(error)
    for item in settings:
        if item in said:
            problem = re.sub(rf"\b{item.variable}\b", item.flag, problem)
        elif values.get(PROFILE.name) and context.get_parameter_source(item.name) is ParameterSource.DEFAULT:
            problem = re.sub(rf"\b{item.variable}\b", f"{item.key} of the profile {values[PROFILE.name]!r}", problem)
    raise CommandFailed(problem, f"`{context.command_path} --help` names all settings", USAGE)


def logged_in(client: ApiClient, arguments: Opaque[Mapping[str, Any]]) -> AuthLoginEndpointResponse:
    """Log a client in, and return the response.

    :raises LoginFailed: the response names no user.
    """
    from elements_sdk._client.session import login_refusal
    from elements_sdk._operations.auth import LOGIN

    answer = client.call_with_http_info(LOGIN, arguments, {})
    refusal = login_refusal(arguments, answer)
    if refusal is not None:
        raise refusal
    return answer.data  # type: ignore[no-any-return]  # the operation says so


@contextmanager
def _session(
    configuration: Configuration, values: Mapping[str, Any], user: int | None, by_hand: bool
) -> Iterator[ApiClient]:
    """Log in for the block.

    :param by_hand: whether the block makes the calls that a `Session` makes by itself.
    """
    name = str(values["connection_login"])
    login: Opaque[dict[str, Any]] = Opaque(
        {
            "username": name,
            "password": _password(name, values.get("connection_login_password")),
            "otp": resolved("One-time code", values.get("connection_login_otp")),
        }
    )
    if by_hand:
        with _bare_session(configuration, login, user) as client:
            yield client
        return
    from elements_sdk.session import Session

    with (
        Session(configuration, **reveal(login)) as session,
        nullcontext() if user is None else session.impersonate(user),
    ):
        yield session.api_client


@contextmanager
def _bare_session(configuration: Configuration, login: Opaque[dict[str, Any]], user: int | None) -> Iterator[ApiClient]:
    from elements_sdk.api.auth_api import AuthApi
    from elements_sdk.api_client import ApiClient
    from elements_sdk.models import AuthLoginEndpointRequest

    with ApiClient(configuration) as client:
        auth = AuthApi(client)
        logged_in(client, Opaque({"data": AuthLoginEndpointRequest(**reveal(login))}))
        try:
            if user is not None:
                auth.start_impersonation({"user": user})
            yield client
        finally:
            with suppress(ApiException):  # the session ends by itself, later
                auth.logout()


def _password(name: str, given: Opaque[str] | None) -> str:
    if given is not None:
        return str(resolved(f"Password of {name}", given))
    if is_a_terminal():
        return ask(f"Password of {name}")
    raise CommandFailed(
        f"the password of {name} is missing, and there is no terminal to ask for it",
        "set ELEMENTS_PASSWORD, or say --login-password - and give it on standard input",
        NOT_AUTHENTICATED,
    )
