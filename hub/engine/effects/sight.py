"""What a CRM shows in a field: news from somebody there, or only what the hub wrote itself."""

from __future__ import annotations

from hub.engine.effects.fields import equal, written_form
from hub.engine.effects.synced import Synced
from hub.engine.line import Active
from hub.mapping.lines import FieldRule
from hub.store.rows import LinkRow
from hub.store.workspace import Workspace

CUT = 20
"""Characters of which at least a text is known again that the CRM cut short."""


def is_news(
    one: Synced,
    rule: FieldRule,
    theirs: str,
    link: LinkRow,
    active: Active,
    work: Workspace,
    *,
    began: int,
    modified: int,
) -> bool:
    """Whether the value is neither what stood there nor what the hub wrote. `began`: when the reading
    began, `modified`: when the record was changed last as it was read (ms).

    Five ways in which it is no news, each of which another one cannot tell: it stood there already · it is the write
    under way, seen before its answer · it is from before the hub wrote: read then, or shown late · the CRM put the
    hub's value in order · it is an older write of the hub, which came out on top.
    """
    if one.known and equal(rule, theirs, one.theirs, active):
        if one.unseen:  # the hub's own write came back
            _echo(rule, theirs, link, active, work)
            work.overwritten(link.crm, link.key, rule.field, one.began)  # what was to be written before will not come
            one.unseen, one.before = False, None
        one.theirs = theirs
        return False
    if one.writing is not None and equal(rule, theirs, one.writing, active):
        _echo(rule, theirs, link, active, work)
        one.settle(one.writing, theirs, "hub", one.version, one.event, work.now)
        one.writing = one.ordered = one.before = None
        one.unseen, one.changed = False, 0
        return False
    early = began <= one.at or 0 < modified <= one.began
    if one.unseen and one.before is not None and early and equal(rule, theirs, one.before, active):
        return False
    if one.unseen and put_in_order(one.theirs, theirs):
        one.theirs, one.unseen, one.before = theirs, False, None
        return False
    if theirs and _echo(rule, theirs, link, active, work):
        if not one.unseen:  # somebody's change was overwritten by it: what the hub has now goes there again
            one.ours, one.theirs, one.known, one.ordered = theirs, theirs, True, None
        return False
    return True


def put_in_order(written: str, shown: str) -> bool:
    """Whether a value that the hub wrote is shown as CRMs put values in order: other letter case, blanks or signs, or
    cut short.

    A guess that is asked once for each write, at its first sight: CRMs do not tell what they do to a value. If it was
    a human after all, the change stays in the CRM alone; taken for one, a CRM that cuts texts would cut the hub's too,
    and a line that is pushed again would be for ever.
    """
    one, other = ("".join(char for char in text.casefold() if char.isalnum()) for text in (written, shown))
    return bool(one and other) and (one == other or (len(other) >= CUT and one.startswith(other)))


def _echo(rule: FieldRule, theirs: str, link: LinkRow, active: Active, work: Workspace) -> bool:
    """Whether the ledger has it as an own write; asked once per write."""
    return work.own_echo(link.crm, link.key, rule.field, written_form(rule, theirs, active))
