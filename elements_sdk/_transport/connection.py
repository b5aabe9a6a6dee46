"""The pools and connections of the transport: urllib3's own, which keep to the timeouts of the call that uses them.

urllib3 bounds each wait for a byte, not the call: a response that drips goes on for ever. It tells neither how far a
request has come when it fails, nor for how long a connection has been idle. So these connections ask the attempt that
the thread is making for its timeout, before each chunk that they send and receive.
"""

from __future__ import annotations

import encodings.idna  # noqa: F401  # an exception while Python loads it at its first use would make it unknown for good
import http.client
import math
import re
import socket
import time
from collections import deque
from contextlib import suppress
from queue import Empty, LifoQueue
from typing import Any, cast

import urllib3

# From where vcrpy leaves them as they are, should a cassette be in use now.
from urllib3.connectionpool import (  # type: ignore[attr-defined]
    HTTPConnection,  # pyright: ignore[reportPrivateImportUsage]
    HTTPSConnection,  # pyright: ignore[reportPrivateImportUsage]
)
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util import connection as addresses

from elements_sdk._http.body import Malformed, check_framing
from elements_sdk._http.budgets import HEADER_LINE, HEADERS
from elements_sdk._transport.slots import Slots
from elements_sdk._transport.sockets import Socket, thread

_MALFORMED: dict[type[Exception], str] = {
    http.client.BadStatusLine: "its status line cannot be read",
    http.client.UnknownProtocol: "it is of another version than HTTP/1.1",
    http.client.LineTooLong: f"a line has more than {HEADER_LINE:,} bytes",
}
_INTERIM = frozenset({100, *range(102, 200)})
_NOBODY = object()


class _LimitedResponse(http.client.HTTPResponse):
    """A response whose status line, headers and body come within the timeouts."""

    fp: Any = None  # should an interrupt come before http.client has set it: it asks in `close`

    def begin(self) -> None:
        """Read up to the body. http.client takes any interim response but 100 for the final one.

        :raises Malformed: a status line or headers are not as HTTP says, or do not agree on the length of the body.
        """
        try:
            while True:
                super().begin()
                if self.headers.defects:  # http.client takes what it cannot read for the end of the headers
                    raise Malformed("a header line cannot be read")
                check_framing(self.headers.get_all("Content-Length", ()), self.headers.get_all("Transfer-Encoding", ()))
                if self.status not in _INTERIM:
                    break
                self.headers = self.msg = None  # type: ignore[assignment]  # else nothing more is read
            self.will_close = self.will_close or self.status < 200  # what follows is not HTTP any more
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


class _Limited(HTTPConnection):
    """A connection that keeps to the timeouts of the attempt it is used for, and tells it how far it has come."""

    response_class = _LimitedResponse
    last_used = 0.0
    user: object = None  # the attempt that has it; `None`: whoever reads the response

    def connect(self) -> None:
        thread.attempt.begin_to_connect()
        super().connect()
        self.sock = Socket(self.sock)

    def _new_conn(self) -> socket.socket:
        """Connect to the first address of the name that lets it. Those that are left share what is left of the time.

        The TLS handshake that comes next has the rest.
        """
        name = self._dns_host.strip("[]")  # which stand around the address of a proxy
        try:
            found = socket.getaddrinfo(name, self.port, addresses.allowed_gai_family(), socket.SOCK_STREAM)
        except socket.gaierror as error:
            raise NameResolutionError(self.host, self, error) from error
        failed: OSError = OSError("the name has no address")
        for number, (family, kind, protocol, _, address) in enumerate(found):
            try:
                return self._connected(socket.socket(family, kind, protocol), address, len(found) - number)
            except OSError as error:
                failed = error
        if isinstance(failed, TimeoutError):
            raise ConnectTimeoutError(self, "no address let it connect in time") from failed
        raise NewConnectionError(self, f"no connection: {failed}") from failed

    def _connected(self, new: socket.socket, address: Any, left: int) -> socket.socket:
        """Connect a socket, within the share of the time that an address has of those that are left."""
        try:
            for option in self.socket_options or ():
                new.setsockopt(*option)
            seconds = thread.attempt.step.within(None)
            new.settimeout(None if seconds is None else seconds / left)
            new.connect(address)
            new.settimeout(thread.attempt.step.within(None))
        except BaseException:
            new.close()
            raise
        return new

    def _tunnel(self) -> None:
        """Make the proxy connect to the server; the TLS handshake with that has what is left of the time by then."""
        source = self.sock
        self.sock = Socket(source, is_connecting=True)
        super()._tunnel()
        self.sock = source
        source.settimeout(thread.attempt.step.within(None))


class _LimitedTls(_Limited, HTTPSConnection):
    """The same over TLS."""


class _IdleConnections(LifoQueue[Any]):
    """The connections of a pool that nobody uses, in place of urllib3's queue: it takes no lock and never waits.

    It is called a queue for vcrpy, which then closes what it puts aside. Nothing of the queue's own is used.
    """

    def __init__(self, _most: int) -> None:
        self.idle: deque[Any] = deque()

    def qsize(self) -> int:
        """Return how many there are: vcrpy asks."""
        return len(self.idle)

    def get(self, block: bool = False, timeout: float | None = None) -> Any:
        """Return one, as urllib3 asks for them to close them."""
        try:
            return self.idle.pop()
        except IndexError:
            raise Empty from None


class Pool(urllib3.HTTPConnectionPool):
    """A pool whose requests under way are counted, and whose connections go back into it once.

    :ivar slots: to be taken by each request; `None`: there may be any number.
    """

    QueueCls = _IdleConnections  # type: ignore[assignment]

    def __init__(self, host: str, port: int | None = None, *, maxsize: int, block: bool, **named: Any) -> None:
        super().__init__(host, port, maxsize=0, block=False, **named)  # urllib3 fills its queue with `None`
        self._idle, self._most = cast("_IdleConnections", self.pool).idle, maxsize
        self.slots = Slots(maxsize) if block else None

    @property
    def ConnectionCls(self) -> Any:  # type: ignore[override]  # noqa: N802
        """These connections, or those that a recorder has put in the place of urllib3's."""
        now: Any = super().ConnectionCls
        return _OWN.get(now, now)

    def _get_conn(self, timeout: float | None = None) -> Any:
        """Return the connection that was used last, closed if the attempt cannot use it, or else a new one."""
        attempt = thread.attempt
        wanted: Any = self.ConnectionCls
        connection: Any = None
        with suppress(IndexError):
            connection = self._idle.pop()
        if connection is None or not isinstance(connection, wanted):  # a recorder may have come or gone meanwhile
            if connection is not None:
                connection.close()
            connection = self._new_conn()
        else:
            longest = math.inf if attempt.longest_idle is None else attempt.longest_idle
            is_old = time.monotonic() - connection.last_used > longest
            if is_old or not connection.is_connected or getattr(connection.sock, "is_cut", False):
                connection.close()
        connection.user = attempt
        return connection

    def _put_conn(self, conn: Any) -> None:
        """Keep a connection, unless it has been given back already: an exception may have come just behind that."""
        if conn is None or conn.user not in (thread.attempt, None):
            return
        conn.user, conn.last_used = _NOBODY, time.monotonic()
        if len(self._idle) < self._most:
            self._idle.append(conn)
        else:
            conn.close()


class HttpsPool(Pool, urllib3.HTTPSConnectionPool):  # type: ignore[override]
    """The same by https."""


def leave_to_reader(raw: Any) -> Any:
    """Let the connection of a response be given back by whoever reads it, in any thread; return the response."""
    connection = getattr(raw, "connection", None)  # a recorded response has none
    if connection is not None:
        connection.user = None
    return raw


def close_response(raw: Any) -> None:
    """Close a response that is not read to its end, and its connection if that has not been given back already."""
    connection = getattr(raw, "connection", None)
    if connection is not None and connection.user is thread.attempt:
        connection.close()
    raw.release_conn()
    raw.close()


POOLS: dict[str, type] = {"http": Pool, "https": HttpsPool}
_OWN = {HTTPConnection: _Limited, HTTPSConnection: _LimitedTls}
