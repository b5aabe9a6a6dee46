"""The sockets of connections, and the attempt that a thread is making: each step keeps to its timeouts."""

from __future__ import annotations

import io
import selectors
import socket
import ssl
import threading
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
    :ivar step: the timeouts of the step that it is at: all steps of connecting share one limit.
    """

    def __init__(self, timeouts: Timeouts, longest_idle: float | None) -> None:
        self.timeouts = self.step = timeouts
        self.longest_idle = longest_idle

    def begin_to_connect(self) -> None:
        """Note that a connection is being made.

        :raises TimeoutError: the whole call has used up its time.
        """
        self.phase, self.is_on_new_connection = "connecting", True
        self.step = Timeouts(None, None, self.timeouts.within(self.timeouts.connect))


class Thread(threading.local):
    """What a thread is doing.

    :ivar attempt: the attempt that its connections work for.
    """

    attempt = Urllib3Attempt(Timeouts(None, None, None), None)


thread = Thread()


class Socket:
    """A connected socket, plain or TLS: it sends within the timeouts of the thread's attempt; readers have their own.

    Setting a timeout is a system call, at which a thread lets others run, so it costs most where there are many.

    :ivar is_cut: whether a request may have been sent in part: what comes next would be taken for the rest of it.
    """

    def __init__(self, source: Any, is_connecting: bool = False) -> None:
        """
        :param is_connecting: whether a proxy is asked to connect to the server.
        """
        self._source, self._is_connecting = source, is_connecting
        self.recv_into, self.fileno, self.shutdown = source.recv_into, source.fileno, source.shutdown
        self.readers = 0
        self.is_closed = self.is_cut = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def settimeout(self, seconds: float | None) -> None:
        """Do nothing: `limit` does it. urllib3 asks for this twice a call, and each would be a system call."""

    def limit(self, attempt: Urllib3Attempt) -> float | None:
        """Set the timeout of the next chunk, and return it. What is set already, or as good as that, is not set again.

        :raises TimeoutError: the attempt has used up its time.
        """
        seconds = attempt.step.within(attempt.step.read)
        current: float | None = self._source.gettimeout()
        is_set = current is seconds if current is None or seconds is None else abs(current - seconds) < _AS_GOOD_AS
        if not is_set:
            self._source.settimeout(seconds)
        return seconds

    def sendall(self, data: Any) -> None:
        attempt, is_large = thread.attempt, len(data) > BLOCK
        if not self._is_connecting:
            attempt.phase, attempt.step = "sending the request", attempt.timeouts
        try:
            if is_large and isinstance(self._source, socket.socket) and not isinstance(self._source, ssl.SSLSocket):
                self._send_until_answered(memoryview(data), attempt)
                return
            for start in range(0, len(data), BLOCK):
                self.limit(attempt)
                self._source.sendall(memoryview(data)[start : start + BLOCK] if is_large else data)
        except (ConnectionError, ssl.SSLEOFError):
            if self._is_connecting:
                raise
            self.is_cut = True
            raise BrokenPipeError from None  # there may be an answer, which urllib3 reads after this error only

    def _send_until_answered(self, data: memoryview, attempt: Urllib3Attempt) -> None:
        """Send a large body. A server may refuse it without reading on, and without closing the connection.

        :raises BrokenPipeError: there is an answer already. urllib3 takes that for a connection closed after an answer.
        """
        with selectors.DefaultSelector() as selector:
            selector.register(self._source, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while data:
                ready = selector.select(self.limit(attempt))
                if not ready:
                    raise TimeoutError
                if ready[0][1] & selectors.EVENT_READ and self._is_answered():
                    raise BrokenPipeError
                data = data[self._source.send(data[:BLOCK]) :]

    def _is_answered(self) -> bool:
        start: bytes = self._source.recv(len(_STATUS_LINE) + 1, socket.MSG_PEEK)
        return len(start) > len(_STATUS_LINE) and start[-1:] != b"1"  # that begins the status of an interim answer

    def makefile(self, _mode: str) -> io.BufferedReader:
        if not self._is_connecting:
            thread.attempt.phase = "waiting for the answer"
        self.readers += 1
        return io.BufferedReader(_Reader(self))

    def close(self) -> None:
        """Close the socket, as soon as nobody reads from it any more."""
        self.is_closed = True
        if self.readers == 0:
            self._source.close()


class _Reader(io.RawIOBase):
    """A reader of a socket; it reads each chunk within the timeouts of the attempt that it was made for."""

    _socket: Socket | None = None  # also if the first step of __init__ is interrupted

    def __init__(self, source: Socket) -> None:
        self._socket = source
        self._attempt = thread.attempt

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        assert self._socket is not None
        self._socket.limit(self._attempt)
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
            source.readers -= 1
            if source.is_closed:
                source.close()
