"""Carries out an inbox's sends: lease, talk to the platform, and put what happened back into the line as an event."""

from __future__ import annotations

import asyncio
from functools import partial
from typing import Any

import structlog

from hub.contracts.channel import MarksRead
from hub.contracts.errors import AuthFailed, Refused, Temporary, Uncertain, WindowClosed
from hub.engine.http import Outside
from hub.engine.lease import Leased, lease_sends
from hub.engine.line import Line, now_ms
from hub.engine.notices import Notices
from hub.engine.uploads import Uploading
from hub.engine.waiting import LONGEST, backoff, until, woken
from hub.engine.writer import Writer
from hub.model.events import SendSettled
from hub.sending import PairRate
from hub.store import Store
from hub.store.blobs import FolderBlobs
from hub.store.outbox import next_due

log = structlog.get_logger("hub.sender")

IN_FLIGHT = 32
GIVE_UP = 24 * 3_600_000
PAUSE_ON_AUTH = 60_000
MARK_READ = 5.0
"""Seconds that showing "read" and "is typing" may hold an answer."""


class Sender:
    """One per inbox. `wake` when there may be work; `run` until cancelled; `finish` ends what has begun."""

    def __init__(self, inbox: str, line: Line, writer: Writer, outside: Outside, notices: Notices) -> None:
        self.inbox, self._line, self._writer, self._outside, self._notices = inbox, line, writer, outside, notices
        config = line.config.inboxes[inbox]
        self._connection, self._number = config.connection, line.numbers[config.connection]
        self._channel = line.config.connections[config.connection].channel
        self._pace = Pace(getattr(self._channel.settings, "rate", 0) or self._channel.capabilities.rate)
        self._pair = PairRate(*self._channel.capabilities.pair)
        self._uploading = Uploading(inbox, line, writer, outside, FolderBlobs(line.config.hub.files))
        self._awake = asyncio.Event()
        self._flying: set[asyncio.Task[None]] = set()
        self._rests_until = 0.0

    def wake(self) -> None:
        """There may be something to send."""
        self._awake.set()

    async def run(self) -> None:
        """Send what is due, for ever. Only what can leave at once is leased: a lease is a promise that bytes follow."""
        while True:
            self._awake.clear()
            now = now_ms()
            room = self._pace.available()
            free = min(IN_FLIGHT - len(self._flying), room)
            seen = 0
            if free > 0 and not self._rest():
                lease = self._writer.call(partial(self._lease, now, free))
                try:
                    leased, seen = await asyncio.shield(lease)
                except asyncio.CancelledError:  # what stands on disk as started must leave
                    self._begin((await lease)[0])
                    raise
                self._begin(leased)
            if not seen:
                await self._sleep(now, paced=not room)

    def _begin(self, leased: list[Leased]) -> None:
        self._pace.spend(len(leased))
        for send in leased:
            task = asyncio.create_task(self._send(send))
            self._flying.add(task)
            task.add_done_callback(self._landed)

    def _lease(self, now: int, limit: int, store: Store) -> tuple[list[Leased], int]:
        return lease_sends(store, self._line, self.inbox, now, limit, self._pair, self._writer.woke)

    async def finish(self) -> None:
        """Wait for the sends in flight."""
        if self._flying:
            await asyncio.gather(*self._flying, return_exceptions=True)

    @property
    def in_flight(self) -> int:
        """Sends whose outcome is open right now."""
        return len(self._flying)

    def _landed(self, task: asyncio.Task[None]) -> None:
        self._flying.discard(task)
        self._awake.set()

    async def _sleep(self, now: int, *, paced: bool) -> None:
        """Until something is due or wakes us; `paced`: nobody looked at what waits, the pace allowed no send."""
        due = await self._writer.call(lambda store: next_due(store.db, self.inbox, now))
        pause = until(due, now)
        if rest := self._rest():
            pause = max(pause if due else 0, min(LONGEST, rest))
        if paced:
            pause = min(pause, self._pace.wait())
        await woken(self._awake, pause)

    def _rest(self) -> float:
        """Seconds for which nothing is sent, because the platform let nobody in."""
        return max(0.0, self._rests_until - asyncio.get_running_loop().time())

    async def _send(self, leased: Leased) -> None:
        outcome = await self._outcome(leased)
        event = SendSettled(
            key=f"{leased.outbox}.{leased.attempts}.{outcome['outcome']}", at=now_ms(), outbox=leased.outbox, **outcome
        )
        await self._writer.keep(event, leased.outbox)

    async def _outcome(self, leased: Leased) -> dict[str, Any]:
        if leased.answers:
            await self._mark_read(leased)
        message = leased.message
        if message.content.form != "text":
            try:
                message = await self._uploading.done(message)
            except Uncertain as error:  # a file that went up twice harms nobody: nothing was sent
                return self._failed(leased, Temporary(str(error)))
            except Exception as error:
                return self._failed(leased, error, "upload")
        try:
            receipt = await self._outside.converse(self._channel.send(message), self._number)
            provider_id = str(receipt.provider_id)
        except Exception as error:
            return self._failed(leased, error)
        self._notices.clear(f"connection {self._connection}")
        return {"outcome": "done", "provider_id": provider_id}

    def _failed(self, leased: Leased, error: Exception, inside: str = "send") -> dict[str, Any]:
        """What an error means for the send; `inside` upload: nothing was sent yet."""
        now = now_ms()
        match error:
            case Temporary():
                if now - leased.created > GIVE_UP:
                    return {"outcome": "dead", "reason": f"given up after a day: {error}", "error": _name(error)}
                return {
                    "outcome": "retry",
                    "due": now + backoff(leased.attempts, error.retry_after),
                    "reason": str(error),
                }
            case AuthFailed():
                self._rests_until = asyncio.get_running_loop().time() + PAUSE_ON_AUTH / 1000
                self._notices.raise_once(f"connection {self._connection}", str(error))
                return {"outcome": "retry", "due": now + PAUSE_ON_AUTH, "reason": str(error)}
            case Uncertain():
                return self._doubt(str(error))
            case Refused():
                return {"outcome": "dead", "reason": str(error), "error": _name(error)}
        log.error("a channel failed", inbox=self.inbox, inside=inside, error=type(error).__name__)
        what = f"the channel failed: {type(error).__name__}"
        return self._doubt(what) if inside == "send" else {"outcome": "dead", "reason": f"{what}; nothing was sent"}

    async def _mark_read(self, leased: Leased) -> None:
        """A courtesy: it may fail, and it may not hold the answer for long."""
        if not isinstance(self._channel, MarksRead):
            return
        message = leased.message
        try:
            calls = self._channel.mark_read(message.account, message.address, leased.answers, typing=True)
            async with asyncio.timeout(MARK_READ):
                await self._outside.converse(calls, self._number)
        except Exception as error:
            log.debug("a message was not marked as read", inbox=self.inbox, error=type(error).__name__)

    def _doubt(self, reason: str) -> dict[str, Any]:
        """No answer: wait for a status or echo where the channel has them, else say at once that nobody knows."""
        if self._channel.capabilities.proof == "evidence":
            wait = self._line.config.hub.evidence_wait * 1000
            return {"outcome": "evidence", "due": now_ms() + int(wait), "reason": reason}
        return {"outcome": "uncertain", "reason": f"{reason}; it may or may not have arrived"}


def _name(error: Exception) -> str:
    """The error's class as events carry it; a channel's own kind of a closed window counts as one."""
    return WindowClosed.__name__ if isinstance(error, WindowClosed) else type(error).__name__


class Pace:
    """A token bucket: sends per second of one account, with a burst of a tenth of a second's worth, at least one."""

    def __init__(self, rate: float) -> None:
        self._rate = max(rate, 0.01)
        self._burst = max(1.0, self._rate / 10)
        self._tokens, self._at = self._burst, 0.0

    def available(self) -> int:
        """Sends that may leave now."""
        now = asyncio.get_running_loop().time()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate) if self._at else self._burst
        self._at = now
        return int(self._tokens)

    def spend(self, sends: int) -> None:
        """These left."""
        self._tokens -= sends

    def wait(self) -> float:
        """Seconds until the next one may leave."""
        return max(0.001, (1 - self._tokens) / self._rate)
