"""The process that makes the load: signed webhooks by prebuilt bytes, and the platform that the hub answers to."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from itertools import count
from time import perf_counter

from bench import bare
from bench.bodies import names, person, request, status_webhook, text_webhook
from bench.client import Pool, pace, saturate, until
from bench.platform import Platform

PEOPLE = 2_000
"""People whom the CRM knows from the beginning."""
NEW_EVERY = 10
"""Every so manieth text comes from somebody nobody has heard of."""
SAID = ("sent", "delivered", "read")
LAST_WORD = 10.0
"""Seconds to wait for answers when a run ends; what has none by then is lost."""


class Load:
    """Lives in its own process; the director calls one method at a time. Ports are the hub's, on loopback."""

    def __init__(self) -> None:
        self.platform = Platform(PEOPLE)
        self._names = names("in")
        self._talks: Talks | None = None

    async def start(self) -> int:
        """The port of the platform."""
        return await self.platform.start()

    async def flood(self, port: int, total: int, bare_handler: bool) -> tuple[float, int]:
        """Texts as fast as they are taken: seconds it took, and how many were refused."""
        return await saturate(port, self._build(total, bare_handler))

    async def stream(self, port: int, rate: float, total: int, bare_handler: bool) -> list[float]:
        """Texts at a steady rate: each one's seconds to its 200."""
        return await pace(port, rate, self._build(total, bare_handler))

    def _build(self, total: int, bare_handler: bool) -> list[bytes]:
        bodies = (text_webhook(next(self._names), number % PEOPLE) for number in range(total))
        return [request(body, bare.PATH) if bare_handler else request(body) for body in bodies]

    async def talk(self, port: int, in_flight: int) -> None:
        """Begin conversations in a closed loop: text, reply, three statuses, and over again; until `hush`."""
        self._talks = Talks(self.platform, await Pool().open(port), self._names)
        self._talks.closed = True
        for _ in range(in_flight):
            self._talks.say()

    async def converse(self, port: int, rate: float, seconds: float) -> dict[str, list[float]]:
        """Texts at a steady rate, each with its reply and statuses. See `hush` for the result."""
        talks = self._talks = Talks(self.platform, await Pool().open(port), self._names)
        began = perf_counter()
        for number in range(int(rate * seconds)):
            await until(began + number / rate)
            talks.say()
        return await self.hush()

    async def hush(self) -> dict[str, list[float]]:
        """Say nothing new, let everything end. Seconds to the 200 (`acks`) and to the reply (`replies`), and `lost`."""
        talks, self._talks = self._talks, None
        assert talks is not None
        talks.closed = False
        end = perf_counter() + LAST_WORD
        while talks.open and perf_counter() < end:  # noqa: ASYNC110 - the end of a run has no event
            await asyncio.sleep(0.02)
        talks.pool.close()
        return {"acks": talks.acks, "replies": talks.replies, "lost": [float(len(talks.open) + talks.refused)]}

    async def counts(self) -> dict[str, int]:
        """What the platform saw so far."""
        platform = self.platform
        return {"sends": platform.sends, "logged": platform.logged, "people": platform.people}

    async def strange(self) -> Sequence[str]:
        """Requests that the platform did not understand."""
        return sorted(self.platform.strange)

    async def close(self) -> None:
        """The end."""
        self.platform.stop()


class Talks:
    """Conversations under way: a person writes, the hub answers, the platform reports three times."""

    _next = count()  # over all runs, so that nobody is new twice

    def __init__(self, platform: Platform, pool: Pool, ids: Iterator[str]) -> None:
        self.pool, self._ids = pool, ids
        self.acks: list[float] = []
        self.replies: list[float] = []
        self.refused = 0
        self.closed = False
        """Whether an ended conversation begins another."""
        self.open: dict[str, float] = {}
        platform.on_send, platform.on_answered = self._replied, self._answered

    def say(self) -> None:
        """The next person writes."""
        number = next(self._next)
        who = PEOPLE + number // NEW_EVERY if number % NEW_EVERY == 0 else number % PEOPLE
        digits = person(who)[1:]
        webhook = request(text_webhook(next(self._ids), who))
        began = self.open[digits] = perf_counter()

        def acked(status: int) -> None:
            if status == 200:
                self.acks.append(perf_counter() - began)
            else:
                self._ended(digits, refused=True)

        self.pool.post(webhook, acked)

    def _replied(self, digits: str) -> None:
        began = self.open.get(digits)
        if began is not None:
            self.replies.append(perf_counter() - began)

    def _answered(self, digits: str, callback: str, wamid: str) -> None:
        left = len(SAID)
        webhooks = [request(status_webhook(wamid, f"+{digits}", said, callback)) for said in SAID]
        began = perf_counter()

        def acked(status: int) -> None:
            nonlocal left
            left -= 1
            self.refused += status != 200
            if status == 200:
                self.acks.append(perf_counter() - began)
            if not left:
                self._ended(digits)

        for webhook in webhooks:
            self.pool.post(webhook, acked)

    def _ended(self, digits: str, *, refused: bool = False) -> None:
        self.refused += refused
        if self.open.pop(digits, None) is not None and self.closed:
            self.say()


async def load() -> Load:
    """Build it."""
    return Load()
