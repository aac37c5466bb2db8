"""`dragoman mapping` and `dragoman crm drift` beside a running hub and the simulators of both CRMs: look, apply, and go
back."""

from __future__ import annotations

import asyncio
import csv
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.engine.control_client import ask
from hub.engine.line import incoming, now_ms
from hub.model.by_hand import PersonEdited
from hub.testing.shop import Shop
from hub_hubspot.paths import CONTACTS
from hub_hubspot.simulator_schema import defined
from hub_salesforce.simulator_rules import ValidationRule

PEOPLE = 6
READS = {
    "hubspot": {"properties/contacts", "contacts/batch/read"},
    "salesforce": {"login", "composite/describe", "composite/query", "sobjects/Contact/describe"},
}
"""Calls that change nothing, as the simulators count them."""
TITLE = {"hubspot": "jobtitle", "salesforce": "Title"}


def run(folder: Path, *args: str) -> tuple[int, str]:
    """Exit code, and all that is said."""
    done = CliRunner().invoke(build(), [*args, "--config", str(folder / "hub.toml")], catch_exceptions=False)
    return done.exit_code, done.output


async def beside(folder: Path, *commands: Sequence[str]) -> list[tuple[int, str]]:
    return [await asyncio.to_thread(run, folder, *command) for command in commands]


class Firm:
    """A hub beside one CRM whose people all have a job that only the hub gave them."""

    def __init__(self, name: str, folder: Path, crm: Any) -> None:
        self.name, self.folder, self.crm, self.field = name, folder, crm, TITLE[name]
        first, last, phone = (crm.words[word] for word in ("name.first", "name.last", "phone"))
        self.file = (
            f'[person]\n{first} = "name.first"\n{last} = "name.last"\n{phone} = "phone"\n'
            f'{self.field} = {{ from = "attr.job", when = "always" }}\n'
        )
        (folder / "mappings").mkdir()
        (folder / "mappings" / f"{name}.toml").write_text(self.file)
        self.draft = folder / "draft.toml"
        self.draft.write_text(self.file.replace('"attr.job", when', '"attr.job", transform = ["upper"], when'))
        self.ids = crm.fill([{first: f"Ana{n}", last: "Example", phone: f"+4477009002{n:02}"} for n in range(PEOPLE)])
        self.lower = [f"cook {n}" for n in range(PEOPLE)]

    def jobs(self) -> list[str]:
        return sorted(str(contact.get(self.field) or "") for contact in self.crm.contacts())

    async def begin(self, hub: Any) -> None:
        await hub.hub.crms[self.name].ready.wait()
        edits = [
            PersonEdited(key=f"e{n}", at=now_ms(), person=f"phone::+4477009002{n:02}", values={"job": f"cook {n}"})
            for n in range(PEOPLE)
        ]
        await hub.hub.writer.accept([incoming(edit) for edit in edits])
        await hub.until(lambda: self.jobs() == self.lower, 20)

    def refuse_capitals(self) -> None:
        """From now on, and unknown to the hub, the CRM takes the jobs as they are and no others."""
        if self.name == "hubspot":
            self.crm.portal.properties[CONTACTS][self.field] = defined(self.field, "enumeration", options=self.lower)
            return
        capitals: Callable[[Any], bool] = lambda row: str(row.get("Title") or "").isupper()  # noqa: E731
        self.crm.org.validation_rules += [
            ValidationRule(kind, capitals, "No capitals, please", field="Title") for kind in ("Contact", "Lead")
        ]


@pytest.fixture(params=["hubspot", "salesforce"])
def firm(request: pytest.FixtureRequest, tmp_path: Path, simulators: Any) -> Firm:
    return Firm(request.param, tmp_path, simulators[request.param]())


def test_a_version_goes_from_a_draft_into_the_crm_and_back(firm, live):
    draft = ("--file", str(firm.draft))

    async def scenario() -> None:
        async with live(firm.crm) as hub:
            await firm.begin(hub)
            (check, preview, applied, why, back) = await beside(
                firm.folder,
                ("mapping", "check", *draft, "--live"),
                ("mapping", "preview", "--record", firm.ids[0], *draft, "--json"),
                ("mapping", "apply", *draft),
                ("why", firm.ids[0], "--field", "attr.job", "--json"),
                ("mapping", "rollback", "--reapply"),
            )
            assert check[0] == 0, check[1]
            (person,) = json.loads(preview[1])["people"]
            job = next(field for field in person["fields"] if field["field"] == firm.field)
            assert (job["hub"], job["crm"], job["outcome"]) == ("COOK 0", "cook 0", "write")
            assert applied[0] == 0, applied[1]
            assert f"is active (tried with {PEOPLE}, 0 refused)" in applied[1]
            (one,) = json.loads(why[1])
            assert (one["there"], one["by"], one["version"]) == ("COOK 0", "hub", 2)
            assert one["event"]["key"].startswith("mapping.applied:")
            assert back[0] == 0, back[1]
            await hub.until(lambda: firm.jobs() == firm.lower, 20)
            assert await hub.rows("SELECT mapping, count(*) FROM links GROUP BY mapping") == [(3, PEOPLE)]

    asyncio.run(scenario())


def test_what_the_crm_refuses_is_taken_back_by_itself(firm, live):
    async def scenario() -> None:
        async with live(firm.crm) as hub:
            await firm.begin(hub)
            firm.refuse_capitals()
            (applied, log, shown) = await beside(
                firm.folder,
                ("mapping", "apply", "--file", str(firm.draft)),
                ("mapping", "log", "--json"),
                ("mapping", "show", "--json"),
            )
            assert applied[0] == 1, applied[1]
            assert f"version 2 was not taken: {PEOPLE} of {PEOPLE} were refused" in applied[1]
            assert [one["state"] for one in json.loads(log[1])] == ["rejected", "active"]
            assert json.loads(shown[1])["version"] == 1
            assert firm.jobs() == firm.lower

    asyncio.run(scenario())


def test_looking_calls_the_crm_only_to_read(firm, live):
    to = firm.folder / "all.csv"
    draft = ("--file", str(firm.draft))

    async def scenario() -> None:
        async with live(firm.crm) as hub:
            await firm.begin(hub)
            before, calls = firm.crm.contacts(), dict(firm.crm.calls)
            (dry, *others) = await beside(
                firm.folder,
                ("mapping", "dry-run", *draft, "--csv", str(to), "--json"),
                ("mapping", "check", *draft, "--live"),
                ("mapping", "preview", "--sample", "20", *draft),
                ("mapping", "diff", *draft),
            )
            made = {name: n for name, n in firm.crm.calls.items() if n > calls.get(name, 0)}
            assert made.keys() <= READS[firm.name]
            assert firm.crm.contacts() == before
            told = json.loads(dry[1])
            assert (dry[0], told["people"]) == (0, {"write": PEOPLE})
            assert told["read"]["calls"] <= 3  # Salesforce is asked to let the command in, and what fields there are
            assert told["fields"][firm.field] == {"write": PEOPLE}
            assert {"calls", "seconds"} <= told["cost"].keys()
            assert [code for code, _ in others] == [0, 0, 0]
            rows = [row for row in csv.DictReader(to.read_text().splitlines()) if row["field"] == firm.field]
            assert {(row["crm"], row["crm_after"]) for row in rows} == {(job, job.upper()) for job in firm.lower}

    asyncio.run(scenario())


def test_drift_is_told_exported_and_repaired(firm, live):
    to = firm.folder / "drift.csv"

    async def scenario() -> None:
        async with live(firm.crm) as hub:
            await firm.begin(hub)
            firm.crm.edit(firm.ids[0], {firm.field: "=1+1"})
            firm.crm.remove(firm.ids[1])
            (seen,) = await beside(firm.folder, ("crm", "drift", "--csv", str(to), "--json"))
            told = json.loads(seen[1])
            assert seen[0] == 1, seen[1]
            found = {(one["what"], one["record"]) for one in told["differences"] if one["what"] != "key"}
            assert found == {("value", firm.ids[0]), ("gone", firm.ids[1])}
            assert {row["there"] for row in csv.DictReader(to.read_text().splitlines()) if row["what"] == "value"} == {
                "'=1+1"
            }
            assert await hub.rows("SELECT state FROM links WHERE state='gone'") == []
            (mended,) = await beside(firm.folder, ("crm", "drift", "--repair"))
            assert mended[0] == 0, mended[1]
            assert "brought in order now" in mended[1]

            async def in_order() -> bool:
                gone = await hub.rows("SELECT record FROM links WHERE state='gone'")
                jobs = await hub.rows("SELECT 1 FROM people WHERE attributes LIKE '%=1+1%'")
                return gone == [(firm.ids[1],)] and jobs == [(1,)]

            await hub.until(in_order, 20)

            async def nothing_differs() -> bool:
                ((code, _),) = await beside(firm.folder, ("crm", "drift"))
                return code == 0

            await hub.until(nothing_differs, 20)

    asyncio.run(scenario())


def test_the_nightly_comparison_brings_in_order_what_it_finds(firm, live, monkeypatch):
    monkeypatch.setattr("hub.engine.crm.drift.EVERY", 0.05)

    async def scenario() -> None:
        async with live(firm.crm, settings={"crm_sweep": 0.00001, "crm_repair": True}) as hub:
            await firm.begin(hub)
            firm.crm.edit(firm.ids[0], {firm.field: "chef"})

            async def in_order() -> bool:
                told = await hub.rows("SELECT 1 FROM news WHERE topic='drift' AND text LIKE '%brought in order'")
                return bool(told) and bool(await hub.rows("SELECT 1 FROM people WHERE attributes LIKE '%chef%'"))

            await hub.until(in_order, 20)

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
