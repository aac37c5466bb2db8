"""A hub on a table whose mapping changes, with people who have a record each: for tests of versions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub.engine.crm.lease import Batch
from hub.model.by_hand import MappingApplied
from hub.model.events import CrmSettled, RowOutcome
from hub.model.people import Identity
from hub.model.records import Record
from hub.store import mappings
from hub.testing.tabletop import HUB_TOML, Tabletop

FIRST = '[person]\nfirstname = "name.first"\nlang = { from = "language", when = "always" }\n'
SECOND = '[person]\nfirstname = "name.first"\nlang = { from = "language", when = "always", transform = ["upper"] }\n'
BAD = '[person]\nfirstname = "nme"\n'
PEOPLE = 5


class MappingDesk:
    """A hub on a table with its own mapping file; `open` starts it (again)."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.file = folder, folder / "mappings" / "hubspot.toml"
        self.file.parent.mkdir()
        self.file.write_text(FIRST)
        self.count = 0
        self.batch = Batch()

    def open(self) -> Tabletop:
        """Start it."""
        self.table = Tabletop(self.folder, HUB_TOML, keep_bad_mappings=True)
        return self.table

    def again(self) -> Tabletop:
        """As after a kill: nothing was ended in order."""
        now = self.table.now
        self.table.close()
        self.open().now = now
        self.table.store.recover(now, {})
        return self.table

    def apply(self, text: str, **more: Any) -> None:
        """Somebody applies a file."""
        self.count += 1
        self.table.now += 1000
        event = MappingApplied(key=f"apply{self.count}", at=self.table.now, crm="main", text=text, **more)
        self.table.happen(event)
        self.table.step()

    def meet(self, count: int = PEOPLE) -> None:
        """People with a record each, whose language only the hub knows."""
        records = [
            Record(
                id=str(n),
                identities=(Identity("phone", "", f"+4477009001{n:02}"),),
                name=f"Ana{n} Example",
                fields={"firstname": f"Ana{n}", "lang": ""},
            )
            for n in range(1, count + 1)
        ]
        self.table.crm_knows(*records)
        with self.table.store.transaction():
            self.table.store.db.run("UPDATE people SET language='en'")

    def written(self) -> dict[str, dict[str, str]]:
        """What is to be written into which record, taken by the worker."""
        self.batch = self.table.crm("person")
        return {row.record: dict(row.fields) for row in self.batch.persons}

    def answer(self, refused: int = 0, left_out: int = 0) -> None:
        """The CRM's answer to what was taken: the first so many rows are refused."""
        rows = []
        for place, row in enumerate(self.batch.persons):
            if place < refused:
                rows.append(RowOutcome(outbox=row.outbox, outcome="dead", reason="lang has no option EN"))
                continue
            left = {"lang": "no option EN"} if place < refused + left_out else {}
            rows.append(RowOutcome(outbox=row.outbox, outcome="done", record=row.record, left_out=left))
        self.table.now += 1000
        event = CrmSettled(key=f"s{self.table.now}", at=self.table.now, crm="main", rows=tuple(rows))
        self.table.happen(event)
        self.table.tick(1000)

    def states(self) -> list[tuple[int, str]]:
        """Versions and their states."""
        return [(row[0], row[1]) for row in self.table.rows("SELECT id, state FROM mappings ORDER BY id")]

    def reason(self, version: int) -> str:
        """What the log says about a version."""
        row = mappings.numbered(self.table.store.db, version)
        assert row is not None
        return row.reason

    @property
    def runs(self) -> int:
        """The version that the line uses."""
        return self.table.line.mapping("main").version
