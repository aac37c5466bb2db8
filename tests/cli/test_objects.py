"""`why` of a person and of a deal, and `crm set`, beside a hub that does not run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hub.cli.app import build
from hub.model.events import RecordsRead
from hub.model.people import Identity
from hub.model.records import CrmObject, Record
from hub.store import open_store
from hub.testing.stores import environ, place_of
from hub.testing.tabletop import HUB_TOML, Tabletop

PHONE = "+447700900101"
CRM = '[crm.main]\nadapter = "hubspot"\nobjects = ["task", "ticket", "deal"]\n'
ANA = Record(id="101", identities=(Identity("phone", "", PHONE),), name="Ana Example", owner="o-1")
WROTE = {"from": PHONE[1:], "id": "wamid.1", "timestamp": "1800000000", "type": "text", "text": {"body": "hello there"}}


class Desk:
    """A hub on a table that somebody asks from the command line: the store is closed meanwhile."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.table = table = Tabletop(folder, HUB_TOML.replace('[crm.main]\nadapter = "hubspot"\n', CRM))
        table.crm_knows(ANA)
        value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": "1001"}, "messages": [WROTE]}
        entry = {"id": "9", "changes": [{"field": "messages", "value": value}]}
        table.post("meta", json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
        label = {"stage_label": "Negotiation"}
        under = ("101",)
        objects = (
            CrmObject(type="deal", id="7001", title="Roof", stage="s2", owner="o-2", contacts=under, fields=label),
            CrmObject(type="deal", id="7002", title="Old roof", stage="s9", closed=True, contacts=under),
            CrmObject(type="task", id="55", title="Call", due=1_800_003_600_000, contacts=under),
        )
        table.happen(
            RecordsRead(key="o", at=table.now, crm="main", records=(), feed="recent", cursor="c", objects=objects)
        )
        table.step()

    def run(self, *args: str) -> tuple[int, str, str]:
        """Exit code, stdout, stderr."""
        self.table.store.close()
        words = [*args, "--config", str(self.folder / "hub.toml")]
        found = CliRunner().invoke(build(), words, env=environ(place_of(self.folder / "data")), catch_exceptions=False)
        self.table.store = open_store(place_of(self.folder / "data"))
        self.table.step()
        return found.exit_code, found.stdout, found.stderr


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    found = Desk(tmp_path)
    yield found
    found.table.close()


@pytest.mark.parametrize("name", ["p1", "+44 7700 900101", "phone::+447700900101"])
def test_why_tells_what_stands_around_a_person(desk, name):
    code, out, _ = desk.run("why", name)
    assert code == 0
    assert "person 1 (a person)" in out
    assert "main record 101: linked, owner o-1" in out
    assert "main record 7001 'Roof': open, stage Negotiation (s2), owner o-2" in out
    assert "main record 55 'Call': open, due " in out
    assert "7002" not in out
    assert "conversation 1 in sales" in out
    assert "m1 text from, accepted: 'hello there'" in out


def test_why_of_a_deal_tells_whose_it_is_and_what_the_hub_wrote_there(desk):
    desk.run("crm", "set", "deal", "7001", "--stage", "Closed won", "--agent", "Mia")
    code, out, _ = desk.run("why", "7001")
    assert code == 0
    assert "deal 7001 (a record in main)" in out
    assert "under     contact 101, p1 Ana Example" in out
    assert "object to main by human: waiting, record 7001" in out
    assert "Mia: deal 7001 in main becomes stage 'Closed won'" in out
    (chain,) = json.loads(desk.run("why", "7001", "--json")[1])
    assert chain["object"]["label"] == "Negotiation"


def test_a_name_that_nobody_has_is_no_person(desk):
    assert desk.run("why", "p77")[0] == 1
    assert desk.run("why", "+447700900199")[0] == 1


def test_a_deal_a_ticket_and_a_task_are_changed_through_the_hub(desk):
    assert desk.run("crm", "set", "deal", "7001", "--stage", "Closed won", "--owner", "o-3", "--agent", "Mia")[0] == 0
    assert desk.run("crm", "set", "task", "55", "--done")[0] == 0
    writes = [(w.type, w.record, w.stage, w.owner, w.done) for w in desk.table.crm("object").objects]
    assert writes == [("deal", "7001", "Closed won", "o-3", False), ("task", "55", "", "", True)]


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("deal", "7001"), "nothing is to be changed (give --stage, --owner or --done)"),
        (("deal", "7001", "--stage", "A", "--done"), "--stage and --done are two different ends"),
        (("ticket", "7001", "--done"), "no ticket 7001 is known"),
        (("deal", "7001", "--stage", "A", "--crm", "other"), "no deal 7001 is known in other"),
    ],
)
def test_what_cannot_be_changed_is_one_sentence(desk, args, told):
    code, _, err = desk.run("crm", "set", *args)
    assert code == 2
    assert told in err
    assert desk.table.crm("object").objects == []
