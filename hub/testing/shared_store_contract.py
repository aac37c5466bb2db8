"""What an engine keeps that several processes may share, as tests to inherit beside `StoreContract`."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from hub.contracts.errors import ConfigError
from hub.model.people import Identity
from hub.store import Place, Store, StoreTrouble, open_store
from hub.store.dialects.database import Collision, NeedsAlone
from hub.store.needs import Needs
from hub.store.timers import fire
from hub.testing.store_rows import INBOX, command, event, person, talk, timer

try:
    import pytest
except ImportError as error:
    raise ImportError("the contract tests need pytest: pip install pytest") from error

T = TypeVar("T")
NOW = 1_800_000_000_000
PATIENCE = 20.0
ANA = "phone::+447700900111"


class SharedStoreContract:
    """Subclass it together with `StoreContract`; say how many transactions wait, and how to cut a connection."""

    def waiting(self, store: Store) -> int:
        """How many transactions on its server wait for a lock now."""
        raise NotImplementedError

    def cut(self, store: Store, by: Store) -> None:
        """End a store's connection from outside."""
        raise NotImplementedError

    @pytest.fixture
    def other(self, store: Store, place: Place) -> Iterator[Store]:
        """A second process's store, as it were."""
        opened = open_store(place)
        yield opened
        opened.close()

    @contextmanager
    def _meanwhile(self, work: Callable[[], T], store: Store, *, waits: bool) -> Iterator[Future[T]]:
        """Begin `work` in a thread; the body runs once it waits for a lock, or, if it shall not, has ended."""
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(work)
            end = time.monotonic() + PATIENCE
            while not (future.done() if not waits else self.waiting(store) or future.done()):
                assert time.monotonic() < end, "it waits" if not waits else "it neither waits nor ends"
            yield future
            future.result(PATIENCE)

    def _people(self, store: Store, *names: str) -> list[int]:
        with store.transaction():
            work = store.workspace(NOW)
            rows = [person(work, name) for name in names]
            work.save()
        return [row.id for row in rows]

    def _rename(self, store: Store, number: int, name: str) -> None:
        work = store.workspace(NOW)
        work.load(Needs(people={number}))
        work.people.rows[number].name += name
        work.save()

    # -- the way in ----------------------------------------------------------------------------------------------------

    def test_what_two_accept_at_once_is_new_to_one_of_them(self, store: Store, other: Store) -> None:
        rounds = [[event(f"{turn}.{n}") for n in range(40)] for turn in range(15)]
        ready = threading.Barrier(2)

        def accept(by: Store, backwards: bool) -> list[list[int]]:
            ready.wait(PATIENCE)
            return [by.accept(events[::-1] if backwards else events) for events in rounds]

        with ThreadPoolExecutor(2) as pool:
            one, two = pool.submit(accept, store, False), pool.submit(accept, other, True)
            pairs = zip(one.result(PATIENCE), two.result(PATIENCE), strict=True)
            for first, second in pairs:
                assert all(bool(a) != bool(b) for a, b in zip(first, second[::-1], strict=True))
        assert store.db.rows("SELECT count(*), count(DISTINCT key) FROM journal") == [(600, 600)]

    def test_accepting_waits_for_nobody(self, store: Store, other: Store) -> None:
        with store.transaction(), self._meanwhile(lambda: other.accept([event("a")]), store, waits=False) as accepted:
            assert all(accepted.result())

    def test_numbers_are_given_to_one_only(self, store: Store, other: Store) -> None:
        with store.db.apart(), other.db.apart():
            given = [by.db.next_id("journal") for _ in range(50) for by in (store, other)]
        assert len(set(given)) == 100

    def test_both_take_the_same_name_and_number_of_the_configuration(self, store: Store, other: Store) -> None:
        with ThreadPoolExecutor(2) as pool:
            assert len(set(pool.map(Store.identity, (store, other)))) == 1
            assert len(set(pool.map(lambda by: by.activate("text", 1), (store, other)))) == 1

    # -- lanes ---------------------------------------------------------------------------------------------------------

    def test_a_lane_is_worked_on_by_one_at_a_time_and_in_order(self, store: Store, other: Store) -> None:
        store.accept([event(f"{n}", f"lane{n % 3}") for n in range(30)])
        with store.db.beside():
            mine = store.claim(10)
            busy = {row.lane for row in mine}
            with other.db.beside():
                theirs = other.claim(30)
                assert not busy & {row.lane for row in theirs}
                assert {row.lane for row in theirs} == {"lane0", "lane1", "lane2"} - busy
                other.unqueue([row.seq for row in theirs])
            store.unqueue([row.seq for row in mine])
        with other.db.beside():
            rest = other.claim(30)
        assert {row.seq for row in mine} | {row.seq for row in theirs} | {row.seq for row in rest} == {
            seq for (seq,) in store.db.rows("SELECT seq FROM journal")
        }
        for lane in busy:
            before = [row.seq for row in mine if row.lane == lane]
            assert max(before) < min([row.seq for row in rest if row.lane == lane], default=max(before) + 1)

    def test_what_another_ended_meanwhile_is_not_taken(self, store: Store, other: Store) -> None:
        store.accept([event("a"), event("b")])
        with store.db.beside():
            head = store.db.rows("SELECT seq FROM queue")
            with other.db.beside():
                other.unqueue([row.seq for row in other.claim(1)])
            assert len(head) == 2
            assert [row.key for row in store.claim(10)] == ["b"]

    def test_lanes_are_free_again_when_their_transaction_ends(self, store: Store, other: Store) -> None:
        for broken in (False, True):
            try:
                with store.db.beside():
                    assert store.db.free_lanes(["a", "b"]) == {"a", "b"}
                    with other.db.beside():
                        assert other.db.free_lanes(["a", "c"]) == {"c"}
                    if broken:
                        raise ZeroDivisionError
            except ZeroDivisionError:
                pass
            with other.db.beside():
                assert other.db.free_lanes(["a", "b", "c"]) == {"a", "b", "c"}

    # -- people --------------------------------------------------------------------------------------------------------

    def test_who_changes_the_same_person_waits_and_sees_what_the_first_did(self, store: Store, other: Store) -> None:
        (ana,) = self._people(store, "Ana")
        with ThreadPoolExecutor(1) as pool:
            with store.db.beside():
                self._rename(store, ana, " one")
                future = pool.submit(other.beside, lambda: self._rename(other, ana, " two"))
                self._until_one_waits(store)
            future.result(PATIENCE)
        assert store.db.rows("SELECT name FROM people") == [("Ana one two",)]

    def _until_one_waits(self, store: Store) -> None:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(self._look, store).result()

    def _look(self, store: Store) -> None:
        end = time.monotonic() + PATIENCE
        while not self.waiting(store):
            assert time.monotonic() < end, "nobody waits"

    def test_who_changes_others_goes_on_beside(self, store: Store, other: Store) -> None:
        ana, ben = self._people(store, "Ana", "Ben")
        with store.db.beside():
            self._rename(store, ana, "1")
            with self._meanwhile(lambda: other.beside(lambda: self._rename(other, ben, "2")), other, waits=False):
                pass
            assert store.db.rows("SELECT name FROM people ORDER BY id") == [("Ana1",), ("Ben2",)]

    def test_people_held_late_are_not_waited_for(self, store: Store, other: Store) -> None:
        ana, ben, eva = self._people(store, "Ana", "Ben", "Eva")
        with store.db.beside(), other.db.beside():
            store.db.hold([ana])
            other.db.hold([ben])
            with pytest.raises(NeedsAlone):
                other.db.hold([ana])
            store.db.hold([eva])
            assert store.db.holds(ana)
            assert store.db.holds(eva)
            assert not store.db.holds(ben)

    def test_everybody_who_waits_for_several_gets_them(self, store: Store, other: Store) -> None:
        people = self._people(store, *("Ana", "Ben", "Eva", "Ida"))
        ready = threading.Barrier(2)

        def change(by: Store, order: list[int]) -> None:
            ready.wait(PATIENCE)
            for turn in range(25):
                chosen = (order[turn % 4 :] + order[: turn % 4])[:3]

                def rename(chosen: list[int] = chosen) -> None:
                    work = by.workspace(NOW)
                    work.load(Needs(people=set(chosen)))
                    for number in chosen:
                        work.people.rows[number].created += 1
                    work.save()

                by.beside(rename)

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(change, store, people), pool.submit(change, other, people[::-1])]
            for one in both:
                one.result(PATIENCE)
        ((total,),) = store.db.rows("SELECT sum(created) FROM people")
        assert total == 4 * NOW + 2 * 25 * 3

    def test_a_person_who_is_not_held_is_not_changed_beside_others(self, store: Store) -> None:
        (ana,) = self._people(store, "Ana")
        tries: list[bool] = []

        def rename() -> None:
            tries.append(store.db.held is not None)
            work = store.workspace(NOW)
            work.people.fetch([ana])
            work.people.rows[ana].name = "Ana Maria"
            work.save()

        with pytest.raises(NeedsAlone), store.db.beside():
            rename()
        assert store.db.rows("SELECT name FROM people") == [("Ana",)]
        store.beside(rename)
        assert tries == [True, True, False]
        assert store.db.rows("SELECT name FROM people") == [("Ana Maria",)]

    def test_a_row_does_not_go_to_somebody_who_is_not_held(self, store: Store) -> None:
        ana, ben = self._people(store, "Ana", "Ben")
        with store.transaction():
            work = store.workspace(NOW)
            talk(work, ana, "key")
            work.save()
        with store.db.beside():
            work = store.workspace(NOW)
            work.load(Needs(people={ana}, conversations={"key"}))
            work.by_key["key"].person = ben
            with pytest.raises(NeedsAlone):
                work.save()

    def test_somebody_new_whom_two_see_at_once_is_one_person(self, store: Store, other: Store) -> None:
        ready = threading.Barrier(2)

        def meet(by: Store) -> None:
            def work() -> None:
                rows = by.workspace(NOW)
                rows.load(Needs(identities={ANA}))
                if ANA not in rows.owners:
                    talk(rows, person(rows, "Ana", ANA).id, f"{INBOX}|{ANA}")
                rows.save()

            ready.wait(PATIENCE)
            by.beside(work)

        for turn in range(10):
            with ThreadPoolExecutor(2) as pool:
                list(pool.map(meet, (store, other)))
            assert store.db.rows("SELECT count(*) FROM people") == [(1,)], turn
            with store.transaction():
                for table in ("people", "identities", "conversations"):
                    store.db.run(f"DELETE FROM {table}")  # noqa: S608 - our names

    def test_what_everybody_adds_to_is_added_up_whatever_the_order(self, store: Store, other: Store) -> None:
        kinds = ("late", "quick", "slow")
        ready = threading.Barrier(2)

        def learn(by: Store, order: int) -> int:
            tries = 0

            def add(turn: int) -> None:
                nonlocal tries
                tries += 1
                work = by.workspace(NOW)
                chosen = [(step, kind, 1, turn % 2) for step in (1, 2) for kind in kinds][::order]
                work.learned(chosen, (1, turn % 2, 5))
                work.learned(chosen[:3], (1, 0, 0))
                work.save()

            ready.wait(PATIENCE)
            for turn in range(40):
                by.beside(lambda turn=turn: add(turn))  # type: ignore[misc]
            return tries

        with ThreadPoolExecutor(2) as pool:
            both = [pool.submit(learn, store, 1), pool.submit(learn, other, -1)]
            assert [one.result(PATIENCE) for one in both] == [40, 40]  # nobody had to begin anew
        assert store.db.rows("SELECT asked, answered, logs FROM rhythm") == [(160, 40, 400)]
        ((cases, answered),) = store.db.rows("SELECT sum(cases), sum(answered) FROM chances")
        assert (cases, answered) == (2 * 40 * 9, 2 * 20 * 9)

    # -- alone, and in the way -----------------------------------------------------------------------------------------

    def test_who_is_alone_waits_for_those_beside_and_they_for_him(self, store: Store, other: Store) -> None:
        (ana,) = self._people(store, "Ana")

        def alone() -> None:
            with other.transaction():
                other.db.run("UPDATE people SET name = name || ' two'")

        with ThreadPoolExecutor(1) as pool:
            with store.db.beside():
                future = pool.submit(alone)
                self._until_one_waits(store)
                self._rename(store, ana, " one")
            future.result(PATIENCE)
            with store.transaction():
                later = pool.submit(other.beside, lambda: self._rename(other, ana, " four"))
                self._until_one_waits(store)
                store.db.run("UPDATE people SET name = name || ' three'")
            later.result(PATIENCE)
        assert store.db.rows("SELECT name FROM people") == [("Ana one two three four",)]

    def test_who_meets_another_begins_anew(self, store: Store, other: Store) -> None:
        tries: list[int] = []

        def make() -> None:
            tries.append(len(store.db.rows("SELECT 1 FROM conversations WHERE key='same'")))
            work = store.workspace(NOW)
            if not tries[-1]:
                with other.db.beside():
                    theirs = other.workspace(NOW)
                    talk(theirs, 2, "same")
                    theirs.save()
                talk(work, 1, "same")
            work.save()

        store.beside(make)
        assert tries == [0, 1]
        assert store.db.rows("SELECT person FROM conversations") == [(2,)]

    def test_what_is_wrong_in_itself_is_not_blamed_on_others(self, store: Store) -> None:
        def twice() -> None:
            work = store.workspace(NOW)
            talk(work, 1, "same")
            talk(work, 1, "same")
            work.save()

        with pytest.raises(Exception, match="conversations") as raised:
            store.beside(twice)
        assert not isinstance(raised.value, StoreTrouble)
        with pytest.raises(Exception, match="conversations") as raised, store.transaction():
            twice()
        assert not isinstance(raised.value, Collision)

    # -- commands and timers -------------------------------------------------------------------------------------------

    def test_a_command_is_started_once_whoever_looks(self, store: Store, other: Store) -> None:
        with store.transaction():
            work = store.workspace(NOW)
            numbers = [command(work, of).id for of in range(1, 31)]
            work.save()
        ready = threading.Barrier(2)

        def lease(by: Store) -> list[int]:
            started: list[int] = []

            def some() -> int:
                work = by.workspace(NOW)
                rows = work.take_heads(INBOX, 7)
                for row in rows:
                    row.state = "started"
                work.save()
                started.extend(row.id for row in rows)
                return len(rows)

            ready.wait(PATIENCE)
            while by.beside(some) or by.db.rows("SELECT 1 FROM outbox WHERE state='waiting' LIMIT 1"):
                pass
            return started

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(lease, (store, other))
        assert sorted(first + second) == numbers

    def test_a_timer_fires_once_whoever_looks(self, store: Store, other: Store) -> None:
        with store.transaction():
            work = store.workspace(NOW)
            for number in range(200):
                work.arm(timer(number, NOW))
            work.save()

        def tick(by: Store) -> list[int]:
            found: list[int] = []
            while True:
                with by.transaction():
                    rows = fire(by.db, NOW, 7)
                if not rows:
                    return found
                found += [row.subject_id for row in rows]

        with ThreadPoolExecutor(2) as pool:
            first, second = pool.map(tick, (store, other))
        assert sorted(first + second) == list(range(200))

    # -- a connection that is lost -------------------------------------------------------------------------------------

    def test_a_lost_connection_leaves_nothing_half_done_and_nobody_locked_out(self, store: Store, other: Store) -> None:
        (ana,) = self._people(store, "Ana")
        store.accept([event("a", "lane")])

        def lose_it() -> None:
            with store.db.beside():
                assert store.claim(10)
                self._rename(store, ana, " lost")
                self.cut(store, by=other)
                store.db.rows("SELECT 1")

        with pytest.raises(StoreTrouble):
            lose_it()
        with other.db.beside():
            assert [row.key for row in other.claim(10)] == ["a"]
            self._rename(other, ana, " kept")
        assert store.db.rows("SELECT name FROM people") == [("Ana kept",)]  # connected anew
        store.beside(lambda: self._rename(store, ana, "!"))
        assert other.db.rows("SELECT name FROM people") == [("Ana kept!",)]

    def test_what_was_owned_is_found_by_whoever_is_there(self, store: Store, other: Store) -> None:
        with store.transaction():
            work = store.workspace(NOW)
            who = person(work, "Ana", ANA).id
            work.save()
        seen = other.workspace(NOW)
        with other.db.beside():
            seen.load(Needs(identities={Identity.parse(ANA).id}))
        assert seen.owners == {ANA: who}

    def test_an_address_where_no_store_is_is_told_in_one_sentence(self, place: Place) -> None:
        wrong = Place(place.folder, place.dsn.replace("/contract", "/nobody-made-it"))
        with pytest.raises(ConfigError, match="cannot be opened"):
            open_store(wrong)
