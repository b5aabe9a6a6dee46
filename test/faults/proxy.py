"""A TCP proxy that puts the faults of a bad network between a client and a real server."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import threading
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Self

_CHUNK = 65536
_CHUNKS_PER_SECOND = 50


@dataclass
class Faults:
    """The faults that the proxy makes; every attribute may be set while it runs.

    An answer is what the server sends until the client speaks again; under TLS that means
    the server's part of the handshake, too.

    :param delay: seconds by which each answer comes late.
    :param bytes_per_second: how fast a connection is, each way; None for as fast as can be.
    :param reset_rate: the chance, from 0 to 1, that a connection is reset within `reset_within` bytes,
        counting both ways; a connection that gets through them stands the same chance again.
    :param cut_after: bytes of an answer after which both sides are closed.
    :param half_close_after: bytes of an answer after which the client gets no more, though it can still send.
    :param black_hole: swallow all that comes, both ways; a connection that lost something this way stays lost.
    :param seed: of the random numbers, which begin anew whenever the proxy is given these faults.
    """

    delay: float = 0.0
    bytes_per_second: float | None = None
    reset_rate: float = 0.0
    reset_within: int = 4096
    cut_after: int | None = None
    half_close_after: int | None = None
    black_hole: bool = False
    seed: int = 0


class FaultProxy:
    """A proxy that passes connections on to `host` (by IPv4) and `port`, with the `faults` of the moment.

    :param scheme: the scheme of the proxy's own `host`; "https" if that is what the server speaks.
    :param own_port: where to listen; 0 for a free port.
    """

    def __init__(
        self, host: str, port: int, faults: Faults | None = None, *, scheme: str = "http", own_port: int = 0
    ) -> None:
        self.connections = 0
        self.faults_made = 0
        self.faults = faults or Faults()
        self._target = (socket.gethostbyname(host), port)
        self._listener = socket.create_server(("127.0.0.1", own_port), backlog=128)
        self._listener.setblocking(False)
        self.port: int = self._listener.getsockname()[1]
        self.host = f"{scheme}://{'localhost' if scheme == 'https' else '127.0.0.1'}:{self.port}"
        self._links: dict[asyncio.Task[None], _Link] = {}
        self._mistakes: list[BaseException] = []

    @property
    def faults(self) -> Faults:
        return self._faults

    @faults.setter
    def faults(self, faults: Faults) -> None:
        self._faults = faults
        self._dice = random.Random(faults.seed)

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._end = asyncio.Event()
        self._thread = threading.Thread(
            target=self._loop.run_until_complete, args=(self._run(),), name="fault proxy", daemon=False
        )
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join()
        self._loop.close()
        self._listener.close()
        if self._mistakes:
            raise self._mistakes[0]

    async def _run(self) -> None:
        self._loop.add_reader(self._listener, self._accept)
        await self._end.wait()
        self._loop.remove_reader(self._listener)
        links = dict(self._links)
        for task in links:
            task.cancel()
        await asyncio.gather(*links, return_exceptions=True)
        for link in links.values():
            # A task that was cancelled before it began has closed nothing.
            link.close()

    def _accept(self) -> None:
        try:
            client, _ = self._listener.accept()
        except OSError:
            return
        self.connections += 1
        link = _Link(client)
        task = self._loop.create_task(self._serve(link))
        self._links[task] = link
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._links[task]
        if not task.cancelled() and (mistake := task.exception()):
            self._mistakes.append(mistake)

    async def _serve(self, link: _Link) -> None:
        reset = False
        try:
            async with asyncio.TaskGroup() as both:
                if not self._loses(link):
                    await self._loop.sock_connect(link.server, self._target)
                    both.create_task(self._pass_answers(link))
                both.create_task(self._pass_requests(link))
        except* _Cut as cut:
            reset = cut.subgroup(lambda error: isinstance(error, _Reset)) is not None
        except* OSError:
            reset = True
        finally:
            link.close(reset=reset)

    async def _pass_requests(self, link: _Link) -> None:
        while data := await self._loop.sock_recv(link.client, _CHUNK):
            if not self._loses(link):
                link.answered = None
                await self._pass(data, link.server, link)
        if self._loses(link):
            raise _Cut
        link.server.shutdown(socket.SHUT_WR)

    async def _pass_answers(self, link: _Link) -> None:
        while data := await self._loop.sock_recv(link.server, _CHUNK):
            if self._loses(link) or link.half_closed:
                continue
            if link.answered is None:
                link.answered = 0
                await asyncio.sleep(self.faults.delay)
            await self._answer(data, link)
        if not self._loses(link) and not link.half_closed:
            link.client.shutdown(socket.SHUT_WR)

    async def _answer(self, data: bytes, link: _Link) -> None:
        """Pass on as much of an answer as the faults allow."""
        faults = self.faults
        answered = link.answered or 0
        limits = [limit for limit in (faults.cut_after, faults.half_close_after) if limit is not None]
        allowed = data[: max(0, min(limits) - answered)] if limits else data
        await self._pass(allowed, link.client, link)
        answered += len(allowed)
        if faults.cut_after is not None and answered >= faults.cut_after:
            self.faults_made += 1
            raise _Cut
        if faults.half_close_after is not None and answered >= faults.half_close_after:
            self.faults_made += 1
            link.half_closed = True
            link.client.shutdown(socket.SHUT_WR)
        link.answered = answered if link.answered is not None else None

    async def _pass(self, data: bytes, to: socket.socket, link: _Link) -> None:
        """Pass on bytes, no faster than the faults allow, until the connection is to be reset."""
        while data:
            faults = self.faults
            rate = faults.bytes_per_second
            wanted = min(len(data), max(1, int(rate / _CHUNKS_PER_SECOND))) if rate else len(data)
            allowed, reset_follows = link.fate.allow(wanted, faults, self._dice)
            await self._loop.sock_sendall(to, data[:allowed])
            if reset_follows:
                self.faults_made += 1
                raise _Reset
            data = data[allowed:]
            if rate:
                await asyncio.sleep(allowed / rate)

    def _loses(self, link: _Link) -> bool:
        """Return whether what comes on a connection is swallowed."""
        if self.faults.black_hole and not link.lost:
            link.lost = True
            self.faults_made += 1
        return link.lost


class _Cut(Exception):
    """A connection ends here by a fault."""


class _Reset(_Cut):
    """A connection ends here by a reset."""


class _Fate:
    """When a connection is to be reset, if ever."""

    def __init__(self) -> None:
        self._thrown_for: tuple[float, int] | None = None
        self._left = 0
        self._unlucky = False

    def allow(self, wanted: int, faults: Faults, dice: random.Random) -> tuple[int, bool]:
        """Return how many of the bytes that are wanted may pass, and whether the reset follows them."""
        if not faults.reset_rate:
            return wanted, False
        throw_for = (faults.reset_rate, faults.reset_within)
        if throw_for != self._thrown_for or self._left <= 0:
            self._thrown_for = throw_for
            self._unlucky = dice.random() < faults.reset_rate
            self._left = dice.randint(1, faults.reset_within) if self._unlucky else faults.reset_within
        allowed = min(wanted, self._left)
        self._left -= allowed
        return allowed, self._unlucky and self._left == 0


class _Link:
    """The two sides of a connection through the proxy, and its state."""

    def __init__(self, client: socket.socket) -> None:
        self.client = client
        self.server = socket.socket()
        self.fate = _Fate()
        self.answered: int | None = None
        """Bytes of the present answer that have passed; None before it begins."""
        self.half_closed = False
        self.lost = False
        for side in (self.client, self.server):
            side.setblocking(False)
            side.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def close(self, *, reset: bool = False) -> None:
        """Close both sides."""
        for side in (self.client, self.server):
            if reset:
                with suppress(OSError):
                    side.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            side.close()
