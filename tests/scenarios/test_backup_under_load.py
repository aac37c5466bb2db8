"""A backup under load, the machine lost, the backup restored elsewhere: nothing lost, nothing doubled."""

from __future__ import annotations

import asyncio
import random
import time
from contextlib import closing
from copy import copy
from pathlib import Path
from typing import Any

import pytest

from hub.backup.making import Made, Source, make
from hub.backup.places import Folder
from hub.backup.restoring import restore
from hub.engine.line import now_ms
from hub.store import Place, open_reader
from hub.store.blobs import FolderBlobs
from hub.store.checking import check_store
from hub.testing.crowd import Crowd, quiet
from hub.testing.ledgers import Ledgers
from hub.testing.people import company
from hub.testing.proof import prove
from hub.testing.runner import HubRun
from hub.testing.stage import Stage

KEY = bytes(range(32))
ALONE = ("-m", "hub.cli.hub_process")


class Mail:
    """Everything the platform delivered, to deliver it again: the courier's own posts, with the time."""

    def __init__(self, channel: Any) -> None:
        self.posts: list[tuple[float, Any]] = []
        self._courier, self._post = channel._courier, channel._courier.post
        channel._courier.post = self._keep

    def _keep(self, post: Any) -> None:
        self.posts.append((time.monotonic(), post))
        self._post(post)

    def again(self, since: float) -> int:
        """Deliver what was sent since; returns how many."""
        found = [copy(post) for at, post in self.posts if at >= since]
        for post in found:
            post.heard = None  # a redelivery is no new message
            self._post(post)
        return len(found)


async def scenario(folder: Path, messages: int, rate: float) -> tuple[Ledgers, Made, int]:
    rng = random.Random(3)
    people = max(10, messages // 20)
    stage = Stage(folder, company(rng, people=people, known=people // 2, others=5, twice=1), seed=3, module=ALONE)
    crowd = Crowd(stage, rng, messages)
    place, new = Folder(folder / "place"), folder / "elsewhere"
    try:
        async with asyncio.timeout(120 + messages / rate * 4):
            await stage.open()
            mail = Mail(stage.channel)
            await stage.hub.start()
            await stage.hub.ready()
            await crowd.talk(messages // 3, rate)
            began = time.monotonic()
            source = Source(Place(stage.hub.data), stage.hub.data / "blobs", stage.hub.config)
            backup = asyncio.create_task(asyncio.to_thread(make, source, place, KEY, 4, now_ms))
            await crowd.talk(messages // 3, rate)
            made = await backup
            await stage.hub.kill_all()  # the machine is gone, in the middle of its work

            await asyncio.to_thread(restore, place, KEY, "", Place(new / "data"), new / "data/blobs", now_ms)
            new.mkdir(exist_ok=True)
            (new / "hub.toml").write_text(stage.hub.config.read_text())
            with closing(open_reader(Place(new / "data"))) as db:
                found = check_store(db, FolderBlobs(new / "data/blobs").exists, now_ms())
                assert [one for one in found if one.broken] == []
            stage.hubs = [HubRun(new / "hub.toml", new / "data", ALONE)]
            await stage.hub.start()
            await stage.hub.ready()
            again = mail.again(began - 3)
            await crowd.talk(crowd.left, rate)
            await quiet(stage, 15)
            return stage.ledgers(), made, again
    finally:
        await stage.close()


def holds(ledgers: Ledgers, messages: int) -> None:
    proof = prove(ledgers)
    zeros = ("lost", "doubled", "doubled_sends", "lost_sends", "duplicate_people", "misfiled", "unacked", "dropped")
    assert {name: getattr(proof, name) for name in zeros} == dict.fromkeys(zeros, 0), proof.line()
    assert (proof.messages, proof.in_crm) == (messages, messages)
    assert proof.replies > 0
    reasons = {unsent.reason.partition(" of ")[0] for unsent in ledgers.unsent.values()}
    assert all("restored from a backup" in reason for reason in reasons), reasons


def test_a_backup_under_load_restored_elsewhere(tmp_path: Path) -> None:
    ledgers, made, again = asyncio.run(scenario(tmp_path, 150, 60))
    assert again > 20
    assert made.backup.verified
    holds(ledgers, 150)


@pytest.mark.full
def test_a_backup_under_a_long_load_restored_elsewhere(tmp_path: Path) -> None:
    ledgers, made, again = asyncio.run(scenario(tmp_path, 3000, 100))
    assert again > 500
    assert made.rows["messages"] > 500
    holds(ledgers, 3000)
