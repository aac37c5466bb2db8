"""A client that is cheap enough to saturate a server from one core: prebuilt bytes over keep-alive connections."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import cast

CONNECTIONS = 64

Done = Callable[[int], None]
"""Called with the status of the answer; 0 when the connection was lost."""


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._done: Done | None = None
        self._held = b""
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ready."""
        self.transport = cast(asyncio.Transport, transport)

    def send(self, request: bytes, done: Done) -> None:
        """Write a request; `done` is called with its answer."""
        self._done = done
        self.transport.write(request)

    def data_received(self, data: bytes) -> None:
        """An answer, perhaps in pieces."""
        if self._held:
            data = self._held + data
        head = data.find(b"\r\n\r\n")
        start = data.find(b"Content-Length: ")
        if head < 0 or len(data) < head + 4 + (int(data[start + 16 : data.index(b"\r", start)]) if start >= 0 else 0):
            self._held = data
            return
        self._held = b""
        self._answered(int(data[9:12]))

    def connection_lost(self, exc: Exception | None) -> None:
        """The server hung up."""
        if self._done is not None:
            self._answered(0)

    def _answered(self, status: int) -> None:
        done, self._done = self._done, None
        self._pool.free(self)
        if done is not None:
            done(status)


class Pool:
    """Connections to one server; what finds none free waits its turn."""

    def __init__(self) -> None:
        self.failed = 0
        """Answers other than 200."""
        self._all: list[Connection] = []
        self._free: list[Connection] = []
        self._waiting: deque[tuple[bytes, Done]] = deque()

    async def open(self, port: int, count: int = CONNECTIONS) -> Pool:
        """Connect."""
        loop = asyncio.get_running_loop()
        for _ in range(count):
            _, connection = await loop.create_connection(lambda: Connection(self), "127.0.0.1", port)
            self._all.append(connection)
            self._free.append(connection)
        return self

    def post(self, request: bytes, done: Done) -> None:
        """Send now, or as soon as a connection is free."""
        if self._free:
            self._free.pop().send(request, done)
        else:
            self._waiting.append((request, done))

    def free(self, connection: Connection) -> None:
        """A connection has its answer."""
        if self._waiting:
            connection.send(*self._waiting.popleft())
        else:
            self._free.append(connection)

    def close(self) -> None:
        """Hang up."""
        for connection in self._all:
            connection.transport.close()


async def saturate(port: int, requests: Sequence[bytes]) -> tuple[float, int]:
    """Send all requests as fast as the server answers. Returns the seconds it took and how many were not 200."""
    pool = await Pool().open(port)
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    rest = iter(requests)
    left, failed = len(requests), 0

    def done(status: int) -> None:
        nonlocal left, failed
        failed += status != 200
        left -= 1
        following = next(rest, None)
        if following is not None:
            pool.post(following, done)
        elif not left:
            ended.set_result(None)

    began = perf_counter()
    for _ in range(min(CONNECTIONS, left)):
        pool.post(next(rest), done)
    await ended
    took = perf_counter() - began
    pool.close()
    return took, failed


async def pace(port: int, rate: float, requests: Sequence[bytes]) -> list[float]:
    """Send requests at a steady rate (per second), whatever the answers do. Returns each one's seconds to its 200."""
    pool = await Pool().open(port)
    waits: list[float] = []
    ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def send(request: bytes) -> None:
        began = perf_counter()

        def done(status: int) -> None:
            waits.append(perf_counter() - began if status == 200 else float("inf"))
            if len(waits) == len(requests):
                ended.set_result(None)

        pool.post(request, done)

    began = perf_counter()
    for number, request in enumerate(requests):
        await until(began + number / rate)
        send(request)
    await ended
    pool.close()
    return waits


async def until(moment: float) -> None:
    """Sleep until `moment` of perf_counter, unless it has passed."""
    ahead = moment - perf_counter()
    if ahead > 0:
        await asyncio.sleep(ahead)
