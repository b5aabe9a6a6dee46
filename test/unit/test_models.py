"""The models: built, checked, compared, copied, shown, and read as old and new servers send them."""

from __future__ import annotations

import copy
import json
import pickle
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from elements_sdk import ApiClient, ApiTypeError, ApiValueError, Configuration, Ticket, models
from test.samples import NEWER, SAMPLES

DATA = Path(__file__).parents[1] / "data"
RULES: dict[str, dict[str, dict[str, Any]]] = yaml.safe_load((DATA / "models-3.3.yaml").read_text("utf-8"))

SECRETS = {"password", "new_password", "otp", "ticket", "full_url"}

all_models = pytest.mark.parametrize("name", list(RULES))


def model(name: str) -> Any:
    return models.by_name(name)


def read(name: str, value: Any, configuration: Configuration | None = None) -> Any:
    client = ApiClient(configuration)
    return client.deserialize(SimpleNamespace(data=json.dumps(value)), name)


def build(name: str) -> Any:
    """Make a model by its constructor, from the values of its sample."""
    return model(name)(**vars_of(read(name, SAMPLES[name])))


def vars_of(instance: Any) -> dict[str, Any]:
    return {key: getattr(instance, key) for key in instance.openapi_types}


def broken(rule: dict[str, Any]) -> list[Any]:
    """Return values that break a rule of a property."""
    values: list[Any] = [None] if rule.get("required") else []
    if rule.get("read_only"):
        return values
    values += [""] if rule.get("min_length") else []
    values += ["x" * (rule["max_length"] + 1)] if rule.get("max_length") else []
    values += ["xx"] if rule.get("enum") else []
    by_type: dict[str, list[Any]] = {"str": [3], "int": ["one", True, 1.5], "bool": ["yes"], "datetime": [7]}
    return [*values, *by_type.get(rule["type"], ["text"])]


BROKEN = [(name, key, value) for name, rules in RULES.items() for key, rule in rules.items() for value in broken(rule)]


def test_models_of_3_3_are_there_with_their_properties_in_order() -> None:
    assert list(RULES) == list(SAMPLES)
    assert set(RULES) <= set(models.__all__)
    for name, rules in RULES.items():
        assert model(name).openapi_types == {key: rule["type"] for key, rule in rules.items()}
        assert model(name).attribute_map == {key: key for key in rules}


@all_models
def test_to_dict_and_back(name: str) -> None:
    instance = read(name, SAMPLES[name])
    client = ApiClient()
    again = read(name, client.sanitize_for_serialization(instance.to_dict()))
    assert again == instance
    assert list(instance.to_dict()) == list(RULES[name])
    for key, rule in RULES[name].items():
        value = getattr(instance, key)
        if rule["type"] == "datetime" and SAMPLES[name][key]:
            assert value == datetime.fromisoformat(SAMPLES[name][key])
        elif rule["type"] in ("str", "int", "bool"):
            assert value == SAMPLES[name][key]
        elif rule["type"] in RULES:
            assert type(value) is model(rule["type"])
            assert instance.to_dict()[key] == value.to_dict()
        elif rule["type"].startswith("list[") and rule["type"][5:-1] in RULES:
            assert [type(item) for item in value] == [model(rule["type"][5:-1])] * len(SAMPLES[name][key])


@all_models
def test_constructor_takes_names_and_positions(name: str) -> None:
    instance = read(name, SAMPLES[name])
    values = vars_of(instance)
    assert model(name)(**values) == model(name)(*values.values()) == instance
    wire = ApiClient().sanitize_for_serialization(instance)
    assert wire.keys() == {key for key, value in SAMPLES[name].items() if value is not None}


@pytest.mark.parametrize(("name", "key", "value"), BROKEN)
def test_broken_rule_is_named_by_constructor_and_assignment(name: str, key: str, value: Any) -> None:
    values = {**vars_of(read(name, SAMPLES[name])), key: value}
    kind: Any = model(name)
    for positions, names in (((), values), (tuple(values.values()), {})):
        with pytest.raises(ApiValueError, match=rf"{name}\.{key} ") as caught:
            kind(*positions, **names)
        assert isinstance(caught.value, ValueError)
        assert "xxx" not in str(caught.value)
    instance = build(name)
    before = getattr(instance, key)
    with pytest.raises(ApiValueError, match=rf"{name}\.{key} "):
        setattr(instance, key, value)
    assert getattr(instance, key) == before


@all_models
def test_without_validation_everything_goes(name: str) -> None:
    configuration = Configuration()
    configuration.client_side_validation = False
    empty = model(name)(local_vars_configuration=configuration)
    assert set(vars_of(empty).values()) == {None}
    for key in RULES[name]:
        setattr(empty, key, 3)
        setattr(read(name, {}, configuration), key, 3)
    assert set(vars_of(empty).values()) == {3}


@all_models
def test_required_properties_may_be_left_out_of_an_answer(name: str) -> None:
    for answer in ({}, dict.fromkeys(RULES[name])):
        instance = read(name, answer)
        assert set(vars_of(instance).values()) == {None}
        assert instance.additional_properties == {}


@all_models
def test_unknown_keys_are_kept_or_dropped(name: str) -> None:
    answer = {**SAMPLES[name], "brand_new": [1], "_ticket": 2}
    instance = read(name, answer)
    assert instance.additional_properties == {"brand_new": [1], "_ticket": 2}
    assert "brand_new" not in instance.to_dict()
    assert instance != read(name, SAMPLES[name])
    discarding = Configuration(discard_unknown_keys=True)
    assert read(name, answer, discarding).additional_properties == {}
    assert read(name, {"brand_new": 1}).additional_properties == {"brand_new": 1}


@pytest.mark.parametrize(("name", "answer", "attribute", "value"), NEWER)
def test_newer_servers_are_understood(name: str, answer: dict[str, Any], attribute: str, value: Any) -> None:
    assert getattr(read(name, answer), attribute) == value


@all_models
def test_value_of_another_type_stays_as_it_came(name: str) -> None:
    for value in (7, "text", True, ["a", 1], {"k": [None]}):
        instance = read(name, dict.fromkeys(RULES[name], value))
        for key, rule in RULES[name].items():
            if not (isinstance(value, dict) and rule["type"] in RULES):
                assert getattr(instance, key) == value


def test_items_of_another_type_stay_inside_a_list() -> None:
    activity = [7, None, {"ip": "192.0.2.1"}]
    read_back = read("OneTimeAccessToken", {"activity": activity}).activity
    assert read_back[:2] == [7, None]
    assert read_back[2].ip == "192.0.2.1"


def test_unreadable_date_stays_text_and_unknown_language_stays() -> None:
    assert read("OneTimeAccessToken", {"expires": "next week"}).expires == "next week"
    assert read("ElementsUserDetail", {"language": "es"}).language == "es"
    expires = read("OneTimeAccessToken", {"expires": "2026-12-01T00:00:00+01:00"}).expires
    assert expires == datetime(2026, 12, 1, tzinfo=timezone(timedelta(hours=1)))
    assert expires.utcoffset() == timedelta(hours=1)


@all_models
def test_equality_pickle_and_deepcopy(name: str) -> None:
    instance = read(name, {**SAMPLES[name], "brand_new": [1]})
    for clone in (pickle.loads(pickle.dumps(instance)), copy.deepcopy(instance), copy.copy(instance)):
        assert clone == instance
        assert type(clone) is type(instance)
        assert clone.additional_properties == {"brand_new": [1]}
        key = next(iter(RULES[name]))
        clone.local_vars_configuration = SimpleNamespace(client_side_validation=False, discard_unknown_keys=False)
        setattr(clone, key, "other")
        assert clone != instance
    assert instance != instance.to_dict()
    assert instance != "text"
    with pytest.raises(TypeError, match="unhashable"):
        hash(instance)


@all_models
def test_repr_shows_no_secret(name: str) -> None:
    instance = read(name, SAMPLES[name])
    holder = SimpleNamespace(inside=[instance])
    for text in (repr(instance), str(instance), instance.to_str(), f"{instance}", repr(holder)):
        assert "SECRET" not in text
    shown = [key for key in RULES[name] if key in SECRETS or (key == "token" and name != "OneTimeAccessTokenActivity")]
    for key in shown:
        assert f"'{key}': '***'" in repr(instance)
        assert "SECRET" in instance.to_dict()[key]


def test_repr_of_an_unset_secret_says_so() -> None:
    request = models.AuthLoginEndpointRequest(username="uma", password="p")
    assert repr(request) == "{'new_password': None, 'otp': None, 'password': '***', 'username': 'uma'}"


def test_token_number_of_an_activity_is_not_a_secret() -> None:
    assert "'token': 9" in repr(read("OneTimeAccessTokenActivity", SAMPLES["OneTimeAccessTokenActivity"]))


def test_misuse_of_the_constructor_is_named() -> None:
    attempts: list[tuple[Any, str]] = [
        (lambda: Ticket(tickets="x"), "Ticket has no property 'tickets'; did you mean 'ticket'?"),  # type: ignore[call-arg]
        (lambda: Ticket("x", "y"), "Ticket has 1 properties, 2 values were given"),  # type: ignore[arg-type, call-arg]
        (lambda: Ticket("x", ticket="y"), "Ticket.ticket was given twice"),  # type: ignore[misc]
    ]
    for attempt, message in attempts:
        with pytest.raises(ApiTypeError, match=message):
            attempt()


def test_attribute_that_does_not_exist_cannot_be_set() -> None:
    with pytest.raises(AttributeError):
        Ticket(ticket="x").tikcet = "y"  # type: ignore[attr-defined]


def test_number_given_as_text_is_accepted_as_in_3_3() -> None:
    assert models.ImpersonationEndpointRequest(user="5").to_dict() == {"user": "5"}  # type: ignore[arg-type]


def test_additional_properties_can_be_added_to() -> None:
    ticket = Ticket(ticket="x")
    ticket.additional_properties["seen"] = True
    assert ticket.additional_properties == {"seen": True}
    assert ticket != Ticket(ticket="x")
