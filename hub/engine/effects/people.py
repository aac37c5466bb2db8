"""Finding the person behind the identifiers of an event, or making one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hub.engine.effects import synced
from hub.engine.line import Line
from hub.identity import external_key, variants
from hub.model.people import Identity
from hub.store.rows import ConversationRow, LinkRow, MessageRow, OutboxRow, PersonRow
from hub.store.workspace import Needs, Workspace


def probe(identities: Iterable[Identity], needs: Needs) -> None:
    """Ask for every form under which these identities may be known."""
    for identity in identities:
        for form in variants(identity):
            needs.identities.add(form.id)


def current(work: Workspace, person: int) -> PersonRow | None:
    """The person behind an id, through redirects."""
    row = work.people.get(person)
    while row is not None and row.redirect:
        row = work.people.get(row.redirect)
    return row


def last_used(person: PersonRow, line: Line, work: Workspace, number: int = 0) -> ConversationRow | None:
    """The conversation with this number, else the one that the person used last."""
    talks = [t for t in work.conversations.rows.values() if t.person == person.id and t.inbox in line.config.inboxes]
    named = next((t for t in talks if t.id == number), None)
    return named or max(talks, key=lambda t: (t.last_in, t.id), default=None)


def find(identities: Sequence[Identity], work: Workspace) -> PersonRow | None:
    """The person whom the first known identity names; the most stable identity stands first."""
    for identity in identities:
        for form in variants(identity):
            owner = work.owners.get(form.id)
            if owner:
                return current(work, owner)
    return None


def resolve(
    identities: Sequence[Identity], name: str, channel: str, seq: int, line: Line, work: Workspace
) -> PersonRow:
    """The person behind the identities; made now if nobody knows them. New identities of a known person are kept.

    An identity that belongs to somebody else stays there: that is a question for a human, never a silent merge.
    """
    person = find(identities, work)
    if person is None:
        person = make(name, identities, channel, work)
    elif name and not person.name:
        person.name = name
    for crm in line.config.crms:
        link = work.link_of.get((person.id, crm))
        if link is None:  # new here, or the CRM is
            expect_link(person, crm, external_key(identities[0]), seq, work)
        elif link.state == "gone":
            link_again(link, person, seq, work)
    for identity in identities:
        forms = variants(identity)
        owner = next((work.owners[f.id] for f in forms if f.id in work.owners), 0)
        if not owner:
            work.own(identity, person.id, seq, channel)
            if identity.kind == "phone" and not person.phone:
                person.phone = identity.key
        elif owner != person.id:
            work.note_identity("conflict", person.id, identity.id, seq, f"belongs to person {owner}")
    return person


def expect_link(person: PersonRow, crm: str, key: str, seq: int, work: Workspace) -> None:
    """The person is to have a record in this CRM: found by the first read if that goes on, else made now."""
    ready = work.first_read_done(crm)
    link = LinkRow(work.links.next_id(), person.id, crm, "creating" if ready else "unread", key=key, since=work.now)
    link.reason = "" if ready else "waits for the first read of the CRM"
    work.file_link(work.links.add(link))
    if ready:
        order_person(person, crm, seq, work)


def link_again(link: LinkRow, person: PersonRow, seq: int, work: Workspace) -> None:
    """Somebody whose record was deleted writes again: he gets a new one, and what waits goes there. Until it is made
    the link keeps the one before: perhaps it was restored."""
    link.state, link.reason = "creating", f"{link.reason}; the person wrote again"
    link.synced = synced.nothing_ordered(link.synced)
    link.key = _key_of_his_own(link, work)
    work.file_link(link)
    order_person(person, link.crm, seq, work)


def _key_of_his_own(link: LinkRow, work: Workspace) -> str:
    """The link's key; where it is another one's too, as both had one record by a merge, the key of his oldest identity:
    the record that he gets must not be the other one's as well."""
    same = work.links.fetch_by("key", [link.key], "AND crm=? AND key<>''", (link.crm,))
    if all(other is link or other.key != link.key for other in same):
        return link.key
    found = work.db.rows("SELECT id FROM identities WHERE person=? ORDER BY since, id LIMIT 1", (link.person,))
    return external_key(Identity.parse(found[0][0])) if found else link.key


def make(name: str, identities: Sequence[Identity], channel: str, work: Workspace) -> PersonRow:
    """A new person row; identities are owned by the caller."""
    by_kind = {identity.kind: identity.key for identity in reversed(identities)}
    row = PersonRow(
        work.people.next_id(),
        name,
        "",
        by_kind.get("phone", ""),
        by_kind.get("email", ""),
        channel,
        0,
        work.now,
    )
    work.revalued.add(row.id)
    return work.people.add(row)


def order_person(person: PersonRow, crm: str, seq: int, work: Workspace) -> None:
    """Ask for the person's record in a CRM."""
    add_outbox(work, kind="person", target=crm, lane=person.id, event=seq, rule="link", slot=str(person.id))


def add_outbox(
    work: Workspace,
    *,
    kind: str,
    target: str,
    lane: int,
    event: int,
    rule: str,
    slot: str,
    message: int = 0,
    conversation: int = 0,
    cls: str = "",
    state: str = "waiting",
    reason: str = "",
    body: str = "",
) -> OutboxRow:
    """A new command; its key makes it exist once however often its event is worked on."""
    if state == "waiting":
        work.woken.add(target)
    return work.outbox.add(
        OutboxRow(
            work.outbox.next_id(),
            f"{event}:{kind}:{target}:{rule}:{slot}",
            kind,
            target,
            lane,
            message,
            conversation,
            event,
            rule,
            cls,
            state,
            1,
            0,
            0,
            0,
            work.now,
            0,
            "",
            reason,
            body,
        )
    )


def add_beside(
    work: Workspace,
    *,
    kind: str,
    crm: str,
    person: int,
    event: int,
    rule: str,
    slot: str,
    message: MessageRow | None = None,
    body: str = "",
) -> None:
    """A new command for something that stands under the person's record; it waits for the link where there is none."""
    link = work.link_of.get((person, crm))
    ready = link is not None and link.ready
    add_outbox(
        work,
        kind=kind,
        target=crm,
        lane=person,
        message=message.id if message else 0,
        conversation=message.conversation if message else 0,
        event=event,
        rule=rule,
        slot=slot,
        state="waiting" if ready else "held",
        reason="" if ready else f"waits for the link of person {person} in {crm}",
        body=body,
    )
