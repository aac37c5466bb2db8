"""What every engine of the store makes of the statements it is given, as tests to inherit beside `StoreContract`."""

from __future__ import annotations

from hub.model.people import Identity
from hub.store import Store
from hub.store.dialects.database import Database
from hub.store.needs import Needs
from hub.store.workspace import Workspace
from hub.testing.store_rows import INBOX, event, message, person, talk

try:
    import pytest
except ImportError as error:
    raise ImportError("the contract tests need pytest: pip install pytest") from error

MANY = 9_000
"""More than any engine takes in one statement's list without being helped."""
NUL = "A\0na"


class StatementsContract:
    """Subclass it together with `StoreContract`, whose fixture `store` it asks."""

    @pytest.fixture
    def db(self, store: Store) -> Database:
        """The connection of the store."""
        return store.db

    def _cursors(self, db: Database, count: int) -> None:
        with db.transaction():
            db.insert("cursors", [(f"c{n:06}", str(n), n) for n in range(count)])

    def test_lists_may_be_of_any_length(self, db: Database) -> None:
        self._cursors(db, MANY)
        names = [f"c{n:06}" for n in range(0, 2 * MANY, 2)]
        found = db.rows_in("SELECT name FROM cursors WHERE name IN (*) AND at>?", names, (10,))
        assert sorted(name for (name,) in found) == [f"c{n:06}" for n in range(12, MANY, 2)]
        db.run_in("DELETE FROM cursors WHERE name IN (*)", names)
        assert db.rows("SELECT count(*), min(name) FROM cursors") == [(MANY // 2, "c000001")]

    def test_an_empty_list_finds_and_changes_nothing(self, db: Database) -> None:
        self._cursors(db, 3)
        assert db.rows_in("SELECT name FROM cursors WHERE name IN (*)", []) == []
        db.run_in("DELETE FROM cursors WHERE name IN (*)", [])
        db.insert("cursors", [])
        db.update("people", ("name",), [])
        assert db.run_many("DELETE FROM cursors WHERE name=?", []) in (0, -1)
        assert db.rows("SELECT count(*) FROM cursors") == [(3,)]

    def test_rows_come_in_a_stream_as_in_one_piece(self, db: Database) -> None:
        self._cursors(db, MANY)
        sql = "SELECT at, name FROM cursors WHERE at>=? ORDER BY at"
        assert list(db.stream(sql, (5,))) == db.rows(sql, (5,))
        some = db.stream(sql, (0,))
        assert next(some) == (0, "c000000")
        some.close()
        assert db.rows("SELECT count(*) FROM cursors") == [(MANY,)]

    def test_rows_come_as_plain_data_by_column(self, db: Database) -> None:
        self._cursors(db, 1)
        assert db.named_rows("SELECT name, at + 1 AS later FROM cursors") == [{"name": "c000000", "later": 1}]
        assert db.named_rows("SELECT name FROM cursors WHERE at>?", (5,)) == []

    def test_the_number_of_changed_rows_is_told(self, db: Database) -> None:
        self._cursors(db, 5)
        assert db.run("UPDATE cursors SET value='x' WHERE at<?", (3,)) == 3
        assert db.run("DELETE FROM cursors WHERE at>?", (9,)) == 0
        assert db.run_many("DELETE FROM cursors WHERE name=?", [("c000000",), ("c000001",), ("none",)]) == 2

    def test_what_is_there_already_is_left_or_replaced_as_asked(self, db: Database) -> None:
        self._cursors(db, 2)
        db.insert("cursors", [("c000001", "new", 9), ("c000002", "2", 2)], "ON CONFLICT DO NOTHING")
        upsert = "ON CONFLICT (name) DO UPDATE SET value=excluded.value"
        db.insert("cursors", [("c000000", "new", 9)], upsert)
        assert db.rows("SELECT name, value, at FROM cursors ORDER BY name") == [
            ("c000000", "new", 0),
            ("c000001", "1", 1),
            ("c000002", "2", 2),
        ]

    def test_numbers_texts_and_bytes_come_back_as_they_were(self, store: Store) -> None:
        body = bytes(range(256))
        seqs = store.accept([event("ключ 🗝", lane="ш", body=body)])
        assert [(row.seq, row.key, row.lane, row.body) for row in store.claim(1)] == [(seqs[0], "ключ 🗝", "ш", body)]
        far = 1 << 62
        store.set_cursor("empty", "", far)
        assert store.db.rows("SELECT value, at FROM cursors") == [("", far)]

    def test_texts_are_ordered_and_compared_by_their_bytes(self, db: Database) -> None:
        names = ["B", "a", "Z", "é", "e", "É", " ", "~"]
        db.insert("cursors", [(name, "", 0) for name in names])
        assert [name for (name,) in db.rows("SELECT name FROM cursors ORDER BY name")] == sorted(names)
        assert db.rows("SELECT name FROM cursors WHERE name='A' OR name='E'") == []
        assert db.rows("SELECT min(name), max(name) FROM cursors") == [(" ", "é")]

    def test_a_question_mark_in_a_value_is_a_value(self, db: Database) -> None:
        db.run("INSERT INTO cursors (name, value, at) VALUES (?,?,?)", ("?", "$1 %s ??", 1))
        assert db.rows("SELECT value FROM cursors WHERE name=?", ("?",)) == [("$1 %s ??",)]

    def test_numbers_given_to_rows_are_each_given_once(self, store: Store) -> None:
        given: list[int] = []
        for size in (1, 3, 300, 2):
            with store.transaction():
                given += [store.db.next_id("messages") for _ in range(size)]
                store.db.run("INSERT INTO cursors (name, value, at) VALUES (?,'',0)", (f"turn{size}",))
                self._message(store, given[-1])
        assert given == sorted(set(given))

    def _message(self, store: Store, number: int) -> None:
        work = store.workspace(1)
        message(work, 1, 1)
        (row,) = work.messages.rows.values()
        row.id = number
        work.save()

    # -- what a text cannot hold everywhere ----------------------------------------------------------------------------

    def _with_nul(self, work: Workspace) -> None:
        who = person(work, NUL, f"visitor:{INBOX}:v1")
        held = talk(work, who.id, f"{INBOX}|ana")
        message(work, who.id, held.id, f"Hello{NUL}!")
        work.bury("event", 1, f"cannot read {NUL}", who.id)
        work.cursor("feed", NUL)
        work.save()

    def test_a_nul_in_a_text_costs_nothing_but_itself(self, store: Store) -> None:
        (seq,) = store.accept([event(NUL, lane=NUL, body=b"a\0b")])
        assert store.accept([event(NUL, lane=NUL)]) == [0]
        assert [(row.seq, row.body) for row in store.claim(5)] == [(seq, b"a\0b")]
        store.beside(lambda: self._with_nul(store.workspace(1)))
        found = store.db.rows("SELECT p.name, m.text, d.cause FROM people p, messages m, dead d")
        assert [tuple(text.replace("\ufffd", "\0") for text in row) for row in found] == [
            (NUL, f"Hello{NUL}!", f"cannot read {NUL}")
        ]
        assert store.cursor("feed").replace("\ufffd", "\0") == NUL

    def test_a_nul_in_a_change_costs_nothing_but_itself(self, store: Store) -> None:
        store.beside(lambda: self._with_nul(store.workspace(1)))

        def change() -> None:
            work = store.workspace(2)
            work.load(Needs(identities={f"visitor:{INBOX}:v1", Identity("visitor", INBOX, NUL).id}))
            (row,) = work.people.rows.values()
            row.name, row.language = f"{NUL}2", "de"
            work.save()

        store.beside(change)
        ((name, language),) = store.db.rows("SELECT name, language FROM people")
        assert (name.replace("\ufffd", "\0"), language) == (f"{NUL}2", "de")
