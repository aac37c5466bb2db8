"""A store in which much has happened, through the hub's own line, for those who want to ask it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hub.contracts.crm import FieldSchema, Schema, Written
from hub.model.by_hand import HumanReplied, PersonEdited
from hub.model.events import PluginAnswered, RecordsRead, TemplatesRead
from hub.model.people import Identity
from hub.model.records import CrmObject, Record
from hub.store import mappings
from hub.store.dialects.tables import tables
from hub.testing.tabletop import HUB_TOML, Tabletop

ANA, BEN, CLEO = "447700900101", "447700900102", "447700900103"
TOML = HUB_TOML.replace('adapter = "hubspot"', 'adapter = "hubspot"\nobjects = ["task", "ticket", "deal"]')
MAPPING = '[person]\nnick = { from = "attr.nick", when = "always", rule = "ask" }\n'
HUMAN = {"class": "human"}
PRICES = {"connection": "meta", "account": "1001", "name": "prices", "language": "en", "status": "APPROVED"}


def posted(table: Tabletop, account: str = "1001", field: str = "messages", **value: object) -> None:
    """WhatsApp posts a change."""
    metadata = {"display_phone_number": "447700900000", "phone_number_id": account}
    change = {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **value}}
    table.post(
        "meta",
        json.dumps({"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}).encode(),
    )


def said(table: Tabletop, number: str, who: str, text: str, account: str = "1001", **more: object) -> None:
    """A person writes."""
    message = {"from": who, "id": f"wamid.{number}", "timestamp": str(table.now // 1000), "type": "text"}
    message |= {"text": {"body": text}} | more
    posted(table, account, contacts=[{"wa_id": who, "profile": {"name": f"Known {who[-1]}"}}], messages=[message])
    table.now += 1000


def contact(number: str, phone: str, **more: object) -> Record:
    """A contact of the CRM."""
    return Record(id=number, identities=(Identity("phone", "", f"+{phone}"),), name=f"Known {phone[-1]}", **more)  # type: ignore[arg-type]


def fill(table: Tabletop, name: str, /, **values: object) -> None:
    """A row that no event leads to here; columns that are not named are 0 or empty."""
    kinds = tables()[name].columns
    row = {
        column: values.pop(column, 0 if kind == "bigint" else b"" if kind == "bytea" else "")
        for column, kind in kinds.items()
    }
    assert not values, values
    table.store.db.insert(name, [list(row.values())])


def live(table: Tabletop) -> None:
    """Ana, Ben and Cleo write, are known in the CRM, are answered, and leave something of every kind behind."""
    table.crm_knows(contact("9001", ANA, fields={"nick": "Bo"}), contact("9002", BEN), contact("9003", CLEO))
    said(table, "1", ANA, "first words, and the price")
    said(table, "2", BEN, "Grüße aus Köln")
    said(table, "3", CLEO, "another price")
    image = {"id": "m1", "mime_type": "image/png", "sha256": "aa"}
    said(table, "4", ANA, "", type="image", image=image)
    said(table, "5", ANA, "nobody's", account="4711")
    table.step()
    table.crm_answers(*(Written(outbox=row.outbox, record=f"n{row.outbox}") for row in table.crm("log").logs[:2]))
    sends = table.lease()
    table.sent(sends[0], "wamid.out")
    table.sent(sends[1], outcome="dead", reason="refused: 'no such number' 131026")
    for status, at in (("sent", "1800000003"), ("delivered", "1800000004"), ("read", "1800000005")):
        posted(table, statuses=[{"id": "wamid.out", "status": status, "timestamp": at, "recipient_id": ANA}])
    edit = {"original_message_id": "wamid.later", "message": {"type": "text", "text": {"body": "edited words"}}}
    said(table, "e", ANA, "", type="edit", edit=edit)
    table.happen(HumanReplied(key="h", at=table.now, person="p1", text="human words", agent="Dora"))
    table.happen(PluginAnswered(key="p.1", at=table.now, plugin="x", event=2, ok=True, commands=({"note": "noted"},)))
    deal = CrmObject(type="deal", id="77", title="Roof", contacts=("9001", "9002"), modified=5, amount="12.5")
    ticket = CrmObject(type="ticket", id="78", title="Leak", contacts=("9002",), closed=True)
    page = {"cursor": "5", "objects": (deal, ticket)}
    table.happen(RecordsRead(key="r", at=table.now, crm="main", records=(contact("9001", ANA),), feed="recent", **page))
    table.happen(
        TemplatesRead(key="t", at=table.now, connection="meta", templates=({**_template(), "name": "prices"},))
    )
    table.step()
    for value in ("Here", "Then"):
        table.happen(PersonEdited(key=value, at=table.now, person="p1", values={"nick": value}))
    table.crm_knows(contact("9001", ANA, fields={"nick": "There"}), feed="recent")
    table.step()
    now = table.now
    for n, (kind, person, ref) in enumerate((("review", 2, 2), ("event", 1, 2), ("unrouted", 0, 3), ("media", 1, 1))):
        cause = f"phone::+{BEN} belongs to person {n}: Ärger"
        fill(table, "dead", id=10 + n, kind=kind, ref=ref, person=person, cause=cause, at=now, state="open")
    fill(table, "dead", id=20, kind="log", ref=4, person=3, cause="no", at=1, state="retried", handled=2)
    fill(table, "plugin_work", id=1, plugin="x", event=2, body="{}", due=now)
    fill(table, "plugin_work", id=2, plugin="x", event=3, body="{}", due=1 << 62, attempts=9)
    fill(table, "uploads", connection="meta", account="1001", blob="b1", ref="up1", at=now)
    for n, (topic, bad) in enumerate((("quality", 1), ("gap", 1), ("quality", 0))):
        fill(table, "news", id=n + 1, at=n, connection="meta", topic=topic, subject="s", text=f"+{ANA} {n}", bad=bad)
    fill(table, "crm_touched", crm="main", type="contact", record="9001", at=now - 2)
    fill(table, "crm_touched", crm="main", type="deal", record="77", at=now + 2)
    fill(table, "crm_answers", id=1, crm="main", type="contact", record="9001", message=7, state="open", at=1, told=5)
    fill(table, "crm_answers", id=2, crm="main", type="contact", record="9002", state="told", asked="a b")
    fill(table, "write_ledger", crm="main", record="key1", field="nick", hash="h", at=1)
    fill(table, "write_ledger", crm="main", record="key2", field="nick", hash="h", at=now)
    fill(table, "early", id=9, inbox="sales", provider_id="wamid.9", change="deleted", at=now)
    fill(table, "media", id=9, message=2, source="meta", state="stored", blob="b1", kind="image", name="n")
    fill(table, "links", id=9, person=3, crm="other", state="linked", record="x1", key="key1", synced='{"left":true}')
    fill(table, "links", id=10, person=2, crm="other", state="unread")
    fill(table, "conflicts", id=9, person=2, crm="main", field="nick", state="settled", at=1)
    mapping = {"crm": "main", "text": "t", "hash": "h", "agent": "Dora", "trial": "[9]"}
    fill(table, "mappings", id=7, state="trial", at=now, **mapping)
    fill(table, "mappings", id=8, state="retired", at=now, **mapping)
    fill(table, "timers", id=9, subject="person", subject_id=2, rule="erase", slot="0", generation=3, due=now, armed=1)
    fill(
        table,
        "journal",
        seq=99,
        source="meta",
        account="1001",
        key="k99",
        at=now,
        received=now,
        body=f"+{ANA}".encode(),
    )
    for n, (person, tag) in enumerate(((1, "vip"), (1, "quotation-sent"), (2, "vip"), (3, "value-a"))):
        fill(table, "person_tags", id=n + 1, person=person, tag=tag, since=now - 5000, by_whom="Dora")
        fill(table, "tag_history", id=n + 1, at=now - n, person=person, tag=tag, what="added", by_whom="Dora")
    fill(table, "tag_history", id=9, at=1, person=2, tag="gone", what="expired", by_whom="expired")
    fill(table, "consents", id=1, person=1, purpose="market", given=1, at=now, evidence="form", by_whom="Dora")
    for n, state in enumerate(("done", "filling", "running")):
        fill(table, "campaign_runs", id=n + 1, campaign="spring", at=n, agent="Dora", state=state, people=2)
        fill(table, "campaign_people", run=n + 1, person=1, state="asked" if state == "done" else "waiting")
    fill(table, "campaign_people", run=3, person=2, state="waiting")
    for n, (about, score) in enumerate((("price", 20), ("price", 80), ("Dora", 100))):
        fill(table, "ratings", id=n + 1, at=now - n, person=1, conversation=1, about=about, score=score)
    fill(table, "pauses", name="rule:price", until=now + 9, agent="Dora", at=now)
    fill(table, "pauses", name="*", until=now - 9, agent="Dora", at=now)
    fill(table, "chances", step=3, kind="quick", cases=9, answered=4)
    fill(table, "rhythm", name="everybody", asked=9, answered=4, logs=77)
    for n, (state, owner) in enumerate((("closed", "Dora"), ("snoozed", "Dora"), ("open", "Eva"))):
        ended = {"ended": now, "answered": now, "worked": 5, "answered_by": owner} if state == "closed" else {}
        fill(table, "inquiries", id=n + 20, person=n + 20, state=state, owner=owner, assigned=n, priority="P1", **ended)
        fill(table, "people", id=n + 20, name=f"Person {n}")
    fill(table, "queue", seq=99, lane="meta|1001")
    fill(table, "people", id=9, name="Merged", redirect=1)
    fill(
        table, "outbox", id=30, key="30", kind="send", target="sales", lane=2, state="evidence", open=1, due=5, doubt=1
    )
    fill(table, "outbox", id=31, key="31", kind="log", target="main", lane=2, state="held", open=1, reason="no link")
    fill(table, "outbox", id=32, key="32", kind="object", target="main", lane=1, state="done", record="77", event=2)
    fill(
        table,
        "outbox",
        id=33,
        key="33",
        kind="send",
        rule="answer",
        message=7,
        target="sales",
        state="dropped",
        **HUMAN,
    )
    fill(table, "outbox", id=34, key="34", kind="object", target="main", state="waiting", open=1)
    mappings.keep_shape(
        table.store.db, "main", Schema(fields={"nick": FieldSchema(name="nick", label="Grüße")}), (), now
    )


def _template() -> dict[str, object]:
    from hub.contracts.channel import TemplateInfo

    usual: dict[str, object] = {"header": 0, "body": 1, "buttons": 0, "usable": True}
    return {name: PRICES.get(name, usual.get(name, "")) for name in TemplateInfo._fields}


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of a closed store in SQLite in which much has happened."""
    folder = tmp_path_factory.mktemp("lived")
    (folder / "mappings").mkdir()
    (folder / "mappings" / "hubspot.toml").write_text(MAPPING, encoding="utf-8")
    table = Tabletop(folder, TOML, engine="sqlite")
    live(table)
    table.close()
    return folder / "data"
