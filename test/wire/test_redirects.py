"""Redirects: what arrives where, for each code, target and method, counted at both servers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from elements_sdk import Configuration, RedirectError
from test.both_clients import BOTH, ApiClient, AuthApi, with_slow_override
from test.faults import behaviours as does
from test.faults.server import Conversation, FaultServer
from test.tls import CALLS, TRUSTED, fails

pytestmark = with_slow_override

CODES = (301, 302, 303, 307, 308)
# With asyncio, one code after which browsers change the method and one after which they do not; the others are slow.
CASES = [
    pytest.param(kind, code, marks=pytest.mark.slow if kind == "asyncio" and code not in (302, 308) else ())
    for kind in BOTH
    for code in CODES
]
PATH = "/api/2/auth/access-tokens/7"
SECRETS = ("SECRETKEY", "SECRETCOOKIE", "SECRETCSRF", "SECRETPASSWORD", "SECRETSESSION")

# Target -> whether a GET goes on there, and what the error says otherwise. {own} and {other} are origins, {path} the
# path of the call.
TARGETS: dict[str, tuple[str, bool, str]] = {
    "relative": ("/elsewhere", True, "set Configuration.host to {own} if that is your server"),
    "same origin in full": ("{own}/elsewhere", True, "set Configuration.host to {own} if that is your server"),
    "same origin below a prefix": ("{own}/prefix{path}", True, "set Configuration.host to {own}/prefix "),
    "another server": ("{other}{path}", False, "set Configuration.host to {other} "),
    "another server, short": ("//{other_netloc}{path}", False, "set Configuration.host to {other} "),
    "another scheme": ("https://{own_netloc}{path}", False, "set Configuration.host to https://{own_netloc} "),
    "a user in front of another": ("http://{own_netloc}@{other_netloc}{path}", False, "correct Configuration.host"),
    "a loop": ("{path}", True, "more than 3 redirects"),
    "nothing": ("", False, "correct Configuration.host"),
    "no address": ("http://[bad", False, "correct Configuration.host"),
    "another kind of address": ("file:///etc/passwd", False, "correct Configuration.host"),
    "a slash at the end": ("{path}/", True, "the server wants a slash at the end"),
}


@pytest.fixture
def other() -> Iterator[FaultServer]:
    """Yield a foreign server, which must never receive anything of ours."""
    with FaultServer(does.answer()) as server:
        yield server


class Redirecting:
    """A behaviour that redirects once or, to its own path, always."""

    def __init__(self, code: int, target: str, other: FaultServer) -> None:
        self.code, self.target, self.other = code, target, other
        self.own_netloc = ""

    def __call__(self, conversation: Conversation) -> None:
        while seen := conversation.read_request():
            path = seen.target.partition("?")[0]
            values = {
                "own": f"http://{self.own_netloc}",
                "own_netloc": self.own_netloc,
                "other": self.other.host,
                "other_netloc": self.other.host.partition("//")[2],
                "path": path,
            }
            if path.startswith("/api"):
                location = [("Location", self.target.format(**values))] if self.target else []
                answer = does.message(self.code, b"", location)
            else:
                answer = does.message(200)
            if path.endswith("/"):
                answer = does.message(200)
            conversation.send(answer)


def clients(host: str) -> list[ApiClient]:
    """Return a client with an API key, and one with a session's cookies and CSRF token."""
    keyed = ApiClient(Configuration(host=host, api_key={"Bearer": "SECRETKEY"}))
    in_session = ApiClient(Configuration(host=host), cookie="own=SECRETCOOKIE; csrftoken=SECRETCSRF")
    in_session.set_default_header("X-CSRFToken", "SECRETCSRF")
    return [keyed, in_session]


@pytest.mark.parametrize(("client_kind", "code"), CASES, indirect=["client_kind"])
@pytest.mark.parametrize("name", TARGETS)
def test_get_stays_within_its_origin(client_kind: str, code: int, name: str, other: FaultServer) -> None:
    target, goes_on, words = TARGETS[name]
    redirecting = Redirecting(code, target, other)
    with FaultServer(redirecting) as own:
        redirecting.own_netloc = own.host.partition("//")[2]
        for client in clients(own.host):
            own.requests.clear()
            with client:
                if goes_on and name != "a loop":
                    AuthApi(client).get_access_token(7)
                    assert own.count() == 2
                    assert own.requests[1].header("Authorization") == own.requests[0].header("Authorization")
                else:
                    with pytest.raises(RedirectError) as caught:
                        AuthApi(client).get_access_token(7)
                    check_words(caught.value, words, own, other)
                    assert own.count() == (4 if name == "a loop" else 1)
        assert (other.connections, other.bytes_received) == (0, 0)


@pytest.mark.parametrize(("client_kind", "code"), CASES, indirect=["client_kind"])
@pytest.mark.parametrize("name", TARGETS)
def test_post_is_never_redirected(client_kind: str, code: int, name: str, other: FaultServer) -> None:
    target, _, words = TARGETS[name]
    redirecting = Redirecting(code, target, other)
    with FaultServer(redirecting) as own:
        redirecting.own_netloc = own.host.partition("//")[2]
        for client in clients(own.host):
            own.requests.clear()
            with client, pytest.raises(RedirectError) as caught:
                AuthApi(client).login({"username": "uma", "password": "SECRETPASSWORD"})
            check_words(caught.value, "POST does not follow" if name == "a loop" else words, own, other)
            assert own.count() == 1
        assert (other.connections, other.bytes_received) == (0, 0)


def check_words(error: RedirectError, words: str, own: FaultServer, other: FaultServer) -> None:
    values = {
        "own": own.host,
        "own_netloc": own.host.partition("//")[2],
        "other": other.host,
        "other_netloc": other.host.partition("//")[2],
    }
    assert words.format(**values) in str(error)
    assert "@" not in str(error)
    assert error.status in CODES
    assert error.attempts == (4 if "more than" in words else 1)
    assert not any(secret in f"{error} {error.args} {error.headers}" for secret in SECRETS)


@pytest.mark.parametrize(("client_kind", "code"), CASES, indirect=["client_kind"])
@pytest.mark.parametrize("target", ["{other}/x", "//{other_netloc}/x", "http://{own_netloc}@{other_netloc}/x"])
def test_session_cookies_stay_with_their_server(client_kind: str, code: int, target: str, other: FaultServer) -> None:
    cookies = [("Set-Cookie", "sessionid=SECRETSESSION; Path=/"), ("Set-Cookie", "csrftoken=SECRETCSRF; Path=/")]

    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            other_netloc, own_netloc = (server.host.partition("//")[2] for server in (other, own))
            location = target.format(other=other.host, other_netloc=other_netloc, own_netloc=own_netloc)
            is_login = seen.target.endswith("/login")
            conversation.send(
                does.message(200, b"{}", cookies) if is_login else does.message(code, b"", [("Location", location)])
            )

    with FaultServer(behave) as own, ApiClient(Configuration(host=own.host)) as client:
        auth = AuthApi(client)
        auth.login({"username": "uma", "password": "SECRETPASSWORD"})
        for call in (auth.get_all_access_tokens, auth.create_auth_ticket, auth.logout):
            with pytest.raises(RedirectError):
                call()
        assert "sessionid=SECRETSESSION" in f"{own.requests[-1].header('Cookie')}"
        assert own.requests[-1].header("X-CSRFToken") == "SECRETCSRF"
    assert (other.connections, other.bytes_received) == (0, 0)


CLEAR = {
    "the same server": "http://localhost:{port}{path}",
    "the same server below a prefix": "http://localhost:{port}/prefix{path}",
    "a slash at the end": "http://localhost:{port}{path}/",
    "another server": "http://127.0.0.1:9{path}",
    "another page": "http://localhost/login?next=SECRET",
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", CLEAR)
def test_nobody_is_led_from_https_to_http(name: str, call: str) -> None:
    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            location = CLEAR[name].format(port=server.port, path=seen.target)
            conversation.send(does.message(302, b"", [("Location", location)]))

    with FaultServer(behave, tls=TRUSTED.context_for("localhost")) as server:
        words = "302 Found to http://.*: .*; stay with https, and correct the server"
        error = fails(RedirectError, words, server.host, call, ssl_ca_data=TRUSTED.ca_pem)
    assert "Configuration.host" not in str(error)
    assert "SECRET" not in str(error)
    assert server.count() == 1


def test_port_that_goes_without_saying_is_the_same_origin(other: FaultServer) -> None:
    from elements_sdk._http.messages import Request, Response
    from elements_sdk._http.redirects import follow

    def follows(url: str, location: str) -> bool:
        from urllib3 import HTTPHeaderDict

        request = Request("GET", "/x", "/x", url=url)
        response = Response(302, "Found", HTTPHeaderDict({"Location": location}), b"")
        return follow(request, response)

    assert follows("https://storage.example.com/x", "https://storage.example.com:443/y")
    assert follows("https://storage.example.com/x", "https://STORAGE.example.com/y")
    assert not follows("https://storage.example.com/x", "http://storage.example.com/y")
    assert not follows("https://storage.example.com/x", "https://storage.example.com:8443/y")
    assert not follows("http://storage.example.com/x", "https://storage.example.com/y")
    assert not follows("https://storage.example.com/x", "https://storage.example.com.evil.example/y")
    assert not follows("https://storage.example.com/x", "https://storage.example.com\\@evil.example/y")


def test_get_with_a_query_keeps_what_the_target_says(other: FaultServer) -> None:
    redirecting = Redirecting(302, "{own}/elsewhere?page=2", other)
    with FaultServer(redirecting) as own:
        redirecting.own_netloc = own.host.partition("//")[2]
        with ApiClient(Configuration(host=own.host, api_key={"Bearer": "KEY"})) as client:
            client.call_api("/api/things", "GET", query_params={"a": 1}, auth_settings=["Bearer"])
        assert [seen.target for seen in own.requests] == ["/api/things?a=1", "/elsewhere?page=2"]
        assert own.requests[1].header("Authorization") == "Bearer KEY"
