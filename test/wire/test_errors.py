"""Bad input and bad responses: each raises one clear exception of ours, with no secret in it."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest

import elements_sdk
from elements_sdk import (
    ApiConnectionError,
    ApiException,
    ApiTimeoutError,
    ApiTypeError,
    ApiValueError,
    BadRequestException,
    Configuration,
    DeadlineExceeded,
    IncompleteBody,
    OpenApiException,
    ProxyError,
    RedirectError,
    ResponseFormatError,
    ServiceException,
    Ticket,
    TlsError,
)
from test.both_clients import ApiClient, AuthApi, only_blocking, with_slow_override
from test.recording import CannedResponse, RecordingServer

pytestmark = with_slow_override

CLOSED_PORT = 9  # nothing listens on it; a port that was free a moment ago may be in use by another test


def client_of(host: str, **settings: Any) -> AuthApi:
    configuration = Configuration(host=host, api_key={"Bearer": "SECRETKEY"})
    configuration.timeout = (2, 2)
    for name, value in settings.items():
        setattr(configuration, name, value)
    return AuthApi(ApiClient(configuration))


@contextmanager
def raw_server(behaviour: Callable[[socket.socket], object]) -> Iterator[str]:
    """Yield a server that does one thing with each connection, at the level of bytes."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            held.append(connection)
            behaviour(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield "http://127.0.0.1:{}".format(*listener.getsockname()[1:])
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()
        for connection in held:
            connection.close()


def silent(_connection: socket.socket) -> None:
    """Accept, and send nothing."""


def hang_up(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.close()


def break_off(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"ticket"')
    connection.close()


def talk_nonsense(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"SMTP ready\r\n\r\n")
    connection.close()


def send_bad_gzip(connection: socket.socket) -> None:
    connection.recv(65536)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\noops")
    connection.close()


BYTES: list[tuple[Callable[[socket.socket], object], type[ApiException], str, str]] = [
    (silent, DeadlineExceeded, "longer than its limit of 0.5 s, waiting for the answer", "maybe"),
    (hang_up, ApiConnectionError, "connection broke", "maybe"),
    (break_off, IncompleteBody, "answer broke off", "yes"),
    (talk_nonsense, ResponseFormatError, "the answer is not valid HTTP", "yes"),
    (send_bad_gzip, IncompleteBody, "compression is damaged", "yes"),
]


@pytest.mark.parametrize(
    ("behaviour", "kind", "words", "sent"), BYTES, ids=lambda value: getattr(value, "__name__", None)
)
def test_trouble_on_the_wire(behaviour: Any, kind: type[ApiException], words: str, sent: str) -> None:
    with raw_server(behaviour) as host, pytest.raises(kind, match=words) as caught:
        client_of(host).create_auth_ticket(_request_timeout=0.5 if behaviour is silent else 30)
    error = caught.value
    assert error.status == (200 if behaviour is send_bad_gzip else 0)
    assert error.request_sent == sent
    assert (error.method, error.path, error.attempts) == ("POST", "/api/2/auth/ticket", 1)
    assert error.__cause__ is None
    assert error.__context__ is None


def test_server_down_wrong_host_and_wrong_scheme(recorder: RecordingServer) -> None:
    cases: list[tuple[str, type[ApiException], str, str]] = [
        (
            f"http://127.0.0.1:{CLOSED_PORT}",
            ApiConnectionError,
            "no connection to the server: Connection refused",
            "no",
        ),
        ("https://no-such-host.invalid", ApiConnectionError, "name is not known; check Configuration.host", "no"),
        (recorder.host.replace("http:", "https:"), TlsError, "there is no TLS on this port", "no"),
        ("https://no-such-host-either.invalid", ApiConnectionError, "name is not known", "no"),
    ]
    for host, kind, words, sent in cases:
        with pytest.raises(kind, match=words) as caught:
            client_of(host).create_auth_ticket()
        assert type(caught.value) is kind
        assert (caught.value.status, caught.value.request_sent) == (0, sent)
        assert "SECRET" not in str(caught.value)


def test_exception_that_the_caller_is_handling_has_no_say() -> None:
    import urllib3

    with raw_server(silent) as host:
        for pending in (urllib3.exceptions.NewConnectionError(None, "SECRETHOST"), FileNotFoundError(2, "SECRETFILE")):  # type: ignore[arg-type]
            try:
                raise pending
            except Exception:
                with pytest.raises(ApiTimeoutError, match="waiting for the answer") as caught:
                    client_of(host).create_auth_ticket(_request_timeout=0.3)
            assert caught.value.request_sent == "maybe"
            assert "SECRET" not in str(caught.value)


def test_unreachable_proxy_is_a_proxy_error() -> None:
    proxy = f"http://127.0.0.1:{CLOSED_PORT}"
    with pytest.raises(ProxyError) as caught:
        client_of("https://storage.example.com", proxy=proxy).create_auth_ticket()
    assert caught.value.request_sent == "no"
    with pytest.raises(ApiValueError, match="proxy must name an HTTP proxy"):
        client_of("http://localhost", proxy="socks9://SECRET@x")


def test_untrusted_certificate_is_a_tls_error_in_words(tls_server: str) -> None:
    with pytest.raises(TlsError, match=r"an authority that this client does not know: .*local issuer") as caught:
        client_of(tls_server).create_auth_ticket()
    assert caught.value.request_sent == "no"


def test_own_authority_can_be_trusted_and_checking_switched_off(tls_server: str, tls_ca_file: str) -> None:
    assert client_of(tls_server, ssl_ca_cert=tls_ca_file).create_auth_ticket().ticket == "t"
    with pytest.warns(match="Unverified HTTPS request"):
        assert client_of(tls_server, verify_ssl=False).create_auth_ticket().ticket == "t"


@pytest.fixture
def tls_authority() -> Any:
    import trustme

    return trustme.CA()


@pytest.fixture
def tls_ca_file(tls_authority: Any, tmp_path: Any) -> str:
    tls_authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return str(tmp_path / "ca.pem")


@pytest.fixture
def tls_server(tls_authority: Any) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls_authority.issue_cert("127.0.0.1").configure_cert(context)

    def answer(connection: socket.socket) -> None:
        try:
            with context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: 15\r\nConnection: close\r\n\r\n{"ticket": "t"}')
        except OSError:
            connection.close()

    with raw_server(answer) as host:
        yield host.replace("http:", "https:")


ANSWERS: list[tuple[str, bytes | str, int, dict[str, str], type[ApiException], str]] = [
    (
        "html",
        "<html><script>x()</script><h1>Sign in</h1></html>",
        200,
        {"Content_Type": "text/html"},
        ResponseFormatError,
        "Sign in",
    ),
    ("empty", "", 200, {}, ResponseFormatError, "the answer is empty, a Ticket was promised"),
    ("list", "[]", 200, {}, ResponseFormatError, "a list, a Ticket was promised"),
    ("cut", '{"ticket": "SECRETTICKET', 200, {}, ResponseFormatError, "not JSON"),
    (
        "debug page",
        "<html><style>a{}</style><title>OperationalError</title>" + "x" * 100_000,
        500,
        {},
        ServiceException,
        "OperationalError",
    ),
    ("proxy page", "<html>502 Bad Gateway</html>", 502, {}, ServiceException, "502 Bad Gateway"),
    ("no body", "", 503, {}, ServiceException, "503 Service Unavailable"),
    ("teapot", "{}", 418, {}, ApiException, "418"),
    (
        "moved",
        "",
        301,
        {"Location": "https://other/api/2/auth/ticket/?key=SECRET"},
        RedirectError,
        "to https://other/api/2/auth/ticket/: calls stay with one server; set Configuration.host to https://other ",
    ),
    ("moved with user", "", 307, {"Location": "https://SECRET@other/"}, RedirectError, "correct Configuration.host"),
    ("moved nowhere", "", 302, {}, RedirectError, "correct Configuration.host"),
    ("echo", '{"password": "SECRET", "ticket": "SECRET", "user": ["Bad."]}', 400, {}, BadRequestException, "user: Bad"),
    ("python", "{'ticket': 'SECRET'}", 200, {}, ResponseFormatError, "not JSON"),
    ("guarded", ')]}\',\n{"ticket": "SECRET"}', 200, {}, ResponseFormatError, "not JSON"),
    ("plain", "ticket=SECRET otp: SECRET", 502, {"Content_Type": "text/plain"}, ServiceException, "502"),
    (
        "token",
        "upstream said SECRET7aGk29xpQ1 today",
        502,
        {"Content_Type": "text/plain"},
        ServiceException,
        "upstream said",
    ),
    ("lines", '{"detail": "a\\nb\\nc"}', 403, {}, ApiException, "a b c"),
    ("long", '{"detail": "' + "x" * 100_000 + '"}', 400, {}, BadRequestException, "xxx..."),
    ("fields", '{"user": ["Bad."], "n": {"a": ["Deep."]}}', 400, {}, BadRequestException, r"user: Bad\.; n\.a: Deep\."),
]


@pytest.mark.parametrize(
    ("body", "status", "headers", "kind", "words"), [row[1:] for row in ANSWERS], ids=[row[0] for row in ANSWERS]
)
def test_bad_answer(
    body: bytes | str,
    status: int,
    headers: dict[str, str],
    kind: type[ApiException],
    words: str,
    recorder: RecordingServer,
) -> None:
    recorder.answers(body, status, **headers)
    with pytest.raises(kind, match=words) as caught:
        client_of(recorder.host).create_auth_ticket()
    error = caught.value
    assert isinstance(error, kind)
    assert error.status == status
    assert error.body == (body if isinstance(body, str) else body.decode())[:65_536]
    text = str(error)
    assert "SECRET" not in text
    assert len(text) < 600
    assert "\n" not in text
    assert text.removesuffix(f"; {error.hint}").endswith("(POST /api/2/auth/ticket)")
    assert error.request_sent == "yes"
    assert error.headers is not None
    assert len(recorder.requests) == 1


def test_cookies_in_the_headers_of_an_exception_are_masked(recorder: RecordingServer) -> None:
    recorder.answers("{}", 400, Set_Cookie="sessionid=SECRET; Path=/", X_Request_Id="7")
    with pytest.raises(BadRequestException) as caught:
        client_of(recorder.host).create_auth_ticket()
    assert caught.value.headers is not None
    assert caught.value.headers["Set-Cookie"] == "***"
    assert caught.value.headers["X-Request-Id"] == caught.value.headers["x-request-id"] == "7"


def test_success_hides_cookies_in_its_repr(recorder: RecordingServer) -> None:
    recorder.answers('{"ticket": "SECRET"}', 200, Set_Cookie="sessionid=SECRET; Path=/")
    answer = client_of(recorder.host).create_auth_ticket_with_http_info()
    assert "SECRET" not in repr(answer)
    assert answer.headers.getlist("set-cookie") == ["sessionid=SECRET; Path=/"]


@pytest.mark.parametrize("value", ["", ".", "..", None, True, [1], {"a": 1}, "\ud800"])
def test_id_that_is_not_a_path_segment_is_refused_before_sending(value: Any, recorder: RecordingServer) -> None:
    auth = client_of(recorder.host)
    for call in (auth.get_access_token, auth.delete_access_token):
        with pytest.raises(ApiValueError, match="id"):
            call(value)
    assert recorder.requests == []


@pytest.mark.parametrize("safe", ["/", "/%", "%"])
def test_safe_characters_do_not_open_a_way_out(safe: str, recorder: RecordingServer) -> None:
    auth = client_of(recorder.host, safe_chars_for_path_param=safe)
    for value in ("../login", "a/../b", "%2e%2e", ".%2E/x"):
        try:
            auth.get_access_token(value)  # type: ignore[call-overload]
        except ApiValueError:
            continue
        assert recorder.last.path.startswith("/api/2/auth/access-tokens/")
        assert ".." not in recorder.last.path.replace("%2E", ".").replace("%2e", ".").split("/")


@pytest.mark.parametrize("value", ["a/b", "a b", "ü", "a?b#c", "a\nb", "...", "\x00"])
def test_id_stays_one_segment(value: str, recorder: RecordingServer) -> None:
    client_of(recorder.host).get_access_token(value)  # type: ignore[call-overload]
    assert recorder.last.path.count("/") == 5
    assert recorder.last.query == ""


@pytest.mark.parametrize("key", ["SECRET\n", "SECRET\r\nX: 1", "SECRET\x00", "SECRETü", 7, b"SECRET\xff"])
def test_key_that_cannot_be_sent_is_refused_before_sending(key: Any, recorder: RecordingServer) -> None:
    auth = client_of(recorder.host, api_key={"Authorization": key})
    with pytest.raises(ApiValueError, match=r"api_key\['Authorization'\]") as caught:
        auth.create_auth_ticket()
    assert "SECRET" not in str(caught.value)
    assert recorder.requests == []


def test_header_that_cannot_be_sent_is_refused_without_being_shown(recorder: RecordingServer) -> None:
    for value in ("SECRET\r\nX: 1", "SECRET\ud800"):
        auth = client_of(recorder.host)
        auth.api_client.set_default_header("X-Note", value)
        with pytest.raises(OpenApiException) as caught:
            auth.create_auth_ticket()
        assert "SECRET" not in f"{caught.value} {caught.value.__context__} {caught.value.args}"
    assert recorder.requests == []


def test_query_with_a_lone_surrogate_is_refused(recorder: RecordingServer) -> None:
    with pytest.raises(ApiValueError, match="a lone surrogate"):
        client_of(recorder.host).get_all_access_tokens(ordering="\ud800")


@pytest.mark.parametrize(
    "value", [0, -1, float("nan"), float("inf"), 10**400, 1e12, True, "5", (1,), (1, 0), (1, 2, 3)]
)
def test_invalid_timeout_is_refused(value: Any, recorder: RecordingServer) -> None:
    with pytest.raises(ApiValueError, match="_request_timeout must be a positive number of seconds"):
        client_of(recorder.host).create_auth_ticket(_request_timeout=value)
    assert recorder.requests == []


def test_body_is_checked_before_sending(recorder: RecordingServer) -> None:
    auth = client_of(recorder.host)
    bad: list[tuple[Any, type[OpenApiException], str]] = [
        ({"password": "SECRET"}, ApiValueError, "AuthLoginEndpointRequest.username is required"),
        ({"username": "u", "password": ""}, ApiValueError, "AuthLoginEndpointRequest.password must have at least 1"),
        ({"username": "u", "password": b"SECRET"}, ApiValueError, "password must be str, not bytes"),
        ("SECRET", ApiTypeError, "login takes an AuthLoginEndpointRequest or a dict as data, not a str"),
        ([1], ApiTypeError, "not a list"),
    ]
    for body, kind, words in bad:
        with pytest.raises(kind, match=words) as caught:
            auth.login(body)
        assert "SECRET" not in str(caught.value)
        with pytest.raises(
            ApiTypeError, match="login takes an AuthLoginEndpointRequest or a dict as data, not a Ticket"
        ):
            auth.login(Ticket(ticket="SECRET"))  # type: ignore[call-overload]
    empty = auth.api_client.deserialize(SimpleNamespace(data="{}"), "Ticket")
    with pytest.raises(ApiValueError, match=r"Ticket\.ticket is required"):
        auth.check_auth_ticket(empty)
    assert recorder.requests == []


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
MULTIPART = {"Content-Type": "multipart/form-data"}
WRONG_CALLS: list[tuple[dict[str, Any], type[OpenApiException], str]] = [
    ({"_host": "http://h:99999"}, ApiValueError, "_host must be a valid URL"),
    ({"_host": 7}, ApiValueError, "_host must be text"),
    ({"_host": "https://SECRET@other"}, ApiValueError, "_host must not hold a user name"),
    ({"response_type": "Tikcet"}, ApiValueError, "there is no model 'Tikcet'"),
    ({"response_type": "files"}, ApiValueError, "there is no model 'files'"),
    ({"post_params": {"a": "\ud800"}, "header_params": FORM}, ApiValueError, "a lone surrogate"),
    ({"post_params": {"a": "\ud800"}, "header_params": MULTIPART}, ApiValueError, "a lone surrogate"),
    ({"body": "\ud800", "header_params": {"Content-Type": "text/plain"}}, ApiValueError, "a lone surrogate"),
    ({"post_params": {"a": 1}}, ApiTypeError, "a form cannot be sent as application/json"),
    ({"query_params": {"a": 1}, "collection_formats": {"a": "csv"}}, ApiValueError, "a has a collection format"),
    ({"files": {"a": "\0"}, "header_params": MULTIPART}, ApiValueError, "that is not a path"),
    ({"method": None}, ApiValueError, "the method must be one of"),
    ({"body": object()}, ApiTypeError, "a value of type object cannot be sent"),
    ({"path_params": {"a": ""}}, ApiValueError, "the path parameter 'a'"),
]


@pytest.mark.parametrize(("options", "kind", "words"), WRONG_CALLS)
def test_wrong_call_api_is_refused_before_sending(
    options: dict[str, Any], kind: type[OpenApiException], words: str, recorder: RecordingServer
) -> None:
    client = client_of(recorder.host).api_client
    with pytest.raises(kind, match=words) as caught:
        client.call_api(**{"resource_path": "/x/{a}", "method": "POST", **options})
    assert "SECRET" not in str(caught.value)
    assert recorder.requests == []


def test_wrong_setting_of_a_client_is_refused(recorder: RecordingServer) -> None:
    client = client_of(recorder.host).api_client
    attempts: list[tuple[Callable[[], object], str]] = [
        (lambda: setattr(client, "cookie", b"a=1"), "cookie must be text, not bytes"),
        (lambda: setattr(client, "user_agent", None), "the header User-Agent needs a value, as text"),
        (lambda: client.set_default_header("X", ["1"]), "the header X needs a value, as text"),  # type: ignore[arg-type]
        (lambda: elements_sdk.ApiClient(pool_threads=0), "pool_threads must be a whole number from 1"),
        (lambda: client.request("GET", "http://[::1/x"), "url must be a valid URL"),
        (lambda: client.request("GET", "/x"), "url must begin with http"),
    ]
    for attempt, words in attempts:
        with pytest.raises(ApiValueError, match=words):
            attempt()
    client.default_headers["X"] = None
    with pytest.raises(ApiValueError, match="the header X cannot be sent: its value must be text on one line"):
        client.call_api("/x", "GET")
    assert recorder.requests == []


def test_answer_that_is_nested_as_deeply_as_can_just_be_read_is_refused_as_any_other(recorder: RecordingServer) -> None:
    auth = client_of(recorder.host, strict_responses=True)
    for depth in range(850, 1000):
        body = b'[{"id": ' + b"[" * depth + b"]" * depth + b"}]"
        recorder.answer = lambda _request, body=body: CannedResponse(200, body)  # type: ignore[misc]
        with pytest.raises(ResponseFormatError):
            auth.get_all_access_tokens()


def page_of_html(auth: AuthApi, recorder: RecordingServer) -> None:
    recorder.answer = lambda _request: CannedResponse(200, b"<html></html>")
    auth.create_auth_ticket()


def list_that_breaks_off(auth: AuthApi, recorder: RecordingServer) -> None:
    recorder.answer = lambda _request: CannedResponse(400, b"{}")
    next(auth.iter_access_tokens())


def other_client(name: str, value: str) -> None:
    configuration = Configuration()
    setattr(configuration, name, value)
    ApiClient(configuration)


CONTEXTS: dict[str, Callable[[AuthApi, RecordingServer], object]] = {
    "a setting": lambda _auth, _recorder: Configuration(host="ftp://x"),
    "the environment": lambda _auth, _recorder: Configuration.from_env({"ELEMENTS_HOST": "ftp://x"}),
    "a certificate": lambda _auth, _recorder: other_client("ssl_ca_cert", "/nowhere"),
    "a body": lambda auth, _recorder: auth.api_client.call_api("/x", "POST", body={"a": float("nan")}),
    "a file": lambda auth, _recorder: auth.api_client.call_api(
        "/x", "POST", header_params={"Content-Type": "multipart/form-data"}, files={"a": "/nowhere"}
    ),
    "an answer": page_of_html,
    "a list": list_that_breaks_off,
    "a connection": lambda _auth, _recorder: client_of(f"http://127.0.0.1:{CLOSED_PORT}", retries=0).logout(),
}


@only_blocking  # the other client fails in a task, whose caller is the event loop
@pytest.mark.parametrize("name", CONTEXTS)
def test_exception_has_the_context_of_its_caller_and_none_of_ours(name: str, recorder: RecordingServer) -> None:
    outer = RuntimeError("handled by the caller")
    auth = client_of(recorder.host)
    try:
        raise outer
    except RuntimeError:
        with pytest.raises(OpenApiException) as caught:
            CONTEXTS[name](auth, recorder)
    assert caught.value.__context__ is outer
    assert caught.value.__cause__ is None
