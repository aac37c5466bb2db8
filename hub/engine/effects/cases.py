"""Who gets an inquiry: chosen while the store writes, so that nobody gets more than his maximum."""

from __future__ import annotations

from collections.abc import Sequence

from hub.engine.effects.cause import Cause, follow
from hub.engine.effects.notices import tell
from hub.engine.line import Line
from hub.inquiries.agents import Case, Load, choose
from hub.model.happened import InquiryChanged
from hub.store import inquiries as lists
from hub.store.rows import InquiryRow
from hub.store.workspace import Workspace


def assign(
    row: InquiryRow,
    whom: str,
    by: Sequence[str],
    cause: Cause,
    line: Line,
    work: Workspace,
    *,
    without: str = "",
) -> str:
    """Give the inquiry to `whom` (an agent, or one of a team; "" = of everybody), as `by` says. Returns the agent.

    Where nobody can take it, it keeps its owner and that is told.
    """
    book = line.config.rules.book
    if not book.staff.agents:
        return row.owner
    work.db.need_alone()  # two processes at once would both see a free place
    loads = {name: Load(*load) for name, load in lists.loads(work.db, book.staff.agents).items()}
    for other in work.standing.inquiries.rows.values():  # what this transaction gave away
        if work.standing.given.get(other.id):
            before = loads.get(other.owner, Load())
            loads[other.owner] = Load(before.open + 1, work.now)
    links = [link for (person, _), link in work.link_of.items() if person == cause.person.id and link.owner]
    case = Case(phone=cause.person.phone, owners={link.crm: link.owner for link in links})
    skip = {without, row.owner} - {""} if without else ()
    choice = choose(book.staff, whom, by, case, loads, book.hours, work.now, without=skip)  # type: ignore[arg-type]
    because = f"inquiry {row.id}: {choice.agent or 'nobody'} gets it ({'; '.join(choice.reasons)})"
    work.decide(cause.seq, line.version, cause.person.id, row.conversation, because)
    if not choice.agent or choice.agent == row.owner:
        return row.owner
    give(row, choice.agent, cause, line, work)
    return row.owner


def give(row: InquiryRow, agent: str, cause: Cause, line: Line, work: Workspace) -> None:
    """The inquiry is this agent's from now on; he is told."""
    before, row.owner, row.assigned = row.owner, agent, work.now
    work.standing.given[row.id] = agent
    follow(InquiryChanged, f"{row.id}.owner.{agent}", cause, line, work, inquiry=row.id, what="owner", before=before,
           after=agent)  # fmt: skip
    tell(agent, f"inquiry {row.id} is yours", cause, line, work)
