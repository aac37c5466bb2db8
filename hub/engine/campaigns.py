"""The pace of campaigns: their people are gathered page by page, then one after the other has a turn."""

from __future__ import annotations

import asyncio

from hub.engine.line import Line, incoming, lane, now_ms
from hub.engine.writer import Writer
from hub.model.happened import CampaignDue
from hub.store import Store, segments, trail
from hub.store import campaigns as shelf

DUTY = "campaigns"
"""The name of the duty."""
TICK = 1.0
"""Seconds between two looks at whose turn it is."""
PAGE = 5000
"""People gathered in one transaction."""


class Campaigns:
    """One for the hub: `run` until cancelled. Killed anywhere, each person still has one turn in a run: whose it was
    and the event that tells it are on disk together."""

    def __init__(self, line: Line, writer: Writer) -> None:
        self._line, self._writer = line, writer
        self._credit: dict[int, float] = {}  # run -> people it is time for
        self._last = 0

    async def run(self) -> None:
        """Look, for ever."""
        while True:
            if await self._writer.call(lambda store: self.turn(store, now_ms())):
                await asyncio.sleep(0)  # a page of people was gathered, and there may be more
            else:
                await asyncio.sleep(TICK)

    def turn(self, store: Store, now: int) -> bool:
        """Gather a page of people for each run that has not all of its own, and give out the turns that are due. In
        the writer's thread. Whether there is more to gather at once."""
        elapsed, self._last = (now - self._last if self._last else 0), now
        more = False
        runs = shelf.under_way(store.db)
        for run in runs:
            campaign = self._line.config.rules.book.campaigns.get(run.campaign)
            if campaign is None:  # its table may come back
                continue
            if run.state == "filling":
                more = self._gather(store, run, campaign.segment, now) or more
                continue
            known = self._credit.get(run.id)
            credit = campaign.earned(1.0, 0, now) if known is None else campaign.earned(known, elapsed, now)
            if (turns := int(credit)) > 0:
                self._give(store, run, turns, now)
            self._credit[run.id] = credit - turns
        self._credit = {run.id: self._credit[run.id] for run in runs if run.id in self._credit}
        return more

    def _gather(self, store: Store, run: shelf.Run, segment: str, now: int) -> bool:
        asked = self._line.config.rules.book.segments[segment]
        with store.transaction():
            store.assert_duty(DUTY)
            people = segments.page(store.db, asked, now, shelf.gathered(store.db, run.id), PAGE)
            shelf.gather(store.db, run.id, people)
            if len(people) < PAGE:
                shelf.set_state(store.db, run.id, "running")
                trail.note(store.db, trail.CAMPAIGN, now, run=run.id, state="running", ended=0)
        return len(people) == PAGE

    def _give(self, store: Store, run: shelf.Run, turns: int, now: int) -> None:
        with store.transaction():
            store.assert_duty(DUTY)
            people = shelf.next_turns(store.db, run.id, turns)
            if not people:
                shelf.set_state(store.db, run.id, "done", now)
                trail.note(store.db, trail.CAMPAIGN, now, run=run.id, state="done", ended=now)
                return
            store.append(
                [
                    incoming(
                        CampaignDue(key=f"{run.id}.{person}", at=now, person=person, campaign=run.campaign, run=run.id),
                        lane(CampaignDue.kind, person),
                    )
                    for person in people
                ]
            )
