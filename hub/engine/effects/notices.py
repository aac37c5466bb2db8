"""Telling an agent something: plugins that listen carry it with the context, and the decision is kept."""

from __future__ import annotations

from collections.abc import Iterator

from hub.engine.effects.cause import Cause, follow
from hub.engine.line import Line
from hub.inquiries import context
from hub.model.happened import Notice
from hub.store.recent import Utterance, last_messages
from hub.store.rows import ConversationRow
from hub.store.workspace import Workspace

LAST = 6
"""Messages that whoever is told gets to see."""
SHOWN = 300
"""Characters of each of them."""


def tell(to: str, text: str, cause: Cause, line: Line, work: Workspace) -> None:
    """Tell an agent, a team's lead, or "owner" (of the inquiry) at once; with the context of the person."""
    talk = cause.talk.id if cause.talk else 0
    whom = recipient(to, cause, line, work)
    work.decide(cause.seq, line.version, cause.person.id, talk, f"{whom or 'everybody'} is told: {text}")
    if line.listens(Notice.kind):
        follow(Notice, f"{to}.{text}", cause, line, work, to=whom, text=text, context=around(cause, work))


def recipient(to: str, cause: Cause, line: Line, work: Workspace) -> str:
    """Who is meant, by name: the owner of the inquiry, the lead of a team, an agent; "" = whoever is there."""
    staff = line.config.rules.book.staff
    if to == "owner":
        return owner(cause, work)
    return staff.lead(to) or to if to in staff.teams else to


def owner(cause: Cause, work: Workspace) -> str:
    """The agent whose inquiry it is, "" = nobody's."""
    inquiry = work.standing.inquiry(cause.person.id)
    return inquiry.owner if inquiry is not None and inquiry.state != "closed" else ""


def around(cause: Cause, work: Workspace) -> str:
    """The context that goes along, a line for each: who it is and where, the tags, the inquiry, the last messages."""
    return "\n".join(_lines(cause, work))


def _lines(cause: Cause, work: Workspace) -> Iterator[str]:
    person, talk = cause.person, cause.talk
    work.standing.bring_tags([person.id])
    work.standing.bring_inquiries([person.id])
    named = [person.name, person.phone, person.email, f"p{person.id}"]
    yield ", ".join(part for part in named if part) + (f", in {talk.inbox}" if talk is not None else "")
    if tags := sorted(work.standing.tags_of(person.id)):
        yield f"Tags: {', '.join(tags)}"
    inquiry = work.standing.inquiry(person.id)
    if inquiry is not None and inquiry.state != "closed":
        known = {"priority": inquiry.priority, "owner": inquiry.owner}
        known |= {name: str(value) for name, value in context.request(context.unpack(inquiry.context)).items()}
        told = ", ".join(f"{name} {value}" for name, value in known.items() if value)
        yield f"Inquiry {inquiry.id}: {told or 'nothing is known of it yet'}"
    for said in _last(talk, work) if talk is not None else ():
        who = {"person": person.name or "customer", "bot": "hub"}.get(said.author, said.agent or "agent")
        yield f"{who}: {' '.join(said.text.split())[:SHOWN]}"


def _last(talk: ConversationRow, work: Workspace) -> list[Utterance]:
    """The last messages, those of this very step among them."""
    here = [
        Utterance(row.id, row.direction, row.author, row.agent, row.text, row.at)
        for row in work.messages.rows.values()
        if row.conversation == talk.id and not row.deleted and row.status not in ("queued", "dropped")
    ]
    found = {said.id: said for said in (*last_messages(work.db, talk.id, LAST), *here)}
    return sorted(found.values(), key=lambda said: (said.at, said.id))[-LAST:]
