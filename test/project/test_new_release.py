"""A new server release is followed as docs/how-it-is-made.md says: its YAML, its command, and nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from test.command_line import environment
from test.project.checkers import ROOT, marked, mypy, pyright
from test.recording import CannedResponse, RecordingServer

PAGE = (ROOT / "docs/how-it-is-made.md").read_text("utf-8")
OPERATION, MODEL = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.DOTALL | re.MULTILINE)
GENERATE, BUILD = re.findall(r"^```shell\n(.*?)\n```", PAGE, re.DOTALL | re.MULTILINE)
WRITTEN = {
    "codegen/openapi.yaml",
    "README.md",
    "docs/AuthApi.md",
    "docs/SessionName.md",
    "elements_sdk/_operations/auth.py",
    "elements_sdk/aio/auth_api.py",
    "elements_sdk/api/auth_api.py",
    "elements_sdk/models/__init__.py",
    "elements_sdk/models/session_name.py",
}

PROGRAM = '''\
"""A user's program, with the thirteenth operation and the fifteenth model."""

import asyncio
import sys
from typing import assert_type

from elements_sdk import ApiClient, ApiValueError, AuthApi, Configuration, SessionName, aio


def call(configuration: Configuration) -> None:
    with ApiClient(configuration) as client:
        auth = AuthApi(client)
        named = auth.name_session(3, {"name": "Cutting room"})
        assert_type(named, SessionName)
        assert_type(named.name, str)
        assert_type(named.is_public, bool | None)
        print(named.name, named.is_public)
        try:
            auth.name_session(3, SessionName(name=""))
        except ApiValueError as error:
            print(error)


async def call_again(configuration: Configuration) -> None:
    async with aio.ApiClient(configuration) as client:
        named = await aio.AuthApi(client).name_session(4, SessionName(name="Vault", is_public=True))
        assert_type(named, SessionName)
        print(named.name, named.is_public)


if __name__ == "__main__":
    settings = Configuration(host=sys.argv[1], api_key={"Bearer": "KEY"})
    call(settings)
    asyncio.run(call_again(settings))
'''
MISTAKES = '''\
"""A user's mistakes with them."""

from elements_sdk import AuthApi, SessionName, aio


def call(auth: AuthApi) -> None:
    auth.name_session(3)  # error
    auth.name_session(3, {"nam": "Vault"})  # error
    auth.name_session(3, SessionName(name=1))  # error
    print(auth.name_session(3, {"name": "Vault"}).nam)  # error


async def call_again(auth: aio.AuthApi) -> None:
    print((await auth.name_session(3, {"name": "Vault"})).nam)  # error
'''


def run(tree: Path, command: list[str]) -> str:
    """Run a command on a copy of the repository; return what it prints."""
    variables = environment(PYTHONPATH=str(tree))
    variables["PATH"] = f"{Path(sys.executable).parent}:{variables['PATH']}"
    result = subprocess.run(command, cwd=tree, capture_output=True, text=True, env=variables, timeout=120)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def differs(path: Path, tree: Path) -> bool:
    """Return whether a file of a copy has changed."""
    original = ROOT / path.relative_to(tree)
    return not original.exists() or original.read_bytes() != path.read_bytes()


@pytest.fixture
def followed(copied_tree: Path) -> Path:
    """Return a copy of the repository in which the new release was followed."""
    document = copied_tree / "codegen/openapi.yaml"
    text = document.read_text("utf-8")
    text = text.replace("\npaths:\n", f"\npaths:\n{OPERATION}", 1).replace(
        "\n  schemas:\n", f"\n  schemas:\n{MODEL}", 1
    )
    document.write_text(text, "utf-8")
    run(copied_tree, ["bash", "-c", GENERATE])
    return copied_tree


def test_no_other_file_is_touched(followed: Path) -> None:
    files = [path for path in followed.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    changed = {path.relative_to(followed).as_posix() for path in files if differs(path, followed)}
    assert changed - {file for file in changed if file.startswith(".ruff_cache/")} == WRITTEN
    run(followed, ["bash", "-c", f"{GENERATE} --check"])


def test_operation_is_called_by_both_clients(followed: Path, recorder: RecordingServer) -> None:
    recorder.answer = lambda request: CannedResponse(body=request.body)
    printed = run(followed, [sys.executable, "-c", PROGRAM, recorder.host])
    assert printed.splitlines() == [
        "Cutting room None",
        "SessionName.name must have at least 1 character(s), not 0",
        "Vault True",
    ]
    sent = [(request.method, request.path, request.body) for request in recorder.requests]
    assert sent == [
        ("POST", "/api/2/auth/sessions/3/name", b'{"name": "Cutting room"}'),
        ("POST", "/api/2/auth/sessions/4/name", b'{"name": "Vault", "is_public": true}'),
    ]


@pytest.mark.timeout(300)
@pytest.mark.parametrize("checker", [mypy, pyright])
def test_operation_is_typed(checker: Callable[[Path, Path], set[int]], followed: Path, tmp_path: Path) -> None:
    program, mistakes = tmp_path / "program.py", tmp_path / "mistakes.py"
    program.write_text(PROGRAM, "utf-8")
    mistakes.write_text(MISTAKES, "utf-8")
    assert checker(program, followed) == set()
    assert checker(mistakes, followed) == marked(mistakes)


def test_operation_and_model_have_their_places_in_the_site(followed: Path) -> None:
    run(followed, ["bash", "-c", BUILD])
    site = followed / "build/site"
    navigation = (site / "index.html").read_text("utf-8").partition("<article")[0]
    assert 'href="docs/SessionName.html"' in navigation
    assert "Whether others see it." in (site / "docs/SessionName.html").read_text("utf-8")
    calls = (site / "docs/AuthApi.html").read_text("utf-8")
    assert 'id="name_session"' in calls
    assert "There is no such session." in calls


def test_operation_is_on_the_command_line(followed: Path, recorder: RecordingServer) -> None:
    command = [sys.executable, "-c", "from elements_sdk.cli import main; main()", "auth"]
    assert "name-session" in run(followed, [*command, "--help"])
    explained = run(followed, [*command, "name-session", "--help"])
    assert "Whether others see it." in explained
    assert "elements-sdk auth name-session 3 --name 'Cutting room'" in explained
    connection = ["--host", recorder.host, "--api-token", "KEY"]
    recorder.answers('{"name": "Vault"}')
    assert "Vault" in run(followed, [*command, "name-session", "3", "--name", "Vault", "--is-public", *connection])
    assert recorder.last.path == "/api/2/auth/sessions/3/name"
    assert recorder.last.body == b'{"name": "Vault", "is_public": true}'


RENAMING = """
  /api/2/auth/sessions/{id}:
    post:
      operationId: rename_session
      tags: [auth]
      summary: Name a session.
      description: Some of its names are those of options.
      x-permissions: an authenticated user
      x-retryable: false
      parameters:
        - {name: id, in: path, required: true, description: Number of the session., schema: {type: integer}, example: 3}
        - {name: host, in: query, description: Where it is., schema: {type: string}}
      requestBody:
        description: The new name.
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/SessionName"}
            example: {name: Cutting room}
      responses:
        "200": {description: Done., content: {application/json: {schema: {}}}}
        "503": {description: Names are being changed.}
        default: {description: Something else.}

components:"""


WITH_LISTS = """
  schemas:
    SessionName:
      description: The name of a session.
      type: object
      required: [name]
      properties:
        name: {type: string, minLength: 1, description: The name.}
        is_public: {type: boolean, description: Whether others see it.}
        labels: {type: array, items: {type: string}, description: Labels.}
        data: {type: integer, description: A number.}
"""


def test_names_that_the_command_line_uses_itself_are_told_apart(copied_tree: Path) -> None:
    tree = copied_tree
    document = (tree / "codegen/openapi.yaml").read_text("utf-8")
    document = document.replace("\ncomponents:", RENAMING, 1).replace("\n  schemas:\n", WITH_LISTS, 1)
    (tree / "codegen/openapi.yaml").write_text(document, "utf-8")
    subprocess.run([sys.executable, "codegen/generate.py"], cwd=tree, check=True)
    program = (
        "import sys; from test.recording import RecordingServer\n"
        "from elements_sdk.cli.running import run\n"
        "with RecordingServer() as server:\n"
        "    server.answers('{}')\n"
        "    given = ['auth', 'rename-session', '3', '--request-host', 'here', '--name', 'A', '--is-public']\n"
        "    given += ['--labels', 'x', '--labels', 'y', '--request-data', '5', '--api-token', 'T']\n"
        "    given += ['--host', server.host]\n"
        "    code = run(given), run(['auth', 'rename-session', '--help'])\n"
        "    print(code, server.last.method, server.last.path, server.last.query, server.last.body.decode())\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=tree, capture_output=True, text=True, env=environment()
    )
    assert result.stderr == ""
    seen = '(0, 0) POST /api/2/auth/sessions/3 host=here {"name":"A","is_public":true,"labels":["x","y"],"data":5}'
    assert seen in result.stdout.replace('": ', '":').replace(', "', ',"')
    assert "Whether others see it." in result.stdout
    assert "elements-sdk auth rename-session 3 --name 'Cutting room'" in result.stdout
