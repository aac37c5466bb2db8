"""A mapping checked against the fields that the CRM really has."""

from __future__ import annotations

from collections.abc import Iterator

from hub.contracts.crm import FieldSchema, FieldType, Schema
from hub.contracts.errors import ConfigError
from hub.mapping.drifts import drift
from hub.mapping.entries import closest
from hub.mapping.facts import ATTR
from hub.mapping.forms import fitting
from hub.mapping.lines import FieldRule, Mapping

__all__ = ["check", "drift", "remarks"]

_LONGEST = {"language": 35, "channel": 40, "phone": 16}
"""The most characters these sources can have (BCP 47 tags, kinds of channels, E.164 with its plus)."""
_SHARED = ("language", "channel", "inbox")
"""Sources that many people have the same value of."""
_ONLY: dict[FieldType, tuple[str, ...]] = {
    "bool": (),
    "number": (),
    "date": (),
    "datetime": (),
    "url": (),
    "email": ("email", "owner"),
    "phone": ("phone",),
    "reference": ("owner",),
}
"""The sources that a field of a type can hold as they are, beside further values of a person (attr.NAME)."""
_CHOSEN = ("channel", "language", "inbox")

Problem = tuple[str, str]
"""What is wrong, and the remedy."""


def check(mapping: Mapping, schema: Schema) -> list[ConfigError]:
    """Every mistake of the mapping, not raised: a problem per line at most, with its place and remedy.

    Empty when all is well, and when the CRM told no fields at all (nothing can be said then).
    """
    if not schema.fields:
        return []
    found = ((rule, _problem(rule, schema)) for rule in mapping.person)
    wrong = [ConfigError(problem[0], where=rule.where, remedy=problem[1]) for rule, problem in found if problem]
    return wrong + list(_table_values(mapping, schema))


def remarks(mapping: Mapping, schema: Schema) -> list[ConfigError]:
    """What is worth a look though it works: fields that the CRM requires and no line fills, options that no table has.
    Not raised; each with place and remedy."""
    found = []
    written = {rule.field.casefold() for rule in mapping.person if rule.direction != "pull" and not rule.inboxes}
    partly = {rule.field.casefold() for rule in mapping.person if rule.direction != "pull"} - written
    for field in schema.fields.values():
        if not field.required or field.read_only or field.name.casefold() in written:
            continue
        some = field.name.casefold() in partly
        what = f"the CRM makes no person without '{field.name}'" + (", which some people do not get" if some else "")
        remedy = f"add a line without inbox for {field.name}" if some else f"add a line for {field.name}"
        found.append(ConfigError(what, where=mapping.file, remedy=remedy))
    for rule in mapping.person:
        options = schema.fields[rule.field].options if rule.field in schema.fields else ()
        if rule.table is None or not rule.pulls or rule.source == "owner" or not options:
            continue
        if left := [option for option in options if rule.table.back(option) is None]:
            what = f"[table.{rule.table.name}] has no line for {_listed(left)} of '{rule.field}': they are never taken"
            found.append(ConfigError(what, where=rule.where, remedy=f'add hub value = "{left[0]}"'))
    return found


def _problem(rule: FieldRule, schema: Schema) -> Problem | None:
    field = schema.fields.get(rule.field)
    if field is None:
        labels = {known.label: known.name for known in schema.fields.values() if known.label}
        named = labels.get(rule.field) or next((n for n in schema.fields if n.casefold() == rule.field.casefold()), "")
        hint = f"did you mean '{named}'?" if named else closest(rule.field, schema.fields, "fields")
        return f"the CRM has no field '{rule.field}'", hint
    if rule.direction == "pull":
        return _holds(rule, field)
    if field.read_only:
        remedy = 'direction = "pull", or remove the line' if rule.pulls else "remove the line or choose another"
        return f"the CRM calculates '{rule.field}' itself: it cannot be written", remedy
    if field.unique and (not rule.source or rule.source in _SHARED):
        what = f"no two people can have the same '{rule.field}', and {rule.source or 'a constant'} is the same for many"
        return what, "choose another field"
    if field.required and rule.blank == "send":
        return f"the CRM needs a '{rule.field}', so it cannot be emptied", 'remove blank = "send"'
    return _constant(rule, field) if not rule.source else _holds(rule, field)


def _constant(rule: FieldRule, field: FieldSchema) -> Problem | None:
    if field.max_length and len(rule.value) > field.max_length:
        return f"the value of '{rule.field}' is longer than {field.max_length} characters", "shorten it"
    if fitting(rule.value, field, "") is not None:
        return None
    if field.options:
        wrong = next(part for part in _parts(rule.value, field) if fitting(part, field, "") is None)
        return f"'{wrong}' is no option of '{rule.field}'", closest(wrong, field.options, "options")
    return f"'{rule.field}' is {_a(field.type)} and cannot hold '{rule.value}'", f"write {_EXAMPLES[field.type]}"


_EXAMPLES = {
    "bool": "true or false",
    "number": "5 or 5.25",
    "date": '"2026-01-31"',
    "datetime": '"2026-01-31T12:00:00Z"',
}


def _holds(rule: FieldRule, field: FieldSchema) -> Problem | None:
    source = rule.source
    if source.startswith(ATTR) or rule.transforms or (rule.table is not None and source != "owner"):
        return None  # its values are seen as they come
    if field.type in _ONLY and source not in _ONLY[field.type]:
        fits = _ONLY[field.type]
        remedy = f"it can hold {' or '.join(fits)}" if fits else "choose a text field, or attr.NAME"
        return f"'{rule.field}' is {_a(field.type)} and cannot hold {source}", remedy
    if source == "owner":
        return None
    if field.options and source not in _CHOSEN:
        return f"'{rule.field}' takes only its options and cannot hold {source}", "choose a text field, or add a table"
    if 0 < field.max_length < _LONGEST.get(source, 0):
        return f"'{rule.field}' holds {field.max_length} characters, too few for {source}", "choose a longer field"
    return None


def _table_values(mapping: Mapping, schema: Schema) -> Iterator[ConfigError]:
    told = set()
    for rule in mapping.person:
        field = schema.fields.get(rule.field)
        if rule.table is None or rule.source == "owner" or rule.direction == "pull" or field is None:
            continue
        for hub, crm in rule.table.values.items():
            if fitting(crm, field, "") is not None or (rule.table.name, hub) in told:
                continue
            told.add((rule.table.name, hub))
            what = f"[table.{rule.table.name}]: '{crm}' cannot stand in '{rule.field}'"
            remedy = f"it is {_a(field.type)}"
            if field.options:
                what, remedy = f"{what}: it is no option", closest(crm, field.options, "options")
            yield ConfigError(what, where=rule.table.places.get(hub, rule.where), remedy=remedy)


def _parts(value: str, field: FieldSchema) -> list[str]:
    return [part.strip() for part in value.split(";")] if field.type == "choices" else [value]


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'aeio' else 'a'} {kind}"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return ", ".join(f"'{name}'" for name in names[:5]) + more
