"""Rows of one table taken off the disk, changed in memory, put back once: new rows, and the columns that changed."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import fields
from operator import attrgetter, itemgetter
from typing import Any, Generic, Protocol, TypeVar

from hub.store.dialects.database import Database, NeedsAlone


class HasId(Protocol):
    """A row with an integer id."""

    id: int


R = TypeVar("R", bound=HasId)
_first = itemgetter(0)


class Table(Generic[R]):
    """A table whose columns are the fields of a row class, in order (`cls` stands for the column `class`)."""

    def __init__(self, name: str, row: type[R], person: str = "") -> None:
        """`person` names the field that says whose row it is; "" = nobody's, or everybody's."""
        columns = [f.name for f in fields(row)]  # type: ignore[arg-type]
        names = ["class" if c == "cls" else c for c in columns]
        self.name, self.row = name, row
        self.values: Callable[[R], tuple[Any, ...]] = attrgetter(*columns)
        self.select = f"SELECT {', '.join(names)} FROM {name}"  # noqa: S608 - names are ours
        self.columns = names
        self.person = columns.index(person) if person else -1


class Shelf(Generic[R]):
    """The rows of a table that one transaction works on. `save` writes new and changed ones, each kind at once."""

    def __init__(self, db: Database, table: Table[R]) -> None:
        self.db, self.table = db, table
        self.rows: dict[int, R] = {}
        self._old: dict[int, tuple[Any, ...]] = {}
        self._new: list[R] = []

    def fetch(self, ids: Iterable[int]) -> None:
        """Take these rows off the disk, unless they are here."""
        self.fetch_by("id", {i for i in ids if i and i not in self.rows})

    def fetch_by(self, column: str, values: Collection[Any], extra: str = "", args: tuple[Any, ...] = ()) -> list[R]:
        """Take the rows whose column has one of the values; returns them as they are in memory, by id."""
        if not values:
            return []
        sql = f"{self.table.select} WHERE {column} IN (*) {extra}"
        return self.take(sorted(self.db.rows_in(sql, list(values), args), key=_first))  # each engine has its own order

    def take(self, found: Iterable[tuple[Any, ...]]) -> list[R]:
        """Put selected rows here; one that is here already keeps its changes."""
        taken = []
        for values in found:
            row = self.rows.get(values[0])
            if row is None:
                row = self.table.row(*values)
                self.rows[row.id] = row
                self._old[row.id] = values
            taken.append(row)
        return taken

    def next_id(self) -> int:
        """An id for a row to add."""
        return self.db.next_id(self.table.name)

    def add(self, row: R) -> R:
        """A new row."""
        self.rows[row.id] = row
        self._new.append(row)
        return row

    def get(self, row_id: int) -> R | None:
        """The row, if it was fetched or added."""
        return self.rows.get(row_id)

    def forget(self, row_id: int) -> None:
        """The row is not there any more: nothing of it is saved."""
        self.rows.pop(row_id, None)
        self._old.pop(row_id, None)
        self._new = [row for row in self._new if row.id != row_id]

    def is_new(self, row_id: int) -> bool:
        """Whether the row was added here and is not on the disk yet."""
        return row_id in self.rows and row_id not in self._old

    def differing(self, column: str) -> list[tuple[int, Any, Any]]:
        """The rows in which a column is another than on the disk: (id, before, now); of a new row, before is ""."""
        place, found = self.table.columns.index(column), []
        for row_id, row in self.rows.items():
            before, now = self._old[row_id][place] if row_id in self._old else "", getattr(row, column)
            if before != now:
                found.append((row_id, before, now))
        return found

    def save(self) -> None:
        """Write what is new or changed."""
        if not self.rows:
            return
        values, columns = self.table.values, self.table.columns
        self.db.insert(self.table.name, [values(row) for row in self._new])
        groups: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for row_id, old in self._old.items():
            now = values(self.rows[row_id])
            if now != old:
                if self.db.held is not None:
                    self._assert_held(old, now)
                changed = [n for n, value in enumerate(now) if value != old[n]]
                part = (row_id, *(now[n] for n in changed))
                groups.setdefault(tuple(columns[n] for n in changed), []).append(part)
        for names, rows in groups.items():
            self.db.update(self.table.name, names, rows)

    def _assert_held(self, old: tuple[Any, ...], now: tuple[Any, ...]) -> None:
        """Beside others, a row is changed only if it is held by whom it belongs to, before and afterwards."""
        place = self.table.person
        if place < 0 or not (self.db.holds(old[place]) and self.db.holds(now[place])):
            raise NeedsAlone
