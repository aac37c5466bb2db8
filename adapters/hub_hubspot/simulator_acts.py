"""What people do in the simulated account: edit, merge, delete, restore, erase for privacy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hub_hubspot.paths import CONTACTS
from hub_hubspot.simulator_portal import Change, Link, Portal, Refusal, Thing

HUMAN = "CRM_UI"


def add(portal: Portal, kind: str, values: Mapping[str, str], under: tuple[Link, ...] = ()) -> str:
    """A human makes a record, perhaps under others; returns its id. Raises Refusal."""
    portal.check(kind, values)
    return portal.put(kind, None, values, under, HUMAN).id


def edit(portal: Portal, kind: str, id_: str, values: Mapping[str, str]) -> None:
    """A human changes properties of a record. Raises Refusal."""
    portal.check(kind, values)
    portal.put(kind, _there(portal, kind, id_), values, (), HUMAN)


def merge(portal: Portal, kind: str, primary: str, other: str) -> str:
    """Merge two records into a new one, whose id is returned; both old ids lead to it.

    The values of `primary` win. Nobody is told of values that moved: there is a merge event for the new record and a
    deletion event for each old one, as HubSpot does it.
    """
    losers = [_there(portal, kind, primary), _there(portal, kind, other)]
    values = {**losers[1].values, **losers[0].values}
    names = [i for loser in losers for i in (*loser.values.get("hs_merged_object_ids", "").split(";"), loser.id) if i]
    mails = [m for loser in losers if (m := loser.values.get("email")) and m != values.get("email")]
    for loser in losers:
        _take(portal, kind, loser)
    listeners, portal.heard_by = portal.heard_by, []
    values["hs_merged_object_ids"] = ";".join(dict.fromkeys(names))
    if mails:
        values["hs_additional_emails"] = ";".join(mails)
    made = portal.put(kind, None, values)
    portal.heard_by = listeners
    for loser in losers:
        for (of, id_, to), ids in list(portal.links.items()):
            if (of, id_) == (kind, loser.id):
                for to_id in ids:
                    portal.associate((kind, made.id), (to, to_id))
                    portal.links.get((to, to_id, kind), {}).pop(loser.id, None)
                    if portal.things[to][to_id].contact == loser.id:
                        portal.things[to][to_id].contact = made.id
                del portal.links[of, id_, to]
    for old in names:
        portal.aliases[kind, old] = made.id
    told = {
        "primaryObjectId": int(primary),
        "mergedObjectIds": [int(other)],
        "newObjectId": int(made.id),
        "numberOfPropertiesMoved": len(values),
    }
    for loser in losers:
        portal.tell(Change(kind, loser.id, "deletion", HUMAN))
    portal.tell(Change(kind, made.id, "merge", HUMAN, more=told))
    return made.id


def remove(portal: Portal, kind: str, id_: str) -> None:
    """Put a record into the recycle bin."""
    thing = _there(portal, kind, id_)
    _take(portal, kind, thing)
    portal.bin[kind][thing.id] = replace(thing, archived=True)
    portal.tell(Change(kind, thing.id, "deletion", HUMAN))


def restore(portal: Portal, kind: str, id_: str) -> None:
    """Take a record out of the recycle bin again."""
    thing = replace(portal.bin[kind].pop(id_), archived=False)
    portal.things[kind][id_] = thing
    portal.put(kind, thing, dict(thing.values), (), HUMAN)
    portal.tell(Change(kind, id_, "restore", HUMAN))


def erase(portal: Portal, id_: str) -> None:
    """Remove a contact for privacy, for good, whether it stands there or in the recycle bin."""
    thing = portal.bin[CONTACTS].pop(id_, None) or _there(portal, CONTACTS, id_)
    if thing.id in portal.things[CONTACTS]:
        _take(portal, CONTACTS, thing)
    portal.tell(Change(CONTACTS, thing.id, "privacyDeletion", HUMAN))


def _there(portal: Portal, kind: str, id_: str) -> Thing:
    thing = portal.find(kind, id_)
    if thing is None:
        raise Refusal(404, "OBJECT_NOT_FOUND", "Object not found.")
    return thing


def _take(portal: Portal, kind: str, thing: Thing) -> None:
    del portal.things[kind][thing.id]
    for name, value in thing.values.items():
        portal.owned.pop((kind, name, value.casefold()), None)
