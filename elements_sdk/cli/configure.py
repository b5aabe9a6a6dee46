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
)
from elements_sdk._utils.errors import problem_of_file
from elements_sdk._utils.extras import missing_extra
from elements_sdk._utils.redaction import Opaque, reveal
from elements_sdk.api.auth_api import AuthApi
from elements_sdk.cli.connection import PROFILE, SERVER, connected, debug_option
from elements_sdk.cli.errors import NOT_AUTHENTICATED, USAGE, CommandFailed
from elements_sdk.cli.files import put_in_place
from elements_sdk.cli.output import output_option, write
from elements_sdk.cli.root import Command
from elements_sdk.cli.secrets import ask, is_a_terminal, resolved
from elements_sdk.cli.words import say

_PRIVATE = 0o600
_KEPT = [item for item in SERVER if item.variable in KEYS.values()]
_COLUMNS = ("profile", "host", "ca_file", "caller", "secret")


@click.pass_context
def _configure(context: click.Context, /, **given: Any) -> None:
    name = given[PROFILE.name] or DEFAULT
    if given["list"]:
        write([_row(name, table) for name, table in read_profiles().items()], given, _COLUMNS)
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
    variables = Profile(name, read_profiles().get(name, {})).variables()
    variables.update({item.variable: given[item.name] for item in _KEPT if given[item.name]})
    _complete_server(variables, given)
    secret = _secret(variables, given)
    user = variables.get("ELEMENTS_USERNAME")
    values: dict[str, Any] = {item.name: variables.get(item.variable) for item in SERVER}
    values["connection_login"], values["debug"] = user, given["debug"]
    if given["login_otp_file"]:
        values["connection_login_otp"] = _from_file("--login-otp-file", given["login_otp_file"])
    values["connection_login_password" if user else "connection_api_token"] = secret
    with connected(context, values) as client:
        AuthApi(client).get_all_access_tokens(limit=1)
    _keep(name, {key: _plain(key, variables[KEYS[key]]) for key in KEYS if variables.get(KEYS[key])}, secret, given)
    say(f"The profile {name!r} is kept: {user or 'an API token'}, at {variables['ELEMENTS_HOST']}.")


def _complete_server(variables: dict[str, str], given: Mapping[str, Any]) -> None:
    """Ask for what is left out, where there is a terminal. A file of authorities is found from every folder later."""
    host, authorities = variables.get("ELEMENTS_HOST"), variables.get("ELEMENTS_CA_FILE")
    if is_a_terminal() and not given["connection_host"]:
        host = variables["ELEMENTS_HOST"] = click.prompt("Server, as in https://storage.example.com", host, err=True)
    if is_a_terminal() and not given["connection_ca_file"] and str(host).startswith("https:"):
        question = "File of certificate authorities, if the system's will not do"
        authorities = click.prompt(question, authorities or "", show_default=bool(authorities), err=True)
    if authorities:
        variables["ELEMENTS_CA_FILE"] = os.path.abspath(os.path.expanduser(authorities))


def _secret(variables: dict[str, str], given: Mapping[str, Any]) -> Opaque[str]:
    """Return the API token, or the password of the user whose name it puts among the variables."""
    user = variables.pop("ELEMENTS_USERNAME", None)
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
    variables["ELEMENTS_USERNAME"] = login
    if given["login_password_file"]:
        return _from_file("--login-password-file", given["login_password_file"])
    return Opaque(ask(f"Password of {login}"))


def _from_file(flag: str, path: str) -> Opaque[str]:
    try:
        text = resolved(flag, Opaque("-")) if path == "-" else Path(path).read_text("utf-8-sig").rstrip("\r\n")
        if text:
            return Opaque(text)
        problem = "it is empty"
    except UnicodeDecodeError:
        problem = "it is not UTF-8 text"
    except (OSError, ValueError) as error:
        problem = problem_of_file(error)
    raise CommandFailed(f"{flag}: {path} cannot be read: {problem}", code=USAGE)


def _plain(key: str, text: str) -> Any:
    """Return a setting as it stands in the file."""
    if key not in ("timeout", "total_timeout"):
        return text
    numbers = [float(part) for part in text.split(",")]
    return numbers[0] if len(numbers) == 1 else numbers


def _keep(name: str, table: dict[str, Any], secret: Opaque[str], given: Mapping[str, Any]) -> None:
    """Keep the new secret beside the old one, put the profile in its place, and forget the old secret then."""
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
    shown = {"profile": name, "host": table.get("host"), "ca_file": table.get("ca_file")}
    shown["secret"] = table.get("secret_file") or ("keyring" if "keyring" in table else None)
    return {**shown, "caller": table.get("username") or ("API token" if shown["secret"] else None)}
