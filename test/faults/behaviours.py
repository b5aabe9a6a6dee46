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
    """Return a whole response, as bytes; JSON, unless `headers` has another Content-Type."""
    phrase = HTTPStatus(status).phrase if status in list(HTTPStatus) else "Unknown"
    lines = [f"HTTP/1.1 {status} {phrase}", *(f"{name}: {value}" for name, value in headers)]
    if not any(name.lower() == "content-type" for name, _ in headers):
        lines.append("Content-Type: application/json")
    without_body = status in (204, 304) or status < 200
    if not without_body:
        lines.append(f"Content-Length: {len(body)}")
    header_section = "\r\n".join([*lines, "", ""]).encode("latin-1")
    return header_section if without_body or method == "HEAD" else header_section + body


def answer(status: int = 200, body: bytes = b"{}", headers: Headers = (), times: int | None = None) -> Behaviour:
    """Answer every request of the connection; close it after `times` of them, if given."""

    def behave(conversation: Conversation) -> None:
        answered = 0
        while answered != times and (seen := conversation.read_request()):
            conversation.send(message(status, body, headers, seen.method))
            answered += 1

    return behave


def answers(*given: tuple[int, bytes], refusal: Headers = ()) -> Behaviour:
    """Answer each request of the connection with the next (status, body), once all are used with the last.

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
    """Answer every request, but only after some seconds."""

    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            conversation.pause(seconds)
            conversation.send(message(status, body, headers, seen.method))

    return behave


def many_headers(n: int = 200) -> Behaviour:
    """Answer every request with `n` more headers than needed."""
    return answer(headers=[(f"X-Header-{number}", "value") for number in range(n)])


def long_header(n: int = 100_000) -> Behaviour:
    """Answer every request with a header whose value has `n` bytes."""
    return answer(headers=[("X-Long", "a" * n)])


def silence() -> Behaviour:
    """Read what comes and never answer."""
    return Conversation.listen


def deaf() -> Behaviour:
    """Neither read nor send anything."""
    return Conversation.pause


def slow_status_line(interval: float = 0.1) -> Behaviour:
    """Answer every request, the status line at one byte each `interval` seconds."""

    def behave(conversation: Conversation) -> None:
        while seen := conversation.read_request():
            line, _, rest = message(method=seen.method).partition(b"\r\n")
            _drip(conversation, line, interval)
            conversation.send(b"\r\n" + rest)

    return behave


def slow_headers(interval: float = 0.1, size: int | None = None) -> Behaviour:
    """Answer with a status line at once and a header at one byte each `interval` seconds: endless, or of `size`."""

    def behave(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while size is None:
                _drip(conversation, b"a", interval)
            _drip(conversation, b"a" * size, interval)
            conversation.send(b"\r\nContent-Length: 2\r\n\r\n{}")

    return behave


def dripping_body(interval: float = 0.1, size: int = 100) -> Behaviour:
    """Answer every request, the body of `size` bytes of JSON at one byte each `interval` seconds."""
    body = b"{}".rjust(size)

    def behave(conversation: Conversation) -> None:
        while conversation.read_request():
            conversation.send(message(body=body, method="HEAD"))
            _drip(conversation, body, interval)

    return behave


def close_at_once() -> Behaviour:
    """Close the connection before anything is read."""
    return Conversation.close


def reset_at_once() -> Behaviour:
    """Reset the connection before anything is read, but not before something comes or a moment has passed.

    A reset that is faster than that can reach a client that is still connecting.
    """

    def behave(conversation: Conversation) -> None:
        select.select([conversation.raw], [], [], 0.2)
        conversation.reset()

    return behave


def close_after_request() -> Behaviour:
    """Read the request, and close without an answer."""
    return _after_request(b"", Conversation.close)


def reset_after_request() -> Behaviour:
    """Read the request, and reset without an answer."""
    return _after_request(b"", Conversation.reset)


def close_within_headers() -> Behaviour:
    """Send the status line and half a header, then close."""
    return _after_request(b"HTTP/1.1 200 OK\r\nContent-Ty", Conversation.close)


def close_within_body(sent: int = 3, promised: int = 100) -> Behaviour:
    """Send `sent` bytes of a body of `promised` bytes, then close."""
    return _after_request(_part_of_a_response(sent, promised), Conversation.close)


def reset_within_body(sent: int = 3, promised: int = 100) -> Behaviour:
    """Send `sent` bytes of a body of `promised` bytes, then reset."""
    return _after_request(_part_of_a_response(sent, promised), Conversation.reset)


def answer_then_close(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answer as if the connection were kept, and close it right away."""
    return _after_request(message(status, body, headers), Conversation.close)


def answer_then_reset(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answer as if the connection were kept, and reset it right away."""
    return _after_request(message(status, body, headers), Conversation.reset)


def half_closed(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answer the first request, shut the writing side, and go on reading."""

    def behave(conversation: Conversation) -> None:
        conversation.half_close()
        conversation.listen()

    return _after_request(message(status, body, headers), behave)


def stale(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answer the first request, read the second and close without an answer."""
    return _after_request(message(status, body, headers), close_after_request())


def stale_reset(status: int = 200, body: bytes = b"{}", headers: Headers = ()) -> Behaviour:
    """Answer the first request, read the second and reset without an answer."""
    return _after_request(message(status, body, headers), reset_after_request())


def truncated_chunks() -> Behaviour:
    """Send one chunk and half of the next, then close."""
    return _after_request(_CHUNKED + b'5\r\n{"a":\r\n64\r\n 1', Conversation.close)


def bad_chunk_size() -> Behaviour:
    """Send a chunk whose size is not a number, and go on reading."""
    return _after_request(_CHUNKED + b"zz\r\n{}\r\n0\r\n\r\n", Conversation.listen)


def nonsense(data: bytes = b"SMTP ready\r\n") -> Behaviour:
    """Send what is not HTTP before anything is read, and go on reading."""

    def behave(conversation: Conversation) -> None:
        conversation.send(data)
        conversation.listen()

    return behave


def corrupt_record() -> Behaviour:
    """Read the request over TLS, and send a record that no key of the connection has encrypted."""

    def behave(conversation: Conversation) -> None:
        with socket.socket(fileno=os.dup(conversation.raw.fileno())) as beneath:
            beneath.sendall(b"\x17\x03\x03" + (64).to_bytes(2, "big") + os.urandom(64))
        conversation.listen()

    return _after_request(b"", behave)


def http_400_to_tls() -> Behaviour:
    """Answer whatever comes, such as a TLS handshake, with status 400 in plain text."""

    def behave(conversation: Conversation) -> None:
        conversation.receive()
        conversation.send(message(400, b"Bad Request", [("Content-Type", "text/plain"), ("Connection", "close")]))
        conversation.half_close()
        while conversation.receive():
            pass

    return behave


_CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"


def _part_of_a_response(sent: int, promised: int) -> bytes:
    body = b"{}".rjust(promised)
    return message(body=body, method="HEAD") + body[:sent]


def _after_request(said: bytes, then: Behaviour) -> Behaviour:
    """Read a request, send something, and continue with another behaviour."""

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
"""All of the above by name; each can be called without arguments."""
