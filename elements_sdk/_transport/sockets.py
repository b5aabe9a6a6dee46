"""The sockets of connections, and the attempt that a thread is making: each step keeps to its timeouts."""

from __future__ import annotations

import io
import selectors
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from typing import Any

from elements_sdk._http.budgets import BLOCK
from elements_sdk._http.timeouts import Timeouts
from elements_sdk._transport.errors import Attempt, SpeaksTls

_AS_GOOD_AS = 0.0005  # seconds; timeouts that differ by less are as good as the same
_TLS_ALERT = b"\x15\x03"
_STATUS_LINE = b"HTTP/1.1 "


class Urllib3Attempt(Attempt):
    """One attempt at a call, on its way through a connection of this thread.

    :ivar longest_idle: seconds for which a connection may have been idle to be used for it; `None`: any number.
    """

    __slots__ = ("_connect_end", "longest_idle")

    def __init__(self, timeouts: Timeouts, longest_idle: float | None) -> None:
        super().__init__(timeouts)
        self.longest_idle = longest_idle
        self._connect_end: float | None = None

    def begin_to_connect(self) -> None:
        """Note that a connection is being made; all steps of that share one limit.

        :raises TimeoutError: the whole call has used up its time.
        """
        self.phase, self.is_on_new_connection = "connecting", True
        limit = self.timeouts.connect_timeout()
        self._connect_end = None if limit is None else time.monotonic() + limit

    def connect_timeout(self) -> float | None:
        """Return the seconds that are left of those to make the connection in.

        :raises TimeoutError: none are.
        """
        if self._connect_end is None:
            return None
        left = self._connect_end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        return left

    def next_timeout(self) -> float | None:
        """Return the seconds within which the next chunk must be sent or received.

        :raises TimeoutError: the whole call has used up its time.
        """
        return self.connect_timeout() if self.phase == "connecting" else self.timeouts.read_timeout()


class Thread(threading.local):
    """What a thread is doing.

    :ivar attempt: the attempt that its connections work for.
    """

    attempt: Urllib3Attempt | None = None


thread = Thread()


def current() -> Urllib3Attempt:
    return thread.attempt or Urllib3Attempt(Timeouts(None, None, None), None)


class Socket:
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
            self.limit(current().next_timeout())
            self._source.sendall(chunk)

    def _send_until_answered(self, data: memoryview) -> None:
        """Send a large body. A server may refuse it without reading on, and without closing the connection.

        :raises BrokenPipeError: there is an answer already. urllib3 takes that for a connection closed after an answer.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._source, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while data:
                seconds = current().next_timeout()
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

    def __init__(self, source: Socket) -> None:
        self._socket: Socket | None = source
        self._attempt = current()

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


def _cut(data: memoryview) -> Iterator[memoryview]:
    return (data[start : start + BLOCK] for start in range(0, len(data), BLOCK))
