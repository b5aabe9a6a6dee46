"""What a failed call says of how the client was set up, and what a wrong argument says of the right one."""

from __future__ import annotations

import fractions
import gc
import weakref
from typing import Any

import pytest

import elements_sdk
from elements_sdk import (
    ApiException,
    ApiTypeError,
    ApiValueError,
    Configuration,
    OneTimeAccessToken,
    OpenApiException,
    ResponseFormatError,
    ServiceException,
    aio,
)
from elements_sdk._client.hints import NOBODY, TOKEN_REFUSED
from test.both_clients import ApiClient, AuthApi, Session, both_kinds, only_blocking
from test.command_line import run_here
from test.recording import RecordingServer

pytestmark = both_kinds

MISSING = '{"detail": "Authentication credentials were not provided."}'
HINTS: list[tuple[dict[str, Any], str | None]] = [
    ({}, f'{NOBODY}: give Configuration api_key={{"Bearer": ...}}, or take Configuration.from_env(), or use a Session'),
    ({"api_key": {"Bearer": ""}}, f"{NOBODY}: give Configuration api_key="),
    ({"username": "u", "password": "p4ss"}, f"{NOBODY}: username and password of a Configuration are for a Session"),
    ({"password": "p4ss"}, f"{NOBODY}: username and password of a Configuration are for a Session"),
    ({"api_key": {"token": "k3y-k3y"}}, f"{NOBODY}: api_key has a key under a name that is not sent; did you mean 'B"),
    ({"api_key": {"bearer": "k3y-k3y"}, "username": "u"}, "did you mean 'Bearer'?"),
    ({"api_key": {"k3y-k3y": "Bearer"}}, "did you mean 'Bearer'?"),
    ({"api_key": {"Bearer": "k3y-k3y"}}, TOKEN_REFUSED),
    ({"api_key": {"Authorization": "k3y-k3y"}}, TOKEN_REFUSED),
]


@pytest.mark.parametrize("status", [401, 403])
@pytest.mark.parametrize(("settings", "hint"), HINTS)
def test_refusal_says_how_to_say_who_is_calling(
    settings: dict[str, Any], hint: str, status: int, recorder: RecordingServer
) -> None:
    recorder.answers(MISSING, status)
    with ApiClient(Configuration(host=recorder.host, **settings)) as client:
        for call in (AuthApi(client).create_auth_ticket, AuthApi(client).get_all_access_tokens):
            with pytest.raises(ApiException) as caught:
                call()
            assert hint in str(caught.value)
            assert hint in str(caught.value.hint)
            assert "k3y" not in str(caught.value)
            assert caught.value.detail == "Authentication credentials were not provided."


def test_no_hint_where_somebody_is_calling_or_another_server_is_called(recorder: RecordingServer) -> None:
    recorder.answers(MISSING, 401)
    with ApiClient(Configuration(host=recorder.host), cookie="sessionid=s3ssion") as client:
        with pytest.raises(ApiException) as caught:
            AuthApi(client).create_auth_ticket()
        assert caught.value.hint == type(caught.value).hint
        with pytest.raises(ApiException) as caught:
            client.call_api("/x", "GET", {}, [], {"authorization": "t0ken"}, _host=elsewhere(recorder))
        assert caught.value.hint == type(caught.value).hint
    with ApiClient(Configuration(host=recorder.host)) as client:
        with pytest.raises(ApiException) as caught:
            AuthApi(client).login({"username": "u", "password": "p4ss"})
        assert caught.value.hint == type(caught.value).hint
    with ApiClient(Configuration(host=recorder.host, api_key={"Bearer": "k3y"})) as client:
        with pytest.raises(ApiException, match="sends the API key only with auth_settings="):
            client.call_api("/x", "GET")
        recorder.answers('{"detail": "No."}', 403)
        with pytest.raises(ApiException) as caught:
            AuthApi(client).create_auth_ticket()
        assert caught.value.hint == type(caught.value).hint


def elsewhere(recorder: RecordingServer) -> str:
    return recorder.host.replace("127.0.0.1", "localhost")


@pytest.mark.parametrize("status", [401, 403])
def test_refusal_elsewhere_says_that_no_credentials_were_sent_there(status: int, recorder: RecordingServer) -> None:
    recorder.answers('{"user": {"id": 1}}')
    with Session(Configuration(host=recorder.host), "u", "p4ss") as session:
        recorder.answers(MISSING, status)
        own = ApiClient(Configuration(host=recorder.host, api_key={"Bearer": "k3y"}))
        for client in (session.api_client, own):
            with pytest.raises(ApiException, match="no credentials of the client were sent there"):
                client.call_api("/x", "GET", auth_settings=["Bearer"], _host=elsewhere(recorder))
            with pytest.raises(ApiException, match="no credentials of the client were sent there"):
                client.request("GET", f"{elsewhere(recorder)}/x")
        own.close()
        assert [request.path for request in recorder.requests].count("/x") == 4
        recorder.answers("{}")


@pytest.mark.parametrize(("status", "body"), [(418, "{}"), (404, "<h1>Not Found</h1>"), (200, "<h1>Welcome</h1>")])
def test_failure_elsewhere_is_not_blamed_on_the_configured_host(
    status: int, body: str, recorder: RecordingServer
) -> None:
    recorder.answers(body, status, Content_Type="text/html")
    with ApiClient(Configuration(host=recorder.host)) as client, pytest.raises(ApiException) as caught:
        client.call_api("/x", "GET", response_type="object", _host=elsewhere(recorder))
    assert "the address" in str(caught.value)
    assert "Configuration" not in str(caught.value)


@only_blocking  # a task keeps its exception
@pytest.mark.parametrize("call", ["request", "another host", "documented"])
def test_no_error_outlives_its_handler(call: str, recorder: RecordingServer) -> None:
    def kept() -> weakref.ref[ApiException]:
        try:
            if call == "request":
                client.request("GET", f"{elsewhere(recorder)}/x")
            elif call == "another host":
                client.call_api("/x", "GET", _host=elsewhere(recorder))
            else:
                AuthApi(client).create_auth_ticket()
        except ApiException as error:
            return weakref.ref(error)
        raise AssertionError("it did not fail")

    recorder.answers("{}", 401)
    with ApiClient(Configuration(host=recorder.host)) as client:
        kept()  # what is made once, at the first call, is made
        gc.disable()
        try:
            assert kept()() is None
        finally:
            gc.enable()


@pytest.mark.parametrize("status", [400, 403, 404, 418])
def test_page_of_another_server_is_no_word_on_the_call(status: int, recorder: RecordingServer) -> None:
    told = "check what was sent, and whether Configuration.host is the server that has this call"
    recorder.answers("<h1>The plain HTTP request was sent to HTTPS port</h1>", status, Content_Type="text/html")
    with ApiClient(Configuration(host=recorder.host)) as client:
        with pytest.raises(ApiException) as caught:
            AuthApi(client).get_all_access_tokens()
        assert caught.value.hint == told
        recorder.answers('{"detail": "No."}', status)
        with pytest.raises(ApiException) as caught:
            AuthApi(client).get_all_access_tokens()
        assert caught.value.hint == (type(caught.value).hint or told)


@pytest.mark.parametrize("status", [500, 502, 504])
@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_change_that_the_server_failed_at_may_be_done(method: str, status: int, recorder: RecordingServer) -> None:
    recorder.answers("<h1>Bad Gateway</h1>", status, Content_Type="text/html")
    with ApiClient(Configuration(host=recorder.host, retries=0)) as client:
        with pytest.raises(ServiceException, match="look whether it was done before you try again"):
            client.send(method, "/api/2/things/7")
        with pytest.raises(ServiceException) as caught:
            client.send("GET", "/api/2/things/7")
        assert caught.value.hint == ServiceException.hint


@pytest.mark.parametrize("is_strict", [True, False])
@pytest.mark.parametrize("answer", ['{"detail": "Hello"}', "7", '[{"id": "one"}]'])
def test_json_that_is_not_what_was_asked_for_is_to_be_compared(
    answer: str, is_strict: bool, recorder: RecordingServer
) -> None:
    recorder.answers(answer)
    returns = list[OneTimeAccessToken] if is_strict else fractions.Fraction
    said = pytest.raises(ResponseFormatError, match="compare the answer with what was asked for")
    with ApiClient(Configuration(host=recorder.host, strict_responses=is_strict)) as client, said:
        client.send("GET", "/x", returns=returns)


@pytest.mark.parametrize("status", [404, 405])
@pytest.mark.parametrize(
    ("ending", "twice", "meant"),
    [
        ("/api/2", "/api/2", ""),
        ("/api/2/", "/api/2", ""),
        ("/api", "/api", ""),
        ("/storage/api/2/auth", "/api/2/auth", "/storage"),
        ("/storage", None, None),
        ("", None, None),
    ],
)
def test_host_that_ends_in_a_path_of_the_api_is_told(
    ending: str, twice: str | None, meant: str | None, status: int, recorder: RecordingServer
) -> None:
    recorder.answers("<h1>Not Found</h1>", status, Content_Type="text/html")
    told = f"Configuration.host ends in {twice}, which the path of the call begins with: should it be "
    with ApiClient(Configuration(host=recorder.host + ending)) as client, pytest.raises(ApiException) as caught:
        AuthApi(client).create_auth_ticket()
    assert str(caught.value.hint).partition(told)[2] == (f"{recorder.host}{meant}?" if twice else "")
    with pytest.raises(ApiException) as caught, Session(Configuration(host=recorder.host + ending), "u", "p4ss"):
        pass
    assert str(caught.value.hint).partition(told)[2] == (f"{recorder.host}{meant}?" if twice else "")


@only_blocking
def test_command_line_gives_the_same_hints(
    recorder: RecordingServer, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hint(status: int, *arguments: str, **variables: str) -> str:
        recorder.answers(MISSING, status)
        done = run_here(capsys, monkeypatch, "auth", *arguments, **{"ELEMENTS_HOST": recorder.host, **variables})
        assert done.stderr.count("Hint: ") == 1
        assert done.stderr.count("nobody is calling") <= 1
        return done.stderr.partition("Hint: ")[2]

    set_up = "set ELEMENTS_API_TOKEN or ELEMENTS_API_TOKEN_FILE, or say --login NAME, or: elements-sdk configure\n"
    assert hint(401, "create-auth-ticket") == set_up
    assert hint(401, "check-auth-ticket", "--ticket", "t1cket") == f"{NOBODY}: {set_up}"
    assert hint(401, "create-auth-ticket", ELEMENTS_API_TOKEN="t0ken").startswith(TOKEN_REFUSED)
    assert hint(200, "get-all-access-tokens", ELEMENTS_API_TOKEN="t0ken").startswith("compare the answer with what")
    doubled = hint(404, "create-auth-ticket", ELEMENTS_API_TOKEN="t0ken", ELEMENTS_HOST=f"{recorder.host}/api/2")
    assert doubled == f"--host ends in /api/2, which the path of the call begins with: should it be {recorder.host}?\n"


WRONG: list[tuple[str, dict[str, Any], str]] = [
    ("get_all_access_tokens", {"limits": 1}, "takes no argument 'limits'; did you mean 'limit'.; every call takes"),
    ("get_all_access_tokens", {"shared_bundle": 1}, "did you mean 'shared_bundles'"),
    ("get_access_token", {"token": 1}, "takes no argument 'token'; its own are id; every call takes"),
    ("login", {"username": "u"}, "it goes into data, as in data={.username.: ...} or data=AuthLoginEndpointRequest"),
    ("check_auth_ticket_with_http_info", {"ticket": "t"}, "it goes into data, as in .* or data=Ticket"),
    ("reset_password", {"passwort": "t"}, "it goes into data, as in data={.password.: ...}"),
    ("iter_access_tokens", {"limits": 1}, "takes no argument 'limits': page_size says how many"),
    ("iter_access_tokens", {"usr": 1}, "takes no argument 'usr'; did you mean 'user'"),
    ("iter_access_tokens", {"pagesize": 1}, "did you mean 'page_size'"),
    ("start_impersonation", {"data": 7}, "takes an ImpersonationEndpointRequest or a dict as data, not an int"),
]


@pytest.mark.parametrize(("method", "options", "words"), WRONG)
def test_wrong_keyword_names_the_right_one(
    method: str, options: dict[str, Any], words: str, recorder: RecordingServer
) -> None:
    with ApiClient(Configuration(host=recorder.host)) as client, pytest.raises(ApiTypeError, match=words):
        getattr(AuthApi(client), method)(**options)
    assert recorder.requests == []


@only_blocking
@pytest.mark.parametrize("module", [elements_sdk, aio])
def test_what_is_mistaken_for_something_else_is_named(module: Any) -> None:
    with pytest.raises(ApiTypeError, match=r"AuthApi takes an ApiClient, not a Configuration: .* ApiClient\(config"):
        module.AuthApi(Configuration())
    with pytest.raises(ApiTypeError, match=r"AuthApi takes an ApiClient, not a str: give it ApiClient\(Conf"):
        module.AuthApi("http://localhost")
    for wrong, kind in (("http://localhost", "a str"), ({"host": "http://localhost"}, "a dict"), (7, "an int")):
        for maker in (module.ApiClient, module.Session):
            with pytest.raises(ApiTypeError, match=f"{maker.__name__} takes a Configuration, not {kind}: give it Conf"):
                maker(wrong)


def test_one_class_catches_what_was_refused_here_and_there(recorder: RecordingServer) -> None:
    recorder.answers("{}", 400)
    with ApiClient(Configuration(host=recorder.host)) as client:
        for ticket, kind in (("", ApiValueError), ("spent", ApiException)):
            with pytest.raises(OpenApiException) as caught:
                AuthApi(client).check_auth_ticket({"ticket": ticket})
            assert isinstance(caught.value, kind)
