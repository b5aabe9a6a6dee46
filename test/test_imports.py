"""What can be imported, from where, and what that costs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import elements_sdk
from elements_sdk import exceptions, models

ROOT = Path(__file__).parents[1]
MODELS = sorted(models.__all__)


def run(program: str) -> str:
    """The output of a program in a fresh interpreter."""
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    ).stdout.strip()


def test_import_loads_nothing_heavy() -> None:
    heavy = {"urllib3", "dateutil", "certifi", "six", "django", "rest_framework", "click", "rich", "aiohttp", "pyotp"}
    program = f"import elements_sdk, sys; print(sorted({heavy} & set(sys.modules)))"
    assert run(program) == "[]"


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
        "__version__",
        *models.__all__,
    }
    expected |= {name for name in exceptions.__all__ if name[0].isupper()}
    assert set(elements_sdk.__all__) == expected
    assert len(elements_sdk.__all__) == len(expected)
    assert len(models.__all__) == 14


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
    for place, name in [
        ("elements_sdk.rest", "ApiException"),
        ("elements_sdk.rest", "ApiValueError"),
        ("elements_sdk.models", "Ticket"),
        ("elements_sdk.models.ticket", "Ticket"),
        ("elements_sdk.api", "AuthApi"),
        ("elements_sdk.api.auth_api", "AuthApi"),
        ("elements_sdk.api_client", "ApiClient"),
    ]:
        assert getattr(importlib.import_module(place), name) is getattr(elements_sdk, name)


def test_name_that_does_not_exist_is_an_error() -> None:
    for place in (elements_sdk, models):
        with pytest.raises(AttributeError, match="has no attribute 'Tikcet'"):
            place.Tikcet  # noqa: B018
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

    assert version("elements-sdk") == elements_sdk.__version__ == "4.0.0"


def test_only_four_packages_are_required() -> None:
    from importlib.metadata import requires

    always = sorted(line for line in requires("elements-sdk") or [] if "extra ==" not in line)
    assert always == ["certifi", "python-dateutil>=2.8.2", "six>=1.16", "urllib3<3,>=2.8"]
