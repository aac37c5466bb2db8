"""A mapping checked against the fields that the CRM really has."""

from __future__ import annotations

from hub.contracts.crm import FieldSchema, Schema
from hub.contracts.errors import ConfigError
from hub.mapping.files import FieldRule, Mapping, closest

_LONGEST = {"language": 35, "channel": 40, "phone": 16}
"""The most characters these sources can have (BCP 47 tags, kinds of channels, E.164 with its plus)."""

_NOT_TEXT = frozenset(("bool", "date", "datetime", "number", "reference"))


def check(mapping: Mapping, schema: Schema) -> list[ConfigError]:
    """Every mistake of the mapping, not raised: a problem per line at most, with its place and remedy.

    Empty when all is well, and when the CRM told no fields at all (nothing can be said then).
    """
    if not schema.fields:
        return []
    found = ((rule, _problem(rule, schema)) for rule in mapping.person)
    return [ConfigError(problem[0], where=rule.where, remedy=problem[1]) for rule, problem in found if problem]


def _problem(rule: FieldRule, schema: Schema) -> tuple[str, str] | None:
    field = schema.fields.get(rule.field)
    if field is None:
        return f"the CRM has no field '{rule.field}'", closest(rule.field, schema.fields, "fields")
    if field.read_only:
        return f"the CRM calculates '{rule.field}' itself: it cannot be written", "remove the line or choose another"
    return _constant(rule, field) if not rule.source else _source(rule, field)


def _constant(rule: FieldRule, field: FieldSchema) -> tuple[str, str] | None:
    if field.options and rule.value not in field.options:
        return f"'{rule.value}' is no option of '{rule.field}'", closest(rule.value, field.options, "options")
    if field.max_length and len(rule.value) > field.max_length:
        return f"the value of '{rule.field}' is longer than {field.max_length} characters", "shorten it"
    return None


def _source(rule: FieldRule, field: FieldSchema) -> tuple[str, str] | None:
    if field.type in _NOT_TEXT:
        return f"'{rule.field}' is a {field.type} and cannot hold {rule.source}", "choose a text field"
    if field.options and rule.source not in ("channel", "language"):
        return f"'{rule.field}' takes only its options and cannot hold {rule.source}", "choose a text field"
    if 0 < field.max_length < _LONGEST.get(rule.source, 0):
        return f"'{rule.field}' holds {field.max_length} characters, too few for {rule.source}", "choose a longer field"
    return None
