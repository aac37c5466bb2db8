"""Any interleaving of what a hub does with its store, beside a model of it in memory: after every step they agree."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from hub.store import Place, Store, open_store, reading
from hub.store.journal import Claimed, Incoming
from hub.store.moves import conversation, identity
from hub.store.needs import Needs
from hub.store.timers import fire
from hub.store.workspace import Workspace
from hub.testing.postgres import PostgresServer
from hub.testing.store_rows import INBOX, How, command, empty, message, person, talk, timer, within

LANES = ("ana", "ben", "eva")
RARELY = st.sampled_from([False, False, False, True])
EVIDENCE = 20
"""ms that a send in doubt waits for evidence."""


class Crash(Exception):
    """The process ends in the middle of a transaction."""


@dataclass
class Send:
    """A command of the model, in the order in which they were made."""

    key: str
    lane: str
    talk: str
    state: str = "waiting"
    due: int = 0
    attempts: int = 0

    @property
    def open(self) -> bool:
        return self.state in ("waiting", "started", "evidence")


@dataclass
class Model:
    """What the store is to hold. People are named by the identity they were made for."""

    now: int = 1_000
    seen: set[str] = field(default_factory=set)
    queue: dict[int, str] = field(default_factory=dict)  # seq -> lane
    owner: dict[str, str] = field(default_factory=dict)  # identity -> person
    talks: dict[str, str] = field(default_factory=dict)  # conversation -> person
    messages: dict[str, str] = field(default_factory=dict)  # text -> conversation
    sends: dict[str, Send] = field(default_factory=dict)
    timers: dict[str, tuple[int, int, int]] = field(default_factory=dict)  # conversation -> generation, due, armed
    fired: list[str] = field(default_factory=list)
    acted: list[str] = field(default_factory=list)
    dead: dict[tuple[str, str], str] = field(default_factory=dict)  # (kind, key) -> state
    cured: bool = False


def named(lane: str) -> str:
    return f"visitor:{INBOX}:{lane}"


class Hubs(RuleBasedStateMachine):
    """One or two processes on one store. Everything they do is done to the model, too."""

    places: ClassVar[Callable[[], Place]]
    processes: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__()
        self.model = Model()
        self.place = type(self).places()
        self.stores = [open_store(self.place) for _ in range(self.processes)]
        empty(self.stores[0].db)

    @initialize(poison=st.sampled_from(LANES), delay=st.sampled_from([5, 30]))
    def begin(self, poison: str, delay: int) -> None:
        """Something happened already: two who have answers to get, a third, and a letter that cannot be read."""
        for lane in LANES:
            self.accept(lane, [100, 101], False, delay, 0)
        self.accept(poison, [102], True, 0, 1)
        self.accept(LANES[0], [103, 104], False, 0, 1)
        self.step(20, "beside", 0, False)

    def teardown(self) -> None:
        for store in self.stores:
            store.close()

    # -- the way in and the step ---------------------------------------------------------------------------------------

    @rule(
        lane=st.sampled_from(LANES),
        numbers=st.lists(st.integers(0, 25), min_size=1, max_size=6),
        poison=RARELY,
        delay=st.sampled_from([-1, 0, 5, 30]),
        by=st.integers(0, 1),
    )
    def accept(self, lane: str, numbers: list[int], poison: bool, delay: int, by: int) -> None:
        """The same message may come again: it is accepted once. `delay`: arms a timer; -1 cancels it, 0 leaves it."""
        body = json.dumps({"who": lane, "poison": poison, "delay": delay}).encode()
        events = [Incoming("meta", "1", f"{lane}{n}", lane, 1, self.model.now, body) for n in numbers]
        for event, seq in zip(events, self.store(by).accept(events), strict=True):
            assert bool(seq) == (event.key not in self.model.seen)
            self.model.seen.add(event.key)
            if seq:
                self.model.queue[seq] = lane

    @rule(budget=st.integers(1, 8), how=st.sampled_from(["alone", "beside"]), by=st.integers(0, 1), crash=RARELY)
    def step(self, budget: int, how: How, by: int, crash: bool) -> None:
        store = self.store(by)
        done: list[Claimed] = []

        def work() -> None:
            done[:] = self.decide(store, budget)

        if self.crashed(store, how, work, crash):
            return
        taken = [row.seq for row in done]
        assert len(taken) == min(budget, len(self.model.queue))
        assert taken == sorted(taken)
        for lane in {*self.model.queue.values()}:
            waiting = sorted(seq for seq, of in self.model.queue.items() if of == lane)
            own = [seq for seq in taken if self.model.queue[seq] == lane]
            assert own == waiting[: len(own)], "a lane out of order"
        rearmed: set[str] = set()
        for row in done:
            del self.model.queue[row.seq]
            self.model_step(row, rearmed)

    def decide(self, store: Store, budget: int) -> list[Claimed]:
        """A small hub: everybody who writes is somebody, gets an answer, and may set a timer."""
        claimed = store.claim(budget)
        work, needs = store.workspace(self.model.now), Needs()
        for row in claimed:
            what = json.loads(row.body)
            needs.identities.add(named(what["who"]))
            needs.conversations.add(f"{INBOX}|{named(what['who'])}")
            if row.source == "hub":
                needs.timers.add(("conversation", what["talk"]))
        work.load(needs)
        for row in claimed:
            self.act(work, row)
        work.save()
        store.unqueue([row.seq for row in claimed])
        return claimed

    def act(self, work: Workspace, row: Claimed) -> None:
        what = json.loads(row.body)
        name = named(what["who"])
        if row.source == "hub":
            known = [t for t in work.timers.rows.values() if t.subject_id == what["talk"]]
            if known[0].generation == what["generation"] and not work.is_rearmed(known[0]):
                work.decide(row.seq, 1, 0, what["talk"], row.key)
            return
        if what["poison"] and not self.model.cured:
            work.bury("event", row.seq, f"poison {row.key}")
            return
        if name not in work.owners:
            person(work, name, name)
            made = talk(work, work.owners[name], f"{INBOX}|{name}")
            work.file_talk(made)
        held = work.by_key[f"{INBOX}|{name}"]
        said = message(work, held.person, held.id, row.key)
        send = command(work, held.person, message=said.id, conversation=held.id)
        send.key = row.key
        if what["delay"]:
            due = self.model.now + what["delay"] if what["delay"] > 0 else 0
            work.arm(timer(held.id, due))

    def model_step(self, row: Claimed, rearmed: set[str]) -> None:
        model, what = self.model, json.loads(row.body)
        name = named(what["who"])
        key = f"{INBOX}|{name}"
        if row.source == "hub":
            generation, _, _ = model.timers[key]
            if generation == what["generation"] and key not in rearmed:
                model.acted.append(row.key)
            return
        if what["poison"] and not model.cured:
            model.dead["event", f"poison {row.key}"] = "open"
            return
        if name not in model.owner:
            model.owner[name] = model.talks[key] = name
        model.messages[row.key] = key
        model.sends[row.key] = Send(row.key, model.talks[key], key)
        if what["delay"]:
            generation = model.timers.get(key, (0, 0, 0))[0] + 1
            due = model.now + what["delay"] if what["delay"] > 0 else 0
            model.timers[key] = (generation, due, 1 if due else 0)
            rearmed.add(key)

    # -- commands ------------------------------------------------------------------------------------------------------

    @rule(limit=st.integers(1, 3), how=st.sampled_from(["alone", "beside"]), by=st.integers(0, 1), crash=RARELY)
    def lease(self, limit: int, how: How, by: int, crash: bool) -> None:
        store, model = self.store(by), self.model
        got: list[str] = []

        def work() -> None:
            rows = store.workspace(model.now)
            taken = rows.take_heads(INBOX, limit)
            for row in taken:
                row.state, row.started, row.attempts = "started", model.now, row.attempts + 1
            rows.save()
            got[:] = [row.key for row in taken]

        if self.crashed(store, how, work, crash):
            return
        heads, lanes = [], set()
        for send in model.sends.values():
            if send.open and send.lane not in lanes:
                lanes.add(send.lane)
                if send.state == "waiting" and send.due <= model.now:
                    heads.append(send)
        assert got == [send.key for send in heads[:limit]]
        for send in heads[:limit]:
            send.state, send.attempts = "started", send.attempts + 1

    @precondition(lambda self: any(send.state == "started" for send in self.model.sends.values()))
    @rule(data=st.data(), outcome=st.sampled_from(["done", "again", "dead"]), how=st.sampled_from(["alone", "beside"]))
    def settle(self, data: st.DataObject, outcome: str, how: How) -> None:
        store, model = self.store(0), self.model
        send = model.sends[data.draw(st.sampled_from([s.key for s in model.sends.values() if s.state == "started"]))]

        def work() -> None:
            ((number,),) = store.db.rows("SELECT id FROM outbox WHERE key=?", (send.key,))
            rows = store.workspace(model.now)
            rows.load(Needs(outbox={number}, around=True))
            row = rows.outbox.rows[number]
            if outcome == "again":
                row.wait(model.now + 10, "busy there")
            else:
                row.end(outcome)
            if outcome == "dead":
                rows.bury("send", number, f"refused {send.key}", row.lane)
            rows.save()

        within(store, how, work)
        send.state = "waiting" if outcome == "again" else outcome
        if outcome == "again":
            send.due = model.now + 10
        if outcome == "dead":
            model.dead["send", f"refused {send.key}"] = "open"

    # -- time ----------------------------------------------------------------------------------------------------------

    @rule(later=st.sampled_from([0, 3, 12, 40]), limit=st.integers(1, 3), by=st.integers(0, 1), crash=RARELY)
    def tick(self, later: int, limit: int, by: int, crash: bool) -> None:
        """Timers and evidence that did not come become events and dead letters."""
        store, model = self.store(by), self.model
        model.now += later
        fired: list[tuple[str, int]] = []
        silent: list[str] = []

        def work() -> None:
            fired.clear()
            silent.clear()
            for row in fire(store.db, model.now, limit):
                ((key,),) = store.db.rows("SELECT key FROM conversations WHERE id=?", (row.subject_id,))
                name = f"{key}.{row.generation}"
                who = key.rpartition(":")[2]
                body = json.dumps({"who": who, "talk": row.subject_id, "generation": row.generation}).encode()
                (seq,) = store.append([Incoming("hub", "", name, who, row.due, model.now, body)])
                assert seq, "fired twice"
                fired.append((key, seq))
            rows = store.workspace(model.now)
            late = [number for number, _, _ in store.expired_evidence(model.now)]
            rows.load(Needs(outbox=set(late)))
            for number in late:
                row = rows.outbox.rows[number]
                row.end("uncertain")
                rows.bury("uncertain", number, f"uncertain {row.key}", row.lane)
                silent.append(row.key)
            rows.save()

        if self.crashed(store, "alone", work, crash):
            return
        due = [(due, key) for key, (_, due, armed) in model.timers.items() if armed and due <= model.now]
        assert len(fired) == min(limit, len(due))
        assert sorted(model.timers[key][1] for key, _ in fired) == sorted(when for when, _ in due)[: len(fired)]
        for key, seq in fired:
            generation, when, armed = model.timers[key]
            assert armed
            model.timers[key] = (generation, when, 0)
            model.fired.append(f"{key}.{generation}")
            model.queue[seq] = key.rpartition(":")[2]
        late = {send.key for send in model.sends.values() if send.state == "evidence" and send.due <= model.now}
        assert set(silent) == late
        for name in late:
            model.sends[name].state = "uncertain"
            model.dead["uncertain", f"uncertain {name}"] = "open"

    # -- people and dead letters ---------------------------------------------------------------------------------------

    @precondition(lambda self: len(self.model.owner) > 1)
    @rule(data=st.data(), how=st.sampled_from(["alone", "beside"]), by=st.integers(0, 1))
    def merge(self, data: st.DataObject, how: How, by: int) -> None:
        """What one identity is known by, said and waits for becomes somebody else's."""
        store, model = self.store(by), self.model
        name, to = data.draw(st.permutations(sorted(model.owner)))[:2]
        key, target = f"{INBOX}|{name}", model.owner[to]
        before = model.talks[key]

        def work() -> None:
            rows = store.workspace(model.now)
            rows.load(Needs(identities={name, to}, conversations={key}, talks_with={name, to}))
            identity(rows, name, rows.owners[to], "test")
            if before != target:
                conversation(rows, rows.by_key[key], rows.owners[to])
            rows.save()

        within(store, how, work)
        model.owner[name] = target
        if before != target:
            model.talks[key] = target
            for send in model.sends.values():
                if send.talk == key and send.state == "waiting" and send.lane == before:
                    send.lane = target

    @rule(
        cause=st.sampled_from(["poison", "refused", "uncertain", "PO", "1", ""]),
        how=st.sampled_from(["alone", "beside"]),
    )
    def replay(self, cause: str, how: How) -> None:
        """All dead letters with this in their cause, again."""
        store, model = self.store(0), self.model
        chosen = [
            letter for letter, state in model.dead.items() if state == "open" and cause.lower() in " ".join(letter)
        ]

        def work() -> list[tuple[str, int, str]]:
            rows = store.workspace(model.now)
            ids = reading.dead_ids(store.db, cause)
            letters = rows.dead.fetch_by("id", ids)
            refs = [letter.ref for letter in letters if letter.kind != "event"]
            rows.load(Needs(outbox=set(refs), dead=set(ids), people={letter.person for letter in letters}, around=True))
            for letter in rows.dead.rows.values():
                letter.state, letter.handled = "retried", model.now
                if letter.kind == "event":
                    rows.requeue(letter.ref)
                else:
                    rows.outbox.rows[letter.ref].wait(model.now)
            rows.save()
            return [(letter.kind, letter.ref, letter.cause) for letter in letters]

        found = within(store, how, work)
        assert {(kind, text) for kind, _, text in found} == set(chosen)
        for kind, ref, text in found:
            model.dead[kind, text] = "retried"
            if kind == "event":
                model.queue[ref] = "meta|1"
                del model.dead[kind, text]
            else:
                send = model.sends[text.split()[1]]
                send.state, send.due = "waiting", model.now
                del model.dead[kind, text]

    @rule()
    def cure(self) -> None:
        """From now on the poison can be read."""
        self.model.cured = True

    # -- the end of a process ------------------------------------------------------------------------------------------

    def store(self, by: int) -> Store:
        return self.stores[by % len(self.stores)]

    def crashed(self, store: Store, how: How, work: Callable[[], Any], crash: bool) -> bool:
        """Run `work`; or run it and lose the connection before the commit: nothing of it happened."""
        if not crash:
            within(store, how, work)
            return False

        def die() -> None:
            work()
            store.close()
            raise Crash

        with pytest.raises(Exception, match=r"closed|^$"):
            within(store, how, die)
        self.again(self.stores.index(store))
        return True

    @rule(by=st.integers(0, 1))
    def ends(self, by: int) -> None:
        """A process ends and comes again."""
        number = by % len(self.stores)
        self.stores[number].close()
        self.again(number)

    def again(self, number: int) -> None:
        model = self.model
        self.stores[number] = open_store(self.place)
        started = [send for send in model.sends.values() if send.state == "started"]
        assert self.stores[number].recover(model.now, {INBOX: model.now + EVIDENCE}) == len(started)
        for send in started:
            send.state, send.due = "evidence", model.now + EVIDENCE

    # -- they agree ----------------------------------------------------------------------------------------------------

    @invariant()
    def agree(self) -> None:
        model, rows = self.model, self.stores[-1].db.rows
        assert rows("SELECT seq FROM queue ORDER BY seq") == [(seq,) for seq in sorted(model.queue)]
        people = dict(rows("SELECT id, name FROM people"))
        talks = {number: (key, people[of]) for number, key, of in rows("SELECT id, key, person FROM conversations")}
        assert dict(talks.values()) == model.talks
        assert {name: people[of] for name, of in rows("SELECT id, person FROM identities")} == model.owner
        assert {
            text: (talks[held][0], people[of])
            for text, held, of in rows("SELECT text, conversation, person FROM messages")
        } == {text: (key, model.talks[key]) for text, key in model.messages.items()}
        sends = rows("SELECT key, lane, state, open, due, attempts FROM outbox ORDER BY id")
        assert [(key, people[of], *more) for key, of, *more in sends] == [
            (s.key, s.lane, s.state, int(s.open), s.due, s.attempts) for s in model.sends.values()
        ]
        assert {
            talks[of][0]: tuple(row) for of, *row in rows("SELECT subject_id, generation, due, armed FROM timers")
        } == (model.timers)
        letters = rows("SELECT kind, cause FROM dead WHERE state='open'")
        assert sorted(letters) == sorted(model.dead)
        assert [because for (because,) in rows("SELECT because FROM decisions ORDER BY id")] == model.acted
        assert {key for (key,) in rows("SELECT key FROM journal")} == model.seen | set(model.fired)
        assert len(model.fired) == len(set(model.fired))


SMALL = settings(max_examples=10, stateful_step_count=50, deadline=None, suppress_health_check=list(HealthCheck))
LONG = settings(SMALL, max_examples=60, stateful_step_count=60)
profiles = pytest.mark.parametrize(
    "profile", [SMALL, pytest.param(LONG, marks=pytest.mark.full)], ids=["small", "long"]
)


@profiles
def test_sqlite_holds_what_the_model_says(tmp_path: Path, profile: settings) -> None:
    class OnSqlite(Hubs):
        places = staticmethod(lambda: Place(tmp_path / "data"))

    run_state_machine_as_test(OnSqlite, settings=profile)


@profiles
def test_postgres_with_two_processes_holds_what_the_model_says(
    tmp_path: Path, postgres: PostgresServer, profile: settings
) -> None:
    dsn = postgres.database("stateful")

    class OnPostgres(Hubs):
        places = staticmethod(lambda: Place(tmp_path / "data", dsn))
        processes = 2

    run_state_machine_as_test(OnPostgres, settings=profile)
