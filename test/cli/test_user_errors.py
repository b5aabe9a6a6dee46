"""The mistakes of new users get an error that says what to do, in Python and on the command line."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import NamedTuple

import pytest

from elements_sdk import (
    ApiClient,
    ApiConnectionError,
    ApiValueError,
    AuthApi,
    Configuration,
    LoginFailed,
    NotFoundException,
    OpenApiException,
    ResponseFormatError,
    TlsError,
    UnauthorizedException,
)
from elements_sdk.sandbox import Sandbox
from test.command_line import run
from test.faults.behaviours import answer
from test.faults.server import FaultServer
from test.recording import RecordingServer

WEB_PAGE = "<!doctype html><title>Printer</title><h1>Welcome to your printer</h1>"


class Hosts(NamedTuple):
    """The servers that a new user may connect to."""

    sandbox: Sandbox
    secure: Sandbox
    printer: str
    router: str


class Mistake(NamedTuple):
    """What was set, what Python raises, and what the command line says.

    :ivar variables: of the environment, besides `ELEMENTS_HOST` and `ELEMENTS_API_TOKEN` of the sandbox's user;
        `None`: not set.
    :ivar words: of the exception.
    :ivar code: exit code of the command.
    :ivar hint: words of what the command says, its hint included.
    """

    name: str
    variables: Callable[[Hosts], Mapping[str, str | None]]
    kind: type[OpenApiException]
    words: str
    code: int
    hint: str


def token_of(hosts: Hosts, form: str) -> dict[str, str]:
    return {"ELEMENTS_API_TOKEN": form.format(hosts.sandbox.user.api_token)}


MISTAKES = [
    Mistake(
        "unknown name",
        lambda _: {"ELEMENTS_HOST": "https://no-such-server.invalid"},
        ApiConnectionError,
        "name is not known; check Configuration.host",
        3,
        "check --host",
    ),
    Mistake(
        "closed port",
        lambda _: {"ELEMENTS_HOST": "http://127.0.0.1:1"},
        ApiConnectionError,
        "no connection to the server: Connection refused",
        3,
        "Hint: check --host (ELEMENTS_HOST): name, port",
    ),
    Mistake(
        "a web server that has the page and is not ELEMENTS",
        lambda hosts: {"ELEMENTS_HOST": hosts.printer},
        ResponseFormatError,
        "text/html",
        3,
        "seems not to be an ELEMENTS server",
    ),
    Mistake(
        "a web server that lacks the page and is not ELEMENTS",
        lambda hosts: {"ELEMENTS_HOST": hosts.router},
        NotFoundException,
        "404 Not Found",
        3,
        "seems not to be an ELEMENTS server",
    ),
    Mistake(
        "no scheme",
        lambda _: {"ELEMENTS_HOST": "storage.example.com"},
        ApiValueError,
        "ELEMENTS_HOST must begin with http:// or https://",
        2,
        "as in https://storage.example.com",
    ),
    Mistake(
        "nothing at all",
        lambda _: {"ELEMENTS_HOST": None, "ELEMENTS_API_TOKEN": None},
        ApiValueError,
        "ELEMENTS_HOST is not set",
        2,
        "export ELEMENTS_HOST=https://storage.example.com",
    ),
    Mistake(
        "no token",
        lambda _: {"ELEMENTS_API_TOKEN": None},
        UnauthorizedException,
        "credentials were not provided",
        4,
        "set ELEMENTS_API_TOKEN",
    ),
    Mistake(
        "a token in quotes",
        lambda hosts: token_of(hosts, '"{}"'),
        ApiValueError,
        "ELEMENTS_API_TOKEN is in quotes: leave them out",
        2,
        "is in quotes: leave them out",
    ),
    Mistake(
        "a token with a line break",
        lambda hosts: token_of(hosts, "{}\n"),
        ApiValueError,
        "ELEMENTS_API_TOKEN must be printable ASCII on one line; was a line break copied along",
        2,
        "was a line break copied along",
    ),
    Mistake(
        "a whole header for a token",
        lambda hosts: token_of(hosts, "Authorization: Bearer {}"),
        ApiValueError,
        "holds a whole header",
        2,
        "leave out what stands before the token",
    ),
    Mistake(
        "half a token",
        lambda hosts: token_of(hosts, "{:.20}"),
        UnauthorizedException,
        "401 Unauthorized: Invalid token",
        4,
        "check that the API token is complete and still valid",
    ),
    Mistake(
        "http for https",
        lambda hosts: {"ELEMENTS_HOST": hosts.secure.host.replace("https", "http")},
        ApiConnectionError,
        "the connection broke",
        3,
        "and http:// or https://",
    ),
    Mistake(
        "https for http",
        lambda hosts: {"ELEMENTS_HOST": hosts.sandbox.host.replace("http", "https")},
        TlsError,
        "there is no TLS on this port: correct the port in Configuration.host",
        3,
        "correct the port in --host",
    ),
    Mistake(
        "a private certificate authority",
        lambda hosts: {"ELEMENTS_HOST": hosts.secure.host},
        TlsError,
        "set Configuration.ssl_ca_cert to the file of its authority's certificate",
        3,
        "set --ca-file to the file of its authority's certificate",
    ),
    Mistake(
        "a file of authorities that is not there",
        lambda hosts: {"ELEMENTS_HOST": hosts.secure.host, "ELEMENTS_CA_FILE": "/nowhere.pem"},
        ApiValueError,
        "ssl_ca_cert cannot be read: No such file or directory",
        2,
        "--ca-file cannot be read: No such file or directory",
    ),
    Mistake(
        "an invalid timeout",
        lambda _: {"ELEMENTS_TIMEOUT": "soon"},
        ApiValueError,
        "ELEMENTS_TIMEOUT must be a number of seconds",
        2,
        "ELEMENTS_TIMEOUT must be a number of seconds",
    ),
]


@pytest.fixture(scope="module")
def hosts(sandbox: Sandbox) -> Iterator[Hosts]:
    with Sandbox(https=True) as secure, RecordingServer() as printer, RecordingServer() as router:
        printer.answers(WEB_PAGE, Content_Type="text/html")
        router.answers(WEB_PAGE, 404, Content_Type="text/html; charset=utf-8")
        yield Hosts(sandbox, secure, printer.host, router.host)


def variables_of(mistake: Mistake, hosts: Hosts) -> dict[str, str]:
    usual: dict[str, str | None] = {
        "ELEMENTS_HOST": hosts.sandbox.host,
        "ELEMENTS_API_TOKEN": hosts.sandbox.user.api_token,
    }
    return {name: value for name, value in {**usual, **mistake.variables(hosts)}.items() if value is not None}


def generate_password(variables: dict[str, str]) -> None:
    with ApiClient(Configuration.from_env(variables)) as client:
        AuthApi(client).generate_password()


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_is_answered_in_python(mistake: Mistake, hosts: Hosts) -> None:
    variables = variables_of(mistake, hosts)
    with pytest.raises(mistake.kind, match=re.escape(mistake.words)) as raised:
        generate_password(variables)
    assert hosts.sandbox.user.api_token not in str(raised.value)


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.name)
def test_mistake_is_answered_on_the_command_line(mistake: Mistake, hosts: Hosts) -> None:
    result = run("auth", "generate-password", **variables_of(mistake, hosts))
    assert (result.returncode, result.stdout) == (mistake.code, "")
    assert mistake.hint in result.stderr
    assert result.stderr.startswith("Error: ")
    assert "Hint: " in result.stderr or mistake.code == 2
    assert "Traceback" not in result.stderr
    assert hosts.sandbox.user.api_token not in result.stderr


@pytest.mark.parametrize("form", ["Bearer {}", "bearer {}", "BEARER {}", "{}"])
def test_token_may_have_its_prefix(form: str, hosts: Hosts) -> None:
    variables = {"ELEMENTS_HOST": hosts.sandbox.host, **token_of(hosts, form)}
    with ApiClient(Configuration.from_env(variables)) as client:
        assert AuthApi(client).generate_password().password
    assert run("auth", "generate-password", **variables).returncode == 0


@pytest.mark.parametrize("name", ["Authorization", "Bearer"])
def test_token_in_quotes_is_refused_without_being_shown(name: str) -> None:
    configuration = Configuration(api_key={name: "'SECRET-1234'"}, api_key_prefix={"Authorization": "Bearer"})
    with pytest.raises(ApiValueError, match="is in quotes: leave them out") as raised:
        configuration.auth_settings()
    assert "SECRET" not in str(raised.value)


def in_round_numbers(text: str) -> str:
    """Return a text with minutes and seconds rounded, as an hour is not measured to the second."""
    return re.sub(r"\b3[56]\d\d s", "3600 s", text)


@pytest.mark.parametrize(("minutes", "words"), [(-60, "3600 s behind this"), (60, "3600 s ahead of this"), (0, "")])
def test_clock_that_is_wrong_is_told_where_a_one_time_code_is_refused(minutes: int, words: str) -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(minutes=minutes), usegmt=True)
    body = b'{"reason": "invalid_otp", "detail": "The code is not valid."}'
    with FaultServer(answer(401, body, [("Date", date)])) as server:
        with ApiClient(Configuration(host=server.host)) as client, pytest.raises(LoginFailed) as raised:
            AuthApi(client).login({"username": "ada", "password": "SECRET-1234", "otp": "123456"})
        given = {"ELEMENTS_USERNAME": "ada", "ELEMENTS_PASSWORD": "SECRET-1234", "ELEMENTS_OTP": "123456"}
        given["ELEMENTS_HOST"] = server.host
        results = [run("auth", call, **given) for call in ("login", "generate-password")]
    about = in_round_numbers(str(raised.value))
    assert ("the server's clock is " + words in about) == bool(words)
    for result in results:
        assert result.returncode == 4
        assert words in in_round_numbers(result.stderr)
        assert "compare that device's clock with the server's" in result.stderr
        assert "SECRET-1234" not in result.stderr
        assert "123456" not in result.stderr


@pytest.mark.parametrize(
    ("package", "arguments", "extra"),
    [
        ("click", ["--help"], "cli"),
        ("rich", ["--help"], "cli"),
        ("django", ["tour"], "sandbox"),
        ("trustme", ["sandbox"], "sandbox"),
        ("matplotlib", ["links", "report", "links.html"], "report"),
        ("jinja2", ["links", "report", "links.html"], "report"),
    ],
)
def test_missing_extra_is_named_with_the_command_that_installs_it(
    package: str, arguments: list[str], extra: str, sandbox: Sandbox
) -> None:
    program = (
        f"import sys; sys.argv[1:] = {arguments!r}\n"
        "from elements_sdk import cli; from elements_sdk._utils import extras\n"
        f"extras.find_spec = lambda name: None if name == {package!r} else True\n"
        "cli.main()"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (result.returncode, result.stdout) == (1, "")
    assert f'{package} missing; install the extra: pip install ".[{extra}]" from a clone' in result.stderr
    assert "Traceback" not in result.stderr


def test_plain_http_to_another_machine_is_one_line_of_warning() -> None:
    result = run("auth", "generate-password", "--host", "http://no-such-server.invalid", "--api-token", "SECRET-1234")
    assert result.stderr.startswith("Warning: calls to http://no-such-server.invalid:80 go over plain http")
    assert len(result.stderr.splitlines()) == 3
    assert "SECRET-1234" not in result.stderr
