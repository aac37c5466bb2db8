"""Random steps for a world of the model: drawn from a seed, played in order, and taken away one by one until only those
that make the difference are left."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from hub.testing.model_office import OPTIONS, SIZES
from hub.testing.model_world import BEGIN, World
from hub.testing.office import Clock, serving, simulated

PHONES = [f"+44770090020{n}" for n in range(8)]
MIX: dict[str, int] = {"say": 10, "hub": 30, "crm": 30, "name": 4, "look": 12, "push": 12, "time": 4}
MIX |= {"remove": 2, "restore": 3, "faults": 5, "restart": 2, "dies": 4}
_REST = {"make": 4, "convert": 4, "hooks": 10, "late": 2, "decide": 4, "owner": 4, "mail": 3, "schema": 3}
MERGES = MIX | {"merge": 2} | _REST
"""As `MIX`, and records are merged. Some long runs still end in a difference: a message in doubt while its record is
merged can stand twice in HubSpot."""
MIX |= _REST
"""Kinds of steps and how often each comes."""


class Step(NamedTuple):
    """A step: its kind, and numbers that pick who and what out of what there is when it is played."""

    kind: str
    who: int
    what: int
    value: int
    wait: int


def drawn(seed: int, count: int, mix: dict[str, int] | None = None) -> list[Step]:
    """The steps of a run."""
    rng = random.Random(seed)
    mix = mix or MIX
    kinds = rng.choices(list(mix), list(mix.values()), k=count)
    return [
        Step(kind, rng.randrange(1 << 16), rng.randrange(1 << 16), rng.randrange(1 << 16), rng.choice([2, 3, 5, 30]))
        for kind in kinds
    ]


def play(world: World, step: Step) -> str:
    """Play a step; returns it in words, "" where there was nothing to do."""
    world.office.pass_time(step.wait)
    return PLAYED[step.kind](world, step)


def _say(world: World, step: Step) -> str:
    phone = PHONES[step.who % len(PHONES)]
    if phone in world.unseen():
        return ""
    world.say(phone)
    if step.what % 2:
        world.push()
    return f"say {phone}{' and push' if step.what % 2 else ''}"


def _value(world: World, step: Step) -> tuple[str, str]:
    """A custom field and a new value of it, in the hub's form."""
    names = [name for name, line in world.lines.items() if line.source.startswith("attr.")]
    name = names[step.what % len(names)]
    line = world.lines[name]
    if step.value % 8 == 0:
        return name, ""
    return name, sorted(line.table)[step.value % len(line.table)] if line.table else f"v{step.value % 1000}"


def _known(world: World) -> list[str]:
    """People whom the hub knows."""
    return sorted(world.people.keys() - world.unseen())


def _hub(world: World, step: Step) -> str:
    known = _known(world)
    if not known:
        return ""
    phone = known[step.who % len(known)]
    name, mine = _value(world, step)
    world.hub_edits(phone, {world.lines[name].source: mine})
    return f"hub {phone} {world.lines[name].source}={mine!r}"


def _records(world: World) -> list[str]:
    found = dict.fromkeys(world.record(person) for person in world.people.values())
    return [record for record in found if record and world.side.values(record) is not None]


def _crm(world: World, step: Step) -> str:
    records = _records(world)
    if not records:
        return ""
    record = records[step.who % len(records)]
    name, mine = _value(world, step)
    theirs = world.lines[name].forward(mine) or ""
    world.crm_edits(record, {name: theirs})
    return f"crm {record} {name}={theirs!r}"


def _name(world: World, step: Step) -> str:
    names = {"name.first": f"First{step.value % 100}", "name.last": f"Last{step.value % 100}"}
    if step.what % 2:
        known = _known(world)
        if not known:
            return ""
        phone = known[step.who % len(known)]
        world.hub_edits(phone, names)
        return f"hub {phone} {names}"
    records = _records(world)
    if not records:
        return ""
    record = records[step.who % len(records)]
    part = sorted(names)[step.value % 2]
    field = world.side.sim.words[part]
    world.crm_edits(record, {field: names[part]})
    return f"crm {record} {field}={names[part]!r}"


def _look(world: World, step: Step) -> str:
    world.look()
    return "look"


def _push(world: World, step: Step) -> str:
    world.push()
    return "push"


def _time(world: World, step: Step) -> str:
    world.office.pass_time(60 + step.value % 600)
    return "time"


def _merge(world: World, step: Step) -> str:
    # of two contacts that were one before the hub saw them both it makes one person
    records = [record for record in _records(world) if record in world.seen]
    if len(records) < 2:
        return ""
    winner = records[step.who % len(records)]
    others = [record for record in records if record != winner and world.side.alike(record, winner)]
    if not others:
        return ""
    loser = others[step.what % len(others)]
    world.crm_merges(winner, loser)
    return f"merge {winner} <- {loser}"


def _remove(world: World, step: Step) -> str:
    records = _records(world)
    if not records:
        return ""
    record = records[step.who % len(records)]
    world.crm_removes(record)
    return f"remove {record}"


def _restore(world: World, step: Step) -> str:
    if not world.removed:
        return ""
    record = world.removed[step.who % len(world.removed)]
    if not world.owner_waits(record):  # he wrote again and has another one: restored, both would have his number
        return ""
    world.crm_restores(record)
    return f"restore {record}"


def _faults(world: World, step: Step) -> str:
    faults = world.side.sim.faults
    faults.down, faults.error, faults.lose_before, faults.lose_after = False, 0.0, 0.0, 0.0
    kind = ("down", "error", "lose_before", "lose_after", "", "")[step.what % 6]
    if kind:
        setattr(faults, kind, True if kind == "down" else 0.3)
    return f"faults: {kind or 'none'}"


def _restart(world: World, step: Step) -> str:
    world.restart()
    return "restart"


def _dies(world: World, step: Step) -> str:
    when = ("before", "after")[step.what % 2]
    world.push(when)
    return f"push, dies {when}"


def _make(world: World, step: Step) -> str:
    free = [phone for phone in PHONES if phone not in world.people]
    if not free:
        return ""
    phone, words = free[step.who % len(free)], world.side.sim.words
    name, mine = _value(world, step)
    if world.lines[name].table or name == world.side.word(world.side.locked):  # an option may be away just now
        mine = ""
    values = {
        words["name.first"]: "Made",
        words["name.last"]: f"There{phone[-1]}",
        name: world.lines[name].forward(mine),
    }
    return f"made {world.crm_makes(phone, {n: v for n, v in values.items() if v})}: {phone} {values}"


def _convert(world: World, step: Step) -> str:
    leads = [record for record in _records(world) if record.startswith("00Q")]
    if not leads:
        return ""
    lead = leads[step.who % len(leads)]
    world.crm_converts(lead)
    return f"convert {lead} to {world.aliases[lead]}"


def _hooks(world: World, step: Step) -> str:
    return f"hooks {world.hears(random.Random(step.value))}" if world.told else ""


def _late(world: World, step: Step) -> str:
    seconds = (0, 0, 5, 90)[step.what % 4]
    world.side.late(seconds)
    return f"late {seconds}"


def _decide(world: World, step: Step) -> str:
    what = world.decides(random.Random(step.value))
    return f"decide {what}" if what else ""


def _owner(world: World, step: Step) -> str:
    mail = sorted(world.side.users)[step.value % len(world.side.users)]
    return _either(world, step, "owner", mail)


def _mail(world: World, step: Step) -> str:
    return _either(world, step, "email", f"p{step.value}@example.com")


def _either(world: World, step: Step, source: str, mine: str) -> str:
    """A value of a usual field, changed on one of the sides."""
    line = next(line for line in world.lines.values() if line.source == source)
    known, records = _known(world), _records(world)
    if step.what % 2 and known:
        phone = known[step.who % len(known)]
        world.hub_edits(phone, {source: mine})
        return f"hub {phone} {source}={mine}"
    if not records:
        return ""
    record = records[step.who % len(records)]
    world.crm_edits(record, {line.field: line.forward(mine) or ""})
    return f"crm {record} {line.field}={line.forward(mine)}"


def _schema(world: World, step: Step) -> str:
    side = world.side
    side.whole()
    side.locked = ""
    match step.what % 4:
        case 0:
            gone = sorted(SIZES)[step.value % 3]
            side.choices("size", tuple(option for option in OPTIONS if option != SIZES[gone]))
            what = f"without {SIZES[gone]}"
        case 1:
            name = sorted(side.added)[step.value % len(side.added)]
            side.lock(name, locked=True)
            side.locked = name
            what = f"{name} is read-only"
        case _:
            what = "whole"
    if step.who % 2:
        world.learn()
    return f"schema: {what}{', learnt' if step.who % 2 else ''}"


PLAYED: dict[str, Callable[[World, Step], str]] = {
    "say": _say,
    "hub": _hub,
    "crm": _crm,
    "name": _name,
    "look": _look,
    "push": _push,
    "time": _time,
    "merge": _merge,
    "remove": _remove,
    "restore": _restore,
    "faults": _faults,
    "restart": _restart,
    "dies": _dies,
    "make": _make,
    "convert": _convert,
    "hooks": _hooks,
    "late": _late,
    "decide": _decide,
    "owner": _owner,
    "mail": _mail,
    "schema": _schema,
}


def run(crm: str, seed: int, steps: Sequence[Step], told: list[str] | None = None) -> None:
    """Play steps in a new world and settle it. Raises Difference; what was played is added to `told`."""
    clock = Clock(BEGIN)
    made = simulated(clock, crm, seed=seed)
    with tempfile.TemporaryDirectory() as folder, serving(made.values()):
        world = World(Path(folder), made[crm], clock, leads=crm == "salesforce" and seed % 3 == 0)
        if told is not None:
            world.log = told
        try:
            for step in steps:
                if words := play(world, step):
                    world.log.append(f"* {words}")
            world.log.append("* settle")
            world.settle()
        finally:
            world.close()


def shrunk(crm: str, seed: int, steps: Sequence[Step], fails: type[Exception] = AssertionError) -> list[Step]:
    """The steps without those that can be left out, with `fails` still raised."""
    left = list(steps)

    def still(some: Sequence[Step]) -> bool:
        try:
            run(crm, seed, some)
        except fails:
            return True
        return False

    size = len(left) // 2
    while size:
        start = 0
        while start < len(left):
            less = left[:start] + left[start + size :]
            if still(less):
                left = less
            else:
                start += size
        size //= 2
    return left


def main(crm: str, seed: int, mix: str = "") -> None:
    """Print the few steps of a run that make the difference; `mix` "merges": of one in which records are merged."""
    left = shrunk(crm, seed, drawn(seed, 100, MERGES if mix == "merges" else MIX))
    told: list[str] = []
    try:
        run(crm, seed, left, told)
    except AssertionError as difference:
        told.append(str(difference))
    print(*told, sep="\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), "".join(sys.argv[3:4]))
