"""What a platform says later: a message was edited or taken back, a person goes by other identifiers."""

from __future__ import annotations

from hub.engine.effects import early, fields, media, people
from hub.engine.effects.messages import clean
from hub.engine.effects.relog import relog
from hub.engine.line import Line
from hub.identity import variants
from hub.model.events import IdentityChanged, MessageChanged
from hub.model.people import Identity
from hub.store.journal import Claimed
from hub.store.rows import PersonRow
from hub.store.workspace import Needs, Workspace


def look_message(event: MessageChanged, row: Claimed, line: Line, needs: Needs) -> None:
    """The message, and what was ordered for it."""
    needs.changed.add(event.provider_id)


def changed(event: MessageChanged, row: Claimed, line: Line, work: Workspace) -> None:
    """The writer edited the message or took it back; a change older than the last one applied counts for nothing."""
    inbox = line.inbox(row.source, event.account)
    message = work.by_provider.get((inbox.name, event.provider_id)) if inbox else None
    at = event.at or row.received
    what = "edit" if event.change == "edited" else "removal"
    if message is None:
        because = f"{what} of a message the hub does not know"
        if inbox is not None and early.keep(event, clean(event.text), inbox.name, at, work):
            because += ", kept for a day in case it comes late"
        work.decide(row.seq, line.version, 0, 0, because)
        return
    if message.deleted or at < message.edited:
        because = f"{what} of message {message.id} ignored: {'it was taken back' if message.deleted else 'a newer'}"
        because += "" if message.deleted else " one came before"
        work.decide(row.seq, line.version, message.person, message.conversation, because)
        return
    if event.change == "deleted":
        message.deleted = at
        media.taken_back(message.id, work)
    else:
        early.edit(message, clean(event.text), event.form, at)
    work.decide(row.seq, line.version, message.person, message.conversation, f"message {message.id} {event.change}")
    relog(message, row.seq, line, work)


def look_identity(event: IdentityChanged, row: Claimed, line: Line, needs: Needs) -> None:
    """Whoever is known by the old identities or the new ones, and the conversations with him."""
    people.probe((*event.old, *event.new), needs)
    needs.talks_with.update(form.id for identity in event.old for form in variants(identity))


def moved(event: IdentityChanged, row: Claimed, line: Line, work: Workspace) -> None:
    """The person keeps the old identities and gets the new ones; what belongs to somebody else stays there."""
    person = people.find(event.old, work)
    if person is None:
        work.decide(row.seq, line.version, 0, 0, "other identifiers of somebody the hub does not know")
        return
    channel = line.config.connections[row.source].channel.name
    taken: dict[str, int] = {}
    phone = person.phone
    for identity in event.new:
        owner = people.find([identity], work)
        if owner is not None and owner.id != person.id:
            taken[identity.id] = owner.id
            work.note_identity("conflict", person.id, identity.id, row.seq, f"belongs to person {owner.id}")
            continue
        if owner is None:
            work.own(identity, person.id, row.seq, channel, "changed")
        if identity.kind == "phone":
            phone = _phone(person, event.old, identity)
    if taken:
        others = ", ".join(f"person {number}" for number in sorted(set(taken.values())))
        cause = f"{channel}: person {person.id} goes by {', '.join(taken)} now, which belongs to {others}"
        cause += f"; if it is one person: dragoman people move {next(iter(taken))} p{person.id}"
        work.bury("review", person.id, cause, person.id)
    else:
        _readdress(event, row, person, line, work)
    if phone != person.phone:
        person.phone = phone
        fields.changed(person, row.seq, line, work)
    work.decide(row.seq, line.version, person.id, 0, "the platform gave the person other identifiers")


def _phone(person: PersonRow, old: tuple[Identity, ...], new: Identity) -> str:
    """The new number, if it comes in place of the person's; another number of his, typed into the CRM, stays."""
    before = {form.key for identity in old if identity.kind == "phone" for form in variants(identity)}
    return new.key if not person.phone or not before or person.phone in before else person.phone


def _readdress(event: IdentityChanged, row: Claimed, person: PersonRow, line: Line, work: Workspace) -> None:
    inbox = line.inbox(row.source, event.account)
    for talk in work.conversations.rows.values():
        mine = inbox is not None and talk.person == person.id and talk.inbox == inbox.name
        if mine and event.address and "|#" not in talk.key:
            talk.address = event.address
