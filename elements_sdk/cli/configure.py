"""`elements-sdk configure`: keeps a server and who is calling as a profile, after a call that has tried them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import Any

import click
import tomli_w

from elements_sdk._config.profiles import (
    DEFAULT,
    KEYS,
    SERVICE,
    Profile,
    find_profile,
    profiles_file,
    read_profiles,
    secret_file,
    without_userinfo,
)
from elements_sdk._config.validators import checked_host
from elements_sdk._utils.errors import Translated
from elements_sdk._utils.extras import missing_extra
from elements_sdk._utils.redaction import MASK, Opaque, reveal
from elements_sdk.api.auth_api import AuthApi
from elements_sdk.cli.connection import CERTIFICATE, PROFILE, SERVER, connected, debug_option
from elements_sdk.cli.errors import NOT_AUTHENTICATED, USAGE, CommandFailed
from elements_sdk.cli.files import put_in_place, unreadable
from elements_sdk.cli.output import output_option, write
from elements_sdk.cli.root import Command
from elements_sdk.cli.secrets import ask, is_a_terminal, resolved
from elements_sdk.cli.words import say
from elements_sdk.exceptions import ApiValueError

_PRIVATE = 0o600
_KEPT = [item for item in SERVER if not item.is_secret]
_FILES = ("ELEMENTS_CA_FILE", "ELEMENTS_CERT_FILE", "ELEMENTS_KEY_FILE")
_SHOWN = ("ca_file", "cert_file", "proxy")
Variables = Opaque[dict[str, str]]
_COLUMNS = ("profile", "host", "caller", "secret", *_SHOWN)


@click.pass_context
def _configure(context: click.Context, /, **given: Any) -> None:
    name = given[PROFILE.name] or DEFAULT
    if given["list"] and given["remove"]:
        raise click.UsageError("--list and --remove exclude each other: give one", context)
    if given["list"]:
        write([_row(name, table) for name, table in read_profiles().items()], given, _COLUMNS, kept=_COLUMNS[:3])
    elif given["remove"]:
        find_profile(name)
        _forget(_replace(name, None))
        say(f"The profile {name!r} is removed.")
    else:
        _keep_tried(context, name, given)


configure = Command(
    "configure",
    callback=_configure,
    params=[
        PROFILE.option(PROFILE.variable),
        *(item.option() for item in _KEPT),
        click.Option(
            ["--key-password-file"], metavar="FILE", help="The password of that key, in a file; `-`: standard input."
        ),
        click.Option(["--api-token-file"], metavar="FILE", help="The API token, in a file; `-`: standard input."),
        click.Option(["--login"], metavar="NAME", help="Log in as this user, in place of an API token."),
        click.Option(["--login-password-file"], metavar="FILE", help="The password for it, likewise."),
        click.Option(["--login-otp-file"], metavar="FILE", help="A one-time code to try it with, likewise; not kept."),
        click.Option(["--no-keyring"], is_flag=True, help="Keep the secret in a file that you alone can read."),
        click.Option(["--list"], is_flag=True, help="Show the profiles, without their secrets."),
        click.Option(["--remove"], is_flag=True, help="Remove the profile, and the secret kept for it."),
        debug_option(),
        output_option(),
    ],
    help="""Keep a server and who is calling as a profile, once tried.

    What no option says is asked for, on a terminal. Without --profile it is the profile `default`, which commands
    use where none is named. A profile that exists keeps its settings where nothing else is said.

    \b
    Example:
        elements-sdk configure
        elements-sdk configure --profile editing --host https://storage.example.com \\
            --api-token-file token.txt
        elements-sdk configure --list
    """,
)


def _keep_tried(context: click.Context, name: str, given: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"\w[\w.@-]{0,63}", name, re.ASCII):
        raise click.UsageError("a profile's name is made of letters, digits and any of . _ @ -", context)
    variables = _variables(Profile(name, read_profiles().get(name, {})), given)
    _complete_server(variables, given)
    secret = _secret(variables, given)
    user, host = (reveal(variables).get(name) for name in ("ELEMENTS_USERNAME", "ELEMENTS_HOST"))
    values: dict[str, Any] = {"connection_login": user, "debug": given["debug"]}
    for item in SERVER:
        found = Opaque(reveal(variables).get(item.variable))
        values[item.name] = found if item.may_be_secret and reveal(found) else reveal(found)
    if given["login_otp_file"]:
        values["connection_login_otp"] = _from_file("--login-otp-file", given["login_otp_file"])
    values["connection_login_password" if user else "connection_api_token"] = secret
    with connected(context, values) as client:
        AuthApi(client).get_all_access_tokens(limit=1)
    _keep(name, variables, secret, given)
    say(f"The profile {name!r} is kept: {user or 'an API token'}, at {host}.")


def _variables(old: Profile, given: Mapping[str, Any]) -> Variables:
    """Return what an old profile says, its masked values among it, and what is given in place of that."""
    variables: Variables = Opaque(old.variables())
    if given["connection_cert_file"] or given["connection_key_file"]:
        for item in CERTIFICATE:  # they go together
            reveal(variables).pop(item.variable, None)
    if given["key_password_file"]:
        text = _from_file("--key-password-file", given["key_password_file"])
        reveal(variables)["ELEMENTS_KEY_PASSWORD"] = reveal(text)
    for item in _KEPT:
        if given[item.name] and item.may_be_secret:
            if MASK in without_userinfo(reveal(given[item.name])):
                problem = "would be seen in the list of processes: `--proxy -` reads it from standard input, or asks"
                raise click.UsageError(f"{item.flag} with a password {problem}")
            reveal(variables)[item.variable] = str(resolved(item.label, given[item.name]))
        elif given[item.name]:
            reveal(variables)[item.variable] = given[item.name]
    masked = [name for name in old.masked().values() if MASK in reveal(variables).get(name, "")]
    if masked:
        secret = old.secret()
        reveal(variables).update({name: reveal(secret)[name] for name in masked})
    return variables


def _complete_server(variables: Variables, given: Mapping[str, Any]) -> None:
    """Ask for what is left out, where there is a terminal. Files are found from every folder later."""
    host, authorities = (reveal(variables).get(name) for name in ("ELEMENTS_HOST", "ELEMENTS_CA_FILE"))
    if is_a_terminal() and not given["connection_host"]:
        host = click.prompt("Server, as in https://storage.example.com", host, err=True, value_proc=_host)
        reveal(variables)["ELEMENTS_HOST"] = str(host)
    if is_a_terminal() and not given["connection_ca_file"] and str(host).startswith("https:"):
        question = "File of certificate authorities, if the system's will not do"
        authorities = click.prompt(question, authorities or "", show_default=bool(authorities), err=True)
        reveal(variables)["ELEMENTS_CA_FILE"] = str(authorities)
    for name in _FILES:
        if reveal(variables).get(name):
            reveal(variables)[name] = os.path.abspath(os.path.expanduser(reveal(variables)[name]))


def _host(text: str) -> str:
    """Return the address of a server that was typed; what is wrong makes click ask again."""
    with Translated(ApiValueError, lambda error: click.UsageError(str(error))):
        return checked_host("it", text)


def _secret(variables: Variables, given: Mapping[str, Any]) -> Opaque[str]:
    """Return the API token, or the password of the user whose name it puts among the variables."""
    user = reveal(variables).pop("ELEMENTS_USERNAME", None)
    login = given["login"] or (user if given["login_password_file"] else None)
    if given["api_token_file"] and (given["login"] or given["login_password_file"]):
        raise click.UsageError("an API token is one identity, and a login another: say one")
    if given["api_token_file"]:
        return _from_file("--api-token-file", given["api_token_file"])
    if not login and is_a_terminal():
        question = "API token (none: log in with a password)"
        token = Opaque(click.prompt(question, "", hide_input=True, show_default=False, err=True).strip())
        if reveal(token):
            return token
        login = click.prompt("User name", user, err=True)
    if not login or (not given["login_password_file"] and not is_a_terminal()):
        hint = "say --api-token-file FILE, or --login NAME and --login-password-file FILE; - is standard input"
        raise CommandFailed("who is calling is not said, and there is no terminal to ask", hint, NOT_AUTHENTICATED)
    reveal(variables)["ELEMENTS_USERNAME"] = str(login)
    if given["login_password_file"]:
        return _from_file("--login-password-file", given["login_password_file"])
    return Opaque(ask(f"Password of {login}"))


def _from_file(flag: str, path: str) -> Opaque[str]:
    with unreadable(flag, path):
        given = Opaque(resolved(flag, Opaque("-")) if path == "-" else Path(path).read_text("utf-8-sig").rstrip("\r\n"))
    lines = (reveal(given) or "").count("\n")
    if lines or not reveal(given):
        problem = "it has several lines" if lines else "it is empty"
        raise CommandFailed(f"{flag}: {path} cannot be read: {problem}", code=USAGE)
    return Opaque(str(reveal(given)))


def _plain(key: str, text: str) -> Any:
    """Return a setting as it stands in the file: with `***` for what is secret."""
    if key in ("key_password", "proxy"):
        return without_userinfo(text) if key == "proxy" else MASK
    if key not in ("timeout", "total_timeout"):
        return text
    numbers = [float(part) for part in text.split(",")]
    return numbers[0] if len(numbers) == 1 else numbers


def _keep(name: str, variables: Variables, identity: Opaque[str], given: Mapping[str, Any]) -> None:
    """Keep the new secret beside the old one, put the profile in its place, and forget the old secret then."""
    said = {key: variable for key, variable in KEYS.items() if reveal(variables).get(variable)}
    table = {key: _plain(key, reveal(variables)[variable]) for key, variable in said.items()}
    masked = Profile(name, table).masked().values()
    secret = Opaque("\n".join([reveal(identity), *(f"{each}={reveal(variables)[each]}" for each in masked)]))
    profiles_file().parent.mkdir(0o700, parents=True, exist_ok=True)
    entry = f"{name}-{token_hex(4)}"
    file = profiles_file().with_name(f"{entry}.secret")
    kept = {**table, "keyring": entry}
    try:
        reason = "as you said" if given["no_keyring"] else _problem_of_keyring(entry, secret)
        if reason:
            kept = {**table, "secret_file": str(file)}
            put_in_place(file, reveal(secret), _PRIVATE)
        old = _replace(name, kept)
    except BaseException:
        if read_profiles().get(name) != kept:
            _forget(kept)
        raise
    _forget(old)
    if reason:
        say(f"The secret is in a file that you alone can read, {file}: {reason}.")


def _problem_of_keyring(entry: str, secret: Opaque[str]) -> str | None:
    """Keep a secret in the system's keyring, or return why that cannot be done."""
    if missing_extra("keyring"):
        return "the extra `keyring` is not installed"
    try:
        import keyring

        keyring.set_password(SERVICE, entry, reveal(secret))
        if keyring.get_password(SERVICE, entry) == reveal(secret):
            return None
        return "the system's keyring keeps nothing"
    except Exception as error:  # a backend raises whatever it likes
        return f"the system's keyring cannot be used ({type(error).__name__})"


def _replace(name: str, table: dict[str, Any] | None) -> Any:
    """Put a profile into the file, or take it out; return what was there."""
    with _alone():
        profiles = read_profiles()
        old = profiles.pop(name, {})
        put_in_place(profiles_file(), tomli_w.dumps({**profiles, **({name: table} if table else {})}), _PRIVATE)
    return old


@contextmanager
def _alone() -> Iterator[None]:
    """Let one process at a time change the file, where the system has locks."""
    with open(profiles_file().with_suffix(".lock"), "a") as file:
        with suppress(ImportError, OSError):  # Windows; a file system that has none
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _forget(table: Any) -> None:
    """Remove the secret of a profile from where `configure` has kept it."""
    if not isinstance(table, dict):
        return
    if "secret_file" in table:
        file = secret_file(table)
        if file.parent == profiles_file().parent and file.suffix == ".secret":
            file.unlink(missing_ok=True)
    elif "keyring" in table:
        try:
            import keyring

            keyring.delete_password(SERVICE, table["keyring"])
        except Exception as error:
            say(f"Warning: {table['keyring']!r} may still be in the keyring ({type(error).__name__})")


def _row(name: str, table: Any) -> dict[str, Any]:
    """Return what can be shown of a profile."""
    if not isinstance(table, dict):
        return {"profile": name}
    secret = table.get("secret_file") or ("keyring" if "keyring" in table else None)
    caller = table.get("username") or ("API token" if secret else None)
    others = {key: without_userinfo(table[key]) if key == "proxy" else table[key] for key in _SHOWN if key in table}
    return {"profile": name, "host": table.get("host"), "caller": caller, "secret": secret, **others}
