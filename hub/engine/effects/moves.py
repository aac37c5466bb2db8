"""A human says whose an identity is: it goes to that person, with the conversation that is held under it."""

from __future__ import annotations

from hub.engine.effects import fields, humans
from hub.engine.line import Line
from hub.identity import variants
from hub.model.events import IdentityMoved
from hub.model.people import Identity
from hub.store import moves
from hub.store.journal import Claimed
from hub.store.rows import PersonRow
from hub.store.workspace import Needs, Workspace


def look(event: IdentityMoved, row: Claimed, line: Line, needs: Needs) -> None:
    """The person it goes to, the one it comes from, and their conversations."""
    humans.look_person(event, row, line, needs)
    forms = {form.id for form in variants(Identity.parse(event.identity))}
    needs.identities |= forms
    needs.talks_with |= forms


def moved(event: IdentityMoved, row: Claimed, line: Line, work: Workspace) -> None:
    """Change the owner, keep the evidence, settle the question. Moving it back undoes it.

    Both keep their records in the CRMs and what was logged there; the number goes into the new owner's if he has none.
    """
    identity = Identity.parse(event.identity)
    forms = variants(identity)
    known = [form.id for form in forms if form.id in work.owners]
    target = humans.named(event.person, work)
    owner = humans.named(f"p{work.owners[known[0]]}", work) if known else None
    if target is None or owner is None or target.erased:
        lost = event.person if owner is not None else event.identity
        work.bury("event", row.seq, f"nothing is moved: {lost} is not known")
        return
    moves.answered(work, [form.id for form in forms], {target.id, owner.id})
    if owner.id == target.id:
        work.decide(row.seq, line.version, target.id, 0, f"{event.identity} is of person {target.id} already")
        return
    for name in known:
        moves.identity(work, name, target.id, f"by {event.agent}")
        work.note_identity("moved", owner.id, name, row.seq, f"to person {target.id}, by {event.agent}")
        work.note_identity("moved", target.id, name, row.seq, f"from person {owner.id}, by {event.agent}")
    for talk in list(work.conversations.rows.values()):
        if talk.person == owner.id and talk.key in {f"{talk.inbox}|{form.id}" for form in forms}:
            moves.conversation(work, talk, target.id)
    _readdress(identity, owner, target, row.seq, line, work)
    work.decide(
        row.seq, line.version, target.id, 0, f"{event.identity} goes from person {owner.id} to him: {event.agent}"
    )


def _readdress(identity: Identity, owner: PersonRow, target: PersonRow, seq: int, line: Line, work: Workspace) -> None:
    """The phone or mailbox by which people know a person, where the identity is one."""
    name = identity.kind
    if name not in ("phone", "email"):
        return
    if getattr(owner, name) in {form.key for form in variants(identity)}:
        setattr(owner, name, "")
    if not getattr(target, name):
        setattr(target, name, identity.key)
        fields.changed(target, seq, line, work)
