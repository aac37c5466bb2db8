"""Deals and tickets of the CRM: what rules know of them, and how rules and people change them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.contracts.errors import ConfigError
from hub.engine.step import step
from hub.model.by_hand import RecordEdited
from hub.model.events import CrmSettled, RecordsRead, RowOutcome
from hub.model.people import Identity
from hub.model.records import CrmObject, Record
from hub.testing.tabletop import HUB_TOML, Tabletop

PHONE, BEN = "+447700900101", "+447700900102"
RULES = """
[[rule]]
name = "negotiating"
keywords = ["hello"]
deal_stage = ["Negotiation"]
reply = { text = "We are on it." }

[[rule]]
name = "broken"
keywords = ["broken"]
has_open_ticket = false
ticket = { title = "Something is broken" }

[[rule]]
name = "vip"
keywords = ["hello"]
owner = ["o-7"]
note = "{{ message.text }}"

[[rule]]
name = "yes"
keywords = ["yes"]
move_deal = "Agreed"

[[rule]]
name = "interested"
keywords = ["offer"]
deal = { title = "Offer for {{ person.name or 'somebody' }}", stage = "New", body = "{{ message.text }}" }
"""
CRM = '[crm.main]\nadapter = "hubspot"\nobjects = ["task", "ticket", "deal"]\n'


class Office(Tabletop):
    """A hub on a table, whose CRM knows Ana."""

    def says(self, *words: str, phone: str = PHONE, stepped: bool = True) -> None:
        """A person writes, all in one step."""
        for text in words:
            self.now += 1000
            part = {"from": phone[1:], "id": f"wamid.{self.now}", "timestamp": str(self.now // 1000), "type": "text"}
            value = {
                "messaging_product": "whatsapp",
                "metadata": {"phone_number_id": "1001"},
                "contacts": [{"profile": {"name": "Ana"}, "wa_id": phone[1:]}],
                "messages": [{**part, "text": {"body": text}}],
            }
            entry = {"id": "9", "changes": [{"field": "messages", "value": value}]}
            self.post("meta", json.dumps({"object": "whatsapp_business_account", "entry": [entry]}).encode())
        if stepped:
            self.step()

    def has(self, *objects: CrmObject, owner: str = "", stepped: bool = True) -> None:
        """What the CRM has now."""
        self.now += 1
        ana = Record(id="1", identities=(Identity("phone", "", PHONE),), name="Ana", owner=owner)
        event = RecordsRead(
            key=f"r{self.now}", at=self.now, crm="main", records=(ana,), feed="recent", objects=objects, cursor="c"
        )
        self.happen(event)
        if stepped:
            self.step()

    def answers(self) -> list[str]:
        """What leaves now."""
        leased = self.lease()
        for one in leased:
            self.sent(one, f"wamid.out{one.outbox}")
        return [one.message.text for one in leased]

    def writes(self) -> list[tuple[Any, ...]]:
        """What is written beside the contacts now: type, record, contact, stage, owner, done, title, body."""
        return [
            (w.type, w.record, w.contact, w.stage, w.owner, w.done, w.title, w.body) for w in self.crm("object").objects
        ]

    def settle(self, outcome: str, record: str = "", reason: str = "") -> None:
        """What is under way ends."""
        self.now += 1
        rows = self.rows("SELECT id FROM outbox WHERE kind='object' AND state='started'")
        fates = tuple(RowOutcome(outbox=n, outcome=outcome, record=record, reason=reason) for (n,) in rows)  # type: ignore[arg-type]
        self.happen(CrmSettled(key=str(self.now), at=self.now, crm="main", rows=fates))
        self.step()

    def edit(self, key: str, **more: Any) -> None:
        """A human changes a record."""
        values = {"crm": "main", "type": "deal", "record": "7", "agent": "Mia", **more}
        self.happen(RecordEdited(key=key, at=self.now, **values))
        self.step()

    def because(self) -> list[str]:
        """Every decision, in order."""
        return [row[0] for row in self.rows("SELECT because FROM decisions ORDER BY id")]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    table = Office(tmp_path, HUB_TOML.replace('[crm.main]\nadapter = "hubspot"\n', CRM) + RULES)
    table.crm_knows()
    yield table
    table.close()


def deal(number: str = "7", stage: str = "s1", label: str = "Negotiation", **more: Any) -> CrmObject:
    fields = {"stage_label": label} if label else {}
    return CrmObject(type="deal", id=number, title="Roof", stage=stage, contacts=("1",), fields=fields, **more)


@pytest.mark.parametrize(
    ("stage", "label", "said"), [("s1", "negotiation", True), ("Negotiation", "", True), ("s2", "Won", False)]
)
def test_a_rule_asks_for_the_stage_of_a_deal_by_id_or_name(office, stage, label, said):
    office.has(deal(stage=stage, label=label))
    office.says("hello")
    assert office.answers() == (["We are on it."] if said else [])


def test_what_was_read_in_the_same_step_counts(office):
    office.has(deal())
    office.has(deal(stage="s2", label="Won"), stepped=False)
    office.says("hello")
    assert office.answers() == []
    office.has(CrmObject(type="deal", id="7", archived=True), deal("8"), stepped=False)
    office.says("hello again")
    assert office.answers() == ["We are on it."]


def test_a_deal_that_is_read_together_with_its_contact_counts_at_once(office):
    office.has(deal(), stepped=False)
    office.says("hello")
    assert office.answers() == ["We are on it."]


def test_an_open_ticket_keeps_a_rule_from_making_another(office):
    office.has(CrmObject(type="ticket", id="5", contacts=("1",)))
    office.says("it is broken")
    assert office.writes() == []
    office.has(CrmObject(type="ticket", id="5", closed=True, contacts=("1",)))
    office.says("broken again")
    assert [write[0] for write in office.writes()] == ["ticket"]
    assert "broken: keyword 'broken', no open ticket" in office.because()


def test_the_owner_of_the_contact_decides_and_a_note_is_made(office):
    office.has(owner="o-1")
    office.says("hello")
    assert office.writes() == []
    office.has(owner="o-7")
    office.says("hello, it is me")
    assert office.writes() == [("note", "", "1", "", "o-7", False, "", "hello, it is me")]


def test_a_rule_makes_a_deal(office):
    office.has(owner="o-1")
    office.says("send an offer")
    assert office.writes() == [("deal", "", "1", "New", "o-1", False, "Offer for Ana", "send an offer")]


@pytest.mark.usefixtures("on_sqlite")
def test_a_batch_of_messages_asks_for_deals_once_and_without_such_rules_never(office, tmp_path):
    seen: list[str] = []

    def statements(table: Tabletop, says: Callable[..., None]) -> int:
        seen.clear()
        table.store.db.connection.set_trace_callback(seen.append)
        says("hello", "hello", stepped=False)
        says("hello", phone=BEN)
        table.store.db.connection.set_trace_callback(None)
        return sum("FROM crm_object_contacts" in sql for sql in seen)

    ben = Record(id="2", identities=(Identity("phone", "", BEN),), name="Ben")
    office.crm_knows(ben, feed="recent")
    office.has(deal())
    assert statements(office, office.says) == 1
    (tmp_path / "plain").mkdir()
    plain = Office(tmp_path / "plain")
    plain.crm_knows()
    plain.has(deal())
    assert statements(plain, plain.says) == 0
    plain.close()


def test_a_rule_moves_the_newest_open_deal_once(office):
    office.has(deal("6"), deal("7"), deal("8", closed=True), owner="o-1")
    office.says("yes")
    assert office.writes() == [("deal", "7", "", "Agreed", "", False, "", "")]
    office.settle("done", "7")
    assert office.rows("SELECT type, record FROM crm_touched") == [("deal", "7")]  # what stands there is read again
    office.has(deal("6"), deal("7", stage="s9", label="Agreed"))
    office.says("yes!")
    assert office.writes() == []
    assert "rule yes: deal 7 in main becomes stage 'Agreed'" in office.because()
    assert "rule yes: deal 7 is at 'Agreed' already" in office.because()


def test_without_an_open_deal_nothing_moves(office):
    office.has(deal(closed=True))
    office.says("yes")
    assert office.writes() == []
    assert "rule yes: the person has no open deal to move" in office.because()


def test_a_human_changes_a_record_once_however_often_it_is_asked(office):
    office.has(deal(), owner="o-1")
    office.edit("k1", stage="Won", owner="o-2")
    office.edit("k1", stage="Won", owner="o-2")
    assert office.writes() == [("deal", "7", "", "Won", "o-2", False, "", "")]
    office.settle("done", "7")
    assert office.writes() == []
    assert "Mia: deal 7 in main becomes stage 'Won', owner 'o-2'" in office.because()


def test_working_on_the_event_again_changes_nothing_more(office):
    office.has(deal())
    office.edit("k1", done=True)
    with office.store.transaction():
        office.store.db.run("INSERT INTO queue SELECT max(seq), 'again' FROM journal")
    done = step(office.store, office.line, office.now, 10)
    assert done.events == 1
    assert office.rows("SELECT count(*) FROM outbox WHERE kind='object'") == [(1,)]


def test_what_the_crm_refuses_is_a_dead_letter_and_goes_again(office):
    office.has(deal())
    office.edit("k1", stage="Nowhere")
    assert len(office.writes()) == 1
    office.settle("dead", reason="HubSpot has no stage Nowhere for deals")
    assert office.rows("SELECT kind, cause, state FROM dead") == [
        ("object", "HubSpot has no stage Nowhere for deals", "open")
    ]


def test_a_record_that_nobody_knows_is_not_changed(office):
    office.edit("k1", stage="Won")
    assert office.writes() == []
    assert office.rows("SELECT kind, cause FROM dead") == [("event", "no deal 7 is known in main")]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("deal_stage = []", "'deal_stage' names nothing"),
        ('owner = [" "]', "'owner' names nothing"),
        ('move_deal = ""', "'move_deal' names nothing"),
        ('has_open_ticket = "yes"', "'has_open_ticket': input should be a valid boolean"),
        ("note = 5", "'note' is not a text"),
        ('deal = { titel = "x" }', "unknown key 'titel' (did you mean 'title'?)"),
        ('deal = { title = "x", due = "2h" }', "unknown key 'due'"),
    ],
)
def test_a_mistake_in_a_rule_is_told_with_its_line(tmp_path, line, told):
    rule = f'\n[[rule]]\nname = "r"\nreply = {{ text = "Hi" }}\n{line}\n'
    with pytest.raises(ConfigError, match=r"hub\.toml:\d+: ") as found:
        Tabletop(tmp_path, HUB_TOML.replace('[crm.main]\nadapter = "hubspot"\n', CRM) + rule)
    assert told in str(found.value)


@pytest.mark.parametrize("line", ['deal_stage = ["New"]', "has_open_ticket = false", 'move_deal = "New"'])
def test_a_rule_about_records_that_no_crm_reads_is_a_mistake(tmp_path, line):
    rule = f'\n[[rule]]\nname = "r"\nreply = {{ text = "Hi" }}\n{line}\n'
    with pytest.raises(ConfigError, match=r"in objects of \[crm\.main\]"):
        Tabletop(tmp_path, HUB_TOML + rule)
