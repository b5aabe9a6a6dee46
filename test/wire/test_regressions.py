"""Faults that were found in review, each with the server that shows it."""

from __future__ import annotations

import threading

import pytest

from elements_sdk import (
    ApiClient,
    ApiException,
    AuthApi,
    Configuration,
    Session,
)
from test.faults import behaviours as does
from test.faults.server import FaultServer
from test.recording import CannedResponse, Recorded, RecordingServer

pytestmark = pytest.mark.filterwarnings("ignore::elements_sdk.InsecureTransportWarning")


def client_of(host: str, **settings: object) -> ApiClient:
    configuration = Configuration(host, api_key={"Bearer": "KEYKEYKEY"})
    for name, value in settings.items():
        setattr(configuration, name, value)
    return ApiClient(configuration)


def test_query_is_added_to_the_one_that_is_there() -> None:
    with FaultServer(does.answer()) as server, client_of(f"http://127.0.0.1:{server.port}") as client:
        client.call_api("/a?x=1", "GET", query_params={"y": 2})
        client.request("GET", f"http://127.0.0.1:{server.port}/b?x=1#part", query_params={"y": 2})
        assert [seen.target for seen in server.requests] == ["/a?x=1&y=2", "/b?x=1&y=2"]


def test_a_header_goes_out_once_however_it_is_spelt(recorder: RecordingServer) -> None:
    with client_of(recorder.host) as client:
        client.set_default_header("authorization", "Token own")
        client.set_default_header("user-agent", "mine")
        AuthApi(client).create_auth_ticket()
    headers = [name.lower() for name, _ in recorder.requests[-1].headers]
    assert len(headers) == len(set(headers))


def test_dots_in_a_path_are_resolved(recorder: RecordingServer) -> None:
    with client_of(f"{recorder.host}/pre/../fix") as client:
        AuthApi(client).create_auth_ticket()
    assert recorder.requests[-1].path == "/fix/api/2/auth/ticket"


def test_redirect_in_utf_8_is_followed() -> None:
    script = [
        does.answer(302, headers=[("Location", "/\u00c3\u00a9t\u00c3\u00a9")], times=1),
        does.answer(200, b"[]"),
    ]
    with FaultServer(*script) as server, client_of(f"http://127.0.0.1:{server.port}") as client:
        assert AuthApi(client).get_all_access_tokens() == []
        assert server.requests[-1].target == "/%C3%A9t%C3%A9"


class SessionServer:
    """A server whose first login works, whose session then ends, and whose second login fails once."""

    LOGIN = b'{"session_key": "s", "user": {"id": 1, "username": "u"}}'

    def __init__(self, second_login: tuple[int, bytes]) -> None:
        self.second_login, self.logins, self.is_over, self.lock = second_login, 0, False, threading.Lock()

    def answer(self, request: Recorded) -> CannedResponse:
        path, cookie = request.path, request.header("Cookie") or ""
        with self.lock:
            if path.endswith("/login"):
                self.logins += 1
                if self.logins == 2:
                    return CannedResponse(*self.second_login, [])
                return CannedResponse(200, self.LOGIN, [("Set-Cookie", f"sessionid=s{self.logins}")])
            if f"sessionid=s{max(1, self.logins)}" in cookie and not (self.is_over and self.logins == 1):
                return CannedResponse(200, b"[]")
            return CannedResponse(403, b'{"detail": "Anmeldedaten fehlen."}', [("Set-Cookie", "sessionid=; Max-Age=0")])


@pytest.mark.parametrize(
    "second_login", [(502, b"{}"), (429, b'{"detail": "later"}')], ids=["it is broken", "it is throttled"]
)
def test_session_recovers_from_one_login_that_failed(second_login: tuple[int, bytes]) -> None:
    site = SessionServer(second_login)
    with RecordingServer() as server:
        server.answer = site.answer
        with Session(Configuration(server.host), "u", "p") as session:
            assert session.auth.get_all_access_tokens() == []
            site.is_over = True
            with pytest.raises(ApiException):
                session.auth.get_all_access_tokens()
            assert session.auth.get_all_access_tokens() == []
        assert site.logins == 3
