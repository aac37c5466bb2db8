"""Tasks, tickets, deals and notes that the hub makes and changes, and what it writes back of an agent's answer."""

from __future__ import annotations

import html
from collections.abc import Collection, Sequence
from functools import partial

from hub import Written
from hub.contracts.errors import HubError, Refused, Rejected
from hub.model.records import ObjectWrite
from hub_hubspot import batches, stages
from hub_hubspot.batches import Fate, Row
from hub_hubspot.bodies import clipped
from hub_hubspot.errors import MissingScope
from hub_hubspot.lookup import Doubt, look
from hub_hubspot.paths import (
    BODY,
    CONTACTS,
    DEALS,
    KINDS,
    MESSAGE,
    NOTES,
    OBJECT_KEY,
    REPLY_RESULT,
    REPLY_STATUS,
    TASKS,
    TICKETS,
    TO_CONTACT,
)
from hub_hubspot.stages import Stage, Stages
from hub_hubspot.transport import Transport

MADE = (TASKS, TICKETS, DEALS, NOTES)
"""What the hub creates; contacts come by upsert, companies are people's own."""
ASKED_FOR = frozenset({"task", "ticket", "deal"})
"""Those of them that the setting `objects` must name."""
LINE = 1_000
"""Characters of a note's title, and of the sentence that says what became of an answer."""


def write(transport: Transport, batch: Sequence[ObjectWrite], objects: Collection[str], known: Stages) -> list[Written]:
    """Create or change the rows, batched by type; `objects` are the types that the settings name.

    Raises Uncertain as soon as anything is not known. Changes go first: they may be repeated. What the token may not
    do (a scope for tickets) fails those rows only, so that conversations are logged all the same.
    """
    changed: dict[tuple[str, str], Fate] = {}
    made: dict[tuple[str, str], Fate] = {}
    for kind in KINDS.values():
        rows = [row for row in batch if KINDS[row.type] == kind and row.record]
        changed |= {(kind, record): fate for record, fate in _change(transport, kind, rows, known).items()}
    for kind in KINDS.values():
        latest = {row.key: row for row in batch if KINDS[row.type] == kind and not row.record}
        with batches.in_part(made):
            if latest and kind in (TASKS, TICKETS, DEALS) and not any(KINDS[name] == kind for name in objects):
                told = f"the hub makes no {kind} in HubSpot: name them in `objects` of the CRM in hub.toml"
                created = {key: Fate(error=Rejected(told)) for key in latest}
            else:
                created = _create(transport, kind, list(latest.values()), known)
        made |= {(kind, key): fate for key, fate in created.items()}
    written = []
    for row in batch:
        kind = KINDS[row.type]
        fate = changed[kind, row.record] if row.record else made[kind, row.key]
        written.append(Written(outbox=row.outbox, record=fate.record, new=fate.new, error=fate.error))
    return written


def _change(transport: Transport, kind: str, rows: Sequence[ObjectWrite], known: Stages) -> dict[str, Fate]:
    """Fates by record id; two changes of one record become one, whose later values win."""
    fates: dict[str, Fate] = {}
    values: dict[str, dict[str, str]] = {}
    for row in rows:
        try:
            values[row.record] = values.get(row.record, {}) | _values(known, row, kind)
        except (Refused, MissingScope) as refused:
            fates[row.record] = Fate(error=_refusal(refused))
    inputs = [
        Row(trace=record, input={"id": record, "properties": given, "objectWriteTraceId": record}, mark=_mark(kind))
        for record, given in values.items()
        if given and record not in fates
    ]
    fates |= {record: Fate(record=record) for record, given in values.items() if not given}
    update = partial(transport.send, transport.batch(kind).update) if inputs else None
    return fates | _sent(kind, inputs, update, repeatable=True)


def _create(transport: Transport, kind: str, rows: Sequence[ObjectWrite], known: Stages) -> dict[str, Fate]:
    """Fates by key. A doubtful row is looked for under its contact first."""
    fates: dict[str, Fate] = {}
    doubtful = [row for row in rows if row.doubtful]
    doubts = [Doubt(row.key, at, row.since) for row in doubtful for at in (row.contact, row.elsewhere) if at]
    if doubts and kind in MADE:
        try:
            there = look(transport, kind, _mark(kind), doubts)
        except MissingScope as lacking:
            return {row.key: Fate(error=_refusal(lacking)) for row in rows}
        fates |= {key: Fate(record=record) for key, record in there.items()}
    inputs = []
    for row in rows:
        if row.key in fates:
            continue
        try:
            values = _first(known, kind, row, transport.now())
        except (Refused, MissingScope) as refused:
            fates[row.key] = Fate(error=_refusal(refused))
        else:
            inputs.append(batches.creation(row.key, values, row.contact, TO_CONTACT[kind], mark=_mark(kind)))
    create = partial(transport.send, transport.batch(kind).create, repeatable=False) if inputs else None
    made = _sent(kind, inputs, create, repeatable=False)
    return fates | {key: Fate(record=f.record, new=not f.error, error=f.error) for key, f in made.items()}


def _sent(kind: str, rows: Sequence[Row], call: batches.Call | None, *, repeatable: bool) -> dict[str, Fate]:
    if call is None:
        return {}
    try:
        return batches.write(rows, call, repeatable=repeatable)
    except MissingScope as lacking:
        if kind == CONTACTS:
            raise
        return {row.trace: Fate(error=_refusal(lacking)) for row in rows}


def _refusal(error: HubError) -> HubError:
    return error if isinstance(error, Refused) else Rejected(str(error))


def _mark(kind: str) -> str:
    return MESSAGE if kind == NOTES else OBJECT_KEY


def _first(known: Stages, kind: str, row: ObjectWrite, now: int) -> dict[str, str]:
    """Everything that a new record needs. Raises Refused where the row lacks something."""
    if kind not in MADE:
        raise Rejected(f"the hub makes no {kind} in HubSpot by itself")
    if not row.contact:
        raise Rejected(f"a {row.type} is made under a contact, and none is given")
    values = _values(known, row, kind) | {_mark(kind): row.key}
    if kind in (TASKS, NOTES):
        values.setdefault("hs_timestamp", str(now))
    if kind == TASKS:
        values = {"hs_task_status": "NOT_STARTED", "hs_task_type": "TODO"} | values
    if kind in (TICKETS, DEALS) and not row.stage and not row.done:
        values |= stages.placed(kind, stages.first(known, kind))
    return values


def _values(known: Stages, row: ObjectWrite, kind: str) -> dict[str, str]:
    """The properties that a row sets; what is empty is left alone. Raises Rejected for a stage that does not exist."""
    values = {
        _TITLE.get(kind, ""): row.title,
        _BODY.get(kind, ""): clipped(row.body) if kind == TASKS else row.body,
        _PRIORITY.get(kind, ""): row.priority.upper() if kind != DEALS else row.priority,
        _DUE.get(kind, ""): str(row.due) if row.due else "",
        "hubspot_owner_id": row.owner,
        REPLY_STATUS: row.reply_status,
        REPLY_RESULT: row.reply_result[:LINE],
    }
    if kind == NOTES and (row.title or row.body):
        title = f"<b>{html.escape(row.title[:LINE], quote=False)}</b><br>" if row.title else ""
        values["hs_note_body"] = title + clipped(row.body, BODY - len(title))
    if kind == TASKS:
        values["hs_task_status"] = "COMPLETED" if row.done else row.stage.upper()
    elif kind in (TICKETS, DEALS) and (row.stage or row.done):
        values |= stages.placed(kind, _stage(known, row, kind))
    return {name: value for name, value in values.items() if name and value}


def _stage(known: Stages, row: ObjectWrite, kind: str) -> Stage:
    return stages.named(known, kind, row.stage) if row.stage else stages.end(known, kind)


_TITLE = {TASKS: "hs_task_subject", TICKETS: "subject", DEALS: "dealname"}
_BODY = {TASKS: "hs_task_body", TICKETS: "content", DEALS: "description"}
_PRIORITY = {TASKS: "hs_task_priority", TICKETS: "hs_ticket_priority", DEALS: "hs_priority"}
_DUE = {TASKS: "hs_timestamp", DEALS: "closedate"}
