"""Profiles as Python reads them: what is wrong with one is named, and no secret shows."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from elements_sdk import ApiValueError, Configuration
from test.tls import locals_shown

SECRET = "SECRET-1234"
GOOD = '[work]\nhost = "https://storage.example.com"\n'


@pytest.fixture
def folder(own_profiles: Path) -> Path:
    own_profiles.mkdir()
    (own_profiles / "token").write_text(f"{SECRET}\n")
    (own_profiles / "token").chmod(0o600)
    return own_profiles


def write(folder: Path, text: str) -> None:
    (folder / "profiles.toml").write_text(text)


def refused(words: str, name: str = "work") -> None:
    with pytest.raises(ApiValueError, match=re.escape(words)) as caught:
        Configuration.from_profile(name)
    assert SECRET not in str(caught.value)
    assert SECRET not in str(locals_shown(caught.value))
    assert caught.value.__context__ is None


def test_profile_is_all_that_it_says_and_nothing_of_the_environment(
    folder: Path, environment: pytest.MonkeyPatch
) -> None:
    environment.setenv("ELEMENTS_HOST", "https://other.example.com")
    environment.setenv("ELEMENTS_TOTAL_TIMEOUT", "7")
    write(folder, GOOD + 'ca_file = "/ca.pem"\ntimeout = [5, 10.5]\nsecret_file = "token"\n')
    made = Configuration.from_profile("work")
    assert (made.host, made.ssl_ca_cert, made.timeout) == ("https://storage.example.com", "/ca.pem", (5.0, 10.5))
    assert made.get_api_key_with_prefix("Bearer") == f"Bearer {SECRET}"
    assert made.total_timeout == Configuration().total_timeout
    assert SECRET not in repr(made)


def test_secret_of_a_user_is_the_password(folder: Path) -> None:
    write(folder, GOOD + 'username = "editor"\nsecret_file = "token"\n')
    made = Configuration.from_profile("work")
    assert (made.username, made.password, made.has_api_key()) == ("editor", SECRET, False)


def test_profile_of_a_server_alone_has_no_caller(folder: Path) -> None:
    write(folder, GOOD)
    assert not Configuration.from_profile("work").has_api_key()


def test_environment_alone_reads_no_file(folder: Path) -> None:
    write(folder, "[default\n")
    with pytest.raises(ApiValueError, match="ELEMENTS_HOST is not set"):
        Configuration.from_env({})
    assert Configuration.from_env({"ELEMENTS_HOST": "http://localhost"}).host == "http://localhost"


def test_unknown_profile_is_told_with_those_that_exist(folder: Path) -> None:
    refused("the profile 'work' does not exist; there are none")
    write(folder, "[home]\n[work]\n")
    refused("the profile 'wrok' does not exist; did you mean 'work'? there are: home, work", "wrok")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"[work]\n{SECRET}\n", "profiles.toml cannot be read: it is not TOML: see line 2, column 12"),
        (f"[work]\nhost = '{SECRET}", "profiles.toml cannot be read: it is not TOML: see "),
        ("work = 3", "'work' is not a table, as in [work]"),
        ("[work]\nhots = 'x'", "the profile 'work' has an unknown key, 'hots'; did you mean 'host'?"),
        (f"[work]\napi_token = '{SECRET}'", "has an unknown key, 'api_token'; it may have host, ca_file, cert_file"),
        ("[work]\nhost = 3", "the profile 'work': host must be text, in quotes"),
        ("[work]\nkeyring = true", "the profile 'work': keyring must be text, in quotes"),
        ("[work]\nhost = 'storage'", "the profile 'work': host must begin with http:// or https://"),
        ("[work]\n", "the profile 'work': host is not set"),
        (f"{GOOD}timeout = '5'", "timeout must be a number of seconds, or two: [connect, read]"),
        (f"{GOOD}timeout = [1, 2, 3]", "timeout must be a number of seconds, or two"),
        (f"{GOOD}total_timeout = [1, 2]", "the profile 'work': total_timeout must be a number of seconds"),
        (f"{GOOD}total_timeout = true", "the profile 'work': total_timeout must be a number of seconds"),
        (f"{GOOD}total_timeout = -1", "the profile 'work': total_timeout must be a positive number of seconds"),
        (f"{GOOD}secret_file = 'missing'", "missing cannot be read: No such file or directory"),
        (f"{GOOD}secret_file = 'empty'", "empty cannot be read: it is empty"),
        (f"{GOOD}secret_file = 'latin'", "latin cannot be read: it is not UTF-8 text"),
    ],
)
def test_what_is_wrong_with_a_profile_is_named(folder: Path, text: str, words: str) -> None:
    write(folder, text)
    (folder / "latin").write_bytes(b"\xe4")
    (folder / "empty").write_text("\n")
    refused(words)


def test_secret_that_cannot_be_sent_is_refused_unseen(folder: Path) -> None:
    (folder / "token").write_text(f"'{SECRET}'")
    write(folder, f"{GOOD}secret_file = 'token'")
    refused("the profile 'work': its secret is in quotes: leave them out")


@pytest.mark.parametrize(("mode", "warns"), [(0o600, False), (0o640, True), (0o604, True)])
def test_secret_that_others_can_read_is_a_warning(
    mode: int, warns: bool, folder: Path, recwarn: pytest.WarningsRecorder
) -> None:
    write(folder, f"{GOOD}secret_file = 'token'")
    os.chmod(folder / "token", mode)
    Configuration.from_profile("work")
    assert [str(warning.message) for warning in recwarn] == [
        f"{folder}/token holds a secret, and others can read it: chmod 600 {folder}/token"
    ] * warns
    assert all(warning.filename == __file__ for warning in recwarn)


def test_without_the_extra_the_keyring_is_named_with_the_command(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("elements_sdk._utils.extras.find_spec", lambda _name: None)
    write(folder, f"{GOOD}keyring = 'work-1'")
    refused('in the system\'s keyring: keyring missing; install the extra: pip install ".[keyring]"')


@pytest.mark.parametrize("home", [None, "elsewhere"])
def test_relative_folder_of_settings_is_not_taken(
    home: str | None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    if home is None:
        monkeypatch.delenv("XDG_CONFIG_HOME")
    else:
        monkeypatch.setenv("XDG_CONFIG_HOME", home)
    (tmp_path / ".config/elements-sdk").mkdir(parents=True)
    write(tmp_path / ".config/elements-sdk", GOOD)
    assert Configuration.from_profile("work").host == "https://storage.example.com"
