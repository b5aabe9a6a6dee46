"""What is not JSON is not a refusal of a login: it is told as what it is, and the session lives on."""

from __future__ import annotations

import json

import pytest

from elements_sdk import (
    ApiException,
    BadRequestException,
    Configuration,
    ForbiddenException,
    LoginFailed,
    NotFoundException,
    ServiceException,
    SessionExpired,
    TooManyRequestsException,
    UnauthorizedException,
)
from test.both_clients import ApiClient, AuthApi, Session, with_override
from test.recording import CannedResponse, Recorded, RecordingServer

pytestmark = with_override

LOGGED_IN = CannedResponse(
    body=json.dumps({"user": {"id": 1, "username": "ada"}}).encode(),
    headers=[("Content-Type", "application/json"), ("Set-Cookie", "sessionid=1; Path=/")],
)
ENDED = CannedResponse(401, b'{"detail": "Authentication credentials were not provided."}')
PAGES: dict[int, type[ApiException]] = {
    400: BadRequestException,
    401: UnauthorizedException,
    403: ForbiddenException,
    404: NotFoundException,
    413: ApiException,
    429: TooManyRequestsException,
    502: ServiceException,
}


def page(status: int) -> CannedResponse:
    text = b"<html><title>Sorry</title><p>The plain HTTP request was sent to HTTPS port</html>"
    return CannedResponse(status, text, [("Content-Type", "text/html"), ("Retry-After", "3600")])


@pytest.mark.parametrize("status", PAGES)
def test_page_at_a_login_is_told_as_what_it_is(status: int, recorder: RecordingServer) -> None:
    recorder.answer = lambda _request: page(status)
    with ApiClient(Configuration(host=recorder.host)) as client, pytest.raises(ApiException) as caught:
        AuthApi(client).login({"username": "ada", "password": "SECRET"})
    assert type(caught.value) is PAGES[status]
    assert "The plain HTTP request was sent to HTTPS port" in str(caught.value)
    assert len(recorder.requests) == 1


@pytest.mark.parametrize("status", PAGES)
@pytest.mark.parametrize("is_empty", [False, True], ids=["page", "nothing"])
def test_session_outlives_what_is_not_the_servers_word_at_its_renewal(
    is_empty: bool, status: int, recorder: RecordingServer
) -> None:
    logins = [LOGGED_IN, CannedResponse(status, b"") if is_empty else page(status), LOGGED_IN]
    calls = [ENDED, ENDED, CannedResponse(body=b'{"ticket": "T"}')]

    def answer(request: Recorded) -> CannedResponse:
        if request.path.endswith("/login"):
            return logins.pop(0)
        return calls.pop(0) if request.path.endswith("/ticket") else CannedResponse()

    recorder.answer = answer
    with Session(Configuration(host=recorder.host), "ada", "SECRET") as session:
        with pytest.raises(PAGES[status]):
            session.auth.create_auth_ticket()
        assert session.auth.create_auth_ticket().ticket == "T"


@pytest.mark.parametrize("body", [b'{"detail": "No."}', b"{}", b'{"password": ["Too old."]}'])
def test_session_remembers_a_refusal_in_the_servers_own_words(body: bytes, recorder: RecordingServer) -> None:
    logins = [LOGGED_IN, CannedResponse(403, body)]

    def answer(request: Recorded) -> CannedResponse:
        if request.path.endswith("/login"):
            return logins.pop(0)
        return ENDED if request.path.endswith("/ticket") else CannedResponse()

    recorder.answer = answer
    with Session(Configuration(host=recorder.host), "ada", "SECRET") as session:
        for _ in range(2):
            with pytest.raises(LoginFailed):
                session.auth.create_auth_ticket()
    assert logins == []


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_of_another_host_ends_neither_session_nor_impersonation(status: int, recorder: RecordingServer) -> None:
    def answer(request: Recorded) -> CannedResponse:
        if request.path == "/elsewhere":
            return CannedResponse(status, ENDED.body)
        return LOGGED_IN if request.path.endswith("/login") else CannedResponse(body=b'{"id": 2, "ticket": "T"}')

    def call_another_host(session: Session) -> None:
        with pytest.raises(ApiException) as caught:
            session.api_client.call_api("/elsewhere", "GET", _host=recorder.host.replace("127.0.0.1", "localhost"))
        assert caught.value.status == status
        assert not isinstance(caught.value, SessionExpired)

    recorder.answer = answer
    with Session(Configuration(host=recorder.host), "ada", "SECRET") as session:
        call_another_host(session)
        with session.impersonate(2):
            call_another_host(session)
            assert session.auth.get_access_token(7).id == 2
        call_another_host(session)
    paths = [request.path.rpartition("/")[2] for request in recorder.requests]
    assert (paths.count("login"), paths.count("elsewhere")) == (1, 3)
