"""Values of a person that the hub and a CRM both may change: read, compared, taken or written back."""

from __future__ import annotations

import json
from collections.abc import Iterable

from hub.engine.effects import people
from hub.engine.line import Line
from hub.identity import variants
from hub.mapping import ATTRIBUTES, Base, Mapping, policy, pushes, settle, split_name
from hub.model.people import Identity
from hub.model.records import Record
from hub.store.rows import LinkRow, PersonRow
from hub.store.workspace import Workspace

CHANGED = "changed"
"""The key of `synced` under which times of changes on the hub's side stand that the CRM has not shown yet."""


def compare(record: Record, link: LinkRow, person: PersonRow, seq: int, line: Line, work: Workspace) -> None:
    """Each value that both sides may change, against what stood there last: see `hub.mapping.merge`."""
    mapping = line.config.crms[link.crm].mapping
    synced = json.loads(link.synced) if link.synced else {}
    times = synced.get(CHANGED, {})
    push, taken = [], []
    for name in ATTRIBUTES:
        ours, theirs = str(getattr(person, name)), _theirs(name, record, person, mapping, work)
        if theirs is None:
            continue
        base = Base(*synced[name]) if name in synced else None
        fresh = base is None or base.theirs != theirs
        if theirs and work.own_echo(link.crm, link.key, name, theirs) and fresh:
            base = Base(base.ours if base else theirs, theirs)  # our own write came back: nothing new over there
        elif fresh:
            work.overwritten(link.crm, link.key, name, record.modified)
        newer = times.get(name, 0) > record.modified
        if base and name in times and theirs != base.theirs:  # changed there too, before ours arrived
            base = Base("", base.theirs)
        verdict = settle(base, ours, theirs, policy(mapping, name), ours_is_newer=newer)
        if verdict == "take":
            if ours:
                work.decide(seq, line.version, person.id, 0, f"the {name} was changed in {link.crm}")
            setattr(person, name, theirs)
            taken.append(name)
            ours = theirs
        elif verdict == "push" and pushes(mapping, name):
            push.append(name)
        synced[name] = [ours, theirs]
        if verdict != "keep":
            times.pop(name, None)
    link.synced = json.dumps(synced, ensure_ascii=False)
    if push:
        _write(person, link, push, seq, work)
    if taken:
        changed(person, taken, seq, line, work, but=link.crm)


def _theirs(name: str, record: Record, person: PersonRow, mapping: Mapping, work: Workspace) -> str | None:
    """The record's value of an attribute, in the hub's form; None where the record does not tell."""
    if name == "name":
        parts = split_name(person.name)
        return person.name if record.name == " ".join(part for part in parts if part) else record.name
    if name == "language":
        lines = (rule.field for rule in mapping.person if rule.source == name)
        return next((record.fields[field] for field in lines if field in record.fields), None)
    ours = str(getattr(person, name))
    own = [i for i in record.identities if i.kind == name and people.find([i], work) in (None, person)]
    same = set(variants(Identity(name, "", ours))) if ours else set()
    return next((ours for identity in own if identity in same), own[0].key if own else "")


def changed(person: PersonRow, names: Iterable[str], seq: int, line: Line, work: Workspace, *, but: str = "") -> None:
    """The hub has new values of a linked person: into every CRM whose mapping keeps them up to date, except the one
    they came from (`but`)."""
    for crm, config in line.config.crms.items():
        link = work.link_of.get((person.id, crm))
        if link is None or not link.ready or crm == but:
            continue
        synced = json.loads(link.synced) if link.synced else {}
        wanted = []
        for name in names:
            ours = str(getattr(person, name))
            base = synced.get(name, ["", ""])
            if ours and ours != base[0]:
                synced[name] = [ours, base[1]]
                synced.setdefault(CHANGED, {})[name] = work.now
                wanted.append(name)
        link.synced = json.dumps(synced, ensure_ascii=False)
        if wanted := [name for name in wanted if pushes(config.mapping, name)]:
            _write(person, link, wanted, seq, work)


def _write(person: PersonRow, link: LinkRow, names: Iterable[str], seq: int, work: Workspace) -> None:
    """Ask for these values, and no others, to be written into the person's record."""
    people.add_outbox(
        work,
        kind="person",
        target=link.crm,
        lane=person.id,
        event=seq,
        rule="sync",
        slot=str(person.id),
        body=json.dumps({"only": sorted(names)}),
    )
