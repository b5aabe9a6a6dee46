"""The bodies of responses: read under a limit of bytes, into memory or into a private file."""

from __future__ import annotations

import gzip
import json
import os
import re
import resource
import signal
import stat
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from elements_sdk import (
    ApiConnectionError,
    ApiException,
    Configuration,
    IncompleteBody,
    RedirectError,
    ResponseFormatError,
    ResponseTooLarge,
    ServiceException,
)
from elements_sdk._client.download import DownloadedFile
from test.both_clients import BOTH, ApiClient, both_kinds, of_kind, only_blocking
from test.faults import behaviours as does
from test.faults.server import Behaviour, Conversation, FaultServer

pytestmark = both_kinds

MIB = 1024 * 1024
CAP = 8 * MIB
OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"


CLOSE = ("Connection", "close")


def says(*chunks: bytes) -> Behaviour:
    """Answer the first request with these bytes, just as they are, and close."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            for chunk in chunks:
                conversation.send(chunk)

    return behave


def goes_on(start: bytes, chunk: bytes, times: int = 10**9) -> Behaviour:
    """Answer the first request with a start and the same chunk, again and again, and close."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(start)
            for _ in range(times):
                conversation.send(chunk)

    return behave


def waits_after(data: bytes) -> Behaviour:
    """Answer with these bytes, and send no more."""

    def behave(conversation: Conversation) -> None:
        says(data)(conversation)
        conversation.listen()

    return behave


def client_of(host: str, **settings: Any) -> ApiClient:
    configuration = Configuration(host=host, api_key={"Bearer": "KEY"})
    settings = {"timeout": (2, 2), "retries": False, "connection_pool_maxsize": 1, **settings}
    for name, value in settings.items():
        setattr(configuration, name, value)
    return ApiClient(configuration)


def call(client: ApiClient, kind: str | None = "object", method: str = "GET") -> Any:
    return client.call_api("/api/2/things", method, response_type=kind, _return_http_data_only=True)


# The limit of bytes


@pytest.mark.parametrize("kind", ["str", "file"])
@pytest.mark.parametrize("coding", ["identity", "gzip"])
@pytest.mark.parametrize("framing", ["length", "chunks", "end"])
def test_as_many_bytes_as_are_allowed_pass_and_one_more_does_not(
    tmp_path: Path, kind: str, coding: str, framing: str
) -> None:
    def answer(size: int) -> Behaviour:
        body = gzip.compress(b"a" * size) if coding == "gzip" else b"a" * size
        start = OK + f"Connection: close\r\nContent-Encoding: {coding}\r\n".encode()
        if framing == "chunks":
            body = b"%x\r\n%s\r\n0\r\n\r\n" % (len(body), body)
            return says(start + b"Transfer-Encoding: chunked\r\n\r\n" + body)
        return says(start + (b"Content-Length: %d\r\n\r\n" % len(body) if framing == "length" else b"\r\n") + body)

    sizes = (100_000, 100_001, 100_001)
    with (
        FaultServer(*map(answer, sizes)) as server,
        client_of(server.host, max_response_bytes=100_000, temp_folder_path=str(tmp_path)) as client,
    ):
        found = call(client, kind)
        assert (Path(found).read_text() if kind == "file" else found) == "a" * 100_000
        with pytest.raises(ResponseTooLarge, match=r"more than 100,000 bytes \(Configuration.max_resp") as caught:
            call(client, kind)
        assert (caught.value.status, caught.value.attempts, caught.value.request_sent) == (200, 1, "yes")
        assert isinstance(caught.value, ResponseFormatError)
        client.configuration.max_response_bytes = None
        assert len(Path(call(client, kind)).read_text() if kind == "file" else call(client, kind)) == 100_001


def test_error_bodies_are_read_under_the_same_limit() -> None:
    with (
        FaultServer(does.answer(500, b"a" * 1001, [CLOSE], 1), does.answer()) as server,
        client_of(server.host, max_response_bytes=1000) as client,
    ):
        with pytest.raises(ServiceException) as caught:
            call(client)
        assert (caught.value.status, caught.value.body) == (500, "")
        assert call(client) == {}


def test_the_length_in_a_response_to_head_is_not_that_of_a_body() -> None:
    with (
        FaultServer(does.answer(200, b"a" * 1001)) as server,
        client_of(server.host, max_response_bytes=1000) as client,
    ):
        answer = client.call_api("/api/2/things", "HEAD")
        assert (answer.status_code, answer.headers["Content-Length"]) == (200, "1001")


@only_blocking  # aiohttp refuses such a response
def test_a_length_that_is_said_twice_is_refused() -> None:
    answer = says(OK + b"Connection: close\r\nContent-Length: 2, 2\r\n\r\n" + b"a" * 100_001)
    with (
        FaultServer(answer) as server,
        client_of(server.host, max_response_bytes=100_000, retries=0) as client,
        pytest.raises(ResponseFormatError, match="not valid HTTP"),
    ):
        call(client)


# Memory, measured in a process of its own


@cache
def bomb(coding: str) -> bytes:
    """Return a response with 300 MiB of zeros, compressed."""
    packer = zlib.compressobj(1, zlib.DEFLATED, 31 if coding.startswith("gzip") else 15)
    data = b"".join(packer.compress(bytes(MIB)) for _ in range(300)) + packer.flush()
    for _ in coding.split(", ")[1:]:
        data = gzip.compress(data)
    return (
        OK + f"Connection: close\r\nContent-Encoding: {coding}\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data
    )


def peak() -> int:
    """Return the peak memory of this process, in bytes."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path("/proc/self/status").read_text())
    assert found is not None
    return int(found[1]) * 1024


def measure(client_kind: str, host: str, kind: str, folder: str, most: str) -> None:
    """Make a call that succeeds, the one that is measured, and another that must succeed: for a child process."""
    limit = int(most) or None
    settings = {"max_response_bytes": limit, "temp_folder_path": folder, "total_timeout": 4}
    with of_kind(client_kind), client_of(host, **settings) as client:
        call(client)
        before, started, failed, size = peak(), time.monotonic(), None, 0
        try:
            size = len(call(client, kind)) if kind != "file" else Path(call(client, kind)).stat().st_size
        except ApiException as error:
            failed = error
        seconds, growth = time.monotonic() - started, peak() - before
        call(client)
    names = [found.__name__ for found in type(failed).__mro__]
    print(json.dumps({"names": names, "text": str(failed), "growth": growth, "seconds": seconds, "size": size}))


def in_a_child(function: str, *arguments: str) -> Any:
    program = f"import sys; from test.wire.test_bodies import {function}; {function}(*sys.argv[1:])"
    ran = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=50)
    assert ran.returncode == 0, ran.stderr
    return json.loads(ran.stdout)


BLOCK = b"10000\r\n" + b"0" * 65_536 + b"\r\n"
GREEDY: dict[str, tuple[Callable[[], Behaviour], type[ApiException]]] = {
    "gzip": (lambda: says(bomb("gzip")), ResponseTooLarge),
    "gzip twice": (lambda: says(bomb("gzip, gzip")), ResponseFormatError),
    "ten encodings": (lambda: says(bomb(", ".join(["gzip"] * 10))), ResponseFormatError),
    "deflate": (lambda: says(bomb("deflate")), ResponseTooLarge),
    "chunks without end": (lambda: goes_on(CHUNKED, BLOCK), ResponseTooLarge),
    "a body without end": (lambda: goes_on(OK + b"\r\n", bytes(65_536)), ResponseTooLarge),
    "an absurd length": (lambda: waits_after(OK + b"Content-Length: 10000000000000\r\n\r\n{}"), ResponseTooLarge),
    "5 GiB": (lambda: goes_on(OK + b"Content-Length: 5368709120\r\n\r\n", bytes(65_536)), ResponseTooLarge),
    "400 headers": (lambda: does.many_headers(400), ApiException),
    "headers without end": (lambda: goes_on(OK, b"X: y\r\n"), ApiException),
    "a long header": (lambda: does.long_header(100_000), ApiException),
    "a status line without end": (lambda: goes_on(b"HTTP/1.1 200 ", b"a" * 65_536), ApiException),
    "a chunk extension without end": (lambda: goes_on(CHUNKED + b"2;", b"a" * 65_536), ApiException),
    "a chunk of 10 TB": (lambda: goes_on(CHUNKED + b"9184e72a000\r\n", bytes(65_536)), ResponseTooLarge),
}


IN_THE_FAST_SET = ("gzip", "chunks without end", "headers without end", "a chunk extension without end")
GREEDY_CASES = [
    pytest.param(kind, name, marks=pytest.mark.slow if kind == "asyncio" and name not in IN_THE_FAST_SET else ())
    for kind in BOTH
    for name in GREEDY
]


@pytest.mark.parametrize(("client_kind", "name"), GREEDY_CASES, indirect=["client_kind"])
def test_memory_stays_within_the_limit_and_the_client_works_afterwards(
    client_kind: str, tmp_path: Path, name: str
) -> None:
    make, kind = GREEDY[name]
    with FaultServer(does.answer(headers=[CLOSE], times=1), make(), does.answer()) as server:
        found = in_a_child("measure", client_kind, server.host, "object", str(tmp_path), str(CAP))
        assert server.connections == 3  # that of the measured call was given up
    assert kind.__name__ in found["names"], found
    assert found["growth"] <= CAP + 16 * MIB
    assert found["seconds"] < 5
    assert len(found["text"]) <= 600


def test_a_file_is_written_as_it_comes(client_kind: str, tmp_path: Path) -> None:
    big = goes_on(OK + b"Content-Length: %d\r\n\r\n" % (96 * MIB), bytes(MIB), 96)
    with FaultServer(does.answer(headers=[CLOSE], times=1), big, does.answer()) as server:
        found = in_a_child("measure", client_kind, server.host, "file", str(tmp_path), "0")
    assert (found["size"], found["text"]) == (96 * MIB, "None")
    assert found["growth"] <= 8 * MIB
    for path in tmp_path.glob("*/answer"):
        path.unlink()


# Files


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o077])
def test_a_file_is_for_its_user_only(tmp_path: Path, mask: int) -> None:
    body = os.urandom(200_000)
    with (
        FaultServer(does.answer(200, body, [("Content-Type", "image/png")])) as server,
        client_of(server.host, temp_folder_path=str(tmp_path)) as client,
    ):
        before = os.umask(mask)
        try:
            first, second = call(client, "file"), call(client, "file")
        finally:
            os.umask(before)
    assert type(first) is DownloadedFile
    assert (first.content_type, first.suggested_name) == ("image/png", None)
    assert Path(first).parent != Path(second).parent
    for path in (Path(first), Path(second)):
        assert path.read_bytes() == body
        assert (path.parent.parent, mode_of(path.parent), mode_of(path)) == (tmp_path, 0o700, 0o600)


NAMES: dict[str, str | None] = {
    "": None,
    "attachment": None,
    "attachment; filename=": None,
    'attachment; filename="report.pdf"': "report.pdf",
    "inline; filename=report.pdf; size=5": "report.pdf",
    'attachment; filename="../../etc/passwd"': "passwd",
    "attachment; filename=/etc/passwd": "passwd",
    'attachment; filename="..\\\\..\\\\x.txt"': "x.txt",
    "attachment; filename=C:x": "C_x",
    "attachment; filename=x.txt:stream": "x.txt_stream",
    "attachment; filename=a%00b%2f..%2fc": "c",
    "attachment; filename=a%00b": "a_b",
    "attachment; filename=..": None,
    "attachment; filename=.bashrc": "bashrc",
    'attachment; filename="CON"': "_CON",
    'attachment; filename="nul.txt"': "_nul.txt",
    'attachment; filename="CON .txt"': "_CON .txt",
    "attachment; filename=-rf": "-rf",
    f"attachment; filename={'n' * 300}.txt": "n" * 100,
    "attachment; filename*=UTF-8''%e2%82%ac%20rates.txt": "_ rates.txt",
    "attachment; filename*=UTF-8''..%2F..%2Fx": "x",
    "attachment; filename*=klingon''x.txt": "x.txt",
    "attachment; filename*=UTF-8''n%c3%a9w.txt": "néw.txt",
    "attachment; filename=COM¹.txt": "_COM¹.txt",
    "attachment; filename*0=one; filename*1=two": "onetwo",
}


def test_names_are_made_harmless_and_do_not_meet(tmp_path: Path) -> None:
    behaviours = [does.answer(200, b"x", [("Content-Disposition", text), CLOSE], times=1) for text in NAMES]
    with FaultServer(*behaviours) as server, client_of(server.host, temp_folder_path=str(tmp_path)) as client:
        found = [call(client, "file") for _ in NAMES]
    assert dict(zip(NAMES, (answer.suggested_name for answer in found), strict=True)) == NAMES
    assert {Path(answer).name for answer in found} == {"answer"}
    assert len({Path(answer).parent for answer in found}) == len(NAMES)


def test_a_long_name_is_read_in_no_time(tmp_path: Path) -> None:
    server = FaultServer(does.answer(headers=[("Content-Disposition", f'attachment; filename="{";" * 60_000}"')]))
    with server, client_of(server.host, temp_folder_path=str(tmp_path)) as client:
        started = time.monotonic()
        call(client, "file")
        assert time.monotonic() - started < 0.5


class Failure(NamedTuple):
    behaviour: Behaviour
    kind: type[ApiException]
    words: str


BAD_GZIP = OK + b"Connection: close\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\noops"
FAILURES = {
    "the body breaks off": Failure(does.close_within_body(70_000, 99_999), IncompleteBody, "broke off"),
    "the connection is reset": Failure(does.reset_within_body(70_000, 99_999), ApiConnectionError, "connection broke"),
    "damaged compression": Failure(says(BAD_GZIP), IncompleteBody, "compression is damaged"),
    "too large, as announced": Failure(does.answer(200, b"a" * 100_001, [CLOSE], 1), ResponseTooLarge, "100,000 bytes"),
    "too large": Failure(goes_on(CHUNKED, BLOCK), ResponseTooLarge, "100,000 bytes"),
    "an error": Failure(does.answer(500, b'{"detail": "no disk"}', [CLOSE], 1), ServiceException, "no disk"),
    "a redirect": Failure(does.answer(302, b"moved", [CLOSE], 1), RedirectError, "302"),
}


@pytest.mark.parametrize("name", FAILURES)
def test_nothing_is_left_of_a_file_that_did_not_come(tmp_path: Path, name: str) -> None:
    failure = FAILURES[name]
    with (
        FaultServer(failure.behaviour, does.answer()) as server,
        client_of(server.host, temp_folder_path=str(tmp_path), max_response_bytes=100_000) as client,
    ):
        with pytest.raises(failure.kind, match=failure.words) as caught:
            call(client, "file", "POST")
        assert list(tmp_path.iterdir()) == []
        if name == "an error":
            assert caught.value.body == '{"detail": "no disk"}'
        assert call(client) == {}


def test_a_get_that_broke_off_is_retried_and_leaves_one_file(tmp_path: Path) -> None:
    with (
        FaultServer(does.close_within_body(), does.answer(200, b"whole")) as server,
        client_of(server.host, temp_folder_path=str(tmp_path), retries=1) as client,
    ):
        found = Path(call(client, "file"))
    assert found.read_bytes() == b"whole"
    assert list(tmp_path.iterdir()) == [found.parent]


@pytest.mark.parametrize("path", ["missing", "a file", "no\0path"])
def test_a_folder_that_cannot_be_used_is_named_by_its_setting(tmp_path: Path, path: str) -> None:
    (tmp_path / "a file").write_bytes(b"")
    with FaultServer(does.answer()) as server, client_of(server.host, temp_folder_path=str(tmp_path / path)) as client:
        with pytest.raises(ApiException, match="no folder can be made in temp_folder_path: ") as caught:
            call(client, "file")
        assert (caught.value.status, caught.value.attempts) == (200, 1)
        assert caught.value.__context__ is None
        assert call(client) == {}


def fill_disk(client_kind: str, host: str, folder: str, most: str) -> None:
    """Download a file to a disk that holds `most` bytes a file: for a child process."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(most), resource.RLIM_INFINITY))
    with of_kind(client_kind), client_of(host, temp_folder_path=folder) as client:
        try:
            outcome = f"{Path(call(client, 'file')).stat().st_size} bytes"
        except ApiException as error:
            outcome = str(error)
        print(json.dumps([outcome, call(client)]))


@pytest.mark.parametrize("most", [0, 65_536, 99_999])
def test_a_full_disk_is_reported_and_nothing_is_left(client_kind: str, tmp_path: Path, most: int) -> None:
    with FaultServer(does.answer(200, b"a" * 100_000, [CLOSE], times=1), does.answer()) as server:
        outcome, afterwards = in_a_child("fill_disk", client_kind, server.host, str(tmp_path), str(most))
    words = "200 the answer cannot be written to a file: File too large (GET /api/2/things)"
    assert (outcome, afterwards) == (words, {})
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_download_leaves_no_file_and_frees_its_connection(tmp_path: Path) -> None:
    main = threading.main_thread().ident or 0

    def interrupt(conversation: Conversation) -> None:
        says(OK + b"Content-Length: 100000\r\n\r\n" + b"a" * 70_000)(conversation)
        conversation.pause(0.2)
        signal.pthread_kill(main, signal.SIGINT)
        conversation.pause()

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with (
            FaultServer(interrupt, does.answer()) as server,
            client_of(server.host, temp_folder_path=str(tmp_path)) as client,
        ):
            with pytest.raises(KeyboardInterrupt):
                call(client, "file")
            assert list(tmp_path.iterdir()) == []
            assert call(client) == {}
    finally:
        signal.signal(signal.SIGINT, before)
