"""What the model plays with: an office that tells what it reads and writes, and the mapping under test."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from hub.contracts.crm import Page
from hub.engine.crm.lease import Batch
from hub.model.events import RowOutcome
from hub.model.records import PersonWrite, Ref
from hub.store.dialects.sqlite import Sqlite
from hub.testing.model import Line
from hub.testing.model_sides import Side
from hub.testing.office import Office

SIZES = {"s": "Small", "m": "Medium", "l": "Large"}
OPTIONS = (*SIZES.values(), "Giant")
"""The CRM's choices; the mapping's table does not have the last one."""


@dataclass(slots=True)
class Try:
    """A row that the hub gave to the CRM, and what stood there just before."""

    row: PersonWrite
    before: Mapping[str, str]
    shown: Mapping[str, str]


class WatchedOffice(Office):
    """An office that tells what it reads and writes."""

    on_read: Callable[[Page], None] = staticmethod(lambda _: None)
    on_write: Callable[[Sequence[PersonWrite]], None] = staticmethod(lambda _: None)
    on_get: Callable[[Page], None] = staticmethod(lambda _: None)
    on_end: Callable[[Sequence[RowOutcome]], None] = staticmethod(lambda _: None)
    writes = 0
    """Calls that write."""

    def _open(self) -> None:
        super()._open()
        assert isinstance(self.store.db, Sqlite)
        self.store.db.run("SET synchronous_commit=off" if self.store.db.shared else "PRAGMA synchronous=0")
        for crm in self.config.crms.values():
            self._watch(crm.adapter)

    def _watch(self, adapter: Any) -> None:
        get = adapter.get
        for name in ("upsert", "log", "write", "attach"):
            setattr(adapter, name, self._counted(getattr(adapter, name)))
        upsert = adapter.upsert

        def upsert_watched(batch: Sequence[PersonWrite]) -> Any:
            self.on_write(batch)
            return upsert(batch)

        def get_watched(refs: Sequence[Ref]) -> Page:
            page: Page = get(refs)
            self.on_get(page)
            return page

        adapter.upsert, adapter.get = upsert_watched, get_watched

    def _counted(self, method: Callable[..., Any]) -> Callable[..., Any]:
        def called(*args: Any) -> Any:
            self.writes += 1
            return method(*args)

        return called

    def _read(self, crm: str, feed: Any, page: Page | None, **more: Any) -> None:
        super()._read(crm, feed, page, **more)
        if page is not None:
            self.on_read(page)

    def carry_out(self, crm: str, batch: Batch) -> tuple[RowOutcome, ...]:
        outcomes = super().carry_out(crm, batch)
        self.on_end(outcomes)
        return outcomes


def lines(side: Side) -> dict[str, Line]:
    """The mapping under test, a line of each kind, by the CRM's field."""
    w, s = side.word, side.sim.words
    made = [
        Line(field=s["name.first"], source="name.first"),
        Line(field=s["name.last"], source="name.last"),
        Line(field=s["phone"], source="phone"),
        Line(field=s["email"], source="email", rule="hub"),
        Line(field=s["owner"], source="owner", users=side.users),
        Line(field=w("crm"), source="attr.crm", rule="crm"),
        Line(field=w("hub"), source="attr.hub", rule="hub", blank="send"),
        Line(field=w("newest"), source="attr.newest", rule="newest", blank="send"),
        Line(field=w("fill"), source="attr.fill", rule="fill-blank"),
        Line(field=w("append"), source="attr.append", rule="append"),
        Line(field=w("ask"), source="attr.ask", rule="ask"),
        Line(field=w("push"), source="attr.push", rule="hub", direction="push"),
        Line(field=w("pull"), source="attr.pull", direction="pull"),
        Line(field=w("once"), source="attr.once", when="create"),
        Line(field=w("size"), source="attr.size", table=SIZES),
        Line(field=w("prefix"), source="attr.prefix", rule="newest", prefix="No "),
        Line(field=w("upper"), source="attr.upper", upper=True),
    ]
    return {line.field: line for line in made}


CUSTOM = ("crm", "hub", "newest", "fill", "append", "ask", "push", "pull", "once", "prefix", "upper")


def mine_of(row: Mapping[str, Any], source: str) -> str:
    """What the hub has of a source, by a person's row."""
    if source.startswith("name."):
        first, _, last = row["name"].rpartition(" ")
        return str(first if source == "name.first" else last)
    if source not in row:
        return str(json.loads(row["attributes"] or "{}").get(source.removeprefix("attr."), ""))
    return str(row[source])
