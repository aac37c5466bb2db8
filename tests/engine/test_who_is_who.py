"""People are found in the CRM by their numbers as colleagues typed them: precision and recall over an invented book."""

from __future__ import annotations

import random

from hub.identity import phone_keys
from hub.model.by_hand import IdentityMoved
from hub.model.events import MessageReceived
from hub.model.people import Identity
from hub.model.records import Record
from hub.testing.people import REGION, company

KNOWN, WRITE, OTHERS = 90, 120, 900


def test_of_120_writers_the_90_known_ones_are_all_linked_and_nobody_to_a_strangers_record(desk):
    book = company(random.Random(5), people=WRITE, known=KNOWN, others=OTHERS)
    records = []
    for number, row in enumerate(book.contacts):
        keys = phone_keys(row.get("phone") or row["mobilephone"], REGION)
        identities = tuple(Identity("phone", "", key) for key in keys)
        records.append(Record(id=str(9000 + number), identities=identities, name=row["name"]))
    desk.crm_knows(*records)
    desk.happened(
        *(
            MessageReceived(
                key=f"1001.{number}",
                at=desk.now,
                account="1001",
                sender=(Identity("phone", "", person.phone),),
                address=person.phone,
                provider_id=f"p{number}",
                text="hello",
                name=person.name,
            )
            for number, person in enumerate(book.people)
        )
    )
    said = dict(
        desk.rows(
            "SELECT c.address, l.record FROM conversations c JOIN links l ON l.person=c.person WHERE l.record<>''"
        )
    )
    whose = {str(9000 + number): owner for number, owner in enumerate(book.owners)}
    wrong = [number for number, record in said.items() if number not in whose[record]]
    assert wrong == []  # precision 1.0
    assert len(said) == KNOWN  # recall 1.0
    assert desk.rows("SELECT count(*) FROM people WHERE id IN (SELECT person FROM conversations)") == [(WRITE,)]


def test_a_wrong_match_is_undone_by_hand(desk):
    desk.happened(
        *(
            MessageReceived(
                key=f"1001.{number}",
                at=desk.now,
                account="1001",
                sender=(Identity("phone", "", f"+44770090010{number}"),),
                address=f"44770090010{number}",
                provider_id=f"p{number}",
                text="hello",
            )
            for number in (1, 2)
        )
    )
    before = desk.rows("SELECT id, person FROM identities ORDER BY id")
    for person in ("p1", "p2"):
        desk.now += 1
        desk.happen(IdentityMoved(key=person, at=desk.now, identity="phone::+447700900102", person=person))
        desk.step()
        if person == "p1":
            assert desk.rows("SELECT DISTINCT person FROM identities") == [(1,)]
    assert desk.rows("SELECT id, person FROM identities ORDER BY id") == before
