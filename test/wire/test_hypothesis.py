"""What holds for any answer of a server, and for any path parameter on the wire."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from elements_sdk import ApiClient, ApiException, ApiValueError, AuthApi, Configuration, RetryPolicy
from test.faults.server import Conversation, FaultServer
from test.samples import SAMPLES
from test.strategies import (
    ALWAYS_THE_SAME,
    ANY_JSON,
    COOKIES,
    DISPOSITIONS,
    IN_A_HEADER,
    IN_A_PATH,
    LOCATIONS,
    RETRY_AFTER,
    mixed,
)


class Scripted:
    """A server that answers every request with the response that is set."""

    def __init__(self) -> None:
        self.answer = b""
        self.server = FaultServer(self._behave)

    def _behave(self, conversation: Conversation) -> None:
        while seen := conversation.read_request():
            conversation.send(
                self.answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if seen.method == "HEAD" else self.answer
            )

    def answers(self, body: bytes = b"{}", *lines: bytes, status: bytes = b"200 OK") -> None:
        """Set the response, with these header lines besides its length."""
        without_body = status[:3] in (b"204", b"304")
        head = [b"HTTP/1.1 " + status, *lines, *([] if without_body else [b"Content-Length: %d" % len(body)])]
        self.answer = b"\r\n".join([*head, b"", b"" if without_body else body])

    def client(self, **given: Any) -> ApiClient:
        """Return a client without an API key, whose calls are not retried."""
        configuration = Configuration(host=self.server.host, **given)
        configuration.timeout, configuration.retries = (2, 2), RetryPolicy(0)
        return ApiClient(configuration)


@pytest.fixture(scope="module")
def scripted() -> Iterator[Scripted]:
    running = Scripted()
    with running.server:
        yield running


CALLS: list[Callable[[AuthApi], Any]] = [
    lambda auth: auth.check_auth_ticket({"ticket": "t"}),
    lambda auth: auth.create_auth_ticket(),
    lambda auth: auth.delete_access_token(1),
    lambda auth: auth.generate_password(),
    lambda auth: auth.get_access_token(1),
    lambda auth: auth.get_all_access_tokens(),
    lambda auth: auth.login({"username": "u", "password": "some password"}),
    lambda auth: auth.logout(),
    lambda auth: auth.reset_password({"token": "some token", "password": "some password"}),
    lambda auth: auth.send_access_token_email_notification(1, {"email": "a@example.com"}),
    lambda auth: auth.start_impersonation({"user": 7}),
    lambda auth: auth.stop_impersonation(),
]


def check_result_or_our_exception(call: Callable[[], Any]) -> None:
    """Make a call; an exception that is not an `ApiException` fails the test by itself."""
    failed: ApiException | None = None
    try:
        call()
    except ApiException as error:
        failed = error
    if failed is not None:
        assert len(str(failed)) <= 600
        assert len(str(failed).splitlines()) == 1
        assert failed.__cause__ is None


def header(name: str, values: SearchStrategy[str]) -> SearchStrategy[bytes]:
    return values.map(lambda value: f"{name}: {value}".encode("latin-1"))


HEADERS = st.lists(
    header("Retry-After", RETRY_AFTER)
    | header("Set-Cookie", COOKIES)
    | header("Location", LOCATIONS)
    | header("Content-Disposition", DISPOSITIONS)
    | header("Content-Type", mixed("application/json", "text/html", "; charset=", "utf-8", "klingon"))
    | header("Content-Encoding", mixed("gzip", "deflate", "br", "zstd", "identity", ", "))
    | header("Connection", st.sampled_from(["close", "keep-alive", "Upgrade", ""]))
    | header("Date", RETRY_AFTER)
    | header("X-Any", IN_A_HEADER),
    max_size=5,
)


BODIES = st.binary() | ANY_JSON.map(json.dumps).map(str.encode) | st.sampled_from([*SAMPLES.values()]).map(
    lambda sample: json.dumps(sample).encode()
)  # fmt: skip


@ALWAYS_THE_SAME
@given(
    status=st.integers(200, 599),
    reason=IN_A_HEADER,
    lines=HEADERS,
    body=BODIES,
    calls=st.lists(st.sampled_from(CALLS), min_size=2, max_size=4),
)
@example(status=200, reason="OK", lines=[b"Set-Cookie: sessionid=\x01"], body=b"{}", calls=CALLS[7:8] * 2)
def test_any_answer_gives_a_result_or_our_exception(
    scripted: Scripted, status: int, reason: str, lines: list[bytes], body: bytes, calls: list[Any]
) -> None:
    scripted.answers(body, *lines, status=f"{status} {reason}".encode("latin-1"))
    with scripted.client() as client:
        for call in calls:
            check_result_or_our_exception(lambda call=call: call(AuthApi(client)))  # type: ignore[misc]


@ALWAYS_THE_SAME
@given(disposition=DISPOSITIONS)
def test_any_content_disposition_comes_with_a_file(
    scripted: Scripted, tmp_path_factory: pytest.TempPathFactory, disposition: str
) -> None:
    scripted.answers(b"x", f"Content-Disposition: {disposition}".encode("latin-1"))
    with scripted.client() as client:
        client.configuration.temp_folder_path = str(tmp_path_factory.getbasetemp())
        answer = client.call_api("/api/2/report", "GET", response_type="file", _return_http_data_only=True)
    assert Path(answer).read_bytes() == b"x"


def test_a_message_is_short_and_harmless_to_a_terminal(scripted: Scripted) -> None:
    scripted.answers(b'{"detail": "\\u001b[2J\\u009b1m\\u0007"}', status=b"404 \x1b[2JGone")
    with scripted.client() as client, pytest.raises(ApiException) as caught:
        client.call_api("/api/2/things/{id}", "GET", {"id": "a" * 3000})
    assert len(str(caught.value)) <= 600
    assert str(caught.value).isprintable()


@ALWAYS_THE_SAME
@given(value=IN_A_PATH)
def test_any_path_parameter_is_one_segment_on_the_wire(scripted: Scripted, value: str | float) -> None:
    scripted.answers(b"[]")
    with scripted.client() as client:
        before = scripted.server.count()
        try:
            client.call_api("/api/2/things/{id}/parts", "GET", {"id": value})
        except ApiValueError:
            assert scripted.server.count() == before
        else:
            segments = scripted.server.requests[-1].target.split("/")
            assert [*segments[:4], *segments[5:]] == ["", "api", "2", "things", "parts"]
            assert unquote(segments[4]) == str(value)
