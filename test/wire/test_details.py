"""`detail` is a sentence for a person wherever the server gave one, and a hostile one costs next to nothing."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from elements_sdk import ApiException, Configuration
from test.both_clients import ApiClient, AuthApi, both_kinds
from test.faults import behaviours as does
from test.faults.server import Conversation, FaultServer
from test.recording import RecordingServer

pytestmark = both_kinds


def failure_of(host: str) -> ApiException:
    with ApiClient(Configuration(host, retries=0)) as client, pytest.raises(ApiException) as caught:
        AuthApi(client).get_access_token(7)
    return caught.value


SAID: dict[str, tuple[Any, str | None]] = {
    "a sentence": ({"detail": "Not yours."}, "Not yours."),
    "of a field": ({"email": ["Enter a valid email address."]}, "email: Enter a valid email address."),
    "of two fields": ({"email": ["Too long.", "No @."], "text": ["Empty."]}, "email: Too long. No @.; text: Empty."),
    "of a nested field": ({"user": {"name": ["Too long."]}}, "user.name: Too long."),
    "of a row": ({"tags": {"1": ["Too long."]}}, "tags.1: Too long."),
    "of no field": ({"non_field_errors": ["They differ."]}, "They differ."),
    "a list": (["One.", "Two."], "One. Two."),
    "a text": ("Down.", "Down."),
    "a sentence and a field": ({"detail": "Invalid.", "email": ["Too long."]}, "Invalid."),
    "an empty sentence": ({"detail": ""}, None),
    "nothing": ({}, None),
    "no entries": ([], None),
    "null": (None, None),
    "a lone surrogate": ({"detail": "a\ud800b"}, "a?b"),
    "one in a field": ({"a\udc80": ["\udfff"]}, "a?: ?"),
}


@pytest.mark.parametrize("said", SAID)
@pytest.mark.parametrize("status", [400, 403, 503])
def test_detail_is_a_sentence(status: int, said: str, recorder: RecordingServer) -> None:
    value, detail = SAID[said]
    recorder.answers(json.dumps(value), status)
    error = failure_of(recorder.host)
    assert error.detail == detail
    assert f"{error}".encode()
    if detail and isinstance(value, dict) and len(value) == 1:
        assert str(error).count(detail) == 1
    if said == "a sentence and a field":
        assert ": Invalid.; email: Too long. (GET" in str(error)


def test_detail_of_many_fields_is_bounded(recorder: RecordingServer) -> None:
    recorder.answers(json.dumps({f"field{number}": ["x" * 300] for number in range(150)}), 400)
    error = failure_of(recorder.host)
    assert len(error.errors) == 150
    assert error.detail is not None
    assert error.detail.startswith("field0: xxx")
    assert len(error.detail) < 510
    assert len(str(error)) < 650


@pytest.mark.parametrize("phrase", [b"\xff\xfe odd", b"G\xc3\xa9ant", b"\xed\xa0\x80"])
def test_reason_is_text_that_can_be_written_and_alike_in_both_clients(phrase: bytes) -> None:
    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(b"HTTP/1.1 404 %b\r\nContent-Length: 0\r\n\r\n" % phrase)

    with FaultServer(behave) as server:
        error = failure_of(server.host)
    assert (error.status, error.reason) == (404, phrase.decode("latin-1"))
    assert f"{error.reason} {error}".encode()


MIB = 1_048_576
HOSTILE = {
    "signs": b"<" * MIB,
    "letters": b"a" * MIB,
    "quotes": b'{"' + b'"' * MIB,
    "names of secrets": b"password" * (MIB // 8),
    "scripts": b"<script " * (MIB // 8),
    "a sentence": json.dumps({"detail": "<" * (MIB - 20)}).encode(),
    "a field": json.dumps({"email": ["a" * (MIB - 20)]}).encode(),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("mark", [(), (("X-Squid-Error", "ERR"),)], ids=["the server's", "a proxy's"])
def test_patterns_see_little_of_a_large_answer(name: str, mark: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    whole = re.sub

    def counting(pattern: Any, replacement: Any, text: Any, *others: Any, **named: Any) -> Any:
        seen.append(len(text))
        return whole(pattern, replacement, text, *others, **named)

    monkeypatch.setattr(re, "sub", counting)
    with FaultServer(does.answer(403, HOSTILE[name], mark)) as server:
        error = failure_of(server.host)
    assert error.detail is not None
    assert len(str(error)) < 650
    assert sum(seen) < 50_000
