"""`dragoman mapping` beside a running hub and HubSpot's simulator: look, apply, and go back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from hub.cli.app import build
from hub.engine.control_client import ask
from hub.engine.line import incoming, now_ms
from hub.model.events import PersonEdited
from hub.testing.shop import Shop

PEOPLE = 6
FILE = '[person]\nfirstname = "name.first"\nphone = "phone"\njobtitle = { from = "attr.job", when = "always" }\n'
DRAFT = FILE.replace('"attr.job", when', '"attr.job", transform = ["upper"], when')


def run(folder: Path, *args: str) -> tuple[int, str]:
    """Exit code, and all that is said."""
    done = CliRunner().invoke(build(), ["mapping", *args, "--config", str(folder / "hub.toml")], catch_exceptions=False)
    return done.exit_code, done.output


def jobs(crm: Any) -> list[str]:
    return sorted(str(contact.get("jobtitle") or "") for contact in crm.contacts())


async def beside(live: Any, folder: Path, *commands: Sequence[str]) -> list[tuple[int, str]]:
    return [await asyncio.to_thread(run, folder, *command) for command in commands]


def test_a_version_goes_from_a_draft_into_hubspot_and_back(tmp_path, live, simulators):
    (tmp_path / "mappings").mkdir()
    (tmp_path / "mappings" / "hubspot.toml").write_text(FILE)
    draft = tmp_path / "draft.toml"
    draft.write_text(DRAFT)
    crm = simulators["hubspot"]()

    async def scenario() -> None:
        ids = crm.fill([{"firstname": f"Ana{n}", "phone": f"+4477009002{n:02}"} for n in range(PEOPLE)])
        async with live(crm) as hub:
            await hub.hub.crms["hubspot"].ready.wait()
            edits = [
                PersonEdited(key=f"e{n}", at=now_ms(), person=f"phone::+4477009002{n:02}", values={"job": f"cook {n}"})
                for n in range(PEOPLE)
            ]
            await hub.hub.writer.accept([incoming(edit) for edit in edits])
            lower = [f"cook {n}" for n in range(PEOPLE)]
            await hub.until(lambda: jobs(crm) == lower, 20)
            (check, preview, dry, applied, back) = await beside(
                hub,
                tmp_path,
                ("check", "--file", str(draft), "--live"),
                ("preview", "--record", ids[0], "--file", str(draft), "--json"),
                ("dry-run", "--file", str(draft), "--json"),
                ("apply", "--file", str(draft)),
                ("rollback", "--reapply"),
            )
            assert check[0] == 0, check[1]
            (person,) = json.loads(preview[1])["people"]
            job = next(field for field in person["fields"] if field["field"] == "jobtitle")
            assert (job["hub"], job["crm"], job["outcome"]) == ("COOK 0", "cook 0", "write")
            counted = json.loads(dry[1])
            assert counted["people"] == {"write": PEOPLE}
            assert counted["read"]["calls"] == 1
            assert applied[0] == 0, applied[1]
            assert f"version 2 of the mapping of hubspot is active (tried with {PEOPLE}, 0 refused)" in applied[1]
            assert back[0] == 0, back[1]
            await hub.until(lambda: jobs(crm) == lower, 20)
            assert await hub.rows("SELECT mapping, count(*) FROM links GROUP BY mapping") == [(3, PEOPLE)]

    asyncio.run(scenario())


def test_a_bad_file_does_not_stop_a_hub_that_ran_before(tmp_path):
    shop = Shop(tmp_path, crm=True)
    try:
        shop.alone()
        shop.ready()
        shop.stop()
        (tmp_path / "mappings" / "book.toml").write_text('[person]\nname = "nme"\n')
        shop.alone()
        shop.ready()
        told = ask(shop.data, {"do": "status"})
        assert told is not None
        assert "unknown source 'nme'" in told["notices"]["mapping of book"]
        assert "version 1 runs on" in told["notices"]["mapping of book"]
    finally:
        shop.close()
