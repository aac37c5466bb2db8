"""Values of a person in the hub: read as facts, changed by whoever may change them."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hub.engine.effects import people
from hub.engine.line import Active
from hub.mapping.facts import PersonFacts, facts_of
from hub.model.people import Identity
from hub.store import inboxes
from hub.store.rows import PersonRow
from hub.store.workspace import Workspace

COLUMNS = ("name", "language", "phone", "email")
"""Values with a column of their own; the others stand in `people.attributes`."""
ADDRESSES = ("phone", "email")
"""Values that are identities too: each is of one person only."""


def facts(person: PersonRow, active: Active, work: Workspace) -> PersonFacts:
    """What the hub knows of a person, as far as the mapping asks."""
    return facts_of(person, inboxes.used(work, person.id) if active.asks_inboxes else ())


def owned_by_another(person: PersonRow, changes: Mapping[str, str], work: Workspace) -> str:
    """The first of the new addresses that is somebody else's, as kind and key; "" = none."""
    for kind in ADDRESSES:
        if key := changes.get(kind, ""):
            identity = Identity(kind, "", key)
            if identity.id not in work.owners:
                found = work.db.rows("SELECT person FROM identities WHERE id=?", (identity.id,))
                if found:
                    work.people.fetch([found[0][0]])
                    work.owners[identity.id] = found[0][0]
            owner = people.find([identity], work)
            if owner is not None and owner.id != person.id:
                return f"{kind} {key}"
    return ""


def change(person: PersonRow, changes: Mapping[str, str], seq: int, source: str, work: Workspace) -> None:
    """Give the person these values ("" empties one); a new address is his from now on. Addresses of somebody else have
    to be sorted out before: see `owned_by_another`."""
    work.revalued.add(person.id)
    for name in COLUMNS:
        if name in changes:
            setattr(person, name, changes[name])
    further = {name: value for name, value in changes.items() if name not in COLUMNS}
    if further:
        before = json.loads(person.attributes) if person.attributes else {}
        kept = {name: value for name, value in {**before, **further}.items() if value}
        person.attributes = json.dumps(kept, ensure_ascii=False) if kept else ""
    for kind in ADDRESSES:
        if key := changes.get(kind, ""):
            identity = Identity(kind, "", key)
            if people.find([identity], work) is None:
                work.own(identity, person.id, seq, source)
