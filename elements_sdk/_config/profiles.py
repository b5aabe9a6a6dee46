"""Profiles: servers and callers that `elements-sdk configure` keeps, in a file without their secrets."""

from __future__ import annotations

import os
import re
import sys
import warnings
from pathlib import Path
from typing import Any

from elements_sdk._utils.errors import Translated, problem_of_file
from elements_sdk._utils.extras import missing_extra
from elements_sdk._utils.redaction import MASK, Opaque, reveal
from elements_sdk._utils.text import closest
from elements_sdk.exceptions import ApiValueError

DEFAULT = "default"
SERVICE = "elements-sdk"  # in the keyring
_TLS_KEYS = ("ca_file", "cert_file", "key_file", "key_password")
# Key of a profile -> the variable that says the same.
KEYS = {key: f"ELEMENTS_{key.upper()}" for key in ("host", *_TLS_KEYS, "proxy", "timeout", "total_timeout", "username")}
_FLAGS = {"key_password": "--key-password-file FILE", "proxy": "--proxy -"}  # that keep what is secret
_KNOWN = (*KEYS, "keyring", "secret_file")  # the last two: where the secret is


class Profile:
    """A profile: its name, and what the file says. Its repr shows neither: somebody may have written a secret there."""

    def __init__(self, name: str, table: Any) -> None:
        self.name = name
        self.table = table

    def variables(self) -> dict[str, str]:
        """Return what it says as the environment would say it, without the secret.

        :raises ApiValueError: it has a key that does not exist, or a value of a wrong type.
        """
        if not isinstance(self.table, dict):
            raise ApiValueError(f"{profiles_file()}: {self.name!r} is not a table, as in [{self.name}]")
        for key in self.table:
            if key not in _KNOWN:
                meant = closest(key, _KNOWN)
                known = f"did you mean {meant!r}?" if meant else f"it may have {', '.join(_KNOWN)}, and no secret"
                raise ApiValueError(f"{self} has an unknown key, {key!r}; {known}")
        texts = {key: self._text(key, value) for key, value in self.table.items()}
        return {variable: texts[key] for key, variable in KEYS.items() if key in texts}

    def masked(self) -> dict[str, str]:
        """Return the keys that have `***` for what is with the secret, and their variables."""
        return {key: KEYS[key] for key in ("key_password", "proxy") if MASK in str(self.table.get(key))}

    def secret(self) -> Opaque[dict[str, str]]:
        """Return the API token, or the password where there is a user name, by the variable that may hold it.

        What is masked stands below it, a variable a line.

        :raises ApiValueError: it cannot be read.
        """
        variable = "ELEMENTS_PASSWORD" if self.table.get("username") else "ELEMENTS_API_TOKEN"
        kept = Opaque(self._read_file() if "secret_file" in self.table else self._ask_keyring())
        lines = Opaque([line.partition("=") for line in f"{variable}={reveal(kept)}".split("\n")])
        found = Opaque({line[0]: line[2] for line in reveal(lines)})
        names = {"secret": variable, **self.masked()}
        for key, name in names.items():
            if name not in reveal(found):
                raise ApiValueError(f"{self}: the *** of {key} is not with its secret; keep it anew: {self._anew()}")
        return Opaque({name: reveal(found)[name] for name in names.values() if reveal(found)[name]})

    def renamed(self, error: ApiValueError) -> ApiValueError:
        """Return an error that names the keys of the profile in place of variables."""
        names = {variable: key for key, variable in KEYS.items()}
        text = re.sub(r"\bELEMENTS_[A-Z_]+", lambda found: names.get(found[0], "its secret"), str(error))
        return ApiValueError(f"{self}: {text}")

    def __str__(self) -> str:
        return f"the profile {self.name!r}"

    def _text(self, key: str, value: Any) -> str:
        is_time = key in ("timeout", "total_timeout")
        values = value if key == "timeout" and isinstance(value, list) else [value]
        if any(isinstance(each, bool) or not isinstance(each, int | float if is_time else str) for each in values):
            what = "a number of seconds" if is_time else "text, in quotes"
            raise ApiValueError(f"{self}: {key} must be {what}{', or two: [connect, read]' * (key == 'timeout')}")
        if (key == "key_password" and value != MASK) or (key == "proxy" and without_userinfo(value) != value):
            problem = f"{key} holds a secret, which is not for {profiles_file()}: take it out, then: {self._anew(key)}"
            raise ApiValueError(f"{self}: {problem}")
        return ",".join(map(str, values))

    def _read_file(self) -> str:
        path = secret_file(self.table)
        reading = f"{self}: {path} cannot be read"
        with Translated((OSError, ValueError), lambda error: ApiValueError(f"{reading}: {problem_of_file(error)}")):
            mode = path.stat().st_mode
            secret = Opaque(path.read_text("utf-8-sig").rstrip("\r\n"))
        if not reveal(secret):
            raise ApiValueError(f"{reading}: it is empty")
        if os.name == "posix" and mode & 0o077:
            warnings.warn(f"{path} holds a secret, and others can read it: chmod 600 {path}", stacklevel=4)
        return reveal(secret)

    def _ask_keyring(self) -> str:
        if "keyring" not in self.table:
            return ""
        missing = missing_extra("keyring")
        if missing:
            raise ApiValueError(f"{self} has its secret in the system's keyring: {missing}")
        unusable = "cannot be used ({})"
        with Translated(Exception, lambda error: self._keyring_error(unusable.format(type(error).__name__))):
            import keyring  # a backend raises whatever it likes

            secret = Opaque(keyring.get_password(SERVICE, self.table["keyring"]) or "")
        if not reveal(secret):
            raise self._keyring_error("does not have it")
        return reveal(secret)

    def _keyring_error(self, problem: str) -> ApiValueError:
        return ApiValueError(
            f"{self} has its secret in the system's keyring, which {problem}; keep it anew, perhaps in a file: "
            f"{self._anew()} --no-keyring"
        )

    def _anew(self, key: str = "") -> str:
        """Return the command that keeps the secret anew, and what is masked, or would be, by this key."""
        flags = [flag for name, flag in _FLAGS.items() if name == key or name in self.masked()]
        return " ".join([f"elements-sdk configure --profile {self.name}", *flags])


def profiles_file() -> Path:
    """Return the file of the profiles, in the folder where this system keeps the settings of a user."""
    home = Path("/", os.path.expanduser("~"))  # which stays `~` for a user without a home
    if sys.platform == "win32":
        folder = Path(os.environ.get("APPDATA") or home)
    elif sys.platform == "darwin":
        folder = home / "Library/Application Support"
    else:
        named = Path(os.environ.get("XDG_CONFIG_HOME", ""))
        folder = named if named.is_absolute() else home / ".config"
    return folder / "elements-sdk" / "profiles.toml"


def secret_file(table: dict[str, Any]) -> Path:
    return profiles_file().parent / os.path.expanduser(str(table["secret_file"]))


def without_userinfo(proxy: object) -> str:
    """Return the URL of a proxy with `***` in place of user name and password."""
    return re.sub(r"(?s)^(\w+://)?.*@", rf"\1{MASK}@", str(proxy))


def read_profiles() -> dict[str, Any]:
    """Return what the file says, by the names of the profiles; they are not checked.

    :raises ApiValueError: the file cannot be read, or is not TOML.
    """
    import tomllib  # loaded late, as most programs have no profiles

    file = profiles_file()
    with Translated((OSError, ValueError), _unreadable):
        return tomllib.loads(file.read_text("utf-8-sig")) if file.exists() else {}


def _unreadable(error: Exception) -> ApiValueError:
    """Return an error that says where in the file it is wrong, and does not show what stands there."""
    place = re.search(r"line \d+, column \d+|end of document", str(error))
    problem = getattr(error, "strerror", None) or f"it is not TOML{f': see {place[0]}' if place else ''}"
    return ApiValueError(f"{profiles_file()} cannot be read: {problem}")


def find_profile(name: str) -> Profile:
    """Return a profile.

    :raises ApiValueError: it does not exist, or the file cannot be read.
    """
    profiles = read_profiles()
    if name not in profiles:
        meant = closest(name, profiles)
        others = f"there are: {', '.join(profiles)}" if profiles else "there are none"
        raise ApiValueError(
            f"{Profile(name, None)} does not exist; {f'did you mean {meant!r}? ' if meant else ''}{others}. "
            f"This makes it: elements-sdk configure --profile {name}"
        )
    return Profile(name, profiles[name])


def default_profile() -> Profile | None:
    """Return the profile that is used where none is named, if there is one.

    :raises ApiValueError: the file cannot be read as TOML. One that may not be read at all is left alone.
    """
    table = read_profiles().get(DEFAULT) if os.access(profiles_file(), os.R_OK) else None
    return None if table is None else Profile(DEFAULT, table)
