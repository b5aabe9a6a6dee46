"""No input makes the sandbox fail: odd numbers, texts, content types and hosts, and connections that stall."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from urllib.parse import urlsplit

import pytest
import urllib3

from elements_sdk.sandbox import Sandbox
from test.sandbox.test_sandbox import BASE, Browser

LISTED = "/access-tokens"


@pytest.fixture
def browser(sandbox: Sandbox) -> Browser:
    return Browser(sandbox.host, sandbox.admin.api_token)


@pytest.mark.parametrize("name", ["user", "created_by", "shared_bundles", "shared_bundles__asset", "limit", "offset"])
@pytest.mark.parametrize("value", [-(2**63) - 1, 2**63, 10**30, "9" * 5000, "%00", "1_000", "5.0", "%D9%A3", "", "%FF"])
def test_number_beyond_all_is_refused(browser: Browser, name: str, value: object) -> None:
    is_fine = name == "limit" and isinstance(value, int) and value > 0
    status, body, _ = browser.send("GET", f"{LISTED}?{name}={value}")
    assert status == (200 if is_fine else 400)
    assert is_fine or list(body) == [name]


@pytest.mark.parametrize("name", ["url", "user", "view_limit_left", "created_by", "expires", "require_login"])
def test_known_orderings_order(browser: Browser, name: str) -> None:
    def key(token: dict[str, object]) -> tuple[bool, object]:
        value = token[name]
        value = value["id"] if isinstance(value, dict) else value
        return (value is not None, value or 0)

    tokens = browser.send("GET", f"{LISTED}?ordering={name}")[1]
    assert tokens == sorted(tokens, key=key)
    assert len(browser.send("GET", f"{LISTED}?ordering=-{name}&limit=3")[1]) == 3


DEEP = b"[" * 100_000 + b"]" * 100_000


@pytest.mark.parametrize(
    "body", [b"", b"null", b"5", b"[]", b'"x"', DEEP, b'{"ticket": ' + DEEP + b"}", b"\xff", b'{"a":']
)
@pytest.mark.parametrize("path", ["/ticket/check", "/login", "/reset-password", "/access-tokens/1/email"])
def test_body_that_is_not_an_object_is_refused(browser: Browser, path: str, body: bytes) -> None:
    headers = {**browser.headers, "Content-Type": "application/json"}
    answer = browser.pool.request("POST", browser.host + BASE + path, body=body, headers=headers, retries=False)
    assert (answer.status, answer.headers["Content-Type"]) == (400, "application/json")


@pytest.mark.parametrize("charset", ["rot13", "zlib", "hex", "undefined", "nothing", "utf-16", "\xff"])
def test_charset_changes_nothing(browser: Browser, charset: str) -> None:
    headers = {**browser.headers, "Content-Type": f"application/json; charset={charset}"}
    for method, path, body in (("GET", f"{LISTED}?limit=1", None), ("POST", "/ticket", b"{}")):
        answer = browser.pool.request(method, browser.host + BASE + path, body=body, headers=headers, retries=False)
        assert answer.status == 200


@pytest.mark.parametrize("kind", ["text/plain", "multipart/form-data", "/", "application", "\xff", ";"])
def test_other_content_type_is_415(browser: Browser, kind: str) -> None:
    headers = {**browser.headers, "Content-Type": kind}
    url = browser.host + BASE + "/ticket/check"
    assert browser.pool.request("POST", url, body=b"x", headers=headers, retries=False).status == 415


@pytest.mark.parametrize("text", ["\0", "\ud800", "\r\nBcc: x"])
def test_odd_text_is_refused(browser: Browser, text: str) -> None:
    def status(path: str, **body: str) -> int:
        headers = {**browser.headers, "Content-Type": "application/json"}
        sent = json.dumps(body)  # in ASCII, as a lone surrogate needs
        return browser.pool.request(
            "POST", browser.host + BASE + path, body=sent, headers=headers, retries=False
        ).status

    for name, value in (("email", text), ("subject", text), ("email", f"a@{text}.de")):
        assert status("/access-tokens/1/email", **{name: value}) == 400
    assert status("/login", username=text, password=text) in (400, 401, 429)


@pytest.fixture
def named() -> Iterator[Sandbox]:
    with Sandbox(tokens=1, hosts=["elements.test"]) as running:
        yield running


def test_goes_by_the_names_that_it_was_given_and_says_what_to_do_about_others(named: Sandbox) -> None:
    browser = Browser(named.host, named.user.api_token)
    for host in ("elements.test", "ELEMENTS.test:8000", "localhost"):
        assert browser.send("POST", "/ticket", Host=host)[0] == 200
    for host in ("other.test", "x.elements.test", "[", ""):
        status, body, _ = browser.send("POST", "/ticket", Host=host)
        assert (status, "Sandbox(hosts=[NAME])" in body["detail"]) == (400, True)


@pytest.mark.parametrize(
    "sent",
    [
        "",
        "POST /api/2/auth/login HT",
        "POST /api/2/auth/login HTTP/1.1\r\nHost: localhost\r\n"
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    ],
)
def test_connections_that_stall_hold_up_no_other(named: Sandbox, sent: str) -> None:
    address = urlsplit(named.host)
    with ExitStack() as stalled:
        for _ in range(100):
            opened = stalled.enter_context(socket.create_connection((str(address.hostname), address.port or 0)))
            opened.sendall(sent.encode())
        answer = urllib3.request("GET", named.host + BASE + LISTED, retries=False, timeout=5)
        assert answer.status == 401
