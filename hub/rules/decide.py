"""What to do about a message. Pure: the same event, view and rules always give the same decision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

from hub.model.commands import Command, MoveDeal, OptOut, Send
from hub.model.events import CrmChange, MessageReceived
from hub.model.view import View
from hub.rules.consent import consent_word
from hub.rules.ruleset import Rule, RuleSet


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits of all automation. `max_age` ms: a message that is older when it arrives gets no automatic reply."""

    max_age: int = 6 * 3_600_000


class Decision(NamedTuple):
    """Commands in the order of the rules, and short lines that say why; both empty when nothing mattered."""

    commands: tuple[Command, ...] = ()
    because: tuple[str, ...] = ()


NOTHING = Decision()
CHOICES = ("buttons", "list")
"""Forms that say nothing without a text."""
UNANSWERED = frozenset({"reaction"})
"""Forms that nobody answers, and that no word of consent stands in: a thumb is no request."""


def decide(event: MessageReceived, view: View, rules: RuleSet, policy: Policy) -> Decision:
    """The decision about one message of a person.

    A word of consent goes before everything and excludes the rest. It counts in history and late messages too when it
    stops, but then never resumes: a newer stop may already stand. After that no automation acts for history, for
    people who opted out, for late messages and while a human has the conversation.
    """
    if event.form in UNANSWERED:
        return NOTHING
    late = view.received - (event.at or view.received) > policy.max_age
    wants = consent_word(event.text)
    if wants is False:
        return Decision((OptOut(rule="consent", wants=False),), ("consent: the message asks to stop",))
    if wants and view.person.opted_out and not event.backfill and not late:
        return Decision((OptOut(rule="consent", wants=True),), ("consent: the message asks to resume",))
    if event.backfill or not rules.rules:
        return NOTHING
    if view.person.opted_out:
        return Decision((), ("no automation: the person opted out",))
    if late:
        return Decision((), ("no automation: the message was already old when it arrived",))
    if view.conversation.paused_until > view.received:
        return Decision((), ("no automation: a human has the conversation",))
    return _by_rules(event, view, rules)


def decide_change(event: CrmChange, view: View, rules: RuleSet) -> Decision:
    """The decision about a change in the CRM. What is said because of it is outreach: nobody asked for it just now.

    Nothing is said to people who opted out, or while a human has the conversation, or where there is none yet; records
    are made all the same.
    """
    talk = view.conversation
    silent = ""
    if not talk.id:
        silent = "the person never wrote"
    elif view.person.opted_out:
        silent = "the person opted out"
    elif talk.paused_until > view.received:
        silent = "a human has the conversation"
    commands: list[Command] = []
    because: list[str] = []
    for place in rules.kinds.get(event.kind, ()):
        rule = rules.rules[place]
        if not _of_change(rule, event) or _matched(rule, "", "", view) is None:
            continue
        matched = f"{event.field} became '{event.after}'"
        if rule.once_per and _fired(rule, view) > view.received - rule.once_per:
            because.append(f"{rule.name}: {matched}; not again so soon")
            continue
        asked = _commands(rule, event, view)
        said = [command for command in asked if isinstance(command, Send)]
        if said and silent:
            asked = [command for command in asked if not isinstance(command, Send)]
            because.append(f"{rule.name}: {matched}; nothing is said: {silent}")
        else:
            because.append(f"{rule.name}: {matched}")
        commands += [replace(one, cls="outreach") if isinstance(one, Send) else one for one in asked]
    return Decision(tuple(commands), tuple(because))


def _of_change(rule: Rule, event: CrmChange) -> bool:
    return (
        (not rule.fields or event.field in rule.fields)
        and (not rule.before or event.before.casefold() in rule.before)
        and (not rule.after or event.after.casefold() in rule.after)
    )


def _by_rules(event: MessageReceived, view: View, rules: RuleSet) -> Decision:
    found = rules.keywords.find(event.text)
    pressed = rules.pressed.get(event.payload, ()) if event.payload else ()
    if not found and not pressed and not rules.plain:
        return NOTHING
    commands: list[Command] = []
    because: list[str] = []
    for place in sorted({*found, *pressed, *rules.plain}):
        rule = rules.rules[place]
        matched = _matched(rule, found.get(place, ""), event.payload if place in pressed else "", view)
        if matched is None:
            continue
        if rule.once_per and _fired(rule, view) > view.received - rule.once_per:
            because.append(f"{rule.name}: {matched}; not again so soon")
            continue
        asked = _commands(rule, event, view)
        commands += asked
        because.append(f"{rule.name}: {matched}" if asked else f"{rule.name}: {matched}; the text is empty")
    return Decision(tuple(commands), tuple(because))


def _commands(rule: Rule, event: MessageReceived | CrmChange, view: View) -> list[Command]:
    """What the rule asks for; no message where its text came out empty and nothing stands without it."""
    language, once = view.person.language, bool(rule.once_per)
    values = _values(rule, event, view) if rule.uses else {}
    text = rule.reply.render(language, values) if rule.reply is not None else ""
    quoted = event.provider_id if rule.quote and isinstance(event, MessageReceived) else ""
    asked: list[Command] = []
    if rule.content is None:
        if text:
            asked.append(Send(rule=rule.name, text=text, once=once, reply_to=quoted))
    else:
        content = rule.content.make(language, values)
        if text or content.form not in CHOICES:
            asked.append(Send(rule=rule.name, text=text, once=once, content=content, reply_to=quoted))
    records = [r.command(rule.name, language, values, view.received, once=once) for r in rule.records]
    asked += [record for record in records if record.title or record.body]
    if rule.move_deal:
        asked.append(MoveDeal(rule=rule.name, slot="move_deal", stage=rule.move_deal, once=once))
    return asked


def _matched(rule: Rule, keyword: str, payload: str, view: View) -> str | None:
    """What made the rule match, in few words; None when it does not."""
    talk = view.conversation
    if (rule.inboxes and talk.inbox not in rule.inboxes) or (rule.channels and talk.channel not in rule.channels):
        return None
    if rule.first and not talk.first:
        return None
    if rule.outside is not None and rule.outside.is_open(view.received):
        return None
    beside = _beside(rule, view) if rule.looks_beside else []
    if beside is None:
        return None
    matched = [f"keyword '{keyword}'"] if keyword else []
    if payload:
        matched.append(f"choice '{payload}'")
    if rule.outside is not None:
        matched.append(f"outside hours '{rule.outside.name}'")
    if rule.first:
        matched.append("first message")
    return ", ".join(matched + beside) or "every message"


def _beside(rule: Rule, view: View) -> list[str] | None:
    """What of the CRM made the rule match; None when it does not."""
    found = []
    if rule.deal_stages:
        at = next((d for d in view.deals if {d.stage.casefold(), d.label.casefold()} & rule.deal_stages), None)
        if at is None:
            return None
        found.append(f"a deal at '{at.label or at.stage}'")
    if rule.open_ticket is not None:
        if rule.open_ticket is not bool(view.tickets):
            return None
        found.append("an open ticket" if view.tickets else "no open ticket")
    if rule.owners:
        if view.owner not in rule.owners:
            return None
        found.append(f"owner '{view.owner}'")
    return found


def _fired(rule: Rule, view: View) -> int:
    return (view.conversation.fired or {}).get(rule.name, 0)


def _values(rule: Rule, event: MessageReceived | CrmChange, view: View) -> dict[str, object]:
    about: dict[str, object] = {}
    if isinstance(event, MessageReceived):
        about["message"] = {"text": event.text}
    else:
        told = {"field": event.field, "before": event.before, "after": event.after, "record": event.record}
        about["change"] = told
    opens = rule.hours.clock(rule.hours.next_open(view.received), view.received) if rule.hours else ""
    return {
        "hours": {"next_open": opens},
        "inbox": view.conversation.inbox,
        "person": {"language": view.person.language, "name": view.person.name},
        **about,
    }
