"""The fault kit of `test/faults` does on the wire what its names say."""

from __future__ import annotations

import http.client
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import pytest

from test.faults import behaviours
from test.faults.backlog import filled_backlog
from test.faults.behaviours import BEHAVIOURS, answer, answers
from test.faults.certificates import Authority, ca_without_key_identifier, self_signed_context
from test.faults.proxy import FaultProxy, Faults
from test.faults.server import Behaviour, FaultServer

GET = b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"
WHOLE = rb"HTTP/1.1 200 OK\r\n.*\r\n\r\n {0,98}\{\}"


def ask(port: int, *requests: bytes, patience: float = 0.3) -> tuple[bytes, str]:
    """Send requests one after another; return all that came back, and the state of the connection."""
    came = b""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        for request in requests or (b"",):
            end = time.monotonic() + patience
            try:
                connection.sendall(request)
                while data := receive_until(end, connection):
                    came += data
            except TimeoutError:
                continue
            except ConnectionResetError:
                return came, "reset"
            return came, "closed"
    return came, "open"


def receive_until(end: float, connection: socket.socket) -> bytes:
    """Return what comes next, if it comes before that time."""
    connection.settimeout(max(end - time.monotonic(), 0.001))
    return connection.recv(65536)


def fetch(port: int) -> tuple[int, bytes]:
    """Send one request on a connection of its own, and return the response."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=5)) as connection:
        connection.request("GET", "/")
        response = connection.getresponse()
        return response.status, response.read()


def fetch_by_tls(port: int, context: ssl.SSLContext) -> bytes:
    """Send one request over TLS to a server named localhost, and return the response."""
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as connection,
    ):
        connection.sendall(GET)
        return connection.recv(65536)


@pytest.mark.parametrize(
    ("behaviour", "requests", "pattern", "ending"),
    [
        (answer(), [GET, GET], WHOLE + WHOLE, "open"),
        (answer(404, b"gone", [("Content-Type", "text/plain")]), [GET], rb"HTTP/1.1 404 .*gone", "open"),
        (answer(204), [GET], rb"HTTP/1.1 204 No Content\r\n(?!.*Length).*", "open"),
        (answer(times=1), [GET], WHOLE, "closed"),
        (answers((503, b"{}"), (200, b"1")), [GET, GET], rb"HTTP/1.1 503 .*HTTP/1.1 200 .*1", "open"),
        (behaviours.late_answer(0.1), [GET], WHOLE, "open"),
        (behaviours.many_headers(150), [GET], b".*X-Header-149: value.*", "open"),
        (behaviours.long_header(70_000), [GET], b".*X-Long: a{60000}.*", "open"),
        (behaviours.silence(), [GET], b"", "open"),
        (behaviours.deaf(), [GET], b"", "open"),
        (behaviours.slow_status_line(0.2), [GET], b"HT{0,2}", "open"),
        (behaviours.slow_headers(0.2), [GET], rb"HTTP/1.1 200 OK\r\nX-Slow: a{1,3}", "open"),
        (behaviours.slow_headers(0.001, 5), [GET], rb"HTTP/1.1 200 OK\r\nX-Slow: aaaaa\r\n.*\{\}", "open"),
        (behaviours.dripping_body(0.001, 20), [GET], WHOLE, "open"),
        (behaviours.dripping_body(0.2, 20), [GET], rb"HTTP/1.1 200 OK\r\n.*\r\n\r\n {1,3}", "open"),
        (behaviours.close_at_once(), [], b"", "closed"),
        (behaviours.reset_at_once(), [], b"", "reset"),
        (behaviours.close_after_request(), [GET], b"", "closed"),
        (behaviours.reset_after_request(), [GET], b"", "reset"),
        (behaviours.close_within_headers(), [GET], rb"HTTP/1.1 200 OK\r\nContent-Ty", "closed"),
        (behaviours.close_within_body(), [GET], rb".*Content-Length: 100\r\n\r\n {3}", "closed"),
        (behaviours.reset_within_body(), [GET], rb".*Content-Length: 100\r\n\r\n {3}", "reset"),
        (behaviours.answer_then_close(), [GET], WHOLE, "closed"),
        (behaviours.answer_then_reset(), [GET], WHOLE, "reset"),
        (behaviours.half_closed(), [GET], WHOLE, "closed"),
        (behaviours.stale(), [GET, GET], WHOLE, "closed"),
        (behaviours.stale_reset(), [GET, GET], WHOLE, "reset"),
        (behaviours.truncated_chunks(), [GET], rb'.*chunked\r\n\r\n5\r\n\{"a":\r\n64\r\n 1', "closed"),
        (behaviours.bad_chunk_size(), [GET], rb".*chunked\r\n\r\nzz\r\n.*", "open"),
        (behaviours.nonsense(), [GET], rb"SMTP ready\r\n", "open"),
        (behaviours.http_400_to_tls(), [b"\x16\x03\x01..."], rb"HTTP/1.1 400 .*Bad Request", "closed"),
    ],
)
def test_behaviour_is_seen_on_the_wire(
    behaviour: Behaviour, requests: list[bytes], pattern: bytes, ending: str
) -> None:
    with FaultServer(behaviour) as server:
        came, stands = ask(server.port, *requests)
    assert re.fullmatch(pattern, came, re.DOTALL), came[:500]
    assert stands == ending


@pytest.mark.parametrize("make", [*BEHAVIOURS.values(), lambda: answer(body=b"a" * 2**24)])
def test_server_closes_quickly_whatever_it_does(make: Callable[[], Behaviour]) -> None:
    with socket.socket() as connection:
        with FaultServer(make()) as server:
            connection.connect(("127.0.0.1", server.port))
            with suppress(ConnectionError):
                connection.sendall(GET)
            time.sleep(0.03)
            began = time.monotonic()
        assert time.monotonic() - began < 0.3


@pytest.mark.parametrize("behaviour", [behaviours.late_answer(60), behaviours.silence(), behaviours.deaf()])
def test_server_closes_quickly_under_tls(behaviour: Behaviour) -> None:
    authority = Authority()
    server = FaultServer(behaviour, tls=authority.context_for("localhost"))
    with server, socket.create_connection(("127.0.0.1", server.port)) as in_handshake, socket.socket() as plain:
        in_handshake.sendall(b"\x16\x03\x01")
        plain.connect(("127.0.0.1", server.port))
        with authority.client_context().wrap_socket(plain, server_hostname="localhost") as connection:
            connection.sendall(GET)
            time.sleep(0.03)
            began = time.monotonic()
            server.close()
            assert time.monotonic() - began < 0.3


def test_server_records_requests() -> None:
    plain = b"POST /a?b=c HTTP/1.1\r\nX-A: 1\r\nx-a: 2\r\nContent-Length: 4\r\n\r\nbody"
    chunked = b"PUT /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    broken = b"POST /c HTTP/1.1\r\nContent-Length: 100\r\n\r\nabc"
    with FaultServer(answer()) as server:
        ask(server.port, plain + chunked)
        ask(server.port, broken)
    first, second, third = server.requests
    assert (first.method, first.target, first.body, first.connection) == ("POST", "/a?b=c", b"body", 1)
    assert first.headers[:2] == [("X-A", "1"), ("x-a", "2")]
    assert first.header("X-a") == "1\n2"
    assert (second.method, second.body) == ("PUT", b"abcde")
    assert (third.target, third.body, third.connection) == ("/c", b"abc", 2)
    assert (server.count(), server.count("PUT"), server.connections) == (3, 1, 2)
    assert server.bytes_received == len(plain) + len(chunked) + len(broken)


def test_each_connection_gets_its_behaviour() -> None:
    with FaultServer(behaviours.close_after_request(), answer(201), answer(202)) as server:
        with pytest.raises(http.client.RemoteDisconnected):
            fetch(server.port)
        assert [fetch(server.port)[0] for _ in range(3)] == [201, 202, 202]


def test_half_closed_connection_goes_on_reading() -> None:
    with FaultServer(behaviours.half_closed()) as server:
        ask(server.port, GET + GET + GET)
        until(lambda: server.count() == 3)


def test_server_leaves_neither_threads_nor_descriptors() -> None:
    threads, descriptors = threading.active_count(), open_descriptors()
    authority = Authority()
    with FaultServer(answer(), tls=authority.context_for("localhost")) as server:
        ask(server.port, GET, b"no TLS")
        fetch_by_tls(server.port, authority.client_context())
    assert threading.active_count() <= threads  # those of an earlier test may have ended meanwhile
    assert open_descriptors() <= descriptors
    assert server.handshakes_failed == 1


def test_proxy_passes_on_what_many_clients_say() -> None:
    threads, descriptors = threading.active_count(), open_descriptors()
    with FaultServer(answer(body=b"a" * 5000)) as server, FaultProxy("127.0.0.1", server.port) as proxy:

        def talk(_: int) -> None:
            with closing(http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=30)) as connection:
                for _ in range(40):
                    connection.request("POST", "/", body=b"b" * 3000)
                    assert connection.getresponse().read() == b"a" * 5000

        with ThreadPoolExecutor(32) as clients:
            list(clients.map(talk, range(32)))
    assert (proxy.connections, proxy.faults_made, server.count()) == (32, 0, 32 * 40)
    assert threading.active_count() <= threads  # those of an earlier test may have ended meanwhile
    assert open_descriptors() <= descriptors


def test_proxy_delays_each_answer() -> None:
    with FaultServer(answer()) as server, FaultProxy("127.0.0.1", server.port) as proxy:
        proxy.faults.delay = 0.2
        began = time.monotonic()
        assert fetch(proxy.port) == (200, b"{}")
        assert 0.2 <= time.monotonic() - began < 1


def test_proxy_throttles() -> None:
    with FaultServer(answer(body=b"a" * 10_000)) as server, FaultProxy("127.0.0.1", server.port) as proxy:
        proxy.faults = Faults(bytes_per_second=40_000)
        began = time.monotonic()
        assert fetch(proxy.port)[1] == b"a" * 10_000
        assert 0.2 <= time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("faults", "ending"),
    [
        (Faults(cut_after=20), "closed"),
        (Faults(half_close_after=20), "closed"),
        (Faults(reset_rate=1.0, reset_within=60), "reset"),
    ],
)
def test_proxy_breaks_a_connection_off(faults: Faults, ending: str) -> None:
    with FaultServer(answer()) as server, FaultProxy("127.0.0.1", server.port) as proxy:
        assert fetch(proxy.port) == (200, b"{}")
        proxy.faults = faults
        came, stands = ask(proxy.port, GET)
        assert stands == ending
        assert len(came) == 20 if ending == "closed" else len(came) < 60
        assert proxy.faults_made == 1
        proxy.faults = Faults()
        assert fetch(proxy.port) == (200, b"{}")


def test_proxy_counts_the_bytes_of_one_answer_only() -> None:
    with FaultServer(answer()) as server, FaultProxy("127.0.0.1", server.port, Faults(cut_after=200)) as proxy:
        assert ask(proxy.port, GET, GET, GET)[1] == "open"


def test_proxy_goes_on_reading_from_a_client_it_has_half_closed() -> None:
    with (
        FaultServer(answer()) as server,
        FaultProxy("127.0.0.1", server.port, Faults(half_close_after=20)) as proxy,
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as client,
    ):
        client.sendall(GET)
        with client.makefile("rb") as answered:
            assert len(answered.read()) == 20
        client.sendall(GET)
        until(lambda: server.count() == 2)


def test_proxy_resets_some_connections_by_chance() -> None:
    faults = Faults(reset_rate=0.5, reset_within=100, seed=3)
    with FaultServer(answer()) as server, FaultProxy("127.0.0.1", server.port, faults) as proxy:
        endings = [ask(proxy.port, GET, patience=0.1)[1] for _ in range(12)]
    assert {"open", "reset"} == set(endings)
    assert proxy.faults_made == endings.count("reset")


def test_black_hole_swallows_until_it_is_taken_away() -> None:
    with FaultServer(answer()) as server, FaultProxy("127.0.0.1", server.port) as proxy:
        proxy.faults.black_hole = True
        assert ask(proxy.port, GET) == (b"", "open")
        assert (server.count(), proxy.faults_made) == (0, 1)
        proxy.faults.black_hole = False
        assert fetch(proxy.port) == (200, b"{}")


def test_proxy_resets_the_client_of_a_server_that_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    with FaultProxy("127.0.0.1", port) as proxy:
        assert ask(proxy.port)[1] == "reset"


def test_connecting_to_a_filled_backlog_hangs() -> None:
    with filled_backlog() as address, socket.socket() as client:
        client.settimeout(0.3)
        with pytest.raises(TimeoutError):
            client.connect(address)


@pytest.mark.parametrize(
    ("authority", "strict"), [(Authority(), ssl.VERIFY_X509_STRICT), (ca_without_key_identifier(), 0)]
)
def test_good_certificate_is_taken(authority: Authority, strict: int) -> None:
    context = authority.client_context()
    context.verify_flags = ssl.VerifyFlags(context.verify_flags & ~ssl.VERIFY_X509_STRICT | strict)
    with FaultServer(answer(), tls=authority.context_for("localhost")) as server:
        assert fetch_by_tls(server.port, context).endswith(b"{}")
        assert (server.host, server.count()) == (f"https://localhost:{server.port}", 1)


def bad_certificates() -> list[tuple[Authority, ssl.SSLContext, str]]:
    """Return cases of an authority, a server context and the client's complaint."""
    authority, without = Authority(), ca_without_key_identifier()
    past, future = datetime(2001, 1, 1), datetime(2999, 1, 1)
    return [
        (authority, authority.context_for("localhost", not_after=past), "certificate has expired"),
        (authority, authority.context_for("localhost", not_before=future), "certificate is not yet valid"),
        (authority, authority.context_for("example.org"), "Hostname mismatch"),
        (authority, Authority().context_for("localhost"), "unable to get local issuer certificate"),
        (authority, self_signed_context("localhost"), "self.signed certificate"),
        (without, without.context_for("localhost"), "Missing Authority Key Identifier"),
    ]


@pytest.mark.parametrize(("authority", "server_context", "complaint"), bad_certificates())
def test_bad_certificate_is_refused(authority: Authority, server_context: ssl.SSLContext, complaint: str) -> None:
    context = authority.client_context()
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    with FaultServer(answer(), tls=server_context) as server:
        with pytest.raises(ssl.SSLCertVerificationError, match=complaint):
            fetch_by_tls(server.port, context)
        until(lambda: server.handshakes_failed == 1)


@pytest.mark.parametrize("password", [None, "secret"])
def test_client_certificate_is_required(tmp_path: Path, password: str | None) -> None:
    authority = Authority()
    context = authority.client_context()
    server_context = authority.context_for("localhost", client_ca=authority)
    with FaultServer(answer(), tls=server_context) as server:
        with pytest.raises(ssl.SSLError, match="CERTIFICATE_REQUIRED"):
            fetch_by_tls(server.port, context)
        cert_file, key_file = authority.client_certificate(tmp_path, password)
        assert ("ENCRYPTED" in key_file.read_text()) == bool(password)
        context.load_cert_chain(cert_file, key_file, password)
        assert fetch_by_tls(server.port, context).endswith(b"{}")
        assert server.handshakes_failed == 1


def test_tls_versions_can_be_limited() -> None:
    authority = Authority()
    context = authority.client_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    for maximum in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_1):
        server_context = authority.context_for("localhost", maximum=maximum)
        with FaultServer(answer(), tls=server_context) as server, pytest.raises(ssl.SSLError, match="VERSION"):
            fetch_by_tls(server.port, context)


@pytest.mark.parametrize(
    ("behaviour", "tls", "complaint"),
    [(behaviours.corrupt_record(), True, "BAD_RECORD_MAC"), (behaviours.http_400_to_tls(), False, "VERSION|HTTP")],
)
def test_bad_record_is_noticed(behaviour: Behaviour, tls: bool, complaint: str, tmp_path: Path) -> None:
    authority = Authority()
    context = ssl.create_default_context(cafile=authority.ca_file(tmp_path / "ca.pem"))
    server = FaultServer(behaviour, tls=authority.context_for("localhost") if tls else None)
    with server, pytest.raises(ssl.SSLError, match=complaint):
        fetch_by_tls(server.port, context)


def test_proxy_passes_tls_on() -> None:
    authority = Authority()
    with (
        FaultServer(answer(), tls=authority.context_for("localhost")) as server,
        FaultProxy("localhost", server.port, scheme="https") as proxy,
    ):
        assert fetch_by_tls(proxy.port, authority.client_context()).endswith(b"{}")
        assert proxy.host == f"https://localhost:{proxy.port}"


@pytest.mark.parametrize("arguments", [[], ["server"], ["proxy"], ["backlog"]])
def test_command_line_has_help(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "test.faults", *arguments, "--help"]
    assert "usage: python -m test.faults" in subprocess.run(command, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("arguments", [["server", "answer", "--tls"], ["proxy", "127.0.0.1:9"], ["backlog"]])
def test_command_line_runs_until_it_is_interrupted(arguments: list[str]) -> None:
    command = [sys.executable, "-m", "test.faults", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=10)
    assert (process.returncode, complaints) == (0, "")


def open_descriptors() -> int:
    """Return how many descriptors this process has open."""
    return len(os.listdir("/proc/self/fd"))


def until(condition: Callable[[], bool]) -> None:
    """Wait until something is true, for five seconds at most."""
    give_up = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)
