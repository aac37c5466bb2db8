"""A timer fired: what it was armed for goes on, unless it was armed again or cancelled since."""

from __future__ import annotations

from hub.engine.effects import automation, followups, gone, inquiries, people, reapply, tags
from hub.engine.effects.cause import Cause
from hub.engine.line import Line
from hub.model.events import TimerDue
from hub.store.journal import Claimed
from hub.store.rows import TimerRow
from hub.store.workspace import Needs, Workspace

PAUSE = "pause"


def look(event: TimerDue, row: Claimed, line: Line, needs: Needs) -> None:
    """The timer and its subject, with what the rules look at."""
    needs.timers.add((event.subject, event.subject_id))
    if event.subject == "conversation":
        needs.conversation_ids.add(event.subject_id)
    if event.subject == "person":
        needs.talks_of.add(event.subject_id)
    if event.rule not in (gone.ERASE, gone.MISSING, reapply.REAPPLY):
        automation.want(line, needs)


def due(event: TimerDue, row: Claimed, line: Line, work: Workspace) -> None:
    """It acts only if nobody armed or cancelled it since."""
    armed = _armed(event, work)
    talk = work.conversations.get(event.subject_id) if event.subject == "conversation" else None
    if armed is None or armed.generation != event.generation or work.is_rearmed(armed):
        person, conversation = (talk.person, talk.id) if talk is not None else (0, 0)
        because = f"timer {event.rule} does nothing: it was armed again or cancelled after it was due"
        work.decide(row.seq, line.version, person, conversation, because)
    elif event.rule == gone.ERASE:
        gone.on(event.subject_id, work)
    elif event.rule == gone.MISSING:
        gone.look_again(event.subject_id, line, work)
    elif event.rule == reapply.REAPPLY:
        reapply.on(event.subject_id, line, work)
    elif event.rule.startswith((automation.RULE, automation.NAMED)):
        automation.rang(armed, row, line, work)
    elif event.rule.startswith(tags.TAG):
        tags.rang(armed, event, row, line, work)
        his = people.current(work, event.subject_id)
        if his is not None and not his.erased:
            inquiries.retagged(Cause(row.seq, event, his, people.last_used(his, line, work)), line, work)
    elif event.rule.startswith("inquiry:") or event.rule == followups.LOOK:
        _of_person(event, row, line, work)
    elif event.rule == PAUSE and talk is not None and talk.paused_until <= work.now:
        talk.paused_until = 0
        work.decide(row.seq, line.version, talk.person, talk.id, "the pause ended by itself")


def _armed(event: TimerDue, work: Workspace) -> TimerRow | None:
    named = (event.subject, event.subject_id, event.rule, event.slot)
    return next((t for t in work.timers.rows.values() if (t.subject, t.subject_id, t.rule, t.slot) == named), None)


def _of_person(event: TimerDue, row: Claimed, line: Line, work: Workspace) -> None:
    person = people.current(work, event.subject_id)
    if person is None or person.erased:
        return
    cause = Cause(row.seq, event, person, people.last_used(person, line, work))
    if event.rule == followups.LOOK:
        followups.rang(cause, automation.view(cause, row.received, line, work), line, work)
    else:
        inquiries.rang(event.rule, cause, line, work)
