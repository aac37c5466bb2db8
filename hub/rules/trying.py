"""A [[test]] as it runs: the event and what is known around it, the decision, and whether it is what was expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.inquiries.priority import InquiryFacts
from hub.model.commands import (
    Assign,
    ChangeInquiry,
    Command,
    Delay,
    HandOff,
    OptOut,
    Pause,
    Send,
    SetField,
    SetPriority,
    Tag,
)
from hub.model.events import Event, MessageReceived
from hub.model.people import Identity, Person, PersonId
from hub.model.view import ConversationView, DealView, InquiryView, View
from hub.rules.decide import Policy, decide, go_on
from hub.rules.decision import Decision
from hub.rules.outcomes import agrees, outcomes
from hub.rules.record import Entry
from hub.rules.ruleset import RuleSet
from hub.rules.trial import SayTable, Trial
from hub.rules.trial_event import event_of
from hub.tags.tags import Known
from hub.words import questions
from hub.words.said import Said, read

MINUTE = 60_000
FOR_EVER = 1 << 53  # ms


@dataclass(frozen=True, slots=True)
class Tried:
    """How a test ended. `did` is what happened, `says` what was said; `wrong` holds one sentence for each expectation
    that did not come true; `because` and `record` are those of the decisions."""

    trial: Trial
    did: tuple[str, ...]
    says: tuple[str, ...]
    wrong: tuple[str, ...]
    because: tuple[str, ...] = ()
    record: tuple[Entry, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything came true."""
        return not self.wrong


def attempt(trial: Trial, rules: RuleSet, policy: Policy) -> Tried:
    """Run a test. What was said `earlier` came a minute apart before it, and did its work; rules that wait go on where
    their time comes within `wait` while nothing else happens."""
    stage = _Stage(rules, policy, _view(trial, rules))
    around = trial.around
    for place, text in enumerate(around.earlier):
        stage.at(trial.at - (len(around.earlier) - place) * MINUTE)
        stage.take(_message(stage.view.received, text, f"e{place}"), first=place == 0, same=stage.same(text))
    stage.at(trial.at)
    if isinstance(around, SayTable):
        decisions = [_said(trial, around, stage)]
    else:
        decisions = [stage.take(event_of(around, trial.at, stage.view.inquiry))]
    decisions += stage.wait(trial.at + trial.wait)
    return _judged(trial, decisions, rules)


@dataclass(slots=True)
class _Stage:
    """A person in a conversation, and what becomes of both as rules act."""

    rules: RuleSet
    policy: Policy
    view: View
    asked: str = ""
    waits: dict[str, tuple[int, Event]] = field(default_factory=dict)
    """Delayed rule -> when it goes on, and what armed it."""

    def at(self, now: int) -> None:
        """It is `now` (ms)."""
        self.view = replace(self.view, received=now)

    def same(self, text: str) -> int:
        """How many messages in a row ask the same, this one included."""
        said, earlier = read(text), questions.load(self.asked)
        self.asked = questions.dump(questions.remember(said, earlier))
        return questions.same_in_a_row(said, earlier, self._topics)

    def _topics(self, said: Said) -> frozenset[str]:
        return frozenset(self.rules.words.look(said).topics)

    def take(self, event: Event, *, first: bool = False, same: int = 1) -> Decision:
        """Something happens: what the rules decide, and the person and the conversation after it."""
        for name in self.rules.cancels.get(event.kind, ()):
            self.waits.pop(name, None)
        talk = replace(self.view.conversation, first=first, same=same)
        self.view = replace(self.view, conversation=talk)
        return self._done(decide(event, self.view, self.rules, self.policy, full=True), event)

    def wait(self, until: int) -> list[Decision]:
        """Nothing else happens until then (ms): delayed rules whose time comes go on."""
        found = []
        while due := sorted((at, name) for name, (at, _) in self.waits.items() if at <= until):
            at, name = due[0]
            _, event = self.waits.pop(name)
            self.at(at)
            found.append(self._done(go_on(name, event, self.view, self.rules, self.policy), event))
        return found

    def _done(self, decision: Decision, event: Event) -> Decision:
        now, talk = self.view.received, self.view.conversation
        talk = replace(talk, fired=(talk.fired or {}) | dict.fromkeys(decision.fired, now))
        if decision.answered:
            talk = replace(talk, expects={})
        self.view = replace(self.view, conversation=talk)
        for command in decision.commands:
            if isinstance(command, Delay):
                self.waits[command.rule] = (command.due, event)
            else:
                self.view = _after(command, self.view)
        if isinstance(event, MessageReceived):
            self.view = replace(self.view, heard=now, conversation=replace(self.view.conversation, last_inbound=now))
        return decision


def _after(command: Command, view: View) -> View:
    """What is known once a command was carried out."""
    talk, inquiry = view.conversation, view.inquiry or InquiryView(id=1)
    match command:
        case Send():
            talk = replace(talk, expects=command.expects) if command.expects else talk
            return replace(view, conversation=talk, spoke=view.received)
        case Tag():
            kept = {name: since for name, since in view.tags.items() if name not in command.remove}
            return replace(view, tags=dict.fromkeys(command.add, view.received) | kept)
        case SetPriority():
            return replace(view, inquiry=replace(inquiry, priority=command.priority))
        case Assign():
            return replace(view, inquiry=replace(inquiry, owner=command.agent or inquiry.owner))
        case SetField(inquiry=True):
            return replace(view, inquiry=replace(inquiry, details={**inquiry.details, **command.values}))
        case SetField():
            return replace(view, values={**view.values, **command.values})
        case ChangeInquiry():
            return replace(view, inquiry=replace(inquiry, state=command.state or inquiry.state))
        case HandOff():
            return replace(view, conversation=replace(talk, paused_until=FOR_EVER, expects={}))
        case Pause():
            return replace(view, conversation=replace(talk, paused_until=command.until))
        case OptOut():
            return replace(view, person=replace(view.person, opted_out=not command.wants))
    return view


def _view(trial: Trial, rules: RuleSet) -> View:
    around = trial.around
    before = trial.at - trial.silent_for if trial.silent_for >= 0 else 0
    values, details = _plain(around.values), _plain(around.details)
    has = dict.fromkeys(around.tags, "test")
    derived = rules.book.tags.follows(Known(values, details, trial.at), has, trial.at).add
    tags = dict.fromkeys((*has, *derived), trial.at)
    priority = around.priority or _priority(rules, frozenset(tags), values, details)
    deals = (DealView(stage=around.deal_stage, label=around.deal_stage),) if around.deal_stage else ()
    talk = ConversationView(id=1, inbox=trial.inbox, channel=trial.channel, last_inbound=before)
    if around.human:
        talk = replace(talk, claimed="a human", paused_until=FOR_EVER)
    return View(
        person=Person(PersonId(1), around.name, around.language, around.opted_out),
        conversation=talk,
        received=trial.at,
        owner=around.owner,
        deals=deals,
        tickets=around.open_tickets,
        tags=tags,
        values=values,
        inquiry=InquiryView(id=1, priority=priority, owner=around.owner, details=details, opened=before or trial.at),
        heard=before,
        facts=_plain(around.facts),
    )


def _plain(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value).lower() if isinstance(value, bool) else str(value) for name, value in values.items()}


def _priority(rules: RuleSet, tags: frozenset[str], values: Mapping[str, str], details: Mapping[str, str]) -> str:
    """The priority that the inquiry has by itself, as [priority] says."""
    book = rules.book
    told = details.get("budget") or values.get("budget") or ""
    budget = book.currency.in_base(book.currency.find(told) or book.currency.read(told)) if told else None
    figure = budget.figure if budget is not None else None
    verdict = book.priorities.decide(InquiryFacts(new=True, customer=False, tags=tags, budget=figure, named=""))
    return verdict.priority.name if verdict.priority is not None else ""


def _message(at: int, text: str, key: str, payload: str = "") -> MessageReceived:
    sender = (Identity("test", "", "1"),)
    return MessageReceived(
        key=key, at=at, account="test", sender=sender, address="1", provider_id=key, text=text, payload=payload
    )


def _said(trial: Trial, say: SayTable, stage: _Stage) -> Decision:
    same = say.same_question or stage.same(say.text)
    first = not say.earlier and trial.silent_for < 0 if say.first is None else say.first
    stage.view = replace(stage.view, intents=say.intent)
    return stage.take(_message(trial.at, say.text, "test", say.payload), first=first, same=same)


def _judged(trial: Trial, decisions: Iterable[Decision], rules: RuleSet) -> Tried:
    decisions = list(decisions)
    commands = [command for decision in decisions for command in decision.commands]
    did = outcomes(commands, rules)
    says = [command.text for command in commands if isinstance(command, Send)]
    return Tried(
        trial,
        tuple(did),
        tuple(says),
        tuple(_wrong(trial, did, says)),
        tuple(line for decision in decisions for line in decision.because),
        tuple(entry for decision in decisions for entry in decision.record),
    )


def _wrong(trial: Trial, did: list[str], says: list[str]) -> Iterable[str]:
    expected = trial.expect
    if expected is not None and not (len(did) == len(expected) and all(map(agrees, expected, did))):
        yield f"expected {_list(expected)}, but what happened is {_list(did)}"
    for wanted in trial.not_expect:
        if found := [one for one in did if agrees(wanted, one)]:
            yield f"expected no {wanted}, but there is {_list(found)}"
    for part in trial.text_has:
        if not any(part in text for text in says):
            yield f"expected a text with '{part}', but {f'what is said is {says}' if says else 'nothing is said'}"


def _list(names: Iterable[str]) -> str:
    return ", ".join(names) or "nothing"
