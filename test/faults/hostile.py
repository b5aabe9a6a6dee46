"""Responses that are not what was promised, and what a call makes of them: more rows of the fault table."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable

from elements_sdk import (
    ApiException,
    DeadlineExceeded,
    IncompleteBody,
    NotFoundException,
    ResponseFormatError,
    ResponseTooLarge,
    ServiceException,
)
from test.faults import behaviours as does
from test.faults.rows import Fault, fails, fault, succeeds
from test.faults.server import Behaviour, Conversation

NOT_JSON = NOT_HTTP = fails(ResponseFormatError, "yes")
BROKEN = fails(IncompleteBody, "yes")
BROKEN_THRICE = fails(IncompleteBody, "yes", requests=3)
TOO_LARGE = fails(ResponseTooLarge, "yes")
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
THROTTLED_AND_DAMAGED = [("Retry-After", "0"), ("Content-Encoding", "gzip")]
CAP = {"max_response_bytes": 100_000}


def body(text: bytes, *headers: tuple[str, str]) -> Callable[[], list[Behaviour]]:
    """Return a script that answers 200 with this body."""
    return lambda: [does.answer(200, text, headers)]


def raw(said: bytes) -> Callable[[], list[Behaviour]]:
    """Return a script that sends bytes just as they are after a request, and closes the connection."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(said)
            conversation.close()

    return lambda: [behave]


def endless(start: bytes, chunk: bytes) -> Callable[[], list[Behaviour]]:
    """Return a script that sends a start, and then the same chunk for ever."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(start)
            while True:
                conversation.send(chunk)

    return lambda: [behave]


def dripping(start: bytes, chunk: bytes) -> Callable[[], list[Behaviour]]:
    """Return a script that sends a start, and then the same chunk ten times a second."""

    def behave(conversation: Conversation) -> None:
        if conversation.read_request():
            conversation.send(start)
            while True:
                conversation.pause(0.1)
                conversation.send(chunk)

    return lambda: [behave]


def packed(text: bytes, *encodings: str) -> Callable[[], list[Behaviour]]:
    """Return a script that sends a compressed body, in as many layers as there are encodings."""
    for encoding in encodings:
        text = gzip.compress(text) if encoding == "gzip" else zlib.compress(text)
    return body(text, ("Content-Encoding", ", ".join(encodings)))


def cut(encoding: str) -> Callable[[], list[Behaviour]]:
    """Return a script that sends a compressed body without its last four bytes, those of the checksum."""
    text = gzip.compress(b"{}") if encoding == "gzip" else zlib.compress(b"{}")
    return body(text[:-4], ("Content-Encoding", encoding))


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
TEN_MILLION_SPACES = b"{}" + b" " * 10_000_000

SIZES = [
    fault("a body longer than `max_response_bytes`", body(TEN_MILLION_SPACES), settings=CAP, every=TOO_LARGE),
    fault(
        "a body that is announced as longer than that",
        raw(OK + b"Content-Length: 10000000000000\r\n\r\n{}"),
        settings=CAP,
        every=TOO_LARGE,
    ),
    fault("chunks without end", endless(CHUNKED, b"4\r\n    \r\n" * 1000), settings=CAP, GET=TOO_LARGE, POST=TOO_LARGE),
    fault(
        "a body without a length or an end",
        endless(OK + b"\r\n", b" " * 65_536),
        settings=CAP,
        GET=TOO_LARGE,
        POST=TOO_LARGE,
    ),
    fault("a gzip bomb", packed(TEN_MILLION_SPACES, "gzip"), settings=CAP, GET=TOO_LARGE, POST=TOO_LARGE),
    fault(
        "a bomb in two layers", packed(TEN_MILLION_SPACES, "gzip", "gzip"), settings=CAP, GET=NOT_JSON, POST=NOT_JSON
    ),
    fault("a deflate bomb", packed(TEN_MILLION_SPACES, "deflate"), settings=CAP, GET=TOO_LARGE, login=TOO_LARGE),
    fault("ten layers of compression", packed(b"{}", *["gzip"] * 10), POST=NOT_JSON, GET=NOT_JSON),
    fault("a gzip body, though nobody asked for it", packed(b"{}", "gzip"), every=succeeds()),
    fault("a body that is not gzip", body(b"{}", ("Content-Encoding", "gzip")), POST=BROKEN, GET=BROKEN_THRICE),
    fault("a gzip body without its end", cut("gzip"), POST=BROKEN, GET=BROKEN_THRICE),
    fault("a deflate body without its end", cut("deflate"), POST=BROKEN, GET=BROKEN_THRICE),
    fault(
        "404 with a body that is not gzip",
        lambda: [does.answer(404, b"{}", [("Content-Encoding", "gzip")])],
        every=fails(NotFoundException, "yes"),
    ),
    fault(
        "429 with a body that is not gzip, then success",
        lambda: [does.answers((429, b"{}"), (200, b"{}"), refusal=THROTTLED_AND_DAMAGED), does.answer()],
        POST=succeeds(requests=2),
        GET=succeeds(requests=2),
    ),
    fault("an unknown compression", body(b"\x00\x01", ("Content-Encoding", "lzma")), POST=NOT_JSON, GET=NOT_JSON),
    fault("400 headers", lambda: [does.many_headers(400)], POST=NOT_HTTP, GET=NOT_HTTP),
    fault("a header of 100,000 bytes", lambda: [does.long_header(100_000)], POST=NOT_HTTP, GET=NOT_HTTP),
    fault(
        "interim answers (100) without end",
        dripping(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        timeout=0.5,
        within=1,
        POST=fails(DeadlineExceeded, "maybe"),
        GET=fails(DeadlineExceeded, "maybe"),
    ),
    fault(
        "a trailer without end",
        dripping(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-More: 1\r\n"),
        timeout=0.5,
        within=1,
        POST=fails(DeadlineExceeded, "yes"),
        GET=fails(DeadlineExceeded, "yes"),
    ),
    fault(
        "a body shorter than announced, on a connection kept open",
        dripping(OK + b"Content-Length: 1000\r\n\r\n{}", b""),
        timeout=0.5,
        within=1,
        POST=fails(DeadlineExceeded, "yes"),
        GET=fails(DeadlineExceeded, "yes"),
    ),
]

CONTENTS = [
    fault("a web page", body(b"<html>Sign in</html>", ("Content-Type", "text/html")), every=NOT_JSON),
    fault("nothing", body(b""), every=NOT_JSON, DELETE=succeeds()),
    fault("204", lambda: [does.answer(204)], every=NOT_JSON, DELETE=succeeds()),
    fault(
        "a body on 204",
        raw(b"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n{}"),
        GET=NOT_JSON,
        DELETE=succeeds(),
        asyncio={"GET": NOT_HTTP, "DELETE": NOT_HTTP},  # aiohttp takes the body for the next response
    ),
    fault("`null`", body(b"null"), every=NOT_JSON, DELETE=succeeds()),
    fault("a list", body(b"[]"), every=NOT_JSON, DELETE=succeeds()),
    fault("a number", body(b"7"), GET=NOT_JSON, POST=NOT_JSON),
    fault("half of the JSON", body(b'{"id": 7, "user'), GET=NOT_JSON, POST=NOT_JSON),
    fault("JSON and something more", body(b"{} {}"), GET=NOT_JSON, POST=NOT_JSON),
    fault("bytes that are not UTF-8", body(b'{"ticket": "\xff\xfe"}'), GET=NOT_JSON, POST=NOT_JSON),
    fault("UTF-16", body('{"ticket": "t"}'.encode("utf-16")), GET=NOT_JSON, POST=NOT_JSON),
    fault("JSON 100,000 levels deep", body(b"[" * 100_000), GET=NOT_JSON, POST=NOT_JSON),
    fault(
        "an object 100,000 levels deep", body(b'{"a":' * 100_000 + b"1" + b"}" * 100_000), GET=NOT_JSON, POST=NOT_JSON
    ),
    fault("a number of 5,000 digits", body(b'{"id": ' + b"9" * 5000 + b"}"), GET=NOT_JSON, POST=NOT_JSON),
    fault("JSON with a byte-order mark", body(b"\xef\xbb\xbf{}"), every=succeeds()),
    fault("JSON that is called text", body(b"{}", ("Content-Type", "text/plain")), GET=succeeds(), POST=succeeds()),
    fault(
        "an unknown charset",
        body(b"{}", ("Content-Type", "application/json; charset=klingon")),
        GET=succeeds(),
        POST=succeeds(),
    ),
    fault("NaN and infinity", body(b'{"id": NaN, "views": -Infinity}'), GET=succeeds(), POST=succeeds()),
    fault("a key twice", body(b'{"id": 1, "id": 2}'), GET=succeeds()),
    fault("a lone surrogate", body(b'{"ticket": "\\ud800"}'), GET=succeeds(), POST=succeeds()),
    fault("other types than promised", body(b'{"id": "x", "user": 7, "expires": [], "activity": {}}'), GET=succeeds()),
]

FRAMES = [
    fault("HTTP/1.0", raw(b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\n{}"), every=succeeds()),
    fault(
        "lines that end without a carriage return",
        raw(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"),
        GET=succeeds(),
        POST=succeeds(),
    ),
    fault("a body that ends with the connection", raw(OK + b"\r\n{}"), every=succeeds()),
    fault(
        "a length below zero",
        raw(OK + b"Content-Length: -5\r\n\r\n{}"),
        GET=NOT_HTTP,
        POST=NOT_HTTP,
    ),
    fault(
        "two lengths that differ",
        raw(OK + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}"),
        POST=NOT_HTTP,
        GET=NOT_HTTP,
    ),
    fault(
        "a length and chunks",
        raw(OK + b"Content-Length: 900\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
        GET=NOT_HTTP,
        POST=NOT_HTTP,
    ),
    fault("chunks with extensions", raw(CHUNKED + b'2;a="b"\r\n{}\r\n0\r\n\r\n'), GET=succeeds(), POST=succeeds()),
    fault(
        "a chunk extension of 100,000 bytes",
        raw(CHUNKED + b"2;" + b"a" * 100_000 + b"\r\n{}\r\n0\r\n\r\n"),
        GET=NOT_HTTP,
        POST=NOT_HTTP,
        asyncio={"GET": succeeds(), "POST": succeeds()},  # aiohttp skips it without keeping it in memory
    ),
    fault(
        "a status line without a phrase",
        raw(b"HTTP/1.1 200\r\nContent-Length: 2\r\n\r\n{}"),
        GET=succeeds(),
        POST=succeeds(),
    ),
    fault(
        "a status of four digits",
        raw(b"HTTP/1.1 2000 OK\r\nContent-Length: 2\r\n\r\n{}"),
        POST=NOT_HTTP,
        GET=NOT_HTTP,
    ),
    fault(
        "a status beyond all classes",
        raw(b"HTTP/1.1 799 What\r\nContent-Length: 2\r\n\r\n{}"),
        every=fails(ApiException, "yes"),
    ),
    fault(
        "an interim answer (100) first",
        raw(b"HTTP/1.1 100 Continue\r\n\r\n" + OK + b"Content-Length: 2\r\n\r\n{}"),
        every=succeeds(),
    ),
    fault("an odd cookie", body(b"{}", ("Set-Cookie", "bad[name]=1; Expires=never; Max-Age=x, ;;=")), every=succeeds()),
    fault(
        "an error page of 200,000 bytes",
        lambda: [does.answer(500, b"<html>" + b"x" * 200_000, [("Content-Type", "text/html")])],
        every=fails(ServiceException, "yes"),
    ),
    fault(
        "more than was announced, on a kept connection",
        lambda: [_extra, does.answer()],
        is_warm=True,
        every=succeeds(requests=2, attempts=1),
    ),
]


def _extra(conversation: Conversation) -> None:
    """Answer, and send one more response than was asked for."""
    if conversation.read_request():
        conversation.send(does.message() + does.message(500, b'{"detail": "of another call"}'))
        does.answer()(conversation)


HOSTILE: dict[str, list[Fault]] = {
    "Sizes and compression": SIZES,
    "Contents": CONTENTS,
    "Frames of HTTP": FRAMES,
}
