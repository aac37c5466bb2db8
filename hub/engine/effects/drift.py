"""What a sweep found: told to the admin, and brought in order where that is asked for."""

from __future__ import annotations

from hub.engine.effects import people
from hub.engine.line import Line
from hub.model.by_hand import DriftSwept
from hub.model.records import Ref
from hub.store import crm as shelves
from hub.store.journal import Claimed
from hub.store.rows import NewsRow
from hub.store.workspace import Needs, Workspace


def place(crm: str) -> str:
    """The name of the cursor that says which link a CRM's sweep looked at last."""
    return f"crm.{crm}.drift"


def look(event: DriftSwept, row: Claimed, line: Line, needs: Needs) -> None:
    """The links whose key is to be written."""
    needs.records.setdefault(event.crm, set()).update(event.keys)


def swept(event: DriftSwept, row: Claimed, line: Line, work: Workspace) -> None:
    """The next sweep goes on where this one ended; records to repair are read again, as if the CRM had named them."""
    if event.crm not in line.config.crms:
        return
    shelves.touch(work, event.crm, [Ref("contact", record) for record in dict.fromkeys(event.repair)])
    for record in dict.fromkeys(event.keys):
        for link in work.links_at(event.crm, record):
            person = people.current(work, link.person)
            if person is not None and link.ready:
                people.order_person(person, event.crm, row.seq, work)
    if event.repair or event.keys:
        work.woken.add(event.crm)
    if event.more:
        return
    work.cursor(place(event.crm), "0" if event.whole else str(event.after))
    told = ", ".join(f"{count} {kind}" for kind, count in sorted(event.counts.items()) if count)
    done = "; they are brought in order" if event.repair or event.keys else ""
    text = f"of {event.links} records compared with the CRM these differ: {told or 'none'}{done}"
    bad = int(bool(told) and not done)
    work.news.add(NewsRow(work.news.next_id(), event.at, event.crm, "", "drift", "", text, bad, row.seq))
