"""Pickles of models: in all protocols, and across versions both ways."""

from __future__ import annotations

import json
import pickle
import pickletools
from base64 import b64decode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from elements_sdk import ApiClient, ApiValueError, Configuration, OneTimeAccessToken, Ticket, models
from elements_sdk.models import one_time_access_token
from elements_sdk.models._base import Model, prop
from test.samples import ACCESS_TOKEN, SAMPLES

OF_3_3 = json.loads((Path(__file__).parents[1] / "data/pickles_of_3_3.json").read_text("utf-8"))
protocols = pytest.mark.parametrize("protocol", range(6))


def read(name: str, value: Any) -> Any:
    return ApiClient().deserialize(SimpleNamespace(data=json.dumps(value)), name)


def of_3_3(name: str, protocol: int) -> Any:
    return pickle.loads(b64decode(OF_3_3[name][protocol]))


@protocols
@pytest.mark.parametrize("name", list(SAMPLES))
def test_model_comes_back_in_every_protocol(name: str, protocol: int) -> None:
    instance = read(name, {**SAMPLES[name], "brand_new": [1]})
    clone = pickle.loads(pickle.dumps(instance, protocol))
    assert clone == instance
    assert type(clone) is type(instance)
    assert clone.to_dict() == instance.to_dict()
    assert clone.additional_properties == {"brand_new": [1]}


@protocols
def test_model_keeps_whether_it_is_checked(protocol: int) -> None:
    lenient = Configuration()
    lenient.client_side_validation = False
    unchecked = pickle.loads(pickle.dumps(Ticket(ticket="", local_vars_configuration=lenient), protocol))
    unchecked.ticket = ""
    checked = pickle.loads(pickle.dumps(Ticket(ticket="t", local_vars_configuration=Configuration()), protocol))
    with pytest.raises(ApiValueError):
        checked.ticket = ""


@pytest.fixture
def version() -> Iterator[Callable[[type[Model]], None]]:
    """Yield a function that lets a class stand where the access token of this version does."""
    now: Any = one_time_access_token
    before = now.OneTimeAccessToken

    def set_version(model: type[Model]) -> None:
        model.__module__, model.__qualname__ = before.__module__, before.__qualname__
        now.OneTimeAccessToken = model

    yield set_version
    now.OneTimeAccessToken = before


def earlier() -> type[Model]:
    class OneTimeAccessToken(Model):
        """A token of an earlier version."""

        id: int = prop(default=None, read_only=True)
        token: str = prop(secret=True)

    return OneTimeAccessToken


def later() -> type[Model]:
    class OneTimeAccessToken(Model):
        """A token of a later version."""

        token: str = prop(secret=True)
        created_at: datetime | None = prop(default=None)
        creator: ElementsUserMini | None = prop(default=None)  # type: ignore[name-defined]  # noqa: F821  # pyright: ignore
        id: int = prop(default=None, read_only=True)
        must_have: str = prop()

    return OneTimeAccessToken


@protocols
def test_pickle_of_this_version_is_read_by_an_earlier_one(protocol: int, version: Any) -> None:
    token = read("OneTimeAccessToken", {**ACCESS_TOKEN, "brand_new": 1})
    data = pickle.dumps(token, protocol)
    version(earlier())
    old = pickle.loads(data)
    assert old.to_dict() == {"id": 9, "token": "SECRET-token"}
    assert old.additional_properties["url"] == "/media/9"
    assert old.additional_properties["brand_new"] == 1
    assert old.additional_properties["user"] == token.user
    assert old == pickle.loads(pickle.dumps(old, protocol))
    assert "SECRET" not in repr(old)


@protocols
def test_pickle_of_this_version_is_read_by_a_later_one(protocol: int, version: Any) -> None:
    answer = {**ACCESS_TOKEN, "created_at": "2026-01-01T00:00:00Z", "creator": {"username": "ada"}}
    data = pickle.dumps(read("OneTimeAccessToken", answer), protocol)
    version(later())
    new = pickle.loads(data)
    assert (new.id, new.token, new.must_have) == (9, "SECRET-token", None)
    assert new.created_at == datetime(2026, 1, 1, tzinfo=UTC)
    assert new.creator == models.ElementsUserMini(username="ada")
    assert "created_at" not in new.additional_properties
    assert new.additional_properties["url"] == "/media/9"
    assert new == pickle.loads(pickle.dumps(new, protocol))


@protocols
@pytest.mark.parametrize("other", [earlier, later])
def test_pickle_of_another_version_is_read_by_this_one(protocol: int, other: Any, version: Any) -> None:
    model = other()
    version(model)
    given = {"id": 3, "token": "t", "created_at": "2026-01-01T00:00:00Z"}
    data = pickle.dumps(model.from_dict(given), protocol)
    version(OneTimeAccessToken)
    token: Any = pickle.loads(data)
    assert type(token).__name__ == "OneTimeAccessToken"
    assert (token.id, token.token, token.url, token.user) == (3, "t", None, None)
    assert {"created_at"} <= set(token.additional_properties) <= {"created_at", "creator", "must_have"}
    assert token == pickle.loads(pickle.dumps(token, protocol))


@protocols
def test_settings_of_a_later_version_do_not_matter_to_a_model(protocol: int) -> None:
    ticket = Ticket(ticket="t")
    settings = {"client_side_validation": False, "brand_new": True}
    ticket.__setstate__({**ticket.__getstate__(), "local_vars_configuration": settings})
    ticket.ticket = ""
    assert pickle.loads(pickle.dumps(ticket, protocol)) == ticket


@protocols
def test_token_of_3_3(protocol: int) -> None:
    token: Any = of_3_3("token", protocol)
    assert type(token).__name__ == "OneTimeAccessToken"
    assert (token.id, token.token, token.url, token.full_url, token.user.username) == (
        9,
        "a-token",
        "/media/9",
        None,
        "uma",
    )
    assert token.expires == datetime(2026, 12, 1, tzinfo=timezone(timedelta(hours=1)))
    assert token.activity[0].date == datetime(2026, 3, 1, 10, 11, 12, 123456, tzinfo=UTC)
    assert token.additional_properties == {}
    assert token == OneTimeAccessToken.from_dict(token.to_dict())
    assert token == pickle.loads(pickle.dumps(token, protocol))
    with pytest.raises(ApiValueError):
        token.token = ""


@protocols
def test_other_models_of_3_3(protocol: int) -> None:
    first, second = of_3_3("tokens", protocol)
    assert (first.id, second.id, second.expires) == (9, 10, None)
    user = of_3_3("user", protocol)
    assert (user.username, user.permissions, user.groups, user.ldap.name) == ("uma", ["a"], [1], "Directory")
    assert user == models.ElementsUserDetail.from_dict(user.to_dict())


@protocols
def test_what_a_program_for_3_3_has_put_on_a_model_is_kept(protocol: int) -> None:
    ticket = of_3_3("ticket", protocol)
    assert ticket.ticket == "t"
    assert ticket.additional_properties == {"note": "an attribute of one's own"}
    unchecked = of_3_3("unchecked_ticket", protocol)
    unchecked.ticket = ""
    assert unchecked.ticket == ""


def test_derived_model_of_3_3_keeps_its_attributes() -> None:
    class Noted(Ticket):
        """A class of a program for 3.3."""

    noted: Any = Noted.__new__(Noted)
    noted.__setstate__({"_ticket": "t", "discriminator": None, "local_vars_configuration": None, "_note": 1, "seen": 2})
    assert (noted.ticket, noted._note, noted.seen, noted.additional_properties) == ("t", 1, 2, {})


def test_pickles_name_nothing_private() -> None:
    """What a pickle names must stay where it is: a private module may be renamed."""
    lenient = Configuration()
    lenient.client_side_validation = False
    token = read("OneTimeAccessToken", {**ACCESS_TOKEN, "brand_new": [1]})
    unchecked = Ticket(ticket="", local_vars_configuration=lenient)
    for value in (token, unchecked):
        named = {
            str(argument) for code, argument, _ in pickletools.genops(pickle.dumps(value, 0)) if code.name == "GLOBAL"
        }
        ours = {name for name in named if name.startswith("elements_sdk")}
        assert ours
        assert not [name for name in ours if "._" in name]
