"""The secret of a profile in a keyring: the package keyring with the backends of keyrings.alt and of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from elements_sdk import ApiValueError, Configuration, Session
from elements_sdk.sandbox import Sandbox
from test.command_line import run
from test.proxies import BASIC, IN_A_URL
from test.recording import RecordingServer

FILE = "keyrings.alt.file.PlaintextKeyring"


@pytest.fixture
def keyring(own_profiles: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the file in which the keyring is."""
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", FILE)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return tmp_path / "python_keyring/keyring_pass.cfg"


def configure(sandbox: Sandbox, *arguments: str) -> str:
    given = ["configure", "--host", sandbox.host, "--login", "user", "--login-password-file", "-", *arguments]
    result = run(*given, stdin=f"{sandbox.user.password}\n")
    assert result.returncode == 0, result.stderr
    return result.stderr


def entries(keyring: Path) -> list[str]:
    return [line for line in keyring.read_text().splitlines() if line.startswith("default")]


def files_of(folder: Path) -> set[str]:
    return {file.suffix for file in folder.iterdir()}


def test_secret_is_in_the_keyring_alone(sandbox: Sandbox, keyring: Path, own_profiles: Path) -> None:
    for _ in range(2):  # the second time the old entry goes
        configure(sandbox)
        assert len(entries(keyring)) == 1
    assert files_of(own_profiles) == {".toml", ".lock"}
    text = (own_profiles / "profiles.toml").read_text()
    assert 'keyring = "default-' in text
    assert sandbox.user.password not in text
    assert '"secret": "keyring"' in run("configure", "--list").stdout
    assert run("auth", "generate-password").returncode == 0
    with pytest.MonkeyPatch.context() as patched:  # this process has chosen its backend before
        patched.setattr("keyring.core._keyring_backend", None)
        with Session(Configuration.from_profile("default")) as session:
            assert session.auth.generate_password().password
    assert run("configure", "--remove").stderr == "The profile 'default' is removed.\n"
    assert entries(keyring) == []


def test_secrets_of_proxy_and_key_are_in_the_keyring_too(
    keyring: Path, own_profiles: Path, recorder: RecordingServer
) -> None:
    recorder.answers("[]")
    proxy = recorder.host.replace("//", f"//{IN_A_URL}@")
    given = ["configure", "--host", "http://storage.invalid", "--proxy", "-", "--api-token-file", "-"]
    kept = run(*given, "--key-password-file", "-", stdin=f"Lantern-4471\n{proxy}\nTOKEN-4471\n")
    assert kept.returncode == 0, kept.stderr
    assert files_of(own_profiles) == {".toml", ".lock"}
    text = (own_profiles / "profiles.toml").read_text()
    assert [secret for secret in ("Lantern", "PRO", "TOKEN-4471") if secret in text] == []
    recorder.requests.clear()
    assert run("auth", "get-all-access-tokens").returncode == 0
    assert recorder.last.header("Proxy-Authorization") == BASIC
    keyring.unlink()
    lost = run("auth", "get-all-access-tokens").stderr
    assert "configure --profile default --key-password-file FILE --proxy - --no-keyring" in lost


def test_failed_try_leaves_the_keyring_as_it_was(sandbox: Sandbox, keyring: Path) -> None:
    configure(sandbox)
    before = keyring.read_text()
    wrong = ["configure", "--host", sandbox.host, "--login", "user", "--login-password-file", "-"]
    assert run(*wrong, stdin="WRONG-1234\n").returncode == 4
    assert keyring.read_text() == before


@pytest.mark.parametrize(
    ("backend", "because"),
    [
        ("keyring.backends.fail.Keyring", "the system's keyring cannot be used (NoKeyringError)"),
        ("keyring.backends.null.Keyring", "the system's keyring keeps nothing"),
        ("no.such.Backend", "the system's keyring cannot be used (ModuleNotFoundError)"),
    ],
)
def test_without_a_keyring_that_keeps_secrets_a_file_is_named(
    backend: str,
    because: str,
    sandbox: Sandbox,
    keyring: Path,
    own_profiles: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", backend)
    told = configure(sandbox)
    (secret,) = own_profiles.glob("*.secret")
    assert f"a file that you alone can read, {secret}: {because}." in told
    assert run("auth", "generate-password").returncode == 0


def test_file_can_be_asked_for(sandbox: Sandbox, keyring: Path, own_profiles: Path) -> None:
    configure(sandbox)
    assert "as you said" in configure(sandbox, "--no-keyring")
    assert entries(keyring) == []
    assert ".secret" in files_of(own_profiles)


@pytest.mark.parametrize("loss", ["keyring.backends.fail.Keyring", "the entry"])
def test_lost_secret_is_told_with_the_way_out(
    loss: str, sandbox: Sandbox, keyring: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(sandbox)
    if loss == "the entry":
        keyring.unlink()
    else:
        monkeypatch.setenv("PYTHON_KEYRING_BACKEND", loss)
    problem = "does not have it" if loss == "the entry" else "cannot be used (NoKeyringError)"
    words = f"the profile 'default' has its secret in the system's keyring, which {problem}; keep it anew"
    failed = run("auth", "generate-password")
    assert failed.returncode == 2
    assert words in failed.stderr
    assert "elements-sdk configure --profile default --no-keyring" in failed.stderr
    monkeypatch.setattr("keyring.core._keyring_backend", None)
    with pytest.raises(ApiValueError, match=r"elements-sdk configure --profile default --no-keyring$") as caught:
        Configuration.from_profile("default")
    assert caught.value.__context__ is None
