"""Tasks, cases, opportunities and notes that the hub makes and changes, and what it writes back of an agent's answer.

Everything is made by an external id, so a row in doubt is simply written again. A note is a completed task. Neither a
case nor an opportunity can hang under a lead: it stands without a contact, and its text names the lead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from hub import Written
from hub.contracts.errors import NotFound, Refused, Rejected
from hub.model.records import ObjectWrite
from hub_salesforce import bodies, cures
from hub_salesforce.batches import Writer
from hub_salesforce.cures import Attempt
from hub_salesforce.logs import completed, day, elsewhere, under
from hub_salesforce.parents import same
from hub_salesforce.paths import (
    ACCOUNT,
    CASE,
    CHANNEL,
    CONTACT,
    DESCRIPTION,
    IN_LIST,
    KINDS,
    LEAD,
    MESSAGE,
    OBJECT_KEY,
    OPPORTUNITY,
    REPLY_RESULT,
    REPLY_STATUS,
    SUBJECT,
    TASK,
    kind_of,
)
from hub_salesforce.persons import NO_RULES
from hub_salesforce.rows import Fate, Row
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.shapes import is_id, parts
from hub_salesforce.stages import FIELDS
from hub_salesforce.transport import soql_text

MAKES = frozenset({"task", "ticket", "deal"})
"""What the setting `objects` must name before the hub makes it."""
CLOSE_AFTER = 30 * 86_400_000
"""ms until a new opportunity is expected to close, where nothing is said: Salesforce takes none without a day."""
NAME = 120
"""Characters of an opportunity's name."""
RESULT = 255
"""Characters of the sentence that says what became of an answer."""
PRIORITIES = {
    TASK: {"low": "Low", "medium": "Normal", "high": "High"},
    CASE: {"low": "Low", "medium": "Medium", "high": "High"},
}
_TITLES = {TASK: ("Subject", SUBJECT), CASE: ("Subject", SUBJECT), OPPORTUNITY: ("Name", NAME)}
_DUE = {TASK: "ActivityDate", OPPORTUNITY: "CloseDate"}
_NEEDED = frozenset(
    {MESSAGE, OBJECT_KEY, "WhoId", "WhatId", "Subject", "Description", "Name", "StageName", "CloseDate"}
)
_NEEDED |= {REPLY_STATUS, f"{REPLY_STATUS[:-1]}pc"}


def write(writer: Writer, batch: Sequence[ObjectWrite], settings: SalesforceSettings) -> list[Written]:
    """Create and change records, as `WritesObjects.write`; of two changes of one record the later values win."""
    fates: dict[str, Fate] = {}
    attempts: dict[str, Attempt] = {}
    accounts = _accounts(writer, [row.contact for row in batch if row.type == "deal" and not row.record])
    for row in batch:
        trace = _trace(row)
        try:
            made = _changed(writer, row) if row.record else _first(writer, row, settings, accounts)
        except Refused as refused:
            fates[trace] = Fate(error=refused)
            continue
        if row.record and trace in attempts:
            made.row = replace(made.row, values={**attempts[trace].row.values, **made.row.values})
        attempts[trace] = made
    for trace, attempt in list(attempts.items()):
        if trace in fates or not attempt.row.values:
            fates.setdefault(trace, Fate(record=attempt.row.record))
            del attempts[trace]
    fates |= cures.write(writer, attempts.values(), repeatable=False)
    return [_written(row, fates[_trace(row)]) for row in batch]


def _changed(writer: Writer, row: ObjectWrite) -> Attempt:
    """The change of a record that stands; what is empty is left alone."""
    kind = kind_of(row.record)
    if kind != KINDS[row.type] and not (row.type == "contact" and kind in (LEAD, ACCOUNT)):
        raise NotFound(f"this id is no {row.type} of Salesforce")
    values = _values(writer, row, kind)
    headers = (NO_RULES,) if kind in (CASE, LEAD, ACCOUNT) else ()
    made = Row(trace=_trace(row), kind=kind, values=values, record=row.record, headers=headers)
    return Attempt(made, needed=_NEEDED, allow=True)


def _first(writer: Writer, row: ObjectWrite, settings: SalesforceSettings, accounts: Mapping[str, str]) -> Attempt:
    """Everything that a new record needs. Raises Refused where the row lacks something."""
    kind = KINDS[row.type]
    if row.type not in MAKES | {"note"}:
        raise Rejected(f"the hub makes no {row.type} in Salesforce by itself")
    if row.type != "note" and row.type not in settings.objects:
        raise Rejected(f"the hub makes no {kind} in Salesforce: name `{row.type}` in `objects` of the CRM in hub.toml")
    if not row.contact:
        raise Rejected(f"a {row.type} is made under a contact, and none is given")
    key = MESSAGE if kind == TASK else OBJECT_KEY
    values = _values(writer, row, kind) | {key: row.key}
    transport = writer.transport
    if kind == TASK:
        values |= under(row.contact)
        values.setdefault("Subject", bodies.fitted(" ".join(row.body.split()) or row.type.capitalize(), SUBJECT, "…"))
        if row.type == "note":
            values = completed(writer) | values | {"ActivityDate": day(transport, row.due or transport.now())}
            values[CHANNEL] = row.type  # what tells it from the tasks that somebody has to do
    else:
        values |= _beneath(row.contact, kind, accounts)
        if kind_of(row.contact) == LEAD:
            body = f"{row.body}\n\nLead: {row.contact}" if row.body else f"Lead: {row.contact}"
            values["Description"] = bodies.fitted(body, DESCRIPTION)
    if kind == OPPORTUNITY:
        values.setdefault("Name", bodies.fitted(" ".join(row.body.split()) or "New", NAME, "…"))
        values.setdefault("StageName", writer.stages.first(kind))
        values.setdefault("CloseDate", day(transport, transport.now() + CLOSE_AFTER))
    headers = (NO_RULES,) if kind == CASE and row.owner else ()
    made = Row(trace=_trace(row), kind=kind, values=values, key=key, parents=(row.contact,), headers=headers)
    instead = elsewhere(made, row.elsewhere) if kind == TASK else None
    return Attempt(made, needed=_NEEDED, instead=instead)


def _beneath(contact: str, kind: str, accounts: Mapping[str, str]) -> dict[str, str]:
    """What hangs a case or an opportunity under a person; Salesforce makes the contact's role by itself."""
    of = kind_of(contact)
    if of == LEAD:
        return {}
    if of == ACCOUNT:
        return {"AccountId": contact}
    account = accounts.get(same(contact), "") if kind == OPPORTUNITY else ""
    return {"ContactId": contact} | ({"AccountId": account} if account else {})


def _accounts(writer: Writer, contacts: Sequence[str]) -> dict[str, str]:
    """The accounts of contacts, by the short form of the contact's id; asked for new opportunities only."""
    found: dict[str, str] = {}
    for some in parts((c for c in contacts if is_id(c) and kind_of(c) == CONTACT), IN_LIST):
        among = ", ".join(soql_text(contact) for contact in some)
        for row in writer.transport.everything(f"SELECT Id, AccountId FROM Contact WHERE Id IN ({among})"):  # noqa: S608
            found[same(str(row["Id"]))] = str(row.get("AccountId") or "")
    return found


def _values(writer: Writer, row: ObjectWrite, kind: str) -> dict[str, Any]:
    """The fields that a row sets. Raises Rejected for a step that does not exist."""
    values: dict[str, Any] = {}
    if row.title and kind in _TITLES:
        name, room = _TITLES[kind]
        values[name] = bodies.fitted(" ".join(bodies.plain(row.title).split()), room, "…")
    if row.body and kind in _TITLES:
        values["Description"] = bodies.fitted(bodies.plain(row.body), DESCRIPTION)
    if kind in FIELDS and (row.stage or row.done):
        values[FIELDS[kind]] = writer.stages.named(kind, row.stage) if row.stage else writer.stages.end(kind)
    if row.priority and kind in PRIORITIES:
        values["Priority"] = PRIORITIES[kind][row.priority]
    if row.due and kind in _DUE:
        values[_DUE[kind]] = day(writer.transport, row.due)
    if row.owner:
        values["OwnerId"] = row.owner
    if row.reply_status:
        for status, result in _reply_fields(writer, kind):
            values[status] = row.reply_status.capitalize()
            values[result] = bodies.fitted(" ".join(row.reply_result.split()), RESULT, "…") or None
    return values


def _reply_fields(writer: Writer, kind: str) -> list[tuple[str, str]]:
    """Where an answer's outcome stands. The account of a person has such fields of its own, its contact's, or both."""
    own = (REPLY_STATUS, REPLY_RESULT)
    if kind != ACCOUNT:
        return [own]
    there = {field.get("name") for field in writer.transport.describe(kind).get("fields") or ()}
    shown = (f"{REPLY_STATUS[:-1]}pc", f"{REPLY_RESULT[:-1]}pc")
    return [names for names in (own, shown) if names[0] in there] or [own]


def _trace(row: ObjectWrite) -> str:
    return f"{row.type}/{same(row.record)}" if row.record else f"{row.type}+{row.key}"


def _written(row: ObjectWrite, fate: Fate) -> Written:
    known = "ContactId" in fate.left_out and not fate.new  # made before, and then its contact was set
    left_out = {name: why for name, why in fate.left_out.items() if not (known and name == "ContactId")}
    return Written(outbox=row.outbox, record=fate.record, new=fate.new, error=fate.error, left_out=left_out)
