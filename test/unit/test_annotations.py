"""What Python itself says of methods and models: annotations, signatures, help, doubles."""

from __future__ import annotations

import inspect
import typing
from datetime import datetime
from typing import Any

import pytest

import elements_sdk
from elements_sdk import ApiResponse, AuthApi, CallOptions, OneTimeAccessToken, Ticket, aio, models, pagination
from elements_sdk.aio.pagination import Pager
from elements_sdk.models import TicketDict

KINDS: list[Any] = [AuthApi, aio.AuthApi]


@pytest.mark.parametrize("kind", KINDS)
def test_methods_have_true_hints_that_resolve(kind: Any) -> None:
    methods = [value for value in vars(kind).values() if inspect.isfunction(value)]
    assert len(methods) == 26
    for method in methods:
        hints = typing.get_type_hints(method)
        assert hints.keys() - {"return"} == inspect.signature(method).parameters.keys() - {"self"}
    hints = typing.get_type_hints(kind.check_auth_ticket)
    assert hints["data"] == Ticket | TicketDict | None
    assert hints["options"] == typing.Unpack[CallOptions]
    assert hints["return"] is elements_sdk.ElementsUserDetail
    assert typing.get_type_hints(kind.get_access_token_with_http_info)["return"] == ApiResponse[OneTimeAccessToken]
    pager: Any = pagination.Pager if kind is AuthApi else Pager
    assert typing.get_type_hints(kind.iter_access_tokens)["return"] == pager[OneTimeAccessToken]


@pytest.mark.parametrize("name", models.__all__)
def test_models_have_hints_that_resolve(name: str) -> None:
    model = models.by_name(name)
    assert typing.get_type_hints(model).keys() >= model.openapi_types.keys()


def test_hints_of_models_are_the_types() -> None:
    hints = typing.get_type_hints(OneTimeAccessToken)
    assert hints["user"] is elements_sdk.ElementsUserMini
    assert hints["expires"] == datetime | None


def test_names_that_are_not_there_are_errors() -> None:
    for module, name in [(models, "LDAPServerDict"), (models, "NoneDict"), (elements_sdk.api, "pager")]:
        with pytest.raises(AttributeError, match=name):
            getattr(module, name)
