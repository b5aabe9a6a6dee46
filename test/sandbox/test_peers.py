"""The vendor's own clients, from the package index, make the twelve calls on the sandbox: `tox -e slow`."""

from __future__ import annotations

import json
import subprocess
import venv
from pathlib import Path
from typing import Any, Literal

import pytest

from elements_sdk import ApiClient, AuthApi
from elements_sdk.api import auth_api
from elements_sdk.sandbox import Sandbox
from test.compare_with_3_3 import PACKAGE

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

PROGRAM = Path(__file__).parents[1] / "data/twelve_calls.py"
NEWEST = "26.5"  # of the sandbox's versions

# What a peer cannot do: since 25.1 the vendor lists the two calls of an impersonation no more, and has no methods.
UNLISTED = {f"{name}_impersonation": "AttributeError" for name in ("start", "stop")}
PEERS: list[tuple[str, Any, dict[str, str]]] = [
    (PACKAGE, "3.3", {}),
    (PACKAGE, NEWEST, {}),
    ("elements-sdk", NEWEST, UNLISTED),
]


@pytest.mark.parametrize(("package", "version", "cannot"), PEERS)
def test_peer_makes_the_twelve_calls(
    package: str, version: Literal["3.3", "26.5"], cannot: dict[str, str], tmp_path: Path
) -> None:
    venv.create(tmp_path, with_pip=True)
    python = str(tmp_path / "bin/python")
    subprocess.run([python, "-I", "-m", "pip", "install", "--quiet", package], check=True)
    with Sandbox(api_version=version) as sandbox, ApiClient(sandbox.configuration(sandbox.admin)) as client:
        given = {
            "host": sandbox.host,
            "token": sandbox.admin.api_token,
            "username": sandbox.admin.username,
            "password": sandbox.admin.password,
            "user": sandbox.user.id,
            "link": AuthApi(client).get_all_access_tokens(limit=1)[0].id,
            "reset": sandbox.password_reset_token("disabled_user"),
        }
        command = [python, "-I", "-W", "ignore", str(PROGRAM), json.dumps(given)]
        result = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
        statuses = {seen.status for seen in sandbox.requests}
    outcomes = {name: outcome.partition(":")[0] for name, outcome in json.loads(result.stdout).items()}
    assert outcomes == {operation.name: "ok" for operation in auth_api.OPERATIONS} | cannot
    assert statuses <= {200, 204}
