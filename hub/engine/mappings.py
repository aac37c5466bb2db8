"""Which version of each CRM's mapping runs, and how a trial ends. In the thread that owns the store."""

from __future__ import annotations

from hub.contracts.errors import ConfigError
from hub.engine.effects import reapply, synced
from hub.engine.effects.mappings import LIVE, activate, end_trial, text_hash, trial_of
from hub.engine.line import Active, Line
from hub.engine.settings import CrmConfig
from hub.store import Store, mappings, trail
from hub.store.configurations import move_on
from hub.store.dialects.database import Database
from hub.store.rows import MappingRow
from hub.store.workspace import Workspace

__all__ = ["LIVE", "judge", "load", "refresh", "start"]

ENDED = ("done", "dead", "dropped")
PATIENCE = 3_600_000
"""ms after which a trial no longer waits for records that cannot be read again."""


def start(store: Store, line: Line, now: int) -> dict[str, str]:
    """Say which version of each CRM's mapping runs: the store's, at the first start the file.

    Returns what an admin must know, by subject of a notice. Raises ConfigError for a file that cannot be read while
    the store has no version yet.
    """
    told = {}
    for name, crm in line.config.crms.items():
        row = mappings.active(store.db, name)
        if row is None:
            with store.transaction():  # another process may start at the same time
                row = mappings.active(store.db, name) or _first(store, crm, now)
        elif unread := _unreadable(row, line):
            if crm.mapping_fault is not None:
                raise crm.mapping_fault
            with store.transaction():
                move_on(store.db, now)
                store.db.run("UPDATE mappings SET state='retired', ended=?, reason=? WHERE id=?", (now, unread, row.id))
                row = _first(store, crm, now)
            told[f"mapping of {name}"] = f"the version that ran cannot be read: {unread}; version {row.id} is the file"
        elif crm.mapping_fault is not None:
            told[f"mapping of {name}"] = f"{crm.mapping_fault}; version {row.id} runs on"
        elif row.hash != text_hash(crm.mapping_text):
            shown = crm.mapping_file or crm.mapping.file
            told[f"mapping of {name}"] = f"{shown} is not what runs: see dragoman mapping diff --crm {name}, then apply"
        if (trial := mappings.on_trial(store.db, name)) is not None and (unread := _unreadable(trial, line)):
            with store.transaction():
                work = store.workspace(now)
                (lost,) = work.mappings.fetch_by("id", [trial.id])
                end_trial(lost, unread, trial_of(lost).event, line, work)
                work.save()
            told[f"mapping of {name}"] = f"version {trial.id} was on trial and cannot be read any more: {unread}"
        refresh(store.db, line, name)
    return told


def _first(store: Store, crm: CrmConfig, now: int) -> MappingRow:
    if crm.mapping_fault is not None:
        raise crm.mapping_fault
    row = mappings.begin(store.db, crm.name, crm.mapping_text, text_hash(crm.mapping_text), now)
    trail.note(store.db, trail.MAPPING, now, crm=crm.name, version=row.id)
    return row


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
            trail.note(store.db, trail.JUDGED, now, crm=crm)
        refresh(store.db, line, crm)
    return told


def _judged(trial: MappingRow, active: MappingRow | None, line: Line, work: Workspace) -> str | None:
    """What became of the trial: None = it goes on, "" = the version is active."""
    told = trial_of(trial)
    ends = _ends(trial, list(told.rows), work)
    if ends is None:
        return None
    tried = [person for person, (state, _) in ends.items() if state != "dropped"]
    refused = [why for state, why in ends.values() if state == "dead"]
    wrote = [person for person, (state, _) in ends.items() if state == "done"]
    refused += [f"the CRM left out {field}" for field in _left_out(trial, wrote, work)]
    if len(refused) <= told.limit * len(tried):
        trial.reason = f"tried with {len(tried)}, {len(refused)} refused"
        activate(trial, active, told.event, line, work)
        if told.reapply:
            mapping = line.config.read_mapping(trial.text, f"version {trial.id}")
            reapply.begin(trial, mapping, told.event, line, work)
        return ""
    why = f"{len(refused)} of {len(tried)} were refused: {refused[0]}"
    end_trial(trial, why, told.event, line, work)
    many = f"{len(refused)} of {len(tried)} people were refused"  # notices are logged: the CRM may quote a value
    return f"version {trial.id} of the mapping of {trial.crm} was rolled back: {many}; dragoman mapping log says why"


def _ends(trial: MappingRow, rows: list[int], work: Workspace) -> dict[int, tuple[str, str]] | None:
    """Person -> (state, reason) of the last write; None = somebody is still to be written.

    Whose record was changed in the CRM meanwhile was not written: it is read again, and what is ordered then counts.
    """
    fates = mappings.fates(work.db, rows)
    if any(state not in ENDED for state, _ in fates.values()):
        return None
    work.outbox.fetch(rows)
    commands = [row for number in rows if (row := work.outbox.get(number)) is not None]
    overtaken = {row.lane: row.id for row in commands if row.state == "dropped" and row.attempts}
    if work.now < trial.at + PATIENCE and mappings.waiting_to_be_read(work.db, trial.crm, list(overtaken)):
        return None
    last = {row.lane: (row.state, row.reason) for row in commands}
    for _, state, why, person in mappings.follow_ups(work.db, trial.crm, overtaken):
        last[person] = state, why
    return None if any(state not in ENDED for state, _ in last.values()) else last


def _left_out(trial: MappingRow, people: list[int], work: Workspace) -> list[str]:
    """Of each of these people whose record the CRM took without all of it: the first field that it did not take."""
    links = work.links.fetch_by("person", people, "AND crm=? AND mapping=?", (trial.crm, trial.id))
    found = []
    for link in links:
        left = [name for name, one in synced.load(link.synced).items() if one.left and one.version == trial.id]
        found += left[:1]
    return found
