"""nginx and HAProxy, speaking TLS, before the sandbox and before servers that fail: `tox -e slow`."""

from __future__ import annotations

import logging
import random
import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import (
    ApiConnectionError,
    ApiException,
    BadRequestException,
    Configuration,
    ForbiddenException,
    NotFoundException,
    ServiceException,
)
from elements_sdk.api import auth_api
from elements_sdk.sandbox import Account, Sandbox
from test.both_clients import ApiClient, AuthApi, Session, auth_of, both_kinds, is_asyncio
from test.faults import behaviours as does
from test.faults.server import Behaviour, Conversation, FaultServer
from test.servers.conftest import Front
from test.servers.programs import FRONTS, PAGES, PREFIX, Running
from test.tls import CALLS, TRUSTED
from test.wire.test_errors import CLOSED_PORT
from test.wire.test_uploads import BINARY

pytestmark = [both_kinds, pytest.mark.slow, pytest.mark.timeout(300)]


def settings_for(host: str, account: Account | None = None, **settings: Any) -> Configuration:
    """Return a configuration, with the API token of an account if there is one."""
    key = {"Bearer": account.api_token} if account else {}
    return Configuration(host=host, ssl_ca_data=TRUSTED.ca_pem, api_key=key, **settings)


def session_of(running: Running, account: Account) -> Session:
    return Session(settings_for(running.host), account.username, account.password)


def make_all_calls(running: Running, sandbox: Sandbox) -> None:
    """Make each of the calls, some by API token and some in a session."""
    with auth_of(settings_for(running.host, sandbox.admin)) as auth:
        tokens, _, headers = auth.get_all_access_tokens_with_http_info()
        assert (len(tokens), headers["Content-Encoding"]) == (250, "gzip")
        assert auth.get_access_token(tokens[0].id).id == tokens[0].id
        auth.send_access_token_email_notification(tokens[0].id, data={"email": "ada@example.com"})
        auth.delete_access_token(tokens[0].id)
        assert auth.generate_password().password
        auth.reset_password(data={"token": sandbox.password_reset_token("disabled_user"), "password": "Lantern-4471-x"})
    with session_of(running, sandbox.admin) as session, session.impersonate(sandbox.user.id):
        assert session.auth.check_auth_ticket(session.auth.create_auth_ticket()).username == "user"


def test_all_calls_pass_once(front: Front, fresh_sandbox: Sandbox) -> None:
    with front(fresh_sandbox.host) as running:
        make_all_calls(running, fresh_sandbox)
        with socket.create_connection(("127.0.0.1", running.port)) as raw:
            context = TRUSTED.client_context()
            context.set_alpn_protocols(["h2", "http/1.1"])
            with context.wrap_socket(raw, server_hostname="localhost") as connection:
                assert connection.selected_alpn_protocol() == "h2"  # which our clients do not ask for
        behind = [(seen.method, PREFIX + seen.path, seen.status, "HTTP/1.1") for seen in fresh_sandbox.requests]
    assert sorted(behind) == sorted((seen.method, seen.path, seen.status, seen.version) for seen in running.requests)
    made = {(seen.method, seen.path.removeprefix(PREFIX)) for seen in running.requests if seen.status < 300}
    number = next(path.split("/")[-1] for method, path in made if method == "DELETE")
    assert {(item.method, item.path.format(id=number)) for item in auth_api.OPERATIONS} == made


@pytest.mark.parametrize("paging", ["plain", "envelope"])
def test_a_long_list_comes_page_by_page(paging: Any, front: Front) -> None:
    with (
        Sandbox(paging=paging, max_limit=60) as sandbox,
        front(sandbox.host) as running,
        auth_of(settings_for(running.host, sandbox.admin)) as auth,
    ):
        assert len({token.id for token in auth.iter_access_tokens()}) == 250


# Pauses in seconds, on connections that the servers close after one: those of about one are safe only where the client
# is told to leave such connections alone. A call that the close of its connection crosses on its way is lost.
PAUSES = {
    "usual settings": ({}, [(0.0, 0.9), (1.1, 1.4)]),
    "shorter keepalive_idle": ({"keepalive_idle": 0.7}, [(0.0, 1.4), (0.95, 1.05)]),
}


@pytest.mark.parametrize("name", PAUSES)
def test_no_call_is_lost_to_a_short_keep_alive(name: str, front: Front, sandbox: Sandbox) -> None:
    settings, ranges = PAUSES[name]
    outcomes: list[object] = []

    def work(auth: AuthApi, seed: int) -> None:
        chance = random.Random(seed)
        for number in range(15):
            time.sleep(chance.uniform(*ranges[number % 2]))
            try:
                outcomes.append(auth.create_auth_ticket().ticket if number % 3 else auth.get_all_access_tokens(limit=1))
            except ApiException as error:
                outcomes.append(error)

    with front(sandbox.host) as running:
        before = sandbox.request_count
        with auth_of(settings_for(running.host, sandbox.user, connection_pool_maxsize=20, **settings)) as auth:
            threads = [threading.Thread(target=work, args=(auth, seed)) for seed in range(20)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
        behind = sandbox.request_count - before
    assert [outcome for outcome in outcomes if isinstance(outcome, ApiException)] == []
    assert (len(outcomes), running.count("POST"), running.count("GET"), behind) == (300, 200, 100, 300)


@pytest.mark.parametrize("name", FRONTS)
def test_upload_above_the_servers_limit_is_refused_once(name: str, tmp_path: Path) -> None:
    # HAProxy closes at once, and asyncio loses an answer that comes just before sending fails.
    words = r"^413 |the connection broke" if name == "haproxy" and is_asyncio() else r"^413 [^:]+: 413 "
    with FaultServer(does.answer()) as backend, FRONTS[name](tmp_path, backend.host) as running:
        with ApiClient(settings_for(running.host)) as client:
            for size in (100_000, 20_000_000):
                with pytest.raises(ApiException, match=words) as caught:
                    client.call_api("/x", "POST", body=b"x" * size, header_params=BINARY)
                assert (caught.value.request_sent != "no", caught.value.attempts) == (True, 1)
            client.call_api("/x", "POST", body=b"x" * 60_000, header_params=BINARY)
        assert [len(seen.body) for seen in backend.requests] == [60_000]
    assert [seen.status for seen in running.requests] == [413, 413, 200]


FAILURES: list[tuple[str, int, str, Behaviour | None]] = [
    ("nginx", 502, "Bad Gateway", None),
    ("nginx", 502, "Bad Gateway", does.close_after_request()),
    ("nginx", 504, "Gateway Time-out", does.silence()),
    ("haproxy", 503, "No server is available to handle this request", None),
    ("haproxy", 502, "The server returned an invalid or incomplete response", does.close_after_request()),
    ("haproxy", 502, "The server returned an invalid or incomplete response", does.nonsense()),
    ("haproxy", 504, "The server didn't respond in time", does.silence()),
]


@pytest.mark.parametrize(("call", "attempts"), [("GET", 3), ("POST", 1)])
@pytest.mark.parametrize(("name", "status", "words", "behaviour"), FAILURES)
def test_page_of_a_front_whose_server_fails_is_told(
    name: str, status: int, words: str, behaviour: Behaviour | None, call: str, attempts: int, tmp_path: Path
) -> None:
    with FaultServer(behaviour or does.answer()) as backend:
        address = backend.host if behaviour else f"http://127.0.0.1:{CLOSED_PORT}"
        with (
            FRONTS[name](tmp_path, address) as running,
            auth_of(settings_for(running.host)) as auth,
            pytest.raises(ServiceException) as caught,
        ):
            CALLS[call](auth)
        behind = backend.count(call)
    assert type(caught.value) is ServiceException
    assert (caught.value.status, caught.value.request_sent, caught.value.attempts) == (status, "yes", attempts)
    assert words in str(caught.value.detail)
    assert {(seen.method, seen.status) for seen in running.requests} == {(call, status)}
    assert (behind if behaviour else running.count(call)) == attempts


def answers_but_posts(conversation: Conversation) -> None:
    while (seen := conversation.read_request()) and seen.method != "POST":
        conversation.send(does.message())


def test_call_that_dies_behind_a_kept_connection_was_made_once(front: Front) -> None:
    with (
        FaultServer(answers_but_posts) as backend,
        front(backend.host) as running,
        auth_of(settings_for(running.host)) as auth,
    ):
        for number in range(1, 4):
            CALLS["GET"](auth)
            with pytest.raises(ApiException) as caught:  # nginx sends a page then, and HAProxy closes without a word
                CALLS["POST"](auth)
            assert (caught.value.status in (0, 502), caught.value.attempts) == (True, 1)
            assert caught.value.request_sent == ("yes" if caught.value.status else "maybe")
            assert backend.count("POST") == number


def test_http_on_the_port_of_nginx_for_https_is_told(tmp_path: Path) -> None:
    words = "The plain HTTP request was sent to HTTPS port"
    with FRONTS["nginx"](tmp_path, f"http://127.0.0.1:{CLOSED_PORT}") as running:
        host = running.host.replace("https:", "http:")
        with auth_of(Configuration(host=host)) as auth:
            for make in (auth.create_auth_ticket, lambda: auth.login(data={"username": "ada", "password": "SECRET"})):
                with pytest.raises(BadRequestException, match=words) as caught:
                    make()
                assert (type(caught.value), caught.value.attempts) == (BadRequestException, 1)
        with pytest.raises(BadRequestException, match=words), Session(Configuration(host=host), "ada", "SECRET"):
            pass
    assert running.count("POST") == 3


def test_http_on_the_port_of_haproxy_for_https_breaks_off(tmp_path: Path) -> None:
    with (
        FRONTS["haproxy"](tmp_path, f"http://127.0.0.1:{CLOSED_PORT}") as running,
        auth_of(Configuration(host=running.host.replace("https:", "http:"))) as auth,
    ):
        for call, attempts in (("GET", 3), ("POST", 1)):
            with pytest.raises(ApiConnectionError, match="the connection broke") as caught:
                CALLS[call](auth)
            assert (caught.value.request_sent, caught.value.attempts) == ("maybe", attempts)


KINDS: dict[int, type[ApiException]] = {403: ForbiddenException, 404: NotFoundException, 502: ServiceException}


@pytest.mark.parametrize("status", PAGES)
def test_session_outlives_pages_in_place_of_its_login_and_logout(
    status: int, front: Front, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    with front(sandbox.host) as running:
        with session_of(running, sandbox.user) as session:
            client = session.auth.api_client
            assert session.auth.create_auth_ticket().ticket
            sandbox.end_sessions()
            client.set_default_header("X-Page", str(status))
            with pytest.raises(ApiException) as caught:
                session.auth.create_auth_ticket()
            assert (type(caught.value), caught.value.status) == (KINDS.get(status, ApiException), status)
            assert str(caught.value).count(str(status)) > 1  # the page says it, too
            del client.default_headers["X-Page"]
            assert session.auth.create_auth_ticket().ticket
            client.set_default_header("X-Page", str(status))
        with session_of(running, sandbox.user) as another:
            assert another.auth.create_auth_ticket().ticket
    assert ("the logout failed" in caplog.text, caplog.text.count("WARNING")) == (True, 1)
    ends = [seen.status for seen in running.requests if seen.path.endswith(("/login", "/logout"))]
    assert ends == [200, status, 200, status, 200, 200]
