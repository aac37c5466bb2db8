"""A person wrote: his inquiry goes on, silences and delays end, his language shows, and the rules decide."""

from __future__ import annotations

from dataclasses import replace

from hub.engine.effects import automation, classified, fields, followups, inquiries, questions
from hub.engine.effects.cause import Cause
from hub.engine.languages import detector
from hub.engine.line import Line
from hub.model.commands import Send
from hub.model.events import MessageReceived
from hub.rules import decide
from hub.store.workspace import Workspace
from hub.words.language import spoken, written


def heard(cause: Cause, received: int, before: int, line: Line, work: Workspace, *, history: bool) -> None:
    """What follows from a message. `before` is when he wrote here last, 0 = never; of `history` only words of consent
    count."""
    event, talk, rules, policy = cause.event, cause.talk, line.config.rules, line.config.policy
    assert isinstance(event, MessageReceived)
    assert talk is not None
    if history:
        automation.act(decide(event, automation.view(cause, received, line, work), rules, policy), cause, line, work)
        return
    same = questions.asked(talk, event.text, line)
    inquiries.heard(cause, line, work)
    followups.heard(cause, same, line, work)
    automation.end_delays(event.kind, talk, line, work)
    if rules.languages == "all":
        _learn_language(cause, event.text, line, work)
    seen = automation.view(cause, received, line, work, first=not before, heard=before, same=same)
    decision = decide(event, seen, rules, policy)
    speaks = rules.languages == "answers" and any(isinstance(command, Send) for command in decision.commands)
    if speaks and _learn_language(cause, event.text, line, work):
        person = replace(seen.person, language=cause.person.language)
        decision = decide(event, replace(seen, person=person), rules, policy)
    automation.act(decision, cause, line, work)
    classified.ask(decision, cause, line, work)


def _learn_language(cause: Cause, text: str, line: Line, work: Workspace) -> bool:
    """Know the person by the language he writes, where a message says enough. Whether it is another one now."""
    person = cause.person
    known, person.language = person.language, spoken(person.language, written(text, detector()))
    if known == person.language:
        return False
    fields.changed(person, cause.seq, line, work)
    return True
