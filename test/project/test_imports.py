"""What can be imported, from where, and what that costs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import elements_sdk
from elements_sdk import exceptions, models
from test.project import document
from test.recording import CannedResponse, RecordingServer

ROOT = Path(__file__).parents[2]
MODELS = sorted(models.__all__)
MODELS_OF_DOCUMENT = set(document.MODELS)


def run(program: str, *arguments: str) -> str:
    """Return the output of a program in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.strip()


def test_import_loads_nothing_heavy() -> None:
    heavy = {"urllib3", "dateutil", "certifi", "six", "django", "rest_framework", "click", "rich", "pyotp"}
    heavy |= {"asyncio", "aiohttp"}
    program = f"import elements_sdk, sys; print(sorted({heavy} & set(sys.modules)))"
    assert run(program) == "[]"


def test_what_signatures_and_hints_need_is_loaded_when_somebody_asks() -> None:
    program = "import elements_sdk.api.auth_api, sys; print({'inspect', 'elements_sdk.pagination'} & set(sys.modules))"
    assert run(program) == "set()"


def test_blocking_client_is_made_and_used_without_asyncio() -> None:
    program = (
        "import elements_sdk, sys; from elements_sdk import bulk\n"
        "configuration = elements_sdk.Configuration(host='http://127.0.0.1:9', api_key={'Bearer': 'KEY'})\n"
        "with elements_sdk.ApiClient(configuration) as client:\n"
        "    auth = elements_sdk.AuthApi(client)\n"
        "    print([type(outcome.error).__name__ for outcome in bulk.map_calls(auth.get_access_token, [1])])\n"
        "print({'asyncio', 'aiohttp', 'elements_sdk.aio'} & set(sys.modules))"
    )
    assert run(program) == "['ApiConnectionError']\nset()"


def test_failure_loads_nothing(recorder: RecordingServer) -> None:
    """A module cannot be loaded if no file descriptor is left, and a fork would wait for its import lock for ever."""
    program = (
        "import sys, elements_sdk\n"
        "configuration = elements_sdk.Configuration(host=sys.argv[1], api_key={'Bearer': 'KEY'})\n"
        "configuration.retries = 0\n"
        "def loaded_by_a_failure(auth):\n"
        "    before = set(sys.modules)\n"
        "    try: auth.create_auth_ticket()\n"
        "    except elements_sdk.ApiException as error: print(error.status, *set(sys.modules) - before)\n"
        "auth = elements_sdk.AuthApi(elements_sdk.ApiClient(configuration))\n"
        "auth.create_auth_ticket()\n"
        "for _ in range(5): loaded_by_a_failure(auth)\n"
        "configuration.host = 'http://127.0.0.1:9'\n"
        "loaded_by_a_failure(auth)\n"
    )
    date = [("Retry-After", "Wed, 25 Nov 2026 12:00:00 GMT"), ("Date", "Wed, 25 Nov 2026 11:59:00 GMT")]
    failures = [
        CannedResponse(503, b'{"detail": "later"}', date),
        CannedResponse(429, b"", [("Retry-After", "1")]),
        CannedResponse(302, b"", [("Location", "/elsewhere")]),
        CannedResponse(400, b'{"user": ["no such user KEY"]}'),
        CannedResponse(200, b"<html>KEY</html>"),
    ]
    answers = iter([CannedResponse(200, b'{"ticket": "t"}'), *failures])
    recorder.answer = lambda _request: next(answers)
    assert run(program, recorder.host).split("\n") == ["503", "429", "302", "400", "200", "0"]


def test_asyncio_client_is_found_after_a_bare_import() -> None:
    assert run("import elements_sdk; print(elements_sdk.aio.AuthApi.__module__)") == "elements_sdk.aio.auth_api"


def test_without_aiohttp_the_asyncio_client_names_it_and_the_command() -> None:
    program = (
        "from elements_sdk._utils import extras; find = extras.find_spec\n"
        "extras.find_spec = lambda name: None if name == 'aiohttp' else find(name)\n"
        "import elements_sdk\n"
        "for _ in range(2):\n"
        "    try: elements_sdk.aio\n"
        "    except AttributeError as error: print(error)\n"
        "try: from elements_sdk.aio import AuthApi\n"
        "except ImportError as error: print(error)"
    )
    message = 'elements_sdk.aio: aiohttp missing; install the extra: pip install ".[aio]" from a clone'
    assert run(program).splitlines() == [f"aio cannot be imported: {message}"] * 2 + [message]


def test_sandbox_and_command_line_are_importable_without_django() -> None:
    assert run("import elements_sdk.sandbox, elements_sdk.cli, sys; print('django' in sys.modules)") == "False"


@pytest.mark.parametrize("name", elements_sdk.__all__)
def test_public_name_is_there_and_listed(name: str) -> None:
    assert getattr(elements_sdk, name) is not None
    assert name in dir(elements_sdk)


def test_public_names_are_those_of_the_contract() -> None:
    expected = {
        "Session",
        "AuthApi",
        "ApiClient",
        "Configuration",
        "ApiResponse",
        "CallOptions",
        "RetryPolicy",
        *models.__all__,
    }
    expected |= {name for name in exceptions.__all__ if name[0].isupper()}
    assert set(elements_sdk.__all__) == expected
    assert len(elements_sdk.__all__) == len(expected)
    assert set(models.__all__) == MODELS_OF_DOCUMENT


def test_every_public_exception_is_in_the_tree_of_the_docstring() -> None:
    defined = {
        name
        for name, value in vars(exceptions).items()
        if isinstance(value, type) and issubclass(value, Exception) and not name.startswith("_")
    }
    assert defined == {name for name in exceptions.__all__ if name[0].isupper()}
    for name in defined:
        assert f"{name} " in f"{exceptions.__doc__}".replace("\n", " ")


def test_ways_of_3_3_lead_to_the_same_objects() -> None:
    assert (
        run(
            "import elements_sdk; print(elements_sdk.models.ticket.Ticket is elements_sdk.Ticket,"
            " elements_sdk.api.auth_api.AuthApi is elements_sdk.AuthApi,"
            " elements_sdk.exceptions.ApiException is elements_sdk.rest.ApiException,"
            " elements_sdk.configuration.Configuration is elements_sdk.Configuration)"
        )
        == "True True True True"
    )
    for module, name in [
        ("elements_sdk.rest", "ApiException"),
        ("elements_sdk.rest", "ApiValueError"),
        ("elements_sdk.models", "Ticket"),
        ("elements_sdk.models.ticket", "Ticket"),
        ("elements_sdk.api", "AuthApi"),
        ("elements_sdk.api.auth_api", "AuthApi"),
        ("elements_sdk.api_client", "ApiClient"),
    ]:
        assert getattr(importlib.import_module(module), name) is getattr(elements_sdk, name)


def test_name_that_does_not_exist_is_an_error() -> None:
    for module in (elements_sdk, models):
        with pytest.raises(AttributeError, match="has no attribute 'Tikcet'"):
            module.Tikcet  # noqa: B018
    with pytest.raises(ImportError):
        exec("from elements_sdk import Tikcet")


def test_every_model_is_importable_by_file_and_by_name() -> None:
    for name in MODELS:
        model = models.by_name(name)
        assert getattr(importlib.import_module(model.__module__), name) is getattr(models, name) is model
        assert model.__module__.startswith("elements_sdk.models.")
    assert importlib.import_module("elements_sdk.models.ldap_server").LDAPServer is elements_sdk.LDAPServer


def test_version_is_that_of_the_package() -> None:
    from importlib.metadata import version

    assert elements_sdk.__version__ == "4.0.0"
    assert version("elements-sdk") == "1!4.0.0"


def test_only_four_packages_are_required() -> None:
    from importlib.metadata import requires

    always = sorted(line for line in requires("elements-sdk") or [] if "extra ==" not in line)
    assert always == ["certifi", "python-dateutil>=2.8.2", "six>=1.16", "urllib3<3,>=2.8"]


def test_importing_the_module_that_runs_the_command_line_runs_nothing() -> None:
    assert run("import elements_sdk.__main__ as it; print(it.main.__module__)") == "elements_sdk.cli"


@pytest.mark.parametrize(
    ("needed", "name", "there"),
    [("aiohttp", "aio", False), ("yarl", "aio", False), ("click", "cli", True), ("django", "sandbox", True)],
)
def test_asking_for_what_cannot_be_imported_is_false_and_never_an_error(needed: str, name: str, there: bool) -> None:
    program = (
        "import sys, importlib.abc\n"
        "class Missing(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path, target=None):\n"
        f"        if name.partition('.')[0] == {needed!r}: raise ModuleNotFoundError(name, name=name)\n"
        "sys.meta_path.insert(0, Missing())\n"
        "import elements_sdk\n"
        f"print([hasattr(elements_sdk, {name!r}) for _ in range(2)])"
    )
    assert run(program) == f"[{there}, {there}]"


def test_asyncio_client_without_aiohttp_is_not_there_and_the_reason_is_told() -> None:
    program = (
        "from elements_sdk._utils import extras; find = extras.find_spec\n"
        "extras.find_spec = lambda name: None if name == 'aiohttp' else find(name)\n"
        "import elements_sdk; print(hasattr(elements_sdk, 'aio'), getattr(elements_sdk, 'aio', 'none'))\n"
        "try: elements_sdk.aio\n"
        "except AttributeError as error: print(error)\n"
        "try: import elements_sdk.aio\n"
        "except ImportError as error: print(error)"
    )
    there, reason, imported = run(program).splitlines()
    assert there == "False none"
    assert reason.startswith("aio cannot be imported: ")
    assert reason.endswith(imported)
    assert "pip install" in imported
