"""Changes that were made in a CRM by somebody else than the hub, as events of the hub: for rules and plugins."""

from __future__ import annotations

import json

from hub.engine.line import Line, incoming
from hub.model.happened import CrmChange, DealStage, OwnerChanged, RecordChanged, TaskDone
from hub.model.records import CrmObject
from hub.store import crm as shelves
from hub.store.rows import LinkRow, ObjectRow
from hub.store.workspace import Workspace

OWN = "hub"
"""The key in an object's fields under which stands what the hub itself ordered and has not read since."""


def record_changed(
    link: LinkRow, field: str, before: str, after: str, seq: int, at: int, line: Line, work: Workspace
) -> None:
    """A field of a person's record that the mapping names."""
    _raise(RecordChanged, link, "contact", link.record, field, before, after, seq, at, line, work)


def owner_changed(link: LinkRow, after: str, field: str, seq: int, at: int, line: Line, work: Workspace) -> None:
    """The owner of a person's record, as ids; told by his e-mail address where that is known."""
    owners = line.mapping(link.crm).shape.owners
    before, after = (owners[i].email or i if i in owners else i for i in (link.owner, after))
    _raise(OwnerChanged, link, "contact", link.record, field, before, after, seq, at, line, work)


def ordered(row: ObjectRow, stage: str, owner: str, done: bool) -> None:
    """The hub itself is about to change this record: when it shows, that is no news."""
    fields = json.loads(row.fields)
    own = fields.get(OWN, {}) | {k: v for k, v in (("stage", stage), ("owner", owner), ("done", done)) if v}
    row.fields = json.dumps(fields | {OWN: own}, ensure_ascii=False)


def object_read(row: ObjectRow, now: CrmObject, seq: int, at: int, line: Line, work: Workspace) -> dict[str, object]:
    """What is new in a record beside the contacts. Returns what the hub ordered and has not seen yet."""
    before = json.loads(row.fields)
    own = dict(before.get(OWN, {}))
    label = str(now.fields.get("stage_label", ""))
    kinds = (DealStage.kind, OwnerChanged.kind, TaskDone.kind)
    link = None
    if any(line.listens(kind) for kind in kinds):
        link = next((one for c in now.contacts if (one := work.link_at.get((row.crm, c))) is not None), None)
        if link is None and (person := shelves.person_of(work, row.crm, row.id)):
            work.bring(person)
            link = work.link_of.get((person, row.crm))
    if now.stage != row.stage:
        ours = str(own.pop("stage", "")).casefold()
        if (
            row.type == "deal"
            and link is not None
            and (not ours or ours not in (now.stage.casefold(), label.casefold()))
        ):
            told = str(before.get("stage_label", "")) or row.stage
            _raise(DealStage, link, row.type, row.record, "stage", told, label or now.stage, seq, at, line, work)
    if now.owner != row.owner and row.owner:
        ours = str(own.pop("owner", ""))
        if link is not None and ours != now.owner:
            owners = line.mapping(row.crm).shape.owners
            told, after = (owners[i].email or i if i in owners else i for i in (row.owner, now.owner))
            _raise(OwnerChanged, link, row.type, row.record, "owner", told, after, seq, at, line, work)
    if now.closed and not row.closed:
        ours_done = own.pop("done", False)
        if row.type == "task" and link is not None and not ours_done:
            _raise(TaskDone, link, row.type, row.record, "done", "false", "true", seq, at, line, work)
    return own


def _raise(
    cls: type[CrmChange],
    link: LinkRow,
    type_: str,
    record: str,
    field: str,
    before: str,
    after: str,
    seq: int,
    at: int,
    line: Line,
    work: Workspace,
) -> None:
    """One event for a field of a record, however often a page shows it; none where nobody listens."""
    if not line.listens(cls.kind):
        return
    key = f"{seq}.{link.crm}.{type_}.{record}.{field}.{link.person}"
    name = f"{cls.kind}:{key}"
    if (known := work.raised.pop(name, None)) is not None:
        before = json.loads(known.body)["before"]
        if before == after:
            return
    event = cls(
        key=key,
        at=at,
        crm=link.crm,
        person=link.person,
        type=type_,
        record=record,
        field=field,
        before=before,
        after=after,
    )
    work.raised[name] = incoming(event, f"{link.crm}|{record}")
