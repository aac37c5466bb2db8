"""What became of a CRM's fields since they were read last, as far as a mapping is concerned. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hub.contracts.crm import FieldSchema, Schema
from hub.mapping.lines import FieldRule, Mapping


def drift(before: Schema, after: Schema, mapping: Mapping) -> list[str]:
    """One sentence for each change of a field that the mapping names, and for each field that is required now and has
    no line. Empty when nothing changed, and when either side told no fields at all."""
    if not before.fields or not after.fields:
        return []
    found: list[str] = []
    for name in dict.fromkeys(rule.field for rule in mapping.person):
        old, new = before.fields.get(name), after.fields.get(name)
        lines = [rule for rule in mapping.person if rule.field == name]
        if old is not None and new is None:
            found.append(_gone(old, before, after, lines))
        elif old is not None and new is not None:
            found += (f"{lines[0].where}: '{name}' {what}" for what in _changes(old, new, lines))
    for name, field in after.fields.items():
        was = before.fields.get(name)
        if field.required and not (was and was.required) and name not in mapping.fields and not field.read_only:
            found.append(f"{mapping.file}: the CRM now makes no person without '{name}', and no line fills it")
    return found


def _gone(old: FieldSchema, before: Schema, after: Schema, lines: Iterable[FieldRule]) -> str:
    where = next(iter(lines)).where
    new = [field for field in after.fields.values() if field.name not in before.fields]
    renamed = [field.name for field in new if field.label and field.label == old.label and field.type == old.type]
    if len(renamed) == 1:
        return f"{where}: '{old.name}' is now called '{renamed[0]}'"
    return f"{where}: the CRM has no field '{old.name}' any more"


def _changes(old: FieldSchema, new: FieldSchema, lines: list[FieldRule]) -> Iterator[str]:
    writes = any(rule.direction != "pull" for rule in lines)
    if old.type != new.type:
        yield f"was a {old.type} and is a {new.type}"
    if new.read_only and not old.read_only and writes:
        yield "is read-only now: it cannot be written any more"
    if old.read_only and not new.read_only:
        yield "can be written now"
    if new.required and not old.required:
        yield "is required now"
    if new.unique and not old.unique:
        yield "is unique now: no two people can have the same"
    if new.max_length and (not old.max_length or new.max_length < old.max_length):
        yield f"holds {new.max_length} characters now" + (f" instead of {old.max_length}" if old.max_length else "")
    if old.options or new.options:
        yield from _options(old, new, lines)


def _options(old: FieldSchema, new: FieldSchema, lines: list[FieldRule]) -> Iterator[str]:
    used = {rule.value for rule in lines if rule.value}
    used |= {crm for rule in lines if rule.table for crm in rule.table.values.values()}
    if lost := [option for option in old.options if option not in new.options]:
        missed = [option for option in lost if option in used]
        yield f"lost {_listed(lost)}" + (f"; the mapping writes {_listed(missed)}" if missed else "")
    if added := [option for option in new.options if option not in old.options]:
        yield f"has {_listed(added)} as new"


def _listed(options: list[str]) -> str:
    more = f" and {len(options) - 5} more" if len(options) > 5 else ""
    noun = "option" if len(options) == 1 else "options"
    return f"the {noun} " + ", ".join(f"'{option}'" for option in options[:5]) + more
