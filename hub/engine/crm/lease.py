"""The lease of CRM batches, in the writer's thread: what is due becomes rows for the adapter, started on disk first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from hub.engine.crm.logs import Logs
from hub.engine.effects import answers, attributes, fields, synced, taken
from hub.engine.effects.synced import Synced
from hub.engine.line import Active, Line
from hub.mapping.lines import FieldRule
from hub.mapping.values import forth
from hub.model.records import FileWrite, LogEntry, ObjectWrite, PersonWrite
from hub.store import Store, trail
from hub.store.blobs import FolderBlobs
from hub.store.rows import LinkRow, MessageRow, OutboxRow, PersonRow
from hub.store.workspace import Needs, Workspace

SESSION_LINGER = 5_000
"""ms for which the messages of a session gather before its record grows."""
WORDS = 200
"""Characters of a message by which its text is known again, where it was cut."""
TAKEN_BACK = "[deleted by the sender]"
ORDERED = ("sync", "link", "again")
"""Rules of the commands that write into a linked record what is still ordered when they start, and no more."""
FILES = 4
"""Files of one lease: each is a call of its own."""


@dataclass(slots=True)
class Batch:
    """CRM rows that are on disk as started; or none, and how long to wait (ms) before some are due. `attempts` and, of
    people, the mapping that made them (`actives`) and the record that was deleted (`before`) go by the row."""

    persons: list[PersonWrite] = field(default_factory=list)
    logs: list[LogEntry] = field(default_factory=list)
    objects: list[ObjectWrite] = field(default_factory=list)
    files: list[FileWrite] = field(default_factory=list)
    attempts: dict[int, int] = field(default_factory=dict)
    actives: dict[int, Active] = field(default_factory=dict)
    before: dict[int, str] = field(default_factory=dict)
    wait: int = 0

    @property
    def rows(self) -> Sequence[Any]:
        """Its rows; a batch is of one kind."""
        return self.persons or self.logs or self.objects or self.files


def lease_crm(store: Store, line: Line, crm: str, kind: str, now: int, limit: int, linger: int) -> Batch:
    """A batch for a CRM: as soon as it is full, or the oldest row has waited `linger` ms.

    A batch that is more than half full by then waits half as long again: it will be full, and calls are scarce.
    """
    if kind == "file":
        limit, linger = min(limit, FILES), 0
    if linger and kind == "log" and line.config.crms[crm].log_mode == "session":
        linger = max(linger, SESSION_LINGER)
    return store.beside(lambda: _lease(store, line, crm, kind, now, limit, linger))


def _lease(store: Store, line: Line, crm: str, kind: str, now: int, limit: int, linger: int) -> Batch:
    store.assert_duty(f"crm:{crm}")
    work = store.workspace(now)
    if not work.first_read_done(crm):
        return Batch()
    rows = work.take_due(crm, kind, limit)
    if not rows:
        return Batch()
    if limit > len(rows) > limit * 0.6:
        linger += linger // 2
    waited = now - min(row.created for row in rows)
    wait = linger - waited if waited >= 0 else 0  # below 0: the clock was set back meanwhile
    if len(rows) < limit and wait > 0:
        return Batch(wait=wait)
    work.load(Needs(around=True))
    lease = _Lease(line, crm, work)
    match kind:
        case "person":
            lease.persons(rows)
        case "log":
            lease.logs(rows)
        case "object":
            lease.objects(rows)
        case "file":
            lease.files(rows)
    work.save()
    spans = trail.runs(row.id for row in rows)
    trail.note(store.db, trail.CRM, now, version=line.version, crm=crm, kind=kind, rows=spans)
    return lease.batch


class _Lease:
    """One lease under way."""

    def __init__(self, line: Line, crm: str, work: Workspace) -> None:
        self._line, self._crm, self._work = line, crm, work
        self.batch = Batch()

    def _around(self, row: OutboxRow) -> tuple[LinkRow, PersonRow] | None:
        link, person = self._work.link_of.get((row.lane, self._crm)), self._work.people.get(row.lane)
        if link is None or person is None:
            row.end("dead", "its person is gone")
            return None
        return link, person

    def _start(self, row: OutboxRow) -> None:
        row.state, row.started = "started", self._work.now
        row.attempts += 1
        self.batch.attempts[row.id] = row.attempts

    def persons(self, rows: Sequence[OutboxRow]) -> None:
        """People to make or to change; what the hub writes is noted, so that it is known when it comes back."""
        for row in rows:
            if (around := self._around(row)) is None:
                continue
            link, person = around
            if link.state == "gone":
                row.end("dropped", link.reason)
                link.synced = synced.nothing_ordered(link.synced)
                continue
            active = self._active(row, link)
            known = synced.load(link.synced)
            for one in known.values():
                if one.writer == row.id:  # what this try leaves out is on its way no more
                    one.writing = None
            wanted = self._linked(row, person, link, known, active) if link.ready else self._new(person, active)
            values = self._held(row, wanted, link, known, active)
            if not values and link.ready and row.rule != "link":
                link.synced = synced.dump(known)
                row.end("dropped", "the CRM has it already, has no room for it, or the mapping writes none")
                continue
            expected = self._note(row, values, known, link, active)
            row.record = link.record if link.ready else ""
            if link.record and not link.ready:
                self.batch.before[row.id] = link.record
            self.batch.actives[row.id] = active
            self.batch.persons.append(
                PersonWrite(
                    outbox=row.id,
                    key=link.key,
                    record=row.record,
                    fields=values,
                    expected=expected if link.ready else {},
                )
            )
            self._start(row)

    def _active(self, row: OutboxRow, link: LinkRow) -> Active:
        """The mapping that counts for a command: one on trial, if it says so, or if that wrote the record last."""
        trial = json.loads(row.body).get("mapping", 0) if row.body else 0
        return self._line.trials.get(trial) or fields.active_for(link, self._line)

    def _new(self, person: PersonRow, active: Active) -> dict[str, str]:
        """What a record gets that is made."""
        facts = attributes.facts(person, active, self._work)
        found = {}
        for name, rule in active.mapping.lines(facts).items():
            if rule.direction != "pull" and (value := forth(rule, facts, active.shape, creating=True)):
                found[name] = value
        return found

    def _held(
        self, row: OutboxRow, wanted: dict[str, str], link: LinkRow, known: dict[str, Synced], active: Active
    ) -> dict[str, str]:
        """What of it the CRM's fields have room for, by what is known of them. The rest is left out, as if the CRM had
        refused it."""
        found, rules = {}, {rule.field: rule for rule in active.mapping.person}
        for name, value in wanted.items():
            if active.shape.holds(rules[name], value):
                found[name] = value
                continue
            one = known.setdefault(name, Synced(known=False))
            one.ordered, one.version = None, active.version
            one.writing = None if one.writer == row.id else one.writing
            if not (one.left and one.ours == value):  # else it was told when this command was tried before
                has = active.shape.field(rules[name]).options
                reason = f"it {'has no option' if has else 'cannot hold'} '{value[:40]}'"
                taken.leave(link, name, one, value, reason, row, self._work)
            link.synced = synced.dump(known)
        return found

    def _linked(
        self, row: OutboxRow, person: PersonRow, link: LinkRow, known: dict[str, Synced], active: Active
    ) -> dict[str, str]:
        """What of the ordered fields the record does not have yet; the others are ordered no more."""
        body = json.loads(row.body) if row.body else {}
        only, decided = body.get("only"), bool(body.get("decided"))
        facts = attributes.facts(person, active, self._work)
        speaks = fields.speaks_for(link, self._work)
        found = {}
        for name, line in active.mapping.lines(facts).items():
            rule = fields.rule_for(line, link, self._line, self._work)
            one = known.get(name) or Synced(known=False)
            if (only is not None and name not in only) or not (decided or (rule.pushes and speaks)):
                continue
            value = forth(rule, facts, active.shape)
            if decided and one.ordered is not None:  # a human says so: also what the hub cannot hold
                value = one.ordered
            there = one.theirs if one.known else ""
            emptied = decided or (rule.blank == "send" and one.known and bool(one.ours))
            if value is None or fields.equal(rule, value, there, active) or not (value or emptied):
                one.ordered = None
                continue
            if self._writes(one, value, rule, active):
                continue  # another command does it just now
            if row.rule in ORDERED and one.ordered is None:
                continue  # it was settled in another way meanwhile
            if (one.asked or (one.left and value == one.ours)) and not decided:
                continue
            found[name] = value
        return found

    def _writes(self, one: Synced, value: str, rule: FieldRule, active: Active) -> bool:
        """Whether another command has this value on its way."""
        if one.writing is None or not fields.equal(rule, value, one.writing, active):
            return False
        self._work.outbox.fetch([one.writer])
        writer = self._work.outbox.get(one.writer)
        return writer is not None and writer.open == 1

    def _note(
        self, row: OutboxRow, values: dict[str, str], known: dict[str, Synced], link: LinkRow, active: Active
    ) -> dict[str, str]:
        """What the hub writes is noted, so that it is known when it comes back. Returns what it saw there last."""
        expected = {}
        rules = {rule.field: rule for rule in active.mapping.person}
        speaks = not link.ready or fields.speaks_for(link, self._work)
        for name, value in values.items():
            one = known.get(name)
            if one is None:
                one = known[name] = Synced(known=False)
            expected[name] = one.theirs if one.known else ""
            one.writing, one.writer, one.began, one.version = value, row.id, self._work.now, active.version
            if speaks:  # else whoever has the record first of all takes it as somebody's change
                self._work.wrote(self._crm, link.key, name, fields.written_form(rules[name], value, active))
        link.synced, link.mapping = synced.dump(known), active.version if values else link.mapping
        return expected

    def logs(self, rows: Sequence[OutboxRow]) -> None:
        """Messages, or sessions that grew."""
        logs = Logs(self._line, self._crm, self._work)
        logs.look(rows)
        for row in rows:
            if (around := self._around(row)) is None:
                continue
            link, person = around
            if not link.ready:
                row.state = "held"
                continue
            logs.add(row, link, person)
        for row, entry in logs.entries():
            self.batch.logs.append(entry)
            self._start(row)

    def objects(self, rows: Sequence[OutboxRow]) -> None:
        """Records to make under contacts, and outcomes to write back where agents asked for a reply."""
        bodies = {row.id: json.loads(row.body) for row in rows}
        self._work.answers.fetch(answers.about(row) for row in rows)
        for row in rows:
            body = bodies[row.id]
            if about := answers.about(row):
                answer = self._work.answers.get(about)
                if answer is None:
                    row.end("dead", "the reply it is about is gone")
                    continue
                row.record = answer.record
                write = ObjectWrite(
                    outbox=row.id,
                    type=answer.type,  # type: ignore[arg-type]
                    key=f"{self._line.tag}-o{row.id}",
                    record=answer.record,
                    reply_status=body["status"],
                    reply_result=body["result"],
                    doubtful=bool(row.doubt),
                    since=row.created,
                )
            elif "record" in body:  # it stands there: whose it is does not matter
                key = f"{self._line.tag}-o{row.id}"
                doubt = bool(row.doubt)
                write = ObjectWrite(outbox=row.id, key=key, doubtful=doubt, since=row.created, **body)
            else:
                if (around := self._around(row)) is None:
                    continue
                link = around[0]
                if not link.ready:
                    row.state = "held"
                    continue
                row.record = row.record if row.doubt and row.record else link.record
                body = _without(self._work.messages.get(row.message), body)
                write = ObjectWrite(
                    outbox=row.id,
                    key=f"{self._line.tag}-o{row.id}",
                    contact=row.record,
                    doubtful=bool(row.doubt),
                    since=row.created,
                    elsewhere=link.record if link.record != row.record else "",
                    **{**body, "owner": body.get("owner") or link.owner},
                )
            self.batch.objects.append(write)
            self._start(row)

    def files(self, rows: Sequence[OutboxRow]) -> None:
        """Stored files to put into the CRM."""
        blobs = FolderBlobs(self._line.config.hub.files)
        media = {row.id: int(json.loads(row.body)["media"]) for row in rows}
        self._work.media.fetch(media.values())
        for row in rows:
            file, message = self._work.media.get(media[row.id]), self._work.messages.get(row.message)
            if file is None or message is None or file.state != "stored" or message.deleted:
                row.end("dropped", "the file is kept no more")
                continue
            name = file.name or f"{file.kind}-{file.id}"
            write = FileWrite(
                outbox=row.id,
                key=f"{self._line.tag}-f{file.id}",
                path=str(blobs.path(file.blob)),
                name=name,
                mime=file.mime,
                size=file.size,
            )
            self.batch.files.append(write)
            self._start(row)


def _without(message: MessageRow | None, body: dict[str, Any]) -> dict[str, Any]:
    """What is to be made, without the words of a message that its writer took back meanwhile."""
    if message is None or not message.deleted:
        return body
    first = json.loads(message.content).get("first", "") if message.content else ""
    said = [words[:WORDS] for text in (message.text, first) if (words := text.strip())]
    told = {name: TAKEN_BACK for name in ("title", "body") if any(words in body.get(name, "") for words in said)}
    return body | told
