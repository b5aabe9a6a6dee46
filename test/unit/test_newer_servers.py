"""What newer servers add is read by typed attributes, beside a model that is as in 3.3."""

from __future__ import annotations

import inspect
import pickle
from datetime import UTC, datetime
from typing import Any

import pytest

from elements_sdk import models
from elements_sdk._serialization.decode import from_json
from elements_sdk._serialization.encode import to_json
from elements_sdk._serialization.strict import first_mismatch
from elements_sdk.models import OneTimeAccessToken
from elements_sdk.models._base import Model, ReadSettings, prop
from test.samples import ACCESS_TOKEN, SAMPLES

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
ADDED: list[tuple[str, str, Any, Any]] = [
    ("OneTimeAccessToken", "created_at", "2026-01-01T00:00:00Z", MOMENT),
    ("OneTimeAccessToken", "created_at", "soon", "soon"),
    ("OneTimeAccessToken", "has_password", True, True),
    ("ElementsUserDetail", "ldap_guid", "g", "g"),
    ("ElementsUserDetail", "ldap_guid", None, None),
    ("AuthLoginEndpointResponse", "session_key", "SECRET-key", "SECRET-key"),
]


@pytest.mark.parametrize(("name", "attribute", "sent", "value"), ADDED)
def test_what_newer_servers_add_is_an_attribute(name: str, attribute: str, sent: Any, value: Any) -> None:
    for read in (from_json, lambda text, kind: models.by_name(kind).from_dict(from_json(text, "object"))):
        model: Model = read(to_json({**SAMPLES[name], attribute: sent}), name)
        assert getattr(model, attribute) == getattr(pickle.loads(pickle.dumps(model)), attribute) == value
        assert model.additional_properties == {attribute: sent}
        assert "SECRET" not in repr(model)
        with pytest.raises(AttributeError):
            setattr(model, attribute, value)
    assert getattr(from_json(to_json(SAMPLES[name]), name), attribute) is None
    dropped = from_json(to_json({**SAMPLES[name], attribute: sent}), name, ReadSettings(discard_unknown_keys=True))
    assert getattr(dropped, attribute) is None


@pytest.mark.parametrize(("name", "attribute"), sorted({(name, attribute) for name, attribute, _, _ in ADDED}))
def test_the_model_is_as_in_3_3(name: str, attribute: str) -> None:
    kind = models.by_name(name)
    held = (kind.openapi_types, kind.attribute_map, kind.from_dict(SAMPLES[name]).to_dict())
    assert not [names for names in held if attribute in names]
    assert attribute not in inspect.get_annotations(kind)
    with pytest.raises(TypeError, match=f"has no property '{attribute}'"):
        kind(**{attribute: None})


def test_class_of_ones_own_may_declare_the_name() -> None:
    class Link(OneTimeAccessToken):
        created_at: str | None = prop(default=None)  # type: ignore[assignment]

    assert Link.from_dict({**ACCESS_TOKEN, "created_at": "today"}).created_at == "today"


@pytest.mark.parametrize(
    ("name", "attribute", "value", "words"),
    [
        ("OneTimeAccessToken", "media_root_permissions", [1, 2], None),
        ("OneTimeAccessToken", "media_root_permissions", "all", None),
        ("OneTimeAccessToken", "media_root_permissions", ["x"], "media_root_permissions is not a str"),
        ("OneTimeAccessToken", "media_root_permissions", 5, "media_root_permissions is not a str"),
        ("OneTimeAccessToken", "is_easy_sharing_for_bundle", None, None),
        ("ElementsUserDetail", "ldap", "cn=uma", None),
        ("ElementsUserDetail", "ldap", [{"any": 5}], None),
        ("ElementsUserDetail", "allowed_fs_paths", None, None),
    ],
)
def test_strict_reading_accepts_what_either_server_sends(
    name: str, attribute: str, value: Any, words: str | None
) -> None:
    assert first_mismatch({**SAMPLES[name], attribute: value}, name) == words
    assert models.by_name("OneTimeAccessToken").openapi_types["media_root_permissions"] == "str"
