"""Fields that a CRM did not take, or rewrote, written once more: when something changed that may help."""

from __future__ import annotations

import json
from collections.abc import Collection

from hub.engine.effects import attributes, fields, people, refused, synced
from hub.engine.line import Line
from hub.mapping.values import forth
from hub.store import crm as shelves
from hub.store.rows import DeadRow
from hub.store.workspace import Workspace

AGAIN = "again"
"""The rule of the commands that try a field again."""


def retry(letter: DeadRow, seq: int, line: Line, work: Workspace) -> None:
    """A human wants the field of a dead letter to be tried again, for all people."""
    crm, field = refused.about(letter)
    if crm in line.config.crms:
        try_again(crm, (field,), seq, line, work)


def try_again(
    crm: str, names: Collection[str], seq: int, line: Line, work: Workspace, *, second: Collection[str] = ()
) -> int:
    """Order these fields for everybody in whose record they were left out, or rewritten; returns how many people.

    `second`: of its own accord, also these further fields, no more than a second time after they were left out; but
    nothing that a field, as far as is known, has no room for.
    """
    links = work.links.fetch_by("id", shelves.links_like(work.db, crm, synced.STUCK))
    work.people.fetch(link.person for link in links)
    ordered = 0
    for link in links:
        work.file_link(link)
        person = people.current(work, link.person)
        if person is None or person.erased or not link.ready:
            continue
        active, known = fields.active_for(link, line), synced.load(link.synced)
        facts = attributes.facts(person, active, work)
        wanted = []
        for name, rule in active.mapping.lines(facts).items():
            one = known.get(name)
            if one is None or not (one.left or one.told):
                continue
            if name not in names and not (name in second and one.left and not one.retried):
                continue
            ours = forth(rule, facts, active.shape)
            if second and ours and not active.shape.holds(rule, ours):
                continue  # the field still has no room for it
            one.left, one.told, one.rounds, one.retried = False, False, 0, name not in names
            pushes = fields.rule_for(rule, link, line, work).pushes
            if pushes and ours and not fields.equal(rule, ours, one.theirs, active):
                one.ours = one.theirs  # should this try come to nothing, the hub's value still counts as changed
                one.ordered, one.changed = ours, work.now
                wanted.append(name)
        link.synced = synced.dump(known)
        if wanted and fields.speaks_for(link, work):
            ordered += 1
            people.add_outbox(
                work,
                kind="person",
                target=crm,
                lane=person.id,
                event=seq,
                rule=AGAIN,
                slot=f"{work.now}.{person.id}",
                body=json.dumps({"only": sorted(wanted)}),
            )
    return ordered
