"""Values of a person on their way into a CRM's record: which line counts, what is to be written, what was."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace

from hub.contracts.crm import Reads
from hub.engine.effects import attributes, people, refused, synced
from hub.engine.effects.synced import Synced
from hub.engine.line import Active, Line
from hub.mapping.facts import PersonFacts, name_parts, source_value, split_name
from hub.mapping.forms import canonical
from hub.mapping.lines import FieldRule
from hub.mapping.merge import Base, judge
from hub.mapping.values import forth
from hub.model.records import Record, Ref
from hub.store import crm as shelves
from hub.store.rows import LinkRow, PersonRow
from hub.store.workspace import Workspace


def active_for(link: LinkRow, line: Line) -> Active:
    """The mapping by which a record is compared: one that is on trial, where that wrote it last."""
    return line.trials.get(link.mapping) or line.mapping(link.crm)


def rule_for(rule: FieldRule, link: LinkRow, line: Line, work: Workspace) -> FieldRule:
    """The line, where several CRMs disagree: the one that leads a value wins over the hub, the others lose to it."""
    lead = line.config.lead
    if not lead or not rule.attribute:
        return rule
    leader = lead.get(rule.attribute, lead.get("default", ""))
    if not leader or leader not in line.config.crms:
        return rule
    if leader == link.crm:
        return rule if rule.rule == "crm" else replace(rule, rule="crm")
    there = work.link_of.get((link.person, leader))
    if there is None or not there.ready:
        return rule
    return replace(rule, rule="hub", direction="push" if rule.direction == "both" else rule.direction)


def written_form(rule: FieldRule, value: str, active: Active) -> str:
    """A value as the ledger of own writes has it."""
    return canonical(value, active.shape.field(rule), active.shape.region)


def their_value(rule: FieldRule, record: Record, facts: PersonFacts) -> str | None:
    """What the record has in the field of a line; None where it does not tell.

    An adapter that was not asked for the field tells the name and the addresses all the same.
    """
    found = record.fields.get(rule.field)
    if found is not None:
        return found
    source = rule.source
    if source == "owner":
        return record.owner
    if source in ("name", "name.first", "name.last"):
        parts = name_parts(facts)
        if record.name == " ".join(part for part in parts if part):
            return source_value(facts, source)
        return record.name if source == "name" else split_name(record.name)[source == "name.last"]
    if source in attributes.ADDRESSES:
        ours = source_value(facts, source)
        own = [identity.key for identity in record.identities if identity.kind == source]
        return ours if ours in own else own[0] if own else ""
    return None


def wrote_owner(link: LinkRow, owner: str, line: Line) -> bool:
    """Whether the hub itself gave the record to this owner, and has not read it since."""
    if not link.synced or not any(rule.source == "owner" for rule in active_for(link, line).mapping.person):
        return False
    known = synced.load(link.synced)
    own = (known[r.field] for r in active_for(link, line).mapping.person if r.source == "owner" and r.field in known)
    return any(owner in (one.writing, one.theirs if one.unseen else None) for one in own)


def changed(person: PersonRow, seq: int, line: Line, work: Workspace, *, but: str = "") -> None:
    """The hub has new values of a linked person: into every CRM whose mapping keeps them up to date, except the one
    they came from (`but`)."""
    for crm in line.config.crms:
        link = work.link_of.get((person.id, crm))
        if link is None or not link.ready or crm == but:
            continue
        active = active_for(link, line)
        facts = attributes.facts(person, active, work)
        known, wanted, changed_any = synced.load(link.synced), [], False
        for name, rule in active.mapping.lines(facts).items():
            ours = forth(rule, facts, active.shape)
            one = known.get(name)
            if ours is None or (one is None and not ours):
                continue
            if one is None:
                one = known[name] = Synced(known=False)
            if (one.known and equal(rule, ours, one.ours, active)) or one.ordered == ours:
                continue
            changed_any = True
            one.now_wanted(ours, work.now)
            if one.asked:
                continue
            if not but:
                one.rounds = 0  # a new value of somebody: no answer to the CRM
            base = one.base or Base("", "")
            if one.restless(work.now):
                refused.rewrites(link, name, one, base.theirs, work)
                one.settle(ours, base.theirs, "", active.version, seq, work.now)
                continue
            verdict = judge(base, ours, base.theirs, rule_for(rule, link, line, work), active.shape)
            if verdict.do in ("push", "append"):
                one.ordered = ours
                wanted.append(name)
            elif verdict.do == "take" and isinstance(line.config.crms[crm].adapter, Reads):
                shelves.touch(work, crm, [Ref("contact", link.record)])  # what stands there comes back
        if changed_any:
            link.synced = synced.dump(known)
        if wanted and speaks_for(link, work):
            write(person, link, wanted, seq, work)


def speaks_for(link: LinkRow, work: Workspace) -> bool:
    """Whether a record is written for this person: where several share one, for him alone who had it first."""
    sharing = work.links_to(link.crm, link.record)
    return not sharing or sharing[0] is link


def comes_second(link: LinkRow, work: Workspace) -> None:
    """The record is somebody else's first of all, of those who share it: see `speaks_for`."""
    others = [one.since for one in work.links_to(link.crm, link.record) if one is not link]
    link.since = max([link.since, *(since + 1 for since in others)])


def equal(rule: FieldRule, a: str, b: str, active: Active) -> bool:
    """Whether two values of a line's field say the same."""
    return active.shape.alike(rule, a, b)


def write(
    person: PersonRow, link: LinkRow, names: Collection[str], seq: int, work: Workspace, *, decided: bool = False
) -> None:
    """Ask for these CRM fields, and no others, to be written into the person's record. `decided`: a human wants it,
    whatever the mapping says of when."""
    key = f"{seq}:{link.crm}:{person.id}"
    known = work.pushes.get(key)
    if known is not None:
        body = json.loads(known.body)
        names = {*body["only"], *names}
        decided = decided or "decided" in body
    body = {"only": sorted(names)} | ({"decided": True} if decided else {})
    if known is not None:
        known.body = json.dumps(body)
        return
    work.pushes[key] = people.add_outbox(
        work,
        kind="person",
        target=link.crm,
        lane=person.id,
        event=seq,
        rule="sync",
        slot=str(person.id),
        body=json.dumps(body),
    )
