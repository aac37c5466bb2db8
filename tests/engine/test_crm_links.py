"""Links to files in what is logged: every file has one, a record never more than it has room for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.contracts.crm import Written
from hub.engine.crm.parts import LINK
from hub.model.people import Identity
from hub.model.records import LogEntry, Record
from hub.testing.tabletop import HUB_TOML, Tabletop
from hub.wire.file_links import opened
from hub_hubspot.bodies import render

PHONE = Identity("phone", "", "+15550101")
ROLE = '[role.agents]\nkey = { file = "agents.key" }\nmay = ["media"]\n'
DAY = 86_400_000  # ms


@pytest.fixture
def table(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Tabletop]:
    (tmp_path / "agents.key").write_text("a key for the agents")
    crm = f'adapter = "hubspot"\nattachments = "link"\nlog_mode = "{request.param}"'
    hub = Tabletop(tmp_path, HUB_TOML.replace('adapter = "hubspot"', crm) + ROLE)
    hub.crm_knows(Record(id="7", identities=(PHONE,), name="Ana Example", owner="o"))
    yield hub
    hub.close()


def photos(table: Tabletop, count: int) -> None:
    """Ana sends so many photos at once."""
    stamp = str(table.now // 1000)
    messages = [
        {
            "from": "15550101",
            "id": f"wamid.{n}",
            "timestamp": stamp,
            "type": "document",
            "document": {"id": str(n), "mime_type": "image/jpeg", "filename": f"photo {n}.jpg", "sha256": ""},
        }
        for n in range(count)
    ]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "15550100", "phone_number_id": "1001"},
        "contacts": [{"profile": {"name": "Ana"}, "wa_id": "15550101"}],
        "messages": messages,
    }
    change = {"field": "messages", "value": value}
    entry = [{"id": "9", "changes": [change]}]
    table.post("meta", json.dumps({"object": "whatsapp_business_account", "entry": entry}).encode())
    table.step()


def logged(table: Tabletop) -> list[LogEntry]:
    """The CRM takes all that is due."""
    taken: list[LogEntry] = []
    while entries := table.crm("log").logs:
        table.now += 1
        table.crm_answers(*(Written(outbox=e.outbox, record=e.logged or f"n{e.outbox}") for e in entries))
        taken += entries
    return taken


def files(table: Tabletop, entry: LogEntry) -> list[int]:
    """The numbers of the files that the entry leads to; each link is good for a week."""
    found = [opened(table.line.link_key, link.rpartition("/")[2]) for _, link in entry.links]
    assert all(table.now + 6 * DAY < until <= table.now + 7 * DAY for _, until in found)
    return [number for number, _ in found]


@pytest.mark.parametrize("table", ["message"], indirect=True)
def test_each_message_shows_links_to_its_files_that_may_still_come(table: Tabletop) -> None:
    photos(table, 4)
    table.store.db.run("UPDATE media SET state='stored' WHERE id=2")
    table.store.db.run("UPDATE media SET state='dead' WHERE id=3")
    table.store.db.run("UPDATE messages SET deleted=1 WHERE id=(SELECT message FROM media WHERE id=4)")
    entries = [entry for entry in logged(table) if entry.direction == "in"]
    assert [files(table, entry) for entry in entries] == [[1], [2], [], []]
    assert entries[0].links[0][0] == "photo 0.jpg"
    assert entries[0].links[0][1].startswith("https://hub.example.com/media/1.")
    assert table.rows("SELECT count(*) FROM outbox WHERE kind='file'") == [(0,)]


@pytest.mark.parametrize("table", ["session"], indirect=True)
def test_a_session_with_many_files_goes_on_in_another_record_before_links_are_left_out(table: Tabletop) -> None:
    photos(table, 90)
    last = {entry.message: entry for entry in logged(table)}
    shown = [files(table, entry) for entry in last.values()]
    assert sorted(number for numbers in shown for number in numbers) == list(range(1, 91))
    assert max(map(len, shown)) <= table.config.crms["main"].adapter.capabilities.body_max // LINK
    for entry in last.values():
        body = render(entry)
        assert body.count("/media/") == 2 * len(entry.links)  # as text and as address
        assert "… continued" not in body
