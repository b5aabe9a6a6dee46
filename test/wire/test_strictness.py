"""Which responses are accepted: what odd ones become, and what `strict_responses` refuses, with the path."""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from elements_sdk import (
    ApiException,
    Configuration,
    OneTimeAccessToken,
    ResponseFormatError,
    Ticket,
    models,
)
from test.both_clients import BOTH, ApiClient, AuthApi, both_kinds
from test.faults import behaviours as does
from test.faults.server import Conversation, FaultServer
from test.recording import RecordingServer
from test.samples import ACCESS_TOKEN, SAMPLES, USER_DETAIL, USER_MINI
from test.wire.test_bodies import OK, call, client_of, says

pytestmark = both_kinds

TOKENS = "list[OneTimeAccessToken]"


@pytest.fixture
def strict(recorder: RecordingServer) -> Iterator[ApiClient]:
    configuration = Configuration(host=recorder.host, api_key={"Bearer": "KEY"})
    configuration.strict_responses = True
    with ApiClient(configuration) as client:
        yield client


def read(client: ApiClient, recorder: RecordingServer, value: Any, type_name: str) -> Any:
    recorder.answers(value if isinstance(value, bytes) else json.dumps(value))
    return client.call_api("/api/2/things", "GET", response_type=type_name, _return_http_data_only=True)


def with_value(path: tuple[str | int, ...], value: Any) -> list[dict[str, Any]]:
    """Return five access tokens in which one value is replaced, or missing (`...`)."""
    tokens = [copy.deepcopy(ACCESS_TOKEN) for _ in range(5)]
    parent: Any = tokens
    for step in path[:-1]:
        parent = parent[step]
    if value is ...:
        del parent[path[-1]]
    else:
        parent[path[-1]] = value
    return tokens


WRONG: list[tuple[tuple[str | int, ...], Any, str]] = [
    ((3, "expires"), "SECRET soon", "[3].expires is not a datetime"),
    ((3, "expires"), 20261201, "[3].expires is not a datetime"),
    ((3, "expires"), "2026-13-01T00:00:00Z", "[3].expires is not a datetime"),
    ((3, "expires"), ["2026-12-01T00:00:00Z"], "[3].expires is not a datetime"),
    ((0, "id"), "SECRET", "[0].id is not an int"),
    ((0, "id"), True, "[0].id is not an int"),
    ((0, "id"), 1.5, "[0].id is not an int"),
    ((4, "require_login"), 1, "[4].require_login is not a bool"),
    ((4, "require_login"), "true", "[4].require_login is not a bool"),
    ((1, "url"), 7, "[1].url is not a str"),
    ((1, "url"), {"SECRET": 1}, "[1].url is not a str"),
    ((1, "token"), ..., "[1].token is missing"),
    ((1, "token"), None, "[1].token is missing"),
    ((2, "user"), ..., "[2].user is missing"),
    ((2, "user"), 12, "[2].user is not an ElementsUserMini"),
    ((2, "user"), ["SECRET"], "[2].user is not an ElementsUserMini"),
    ((2, "user", "username"), ..., "[2].user.username is missing"),
    ((2, "created_by", "is_cloud"), "SECRET", "[2].created_by.is_cloud is not a bool"),
    ((0, "activity"), {}, "[0].activity is not a list"),
    ((0, "activity"), "SECRET", "[0].activity is not a list"),
    ((0, "activity", 0), None, "[0].activity[0] is not a OneTimeAccessTokenActivity"),
    ((0, "activity", 0, "date"), "SECRET", "[0].activity[0].date is not a datetime"),
    ((0, "shared_bundles", 0, "name"), [], "[0].shared_bundles[0].name is not a str"),
    ((2,), None, "[2] is not a OneTimeAccessToken"),
    ((2,), [], "[2] is not a OneTimeAccessToken"),
]


@pytest.mark.parametrize("is_page", [False, True], ids=["a list", "a page"])
@pytest.mark.parametrize(("path", "value", "words"), WRONG, ids=[f"{row[2]}: {row[1]!r}" for row in WRONG])
def test_the_first_value_that_does_not_fit_is_named_and_not_shown(
    strict: ApiClient, recorder: RecordingServer, path: tuple[str | int, ...], value: Any, words: str, is_page: bool
) -> None:
    tokens = with_value(path, value)
    answer = {"count": 5, "next": None, "previous": None, "results": tokens} if is_page else tokens
    with pytest.raises(ResponseFormatError) as caught:
        read(strict, recorder, answer, TOKENS)
    error = caught.value
    assert type(error) is ResponseFormatError
    assert error.reason == f"the answer is not what was promised: {words}"
    assert (error.status, error.method, error.path, error.request_sent) == (200, "GET", "/api/2/things", "yes")
    assert "SECRET" not in str(error)
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize(("path", "value", "words"), WRONG, ids=[f"{row[2]}: {row[1]!r}" for row in WRONG])
def test_the_same_is_read_where_nobody_asks_for_strictness(
    recorded_client: ApiClient, recorder: RecordingServer, path: tuple[str | int, ...], value: Any, words: str
) -> None:
    assert recorded_client.configuration.strict_responses is False
    assert len(read(recorded_client, recorder, with_value(path, value), TOKENS)) == 5, words


@pytest.mark.parametrize("name", SAMPLES)
def test_what_servers_send_passes_with_unknown_keys_and_without_what_is_optional(
    strict: ApiClient, recorder: RecordingServer, name: str
) -> None:
    sample, model = SAMPLES[name], models.by_name(name)
    needed = {key: value for key, value in sample.items() if model._declared[key].required}
    for answer in (sample, {**sample, "new_key": {"any": ["thing"]}}, needed, {**dict.fromkeys(sample), **needed}):
        found = read(strict, recorder, answer, name)
        assert type(found) is model
        assert all(getattr(found, key) is not None for key in needed)


IN_A_USER: list[tuple[str, Any, str]] = [
    ("language", "SECRET", "language is none of 'en', 'fr', 'de', 'ru'"),
    ("language", ["de"], "language is none of 'en', 'fr', 'de', 'ru'"),
    ("language", "", "language is none of 'en', 'fr', 'de', 'ru'"),
    ("groups", [1, "SECRET"], "groups[1] is not an int"),
    ("groups", [1, True], "groups[1] is not an int"),
    ("permissions", None, "permissions is missing"),
    ("permissions", ["media:view", None], "permissions[1] is not a str"),
    ("home", "SECRET", "home is not an int"),
    ("client_sessions", [{}], "client_sessions[0].user is missing"),
    (
        "client_sessions",
        [{"user": USER_MINI, "workstation": "w", "started": "SECRET"}],
        "client_sessions[0].started is not a datetime",
    ),
    (
        "client_sessions",
        [{"user": {**USER_MINI, "username": 5}, "workstation": "w"}],
        "client_sessions[0].user.username is not a str",
    ),
]


@pytest.mark.parametrize(("key", "value", "words"), IN_A_USER, ids=[row[2] for row in IN_A_USER])
def test_documented_calls_are_strict_too(
    strict: ApiClient, recorder: RecordingServer, key: str, value: Any, words: str
) -> None:
    recorder.answers(json.dumps({**USER_DETAIL, key: value}))
    with pytest.raises(ResponseFormatError) as caught:
        AuthApi(strict).check_auth_ticket({"ticket": "t"})
    assert str(caught.value.reason).endswith(f": {words}")
    recorder.answers(json.dumps({"user": {**USER_DETAIL, key: value}}))
    with pytest.raises(ResponseFormatError) as caught:
        AuthApi(strict).login({"username": "uma", "password": "pw"})
    assert str(caught.value.reason).endswith(f": user.{words}")
    assert "SECRET" not in str(caught.value)


PLAIN: list[tuple[str, Any, str | None]] = [
    ("list[int]", [1, 2], None),
    ("list[int]", [1, None], "[1] is not an int"),
    ("list[float]", [1, 2.5], None),
    ("list[float]", [1, False], "[1] is not a float"),
    ("list[str]", ["a", 1], "[1] is not a str"),
    ("list[datetime]", ["2026-01-01T00:00:00Z", "x"], "[1] is not a datetime"),
    ("list[date]", ["2026-01-01", "x"], "[1] is not a date"),
    ("list[date]", ["2026-01-01"], None),
    ("list[list[int]]", [[1], [2, "x"]], "[1][1] is not an int"),
    ("list[list[int]]", [[1], 2], "[1] is not a list"),
    ("list[object]", [1, None, {}], None),
    ("dict(str, int)", {"a": 1, "b": "SECRET"}, "['b'] is not an int"),
    ("dict(str, list[Ticket])", {"a": [{"ticket": "t"}, {}]}, "['a'][1].ticket is missing"),
    ("dict(str, Ticket)", {"a": []}, "['a'] is not a Ticket"),
    ("list[dict(str, int)]", [{}, []], "[1] is not an object"),
    ("object", {"any": ["thing"]}, None),
    ("object", b"", None),
    ("str", "a text", None),
    ("str", b"a text that is not JSON", None),
    ("datetime", "2026-01-01T00:00:00Z", None),
    ("datetime", "SECRET", "it is not a datetime"),
]


@pytest.mark.parametrize(("type_name", "value", "words"), PLAIN)
def test_plain_types_lists_and_dicts(
    strict: ApiClient, recorder: RecordingServer, type_name: str, value: Any, words: str | None
) -> None:
    if words is None:
        read(strict, recorder, value, type_name)
        return
    with pytest.raises(ResponseFormatError) as caught:
        read(strict, recorder, value, type_name)
    assert caught.value.reason == f"the answer is not what was promised: {words}"


def test_strictness_can_be_switched_while_a_client_is_in_use(recorder: RecordingServer, strict: ApiClient) -> None:
    wrong = with_value((3, "expires"), "soon")
    strict.configuration.strict_responses = False
    assert read(strict, recorder, wrong, TOKENS)[3].expires == "soon"
    strict.configuration.strict_responses = True
    with pytest.raises(ResponseFormatError, match=r"\[3\]\.expires is not a datetime"):
        read(strict, recorder, wrong, TOKENS)


def test_error_answers_and_empty_ones_are_what_they_are(strict: ApiClient, recorder: RecordingServer) -> None:
    recorder.answers(b"", status=204)
    assert AuthApi(strict).delete_access_token(1) is None
    with pytest.raises(ResponseFormatError, match="the answer is empty, a OneTimeAccessToken was promised"):
        AuthApi(strict).get_access_token(1)
    token = strict.deserialize(SimpleNamespace(data=json.dumps(ACCESS_TOKEN)), OneTimeAccessToken)
    assert token.id == ACCESS_TOKEN["id"]


def test_large_answers_are_compared_to_their_end(strict: ApiClient, recorder: RecordingServer) -> None:
    tokens = [ACCESS_TOKEN] * 300
    assert len(read(strict, recorder, tokens, TOKENS)) == 300
    with pytest.raises(ResponseFormatError, match=r"\[300\]\.id is not an int"):
        read(strict, recorder, [*tokens, {**ACCESS_TOKEN, "id": "x"}], TOKENS)


# Responses that are not quite right


def plain(body: bytes, *lines: bytes, status: bytes = b"200 OK") -> bytes:
    """Return a response with these header lines besides its length."""
    return b"\r\n".join(
        [b"HTTP/1.1 " + status, *lines, b"Content-Length: %d" % len(body), b"Connection: close", b"", body]
    )


TICKET = b'{"ticket": "t"}'
PAGE = b"<html><title>Sign in</title>" + b"<p>words" * 3000 + b"END</html>"
JSON = b"Content-Type: application/json"
GIVEN: dict[str, tuple[str | None, bytes, Any]] = {
    "204 without a body": ("object", b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", None),
    "204 with a body": ("object", plain(TICKET, status=b"204 No Content"), None),
    "200 without a body, nothing wanted": (None, plain(b""), None),
    "200 without a body": ("object", plain(b""), None),
    "200 without a body, for a text": ("str", plain(b""), ""),
    "no content type": ("Ticket", plain(TICKET), Ticket(ticket="t")),
    "another content type": ("Ticket", plain(TICKET, b"Content-Type: image/png"), Ticket(ticket="t")),
    "an unknown charset": ("Ticket", plain(TICKET, JSON + b"; charset=klingon"), Ticket(ticket="t")),
    "a byte order mark": ("Ticket", plain(b"\xef\xbb\xbf" + TICKET, JSON), Ticket(ticket="t")),
    "bad UTF-8 for a text": ("str", plain(b"caf\xe9"), "caf\ufffd"),
    "a page for a text": ("str", plain(PAGE), PAGE.decode()),
    "an infinity": ("object", plain(b"[1e999, -Infinity]", JSON), [math.inf, -math.inf]),
    "a key twice": ("Ticket", plain(b'{"ticket": "a", "ticket": "t"}', JSON), Ticket(ticket="t")),
    "a lone surrogate": ("object", plain(rb'["\ud800"]', JSON), ["\ud800"]),
    "an integer of 4,000 digits": ("object", plain(b"9" * 4000), 10**4000 - 1),
    "100 before it": ("object", b"HTTP/1.1 100 Continue\r\n\r\n" * 3 + plain(b"{}"), {}),
    "103 before it": ("object", b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + plain(b"{}"), {}),
    "102 before it": ("object", b"HTTP/1.1 102 Processing\r\n\r\n" * 2 + plain(b"{}"), {}),
}


# aiohttp takes what follows a 204 for the next response.
NOT_BY_AIOHTTP = ("204 with a body",)


def is_for(kind: str, name: str) -> bool:
    return kind == "blocking" or name not in NOT_BY_AIOHTTP


READ = [(kind, name) for kind in BOTH for name in GIVEN if is_for(kind, name)]


@pytest.mark.parametrize(("client_kind", "name"), READ, indirect=["client_kind"])
def test_odd_answers_that_are_read_all_the_same(client_kind: str, name: str) -> None:
    kind, data, value = GIVEN[name]
    with FaultServer(says(data)) as server, client_of(server.host) as client:
        assert call(client, kind) == value


EMPTY, NO_JSON, NO_HTTP = (
    "the answer is empty, a Ticket was promised",
    "the answer is not JSON",
    "the answer is not valid HTTP",
)
REFUSED: dict[str, tuple[bytes, int, str]] = {
    "204": (b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n", 204, EMPTY),
    "204 with a body": (plain(TICKET, status=b"204 No Content"), 204, EMPTY),
    "200 without a body": (plain(b"", JSON), 200, EMPTY),
    "304": (plain(b"", status=b"304 Not Modified"), 304, "Not Modified"),
    "304 with a length": (plain(b"12345", status=b"304 Not Modified")[:-5], 304, "Not Modified"),
    "a page": (plain(PAGE, b"Content-Type: text/html"), 200, NO_JSON + r".*text/html, beginning with: Sign in words"),
    "a page without a type": (plain(PAGE), 200, NO_JSON + r".*without a content type, beginning with: Sign in words"),
    "a page that is an error": (plain(PAGE, status=b"418 Teapot"), 418, "Teapot: Sign in words"),
    "bad UTF-8": (plain(b'{"ticket": "\xff"}', JSON), 200, NO_JSON + r" \(UnicodeDecodeError\)"),
    "UTF-16": (plain(TICKET.decode().encode("utf-16"), JSON), 200, NO_JSON),
    "a list": (plain(b"[" + TICKET + b"]", JSON), 200, "the answer is a list, a Ticket was promised"),
    "null": (plain(b"null", JSON), 200, "the answer is null, a Ticket was promised"),
    "NaN": (plain(b"NaN", JSON), 200, "the answer is a number, a Ticket was promised"),
    "two values": (plain(TICKET * 2, JSON), 200, NO_JSON),
    "half a value": (plain(TICKET[:-1], JSON), 200, NO_JSON),
    "a depth of 100,000": (plain(b"[" * 100_000 + b"]" * 100_000, JSON), 200, "nested more than 200 levels deep"),
    "an error of that depth": (plain(b'{"a":' * 100_000 + b"1" + b"}" * 100_000, status=b"400 Bad"), 400, "400 Bad"),
    "an integer of 5,000 digits": (plain(b"9" * 5000, JSON), 200, NO_JSON + r" \(ValueError\)"),
    "a length and chunks": (plain(b"2\r\n{}\r\n0\r\n\r\n", b"Transfer-Encoding: chunked"), 200, NO_HTTP),
    "the same length twice": (plain(b"{}", b"Content-Length: 2"), 200, NO_HTTP),
    "a length that is not a number": (OK + b"Content-Length: many\r\n\r\n{}", 200, NO_HTTP),
    "a length of 5,000 digits": (OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}", 200, NO_HTTP),
    "a negative length": (OK + b"Content-Length: -1\r\n\r\n{}", 200, NO_HTTP),
    "two lengths": (plain(TICKET, b"Content-Length: 3"), 200, NO_HTTP),
    "no status line": (TICKET + b"\r\n\r\n", 0, NO_HTTP),
    "a status that is not a number": (b"HTTP/1.1 OK\r\n\r\n", 0, NO_HTTP),
    "a status of six digits": (b"HTTP/1.1 200200 OK\r\n\r\n", 0, NO_HTTP),
    "a version of the future": (b"HTTP/3 200 OK\r\n\r\n" + TICKET, 0, NO_HTTP),
}


REFUSALS = [(kind, name, *REFUSED[name]) for kind in BOTH for name in REFUSED if is_for(kind, name)] + [
    ("asyncio", name, GIVEN[name][1], 0, NO_HTTP) for name in NOT_BY_AIOHTTP
]


@pytest.mark.parametrize(
    ("client_kind", "data", "status", "words"),
    [(kind, *row) for kind, _, *row in REFUSALS],
    ids=[f"{name}-{kind}" for kind, name, *_ in REFUSALS],
    indirect=["client_kind"],
)
def test_odd_answers_that_are_refused(client_kind: str, data: bytes, status: int, words: str) -> None:
    with FaultServer(says(data), does.answer()) as server, client_of(server.host) as client:
        with pytest.raises(ApiException, match=words) as caught:
            call(client, "Ticket")
        error = caught.value
        if client_kind == "asyncio" and words == NO_HTTP:
            status = 0  # aiohttp does not tell it
        assert (error.status, error.method, error.path) == (status, "GET", "/api/2/things")
        assert isinstance(error, ResponseFormatError) == (status in (200, 204) or words == NO_HTTP)
        assert len(str(error)) <= 600
        assert len(str(error.reason)) <= 320
        assert len(error.detail or "") <= 203
        assert "END" not in str(error)
        assert "\n" not in str(error)
        assert error.__context__ is None
        assert call(client) == {}


def test_the_answer_after_an_early_one_is_not_that_of_the_next_call() -> None:
    def hint_early(conversation: Conversation) -> None:
        number = 0
        while conversation.read_request():
            number += 1
            conversation.send(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n")
            conversation.pause(0.1)
            conversation.send(does.message(body=b'"answer %d"' % number))

    with FaultServer(hint_early) as server, client_of(server.host) as client:
        assert [call(client, "str") for _ in range(3)] == ["answer 1", "answer 2", "answer 3"]
