"""A mapping file becomes the next version of a CRM's mapping: looked at, tried with a few people, then active."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256

from hub.contracts.errors import ConfigError
from hub.engine.effects import attributes, fields, people, reapply, synced
from hub.engine.effects.reapply import state
from hub.engine.line import Active, Line
from hub.mapping import Mapping, check
from hub.mapping.diff import changes
from hub.mapping.merge import judge
from hub.mapping.values import forth
from hub.model.by_hand import MappingApplied
from hub.store import mappings
from hub.store.configurations import move_on
from hub.store.journal import Claimed
from hub.store.rows import MappingRow
from hub.store.workspace import Workspace

LIVE = "mapping:"
"""What a wake-up begins with that says that another version runs; the CRM's name follows."""
LOOKED_AT = 4
"""Times as many people are looked at for a trial as it has: some have nothing that would be written."""
TRIED = "trial"
"""Rule of the commands that write people for the sake of a trial."""


def text_hash(text: str) -> str:
    """By which two versions with the same text are known."""
    return sha256(text.encode()).hexdigest()[:16]


def applied(event: MappingApplied, row: Claimed, line: Line, work: Workspace) -> None:
    """The file is version N from now on, is tried first, or is refused with a reason that stands in its row."""
    crm = event.crm
    if crm not in line.config.crms:
        work.decide(row.seq, line.version, 0, 0, f"no mapping was applied: there is no CRM called {crm}")
        return
    current, trial = state(crm, "active", work), state(crm, "trial", work)
    digest = text_hash(event.text)
    if current is not None and current.hash == digest and trial is None:
        _same(event, current, row.seq, line, work)
        return
    number = work.mappings.next_id()
    new = MappingRow(number, crm, work.now, event.text, digest, event.agent, event.note, "rejected", work.now)
    work.mappings.add(new)
    try:
        mapping = line.config.read_mapping(event.text, f"version {number}", draft=True)
        new.reason = "; ".join(map(str, _mistakes(mapping, crm, work)))
    except ConfigError as error:
        new.reason = str(error)
    if not new.reason and trial is not None and event.trial > 0:
        new.reason = f"version {trial.id} is on trial: wait for its end"
    if new.reason:
        work.decide(row.seq, line.version, 0, 0, f"version {number} of the mapping of {crm} was refused: {new.reason}")
        return
    if trial is not None:
        end_trial(trial, f"version {number} took its place", row.seq, line, work)
    _try(event, mapping, current, new, row.seq, line, work)
    if new.state != "trial":
        activate(new, current, row.seq, line, work)
        if event.reapply:
            reapply.begin(new, mapping, row.seq, line, work)


def _mistakes(mapping: Mapping, crm: str, work: Workspace) -> list[ConfigError]:
    """What does not fit the CRM's fields as they were read last."""
    known = mappings.shape(work.db, crm)
    return check(mapping, known.schema) if known else []


def _same(event: MappingApplied, current: MappingRow, seq: int, line: Line, work: Workspace) -> None:
    """It is what runs already; people whom an abandoned version wrote can still be written again."""
    because = f"the mapping of {event.crm} is version {current.id} already"
    work.decide(seq, line.version, 0, 0, because)
    if event.reapply:
        reapply.begin(current, line.config.read_mapping(current.text, f"version {current.id}"), seq, line, work)


def _try(
    event: MappingApplied,
    mapping: Mapping,
    current: MappingRow | None,
    new: MappingRow,
    seq: int,
    line: Line,
    work: Workspace,
) -> None:
    """Order a write of the people who wrote last, if there is anything to write into records that are there."""
    written = {one.field for one in mapping.person if one.pushes}
    if current is not None:
        former = line.config.read_mapping(current.text, f"version {current.id}")
        if _mistakes(former, event.crm, work):  # nobody is written by it anyway: there is nothing to go back to
            return
        written &= {change.field for change in changes(former, mapping)}
    if event.trial <= 0 or not written:
        return
    found = mappings.recent_people(work.db, event.crm, LOOKED_AT * event.trial)
    work.people.fetch(found)
    for link in work.links.fetch_by("person", found):
        work.file_link(link)
    active = line.active(event.crm, mapping, new.id)
    rows: list[int] = []
    for number in found:
        only = _wanted(number, event.crm, written, active, line, work)
        if only and len(rows) < event.trial:
            body = json.dumps({"mapping": new.id, "only": only})
            rows.append(_try_with(number, event.crm, seq, body, work))
    if not rows:
        return
    told = {"limit": event.limit, "rows": rows, "event": seq, "reapply": event.reapply}
    new.state, new.ended, new.trial = "trial", 0, json.dumps(told)
    move_on(work.db, work.now)
    work.decide(seq, line.version, 0, 0, f"version {new.id} of the mapping of {event.crm} is tried with {len(rows)}")


def _wanted(number: int, crm: str, written: Collection[str], active: Active, line: Line, work: Workspace) -> list[str]:
    """The fields among `written` that the version would write of a person. Where the record's value is not known, it is
    looked at before it is written."""
    person, link, found = work.people.get(number), work.link_of.get((number, crm)), []
    if person is None or person.erased or link is None or not link.ready:
        return []
    facts, known = attributes.facts(person, active, work), synced.load(link.synced)
    for name, one_line in active.mapping.lines(facts).items():
        rule, one = fields.rule_for(one_line, link, line, work), known.get(name)
        ours = forth(rule, facts, active.shape)
        if name not in written or not rule.pushes or not ours or not active.shape.holds(rule, ours):
            continue
        if (
            one is None
            or not one.known
            or (not one.asked and judge(one.base, ours, one.theirs, rule, active.shape).do in ("push", "append"))
        ):
            found.append(name)
    return sorted(found)


def activate(new: MappingRow, former: MappingRow | None, seq: int, line: Line, work: Workspace) -> None:
    """It runs from now on; the line uses it once this is on disk."""
    if former is not None:
        former.state, former.ended = "retired", work.now
    new.state, new.ended = "active", 0
    move_on(work.db, work.now)
    work.woken |= {new.crm, f"{LIVE}{new.crm}"}
    work.decide(seq, line.version, 0, 0, f"version {new.id} of the mapping of {new.crm} is active")


def end_trial(trial: MappingRow, reason: str, seq: int, line: Line, work: Workspace) -> None:
    """It is not to run: what it wrote, or may have written, is written again as the version that stays has it."""
    trial.state, trial.ended, trial.reason = "rejected", work.now, reason
    move_on(work.db, work.now)
    work.decide(seq, line.version, 0, 0, f"version {trial.id} of the mapping of {trial.crm} was refused: {reason}")
    rows = trial_of(trial).rows
    work.outbox.fetch(rows)
    commands = [command for number in rows if (command := work.outbox.get(number)) is not None]
    wrote = [c.lane for c in commands if c.state in ("done", "started") or (c.attempts and c.state != "dead")]
    for command in commands:
        if command.open and command.state != "started":
            command.end("dropped", reason)
    current = state(trial.crm, "active", work)
    if current is None:
        return
    mapping = line.config.read_mapping(current.text, f"version {current.id}")
    pushed = {one.field for one in mapping.person if one.pushes}
    try:
        tried = line.config.read_mapping(trial.text, f"version {trial.id}")
    except ConfigError:  # what it needs is not installed any more: whatever it may have written
        only = sorted(pushed)
    else:
        only = sorted(pushed & {change.field for change in changes(tried, mapping)})
    for person in wrote if only else ():
        reapply.order(person, trial.crm, seq, json.dumps({"only": only}), work)
    work.woken.add(trial.crm)


@dataclass(frozen=True, slots=True)
class Trial:
    """How a version is tried: the share of refusals that it may have, the commands, the event that asked for it, and
    whether everybody whom another version wrote is to be written again once it is active."""

    limit: float = 0.0
    rows: tuple[int, ...] = ()
    event: int = 0
    reapply: bool = False


def trial_of(row: MappingRow) -> Trial:
    """What stands in the version's row about its trial."""
    told = json.loads(row.trial or "{}")
    return Trial(**{**told, "rows": tuple(told.get("rows", ()))})


def _try_with(person: int, crm: str, seq: int, body: str, work: Workspace) -> int:
    return people.add_outbox(
        work, kind="person", target=crm, lane=person, event=seq, rule=TRIED, slot=str(person), body=body
    ).id
