"""What a mapping would do about one person and one record, field by field, before anything is done. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from hub.mapping.facts import PersonFacts
from hub.mapping.lines import FieldRule
from hub.mapping.lines import Mapping as FieldMapping
from hub.mapping.merge import Base, Verdict, judge
from hub.mapping.values import Shape, back, forth
from hub.mapping.why import explain

Outcome = Literal["same", "write", "take", "conflict", "ask", "keep", "invalid"]
"""`write` the hub's value goes to the CRM · `take` the CRM's comes to the hub · `conflict` one of two values loses ·
`ask` a human decides · `keep` both stay as they are · `invalid` the CRM's form cannot hold the hub's value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighed:
    """One field. `ours` is the hub's value in the CRM's form (None = there is none, or the field has no room for it and
    the CRM's is not taken), `theirs` the CRM's (None = no record yet, or it does not tell). `after_crm` and `after_hub`
    are what either side has afterwards, `why` one sentence."""

    field: str
    line: FieldRule
    ours: str | None
    theirs: str | None
    outcome: Outcome
    after_crm: str
    after_hub: Mapping[str, str]
    why: str


def weigh(
    mapping: FieldMapping,
    facts: PersonFacts,
    shape: Shape,
    theirs: Callable[[FieldRule], str | None],
    bases: Mapping[str, Base],
    *,
    creating: bool = False,
    rule_for: Callable[[FieldRule], FieldRule] = lambda line: line,
    newer: Callable[[str], bool] = lambda field: False,
) -> list[Weighed]:
    """Every line that counts for this person, in the order of the file.

    `theirs` gives the record's value of a line, `bases` what each side had when they were compared last. `rule_for`
    changes a line where another CRM leads, `newer` says whether the hub changed a field after the CRM did. With
    `creating` there is no record, and the hub makes one.
    """
    found = []
    for field, line in mapping.lines(facts).items():
        found.append(_one(field, rule_for(line), facts, shape, theirs(line), bases.get(field), creating, newer(field)))
    return found


def _one(
    field: str,
    line: FieldRule,
    facts: PersonFacts,
    shape: Shape,
    theirs: str | None,
    base: Base | None,
    creating: bool,
    newer: bool,
) -> Weighed:
    ours = forth(line, facts, shape, creating=creating)
    outcome: Outcome
    verdict: Verdict | None = None
    after, changes = theirs or "", dict[str, str]()
    if ours is not None and theirs is not None and not creating:
        verdict = judge(base, ours, theirs, line, shape, ours_is_newer=newer)
    why = explain(line, facts, shape, theirs, verdict, base=base, creating=creating)
    counts = line.direction != "pull" if creating else verdict is not None and verdict.do in ("push", "keep")
    if ours is not None and counts and not shape.holds(line, ours):
        ours = None  # the field has no room for it
    if ours is None:
        outcome = "invalid"
    elif creating:
        outcome = "write" if ours and line.direction != "pull" else "keep"
        after = ours if outcome == "write" else ""
    elif theirs is None or verdict is None:
        outcome = "keep"
    else:
        outcome, after, changes = _done(verdict, line, facts, shape, ours, theirs)
    return Weighed(
        field=field, line=line, ours=ours, theirs=theirs, outcome=outcome, after_crm=after, after_hub=changes, why=why
    )


def _done(
    verdict: Verdict, line: FieldRule, facts: PersonFacts, shape: Shape, ours: str, theirs: str
) -> tuple[Outcome, str, dict[str, str]]:
    """What comes of a verdict: the outcome, the CRM's value afterwards, and what changes in the hub."""
    match verdict.do:
        case "take" | "append":
            changes = back(line, verdict.value if verdict.do == "append" else theirs, facts, shape)
            if changes is None:
                return "keep", theirs, {}
            after = verdict.value if verdict.do == "append" and shape.holds(line, verdict.value) else theirs
            return ("conflict" if verdict.lost_of else "take"), after, changes
        case "push":
            return ("conflict" if verdict.lost_of else "write"), verdict.value, {}
        case "ask":
            return "ask", theirs, {}
        case "same":
            return "same", theirs, {}
    return "keep", theirs, {}
