"""A raw-socket server that follows a script: one behaviour a connection."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self, TypeAlias

_SECONDS_TO_NOTICE_THE_END = 0.05


class _Ended(Exception):
    """The server is being closed."""


@dataclass(frozen=True)
class Seen:
    """A request as it came; `connection` counts from 1."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        """Return the value of a header; several are joined by a line break."""
        values = [value for key, value in self.headers if key.lower() == name.lower()]
        return "\n".join(values) if values else None


class Conversation:
    """One connection, as a behaviour sees it; `raw` is its socket, the TLS one under TLS."""

    def __init__(self, server: FaultServer, raw: socket.socket, number: int) -> None:
        self.raw = raw
        self.number = number
        self._server = server
        self._buffer = bytearray()
        self._closing = threading.Lock()

    def read_request(self) -> Seen | None:
        """Read one request; None if the client went before it was complete.

        A request whose headers came is recorded by the server even if its body broke off.
        """
        header_section = self._take_until(b"\r\n\r\n")
        if header_section is None:
            return None
        first, *lines = header_section.decode("latin-1").split("\r\n")
        method, target, *_ = [*first.split(" "), ""]
        pairs = (line.partition(":") for line in lines)
        headers = [(name, value.strip()) for name, _, value in pairs]
        body = bytearray()
        complete = False
        try:
            complete = self._read_body({name.lower(): value for name, value in headers}, body)
        finally:
            seen = Seen(method, target, headers, bytes(body), self.number)
            self._server.requests.append(seen)
        return seen if complete else None

    def listen(self) -> None:
        """Read requests, without an answer, until the client goes."""
        while self.read_request() is not None:
            pass

    def receive(self) -> bytes:
        """Read what is there, as it is; nothing once the client has gone."""
        data = bytes(self._buffer) or self._receive()
        self._buffer.clear()
        return data

    def send(self, data: bytes) -> None:
        """Send all of `data`."""
        self.raw.sendall(data)

    def pause(self, seconds: float | None = None) -> None:
        """Do nothing for some seconds, or until the server is closed."""
        if self._server.ending.wait(seconds):
            raise _Ended

    def close(self) -> None:
        """Close the connection (FIN, and under TLS without close_notify)."""
        with self._closing:
            self.raw.close()

    def reset(self) -> None:
        """Break the connection off (RST)."""
        with self._closing, suppress(OSError):
            self.raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def half_close(self) -> None:
        """Shut the writing side and stay able to read."""
        # SSLSocket.shutdown would give up TLS for the reading side, too.
        socket.socket.shutdown(self.raw, socket.SHUT_WR)

    def interrupt(self) -> None:
        """Wake a thread that waits in this connection; it finds it closed."""
        with self._closing, suppress(OSError):
            socket.socket.shutdown(self.raw, socket.SHUT_RDWR)

    def _read_body(self, headers: dict[str, str], body: bytearray) -> bool:
        """Fill `body`; False if the client went before its end."""
        if headers.get("transfer-encoding", "").lower() != "chunked":
            return self._take(int(headers.get("content-length", "0")), body)
        while size_line := self._take_until(b"\r\n"):
            size = int(size_line.split(b";")[0], 16)
            if not size:
                return self._take(len(b"\r\n"), bytearray())
            if not (self._take(size, body) and self._take(len(b"\r\n"), bytearray())):
                return False
        return False

    def _take(self, size: int, into: bytearray) -> bool:
        """Move `size` bytes; False, and what there is, if the client went before."""
        while len(self._buffer) < size and (data := self._receive()):
            self._buffer += data
        into += self._buffer[:size]
        complete = len(self._buffer) >= size
        del self._buffer[:size]
        return complete

    def _take_until(self, mark: bytes) -> bytes | None:
        """Return what comes before `mark`; None if the client went before it."""
        while (position := self._buffer.find(mark)) < 0:
            data = self._receive()
            if not data:
                return None
            self._buffer += data
        taken = bytes(self._buffer[:position])
        del self._buffer[: position + len(mark)]
        return taken

    def _receive(self) -> bytes:
        data = self.raw.recv(65536)
        self._server.add_received(len(data))
        return data


Behaviour: TypeAlias = Callable[[Conversation], None]


class FaultServer:
    """A server that gives each connection its own behaviour; the last one is for all that follow.

    :param port: 0 for a free one.
    :param address: where it listens.
    :param tls: context of a TLS handshake before the behaviour begins.
    """

    def __init__(
        self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None, port: int = 0, address: str = "127.0.0.1"
    ) -> None:
        if not behaviours:
            raise ValueError("a server needs at least one behaviour")
        self.requests: list[Seen] = []
        self.connections = 0
        self.bytes_received = 0
        self.handshakes_failed = 0
        self.ending = threading.Event()
        self._behaviours = behaviours
        self._tls = tls
        self._counting = threading.Lock()
        self._running: list[tuple[Conversation, threading.Thread]] = []
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        self._listener = socket.create_server((address, port), family=family, backlog=128)
        self._listener.settimeout(_SECONDS_TO_NOTICE_THE_END)
        self.port: int = self._listener.getsockname()[1]
        self.host = f"https://localhost:{self.port}" if tls else f"http://127.0.0.1:{self.port}"
        self._acceptor = threading.Thread(target=self._accept, name="fault server", daemon=False)

    def count(self, method: str | None = None) -> int:
        """Return how many requests came, of one method or of all."""
        return sum(method in (None, seen.method) for seen in list(self.requests))

    def add_received(self, size: int) -> None:
        """Count bytes that came."""
        with self._counting:
            self.bytes_received += size

    def __enter__(self) -> Self:
        self._acceptor.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Break off all conversations, and wait for their end."""
        self.ending.set()
        self._acceptor.join()
        for conversation, _ in self._running:
            conversation.interrupt()
        for _, thread in self._running:
            thread.join()

    def _accept(self) -> None:
        with self._listener:
            while not self.ending.is_set():
                try:
                    connection, _ = self._listener.accept()
                except OSError:
                    continue
                self._begin(connection)

    def _begin(self, connection: socket.socket) -> None:
        connection.settimeout(None)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.connections += 1
        behaviour = self._behaviours[min(self.connections, len(self._behaviours)) - 1]
        try:
            raw = self._wrapped(connection)
        except OSError:
            self._count_failed_handshake()
            return
        conversation = Conversation(self, raw, self.connections)
        thread = threading.Thread(target=self._converse, args=(conversation, behaviour), daemon=False)
        self._running = [(other, running) for other, running in self._running if running.is_alive()]
        thread.start()
        self._running.append((conversation, thread))

    def _wrapped(self, connection: socket.socket) -> socket.socket:
        """Return the socket to use; the handshake is left to the connection's thread."""
        if self._tls is None:
            return connection
        try:
            return self._tls.wrap_socket(connection, server_side=True, do_handshake_on_connect=False)
        finally:
            connection.close()

    def _converse(self, conversation: Conversation, behaviour: Behaviour) -> None:
        try:
            if self._handshake(conversation.raw):
                behaviour(conversation)
        except (OSError, _Ended):
            pass
        finally:
            conversation.close()

    def _handshake(self, raw: socket.socket) -> bool:
        if not isinstance(raw, ssl.SSLSocket):
            return True
        try:
            raw.do_handshake()
        except OSError:
            if not self.ending.is_set():
                self._count_failed_handshake()
                _let_read(raw)
            return False
        return True

    def _count_failed_handshake(self) -> None:
        with self._counting:
            self.handshakes_failed += 1


def _let_read(raw: ssl.SSLSocket) -> None:
    """Wait until the client has gone: to close with its bytes unread is to reset, and may lose it TLS's alert."""
    socket.socket.shutdown(raw, socket.SHUT_WR)
    while socket.socket.recv(raw, 65536):
        pass
