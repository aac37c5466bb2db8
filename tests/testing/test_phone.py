"""The fake phone and the demo's switchboard, with the channel's real simulator and no hub."""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub.contracts.errors import ConfigError
from hub.contracts.simulator import Said
from hub.testing.people import company
from hub.testing.phone import Switchboard, phone
from hub.testing.stage import Stage


def reply(person: str, text: str, *, delivered: bool = True) -> Said:
    return Said(
        request=1,
        person=person,
        account="1",
        text=text,
        callback="",
        delivered=delivered,
        answered=True,
        began=time.monotonic(),
    )


def test_a_phone_writes_as_a_new_person_and_hears_its_own_replies_only(tmp_path: Path) -> None:
    place, told = tmp_path / "demo.json", []

    async def scenario() -> None:
        stage = Stage(tmp_path, company(random.Random(1), people=2, known=1, others=0))
        channel = stage.channel

        async def typed() -> AsyncIterator[str]:
            yield "price please\n"
            yield "  \n"
            while not channel.heard:  # noqa: ASYNC110 - the ledger has no event
                await asyncio.sleep(0.01)
            person = channel.heard[0].person
            channel.said += [reply("+12025550199", "not yours"), reply(person, "lost", delivered=False)]
            channel.said.append(reply(person, "12 euros"))

        await channel.start()
        async with Switchboard(stage, place):
            assert place.stat().st_mode & 0o077 == 0
            await phone(place, "Zoe", typed(), lambda kind, text: told.append((kind, text)), linger=0.5)
        assert [heard.text for heard in channel.heard] == ["price please"]
        assert told == [("number", channel.heard[0].person), ("reply", "12 euros")]
        await channel.stop()

    asyncio.run(scenario())
    assert not place.exists()


def test_a_phone_without_the_word_of_admission_is_not_let_in(tmp_path: Path) -> None:
    place, told = tmp_path / "demo.json", []

    async def scenario() -> None:
        stage = Stage(tmp_path, company(random.Random(1), people=2, known=1, others=0))

        async def typed() -> AsyncIterator[str]:
            yield "hello"
            await asyncio.Event().wait()

        async with Switchboard(stage, place):
            forged = tmp_path / "forged.json"
            forged.write_text(json.dumps({**json.loads(place.read_text()), "word": "guess"}))
            await phone(forged, "Eve", typed(), lambda kind, text: told.append(kind))
        assert stage.channel.heard == []

    asyncio.run(scenario())
    assert told == ["end"]


@pytest.mark.parametrize("content", ["", "[]", '{"port": 1}', "not json"])
def test_no_demo_is_one_sentence(content: str, tmp_path: Path) -> None:
    async def typed() -> AsyncIterator[str]:
        yield "hello"

    place = tmp_path / "demo.json"
    for _ in range(2):  # no file, then a strange one
        with pytest.raises(ConfigError, match="no demo is waiting"):
            asyncio.run(phone(place, "Zoe", typed(), lambda kind, text: None))
        place.write_text(content)
