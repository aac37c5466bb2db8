"""Nor is anything left of what the automation knew of an erased person: inquiry, tags, consents, ratings, reasons."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from hub.model.by_hand import (
    ConsentRecorded,
    ConversationClaimed,
    HumanReplied,
    InquiryEdited,
    PersonEdited,
    TagsEdited,
)
from hub.model.events import RecordsRead
from hub.model.happened import MessageClassified, Notice
from hub.model.people import Identity
from hub.model.records import Gone, Record
from hub.store import campaigns, checking
from hub.store.dialects.tables import tables
from hub.testing.tabletop import HUB_TOML, Tabletop

ANA, BEN = "12025550101", "12025550102"
RULES = """
[tag.vip]
expires = "9d"
[tag.secret-tag]

[priority.P1]
reply_by = "2h"

[followup.sales]
answers_alone_below = 0.5
at_least = "4h"
at_most = "2d"
nudges = 2
left_alone = 0.0
required = ["quantity"]
texts = { clarify = "which", advance = "which", restart = "which" }

[[rule]]
name = "quantity"
keywords = ["pieces"]
set_inquiry = { quantity = "{{ message.text }}" }

[[rule]]
name = "budget"
keywords = ["quote"]
ask = { text = "What is your budget?", field = "budget" }

[[rule]]
name = "later"
keywords = ["delayed"]
after = "9d"
unless = ["message.read"]
reply = "price"

[[rule]]
name = "urgent"
keywords = ["urgent"]
notify = { to = "owner", text = "{{ person.name }} says: {{ message.text }}" }

[[rule]]
name = "satisfied"
keywords = ["bye"]
ask = { text = { text = "How was it?" }, choices = { "1" = "rate:price", "5" = "rate:price" } }
"""
SECRETS = (
    *(ANA, "Ana", "thousand pieces", "delayed words", "urgent words", "quote words", "evidence words", "step words"),
    *("secret-tag", "nick words", "class words", "waiting words", "why is it so"),
)


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Tabletop]:
    which = '[texts]\nwhich = { text = "Which quantity do you need?", purpose = "clarify" }'
    made = Tabletop(tmp_path, HUB_TOML.replace("[texts]", which) + RULES)
    for kind in ("notice", "tag.added", "inquiry.changed", "rated"):
        made.line.listeners[kind] = ("bell",)
    yield made
    made.close()


def posted(hub: Tabletop, number: str, who: str, text: str) -> None:
    message = {"from": who, "id": f"wamid.{number}", "timestamp": str(hub.now // 1000), "type": "text"}
    name = {ANA: "Ana Example", BEN: "Ben Example"}[who]
    value = {
        "messaging_product": "whatsapp",
        "metadata": {"display_phone_number": "12025550100", "phone_number_id": "1001"},
        "contacts": [{"wa_id": who, "profile": {"name": name}}],
        "messages": [message | {"text": {"body": text}}],
    }
    change = {"field": "messages", "value": value}
    body = {"object": "whatsapp_business_account", "entry": [{"id": "9", "changes": [change]}]}
    hub.post("meta", json.dumps(body).encode())


def said(hub: Tabletop, number: str, who: str, text: str) -> None:
    posted(hub, number, who, text)
    hub.step()
    hub.now += 1000


def number(hub: Tabletop, who: str) -> int:
    """The hub's number of a person."""
    return int(hub.rows("SELECT person FROM identities WHERE id=?", f"phone::+{who}")[0][0])


def lived(hub: Tabletop) -> tuple[int, int]:
    """Ana and Ben write, and agents work on both their cases, most on Ana's. Returns the numbers of both."""
    hub.crm_knows(
        *(Record(id=f"900{n}", identities=(Identity("phone", "", f"+{who}"),)) for n, who in ((1, ANA), (2, BEN)))
    )
    for turn, words in enumerate(
        ("a thousand pieces", "delayed words", "urgent words", "why is it so?", "bye", "5", "a quote words")
    ):
        said(hub, f"{turn}", ANA, words)
    said(hub, "b", BEN, "a hundred pieces")
    ana, ben = number(hub, ANA), number(hub, BEN)
    for who in (f"p{ana}", f"p{ben}"):
        hub.happen(
            TagsEdited(key=f"t{who}", at=hub.now, person=who, add=("vip", "secret-tag" if who == f"p{ana}" else "vip")),
            HumanReplied(key=f"h{who}", at=hub.now, person=who, text="Shall we send it?", agent="Dora"),
            ConsentRecorded(
                key=f"c{who}", at=hub.now, person=who, purpose="market", given=True,
                evidence="evidence words" if who == f"p{ana}" else "a form",
            ),
        )  # fmt: skip
        hub.step()
    hub.happen(
        InquiryEdited(key="i", at=hub.now, person=f"p{ana}", next_step="step words", until=hub.now + 9, agent="Dora"),
        PersonEdited(key="n", at=hub.now, person=f"p{ana}", values={"nick": "nick words"}),
        ConversationClaimed(key="cl", at=hub.now, person=f"p{ana}", agent="Dora"),
        ConversationClaimed(key="cr", at=hub.now + 1, person=f"p{ana}", release=True, agent="Dora"),
        MessageClassified(
            key="k",
            at=hub.now,
            person=ana,
            conversation=1,
            origin=2,
            text="class words",
            provider_id="",
            intents={"a": 1.0},
        ),
    )
    hub.step()
    with hub.store.transaction():
        campaigns.gather(hub.store.db, campaigns.begin(hub.store.db, "spring", "Dora", hub.now), (ana, ben))
    return ana, ben


def told_of(hub: Tabletop) -> set[tuple[str, str]]:
    every = {name: repr(hub.rows(f"SELECT * FROM {name}")) for name in tables() if name != "configurations"}
    return {(name, secret) for name, text in every.items() for secret in SECRETS if secret in text}


OF_PEOPLE = ("inquiries", "person_tags", "person_values", "tag_history", "consents", "campaign_people")


def test_nothing_of_what_the_automation_knew_of_an_erased_person_is_left(hub: Tabletop) -> None:
    ana, _ = lived(hub)
    gone = (Gone(record="9001", erased=True),)
    hub.happen(RecordsRead(key="gone", at=hub.now, crm="main", records=(), feed="touched", gone=gone))
    hub.happen(Notice(key="w", at=hub.now, person=ana, to="", text="waiting words"))  # it waits for its step meanwhile
    before = told_of(hub)
    assert {secret for _, secret in before} == set(SECRETS)
    assert {"inquiries", "timers", "decisions", "journal", "plugin_work", "consents", "person_values", "tag_history",
            "conversations"} <= {name for name, _ in before}  # fmt: skip
    for name in OF_PEOPLE:
        assert hub.rows(f"SELECT count(*) FROM {name} WHERE person=?", ana) > [(0,)], name
    assert hub.rows("SELECT person, score FROM ratings") == [(ana, 100)]

    hub.step()
    while hub.rows("SELECT 1 FROM timers WHERE armed=1 AND rule='erase'"):
        hub.tick(1)

    assert told_of(hub) == set()
    for name in OF_PEOPLE:
        assert hub.rows(f"SELECT count(*) FROM {name} WHERE person=?", ana) == [(0,)], name
    assert hub.rows("SELECT person, conversation, event, score FROM ratings") == [
        (0, 0, 0, 100)
    ]  # nobody's, and counts
    assert hub.rows("SELECT outreach, rhythm, attributes FROM people WHERE id=?", ana) == [("", "", "")]
    assert hub.rows("SELECT 1 FROM timers WHERE armed=1 AND subject='person' AND subject_id=?", ana) == []
    assert hub.rows("SELECT DISTINCT record FROM decisions WHERE person=?", ana) == [("",)]
    assert [one.rule for one in checking.check_store(hub.store.db, lambda blob: True, hub.now) if one.broken] == []


def test_what_the_automation_knows_of_others_stays(hub: Tabletop) -> None:
    _, ben = lived(hub)

    def of_ben() -> list[object]:
        rows: list[object] = [
            hub.rows(f"SELECT * FROM {name} WHERE person=?", ben) for name in (*OF_PEOPLE, "decisions")
        ]
        return [
            *rows,
            hub.rows("SELECT * FROM timers WHERE armed=1 AND subject='person' AND subject_id=? ORDER BY id", ben),
        ]

    before, silent = of_ben(), hub.rows("SELECT silence FROM inquiries WHERE person=?", ben)
    assert "hundred pieces" in silent[0][0]
    learned = hub.rows("SELECT * FROM rhythm"), hub.rows("SELECT * FROM chances ORDER BY step, kind")
    gone = (Gone(record="9001", erased=True),)
    hub.happen(RecordsRead(key="gone", at=hub.now, crm="main", records=(), feed="touched", gone=gone))
    hub.step()
    while hub.rows("SELECT 1 FROM timers WHERE armed=1 AND rule='erase'"):
        hub.tick(1)
    assert of_ben() == before
    assert (hub.rows("SELECT * FROM rhythm"), hub.rows("SELECT * FROM chances ORDER BY step, kind")) == learned


def test_what_she_does_in_the_step_that_erases_her_leaves_nothing(hub: Tabletop) -> None:
    ana, _ = lived(hub)
    gone = (Gone(record="9001", erased=True),)
    posted(hub, "u", ANA, "urgent words")
    posted(hub, "w", ANA, "why is it so, and why is it so?")
    hub.happen(
        TagsEdited(key="again", at=hub.now, person=f"p{ana}", remove=("vip",), add=("vip",), agent="Ana Agent"),
        ConsentRecorded(
            key="again", at=hub.now, person=f"p{ana}", purpose="news", given=True, evidence="evidence words"
        ),
        PersonEdited(key="again", at=hub.now, person=f"p{ana}", values={"other": "nick words"}),
        RecordsRead(key="gone", at=hub.now, crm="main", records=(), feed="touched", gone=gone),
    )
    hub.step()
    while hub.rows("SELECT 1 FROM timers WHERE armed=1 AND rule='erase'"):
        hub.tick(1)
    assert told_of(hub) == set()
    for name in OF_PEOPLE:
        assert hub.rows(f"SELECT count(*) FROM {name} WHERE person=?", ana) == [(0,)], name
