"""One rule after another looks at an event: whether it acts, what it says and does, and why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from hub.model.commands import Command, Delay, MoveDeal, Send, SendClass, SetField
from hub.model.content import PLAIN
from hub.model.events import Event, MessageReceived
from hub.model.happened import MessageRead, MessageSent
from hub.model.view import View
from hub.rules import expects
from hub.rules.case import Case
from hub.rules.condition import Conditions, in_short
from hub.rules.decision import ALL, Found
from hub.rules.kinds import told
from hub.rules.record import did, entry
from hub.rules.ruleset import Rule, RuleSet
from hub.texts.variables import values as values_of

CHOICES = ("buttons", "list")
"""Forms that say nothing without a text."""


def by_rules(case: Case, rules: RuleSet, found: Found) -> None:
    """All rules that the event brings up, in file order."""
    places, brought = rules.candidates(case)
    if found.full:
        places = rules.kinds.get(case.event.kind, ())
    for place in places:
        rule = rules.rules[place]
        look(rule, rule.conditions, case, rules, found, hit=place in brought)


def look(rule: Rule, conditions: Conditions, case: Case, rules: RuleSet, found: Found, *, hit: bool) -> bool:
    """One rule: whether it acted or could have. `hit`: something in the event brought it up, so that its record tells
    of it in any case."""
    if _its_own(rule, case.event, hit):
        return False
    case.arming = bool(rule.after) and not case.again
    for condition in conditions:
        if not condition.holds(case):
            if hit or found.full:
                found.record.append(entry(rule, case, conditions) | {"why_not": f"{condition.what} does not hold"})
            return False
    matched = _matched(conditions, case)
    told = entry(rule, case, conditions)
    found.record.append(told)
    why = _not_now(rule, case.view)
    if why:
        found.because.append(f"{rule.name}: {matched}; {why}")
        told["why_not"] = why
        return True
    if case.arming:
        found.commands.append(Delay(rule=rule.name, due=case.now + rule.after))
        found.because.append(f"{rule.name}: {matched}; goes on in {_minutes(rule.after)}")
        told["did"] = [Delay.kind]
        return True
    commands, why = _commands(rule, case, rules, found)
    found.commands += commands
    found.because.append(f"{rule.name}: {matched}; {why}" if why else f"{rule.name}: {matched}")
    told["did"] = did(commands)
    if why:
        told["why_not"] = why
    if rule.once_per and commands:
        found.fired.append(rule.name)
    return True


def _its_own(rule: Rule, event: Event, hit: bool) -> bool:
    """No rule follows from what it said itself, and only one that names an agent from what that agent said."""
    if not isinstance(event, MessageSent | MessageRead):
        return False
    return event.by == rule.name or (event.cls == "human" and not hit)


def _matched(conditions: Conditions, case: Case) -> str:
    """What made the rule match, in few words."""
    return ", ".join(filter(None, (told(case.event), in_short(conditions, case)))) or "every message"


def _not_now(rule: Rule, view: View) -> str:
    """Why a rule that matched does not act, "" = it does."""
    paused = view.paused
    if paused and (rule.name in paused or f"rule:{rule.name}" in paused or ALL in paused):
        return "a human stopped this rule"
    last = (view.conversation.fired or {}).get(rule.name, 0)
    return "not again so soon" if rule.once_per and last > view.received - rule.once_per else ""


def _commands(rule: Rule, case: Case, rules: RuleSet, found: Found) -> tuple[list[Command], str]:
    """What the rule asks for, and why something is missing in it ("" = nothing is)."""
    view, name, once = case.view, rule.name, bool(rule.once_per)
    language = view.person.language
    values = values_of(rule.uses, case.event, view, rule.hours, rules.book.company) if rule.uses else {}
    made: list[Command] = []
    why = ""
    if rule.speaks:
        why = found.silent
        if not why and found.cls == "outreach" and not rule.purpose:
            why = "it has no purpose, and nobody asked just now"
        send = None if why else _send(rule, case, values, found.cls, rules)
        if send is not None:
            made.append(send)
        why = f"nothing is said: {why}" if why else ""
    records = [r.command(name, language, values, view.received, once=once) for r in rule.records]
    made += [record for record in records if record.title or record.body]
    if rule.move_deal:
        made.append(MoveDeal(rule=name, slot="move_deal", stage=rule.move_deal, once=once))
    made += [action.make(name, values, view.received) for action in rule.actions]
    return made, why if made or why else "the text is empty"


def _send(rule: Rule, case: Case, values: dict[str, object], cls: SendClass, rules: RuleSet) -> Send | None:
    """What the rule says; None where its text came out empty and nothing stands without it."""
    talk, language = case.view.conversation, case.view.person.language
    text = rule.reply.render(language, values, talk.channel) if rule.reply is not None else ""
    content = rule.content.make(language, values) if rule.content is not None else PLAIN
    if not text and (rule.content is None or content.form in CHOICES):
        return None
    return Send(
        rule=rule.name,
        text=text,
        once=bool(rule.once_per),
        cls=cls,
        reply_to=case.event.provider_id if rule.quote and isinstance(case.event, MessageReceived) else "",
        purpose=rule.purpose,
        topic=_topic(rule, case, rules),
        expects=rule.expects,
        content=content,
        instead=rule.reply.instead(language, values) if rule.reply is not None else PLAIN,
    )


def _topic(rule: Rule, case: Case, rules: RuleSet) -> str:
    """What an answer is about: as its text declares, unless the person asked about something that is not allowed."""
    policy, asked = rules.book.policy, case.topics
    if forbidden := [name for name in asked if name in policy.forbidden]:
        return " ".join(forbidden)
    if rule.topic or not policy.allowed or not asked or not policy.allowed.isdisjoint(asked):
        return rule.topic
    return " ".join(asked)


def answered(answer: expects.Answer, case: Case, rules: RuleSet, found: Found) -> None:
    """What an awaited answer does. A rule that acts on it looks at its conditions, but not at what was said."""
    found.answered = True
    place = rules.named.get(answer.rule) if answer.rule else None
    rule = rules.rules[place] if place is not None and case.event.kind in rules.rules[place].on else None
    command = expects.carry_out(answer, case.view.conversation.expects, case.text)
    if command is not None or rule is None:
        made: Sequence[Command] = (command,) if command is not None else ()
        because = f"{expects.RULE}: '{answer.key}' was waited for"
        found.commands += made
        found.because.append(because if made else f"{because}, and '{answer.does}' is no more")
        found.record.append({"rule": expects.RULE, "asked": [["expects", answer.key, True]], "did": did(made)})
    if rule is not None:
        if isinstance(command, SetField):
            case.view = _told(command, case.view)
        others = tuple(condition for condition in rule.conditions if not condition.keys)
        look(rule, others, case, rules, found, hit=True)


def _told(command: SetField, view: View) -> View:
    """What is known now that he said it."""
    if command.inquiry and view.inquiry is not None:
        return replace(view, inquiry=replace(view.inquiry, details={**view.inquiry.details, **command.values}))
    return view if command.inquiry else replace(view, values={**view.values, **command.values})


def _minutes(ms: int) -> str:
    for unit, size in (("d", 86_400_000), ("h", 3_600_000), ("m", 60_000)):
        if ms % size == 0:
            return f"{ms // size}{unit}"
    return f"{ms // 1000}s"
