"""What a CRM took of the values that were written into a person's record, and what it left out."""

from __future__ import annotations

import re

from hub.engine.effects import fields, synced
from hub.engine.effects.synced import Synced
from hub.engine.line import Line
from hub.model.events import RowOutcome
from hub.store.rows import OutboxRow
from hub.store.workspace import Workspace

FIELD = "field"
"""The kind of dead letter about a field that a CRM does not take: one for all people."""
_COUNT = re.compile(r" \(for (\d+) people\)$")


def wrote(command: OutboxRow, crm: str, outcome: RowOutcome, line: Line, work: Workspace) -> None:
    """The write is done: what was written is what both sides have, whatever comes back later."""
    link = work.link_of.get((command.lane, crm))
    if link is None:
        return
    known = synced.load(link.synced)
    for name, one in known.items():
        if (value := one.writing) is None:
            continue
        there = one.theirs if one.known else ""
        one.writing = None
        if name in outcome.left_out:
            one.settle(value, there, "", one.version, command.event, work.now)
            one.left, one.changed = True, 0
            _left_out(crm, name, outcome.left_out[name], command.lane, work)
            continue
        one.settle(value, value, "hub", one.version, command.event, work.now)
        one.unseen, one.before, one.changed = True, there, 0
    active = fields.active_for(link, line)
    if outcome.new:  # whatever else the mapping names is empty there
        for rule in active.mapping.person:
            if rule.field not in known:
                known[rule.field] = Synced(version=active.version, event=command.event, at=work.now)
    owner = next((known[r.field] for r in active.mapping.person if r.source == "owner" and r.field in known), None)
    if owner is not None and owner.by == "hub" and owner.ours:
        link.owner = owner.ours
    link.synced = synced.dump(known)


def not_written(command: OutboxRow, crm: str, work: Workspace) -> None:
    """The write did not happen, and is not tried again by itself."""
    link = work.link_of.get((command.lane, crm))
    if link is None or not link.synced:
        return
    known = synced.load(link.synced)
    for one in known.values():
        one.writing = one.ordered = None
    link.synced = synced.dump(known)


def _left_out(crm: str, field: str, reason: str, person: int, work: Workspace) -> None:
    """One dead letter for the field, which counts the people."""
    about = f"{crm} does not take {field}: "
    letters = work.dead.fetch_by("kind", [FIELD], "AND state='open'") + list(work.dead.rows.values())
    letter = next((d for d in letters if d.kind == FIELD and d.state == "open" and d.cause.startswith(about)), None)
    if letter is None:
        work.bury(FIELD, 0, f"{about}{reason}", person)
        return
    found = _COUNT.search(letter.cause)
    letter.cause = f"{about}{reason} (for {int(found[1]) + 1 if found else 2} people)"
