"""What the numbers say of answers and follow-ups: which rules leave people asking for a human or silent, which kind of
follow-up revives, and whether the hub speaks more to people than it did."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter
from typing import NamedTuple

HOUR, DAY = 3_600_000, 86_400_000  # ms
WITHIN = 24 * HOUR
"""ms after an automatic answer in which its reader asks for a human, or writes at all."""
REVIVES = 7 * DAY
"""ms after a follow-up in which an answer counts as its doing."""
ABANDONED = 7 * DAY
"""ms without a word after which an open inquiry that nobody planned counts as abandoned."""
ASKS_A_HUMAN = 0.40
"""Share of a rule's readers who get a human afterwards, above which its text does not say enough."""
FALLS_SILENT = 0.50
"""Share of a rule's answers that nothing follows, above which its text is looked at."""


class Said(NamedTuple):
    """A message that arrived, or that left. `by`: person, bot or agent. `rule` said it ("" = none did); `purpose` of
    what nobody asked for, "" = it is an answer; `event`: its own where a person wrote, else what it answers; `text`
    only where a person wrote. `at` in ms."""

    person: int
    at: int
    by: str
    rule: str = ""
    purpose: str = ""
    event: int = 0
    text: str = ""


@dataclass(slots=True)
class RuleFigures:
    """What became of a rule's answers: how many there were, to how many `people`, how many of these were `handed` over
    to a human within 24 h; of the answers older than 24 h (`judged`), how many were followed by a `silent` day."""

    replies: int = 0
    people: int = 0
    handed: int = 0
    judged: int = 0
    silent: int = 0

    @property
    def marks(self) -> list[str]:
        """What is to be done about its text, in words."""
        found = []
        if self.people and self.handed / self.people > ASKS_A_HUMAN:
            found.append("many need a human afterwards: it does not say enough")
        if self.judged and self.silent / self.judged > FALLS_SILENT:
            found.append("many fall silent afterwards: look at its text")
        return found


@dataclass(slots=True)
class KindFigures:
    """Follow-ups of one purpose: how many were `sent`; of those older than 7 days (`judged`) how many were answered
    within that time (`revived`)."""

    sent: int = 0
    judged: int = 0
    revived: int = 0


@dataclass(slots=True)
class Sends:
    """What the hub said by itself in a span of time: `sent` messages, `unasked` ones among them, with so many
    `people`, who wrote or were written to."""

    people: int = 0
    sent: int = 0
    unasked: int = 0

    @property
    def per_person(self) -> float:
        """Messages to each of them."""
        return self.sent / self.people if self.people else 0.0


@dataclass(slots=True)
class Feedback:
    """All figures of a span of time, and what was sent in the same span `before`. Of the people who wrote, so many were
    served by the hub alone (`automatic`), by a human too (`human`). `left_alone`: silences that were not followed up on
    purpose and lasted; `answered_alone`: those that ended by the person's own answer, so a follow-up would have been
    needless. `unanswered`, `answered`: (person, text) of what no rule, or a rule, replied to."""

    rules: dict[str, RuleFigures] = field(default_factory=dict)
    kinds: dict[str, KindFigures] = field(default_factory=dict)
    now: Sends = field(default_factory=Sends)
    before: Sends = field(default_factory=Sends)
    wrote: int = 0
    automatic: int = 0
    human: int = 0
    left_alone: int = 0
    answered_alone: int = 0
    unanswered: list[tuple[int, str]] = field(default_factory=list)
    answered: list[tuple[int, str]] = field(default_factory=list)


def gather(
    lines: Iterable[Said],
    handed: Mapping[int, Sequence[int]],
    left: Mapping[int, Mapping[int, int]],
    since: int,
    now: int,
) -> Feedback:
    """The figures from `since` to `now` (ms). `lines` come by person and time, from before `since` on; `handed`: when
    each person was handed over to a human; `left`: for each silence that was left alone on purpose, when a follow-up
    would have gone -> when that was decided."""
    found = Feedback()
    for person, group in groupby(lines, attrgetter("person")):
        said = list(group)
        recent = [one for one in said if one.at >= since]
        _sends(found.before, [one for one in said if one.at < since])
        _sends(found.now, recent)
        _rules(found, said, recent, handed.get(person, ()), now)
        _kinds(found, said, recent, now)
        _alone(found, said, left.get(person, {}), now)
        _words(found, said, recent)
        if any(one.by == "person" for one in recent):
            found.wrote += 1
            spoke = {one.by for one in recent}
            found.human += "agent" in spoke
            found.automatic += (
                "agent" not in spoke and "bot" in spoke and not any(since <= at for at in handed.get(person, ()))
            )
    return found


def abandoned(inquiries: Iterable[tuple[str, int, int]], now: int) -> tuple[int, int]:
    """Of inquiries that are not closed, as (state, when anything happened last, when its planned step is; 0 = none):
    how many are abandoned, and how many there are."""
    number = every = 0
    for state, changed, step in inquiries:
        every += 1
        number += state == "open" and now - changed > ABANDONED and step <= now
    return number, every


def per_closed(closed: Iterable[tuple[int, int]], since: int) -> tuple[float, float]:
    """Messages that were sent for each inquiry that was closed, as (when, messages): since then (ms), and before."""
    sums: Counter[bool] = Counter()
    number: Counter[bool] = Counter()
    for ended, sent in closed:
        sums[ended >= since] += sent
        number[ended >= since] += 1
    recent, before = (sums[which] / number[which] if number[which] else 0.0 for which in (True, False))
    return recent, before


def _sends(into: Sends, said: Sequence[Said]) -> None:
    if said:
        into.people += 1
        into.sent += sum(one.by == "bot" for one in said)
        into.unasked += sum(one.by == "bot" and bool(one.purpose) for one in said)


def _rules(found: Feedback, said: Sequence[Said], recent: Sequence[Said], handed: Sequence[int], now: int) -> None:
    heard = [one.at for one in said if one.by == "person"]
    readers: dict[str, bool] = {}
    for one in recent:
        if one.by != "bot" or one.purpose or not one.rule:
            continue
        rule = found.rules.setdefault(one.rule, RuleFigures())
        rule.replies += 1
        readers[one.rule] = readers.get(one.rule, False) or any(one.at < at <= one.at + WITHIN for at in handed)
        if now - one.at > WITHIN:
            rule.judged += 1
            rule.silent += not any(one.at < at <= one.at + WITHIN for at in heard)
    for name, asked in readers.items():
        found.rules[name].people += 1
        found.rules[name].handed += asked


def _kinds(found: Feedback, said: Sequence[Said], recent: Sequence[Said], now: int) -> None:
    heard = [one.at for one in said if one.by == "person"]
    for one in recent:
        if one.by != "bot" or not one.purpose:
            continue
        kind = found.kinds.setdefault(one.purpose, KindFigures())
        kind.sent += 1
        if now - one.at >= REVIVES:
            kind.judged += 1
            kind.revived += any(one.at < at <= one.at + REVIVES for at in heard)


def _alone(found: Feedback, said: Sequence[Said], left: Mapping[int, int], now: int) -> None:
    for otherwise, decided in left.items():
        after = next((one for one in said if one.at > decided), None)
        if after is None and now - otherwise < REVIVES:
            continue  # it is not over
        if after is not None and after.by == "person" and after.at <= otherwise:
            continue  # nobody would have been nudged
        found.left_alone += 1
        found.answered_alone += after is not None and after.by == "person"


def _words(found: Feedback, said: Sequence[Said], recent: Sequence[Said]) -> None:
    replied = {one.event for one in said if one.by == "bot" and not one.purpose}
    for one in recent:
        if one.by == "person" and one.text:
            (found.answered if one.event in replied else found.unanswered).append((one.person, one.text))
