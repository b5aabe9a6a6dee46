"""Classes derived from a model, and what else programs do with instances: weak references, attributes of their own."""

from __future__ import annotations

import copy
import gc
import json
import pickle
import weakref
from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest

from elements_sdk import ApiClient, ApiValueError, ElementsUserMini, OneTimeAccessToken, SendLinkEmailRequest, Ticket
from elements_sdk.models._base import Model, prop
from test.samples import ACCESS_TOKEN


class Noted(Ticket):
    """A ticket with an attribute of its own."""

    def __init__(self, note: str, **values: Any) -> None:
        super().__init__(**values)
        self.note = note


class Sized(SendLinkEmailRequest):
    """A request with further properties."""

    lines: int | None = prop(default=None)
    day: date | None = prop(default=None)
    weight: float | None = prop(default=None)
    copies: list[str] | None = prop(default=None)
    signature: str | None = prop(default=None, max_length=3)


class Slotted(ElementsUserMini):
    """A user with a slot and a property, and no `__dict__`."""

    __slots__ = ("seen",)
    nickname: str | None = prop(default=None, secret=True)


class NotedAgain(Noted):
    """A class two steps from its model."""

    def __init__(self, note: str, **values: Any) -> None:
        super().__init__(note, **values)


def test_derived_class_has_the_properties_of_its_bases_before_its_own() -> None:
    names = ["email", "subject", "text", "lines", "day", "weight", "copies", "signature"]
    assert list(Sized.openapi_types) == list(Sized.attribute_map) == names
    assert Sized.openapi_types["copies"] == "list[str]"
    mail = Sized(email="a@example.com", lines=3, weight=1.5, day=date(2026, 1, 2), copies=["b@example.com"])
    assert (mail.email, mail.subject, mail.lines) == ("a@example.com", None, 3)
    assert mail.to_dict()["email"] == "a@example.com"
    assert "a@example.com" in repr(mail)
    assert list(SendLinkEmailRequest.openapi_types) == ["email", "subject", "text"]


@pytest.mark.parametrize(
    ("name", "value"), [("email", ""), ("lines", "many"), ("copies", "b@example.com"), ("signature", "abcd")]
)
def test_rules_of_the_bases_and_of_its_own_are_checked(name: str, value: Any) -> None:
    with pytest.raises(ApiValueError, match=name):
        Sized(**{name: value})
    with pytest.raises(ApiValueError, match=name):
        setattr(Sized(), name, value)


def test_derived_instance_equals_only_its_like() -> None:
    assert Noted("a", ticket="t") == Noted("b", ticket="t")
    assert Noted("a", ticket="t") != Noted("a", ticket="u")
    assert Noted("a", ticket="t") != Ticket(ticket="t")
    assert Ticket(ticket="t") != Noted("a", ticket="t")
    assert Sized(email="a") != Sized(email="b")
    assert Slotted(username="u") != Slotted(username="v")
    assert NotedAgain("a", ticket="t") != Noted("a", ticket="t")


def test_derived_instance_serialises_its_data() -> None:
    plain = ApiClient().sanitize_for_serialization
    assert plain(Noted("a", ticket="t")) == {"ticket": "t"}
    assert plain(Sized(email="a", lines=2, day=date(2026, 1, 2))) == {"email": "a", "lines": 2, "day": "2026-01-02"}
    assert plain(Slotted(username="u", nickname="n")) == {"username": "u", "nickname": "n"}


@pytest.mark.parametrize("protocol", range(6))
def test_derived_instance_is_copied_and_pickled_with_all_that_it_has(protocol: int) -> None:
    noted: Any = NotedAgain("own", ticket="t")
    noted.additional_properties["new"] = 1
    user: Any = Slotted(username="u", nickname="n")
    user.seen = 3
    sized: Any = Sized(lines=2)
    sized.parent = noted
    for clone in (pickle.loads(pickle.dumps((noted, user, sized), protocol)), copy.deepcopy((noted, user, sized))):
        assert clone == (noted, user, sized)
        assert clone[0].note == "own"
        assert clone[0].additional_properties == {"new": 1}
        assert (clone[1].seen, clone[1].nickname) == (3, "n")
        assert clone[2].parent is clone[0]
    assert copy.copy(sized).parent is noted


def test_secret_of_a_derived_class_is_masked() -> None:
    assert "SECRET" not in repr(Slotted(username="u", nickname="SECRET"))
    assert "SECRET" not in repr(Noted("n", ticket="SECRET"))
    assert Slotted(username="u", nickname="SECRET").to_dict()["nickname"] == "SECRET"


@pytest.mark.parametrize("kind", [OneTimeAccessToken, Noted, Slotted])
def test_instance_can_be_referred_to_weakly(kind: type[Model]) -> None:
    instance = kind.from_dict({})
    reference = weakref.ref(instance)
    cache = weakref.WeakValueDictionary({"it": instance})
    assert reference() is instance
    del instance
    gc.collect()
    assert reference() is None
    assert not cache


def test_token_that_was_read_can_be_referred_to_weakly() -> None:
    token: Any = ApiClient().deserialize(SimpleNamespace(data=json.dumps(ACCESS_TOKEN)), "OneTimeAccessToken")
    assert [type(item) for item in (token, token.user)] == [OneTimeAccessToken, ElementsUserMini]
    assert [weakref.ref(item)() is item for item in (token, token.user)] == [True, True]
