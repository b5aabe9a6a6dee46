"""A transport of the caller's own, in place of the network: `transport=` of both clients."""

from __future__ import annotations

import asyncio
import copy
import inspect
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import elements_sdk
from elements_sdk import (
    ApiConnectionError,
    ApiException,
    ApiTimeoutError,
    ApiTypeError,
    ApiValueError,
    Configuration,
    InsecureTransportWarning,
    NotFoundException,
    ResponseTooLarge,
    Ticket,
    aio,
)
from elements_sdk.transport import Request, Response, Timeouts, Transport
from test.both_clients import ApiClient, AuthApi, both_kinds, only_asyncio, with_override

pytestmark = both_kinds

HOST = "https://elements.example"


class Answers:
    """A transport that answers from a dict, or raises what stands there."""

    def __init__(self, *answers: Any) -> None:
        self.answers, self.log = list(answers), list[Any]()
        self.seen: list[tuple[str, str, dict[str, str], bytes | None]] = []
        self.left: list[float | None] = []

    def send(self, request: Request, timeouts: Timeouts) -> Response:
        self.seen.append((request.method, request.url, dict(request.headers), request.body))
        self.left.append(timeouts.left())
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, BaseException):
            raise answer
        status, body, *headers = answer if isinstance(answer, tuple) else (200, answer)
        return Response(status, "", headers[0] if headers else {}, json.dumps(body).encode())

    def pause(self, seconds: float) -> None:
        self.log.append(seconds)

    def close(self) -> None:
        self.log.append("closed")


class SlowAnswers:
    """The same for an event loop."""

    def __init__(self, inner: Answers) -> None:
        self.inner = inner

    async def send(self, request: Request, timeouts: Timeouts) -> Response:
        await asyncio.sleep(0)
        return self.inner.send(request, timeouts)

    async def pause(self, seconds: float) -> None:
        await asyncio.sleep(0)
        self.inner.pause(seconds)

    async def close(self) -> None:
        await asyncio.sleep(0)
        self.inner.close()


def configuration(**settings: Any) -> Configuration:
    return Configuration(host=HOST, api_key={"Bearer": "KEY"}, **settings)


@with_override
def test_calls_go_by_the_transport_with_all_that_a_call_has() -> None:
    answers: Transport = (made := Answers({"ticket": "T"}))
    with ApiClient(configuration(), transport=answers) as client:
        assert AuthApi(client).create_auth_ticket(_request_timeout=5) == Ticket(ticket="T")
        assert client.send("POST", "/api/2/x", json={"a": 1}, query={"b": 2}, returns=dict) == {"ticket": "T"}
    (method, url, headers, body), second = made.seen
    assert (method, url, body) == ("POST", f"{HOST}/api/2/auth/ticket", None)
    assert headers["Authorization"] == "Bearer KEY"
    assert second[1] == f"{HOST}/api/2/x?b=2"
    assert second[3] == b'{"a": 1}'
    assert 4 < (made.left[0] or 0) <= 5
    assert made.log[-1] == "closed"


@only_asyncio
def test_methods_may_be_coroutine_functions() -> None:
    made = Answers((503, {}, {"Retry-After": "0"}), [{"id": 7}])
    with ApiClient(configuration(), transport=SlowAnswers(made)) as client:
        assert [token.id for token in AuthApi(client).get_all_access_tokens()] == [7]
    assert (len(made.seen), made.log[-1]) == (2, "closed")


@pytest.mark.parametrize("status", [429, 503])
def test_calls_are_retried_between_pauses_and_errors_are_read(status: int) -> None:
    made = Answers((status, {}, {"retry-after": "1"}), (404, {"detail": "Not there."}))
    with ApiClient(configuration(), transport=made) as client:
        with pytest.raises(NotFoundException, match="Not there") as caught:
            AuthApi(client).get_access_token(7)
        assert repr(client.last_response) == "Response(404)"
    assert caught.value.attempts == 2
    assert 1 <= made.log[0] < 10


@pytest.mark.parametrize(
    ("raised", "kind"),
    [(ConnectionResetError("S3CRET-4711-0815-4711"), ApiConnectionError), (TimeoutError(), ApiTimeoutError)],
)
def test_failure_of_the_transport_is_told_as_one_of_the_connection(raised: OSError, kind: type[ApiException]) -> None:
    made = Answers(raised)
    with ApiClient(configuration(), transport=made) as client:
        with pytest.raises(kind, match=type(raised).__name__) as caught:
            AuthApi(client).create_auth_ticket()
        assert (caught.value.request_sent, caught.value.attempts) == ("maybe", 1)
        assert "S3CRET" not in str(caught.value)
        with pytest.raises(kind) as caught:
            AuthApi(client).get_access_token(7)
    assert caught.value.attempts > 1


def test_exception_of_the_transport_that_is_ours_decides_whether_the_call_is_retried() -> None:
    made = Answers(ApiConnectionError(reason="not connected", request_sent="no"), {"ticket": "T"})
    with ApiClient(configuration(), transport=made) as client:
        assert AuthApi(client).create_auth_ticket().ticket == "T"
    made = Answers(KeyError("mine"))
    with ApiClient(configuration(), transport=made) as client, pytest.raises(KeyError):
        AuthApi(client).create_auth_ticket()


def test_cookies_and_redirects_work_as_ever() -> None:
    login = (200, {"user": {"id": 3}}, {"set-cookie": "sessionid=S; Path=/"})
    made = Answers(login, (302, {}, {"location": "/api/2/elsewhere"}), {"id": 9})
    with ApiClient(Configuration(host=HOST), transport=made) as client:
        auth = AuthApi(client)
        auth.login({"username": "a", "password": "b"})
        assert auth.get_access_token(9).id == 9
    assert made.seen[-1][1] == f"{HOST}/api/2/elsewhere"
    assert made.seen[-1][2]["Cookie"] == "sessionid=S"


def test_limit_of_bytes_and_files_hold(tmp_path: Path) -> None:
    made = Answers([{"id": number} for number in range(1000)])
    settings = configuration(max_response_bytes=1000)
    with ApiClient(settings, transport=made) as client, pytest.raises(ResponseTooLarge):
        AuthApi(client).get_all_access_tokens()
    settings = configuration(temp_folder_path=str(tmp_path))
    with ApiClient(settings, transport=Answers({"a": 1})) as client:
        assert Path(str(client.send("GET", "/file", returns="file"))).read_bytes() == b'{"a": 1}'
        with pytest.raises(ApiValueError, match="_preload_content"):
            AuthApi(client).get_access_token(7, _preload_content=False)


def test_copies_and_pickles_keep_the_transport() -> None:
    made = Answers({"ticket": "T"})
    with ApiClient(configuration(), transport=made) as client:
        with copy.deepcopy(client) as clone:
            assert AuthApi(clone).create_auth_ticket().ticket == "T"
        assert len(made.seen) == 1
        with pickle.loads(pickle.dumps(client)) as clone:
            clone.configuration.api_key = {"Bearer": "KEY"}
            clone.left_out = []
            assert AuthApi(clone).create_auth_ticket().ticket == "T"
        assert len(made.seen) == 1  # a pickle has one of its own


class Open(Answers):
    """One that others can listen to."""

    def is_cleartext(self, origin: str) -> bool:
        return origin.startswith("https:")


@pytest.mark.parametrize(("host", "kind"), [("http://elements.example", Answers), ("https://elements.example", Open)])
def test_plain_http_is_warned_of(host: str, kind: Callable[..., Answers]) -> None:
    settings = Configuration(host=host, api_key={"Bearer": "KEY"})
    with ApiClient(settings, transport=kind({"ticket": "T"})) as client, pytest.warns(InsecureTransportWarning):
        AuthApi(client).create_auth_ticket()


@pytest.mark.parametrize("wrong", [object(), "https://elements.example", elements_sdk])
def test_what_is_not_a_transport_is_refused(wrong: Any) -> None:
    with pytest.raises(ApiTypeError, match="transport must have the methods send, pause and close"):
        ApiClient(configuration(), transport=wrong)
    for kind in (elements_sdk.ApiClient, aio.ApiClient):
        assert inspect.signature(kind).parameters["transport"].kind is inspect.Parameter.KEYWORD_ONLY
