"""What other rules would have done: messages more, fewer and changed, and each rule that acts more or less often."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hub.store.compared import Said, acted, said
from hub.store.dialects.database import Database
from hub.store.scratch import STRAY


@dataclass(frozen=True, slots=True)
class Turn:
    """A rule that does something else about an event. `live` and `now` are what it did, a list of kinds of commands, or
    why it did nothing; None = it was not looked at."""

    event: int
    at: int
    rule: str
    live: Any
    now: Any


@dataclass(slots=True)
class Diff:
    """`more` messages than went live, `fewer`, and `changed` ones (as they were, as they are); `turns` of rules, and
    how often each rule acted (`live`, `now`). `said`: how many messages went, and would go now."""

    more: list[Said] = field(default_factory=list)
    fewer: list[Said] = field(default_factory=list)
    changed: list[tuple[Said, Said]] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    live: Counter[str] = field(default_factory=Counter)
    now: Counter[str] = field(default_factory=Counter)
    said: tuple[int, int] = (0, 0)

    @property
    def same(self) -> bool:
        """Whether nothing would have been otherwise."""
        return not (self.more or self.fewer or self.changed or self.turns)


def compare(live: Database, scratch: Database, since: int, upto: int) -> Diff:
    """What differs in that time (ms)."""
    diff = Diff()
    was, now = said(live, since, upto), said(scratch, since, upto)
    diff.said = len(was), len(now)
    diff.more = [one for key, one in now.items() if key not in was]
    diff.fewer = [one for key, one in was.items() if key not in now]
    for key in was.keys() & now.keys():
        one, other = was[key], now[key]
        if (one.text, one.verdict) != (other.text, other.verdict):
            diff.changed.append((one, other))
    diff.changed.sort(key=lambda pair: (pair[0].at, pair[0].event))
    before, after = acted(live, since, upto), acted(scratch, since, upto)
    diff.live = Counter(rule for (_, rule), (_, did) in before.items() if isinstance(did, list))
    diff.now = Counter(rule for (_, rule), (_, did) in after.items() if isinstance(did, list))
    for event, rule in before.keys() | after.keys():
        at, one = before.get((event, rule), (0, None))
        again, other = after.get((event, rule), (0, None))
        if one != other and (isinstance(one, list) or isinstance(other, list)):
            diff.turns.append(Turn(event if event < STRAY else 0, at or again, rule, one, other))
    diff.turns.sort(key=lambda turn: (turn.at, turn.event, turn.rule))
    return diff
