"""tinyproxy before the sandbox and before nobody: tunnels to https, forwarded http, refusals: `tox -e slow`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from elements_sdk import (
    ApiException,
    Configuration,
    ForbiddenException,
    ProxyError,
    ServiceException,
    UnauthorizedException,
)
from elements_sdk.sandbox import Sandbox
from test.both_clients import Session, auth_of, both_kinds
from test.proxies import IN_A_URL, check_hidden
from test.servers.programs import Running, tinyproxy
from test.tls import CALLS
from test.wire.test_errors import CLOSED_PORT

pytestmark = [both_kinds, pytest.mark.slow, pytest.mark.timeout(300)]

both_calls = pytest.mark.parametrize("call", CALLS)
both_schemes = pytest.mark.parametrize("scheme", ["http", "https"])


def through(proxy: Running, configuration: Configuration, user: str = "") -> Configuration:
    configuration.proxy = f"http://{user}127.0.0.1:{proxy.port}"
    return configuration


@both_schemes
def test_each_call_passes_once(scheme: str, tmp_path: Path) -> None:
    with Sandbox(https=scheme == "https") as sandbox:
        with tinyproxy(tmp_path) as proxy, auth_of(through(proxy, sandbox.configuration())) as auth:
            for _ in range(20):
                assert len(auth.get_all_access_tokens(limit=1)) == 1
                assert auth.create_auth_ticket().ticket
        methods = [seen.method for seen in sandbox.requests]
    assert (methods.count("GET"), methods.count("POST")) == (20, 20)
    if scheme == "http":
        assert (proxy.lines_with("POST http://"), proxy.lines_with("GET http://")) == (20, 20)
    else:
        assert proxy.lines_with("): CONNECT ") == 1  # a tunnel is kept


def test_session_passes_and_is_renewed(tmp_path: Path) -> None:
    # By https only: in what it forwards, tinyproxy 1.11.1 drops all Set-Cookie headers of an answer but one.
    with Sandbox(https=True) as sandbox, tinyproxy(tmp_path) as proxy:
        configuration = through(proxy, sandbox.configuration())
        with Session(configuration, sandbox.admin.username, sandbox.admin.password) as session:
            sandbox.end_sessions()
            with session.impersonate(sandbox.user.id):
                assert session.auth.check_auth_ticket(session.auth.create_auth_ticket()).username == "user"
            assert session.auth.check_auth_ticket(session.auth.create_auth_ticket()).username == "admin"
        ends = [seen.path.rpartition("/")[2] for seen in sandbox.requests]
    assert (ends.count("login"), ends.count("logout"), ends[-1]) == (2, 1, "logout")


# What tinyproxy refuses, and how. What it answers to a tunnel is told as its
# own; in what it answers to forwarded http, nothing says that the server has not.
REFUSALS: dict[str, tuple[str, int, str]] = {
    "nobody there": ("", 500, "unable to connect to the remote web server"),
    "filtered": ('Filter "{folder}/filter"', 403, "has been filtered"),
    "not for this machine": ("Deny 127.0.0.1", 403, "not configured it to service requests from your host"),
}


@both_calls
@both_schemes
@pytest.mark.parametrize("name", REFUSALS)
def test_refusal_is_told_and_final(name: str, scheme: str, call: str, tmp_path: Path) -> None:
    settings, status, words = REFUSALS[name]
    (tmp_path / "filter").write_text("localhost\n")
    settings = settings.format(folder=tmp_path)
    host = f"{scheme}://localhost:{CLOSED_PORT}"
    kinds: dict[int, type[ApiException]] = {500: ServiceException, 403: ForbiddenException}
    with (
        tinyproxy(tmp_path, settings) as proxy,
        auth_of(through(proxy, Configuration(host=host, api_key={"Bearer": "KEY"}))) as auth,
        pytest.raises(ApiException) as caught,
    ):
        CALLS[call](auth)
    is_tunnel = scheme == "https"
    assert type(caught.value) is (ProxyError if is_tunnel else kinds[status])
    assert (caught.value.status, caught.value.attempts) == (status, 1)
    assert caught.value.request_sent == ("no" if is_tunnel else "yes")
    assert (f"{status} the proxy refused to connect to the server" if is_tunnel else words) in str(caught.value)


@both_calls
def test_tunnel_to_another_port_than_allowed_is_refused(call: str, sandbox: Sandbox, tmp_path: Path) -> None:
    configuration = sandbox.configuration()
    configuration.host = sandbox.host.replace("http:", "https:")
    with (
        tinyproxy(tmp_path, "ConnectPort 443") as proxy,
        auth_of(through(proxy, configuration)) as auth,
        pytest.raises(ProxyError, match=r"^403 the proxy refused to connect to the server") as caught,
    ):
        CALLS[call](auth)
    assert (caught.value.request_sent, caught.value.attempts) == ("no", 1)


@both_calls
@both_schemes
def test_password_is_asked_for_and_taken(
    scheme: str, call: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    host: dict[str, Any] = {"host": f"{scheme}://localhost:{CLOSED_PORT}", "api_key": {"Bearer": "KEY"}}
    with tinyproxy(tmp_path, "BasicAuth ada PRO-SECRET") as proxy:
        for user, status in (("", 407), (f"{IN_A_URL}@", 401)):  # 401 for a wrong one
            with auth_of(through(proxy, Configuration(**host), user)) as auth, pytest.raises(ApiException) as caught:
                CALLS[call](auth)
            is_servers = scheme == "http" and status == 401  # as far as anybody can tell
            assert type(caught.value) is (UnauthorizedException if is_servers else ProxyError)
            assert (caught.value.status, caught.value.attempts) == (status, 1)
            assert caught.value.request_sent == ("yes" if is_servers else "no")
            check_hidden(caught.value, caplog)
        with auth_of(through(proxy, Configuration(**host), "ada:PRO-SECRET@")) as auth:
            with pytest.raises(ApiException) as caught:
                CALLS[call](auth)
            assert (caught.value.status, caught.value.attempts) == (500, 1)  # so it has let the call pass, to nobody
