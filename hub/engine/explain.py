"""Why rules did what they did about an event: what was recorded, and what they would decide now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from hub.contracts.errors import ConfigError
from hub.engine.effects import automation, people
from hub.engine.effects.cause import Cause
from hub.engine.line import Line
from hub.engine.settings import Config
from hub.model.events import Event, MessageReceived
from hub.model.happened import Happened
from hub.rules import Decision, decide
from hub.rules.decide import UNANSWERED
from hub.store import chain, configurations, explained
from hub.store.dialects.database import Database
from hub.store.journal import Claimed
from hub.store.workspace import Needs, Workspace

Row = dict[str, Any]


def line_now(db: Database, config: Config) -> Line:
    """The line as it would step now: with the rules that run, else with those of the file."""
    running = configurations.active(db)
    if running is not None:
        with suppress(ConfigError):  # what runs cannot be read here: the file's rules are the nearest to it
            rules = config.read_rules(running.body, f"version {running.id}")
            return Line(replace(config, rules=rules), "", running.id)
    return Line(config, "", 0)


def explain(db: Database, line: Line, seq: int, now: int, *, again: bool = False) -> Row:
    """Everything that is known of an event and the rules, as plain data.

    `silent` says why no rule is told of, "" = one is. With `again` the rules that run now decide once more about the
    event, with what is known of the person at `now` (ms), and tell of every rule: `again` holds those decisions.
    """
    row = explained.in_journal(db, seq)
    events, fault = _events(row, line)
    ids = [event.provider_id for event in events if isinstance(event, MessageReceived)]
    origins = {getattr(event, "origin", 0) for event in events}
    said = explained.messages_of(db, seq, ids)
    decisions = chain.decisions(db, seq)
    found: Row = {
        "seq": seq,
        "event": chain.event(db, seq),
        "messages": said,
        "decisions": decisions,
        "commands": explained.asked_for(db, seq, [origin for origin in origins if origin not in (0, seq)]),
        "followed": explained.followed(db, seq),
        "silent": "" if any(one["record"] for one in decisions) else _silent(db, line, seq, row, events, fault),
    }
    if again:
        found["again"] = [_again(db, line, row, event, said, now) for event in events if row is not None]
    return found


def _events(row: Claimed | None, line: Line) -> tuple[Sequence[Event], str]:
    """What the event says, and why it cannot be understood, "" = it can."""
    if row is None:
        return (), ""
    try:
        return line.understand(row), ""
    except Exception as error:  # a plugin's fault is told, as the step tells it
        return (), f"it is not understood: {type(error).__name__}: {error}"


def _silent(db: Database, line: Line, seq: int, row: Claimed | None, events: Sequence[Event], fault: str) -> str:
    """Why no rule was looked at, one sentence."""
    if row is None:
        return "The event is no longer in the journal, and no record of it is kept."
    queued = chain.event(db, seq)
    if queued is not None and queued["queued"]:
        return "It was not worked off yet: it waits for its step."
    if fault := explained.buried(db, seq) or fault:
        return f"It is a dead letter: {fault}."
    rules = line.config.rules
    for event in events:
        if isinstance(event, MessageReceived) and event.backfill:
            return "It is history: no rule acts on that."
        if isinstance(event, MessageReceived) and event.form in UNANSWERED:
            return f"Nobody answers a {event.form}."
        if number := len(rules.kinds.get(event.kind, ())):
            what = f"{number} rule is" if number == 1 else f"{number} rules are"
            return f"No rule was a candidate: {what} on {event.kind}, and nothing in the event brings one up."
    kinds = ", ".join(sorted({event.kind for event in events})) or "nothing"
    return f"No rule is on such an event: it tells of {kinds}."


def _again(db: Database, line: Line, row: Claimed, event: Event, said: Sequence[Mapping[str, Any]], now: int) -> Row:
    told: Row = {"kind": event.kind, "why_not": "", "because": [], "record": []}
    work, needs = Workspace(db, now), Needs()
    message = next((one for one in said if _is(event, one)), None)
    if isinstance(event, Happened):
        person = event.person
    elif isinstance(event, MessageReceived) and message is not None:
        person = message["person"]
    else:
        return told | {"why_not": "rules are not asked about it, or nothing is kept of it"}
    needs.talks_of.add(person)
    needs.people.add(person)
    automation.want(line, needs)
    work.load(needs)
    decision = _decided(event, row, person, message, line, work)
    if decision is None:
        return told | {"why_not": "the person is gone"}
    return told | {"because": list(decision.because), "record": list(decision.record)}


def _is(event: Event, message: Mapping[str, Any]) -> bool:
    return isinstance(event, MessageReceived) and event.provider_id == message["provider_id"]


def _decided(
    event: Event, row: Claimed, number: int, message: Mapping[str, Any] | None, line: Line, work: Workspace
) -> Decision | None:
    person = people.current(work, number)
    if person is None or person.erased:
        return None
    conversation = message["conversation"] if message is not None else getattr(event, "conversation", 0)
    talk = people.last_used(person, line, work, conversation)
    cause = Cause(row.seq, event, person, talk)
    seen = automation.view(cause, row.received, line, work, first=bool(message is not None and message["first"]))
    fired = {name: at for name, at in (seen.conversation.fired or {}).items() if at < row.received}
    seen = replace(seen, conversation=replace(seen.conversation, fired=fired))
    return decide(event, seen, line.config.rules, line.config.policy, full=True)
