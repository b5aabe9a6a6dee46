"""What holds for any input: any header, any cookie, any path parameter, any error body, any model, any setting."""

from __future__ import annotations

import copy
import json
import pickle
import unicodedata
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta, timezone
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from urllib3 import HTTPHeaderDict

from elements_sdk import ApiClient, ApiValueError, Configuration, models
from elements_sdk._client.download import harmless_name
from elements_sdk._config.validators import SETTINGS
from elements_sdk._http.cookies import Cookies
from elements_sdk._http.echoes import Echoes
from elements_sdk._http.messages import Request, Response, path_segment, problem_of_headers
from elements_sdk._http.redirects import follow, reason_of_stop
from elements_sdk._operations.errors import status_error
from elements_sdk._serialization.decode import dict_of, list_of
from elements_sdk._serialization.error_bodies import error_sentences
from elements_sdk._utils.dates import seconds_to_wait
from elements_sdk._utils.redaction import MASK, is_secret_name
from elements_sdk.models._base import Model
from test.strategies import (
    ALWAYS_THE_SAME,
    ANY_JSON,
    ANY_TEXT,
    COOKIES,
    DISPOSITIONS,
    IN_A_PATH,
    LOCATIONS,
    PLAIN,
    RETRY_AFTER,
    mixed,
)

OF_ONE_MODEL = settings(ALWAYS_THE_SAME, max_examples=15, suppress_health_check=[HealthCheck.too_slow])


@ALWAYS_THE_SAME
@given(text=ANY_TEXT | RETRY_AFTER, date=ANY_TEXT | RETRY_AFTER)
def test_any_retry_after_is_a_number_of_seconds_or_nothing(text: str, date: str) -> None:
    seconds = seconds_to_wait({"Retry-After": text, "Date": date})
    assert seconds is None or 0 <= seconds < float("inf")


@settings(ALWAYS_THE_SAME, max_examples=500)
@given(text=ANY_TEXT | DISPOSITIONS | ANY_TEXT.map(lambda name: f'attachment; filename="{name}"'))
def test_any_name_becomes_harmless_or_none(text: str) -> None:
    name = harmless_name(text)
    if name is not None:
        assert 1 <= len(name) <= 101
        assert not set(name) & set("/\\\0:")
        assert not any(unicodedata.category(character)[0] in "CZ" and character != " " for character in name)
        assert not name.startswith((".", " "))
        assert not name.endswith((".", " "))


@ALWAYS_THE_SAME
@given(location=ANY_TEXT | LOCATIONS, status=st.integers(300, 399), method=st.sampled_from(["GET", "POST"]))
def test_any_location_is_followed_or_reported(location: str, status: int, method: str) -> None:
    request = Request(method, "/a", "/a", url="http://127.0.0.1:80/a?key=SECRET")
    response = Response(status, "Found", HTTPHeaderDict({"Location": location}), b"")
    assert "SECRET" not in reason_of_stop(request, response)
    assert not follow(request, response) or method == "GET"
    assert request.url.startswith("http://127.0.0.1")
    assert request.url.isprintable()


@settings(ALWAYS_THE_SAME, max_examples=400)
@given(lines=st.lists(COOKIES, max_size=3), method=st.sampled_from(["GET", "POST"]))
def test_any_cookie_that_is_kept_can_be_sent(lines: list[str], method: str) -> None:
    cookies, headers = Cookies(), HTTPHeaderDict()
    for line in lines:
        headers.add("Set-Cookie", line)
    cookies.keep("http://127.0.0.1/api", headers)
    for kept in (cookies, cookies.copy()):
        assert problem_of_headers(kept.headers_for(method, "http://127.0.0.1/api")) is None


@ALWAYS_THE_SAME
@given(line=ANY_TEXT)
def test_any_text_as_a_cookie_is_kept_or_left(line: str) -> None:
    cookies = Cookies()
    cookies.keep("https://localhost/api", HTTPHeaderDict({"Set-Cookie": line}))
    assert cookies.headers_for("POST", "https://localhost/api").get("Referer") in ("https://localhost/", None)


# Paths


@settings(ALWAYS_THE_SAME, max_examples=300)
@given(value=IN_A_PATH)
def test_any_path_parameter_stays_one_segment(value: str | float) -> None:
    try:
        segment = path_segment("id", value)
    except ApiValueError:
        decoded = unquote(unquote(str(value))).replace("\\", "/")
        assert value == "" or {".", ".."} & set(decoded.split("/")) or not str(value).isprintable()
    else:
        assert not set(segment) & set("/?#\\ \r\n")
        assert segment.isascii()
        assert unquote(segment) == str(value)


# Errors

SENTENCES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1).map(lambda text: f"<{text}>")
FIELDS = st.sampled_from(["detail", "non_field_errors", "email", "token", "0", "", "a.b"]) | ANY_TEXT
ERRORS = st.recursive(
    SENTENCES | st.lists(SENTENCES, min_size=1),
    lambda some: st.lists(some, max_size=3) | st.dictionaries(FIELDS, some, max_size=4),
    max_leaves=12,
)


def sentences_in(value: Any) -> Iterator[str]:
    """Return all sentences; a text under the name of a secret is not one."""
    if isinstance(value, str):
        yield value
    for item in value if isinstance(value, list) else []:
        yield from sentences_in(item)
    for key, item in value.items() if isinstance(value, dict) else []:
        yield from [MASK] if isinstance(item, str) and is_secret_name(key) else sentences_in(item)


@settings(ALWAYS_THE_SAME, max_examples=300)
@given(value=ERRORS, status=st.sampled_from([400, 403, 404, 409, 422, 429, 500]))
def test_no_sentence_of_an_error_is_lost(value: Any, status: int) -> None:
    body = json.dumps(value).encode()
    detail, errors = error_sentences(body, Echoes(Request("GET", "/a", "/a")))
    found = [sentence for sentences in errors.values() for sentence in sentences] + ([] if detail is None else [detail])
    assert Counter(found) == Counter(sentences_in(value))
    request = Request("GET", "/a", "/a", url="http://127.0.0.1/a")
    error = status_error(request, Response(status, "Bad", HTTPHeaderDict(), body))
    assert error.errors == errors
    assert error.detail == detail if detail else error.detail or not "".join(found)
    assert len(str(error)) <= 600


# Models

OFFSETS = st.none() | st.timedeltas(timedelta(hours=-23), timedelta(hours=23)).map(
    lambda offset: timezone(timedelta(seconds=int(offset.total_seconds())))
)
OF_TYPE: dict[str, SearchStrategy[Any]] = {
    "str": ANY_TEXT,
    "int": st.integers(),
    "bool": st.booleans(),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "datetime": st.datetimes(timezones=OFFSETS).map(lambda moment: moment.isoformat()),
}


def values_of(type_name: str) -> SearchStrategy[Any]:
    """Return a strategy for JSON of a declared type, and sometimes of any other."""
    inner = list_of(type_name) or dict_of(type_name)
    if inner:
        return st.lists(values_of(inner), max_size=2) | ANY_JSON
    return (OF_TYPE[type_name] if type_name in OF_TYPE else objects_of(models.by_name(type_name))) | PLAIN


def objects_of(model: type[Model], **more: SearchStrategy[Any]) -> SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {}, optional={**{key: values_of(kind) for key, kind in model.openapi_types.items()}, **more}
    )


def read(value: Any, name: str) -> Any:
    return ApiClient(Configuration()).deserialize(SimpleNamespace(data=json.dumps(value)), name)


@pytest.mark.parametrize("name", models.__all__)
def test_any_model_comes_back_from_its_dict_and_from_what_is_sent(name: str) -> None:
    @OF_ONE_MODEL
    @given(value=objects_of(models.by_name(name)))
    def check(value: dict[str, Any]) -> None:
        model = read(value, name)
        assert read(json.loads(json.dumps(model.to_dict(), default=lambda moment: moment.isoformat())), name) == model
        assert read(ApiClient(Configuration()).sanitize_for_serialization(model), name) == model

    check()


@pytest.mark.parametrize("name", models.__all__)
def test_any_model_is_the_same_after_pickle_and_deepcopy(name: str) -> None:
    @OF_ONE_MODEL
    @given(value=objects_of(models.by_name(name), new_key=ANY_JSON))
    def check(value: dict[str, Any]) -> None:
        model = read(value, name)
        for clone in (pickle.loads(pickle.dumps(model)), copy.deepcopy(model)):
            assert clone == model
            assert clone is not model
            assert clone.additional_properties == {key: value[key] for key in value if key == "new_key"}
            assert repr(clone) == repr(model)

    check()


# Settings

URLS = mixed("http://", "HTTPS://", "user:", "SECRET", "@", "localhost", ":", "80", "/", "?", "#", "[", "]", "%", ".")
ANY_SETTING = (
    ANY_TEXT | URLS | mixed("SECRET", "%(message)s", "%(SECRET)", "%", "{", "$", "1") | st.binary() | st.integers()
    | st.floats() | st.lists(st.floats() | ANY_TEXT, max_size=2) | st.dictionaries(ANY_TEXT, ANY_TEXT) | st.none()
)  # fmt: skip


@pytest.mark.parametrize("name", [name for name in SETTINGS if name != "logger_file"])
def test_any_value_of_a_setting_is_taken_or_refused_without_being_shown(name: str) -> None:
    @settings(ALWAYS_THE_SAME, max_examples=100)
    @given(value=ANY_SETTING)
    @example(value="http://user:SECRET@localhost:99999")
    @example(value="%(SECRET)")
    def check(value: Any) -> None:
        configuration, words = Configuration(), ""
        try:
            setattr(configuration, name, value)
            if name in ("host", "proxy"):
                ApiClient(configuration).close()
        except ApiValueError as error:
            words = str(error)
        assert "SECRET" not in words

    check()
