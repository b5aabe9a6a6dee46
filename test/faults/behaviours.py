"""What a `FaultServer` can do to a connection; each function makes a behaviour."""

from __future__ import annotations

import os
import select
import socket
from collections.abc import Callable, Sequence
from http import HTTPStatus
from typing import TypeAlias

from test.faults.server import Behaviour, Conversation

Headers: TypeAlias = Sequence[tuple[str, str]]


def message(status: int = 200, body: bytes = b"{}", headers: Headers = (), method: str = "GET") -> bytes:
    """A whole answer, as bytes; JSON, unless `headers` has another Content-Type."""
    phrase = HTTPStatus(status).phrase if status in list(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    if not any(name.lower() == "content-type" for name, _ in headers):
        lines.append("Content-Type: application/json")
    without_body = status in (204, 304) or status < 200
    if not without_body:
        lines.append(f"Content-Length: {len(body)}")
    head = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return head if without_body or method == "HEAD" else head + body


def answer(status: int = 200, body: bytes = b"{}", headers: Headers = (), times: int | None = None) -> Behaviour:
    """Answers every request of the connection; closes it after `times` of them, if given."""

    def behave(conversation: Conversation) -> None:
        answered = 0
        while answered != times and (seen := conversation.read_request()):
            conversation.send(message(status, body, headers, seen.method))
            answered += 1

    return behave


def answers(*given: tuple[int, bytes], refusal: Headers = ()) -> Behaviour:
    """Answers each request of the connection by the next (status, body), and from then on by the last.

    :param refusal: headers of the answers with an error status.
    """
    sequence = given or ((200, b"{}"),)

    def behave(conversation: Conversation) -> None:
        answered = 0
        while seen := conversation.read_request():
            status, body = sequence[min(answered, len(sequence) - 1)]
            conversation.send(message(status, body, refusal if status >= 400 else (), seen.method))
            answered += 1

    return behave


def late_answer(seconds: float = 1.0, status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answers every request, but only after some seconds."""

    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            conversation.pause(seconds)
            conversation.send(message(status, body, headers, seen.method))

    return behave


def many_headers(n: int = 200) -> Behaviour:
    """Answers every request with `n` more headers than needed."""
    return answer(headers=[(f"X-Header-{number}", "value") for number in range(n)])


def long_header(n: int = 100_000) -> Behaviour:
    """Answers every request with a header whose value has `n` bytes."""
    return answer(headers=[("X-Long", "a" * n)])


def silence() -> Behaviour:
    """Reads what comes and never says a word."""
    return Conversation.listen


def deaf() -> Behaviour:
    """Neither reads nor says a word."""
    return Conversation.pause


def slow_status_line(interval: float = 0.1) -> Behaviour:
    """Answers every request, the status line at one byte each `interval` seconds."""

    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            line, _, rest = message(method=seen.method).partition(b"\r\n")
            _drip(conversation, line, interval)
            conversation.send(b"\r\n" + rest)

    return behave


def slow_headers(interval: float = 0.1, pieces: int | None = None) -> Behaviour:
    """Answers with a status line at once and a header at one byte each `interval` seconds: endless, or of `pieces`."""

    def behave(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while pieces is None:
                _drip(conversation, b"a", interval)
            _drip(conversation, b"a" * pieces, interval)
            conversation.send(b"\r\nContent-Length: 2\r\n\r\n{}")

    return behave


def dripping_body(interval: float = 0.1, size: int = 100) -> Behaviour:
    """Answers every request, the body of `size` bytes of JSON at one byte each `interval` seconds."""
    body = b"{}".rjust(size)

    def behave(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(message(body=body, method="HEAD"))
            _drip(conversation, body, interval)

    return behave


def close_at_once() -> Behaviour:
    """Closes the connection before anything is read."""
    return Conversation.close


def reset_at_once() -> Behaviour:
    """Resets the connection before anything is read, but not before something comes or a moment has passed.

    A reset that is faster than that can reach a client that is still connecting.
    """

    def behave(conversation: Conversation) -> None:
        select.select([conversation.raw], [], [], 0.2)
        conversation.reset()

    return behave


def close_after_request() -> Behaviour:
    """Reads the request, closes without an answer."""
    return _after_request(b"", Conversation.close)


def reset_after_request() -> Behaviour:
    """Reads the request, resets without an answer."""
    return _after_request(b"", Conversation.reset)


def close_within_headers() -> Behaviour:
    """Sends the status line and half a header, then closes."""
    return _after_request(b"HTTP/1.1 200 OK\r\nContent-Ty", Conversation.close)


def close_within_body(sent: int = 3, promised: int = 100) -> Behaviour:
    """Sends `sent` bytes of a body of `promised` bytes, then closes."""
    return _after_request(_part_of_an_answer(sent, promised), Conversation.close)


def reset_within_body(sent: int = 3, promised: int = 100) -> Behaviour:
    """Sends `sent` bytes of a body of `promised` bytes, then resets."""
    return _after_request(_part_of_an_answer(sent, promised), Conversation.reset)


def answer_then_close(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answers as if the connection were kept, and closes it right away."""
    return _after_request(message(status, body, headers), Conversation.close)


def answer_then_reset(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answers as if the connection were kept, and resets it right away."""
    return _after_request(message(status, body, headers), Conversation.reset)


def half_closed(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answers the first request, shuts its writing side, and goes on reading."""

    def behave(conversation: Conversation) -> None:
        conversation.half_close()
        conversation.listen()

    return _after_request(message(status, body, headers), behave)


def stale(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answers the first request, reads the second and closes without an answer."""
    return _after_request(message(status, body, headers), close_after_request())


def stale_reset(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answers the first request, reads the second and resets without an answer."""
    return _after_request(message(status, body, headers), reset_after_request())


def truncated_chunks() -> Behaviour:
    """Sends one chunk and half of the next, then closes."""
    return _after_request(_CHUNKED + b'5\r\n{"a":\r\n64\r\n 1', Conversation.close)


def bad_chunk_size() -> Behaviour:
    """Sends a chunk whose size is no number, and goes on reading."""
    return _after_request(_CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", Conversation.listen)


def nonsense(data: bytes = b"SMTP ready\r\n") -> Behaviour:
    """Sends what is no HTTP before anything is read, and goes on reading."""

    def behave(conversation: Conversation) -> None:
        conversation.send(data)
        conversation.listen()

    return behave


def corrupt_record() -> Behaviour:
    """Reads the request over TLS and sends a record that no key of the connection has made."""

    def behave(conversation: Conversation) -> None:
        with socket.socket(fileno=os.dup(conversation.raw.fileno())) as beneath:
            beneath.sendall(b"\x17\x03\x03" + (64).to_bytes(2, "big") + os.urandom(64))
        conversation.listen()

    return _after_request(b"", behave)


def http_400_to_tls() -> Behaviour:
    """Answers whatever comes, such as a TLS greeting to a server without TLS, by status 400 in plain text."""

    def behave(conversation: Conversation) -> None:
        conversation.receive()
        conversation.send(message(400, b"Bad Request", [("Content-Type", "text/plain"), ("Connection", "close")]))
        conversation.half_close()
        while conversation.receive():
            pass

    return behave


_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def _part_of_an_answer(sent: int, promised: int) -> bytes:
    body = b"{}".rjust(promised)
    return message(body=body, method="HEAD") + body[:sent]


def _after_request(said: bytes, then: Behaviour) -> Behaviour:
    """Reads a request, says something and goes over to another behaviour."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            if said:
                conversation.send(said)
            then(conversation)

    return behave


def _drip(conversation: Conversation, data: bytes, interval: float) -> None:
    for position in range(len(data)):
        conversation.pause(interval)
        conversation.send(data[position : position + 1])


BEHAVIOURS: dict[str, Callable[[], Behaviour]] = {
    factory.__name__: factory
    for factory in (
        answer,
        answers,
        late_answer,
        many_headers,
        long_header,
        silence,
        deaf,
        slow_status_line,
        slow_headers,
        dripping_body,
        close_at_once,
        reset_at_once,
        close_after_request,
        reset_after_request,
        close_within_headers,
        close_within_body,
        reset_within_body,
        answer_then_close,
        answer_then_reset,
        half_closed,
        stale,
        stale_reset,
        truncated_chunks,
        bad_chunk_size,
        nonsense,
        corrupt_record,
        http_400_to_tls,
    )
}
"""All of the above by name, each ready to be made without arguments."""
