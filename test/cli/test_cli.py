"""The command line, run as a user runs it."""

from __future__ import annotations

import re
import signal
import subprocess
import sys

import pytest

from elements_sdk import ApiClient, AuthApi, Configuration
from elements_sdk.api import auth_api
from test.command_line import COMMAND, run

ALL = len(auth_api.OPERATIONS)


def test_tour_makes_every_documented_call() -> None:
    result = run("tour")
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.rstrip().endswith(f"{ALL} of {ALL} calls succeeded")
    for operation in auth_api.OPERATIONS:
        status = 204 if operation.method == "DELETE" else 200
        row = rf"^\s+{operation.name}\s+{operation.method} {re.escape(operation.path)}\s+{status}\s+\S.*\s\d+\.\d\s*$"
        assert len(re.findall(row, result.stdout, re.MULTILINE)) == 1


@pytest.mark.parametrize("broken", ["start_impersonation", "reset_password", "login"])
def test_tour_with_a_failing_call_says_so_and_exits_1(broken: str) -> None:
    program = (
        "import sys; sys.argv[1:] = ['tour']\n"
        "from elements_sdk.api import auth_api\n"
        f"auth_api.{broken.upper()} = auth_api.{broken.upper()}._replace(path='/api/2/auth/nowhere')\n"
        "from elements_sdk.cli import main; main()"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=50)
    assert result.returncode == 1
    assert re.search(rf"{broken} .*failed .*404 Not Found", result.stdout)
    assert re.search(rf"^\d+ of {ALL} calls succeeded$", result.stdout, re.MULTILINE)
    assert f"{ALL} of {ALL}" not in result.stdout


def test_sandbox_serves_until_ctrl_c() -> None:
    with subprocess.Popen([COMMAND, "sandbox"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = ""
        while "print(" not in shown:
            line = process.stdout.readline()
            assert line
            shown += line
        host = re.findall(r"http://127\.0\.0\.1:\d+", shown)[0]
        token = re.findall(r'"Bearer": "(.+)"', shown)[0]
        for name in ("admin", "user", "otp_user", "new_user", "disabled_user"):
            assert re.search(rf"^\s+{name}\s+\d+\s+\S+\s+\S+", shown, re.MULTILINE)
        with ApiClient(Configuration(host=host, api_key={"Bearer": token})) as client:
            auth = AuthApi(client)
            assert auth.check_auth_ticket(auth.create_auth_ticket()).username == "user"
        snippet = shown[shown.index("import elements_sdk") :].replace("\n    print(", "\n    result = (")
        scope: dict[str, object] = {}
        exec(snippet, scope)
        assert len(scope["result"]) == 3  # type: ignore[arg-type]
        process.send_signal(signal.SIGINT)
        rest, errors = process.communicate(timeout=20)
    assert (process.returncode, errors) == (0, "")
    assert "The sandbox has ended." in rest


def test_sandbox_on_a_taken_port_is_an_error_in_words() -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = run("sandbox", "--port", str(taken.getsockname()[1]))
    assert result.returncode == 1
    assert re.match(r"Error: the sandbox did not start: .*in use", result.stderr)
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("group", [(), ("auth",), ("links",)])
def test_command_without_arguments_shows_its_help(group: tuple[str, ...]) -> None:
    result = run(*group)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == run(*group, "--help").stdout


def test_wrong_usage_exits_2() -> None:
    assert run("tuor").returncode == 2
    assert run("sandbox", "--port", "99999").returncode == 2


@pytest.mark.parametrize("name", ["rich", "yaml", "tomli_w"])
def test_missing_extra_is_named_with_the_command(name: str) -> None:
    program = (
        "import sys; from elements_sdk import cli; from elements_sdk._utils import extras; find = extras.find_spec\n"
        "extras.find_spec = lambda name: None if name == sys.argv[1] else find(name)\n"
        "cli.main()"
    )
    result = subprocess.run([sys.executable, "-c", program, name], capture_output=True, text=True)
    assert result.returncode == 1
    assert result.stderr == f'elements-sdk: {name} missing; install the extra: pip install ".[cli]" from a clone\n'
