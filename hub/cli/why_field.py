"""`dragoman why p12 --field Email`: which event and which line of which mapping version put a value where it is."""

from __future__ import annotations

import tomllib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hub.engine.effects.synced import Synced
    from hub.store.dialects.database import Database

Row = dict[str, Any]
LOST = 20
"""Values that lost, shown of one field."""


def of_field(db: Database, person: int, name: str) -> list[Row]:
    """What is known of a field in each CRM where the person has a record. `name`: the CRM's name of it, in any letter
    case, or where the value comes from, such as email or attr.nick."""
    from hub.engine.effects import synced
    from hub.store import mappings

    links = db.rows("SELECT crm, record, synced FROM links WHERE person=? ORDER BY crm", (person,))
    found = []
    for crm, record, text in links:
        active = mappings.active(db, crm)
        lines = _lines(active.text) if active else {}
        for field, one in synced.load(text).items():
            sources = {source for source, _ in lines.get(field, ())}
            if name.casefold() == field.casefold() or name in sources or f"attr.{name}" in sources:
                found.append(_told(db, person, crm, record, field, one))
    return found


def _told(db: Database, person: int, crm: str, record: str, field: str, one: Synced) -> Row:
    from hub.store import chain, mappings

    version = mappings.numbered(db, one.version) if one.version else None
    lines = _lines(version.text).get(field, []) if version is not None and version.crm == crm else []
    lost = db.named_rows(
        "SELECT id, at, rule, ours, theirs, kept, state, mapping, event FROM conflicts"
        " WHERE person=? AND crm=? AND field=? ORDER BY id DESC LIMIT ?",
        (person, crm, field, LOST),
    )
    return {
        "crm": crm,
        "record": record,
        "field": field,
        "hub": one.ours if one.known else None,
        "there": one.theirs if one.known else None,
        "by": one.by,
        "at": one.at,
        "event": chain.event(db, one.event) if one.event else None,
        "decisions": chain.decisions(db, one.event) if one.event else [],
        "commands": db.named_rows(
            "SELECT id, kind, target, rule, class, state, attempts, doubt, due, created, started, record, reason,"
            " message, event FROM outbox WHERE key>=? AND key<? AND lane=? ORDER BY id",
            (f"{one.event}:person:{crm}:", f"{one.event}:person:{crm};", person),
        ),
        "version": one.version,
        "lines": [line for _, line in lines],
        "waits": _waits(one),
        "lost": lost,
    }


def _waits(one: Synced) -> str:
    if one.asked:
        return "a human is asked which value stays: dragoman crm conflicts --open"
    if one.writing is not None:
        return f"{one.writing!r} is on its way to the CRM"
    if one.ordered is not None:
        return f"{one.ordered!r} is to be written into the CRM"
    if one.told:
        return "somebody in the CRM replaces it again and again: the hub lets it be"
    if one.left:
        return "the CRM did not take the hub's value: see dragoman dead list"
    return "it was written, and has not been read since" if one.unseen else ""


def _lines(text: str) -> dict[str, list[tuple[str, str]]]:
    """CRM field -> (source, the line as the file has it), of each of its lines. A version was read before it ran."""
    found: dict[str, list[tuple[str, str]]] = {}
    for field, entry in tomllib.loads(text).get("person", {}).items():
        for one in entry if isinstance(entry, list) else [entry]:
            source = one if isinstance(one, str) else str(one.get("from", ""))
            found.setdefault(field, []).append((source, f"{field} = {_written(one)}"))
    return found


def _written(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_written(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return f'"{value}"' if isinstance(value, str) else str(value)


def lines(one: Row) -> Iterator[str]:
    """The same for people to read."""
    from hub.cli.output import when

    yield f"{one['field']} in {one['crm']}, record {one['record'] or 'none yet'}"
    yield f"  value     hub {_quoted(one['hub'])}, in the CRM {_quoted(one['there'])}"
    how = {"hub": "written into the CRM by the hub", "crm": "taken from the CRM"}.get(one["by"], "compared, and left")
    yield f"  since     {when(one['at']) or 'never'}  {how}"
    if one["event"] is not None:
        event = one["event"]
        source = f"{event['source']} {event['account']}".strip()
        yield f"  event     {when(event['received'])}  journal {event['seq']} from {source}: {event['key']}"
    yield from (f"  decided   {when(d['at'])}  {d['because']}" for d in one["decisions"])
    yield from (f"  command   {when(c['created'])}  {c['id']} by {c['rule']}: {c['state']}" for c in one["commands"])
    yield f"  mapping   version {one['version']}" + "".join(f": {line}" for line in one["lines"])
    if one["waits"]:
        yield f"  waits     {one['waits']}"
    for lost in one["lost"]:
        said = f"rule {lost['rule']}, hub {lost['ours']!r}, in the CRM {lost['theirs']!r}, version {lost['mapping']}"
        stays = (
            f"the {lost['kept']}'s stayed" if lost["kept"] else "asked" if lost["state"] == "asked" else "they agree"
        )
        back = {"crm": "hub", "hub": "crm"}.get(lost["kept"])
        remedy = f" (dragoman crm decide {lost['id']} {back} brings the other one back)" if back else ""
        yield f"  conflict  {when(lost['at'])}  {lost['id']}: {said}: {stays}{remedy}"


def _quoted(value: str | None) -> str:
    return "not known yet" if value is None else repr(value)
