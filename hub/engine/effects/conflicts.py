"""Values that lost where the hub and a CRM disagreed, and questions to a human about which one stays."""

from __future__ import annotations

from hub.mapping.lines import FieldRule
from hub.mapping.merge import Verdict
from hub.store import conflicts as shelf
from hub.store.rows import ConflictRow, LinkRow
from hub.store.workspace import Workspace


def lost(
    link: LinkRow,
    field: str,
    rule: FieldRule,
    verdict: Verdict,
    ours: str,
    theirs: str,
    version: int,
    seq: int,
    work: Workspace,
) -> None:
    """One side's value goes: it is kept here, so that it can be restored."""
    row = shelf.asked(work, link.person, link.crm, field)
    if row is None:
        row = _add(link, field, rule, ours, theirs, version, seq, work)
    row.ours, row.theirs, row.rule = ours, theirs, rule.rule
    row.kept, row.state = ("crm" if verdict.lost_of == "hub" else "hub"), "settled"


def ask(
    link: LinkRow, field: str, rule: FieldRule, ours: str, theirs: str, version: int, seq: int, work: Workspace
) -> None:
    """Both stay until a human decides; a question that stands already shows the values of now."""
    row = shelf.asked(work, link.person, link.crm, field)
    if row is None:
        _add(link, field, rule, ours, theirs, version, seq, work)
    else:
        row.ours, row.theirs = ours, theirs


def agreed(link: LinkRow, field: str, work: Workspace) -> None:
    """The sides came together by themselves: nothing is left to decide."""
    row = shelf.asked(work, link.person, link.crm, field)
    if row is not None:
        row.state = "settled"


def _add(
    link: LinkRow, field: str, rule: FieldRule, ours: str, theirs: str, version: int, seq: int, work: Workspace
) -> ConflictRow:
    number = work.conflicts.next_id()
    row = ConflictRow(
        number, work.now, link.person, link.crm, link.record, field, rule.rule, ours, theirs, "", "asked", version, seq
    )
    return work.conflicts.add(row)
