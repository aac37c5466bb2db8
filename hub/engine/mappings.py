"""Which version of each CRM's mapping runs, and how a trial ends. In the thread that owns the store."""

from __future__ import annotations

from hub.contracts.errors import ConfigError
from hub.engine.effects import synced
from hub.engine.effects.mappings import LIVE, activate, end_trial, text_hash, trial_rows
from hub.engine.line import Active, Line
from hub.engine.settings import CrmConfig
from hub.store import Store, mappings
from hub.store.database import Database
from hub.store.rows import MappingRow
from hub.store.workspace import Workspace

__all__ = ["LIVE", "judge", "load", "refresh", "start"]

ENDED = ("done", "dead", "dropped")


def start(store: Store, line: Line, now: int) -> dict[str, str]:
    """Say which version of each CRM's mapping runs: the store's, at the first start the file.

    Returns what an admin must know, by subject of a notice. Raises ConfigError for a file that cannot be read while
    the store has no version yet.
    """
    told = {}
    for name, crm in line.config.crms.items():
        row = mappings.active(store.db, name)
        if row is None:
            row = _first(store, crm, now)
        elif unread := _unreadable(row, line):
            if crm.mapping_fault is not None:
                raise crm.mapping_fault
            with store.transaction():
                store.db.run("UPDATE mappings SET state='retired', ended=?, reason=? WHERE id=?", (now, unread, row.id))
                row = _first(store, crm, now)
            told[f"mapping of {name}"] = f"the version that ran cannot be read: {unread}; version {row.id} is the file"
        elif crm.mapping_fault is not None:
            told[f"mapping of {name}"] = f"{crm.mapping_fault}; version {row.id} runs on"
        elif row.hash != text_hash(crm.mapping_text):
            shown = crm.mapping_file or crm.mapping.file
            told[f"mapping of {name}"] = f"{shown} is not what runs: see dragoman mapping diff --crm {name}, then apply"
        refresh(store.db, line, name)
    return told


def _first(store: Store, crm: CrmConfig, now: int) -> MappingRow:
    if crm.mapping_fault is not None:
        raise crm.mapping_fault
    return mappings.begin(store.db, crm.name, crm.mapping_text, text_hash(crm.mapping_text), now)


def _unreadable(row: MappingRow, line: Line) -> str:
    """Why a version can be read no more ("" = it can): a plugin that brought a transform may be gone."""
    try:
        line.config.read_mapping(row.text, f"version {row.id}")
    except ConfigError as error:
        return str(error)
    return ""


def refresh(db: Database, line: Line, crm: str) -> None:
    """The line uses what the store says from now on: the active version, and the one on trial beside it."""
    known = mappings.shape(db, crm)
    if known is not None:
        line.learn(crm, known.schema, known.owners)
    if (active := mappings.active(db, crm)) is not None:
        line.mappings[crm] = load(line, active)
    tried = [row for name in line.config.crms if (row := mappings.on_trial(db, name)) is not None]
    line.trials = {row.id: load(line, row) for row in tried}
    fields = {field for row in tried if row.crm == crm for field in line.trials[row.id].mapping.fields}
    line.config.crms[crm].adapter.reads = line.mappings[crm].mapping.fields | fields


def load(line: Line, row: MappingRow) -> Active:
    """A version, ready to use. Raises ConfigError when it cannot be read any more."""
    return line.active(row.crm, line.config.read_mapping(row.text, f"version {row.id}"), row.id)


def judge(store: Store, line: Line, now: int) -> dict[str, str]:
    """End trials whose people were all written: too many refusals, and the version before stays.

    Returns what an admin must know, by subject of a notice; "" = it is well.
    """
    told: dict[str, str] = {}
    for crm in line.config.crms if line.trials else ():
        with store.transaction():
            work = store.workspace(now)
            both = work.mappings.fetch_by("crm", [crm], "AND state IN ('trial', 'active')")
            trial, active = (next((row for row in both if row.state == state), None) for state in ("trial", "active"))
            if trial is None or (sentence := _judged(trial, active, line, work)) is None:
                continue
            told[f"mapping of {crm}"] = sentence
            work.save()
        refresh(store.db, line, crm)
    return told


def _judged(trial: MappingRow, active: MappingRow | None, line: Line, work: Workspace) -> str | None:
    """What became of the trial: None = it goes on, "" = the version is active."""
    limit, rows = trial_rows(trial)
    fates = mappings.fates(work.db, rows)
    if any(state not in ENDED for state, _ in fates.values()):
        return None
    refused = [why for state, why in fates.values() if state == "dead"]
    refused += [f"the CRM left out {field}" for field in _left_out(trial, rows, work)]
    if len(refused) <= limit * len(rows):
        trial.reason = f"tried with {len(rows)}, {len(refused)} refused"
        activate(trial, active, trial.id, line, work)
        return ""
    why = f"{len(refused)} of {len(rows)} were refused: {refused[0]}"
    end_trial(trial, why, trial.id, line, work)
    return f"version {trial.id} of the mapping of {trial.crm} was rolled back: {why}"


def _left_out(trial: MappingRow, rows: list[int], work: Workspace) -> list[str]:
    """Of each person whose record the CRM took without all of it: the first field that it did not take."""
    work.outbox.fetch(rows)
    people = [row.lane for row in work.outbox.rows.values() if row.id in rows and row.state == "done"]
    links = work.links.fetch_by("person", people, "AND crm=? AND mapping=?", (trial.crm, trial.id))
    found = []
    for link in links:
        left = [name for name, one in synced.load(link.synced).items() if one.left and one.version == trial.id]
        found += left[:1]
    return found
