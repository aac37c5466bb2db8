"""A hub on a table whose CRM has one contact, for tests of the fields that both sides change."""

from __future__ import annotations

import json
from typing import Any

from hub.contracts.crm import Written
from hub.model.by_hand import PersonEdited
from hub.model.people import Identity
from hub.model.records import PersonWrite, Record
from hub.testing.tabletop import Tabletop

ANA = Identity("phone", "", "+447700900101")
BEN = Identity("phone", "", "+447700900102")


class OneContact(Tabletop):
    """A hub on a table whose CRM has the contact 7, with the fields that are given."""

    fields: dict[str, str]

    def shows(self, *, modified: int = 0, record: str = "7", crm: str = "main", **fields: str) -> None:
        """The CRM's contact is read, with these fields changed in it."""
        self.fields = {**getattr(self, "fields", {}), **fields}
        told = Record(id=record, identities=(ANA,), name="Ana Example", fields=self.fields, modified=modified)
        self.crm_knows(told, feed="recent", crm=crm)

    def edits(self, person: int = 1, **values: str) -> None:
        """A human changes values in the hub."""
        self.now += 1
        self.happen(PersonEdited(key=str(self.now), at=self.now, person=f"p{person}", values=values))
        self.step()

    def writes(self, crm: str = "main", **left_out: str) -> list[PersonWrite]:
        """What the hub writes into the CRM now, which takes it but for what is left out."""
        batch = self.crm("person", crm)
        for one in batch.persons:
            self.now += 1
            self.crm_answers(Written(outbox=one.outbox, record=one.record or "9"), crm=crm, left_out=left_out)
        return batch.persons

    def has(self, name: str) -> str:
        """The hub's value."""
        ((told,),) = self.rows("SELECT attributes FROM people WHERE id=1")
        return str(json.loads(told).get(name, "")) if told else ""

    def conflicts(self) -> list[tuple[Any, ...]]:
        """What lost, or is asked."""
        return self.rows("SELECT field, rule, ours, theirs, kept, state FROM conflicts ORDER BY id")


def line(rule: str = "crm", **more: str) -> str:
    keys = {"from": "attr.nick", "when": "always", "rule": rule, **more}
    return "nick = { " + ", ".join(f'{key} = "{value}"' for key, value in keys.items()) + " }"
