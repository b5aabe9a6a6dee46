"""Decoding of hostile answers: bounded in memory and time, with turns for the event loop."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from elements_sdk import ApiException, Configuration, ResponseFormatError, ResponseTooLarge
from elements_sdk.models import OneTimeAccessToken
from test.both_clients import ApiClient, both_kinds
from test.faults import behaviours as does
from test.faults.server import FaultServer
from test.wire.cost import MARGIN, MIB, cost_of

pytestmark = both_kinds

CLOSE = ("Connection", "close")
TOKENS = "list[OneTimeAccessToken]"
TOKEN = {"id": 7, "activity": [{"id": 1}], "user": {"id": 2}, "full_url": "https://storage.example.com/share/1"}


def serving(*bodies: bytes) -> FaultServer:
    return FaultServer(*(does.answer(200, body, [CLOSE], times=1) for body in bodies))


def client_of(server: FaultServer, **settings: object) -> ApiClient:
    configuration = Configuration(host=server.host, api_key={"Bearer": "KEY"})
    for name, value in {"retries": False, **settings}.items():
        setattr(configuration, name, value)
    return ApiClient(configuration)


def call(client: ApiClient, kind: str) -> Any:
    return client.call_api("/api/2/things", "GET", response_type=kind, _return_http_data_only=True)


def filled(start: bytes, item: bytes, end: bytes, size: int = 8 * MIB) -> bytes:
    """Return a body of about so many bytes: a start, the same item again and again, and an end."""
    return start + ((item + b",") * ((size - len(start)) // (len(item) + 1)))[:-1] + end


MANY: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty tokens": (lambda: filled(b"[", b"{}", b"]"), TOKENS),
    "empty tokens in an envelope": (lambda: filled(b'{"count":1,"results":[', b"{}", b"]}"), TOKENS),
    "activities of one token": (lambda: filled(b'[{"activity":[', b"{}", b"]}]"), TOKENS),
    "activities of the only token": (lambda: filled(b'{"activity":[', b"{}", b"]}", 7 * MIB), "OneTimeAccessToken"),
    "empty lists": (lambda: filled(b"[", b"[]", b"]"), "object"),
    "numbers": (lambda: filled(b"[", b"256", b"]", 30 * MIB), "object"),
    "texts": (lambda: filled(b"[", b'"ab"', b"]", 30 * MIB), "list[str]"),
    "lists in an unknown property": (lambda: filled(b'[{"x":[', b"[]", b"]}]"), TOKENS),
}


@pytest.mark.parametrize("name", MANY)
def test_an_answer_of_very_many_values_is_refused_before_it_is_parsed(client_kind: str, name: str) -> None:
    make, kind = MANY[name]
    with serving(b"{}", make()) as server:
        found = cost_of(client_kind, server.host, kind, max_response_bytes=64 * MIB, total_timeout=10)
    assert (found.error, found.status) == ("ResponseFormatError", 200)
    assert "the answer has more than" in found.text
    assert found.growth <= 64 * MIB + MARGIN
    assert found.cpu < 2


@pytest.mark.parametrize("kind", [TOKENS, "list[Ticket]", "object"])
def test_the_number_of_entries_goes_by_the_limit_of_bytes(kind: str) -> None:
    bodies = [filled(b"[", b"{}", b"]", 3 * count + 1) for count in (15_624, 15_625, 15_625)]
    with serving(*bodies) as server, client_of(server, max_response_bytes=1_000_000) as client:
        assert len(call(client, kind)) == 15_624
        with pytest.raises(ResponseFormatError, match=r"more than 15,625 lists and objects \(Configuration\.max_resp"):
            call(client, kind)
        client.configuration.max_response_bytes = None
        assert len(call(client, kind)) == 15_625


LONG = {
    "tokens": (filled(b"[", b"{}", b"]", 500_000), TOKENS),
    "tokens in an envelope": (filled(b'{"count":1,"results":[', b"{}", b"]}", 500_000), TOKENS),
    "activities": (filled(b'[{"activity":[', b"{}", b"]}]", 500_000), TOKENS),
    "activities of the only token": (filled(b'{"activity":[', b"{}", b"]}", 500_000), "OneTimeAccessToken"),
    "bundles of each token": (filled(b"[", filled(b'{"shared_bundles":[', b"{}", b"]}", 2000), b"]", 500_000), TOKENS),
}


def as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@pytest.mark.parametrize("name", LONG)
def test_long_lists_are_read_whole_wherever_they_stand(name: str) -> None:
    body, kind = LONG[name]
    value = json.loads(body)
    with serving(body) as server, client_of(server) as client:
        found = call(client, kind)
    plain = value["results"] if "envelope" in name else value
    for read, given in zip(as_list(found), as_list(plain), strict=True):
        assert isinstance(read, OneTimeAccessToken)
        for listed in ("activity", "shared_bundles"):
            assert len(getattr(read, listed) or []) == len(given.get(listed, []))
            assert all(
                type(entry).__name__.startswith(("OneTime", "Elements")) for entry in getattr(read, listed) or []
            )


SLOW: dict[str, tuple[Callable[[], bytes], str]] = {
    "tokens": (lambda: filled(b"[", b'{"id":1,"url":"' + b"u" * 45 + b'"}', b"]", 60 * MIB), TOKENS),
    "tokens in an envelope": (
        lambda: filled(b'{"count":1,"results":[', b'{"url":"' + b"u" * 70 + b'"}', b"]}", 60 * MIB),
        TOKENS,
    ),
    "activities of one token": (
        lambda: filled(b'[{"activity":[', b'{"ip":"' + b"u" * 70 + b'"}', b"]}]", 60 * MIB),
        TOKENS,
    ),
}


@pytest.mark.parametrize("name", SLOW)
def test_a_call_ends_at_its_deadline_though_its_answer_is_still_being_decoded(client_kind: str, name: str) -> None:
    make, kind = SLOW[name]
    with serving(b"{}", make()) as server:
        found = cost_of(client_kind, server.host, kind, max_response_bytes=64 * MIB, total_timeout=0.5)
    assert found.error == "DeadlineExceeded", found
    assert "reading the answer" in found.text
    assert found.cpu < 5
    assert found.longest < (1 if name == "tokens" else 5)  # an envelope, and what is in one item, is parsed in one step


def nested(depth: int, opening: bytes = b"[", closing: bytes = b"]") -> bytes:
    return opening * depth + closing * depth


WITHIN: dict[str, Callable[[int], tuple[bytes, str]]] = {
    "a list": lambda depth: (nested(depth), "object"),
    "objects": lambda depth: (nested(depth - 1, b'{"a":', b"}").replace(b":}", b":{}}"), "object"),
    "lists that go on after their first item": lambda depth: (
        nested(depth, closing=b",1]").replace(b"[,", b"["),
        "object",
    ),
    "a known property": lambda depth: (b'{"url":' + nested(depth - 1) + b"}", "OneTimeAccessToken"),
    "an unknown property": lambda depth: (b'{"new":' + nested(depth - 1) + b"}", "OneTimeAccessToken"),
    "a token of a list": lambda depth: (b'[{"url":"]"},{"url":' + nested(depth - 2) + b"}]", TOKENS),
    "a token of an envelope": lambda depth: (
        b'{"count":1,"results":[{"url":' + nested(depth - 3) + b"}]}",
        TOKENS,
    ),
    "a text": lambda depth: (nested(depth), "str"),
}


@pytest.mark.parametrize("where", WITHIN)
def test_200_levels_are_read_and_can_be_shown_and_more_are_refused(where: str) -> None:
    bodies = [WITHIN[where](depth) for depth in (200, 202, 900, 5000, 100_000)]
    with serving(*(body for body, _ in bodies)) as server, client_of(server) as client:
        found = call(client, bodies[0][1])
        repr(found)
        for body, kind in bodies[1:]:
            if where == "a text":
                assert call(client, kind) == body.decode()
                continue
            with pytest.raises(ResponseFormatError, match="nested more than 200 levels deep") as caught:
                call(client, kind)
            assert (caught.value.status, caught.value.attempts) == (200, 1)


def test_brackets_in_texts_are_no_levels() -> None:
    token = {**TOKEN, "url": "[{" * 300}
    bodies = [json.dumps(value).encode() for value in (token, [token], [token] * 20, {"count": 1, "results": [token]})]
    with serving(*bodies) as server, client_of(server) as client:
        kinds = ("OneTimeAccessToken", TOKENS, TOKENS, TOKENS)
        found = [call(client, kind) for kind in kinds]
    assert [read.url for one in found for read in (one if isinstance(one, list) else [one])] == ["[{" * 300] * 23


@pytest.mark.parametrize("digits", [4_000, 5_000, 1_000_000])
@pytest.mark.parametrize("kind", ["object", "OneTimeAccessToken", TOKENS, "int"])
def test_a_number_of_very_many_digits_is_read_or_refused(digits: int, kind: str) -> None:
    number = b"9" * digits
    body = {"int": number, TOKENS: b'[{"id":' + number + b"}]"}.get(kind, b'{"id":' + number + b"}")
    with serving(body, b'{"detail":' + number + b"}") as server, client_of(server) as client:
        if digits < 4_300:
            assert call(client, kind) is not None
            return
        with pytest.raises(ResponseFormatError, match=r"not JSON \(ValueError\)"):
            call(client, kind)


@pytest.mark.parametrize("kind", ["OneTimeAccessToken", "Ticket", "ElementsUserDetail"])
def test_one_model_has_8_mib_at_most(kind: str) -> None:
    bodies = [b'{"new":"' + b"x" * size + b'"}' for size in (8 * MIB - 10, 8 * MIB - 9)]
    with serving(*bodies, bodies[1]) as server, client_of(server) as client:
        assert len(call(client, kind).additional_properties["new"]) == 8 * MIB - 10
        with pytest.raises(ResponseTooLarge, match=r"more than 8,388,608 bytes, and an? \w+ was promised") as caught:
            call(client, kind)
        assert (caught.value.status, caught.value.attempts) == (200, 1)
        assert len(call(client, "object")["new"]) == 8 * MIB - 9


ERRORS: dict[str, Callable[[], bytes]] = {
    "one key of 100,000 letters over 11,000 leaves": lambda: (
        b'{"' + b"k" * 100_000 + b'":{' + b",".join(b'"%d":["x"]' % number for number in range(11_000)) + b"}}"
    ),
    "190 nested keys of 1,000 letters": lambda: (b'{"' + b"k" * 1000 + b'":["x",') * 95 + b"1" + b"]}" * 95,
    "900 nested keys of 1,000 letters": lambda: (b'{"' + b"k" * 1000 + b'":') * 900 + b'"x"' + b"}" * 900,
    "a sentence of 60 MiB": lambda: b'{"detail":"' + b"x" * 60 * MIB + b'"}',
    "260,000 sentences": lambda: filled(b'{"user":[', b'"x"', b"]}", MIB),
    "60 MiB of empty lists": lambda: filled(b"[", b"[]", b"]", 60 * MIB),
    "a page of 60 MiB": lambda: b"<p>" * 20 * MIB,
}


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_takes_little_memory_whatever_its_body_is(client_kind: str, name: str) -> None:
    body = ERRORS[name]()
    with FaultServer(does.answer(headers=[CLOSE], times=1), does.answer(400, body, [CLOSE])) as server:
        found = cost_of(client_kind, server.host, "object", max_response_bytes=64 * MIB, total_timeout=10)
    assert (found.error, found.status) == ("BadRequestException", 400)
    assert found.growth <= 64 * MIB + MARGIN
    assert found.cpu < 2
    assert len(found.text) < 600


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_holds_what_somebody_may_read(name: str) -> None:
    server = FaultServer(does.answer(400, ERRORS[name](), [CLOSE]))
    with server, client_of(server) as client, pytest.raises(ApiException) as caught:
        call(client, "object")
    error = caught.value
    assert 0 < len(error.body or "") <= 65_536
    assert len(error.detail or "") <= 65_536
    assert all(len(path) <= 200 for path in error.errors)
    sentences = [sentence for found in error.errors.values() for sentence in found]
    assert len(sentences) <= 200
    assert sum(map(len, sentences)) <= 65_536


def test_the_first_sentences_of_a_long_error_are_told() -> None:
    value = {"n" * 300: {"name": ["Too short."]}, "user": [f"Bad {number}." for number in range(300)]}
    server = FaultServer(does.answer(400, json.dumps(value).encode(), [CLOSE]))
    with server, client_of(server) as client, pytest.raises(ApiException) as caught:
        call(client, "object")
    assert caught.value.errors == {"n" * 200: ["Too short."], "user": [f"Bad {number}." for number in range(199)]}
