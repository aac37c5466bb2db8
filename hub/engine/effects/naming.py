"""Whom an agent's event is about: named by p and a number, or by any identity of his."""

from __future__ import annotations

from hub.engine.effects import people
from hub.engine.line import Line
from hub.identity import variants
from hub.model.by_hand import HumanReplied, NamesPerson
from hub.model.people import Identity
from hub.store.journal import Claimed
from hub.store.rows import PersonRow
from hub.store.workspace import Needs, Workspace


def look(event: NamesPerson, row: Claimed, line: Line, needs: Needs) -> None:
    """The person and all conversations with him, and the message that is quoted."""
    if isinstance(event, HumanReplied) and event.reply_to:
        needs.providers.add(event.reply_to)
    number = event.person.removeprefix("p")
    if number.isdigit():
        needs.talks_of.add(int(number))
        return
    identity = Identity.parse(event.person)
    people.probe([identity], needs)
    needs.talks_with.update(form.id for form in variants(identity))


def named(reference: str, work: Workspace) -> PersonRow | None:
    """The person whom an event names: by p and a number, or an identity."""
    number = reference.removeprefix("p")
    if number.isdigit():
        return people.current(work, int(number))
    return people.find([Identity.parse(reference)], work)
