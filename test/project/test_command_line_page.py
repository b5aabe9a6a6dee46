"""The shell examples of the documentation run."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from elements_sdk.api.auth_api import AuthApi
from elements_sdk.api_client import ApiClient
from elements_sdk.sandbox import Sandbox
from test.command_line import COMMAND, environment

PAGE = Path(__file__).parents[2] / "docs/command-line.md"
EXAMPLES = re.findall(r"^```shell\n(.*?)^```", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.split("\n")[0][:40])
def test_shell_example_runs(example: str, fresh_sandbox: Sandbox, tmp_path: Path) -> None:
    admin = fresh_sandbox.admin
    with ApiClient(fresh_sandbox.configuration(admin)) as client:
        number = AuthApi(client).get_all_access_tokens(limit=1)[0].id
    (tmp_path / "token.txt").write_text(admin.api_token)
    variables = environment(
        ELEMENTS_HOST=fresh_sandbox.host, ELEMENTS_API_TOKEN_FILE="token.txt", PASSWORD=admin.password
    )
    variables["PATH"] = f"{Path(COMMAND).parent}:{variables['PATH']}"
    example = example.replace("https://storage.example.com", fresh_sandbox.host).replace(" 56 ", f" {number} ")
    result = subprocess.run(
        ["bash", "-eu", "-c", example], capture_output=True, text=True, cwd=tmp_path, env=variables, timeout=50
    )
    assert result.returncode == 0, result.stderr
    assert "Error:" not in result.stderr


def test_every_option_of_the_connection_is_documented() -> None:
    from elements_sdk.cli.connection import connection_options

    text = PAGE.read_text("utf-8")
    for option in connection_options():
        assert f"`{option.opts[0]}`" in text
        assert not option.envvar or f"`{option.envvar}`" in text
