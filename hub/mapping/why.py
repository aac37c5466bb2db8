"""Why a value stands in the CRM or in the hub: one sentence per field, for previews. Pure."""

from __future__ import annotations

from hub.mapping.facts import PersonFacts, source_value
from hub.mapping.lines import FieldRule
from hub.mapping.merge import Base, Verdict
from hub.mapping.values import Shape, back, forth

_SHOWN = 60  # characters of a value


def explain(
    line: FieldRule,
    facts: PersonFacts,
    shape: Shape,
    theirs: str | None,
    verdict: Verdict | None,
    *,
    base: Base | None = None,
    creating: bool = False,
) -> str:
    """One sentence: what the field holds here and there, and why it is pushed, taken or stays.

    `theirs` None: the record is not there yet, or does not tell the field. `verdict` as `settle` gave it, None where
    there was nothing to compare. `base` as it was for `settle`.
    """
    ours = forth(line, facts, shape, creating=creating)
    if creating:
        return _made(line, facts, ours, shape)
    if ours is None:
        return f"stays: {_unfit(line, facts)}"
    if theirs is None or verdict is None:
        return "stays: the record does not tell it"
    if verdict.do == "same":
        return f"stays: both have {_q(theirs)}" if theirs else "stays: neither side has a value"
    if verdict.do in ("push", "keep") and not shape.holds(line, ours):
        return f"stays: {_unfit(line, facts)}"
    if verdict.do == "push":
        return f"{_arrow(line, facts, verdict.value or ours)}; pushed {_pushed(line, theirs, base)}{_lost(verdict)}"
    if verdict.do == "take":
        return _taken(line, facts, shape, ours, verdict.value or theirs, base) + _lost(verdict)
    if verdict.do == "append":
        both = f"hub {_q(ours)} and CRM {_q(theirs)} -> both {_q(verdict.value)}"
        return f"{both}; both changed it and the rule is append"
    if verdict.do == "ask":
        return f"waits for a decision: hub {_q(ours)}, CRM {_q(theirs)}; both changed it and the rule is ask"
    return f"stays: hub {_q(ours)}, CRM {_q(theirs)}; {_kept(line, ours, theirs, base)}"


def _made(line: FieldRule, facts: PersonFacts, ours: str | None, shape: Shape) -> str:
    if line.direction == "pull":
        return "not written: the line only takes from the CRM"
    if ours is None or not shape.holds(line, ours):
        return f"not written: {_unfit(line, facts)}"
    if not ours:
        return f"not written: the hub has no {_named(line)}"
    return f"{_arrow(line, facts, ours)}; written because the hub makes the record"


def _pushed(line: FieldRule, theirs: str, base: Base | None) -> str:
    if not theirs and (base is None or base.theirs == theirs):
        return "because the CRM has no value"
    if base is None:
        return f"because they differ at the first comparison and the rule is {line.rule}"
    if base.theirs == theirs:
        return "because the hub changed it"
    return f"because the CRM changed it and the rule is {line.rule}" + (
        " (direction push)" if line.direction == "push" else ""
    )


def _taken(line: FieldRule, facts: PersonFacts, shape: Shape, ours: str, value: str, base: Base | None) -> str:
    changes = back(line, value, facts, shape)
    if changes is None:
        return f"stays: hub {_q(ours)}, CRM {_q(value)}; the CRM's value cannot be carried back{_by(line)}"
    told = changes.get("name") if line.attribute == "name" else changes.get(line.attribute)
    if not ours:
        why = "because the hub has no value"
    elif base is None:
        why = f"because they differ at the first comparison and the rule is {line.rule}"
    elif base.ours == ours:
        why = "because the CRM changed it"
    else:
        why = f"because the hub changed it and the rule is {line.rule}"
    return f"CRM {_q(value)} -> hub {line.attribute} {_q(told or '')}{_by(line)}; taken {why}"


def _kept(line: FieldRule, ours: str, theirs: str, base: Base | None) -> str:
    here, there = base is None or base.ours != ours, base is None or base.theirs != theirs
    if not here and not there:
        return "nobody changed it since they were compared"
    if line.rule == "fill-blank" and ours and theirs:
        return "the rule fill-blank only fills an empty side"
    if there and (theirs or line.blank == "send") and not line.pulls:
        if not line.source:
            return "a constant is not taken from the CRM"
        if not line.attribute:
            return f"only the hub knows {line.source}"
        return "the direction is push" if line.direction == "push" else f"it cannot be carried back{_by(line)}"
    if here and (ours or line.blank == "send") and not line.pushes:
        if line.direction == "pull":
            return "the direction is pull"
        return "the mapping writes it only when the hub makes the record"
    return "an empty value does not overwrite"


def _arrow(line: FieldRule, facts: PersonFacts, ours: str) -> str:
    if not line.source:
        return f"constant {_q(ours)} -> CRM"
    return f"hub {_q(source_value(facts, line.source))} -> CRM {_q(ours)}{_by(line)}"


def _by(line: FieldRule) -> str:
    steps = [transform.text for transform in line.transforms]
    if line.table is not None and line.source == "owner":
        steps.append("owners")
    elif line.table is not None:
        steps.append(f"table {line.table.name}")
    return f" by {', '.join(steps)}" if steps else ""


def _unfit(line: FieldRule, facts: PersonFacts) -> str:
    if not line.source:
        return f"the field cannot hold {_q(line.value)}"
    value = _q(source_value(facts, line.source))
    if line.source == "owner":
        return f"the CRM has no active user {value}"
    if line.table is not None:
        return f"neither [table.{line.table.name}] nor the field has {value}"
    return f"the field cannot hold {value}{_by(line)}"


def _named(line: FieldRule) -> str:
    return line.source.removeprefix("attr.") if line.source else "value"


def _lost(verdict: Verdict) -> str:
    if not verdict.lost:
        return ""
    return f"; {'the hub' if verdict.lost_of == 'hub' else 'the CRM'}'s {_q(verdict.lost)} is kept as a conflict"


def _q(text: str) -> str:
    shown = " ".join(text.split())
    return f"'{shown[:_SHOWN]}…'" if len(shown) > _SHOWN else f"'{shown}'"
