"""Values on their way between the hub and a CRM: how one reads there, what it means here, which are equal. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from hub.contracts.crm import FieldSchema, Schema
from hub.identity import email_key
from hub.mapping import lines as model
from hub.mapping.facts import NO_LAST, PersonFacts, applied, name_parts, put, source_value, stand_in
from hub.mapping.forms import canonical, fitting, same
from hub.mapping.lines import FieldRule
from hub.model.records import Owner

__all__ = ["Shape", "back", "canonical", "forth", "render", "same", "shape_of"]


_ADDRESSES = {"phone": FieldSchema(name="", type="phone"), "email": FieldSchema(name="", type="email")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """What the way there and back needs of a CRM. All of it may be empty: then nothing is known.

    `fields` by name, `owners` by id, `region` the country of phone numbers without a country code. `single_last`: a
    name of one word stands in the field of the last name.
    """

    fields: Mapping[str, FieldSchema] = field(default_factory=dict)
    owners: Mapping[str, Owner] = field(default_factory=dict)
    ids: Mapping[str, str] = field(default_factory=dict)
    """The id of each active owner by his e-mail address in small letters."""
    region: str = ""
    single_last: bool = False
    _held: dict[tuple[str, str, bool], FieldSchema] = field(default_factory=dict, init=False, repr=False, compare=False)

    def field(self, line: FieldRule) -> FieldSchema:
        """The field that a line writes. One of unknown type, or a text, has the type of what the source holds."""
        named = line.field, line.source, bool(line.transforms)
        if (held := self._held.get(named)) is None:
            held = self.fields.get(line.field, FieldSchema(name=line.field))
            if line.source in _ADDRESSES and held.type in ("text", "other") and not line.transforms:
                held = replace(held, type=_ADDRESSES[line.source].type)
            self._held[named] = held
        return held

    def alike(self, line: FieldRule, a: str, b: str) -> bool:
        """Whether two values of a line's field say the same."""
        return a == b or same(a, b, self.field(line), self.region)

    def holds(self, line: FieldRule, value: str) -> bool:
        """Whether a line's field can hold a value that is in its form: it has such an option, the value reads as the
        field's type and is not too long."""
        return fitting(value, self.field(line), self.region) is not None


def shape_of(mapping: model.Mapping, schema: Schema, owners: Sequence[Owner] = (), region: str = "") -> Shape:
    """What is known of a CRM, for this mapping."""
    lasts = [line.field for line in mapping.person if line.source == "name.last"]
    required = any(name in schema.fields and schema.fields[name].required for name in lasts)
    alone = bool(lasts) and not any(line.source in ("name", "name.first") for line in mapping.person)
    return Shape(
        fields=schema.fields,
        owners={owner.id: owner for owner in owners},
        ids={owner.email.strip().lower(): owner.id for owner in reversed(owners) if owner.email and owner.active},
        region=region,
        single_last=required or alone,
    )


def render(rule: FieldRule, facts: PersonFacts, shape: Shape, *, creating: bool = False) -> str:
    """The hub's value in the CRM's form (that of `FieldType`), "" = nothing to write: see `forth`."""
    return forth(rule, facts, shape, creating=creating) or ""


def forth(rule: FieldRule, facts: PersonFacts, shape: Shape, *, creating: bool = False) -> str | None:
    """The hub's value in the CRM's form; "" when the hub has none, None when there is no form for the one it has (it is
    not in the table, an unknown owner): then nothing is compared and nothing written. Whether the field has room for it
    (such an option, a number) is another question, asked before it is written: see `Shape.holds`.

    `creating`: the record is being made; somebody without a name gets one that he can be found by.
    """
    schema = shape.field(rule)
    if not rule.source:
        return _formed(rule.value, schema, shape)
    value = _source(rule.source, facts, shape, creating)
    made = value = value if value.strip() else ""  # blanks alone are no value that a transform could build on
    for transform in rule.transforms:
        if made or transform.spec.fills:
            made = transform.forward(made)
    if not made:
        return None if value else ""
    if rule.source == "owner":
        return _owner_id(made, rule, schema, shape)
    if rule.table is not None:
        found = rule.table.forth(made)
        if found is None and rule.source == "language":  # en-GB is English too
            found = rule.table.forth(made.replace("_", "-").partition("-")[0])
        if found is None:
            return None
        made = found
    return _formed(made, schema, shape)


def back(rule: FieldRule, theirs: str, facts: PersonFacts, shape: Shape) -> dict[str, str] | None:
    """What changes in the hub when it takes the CRM's value: as `hub.mapping.facts.put`. None when the value cannot be
    carried back: a constant, a one-way transform, a value that the table does not have, an unknown owner, or one that
    would read otherwise in the CRM if it were written again.
    """
    if not rule.attribute or any(transform.spec.back is None for transform in rule.transforms):
        return None
    schema = shape.field(rule)
    value: str | None = theirs.strip()
    if value and rule.table is not None and rule.source != "owner":
        value = rule.table.back(value)
    if value and rule.source == "owner":
        value = _owner_email(value, rule, schema, shape)
    for transform in reversed(rule.transforms):
        if value:
            value = transform.back(value)
    if value is None or (theirs.strip() and not value):
        return None
    value = canonical(value, _ADDRESSES.get(rule.source), shape.region)
    if not _believable(rule.source, value, facts):
        return None
    for changes in _ways(rule.source, value, facts, shape):
        again = forth(rule, applied(facts, changes), shape)
        if again is not None and same(again, theirs, schema, shape.region):
            return changes
    return None


def _formed(value: str, schema: FieldSchema, shape: Shape) -> str:
    """As the field has it, or would have it if it had room."""
    found = fitting(value, schema, shape.region)
    return canonical(value, schema, shape.region) if found is None else found


def _source(source: str, facts: PersonFacts, shape: Shape, creating: bool) -> str:
    if not source.startswith("name"):
        return source_value(facts, source)
    first, last = name_parts(facts)
    if creating and not (first or last):
        first = stand_in(facts)
    if shape.single_last and not last and facts.last != NO_LAST:
        first, last = "", first
    return {"name": f"{first} {last}".strip(), "name.first": first, "name.last": last}[source]


def _believable(source: str, value: str, facts: PersonFacts) -> bool:
    """Whether a value of the CRM is one of its kind: a number that can be called, an address, a name."""
    if not value:
        return True
    if source == "phone":
        return value.startswith("+")
    if source == "email":
        return email_key(value) is not None
    if not source.startswith("name"):
        return True
    if not any(char.isalnum() for char in value):
        return False  # "-" stands in a field that must not be empty
    named = any(name_parts(facts))
    return named or (any(char.isalpha() for char in value) and value != stand_in(facts))  # else the hub wrote it itself


def _ways(source: str, value: str, facts: PersonFacts, shape: Shape) -> Iterator[dict[str, str]]:
    """What may change in the hub when it takes a value, the likeliest first."""
    first, last = name_parts(facts)
    if not (source.startswith("name.") and shape.single_last and first and not last and facts.last != NO_LAST):
        yield put(facts, source, value)
        return
    if source == "name.first" and value == first:
        yield {"name": value, "name.last": NO_LAST}  # it stands with the first names there: so it is no last name
        return
    if source == "name.last":
        yield put(facts, "name", value)
    yield put(replace(facts, last=first), source, value)


def _owner_id(email: str, rule: FieldRule, schema: FieldSchema, shape: Shape) -> str | None:
    """The CRM's id of an agent; None when no active owner of the CRM is known to be that person."""
    there = (rule.table.forth(email) if rule.table else None) or email
    if schema.type in ("text", "email") and rule.field in shape.fields:
        return _formed(there, schema, shape)
    found = shape.ids.get(there.strip().lower()) or (there if "@" not in there else "")
    if found in shape.owners and not shape.owners[found].active:
        return None
    return found or None


def _owner_email(theirs: str, rule: FieldRule, schema: FieldSchema, shape: Shape) -> str | None:
    if rule.table is not None and (agent := rule.table.back(theirs)):
        return agent
    owner = shape.owners.get(theirs)
    email = owner.email.strip().lower() if owner else theirs.lower() if schema.type in ("text", "email") else ""
    return ((rule.table.back(email) if rule.table else None) or email) or None
