"""TLS with real handshakes: which servers a client trusts, its client certificate, and the errors."""

from __future__ import annotations

import os
import pty
import ssl
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from elements_sdk import ApiConnectionError, ApiValueError, TlsError
from elements_sdk.exceptions import ApiException, ApiTimeoutError, DeadlineExceeded
from test.both_clients import both_kinds
from test.faults.behaviours import answer, close_at_once, corrupt_record, deaf, http_400_to_tls, nonsense
from test.faults.certificates import Authority, ca_without_key_identifier, self_signed_context
from test.faults.server import Behaviour, Conversation, FaultServer
from test.tls import CALLS, OTHER, PASSWORD, TRUSTED, calls_to, fails, files_in, serving, succeeds

pytestmark = both_kinds

NOW, DAY = datetime.now(UTC), timedelta(days=1)
TLS_1_1, TLS_1_2 = ssl.TLSVersion.TLSv1_1, ssl.TLSVersion.TLSv1_2
LOOSE = ca_without_key_identifier()


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remove the authorities of this machine's environment, and the pauses between attempts."""
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)
    monkeypatch.setattr("elements_sdk.retry.random.uniform", lambda *_: 0.0)


def after_greeting(said: str = "", end: Behaviour = Conversation.half_close) -> Behaviour:
    """Read what the client sends first, answer with bytes given as hex, and hang up."""

    def behave(conversation: Conversation) -> None:
        conversation.receive()
        conversation.send(bytes.fromhex(said))
        end(conversation)
        while conversation.receive():
            pass

    return behave


class Row(NamedTuple):
    server: Callable[[], FaultServer]
    words: str
    host: str = "https://localhost"
    kind: type[ApiException] = TlsError
    connections: int = 1


BY_NUMBER = "https://127.0.0.1"
ALERT_OF_1_1, ALERT_OF_NAME, ALERT_OF_FAILURE = "15 0301 0002 02 46", "15 0303 0002 02 70", "15 0303 0002 02 28"
UNKNOWN = "comes from an authority that this client does not know: .*ssl_ca_cert"
EXPIRED = "has expired.*renew it on the server, or set this machine's clock"
EARLY = "is not valid yet: wait, or set this machine's clock"
OTHER_NAME = r"is for another name: set Configuration\.host to a name in the certificate"
OTHER_NUMBER = r"is not for this IP address: set Configuration\.host to a name"
NO_TLS = r"localhost:\d+: there is no TLS on this port: correct the port in Configuration\.host, or switch TLS on"
OLD_TLS = "the server offers no TLS 1.2 or newer"
WANTS_ONE = r"the server wants a client certificate: set Configuration\.cert_file and key_file"
MAY_WANT_ONE = r"the server refused; perhaps it wants a client certificate: set Configuration\.cert_file"
CUT, RESET = "the connection broke", after_greeting(end=Conversation.reset)

ROWS: dict[str, Row] = {
    "unknown authority": Row(lambda: serving("localhost", authority=OTHER), UNKNOWN),
    "expired": Row(lambda: serving("localhost", not_before=NOW - 9 * DAY, not_after=NOW - DAY), EXPIRED),
    "not yet valid": Row(lambda: serving("localhost", not_before=NOW + DAY, not_after=NOW + 9 * DAY), EARLY),
    "other name": Row(lambda: serving("other.example"), OTHER_NAME),
    "other address": Row(lambda: serving("127.0.0.2"), OTHER_NUMBER, BY_NUMBER),
    "name asked by address": Row(lambda: serving("localhost"), OTHER_NUMBER, BY_NUMBER),
    "self-signed": Row(
        lambda: FaultServer(answer(), tls=self_signed_context()), "is self-signed: if you trust it, set .*ssl_ca_cert"
    ),
    "TLS 1.1": Row(lambda: serving("localhost", maximum=TLS_1_1), OLD_TLS),
    "TLS 1.1, by alert": Row(lambda: FaultServer(after_greeting(ALERT_OF_1_1)), OLD_TLS),
    "name not served": Row(lambda: FaultServer(after_greeting(ALERT_OF_NAME)), "the server does not know the name"),
    "client certificate, TLS 1.3": Row(lambda: serving("localhost", client_ca=TRUSTED), WANTS_ONE),
    "client certificate, 1.2": Row(lambda: serving("localhost", client_ca=TRUSTED, maximum=TLS_1_2), MAY_WANT_ONE),
    "plain http": Row(lambda: FaultServer(http_400_to_tls()), NO_TLS),
    "another protocol": Row(lambda: FaultServer(nonsense()), NO_TLS),
    "cut at once": Row(lambda: FaultServer(close_at_once()), CUT, kind=ApiConnectionError, connections=3),
    "reset within": Row(lambda: FaultServer(RESET), CUT, kind=ApiConnectionError, connections=3),
    "cut within": Row(lambda: FaultServer(after_greeting()), CUT, kind=ApiConnectionError, connections=3),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("name", ROWS)
def test_failed_handshake_says_what_is_wrong_and_sends_nothing(name: str, call: str) -> None:
    row = ROWS[name]
    with row.server() as server:
        started, host = time.monotonic(), f"{row.host}:{server.port}"
        error = fails(row.kind, row.words, host, call, ssl_ca_data=TRUSTED.ca_pem)
        assert time.monotonic() - started < 1
    assert (error.status, error.request_sent, error.attempts) == (0, "no", row.connections)
    assert (server.connections, server.requests) == (row.connections, [])
    assert row.kind is not TlsError or host.removeprefix("https://") in str(error)


SILENCE: list[tuple[dict[str, Any], type[ApiException], str, int]] = [
    ({"timeout": (0.2, 5)}, ApiTimeoutError, "in time", 3),
    ({"timeout": (5, 5), "total_timeout": 0.3}, DeadlineExceeded, "its limit of 0.3 s, connecting", 1),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(("settings", "kind", "words", "attempts"), SILENCE)
def test_server_that_says_nothing_in_the_handshake_is_left_in_time(
    settings: dict[str, Any], kind: type[ApiException], words: str, attempts: int, call: str
) -> None:
    with FaultServer(deaf()) as server:
        started = time.monotonic()
        error = fails(kind, words, f"https://localhost:{server.port}", call, **settings)
        assert time.monotonic() - started < 1
    assert (error.request_sent, error.attempts, server.connections) == ("no", attempts, attempts)


AFTER_SENDING: dict[str, Row] = {
    "bad record": Row(lambda: FaultServer(corrupt_record(), tls=TRUSTED.context_for("localhost")), "bad record mac"),
    "http to TLS, cut": Row(lambda: serving("localhost"), CUT, "http://localhost", ApiConnectionError),
}


@pytest.mark.parametrize(("call", "attempts"), [("GET", 3), ("POST", 1)])
@pytest.mark.parametrize("name", AFTER_SENDING)
def test_what_breaks_after_sending_may_have_acted(name: str, call: str, attempts: int) -> None:
    row = AFTER_SENDING[name]
    with row.server() as server:
        error = fails(row.kind, row.words, f"{row.host}:{server.port}", call, ssl_ca_data=TRUSTED.ca_pem)
    assert (error.request_sent, error.attempts, server.connections) == ("maybe", attempts, attempts)


@pytest.mark.parametrize("call", CALLS)
def test_server_that_speaks_tls_where_http_was_meant_is_asked_once(call: str) -> None:
    with FaultServer(after_greeting(ALERT_OF_FAILURE)) as server:
        error = fails(
            TlsError, "should Configuration.host begin with https://", f"http://localhost:{server.port}", call
        )
    assert (error.request_sent, error.attempts, server.connections) == ("maybe", 1, 1)


@pytest.mark.parametrize("version", [None, TLS_1_2], ids=["TLS 1.3", "TLS 1.2"])
@pytest.mark.parametrize("call", CALLS)
def test_client_certificate_of_another_authority_is_refused_once(
    call: str, version: ssl.TLSVersion | None, tmp_path: Path
) -> None:
    certificate, key = OTHER.client_certificate(tmp_path)
    settings = {"cert_file": certificate, "key_file": key, "ssl_ca_data": TRUSTED.ca_pem}
    with serving("localhost", client_ca=TRUSTED, maximum=version) as server:
        words = r"localhost:\d+: the server does not accept the client certificate in Configuration\.cert_file"
        error = fails(TlsError, words, server.host, call, **settings)
    assert (error.request_sent, server.connections, server.count()) == ("no", 1, 0)


@pytest.mark.parametrize("password", [None, PASSWORD])
def test_client_certificate_is_shown(password: str | None, tmp_path: Path) -> None:
    certificate, key = TRUSTED.client_certificate(tmp_path, password)
    both = tmp_path / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    for files in ({"cert_file": certificate, "key_file": key}, {"cert_file": both}):
        with serving("localhost", client_ca=TRUSTED) as server:
            succeeds(server.host, ssl_ca_data=TRUSTED.ca_pem, key_password=password, **files)
        assert server.count() == 2


WAYS_TO_TRUST: dict[str, Callable[[Path], dict[str, Any]]] = {
    "ssl_ca_cert": lambda folder: {"ssl_ca_cert": str(TRUSTED.ca_file(folder / "ca.pem"))},
    "ssl_ca_cert, a Path": lambda folder: {"ssl_ca_cert": TRUSTED.ca_file(folder / "ca.pem")},
    "ssl_ca_data, PEM": lambda _: {"ssl_ca_data": TRUSTED.ca_pem},
    "ssl_ca_data, two in PEM": lambda _: {"ssl_ca_data": OTHER.ca_pem + TRUSTED.ca_pem},
    "ssl_ca_data, DER": lambda _: {"ssl_ca_data": ssl.PEM_cert_to_DER_cert(TRUSTED.ca_pem)},
    "both": lambda folder: {"ssl_ca_cert": OTHER.ca_file(folder / "ca.pem"), "ssl_ca_data": TRUSTED.ca_pem},
    "ssl_context": lambda _: {"ssl_context": TRUSTED.client_context()},
}


@pytest.mark.parametrize("way", WAYS_TO_TRUST)
def test_authority_is_trusted_in_each_of_these_ways_and_no_other(way: str, tmp_path: Path) -> None:
    settings = WAYS_TO_TRUST[way](tmp_path)
    with serving("localhost", "127.0.0.1") as server, serving("localhost", authority=Authority()) as stranger:
        succeeds(server.host, **settings)
        succeeds(f"{BY_NUMBER}:{server.port}", **settings)
        fails(TlsError, UNKNOWN, stranger.host, **settings)


@pytest.mark.parametrize("variable", ["SSL_CERT_FILE", "SSL_CERT_DIR"])
def test_environment_names_authorities(variable: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    TRUSTED.ca_file(tmp_path / "ca.pem")
    subprocess.run(["openssl", "rehash", tmp_path], check=True)
    monkeypatch.setenv(variable, str(tmp_path / ("" if variable == "SSL_CERT_DIR" else "ca.pem")))
    with serving("localhost") as server:
        succeeds(server.host)
        fails(TlsError, UNKNOWN, server.host, trust_env=False)
        fails(TlsError, UNKNOWN, server.host, ssl_ca_data=OTHER.ca_pem)


def test_authorities_are_those_of_certifi_if_nothing_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving("localhost") as server:
        fails(TlsError, UNKNOWN, server.host)
        monkeypatch.setattr("certifi.where", lambda: str(TRUSTED.ca_file(tmp_path / "ca.pem")))
        succeeds(server.host)


def test_own_name_of_the_certificate_or_none_at_all_is_compared() -> None:
    with serving("storage.example.com") as server:
        succeeds(server.host, ssl_ca_data=TRUSTED.ca_pem, assert_hostname="storage.example.com")
        succeeds(server.host, ssl_ca_data=TRUSTED.ca_pem, assert_hostname=False)
        fails(TlsError, UNKNOWN, server.host, assert_hostname=False)


@pytest.mark.parametrize("call", CALLS)
def test_certificate_without_the_own_name_is_refused_once(call: str) -> None:
    with serving("localhost") as server:
        words = f"certificate of localhost:{server.port} .*assert_hostname"
        settings = {"ssl_ca_data": TRUSTED.ca_pem, "assert_hostname": "storage.example.com"}
        error = fails(TlsError, words, server.host, call, **settings)
    assert (error.request_sent, server.connections, server.count()) == ("no", 1, 0)


def test_context_of_the_user_is_used_just_as_it_is_and_left_so() -> None:
    strict, nameless, lenient = TRUSTED.client_context(), TRUSTED.client_context(), LOOSE.client_context()
    nameless.check_hostname = False
    lenient.verify_flags &= ~ssl.VERIFY_X509_STRICT
    with serving("localhost", authority=LOOSE) as server:
        succeeds(server.host, ssl_context=lenient)
    with serving("storage.example.com") as server:
        succeeds(server.host, ssl_context=nameless)
        with pytest.raises(
            ApiValueError, match="ssl_context is used just as it is, so assert_hostname must not be set"
        ):
            succeeds(server.host, ssl_context=strict, assert_hostname="storage.example.com")
        assert strict.check_hostname


def test_unverified_connection_warns() -> None:
    with FaultServer(answer(), tls=self_signed_context("other.example")) as server:
        for call in CALLS.values():
            warns = pytest.warns(match="Unverified HTTPS request is being made to host 'localhost'")
            with warns, calls_to(server.host, verify_ssl=False) as auth:
                call(auth)


def test_rule_that_only_new_pythons_insist_on() -> None:
    with serving("localhost", authority=LOOSE) as server:
        if sys.version_info < (3, 13):
            succeeds(server.host, ssl_ca_data=LOOSE.ca_pem)
            return
        words = f"localhost:{server.port} breaks a rule .*ssl_context .*VERIFY_X509_STRICT .*Missing Authority Key"
        error = fails(TlsError, words, server.host, ssl_ca_data=LOOSE.ca_pem)
    assert (error.request_sent, server.connections) == ("no", 1)


@pytest.mark.parametrize(("name", "problem"), [("missing", "cannot be read: No such file"), ("text", "holds no cert")])
def test_bad_file_of_the_environment_is_named(
    name: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", files_in(tmp_path)[name])
    with serving("localhost") as server:
        fails(ApiValueError, f"SSL_CERT_FILE {problem}", server.host)
        succeeds(server.host, ssl_ca_data=TRUSTED.ca_pem)
        fails(TlsError, UNKNOWN, server.host, trust_env=False)


ASKING = """
import os, sys
terminal = os.open(os.ttyname(0), os.O_RDWR)  # the first that a session opens is the one where OpenSSL asks
from elements_sdk import ApiClient, ApiValueError, Configuration
configuration = Configuration(host="https://localhost")
configuration.cert_file, configuration.key_file = sys.argv[1:]
try:
    ApiClient(configuration)
except ApiValueError as error:
    print(error)
"""


def test_nobody_is_asked_for_a_password_on_the_terminal(tmp_path: Path) -> None:
    files = files_in(tmp_path)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", ASKING, files["locked"], files["locked_key"]]
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True) as process:
        os.close(theirs)
        said = os.read(ours, 4096).decode()
        process.kill()
    os.close(ours)
    assert said.strip() == "key_file holds an encrypted key, and key_password is missing"
