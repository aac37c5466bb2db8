"""Fields that a CRM does not take, or rewrites each time: an admin is told once for all people."""

from __future__ import annotations

import re

from hub.engine.effects.synced import ROUNDS, Synced
from hub.store.rows import DeadRow, LinkRow
from hub.store.workspace import Workspace

FIELD = "field"
"""The kind of dead letter about a field of a CRM: one for all people."""
_COUNT = re.compile(r" \(for (\d+) people\)$")
_ABOUT = re.compile(r"(\S+) (?:does not take|rewrites) (\S+): ")


def left_out(crm: str, field: str, reason: str, person: int, work: Workspace) -> None:
    """The CRM took the record without this field."""
    _tell(f"{crm} does not take {field}: ", reason, person, work)


def rewrites(link: LinkRow, field: str, one: Synced, theirs: str, work: Workspace) -> None:
    """The CRM replaced what the hub wrote too often: what it has now stays; told with the first that is not written."""
    if not one.told:
        one.told = True
        reason = f"'{theirs[:40]}' stays there, as it replaced {ROUNDS} times in a day what the hub wrote"
        _tell(f"{link.crm} rewrites {field}: ", reason, link.person, work)


def about(letter: DeadRow) -> tuple[str, str]:
    """The CRM and the field of such a dead letter; two empty texts when it names none."""
    found = _ABOUT.match(letter.cause)
    return (found[1], found[2]) if found else ("", "")


def _tell(beginning: str, reason: str, person: int, work: Workspace) -> None:
    """One dead letter, which counts the people."""
    if work.first_time("letters about fields"):
        work.dead.fetch_by("kind", [FIELD], "AND state='open'")
    letter = next(
        (d for d in work.dead.rows.values() if (d.kind, d.state) == (FIELD, "open") and d.cause.startswith(beginning)),
        None,
    )
    if letter is None:
        work.bury(FIELD, 0, f"{beginning}{reason}", person)
        return
    found = _COUNT.search(letter.cause)
    letter.cause = f"{beginning}{reason} (for {int(found[1]) + 1 if found else 2} people)"
