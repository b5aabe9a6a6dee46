"""API keys that are renewed, headers and keys that change, and the rules of cookies."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiValueError, Configuration, DeadlineExceeded, UnauthorizedException
from test.both_clients import ApiClient, AuthApi, only_blocking, with_override
from test.processes.watching import in_threads
from test.recording import CannedResponse, Recorded, RecordingServer

pytestmark = with_override


def keyed(valid: set[str]) -> Any:
    """Return a handler that accepts these keys."""

    def answer(request: Recorded) -> CannedResponse:
        is_valid = request.header("Authorization") in {f"Bearer {key}" for key in valid}
        return (
            CannedResponse(200, b'{"ticket": "t"}')
            if is_valid
            else CannedResponse(401, b'{"detail": "Invalid token."}')
        )

    return answer


class Renewal:
    """A hook that notes its calls and renews the key at those of the numbers given."""

    def __init__(self, *keys: str) -> None:
        self.keys = list(keys)
        self.calls = 0

    def __call__(self, configuration: Configuration) -> None:
        configuration.api_key["Bearer"] = self.keys[min(self.calls, len(self.keys) - 1)]
        self.calls += 1


def client_with(hook: Any, host: str) -> AuthApi:
    configuration = Configuration(host=host)
    configuration.refresh_api_key_hook = hook
    return AuthApi(ApiClient(configuration))


def test_refused_key_is_renewed_once_and_the_call_retried(recorder: RecordingServer) -> None:
    recorder.answer = keyed({"NEW"})
    hook = Renewal("OLD", "NEW")
    assert client_with(hook, recorder.host).create_auth_ticket().ticket == "t"
    assert [request.header("Authorization") for request in recorder.requests] == ["Bearer OLD", "Bearer NEW"]
    assert hook.calls == 2


def test_key_that_stays_refused_is_tried_twice_only(recorder: RecordingServer) -> None:
    recorder.answer = keyed(set())
    with pytest.raises(UnauthorizedException) as caught:
        client_with(Renewal("OLD"), recorder.host).create_auth_ticket()
    assert caught.value.attempts == len(recorder.requests) == 2


def test_without_a_hook_a_refused_call_is_not_retried(recorder: RecordingServer) -> None:
    recorder.answer = keyed(set())
    with pytest.raises(UnauthorizedException) as caught:
        AuthApi(ApiClient(Configuration(host=recorder.host, api_key={"Bearer": "OLD"}))).create_auth_ticket()
    assert caught.value.attempts == len(recorder.requests) == 1


def test_refused_login_is_never_retried(recorder: RecordingServer) -> None:
    recorder.answer = keyed(set())
    with pytest.raises(Exception, match="Invalid token"):
        client_with(Renewal("OLD"), recorder.host).login({"username": "u", "password": "p"})
    assert len(recorder.requests) == 1


def test_key_is_renewed_by_one_thread_at_a_time(recorder: RecordingServer) -> None:
    recorder.answer = keyed({"NEW"})
    inside, most, lock = [0], [0], threading.Lock()

    def renew(configuration: Configuration) -> None:
        if configuration.api_key.get("Bearer") == "NEW":
            return
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        configuration.api_key["Bearer"] = "NEW"
        with lock:
            inside[0] -= 1

    auth = client_with(renew, recorder.host)
    threads = [threading.Thread(target=auth.create_auth_ticket) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(recorder.requests) >= 8


def test_key_that_takes_long_to_renew_is_renewed_once_for_all_threads(recorder: RecordingServer) -> None:
    answer, are_refused, renewals = keyed({"NEW"}), threading.Event(), list[str]()
    together = threading.Barrier(10, are_refused.set)

    def answer_together(request: Recorded) -> CannedResponse:
        if request.header("Authorization") == "Bearer OLD":
            together.wait(10)
        return answer(request)  # type: ignore[no-any-return]

    def renew(configuration: Configuration) -> None:
        if are_refused.is_set():
            renewals.append("NEW")
            time.sleep(0.6)
        configuration.api_key["Bearer"] = "NEW" if are_refused.is_set() else "OLD"

    recorder.answer = answer_together
    auth = client_with(renew, recorder.host)
    tickets: list[object] = []
    in_threads(lambda _: tickets.append(auth.create_auth_ticket(_request_timeout=5)), 10)
    assert renewals == ["NEW"]
    assert [request.header("Authorization") for request in recorder.requests[10:]] == ["Bearer NEW"] * 10
    assert len(tickets) == 10


@only_blocking  # in asyncio the hook blocks the loop
def test_call_waits_no_longer_than_its_limit_for_a_key_that_another_renews(recorder: RecordingServer) -> None:
    recorder.answer = keyed({"NEW"})
    renewing, go = threading.Event(), threading.Event()

    def renew(configuration: Configuration) -> None:
        if recorder.requests and not renewing.is_set():
            renewing.set()
            go.wait(20)
        configuration.api_key["Bearer"] = "NEW" if go.is_set() else "OLD"

    auth = client_with(renew, recorder.host)
    first = threading.Thread(target=auth.create_auth_ticket)
    first.start()
    assert renewing.wait(5)
    with pytest.raises(DeadlineExceeded) as caught:
        auth.create_auth_ticket(_request_timeout=0.5)
    assert caught.value.phase == "waiting for the key to be renewed"
    assert not go.is_set()
    go.set()
    first.join()


def test_token_file_is_read_again_when_it_changes(
    environment: pytest.MonkeyPatch, recorder: RecordingServer, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("ONE\n")
    environment.setenv("ELEMENTS_HOST", recorder.host)
    environment.setenv("ELEMENTS_API_TOKEN_FILE", str(file))
    recorder.answers('{"ticket": "t"}')
    auth = AuthApi(ApiClient(Configuration.from_env()))
    auth.create_auth_ticket()
    file.write_text("Bearer LONGER\r\n", "utf-8-sig")  # as some editors save it
    auth.create_auth_ticket()
    file.unlink()
    with pytest.raises(ApiValueError, match="ELEMENTS_API_TOKEN_FILE cannot be read: No such file"):
        auth.create_auth_ticket()
    assert [request.header("Authorization") for request in recorder.requests] == ["Bearer ONE", "Bearer LONGER"]


@pytest.mark.parametrize(
    ("lines", "path", "sent"),
    [
        (["a=1; Path=/"], "/x", {"a=1"}),
        (["a=1; Path=/api"], "/other", set()),
        (["a=1; Path=/api"], "/api/x", {"a=1"}),
        (["a=1; Secure; Path=/"], "/x", {"a=1"}),
        (["a=1; Domain=example.com; Path=/"], "/x", set()),
        (["a=1; Domain=127.0.0.1; Path=/"], "/x", {"a=1"}),
        (["a=1; Max-Age=0; Path=/"], "/x", set()),
        (["a=1; Max-Age=1000; Path=/"], "/x", {"a=1"}),
        (["a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"], "/x", set()),
        (["a=1; Expires=nonsense; Path=/"], "/x", {"a=1"}),
        (["bad[name]=1; Path=/", "sessionid=S; Path=/"], "/x", {"bad[name]=1", "sessionid=S"}),
        (["a=1; Path=/", "a=2; Path=/"], "/x", {"a=2"}),
        (["a=1; Path=/", "b=2; Expires=Wed, 01 Dec 2100 00:00:00 GMT; Path=/"], "/x", {"a=1", "b=2"}),
        (["=1", ";;;", "", "a"], "/x", None),
    ],
)
def test_rules_of_cookies(lines: list[str], path: str, sent: set[str] | None, recorder: RecordingServer) -> None:
    recorder.answer = lambda _request: CannedResponse(200, b"{}", [("Set-Cookie", line) for line in lines])
    with ApiClient(Configuration(host=recorder.host)) as client:
        client.call_api("/api/set", "GET")
        recorder.answers("{}")
        client.call_api(path, "GET")
    if sent is not None:
        cookie = recorder.last.header("Cookie")
        assert set(cookie.split("; ") if cookie else []) == sent


def headers_of_two_calls(recorder: RecordingServer, auth: AuthApi, change: Callable[[], object]) -> list[str | None]:
    recorder.answers('{"ticket": "t"}')
    auth.create_auth_ticket()
    change()
    auth.create_auth_ticket()
    return [request.header("Authorization") for request in recorder.requests]


def test_key_and_headers_are_read_at_each_call(recorder: RecordingServer) -> None:
    configuration = Configuration(host=recorder.host, api_key={"Bearer": "ONE"})
    auth = AuthApi(ApiClient(configuration))
    found = headers_of_two_calls(recorder, auth, lambda: configuration.api_key.update(Bearer="TWO"))
    assert found == ["Bearer ONE", "Bearer TWO"]


def test_default_headers_may_be_replaced(recorder: RecordingServer) -> None:
    client = ApiClient(Configuration(host=recorder.host), "Authorization", "Bearer ALICE")
    own = {**client.default_headers, "Authorization": "Bearer BOB"}
    found = headers_of_two_calls(recorder, AuthApi(client), lambda: setattr(client, "default_headers", own))
    assert found == ["Bearer ALICE", "Bearer BOB"]


def test_configuration_of_ones_own_is_asked_for_its_key_at_each_call(recorder: RecordingServer) -> None:
    keys = ["ONE", "TWO"]

    class Vault(Configuration):
        def get_api_key_with_prefix(self, identifier: str) -> str | None:
            return f"Bearer {keys.pop(0)}"

    auth = AuthApi(ApiClient(Vault(host=recorder.host, api_key={"Bearer": "SET"})))
    assert headers_of_two_calls(recorder, auth, lambda: None) == ["Bearer ONE", "Bearer TWO"]


def test_key_that_changes_while_another_thread_reads_it_is_not_lost(
    recorder: RecordingServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = Configuration.get_api_key_with_prefix

    def read_and_change(self: Configuration, identifier: str) -> str | None:
        key = read(self, identifier)
        self.api_key["Bearer"] = "NEW"  # as another thread may do at this moment
        return key

    monkeypatch.setattr(Configuration, "get_api_key_with_prefix", read_and_change)
    auth = AuthApi(ApiClient(Configuration(host=recorder.host, api_key={"Bearer": "OLD"})))
    assert headers_of_two_calls(recorder, auth, lambda: None) == ["Bearer OLD", "Bearer NEW"]
