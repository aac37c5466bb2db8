"""What became of people's records that no longer stand for themselves: merged, converted, deleted. Pure but for `read`.

Who loses a merge is deleted and names the winner in MasterRecordId, which may itself have lost another one since. A
converted lead names its contact, and the contact of a person account its account. Nobody is gone on any other ground
than a row that says so; an id that was asked for and is in no row is `told` by nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from hub import Gone
from hub_salesforce.paths import ACCOUNT, CONTACT, kind_of
from hub_salesforce.people import PERSON
from hub_salesforce.shapes import whole

Rows = Mapping[str, Mapping[str, Any]]


class Settled(NamedTuple):
    """What people's records became: the rows that stand, by id, which others went into each, and who is gone."""

    standing: dict[str, Mapping[str, Any]]
    merged: dict[str, tuple[str, ...]]
    gone: list[Gone]


def into(row: Mapping[str, Any]) -> str | None:
    """Where this row says to go on: another record's id, "" = it was deleted, None = nowhere, it stands."""
    id_ = str(row["Id"])
    if row.get("IsConverted"):
        return str(row.get("ConvertedContactId") or row.get("ConvertedAccountId") or "")
    if row.get("IsDeleted"):
        return str(row.get("MasterRecordId") or "")
    if kind_of(id_) == CONTACT and row.get(PERSON):
        return str(row.get("AccountId") or "") or None
    if kind_of(id_) == ACCOUNT and not row.get(PERSON):
        return ""  # a company is nobody
    return None


def settle(asked: Iterable[str], first: Rows, read: Callable[[list[str]], Rows]) -> Settled:
    """What the asked records are by now. `first` are the rows of those that were asked for, deleted ones too, by id;
    `read` gives the rows of others and raises where it cannot tell: once for each step of the longest way."""
    spelled = {whole(id_): id_ for id_ in asked}
    rows: dict[str, Mapping[str, Any]] = {}
    ways: dict[str, str] = {}
    unread, found = list(spelled), first
    absent: set[str] = set()  # asked for, and in no row: hidden from the hub's user, or deleted for good
    while unread:
        absent.update(id_ for id_ in unread if id_ not in found)
        for id_ in unread:
            way = into(found[id_]) if id_ in found else ""
            if way is None:
                rows[id_] = found[id_]
            else:
                ways[id_] = whole(way)
        unread = list(dict.fromkeys(way for way in ways.values() if way and way not in rows and way not in ways))
        found = read(unread) if unread else {}
    merged: dict[str, tuple[str, ...]] = {}
    lost = []
    for id_ in ways:
        end = _end(id_, ways)
        if end in rows:
            merged[end] = (*merged.get(end, ()), id_)
        lost.append(Gone(record=spelled.get(id_, id_), into=end if end != id_ else "", told=id_ not in absent))
    return Settled(rows, merged, lost)


def _end(id_: str, ways: Mapping[str, str]) -> str:
    """The last record of a way; the record itself where it leads nowhere or in a circle."""
    seen = {id_}
    end = id_
    while following := ways.get(end, ""):
        if following in seen:
            return id_
        seen.add(following)
        end = following
    return end
