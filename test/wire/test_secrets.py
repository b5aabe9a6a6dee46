"""Planted secrets: markers go in wherever a secret can, every error comes out, and no marker is where it must not be.

What is searched: log records with their arguments and tracebacks, the log file, standard output and error, warnings;
`str`, `repr`, `args` and pickles of exceptions; the locals of every frame of this package in a traceback, causes and
contexts included; `repr` and pickles of configurations, clients and requests, and `repr` of models and sessions.
"""

from __future__ import annotations

import html
import json
import logging
import pickle
import traceback
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus

import pytest

import elements_sdk
from elements_sdk import ApiException, Configuration, OpenApiException, models
from elements_sdk.api import auth_api
from test.both_clients import BOTH, ApiClient, AuthApi, Session, slow_with_asyncio, with_slow_override
from test.faults.behaviours import answer as answer_of_fault
from test.faults.behaviours import close_after_request
from test.faults.certificates import Authority
from test.faults.server import FaultServer
from test.faults.table import TABLE
from test.recording import CannedResponse, Recorded, RecordingServer
from test.wire.test_reliability import peer_of

pytestmark = with_slow_override

MARKERS = {
    name: f"mark3r-{name}-9f2c"
    for name in (
        "password",
        "newpass",
        "otp",
        "apikey",
        "ticket",
        "share",
        "reset",
        "session",
        "csrf",
        "header",
        "cookie",
        "proxy",
        "passphrase",
    )
}
PACKAGE = str(Path(elements_sdk.__file__).parent)
STATUSES = (301, 400, 401, 403, 404, 409, 422, 429, 500, 502)


def login(kind: type) -> Any:
    values: Any = {
        "username": "uma",
        "password": MARKERS["password"],
        "otp": MARKERS["otp"],
        "new_password": MARKERS["newpass"],
    }
    return values if kind is dict else models.AuthLoginEndpointRequest(**values)


def calls(auth: AuthApi, kind: type) -> list[Callable[..., Any]]:
    ticket: Any = {"ticket": MARKERS["ticket"]} if kind is dict else models.Ticket(ticket=MARKERS["ticket"])
    values: Any = {"token": MARKERS["reset"], "password": MARKERS["newpass"]}
    reset: Any = values if kind is dict else models.PasswordResetEndpointRequest(**values)
    secret = {"check_auth_ticket": ticket, "login": login(kind), "reset_password": reset}
    found: list[Callable[..., Any]] = []
    for operation in auth_api.OPERATIONS:
        arguments = [item.example or 7 for item in operation.parameters if item.required]
        if operation.body:
            arguments.append(secret.get(operation.name, dict(operation.body_example)))
        found.append(partial(getattr(auth, operation.name), *arguments))
    return [*found, lambda **_options: next(auth.iter_access_tokens(user=7), None)]


class Search:
    """A search for markers that counts what it looked at."""

    def __init__(self) -> None:
        self.looked_at: dict[str, int] = {}
        self.found: list[str] = []

    def look(self, where: str, thing: object) -> None:
        self.looked_at[where] = self.looked_at.get(where, 0) + 1
        text = thing.decode("latin-1") if isinstance(thing, bytes) else str(thing)
        self.found += [f"{marker} in {where}: {text[:200]}" for marker in MARKERS.values() if marker in text]

    def look_at_exception(self, error: BaseException) -> None:
        seen: list[BaseException] = []
        waiting: list[BaseException | None] = [error]
        while waiting:
            item = waiting.pop()
            if item is None or item in seen:
                continue
            seen.append(item)
            waiting += [item.__cause__, item.__context__]
            for where, thing in (("str", str(item)), ("repr", repr(item)), ("args", item.args)):
                self.look(f"exception {where}", thing)
            for frame, _line in traceback.walk_tb(item.__traceback__):
                if frame.f_code.co_filename.startswith(PACKAGE):
                    for name, value in frame.f_locals.items():
                        self.look("locals", f"{frame.f_code.co_name}.{name} = {value!r}")
        if isinstance(error, ApiException):
            self.look("exception detail and errors", f"{error.detail} {error.errors} {error.headers} {error.path}")
            self.look("exception pickle", pickle.dumps(error))
        if isinstance(error, OpenApiException):
            self.look("traceback", "".join(traceback.format_exception(error)))


@pytest.fixture
def search(caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], tmp_path: Path) -> Iterator[Search]:
    """Yield a search, which at the end looks at logs and output too."""
    caplog.set_level(logging.WARNING, "urllib3")  # its records show paths and queries; we never switch them on
    caplog.set_level(logging.DEBUG)
    searching = Search()
    settings = Configuration()
    settings.logger_file = str(tmp_path / "log")
    settings.debug = True
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield searching
    settings.debug, settings.logger_file = False, None
    for record in caplog.get_records("call"):
        searching.look("log record", f"{record.getMessage()} {record.args} {record.exc_info} {record.__dict__}")
    searching.look("log file", (tmp_path / "log").read_text())
    for warning in caught:
        searching.look("warning", warning.message)
    searching.look("output", "".join(capfd.readouterr()))
    assert searching.found == []
    needed = {f"exception {part}" for part in ("str", "repr", "args", "pickle", "detail and errors")}
    needed |= {"locals", "traceback", "log record", "log file", "output"}
    assert needed <= searching.looked_at.keys()
    assert searching.looked_at["locals"] > 20
    print("searched:", searching.looked_at)


def echoing(status: int) -> Callable[[Recorded], CannedResponse]:
    """Return a handler that answers with an error that echoes whatever it was sent, and sets cookies."""

    def answer(request: Recorded) -> CannedResponse:
        echo = request.body.decode() + "; ".join(f"{name}: {value}" for name, value in request.headers)
        body = b'{"detail": %s, "field": [%s]}' % (_json(echo), _json(request.body.decode() or "x"))
        cookies = [
            ("Set-Cookie", f"sessionid={MARKERS['session']}; Path=/"),
            ("Set-Cookie", f"csrftoken={MARKERS['csrf']}"),
        ]
        return CannedResponse(
            status, body, [("Content-Type", "application/json"), ("Location", "/elsewhere"), *cookies]
        )

    return answer


def _json(text: str) -> bytes:
    return json.dumps(text).encode()


def clients(host: str, **settings: Any) -> list[ApiClient]:
    """Return a client with an API key and one with a session, both with every other kind of secret."""
    keyed = Configuration(host=host, api_key={"Bearer": MARKERS["apikey"]}, password=MARKERS["password"])
    made = []
    for configuration in (keyed, Configuration(host=host)):
        for name, value in {"retries": 0, **settings}.items():
            setattr(configuration, name, value)
        made.append(ApiClient(configuration, "X-Custom", MARKERS["header"], cookie=f"own={MARKERS['cookie']}"))
    return made


# With asyncio one status in three is in the fast set.
ANSWERED = [
    pytest.param(kind, status, marks=pytest.mark.slow if kind == "asyncio" and number % 3 else ())
    for kind in BOTH
    for number, status in enumerate(STATUSES)
]


@pytest.mark.parametrize(("client_kind", "status"), ANSWERED, indirect=["client_kind"])
@pytest.mark.parametrize("kind", [dict, object], ids=["dict", "model"])
def test_no_secret_shows_whatever_the_server_answers(
    client_kind: str, status: int, kind: type, recorder: RecordingServer, search: Search
) -> None:
    recorder.answer = echoing(status)
    for client in clients(recorder.host):
        for call in calls(AuthApi(client), kind):
            for options in ({}, {"_preload_content": False}):
                with pytest.raises(ApiException) as caught:
                    call(**options)
                search.look_at_exception(caught.value)
                del caught
        for where, thing in (("client repr", repr(client)), ("configuration repr", repr(client.configuration))):
            search.look(where, thing)
        search.look("client pickle", pickle.dumps(client))
        search.look("configuration pickle", pickle.dumps(client.configuration))
        search.look("default headers", repr(client.default_headers))
        search.look("last response", repr(client.last_response))
    sent = b"".join(request.body + repr(request.headers).encode() for request in recorder.requests)
    never_sent = [name for name, marker in MARKERS.items() if marker.encode() not in sent]
    assert never_sent == ["share", "proxy", "passphrase"]


@pytest.mark.parametrize(
    "body",
    [
        "",
        "<html>{echo}</html>",
        "{echo}",
        '{{"ticket": "mark3r-ticket-9f2c',
        "['mark3r-share-9f2c']",
        '["mark3r-share-9f2c", 1]',
    ],
)
def test_no_secret_shows_in_an_answer_that_is_not_what_was_promised(
    body: str, recorder: RecordingServer, search: Search
) -> None:
    def answer(request: Recorded) -> CannedResponse:
        return CannedResponse(200, body.format(echo=request.body.decode() + repr(request.headers)).encode())

    recorder.answer = answer
    for client in clients(recorder.host):
        auth = AuthApi(client)
        attempts: list[Callable[[], object]] = [
            auth.create_auth_ticket,
            lambda auth=auth: auth.check_auth_ticket({"ticket": MARKERS["ticket"]}),  # type: ignore[misc]
            lambda auth=auth: auth.login(login(dict)),  # type: ignore[misc]
            lambda auth=auth: auth.get_access_token(7),  # type: ignore[misc]
        ]
        for attempt in attempts:
            with pytest.raises(ApiException) as caught:
                attempt()
            search.look_at_exception(caught.value)


def test_no_secret_shows_when_the_connection_fails_or_the_input_is_wrong(search: Search) -> None:
    for client in clients("http://127.0.0.1:9"):
        for call in (*calls(AuthApi(client), dict), *calls(AuthApi(client), object)):
            with pytest.raises(ApiException) as caught:
                call()
            search.look_at_exception(caught.value)
            del caught
    auth = AuthApi(clients("http://127.0.0.1:9")[0])
    wrong: list[Callable[[], object]] = [
        lambda: models.AuthLoginEndpointRequest(username="", password=MARKERS["password"]),
        lambda: models.AuthLoginEndpointRequest(MARKERS["password"], MARKERS["password"], oops=1),  # type: ignore[call-arg]
        lambda: setattr(models.Ticket(ticket="t"), "ticket", [MARKERS["ticket"]]),
        lambda: auth.login({"username": "", "password": MARKERS["password"]}),
        lambda: auth.login({"username": "u", "password": MARKERS["password"], "x": object()}),  # type: ignore[call-overload]
        lambda: auth.login(models.Ticket(ticket=MARKERS["ticket"])),  # type: ignore[call-overload]
        lambda: Configuration(host=f"https://{MARKERS['password']}@x", api_key={"Bearer": MARKERS["apikey"]}),
        lambda: Configuration(password=MARKERS["password"].encode() + b"\xff"),
        lambda: setattr(Configuration(), "host", f"https://x?{MARKERS['apikey']}"),
        lambda: setattr(Configuration(), "api_key", MARKERS["apikey"]),
        lambda: setattr(Configuration(), "proxy", [MARKERS["apikey"]]),
        lambda: Configuration(api_key={"Bearer": MARKERS["apikey"] + "\n"}).get_api_key_with_prefix("Bearer"),
        lambda: AuthApi(ApiClient(Configuration(api_key={"Bearer": MARKERS["apikey"] + "\n"}))).logout(),
    ]
    for attempt in wrong:
        with pytest.raises(OpenApiException) as misuse:
            attempt()
        search.look_at_exception(misuse.value)
        del misuse


@slow_with_asyncio
@pytest.mark.parametrize("title", TABLE)
def test_no_secret_shows_whatever_goes_wrong_on_the_way(title: str, search: Search, tmp_path: Path) -> None:
    certificate, key = Authority().client_certificate(tmp_path, MARKERS["passphrase"])
    own = {"key_password": MARKERS["passphrase"], "cert_file": certificate, "key_file": key}
    for fault in TABLE[title]:
        with peer_of(fault, tmp_path) as peer:
            for client in clients(peer.host, **{**peer.settings, **fault.settings, **own}):
                with client:
                    for call in calls(AuthApi(client), dict)[:7:6]:
                        look_at_failure(search, call, _request_timeout=fault.timeout and 0.2)
                    search.look("client pickle", pickle.dumps(client))
                    search.look("configuration repr", repr(client.configuration))


@pytest.mark.parametrize("status", [407, 502, 403])
def test_no_secret_of_a_proxy_shows(status: int, search: Search) -> None:
    with FaultServer(answer_of_fault(status)) as proxy, FaultServer(close_after_request()) as rude:
        addresses = [server.host.replace("//", f"//uma:{MARKERS['proxy']}@") for server in (proxy, rude)]
        hosts = ("http://storage.localhost", "https://storage.localhost")
        for client in (client for host in hosts for address in addresses for client in clients(host, proxy=address)):
            with client:
                for call in calls(AuthApi(client), dict):
                    assert look_at_failure(search, call)
                search.look("client pickle", pickle.dumps(client))
                search.look("configuration repr", repr(client.configuration))


def look_at_failure(search: Search, call: Callable[..., Any], **options: Any) -> bool:
    """Make a call, look at what it raises, and return whether it raised anything."""
    try:
        call(**options)
    except ApiException as error:
        search.look_at_exception(error)
        return True
    return False


@pytest.mark.parametrize("spelled", [str, html.escape, quote, quote_plus, json.dumps], ids=lambda way: way.__name__)
def test_secret_that_comes_back_in_another_spelling_is_masked(
    spelled: Callable[[str], str], recorder: RecordingServer
) -> None:
    password = 'pä"ss<wo rd>&9'
    recorder.answer = lambda _request: CannedResponse(400, b'{"detail": %s}' % _json(f"wrong: {spelled(password)}!"))
    with pytest.raises(ApiException) as caught:
        AuthApi(ApiClient(Configuration(host=recorder.host))).login({"username": "u", "password": password})
    assert caught.value.detail in ("wrong: ***!", 'wrong: "***"!')


def test_no_secret_shows_in_what_succeeds(recorder: RecordingServer, search: Search) -> None:
    token = {"id": 1, "token": MARKERS["share"], "full_url": f"https://x/{MARKERS['share']}"}
    bodies: dict[str, Any] = {
        "ticket": {"ticket": MARKERS["ticket"]},
        "generate-password": {"password": MARKERS["newpass"]},
        "access-tokens": [token],
        "login": {"user": {"id": 1, "username": "uma"}, "session_key": MARKERS["session"]},
    }

    def answer(request: Recorded) -> CannedResponse:
        body = json.dumps(bodies.get(request.path.rpartition("/")[2], {})).encode()
        return CannedResponse(200, body, [("Set-Cookie", f"sessionid={MARKERS['session']}; Path=/")])

    recorder.answer = answer
    for client in clients(recorder.host):
        auth = AuthApi(client)
        for call in (auth.create_auth_ticket, auth.generate_password, auth.get_all_access_tokens):
            search.look("result", repr(call()))
        search.look("result", repr(auth.login_with_http_info(login(dict))))
        search.look("result", repr(auth.get_all_access_tokens_with_http_info()))
    configuration = Configuration(host=recorder.host)
    with Session(configuration, "uma", MARKERS["password"], otp=MARKERS["otp"]) as session:
        search.look("session repr", f"{session!r} {session.user!r} {vars(session)}")
        recorder.answer = echoing(500)
        with pytest.raises(ApiException) as caught:
            session.auth.create_auth_ticket()
        search.look_at_exception(caught.value)
    with pytest.raises(ApiException) as caught, Session(configuration, "uma", MARKERS["password"], otp=MARKERS["otp"]):
        raise AssertionError("the block must not be entered")
    search.look_at_exception(caught.value)
    recorder.answer = echoing(401)
    with pytest.raises(ApiException) as caught, Session(configuration, "uma", MARKERS["password"], otp=MARKERS["otp"]):
        raise AssertionError("the block must not be entered")
    search.look_at_exception(caught.value)


PARTS: dict[str, Any] = {
    "path_params": {"ticket": MARKERS["ticket"]},
    "query_params": {"token": MARKERS["reset"]},
    "header_params": {"X-Key": MARKERS["header"]},
    "body": {"password": MARKERS["password"]},
}


def test_no_secret_shows_in_calls_without_a_method(recorder: RecordingServer, search: Search) -> None:
    recorder.answer = echoing(500)
    client, address = clients(recorder.host)[0], f"{recorder.host}/?token={MARKERS['reset']}"
    of_request = {"headers" if name == "header_params" else name: part for name, part in PARTS.items()}
    del of_request["path_params"]
    form = {"Content-Type": "application/x-www-form-urlencoded", "X-Key": MARKERS["header"]}
    attempts: list[Callable[[], object]] = [
        lambda: client.call_api("/things/{ticket}", "POST", auth_settings=["Bearer"], **PARTS),
        lambda: client.call_api("/things/{ticket}", "POST", **{**PARTS, "body": {MARKERS["otp"]: object()}}),
        lambda: client.call_api("/things/{ticket}", "POST", **PARTS, post_params={"otp": MARKERS["otp"]}),
        lambda: client.call_api("/things", "POST", header_params=form, post_params={"otp": "\ud800" + MARKERS["otp"]}),
        lambda: client.call_api(
            "/things/{ticket}/..", "POST", **{**PARTS, "path_params": {"ticket": [MARKERS["otp"]]}}
        ),
        lambda: client.call_api("/things/{ticket}", "POST", **{**PARTS, "header_params": [MARKERS["header"]]}),
        lambda: client.call_api("/things/{ticket}", "POST", **{**PARTS, "query_params": [MARKERS["reset"]]}),
        lambda: client.request("POST", address, **{**of_request, "query_params": [MARKERS["reset"]]}),
        lambda: client.request("POST", address, **of_request),
        lambda: client.request("POST", address, **{**of_request, "body": {MARKERS["otp"]: object()}}),
        lambda: client.request("GET", f"http://u:{MARKERS['password']}@storage.example.com/"),
        lambda: client.request("POST", f"http://127.0.0.1:9/?token={MARKERS['reset']}", **of_request),
    ]
    for attempt in attempts:
        with pytest.raises(OpenApiException) as caught:
            attempt()
        search.look_at_exception(caught.value)
        del caught
    assert len(recorder.requests) == 2
