"""Contact records that are no longer there: merged, deleted (perhaps to be restored), or erased for privacy."""

from __future__ import annotations

import json

from hub.engine.effects import conflicts, fields, synced
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.model.records import Gone, Ref
from hub.store import crm as shelves
from hub.store import erasure, traces
from hub.store.rows import LinkRow, PersonRow
from hub.store.workspace import Workspace

MISSING = "missing"
"""The timer's rule that has a record read again which a reading did not find."""
AGAIN = 600_000
"""ms between two readings that both miss a record, until it counts as deleted."""
ERASE = "erase"
"""The timer's rule that goes on blanking what tells of an erased person."""


def vanished(event: Gone, crm: str, seq: int, line: Line, work: Workspace) -> None:
    """A human did it in the CRM: the hub follows, and guesses nothing."""
    links = work.links_at(crm, event.record)
    if event.erased:
        for link in links:
            person = work.people.get(link.person)
            if person is not None and not person.erased:
                erase(person, f"{crm} record {event.record} was erased for privacy", seq, line, work)
    elif event.into:
        for link in links:
            follow(link, event.into, seq, work)
    else:
        for link in links:
            if event.told or _missed_twice(link, work):
                deleted(link, seq, line, work)


def _missed_twice(link: LinkRow, work: Workspace) -> bool:
    """Whether this is the second reading in which the record is missing, some time after the first; else it is read
    once more then."""
    if link.missing and work.now - link.missing >= AGAIN:
        return True
    link.missing = link.missing or work.now
    arm(work, "link", link.id, MISSING, link.missing + AGAIN)
    return False


def look_again(number: int, line: Line, work: Workspace) -> None:
    """The time has come to read a record again that was missing."""
    work.links.fetch([number])
    link = work.links.get(number)
    if link is not None and link.missing and link.ready and link.crm in line.config.crms:
        shelves.touch(work, link.crm, [Ref("contact", link.record)])
        work.woken.add(link.crm)


def follow(link: LinkRow, into: str, seq: int, work: Workspace, key: str = "", made: int = 0) -> None:
    """The person's record was merged into another one: his messages go there from now on.

    The people stay two: their conversations are apart, and a merge can be wrong. `key` is the hub's key on the other
    record, "" = unknown.
    """
    others = [other for other in json.loads(link.also) if other not in (into, link.record)]
    work.note_identity("merged", link.person, "", seq, f"{link.crm} record {link.record} became {into}")
    shelves.move_answer(work, link.crm, link.record, into)
    ready = link.ready
    if into != link.record:
        link.synced = synced.moved_on(link.synced)
    guest = link.key != key if key else any(one is not link for one in work.links_to(link.crm, into))
    link.record, link.made, link.key = into, made or link.made, key or link.key
    link.also = json.dumps(others)
    link.state, link.reason = ("ambiguous", link.reason) if others else ("linked", "")
    work.file_link(link)
    if guest:
        fields.comes_second(link, work)
    if not ready:
        work.release(link.crm, link.person)


def deleted(link: LinkRow, seq: int, line: Line, work: Workspace) -> None:
    """What is to be logged waits until the record is restored, or the person writes again."""
    if not link.ready:
        return
    others = json.loads(link.also)
    if others:  # one of several records of the same person: another one takes its place
        link.record, link.also = others[0], json.dumps(others[1:])
        link.state, link.reason = ("ambiguous", link.reason) if others[1:] else ("linked", "")
        work.file_link(link)
        return
    link.state, link.reason = "gone", f"record {link.record} was deleted in {link.crm}"
    link.synced = synced.nothing_ordered(link.synced)
    work.hold(link.crm, link.person, f"waits for the link of person {link.person} in {link.crm}: {link.reason}")
    work.decide(seq, line.version, link.person, 0, f"{link.reason}; nothing is written until it is restored")


def restored(link: LinkRow, record: str, seq: int, work: Workspace) -> None:
    """The record that was deleted is there again, or what it went into: what waits goes there."""
    if record != link.record:
        follow(link, record, seq, work)
        return
    link.state, link.reason = "linked", ""
    work.file_link(link)
    work.release(link.crm, link.person)


def replaced(link: LinkRow, work: Workspace) -> None:
    """Another record takes the place of one that was deleted: what was known of that one, and what a human was asked
    about it, counts no more."""
    for name, one in synced.load(link.synced).items():
        if one.asked:
            conflicts.agreed(link, name, work)
    link.synced, link.owner = synced.new_record(link.synced), ""


def erase(person: PersonRow, because: str, seq: int, line: Line, work: Workspace) -> None:
    """Everything about the person goes; whoever writes from the same address is somebody new."""
    erasure.erase(person, work, seq)
    work.note_identity("erased", person.id, "", seq, because)
    work.decide(seq, line.version, person.id, 0, because)
    erasure.blank_messages(person.id, work)
    arm(work, "person", person.id, ERASE, work.now)


def on(person: int, work: Workspace) -> None:
    """Blank the next messages of an erased person, then whatever else tells of him; the timer goes on until all is."""
    if erasure.blank_messages(person, work) or traces.sweep(person, work):
        arm(work, "person", person, ERASE, work.now)
