"""Inquiries: opened by what people write, answered, assigned, snoozed, closed; their clocks are timers of people."""

from __future__ import annotations

import json
from collections.abc import Mapping

from hub.engine.effects import cases, followups, objects, tags
from hub.engine.effects.cause import Cause, follow
from hub.engine.effects.notices import tell
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.inquiries import context, inquiry, sla
from hub.inquiries.inquiry import Inquiry, Step
from hub.inquiries.priority import InquiryFacts
from hub.model.commands import Assign, ChangeInquiry, SetField, SetPriority
from hub.model.events import FactsCounted, MessageReceived
from hub.model.happened import InquiryChanged, ReplyDue
from hub.model.view import InquiryView
from hub.store import inquiries as lists
from hub.store.journal import Claimed
from hub.store.rows import InquiryRow, PersonRow
from hub.store.workspace import Workspace
from hub.words.said import read

REPLY, SILENT, WAKE, HOLD = "inquiry:reply", "inquiry:silent", "inquiry:wake", "inquiry:hold"
"""Timers of a person: his clock runs out, the owner is silent after that, a snoozed inquiry wakes, a hold ends."""
FROM_HIM, FROM_US = "from him", "from us"
"""Counters of an inquiry: messages of the person, and answers."""
TOPIC = "#"
"""What the counter of a topic that he spoke of begins with."""
REOPEN_WITHIN = 7 * 86_400_000
"""ms after its end in which a closed inquiry goes on; later a new one begins."""


def seen(person: PersonRow, work: Workspace) -> InquiryView | None:
    """The person's last inquiry as rules see it; None = there never was one."""
    row = work.standing.inquiry(person.id)
    if row is None:
        return None
    return InquiryView(
        id=row.id,
        state=row.state,
        opened=row.opened,
        priority=row.priority,
        owner=row.owner,
        reply_by=row.reply_by,
        details=context.named(context.unpack(row.context)),
        nudges=row.nudges,
    )


def facts(work: Workspace) -> Mapping[str, str]:
    """What is true of the whole company now, as it was counted last."""
    found: Mapping[str, str] = work.standing.once("facts", lambda db: json.loads(lists.facts(db)))
    return found


def counted(event: FactsCounted, row: Claimed, line: Line, work: Workspace) -> None:
    """Remember what was counted, for the rules and texts of the steps that follow."""
    work.cursor(lists.FACTS, json.dumps(dict(event.values)))


def load(row: InquiryRow) -> Inquiry:
    """The state of an inquiry, from its row."""
    return Inquiry(
        opened=row.opened,
        state=row.state,  # type: ignore[arg-type]
        waits_for=row.waits_for,  # type: ignore[arg-type]
        until=row.until,
        reason=row.reason,
        closed=row.ended,
        reopened=row.reopened,
        changed=row.changed,
        due=row.reply_by,
        plan=Step(*json.loads(row.plan)) if row.plan else None,
    )


def store(row: InquiryRow, now: Inquiry) -> None:
    """The state of an inquiry, into its row."""
    row.state, row.waits_for, row.until, row.reason = now.state, now.waits_for, now.until, now.reason
    row.ended, row.reopened, row.changed = now.closed, now.reopened, now.changed
    row.plan = json.dumps(now.plan, ensure_ascii=False) if now.plan else ""


# -- what people and agents say ---------------------------------------------------------------------------------------


def heard(cause: Cause, line: Line, work: Workspace) -> None:
    """The person wrote: his inquiry opens, or goes on, and its clock runs."""
    row = work.standing.inquiry(cause.person.id)
    arrival = inquiry.arrive(load(row) if row is not None else None, work.now, REOPEN_WITHIN)
    conversation = cause.talk.id if cause.talk else 0
    fresh = row is None
    if row is None or arrival.what == "new":
        row = work.standing.open_inquiry(cause.person.id, conversation, work.now)
        row.first = int(fresh)
    store(row, arrival.inquiry)
    row.conversation = conversation
    row.context = context.counted(row.context, FROM_HIM)
    if isinstance(cause.event, MessageReceived) and line.config.rules.book.priorities.asks_topics:
        for name in line.config.rules.words.look(read(cause.event.text)).topics:
            row.context = context.counted(row.context, TOPIC + name)
    if arrival.what != "goes on":
        follow(InquiryChanged, f"{row.id}.{arrival.what}", cause, line, work, inquiry=row.id,
               what="opened" if arrival.what == "new" else "reopened")  # fmt: skip
    weigh(row, cause, line, work, begins=arrival.what == "new")
    _run(row, cause, line, work)


def spoken(cause: Cause, by: str, line: Line, work: Workspace) -> None:
    """He was answered, by an agent or a rule: the clock stops, and now the person is waited for."""
    row = work.standing.inquiry(cause.person.id)
    if row is None or row.state == "closed":
        return
    store(row, inquiry.answered(load(row), work.now))
    row.context = context.counted(row.context, FROM_US)
    clock = sla.unpack(row.clock)
    if clock is not None and not clock.answered:
        hours = line.config.rules.book.hours.get(clock.hours)
        worked = clock.span - sla.left(clock, hours, work.now)
        clock = sla.answer(clock, work.now)
        row.clock, row.reply_by = sla.pack(clock), 0
        if not row.answered:
            row.answered, row.worked, row.answered_by = work.now, worked, row.owner or by
        work.disarm("person", cause.person.id, REPLY)
        work.disarm("person", cause.person.id, SILENT)
    elif clock is None and not row.answered:
        row.answered, row.worked, row.answered_by = work.now, work.now - row.opened, row.owner or by


def weigh(row: InquiryRow, cause: Cause, line: Line, work: Workspace, *, begins: bool = False) -> None:
    """The priority that the inquiry has by what is known now; one that somebody set stays."""
    book = line.config.rules.book
    if not book.priorities.all:
        return
    known = context.unpack(row.context)
    details, history = context.request(known), known.get("history", {})
    values = json.loads(cause.person.attributes) if cause.person.attributes else {}
    told = details.get("budget") or values.get("budget") or ""
    budget = book.currency.in_base(book.currency.find(told) or book.currency.read(told)) if told else None
    deals = objects.seen(cause.person, line, work)[1] if book.priorities.asks_customer else ()
    verdict = book.priorities.decide(
        InquiryFacts(
            new=bool(row.first),
            customer=any(deal.closed for deal in deals),
            tags=frozenset(work.standing.tags_of(cause.person.id)),
            topics=frozenset(name.removeprefix(TOPIC) for name in history if name.startswith(TOPIC)),
            budget=budget.figure if budget is not None else None,
            named=row.priority if row.named else "",
        )
    )
    if verdict.priority is not None:
        set_priority(row, verdict.priority.name, cause, line, work)
    if begins and verdict.asks:
        because = f"priority {row.priority or 'unknown'}: the {verdict.asks} is not known and is to be asked for"
        work.decide(cause.seq, line.version, cause.person.id, row.conversation, because)


def retagged(cause: Cause, line: Line, work: Workspace) -> None:
    """The person has other tags: the priority of his open inquiry may follow."""
    row = work.standing.inquiry(cause.person.id)
    if row is not None and row.state != "closed" and line.config.rules.book.priorities.asks_tags:
        weigh(row, cause, line, work)


def set_priority(row: InquiryRow, name: str, cause: Cause, line: Line, work: Workspace, *, named: bool = False) -> None:
    """Another priority: the person waits since he began to, whatever it is called. One that is `named` by a rule or an
    agent stays."""
    book = line.config.rules.book
    row.named = row.named or int(named)
    priority = book.priorities.named(name)
    if name == row.priority:
        return
    before, row.priority = row.priority, name
    clock = sla.unpack(row.clock)
    if clock is not None and priority is not None:
        calendar = book.hours.get(clock.hours)
        row.clock = sla.pack(sla.change(clock, calendar, name, priority.reply_by, priority.hours, work.now))
        _due(row, cause, line, work)
    follow(InquiryChanged, f"{row.id}.priority.{name}", cause, line, work, inquiry=row.id, what="priority",
           before=before, after=name)  # fmt: skip


def _run(row: InquiryRow, cause: Cause, line: Line, work: Workspace) -> None:
    """The person waits for us: his clock runs, from now if it did not."""
    priority = line.config.rules.book.priorities.named(row.priority)
    if priority is None or not priority.reply_by:
        return
    clock = sla.unpack(row.clock)
    if clock is None or clock.answered:
        clock = sla.start(priority.name, priority.reply_by, work.now, priority.hours)
    elif clock.reason != "agent":  # an agent lets it run again himself
        clock = sla.resume(clock, work.now)
    row.clock = sla.pack(clock)
    _due(row, cause, line, work)


def _due(row: InquiryRow, cause: Cause, line: Line, work: Workspace) -> None:
    clock = sla.unpack(row.clock)
    due = sla.due(clock, line.config.rules.book.hours.get(clock.hours)) if clock is not None else 0
    if due != row.reply_by:
        row.reply_by = due
        arm(work, "person", cause.person.id, REPLY, due)
        work.disarm("person", cause.person.id, SILENT)


# -- what rules and agents change -------------------------------------------------------------------------------------


def carry_out(
    command: SetPriority | Assign | ChangeInquiry | SetField, cause: Cause, line: Line, work: Workspace
) -> None:
    """A rule changes the open inquiry of a person."""
    row = work.standing.inquiry(cause.person.id)
    if row is None or row.state == "closed":
        return
    match command:
        case SetPriority():
            set_priority(row, command.priority, cause, line, work, named=True)
        case Assign():
            cases.assign(row, command.agent or command.team, command.by, cause, line, work)
        case SetField():
            learn(row, command.values, cause, line, work)
        case ChangeInquiry():
            step = Step("own", command.until, command.next_step) if command.next_step else None
            wrong = change(row, command.state, command.until, command.reason, step, cause, line, work)
            if wrong:
                work.decide(cause.seq, line.version, cause.person.id, row.conversation, f"{command.rule}: {wrong}")


def learn(row: InquiryRow, values: Mapping[str, str], cause: Cause, line: Line, work: Workspace) -> None:
    """More is known of what the person wants: the priority and derived tags may follow."""
    merged = context.merge(context.unpack(row.context), context.found_in(values))
    row.context = context.pack(merged.context)
    tags.derive(cause, line, work)
    weigh(row, cause, line, work)


def change(
    row: InquiryRow, state: str, until: int, reason: str, step: Step | None, cause: Cause, line: Line, work: Workspace
) -> str:
    """Close, snooze or open an inquiry again, or plan its next step. Returns why that cannot be, "" = it is done."""
    now, before = load(row), row.state
    try:
        if state == "closed":
            now = inquiry.close(now, reason, work.now)
        elif state == "snoozed":
            now = inquiry.snooze(now, until, work.now)
        elif state == "open":
            now = inquiry.reopen(inquiry.wake(now, work.now), work.now)
        if step is not None:
            now = inquiry.plan(now, step, work.now)
    except ValueError as error:
        return str(error)
    store(row, now)
    _rest(row, before, cause, line, work)
    if row.state != before:
        what = "reopened" if row.state == "open" else row.state
        follow(InquiryChanged, f"{row.id}.{what}", cause, line, work, inquiry=row.id, what=what, before=before,
               after=reason)  # fmt: skip
        work.decide(
            cause.seq, line.version, cause.person.id, row.conversation, f"inquiry {row.id} {what}: {reason or '-'}"
        )
    return ""


def _rest(row: InquiryRow, before: str, cause: Cause, line: Line, work: Workspace) -> None:
    """Its clock stands still while it sleeps, and ends with it; its conversations are in the same state."""
    clock = sla.unpack(row.clock)
    if clock is not None and row.state != before:
        if row.state == "open":
            clock = sla.resume(clock, work.now)
        else:
            calendar = line.config.rules.book.hours.get(clock.hours)
            clock = sla.pause(clock, calendar, "snoozed", work.now, until=row.until)
        row.clock = sla.pack(clock)
        _due(row, cause, line, work)
    if row.state == "closed":
        followups.ended(row, work)
    arm(work, "person", cause.person.id, WAKE, row.until if row.state == "snoozed" else 0)
    for talk in work.conversations.rows.values():
        if talk.person == cause.person.id:
            talk.state = row.state


def hold(row: InquiryRow, reason: str, until: int, cause: Cause, line: Line, work: Workspace) -> None:
    """An agent stops the clock for a reason until then (ms, 0 = until he says so), or with "-" lets it run again."""
    clock = sla.unpack(row.clock)
    if clock is None:
        return
    calendar = line.config.rules.book.hours.get(clock.hours)
    held = sla.pause(clock, calendar, "agent", work.now, note=reason, until=until)
    row.clock = sla.pack(sla.resume(clock, work.now) if reason == "-" else held)
    arm(work, "person", cause.person.id, HOLD, 0 if reason == "-" else until)
    _due(row, cause, line, work)


# -- timers -----------------------------------------------------------------------------------------------------------


def rang(rule: str, cause: Cause, line: Line, work: Workspace) -> None:
    """A timer of the person's inquiry fired: the reply is overdue, its owner silent, a sleep or a hold over."""
    row = work.standing.inquiry(cause.person.id)
    if row is None or row.state == "closed":
        return
    if rule == WAKE:
        change(row, "open", 0, "its time has come", None, cause, line, work)
        _run(row, cause, line, work)
        return
    if rule == HOLD:
        clock = sla.unpack(row.clock)
        if clock is not None and clock.reason == "agent":
            hold(row, "-", 0, cause, line, work)
        return
    priority = line.config.rules.book.priorities.named(row.priority)
    step = 1 if rule == REPLY else 2
    told = {"inquiry": row.id, "priority": row.priority, "owner": row.owner, "step": step}
    follow(ReplyDue, f"{row.id}.{row.reply_by}.{step}", cause, line, work, **told)
    if priority is None:
        return
    what = "is overdue" if step == 1 else "is still not there, and the owner is silent"
    because = f"inquiry {row.id} ({row.priority}): the reply {what}"
    work.decide(cause.seq, line.version, cause.person.id, row.conversation, because)
    if step == 1:
        if priority.escalate_to:
            tell(priority.escalate_to, because, cause, line, work)
        if priority.reassign_after:
            calendar = line.config.rules.book.hours.get(priority.hours)
            arm(work, "person", cause.person.id, SILENT, priority.reassign_at(row.reply_by, calendar))
    else:
        cases.assign(row, "", ("load", "round_robin"), cause, line, work, without=row.owner)
