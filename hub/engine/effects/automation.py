"""Rules at work: what they may know of a person, and what they ask for becomes rows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hub.engine.effects import control, edits, followups, inquiries, objects, people, tags
from hub.engine.effects.cause import Cause
from hub.engine.effects.machine import say
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.model.commands import (
    ArmTimer,
    Assign,
    ChangeInquiry,
    Command,
    Delay,
    HandOff,
    MakeRecord,
    MoveDeal,
    Notify,
    OptOut,
    Pause,
    Rate,
    Send,
    SetField,
    SetPriority,
    Tag,
)
from hub.model.events import Event, MessageReceived
from hub.model.happened import Happened, MessageRead, TimerRang
from hub.model.packing import pack, unpack
from hub.model.people import Person, PersonId
from hub.model.view import ConversationView, View
from hub.rules import Decision, decide, go_on
from hub.store.journal import Claimed
from hub.store.rows import ConversationRow, PersonRow, TimerRow
from hub.store.workspace import Needs, Workspace

RULE = "rule:"
"""What the name of a rule's timer begins with."""
NAMED = "timer:"
"""What the name of a timer begins with that a rule armed by its own name."""
ANSWERS = ("advance", "clarify", "inform")
"""Purposes of texts that answer a person: with any other he still waits for us."""
FOR_EVER = 1 << 53  # ms


def want(line: Line, needs: Needs) -> None:
    """Ask for what the rules look at, of everybody in this step."""
    looks = line.config.rules.looks
    needs.inquiries = True
    priorities = line.config.rules.book.priorities
    needs.beside = needs.beside or "beside" in looks or priorities.asks_customer
    needs.tags = needs.tags or "tags" in looks or priorities.asks_tags


def look(event: Happened, row: Claimed, line: Line, needs: Needs) -> None:
    """The person, his conversations, and what the rules ask for."""
    needs.talks_of.add(event.person)
    want(line, needs)


def happened(event: Happened, row: Claimed, line: Line, work: Workspace) -> None:
    """Something happened to a person: rules that name this kind of event act, delayed ones end."""
    person = people.current(work, event.person)
    if person is None or person.erased:
        return
    for plugin in line.listeners.get(event.kind, ()):
        work.plugin_work(plugin, row.seq, json.dumps(pack(event), ensure_ascii=False))
    talk = people.last_used(person, line, work, event.conversation)
    cause = Cause(row.seq, event, person, talk, origin=getattr(event, "origin", 0))
    end_delays(event.kind, talk, line, work)
    act(decide(event, view(cause, row.received, line, work), line.config.rules, line.config.policy), cause, line, work)


def end_delays(kind: str, talk: ConversationRow | None, line: Line, work: Workspace) -> None:
    """Rules that wait in this conversation, unless such an event happens, wait no more."""
    if talk is not None:
        for name in line.config.rules.cancels.get(kind, ()):
            work.disarm("conversation", talk.id, f"{RULE}{name}")


def view(
    cause: Cause,
    received: int,
    line: Line,
    work: Workspace,
    *,
    first: bool = False,
    heard: int | None = None,
    same: int = 1,
    intents: Mapping[str, float] | None = None,
) -> View:
    """What a decision may know. `heard` is when the person wrote before this event, where it is a message of his."""
    person, talk, rules = cause.person, cause.talk, line.config.rules
    owner, deals, tickets = objects.seen(person, line, work) if "beside" in rules.looks else ("", (), 0)
    talks = [talk] if talk is not None and heard is not None else _talks(person, work)  # a message looks at its own
    return View(
        person=Person(PersonId(person.id), person.name, person.language, bool(person.opted_out)),
        conversation=_conversation(talk, person, first, same, line) if talk is not None else NO_CONVERSATION,
        received=received,
        version=line.version,
        owner=owner,
        deals=deals,
        tickets=tickets,
        tags={name: row.since for name, row in work.standing.tags_of(person.id).items()},
        values=json.loads(person.attributes) if person.attributes else {},
        inquiry=inquiries.seen(person, work) if rules.rules else None,
        heard=max((t.last_in for t in talks), default=0) if heard is None else heard,
        spoke=max((t.last_at for t in talks), default=0),
        intents=intents or {},
        facts=inquiries.facts(work) if "facts" in rules.looks else {},
        paused=work.standing.paused(work.now),
    )


def _talks(person: PersonRow, work: Workspace) -> list[ConversationRow]:
    return [talk for talk in work.conversations.rows.values() if talk.person == person.id]


NO_CONVERSATION = ConversationView(id=0, inbox="", channel="")


def _conversation(talk: ConversationRow, person: PersonRow, first: bool, same: int, line: Line) -> ConversationView:
    inbox = line.config.inboxes.get(talk.inbox)
    return ConversationView(
        id=talk.id,
        inbox=talk.inbox,
        channel=line.config.connections[inbox.connection].channel.name if inbox else "",
        first=first,
        last_inbound=talk.last_in,
        last_human=talk.last_human,
        paused_until=FOR_EVER if talk.claimed else max(talk.paused_until, person.paused_until),
        fired=json.loads(talk.fired) if talk.fired else None,
        claimed=talk.claimed,
        same=same,
        expects=control.expected(talk, line),
    )


def act(decision: Decision, cause: Cause, line: Line, work: Workspace) -> None:
    """Keep why, and do what was decided."""
    talk = cause.talk.id if cause.talk else 0
    if decision.because or decision.record:
        record = json.dumps(decision.record, ensure_ascii=False) if decision.record else ""
        work.decide(cause.seq, line.version, cause.person.id, talk, "\n".join(decision.because), record)
    if decision.answered and cause.talk is not None:
        cause.talk.expects = ""
    if decision.fired and cause.talk is not None:
        fired = json.loads(cause.talk.fired) if cause.talk.fired else {}
        cause.talk.fired = json.dumps(fired | dict.fromkeys(decision.fired, work.now))
    for command in decision.commands:
        carry_out(command, cause, line, work)


def carry_out(command: Command, cause: Cause, line: Line, work: Workspace) -> None:
    """What a decision asked for becomes rows."""
    person, talk = cause.person, cause.talk
    placed = replace(command, slot=f"{cause.slot}.{command.slot}")
    match placed:
        case Send() if talk is not None:
            channel = line.config.connections[line.config.inboxes[talk.inbox].connection].channel
            say(placed, cause.origin or cause.seq, talk, person, channel, line, work)
            if placed.purpose in ANSWERS:
                inquiries.spoken(cause, placed.rule, line, work)
            followups.spoke(cause, placed.text, line, work)
        case MakeRecord():
            objects.order(placed, cause.seq, person, line, work, cause.message)
        case MoveDeal():
            objects.move(placed, cause.seq, person, line, work)
        case OptOut():
            person.opted_out = 0 if placed.wants else 1
        case SetField(inquiry=False):
            if wrong := edits.give(person, placed.values, cause.seq, f"rule {placed.rule}", line, work):
                work.decide(cause.seq, line.version, person.id, talk.id if talk else 0, wrong)
        case Tag():
            tags.change(placed.add, placed.remove, placed.rule, cause, line, work)
            inquiries.retagged(cause, line, work)
        case SetPriority() | Assign() | ChangeInquiry() | SetField():
            inquiries.carry_out(placed, cause, line, work)
        case HandOff() | Notify() | Pause() | Rate():
            control.carry_out(placed, cause, line, work)
        case ArmTimer() if talk is not None:
            about = json.dumps({"person": person.id, "depth": cause.depth})
            arm(work, "conversation", talk.id, f"{NAMED}{placed.name}", placed.due, about=about)
        case Delay() if talk is not None:
            about = json.dumps(_kept(cause), ensure_ascii=False)
            arm(work, "conversation", talk.id, f"{RULE}{placed.rule}", placed.due, about=about)


def rang(timer: TimerRow, row: Claimed, line: Line, work: Workspace) -> None:
    """A timer of a rule fired in a conversation: a rule that waited goes on, or an event tells that it rang."""
    talk = work.conversations.get(timer.subject_id)
    person = people.current(work, talk.person) if talk is not None else None
    if talk is None or person is None or person.erased or talk.inbox not in line.config.inboxes:
        return
    about = json.loads(timer.about) if timer.about else {}
    if timer.rule.startswith(NAMED):
        name = timer.rule.removeprefix(NAMED)
        event = TimerRang(
            key=f"{row.seq}",
            at=work.now,
            person=person.id,
            conversation=talk.id,
            depth=about.get("depth", 0) + 1,
            name=name,
        )
        cause = Cause(row.seq, event, person, talk)
        decision = decide(event, view(cause, row.received, line, work), line.config.rules, line.config.policy)
        act(decision, cause, line, work)
        return
    cause = Cause(row.seq, _kept_event(about), person, talk, origin=about["origin"])
    seen = view(cause, row.received, line, work)
    name = timer.rule.removeprefix(RULE)
    decision = go_on(name, cause.event, seen, line.config.rules, line.config.policy)
    if decision.commands and name in line.config.rules.cancels.get(MessageRead.kind, ()) and not _reads(talk, line):
        silence = f"{name}: {seen.conversation.channel} does not report what was read; nobody wrote in that time"
        decision = decision._replace(because=(*decision.because, silence))
    act(decision, cause, line, work)


def _reads(talk: ConversationRow, line: Line) -> bool:
    """Whether the platform reports that messages were read."""
    return line.config.connections[line.config.inboxes[talk.inbox].connection].channel.capabilities.reads


def _kept(cause: Cause) -> dict[str, object]:
    """What a delayed rule needs of its event when it goes on."""
    event = cause.event
    if isinstance(event, MessageReceived):
        said = {name: getattr(event, name) for name in ("key", "at", "provider_id", "form", "text", "payload")}
        return {"said": said, "origin": cause.origin or cause.seq}
    return {"event": pack(event), "origin": cause.origin}


def _kept_event(about: dict[str, Any]) -> Event:
    if "said" in about:
        return MessageReceived(account="", sender=(), address="", **about["said"])
    return unpack(about["event"])
