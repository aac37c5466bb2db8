"""CRM records read by the hub: whose they are, and which messages can be logged now."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from hub.engine.effects import asked, compare, crm_events, fields, gone, objects, people
from hub.engine.effects.compare import Reading
from hub.engine.effects.messages import clean
from hub.engine.line import Line
from hub.identity import external_key
from hub.model.events import RecordsRead
from hub.model.people import Identity
from hub.model.records import Gone, Record
from hub.store import crm as shelves
from hub.store.journal import Claimed
from hub.store.rows import LinkRow, NewsRow, PersonRow
from hub.store.workspace import Needs, Workspace


def look(event: RecordsRead, row: Claimed, line: Line, needs: Needs) -> None:
    """Links by record and by key, owners by identity."""
    wanted = needs.records.setdefault(event.crm, set())
    for record in event.records:
        wanted.update((record.id, *record.merged))
    for vanished in event.gone:
        wanted.update(name for name in (vanished.record, vanished.into) if name)
    wanted.update(answer.contact for answer in event.answers if answer.contact)
    needs.keys.update(record.key for record in event.records if record.key)
    for record in event.records:
        people.probe(record.identities, needs)


def read(event: RecordsRead, row: Claimed, line: Line, work: Workspace) -> None:
    """Each record finds its person or makes one. The cursor is stored with what it brought.

    What was merged comes first: a merge looks like a deletion to whoever does not know of it.
    """
    reading = Reading(event.crm, row.seq, event.at, event.feed == "first")
    for vanished in sorted(event.gone, key=lambda v: (v.erased, not v.into)):
        gone.vanished(vanished, event.crm, row.seq, line, work)
    for record in event.records:
        if record.archived:
            gone.vanished(Gone(record=record.id), event.crm, row.seq, line, work)
        else:
            _one(replace(record, name=clean(record.name)), reading, line, work)
    objects.read(event, row.seq, line, work)
    asked.taken(event, row, line, work)
    if event.gap:
        news = NewsRow(work.news.next_id(), event.at, event.crm, "", "gap", str(event.at), clean(event.gap), 1, row.seq)
        work.news.add(news)
    if event.feed == "touched":
        shelves.untouch(work, event.crm, event.refs, event.at)
    elif event.feed == "first":
        work.cursor(f"crm.{event.crm}.first", event.cursor)
        if event.final:
            _first_read_ends(event.crm, row.seq, work)
    else:
        work.cursor(f"crm.{event.crm}.recent", event.cursor)


def _one(record: Record, reading: Reading, line: Line, work: Workspace) -> None:
    crm, seq = reading.crm, reading.seq
    for old in record.merged:  # everybody whose record went into this one follows it
        for moved in work.links_at(crm, old):
            _follow_merge(moved, record, seq, work)
    links = work.links_at(crm, record.id)
    if not links:
        named = [work.link_by_key.get((crm, record.key)), *(work.link_at.get((crm, old)) for old in record.merged)]
        links = [link for link in named if link is not None][:1]
    known = [link for link in links if people.current(work, link.person) is not None]
    for link in known:
        _known(link, record, reading, line, work)
    if known:
        return
    owned = [i for i in record.identities if people.find([i], work) is not None]
    person = people.find(owned, work) if owned else None
    if person is None:
        person = people.make(record.name, record.identities, f"crm:{crm}", work)
        _have(_new_link(person, record, crm, work), record, person, reading, line, work)
        return
    own_link = work.link_of.get((person.id, crm))
    if own_link is None:
        _have(_new_link(person, record, crm, work), record, person, reading, line, work)
    elif own_link.state in ("unread", "gone", "creating"):
        _link(own_link, record, work)
        _have(own_link, record, person, reading, line, work)
    else:
        _ambiguous(own_link, owned, record, crm, seq, work)
        if own := tuple(i for i in record.identities if i not in owned):  # belongs to somebody of its own
            other = people.make(record.name, own, f"crm:{crm}", work)
            _new_link(other, replace(record, identities=own), crm, work)
            _own_all(own, other, crm, seq, work)


def _have(link: LinkRow, record: Record, person: PersonRow, reading: Reading, line: Line, work: Workspace) -> None:
    """The person and his record, put together: the owner, the addresses, the values that both sides keep."""
    moved = link.owner and record.owner != link.owner and not reading.first
    if moved and not fields.wrote_owner(link, record.owner, line):
        crm_events.owner_changed(link, record.owner, "owner", reading.seq, reading.at, line, work)
    link.owner, link.missing = record.owner, 0
    if record.key and link.key != record.key:  # where two people have one record, both write its key
        fields.comes_second(link, work)
        link.key = record.key
        work.file_link(link)
    _own_all(record.identities, person, link.crm, reading.seq, work)
    compare.compare(record, link, person, reading, line, work)


def _known(link: LinkRow, record: Record, reading: Reading, line: Line, work: Workspace) -> None:
    """A record of somebody the hub knows: restored, merged, moved to another owner, edited."""
    person = people.current(work, link.person)
    if person is None:
        return
    if not link.ready:
        _link(link, record, work)
    if record.merged:
        _follow_merge(link, record, reading.seq, work)
    if link.record != record.id:  # our own key, or one of several, on another record than the link's
        _ambiguous(link, list(record.identities), record, link.crm, reading.seq, work)
        return
    _have(link, record, person, reading, line, work)


def _follow_merge(link: LinkRow, record: Record, seq: int, work: Workspace) -> None:
    """Somebody merged records in the CRM: the link goes on to the survivor, and what it shared is shared no more."""
    absorbed = set(record.merged)
    if link.record in absorbed:
        gone.follow(link, record.id, seq, work, key=record.key, made=record.created)
    others = [other for other in json.loads(link.also) if other not in absorbed | {record.id}]
    if others != json.loads(link.also):
        link.also = json.dumps(others)
        link.state, link.reason = ("ambiguous", link.reason) if others else ("linked", "")
        work.file_link(link)


def _own_all(identities: Sequence[Identity], person: PersonRow, crm: str, seq: int, work: Workspace) -> None:
    for identity in identities:
        if people.find([identity], work) is None:
            work.own(identity, person.id, seq, f"crm:{crm}")


def _new_link(person: PersonRow, record: Record, crm: str, work: Workspace) -> LinkRow:
    key = record.key or (external_key(record.identities[0]) if record.identities else "")
    link = LinkRow(work.links.next_id(), person.id, crm, "linked", record.id, key, record.owner)
    link.made, link.since = record.created, work.now
    work.file_link(work.links.add(link))
    work.release(crm, person.id)
    return link


def _link(link: LinkRow, record: Record, work: Workspace) -> None:
    """The record the person was waiting for."""
    if link.record != record.id:  # restored, it is still his who had it first
        link.since = work.now
        if link.record and link.state == "creating":
            gone.replaced(link, work)
    link.state, link.record, link.owner, link.reason = "linked", record.id, record.owner, ""
    link.made = record.created
    work.file_link(link)
    work.release(link.crm, link.person)


def _ambiguous(link: LinkRow, owned: list[Identity], record: Record, crm: str, seq: int, work: Workspace) -> None:
    """Two records own one key: messages go to the older one, a human is asked, no third is ever made."""
    others = json.loads(link.also)
    if record.id == link.record or record.id in others:
        return
    if record.created and link.made and record.created < link.made:
        others.append(link.record)
        link.record, link.owner, link.made = record.id, record.owner, record.created
    else:
        others.append(record.id)
    link.state, link.also = "ambiguous", json.dumps(others)
    shared = f"{owned[0].kind} {owned[0].key}" if owned else "the hub's key"
    link.reason = f"records {link.record} and {', '.join(others)} share {shared}"
    work.file_link(link)
    work.link_at[crm, record.id] = link
    work.bury("review", link.person, f"{link.crm}: {link.reason}; messages go to {link.record}", link.person)
    for identity in owned:
        work.share(identity.id)
        work.note_identity("shared", link.person, identity.id, seq, f"{crm} record {record.id}")


def _first_read_ends(crm: str, seq: int, work: Workspace) -> None:
    """Whoever wrote in the meantime and was not found there is created now."""
    work.end_first_read(crm)
    for link in work.unread_links(crm):
        person = work.people.get(link.person)
        if link.state == "unread" and person is not None:
            link.state, link.reason = "creating", ""
            people.order_person(person, crm, seq, work)
    work.woken.add(crm)
