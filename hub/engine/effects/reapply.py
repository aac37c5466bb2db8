"""People whose records other versions of a mapping wrote are written again: some at a time, going on after a kill."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from hub.contracts.errors import ConfigError
from hub.engine.effects import people
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.mapping import Mapping
from hub.mapping.diff import changes
from hub.store import mappings
from hub.store.reading import cursor
from hub.store.rows import MappingRow
from hub.store.workspace import Workspace

REAPPLY = "reapply"
"""Rule of the commands that write people again, and of the timer that goes on with the next ones."""
SUBJECT = "mapping"
"""What that timer is armed for; its id is the version."""
PART = 500
"""People of one transaction."""


def place(crm: str) -> str:
    """The cursor that says how far it came: JSON, "" = nothing is under way."""
    return f"mapping.{crm}.reapply"


def begin(new: MappingRow, mapping: Mapping, seq: int, line: Line, work: Workspace) -> None:
    """Write everybody again whose record a version wrote that ran since this text did last; all, if it never did."""
    before = mappings.latest(work.db, new.crm, new.hash, new.id + 1 if not work.mappings.is_new(new.id) else new.id)
    since = before.id if before else 0
    if (told := _under_way(new.crm, work)).get("version") == new.id:  # asked for once more: nobody is left out
        since = min(since, int(told["since"]))
    later = [one.row for one in mappings.versions(work.db, new.crm) if one.row.id > since and one.row.id != new.id]
    only = sorted(differing(later, mapping, line) & {one.field for one in mapping.person if one.pushes})
    many = mappings.how_many_written_since(work.db, new.crm, since) if only else 0
    work.decide(seq, line.version, 0, 0, f"{many} people of {new.crm} are written again by version {new.id}")
    _part(new, {"version": new.id, "since": since, "only": only, "after": 0, "event": seq}, work)


def on(version: int, line: Line, work: Workspace) -> None:
    """The next people, unless another version runs by now."""
    for crm in line.config.crms:
        told = _under_way(crm, work)
        if told.get("version") == version and (row := state(crm, "active", work)) is not None and row.id == version:
            _part(row, told, work)


def _under_way(crm: str, work: Workspace) -> dict[str, Any]:
    return dict(json.loads(cursor(work.db, place(crm)) or "{}"))


def _part(new: MappingRow, told: dict[str, Any], work: Workspace) -> None:
    only = told["only"]
    wrote = mappings.written_since(work.db, new.crm, told["since"], told["after"], PART) if only else []
    for link, person in wrote:
        order(person, new.crm, told["event"], json.dumps({"only": only}), work, slot=f"{new.id}.{link}.{work.now}")
    whole = len(wrote) < PART
    work.cursor(place(new.crm), "" if whole else json.dumps(told | {"after": wrote[-1][0]}))
    if not whole:
        arm(work, SUBJECT, new.id, REAPPLY, work.now)


def order(person: int, crm: str, event: int, body: str, work: Workspace, slot: str = "") -> int:
    """Write one person again; returns the command."""
    slot = slot or f"{work.now}.{person}"
    return people.add_outbox(
        work, kind="person", target=crm, lane=person, event=event, rule=REAPPLY, slot=slot, body=body
    ).id


def state(crm: str, wanted: str, work: Workspace) -> MappingRow | None:
    """The version of a CRM's mapping that is in this state; None = none is."""
    found = work.mappings.fetch_by("crm", [crm], "AND state=?", (wanted,))
    rows = [row for row in (*found, *work.mappings.rows.values()) if row.crm == crm and row.state == wanted]
    return max(rows, key=lambda row: row.id, default=None)


def differing(rows: Iterable[MappingRow], mapping: Mapping, line: Line) -> set[str]:
    """Fields that any of these versions treats differently."""
    found: set[str] = set()
    for row in rows:
        try:
            other = line.config.read_mapping(row.text, f"version {row.id}")
        except ConfigError:  # it never ran, or what it needs is not installed any more
            continue
        found |= {change.field for change in changes(other, mapping)}
    return found
