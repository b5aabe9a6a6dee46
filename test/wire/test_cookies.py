"""Cookies by RFC 6265: what of a line cannot be read is ignored, and the session is kept without it."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from urllib3 import HTTPHeaderDict

from elements_sdk import ApiException, Configuration, ForbiddenException, UnauthorizedException
from elements_sdk._http.cookies import Cookies
from test.both_clients import ApiClient, AuthApi, Session, both_kinds
from test.recording import CannedResponse, RecordingServer

pytestmark = both_kinds

LOGIN: Any = {"username": "user", "password": "password"}
USER = b'{"user": {"id": 7, "username": "user"}}'


def answer(*lines: str, status: int = 200, body: bytes = USER) -> CannedResponse:
    return CannedResponse(status, body, [("Set-Cookie", line) for line in lines])


def sent_after(recorder: RecordingServer, *lines: str) -> str | None:
    """Return the `Cookie` header of the call after a login that sets cookies."""
    with ApiClient(Configuration(host=recorder.host)) as client, warnings.catch_warnings():
        warnings.simplefilter("error")
        recorder.answer = lambda _request: answer(*lines)
        AuthApi(client).login(LOGIN)
        recorder.answers('{"ticket": "t"}')
        AuthApi(client).create_auth_ticket()
    return recorder.last.header("Cookie")


ODD = [
    "Domain=",
    "Domain=.",
    "Domain",
    "Domain= 127.0.0.1",
    "Domain=.127.0.0.1",
    "Max-Age=1h",
    'Max-Age="3600"',
    "Max-Age=",
    "Max-Age=+5",
    "Max-Age=" + "9" * 4000,
    "Max-Age=3600.5",
    'Path="/"',
    "Path=",
    "Path=api",
    "Path",
    "Secure",
    "secure=no",
    "Expires=Mi, 25 Nov 2099 12:00:00 GMT",
    "Expires=Wed, 25 Dez 2019 12:00:00 GMT",
    "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=3600",
    "Expires=0",
    "Expires=-1",
    "Expires=Wednesday, 25-Nov-60 12:00:00 GMT; Expires=never",
    "Expires=" + "9" * 4000,
    "Version=1",
    "SameSite=Sideways; Priority=High; Partitioned",
    ";;; ; =; =x",
    'Comment="a; b"',
]


@pytest.mark.parametrize("attributes", ODD, ids=lambda text: text[:40])
def test_attribute_that_cannot_be_read_is_ignored_and_not_the_cookie(
    attributes: str, recorder: RecordingServer
) -> None:
    assert sent_after(recorder, f"sessionid=S; {attributes}", "other=O; Path=/") == "sessionid=S; other=O"


@pytest.mark.parametrize(
    ("line", "sent"),
    [
        ("sessionid=S; Path=/other", None),
        ("sessionid=S; Path=/api/2/auth/ticketoffice", None),
        ("sessionid=S; Path=/api/2/auth/ticket", "sessionid=S"),
        ("sessionid=S; Path=/api/2/auth/", "sessionid=S"),
        ("sessionid=S; Max-Age=0", None),
        ("sessionid=S; Max-Age=-1", None),
        ("sessionid=S; Max-Age=-" + "9" * 5000, None),
        ("sessionid=S; Max-Age=0; Max-Age=x", None),
        ("sessionid=S; Expires=Thu, 01 Jan 1970 00:00:00 GMT", None),
        ("sessionid=S; Expires=Thursday, 01-Jan-70 00:00:00 GMT", None),
        ("sessionid=S; Expires=Thu Jan  1 00:00:00 1970", None),
        ("sessionid=S; Expires=Wed, 25 Nov 2099 12:00:00 GMT; Max-Age=0", None),
        ("sessionid=S; Domain=example.com", None),
        ("sessionid=S; Domain=0.0.1", None),
        ("sessionid=S; Domain=127.0.0.1.example.com", None),
        (' sessionid = "S" ;HttpOnly', 'sessionid="S"'),
        ("sessionid=a=b==", "sessionid=a=b=="),
        ("sessionid=", "sessionid="),
        ("sessionid", None),
        ("=S", None),
        ("sessionid=a\x01b", None),
        ("sessionid=" + "S" * 4087, "sessionid=" + "S" * 4087),
        ("sessionid=" + "S" * 4088, None),
    ],
    ids=lambda text: str(text)[:60],
)
def test_cookie_goes_where_it_belongs(line: str, sent: str | None, recorder: RecordingServer) -> None:
    assert sent_after(recorder, line) == sent


def test_cookies_that_are_deleted_are_gone_whichever_way_it_is_said(recorder: RecordingServer) -> None:
    deleted = "sessionid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT"
    assert sent_after(recorder, "sessionid=S", "a=1", deleted, "a=2; Max-Age=0", "b=3") == "b=3"


def test_number_and_size_of_cookies_are_bounded(recorder: RecordingServer) -> None:
    with ApiClient(Configuration(host=recorder.host)) as client:
        for number in range(30):
            small = [f"c{number}x{item}={'v' * 1000}" for item in range(40)]
            large = [f"d{number}x{item}={'v' * 60_000}" for item in range(40)]
            recorder.answer = lambda _request, lines=(*small, *large): answer(*lines)  # type: ignore[misc]
            client.call_api("/api/2/things", "GET")
        recorder.answer = lambda _request: answer("sessionid=S; Path=/")
        client.call_api("/api/2/things", "GET")
        recorder.answers("{}")
        client.call_api("/api/2/things", "GET")
    sent = (recorder.last.header("Cookie") or "").split("; ")
    assert len(sent) == 50
    assert "sessionid=S" in sent
    assert {cookie.partition("x")[0] for cookie in sent} == {"c28", "c29", "sessionid=S"}


def test_cookie_for_a_longer_path_comes_first_and_a_host_or_its_domain_may_set_it() -> None:
    cookies, url = Cookies(), "https://a.storage.example.com/api/x"
    for domain in (
        "",
        "; Domain=storage.example.com",
        "; Domain=.A.storage.example.COM",
        "; Domain=b.storage.example.com",
    ):
        cookies.keep(url, HTTPHeaderDict({"Set-Cookie": f"a={len(domain)}{domain}; Path=/"}))
    cookies.keep(url, HTTPHeaderDict({"Set-Cookie": "b=1; Path=/api; Secure"}))
    assert cookies.headers_for("GET", url) == {"Cookie": "b=1; a=0; a=28; a=31"}
    assert cookies.headers_for("GET", "https://storage.example.com/api/x") == {}


@pytest.mark.parametrize(
    ("own", "lines", "token"),
    [
        (None, ["csrftoken=C; Path=/"], "C"),
        (None, ["csrftoken=OTHER; Path=/other", "csrftoken=C; Path=/"], "C"),
        (None, ["csrftoken=C; Path=/", "csrftoken=OTHER; Path=/api/2/auth/login"], "C"),
        (None, ["csrftoken=LONG; Path=/api/2/auth", "csrftoken=C; Path=/"], "C"),
        (None, ["csrftoken=OTHER; Path=/other"], None),
        (None, ["csrftoken=C; Path=/; Max-Age=0"], None),
        ("csrftoken=OWN; sessionid=O", [], "OWN"),
        ("csrftoken=OWN; sessionid=O", ["csrftoken=C; Path=/"], "C"),
        ("xcsrftoken=OWN", [], None),
    ],
)
def test_csrf_token_is_the_one_that_the_cookie_header_carries(
    own: str | None, lines: list[str], token: str | None, recorder: RecordingServer
) -> None:
    with ApiClient(Configuration(host=recorder.host), cookie=own) as client:
        recorder.answer = lambda _request: answer(*lines)
        AuthApi(client).login(LOGIN)
        recorder.answers('{"ticket": "t"}')
        AuthApi(client).create_auth_ticket()
        assert recorder.last.header("X-CSRFToken") == token
        assert token is None or f"csrftoken={token}" in (recorder.last.header("Cookie") or "").split("; ")
        client.call_api("/api/2/things", "GET")
        assert recorder.last.header("X-CSRFToken") is None


def test_csrf_token_of_ones_own_is_not_sent_twice(recorder: RecordingServer) -> None:
    with ApiClient(Configuration(host=recorder.host), "x-csrftoken", "MINE", cookie="csrftoken=OWN") as client:
        recorder.answers('{"ticket": "t"}')
        AuthApi(client).create_auth_ticket()
    assert recorder.last.header("X-CSRFToken") == "MINE"


WHY = {
    "sessionid=S; Domain=other.example.com; Path=/": "cookie sessionid has the Domain of another server",
    "elements=S; Domain=com": "cookie elements has the Domain of another server",
}


@pytest.mark.parametrize("line", WHY)
@pytest.mark.parametrize("status", [401, 403])
def test_refusal_after_a_login_without_a_cookie_says_why(status: int, line: str, recorder: RecordingServer) -> None:
    kind = UnauthorizedException if status == 401 else ForbiddenException
    with ApiClient(Configuration(host=recorder.host)) as client:
        recorder.answer = lambda _request: answer("csrftoken=C; Path=/", line)
        AuthApi(client).login(LOGIN)
        recorder.answers('{"detail": "Log in first."}', status)
        with pytest.raises(kind, match=f"Log in first.; there is no session: the server's {WHY[line]}") as caught:
            AuthApi(client).create_auth_ticket()
        assert (caught.value.detail or "").startswith("Log in first.; ")
        recorder.answer = lambda _request: answer("sessionid=S; Path=/")
        AuthApi(client).login(LOGIN)
        recorder.answers('{"detail": "Not for you."}', status)
        with pytest.raises(kind) as caught:
            AuthApi(client).create_auth_ticket()
        assert caught.value.detail == "Not for you."


def test_secure_cookie_is_not_kept_from_plain_http_of_another_machine() -> None:
    cookies = Cookies()
    for url in (
        "http://storage.example.com/api",
        "http://localhost/api",
        "http://[::1]:8000/api",
        "https://x.example/",
    ):
        cookies.keep(url, HTTPHeaderDict({"Set-Cookie": "sessionid=S; Secure; Path=/"}))
        is_kept = not url.startswith("http://storage")
        assert cookies.headers_for("GET", url) == ({"Cookie": "sessionid=S"} if is_kept else {})
        assert cookies.has_session(url) == is_kept
    why = "there is no session: the server's cookie sessionid is Secure, and this is plain http"
    assert cookies.why_no_session("http://storage.example.com/other") == why
    assert cookies.copy().why_no_session("http://storage.example.com/other") == why


def test_session_says_why_its_calls_are_refused(recorder: RecordingServer) -> None:
    def act(request: object) -> CannedResponse:
        if getattr(request, "path", "").endswith("/login"):
            return answer("sessionid=S; Domain=other.example.com")
        return answer(status=403, body=b'{"detail": "Log in first."}')

    recorder.answer = act
    configuration, words = Configuration(host=recorder.host), "cookie sessionid has the Domain of another server"
    session = Session(configuration, username="user", password="password")
    with session, pytest.raises(ApiException, match=words):
        session.auth.create_auth_ticket()
