"""Whole messages through the whole hub: what the platform gets, and what it is asked before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from aiohttp import web

from hub.contracts.errors import Uncertain
from hub.engine.line import incoming, now_ms
from hub.engine.loader import load_plugins
from hub.model.by_hand import HumanReplied
from hub.model.content import Content, Media, Template
from hub.store.blobs import FolderBlobs

PERSON = "+12025550111"
HOUR = 3_600_000
RULES = """
[[rule]]
name = "ask"
keywords = ["ask"]
reply = { text = "Shall we call you?" }
buttons = ["Yes", "No"]

[[rule]]
name = "yes"
payload = "yes"
reply = { text = "We call you soon." }

[[rule]]
name = "status"
keywords = ["status"]
template = { name = "order_ready", language = "en", params = ["{{ person.name or 'there' }}"] }
"""
LISTED = {"name": "order_ready", "language": "en", "status": "APPROVED", "category": "UTILITY", "id": "1"}
READY = {**LISTED, "components": [{"type": "BODY", "text": "Dear {{1}}, your order is ready."}]}
PDF = b"%PDF-1.4 offer"


@pytest.fixture
def channel(simulators):
    return simulators["whatsapp"]()


async def answer(run: Any, key: str, text: str = "", content: Content | None = None) -> None:
    """A human answers."""
    held = content.dump() if content else {}
    event = HumanReplied(key=key, at=now_ms(), person="p1", text=text, agent="Ana", content=held)
    await run.hub.writer.accept([incoming(event)])


async def states(run: Any) -> list[str]:
    return [state for (state,) in await run.rows("SELECT state FROM outbox WHERE kind='send' ORDER BY id")]


async def all_read(run: Any) -> None:
    """Wait until the platform's templates are known."""

    async def known() -> bool:
        return bool(await run.rows("SELECT 1 FROM templates"))

    await run.until(known)


def test_a_pressed_button_goes_on_with_the_talk(live, channel):
    async def scenario() -> None:
        async with live(channel, tables=RULES) as run:
            await channel.say(PERSON, "ask", name="Ana")
            await run.until(lambda: len(channel.said) == 1)
            channel.press(PERSON, "yes")
            await run.until(lambda: len(channel.said) == 2)
            await channel.settled()
            await run.worked_off()
            ((held,),) = await run.rows("SELECT content FROM messages WHERE form='buttons'")
            assert '"id": "yes"' in held
            assert await run.rows("SELECT DISTINCT status FROM messages WHERE direction='out'") == [("read",)]
        assert [(said.text, said.delivered) for said in channel.said] == [
            ("Shall we call you?", True),
            ("We call you soon.", True),
        ]

    asyncio.run(scenario())


def test_a_template_is_sent_filled_and_a_paused_one_is_not(live, channel):
    channel.set_templates([READY])

    async def scenario() -> None:
        async with live(channel, tables=RULES) as run:
            await all_read(run)
            await channel.say(PERSON, "status", name="Ana")
            await run.until(lambda: len(channel.said) == 1)
            assert channel.said[0].text == "Dear Ana, your order is ready."
            channel.set_templates([{**READY, "status": "PAUSED"}])
            run.hub.templates["templates:whatsapp"].wake()

            async def paused() -> bool:
                return await run.rows("SELECT usable FROM templates") == [(0,)]

            await run.until(paused)
            await channel.say(PERSON, "status again", name="Ana")

            async def dropped() -> bool:
                return await states(run) == ["done", "dropped"]

            await run.until(dropped)
            ((reason,),) = await run.rows("SELECT reason FROM messages WHERE status='dropped'")
            assert "is paused" in reason
        assert len(channel.said) == 1

    asyncio.run(scenario())


def test_the_inboxs_template_goes_when_the_window_is_closed(live, channel):
    channel.set_templates([READY])
    tables = '[inbox.whatsapp.fallback]\ntemplate = "order_ready"\nlanguage = "en"\nparams = ["{{ person.name }}"]\n'

    async def scenario() -> None:
        async with live(channel, tables=tables) as run:
            await all_read(run)
            await channel.say(PERSON, "hello", name="Ana", at=now_ms() - 25 * HOUR)
            await run.until(lambda: all(heard.acked for heard in channel.heard))
            await run.worked_off()
            await answer(run, "h1", "Sorry for the delay")
            await run.until(lambda: len(channel.said) == 1)

            async def ended() -> bool:
                return await states(run) == ["dropped", "done"]

            await run.until(ended)
        assert [(said.form, said.delivered) for said in channel.said] == [("template", True)]

    asyncio.run(scenario())


def test_a_message_is_marked_as_read_before_its_answer(live, channel):
    async def scenario() -> None:
        async with live(channel, inbox={"mark_read": True}) as run:
            heard = await channel.say(PERSON, "price", name="Ana")
            await run.until(lambda: channel.said)
        (mark,) = channel.read_marks
        assert (mark.message, mark.typing) == (heard.id, True)

    asyncio.run(scenario())


def test_a_platform_that_marks_nothing_as_read_gets_the_answer_all_the_same(live, simulators):
    class Blind(simulators["whatsapp"]):
        """Refuses every mark."""

        asked = 0

        def _mark(self, account: str, body: dict[str, Any]) -> web.StreamResponse:
            self.asked += 1
            return web.json_response({"error": {"code": 131000, "message": "no"}}, status=500)

    channel = Blind()

    async def scenario() -> None:
        async with live(channel, inbox={"mark_read": True}) as run:
            await channel.say(PERSON, "price", name="Ana")
            await run.until(lambda: channel.said)

            async def ended() -> bool:
                return await states(run) == ["done"]

            await run.until(ended)
        assert (channel.asked, len(channel.said)) == (1, 1)

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", ["error", "throttle", "lose_before", "lose_after"])
def test_a_file_that_does_not_go_up_at_once_goes_up_later_and_is_never_uncertain(live, channel, fault):
    media = Media(kind="document", mime="application/pdf", name="offer.pdf")

    async def scenario() -> None:
        async with live(channel) as run:
            await channel.say(PERSON, "hello", name="Ana")
            await run.until(lambda: all(heard.acked for heard in channel.heard))
            await run.worked_off()
            blob = FolderBlobs(run.hub.config.hub.data / "blobs").write([PDF])
            setattr(channel.faults, fault, 1.0)
            held = Media(kind=media.kind, mime=media.mime, name=media.name, blob=blob)
            await answer(run, "h1", "Our offer", Content(form="document", media=held))

            async def tried() -> bool:
                return bool(await run.rows("SELECT 1 FROM outbox WHERE kind='send' AND reason<>'' AND state='waiting'"))

            await run.until(tried)
            assert channel.said == []
            setattr(channel.faults, fault, 0.0)
            await run.until(lambda: channel.said)
            (said,) = channel.said
            assert (said.form, said.text) == ("document", "Our offer")
            ((ref,),) = await run.rows("SELECT ref FROM uploads")
            assert channel.media.files[ref].data == PDF
            files = len(channel.media.files)
            await answer(run, "h2", "Again", Content(form="document", media=held))
            await run.until(lambda: len(channel.said) == 2)
            assert len(channel.media.files) == files  # sent by its reference

    asyncio.run(scenario())


def test_an_upload_without_an_answer_is_repeated_for_nothing_was_sent(live, channel, monkeypatch):
    """Also where the channel itself cannot say so."""
    cls = load_plugins().channels["whatsapp"]
    real, tried = cls.upload, []

    def upload(self: Any, account: str, media: Media, data: bytes) -> Any:
        tried.append(len(data))
        if len(tried) == 1:
            raise Uncertain("no answer")
        return (yield from real(self, account, media, data))

    monkeypatch.setattr(cls, "upload", upload)

    async def scenario() -> None:
        async with live(channel) as run:
            await channel.say(PERSON, "hello", name="Ana")
            await run.until(lambda: all(heard.acked for heard in channel.heard))
            await run.worked_off()
            blob = FolderBlobs(run.hub.config.hub.data / "blobs").write([PDF])
            held = Media(kind="document", mime="application/pdf", name="offer.pdf", blob=blob)
            await answer(run, "h1", "", Content(form="document", media=held))
            await run.until(lambda: channel.said)
            assert await run.rows("SELECT attempts FROM outbox WHERE kind='send'") == [(2,)]
        assert tried == [len(PDF)] * 2
        assert len(channel.said) == 1

    asyncio.run(scenario())


def test_templates_that_did_not_change_leave_no_trace(live, channel):
    channel.set_templates([READY])
    asked: list[bool] = []
    listing = channel.templates.listing

    async def counted(request: web.Request) -> web.StreamResponse:
        asked.append(True)
        return await listing(request)

    channel.templates.listing = counted

    async def scenario() -> None:
        async with live(channel) as run:
            await all_read(run)
            await run.stop()
            await run.start()
            reader = run.hub.templates["templates:whatsapp"]
            reader.wake()
            await run.until(lambda: len(asked) >= 3)
            channel.set_templates([READY, {**READY, "language": "de"}])
            reader.wake()

            async def both() -> bool:
                return len(await run.rows("SELECT 1 FROM templates")) == 2

            await run.until(both)
            assert await run.rows("SELECT count(*) FROM journal WHERE key LIKE 'templates.read:%'") == [(2,)]

    asyncio.run(scenario())


def test_a_file_that_is_gone_is_a_dead_letter(live, channel):
    async def scenario() -> None:
        async with live(channel) as run:
            await channel.say(PERSON, "hello", name="Ana")
            await run.until(lambda: all(heard.acked for heard in channel.heard))
            await run.worked_off()
            held = Media(kind="document", mime="application/pdf", name="offer.pdf", blob="ab" * 32)
            await answer(run, "h1", "", Content(form="document", media=held))

            async def buried() -> bool:
                return bool(await run.rows("SELECT 1 FROM dead"))

            await run.until(buried)
            assert await run.rows("SELECT cause FROM dead") == [("the file is no longer in the hub",)]
        assert channel.said == []

    asyncio.run(scenario())


def test_a_person_who_gets_too_many_messages_gets_them_all_in_order(live, channel, monkeypatch):
    cls = load_plugins().channels["whatsapp"]
    monkeypatch.setattr(cls, "capabilities", replace(cls.capabilities, pair=(2, 0.3)))
    channel.pair_rate = (3, 0.2)

    async def scenario() -> None:
        async with live(channel) as run:
            await channel.say(PERSON, "hello", name="Ana")
            await run.until(lambda: all(heard.acked for heard in channel.heard))
            await run.worked_off()
            for number in range(6):
                await answer(run, f"h{number}", f"part {number}")
            await run.until(lambda: len(channel.said) == 6)
        assert [said.text for said in channel.said] == [f"part {number}" for number in range(6)]
        assert all(said.delivered for said in channel.said)

    asyncio.run(scenario())


def test_a_template_by_name_passes_the_closed_window(live, channel):
    channel.set_templates([READY])

    async def scenario() -> None:
        async with live(channel) as run:
            await channel.say(PERSON, "hello", name="Ana", at=now_ms() - 25 * HOUR)
            await run.until(lambda: all(heard.acked for heard in channel.heard))
            await run.worked_off()
            template = Template(name="order_ready", language="en", body=("Ana",))
            await answer(run, "h1", "", Content(form="template", template=template))
            await run.until(lambda: channel.said)
        assert channel.said[0].text == "Dear Ana, your order is ready."

    asyncio.run(scenario())
