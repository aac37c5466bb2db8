"""CRM records read by the hub: whose they are, and which messages can be logged now."""

from __future__ import annotations

import json
from dataclasses import replace

from hub.engine.effects import people
from hub.engine.effects.messages import clean
from hub.engine.line import Line
from hub.identity import external_key
from hub.model.events import RecordsRead
from hub.model.people import Identity
from hub.model.records import Record
from hub.store.journal import Claimed
from hub.store.rows import LinkRow, PersonRow
from hub.store.workspace import Needs, Workspace


def look(event: RecordsRead, row: Claimed, line: Line, needs: Needs) -> None:
    """Links by record and by key, owners by identity."""
    wanted = needs.records.setdefault(event.crm, set())
    for record in event.records:
        wanted.update((record.id, *record.merged))
    needs.keys.update(record.key for record in event.records if record.key)
    for record in event.records:
        people.probe(record.identities, needs)


def read(event: RecordsRead, row: Claimed, line: Line, work: Workspace) -> None:
    """Each record finds its person or makes one. The cursor is stored with what it brought."""
    for record in event.records:
        _one(replace(record, name=clean(record.name)), event.crm, row.seq, work)
    if event.feed == "first":
        work.cursor(f"crm.{event.crm}.first", event.cursor)
        if event.final:
            _first_read_ends(event.crm, row.seq, work)
    else:
        work.cursor(f"crm.{event.crm}.recent", event.cursor)


def _one(record: Record, crm: str, seq: int, work: Workspace) -> None:
    for old in record.merged:  # everybody whose record went into this one follows it
        if (moved := work.link_at.get((crm, old))) is not None and moved.record == old:
            _follow_merge(moved, record, seq, work)
    link = work.link_at.get((crm, record.id)) or work.link_by_key.get((crm, record.key))
    link = link or next((work.link_at[crm, old] for old in record.merged if (crm, old) in work.link_at), None)
    if link is not None:
        person = people.current(work, link.person)
        if person is not None:
            if not link.ready:
                _link(link, record, work)
            if record.merged:
                _follow_merge(link, record, seq, work)
            if link.record != record.id:  # our own key, or one of several, on another record than the link's
                _ambiguous(link, list(record.identities), record, crm, seq, work)
                return
            link.owner = record.owner
            _own_all(record.identities, person, crm, seq, work)
            _take_name(record, link, person, seq, work)
        return
    owned = [i for i in record.identities if people.find([i], work) is not None]
    person = people.find(owned, work) if owned else None
    if person is None:
        person = people.make(record.name, record.identities, f"crm:{crm}", work)
        _new_link(person, record, crm, work)
        _own_all(record.identities, person, crm, seq, work)
        return
    link = work.link_of.get((person.id, crm))
    if link is None:
        _new_link(person, record, crm, work)
    elif link.state in ("unread", "gone") or (link.state == "creating" and not link.record):
        _link(link, record, work)
    else:
        _ambiguous(link, owned, record, crm, seq, work)
        if len(owned) < len(record.identities):  # what only this record has belongs to somebody of its own
            own = tuple(i for i in record.identities if i not in owned)
            person = people.make(record.name, own, f"crm:{crm}", work)
            _new_link(person, replace(record, identities=own), crm, work)
    _own_all(record.identities, person, crm, seq, work)
    if not person.name:
        person.name = record.name


def _follow_merge(link: LinkRow, record: Record, seq: int, work: Workspace) -> None:
    """Somebody merged records in the CRM: the link goes on to the survivor, and what it shared is shared no more."""
    gone = set(record.merged)
    others = [other for other in json.loads(link.also) if other not in gone | {record.id}]
    if link.record not in gone and others == json.loads(link.also):
        return
    if link.record in gone:
        work.note_identity("merged", link.person, "", seq, f"{link.crm} record {link.record} became {record.id}")
        link.record, link.made = record.id, record.created
    link.also = json.dumps(others)
    link.state, link.reason = ("ambiguous", link.reason) if others else ("linked", "")
    work.file_link(link)


def _take_name(record: Record, link: LinkRow, person: PersonRow, seq: int, work: Workspace) -> None:
    """The CRM is the system of record: a name changed there is the person's name, unless it is our own write."""
    if work.own_echo(link.key, "name", record.name) or not record.name or record.name == person.name:
        return
    if person.name:
        work.decide(seq, 0, person.id, 0, f"the name was changed in {link.crm}")
    person.name = record.name


def _own_all(identities: tuple[Identity, ...], person: PersonRow, crm: str, seq: int, work: Workspace) -> None:
    for identity in identities:
        if people.find([identity], work) is None:
            work.own(identity, person.id, seq, f"crm:{crm}")


def _new_link(person: PersonRow, record: Record, crm: str, work: Workspace) -> None:
    key = record.key or (external_key(record.identities[0]) if record.identities else "")
    link = LinkRow(work.links.next_id(), person.id, crm, "linked", record.id, key, record.owner)
    link.made, link.since = record.created, work.now
    work.file_link(work.links.add(link))
    work.release(crm, person.id)


def _link(link: LinkRow, record: Record, work: Workspace) -> None:
    """The record the person was waiting for."""
    link.state, link.record, link.owner, link.reason = "linked", record.id, record.owner, ""
    link.made, link.since = record.created, work.now
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
