"""Values of a person that the hub and a CRM both may change: compared field by field, taken or written back."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, replace

from hub.contracts.crm import Reads
from hub.engine.effects import attributes, conflicts, crm_events, people, synced
from hub.engine.effects.synced import Synced
from hub.engine.line import Active, Line
from hub.mapping.facts import PersonFacts, name_parts, source_value, split_name
from hub.mapping.forms import canonical, same
from hub.mapping.lines import FieldRule
from hub.mapping.merge import Base, Verdict, settle
from hub.mapping.values import back, forth
from hub.model.records import Record, Ref
from hub.store import crm as shelves
from hub.store.rows import LinkRow, PersonRow
from hub.store.workspace import Workspace


@dataclass(frozen=True, slots=True)
class Reading:
    """What of a page of the CRM counts for each of its records: `at` is when the reading began (ms), `first` whether it
    belongs to the first read of everybody."""

    crm: str
    seq: int
    at: int
    first: bool = False


def compare(record: Record, link: LinkRow, person: PersonRow, reading: Reading, line: Line, work: Workspace) -> None:
    """Each field of the mapping, against what stood on both sides last: see `hub.mapping.merge`."""
    _Comparison(record, link, person, reading, line, work).run()


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


class _Comparison:
    """One record beside its person."""

    def __init__(
        self, record: Record, link: LinkRow, person: PersonRow, reading: Reading, line: Line, work: Workspace
    ) -> None:
        self.record, self.link, self.person, self.reading = record, link, person, reading
        self.line, self.work = line, work
        self.active = active_for(link, line)
        self.facts = attributes.facts(person, self.active, work)
        self.synced = synced.load(link.synced)
        self.lines = self.active.mapping.lines(self.facts)
        self.touched = False  # whether anything of `synced` changed
        self.agreed: set[str] = set()  # attributes that this reading settled: the first line of one decides
        self.push: list[str] = []
        self.taken: set[str] = set()

    def run(self) -> None:
        facts, seen = self.facts, []
        for name, rule in self.lines.items():
            theirs = their_value(rule, self.record, self.facts)
            ours = forth(rule, self.facts, self.active.shape)
            if theirs is None or ours is None:
                continue
            seen.append((name, rule, ours, theirs))
        for name, rule, ours, theirs in seen:
            one = self.synced.get(name)
            if one is not None and one.ours == ours and one.theirs == theirs and _quiet(one):
                continue  # nothing is new on either side
            self._field(name, rule, ours, theirs)
        if self.taken:
            self._follow(facts, seen)
        if self.touched:
            self.link.synced = synced.dump(self.synced)
        if self.push:
            write(self.person, self.link, self.push, self.reading.seq, self.work)
        if self.taken:
            changed(self.person, self.reading.seq, self.line, self.work, but=self.link.crm)

    def _field(self, name: str, rule: FieldRule, ours: str, theirs: str) -> None:
        one = self.synced.get(name)
        if one is None:
            one = self.synced[name] = Synced(known=False)
        rule = rule_for(rule, self.link, self.line, self.work)
        fresh = self._seen(name, one, theirs)
        if not fresh and one.known:
            theirs = one.theirs
            if self._same(rule, ours, one.ours) and not one.asked:
                one.ours = ours
                return
        base = one.base
        if self._same(rule, ours, theirs):
            theirs_, base = ours, None
        else:
            theirs_ = theirs
            if base is not None:
                base = Base(
                    ours if self._same(rule, base.ours, ours) else base.ours,
                    theirs if self._same(rule, base.theirs, theirs) else base.theirs,
                )
        verdict = settle(
            base,
            ours,
            theirs_,
            rule,
            ours_is_newer=one.changed > self.record.modified,
            choices=self.active.shape.field(rule).type == "choices",
        )
        self._done(name, rule, one, ours, theirs, verdict, first=base is None)

    def _seen(self, name: str, one: Synced, theirs: str) -> bool:
        """Whether the CRM has a value that is news: neither what stood there nor what the hub wrote itself."""
        self.touched = True
        crm, key, work = self.link.crm, self.link.key, self.work
        rule = self.lines[name]
        if one.known and self._same(rule, theirs, one.theirs):
            if one.unseen:  # the hub's own write came back
                work.own_echo(crm, key, name, self._form(rule, theirs))
                one.unseen, one.before = False, None
            one.theirs = theirs
            return False
        if one.writing is not None and self._same(rule, theirs, one.writing):  # it arrived, before the answer came
            work.own_echo(crm, key, name, self._form(rule, theirs))
            one.settle(one.writing, theirs, "hub", one.version, one.event, work.now)
            one.writing = one.ordered = one.before = None
            one.unseen, one.changed = False, 0
            return False
        early = one.unseen and one.before is not None and self.reading.at <= one.at
        if early and self._same(rule, theirs, one.before or ""):  # it was read before the hub wrote
            return False
        if one.unseen and _alike(theirs, one.theirs):  # the CRM writes it in its own way
            one.theirs, one.unseen, one.before = theirs, False, None
            return False
        if theirs and work.own_echo(crm, key, name, self._form(rule, theirs)):  # an older write of the hub
            if not one.unseen:  # somebody's change was overwritten by it: what the hub has now goes there again
                one.ours, one.theirs, one.known, one.ordered = theirs, theirs, True, None
            return False
        work.overwritten(crm, key, name, self.record.modified)
        if one.known and not self.reading.first:
            told = self.link, name, one.theirs, theirs, self.reading.seq, self.reading.at
            if rule.source != "owner":  # told by itself
                crm_events.record_changed(*told, self.line, work)
        one.unseen, one.before = False, None
        return True

    def _done(
        self, name: str, rule: FieldRule, one: Synced, ours: str, theirs: str, verdict: Verdict, *, first: bool
    ) -> None:
        do, attribute = verdict.do, rule.attribute
        changes = None
        if do in ("take", "append"):
            value = verdict.value if do == "append" else theirs
            changes = back(rule, value, self.facts, self.active.shape)
            decided = first and attribute in self.agreed
            if changes is None or decided or attributes.owned_by_another(self.person, changes, self.work):
                do = "keep"
        if do == "push" and not self._may_push(rule):
            do = "keep"
        sides = ours, theirs, self.active.version, self.reading.seq, self.work
        if do in ("take", "push") and verdict.lost_of:
            conflicts.lost(self.link, name, rule, verdict, *sides)
        if do == "ask":
            conflicts.ask(self.link, name, rule, *sides)
            one.asked = True
            return
        if one.asked:
            conflicts.agreed(self.link, name, self.work)
        version, seq, now = self.active.version, self.reading.seq, self.work.now
        if do in ("take", "append") and changes is not None:
            self._take(name, rule, changes, ours)
            one.settle(verdict.value if do == "append" else theirs, theirs, "crm", version, seq, now)
            one.changed, one.ordered = 0, None
            if do == "append" and verdict.value != theirs and self._may_push(rule):
                one.settle(theirs, theirs, "crm", version, seq, now)
                self._order(name, one, verdict.value)
        elif do == "push":
            one.settle(theirs, theirs, "", version, seq, now)
            self._order(name, one, ours)
        else:
            one.settle(ours, theirs, "", version, seq, now)
            if do == "same":
                one.changed, one.ordered = 0, None
        if attribute and (do == "take" or (do == "same" and ours)):
            self.agreed.add(attribute)

    def _order(self, name: str, one: Synced, value: str) -> None:
        if one.ordered != value:
            one.ordered = value
            self.push.append(name)

    def _may_push(self, rule: FieldRule) -> bool:
        """Only where the mapping writes into records that are there, and by one of several people who share one."""
        if not rule.pushes:
            return False
        sharing = [link.id for link in self.work.links_at(self.link.crm, self.link.record)]
        return not sharing or min(sharing) == self.link.id

    def _take(self, name: str, rule: FieldRule, changes: dict[str, str], ours: str) -> None:
        crm, seq, work = self.link.crm, self.reading.seq, self.work
        attributes.change(self.person, changes, seq, f"crm:{crm}", work)
        if ours:
            work.decide(seq, self.line.version, self.person.id, 0, f"the {rule.attribute} was changed in {crm}")
        self.facts = attributes.facts(self.person, self.active, work)
        self.taken.add(name)

    def _follow(self, before: PersonFacts, seen: list[tuple[str, FieldRule, str, str]]) -> None:
        """What was taken may read otherwise in further fields of the same record."""
        for name, rule, old, theirs in seen:
            ours = forth(rule, self.facts, self.active.shape)
            one = self.synced[name]
            if ours is None or ours == old or self._same(rule, ours, theirs):
                if name in self.taken and ours is not None:
                    one.ours = ours
                continue
            if name in self.taken or (self._may_push(rule) and not one.asked):
                self.touched = True
                one.changed = self.work.now
                if self._may_push(rule):
                    self._order(name, one, ours)

    def _same(self, rule: FieldRule, a: str, b: str) -> bool:
        return a == b or same(a, b, self.active.shape.field(rule), self.active.shape.region)

    def _form(self, rule: FieldRule, value: str) -> str:
        return written_form(rule, value, self.active)


def _quiet(one: Synced) -> bool:
    return one.known and one.writing is None and not (one.unseen or one.asked or one.ordered is not None)


def written_form(rule: FieldRule, value: str, active: Active) -> str:
    """A value as the ledger of own writes has it."""
    return canonical(value, active.shape.field(rule), active.shape.region)


def _alike(a: str, b: str) -> bool:
    """Whether one is the other as a CRM may have put it in order: letter case, blanks, signs, or cut short."""
    one, other = ("".join(char for char in text.casefold() if char.isalnum()) for text in (a, b))
    return bool(one and other) and (one == other or (len(one) >= 20 and other.startswith(one)))


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
            changed_any, one.changed = True, work.now
            if one.asked:
                continue
            base = one.base or Base("", "")
            verdict = settle(base, ours, base.theirs, rule_for(rule, link, line, work))
            if verdict.do in ("push", "append"):
                one.ordered = ours
                wanted.append(name)
            elif verdict.do == "take" and isinstance(line.config.crms[crm].adapter, Reads):
                shelves.touch(work, crm, [Ref("contact", link.record)])  # what stands there comes back
        if changed_any:
            link.synced = synced.dump(known)
        sharing = [one_link.id for one_link in work.links_at(crm, link.record)]
        if wanted and (not sharing or min(sharing) == link.id):
            write(person, link, wanted, seq, work)


def equal(rule: FieldRule, a: str, b: str, active: Active) -> bool:
    """Whether two values of a line's field say the same."""
    return a == b or same(a, b, active.shape.field(rule), active.shape.region)


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
