"""What Python itself says of methods and models: annotations, signatures, help, doubles."""

from __future__ import annotations

import ast
import inspect
import itertools
import pydoc
import re
import typing
from datetime import datetime
from typing import Any
from unittest.mock import create_autospec

import pytest

import elements_sdk
from elements_sdk import (
    ApiResponse,
    AuthApi,
    CallOptions,
    Configuration,
    OneTimeAccessToken,
    Ticket,
    aio,
    api,
    models,
    pagination,
)
from elements_sdk._utils.sync import run
from elements_sdk.aio.pagination import Pager
from elements_sdk.models import TicketDict
from elements_sdk.models._base import prop

KINDS: list[Any] = [AuthApi, aio.AuthApi]
OPTIONS = ("async_req", "_preload_content", "_return_http_data_only", "_request_timeout")


@pytest.mark.parametrize("kind", KINDS)
def test_methods_have_true_hints_that_resolve(kind: Any) -> None:
    methods = [value for value in vars(kind).values() if inspect.isfunction(value)]
    assert len(methods) == 27
    for method in methods:
        hints = typing.get_type_hints(method)
        shown = inspect.signature(method).parameters
        assert hints.keys() - {"return"} == {*(shown.keys() - {"self", *OPTIONS}), *({"options"} & hints.keys())}
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
    for module, name in [(models, "LDAPServerDict"), (models, "NoneDict"), (api, "pager")]:
        with pytest.raises(AttributeError, match=name):
            getattr(module, name)


@pytest.mark.parametrize("kind", KINDS)
def test_signatures_say_what_a_call_needs_and_takes(kind: Any) -> None:
    options = [name for name in OPTIONS if name != "async_req" or kind is AuthApi]
    shown = inspect.signature(kind.get_access_token)
    assert [*shown.parameters] == ["self", "id", *options]
    assert shown.parameters["id"].default is inspect.Parameter.empty
    assert (shown.parameters["id"].annotation, shown.return_annotation) == ("int", "models.OneTimeAccessToken")
    assert str(shown).startswith("(self, id: 'int', *, ")
    assert shown == inspect.signature(kind.get_access_token) != inspect.signature(kind.logout)
    assert [*inspect.signature(kind(None).login).parameters] == ["data", *options]
    assert [*inspect.signature(kind.iter_access_tokens).parameters][-2:] == ["ordering", "_request_timeout"]
    assert inspect.signature(kind.iter_access_tokens).parameters["page_size"].default == 100


def test_signature_of_a_model_has_its_properties_and_last_what_the_library_gives() -> None:
    shown = inspect.signature(Ticket)
    assert [*shown.parameters] == ["ticket", "local_vars_configuration"]
    assert shown.parameters["ticket"].default is inspect.Parameter.empty
    token = inspect.signature(OneTimeAccessToken).parameters
    assert [*token] == [*OneTimeAccessToken.openapi_types, "local_vars_configuration"]
    assert (token["expires"].default, token["expires"].annotation) == (None, "datetime | None")


class Labelled(Ticket):
    """A ticket with a label.

    :ivar label: what it is for.
    """

    label: str | None = prop(default=None)


class ByNumber(Ticket):
    def __init__(self, number: int) -> None:
        super().__init__(ticket=str(number))


def test_signatures_of_derived_models_are_theirs() -> None:
    assert [*inspect.signature(Labelled).parameters] == ["ticket", "label", "local_vars_configuration"]
    assert [*inspect.signature(ByNumber).parameters] == ["number"]


def test_help_has_the_words_of_properties() -> None:
    documented: list[Any] = [Ticket.ticket, OneTimeAccessToken.expires, Labelled.label]
    words = ["The ticket itself.", "When the link stops working; never if null.", "What it is for."]
    assert [pydoc.getdoc(item) for item in documented] == words
    for name in models.__all__:
        model = models.by_name(name)
        assert all(getattr(model, key).__doc__ for key in model.openapi_types)


@pytest.mark.parametrize("kind", [elements_sdk.Session, aio.Session])
def test_double_of_a_session_has_the_calls_and_refuses_what_they_refuse(kind: Any) -> None:
    double = create_autospec(kind, instance=True)

    def call(*arguments: Any, **keywords: Any) -> None:
        begun = double.auth.get_access_token(*arguments, **keywords)
        if inspect.iscoroutine(begun):
            run(begun)

    call(7, _request_timeout=3)
    double.auth.get_access_token.assert_called_once_with(7, _request_timeout=3)
    for arguments, keywords in [((), {}), ((7,), {"nonsense": 1}), ((7, 8), {})]:
        with pytest.raises(TypeError):
            call(*arguments, **keywords)
    with pytest.raises(AttributeError):
        double.auth.get_access_tokens()


@pytest.mark.parametrize("module", [elements_sdk, aio])
def test_reprs_say_host_and_who_calls_and_nothing_secret(module: Any) -> None:
    by_key = Configuration(host="http://127.0.0.1:9", api_key={"Bearer": "SECRET"})
    by_name = Configuration(host="http://127.0.0.1:9", username="ann", password="SECRET")
    auth = module.AuthApi(module.ApiClient(by_key))
    assert repr(auth) == "AuthApi(ApiClient('http://127.0.0.1:9', by key))"
    shown = "Pager('get_all_access_tokens', ApiClient('http://127.0.0.1:9', by key))"
    assert repr(auth.iter_access_tokens(user="SECRET")) == shown
    assert repr(module.ApiClient(by_name)) == "ApiClient('http://127.0.0.1:9')"
    session = module.Session(by_name)
    assert repr(session) == "Session('http://127.0.0.1:9', 'ann')"
    assert repr(session.auth) == "AuthApi(Session('http://127.0.0.1:9', 'ann'))"


def words_of_editors(kind: type) -> dict[str, str]:
    made = ast.parse(inspect.getsource(kind)).body[0]
    assert isinstance(made, ast.ClassDef)
    words = {}
    for attribute, docstring in itertools.pairwise(made.body):
        match attribute, docstring:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                words[name] = " ".join(text.split())
    return words


@pytest.mark.parametrize("kind", [Configuration, *map(models.by_name, models.__all__)])
def test_editors_have_words_for_each_attribute(kind: type) -> None:
    assert words_of_editors(kind).keys() == {name for name in kind.__annotations__ if not name.startswith("_")}


@pytest.mark.parametrize("kind", [Configuration, *map(models.by_name, models.__all__)])
def test_help_has_the_words_of_editors(kind: type) -> None:
    told = dict(re.findall(r"^:ivar (\w+): (.+(?:\n .+)*)", f"{inspect.getdoc(kind)}", re.MULTILINE))
    shown = {name: text[:1].upper() + " ".join(text.split())[1:] for name, text in told.items()}
    assert words_of_editors(kind) == shown
