"""API keys that are renewed, the environment, and what pickling and copying do to credentials."""

from __future__ import annotations

import copy
import os
import pickle
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from elements_sdk import ApiValueError, Configuration, UnauthorizedException
from elements_sdk._config.environment import TokenFile
from elements_sdk.sandbox import Sandbox
from test.both_clients import ApiClient, AuthApi, both_kinds, only_blocking
from test.recording import CannedResponse, Recorded, RecordingServer

pytestmark = both_kinds


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


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in list(os.environ):
        if name.startswith("ELEMENTS_"):
            monkeypatch.delenv(name)
    return monkeypatch


def test_environment_makes_a_configuration(environment: pytest.MonkeyPatch, sandbox: Sandbox, tmp_path: Path) -> None:
    environment.setenv("ELEMENTS_HOST", sandbox.host + "/")
    environment.setenv("ELEMENTS_API_TOKEN", sandbox.user.api_token)
    environment.setenv("ELEMENTS_USERNAME", "uma")
    environment.setenv("ELEMENTS_PASSWORD", "secret")
    environment.setenv("ELEMENTS_TIMEOUT", "5,30.5")
    environment.setenv("ELEMENTS_TOTAL_TIMEOUT", "90.5")
    (tmp_path / "ca.pem").write_text("")
    environment.setenv("ELEMENTS_CA_FILE", str(tmp_path / "ca.pem"))
    configuration = Configuration.from_env()
    assert (configuration.host, configuration.username, configuration.password) == (sandbox.host, "uma", "secret")
    assert (configuration.timeout, configuration.ssl_ca_cert) == ((5.0, 30.5), str(tmp_path / "ca.pem"))
    assert configuration.total_timeout == 90.5
    configuration.ssl_ca_cert = None
    assert AuthApi(ApiClient(configuration)).get_all_access_tokens(limit=1)
    environment.setenv("ELEMENTS_TIMEOUT", "7")
    assert Configuration.from_env().timeout == (7.0, 7.0)


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


def test_copies_share_a_token_file_and_none_stays_behind(environment: pytest.MonkeyPatch, tmp_path: Path) -> None:
    file = tmp_path / "token"
    file.write_text("OLD")
    environment.setenv("ELEMENTS_HOST", "https://storage.example.com")
    environment.setenv("ELEMENTS_API_TOKEN_FILE", str(file))
    first = Configuration.from_env()
    second = copy.deepcopy(first)
    file.write_text("NEWER")
    assert [one.get_api_key_with_prefix("Bearer") for one in (second, first)] == ["Bearer NEWER"] * 2
    assert b"NEWER" not in pickle.dumps(first)
    file.write_text("two\nlines")
    with pytest.raises(ApiValueError, match="ELEMENTS_API_TOKEN_FILE holds a token that must be printable ASCII"):
        first.get_api_key_with_prefix("Bearer")


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"ELEMENTS_HOST": ""}, "ELEMENTS_HOST is not set"),
        ({"ELEMENTS_HOST": "SECRET.example.com"}, "ELEMENTS_HOST must begin with http"),
        ({"ELEMENTS_HOST": "https://SECRET@x"}, "ELEMENTS_HOST must not hold a user name"),
        ({"ELEMENTS_TIMEOUT": "SECRET"}, "ELEMENTS_TIMEOUT must be a number of seconds"),
        ({"ELEMENTS_TOTAL_TIMEOUT": "SECRET"}, "ELEMENTS_TOTAL_TIMEOUT must be a number of seconds"),
        ({"ELEMENTS_TOTAL_TIMEOUT": "1,2"}, "ELEMENTS_TOTAL_TIMEOUT must be a number of seconds"),
        ({"ELEMENTS_TOTAL_TIMEOUT": "0"}, "ELEMENTS_TOTAL_TIMEOUT must be a positive number"),
        ({"ELEMENTS_TIMEOUT": "-1"}, "ELEMENTS_TIMEOUT must be a positive number"),
        ({"ELEMENTS_TIMEOUT": "1,2,3"}, "ELEMENTS_TIMEOUT must be a number of seconds, or two"),
        ({"ELEMENTS_API_TOKEN": "SECRET\nX: 1"}, "ELEMENTS_API_TOKEN must be printable ASCII"),
        ({"ELEMENTS_API_TOKEN_FILE": "/no/SECRET"}, "ELEMENTS_API_TOKEN_FILE cannot be read: No such file"),
        ({"ELEMENTS_API_TOKEN_FILE": os.devnull}, "ELEMENTS_API_TOKEN_FILE cannot be read: it is empty"),
        ({"ELEMENTS_API_TOKEN": "SECRET", "ELEMENTS_API_TOKEN_FILE": "SECRET"}, "are both set; keep one"),
    ],
)
def test_malformed_variable_is_named_and_not_shown(
    variables: dict[str, str], words: str, environment: pytest.MonkeyPatch
) -> None:
    for name, value in {"ELEMENTS_HOST": "https://storage.example.com", **variables}.items():
        environment.setenv(name, value)
    with pytest.raises(ApiValueError, match=words) as caught:
        Configuration.from_env()
    assert "SECRET" not in str(caught.value)
    for frame, _line in traceback.walk_tb(caught.value.__traceback__):
        if "elements_sdk" in frame.f_code.co_filename:
            assert "SECRET" not in repr(frame.f_locals)


def test_pickle_leaves_credentials_out_and_the_first_call_says_so(sandbox: Sandbox) -> None:
    configuration = sandbox.configuration()
    configuration.password = "SECRETPASSWORD"
    client = ApiClient(configuration)
    client.default_headers["X-Team"] = "SECRETHEADER"
    for thing in (configuration, client):
        data = pickle.dumps(thing)
        assert sandbox.user.api_token.encode() not in data
        assert b"SECRET" not in data
    clone: ApiClient = pickle.loads(pickle.dumps(ApiClient(configuration)))
    with pytest.raises(ApiValueError, match="this configuration was pickled without its api_key"):
        AuthApi(clone).create_auth_ticket()
    clone.configuration.api_key["Bearer"] = sandbox.user.api_token
    assert AuthApi(clone).create_auth_ticket().ticket
    with pytest.raises(ApiValueError, match="this client was pickled without its X-Team"):
        AuthApi(_with_key(pickle.loads(pickle.dumps(client)), sandbox)).create_auth_ticket()
    assert pickle.loads(pickle.dumps(Configuration(host=sandbox.host))) is not None
    AuthApi(pickle.loads(pickle.dumps(ApiClient(Configuration(host=sandbox.host))))).logout()


def _with_key(client: ApiClient, sandbox: Sandbox) -> ApiClient:
    client.configuration.api_key["Bearer"] = sandbox.user.api_token
    return client


def test_pickled_client_that_was_logged_in_says_that_it_is_not(sandbox: Sandbox) -> None:
    with ApiClient(Configuration(host=sandbox.host)) as client:
        credentials: Any = {"username": "user", "password": sandbox.user.password}
        AuthApi(client).login(credentials)
        clone = AuthApi(pickle.loads(pickle.dumps(client)))
    with pytest.raises(ApiValueError, match="this client was pickled without its session"):
        clone.create_auth_ticket()
    clone.login(credentials)
    assert clone.create_auth_ticket().ticket


def test_pickle_keeps_credentials_if_asked(sandbox: Sandbox) -> None:
    configuration = sandbox.configuration()
    configuration.pickle_credentials = True
    client = ApiClient(configuration, "X-Team", "one", cookie="a=1")
    clone: ApiClient = pickle.loads(pickle.dumps(client))
    assert AuthApi(clone).create_auth_ticket().ticket
    assert (clone.default_headers["X-Team"], clone.cookie) == ("one", "a=1")


@only_blocking
def test_pickle_keeps_the_number_of_threads() -> None:
    assert pickle.loads(pickle.dumps(ApiClient(pool_threads=2))).pool_threads == 2


def test_hook_that_cannot_be_pickled_is_named(tmp_path: Path) -> None:
    configuration = Configuration()
    configuration.refresh_api_key_hook = lambda _configuration: None
    with pytest.raises(ApiValueError, match="refresh_api_key_hook cannot be pickled"):
        pickle.dumps(configuration)
    (tmp_path / "token").write_text("KEY")
    configuration.refresh_api_key_hook = TokenFile(str(tmp_path / "token"))
    clone: Configuration = pickle.loads(pickle.dumps(configuration))
    assert clone.get_api_key_with_prefix("Bearer") == "Bearer KEY"


def test_deepcopy_of_a_client_keeps_key_and_session(sandbox: Sandbox) -> None:
    with ApiClient(sandbox.configuration(), "X-Team", "one") as client:
        clone = copy.deepcopy(client)
        assert AuthApi(clone).create_auth_ticket().ticket
        assert clone.default_headers == client.default_headers
        assert clone.rest_client is not client.rest_client
        clone.close()
    with ApiClient(Configuration(host=sandbox.host)) as client:
        AuthApi(client).login({"username": "user", "password": sandbox.user.password})
        with copy.deepcopy(client) as clone:
            assert AuthApi(clone).check_auth_ticket(AuthApi(clone).create_auth_ticket()).username == "user"
        assert AuthApi(client).check_auth_ticket(AuthApi(client).create_auth_ticket()).username == "user"


@pytest.mark.parametrize(
    ("lines", "path", "sent"),
    [
        (["a=1; Path=/"], "/x", {"a=1"}),
        (["a=1; Path=/api"], "/other", set()),
        (["a=1; Path=/api"], "/api/x", {"a=1"}),
        (["a=1; Secure; Path=/"], "/x", set()),
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
