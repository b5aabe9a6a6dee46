"""ApiClient on the wire: credentials, headers, cookies, endpoints without a method, and its life."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from urllib3 import HTTPHeaderDict

from elements_sdk import (
    ApiException,
    ApiTypeError,
    ApiValueError,
    Configuration,
    NotFoundException,
    SendLinkEmailRequest,
    Ticket,
)
from elements_sdk._http.cookies import Cookies
from test.both_clients import ApiClient, AuthApi, only_blocking, read_raw, with_override
from test.recording import CannedResponse, Recorded, RecordingServer

pytestmark = with_override


@pytest.fixture
def session_client(recorder: RecordingServer) -> ApiClient:
    return ApiClient(Configuration(host=recorder.host))


def test_key_accept_and_user_agent_are_sent(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answers('{"ticket": "t"}')
    AuthApi(recorded_client).create_auth_ticket()
    sent = recorder.last
    assert sent.header("Authorization") == "Bearer KEY"
    assert sent.header("Accept") == "application/json"
    assert sent.header("User-Agent") == "ELEMENTS-SDK/4.0.0/python"
    assert sent.header("Content-Length") == "0"
    assert sent.header("Content-Type") is None
    assert sent.header("Origin") is None


def test_host_and_key_are_read_at_each_call(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')
    with ApiClient(Configuration(host="http://127.0.0.1:9")) as client:
        client.configuration.host = recorder.host + "/elements"
        client.configuration.api_key["Authorization"] = b"Bearer KEY"
        AuthApi(client).create_auth_ticket()
        assert recorder.last.path == "/elements/api/2/auth/ticket"
        assert recorder.last.header("Authorization") == "Bearer KEY"
        client.configuration.api_key = {}
        AuthApi(client).create_auth_ticket()
        assert recorder.last.header("Authorization") is None


def test_default_headers_and_cookie_are_sent(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')
    with ApiClient(Configuration(host=recorder.host), "X-Custom", "one", cookie="a=1") as client:
        client.set_default_header("X-Other", "2")
        client.user_agent = "nightly/1"
        AuthApi(client).create_auth_ticket()
        sent = recorder.last
        assert [sent.header(name) for name in ("X-Custom", "X-Other", "Cookie", "User-Agent")] == [
            "one",
            "2",
            "a=1",
            "nightly/1",
        ]
        assert client.default_headers["X-Custom"] == "one"
        assert "one" not in repr(client.default_headers)
        with pytest.raises(ApiValueError, match="the header X-None needs a value"):
            ApiClient(header_name="X-None")


def set_cookies(*lines: str) -> CannedResponse:
    headers = [("Content-Type", "application/json"), *(("Set-Cookie", line) for line in lines)]
    return CannedResponse(200, b"{}", headers)


def test_session_cookies_are_kept_sent_rotated_and_deleted(
    recorder: RecordingServer, session_client: ApiClient
) -> None:
    auth = AuthApi(session_client)
    expires = "Max-Age=1000"
    recorder.answer = lambda _request: set_cookies(
        f"sessionid=S1; {expires}; HttpOnly; Path=/", f"csrftoken=C1; {expires}; Path=/"
    )
    auth.login({"username": "u", "password": "p"})
    assert recorder.last.header("Cookie") is None
    assert recorder.last.header("X-CSRFToken") is None

    recorder.answer = lambda _request: set_cookies("sessionid=S2; Path=/", "csrftoken=C2; Path=/")
    auth.logout()
    assert set(str(recorder.last.header("Cookie")).split("; ")) == {"sessionid=S1", "csrftoken=C1"}
    assert recorder.last.header("X-CSRFToken") == "C1"
    assert recorder.last.header("Referer") is None

    recorder.answer = lambda _request: set_cookies(
        'sessionid=""; expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=0; Path=/'
    )
    auth.logout()
    assert recorder.last.header("X-CSRFToken") == "C2"
    recorder.answers("[]")
    auth.get_all_access_tokens()
    assert recorder.last.header("Cookie") == "csrftoken=C2"
    assert recorder.last.header("X-CSRFToken") is None  # not on a safe method


def test_cookies_of_a_refusal_are_kept_too(recorder: RecordingServer, session_client: ApiClient) -> None:
    recorder.answers("{}", 403, Set_Cookie="csrftoken=C; Path=/")
    with pytest.raises(ApiException):
        AuthApi(session_client).logout()
    recorder.answers("{}")
    AuthApi(session_client).logout()
    assert recorder.last.header("X-CSRFToken") == "C"


def test_cookies_go_back_to_their_origin_only(recorder: RecordingServer, session_client: ApiClient) -> None:
    recorder.answer = lambda _request: set_cookies("sessionid=S1; Path=/")
    AuthApi(session_client).logout()
    with RecordingServer() as other:
        session_client.configuration.host = other.host
        AuthApi(session_client).logout()
        assert other.last.header("Cookie") is None
    session_client.configuration.host = recorder.host
    AuthApi(session_client).logout()
    assert recorder.last.header("Cookie") == "sessionid=S1"


@pytest.mark.parametrize("by", ["api_key", "header"])
def test_with_a_key_cookies_are_neither_kept_nor_sent(by: str, recorder: RecordingServer) -> None:
    configuration = Configuration(host=recorder.host, api_key={"Bearer": "KEY"} if by == "api_key" else None)
    header = ("authorization", "Bearer KEY") if by == "header" else (None, None)
    with ApiClient(configuration, *header) as client:
        recorder.answer = lambda _request: set_cookies("sessionid=S1; Path=/", "csrftoken=C; Path=/")
        AuthApi(client).login({"username": "u", "password": "p"})
        AuthApi(client).logout()
        assert recorder.last.header("Authorization") == "Bearer KEY"
        assert recorder.last.header("Cookie") is None
        assert recorder.last.header("X-CSRFToken") is None
        client.configuration.api_key = {}
        client.default_headers.pop("authorization", None)
        AuthApi(client).logout()
        assert recorder.last.header("Cookie") is None


def test_with_a_key_call_api_keeps_no_cookies_either(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answer = lambda _request: set_cookies("sessionid=S1; Path=/")
    recorded_client.call_api("/api/2/auth/login", "POST", body={"username": "u", "password": "p"})
    recorded_client.call_api("/other", "GET")
    assert recorder.last.header("Cookie") is None
    assert recorder.last.header("Authorization") is None


@pytest.mark.parametrize(
    ("host", "referer"),
    [
        ("https://storage.example.com", "https://storage.example.com/"),
        ("HTTPS://Storage.Example.com:443/prefix", "https://storage.example.com/"),
        ("https://storage.example.com:8443", "https://storage.example.com:8443/"),
    ],
)
def test_on_https_unsafe_calls_carry_a_referer_that_django_accepts(host: str, referer: str) -> None:
    address = Configuration(host=host).host + "/api"
    cookies = Cookies()
    lines = HTTPHeaderDict({"Set-Cookie": "csrftoken=C; Path=/; Secure"})
    cookies.keep(address, lines)
    assert cookies.headers_for("POST", address) == {"Cookie": "csrftoken=C", "X-CSRFToken": "C", "Referer": referer}
    assert cookies.headers_for("GET", address) == {"Cookie": "csrftoken=C"}
    assert cookies.headers_for("POST", address.replace("https:", "http:")) == {}


def test_call_api_sends_the_key_only_when_asked(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorded_client.call_api("/x", "GET")
    assert recorder.last.header("Authorization") is None
    recorded_client.call_api("/x", "GET", auth_settings=["Bearer"], header_params={"X-One": 1})
    assert recorder.last.header("Authorization") == "Bearer KEY"
    assert recorder.last.header("X-One") == "1"


def test_call_api_writes_query_and_body(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorded_client.call_api(
        "/x/{name}",
        "POST",
        path_params={"name": "a/b c"},
        query_params={"multi": [1, 2], "csv": ["a", "b"], "text": "ü &"},
        collection_formats={"multi": "multi", "csv": "csv"},
        body=SendLinkEmailRequest(email="a@example.com"),
    )
    assert recorder.last.path == "/x/a%2Fb%20c"
    assert recorder.last.query == "multi=1&multi=2&csv=a%2Cb&text=%C3%BC+%26"
    assert json.loads(recorder.last.body) == {"email": "a@example.com"}
    assert recorder.last.header("Content-Type") == "application/json"


def test_call_api_writes_forms_files_and_raw_bodies(
    recorder: RecordingServer, recorded_client: ApiClient, tmp_path: Path
) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    recorded_client.call_api("/x", "POST", header_params=form, post_params={"a": 1, "b": "ü"})
    assert recorder.last.body == b"a=1&b=%C3%BC"

    (tmp_path / "clip.txt").write_text("rushes")
    multipart = {"Content-Type": "multipart/form-data"}
    files = {"file": [str(tmp_path / "clip.txt")]}
    recorded_client.call_api("/x", "POST", header_params=multipart, post_params={"a": 1}, files=files)
    assert b'name="file"; filename="clip.txt"' in recorder.last.body
    assert b"rushes" in recorder.last.body
    assert str(recorder.last.header("Content-Type")).startswith("multipart/form-data; boundary=")

    recorded_client.call_api("/x", "PUT", header_params={"Content-Type": "text/plain"}, body="hello")
    assert recorder.last.body == b"hello"
    with pytest.raises(ApiTypeError, match="a body of type dict cannot be sent as text/plain"):
        recorded_client.call_api("/x", "PUT", header_params={"Content-Type": "text/plain"}, body={})
    with pytest.raises(ApiValueError, match=r"the file to upload, none\.txt, cannot be read: No such file"):
        recorded_client.call_api("/x", "POST", header_params=multipart, files={"file": str(tmp_path / "none.txt")})
    with pytest.raises(ApiValueError, match="the method must be one of"):
        recorded_client.call_api("/x", "G ET")


def test_credentials_stay_with_the_configured_host(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorded_client.set_default_header("X-Api-Key", "SECRET")
    recorded_client.cookie = "a=SECRET"
    with RecordingServer() as other:
        recorded_client.call_api("/x", "GET", auth_settings=["Bearer"], _host=other.host + "/")
        assert other.last.path == "/x"
        assert {name for name, _ in other.last.headers} == {"Host", "Accept-Encoding", "User-Agent"}
    recorded_client.call_api("/x", "GET", auth_settings=["Bearer"], _host=recorder.host + "/prefix")
    assert recorder.last.path == "/prefix/x"
    assert recorder.last.header("Authorization") == "Bearer KEY"


def test_request_sends_just_what_it_is_given(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answers('{"a": 1}', X_Kind="test")
    response = recorded_client.request(
        "POST", recorder.host + "/y", query_params={"q": 1}, headers={"X": "1"}, body=[1]
    )
    assert (response.status, response.data, response.getheader("x-kind")) == (200, b'{"a": 1}', "test")
    assert response.getheaders()["X-Kind"] == "test"
    assert (recorder.last.path, recorder.last.query, recorder.last.body) == ("/y", "q=1", b"[1]")
    assert recorder.last.header("Authorization") is None
    raw = recorded_client.request("GET", recorder.host + "/y", _preload_content=False)
    assert raw.read() == b'{"a": 1}'


def test_unread_response_comes_with_status_and_headers_from_the_variant(
    recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers('{"ticket": "t"}', X_Kind="test")
    raw, status, headers = AuthApi(recorded_client).create_auth_ticket_with_http_info(_preload_content=False)
    assert (read_raw(raw), status, headers["X-Kind"]) == (b'{"ticket": "t"}', 200, "test")
    raw, status, _ = recorded_client.call_api("/x", "GET", _preload_content=False)
    assert (read_raw(raw), status) == (b'{"ticket": "t"}', 200)


def test_answer_is_read_as_a_class_too(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answers('{"ticket": "t"}')
    assert recorded_client.call_api("/x", "GET", response_type=Ticket).data == Ticket(ticket="t")
    response = recorded_client.last_response
    assert recorded_client.deserialize(response, Ticket) == Ticket(ticket="t")
    assert recorded_client.deserialize(SimpleNamespace(data="5"), int) == 5


def test_last_response_is_kept(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answers('{"ticket": "SECRET"}')
    AuthApi(recorded_client).create_auth_ticket()
    assert recorded_client.last_response is not None
    assert recorded_client.last_response.data == b'{"ticket": "SECRET"}'
    assert "SECRET" not in repr(recorded_client.last_response)


def test_unread_error_becomes_an_exception_all_the_same(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    recorder.answers('{"detail": "No."}', 404)
    with pytest.raises(NotFoundException, match="404 Not Found: No"):
        AuthApi(recorded_client).get_access_token(1, _preload_content=False)


def test_helpers_of_3_3() -> None:
    client = ApiClient()
    assert client.select_header_accept([]) is None
    assert client.select_header_accept(["application/xml", "application/JSON"]) == "application/json"
    assert client.select_header_accept(["text/x", "a/b"]) == "text/x, a/b"
    assert client.select_header_content_type([]) == "application/json"
    assert client.select_header_content_type(["a/b", "application/json"]) == "application/json"
    assert client.select_header_content_type(["a/b", "c/d"]) == "a/b"
    assert client.parameters_to_tuples({"a": [1, 2], "b": 3}, {"a": "pipes"}) == [("a", "1|2"), ("b", 3)]
    assert client.parameters_to_tuples([("a", [1, 2])], None) == [("a", [1, 2])]
    headers: dict[str, str] = {}
    client.configuration.api_key["Authorization"] = "KEY"
    client.update_params_for_auth(headers, [], ["Bearer", "Unknown"])
    assert headers == {"Authorization": "KEY"}
    client.update_params_for_auth(headers, [], None)


@only_blocking
def test_no_thread_before_async_req_and_none_after_close(recorder: RecordingServer) -> None:
    before = set(threading.enumerate())

    def threads_of_client() -> set[threading.Thread]:
        names = ("serve_forever", "process_request_thread")
        return {
            thread for thread in set(threading.enumerate()) - before if not any(name in thread.name for name in names)
        }

    recorder.answers('{"ticket": "t"}')
    with ApiClient(Configuration(host=recorder.host), pool_threads=3) as client:
        AuthApi(client).create_auth_ticket()
        assert threads_of_client() == set()
        waiting = [AuthApi(client).create_auth_ticket(async_req=True) for _ in range(5)]
        assert [one.get(10) for one in waiting] == [Ticket(ticket="t")] * 5
        assert len(threads_of_client()) >= 3
    assert threads_of_client() == set()


@only_blocking
def test_error_of_a_call_in_the_background_comes_out_of_get(
    recorder: RecordingServer, recorded_client: ApiClient
) -> None:
    recorder.answers("{}", 404)
    waiting = AuthApi(recorded_client).get_access_token(1, async_req=True)
    with pytest.raises(NotFoundException):
        waiting.get(10)


def test_many_threads_share_a_client(recorder: RecordingServer, recorded_client: ApiClient) -> None:
    def echo(request: Recorded) -> CannedResponse:
        return CannedResponse(body=json.dumps({"id": int(request.path.rpartition("/")[2])}).encode())

    recorder.answer = echo
    wrong: list[Any] = []

    def work(start: int) -> None:
        auth = AuthApi(recorded_client)
        wrong.extend(number for number in range(start, start + 40) if auth.get_access_token(number).id != number)

    threads = [threading.Thread(target=work, args=(start * 100 + 1,)) for start in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(recorder.requests) == 320


@only_blocking
def test_closed_client_makes_no_call_and_says_so(recorder: RecordingServer) -> None:
    client = ApiClient(Configuration(host=recorder.host))
    client.close()
    client.close()
    auth = AuthApi(client)
    attempts: list[Callable[[], object]] = [
        auth.create_auth_ticket,
        lambda: auth.create_auth_ticket(async_req=True),
        lambda: client.call_api("/x", "GET"),
        lambda: client.request("GET", recorder.host),
    ]
    for attempt in attempts:
        with pytest.raises(ApiValueError, match="this client is closed: make a new one"):
            attempt()
    assert recorder.requests == []


@only_blocking
def test_close_waits_for_calls_that_have_not_begun_yet(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "t"}')
    client = ApiClient(Configuration(host=recorder.host))
    waiting = [AuthApi(client).create_auth_ticket(async_req=True) for _ in range(20)]
    client.close()
    assert [result.get(0).ticket for result in waiting] == ["t"] * 20
