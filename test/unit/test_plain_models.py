"""Models from plain dicts and back: `from_dict`, `to_dict`, `to_json`, and types of answers given as types."""

from __future__ import annotations

import json
from collections import OrderedDict
from datetime import UTC, datetime
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest

from elements_sdk import (
    ApiClient,
    ApiTypeError,
    ApiValueError,
    ElementsUserDetail,
    LDAPServer,
    OneTimeAccessToken,
    Ticket,
    models,
)
from test.samples import ACCESS_TOKEN, NEWER, SAMPLES

JUNK: list[Any] = [
    7,
    "text",
    True,
    None,
    1.5,
    ["a", None, {"k": 1}],
    {"id": {"id": []}},
    [[{}]],
    "2026-01-01",
    "next week",
]


def read(value: Any, name: str) -> Any:
    return ApiClient().deserialize(SimpleNamespace(data=json.dumps(value)), name)


@pytest.mark.parametrize("name", list(SAMPLES))
def test_dict_is_read_as_an_answer_is(name: str) -> None:
    model = models.by_name(name)
    answers = [SAMPLES[name], {**SAMPLES[name], "brand_new": [1]}, {}, dict.fromkeys(SAMPLES[name])]
    answers += [dict.fromkeys(SAMPLES[name], junk) for junk in JUNK]
    answers += [answer for newer, answer, _, _ in NEWER if newer == name]
    for answer in answers:
        made = model.from_dict(answer)
        assert type(made) is model
        assert made == read(answer, name)
        assert repr(made) == repr(read(answer, name))


@pytest.mark.parametrize("name", list(SAMPLES))
def test_there_and_back_again(name: str) -> None:
    model = models.by_name(name)
    instance = read(SAMPLES[name], name)
    assert model.from_dict(instance.to_dict()) == instance
    assert model.from_dict(json.loads(instance.to_json())) == instance
    assert list(json.loads(instance.to_json())) == list(instance.to_dict())


def test_dates_are_iso_8601_and_secrets_are_shown() -> None:
    token = OneTimeAccessToken.from_dict(ACCESS_TOKEN)
    token.expires = datetime(2026, 12, 1, 10, 0, tzinfo=UTC)
    plain = json.loads(token.to_json())
    assert plain["expires"] == "2026-12-01T10:00:00+00:00"
    assert plain["activity"][0]["date"] == "2026-03-01T10:11:12.123456+00:00"
    assert plain["token"] == token.to_dict()["token"] == "SECRET-token"


@pytest.mark.parametrize("value", [float("nan"), {1, 2}, b"bytes"])
def test_value_that_json_does_not_have_is_refused(value: Any) -> None:
    with pytest.raises(ApiTypeError, match="this LDAPServer cannot be written as JSON"):
        LDAPServer.from_dict({"name": value}).to_json()


@pytest.mark.parametrize("kind", [OrderedDict, MappingProxyType, dict])
def test_any_mapping_is_a_dict_models_stay_and_tuples_are_lists(kind: Any) -> None:
    user = models.ElementsUserMini(username="uma")
    answer = kind({"user": kind({"username": "ada"}), "created_by": user, "activity": (kind({"id": 1}),), "new": 1})
    token = OneTimeAccessToken.from_dict(answer)
    assert token.user == models.ElementsUserMini(username="ada")
    assert token.created_by is user
    assert [type(item).__name__ for item in token.activity or ()] == ["OneTimeAccessTokenActivity"]
    assert token.additional_properties == {"new": 1}


class Torn(dict[str, Any]):
    """A dict that is interrupted while it is read."""

    def get(self, key: str, default: Any = None) -> Any:
        raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("attempt", "kind"),
    [
        (lambda: Ticket.from_dict(Torn(ticket="SECRET")), KeyboardInterrupt),
        (lambda: Ticket.from_dict({}).__setstate__({"_additional_properties": Torn(a="SECRET")}), KeyboardInterrupt),
        (lambda: Ticket.from_dict({"ticket": ["SECRET", {1}]}).to_json(), ApiTypeError),
    ],
)  # fmt: skip
def test_error_has_no_frame_that_holds_the_values(attempt: Any, kind: type[BaseException]) -> None:
    with pytest.raises(kind) as caught:
        attempt()
    assert caught.value.__context__ is None
    trace = caught.value.__traceback__
    while trace is not None:
        if trace.tb_frame.f_globals["__name__"] not in (__name__, "contextlib"):
            for name, value in trace.tb_frame.f_locals.items():
                assert "SECRET" not in (object.__repr__(value) if name == "self" else repr(value))
        trace = trace.tb_next


@pytest.mark.parametrize("value", [None, "SECRET", [("ticket", "SECRET")], 7])
def test_what_is_not_a_dict_is_refused_without_being_shown(value: Any) -> None:
    with pytest.raises(ApiTypeError, match=rf"^Ticket.from_dict takes a dict, not {type(value).__name__}$") as caught:
        Ticket.from_dict(value)
    trace = caught.value.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_name == "from_dict":
            assert "SECRET" not in repr(trace.tb_frame.f_locals)
        trace = trace.tb_next


def test_no_rule_is_checked_until_something_is_assigned() -> None:
    detail = ElementsUserDetail.from_dict({"language": "es", "username": ""})
    assert detail.language == "es"
    with pytest.raises(ApiValueError, match="language"):
        detail.language = "xx"


@pytest.mark.parametrize("kind", [list["Tikcet"], set[Ticket], 7, Ticket | None, [Ticket]])  # type: ignore[name-defined]  # noqa: F821
def test_type_that_no_answer_is_read_as_is_refused(kind: Any) -> None:
    with pytest.raises(ApiValueError, match=r"there is no model|responses are read as a type"):
        ApiClient().deserialize(SimpleNamespace(data="null"), kind)
