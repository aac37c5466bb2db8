"""What to do about an event. Pure: the same event, view and rules always give the same decision."""

from __future__ import annotations

from dataclasses import dataclass

from hub.model.commands import Command, HandOff, OptOut
from hub.model.events import Event, MessageReceived
from hub.model.happened import MessageRead, MessageSent
from hub.model.view import View
from hub.rules import expects
from hub.rules.case import Case
from hub.rules.decision import ALL, NOTHING, Decision, Found
from hub.rules.look import answered, by_rules, look
from hub.rules.record import did
from hub.rules.ruleset import RuleSet
from hub.words.consent import consent_word
from hub.words.said import Said, read
from hub.words.topics import by_intent
from hub.words.vocabulary import NOTHING as MEANS_NOTHING
from hub.words.vocabulary import Meaning


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Limits of all automation. `max_age` ms: a message that is older when it arrives gets no automatic reply."""

    max_age: int = 6 * 3_600_000


UNANSWERED = frozenset({"reaction"})
"""Forms that nobody answers, and that no word of consent stands in: a thumb is no request."""
HAND_OFF = "hand_off"
"""The built-in that gives a conversation to a human where the person asks for one."""


def decide(event: Event, view: View, rules: RuleSet, policy: Policy, *, full: bool = False) -> Decision:
    """The decision about a message of a person, or about anything else that rules may be on.

    A word of consent goes before everything and excludes the rest. It counts in history and late messages too when it
    stops, but then never resumes: a newer stop may already stand. Who asks for a human gets one, whatever the rules
    say. After that no automation acts for history, for people who opted out, for late messages, while a human has the
    conversation and where one stopped all rules. An answer that was waited for does what it was offered for, and the
    rules act on every other message.

    Of all other events, nothing is said to people who opted out, or while a human has the conversation, or where there
    is none yet; the rest is done all the same. What is said there is outreach, unless it follows from a reply.

    With `full` the record tells of every rule that is on this kind of event.
    """
    if not isinstance(event, MessageReceived):
        return _happened(event, view, rules, full)
    if event.form in UNANSWERED:
        return NOTHING
    late = view.received - (event.at or view.received) > policy.max_age
    said = read(event.text)
    wants = consent_word(said)
    if wants is False:
        return _built_in(OptOut(rule="consent", wants=False), "the message asks to stop")
    if wants and view.person.opted_out and not event.backfill and not late:
        return _built_in(OptOut(rule="consent", wants=True), "the message asks to resume")
    if event.backfill:
        return NOTHING
    meaning = _meaning(said, view, rules)
    if meaning.human and not view.conversation.claimed:
        because = f"the person asks for a human: '{meaning.human:.60}'"
        return _built_in(HandOff(rule=HAND_OFF, because="asks for a human"), because)
    if not rules.rules and not view.conversation.expects:
        return NOTHING
    if why := _no_automation(view, late):
        return _none(why)
    case = Case(event, view, meaning)
    found = Found(full=full)
    answer = expects.find(view.conversation.expects, event.text, event.payload) if view.conversation.expects else None
    if answer is None:
        by_rules(case, rules, found)
    else:
        found.answered = True
        answered(answer, case, rules, found)
    return found.decision()


def go_on(name: str, event: Event, view: View, rules: RuleSet, policy: Policy) -> Decision:
    """A delayed rule, now that its time has come: it looks at its conditions again and acts.

    `event` is the one that armed it, `view` that of today. What was said then needs no second look.
    """
    place = rules.named.get(name)
    if place is None:
        return _none(f"{name}: the rule is gone")
    if isinstance(event, MessageReceived):
        if why := _no_automation(view, late=False):
            return _none(f"{why}: '{name}' does not go on", name)
        case, found = Case(event, view, _meaning(read(event.text), view, rules), again=True), Found()
    else:
        case, found = Case(event, view, again=True), _outreach(event, view)
    rule = rules.rules[place]
    if event.kind not in rule.on:
        return _none(f"{name}: the rule is on something else now", name)
    if not look(rule, rule.conditions, case, rules, found, hit=True):
        found.because.append(f"{name}: does not go on, it no longer holds")
    return found.decision()


def _happened(event: Event, view: View, rules: RuleSet, full: bool) -> Decision:
    if event.kind not in rules.kinds:
        return NOTHING
    if ALL in view.paused:
        return _none("no automation: a human stopped all rules")
    found = _outreach(event, view)
    found.full = full
    by_rules(Case(event, view), rules, found)
    return found.decision()


def _outreach(event: Event, view: View) -> Found:
    """What may be said about an event that is no message of a person."""
    talk = view.conversation
    silent = ""
    if not talk.id:
        silent = "the person never wrote"
    elif view.person.opted_out:
        silent = "the person opted out"
    elif _human_has_it(view):
        silent = "a human has the conversation"
    replies = isinstance(event, MessageSent | MessageRead) and event.cls == "reply"
    return Found("reply" if replies else "outreach", silent)


def _no_automation(view: View, late: bool) -> str:
    """Why no rule acts on a message, "" = they do."""
    why = ""
    if view.person.opted_out:
        why = "the person opted out"
    elif late:
        why = "the message was already old when it arrived"
    elif _human_has_it(view):
        why = "a human has the conversation"
    elif ALL in view.paused:
        why = "a human stopped all rules"
    return why and f"no automation: {why}"


def _human_has_it(view: View) -> bool:
    return view.conversation.paused_until > view.received or bool(view.conversation.claimed)


def _meaning(said: Said, view: View, rules: RuleSet) -> Meaning:
    """What the words mean, and the topics that a classifier found."""
    meaning = rules.words.look(said) if said.text else MEANS_NOTHING
    if not view.intents:
        return meaning
    topics = dict(meaning.topics)
    for label, sure in view.intents.items():
        topics = by_intent(rules.book.topics, label, sure) | topics
    return meaning._replace(topics=topics)


def _built_in(command: Command, because: str) -> Decision:
    record = {"rule": command.rule, "asked": [], "did": did([command]), "because": because}
    return Decision((command,), (f"{command.rule}: {because}",), (record,))


def _none(why: str, name: str = ALL) -> Decision:
    return Decision((), (why,), ({"rule": name, "asked": [], "why_not": why},))
