"""Ana sends a photo, corrects herself, takes a message back, reacts and moves to another number: HubSpot follows."""

from __future__ import annotations

import asyncio
import hashlib

ANA, MOVED = "+12025550111", "+447700900123"
PHOTO = b"\xff\xd8 an invented photo \xff\xd9" * 400
NAME = hashlib.sha256(PHOTO).hexdigest()


def test_what_people_do_with_their_messages_stands_in_the_crm(live, simulators):
    phone, crm = simulators["whatsapp"](), simulators["hubspot"]()

    async def scenario() -> None:
        async with live(phone, crm) as run:

            async def logged(*texts: str) -> None:
                await run.until(lambda: all(any(text in row.text for row in crm.logged()) for text in texts))

            async def rows(sql, expected):
                async def holds():
                    return await run.rows(sql) == expected

                await run.until(holds)

            first = await phone.say(ANA, "I come on Munday", name="Ana Example")
            await logged("I come on Munday")
            phone.edit(ANA, first.id, "I come on Monday")
            await logged("I come on Monday")
            assert not any("Munday" in row.text for row in crm.logged())

            second = await phone.say(ANA, "that was for somebody else")
            await logged("that was for somebody else")
            phone.revoke(ANA, second.id)
            await rows("SELECT count(*) FROM messages WHERE deleted>0", [(1,)])

            await phone.say_media(ANA, "image", PHOTO, "image/jpeg", caption="my garden")
            await rows("SELECT state, blob, size FROM media", [("stored", NAME, len(PHOTO))])
            with run.hub.blobs.open(NAME) as file:
                assert file.read() == PHOTO
            phone.react(ANA, first.id, "👍")
            phone.react(ANA, first.id)
            await rows(
                "SELECT text, reply_to FROM messages WHERE form='reaction' ORDER BY id",
                [("👍", first.id), ("", first.id)],
            )

            phone.change_number(ANA, MOVED)
            await rows("SELECT phone FROM people", [(MOVED,)])
            await phone.say(MOVED, "it is me again")
            await logged("it is me again")
            await phone.settled()
            await rows("SELECT count(DISTINCT person), count(DISTINCT session) FROM messages", [(1, 1)])

    asyncio.run(scenario())
    assert len(crm.contacts()) == 1
    assert len({row.record for row in crm.logged()}) == len(crm.logged())


def test_a_file_that_whatsapp_no_longer_has_costs_no_message(live, simulators):
    phone = simulators["whatsapp"]()

    async def scenario() -> None:
        async with live(phone, settings={"media_fetch": False}) as run:
            await phone.say_media(ANA, "image", PHOTO, "image/jpeg", caption="my garden")

            async def waits():
                return await run.rows("SELECT state, ref FROM media")

            await run.until(waits)
            ((state, ref),) = await waits()
            assert state == "pending"
            phone.forget_media(ref)
            await phone.settled()
            await run.stop()
            file = run.folder / "hub.toml"
            file.write_text(file.read_text("utf-8").replace("media_fetch = false", "media_fetch = true"), "utf-8")
            await run.start()

            async def ended():
                return await run.rows("SELECT state, reason FROM media WHERE state<>'pending'")

            await run.until(ended)
            assert await ended() == [("expired", "the platform no longer has the file")]
            assert await run.rows("SELECT text, form FROM messages WHERE direction='in'") == [("my garden", "image")]

    asyncio.run(scenario())
