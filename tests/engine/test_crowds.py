"""A crowd of events, and events that nobody can read: everybody else's turn comes soon, in order."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from hub.engine import step as line_step
from hub.model.by_hand import DeadHandled, PauseChanged
from hub.store import Store, reading
from hub.store.journal import Claimed
from hub.testing.store_rows import event, person, talk
from hub.testing.tabletop import Tabletop

BUDGET = 256
CROWD = 20_000
FEW = 3
ANA = "phone::+447700900111"


def steps_until(store: Store, wanted: set[str]) -> int:
    """How many steps are taken until these events are done."""
    for taken in range(1, 1 + CROWD // BUDGET):

        def some() -> set[str]:
            claimed = store.claim(BUDGET)
            assert len(claimed) == BUDGET, "a turn that is not full, beside a crowd"
            store.unqueue([row.seq for row in claimed])
            return {row.key for row in claimed}

        wanted -= store.beside(some)
        if not wanted:
            return taken
    raise AssertionError(f"still waiting: {wanted}")


CROWDS: dict[str, Callable[[int], str]] = {
    "one person": lambda n: "meta|1001|noisy",
    "one inbox": lambda n: f"meta|1001|p{n}",
    "one inbox and in it one person": lambda n: f"meta|1001|{f'p{n}' if n % 3 else 'noisy'}",
    "the hub's own events": lambda n: "SendSettled",
}


@pytest.mark.parametrize("crowd", CROWDS)
def test_a_crowd_delays_nobody_else(on_each: Tabletop, crowd: str) -> None:
    for start in range(0, CROWD, 2000):
        on_each.store.accept([event(f"{n}", CROWDS[crowd](n)) for n in range(start, start + 2000)])
    quiet = [
        event(f"{lane}.{n}", lane) for n in range(3) for lane in ("meta|1002|ana", "telegram|7|ben", "RecordsRead")
    ]
    on_each.store.accept([one for one in quiet if crowd != "the hub's own events" or "|" in one.lane])
    wanted = {one.key for one in quiet if crowd != "the hub's own events" or "|" in one.lane}
    assert steps_until(on_each.store, wanted) <= FEW


def test_lanes_stay_in_order_while_an_inbox_is_crowded(on_each: Tabletop) -> None:
    lanes = ["a|1|x"] * 3 + ["a|1|y", "b|1|x", "c|1|x"]
    on_each.store.accept([event(f"{n:05}", lanes[n * n % 6] if n % 5 == 0 else f"a|1|p{n}") for n in range(3000)])
    done: list[Claimed] = []

    def some() -> int:
        claimed = on_each.store.claim(64)
        done.extend(claimed)
        on_each.store.unqueue([row.seq for row in claimed])
        return len(claimed)

    while on_each.store.beside(some):
        pass
    assert len({row.seq for row in done}) == len(done) == 3000
    for lane in set(lanes):
        own = [row.seq for row in done if row.lane == lane]
        assert own == sorted(own)


# -- poison ------------------------------------------------------------------------------------------------------------


def pauses(on_each: Tabletop, *agents: str) -> None:
    """These agents pause the automation of a conversation, one after the other."""
    with on_each.store.transaction():
        work = on_each.store.workspace(on_each.now)
        talk(work, person(work, "Ana", ANA).id, f"sales|{ANA}")
        work.save()
    for agent in agents:
        on_each.happen(PauseChanged(key=agent, at=on_each.now, person=ANA, until=on_each.now + 1000, agent=agent))


@pytest.fixture
def poison(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Agents of that name break the step, until the antidote is called."""
    look, act = line_step.EFFECTS[PauseChanged]

    def broken(event: PauseChanged, *rest: object) -> None:
        if event.agent.startswith("poison"):
            raise ValueError(f"cannot be worked on: {event.agent}")
        act(event, *rest)  # type: ignore[arg-type]

    monkeypatch.setitem(line_step.EFFECTS, PauseChanged, (look, broken))
    return lambda: monkeypatch.setitem(line_step.EFFECTS, PauseChanged, (look, act))


def heard(on_each: Tabletop) -> list[str]:
    """The agents who paused it, in the order in which that was done."""
    found = on_each.rows("SELECT because FROM decisions ORDER BY id")
    return [text.rpartition(": ")[2] for (text,) in found if text.startswith("automation pauses")]


def test_poison_is_parked_alone_and_the_rest_goes_through_in_order(
    on_each: Tabletop, poison: Callable[[], None]
) -> None:
    pauses(on_each, "1", "poison a", "2", "3", "poison b", "4")
    done = on_each.step()
    assert (done.events, done.buried) == (6, 2)
    assert heard(on_each) == ["1", "2", "3", "4"]
    assert [letter.cause.rpartition(": ")[2] for letter in reading.dead_letters(on_each.store.db)] == [
        "poison a",
        "poison b",
    ]


def test_what_was_parked_for_one_cause_goes_again_at_once(on_each: Tabletop, poison: Callable[[], None]) -> None:
    pauses(on_each, *(f"poison {n % 2}.{n}" for n in range(40)))
    on_each.step()
    poison()
    chosen = reading.dead_ids(on_each.store.db, "Poison 1.")
    assert len(chosen) == 20
    on_each.happen(DeadHandled(key="again", at=on_each.now, ids=tuple(chosen), action="retry", agent="Eva"))
    on_each.step()
    assert heard(on_each) == [f"poison 1.{n}" for n in range(1, 40, 2)]
    assert len(reading.dead_ids(on_each.store.db)) == 20
    on_each.happen(DeadHandled(key="twice", at=on_each.now, ids=tuple(chosen), action="retry", agent="Eva"))
    on_each.step()
    assert len(heard(on_each)) == 20


def test_an_event_that_another_process_parked_already_does_not_cost_the_next_one(
    on_each: Tabletop, poison: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two processes fail at the same event; the second one comes to bury it when the first one has."""
    pauses(on_each, "poison", "innocent")
    bury = line_step._bury

    def twice(store: Store, now: int, failed: list[Claimed], cause: str) -> line_step.Stepped:
        bury(store, now, failed, cause)
        return bury(store, now, failed, cause)

    monkeypatch.setattr(line_step, "_bury", twice)
    on_each.step()
    assert heard(on_each) == ["innocent"]
    assert len(reading.dead_ids(on_each.store.db)) == 1
