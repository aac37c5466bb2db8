"""What every engine of the store keeps, as tests to inherit. In a test module:

    class TestSqlite(StoreContract):
        @pytest.fixture
        def place(self, tmp_path):
            return Place(tmp_path / "data")

`StatementsContract` asks the same of its statements; `SharedStoreContract` what only several processes see.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeVar

from hub.model.people import Identity
from hub.store import Place, Store, open_reader, open_store, plugin_work, reading
from hub.store.moves import conversation, identity
from hub.store.needs import Needs
from hub.store.timers import fire
from hub.store.workspace import Workspace
from hub.testing.store_rows import CRM, INBOX, How, command, event, link, message, person, talk, timer, within

try:
    import pytest
except ImportError as error:
    raise ImportError("the contract tests need pytest: pip install pytest") from error

T = TypeVar("T")
NOW = 1_800_000_000_000
TABLES = ("people", "identities", "conversations", "messages", "outbox", "links", "timers", "dead", "decisions")
both = pytest.mark.parametrize("how", ["alone", "beside"])


class Broken(Exception):
    """Raised on purpose inside a transaction."""


class StoreContract:
    """Subclass it, name the subclass `Test...`, and say where its store is (empty at first)."""

    @pytest.fixture
    def place(self) -> Place:
        """An empty place for a store; to be given by the subclass."""
        raise NotImplementedError

    @pytest.fixture
    def store(self, place: Place) -> Iterator[Store]:
        """The store there, open."""
        opened = open_store(place)
        yield opened
        opened.close()

    def _undone(self, store: Store, work: Callable[[], T]) -> T:
        """What `work` returns, in a transaction that fails afterwards."""
        found: list[T] = []

        def broken() -> None:
            with store.transaction():
                found.append(work())
                raise Broken

        with pytest.raises(Broken):
            broken()
        return found[0]

    # -- the way in ----------------------------------------------------------------------------------------------------

    def test_an_event_is_accepted_once_however_often_it_comes(self, store: Store) -> None:
        first, second, again = store.accept([event("a"), event("b"), event("a")])
        assert 0 < first < second
        assert again == 0
        known, third = store.accept([event("b"), event("c")])
        assert known == 0
        assert third > second
        assert [row.key for row in store.claim(10)] == ["a", "b", "c"]

    def test_the_same_key_of_another_account_or_source_is_another_event(self, store: Store) -> None:
        assert all(store.accept([event("a"), event("a", account="2"), event("a", source="telegram")]))

    def test_what_was_accepted_is_there_after_the_store_was_opened_again(self, place: Place) -> None:
        store = open_store(place)
        (seq,) = store.accept([event("a", body=b"\x00\xff body")])
        store.close()

        store = open_store(place)
        try:
            assert [(row.seq, row.body) for row in store.claim(10)] == [(seq, b"\x00\xff body")]
            assert store.accept([event("a")]) == [0]
        finally:
            store.close()

    def test_a_number_is_never_used_again(self, place: Place) -> None:
        used: list[int] = []
        for turn in range(3):
            store = open_store(place)
            used += store.accept([event(f"{turn}.{n}") for n in range(5)])
            with store.transaction():
                store.unqueue(used)
                store.db.run("DELETE FROM journal")
            self._undone(store, partial(store.append, [event("never")]))
            store.close()
        assert used == sorted(set(used))

    # -- the order of work ---------------------------------------------------------------------------------------------

    @both
    def test_work_is_taken_in_the_order_of_the_journal(self, store: Store, how: How) -> None:
        store.accept([event(f"{n}", f"lane{n % 7}") for n in range(50)])
        claimed = within(store, how, lambda: store.claim(21))
        assert [row.seq for row in claimed] == sorted(row.seq for row in claimed)
        for lane in range(7):  # from its beginning, without a gap
            taken = [int(row.key) for row in claimed if row.lane == f"lane{lane}"]
            assert taken == list(range(lane, 50, 7))[: len(taken)]
        assert len(claimed) == 21

    @both
    def test_every_lane_is_worked_off_in_order_whatever_crowds_it(self, store: Store, how: How) -> None:
        rng = random.Random(5)
        lanes = [rng.choice("aaaaaaabcd") for _ in range(400)]
        store.accept([event(str(n), lane) for n, lane in enumerate(lanes)])
        done: list[tuple[str, int]] = []

        def some() -> bool:
            claimed = store.claim(16)
            assert len(claimed) <= 16
            done.extend((row.lane, int(row.key)) for row in claimed)
            store.unqueue([row.seq for row in claimed])
            return bool(claimed)

        while within(store, how, some):
            pass
        for lane in "abcd":
            assert [n for of, n in done if of == lane] == [n for n, of in enumerate(lanes) if of == lane]
        assert len(done) == 400

    @both
    def test_a_crowd_in_one_lane_does_not_delay_the_others(self, store: Store, how: How) -> None:
        store.accept([event(f"noisy{n}", "noisy") for n in range(3000)])
        store.accept([event(f"quiet{n}", f"quiet{n}") for n in range(5)])
        claimed = within(store, how, lambda: store.claim(64))
        assert len(claimed) == 64
        assert {row.lane for row in claimed} == {"noisy", *(f"quiet{n}" for n in range(5))}
        assert [row.seq for row in claimed] == sorted(row.seq for row in claimed)

    def test_named_work_is_taken_while_it_is_still_to_be_done(self, store: Store) -> None:
        seqs = store.accept([event(key) for key in "abc"])
        with store.transaction():
            store.unqueue(seqs[1:2])
            assert [row.key for row in store.claim_these(seqs)] == ["a", "c"]
            assert store.claim_these([]) == []

    # -- a step --------------------------------------------------------------------------------------------------------

    def _everything(self, store: Store, seq: int) -> None:
        """What one event may cause, in one transaction that is open."""
        work = store.workspace(NOW)
        work.load(Needs(identities={"phone::+447700900111"}))
        ana = person(work, "Ana", "phone::+447700900111")
        conversation = talk(work, ana.id, f"{INBOX}|ana")
        said = message(work, ana.id, conversation.id)
        command(work, ana.id, message=said.id, conversation=conversation.id)
        link(work, ana.id, "c1")
        work.arm(timer(conversation.id, NOW + 1))
        work.bury("event", seq, "on purpose", ana.id)
        work.decide(seq, 1, ana.id, conversation.id, "because")
        work.plugin_work("notes", seq, "{}")
        work.cursor("source", "7")
        work.raised["later"] = event("later", source="hub")
        work.save()
        store.unqueue([seq])

    def _counts(self, store: Store) -> dict[str, int]:
        more = ("identity_events", "plugin_work", "cursors", "queue", "journal", "seen")
        return {name: int(store.db.rows(f"SELECT count(*) FROM {name}")[0][0]) for name in (*TABLES, *more)}  # noqa: S608

    @both
    def test_a_step_happens_as_a_whole_or_not_at_all(self, store: Store, how: How) -> None:
        (seq,) = store.accept([event("a")])
        before = self._counts(store)

        def broken() -> None:
            self._everything(store, seq)
            raise Broken

        with pytest.raises(Broken):
            within(store, how, broken)
        assert self._counts(store) == before
        assert [row.seq for row in store.claim(10)] == [seq]

        within(store, how, lambda: self._everything(store, seq))
        after = self._counts(store)
        assert {name: count for name, count in after.items() if count != 1} == {"journal": 2, "seen": 2}
        assert [row.key for row in store.claim(10)] == ["later"]

    @both
    def test_only_what_changed_is_written_and_found_again(self, store: Store, how: How) -> None:
        within(store, how, lambda: self._everything(store, 1))

        def change() -> None:
            work = store.workspace(NOW + 5)
            work.load(Needs(identities={"phone::+447700900111"}, conversations={f"{INBOX}|ana"}))
            who = work.owners["phone::+447700900111"]
            work.people.rows[who].name = "Ana Maria"
            work.by_key[f"{INBOX}|ana"].last_in = NOW + 5
            work.link_of[who, CRM].record = "c2"
            work.save()

        within(store, how, change)
        assert store.db.rows("SELECT name, language FROM people") == [("Ana Maria", "en")]
        assert store.db.rows("SELECT last_in, key FROM conversations") == [(NOW + 5, f"{INBOX}|ana")]
        assert store.db.rows("SELECT record FROM links WHERE record='c2' AND crm='main'") == [("c2",)]

    def test_cursors_are_kept_and_go_back_with_their_transaction(self, store: Store) -> None:
        assert store.cursor("feed") == ""
        store.set_cursor("feed", "1", NOW)
        self._undone(store, lambda: store.set_cursor("feed", "2", NOW))
        assert store.cursor("feed") == "1"
        store.set_cursor("feed", "3", NOW)
        assert store.cursor("feed") == "3"

    def test_a_configuration_gets_a_new_number_only_when_it_changed(self, store: Store) -> None:
        first = store.activate("text", 1)
        assert store.activate("text", 2) == first
        assert store.activate("other", 3) > first
        assert store.identity() == store.identity() != ""

    # -- commands ------------------------------------------------------------------------------------------------------

    def _commands(self, store: Store, kind: str, *dues: tuple[int, int]) -> list[int]:
        """Commands of these people, each due then; returns their numbers."""
        with store.transaction():
            work = store.workspace(NOW)
            numbers = [command(work, of, kind, due=due).id for of, due in dues]
            work.save()
        return numbers

    def _lease(self, store: Store, how: How, kind: str = "send", now: int = NOW, limit: int = 100) -> list[int]:
        """Start what may start: the numbers of the commands."""

        def lease() -> list[int]:
            work = store.workspace(now)
            rows = work.take_heads(INBOX, limit) if kind == "send" else work.take_due(CRM, kind, limit)
            for row in rows:
                row.state, row.started, row.attempts = "started", now, row.attempts + 1
            work.save()
            return [row.id for row in rows]

        return within(store, how, lease)

    def _settle(self, store: Store, how: How, number: int, due: int = 0) -> None:
        def settle() -> None:
            work = store.workspace(NOW)
            work.load(Needs(outbox={number}, around=True))
            row = work.outbox.rows[number]
            row.wait(due, "again") if due else row.end("done")
            work.save()

        within(store, how, settle)

    @both
    def test_of_each_person_one_send_is_under_way_and_in_order(self, store: Store, how: How) -> None:
        a, b, c, _, e = self._commands(store, "send", (1, 0), (1, 0), (2, NOW + 9), (2, 0), (3, NOW))
        assert self._lease(store, how) == [a, e]  # the later one of person 2 waits behind the one that is not due
        assert self._lease(store, how) == []
        self._settle(store, how, a)
        assert self._lease(store, how) == [b]
        self._settle(store, how, b, due=NOW + 3)
        assert self._lease(store, how, now=NOW + 2) == []
        assert self._lease(store, how, now=NOW + 9, limit=1) == [b]
        assert self._lease(store, how, now=NOW + 9) == [c]

    @both
    def test_crm_commands_go_together_unless_an_earlier_one_waits(self, store: Store, how: How) -> None:
        logs = self._commands(store, "log", (1, 0), (1, 0), (2, NOW + 9), (2, 0))
        others = self._commands(store, "person", (2, 0))
        assert self._lease(store, how, "log") == logs[:2]
        assert self._lease(store, how, "person") == others
        assert self._lease(store, how, "log") == []
        assert self._lease(store, how, "log", now=NOW + 9) == logs[2:]

    @both
    def test_logs_wait_for_their_link_and_say_for_what(self, store: Store, how: How) -> None:
        first, _ = self._commands(store, "log", (1, 0), (2, 0))

        def change(release: bool) -> None:
            work = store.workspace(NOW)
            store.db.hold([1, 2])
            if release:
                work.release(CRM, 1)
            else:
                work.hold(CRM, 1, "no link yet")
                work.hold(CRM, 2, "no link yet")
            work.save()

        within(store, how, lambda: change(False))
        assert store.db.rows("SELECT state, reason FROM outbox ORDER BY id") == [("held", "no link yet")] * 2
        assert self._lease(store, how, "log") == []
        within(store, how, lambda: change(True))
        assert self._lease(store, how, "log") == [first]

    def test_a_send_whose_evidence_did_not_come_is_named_until_it_is_settled(self, store: Store) -> None:
        first, second = self._commands(store, "send", (1, 0), (2, 0))
        assert self._lease(store, "alone") == [first, second]
        with store.transaction():
            work = store.workspace(NOW)
            work.load(Needs(outbox={first, second}))
            for row in work.outbox.rows.values():
                row.state, row.due = "evidence", NOW + row.lane
            work.save()
        assert store.expired_evidence(NOW) == []
        assert store.expired_evidence(NOW + 1) == [(first, 1, "")]
        self._settle(store, "alone", first)
        assert store.expired_evidence(NOW + 5) == [(second, 1, "")]

    # -- timers --------------------------------------------------------------------------------------------------------

    def _arm(self, store: Store, how: How, *timers: Any) -> None:
        def arm() -> None:
            work = store.workspace(NOW)
            for one in timers:
                work.arm(one)
            work.save()

        within(store, how, arm)

    def _fire(self, store: Store, now: int, limit: int = 100) -> list[tuple[int, int]]:
        with store.transaction():
            return [(row.subject_id, row.generation) for row in fire(store.db, now, limit)]

    @both
    def test_a_timer_fires_once_when_it_is_due(self, store: Store, how: How) -> None:
        self._arm(store, how, timer(1, NOW + 30), timer(2, NOW + 10), timer(3, NOW + 20))
        assert self._fire(store, NOW + 9) == []
        assert self._fire(store, NOW + 25, limit=1) == [(2, 1)]
        assert self._fire(store, NOW + 25) == [(3, 1)]
        assert self._fire(store, NOW + 25) == []
        assert self._fire(store, NOW + 99) == [(1, 1)]

    @both
    def test_a_timer_that_is_cancelled_or_armed_again_does_not_fire_for_the_old_time(
        self, store: Store, how: How
    ) -> None:
        self._arm(store, how, timer(1, NOW + 10), timer(2, NOW + 10), timer(2, NOW + 10, rule="nudge"))
        self._arm(store, how, timer(1, 0), timer(2, NOW + 50))
        assert self._fire(store, NOW + 10) == [(2, 1)]  # the one of the other rule
        assert self._fire(store, NOW + 50) == [(2, 2)]
        self._arm(store, how, timer(1, NOW + 60))
        assert self._fire(store, NOW + 60) == [(1, 3)]

    def test_a_timer_whose_firing_failed_fires_again(self, store: Store) -> None:
        self._arm(store, "alone", timer(1, NOW))
        assert len(self._undone(store, lambda: fire(store.db, NOW, 10))) == 1
        assert self._fire(store, NOW) == [(1, 1)]

    # -- dead letters --------------------------------------------------------------------------------------------------

    @both
    def test_a_buried_event_is_listed_found_by_its_cause_and_taken_up_again(self, store: Store, how: How) -> None:
        seqs = store.accept([event("a", "lane"), event("b", "lane")])

        def bury() -> None:
            work = store.workspace(NOW)
            for row in store.claim(10):
                work.bury("event", row.seq, f"Not Understood: {row.key}")
            work.save()
            store.unqueue(seqs)

        within(store, how, bury)
        assert store.claim(10) == []
        letters = reading.dead_letters(store.db)
        assert [(row.ref, row.cause) for row in letters] == [
            (seqs[0], "Not Understood: a"),
            (seqs[1], "Not Understood: b"),
        ]
        assert reading.dead_ids(store.db, "not understood") == [letters[0].id, letters[1].id]
        assert reading.dead_ids(store.db, "understood: B") == [letters[1].id]

        def replay() -> None:
            work = store.workspace(NOW + 1)
            work.requeue(seqs[1])
            work.requeue(seqs[1])
            work.settle_dead("event", [seqs[1]], "retried")
            work.save()

        within(store, how, replay)
        assert [(row.seq, row.key) for row in store.claim(10)] == [(seqs[1], "b")]
        assert [row.ref for row in reading.dead_letters(store.db)] == [seqs[0]]
        assert store.accept([event("a"), event("b")]) == [0, 0]

    def test_what_a_plugin_failed_at_waits_for_a_human(self, store: Store) -> None:
        def told(change: Any = lambda work: None) -> list[tuple[int, int]]:
            with store.transaction():
                work = store.workspace(NOW)
                change(work)
                work.save()
            return [(row.event, row.attempts) for row in plugin_work.due(store.db, "notes", NOW, 10)]

        def two(work: Workspace) -> None:
            work.plugin_work("notes", 1, "{}")
            work.plugin_work("notes", 1, "{}")
            work.plugin_work("notes", 2, "{}")

        assert told(two) == [(1, 0), (2, 0)]
        plugin_work.failed(store.db, plugin_work.due(store.db, "notes", NOW, 1)[0].id, 1, NOW)
        assert told() == [(2, 0), (1, 1)]
        assert told(lambda work: plugin_work.fail(work, "notes", 1)) == [(2, 0)]
        assert told(lambda work: plugin_work.drop(work, 1, "plugin other: no")) == [(2, 0)]
        assert told(lambda work: plugin_work.revive(work, 1)) == [(1, 0), (2, 0)]
        told(lambda work: plugin_work.fail(work, "notes", 1))
        told(lambda work: plugin_work.drop(work, 1, "plugin notes: no"))
        assert told(lambda work: plugin_work.revive(work, 1)) == [(2, 0)]

    # -- people --------------------------------------------------------------------------------------------------------

    @both
    def test_what_becomes_somebody_elses_takes_along_what_belongs_to_it(self, store: Store, how: How) -> None:
        one, other = "phone::+447700900111", "phone::+447700900122"

        def begin() -> None:
            work = store.workspace(NOW)
            work.load(Needs(identities={one, other}))
            for who in (one, other):
                row = person(work, who, who)
                held = talk(work, row.id, f"{INBOX}|{who}")
                said = message(work, row.id, held.id)
                command(work, row.id, message=said.id, conversation=held.id)
            work.save()

        def merge() -> None:
            work = store.workspace(NOW + 1)
            work.load(Needs(identities={one, other}, talks_with={one, other}))
            identity(work, other, work.owners[one], "test")
            conversation(work, work.by_key[f"{INBOX}|{other}"], work.owners[one])
            work.save()

        within(store, how, begin)
        within(store, how, merge)
        assert store.db.rows("SELECT count(DISTINCT person), min(person) FROM identities") == [(1, 1)]
        for column, table in (("person", "conversations"), ("person", "messages"), ("lane", "outbox")):
            assert store.db.rows(f"SELECT DISTINCT {column} FROM {table}") == [(1,)]  # noqa: S608

    @both
    def test_a_write_of_the_hubs_own_is_recognised_once(self, store: Store, how: How) -> None:
        def wrote() -> None:
            work = store.workspace(NOW)
            work.wrote(CRM, "key1", "Phone", "+447700900111")
            work.save()

        def came_back() -> bool:
            work = store.workspace(NOW + 1)
            work.load(Needs(keys={"key1"}))
            known = work.own_echo(CRM, "key1", "Phone", "+447700900111")
            work.save()
            return known

        within(store, how, wrote)
        within(store, how, wrote)
        assert [within(store, how, came_back) for _ in range(2)] == [True, False]

    @both
    def test_who_was_first_keeps_an_identity(self, store: Store, how: How) -> None:
        def own(who: int) -> None:
            work = store.workspace(NOW)
            work.own(Identity("email", "", "ana@example.com"), who, 1, "test")
            work.save()

        within(store, how, lambda: own(1))
        within(store, how, lambda: own(2))
        assert store.db.rows("SELECT id, person FROM identities") == [("email::ana@example.com", 1)]

    # -- the store itself ----------------------------------------------------------------------------------------------

    def test_a_reader_looks_beside_a_writer_and_cannot_write(self, store: Store, place: Place) -> None:
        store.accept([event("a")])
        reader = open_reader(place)
        try:
            with store.transaction():
                store.append([event("b")])
                assert reader.rows("SELECT count(*) FROM journal") == [(1,)]
            assert reader.rows("SELECT count(*) FROM journal") == [(2,)]
            with pytest.raises(Exception, match=r"readonly|query_only|read-only"):
                reader.run("DELETE FROM journal")
        finally:
            reader.close()

    def test_the_live_connection_commits_durably(self, store: Store) -> None:
        store.db.assert_durable()
