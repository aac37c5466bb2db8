"""One record beside its person: each field of the mapping against what stood on both sides last, taken or written."""

from __future__ import annotations

from dataclasses import dataclass

from hub.engine.effects import attributes, conflicts, crm_events, fields, refused, synced
from hub.engine.effects.fields import equal, rule_for, their_value
from hub.engine.effects.sight import is_news
from hub.engine.effects.synced import Synced
from hub.engine.line import Line
from hub.mapping.lines import FieldRule
from hub.mapping.merge import SAME, Verdict, judge
from hub.mapping.values import back, forth
from hub.model.records import Record
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
    """Each field of the mapping, by its rule: see `hub.mapping.merge`."""
    _Comparison(record, link, person, reading, line, work).run()


class _Comparison:
    """One record beside its person."""

    def __init__(
        self, record: Record, link: LinkRow, person: PersonRow, reading: Reading, line: Line, work: Workspace
    ) -> None:
        self.record, self.link, self.person, self.reading = record, link, person, reading
        self.line, self.work = line, work
        self.active = fields.active_for(link, line)
        self.facts = attributes.facts(person, self.active, work)
        self.synced = synced.load(link.synced)
        self.touched = False  # whether anything of `synced` changed
        self.agreed: set[str] = set()  # sources that this reading settled: the first line of one decides
        self.push: list[str] = []
        self.taken: set[str] = set()

    def run(self) -> None:
        """Compare, and keep what came of it."""
        before, shape = self.facts, self.active.shape
        seen: list[tuple[str, FieldRule, str, str]] = []
        for name, rule in self.active.mapping.lines(before).items():
            theirs, ours = their_value(rule, self.record, before), forth(rule, before, shape)
            if theirs is not None and ours is not None:
                seen.append((name, rule, ours, theirs))
        for name, rule, ours, theirs in seen:
            one = self.synced.get(name)
            if one is None or one.ours != ours or one.theirs != theirs or one.under_way:
                self._field(name, rule, ours, theirs)
        if self.taken:
            self._follow(seen)
        if self.touched:
            self.link.synced = synced.dump(self.synced)
        if self.push:
            fields.write(self.person, self.link, self.push, self.reading.seq, self.work)
        if self.taken:
            fields.changed(self.person, self.reading.seq, self.line, self.work, but=self.link.crm)

    def _field(self, name: str, rule: FieldRule, ours: str, theirs: str) -> None:
        """A field in which something may be new."""
        self.touched = True
        one = self.synced.get(name)
        if one is None:
            one = self.synced[name] = Synced(known=False)
        rule = rule_for(rule, self.link, self.line, self.work)
        times = {"began": self.reading.at, "modified": self.record.modified}
        if is_news(one, rule, theirs, self.link, self.active, self.work, **times):
            self._heard(name, rule, one, theirs)
        elif one.known:
            theirs = one.theirs
            if not one.asked and self._same(rule, ours, one.ours):
                one.ours = ours
                return
        newer = one.changed > self.record.modified
        verdict = judge(one.base, ours, theirs, rule, self.active.shape, ours_is_newer=newer)
        self._done(name, rule, one, ours, theirs, verdict, first=one.base is None or verdict == SAME)

    def _heard(self, name: str, rule: FieldRule, one: Synced, theirs: str) -> None:
        """Somebody in the CRM changed the field: what the hub wrote until then will not come back as its own."""
        self.work.overwritten(self.link.crm, self.link.key, name, self.record.modified)
        if one.known and not self.reading.first and rule.source != "owner":  # a new owner is told by itself
            told = self.link, name, one.theirs, theirs, self.reading.seq, self.reading.at
            crm_events.record_changed(*told, self.line, self.work)
        if one.known and one.by == "hub":
            one.replaced(self.work.now)
        one.unseen, one.before = False, None

    def _done(
        self, name: str, rule: FieldRule, one: Synced, ours: str, theirs: str, verdict: Verdict, *, first: bool
    ) -> None:
        """Carry out a verdict, as far as it can be."""
        do, value = verdict.do, verdict.value if verdict.do == "append" else theirs
        changes = None
        if do in ("take", "append"):
            changes = back(rule, value, self.facts, self.active.shape)
            decided = first and any(_overlap(rule.source, one) for one in self.agreed)
            if changes is None or decided or attributes.owned_by_another(self.person, changes, self.work):
                do = "keep"
        if do == "push" and not self._may_push(rule):
            do = "keep"
        if do == "push" and one.restless(self.work.now):
            refused.rewrites(self.link, name, one, theirs, self.work)
            do = "keep"
        version, seq, now = self.active.version, self.reading.seq, self.work.now
        sides = ours, theirs, version, seq, self.work
        if do in ("take", "push") and verdict.lost_of:
            conflicts.lost(self.link, name, rule, verdict, *sides)
        if do == "ask":
            conflicts.ask(self.link, name, rule, *sides)
            one.asked = True
            return
        if one.asked:
            conflicts.agreed(self.link, name, self.work)
        if do in ("take", "append") and changes is not None:
            self._take(name, rule, changes, ours)
            back_there = value != theirs and self._may_push(rule)
            one.settle(theirs if back_there else value, theirs, "crm", version, seq, now)
            one.changed, one.ordered = 0, None
            if back_there:
                self._order(name, one, value)
        elif do == "push":
            one.settle(theirs, theirs, "", version, seq, now)
            self._order(name, one, ours)
        else:
            one.settle(ours, theirs, "", version, seq, now)
            one.ordered = None
            if do == "same":
                one.changed = 0
        if rule.attribute and (do == "take" or (do == "same" and ours)):
            self.agreed.add(rule.source)

    def _order(self, name: str, one: Synced, value: str) -> None:
        if one.ordered != value:
            one.ordered = value
            self.push.append(name)

    def _may_push(self, rule: FieldRule) -> bool:
        """Only where the mapping writes into records that are there, and by one of several people who share one."""
        return rule.pushes and fields.speaks_for(self.link, self.work)

    def _take(self, name: str, rule: FieldRule, changes: dict[str, str], ours: str) -> None:
        crm, seq, work = self.link.crm, self.reading.seq, self.work
        attributes.change(self.person, changes, seq, f"crm:{crm}", work)
        if ours:
            work.decide(seq, self.line.version, self.person.id, 0, f"the {rule.attribute} was changed in {crm}")
        self.facts = attributes.facts(self.person, self.active, work)
        self.taken.add(name)

    def _follow(self, seen: list[tuple[str, FieldRule, str, str]]) -> None:
        """What was taken may read otherwise in further fields of the same record."""
        for name, rule, old, theirs in seen:
            ours = forth(rule, self.facts, self.active.shape)
            one = self.synced[name]
            if ours is None or ours == old or self._same(rule, ours, theirs):
                if name in self.taken and ours is not None:
                    one.ours = ours
                continue
            pushes = self._may_push(rule) and not one.restless(self.work.now)
            if name in self.taken or (pushes and not one.asked):
                self.touched = True
                one.now_wanted(ours, self.work.now)
                if pushes:
                    self._order(name, one, ours)

    def _same(self, rule: FieldRule, a: str, b: str) -> bool:
        return equal(rule, a, b, self.active)


def _overlap(a: str, b: str) -> bool:
    """Whether two sources are the same value, or one a part of the other."""
    return a == b or a.startswith(f"{b}.") or b.startswith(f"{a}.")
