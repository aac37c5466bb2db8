"""One connection to the store, whatever engine is behind it: the same SQL text, rows in batches, transactions.

SQL is written once, with `?` for values and `IN (*)` for lists; `sqlite` and `postgres` beside this module bring it
into their engine's form. Three kinds of transaction tell what others may do meanwhile:

- `transaction`: alone. Nobody else changes anything.
- `beside`: others work on other people. `hold` says whose rows are changed; a row of anybody else is not saved.
- `apart`: new rows only, which nobody else knows of yet.

With one process on the store they are the same.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from hub.contracts.errors import ConfigError


class StoreTrouble(Exception):
    """The store cannot work now, whatever is asked of it: the disk is full or fails, the file is locked or broken, the
    server is away.

    No event is to blame: what was asked is to be asked again.
    """


class StoreAway(ConfigError):
    """The store's server lets nobody in: it is away, or just starts. What is set may be right: a hub tries again."""


class Collision(StoreTrouble):
    """Another process was in the way: asked again at once, it goes through."""


class NeedsAlone(Exception):
    """What is to be changed belongs to people who are not held: it is to be done again, alone."""


class Database(ABC):
    """A connection that one thread uses at a time. Everything asked of it may raise StoreTrouble."""

    shared = False
    """Whether other processes may work on the same store."""
    trailed = True
    """Whether the store keeps a trail of what is decided; see `hub.store.trail`."""
    lost = 0
    """How often the connection was lost: what was under way then may or may not have happened."""
    place: str
    """Where the store is, for people: never a password."""

    def __init__(self) -> None:
        self._next: dict[str, list[int]] = {}
        self.taken: dict[str, list[int]] = {}
        """The ids that were given in this transaction, by table."""
        self.held: set[int] | None = None
        """The people whose rows may be changed; None = all."""

    # -- transactions ------------------------------------------------------------------------------------------------

    def transaction(self) -> AbstractContextManager[None]:
        """Everything inside becomes durable together on leaving, or nothing does; nobody else changes anything."""
        return self._within("alone")

    def beside(self) -> AbstractContextManager[None]:
        """The same, while others work on other people: only rows of those who are held may be changed."""
        return self._within("beside")

    def apart(self) -> AbstractContextManager[None]:
        """The same, for what touches no row that others may change."""
        return self._within("apart")

    @contextmanager
    def _within(self, kind: str) -> Iterator[None]:
        self._begin(kind)
        try:
            yield
            self._commit()
        except BaseException as error:
            self._roll_back()
            self._blame(error)
            raise
        finally:
            self._next.clear()
            self.taken.clear()
            self.held = None

    @abstractmethod
    def _begin(self, kind: str) -> None: ...

    @abstractmethod
    def _commit(self) -> None: ...

    @abstractmethod
    def _roll_back(self) -> None: ...

    @abstractmethod
    def _blame(self, error: BaseException) -> None:
        """Raise StoreTrouble where the store is to blame, not what was asked of it."""

    def hold(self, people: Iterable[int], names: Iterable[str] = ()) -> None:  # noqa: B027 - one process holds all
        """Beside others: from now on the rows of these people, and of whoever will have these names, are this
        transaction's. The first call waits for who has them; a later one does not: raises NeedsAlone."""

    def holds(self, person: int) -> bool:
        """Whether the rows of a person may be changed here."""
        return self.held is None or person in self.held

    def need_alone(self) -> None:
        """What follows changes rows of anybody. Raises NeedsAlone where others may work meanwhile."""
        if self.held is not None:
            raise NeedsAlone

    def free_lanes(self, lanes: Sequence[str]) -> set[str]:
        """Those of these lanes of the queue that no other process works on; this transaction has them from now on."""
        return set(lanes)

    # -- statements --------------------------------------------------------------------------------------------------

    @abstractmethod
    def assert_durable(self) -> None:
        """Raise ConfigError unless the live connection commits durably."""

    @abstractmethod
    def rows(self, sql: str, args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """All rows of a query."""

    @abstractmethod
    def named_rows(self, sql: str, args: Sequence[Any] = ()) -> list[dict[str, Any]]:
        """All rows of a query, as plain data by column."""

    @abstractmethod
    def stream(self, sql: str, args: Sequence[Any] = ()) -> Generator[tuple[Any, ...], None, None]:
        """The rows of a query that may be too many for the memory, one after the other. Nothing else is asked
        meanwhile; who stops before the end closes it."""

    @abstractmethod
    def run(self, sql: str, args: Sequence[Any] = ()) -> int:
        """Run one statement; returns the number of rows it changed."""

    @abstractmethod
    def run_many(self, sql: str, args: Iterable[Sequence[Any]]) -> int:
        """Run one statement for many rows; returns the number of rows changed."""

    @abstractmethod
    def insert(self, table: str, rows: Sequence[Sequence[Any]], clash: str = "") -> None:
        """Insert whole rows, many to a statement. `clash`: "ON CONFLICT ..." in the words both engines know."""

    @abstractmethod
    def update(self, table: str, columns: tuple[str, ...], rows: Sequence[Sequence[Any]]) -> None:
        """Set these columns of rows given as (id, values ...), many to a statement; other columns' indexes rest."""

    @abstractmethod
    def rows_in(self, sql: str, values: Sequence[Any], args: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Rows of a query that holds one `IN (*)`, for any number of values; `args` stand behind the list."""

    @abstractmethod
    def run_in(self, sql: str, values: Sequence[Any]) -> None:
        """Run a statement that holds one `IN (*)`, for any number of values."""

    def next_id(self, table: str) -> int:
        """The next id of a table that numbers its rows: ids are never used again, also after it was emptied."""
        ids = self._next.setdefault(table, [])
        if not ids:
            ids.extend(reversed(self._new_ids(table)))
        self.taken.setdefault(table, []).append(ids[-1])
        return ids.pop()

    @abstractmethod
    def _new_ids(self, table: str) -> Sequence[int]:
        """Some ids, in order, that nobody else gets."""

    @abstractmethod
    def close(self) -> None:
        """Close; nothing is asked of it any more."""
