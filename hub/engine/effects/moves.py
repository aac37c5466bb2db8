"""A human says whose an identity is: it goes to that person, with the conversation that is held under it."""

from __future__ import annotations

from hub.engine.effects import fields, followups, inquiries, naming
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.identity import variants
from hub.model.by_hand import IdentityMoved
from hub.model.people import Identity
from hub.store import moves
from hub.store.journal import Claimed
from hub.store.rows import PersonRow
from hub.store.workspace import Needs, Workspace
from hub.words.consent import LONGEST, consent_word

OF_INQUIRY = (inquiries.REPLY, inquiries.SILENT, inquiries.WAKE, followups.LOOK)
"""Timers of a person that are his inquiry's."""


def look(event: IdentityMoved, row: Claimed, line: Line, needs: Needs) -> None:
    """The person it goes to, the one it comes from, and their conversations."""
    naming.look(event, row, line, needs)
    forms = {form.id for form in variants(Identity.parse(event.identity))}
    needs.identities |= forms
    needs.talks_with |= forms
    needs.inquiries = needs.consents = True


def moved(event: IdentityMoved, row: Claimed, line: Line, work: Workspace) -> None:
    """Change the owner, keep the evidence, settle the question. Moving it back undoes it.

    Both keep their records in the CRMs and what was logged there; the number goes into the new owner's if he has none.
    """
    identity = Identity.parse(event.identity)
    forms = variants(identity)
    known = [form.id for form in forms if form.id in work.owners]
    target = naming.named(event.person, work)
    owner = naming.named(f"p{work.owners[known[0]]}", work) if known else None
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
    _bring_inquiry(owner, target, work)
    _take_along(owner, target, row.seq, line, work)
    _readdress(identity, owner, target, row.seq, line, work)
    work.decide(
        row.seq, line.version, target.id, 0, f"{event.identity} goes from person {owner.id} to him: {event.agent}"
    )


def _bring_inquiry(owner: PersonRow, target: PersonRow, work: Workspace) -> None:
    """What is spoken of in a conversation goes with it, with its clock, unless he has an open inquiry himself."""
    row, his = work.standing.inquiry(owner.id), work.standing.inquiry(target.id)
    if row is None or row.state == "closed" or (his is not None and his.state != "closed"):
        return
    talk = work.conversations.get(row.conversation)
    if talk is None or talk.person != target.id:
        return
    for timer in moves.inquiry(work, row, target.id):
        if timer.rule in OF_INQUIRY:
            arm(work, "person", owner.id, timer.rule, 0, timer.slot)
            arm(work, "person", target.id, timer.rule, timer.due, timer.slot, timer.about)


def _take_along(owner: PersonRow, target: PersonRow, seq: int, line: Line, work: Workspace) -> None:
    """What protects a person from messages counts for whoever has his number now. Moving it back takes nothing away.

    Nobody knows under which number he stopped by a switch of the platform, or got the last unasked message: so it is
    under each. Who stopped in words, and only resumed under a number that turns out to be somebody else's, has stopped.
    """
    times = {int(time) for time in f"{owner.outreach} {target.outreach}".split()}
    target.outreach = " ".join(map(str, sorted(times)))
    target.paused_until = max(owner.paused_until, target.paused_until)
    for purpose in work.standing.withdrawn(owner.id):
        evidence = f"withdrawn under a number of person {owner.id}"
        work.standing.record_consent(target.id, purpose, False, work.now, evidence, "hub")
    for person in (target, owner):
        if not person.opted_out and ((person is target and owner.opted_out) or _stopped(person, work)):
            person.opted_out = 1
            because = f"opted out: that was said under a number of person {person.id}"
            work.decide(seq, line.version, person.id, 0, because)


def _stopped(person: PersonRow, work: Workspace) -> bool:
    """Whether his last word of consent, in the conversations that are his now, was stop."""
    talks = [talk.id for talk in work.conversations.rows.values() if talk.person == person.id]
    said = [wants for text in moves.short_words(work, talks, LONGEST) if (wants := consent_word(text)) is not None]
    return bool(said) and not said[-1]


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
