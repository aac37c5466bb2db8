"""Messages as completed tasks under people: each once by its external id, many to a call, files beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, tzinfo
from functools import lru_cache
from typing import Any

from hub import LogEntry, Written
from hub_salesforce import attachments, bodies, cures
from hub_salesforce.batches import Writer
from hub_salesforce.cures import Attempt
from hub_salesforce.paths import ACCOUNT, CHANNEL, DIRECTION, MESSAGE, SENT_AT, SEQUENCE, TASK, kind_of
from hub_salesforce.rows import Fate, Row
from hub_salesforce.settings import SalesforceSettings
from hub_salesforce.transport import Transport, soql_time

NEEDED = frozenset({MESSAGE, "WhoId", "WhatId", "Description"})
"""Fields without which a logged message means nothing; any other is left out where Salesforce does not take it."""
QUARTER = 900_000
"""ms: days begin, and zones change, at full quarters of an hour."""
CHANNEL_NAME = 40
"""Characters of a channel's name."""


def log(writer: Writer, batch: Sequence[LogEntry], settings: SalesforceSettings) -> list[Written]:
    """Write messages, as `CRM.log`: an entry in doubt is written like any other, for its external id finds what stands.

    Of several states of one message the last is written. Raises Uncertain where no answer came and nothing stands yet.
    """
    standing = {entry.message: entry.logged for entry in batch if entry.logged}
    latest = {entry.message: entry for entry in batch}
    cut: dict[str, str] = {}
    attempts = []
    zone, end = writer.transport.zone, completed(writer)
    for message, entry in latest.items():
        body = bodies.render(entry, zone)
        record = standing.get(message, "")
        if record:
            row = Row(trace=message, kind=TASK, values=_shown(body), record=record, parents=(entry.record,))
            attempts.append(Attempt(row, needed=NEEDED))
        else:
            attempts.append(_new(entry, body, end, zone))
        if body.cut:
            cut[message] = body.cut
    fates = cures.write(writer, attempts, repeatable=False)
    wanted = {fates[m].record: e for m, e in latest.items() if fates[m].record and (e.files or e.deleted)}
    beside = attachments.stand(writer, wanted) if wanted else {}
    return [_written(entry, fates[entry.message], cut, beside) for entry in batch]


def under(record: str) -> dict[str, str]:
    """The field that hangs a task under a person's record: a contact and a lead are who, an account is what."""
    return {"WhatId" if kind_of(record) == ACCOUNT else "WhoId": record}


def day(transport: Transport, at: int) -> str:
    """The day (2026-01-31) of a time (ms) in the organisation's zone."""
    return _day(transport.zone, at // QUARTER)


@lru_cache(maxsize=256)
def _day(zone: tzinfo, quarter: int) -> str:
    return datetime.fromtimestamp(quarter * QUARTER // 1_000, zone).date().isoformat()


def completed(writer: Writer) -> dict[str, str]:
    """What makes a task one of the past: it is closed."""
    return {"Status": writer.stages.end(TASK), "Priority": "Normal"}


def _new(entry: LogEntry, body: bodies.Body, end: Mapping[str, str], zone: tzinfo) -> Attempt:
    at = entry.lines[0].at if entry.lines else entry.at
    values: dict[str, Any] = {
        MESSAGE: entry.message,
        **under(entry.record),
        **_shown(body),
        **end,
        "ActivityDate": _day(zone, at // QUARTER),
        SENT_AT: soql_time(at),
        SEQUENCE: entry.sequence,
        CHANNEL: entry.channel[:CHANNEL_NAME],
    }
    if not entry.lines:  # a session goes both ways
        values[DIRECTION] = entry.direction
    if entry.owner.startswith("005"):
        values["OwnerId"] = entry.owner
    row = Row(trace=entry.message, kind=TASK, values=values, key=MESSAGE, parents=(entry.record,))
    return Attempt(row, NEEDED, instead=elsewhere(row, entry.elsewhere))


def elsewhere(row: Row, record: str) -> Row | None:
    """The same task under the record that the person has by now, None = he has no other."""
    if not record:
        return None
    values = {name: value for name, value in row.values.items() if name not in ("WhoId", "WhatId")}
    return Row(trace=row.trace, kind=row.kind, values=values | under(record), key=row.key, parents=(record,))


def _shown(body: bodies.Body) -> dict[str, str]:
    """What may change later."""
    return {"Subject": body.subject, "Description": body.text}


def _written(entry: LogEntry, fate: Fate, cut: Mapping[str, str], beside: Mapping[str, Fate]) -> Written:
    if fate.record and not (cut or beside or fate.left_out):  # nearly always
        return Written(outbox=entry.outbox, record=fate.record, new=fate.new)
    left_out = dict(_left_out(entry, fate, cut, beside))
    error = fate.error or (beside[fate.record].error if fate.record in beside else None)
    if error is not None:
        return Written(outbox=entry.outbox, error=error, left_out=left_out)
    return Written(outbox=entry.outbox, record=fate.record, new=fate.new, left_out=left_out)


def _left_out(
    entry: LogEntry, fate: Fate, cut: Mapping[str, str], beside: Mapping[str, Fate]
) -> Iterator[tuple[str, str]]:
    yield from fate.left_out.items()
    if entry.message in cut:
        yield "Description", cut[entry.message]
    if fate.record in beside:
        yield from beside[fate.record].left_out.items()
