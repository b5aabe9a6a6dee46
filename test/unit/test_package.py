"""The package as others import it: star imports, and names that are not there."""

from __future__ import annotations

import pytest

import elements_sdk


@pytest.mark.parametrize("module", ["elements_sdk", "elements_sdk.models", "elements_sdk.exceptions"])
def test_star_import_brings_no_version(module: str) -> None:
    scope: dict[str, object] = {"__version__": "1.2.3"}
    exec(f"from {module} import *", scope)
    assert scope["__version__"] == "1.2.3"
    assert len(scope) > 10
    assert elements_sdk.__version__


@pytest.mark.parametrize("name", ["models.ticket", "", "_version.x", "no such name", "Tikcet", "__main__"])
def test_name_that_is_not_one_is_not_there(name: str) -> None:
    assert not hasattr(elements_sdk, name)
