"""The list of deletions, asked once an hour: it names what has left the recycle bin, where no query finds it.

Source: REST API Developer Guide ("Get Deleted"): 30 days at most, seconds are ignored, `latestDateCovered` may be
earlier than the end that was asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

from hub.contracts.errors import HubError
from hub_salesforce.cursors import Position
from hub_salesforce.kept import HOUR
from hub_salesforce.paths import DATA
from hub_salesforce.transport import Transport, millis

STEP = int(HOUR) * 1_000
"""Milliseconds of deletions that are asked for at least."""
KEPT = 30 * 24 * STEP
"""Milliseconds for which Salesforce lists deletions."""

Deletions = dict[tuple[str, str], int]
"""When a record was deleted, by its object and its id."""


class Purged:
    """Reads the list of each object once an hour at most, all of them in one call."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._asked: dict[str, float] = {}

    def look(self, position: Position, kinds: Sequence[str]) -> tuple[Deletions, Position, str]:
        """What was deleted since the last look, where that look stands now, and a sentence on what is not listed any
        more, "" = nothing is missing. A list that cannot be had is tried again after an hour: it is a safety net."""
        now, clock = self._transport.now(), self._transport.clock()
        since = {kind: position.deleted.get(kind, position.looks[kind].since) for kind in kinds}
        due = [k for k in kinds if now - since[k] >= STEP and clock - self._asked.get(k, -HOUR) >= HOUR]
        if not due:
            return {}, position, ""
        self._asked |= dict.fromkeys(due, clock)
        oldest = now - KEPT + STEP
        missing = {kind: oldest for kind in due if since[kind] < oldest}
        urls = [_url(kind, max(since[kind], oldest), now) for kind in due]
        try:
            told = self._transport.several(urls, label="composite/deleted")
        except HubError:
            return {}, position, ""
        found: Deletions = {}
        covered = dict(position.deleted)
        for kind, answer in zip(due, told, strict=True):
            if not isinstance(answer, HubError):
                found |= _deletions(kind, answer)
                covered[kind] = max(since[kind], min(now, millis(answer.get("latestDateCovered")) or now))
            elif "INVALID_REPLICATION_DATE" in str(answer):
                covered[kind], missing[kind] = now, now
            else:
                missing.pop(kind, None)
        return found, replace(position, deleted=covered), _gap(missing)


def _url(kind: str, start: int, end: int) -> str:
    asked = (quote(datetime.fromtimestamp(at // 1_000, UTC).isoformat(), safe="") for at in (start, end))
    return f"{DATA}/sobjects/{kind}/deleted?start={next(asked)}&end={next(asked)}"


def _deletions(kind: str, answer: Mapping[str, Any]) -> Deletions:
    rows = answer.get("deletedRecords") or ()
    return {(kind, str(row["id"])): millis(row.get("deletedDate")) for row in rows if row.get("id")}


def _gap(missing: Mapping[str, int]) -> str:
    if not missing:
        return ""
    until = datetime.fromtimestamp(max(missing.values()) // 1_000, UTC)
    return (
        f"Salesforce no longer lists which records of {', '.join(sorted(missing))} were deleted before "
        f"{until:%Y-%m-%d %H:%M} UTC: those that have left the recycle bin too are not told"
    )
