"""What agents say of a person beside his messages: his tags, and what he consented to."""

from __future__ import annotations

from hub.engine.effects import inquiries, naming, people, tags
from hub.engine.effects.cause import Cause
from hub.engine.line import Line
from hub.model.by_hand import ConsentRecorded, TagsEdited
from hub.store.journal import Claimed
from hub.store.needs import Needs
from hub.store.workspace import Workspace


def look(event: TagsEdited | ConsentRecorded, row: Claimed, line: Line, needs: Needs) -> None:
    """The person, with his tags and consents."""
    naming.look(event, row, line, needs)
    needs.tags = needs.inquiries = needs.consents = True


def edited(event: TagsEdited, row: Claimed, line: Line, work: Workspace) -> None:
    """An agent puts tags on a person or takes them off."""
    person = naming.named(event.person, work)
    if person is None or person.erased:
        work.bury("event", row.seq, f"nobody to tag: {event.person} is unknown")
        return
    told = " ".join((*(f"+{name}" for name in event.add), *(f"-{name}" for name in event.remove)))
    work.decide(row.seq, line.version, person.id, 0, f"tags {told}: {event.agent}")
    cause = Cause(row.seq, event, person, people.last_used(person, line, work))
    tags.change(event.add, event.remove, event.agent, cause, line, work)
    inquiries.retagged(cause, line, work)


def consented(event: ConsentRecorded, row: Claimed, line: Line, work: Workspace) -> None:
    """An agent records that a person agrees to be written to for a purpose, or no longer does."""
    person = naming.named(event.person, work)
    if person is None or person.erased:
        work.bury("event", row.seq, f"nobody consents: {event.person} is unknown")
        return
    work.standing.record_consent(person.id, event.purpose, event.given, work.now, event.evidence, event.agent)
    what = "given" if event.given else "withdrawn"
    work.decide(row.seq, line.version, person.id, 0, f"consent '{event.purpose}' {what}: {event.agent}")
