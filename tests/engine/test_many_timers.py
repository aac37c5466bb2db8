"""Timers by the thousand, cancelled, moved and killed while they are due: none is lost, none fires twice."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest

from hub.engine.ticks import tick
from hub.model.by_hand import IdentityMoved, PauseChanged
from hub.model.people import Identity
from hub.store import Place, Store, open_store
from hub.testing.postgres import PostgresServer
from hub.testing.store_rows import person, talk, timer
from hub.testing.stores import ENGINES
from hub.testing.tabletop import Tabletop

NOW = 1_800_000_000_000
ANA, BEN = Identity("phone", "", "+447700900111"), Identity("phone", "", "+447700900122")
ENDED = "the pause ended by itself"
LATE = "timer pause does nothing: it was armed again or cancelled after it was due"

TICKING = """
import sys
from pathlib import Path
from hub.engine.ticks import tick
from hub.store import Place, open_store
store = open_store(Place(Path(sys.argv[1]), sys.argv[2]), patience=5)
while tick(store, int(sys.argv[3])):
    print("ticked", flush=True)
"""


def pending(store: Store, count: int, due: int) -> None:
    """So many timers, each of a conversation of its own, due at `due` and after."""
    with store.transaction():
        rows = [(n, "conversation", n, "pause", "0", 1, due + n % 50, 1, "") for n in range(1, count + 1)]
        store.db.insert("timers", rows)


def fired(store: Store) -> list[str]:
    return [key for (key,) in store.db.rows("SELECT key FROM journal ORDER BY seq")]


def killed_while_firing(place: Place, kills: int, server: PostgresServer | None, rng: random.Random) -> None:
    for turn in range(kills):
        command = [sys.executable, "-c", TICKING, str(place.folder), place.dsn, str(NOW + 50)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as child:
            assert child.stdout is not None
            for _ in range(rng.randint(1, 2)):
                child.stdout.readline()
            if server is not None and turn % 2:
                server.kill()
                server.start()
            child.kill()


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize(("count", "kills"), [(8_000, 2), pytest.param(100_000, 12, marks=pytest.mark.full)])
def test_every_timer_fires_once_whoever_is_killed(tmp_path: Path, engine: str, count: int, kills: int) -> None:
    rng = random.Random(count)
    server = PostgresServer() if engine == "postgres" else None
    try:
        if server is not None:
            server.start()
        place = Place(tmp_path / "data", server.database() if server is not None else "")
        store = open_store(place)
        pending(store, count, NOW)
        cancelled = set(rng.sample(range(1, count + 1), count // 100))
        with store.transaction():
            work = store.workspace(NOW)
            for number in cancelled:
                work.arm(timer(number, 0))
            work.save()
        store.close()

        killed_while_firing(place, kills, server, rng)

        store = open_store(place, patience=5)
        assert len(fired(store)) < count - len(cancelled), "the kills came too late"
        while tick(store, NOW + 50):
            pass
        names = fired(store)
        assert len(names) == len(set(names))
        assert {int(name.partition(":")[2].split(".")[1]) for name in names} == set(range(1, count + 1)) - cancelled
        assert store.db.rows("SELECT count(*) FROM timers WHERE armed=1") == [(0,)]
        assert store.db.rows("SELECT count(*) FROM queue") == [(len(names),)]
        store.close()
    finally:
        if server is not None:
            server.stop()


def test_what_is_due_is_found_among_a_hundred_thousand_that_are_not(on_each: Tabletop) -> None:
    pending(on_each.store, 100_000, NOW + 1_000_000)
    with on_each.store.transaction():
        on_each.store.db.run("UPDATE timers SET due=? WHERE id % 1000=0", (NOW,))
    assert tick(on_each.store, NOW) == 100
    assert tick(on_each.store, NOW) == 0
    assert len(fired(on_each.store)) == 100
    on_each.step()
    assert on_each.store.claim(1) == []


@pytest.fixture
def talking(on_each: Tabletop) -> Tabletop:
    """Ana and Ben have written; the automation of Ana's conversation pauses for a second."""
    with on_each.store.transaction():
        work = on_each.store.workspace(on_each.now)
        for who in (ANA, BEN):
            talk(work, person(work, who.key, who.id).id, f"sales|{who.id}")
        work.save()
    pause(on_each, on_each.now + 1000, "first")
    on_each.step()
    return on_each


def pause(on_each: Tabletop, until: int, key: str) -> None:
    on_each.happen(PauseChanged(key=key, at=on_each.now, person=ANA.id, until=until, agent="Eva"))


def because(on_each: Tabletop) -> list[tuple[str, str]]:
    """What was decided about timers, and about whom."""
    found = on_each.rows("SELECT d.because, p.name FROM decisions d JOIN people p ON p.id=d.person ORDER BY d.id")
    return [(text, name) for text, name in found if text in (ENDED, LATE)]


def test_a_pause_ends_once(talking: Tabletop) -> None:
    talking.tick(1000)
    talking.tick(1000)
    assert because(talking) == [(ENDED, ANA.key)]


@pytest.mark.parametrize("steps_between", [False, True])
def test_a_timer_that_is_cancelled_while_it_is_due_does_nothing_and_says_so(
    talking: Tabletop, steps_between: bool
) -> None:
    """The cancelling stands before the timer's event in the same batch, or in one before."""
    talking.now += 1000
    pause(talking, 0, "released")
    assert tick(talking.store, talking.now) == 1
    talking.step(1 if steps_between else 256)
    assert because(talking) == [(LATE, ANA.key)]
    talking.tick(5000)
    assert because(talking) == [(LATE, ANA.key)]


def test_a_timer_that_is_armed_again_while_it_is_due_fires_for_its_new_time(talking: Tabletop) -> None:
    talking.now += 1000
    pause(talking, talking.now + 500, "longer")
    assert tick(talking.store, talking.now) == 1
    talking.step()
    assert because(talking) == [(LATE, ANA.key)]
    talking.tick(500)
    talking.tick(5000)
    assert because(talking) == [(LATE, ANA.key), (ENDED, ANA.key)]


@pytest.mark.parametrize("first", ["move", "tick"])
def test_a_timer_goes_with_its_conversation_to_somebody_else_while_it_is_due(talking: Tabletop, first: str) -> None:
    ((ben,),) = talking.rows("SELECT id FROM people WHERE name=?", BEN.key)
    talking.now += 1000
    moved = IdentityMoved(key="moved", at=talking.now, identity=ANA.id, person=f"p{ben}", agent="Eva")
    if first == "move":
        talking.happen(moved)
    assert tick(talking.store, talking.now) == 1
    if first == "tick":
        talking.happen(moved)
    talking.step()
    talking.tick(5000)
    assert because(talking) == [(ENDED, BEN.key if first == "move" else ANA.key)]
    assert talking.rows("SELECT paused_until FROM conversations") == [(0,), (0,)]
