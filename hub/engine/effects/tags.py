"""Tags put on people and taken off: by rules, by agents, by what is known, by time. Their times are the person's
timers `tag:NAME`."""

from __future__ import annotations

import json
from collections.abc import Collection

from hub.engine.effects import people
from hub.engine.effects.cause import Cause, follow
from hub.engine.effects.notices import tell
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.inquiries import context
from hub.model.by_hand import TagsEdited
from hub.model.events import Event, TimerDue
from hub.model.happened import TagAdded, TagDue, TagRemoved
from hub.store.journal import Claimed
from hub.store.reports import deal_closed
from hub.store.rows import PersonRow, TimerRow
from hub.store.workspace import Workspace
from hub.tags.tags import DERIVED, Known, Moment, TagKind, Tags, due

TAG = "tag:"
"""What the name of a tag's timer begins with."""
EXPIRED, REPLACED = "expired", "replaced"


def change(add: Collection[str], remove: Collection[str], by: str, cause: Cause, line: Line, work: Workspace) -> None:
    """Put these tags on the person of a cause and take those off, by whoever; then what follows from it."""
    _change(add, remove, by, cause, line, work)
    derive(cause, line, work, spared={*add, *remove})


def derive(cause: Cause, line: Line, work: Workspace, spared: Collection[str] = ()) -> None:
    """Put on and take off what follows from what is known of the person; `spared` tags are left alone. To be called
    whenever a value of his or a detail of his inquiry changed, and when he is met first."""
    kinds = line.config.rules.book.tags
    if not kinds.derived:
        return
    known = _known(cause.person, work)
    work.standing.bring_tags([cause.person.id])
    has = {name: row.by_whom for name, row in work.standing.tags_of(cause.person.id).items()}
    add, remove = kinds.follows(known, has, work.now, spared)
    _change(add, remove, DERIVED, cause, line, work)
    for name, at in kinds.next_look(known, work.now).items():
        arm(work, "person", cause.person.id, TAG + name, at, slot="derive")


def revalued(event: Event, row: Claimed, line: Line, work: Workspace) -> None:
    """More is known of people than before the event: tags follow from it."""
    known, work.revalued = sorted(work.revalued), set()
    for number in known if line.config.rules.book.tags.derived else ():
        person = people.current(work, number)
        if person is not None and not person.erased:
            derive(Cause(row.seq, event, person, people.last_used(person, line, work)), line, work)


def rang(timer: TimerRow, event: TimerDue, row: Claimed, line: Line, work: Workspace) -> None:
    """The time of a tag came: it expires, somebody is reminded, it is to be looked at again, or it follows now."""
    person = people.current(work, timer.subject_id)
    if person is None or person.erased:
        return
    work.standing.bring_tags([person.id])
    name, cause = timer.rule.removeprefix(TAG), Cause(row.seq, event, person, people.last_used(person, line, work))
    kind, mine = line.config.rules.book.tags.kind(name), work.standing.tags_of(person.id).get(name)
    if timer.slot == "derive":
        derive(cause, line, work)
    elif mine is None:
        return
    elif timer.slot == "expire" and mine.until and mine.until <= work.now:
        _take_off(name, EXPIRED, EXPIRED, cause, line, work)
        derive(cause, line, work, spared=[name])
    elif timer.slot == "remind" and kind.remind:
        if why := _settled(kind, mine.since, cause, work):
            work.decide(row.seq, line.version, person.id, 0, f"tag {name}: nobody is reminded, {why}")
        else:
            _tell("remind", kind, cause, line, work)
    elif timer.slot == "review" and kind.review:
        _tell("review", kind, cause, line, work)
        arm(work, "person", person.id, TAG + name, work.now + kind.review, slot="review")


def _settled(kind: TagKind, since: int, cause: Cause, work: Workspace) -> str:
    """Why nobody needs to be reminded of a tag any more that waits for an answer; "" = somebody does."""
    if not kind.until_answered:
        return ""
    talks = [talk for talk in work.conversations.rows.values() if talk.person == cause.person.id]
    if any(talk.last_in > since for talk in talks):
        return "the person answered"
    if claimed := next((talk.claimed for talk in talks if talk.claimed), ""):
        return f"{claimed} has the case"
    return "a deal was closed" if deal_closed(work.db, cause.person.id, since) else ""


def _tell(what: Moment, kind: TagKind, cause: Cause, line: Line, work: Workspace) -> None:
    """Rules hear of it, and whom the tag names is told; of a review only where the tag has no reminder."""
    follow(TagDue, f"{kind.name}.{what}", cause, line, work, tag=kind.name, what=what)
    because = f"tag {kind.name}: {'its reminder is due' if what == 'remind' else 'it is to be looked at again'}"
    work.decide(cause.seq, line.version, cause.person.id, cause.talk.id if cause.talk else 0, because)
    if kind.notify and kind.text is not None and (what == "remind" or not kind.remind):
        person = {"name": cause.person.name, "language": cause.person.language}
        text = kind.text.render("", {"person": person})
        tell(kind.notify, text, cause, line, work)


def _change(add: Collection[str], remove: Collection[str], by: str, cause: Cause, line: Line, work: Workspace) -> None:
    kinds, person, hand = line.config.rules.book.tags, cause.person, isinstance(cause.event, TagsEdited)
    if not (add or remove):
        return
    work.standing.bring_tags([person.id])
    has = work.standing.tags_of(person.id)
    for name in remove:
        if name in has and (hand or not _kept(name, f"{by} does not take it off", kinds, cause, line, work)):
            _take_off(name, by, "removed", cause, line, work)
    for name in dict.fromkeys(add):
        rivals = kinds.rivals(name, work.standing.tags_of(person.id))
        against = f"{by} does not replace it by {name}"
        if not hand and any(_kept(rival, against, kinds, cause, line, work) for rival in rivals):
            continue
        for rival in rivals:
            _take_off(rival, REPLACED, REPLACED, cause, line, work)
        _put_on(kinds.kind(name), by, cause, line, work)


def _kept(name: str, against: str, kinds: Tags, cause: Cause, line: Line, work: Workspace) -> bool:
    """Whether only a human may take a tag off; then it is told."""
    if not kinds.kind(name).by_hand:
        return False
    work.decide(cause.seq, line.version, cause.person.id, 0, f"tag {name} is closed by hand: {against}")
    return True


def _put_on(kind: TagKind, by: str, cause: Cause, line: Line, work: Workspace) -> None:
    person, times = cause.person.id, due(kind, work.now)
    fresh = kind.name not in work.standing.tags_of(person)
    work.standing.tag(person, kind.name, work.now, times["expire"], by)
    work.tag_told(person, kind.name, "added", by, cause.seq)
    for slot, at in times.items():
        if at:
            arm(work, "person", person, TAG + kind.name, at, slot=slot)
    if fresh:
        follow(TagAdded, kind.name, cause, line, work, tag=kind.name, by=by)


def _take_off(name: str, by: str, what: str, cause: Cause, line: Line, work: Workspace) -> None:
    person, kind = cause.person.id, line.config.rules.book.tags.kind(name)
    work.standing.untag(person, name)
    work.tag_told(person, name, what, by, cause.seq)
    for slot, at in due(kind, work.now).items():
        if at:
            arm(work, "person", person, TAG + name, 0, slot=slot)
    follow(TagRemoved, name, cause, line, work, tag=name, by=by)


def _known(person: PersonRow, work: Workspace) -> Known:
    work.standing.bring_inquiries([person.id])
    inquiry = work.standing.inquiry(person.id)
    details = context.request(context.unpack(inquiry.context)) if inquiry is not None else {}
    return Known(json.loads(person.attributes) if person.attributes else {}, details, person.created)
