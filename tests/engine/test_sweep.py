"""Files that nobody names go, but not one that is named or kept again while they are looked for."""

from __future__ import annotations

import asyncio
import os
from typing import Any

import pytest

from hub.engine import retention
from hub.store.blobs import orphans
from hub.store.rows import MediaRow


def test_a_file_that_is_named_or_kept_again_since_the_sweep_looked_stays(
    live: Any, simulators: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scenario() -> None:
        async with live(simulators["whatsapp"]()) as here:
            blobs, loop = here.hub.blobs, asyncio.get_running_loop()
            names = [blobs.write([word]) for word in (b"named", b"again", b"nobody's")]
            for name in names:
                os.utime(blobs.path(name), (1, 1))

            def looked(*args: Any) -> list[str]:
                found = orphans(*args)
                loop.call_soon_threadsafe(here.hub.writer.call, fetched)  # before the sweep goes on
                blobs.write([b"again"])
                return found

            def fetched(store: Any) -> None:
                with store.transaction():
                    work = store.workspace(1)
                    values = (1, "c", "a", "image", "r", "", "", "", 4, "", "stored", names[0], 0, 1, "")
                    work.media.add(MediaRow(work.media.next_id(), *values))
                    work.save()

            monkeypatch.setattr(retention, "orphans", looked)
            assert (await here.hub.retention.once())["files"] == 1
            assert [blobs.exists(name) for name in names] == [True, True, False]

    asyncio.run(scenario())
