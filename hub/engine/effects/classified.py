"""Messages that no word explains: plugins are asked what they mean, and the rules look again at the answer."""

from __future__ import annotations

import json

from hub.engine.effects import automation, people
from hub.engine.effects.cause import Cause
from hub.engine.line import Line, incoming, lane
from hub.model.events import MessageReceived, PluginAnswered
from hub.model.happened import MessageClassified, MessageToClassify
from hub.model.packing import pack
from hub.rules import Decision, decide
from hub.store import plugin_work
from hub.store.journal import Claimed
from hub.store.workspace import Workspace


def ask(decision: Decision, cause: Cause, line: Line, work: Workspace) -> None:
    """The rules did nothing about a message, and some would by its meaning: plugins that classify are asked."""
    event, rules = cause.event, line.config.rules
    if decision.commands or decision.because or rules.classified is None or not isinstance(event, MessageReceived):
        return
    listeners = line.listeners.get(MessageToClassify.kind, ())
    if not listeners or not event.text or cause.talk is None:
        return
    asked = MessageToClassify(
        key=str(cause.seq),
        at=event.at,
        person=cause.person.id,
        conversation=cause.talk.id,
        text=event.text,
        labels=rules.labels,
        language=cause.person.language,
        context={"inbox": cause.talk.inbox, "provider_id": event.provider_id},
    )
    body = json.dumps(pack(asked), ensure_ascii=False)
    for plugin in listeners:
        work.plugin_work(plugin, cause.seq, body)


def answered(event: PluginAnswered, line: Line, work: Workspace) -> bool:
    """A plugin answered what a message means: an event of its own lets the rules look. False for any other answer."""
    told = plugin_work.body(work.db, event.plugin, event.event)
    asked = json.loads(told) if told else {}
    if asked.get("kind") != MessageToClassify.kind:
        return False
    sure = {str(one["label"]): float(one["p"]) for one in event.commands if "label" in one and "p" in one}
    shown = ", ".join(f"{label} ({p:.2f})" for label, p in sure.items()) or "no idea"
    because = f"plugin {event.plugin}: the message means {shown}"
    work.decide(event.event, line.version, asked["person"], asked["conversation"], because)
    if sure:
        follows = MessageClassified(
            key=f"{event.event}.{event.plugin}",
            at=work.now,
            person=asked["person"],
            conversation=asked["conversation"],
            depth=1,
            origin=event.event,
            text=asked["text"],
            provider_id=asked["context"]["provider_id"],
            intents=sure,
        )
        work.raised[f"{follows.kind}:{follows.key}"] = incoming(follows, lane(follows.kind, follows.person))
    return True


def looked(event: MessageClassified, row: Claimed, line: Line, work: Workspace) -> None:
    """The rules that ask for a meaning look at the message again, as at the person's own words."""
    person, rules = people.current(work, event.person), line.config.rules.classified
    if person is None or person.erased or rules is None:
        return
    talk = people.last_used(person, line, work, event.conversation)
    message = MessageReceived(
        key=event.key, at=event.at, account="", sender=(), address="", provider_id=event.provider_id, text=event.text
    )
    cause = Cause(row.seq, message, person, talk, origin=event.origin)
    seen = automation.view(cause, row.received, line, work, intents=event.intents)
    if talk is not None and talk.last_human > event.at:
        return
    decision = decide(message, seen, rules, line.config.policy)
    automation.act(decision, cause, line, work)
