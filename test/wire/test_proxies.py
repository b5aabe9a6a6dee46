"""Proxies: a real one, and scripted ones that fail."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from elements_sdk import (
    ApiConnectionError,
    ForbiddenException,
    ProxyError,
    ServiceException,
)
from elements_sdk.exceptions import ApiException, ApiTimeoutError, DeadlineExceeded
from test.both_clients import both_kinds
from test.faults.backlog import filled_backlog
from test.faults.behaviours import answer, close_after_request, deaf, http_400_to_tls, reset_after_request
from test.faults.forward_proxy import forward_proxy
from test.faults.server import Behaviour, FaultServer
from test.proxies import BASIC, IN_A_URL, PASSWORD, USER, check_hidden
from test.tls import CALLS, OTHER, TRUSTED, calls_to, fails, serving, succeeds
from test.wire.test_errors import CLOSED_PORT

pytestmark = both_kinds

HTML = [("Content-Type", "text/html")]
NAME_AND_PASSWORD = r"407 Proxy Authentication Required: put the right name and password into Configuration\.proxy"


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the proxies of this machine's environment, and the pauses between attempts."""
    proxies = [f"{scheme}_PROXY" for scheme in ("HTTP", "HTTPS", "ALL", "NO")]
    for name in (*proxies, *map(str.lower, proxies), "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUEST_METHOD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("elements_sdk.retry.random.uniform", lambda *_: 0.0)


@pytest.fixture(scope="module")
def open_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with forward_proxy(tmp_path_factory.mktemp("open")) as address:
        yield address


@pytest.fixture(scope="module")
def guarded_proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with forward_proxy(tmp_path_factory.mktemp("guarded"), f"{USER}:{PASSWORD}") as address:
        yield address


SERVERS: dict[str, Callable[[], FaultServer]] = {
    "http": lambda: FaultServer(answer()),
    "https": lambda: serving("localhost"),
}
both_schemes = pytest.mark.parametrize("scheme", SERVERS)
both_calls = pytest.mark.parametrize("call", CALLS)


def settings_for(proxy: str, **more: Any) -> dict[str, Any]:
    return {"proxy": proxy, "ssl_ca_data": TRUSTED.ca_pem, **more}


@both_schemes
def test_calls_go_through_the_proxy(scheme: str, open_proxy: str, guarded_proxy: str) -> None:
    for proxy in (open_proxy, f"http://{open_proxy}", f"http://{IN_A_URL}@{guarded_proxy}"):
        with SERVERS[scheme]() as server:
            succeeds(server.host, **settings_for(proxy))
        assert [seen.method for seen in server.requests] == ["GET", "POST"]
        first = server.requests[0]  # of the next that come on a connection this proxy makes less
        assert (first.header("Authorization"), first.header("Proxy-Authorization")) == ("Bearer SECRETKEY", None)
        assert (first.header("Via") is not None) == (scheme == "http")  # only that can be read on the way


@both_schemes
@both_calls
@pytest.mark.parametrize("user", ["", f"{IN_A_URL}x@", "us%20er@"], ids=["none", "wrong", "no password"])
def test_proxy_that_wants_another_password_is_asked_once(
    user: str, call: str, scheme: str, guarded_proxy: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with SERVERS[scheme]() as server:
        error = fails(ProxyError, NAME_AND_PASSWORD, server.host, call, **settings_for(f"http://{user}{guarded_proxy}"))
    assert (error.status, error.request_sent, error.attempts, server.connections) == (407, "no", 1, 0)
    assert "-> ProxyError" in caplog.text
    check_hidden(error, caplog)


def test_password_in_the_headers_for_the_proxy_is_taken(guarded_proxy: str) -> None:
    for name in ("Proxy-Authorization", "proxy-authorization"):
        for scheme in SERVERS:
            with SERVERS[scheme]() as server:
                succeeds(server.host, **settings_for(f"http://x:y@{guarded_proxy}", proxy_headers={name: BASIC}))


@both_schemes
@both_calls
def test_proxy_that_is_down_is_tried_again(call: str, scheme: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    words = "the proxy could not be reached: Connection refused"
    proxy = f"http://{IN_A_URL}@127.0.0.1:{CLOSED_PORT}"
    error = fails(ProxyError, words, f"{scheme}://storage.localhost", call, **settings_for(proxy))
    assert (error.status, error.request_sent, error.attempts) == (0, "no", 3)
    check_hidden(error, caplog)


SILENCE: list[tuple[dict[str, Any], type[ApiException]]] = [
    ({"timeout": (0.2, 0.2), "retries": 0}, ApiTimeoutError),
    ({"timeout": (5, 5), "total_timeout": 0.3}, DeadlineExceeded),
]


@both_schemes
@pytest.mark.parametrize(("limits", "kind"), SILENCE)
def test_proxy_that_says_nothing_is_left_in_time(limits: dict[str, Any], kind: type[ApiException], scheme: str) -> None:
    with FaultServer(deaf()) as proxy:
        started = time.monotonic()
        error = fails(
            kind, "in time|limit of 0.3 s", f"{scheme}://storage.localhost", **settings_for(proxy.host, **limits)
        )
        assert time.monotonic() - started < 1
    assert (error.request_sent, proxy.connections) == ("no" if scheme == "https" else "maybe", 1)


@both_calls
@pytest.mark.parametrize("status", [400, 401, 403, 404, 500])
def test_proxy_that_refuses_the_tunnel_is_asked_once(status: int, call: str) -> None:
    with FaultServer(answer(status, b"<html>no</html>", HTML)) as proxy:
        words = f"^{status} the proxy refused to connect to the server"
        error = fails(ProxyError, words, "https://storage.localhost", call, **settings_for(proxy.host))
    assert (error.status, error.request_sent, error.attempts, proxy.count()) == (status, "no", 1, 1)


@both_calls
@pytest.mark.parametrize("status", [201, 202, 204])
def test_proxy_that_opens_a_tunnel_by_another_success_than_200_is_asked_once(status: int, call: str) -> None:
    with FaultServer(answer(status, b"", HTML)) as proxy:
        words = f"^{status} the proxy opened a tunnel by another status than 200: name another in Configuration.proxy"
        error = fails(ProxyError, words, "https://storage.localhost", call, **settings_for(proxy.host))
    assert (error.status, error.request_sent, error.attempts, proxy.count()) == (status, "no", 1, 1)


@both_calls
@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_proxy_that_cannot_open_the_tunnel_now_is_asked_again(status: int, call: str) -> None:
    with FaultServer(answer(status, b"<html>no</html>", HTML)) as proxy:
        words = f"^{status} the proxy refused to connect to the server"
        error = fails(ProxyError, words, "https://storage.localhost", call, **settings_for(proxy.host))
    assert (error.status, error.request_sent, error.attempts, proxy.count()) == (status, "no", 3, 3)


MARKS = {
    "squid": ("X-Squid-Error", "ERR_CONNECT_FAIL 111"),
    "RFC 9209": ("Proxy-Status", "proxy.example; error=connection_refused"),
    "RFC 9209, of several": ("Proxy-Status", "a.example; received-status=503, b.example; error=dns_error"),
}


@both_calls
@pytest.mark.parametrize("status", [401, 500, 503])
@pytest.mark.parametrize("mark", MARKS)
def test_answer_that_a_proxy_marks_as_its_own_is_not_told_as_the_servers(mark: str, status: int, call: str) -> None:
    page = b"<html><title>Sorry</title><p>Connection to the server failed.</html>"
    with FaultServer(answer(status, page, [*HTML, MARKS[mark]])) as server:
        error = fails(ProxyError, "a proxy answered in place of the server", server.host, call)
    assert (error.status, error.request_sent) == (status, "maybe")
    assert "Connection to the server failed" in str(error.detail)
    assert error.attempts == (3 if call == "GET" else 1)


@both_calls
@pytest.mark.parametrize("header", [("Proxy-Status", "cache.example; received-status=403"), ("Via", "1.1 squid")])
def test_answer_that_only_passed_a_proxy_is_the_servers(header: tuple[str, str], call: str) -> None:
    with FaultServer(answer(403, b'{"detail": "No."}', [header])) as server:
        assert fails(ForbiddenException, "No", server.host, call).attempts == 1


@pytest.mark.parametrize(("call", "attempts"), [("GET", 3), ("POST", 1)])
@pytest.mark.parametrize("behaviour", [close_after_request, reset_after_request])
@both_schemes
def test_what_breaks_off_behind_a_proxy_may_have_acted(
    scheme: str, behaviour: Callable[[], Behaviour], call: str, attempts: int, open_proxy: str
) -> None:
    with FaultServer(behaviour(), tls=TRUSTED.context_for("localhost") if scheme == "https" else None) as server:
        host, proxy = (server.host, open_proxy) if scheme == "https" else ("http://storage.localhost", server.host)
        with pytest.raises(ApiConnectionError) as caught, calls_to(host, **settings_for(proxy)) as auth:
            CALLS[call](auth)
    assert (caught.value.request_sent, caught.value.attempts, server.count(call)) == ("maybe", attempts, attempts)


@both_schemes
def test_proxy_that_takes_no_connection_is_left_in_time(scheme: str) -> None:
    with filled_backlog() as (name, port):
        settings = settings_for(f"http://{name}:{port}", timeout=(5, 5), total_timeout=0.3)
        started = time.monotonic()
        error = fails(DeadlineExceeded, "limit of 0.3 s, connecting", f"{scheme}://storage.localhost", **settings)
        assert time.monotonic() - started < 1
    assert error.request_sent == "no"


def test_proxy_that_breaks_the_tunnel_off_has_sent_nothing() -> None:
    with FaultServer(close_after_request()) as proxy:
        error = fails(ProxyError, "the proxy", "https://storage.localhost", **settings_for(proxy.host))
    assert (error.request_sent, proxy.count("CONNECT")) == ("no", 3)


@pytest.mark.parametrize(("call", "attempts"), [("GET", 3), ("POST", 1)])
@pytest.mark.parametrize("status", [502, 504])
def test_page_of_a_proxy_that_got_no_answer_is_a_proxy_error(status: int, call: str, attempts: int) -> None:
    with FaultServer(answer(status, b"<html>no</html>", HTML)) as proxy:
        error = fails(ProxyError, "got no answer", "http://storage.localhost", call, **settings_for(proxy.host))
        assert (error.status, error.request_sent, error.attempts, proxy.count()) == (
            status,
            "maybe",
            attempts,
            attempts,
        )
        fails(ServiceException, f"{status}", proxy.host, call)


@pytest.mark.parametrize(("status", "headers"), [(502, []), (504, []), (503, HTML), (500, HTML)])
def test_error_of_the_server_behind_a_proxy_stays_the_servers(status: int, headers: list[tuple[str, str]]) -> None:
    with FaultServer(answer(status, b'{"detail": "Down."}', headers)) as proxy:
        error = fails(ServiceException, f"{status} ", "http://storage.localhost", **settings_for(proxy.host))
    assert (error.status, error.request_sent, proxy.count()) == (status, "yes", 1)


def test_proxy_that_opens_a_tunnel_learns_the_servers_name_and_no_secret() -> None:
    secrets = {"Cookie": "SECRET", "X-CSRFToken": "SECRET", "X-Note": "SECRET"}
    with FaultServer(answer(403)) as proxy:
        settings = settings_for(proxy.host.replace("//", f"//{IN_A_URL}@"), proxy_headers={"X-Proxy": "for you"})
        with calls_to("https://storage.localhost", **settings) as auth:
            for name, value in secrets.items():
                auth.api_client.set_default_header(name, value)
            for call in CALLS.values():
                with pytest.raises(ProxyError):
                    call(auth)
    assert [(seen.method, seen.target) for seen in proxy.requests] == [("CONNECT", "storage.localhost:443")] * 2
    for seen in proxy.requests:
        assert (seen.header("Proxy-Authorization"), seen.header("X-Proxy")) == (BASIC, "for you")
        assert {name.lower() for name, _ in seen.headers} <= {"host", "proxy-authorization", "x-proxy"}
        assert "SECRET" not in str(seen)


def test_headers_for_the_proxy_stay_with_it(open_proxy: str) -> None:
    with SERVERS["https"]() as server:
        succeeds(server.host, **settings_for(open_proxy, proxy_headers={"X-Proxy": "for you"}))
        assert [seen.header("X-Proxy") for seen in server.requests] == [None, None]
    with FaultServer(answer()) as proxy:
        succeeds("http://storage.localhost", **settings_for(proxy.host, proxy_headers={"X-Proxy": "for you"}))
    assert [seen.header("X-Proxy") for seen in proxy.requests] == ["for you", "for you"]
    assert proxy.requests[0].target == "http://storage.localhost/api/2/auth/access-tokens/7"


@both_schemes
def test_proxy_may_speak_tls_and_is_checked(scheme: str) -> None:
    host, status = f"{scheme}://storage.localhost", 403 if scheme == "https" else 502
    with FaultServer(answer(status, b"", HTML), tls=TRUSTED.context_for("localhost")) as proxy:
        error = fails(ProxyError, f"^{status} ", host, **settings_for(proxy.host))
        assert (error.attempts, proxy.count()) == (1, 1)
    with serving("localhost", authority=OTHER) as proxy:
        words = "the certificate of the proxy comes from an authority that this client does not know"
        error = fails(ProxyError, words, host, **settings_for(proxy.host))
    assert (error.request_sent, error.attempts, proxy.requests) == ("no", 1, [])


@both_schemes
def test_proxy_that_speaks_no_tls_is_asked_once(scheme: str) -> None:
    with FaultServer(http_400_to_tls()) as proxy:
        address = proxy.host.replace("http:", "https:")
        error = fails(ProxyError, "the proxy", f"{scheme}://storage.localhost", proxy=address)
    assert (error.request_sent, error.attempts) == ("no", 1)
    assert "should host begin with http" not in str(error)  # it is the address of the proxy that should


def test_what_is_configured_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    with ExitStack() as stack:
        server, configured, named = (stack.enter_context(FaultServer(answer())) for _ in range(3))

        def who_is_asked(**settings: Any) -> FaultServer:
            before = [one.count() for one in (server, configured, named)]
            succeeds(server.host, **settings)
            [asked] = [
                one for one, count in zip((server, configured, named), before, strict=True) if one.count() > count
            ]
            return asked

        monkeypatch.setenv("HTTP_PROXY", named.host)
        assert who_is_asked() is named
        assert who_is_asked(trust_env=False) is server
        assert who_is_asked(proxy="") is server
        assert who_is_asked(proxy=configured.host) is configured
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        assert who_is_asked() is server
        assert who_is_asked(proxy=configured.host) is configured


@pytest.mark.parametrize(
    ("calls", "connections"),
    [
        (["GET", "GET"], 1),
        (["GET", "POST", "GET"], 2),
        (["POST", "DELETE", "GET"], 2),
        (["PUT", "PATCH", "GET", "GET"], 2),
    ],
)
def test_a_change_goes_through_a_forwarding_proxy_on_a_connection_of_its_own(
    calls: list[str], connections: int
) -> None:
    # Small proxies close after each answer, without saying so: what is sent just then is lost, and not sent again.
    with FaultServer(answer()) as proxy:
        with calls_to("http://127.0.0.1:9", proxy=proxy.host) as auth:
            for method in calls:
                auth.api_client.call_api("/x", method, response_type="object")
        assert proxy.connections == connections
