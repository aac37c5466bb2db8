"""What a CRM took of the values that were written into a person's record, and what it left out."""

from __future__ import annotations

from hub.engine.effects import fields, refused, synced
from hub.engine.effects.synced import Synced
from hub.engine.line import Line
from hub.model.events import RowOutcome
from hub.store.rows import LinkRow, OutboxRow
from hub.store.workspace import Workspace


def wrote(command: OutboxRow, crm: str, outcome: RowOutcome, line: Line, work: Workspace) -> None:
    """The write is done: what was written is what both sides have, whatever comes back later."""
    link = work.link_of.get((command.lane, crm))
    if link is None:
        return
    known = synced.load(link.synced)
    for name, one in known.items():
        if (value := one.writing) is None or one.writer != command.id:
            continue
        there = one.theirs if one.known else ""
        one.writing, one.ordered = None, None if one.ordered == value else one.ordered
        if name in outcome.left_out:
            leave(link, name, one, value, outcome.left_out[name], command, work)
            continue
        one.settle(value, value, "hub", one.version, command.event, work.now)
        one.unseen, one.before, one.changed, one.retried = True, there, 0, False
    active = fields.active_for(link, line)
    if outcome.new:  # whatever else the mapping names is empty there
        for rule in active.mapping.person:
            if rule.field not in known:
                known[rule.field] = Synced(version=active.version, event=command.event, at=work.now)
    owner = next((known[r.field] for r in active.mapping.person if r.source == "owner" and r.field in known), None)
    if owner is not None and owner.by == "hub" and owner.ours:
        link.owner = owner.ours
    link.synced = synced.dump(known)


def leave(link: LinkRow, name: str, one: Synced, value: str, reason: str, command: OutboxRow, work: Workspace) -> None:
    """A field has no room for a value: it stays as it is, an admin is told why, and it is tried again when the field
    changes. Both sides agree to differ until then."""
    one.settle(value, one.theirs if one.known else "", "", one.version, command.event, work.now)
    one.left, one.changed = True, 0
    refused.left_out(link.crm, name, reason, command.lane, work)


def not_written(command: OutboxRow, crm: str, work: Workspace) -> None:
    """The write did not happen, and is not tried again by itself."""
    link = work.link_of.get((command.lane, crm))
    if link is None or not link.synced:
        return
    known = synced.load(link.synced)
    for one in known.values():
        if one.writer == command.id:
            one.writing = one.ordered = None
    link.synced = synced.dump(known)
