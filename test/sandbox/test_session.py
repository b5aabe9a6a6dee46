"""Session against the sandbox: every account, a session that ends, impersonation, many threads."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from elements_sdk import (
    ApiConnectionError,
    ApiException,
    ApiTypeError,
    ApiValueError,
    Configuration,
    ForbiddenException,
    LoginFailed,
    SessionExpired,
)
from elements_sdk.sandbox import Account, Sandbox
from test.both_clients import Session, is_asyncio, with_slow_override
from test.recording import CannedResponse, Recorded, RecordingServer

pytestmark = with_slow_override


@pytest.fixture(
    scope="module",
    params=[{}, {"https": True}, {"api_version": "26.5"}, {"https": True, "api_version": "26.5"}],
    ids=["http", "https", "26.5", "https 26.5"],
)
def module_server(request: pytest.FixtureRequest) -> Iterator[Sandbox]:
    with Sandbox(**request.param) as running:
        yield running


@pytest.fixture
def server(module_server: Sandbox) -> Iterator[Sandbox]:
    yield module_server
    module_server.reset()


def session_of(server: Sandbox, account: Account, **options: Any) -> Session:
    return Session(server.configuration(), account.username, account.password, **options)


def whoami(session: Session) -> str:
    """Ask the server, by ticket, which user the session acts as."""
    return session.auth.check_auth_ticket(session.auth.create_auth_ticket()).username


def logins(server: Sandbox) -> int:
    return len([request for request in server.requests if request.path.endswith("/login")])


@pytest.mark.parametrize("name", ["admin", "user"])
def test_session_is_its_user_from_entry_to_exit(name: str, server: Sandbox) -> None:
    account = getattr(server, name)
    with session_of(server, account) as session:
        assert session.user.id == account.id
        assert whoami(session) == name
        assert session.auth.get_all_access_tokens(limit=2)
        assert "Authorization" not in server.requests[-1].headers
    assert server.requests[-1].path.endswith("/logout")
    assert (server.requests[-1].status, logins(server)) == (200, 1)
    with pytest.raises(ApiValueError, match="nobody is logged in"):
        _ = session.user


def test_exception_inside_is_not_hidden_and_the_session_logs_out(server: Sandbox) -> None:
    with pytest.raises(ZeroDivisionError), session_of(server, server.user):
        _ = 1 / 0
    assert server.requests[-1].path.endswith("/logout")


def test_one_time_code_as_text_and_as_function(server: Sandbox) -> None:
    account = server.otp_user
    codes: list[str] = []

    def code() -> str:
        codes.append(account.otp())
        return codes[-1]

    with session_of(server, account, otp=account.otp()) as session:
        assert session.user.totp_enabled
    with session_of(server, account, otp=code) as session:
        server.end_sessions()
        assert whoami(session) == "otp_user"
    assert len(codes) == 2


@pytest.mark.parametrize(
    ("name", "options", "reason"),
    [
        ("otp_user", {}, "otp_required"),
        ("otp_user", {"otp": "000"}, "invalid_otp"),
        ("new_user", {}, "password_change_required"),
        ("disabled_user", {}, "account_disabled"),
    ],
)
def test_refused_login_is_login_failed(name: str, options: dict[str, str], reason: str, server: Sandbox) -> None:
    with pytest.raises(LoginFailed) as caught, session_of(server, getattr(server, name), **options):
        raise AssertionError("the block must not be entered")
    assert (caught.value.status, caught.value.login_reason) == (401, reason)


def test_wrong_password_and_throttled_login(server: Sandbox) -> None:
    failures: list[LoginFailed] = []
    for _ in range(6):
        with pytest.raises(LoginFailed) as caught, Session(server.configuration(), "user", "wrong"):
            raise AssertionError("the block must not be entered")
        failures.append(caught.value)
    reasons = [(failed.status, failed.login_reason) for failed in failures]
    assert reasons == [(401, "invalid_credentials")] * 5 + [(429, None)]
    assert failures[-1].retry_after is not None
    assert 0 < failures[-1].retry_after <= 60


def test_forced_change_of_password_is_made_once_and_kept(server: Sandbox) -> None:
    with session_of(server, server.new_user, new_password="Lantern-4471-x") as session:
        assert session.user.password_change_required is False
        session.login_again()
        assert whoami(session) == "new_user"
    with Session(server.configuration(), "new_user", "Lantern-4471-x") as session:
        assert whoami(session) == "new_user"


def test_login_answered_200_without_a_user_is_login_failed(recorder: RecordingServer) -> None:
    recorder.answers('{"reason": "otp_required", "detail": "A code, please."}')
    configuration = Configuration(host=recorder.host)
    with pytest.raises(LoginFailed, match="A code, please") as caught, Session(configuration, "u", "p"):
        raise AssertionError("the block must not be entered")
    assert (caught.value.status, caught.value.login_reason) == (200, "otp_required")


def test_ended_session_is_renewed_and_the_refused_call_retried_once(server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        for _ in range(2):
            server.end_sessions()
            number = session.auth.get_all_access_tokens(limit=1, ordering="-id")[0].id
            server.end_sessions()
            session.auth.delete_access_token(number)
        assert logins(server) == 5
        deletions = [request.status for request in server.requests if request.method == "DELETE"]
        assert deletions == [401, 204] * 2


def test_403_of_a_server_that_checks_sessions_first_is_understood_in_any_language(recorder: RecordingServer) -> None:
    cookie = [("Set-Cookie", "sessionid=S; Path=/"), ("Set-Cookie", "csrftoken=C; Path=/")]
    gone = [("Set-Cookie", 'sessionid=""; Max-Age=0; Path=/')]
    german = b'{"detail": "Anmeldedaten fehlen."}'
    english = b'{"detail": "Authentication credentials were not provided."}'
    answers = iter(
        [
            CannedResponse(403, german, gone),
            CannedResponse(200, b"[]"),
            CannedResponse(403, english),
            CannedResponse(200, b"[]"),
        ]
    )

    def answer(request: Recorded) -> CannedResponse:
        if request.path.endswith("/login"):
            return CannedResponse(200, b'{"user": {"id": 1, "username": "u"}}', cookie)
        return CannedResponse() if request.path.endswith("/logout") else next(answers)

    recorder.answer = answer
    with Session(Configuration(host=recorder.host), "u", "p") as session:
        assert session.auth.get_all_access_tokens() == []
        assert session.auth.get_all_access_tokens() == []
        recorder.answer = lambda _request: CannedResponse(403, b'{"detail": "Nicht erlaubt."}')
        before = len(recorder.requests)
        with pytest.raises(ForbiddenException):
            session.auth.get_all_access_tokens()
        assert len(recorder.requests) == before + 1
        recorder.answer = lambda _request: CannedResponse()
    assert len([request for request in recorder.requests if request.path.endswith("/login")]) == 3


def test_server_that_always_refuses_is_asked_twice_only(recorder: RecordingServer) -> None:
    def answer(request: Recorded) -> CannedResponse:
        if request.path.endswith("/login"):
            return CannedResponse(200, b'{"user": {"id": 1, "username": "u"}}')
        return CannedResponse(401) if request.path.endswith("/ticket") else CannedResponse()

    recorder.answer = answer
    with Session(Configuration(host=recorder.host), "u", "p") as session, pytest.raises(ApiException) as caught:
        session.auth.create_auth_ticket()
    assert caught.value.status == 401
    paths = [request.path.rpartition("/")[2] for request in recorder.requests]
    assert paths == ["login", "ticket", "login", "ticket", "logout"]


def test_impersonation_starts_and_stops(server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        with session.impersonate(server.user.id) as user:
            assert user.id == server.user.id
            assert whoami(session) == "user"
            assert session.user.id == server.admin.id
        assert whoami(session) == "admin"
        with pytest.raises(ZeroDivisionError), session.impersonate(server.user.id):
            _ = 1 / 0
        assert whoami(session) == "admin"
        with pytest.raises(KeyboardInterrupt), session.impersonate(server.user.id):
            raise KeyboardInterrupt
        assert whoami(session) == "admin"
    assert logins(server) == 1


def test_nested_impersonation_is_refused_before_anything_is_sent(server: Sandbox) -> None:
    with session_of(server, server.admin) as session, session.impersonate(server.user.id):
        before = len(server.requests)
        for attempt in (lambda: session.impersonate(server.otp_user.id).__enter__(), session.login_again):
            with pytest.raises(ApiValueError, match="the session is impersonating"):
                attempt()
        assert len(server.requests) == before
        assert whoami(session) == "user"


def test_failing_impersonation_leaves_the_session_its_own(server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        with pytest.raises(ApiException) as caught, session.impersonate(999):
            raise AssertionError("the block must not be entered")
        assert caught.value.status == 400
        assert whoami(session) == "admin"
    with session_of(server, server.user) as session:
        with pytest.raises(ForbiddenException), session.impersonate(server.admin.id):
            raise AssertionError("the block must not be entered")
        assert whoami(session) == "user"


def test_identity_is_not_changed_behind_the_session(server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        before = len(server.requests)
        attempts: list[Callable[[], object]] = [
            lambda: session.auth.login({"username": "user", "password": server.user.password}),
            lambda: session.auth.start_impersonation({"user": server.user.id}),
            session.auth.stop_impersonation,
        ]
        for attempt in attempts:
            with pytest.raises(ApiValueError, match=r"a Session does .* by itself"):
                attempt()
        assert len(server.requests) == before


@pytest.mark.parametrize("when", ["before", "at the start", "in the middle", "at the end"])
def test_session_that_ends_around_an_impersonation(when: str, server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        if when == "before":
            server.end_sessions()
        with session.impersonate(server.user.id) as user:
            assert user.username == "user"
            if when in ("at the start", "in the middle"):
                if when == "in the middle":
                    assert whoami(session) == "user"
                server.end_sessions()
                for _ in range(3):
                    with pytest.raises(SessionExpired):
                        session.auth.create_auth_ticket()
                with pytest.raises(SessionExpired) as caught:
                    session.auth.generate_password()
                assert caught.value.request_sent == "no"
                assert isinstance(caught.value, ApiException)
            if when == "at the end":
                server.end_sessions()
        assert whoami(session) == "admin"
    meant_for_user = [request for request in server.requests if request.path.endswith("/generate-password")]
    assert meant_for_user == []


@pytest.mark.parametrize("failure", [500, 403])
def test_stop_that_fails_logs_the_session_out(
    failure: int, recorder: RecordingServer, caplog: pytest.LogCaptureFixture
) -> None:
    identity = {"name": "nobody"}

    def answer(request: Recorded) -> CannedResponse:
        name = request.path.rpartition("/")[2]
        if name == "stop":
            return CannedResponse(failure, b'{"detail": "No."}')
        if name in ("login", "logout", "impersonation"):
            identity["name"] = {"login": "admin", "logout": "nobody", "impersonation": "user"}[name]
            headers = [("Set-Cookie", "sessionid=S; Path=/")] if name == "login" else []
            return CannedResponse(200, b'{"user": {"id": 1, "username": "admin"}}', headers)
        if request.header("Cookie") is None or identity["name"] == "nobody":
            return CannedResponse(401, b"{}")
        return CannedResponse(200, b'{"ticket": "t", "id": 2, "username": "%s"}' % identity["name"].encode())

    recorder.answer = answer
    with Session(Configuration(host=recorder.host), "u", "p") as session:
        with session.impersonate(2) as user:
            assert user.username == "user"
        assert identity["name"] == "nobody"
        assert whoami(session) == "admin"
    assert "the end of an impersonation failed, so the session logs out" in caplog.text


def test_logout_that_fails_is_only_logged(recorder: RecordingServer, caplog: pytest.LogCaptureFixture) -> None:
    recorder.answers('{"user": {"id": 1, "username": "u"}}')
    with Session(Configuration(host=recorder.host), "u", "p"):
        recorder.answers("{}", 500)
    assert "the logout failed" in caplog.text


def test_unreachable_server_at_the_login_is_a_connection_error() -> None:
    with pytest.raises(ApiConnectionError), Session(Configuration(host="http://127.0.0.1:9"), "u", "p"):
        raise AssertionError("the block must not be entered")


def test_session_does_not_travel() -> None:
    with pytest.raises(ApiTypeError, match="a Session cannot be pickled"):
        pickle.dumps(Session(Configuration(), "u", "p"))


def test_call_api_does_not_change_the_identity_behind_the_session_either(server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        client = session.auth.api_client
        for path in ("login", "impersonation", "impersonation/", "impersonation/stop"):
            with pytest.raises(ApiValueError, match=r"a Session does .* by itself"):
                client.call_api(f"/api/2/auth/{path}", "POST", body={"user": server.user.id})
        assert whoami(session) == "admin"


def test_session_that_is_not_open_makes_no_calls(server: Sandbox) -> None:
    session = session_of(server, server.user)
    with pytest.raises(ApiValueError, match="the session is not open"):
        session.auth.create_auth_ticket()
    with session:
        assert whoami(session) == "user"
    before = len(server.requests)
    with pytest.raises(ApiValueError, match="the session is not open"):
        session.auth.create_auth_ticket()
    assert len(server.requests) == before


def test_new_password_that_was_not_asked_for_is_not_used(server: Sandbox) -> None:
    with session_of(server, server.user, new_password="Brand-New-Pass-77") as session:
        server.end_sessions()
        assert whoami(session) == "user"
    assert logins(server) == 2


def test_start_that_is_refused_costs_nothing_else(server: Sandbox) -> None:
    with session_of(server, server.admin) as session:
        before = len(server.requests)
        number: Any = "x"
        with pytest.raises(ApiValueError), session.impersonate(number):
            raise AssertionError("the block must not be entered")
        assert len(server.requests) == before
        with pytest.raises(ApiException), session.impersonate(999):
            raise AssertionError("the block must not be entered")
        assert len(server.requests) == before + 1
        assert whoami(session) == "admin"
    assert logins(server) == 1


def test_start_refused_by_403_for_want_of_a_session_logs_in_again(recorder: RecordingServer) -> None:
    english = b'{"detail": "Authentication credentials were not provided."}'
    starts = iter([CannedResponse(403, english), CannedResponse(200, b"")])

    def answer(request: Recorded) -> CannedResponse:
        name = request.path.rpartition("/")[2]
        if name == "impersonation":
            return next(starts)
        return CannedResponse(200, b'{"user": {"id": 1, "username": "u"}, "ticket": "t", "id": 2, "username": "v"}')

    recorder.answer = answer
    with Session(Configuration(host=recorder.host), "u", "p") as session, session.impersonate(2) as user:
        assert user.username == "v"
    paths = [request.path.rpartition("/")[2] for request in recorder.requests]
    assert paths[:4] == ["login", "impersonation", "login", "impersonation"]
    assert paths[-2:] == ["stop", "logout"]


def test_server_that_makes_us_somebody_else_than_asked_is_an_error(recorder: RecordingServer) -> None:
    recorder.answers('{"user": {"id": 1, "username": "u"}, "ticket": "t", "id": 3, "username": "w"}')
    with (
        Session(Configuration(host=recorder.host), "u", "p") as session,
        pytest.raises(ApiException, match="takes the session for user 3, not 2"),
        session.impersonate(2),
    ):
        raise AssertionError("the block must not be entered")
    assert [request.path.rpartition("/")[2] for request in recorder.requests][-2:] == ["stop", "logout"]


def test_otp_function_that_uses_the_session_is_an_error_and_no_deadlock(server: Sandbox) -> None:
    def code() -> str:
        session.login_again()
        return "never"

    async def code_to_await() -> str:
        await session._inner.login_again()  # type: ignore[attr-defined]  # of the asyncio session
        return "never"

    session = session_of(server, server.otp_user, otp=code_to_await if is_asyncio() else code)
    with pytest.raises(ApiValueError, match="an otp function must not use the session"), session:
        raise AssertionError("the block must not be entered")


def test_client_of_a_session_is_not_copied() -> None:
    session = Session(Configuration(), "u", "p")
    for travel in (copy.deepcopy, pickle.dumps):
        with pytest.raises(ApiTypeError, match="the client of a Session cannot be"):
            travel(session.auth.api_client)
