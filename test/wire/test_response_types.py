"""Types of answers, given as types: `list[Ticket]` as well as `"list[Ticket]"`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from elements_sdk import Ticket
from test.both_clients import ApiClient, both_kinds
from test.recording import CannedResponse, RecordingServer

ALIASES: list[tuple[Any, Any, Any]] = [
    (list[Ticket], [{"ticket": "t"}], [Ticket(ticket="t")]),
    (dict[str, Ticket], {"a": {"ticket": "t"}}, {"a": Ticket(ticket="t")}),
    (list[list[Ticket]], [[{"ticket": "t"}]], [[Ticket(ticket="t")]]),
    (dict[str, list[int]], {"a": [1]}, {"a": [1]}),
    (list[datetime], ["2026-01-01T00:00:00Z"], [datetime(2026, 1, 1, tzinfo=UTC)]),
    (list["Ticket"], [{"ticket": "t"}], [Ticket(ticket="t")]),
    (Ticket, {"ticket": "t"}, Ticket(ticket="t")),
    ("list[Ticket]", [{"ticket": "t"}], [Ticket(ticket="t")]),
    (int, 3, 3),
]


@both_kinds
@pytest.mark.parametrize(("kind", "answer", "value"), ALIASES)
def test_type_of_an_answer_may_be_a_generic_alias(
    kind: Any, answer: Any, value: Any, recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answer = lambda _request: CannedResponse(body=json.dumps(answer).encode())
    assert recorded_client.call_api("/x", "GET", response_type=kind, _return_http_data_only=True) == value
    assert recorded_client.deserialize(SimpleNamespace(data=json.dumps(answer)), kind) == value
