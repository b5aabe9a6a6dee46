"""Endpoints that have no method: `send` and `iterate` of both clients, with what the documented calls have."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any, TypedDict

import pytest

from elements_sdk import (
    ApiClient,
    ApiException,
    ApiTypeError,
    ApiValueError,
    Configuration,
    DeadlineExceeded,
    LoginFailed,
    OneTimeAccessToken,
    PagingError,
    ResponseFormatError,
    Ticket,
)
from elements_sdk._operations.auth import OPERATIONS
from elements_sdk._operations.operation import Operation
from test.both_clients import ApiClient as AnyClient
from test.both_clients import AuthApi, both_kinds, with_override
from test.listing import ListServer
from test.recording import CannedResponse, Recorded, RecordingServer
from test.samples import SAMPLES

pytestmark = both_kinds


@dataclass
class Workspace:
    id: int
    name: str = "unnamed"


class Entry(TypedDict):
    id: int


class NotedToken(OneTimeAccessToken):
    note = "mine"


def name_of(value: dict[str, Any]) -> str:
    return str(value["name"])


def sample_of(operation: Operation) -> bytes:
    result = operation.result or "object"
    if result == "object":
        return b""
    sample: Any = SAMPLES[result.removeprefix("list[").rstrip("]")]
    return json.dumps([sample] if "[" in result else sample).encode()


def sent(request: Recorded) -> Any:
    return request.method, request.path, sorted(request.query.split("&")), dict(request.headers), request.body


@with_override
@pytest.mark.parametrize("operation", OPERATIONS, ids=[operation.name for operation in OPERATIONS])
def test_documented_call_that_is_sent_by_its_path_is_the_call_of_its_method(
    operation: Operation, recorder: RecordingServer
) -> None:
    recorder.answer = lambda _request: CannedResponse(body=sample_of(operation))
    in_query = {item.name: item.example or "id" for item in operation.parameters if item.location == "query"}
    body = dict(operation.body_example) or None
    arguments = {**in_query, **({"id": 7} if "{id}" in operation.path else {}), **({"data": body} if body else {})}
    with AnyClient(Configuration(host=recorder.host, api_key={"Bearer": "KEY"})) as client:
        by_method = getattr(AuthApi(client), operation.name)(**arguments)
        path = operation.path.replace("{id}", "7")
        by_path = client.send(operation.method, path, query=in_query, json=body, returns=operation.result)
    assert by_path == by_method
    assert sent(recorder.requests[0]) == sent(recorder.requests[1])
    assert recorder.last.header("Authorization") == "Bearer KEY"


READ: list[tuple[Any, Any, Any]] = [
    (None, {"id": 1}, None),
    (Ticket, {"ticket": "t"}, Ticket(ticket="t")),
    ("list[Ticket]", [{"ticket": "t"}], [Ticket(ticket="t")]),
    (list[Ticket], {"count": 1, "next": None, "results": [{"ticket": "t"}]}, [Ticket(ticket="t")]),
    (dict[str, Ticket], {"a": {"ticket": "t"}}, {"a": Ticket(ticket="t")}),
    (dict, {"id": 1, "a-b": None}, {"id": 1, "a-b": None}),
    (list, [1, {}], [1, {}]),
    (Any, 3, 3),
    (Workspace, {"id": 1, "name": "a", "newer": 3}, Workspace(1, "a")),
    (list[Workspace], [{"id": 1}, {"id": 2, "name": "b"}], [Workspace(1), Workspace(2, "b")]),
    (Entry, {"id": 1, "a-b": 2}, {"id": 1, "a-b": 2}),
    (name_of, {"name": "a"}, "a"),
]


@with_override
@pytest.mark.parametrize(("returns", "answer", "value"), READ)
def test_answer_becomes_what_the_caller_asks_for(
    returns: Any, answer: Any, value: Any, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers(json.dumps(answer))
    assert recorded_client.send("GET", "/api/2/workspaces", returns=returns) == value
    assert type(recorded_client.send("GET", "/api/2/workspaces", returns=returns)) is type(value)


def test_class_derived_from_a_model_is_read_tolerantly(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answers('{"id": 3, "newer": 1}')
    token = recorded_client.send("GET", "/x", returns=NotedToken)
    assert (type(token), token.id, token.note, token.additional_properties) == (NotedToken, 3, "mine", {"newer": 1})


@pytest.mark.parametrize(
    ("returns", "answer", "said"),
    [
        (Workspace, {"token": "S3CRET-4711"}, "a Workspace cannot be made of the answer: TypeError"),
        (list[Workspace], [{"id": 1}, 5], "a Workspace cannot be made of the answer"),
        (name_of, {"token": "S3CRET-4711"}, "a name_of cannot be made of the answer: KeyError .'name'."),
        (Workspace, ["S3CRET-4711"], "the answer is a list, a dict"),
        (list[Entry], {"token": "S3CRET-4711"}, "the answer is an object, a list"),
    ],
)
def test_answer_of_which_it_cannot_be_made_is_told_without_its_secrets(
    returns: Any, answer: Any, said: str, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers(json.dumps(answer))
    with pytest.raises(ResponseFormatError, match=said) as caught:
        recorded_client.send("POST", "/x", returns=returns)
    assert "S3CRET" not in str(caught.value)
    assert (caught.value.request_sent, caught.value.method, caught.value.path) == ("yes", "POST", "/x")


def test_query_and_body_go_out_as_they_do_elsewhere(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    query = {"data": "ü", "tags": [1, "b"], "when": date(2026, 1, 2), "all": True, "none": None}
    recorded_client.send("put", "/api/2/a b/ü", query=query, json={"ticket": Ticket(ticket="t")})
    assert (recorder.last.method, recorder.last.path) == ("PUT", "/api/2/a%20b/%C3%BC")
    assert recorder.last.query == "data=%C3%BC&tags=1&tags=b&when=2026-01-02&all=true"
    assert recorder.last.body == b'{"ticket": {"ticket": "t"}}'
    assert recorder.last.header("Content-Type") == "application/json"
    recorded_client.send("POST", "/x", json=[])
    assert recorder.last.body == b"[]"


@pytest.mark.parametrize(
    ("named", "kind", "said"),
    [
        ({"method": "BREW"}, ApiValueError, "the method must be one of"),
        ({"path": "api/2/x"}, ApiValueError, "begin with a slash"),
        ({"path": "/x/{id}"}, ApiValueError, "hold no"),
        ({"path": "/x?a=1"}, ApiValueError, "hold no"),
        ({"path": "/a/%2e%2e/b"}, ApiValueError, "the path must hold no segment"),
        ({"query": [("a", 1)]}, ApiTypeError, "query must be a dict, not list"),
        ({"query": {"a": {}}}, ApiValueError, "must be text, a finite number"),
        ({"json": {"a": object()}}, ApiTypeError, "cannot be sent"),
        ({"returns": "Tickets"}, ApiValueError, "Tickets"),
        ({"returns": Ticket(ticket="t")}, ApiTypeError, "returns must be a type"),
        ({"returns": dict[str, Workspace]}, ApiTypeError, "the values of a dict"),
        ({"_request_timeout": "5"}, ApiValueError, "_request_timeout"),
    ],
)
def test_what_cannot_be_sent_is_refused_before_anything_is(
    named: dict[str, Any], kind: type[Exception], said: str, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    arguments = {"method": "GET", "path": "/x", **named}
    with pytest.raises(kind, match=said):
        recorded_client.send(arguments.pop("method"), arguments.pop("path"), **arguments)
    assert recorder.requests == []


@pytest.mark.parametrize(
    ("method", "path", "attempts"),
    [("GET", "/x", 3), ("POST", "/x", 1), ("DELETE", "/x", 1), ("POST", "/api/2/auth/ticket", 3)],
)
def test_it_is_retried_as_documented_calls_are(
    method: str, path: str, attempts: int, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers("{}", 503, Retry_After="0")
    with pytest.raises(ApiException) as caught:
        recorded_client.send(method, path)
    assert (caught.value.attempts, len(recorder.requests)) == (attempts, attempts)


def test_it_has_the_limit_of_the_call_and_the_errors_of_the_path(
    recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers("{}", 503, Retry_After="30")
    with pytest.raises((DeadlineExceeded, ApiException)) as caught:
        recorded_client.send("GET", "/x", _request_timeout=1)
    assert caught.value.attempts == 1
    recorder.answers('{"detail": "No."}', 401)
    with pytest.raises(LoginFailed):
        recorded_client.send("POST", "/api/2/auth/login", json={"username": "a", "password": "b"})


def test_what_was_sent_is_masked_in_what_comes_back(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answers('{"detail": "S3CRET-4711 is too short"}', 400)
    with pytest.raises(ApiException) as caught:
        recorded_client.send("POST", "/x", query={"api_key": "S3CRET-4711"}, json={"password": "S3CRET-4711"})
    assert "S3CRET" not in f"{caught.value} {caught.value.body!r} {caught.value.detail}"


IDS = range(7, 1241)
KINDS: list[tuple[Any, Any]] = [
    (OneTimeAccessToken, lambda entry: entry.id),
    (Entry, lambda entry: entry["id"]),
    (Workspace, lambda entry: entry.id),
    (lambda entry: (entry["id"],), lambda entry: entry[0]),
]


@with_override
@pytest.mark.parametrize("is_envelope", [False, True])
@pytest.mark.parametrize(("returns", "number"), KINDS, ids=["model", "TypedDict", "dataclass", "function"])
def test_iterating_loses_and_repeats_nothing(returns: Any, number: Any, is_envelope: bool) -> None:
    with ListServer(IDS, is_envelope=is_envelope, max_limit=100) as server:

        def change(count: int) -> None:
            if count == 5:
                del server.ids[:150]  # what was read already

        server.before, server.fails_at = change, {4, 9}
        found: list[int] = []
        with AnyClient(server.configuration()) as client:
            client.configuration.retries = 0
            pager = client.iterate("/api/2/workspaces", query={"user": 3}, page_size=200, returns=returns)
            offset = 0
            for _ in range(2):
                with pytest.raises(PagingError) as caught:
                    found.extend(map(number, pager))
                offset = caught.value.resume_offset or 0
            assert "ordering=id" in server.last_query
            assert "user=3" in server.last_query
            rest = client.iterate("/api/2/workspaces", page_size=200, offset=offset, returns=returns)
            for page in rest.pages():
                assert 0 < len(page) <= 200
                found += map(number, page)
    assert found == list(IDS)


@pytest.mark.parametrize(
    ("named", "body", "entry"),
    [
        ({}, '[{"id": 1, "name": "a"}]', {"id": 1, "name": "a"}),
        ({"returns": list[int]}, "[[1, 2]]", [1, 2]),
        ({"returns": list[list[str]]}, '[[["a"], []]]', [["a"], []]),
        ({"returns": dict[str, list[int]]}, '[{"a": [1]}]', {"a": [1]}),
    ],
)
def test_entries_are_dicts_if_nothing_else_is_said(
    named: dict[str, Any], body: str, entry: Any, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers(body)
    assert next(recorded_client.iterate("/x", page_size=5, order=None, **named)) == entry
    assert recorder.last.query == "limit=5&offset=0"


@pytest.mark.parametrize(
    ("named", "kind", "said"),
    [
        ({"query": {"limit": 5}}, ApiValueError, "page_size"),
        ({"query": 7}, ApiTypeError, "query must be a dict, not int"),
        ({"page_size": 0}, ApiValueError, "page_size"),
        ({"offset": -1}, ApiValueError, "offset"),
        ({"order": 3}, ApiTypeError, "ordering"),
        ({"returns": 3}, ApiTypeError, "returns"),
    ],
)
def test_wrong_arguments_of_iterate_are_refused_at_the_call(
    named: dict[str, Any], kind: type[Exception], said: str, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    with pytest.raises(kind, match=said):
        recorded_client.iterate("/x", **named)
    assert recorder.requests == []
