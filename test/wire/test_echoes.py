"""What a request sent as a secret is masked wherever the answer repeats it, in whatever spelling."""

from __future__ import annotations

import html
import json
import logging
import re
import traceback
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import pytest

from elements_sdk import ApiException, Configuration, LoginFailed
from elements_sdk.api import auth_api
from test.both_clients import ApiClient, AuthApi, Session, both_kinds, only_blocking
from test.command_line import run_here
from test.faults.server import Conversation, FaultServer, Seen
from test.recording import CannedResponse, RecordingServer

pytestmark = both_kinds

CORE = "m4rk3r"  # it is part of each secret, and of nothing else
SECRET = f'ä"{CORE} &<b>\\n%41+/'
KEY = f"key-{CORE}"


def unescaped(text: str) -> str:
    return text.encode().decode("unicode_escape").encode("latin-1", "replace").decode("utf-8", "replace")


# How a server writes what it repeats.
SPELLINGS: list[Callable[[str], str]] = [
    str,
    html.escape,
    lambda text: text.replace('"', "&#34;").replace("ä", "&auml;").replace("<", "&LT;"),
    lambda text: html.escape(html.escape(text)),
    quote,
    quote_plus,
    lambda text: quote(text, safe="").lower(),
    lambda text: quote(quote(text)),
    json.dumps,
    lambda text: json.dumps(text, ensure_ascii=False).replace("/", "\\/"),
    lambda text: json.dumps(text).replace("<", "\\u003C").replace("&", "\\u0026"),
    lambda text: json.dumps(json.dumps(text)),
]


def page(echo: str) -> bytes:
    return f"<html><title>Oops</title><p>{echo}</p></html>".encode()


def data(echo: str) -> bytes:
    return json.dumps({"detail": f"not {echo}", "rows": [{echo: [f"bad {echo}"]}], "reason": echo}).encode()


def echoing(status: int, write: Callable[[str], bytes]) -> Callable[[Conversation], None]:
    """Return a behaviour that repeats what it got in the reason phrase, the headers and the body."""

    def behave(conversation: Conversation) -> None:
        while (seen := conversation.read_request()) is not None:
            echo = everything_of(seen)
            line = quote(echo)
            body = write(echo)
            head = f"HTTP/1.1 {status} No {line}\r\nX-Echo: {line}\r\nLocation: /else/{line}\r\n"
            conversation.raw.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body)

    return behave


def everything_of(seen: Seen) -> str:
    given = [seen.target, unquote(seen.target), seen.body.decode(), unquote_plus(seen.body.decode())]
    if seen.body[:1] == b"{":
        given.append(str(json.loads(seen.body)))
    return " ; ".join(
        [*given, SECRET, str(seen.headers)]
        if CORE in f"{given}" and "/else" not in given[0]
        else [*given, str(seen.headers)]
    )


def shown(error: ApiException) -> str:
    attributes = ("reason", "body", "headers", "detail", "errors", "path", "login_reason")
    told = [f"{getattr(error, name, None)}" for name in attributes]
    return "\n".join([*told, repr(error), str(error), str(error.args), *traceback.format_exception(error)])


BODIES: dict[str, Any] = {
    "login": {"username": "u", "password": SECRET, "otp": SECRET, "new_password": SECRET},
    "check_auth_ticket": {"ticket": SECRET},
    "reset_password": {"token": SECRET, "password": SECRET},
}


@pytest.mark.parametrize(("status", "write"), [(400, data), (403, page), (404, data), (500, page), (307, data)])
def test_no_call_shows_what_it_sent(status: int, write: Callable[[str], bytes], caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "elements_sdk")
    with FaultServer(echoing(status, write)) as server:
        with ApiClient(Configuration(host=server.host, api_key={"Bearer": KEY}, retries=0)) as client:
            for operation in auth_api.OPERATIONS:
                arguments: list[Any] = [item.example or 7 for item in operation.parameters if item.required]
                if operation.body:
                    arguments.append(BODIES.get(operation.name, dict(operation.body_example)))
                with pytest.raises(ApiException) as caught:
                    getattr(AuthApi(client), operation.name)(*arguments)
                assert CORE not in shown(caught.value), operation.name
                assert "***" in shown(caught.value)
            assert CORE not in repr(client.last_response)
        assert any(CORE in str(seen.body) for seen in server.requests)
    assert CORE not in caplog.text


def raw_calls(client: Any, file: Path) -> list[Callable[[], Any]]:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    parts = {"Content-Type": "multipart/form-data"}
    post: Callable[..., Any] = partial(client.call_api, "/api/x", "POST")
    return [
        partial(client.call_api, f"/api/x?access_key={quote(SECRET)}", "GET"),
        partial(client.call_api, "/api/{tokenId}/x", "GET", path_params={"tokenId": SECRET}),
        partial(client.call_api, "/api/x", "GET", query_params={"apiKey": SECRET}),
        partial(client.call_api, "/api/x", "GET", query_params=[("client_secret", SECRET), ("a", "b")]),
        partial(post, header_params=form, post_params={"old_password": SECRET, "a": "b"}),
        partial(post, header_params=form, post_params=[("TOKEN", SECRET)]),
        partial(post, header_params=parts, post_params={"password2": SECRET}),
        partial(post, header_params=parts, files={"private_key": str(file)}),
        partial(post, body={"old_password": SECRET}),
        partial(post, body={"users": [{"name": "a", "auth": {"clientSecret": SECRET}}]}),
        partial(post, body={"api_keys": ["b", {"value": SECRET}]}),
        partial(post, body=json.dumps({"PassWord": SECRET}), header_params={"Content-Type": "text/plain"}),
        partial(client.request, "GET", f"{client.configuration.host}/api/x?refresh_token={quote(SECRET)}"),
        partial(client.request, "POST", f"{client.configuration.host}/api/x", body={"secret": SECRET}),
    ]


@pytest.mark.parametrize(("status", "write"), [(400, data), (503, page), (301, data)])
def test_no_call_without_a_method_shows_what_it_sent(
    status: int, write: Callable[[str], bytes], tmp_path: Path
) -> None:
    file = tmp_path / "key.pem"
    file.write_text(SECRET)
    with FaultServer(echoing(status, write)) as server, ApiClient(Configuration(host=server.host)) as client:
        client.configuration.retries = 0
        for call in raw_calls(client, file):
            with pytest.raises(ApiException) as caught:
                call()
            assert CORE not in shown(caught.value), call
            assert "***" in shown(caught.value)


@pytest.mark.parametrize("spelled", SPELLINGS)
def test_every_spelling_is_masked_and_the_rest_is_told(
    spelled: Callable[[str], str], recorder: RecordingServer
) -> None:
    recorder.answers(json.dumps({"detail": f"begin {spelled(SECRET)} end"}), 400, X_Note="fine")
    with ApiClient(Configuration(host=recorder.host)) as client, pytest.raises(ApiException) as caught:
        AuthApi(client).login({"username": "u", "password": SECRET})
    assert CORE not in shown(caught.value)
    detail = caught.value.detail
    assert detail is not None
    assert detail.startswith("begin ")
    assert detail.endswith(" end")
    assert json.loads(caught.value.body or "")["detail"] == detail
    assert caught.value.headers is not None
    assert caught.value.headers["X-Note"] == "fine"


@pytest.mark.parametrize("cut", [65_536, 200, 500, 4_000, 5_000])
def test_secret_at_a_cut_does_not_show_its_half(cut: int, recorder: RecordingServer) -> None:
    """Of the secret's JSON spelling, the first characters are a backslash and a `u`."""
    with ApiClient(Configuration(host=recorder.host)) as client:
        for before in range(cut - 44, cut + 2, 11):
            echo = f"{'z' * before}{SECRET}{'z' * 70_000}"
            for body in (json.dumps({"detail": echo}), json.dumps({echo: [echo]}), f"<p>{echo}</p>"):
                recorder.answers(body, 400)
                with pytest.raises(ApiException) as caught:
                    AuthApi(client).reset_password({"token": SECRET, "password": "longer"})
                assert not re.search(r"ä|\\|m4", shown(caught.value).partition("Traceback")[0])


def test_what_is_no_secret_is_told(recorder: RecordingServer) -> None:
    body = {"password": ["This password is too common."], "name": ["abc is taken, as is nobody."], "token": "abc"}
    recorder.answers(json.dumps(body), 400, Connection="close")
    sent = {"name": "nobody", "password": "abc", "is_token": True, "key": None}
    configuration = Configuration(host=recorder.host, api_key={"Bearer": KEY})
    with ApiClient(configuration) as client, pytest.raises(ApiException) as caught:
        client.call_api("/x", "POST", body=sent)
    told = {"password": ["This password is too common."], "name": ["abc is taken, as is nobody."], "token": ["***"]}
    assert caught.value.errors == told
    assert caught.value.headers is not None
    assert caught.value.headers["Connection"] == "close"


REFUSED = json.dumps({"user": None, "detail": f"{SECRET} is wrong", "reason": f"wrong_{SECRET}"})


@pytest.mark.parametrize("status", [200, 400, 401, 429])
def test_refused_login_of_a_session_shows_no_password(status: int, recorder: RecordingServer) -> None:
    recorder.answers(REFUSED, status, Retry_After="7", X_Echo=quote(SECRET))
    with pytest.raises(LoginFailed) as caught, Session(Configuration(host=recorder.host), "u", SECRET):
        pass
    assert CORE not in shown(caught.value)
    assert caught.value.detail == "*** is wrong"
    assert caught.value.login_reason == "wrong_***"
    assert (caught.value.status, caught.value.retry_after) == (status, 7)
    assert (caught.value.method, caught.value.path) == ("POST", "/api/2/auth/login")


@only_blocking
@pytest.mark.parametrize("command", [["login", "--username", "u", "--password", SECRET], ["logout", "--login", "u"]])
@pytest.mark.parametrize("status", [200, 401])
def test_refused_login_of_the_command_line_shows_no_password(
    command: list[str], status: int, recorder: RecordingServer, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.answers(REFUSED, status)
    given = {"ELEMENTS_HOST": recorder.host, "ELEMENTS_PASSWORD": SECRET}
    done = run_here(capsys, monkeypatch, "auth", *command, **given)
    assert SECRET in [json.loads(request.body)["password"] for request in recorder.requests]
    assert done.returncode == 4
    assert CORE not in done.stdout + done.stderr
    assert "*** is wrong" in done.stderr


def test_success_is_as_the_server_sent_it_and_its_repr_shows_no_echo(recorder: RecordingServer) -> None:
    recorder.answer = lambda _request: CannedResponse(201, json.dumps({"a": SECRET}).encode(), [("X-Key", KEY)])
    with ApiClient(Configuration(host=recorder.host)) as client:
        answer = client.call_api("/x", "POST", body={"password": SECRET, "key": KEY}, response_type="object")
        assert answer.data == {"a": SECRET}
        assert answer.headers["X-Key"] == KEY
        assert KEY not in repr(answer)
        assert CORE not in repr(client.last_response)
