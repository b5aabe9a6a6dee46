"""The pools and connections of the transport: urllib3's own, which keep to the timeouts of the call that uses them.

urllib3 bounds each wait for a byte, not the call: a response that drips goes on for ever. It tells neither how far a
request has come when it fails, nor for how long a connection has been idle. So these connections ask the attempt that
the thread is making for its timeout, before each chunk that they send and receive.
"""

from __future__ import annotations

import http.client
import io
import re
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from queue import LifoQueue
from typing import Any

import urllib3
from urllib3.connection import HTTPConnection, HTTPSConnection

from elements_sdk._http.body import Malformed
from elements_sdk._http.budgets import BLOCK, HEADER_LINE, HEADERS
from elements_sdk._http.framing import check_framing
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._transport.errors import Attempt, SpeaksTls
from elements_sdk._utils.fork import register_after_fork

_AS_GOOD_AS = 0.0005  # seconds; timeouts that differ by less are as good as the same
_TLS_ALERT = b"\x15\x03"
_MALFORMED: dict[type[Exception], str] = {
    http.client.BadStatusLine: "its status line cannot be read",
    http.client.UnknownProtocol: "it is of another version than HTTP/1.1",
    http.client.LineTooLong: f"a line has more than {HEADER_LINE:,} bytes",
}
_STATUS_LINE = b"HTTP/1.1 "
_INTERIM = frozenset({100, *range(102, 200)})


class Urllib3Attempt(Attempt):
    """One attempt at a call, on its way through a connection of this thread.

    :ivar longest_idle: seconds for which a connection may have been idle to be used for it; `None`: any number.
    """

    __slots__ = ("_around", "longest_idle")

    def __init__(self, timeouts: Timeouts, longest_idle: float | None) -> None:
        super().__init__(timeouts)
        self.longest_idle = longest_idle

    def next_timeout(self) -> float | None:
        """Return the seconds within which the next chunk must be sent or received.

        :raises TimeoutError: the whole call has used up its time.
        """
        return self.timeouts.connect_timeout() if self.phase == "connecting" else self.timeouts.read_timeout()

    def __enter__(self) -> None:
        """Make the thread's connections work for this attempt; afterwards for the one around it, if any."""
        self._around = _thread.current
        _thread.current = self

    def __exit__(self, *_: object) -> None:
        _thread.current = self._around


class _Thread(threading.local):
    current: Urllib3Attempt | None = None


_thread = _Thread()


def _current() -> Urllib3Attempt:
    return _thread.current or Urllib3Attempt(Timeouts(None, None, None), None)


class _Socket:
    """A connected socket, plain or TLS: it sends within the timeouts of the thread's attempt; readers have their own.

    Setting a timeout is a system call, at which a thread lets others run, so it costs most where there are many.
    """

    def __init__(self, source: Any) -> None:
        self._source = source
        self.recv_into = source.recv_into
        self._readers = 0
        self._is_closed = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: `limit` does it. urllib3 asks for this twice a call, and each would be a system call."""

    def limit(self, seconds: float | None) -> None:
        """Set the timeout of the next step; what is set already, or as good as that, is not set again."""
        current: float | None = self._source.gettimeout()
        is_set = current is seconds if current is None or seconds is None else abs(current - seconds) < _AS_GOOD_AS
        if not is_set:
            self._source.settimeout(seconds)

    def sendall(self, data: Any) -> None:
        is_large = len(data) > BLOCK
        if is_large and isinstance(self._source, socket.socket) and not isinstance(self._source, ssl.SSLSocket):
            self._send_until_answered(memoryview(data))
            return
        for chunk in _cut(memoryview(data)) if is_large else [data]:
            self.limit(_current().next_timeout())
            self._source.sendall(chunk)

    def _send_until_answered(self, data: memoryview) -> None:
        """Send a large body. A server may refuse it without reading on, and without closing the connection.

        :raises BrokenPipeError: there is an answer already. urllib3 takes that for a connection closed after an answer.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._source, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while data:
                seconds = _current().next_timeout()
                self.limit(seconds)
                ready = selector.select(seconds)
                if not ready:
                    raise TimeoutError
                if ready[0][1] & selectors.EVENT_READ and self._is_answered():
                    raise BrokenPipeError
                data = data[self._source.send(data[:BLOCK]) :]

    def _is_answered(self) -> bool:
        start: bytes = self._source.recv(len(_STATUS_LINE) + 1, socket.MSG_PEEK)
        return len(start) > len(_STATUS_LINE) and start[-1:] != b"1"  # that begins the status of an interim answer

    def makefile(self, _mode: str) -> io.BufferedReader:
        self._readers += 1
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Close the socket, as soon as nobody reads from it any more."""
        self._is_closed = True
        if self._readers == 0:
            self._source.close()

    def end_reading(self) -> None:
        self._readers -= 1
        if self._is_closed:
            self.close()


class _Reader(io.RawIOBase):
    """A reader of a socket; it reads each chunk within the timeouts of the attempt that it was made for."""

    def __init__(self, source: _Socket) -> None:
        self._socket: _Socket | None = source
        self._attempt = _current()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        assert self._socket is not None
        self._socket.limit(self._attempt.next_timeout())
        count: int = self._socket.recv_into(buffer)
        if self._attempt.phase == "waiting for the answer":
            if count == 0:  # http.client would take a part of the headers for all of them
                raise ConnectionResetError
            if bytes(memoryview(buffer)[:2]) == _TLS_ALERT:
                raise SpeaksTls
        return count

    def close(self) -> None:
        super().close()
        source, self._socket = self._socket, None
        if source is not None:
            source.end_reading()


class _LimitedResponse(http.client.HTTPResponse):
    """A response whose status line, headers and body come within the timeouts."""

    def __init__(self, source: Any, *arguments: Any, **named: Any) -> None:
        own = source if isinstance(source, _Socket) else _Socket(source)  # it is not one yet while a proxy responds
        super().__init__(own, *arguments, **named)  # type: ignore[arg-type]  # http.client only asks for its makefile

    def begin(self) -> None:
        """Read up to the body. Interim responses are skipped; http.client takes any but 100 for the final one."""
        self._begin()
        while self.status in _INTERIM:
            self.headers = self.msg = None  # type: ignore[assignment]  # else nothing more is read
            self._begin()
        if self.status < 200:  # what follows is not HTTP any more
            self.will_close = True

    def _begin(self) -> None:
        """Read status line and headers. http.client takes what it cannot read for the end of the headers.

        :raises Malformed: they are not as HTTP says, or do not agree on the length of the body.
        """
        try:
            super().begin()
            if self.headers.defects:
                raise Malformed("a header line cannot be read")
            get_all = self.headers.get_all
            check_framing(get_all("Content-Length", ()), get_all("Transfer-Encoding", ()))
            return
        except http.client.RemoteDisconnected:
            raise
        except http.client.HTTPException as error:
            malformed = Malformed(_MALFORMED.get(type(error), "its headers cannot be read"))
        except Malformed as error:
            malformed = error
            malformed.status = self.status
        raise malformed

    def _get_chunk_left(self) -> int | None:
        if self.chunk_left == 0:
            if self._safe_read(2) != b"\r\n":  # type: ignore[attr-defined]
                raise Malformed("a chunk is longer than its size")
            self.chunk_left = None
        left: int | None = super()._get_chunk_left()  # type: ignore[misc]
        return left

    def _read_next_chunk_size(self) -> int:
        """Read the size of a chunk. http.client takes `+5` and `0_5` for sizes, too, and reads to the end for `-1`."""
        line = self.fp.readline(HEADER_LINE + 1)
        if not line.endswith(b"\n") and len(line) <= HEADER_LINE:
            raise http.client.IncompleteRead(b"")
        size = re.match(rb"([0-9A-Fa-f]{1,15})[ \t]*(;.*)?\r\n", line, re.DOTALL)
        if size is None:
            raise Malformed("the size of a chunk cannot be read")
        return int(size[1], 16)

    def _read_and_discard_trailer(self) -> None:
        for _ in range(HEADERS):
            line = self.fp.readline(HEADER_LINE + 1)
            if line in (b"\r\n", b"\n"):
                return
            if not line.endswith(b"\n") and len(line) <= HEADER_LINE:
                raise http.client.IncompleteRead(b"")
            if b":" not in line:
                break
        raise Malformed("what follows its last chunk cannot be read")


class _SocketOptions(list[tuple[int, int, int | bytes]]):
    """Options of a socket. urllib3 asks for them before each address of a server that it tries."""

    def __iter__(self) -> Iterator[tuple[int, int, int | bytes]]:
        _current().timeouts.read_timeout()
        return super().__iter__()


class _Limited(HTTPConnection):
    """A connection that keeps to the timeouts of the attempt it is used for, and tells it how far it has come."""

    response_class = _LimitedResponse
    _last_used = 0.0
    _is_connecting = False
    _is_cut = False

    @property
    def is_connected(self) -> bool:
        """Whether the connection can be used for the current try."""
        longest = _current().longest_idle
        if self._is_cut:
            return False
        if longest is not None and time.monotonic() - self._last_used > longest:
            return False
        return super().is_connected

    def connect(self) -> None:
        _current().phase, _current().is_on_new_connection = "connecting", True
        self.timeout = _current().timeouts.connect_timeout()
        self.socket_options = _SocketOptions(self.socket_options or ())
        self._is_connecting, self._is_cut = True, False
        try:
            super().connect()
        finally:
            self._is_connecting = False
        self.sock = _Socket(self.sock)

    def _new_conn(self) -> socket.socket:
        """Connect; the TLS handshake that comes next has what is left of the time to connect."""
        new = super()._new_conn()
        new.settimeout(_current().timeouts.connect_timeout())
        return new

    def _tunnel(self) -> None:
        """Make the proxy connect to the server; the TLS handshake with that has what is left of the time by then."""
        super()._tunnel()
        self.sock.settimeout(_current().timeouts.connect_timeout())

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        if not self._is_connecting:  # what is sent while connecting goes to a proxy
            _current().phase = "sending the request"
        try:
            super().send(data)
        except BrokenPipeError:  # an answer may be there, but what comes next would be taken for the rest of the body
            self._is_cut = True
            raise

    def getresponse(self) -> urllib3.HTTPResponse:  # type: ignore[override]
        _current().phase = "waiting for the answer"
        response = super().getresponse()
        self._last_used = time.monotonic()
        return response


def _cut(data: memoryview) -> Iterator[memoryview]:
    return (data[start : start + BLOCK] for start in range(0, len(data), BLOCK))


class _LimitedTls(_Limited, HTTPSConnection):
    """The same over TLS."""


class _Forkable(urllib3.HTTPConnectionPool):
    """A pool whose connections stay with the process that has made them."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        register_after_fork(self)

    def renew_after_fork(self) -> None:
        """Drop the parent's connections; a thread that exists only there may hold the lock of their queue."""
        if self.pool is not None:
            idle = [connection for connection in self.pool.queue if connection is not None]
            LifoQueue.__init__(self.pool, self.pool.maxsize)
            for connection in idle:
                connection.close()  # which closes this process's handle only


class Pool(_Forkable):
    """Connections to a server by plain http."""

    ConnectionCls = _Limited  # pyright: ignore[reportAssignmentType]


class TlsPool(_Forkable, urllib3.HTTPSConnectionPool):
    """Connections to a server by https."""

    ConnectionCls = _LimitedTls  # pyright: ignore[reportAssignmentType]


POOLS: dict[str, type] = {"http": Pool, "https": TlsPool}
