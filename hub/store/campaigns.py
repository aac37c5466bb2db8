"""Campaigns that were started: whose turn it was, and whose it will be. Each person has one turn in a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from hub.store.dialects.database import Database

OPEN = ("filling", "running")
"""States of a run that goes on: its people are gathered, or have their turns."""


class Run(NamedTuple):
    """A run of a campaign. Times in ms, 0 = not yet."""

    id: int
    campaign: str
    at: int
    agent: str
    state: str
    people: int
    ended: int


_RUN = "SELECT id, campaign, at, agent, state, people, ended FROM campaign_runs"


def under_way(db: Database) -> list[Run]:
    """The runs that go on."""
    return [Run(*row) for row in db.rows(f"{_RUN} WHERE state IN (?,?) ORDER BY id", OPEN)]


def last_run(db: Database, campaign: str) -> Run | None:
    """The last run of a campaign."""
    found = db.rows(f"{_RUN} WHERE campaign=? ORDER BY id DESC LIMIT 1", (campaign,))
    return Run(*found[0]) if found else None


def begin(db: Database, campaign: str, agent: str, now: int) -> int:
    """A new run: its people are to be gathered."""
    number = db.next_id("campaign_runs")
    db.insert("campaign_runs", [(number, campaign, now, agent, "filling", 0, 0)])
    return number


def set_state(db: Database, run: int, state: str, ended: int = 0) -> None:
    """Stop a run, let it go on, or end it."""
    db.run("UPDATE campaign_runs SET state=?, ended=? WHERE id=?", (state, ended, run))


def gathered(db: Database, run: int) -> int:
    """The last of the people that were gathered for a run, by number; 0 = none yet."""
    return int(db.rows("SELECT coalesce(max(person), 0) FROM campaign_people WHERE run=?", (run,))[0][0])


def gather(db: Database, run: int, people: Sequence[int]) -> None:
    """These people have a turn too."""
    db.insert("campaign_people", [(run, person, "waiting") for person in people], "ON CONFLICT DO NOTHING")
    db.run("UPDATE campaign_runs SET people=people+? WHERE id=?", (len(people), run))


def next_turns(db: Database, run: int, limit: int) -> list[int]:
    """Whose turn it is now; it was, from now on."""
    found = db.rows(
        "SELECT person FROM campaign_people WHERE run=? AND state='waiting' ORDER BY person LIMIT ?", (run, limit)
    )
    people = [int(row[0]) for row in found]
    db.run_many("UPDATE campaign_people SET state='asked' WHERE run=? AND person=?", [(run, one) for one in people])
    return people


def waiting(db: Database, run: int) -> int:
    """How many people's turn is still to come."""
    return int(db.rows("SELECT count(*) FROM campaign_people WHERE run=? AND state='waiting'", (run,))[0][0])


def outcomes(db: Database, campaign: str, since: int) -> dict[str, int]:
    """What became of a campaign's messages since a time (ms), by their status: sent, delivered, read, dropped, ..."""
    found = db.rows(
        "SELECT m.status, count(*) FROM outbox o JOIN messages m ON m.id=o.message"
        " WHERE o.rule=? AND o.kind='send' AND o.created>=? GROUP BY m.status ORDER BY m.status",
        (f"campaign:{campaign}", since),
    )
    return {row[0]: int(row[1]) for row in found}


class Reach(NamedTuple):
    """What decides whether somebody may be written to. `consent`: 1 given, 0 withdrawn, None = never asked; `outreach`
    as in `people`; `talks`: inbox and when he wrote there last, the one used last first."""

    person: int
    name: str
    language: str
    opted_out: int
    outreach: str
    consent: int | None
    talks: tuple[tuple[str, int], ...]


def reach(db: Database, people: Sequence[int], purpose: str) -> list[Reach]:
    """The same of all these people."""
    talks: dict[int, list[tuple[str, int]]] = {}
    for person, inbox, heard in db.rows_in(
        "SELECT person, inbox, last_in FROM conversations WHERE person IN (*) ORDER BY last_in DESC, id DESC", people
    ):
        talks.setdefault(person, []).append((inbox, heard))
    consent: dict[int, Any] = dict(
        db.rows_in("SELECT person, given FROM consents WHERE person IN (*) AND purpose=?", people, (purpose,))
    )
    found = db.rows_in("SELECT id, name, language, opted_out, outreach FROM people WHERE id IN (*) ORDER BY id", people)
    return [
        Reach(number, name, language, out, outreach, consent.get(number), tuple(talks.get(number, ())))
        for number, name, language, out, outreach in found
    ]
