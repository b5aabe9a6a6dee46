"""Under OpenTelemetry's own instrumentations each attempt is a span, and no secret is in any."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from test.faults.backlog import filled_backlog
from test.faults.behaviours import answer, answers, close_after_request, nonsense, silence
from test.faults.server import FaultServer
from test.processes.calls import own_answers
from test.processes.watching import run
from test.recording import RecordingServer
from test.wire.test_secrets import MARKERS, echoing

KINDS = ["blocking", "asyncio"]


def spans_of(kind: str, calls: str, *hosts: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run("test.guests.traced_calls", kind, calls, *hosts, within=50).splitlines()]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("convention", ["", "http"], ids=["older names", "newer names"])
def test_each_attempt_is_a_span_with_method_address_and_status(
    kind: str, convention: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", convention)
    names = ("http.request.method", "url.full", "http.response.status_code")
    with FaultServer(answers((503, b"{}"), (200, b"{}"))) as server:
        spans = spans_of(kind, "one", server.host)
        assert server.count() == 2
        url = f"{server.host}/api/2/auth/access-tokens/7"
    found = [[span["attributes"][name] for name in names if convention] for span in spans]
    older = [[span["attributes"].get(f"http.{name}") for name in ("method", "url", "status_code")] for span in spans]
    assert (found if convention else older) == [["GET", url, 503], ["GET", url, 200]]


@pytest.mark.parametrize("kind", KINDS)
def test_trace_goes_on_at_the_server(kind: str) -> None:
    with RecordingServer() as server:
        (span,) = spans_of(kind, "one", server.host)
        _version, trace, parent, _flags = (server.last.header("traceparent") or "").split("-")
    assert (f"0x{trace}", f"0x{parent}") == (span["context"]["trace_id"], span["context"]["span_id"])


def test_calls_of_map_calls_belong_to_the_span_around_them() -> None:
    with FaultServer(own_answers()) as server:
        *spans, job = spans_of("blocking", "bulk", server.host)
    assert [span["parent_id"] for span in spans] == [job["context"]["span_id"]] * 4


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_of_the_documented_calls_is_in_a_span_whatever_happens(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup")  # older and newer names at once
    with bad_hosts() as (recorder, hosts):
        spans = spans_of(kind, "documented", *hosts)
        sent = "".join(f"{request.headers} {request.body!r}" for request in recorder.requests)
    carried = {"apikey", "ticket", "password", "newpass", "otp", "cookie", "header", "reset"}
    assert carried <= {name for name, marker in MARKERS.items() if marker in sent}
    assert len(spans) > 80
    assert secrets_in(spans) == []


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_of_a_query_is_in_a_span_with_a_filter_and_without_events(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OTEL_SEMCONV_STABILITY_OPT_IN", "http/dup")
    monkeypatch.setenv("OTEL_SPAN_EVENT_COUNT_LIMIT", "0")
    with bad_hosts() as (recorder, hosts):
        spans = spans_of(kind, "query", *hosts)
        assert all(MARKERS["reset"] in request.query for request in recorder.requests)
    assert len(spans) >= 2 * len(hosts)
    assert secrets_in(spans) == []


@contextmanager
def bad_hosts() -> Iterator[tuple[RecordingServer, list[str]]]:
    """Yield a server that fails and echoes what it was sent, and the hosts that fail, itself among them."""
    with ExitStack() as stack:
        recorder = stack.enter_context(RecordingServer())
        recorder.answer = echoing(500)
        faults = (silence, close_after_request, nonsense, lambda: answer(302, headers=[("Location", "/elsewhere")]))
        hosts = [stack.enter_context(FaultServer(*[fault()] * 40)).host for fault in faults]
        host, port = stack.enter_context(filled_backlog())
        yield recorder, [recorder.host, "http://127.0.0.1:9", f"http://{host}:{port}", *hosts]


def secrets_in(spans: list[dict[str, Any]]) -> list[str]:
    shown = [json.dumps(span) for span in spans]
    return [f"{name} in {span}" for span in shown for name, marker in MARKERS.items() if marker in span]
