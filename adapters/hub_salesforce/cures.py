"""What is done about rows that Salesforce refused: again, without a field, under another record, or not at all.

A locked row waits and goes again. A field that is to blame, and that the record can stand without, is left out and
told. Somebody whom a duplicate rule knows is linked to the record it names. Somebody to be made, whose key stands on a
converted lead, gets a further one.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from hub.contracts.errors import Conflict, HubError
from hub_salesforce import errors
from hub_salesforce.batches import Writer
from hub_salesforce.errors import Problem
from hub_salesforce.parents import same
from hub_salesforce.paths import KEY, kind_of
from hub_salesforce.rows import Fate, Row, offending

TRIES = 5
"""Times that a locked row goes again."""
PAUSE = 0.1
"""Seconds before the first of them, doubled each time; all together about three."""
ALLOW = ("Sforce-Duplicate-Rule-Header", "allowSave=true")
"""A header that makes a second record where a duplicate rule only warns."""
CONVERTED = "CANNOT_UPDATE_CONVERTED_LEAD"
"""A lead that was converted keeps its key, and takes no change."""

_random = random.Random()  # noqa: S311 spreads retries, guards nothing


@dataclass(slots=True)
class Attempt:
    """A row on its way. `needed`: fields without which it means nothing.

    Where a duplicate rule knows the person, `relink` makes the attempt at the record it names; with `allow` the row
    goes again past the rule. `instead` is written where the record that the row belongs to is gone.
    """

    row: Row
    needed: frozenset[str] = frozenset()
    relink: Callable[[str], Attempt] | None = None
    allow: bool = False
    instead: Row | None = None
    left_out: dict[str, str] = field(default_factory=dict)
    locked: int = 0
    hurried: int = 0


def write(writer: Writer, attempts: Iterable[Attempt], *, repeatable: bool) -> dict[str, Fate]:
    """Write the rows; the fate of each by its trace, with an `error` wherever there is no `record`.

    Raises what a call raises if no row stands by then; else the rows that were not written have that error.
    """
    fates: dict[str, Fate] = {}
    waiting = {attempt.row.trace: attempt for attempt in attempts}
    pauses: dict[str, float] = {}
    while waiting:
        now = _next(waiting, pauses)
        if not now:
            writer.transport.sleep(PAUSE * max(pauses.values()) * _random.uniform(0.5, 1.5))
            pauses.clear()
            now = _next(waiting, pauses)
        try:
            told = writer.send([attempt.row for attempt in now], repeatable=repeatable)
        except HubError as failure:
            if not any(fate.record for fate in fates.values()):
                raise
            return fates | {trace: Fate(error=failure, left_out=one.left_out) for trace, one in waiting.items()}
        for attempt in now:
            trace = attempt.row.trace
            fate = told[trace]
            after = cure(attempt, fate.problem) if fate.problem else fate
            if isinstance(after, Fate):
                fates[trace] = replace(after, left_out=attempt.left_out) if attempt.left_out else after
                del waiting[trace]
            else:
                pauses[trace] = after
    return fates


def _next(waiting: Mapping[str, Attempt], pauses: Mapping[str, float]) -> list[Attempt]:
    """The rows that go now: none that waits or would overtake one that does, and one for each goal."""
    goals: dict[object, Attempt] = {}
    held: set[tuple[str, ...]] = set()
    for trace, attempt in waiting.items():
        if pauses.get(trace):
            held.add(attempt.row.family)
        elif not attempt.row.family or attempt.row.family not in held:
            goals.setdefault(attempt.row.goal, attempt)
    return list(goals.values())


def cure(attempt: Attempt, problem: Problem) -> Fate | float:
    """What comes next: the end of the row, or a pause (1, 2, 4, ...; 0 = none) before `attempt.row`, which may be
    another row now, goes again."""
    match problem.meaning:
        case "lock" | "again":
            attempt.locked += 1
            return Fate(error=errors.error(problem)) if attempt.locked > TRIES else float(2 ** (attempt.locked - 1))
        case "split":
            attempt.hurried += 1
            return Fate(error=errors.error(problem)) if attempt.hurried > TRIES else 0.0
        case "at_once" if not attempt.hurried:
            attempt.hurried += 1
            return 0.0
        case "link":
            return _known(attempt, problem)
        case "log_in" | "denied" | "pause":
            return Fate(error=errors.error(problem))
        case "look_again" if problem.code == CONVERTED and attempt.row.key == KEY and not attempt.row.record:
            attempt.row = _next_key(attempt.row)
            return 0.0
    if _without(attempt, problem):
        return 0.0
    if problem.meaning == "look_again" and attempt.instead is not None:
        attempt.row, attempt.instead = attempt.instead, None
        return 0.0
    return Fate(error=errors.error(problem))


def _next_key(row: Row) -> Row:
    """The row under a further key: the one it has stands for good on a lead that was converted, whose contact is gone.
    It is an upsert as well, so that a lost answer makes nobody twice; the hub takes the key over when it reads it."""
    key, _, number = str(row.values[KEY]).partition(".")
    return replace(row, values={**row.values, KEY: f"{key}.{int(number or 1) + 1}"})


def _without(attempt: Attempt, problem: Problem) -> bool:
    """Leave out what is to blame, if the row can do without it."""
    needed = {name.casefold() for name in attempt.needed}
    dropped = [name for name in offending(problem, attempt.row) if name.casefold() not in needed]
    attempt.left_out |= dict.fromkeys(dropped, f"Salesforce: {problem.message} ({problem.code})")
    values = {name: value for name, value in attempt.row.values.items() if name not in dropped}
    attempt.row = replace(attempt.row, values=values)
    return bool(dropped)


def _known(attempt: Attempt, problem: Problem) -> Fate | float:
    """A duplicate rule takes the row for somebody known."""
    row = attempt.row
    if attempt.relink is not None and not row.record:
        matches = list({same(match): match for match in problem.matches}.values())
        if len(matches) == 1 and kind_of(matches[0]):
            other = attempt.relink(matches[0])
            attempt.row, attempt.needed, attempt.left_out = other.row, other.needed, other.left_out
            attempt.relink, attempt.allow = None, other.allow
            return 0.0
        if len(matches) > 1:
            return Fate(error=Conflict(f"Salesforce knows several people like this one: {', '.join(matches)}"))
    elif attempt.allow and ALLOW not in row.headers:
        attempt.row = replace(row, headers=(*row.headers, ALLOW))
        return 0.0
    return Fate(error=errors.error(problem))
