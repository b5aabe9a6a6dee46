"""The ways to keep a token that docs/tokens.md shows: each is filled in as its system does, and its program run."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from elements_sdk import ApiClient, AuthApi, Configuration
from elements_sdk.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/tokens.md").read_text("utf-8")
PROGRAM, _ = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
FILE, KEYRING = re.findall(r"^```shell\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
COMPOSE, POD = map(yaml.safe_load, re.findall(r"^```yaml\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE))
UNIT = re.findall(r"^    (\w+)=(.+)$", PAGE, re.MULTILINE)
SERVER = "https://storage.example.com"


def run(command: list[str], folder: Path, given: str = "", **variables: str) -> str:
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environment = {"PATH": programs, "PYTHONPATH": str(ROOT), "HOME": str(folder), **variables}
    return subprocess.run(command, env=environment, input=given, capture_output=True, text=True, check=True).stdout


def run_program(folder: Path, sandbox: Sandbox, variables: dict[str, str]) -> str:
    assert variables["ELEMENTS_HOST"] == SERVER
    return run([sys.executable, "-c", PROGRAM], folder, **{**variables, "ELEMENTS_HOST": sandbox.host})


def test_file_of_mode_0600(sandbox: Sandbox, tmp_path: Path) -> None:
    file = tmp_path / ".config/elements/token"
    file.parent.mkdir(parents=True)
    file.touch(0o644)
    script = FILE.replace(SERVER, sandbox.host) + 'exec "$0" -c "$1"'
    told = run(["sh", "-euc", script, sys.executable, PROGRAM], tmp_path, f"{sandbox.user.api_token}\n")
    assert (told, stat.S_IMODE(file.stat().st_mode)) == ("user\n", 0o600)


def test_unit_of_systemd(sandbox: Sandbox, tmp_path: Path) -> None:
    credential, _, source = dict(UNIT)["LoadCredential"].partition(":")
    assert source.startswith("/etc/")
    (tmp_path / credential).write_text(sandbox.user.api_token)
    (tmp_path / credential).chmod(0o400)
    filled = [value.replace("%d", str(tmp_path)).partition("=") for name, value in UNIT if name == "Environment"]
    variables = {"CREDENTIALS_DIRECTORY": str(tmp_path), **{name: value for name, _, value in filled}}
    assert run_program(tmp_path, sandbox, variables) == "user\n"


def test_secret_of_docker(sandbox: Sandbox, tmp_path: Path) -> None:
    service = COMPOSE["services"]["nightly"]
    (secret,) = service["secrets"]
    assert COMPOSE["secrets"].keys() == {secret}
    (tmp_path / secret).write_text(sandbox.user.api_token)
    variables = service["environment"]
    variables["ELEMENTS_API_TOKEN_FILE"] = variables["ELEMENTS_API_TOKEN_FILE"].replace("/run/secrets", str(tmp_path))
    assert run_program(tmp_path, sandbox, variables) == "user\n"


def test_secret_of_kubernetes_that_is_replaced(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mount(name: str, token: str) -> None:
        (tmp_path / name).mkdir()
        (tmp_path / name / "token").write_text(token)
        (tmp_path / "new").symlink_to(name)
        (tmp_path / "new").rename(tmp_path / "..data")

    container: dict[str, Any] = POD["spec"]["containers"][0]
    (mounted,) = container["volumeMounts"]
    assert mounted["name"] == POD["spec"]["volumes"][0]["name"]
    variables = {each["name"]: each["value"] for each in container["env"]}
    variables["ELEMENTS_API_TOKEN_FILE"] = variables["ELEMENTS_API_TOKEN_FILE"].replace(
        mounted["mountPath"], str(tmp_path)
    )
    mount("..1", sandbox.user.api_token)
    (tmp_path / "token").symlink_to("..data/token")
    assert run_program(tmp_path, sandbox, variables) == "user\n"
    for name, value in {**variables, "ELEMENTS_HOST": sandbox.host}.items():
        monkeypatch.setenv(name, value)
    with ApiClient(Configuration.from_env()) as client:
        auth = AuthApi(client)
        assert auth.check_auth_ticket(auth.create_auth_ticket()).username == "user"
        mount("..2", sandbox.admin.api_token)
        assert auth.check_auth_ticket(auth.create_auth_ticket()).username == "admin"


def test_command_of_the_keyring(tmp_path: Path) -> None:
    variables = {"PYTHON_KEYRING_BACKEND": "keyrings.alt.file.PlaintextKeyring", "XDG_DATA_HOME": str(tmp_path)}
    run(["sh", "-euc", KEYRING], tmp_path, "TOKEN", **variables)
    assert run(["sh", "-euc", KEYRING.replace(" set ", " get ")], tmp_path, **variables) == "TOKEN\n"
