"""What must hold at awkward moments of the tasks around the line: odd plugins, a hub that stops, a full store."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

from hub.contracts.channel import Polled, RawEvent
from hub.contracts.crm import Page, Schema, Written
from hub.contracts.errors import Unavailable
from hub.engine.crm.sync import CrmSync
from hub.engine.http import Outside
from hub.engine.line import now_ms
from hub.engine.notices import Notices
from hub.engine.poller import Poller
from hub.engine.pulse import Pulse
from hub.engine.sender import Sender
from hub.engine.writer import Writer
from hub.model.people import Identity
from hub.model.records import Record
from hub.store.journal import Incoming
from hub.testing.tabletop import Tabletop

PHONE = Identity("phone", "", "+15550101")
OTHER = Identity("phone", "", "+15550102")
MAIL = Identity("email", "", "ana@example.com")
HOUR = 3_600_000
CRM_TABLE = '[crm.main]\nadapter = "hubspot"\naccess_token = "crm-token"\nbase_url = "http://127.0.0.1:9"\n'
SECOND = CRM_TABLE.replace("crm.main", "crm.second")
PREFERENCE = {"wa_id": "15550101", "user_id": "US.15550101", "category": "marketing_messages", "value": "stop"}


def states(table: Tabletop, kind: str = "send") -> list[str]:
    return [state for (state,) in table.rows("SELECT state FROM outbox WHERE kind=? ORDER BY id", kind)]


def record(number: int, *identities: Identity, **more: Any) -> Record:
    return Record(id=str(number), identities=identities, **more)


@asynccontextmanager
async def writing(table: Tabletop) -> Any:
    """A writer on the table's store, and a way to wait for what a query says."""
    writer = Writer(table.store, table.line, lambda woken: None, limit=5000, budget=256, pulse=Pulse())
    writer.start()

    async def until(right: Callable[[], Awaitable[Any]]) -> None:
        async with asyncio.timeout(10):
            while not await right():  # noqa: ASYNC110 - the writer has no event
                await asyncio.sleep(0.01)

    try:
        yield writer, until
    finally:
        await writer.stop()


async def open_state(writer: Writer, kind: str) -> str:
    found: str = await writer.call(
        lambda store: store.db.rows("SELECT state FROM outbox WHERE kind=? ORDER BY id", (kind,))[0][0]
    )
    return found


def test_a_channel_that_returns_no_receipt_leaves_no_send_behind(table, text, monkeypatch):
    table.now = now_ms()

    def send(message: Any) -> Iterator[Any]:
        yield from ()

    monkeypatch.setattr(table.config.connections["meta"].channel, "send", send)
    table.post("meta", text(1, "price"))
    table.step()

    async def scenario() -> None:
        async with writing(table) as (writer, until):
            outside = Outside()
            sender = Sender("sales", table.line, writer, outside, Notices())
            task = asyncio.create_task(sender.run())

            async def ended() -> bool:
                return await open_state(writer, "send") not in ("waiting", "started")

            try:
                await until(ended)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                await sender.finish()
                await outside.close()

    asyncio.run(scenario())
    assert states(table) == ["evidence"]


def test_a_hub_that_stops_while_it_leases_still_sends_what_it_leased(table, text, monkeypatch):
    table.now = now_ms()
    tried: list[str] = []

    def send(message: Any) -> Iterator[Any]:
        tried.append(message.text)
        raise Unavailable("down")
        yield

    monkeypatch.setattr(table.config.connections["meta"].channel, "send", send)
    table.post("meta", text(1, "price"))
    table.step()

    async def scenario() -> None:
        async with writing(table) as (writer, _):
            outside = Outside()
            sender = Sender("sales", table.line, writer, outside, Notices())
            task = asyncio.create_task(sender.run())
            await asyncio.sleep(0)  # it has asked for a lease, and nothing has answered yet
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await sender.finish()
            await outside.close()

    asyncio.run(scenario())
    assert (states(table), len(tried)) == (["waiting"], 1)


def test_a_row_that_the_adapter_forgets_is_looked_for_again(table, text, monkeypatch):
    table.now = now_ms() - 10_000
    table.crm_knows(record(7, PHONE))
    table.post("meta", text(1, "hello"))
    table.step()
    asked: list[Any] = []

    def log(batch: Any) -> list[Written]:
        asked.append(batch)
        return []

    monkeypatch.setattr(table.config.crms["main"].adapter, "log", log)

    async def scenario() -> None:
        async with writing(table) as (writer, until):
            crm = CrmSync("main", table.line, writer, Notices())
            task = asyncio.create_task(crm._push("log"))

            async def given_back() -> bool:
                return bool(asked) and await open_state(writer, "log") != "started"

            try:
                await until(given_back)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                crm.close()

    asyncio.run(scenario())
    assert table.rows("SELECT state, doubt FROM outbox WHERE kind='log'") == [("waiting", 1)]


def test_changes_are_read_to_their_end_without_a_pause_between_pages(table, monkeypatch):
    table.crm_knows()
    adapter, asked = table.config.crms["main"].adapter, []

    def changes(cursor: str) -> Page:
        asked.append(cursor)
        return Page((), f"page {len(asked)}", len(asked) == 3)

    monkeypatch.setattr(adapter, "changes", changes)
    monkeypatch.setattr(adapter, "ensure", list)
    monkeypatch.setattr(adapter, "describe", Schema)

    async def scenario() -> None:
        async with writing(table) as (writer, until):
            crm = CrmSync("main", table.line, writer, Notices())
            task = asyncio.create_task(crm._reads())

            async def read() -> bool:
                return len(asked) >= 3

            try:
                await until(read)  # a pause is a minute long
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)
                crm.close()

    asyncio.run(scenario())
    assert asked == ["", "page 1", "page 2"]


def test_what_cannot_be_stored_costs_nobody_else(table):
    async def scenario() -> list[Any]:
        async with writing(table) as (writer, _):
            good = Incoming("meta", "1001", "good", "lane", 1, 1, b"{}")
            futures = [writer.accept([good]), writer.accept([good._replace(key="bad \ud83d")])]
            return await asyncio.gather(*futures, return_exceptions=True)

    stored, refused = asyncio.run(scenario())
    assert len(stored) == 1
    assert isinstance(refused, Unavailable)


def test_a_poll_that_cannot_be_stored_is_a_notice_and_not_the_end(table):
    class Poisoned:
        def polling(self) -> bool:
            return True

        def poll(self, cursor: str) -> Any:
            return Polled([RawEvent("1", "key", "lane", 1 << 70, b"{}")], "5")
            yield

    notices = Notices()

    async def scenario() -> None:
        async with writing(table) as (writer, until):
            outside = Outside()
            task = asyncio.create_task(Poller("meta", Poisoned(), table.line, writer, outside, notices).run())

            async def told() -> bool:
                return bool(notices.open) or task.done()

            await until(told)
            alive = not task.done()
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await outside.close()
            assert alive

    asyncio.run(scenario())
    assert "cannot be stored" in notices.open["connection meta"]
