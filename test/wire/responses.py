"""A grammar of whole HTTP responses, most of them odd somewhere: status line, headers, framing, coding, body."""

from __future__ import annotations

import gzip
import json
import re
import zlib

from hypothesis import strategies as st

TICKET = json.dumps({"id": 7, "url": "/m/7", "token": "T", "expires": None}).encode()

STATUS_LINES = [
    *[b"HTTP/1.1 200 OK"] * 8,
    b"HTTP/1.0 200 OK",
    b"HTTP/1.1 200",
    b"HTTP/1.1 201 Created",
    b"HTTP/1.1 204 No Content",
    b"HTTP/1.1 299 \xe9\xff",
    b"HTTP/1.1 304 Not Modified",
    b"HTTP/1.1 302 Found",
    b"HTTP/1.1 400 Bad Request",
    b"HTTP/1.1 401 Unauthorized",
    b"HTTP/1.1 404 Not Found",
    b"HTTP/1.1 429 Too Many Requests",
    b"HTTP/1.1 500 Internal Server Error",
    b"HTTP/1.1 503 Service Unavailable",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK",
    b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK",
    b"HTTP/1.1 101 Switching Protocols",
    b"HTTP/1.1 99 Low",
    b"HTTP/1.1 20 OK",
    b"HTTP/1.1 2000 OK",
    b"HTTP/1.1 999 High",
    b"HTTP/1.1  200 OK",
    b"HTTP/1.1\t200 OK",
    b"HTTP/2 200 OK",
    b"HTTP/9.9 200 OK",
    b"http/1.1 200 OK",
    b"ICY 200 OK",
    b"200 OK",
    b"\x00\xff\xfe",
    b"",
]

# What one of the clients reads and the other does not: the table in docs/internals.md.
DIFFERENCE = re.compile(
    rb"HTTP/1\.1(  |\t)"  # two blanks, or a tab
    rb"|[^\r\n]*\r?\n folded: 1"
    rb"|.*(X-Nul: |\xff\x00=1)"
    rb"|.*;a{60000}",  # a chunk extension
    re.DOTALL,
)

BODIES = [
    *[TICKET] * 6,
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"text"',
    b"<html><title>Log in</title></html>",
    b"\xef\xbb\xbf" + TICKET,
    b"\xff\xfe\x00",
    b'{"detail": "No."}',
    b'{"token": NaN}',
    b'{"token": ' + b"[" * 500 + b"]" * 500 + b"}",
    b'{"token": "\\ud800"}',
    b'{"token": ' + b"9" * 5000 + b"}",
    TICKET + b" trailing",
    TICKET + b" " * 70_000,
]

HEADERS = [
    b"Content-Type: application/json",
    b"Content-Type: text/html; charset=nonsense",
    b'Content-Disposition: attachment; filename="../x"',
    b"Set-Cookie: sessionid=1; Domain=; Max-Age=1h",
    b"Set-Cookie: \xff\x00=1",
    b"Retry-After: 0",
    b"Retry-After: 0, 0",
    b"Retry-After: Thu, 01 Jan 1970 00:00:60 GMT",
    b"Location: /elsewhere",
    b"Location: http://[::1",
    b"X-Frame-Options : DENY",
    b"X Y: 1",
    b"no colon",
    b": no name",
    b" folded: 1",
    b"X-Folded: 1\r\n 2",
    b"X-Long: " + b"x" * 5000,
    b"X-Nul: a\x00b",
    b"X-Control: a\x0bb",
    b"X-Latin: \xe9",
    b"Connection: close",
    b"Connection: keep-alive, Upgrade",
    b"Upgrade: h2c",
    b"Content-Length: -1",
    b"Content-Length: +5",
    b"Content-Length: 0x5",
    b"Content-Length: 1_0",
    b"Content-Length: 5, 5",
    b"Content-Length: ",
    b"Content-Length: 99999999999999999999",
    b"Transfer-Encoding: identity",
    b"Transfer-Encoding: gzip, chunked",
    b"Transfer-Encoding: chunked, identity",
    b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    b"Transfer-Encoding: xchunked",
    b"Transfer-Encoding:",
    b"Trailer: X",
]

CODINGS = ["", "", "", "", "gzip", "deflate", "identity", "x-gzip", "br", "gzip, gzip", "nonsense", ""]


def _encode(coding: str, body: bytes, damage: str) -> bytes:
    data = gzip.compress(body, mtime=0) if "gzip" in coding else zlib.compress(body) if coding == "deflate" else body
    if coding == "gzip, gzip":
        data = gzip.compress(data, mtime=0)
    if damage == "cut":
        return data[: len(data) // 2]
    if damage == "no trailer":
        return data[:-4]
    if damage == "more":
        return data + b"garbage"
    return data + gzip.compress(b" ", mtime=0) if damage == "two members" else data


def _framed(framing: str, data: bytes) -> tuple[list[bytes], bytes]:
    half = len(data) // 2
    size = b"%x" % len(data)
    length = [b"Content-Length: %d" % len(data)]
    chunked = [b"Transfer-Encoding: chunked"]
    whole = size + b"\r\n" + data + b"\r\n0\r\n\r\n" if data else b"0\r\n\r\n"
    first, rest = data[:half], data[half:]
    return {
        "length": (length, data),
        "to the end": ([], data),
        "too short": ([b"Content-Length: %d" % half], data),
        "too long": ([b"Content-Length: %d" % (len(data) + 5)], data),
        "length twice": (length * 2, data),
        "two lengths": ([*length, b"Content-Length: %d" % half], data),
        "chunked": (chunked, whole),
        "chunks": (chunked, b"%x\r\n%b\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(first), first, len(rest), rest)),
        "length and chunked": ([*length, *chunked], whole),
        "no last chunk": (chunked, whole[:-5]),
        "extension": (chunked, whole.replace(b"\r\n", b';a="b"\r\n', 1)),
        "long extension": (chunked, whole.replace(b"\r\n", b";" + b"a" * 70_000 + b"\r\n", 1)),
        "trailer": (chunked, whole[:-2] + b"X-Trailer: 1\r\n\r\n"),
        "odd trailer": (chunked, whole[:-2] + b"no colon\r\n\r\n"),
        "negative size": (chunked, b"-1\r\n" + data + b"\r\n0\r\n\r\n"),
        "size with underscore": (chunked, b"0_" + whole),
        "size with plus": (chunked, b"+" + whole),
        "size with 0x": (chunked, b"0x" + whole),
        "size with blank": (chunked, b" " + whole),
        "no size": (chunked, b"\r\n" + data),
        "huge size": (chunked, b"f" * 17 + b"\r\n" + data),
        "chunk too long": (chunked, whole.replace(b"\r\n0\r\n", b"more\r\n0\r\n")),
        "line feeds only": (chunked, whole.replace(b"\r\n", b"\n")),
    }[framing]


FRAMINGS = [*["length"] * 5, *["chunked"] * 2, "to the end", "too short", "too long", "length twice", "two lengths"]
FRAMINGS += ["chunks", "length and chunked", "no last chunk", "extension", "long extension", "trailer", "odd trailer"]
FRAMINGS += ["negative size", "size with underscore", "size with plus", "size with 0x", "size with blank", "no size"]
FRAMINGS += ["huge size", "chunk too long", "line feeds only"]
DAMAGES = [*["none"] * 5, "cut", "no trailer", "more", "two members"]
ENDINGS = ["closed", "closed", "closed", "open", "reset"]


class Drawn:
    """The bytes of a response, and what the server does after them: `closed`, `open` or `reset`."""

    def __init__(self, data: bytes, ending: str) -> None:
        self.data, self.ending = data, ending

    def __repr__(self) -> str:
        cut = self.data if len(self.data) <= 600 else self.data[:500] + b" ... " + self.data[-100:]
        return f"Drawn({cut!r}, {self.ending!r})"


@st.composite
def responses(draw: st.DrawFn) -> Drawn:
    """Draw a response."""
    body, coding = BODIES[draw(st.integers(0, len(BODIES) - 1))], draw(st.sampled_from(CODINGS))
    framing = draw(st.sampled_from(FRAMINGS))
    lines, data = _framed(framing, _encode(coding, body, draw(st.sampled_from(DAMAGES))))
    if coding:
        lines = [*lines, b"Content-Encoding: " + coding.encode()]
    others = draw(st.lists(st.sampled_from(HEADERS), max_size=2))
    where = draw(st.booleans())
    lines = [*others, *lines] if where else [*lines, *others]
    end = draw(st.sampled_from([b"\r\n", b"\r\n", b"\r\n", b"\r\n", b"\n", b"\r"]))
    headers = end.join([draw(st.sampled_from(STATUS_LINES)), *lines])
    whole = headers + end + end + data
    if draw(st.integers(0, 9)) == 0:
        whole = whole[: draw(st.integers(0, len(whole)))]
    ending = draw(st.sampled_from(ENDINGS))
    return Drawn(whole, "closed" if ending == "reset" and framing == "to the end" else ending)  # see DIFFERENCE
