"""What one process changes, the others notice: everything kept in memory of the store is read again between two steps.

For stores that several processes share; where there is one, it keeps itself up to date.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from hub.contracts.errors import ConfigError
from hub.engine import configurations
from hub.engine.line import Line
from hub.engine.mappings import LIVE, refresh
from hub.store import Store
from hub.store.configurations import generation


@dataclass(frozen=True, slots=True)
class Renewed:
    """Who has to look again (as the step's `woken`), and what an admin must know by subject of a notice, "" = well."""

    woken: set[str] = field(default_factory=set)
    told: dict[str, str] = field(default_factory=dict)


class Generations:
    """Of one process. Used by the thread that owns the store, as the first thing inside a transaction."""

    def __init__(self, store: Store, line: Line) -> None:
        self._store, self._line = store, line
        self._seen = -1  # what was read at the start may be older than any number read now
        self._version = line.version

    def look(self) -> Renewed | None:
        """One small question; where something changed since the last one, the line has it on return. None = nothing."""
        number = generation(self._store.db)  # before what it stands for: a change in between is read once more
        if number == self._seen:
            return None
        renewed = self._read_again()
        self._seen = number
        return renewed

    def _read_again(self) -> Renewed:
        db, line, renewed = self._store.db, self._line, Renewed()
        renewed.told.update(configurations.refresh(db, line))
        if line.version != self._version:  # perhaps since a step of this process's own
            self._version = line.version
            renewed.told.update(configurations.beside_file(db, line))
        for crm, before in list(line.mappings.items()):
            try:
                refresh(db, line, crm)
            except ConfigError as error:
                what = f"what runs cannot be read here, version {before.version} runs on: {error}"
                renewed.told[f"mapping of {crm}"] = what
                continue
            if line.mappings[crm] != before:
                renewed.woken.update((crm, f"{LIVE}{crm}"))
        return renewed
