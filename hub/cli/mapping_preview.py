"""`dragoman mapping preview`: what the mapping makes of a person, value by value, in both directions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, CrmOption, FileOption, JsonOption

if TYPE_CHECKING:
    from hub.cli.mapping_files import Bench
    from hub.cli.mapping_sides import Sides
    from hub.mapping.weigh import Weighed
    from hub.store.dialects.database import Database

SIGNS = {
    "same": "=",
    "write": "→",
    "take": "←",
    "conflict": "!",
    "ask": "?",
    "keep": "·",
    "invalid": "✗",
}


def preview(
    record: Annotated[str, typer.Option("--record", help="The id of a record in the CRM.")] = "",
    person: Annotated[str, typer.Option("--person", help="p12, a phone number, an e-mail address.")] = "",
    sample: Annotated[int, typer.Option("--sample", min=0, max=1000, help="So many linked people.")] = 0,
    crm: CrmOption = "",
    file: FileOption = None,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show what each field has here and there, and what would be done about it. Nothing is written."""
    from hub.cli.mapping_files import bench
    from hub.cli.mapping_sides import Sight, reach
    from hub.cli.output import say_json
    from hub.contracts.errors import ConfigError, NotFound

    if sum(map(bool, (record, person, sample))) != 1:
        raise ConfigError("whom to show is not said", remedy="give one of --record ID, --person p12, --sample 20")
    desk = bench(config, crm)
    mapping = desk.read(desk.draft(file))
    with desk.store() as db:
        if db is None:
            raise NotFound("nobody is known yet: start the hub once with `dragoman run`")
        shape, sight = desk.shape(db, mapping), Sight(desk, db)
        sides, unread = reach(sight, _whom(desk, db, record, person, sample), mapping)
        found = [(one, sight.weighed(one, mapping, shape)) for one in sides]
    if as_json:
        people = [_plain(one, weighed) for one, weighed in found]
        say_json({"crm": desk.crm.name, "file": mapping.file, "unread": unread, "people": people})
        return
    if unread:
        print(f"The CRM's side could not be read: {unread}")
    for one, weighed in found:
        _say(desk.crm.name, one, weighed)
    if sample:
        _sum(found)


def _whom(desk: Bench, db: Database, record: str, person: str, sample: int) -> list[int]:
    from hub.cli import people
    from hub.contracts.errors import NotFound
    from hub.store import mappings

    if sample:
        return mappings.sample(db, desk.crm.name, sample)
    if person:
        return [people.must_know(desk.place, people.reference(person, desk.config.hub.region))]
    if found := mappings.person_of(db, desk.crm.name, record):
        return [found]
    raise NotFound(f"no person is linked to the record {record} of {desk.crm.name}")


def _say(crm: str, sides: Sides, weighed: list[Weighed]) -> None:
    from hub.cli.output import say_table

    where = f"record {sides.link.record}" if sides.link is not None and sides.link.record else "no record yet"
    rows = [
        (
            one.field,
            one.line.source or f"'{one.line.value}'",
            "cannot be written" if one.ours is None else one.ours,
            SIGNS[one.outcome],
            "" if one.theirs is None else one.theirs,
            one.why,
        )
        for one in weighed
    ]
    title = f"p{sides.person.id} {sides.person.name}, {crm} {where}"
    say_table(("field", "source", "hub", "", "crm", "why"), rows, title=title)
    print()


def _sum(found: list[tuple[Sides, list[Weighed]]]) -> None:
    """One sentence about all of them."""
    from collections import Counter

    counted = Counter(worst(weighed) for _, weighed in found)
    words = [f"{counted[name]} {word}" for name, word in WORDS.items() if counted[name]]
    print(f"{len(found)} people: {', '.join(words) or 'nobody is linked'}")


WORDS = {
    "same": "same",
    "write": "would be written",
    "take": "would be taken over",
    "conflict": "in conflict",
    "ask": "to be asked",
    "keep": "stay as they are",
    "invalid": "invalid",
}
"""Outcomes as counts name them, the lightest first."""


def worst(weighed: list[Weighed]) -> str:
    """What a person counts as: the gravest of the outcomes of his fields."""
    order = ["same", "keep", "take", "write", "conflict", "ask", "invalid"]
    return max((one.outcome for one in weighed), key=order.index, default="same")


def _plain(sides: Sides, weighed: list[Weighed]) -> dict[str, Any]:
    return {
        "person": sides.person.id,
        "name": sides.person.name,
        "record": sides.link.record if sides.link is not None else "",
        "read": sides.record is not None,
        "fields": [
            {
                "field": one.field,
                "source": one.line.source,
                "hub": one.ours,
                "crm": one.theirs,
                "outcome": one.outcome,
                "crm_after": one.after_crm,
                "hub_after": dict(one.after_hub),
                "why": one.why,
            }
            for one in weighed
        ],
    }
