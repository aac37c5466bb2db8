"""Replies that agents write in the CRM: each is said once, in the conversation the person used last."""

from __future__ import annotations

from hashlib import blake2b

from hub.engine.effects import people
from hub.engine.effects.answers import RULE, parts, tell, withdraw
from hub.engine.effects.cause import Cause
from hub.engine.effects.messages import clean, human_has_it
from hub.engine.effects.restored import doubt_send
from hub.engine.effects.sends import queue_send
from hub.engine.line import Line
from hub.model.commands import Send
from hub.model.events import RecordsRead
from hub.model.records import Answer, Ref
from hub.store import crm as shelves
from hub.store.journal import Claimed
from hub.store.rows import AnswerRow, ConversationRow
from hub.store.workspace import Workspace

TEXTS = 20
"""Texts of one record that are remembered until an outcome stands there."""
TEXT_MAX = 20_000
"""Characters of one reply."""


def taken(event: RecordsRead, row: Claimed, line: Line, work: Workspace) -> None:
    """What agents asked to have sent. Until an outcome stands there each text is taken once; another text is new."""
    if not event.answers:
        return
    known = shelves.answers(work, event.crm, [Ref(answer.type, answer.id) for answer in event.answers])
    named = {answer.contact for answer in event.answers if answer.contact}
    links = {"": [], **{contact: work.links_at(event.crm, contact) for contact in named}}
    talks = work.conversations.fetch_by("person", {link.person for found in links.values() for link in found})
    changed = {Ref("contact", record.id): record.modified for record in event.records}
    changed |= {Ref(one.type, one.id): one.modified for one in event.objects}
    for answer in event.answers:
        ref = Ref(answer.type, answer.id)
        kept = known.get(ref)
        text = blake2b(clean(answer.text).strip().encode("utf-8", "replace"), digest_size=8).hexdigest()
        taken = kept.asked.split() if kept is not None and kept.state == "open" else []
        if kept is not None and (text in taken or event.at < kept.told):
            continue
        if kept is None:
            kept = work.answers.add(AnswerRow(work.answers.next_id(), event.crm, *ref, 0, "open", "sending", work.now))
            known[ref] = kept
        if taken:
            withdraw(kept, work)
        kept.message, kept.state, kept.outcome, kept.at = 0, "open", "sending", work.now
        kept.asked = " ".join([*taken[-TEXTS:], text])
        mine = {link.person for link in links[answer.contact]}
        _say(event, answer, kept, [talk for talk in talks if talk.person in mine], row, line, work)
        if line.restored and changed.get(ref, 0) <= line.restored:  # the lost hub may have taken it
            for send in parts(kept, work):
                doubt_send(send, work)


def _say(
    event: RecordsRead,
    answer: Answer,
    kept: AnswerRow,
    talks: list[ConversationRow],
    row: Claimed,
    line: Line,
    work: Workspace,
) -> None:
    text = clean(answer.text).strip()
    talk = max(talks, key=lambda t: (t.last_in, t.id), default=None)
    person = people.current(work, talk.person) if talk is not None else None
    inbox = line.config.inboxes.get(talk.inbox) if talk is not None else None
    if not text or len(text) > TEXT_MAX:
        problem = f"the text is longer than {TEXT_MAX} characters" if text else "there is no text to send"
    elif not answer.contact:
        problem = f"this {answer.type} belongs to no contact"
    elif talk is None or person is None:
        problem = "this contact has no conversation in the hub"
    elif inbox is None:
        problem = f"the inbox {talk.inbox} of this conversation is no longer set"
    else:
        channel = line.config.connections[inbox.connection].channel
        command = Send(rule=RULE, slot=str(kept.id), text=text, cls="human", agent=answer.agent)
        queued = queue_send(command, row.seq, talk, person, channel, work)
        kept.message = queued[-1].id
        cause = Cause(row.seq, event, person, talk)
        because = f"{answer.agent or 'an agent'} answers in {kept.crm}"
        human_has_it(cause, row.received, because, answer.agent, text, line, work)
        return
    lane = person.id if person is not None else 0
    work.decide(row.seq, line.version, lane, 0, f"the reply on {answer.type} {answer.id} is not sent: {problem}")
    tell(kept, "failed", problem, lane, row.seq, line, work)
