"""Delivery of webhooks as a platform does it: signed, retried, in order for each person, bounded in number."""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

import aiohttp

from hub.contracts.simulator import Faults, Heard
from hub.wire.signatures import hmac_sha256_hex

AT_ONCE = 64
FIRST_PAUSE, LONGEST_PAUSE = 0.05, 1.0
PATIENCE = 10.0
"""Seconds after which an attempt without an answer counts as failed: a quarter of a shorter horizon."""


class Post:
    """One webhook on its way: its bytes are signed once, however often it is tried."""

    __slots__ = ("body", "headers", "heard", "person")

    def __init__(self, person: str, body: bytes, secret: bytes, heard: Heard | None = None) -> None:
        self.person, self.body, self.heard = person, body, heard
        self.headers = {
            "content-type": "application/json",
            "user-agent": "facebookexternalua",
            "x-hub-signature-256": "sha256=" + hmac_sha256_hex(secret, body),
        }


class Courier:
    """Delivers posts until they are acknowledged. A person's posts wait for each other unless `reorder` strikes."""

    def __init__(self, faults: Callable[[], Faults]) -> None:
        self.url = ""
        self.others: list[str] = []
        """More hubs behind the same address: each try goes to any of them."""
        self.answered: Counter[str] = Counter()
        """How each try ended: a status, or `refused`, `broken`, `late`."""
        self._faults = faults
        self._balance = random.Random(1)
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._queues: dict[str, deque[Post]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._open = 0
        self._idle = asyncio.Event()
        self._idle.set()

    def start(self) -> None:
        """Open the one session that all deliveries share."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=AT_ONCE),
            timeout=aiohttp.ClientTimeout(total=PATIENCE),
            cookie_jar=aiohttp.DummyCookieJar(),
        )

    async def stop(self) -> None:
        """End every delivery; what was not delivered is forgotten."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._queues.clear()
        self._open = 0
        self._idle.set()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def settled(self) -> None:
        """Wait until nothing is on its way."""
        await self._idle.wait()

    def post(self, post: Post) -> None:
        """Deliver in the background."""
        self._begin()
        faults = self._faults()
        if faults.hits(faults.reorder):
            self._spawn(self._alone(post, faults.rng.uniform(0.01, 0.15)))
        elif (queue := self._queues.get(post.person)) is not None:
            queue.append(post)
        else:
            self._queues[post.person] = deque((post,))
            self._spawn(self._in_turn(post.person))

    async def attempt(self, post: Post) -> int:
        """Try once; the HTTP status, 0 when no answer came."""
        if self._session is None or not self.url or self._faults().down:
            return 0
        heard = post.heard
        async with self._slots:
            if heard is not None:
                heard.tries += 1
                heard.first_try = heard.first_try or time.monotonic()
            status, how = await self._try(post)
            self.answered[how] += 1
            return status

    async def _try(self, post: Post) -> tuple[int, str]:
        assert self._session is not None
        url, horizon = self._balance.choice([self.url, *self.others]), self._faults().horizon
        limit = aiohttp.ClientTimeout(total=min(PATIENCE, horizon / 4) if horizon else PATIENCE)
        try:
            async with self._session.post(url, data=post.body, headers=post.headers, timeout=limit) as reply:
                await reply.read()
                return reply.status, str(reply.status)
        except aiohttp.ClientConnectorError:
            return 0, "refused"
        except TimeoutError:
            return 0, "late"
        except (aiohttp.ClientError, OSError):
            return 0, "broken"

    async def get(self, url: str, query: Mapping[str, str]) -> tuple[int, bytes]:
        """Ask the hub something (the handshake): status and body, 0 when no answer came."""
        if self._session is None:
            return 0, b""
        try:
            async with self._session.get(url, params=query) as reply:
                return reply.status, await reply.read()
        except (aiohttp.ClientError, OSError, TimeoutError):
            return 0, b""

    async def _in_turn(self, person: str) -> None:
        queue = self._queues[person]
        while queue:
            await self._deliver(queue.popleft())
        del self._queues[person]

    async def _alone(self, post: Post, pause: float) -> None:
        await asyncio.sleep(pause)
        await self._deliver(post)

    async def _again(self, post: Post, pause: float) -> None:
        await asyncio.sleep(pause)
        await self.attempt(post)
        self._end()

    async def _deliver(self, post: Post) -> None:
        pause, began = FIRST_PAUSE, time.monotonic()
        while not 200 <= await self.attempt(post) < 300:
            if (horizon := self._faults().horizon) and time.monotonic() - began > horizon:
                if post.heard is not None:
                    post.heard.given_up = time.monotonic()
                self._end()
                return
            await asyncio.sleep(pause * self._faults().rng.uniform(0.5, 1.0))
            pause = min(pause * 2, LONGEST_PAUSE)
        if post.heard is not None:
            post.heard.acked = time.monotonic()
        faults = self._faults()
        if faults.hits(faults.double):
            self._begin()
            self._spawn(self._again(post, faults.rng.uniform(0.0, 0.2)))
        self._end()

    def _begin(self) -> None:
        self._open += 1
        self._idle.clear()

    def _end(self) -> None:
        self._open -= 1
        if self._open == 0:
            self._idle.set()

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
