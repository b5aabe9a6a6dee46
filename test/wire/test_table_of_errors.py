"""The table of failures in docs/calls.md: it is complete, and true of both clients, row by row."""

from __future__ import annotations

import json
import re
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import urllib3

from elements_sdk import Configuration, InsecureTransportWarning, exceptions
from test.both_clients import ApiClient, AuthApi, Session, both_kinds, is_asyncio
from test.faults import behaviours as does
from test.faults.server import Behaviour, FaultServer
from test.recording import CannedResponse, Recorded, RecordingServer
from test.tls import serving
from test.wire.test_errors import CLOSED_PORT

pytestmark = both_kinds

DOCUMENT = Path(__file__).parents[2] / "docs/calls.md"
SENTENCE = "What the server says."
# What each message asks a reader to do, without the documentation at hand.
WHAT_TO_DO = re.compile(
    "correct|log in|begin again|ask |check |read it again|wait |try again|allow more|set |give |raise |look "
)
FIELD = "email: Enter a valid email address."
DETAILS = {"none": None, "the server's sentence": SENTENCE, "the sentences of `errors`": FIELD}
Failing = Callable[[ExitStack], object]


def calling(host: str, **settings: Any) -> object:
    named = {"retries": 0, **settings}
    with ApiClient(Configuration(host, {"Bearer": "KEY"}, **named)) as client:
        return AuthApi(client).get_access_token(7)


def by(behaviour: Behaviour, **settings: Any) -> Failing:
    return lambda stack: calling(stack.enter_context(FaultServer(behaviour)).host, **settings)


def status(number: int, said: object = None, *headers: tuple[str, str]) -> Failing:
    return by(does.answer(number, json.dumps(said or {"detail": SENTENCE}).encode(), headers))


def expired_session(stack: ExitStack) -> None:
    def answer(request: Recorded) -> CannedResponse:
        if "access-tokens" in request.path:
            return CannedResponse(401, json.dumps({"detail": SENTENCE}).encode())
        is_login = request.path.endswith("/login")
        return CannedResponse(body=b'{"user": {"id": 1}}' if is_login else b'{"id": 2, "ticket": "T"}')

    server = stack.enter_context(RecordingServer())
    server.answer = answer
    with Session(Configuration(server.host), "ada", "SECRET") as session, session.impersonate(2):
        session.auth.get_access_token(7)


def refused_login(stack: ExitStack) -> None:
    server = stack.enter_context(FaultServer(does.answer(401, json.dumps({"detail": SENTENCE}).encode())))
    with ApiClient(Configuration(server.host)) as client:
        AuthApi(client).login({"username": "ada", "password": "SECRET"})


def paging(stack: ExitStack) -> None:
    server = stack.enter_context(FaultServer(does.answer(403, json.dumps({"detail": SENTENCE}).encode())))
    with ApiClient(Configuration(server.host)) as client:
        list(AuthApi(client).iter_access_tokens())


def broken_hook(stack: ExitStack) -> None:
    def hook(*_arguments: Any, **_named: Any) -> None:
        raise TypeError("boom")

    patch = stack.enter_context(pytest.MonkeyPatch.context())
    patch.setattr(aiohttp.ClientSession if is_asyncio() else urllib3.HTTPConnectionPool, HOOKED[is_asyncio()], hook)
    calling("http://localhost")


def cleartext(stack: ExitStack) -> None:
    stack.enter_context(warnings.catch_warnings())
    warnings.simplefilter("error", InsecureTransportWarning)
    calling("http://192.0.2.1")


HOOKED = {False: "urlopen", True: "_request"}
OVER_PROXY = {"proxy": f"http://127.0.0.1:{CLOSED_PORT}"}
ROWS: dict[str, Failing] = {
    "400: the server does not accept what was sent": status(400, {"email": ["Enter a valid email address."]}),
    "401: nobody is logged in, or the key is not valid": status(401),
    "the session ended inside an impersonation": expired_session,
    "403: not allowed": status(403),
    "403: the CSRF token is missing or old": status(403, {"detail": SENTENCE, "code": "CSRF Failed"}),
    "404: not there, or not yours to see": status(404),
    "409: somebody else was faster": status(409),
    "422: understood, but not possible": status(422),
    "429: too many calls": status(429),
    "5xx: the server failed": status(503),
    "another status from 400": status(418),
    "a redirect that is not followed": status(302, None, ("Location", "https://storage.example.com/login")),
    "the server refuses a login": refused_login,
    "nothing listens there, or the name is not known": lambda _: calling(f"http://127.0.0.1:{CLOSED_PORT}"),
    "the connection broke before the answer": by(does.close_after_request()),
    "the server took longer than `timeout`": by(does.silence(), timeout=(5, 0.2)),
    "the whole call took longer than its limit": by(does.silence(), total_timeout=0.2),
    "the proxy cannot be reached, or refuses": lambda _: calling("https://storage.localhost", **OVER_PROXY),
    "the proxy got no answer from the server": status(502, None, ("Proxy-Status", "squid; error=dns_error")),
    "the certificate is not trusted, or there is no TLS": lambda stack: calling(
        stack.enter_context(serving("localhost")).host
    ),
    "the answer is not what was promised": by(
        does.answer(200, b"<html>Welcome</html>", [("Content-Type", "text/html")])
    ),
    "the answer broke off": by(does.close_within_body()),
    "the answer is too large": by(does.answer(200, b'{"a": "' + b"a" * 99 + b'"}'), max_response_bytes=50),
    "a page of a long list failed": paging,
    "other code, such as an instrumentation, failed": broken_hook,
    "an argument of the wrong kind": lambda _: Configuration(host="http://localhost", timout=5),  # type: ignore[call-arg]
    "an argument or setting with an impossible value": lambda _: Configuration(host="localhost"),
    "a setting that does not exist": lambda _: setattr(Configuration(), "timout", 5),
    "a server number that is not there": lambda _: Configuration().get_host_from_settings(7),
    "a warning: credentials go over plain http": cleartext,
}


def table() -> dict[str, list[str]]:
    """Return the table: what happened -> exception, `request_sent`, `detail`, what to do."""
    _, _, text = DOCUMENT.read_text("utf-8").partition("| what happened |")
    lines = text.partition("\n\n")[0].splitlines()[2:]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {name: cells for name, *cells in rows}


def test_table_has_all_exceptions_and_all_rows() -> None:
    named = {cells[0].strip("`") for cells in table().values()}
    public = [getattr(exceptions, name) for name in exceptions.__all__]
    classes = {kind.__name__ for kind in public if isinstance(kind, type)}
    assert named == classes - {"OpenApiException"}  # the base of all, which is never raised
    assert list(table()) == list(ROWS)
    assert all(len(cells) == 4 and cells[3] for cells in table().values())


@pytest.mark.parametrize("name", ROWS)
def test_row_is_true(name: str) -> None:
    kind, sent, detail, _ = table()[name]
    with ExitStack() as stack, pytest.raises((exceptions.OpenApiException, InsecureTransportWarning)) as caught:
        ROWS[name](stack)
    error: Any = caught.value
    assert f"`{type(error).__name__}`" == kind
    assert f"{getattr(error, 'request_sent', '')}" == sent.strip("`")
    assert getattr(error, "detail", None) == DETAILS[detail or "none"]
    if isinstance(error, exceptions.ApiException):
        assert (error.hint or "") in str(error)
        assert WHAT_TO_DO.search(str(error)), error
