"""Bytes to values and back: dates, types by name, lists, and responses that are not what was promised."""

from __future__ import annotations

import json
import time
from datetime import UTC, date, datetime, timedelta, timezone
from types import SimpleNamespace
from typing import Any

import pytest

from elements_sdk import ApiClient, ApiTypeError, ApiValueError, OneTimeAccessToken, ResponseFormatError, Ticket
from elements_sdk._http.echoes import Echoes
from elements_sdk._http.messages import Request
from elements_sdk._serialization.encode import to_json
from elements_sdk._serialization.error_bodies import error_sentences
from elements_sdk._utils.dates import parse_datetime
from test.samples import ACCESS_TOKEN

UTC = UTC


def read(data: str | bytes, type_name: str) -> Any:
    return ApiClient().deserialize(SimpleNamespace(data=data), type_name)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T10:11:12Z", datetime(2026, 3, 1, 10, 11, 12, tzinfo=UTC)),
        ("2026-03-01T10:11:12.5+02:00", datetime(2026, 3, 1, 8, 11, 12, 500000, tzinfo=UTC)),
        ("2026-03-01T10:11:12.123456789Z", datetime(2026, 3, 1, 10, 11, 12, 123456, tzinfo=UTC)),
        ("2026-03-01T10:11:12", datetime(2026, 3, 1, 10, 11, 12)),
        ("2026-03-01 10:11", datetime(2026, 3, 1, 10, 11)),
        ("2026-03-01", datetime(2026, 3, 1)),
        ("2026-03-01T24:00:00Z", datetime(2026, 3, 2, tzinfo=UTC)),
    ],
)
def test_date_is_read(text: str, moment: datetime) -> None:
    found = parse_datetime(text)
    assert found == moment
    assert found.tzinfo is None or type(found.tzinfo) is timezone


@pytest.mark.parametrize(
    "text", ["10", "12:30", "1 Jan", "2026", "2026-05", "", "now", "2026-03-01T10:11:12+25:00", "9999-12-31T24:00:00Z"]
)
def test_text_that_is_not_a_date_is_refused_and_never_filled_in_from_today(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_datetime(text)


def test_dates_do_not_depend_on_the_zone_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    answers = set()
    for zone in ("UTC", "Asia/Tokyo", "America/New_York"):
        with monkeypatch.context() as environment:
            environment.setenv("TZ", zone)
            time.tzset()
            answers.add(repr([parse_datetime(text) for text in ("2026-03-01T24:00Z", "2026-03-01")]))
    time.tzset()
    assert len(answers) == 1


@pytest.mark.parametrize(
    ("data", "type_name", "value"),
    [
        ('[1, "2"]', "list[int]", [1, "2"]),
        ('{"a": 1}', "dict(str, int)", {"a": 1}),
        ('{"a": 1}', "dict[str, int]", {"a": 1}),
        ('"2026-01-01"', "datetime", datetime(2026, 1, 1)),
        ('"2026-01-01"', "date", date(2026, 1, 1)),
        ("hello", "str", "hello"),
        ('"x"', "str", "x"),
        ("5", "str", "5"),
        ("7", "object", 7),
        ('{"a": [1]}', "object", {"a": [1]}),
        ("", "object", None),
        ("null", "object", None),
        ("5", "int", 5),
        ("true", "bool", True),
        ("3", "float", 3),
        ('{"a": {"ticket": "t"}}', "dict(str, Ticket)", {"a": Ticket(ticket="t")}),
        ('[[{"ticket": "t"}]]', "list[list[Ticket]]", [[Ticket(ticket="t")]]),
        (b'\xef\xbb\xbf{"ticket": "t"}', "Ticket", Ticket(ticket="t")),
        (b' [ {"ticket":"a"} ,{"ticket":"b"}\n]\r\n', "list[Ticket]", [Ticket(ticket="a"), Ticket(ticket="b")]),
        (b"[]", "list[Ticket]", []),
        (b" [ ] ", "list[Ticket]", []),
        ('{"count": 1, "next": null, "results": [{"ticket": "t"}]}', "list[Ticket]", [Ticket(ticket="t")]),
    ],
)
def test_answer_is_read_as_the_type_says(data: str | bytes, type_name: str, value: Any) -> None:
    assert read(data, type_name) == value


@pytest.mark.parametrize(
    ("data", "type_name", "message"),
    [
        ("", "Ticket", "empty, a Ticket was promised"),
        ("null", "Ticket", "null, a Ticket was promised"),
        ("[]", "Ticket", "a list, a Ticket was promised"),
        ('"x"', "Ticket", "a text, a Ticket was promised"),
        ("7", "list[Ticket]", "a number, a list"),
        ("{}", "list[Ticket]", "an object, a list"),
        ('{"results": []}', "list[Ticket]", "an object, a list"),
        ("null", "list[Ticket]", "null, a list"),
        ("[{}", "list[Ticket]", "not JSON"),
        ("[{},]", "list[Ticket]", "not JSON"),
        ("[{}] x", "list[Ticket]", "not JSON"),
        ("[{} {}]", "list[Ticket]", "not JSON"),
        ("true", "int", "a boolean, an int"),
        ("1", "bool", "a number, a bool"),
        ("<html>", "object", "not JSON"),
        (b"\xff\xfe", "object", "not JSON"),
        ("[" * 100_000, "list[Ticket]", "200 levels deep"),
        ("[" * 100_000, "object", "200 levels deep"),
        ("1" * 5000, "object", "not JSON"),
    ],
)
def test_answer_that_was_not_promised_is_refused(data: str | bytes, type_name: str, message: str) -> None:
    with pytest.raises(ResponseFormatError, match=message):
        read(data, type_name)


def test_type_that_does_not_exist_is_named() -> None:
    with pytest.raises(ApiValueError, match="there is no model 'Tikcet'"):
        read("{}", "Tikcet")


def test_list_is_read_alike_item_by_item_and_in_an_envelope() -> None:
    items = [{**ACCESS_TOKEN, "id": number} for number in range(50)]
    plain = read(json.dumps(items, indent=2), "list[OneTimeAccessToken]")
    envelope = read(
        json.dumps({"count": 50, "next": None, "previous": None, "results": items}), "list[OneTimeAccessToken]"
    )
    assert plain == envelope
    assert [token.id for token in plain] == list(range(50))
    assert all(type(token) is OneTimeAccessToken for token in plain)


def test_values_are_made_plain_as_3_3_did() -> None:
    client = ApiClient()
    value = {
        "a": datetime(2020, 1, 1),
        "b": (1, None),
        "t": Ticket(ticket="x"),
        "d": date(2020, 1, 1),
        "n": [{"k": None}],
    }
    plain = {"a": "2020-01-01T00:00:00", "b": (1, None), "t": {"ticket": "x"}, "d": "2020-01-01", "n": [{"k": None}]}
    assert client.sanitize_for_serialization(value) == plain
    moment = datetime(2020, 1, 1, tzinfo=timezone(timedelta(hours=2)))
    assert client.sanitize_for_serialization(moment) == "2020-01-01T00:00:00+02:00"


class Holder(dict[str, Any]):
    """A dict that holds itself."""


def test_body_that_json_cannot_say_is_refused() -> None:
    itself = Holder()
    itself["itself"] = itself
    bad: list[tuple[Any, type[Exception]]] = [
        ({"a": object()}, ApiTypeError),
        ({"a": b"bytes"}, ApiTypeError),
        ({("a", "b"): 1}, ApiTypeError),
        ({"a": float("nan")}, ApiValueError),
        (itself, ApiValueError),
    ]
    for body, expected in bad:
        with pytest.raises(expected):
            to_json(body)
    assert to_json({"text": "ü\ud800"}) == b'{"text": "\\u00fc\\ud800"}'


NOTHING_SENT = Echoes(Request("GET", "/", "/"))


@pytest.mark.parametrize(
    ("body", "detail", "errors"),
    [
        ({"detail": "No."}, "No.", {}),
        ({"email": ["Bad."]}, None, {"email": ["Bad."]}),
        ({"non_field_errors": ["A.", "B."]}, None, {"non_field_errors": ["A.", "B."]}),
        ({"n": {"a": ["Deep."]}}, None, {"n.a": ["Deep."]}),
        ({"tags": {"1": ["Too long."]}}, None, {"tags.1": ["Too long."]}),
        ({"xs": [{}, {"a": ["Row."]}]}, None, {"xs.1.a": ["Row."]}),
        (["a", "b"], None, {"": ["a", "b"]}),
        ({"detail": "No.", "code": "denied"}, "No.", {"code": ["denied"]}),
        ({"detail": ["No."]}, None, {"detail": ["No."]}),
        ("plain", None, {"": ["plain"]}),
        ({"limit": 5, "gone": None}, None, {"limit": ["5"]}),
        ({"token": "abc", "n": {"apiKey": 7}}, None, {"token": ["***"], "n.apiKey": ["***"]}),
        ({"password": ["This password is too common."]}, None, {"password": ["This password is too common."]}),
    ],
)
def test_every_shape_of_error_is_understood(body: Any, detail: str | None, errors: dict[str, list[str]]) -> None:
    assert error_sentences(json.dumps(body).encode(), NOTHING_SENT) == (detail, errors)


def test_error_that_is_not_json_gives_no_sentences() -> None:
    assert error_sentences(b"<html>", NOTHING_SENT) == (None, {})
