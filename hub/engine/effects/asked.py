"""Replies that agents write in the CRM: each is said once, in the conversation the person used last."""

from __future__ import annotations

from hub.engine.effects import people
from hub.engine.effects.answers import RULE, tell
from hub.engine.effects.messages import clean, human_has_it
from hub.engine.effects.sends import queue_send
from hub.engine.line import Line
from hub.model.commands import Send
from hub.model.events import RecordsRead
from hub.model.records import Answer, Ref
from hub.store import crm as shelves
from hub.store.journal import Claimed
from hub.store.rows import AnswerRow, ConversationRow
from hub.store.workspace import Workspace

TEXT_MAX = 20_000
"""Characters of one reply."""


def taken(event: RecordsRead, row: Claimed, line: Line, work: Workspace) -> None:
    """What agents asked to have sent; what was taken before and has no outcome there yet is asked nothing new."""
    if not event.answers:
        return
    known = shelves.answers(work, event.crm, [Ref(answer.type, answer.id) for answer in event.answers])
    links = {answer.contact: work.links_at(event.crm, answer.contact) for answer in event.answers}
    talks = work.conversations.fetch_by("person", {link.person for found in links.values() for link in found})
    for answer in event.answers:
        ref = Ref(answer.type, answer.id)
        kept = known.get(ref)
        if kept is not None and (kept.state == "open" or event.at < kept.told):
            continue
        if kept is None:
            kept = work.answers.add(AnswerRow(work.answers.next_id(), event.crm, *ref, 0, "open", "sending", work.now))
            known[ref] = kept
        kept.message, kept.state, kept.outcome, kept.at = 0, "open", "sending", work.now
        mine = {link.person for link in links[answer.contact]}
        _say(answer, kept, [talk for talk in talks if talk.person in mine], row, line, work)


def _say(
    answer: Answer, kept: AnswerRow, talks: list[ConversationRow], row: Claimed, line: Line, work: Workspace
) -> None:
    text = clean(answer.text).strip()
    talk = max(talks, key=lambda t: (t.last_in, t.id), default=None)
    person = people.current(work, talk.person) if talk is not None else None
    inbox = line.config.inboxes.get(talk.inbox) if talk is not None else None
    if not text or len(text) > TEXT_MAX:
        problem = f"the text is longer than {TEXT_MAX} characters" if text else "there is no text to send"
    elif talk is None or person is None:
        problem = "this contact has no conversation in the hub"
    elif inbox is None:
        problem = f"the inbox {talk.inbox} of this conversation is no longer set"
    else:
        channel = line.config.connections[inbox.connection].channel
        command = Send(rule=RULE, slot=str(kept.id), text=text, cls="human", agent=answer.agent)
        queued = queue_send(command, row.seq, talk, person, channel, work)
        kept.message = queued[-1].id
        human_has_it(talk, row.received, row.seq, f"{answer.agent or 'an agent'} answers in {kept.crm}", line, work)
        return
    lane = person.id if person is not None else 0
    work.decide(row.seq, line.version, lane, 0, f"the reply on {answer.type} {answer.id} is not sent: {problem}")
    tell(kept, "failed", problem, lane, row.seq, line, work)
