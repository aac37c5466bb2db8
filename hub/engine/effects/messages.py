"""Messages in and out, seen from the step: who, where, when, what to answer."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hub.engine.effects import (
    automation,
    early,
    fields,
    followups,
    inquiries,
    listening,
    media,
    people,
    settling,
)
from hub.engine.effects.cause import Cause
from hub.engine.effects.control import UNTIL_RELEASED
from hub.engine.effects.relog import relog
from hub.engine.effects.sends import log_message
from hub.engine.effects.sessions import join_session
from hub.engine.effects.timers import arm
from hub.engine.line import Line
from hub.engine.settings import InboxConfig
from hub.identity import variants
from hub.model.content import Media
from hub.model.events import ConsentChanged, MessageEchoed, MessageReceived, StatusReported, Unknown
from hub.model.happened import InquiryOpened
from hub.model.packing import pack
from hub.model.people import Identity
from hub.store.journal import Claimed
from hub.store.rows import ConversationRow, MessageRow, PersonRow
from hub.store.workspace import Needs, Workspace

UNTOLD = "unsupported"
"""The form of a message whose content the platform did not hand over."""


def clean(text: str) -> str:
    """Text that every store and platform can hold: no NUL, no half surrogates. Everything else stays."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    return text.replace("\0", "").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def talk_keys(inbox: InboxConfig, thread: str, identities: Sequence[Identity]) -> list[str]:
    """The names under which the conversation may be known: its thread, else any identity of the sender."""
    if thread:
        return [f"{inbox.name}|#{thread}"]
    return [f"{inbox.name}|{form.id}" for identity in identities for form in variants(identity)]


def look_nothing(event: object, row: Claimed, line: Line, needs: Needs) -> None:
    """Needs no rows."""


def look(event: MessageReceived, row: Claimed, line: Line, needs: Needs) -> None:
    """The sender and the conversation."""
    people.probe(event.sender, needs)
    inbox = line.inbox(row.source, event.account)
    if inbox is not None:
        needs.conversations.update(talk_keys(inbox, event.thread, event.sender))
    _look_again(event, needs)
    automation.want(line, needs)


def look_echo(event: MessageEchoed, row: Claimed, line: Line, needs: Needs) -> None:
    """The recipient, the conversation, and the message if the hub itself sent it."""
    people.probe(event.recipient, needs)
    inbox = line.inbox(row.source, event.account)
    if inbox is not None:
        needs.conversations.update(talk_keys(inbox, event.thread, event.recipient))
    needs.providers.add(event.provider_id)
    needs.outbox.add(line.outbox_id(event.callback))
    _look_again(event, needs)


def _look_again(event: MessageReceived | MessageEchoed, needs: Needs) -> None:
    """What may be here of the message already: a change that overtook it, or, of history, its placeholder."""
    if event.provider_id:
        needs.arriving.add(event.provider_id)
        if event.backfill:
            needs.changed.add(event.provider_id)


def look_consent(event: ConsentChanged, row: Claimed, line: Line, needs: Needs) -> None:
    """The person."""
    people.probe(event.sender, needs)


def unknown(event: Unknown, row: Claimed, line: Line, work: Workspace) -> None:
    """Kept in the journal; nothing to do."""
    work.decide(row.seq, line.version, 0, 0, f"kept, not understood: {event.what}")


def consent(event: ConsentChanged, row: Claimed, line: Line, work: Workspace) -> None:
    """The platform's own stop switch."""
    named = [person for identity in event.sender if (person := people.find([identity], work)) is not None]
    if not named and not event.wants:  # who stops before he ever wrote is remembered, and made known to no CRM
        channel = line.config.connections[row.source].channel.name
        named = [people.make("", event.sender, channel, work)]
        for identity in event.sender:
            work.own(identity, named[0].id, row.seq, channel)
    for person in {person.id: person for person in named}.values():
        person.opted_out = 0 if event.wants else 1
        work.decide(row.seq, line.version, person.id, 0, "wants messages again" if event.wants else "opted out")


def received(event: MessageReceived, row: Claimed, line: Line, work: Workspace) -> None:
    """A person wrote: find him, keep it, log it in every CRM, decide what to answer."""
    inbox = line.inbox(row.source, event.account)
    if inbox is None:
        work.bury("unrouted", row.seq, f"no inbox is set for account {event.account} of connection {row.source}")
        return
    if event.backfill and _told_again(event, inbox, row, line, work):
        return
    channel = line.config.connections[row.source].channel
    known = people.find(event.sender, work)
    nameless = known is not None and not known.name
    person = people.resolve(event.sender, clean(event.name), channel.name, row.seq, line, work)
    talk = conversation(inbox, event.thread, event.sender, event.address, person, row, work)
    before = talk.last_in
    first = not before  # history and what the business wrote itself open nothing
    opening = first and not event.backfill
    if not event.backfill:
        talk.last_in = max(talk.last_in, event.at or row.received)
    message = _keep(event, inbox, talk, person, row, line, work)
    seen_first = first and any(line.mapping(crm).asks_inboxes for crm in line.config.crms)
    if (nameless and person.name) or seen_first:
        fields.changed(person, row.seq, line, work)
    if opening:
        tell_plugins(row.seq, inbox, person, message, line, work)
    if message.deleted:
        work.decide(
            row.seq, line.version, person.id, talk.id, "no automation: the message was taken back before it came"
        )
        return
    said = event if event.text == message.text else replace(event, text=message.text)
    cause = Cause(row.seq, said, person, talk, message, row.seq)
    listening.heard(cause, row.received, before, line, work, history=event.backfill)


def echoed(event: MessageEchoed, row: Claimed, line: Line, work: Workspace) -> None:
    """The business wrote from elsewhere. The hub's own send coming back is evidence; anything else is a human."""
    inbox = line.inbox(row.source, event.account)
    if inbox is None:
        work.bury("unrouted", row.seq, f"no inbox is set for account {event.account} of connection {row.source}")
        return
    known, named = work.by_provider.get((inbox.name, event.provider_id)), line.outbox_id(event.callback)
    if event.backfill and _told_again(event, inbox, row, line, work):
        return
    if known is not None or named:
        if work.outbox.get(named) is not None or (known is not None and known.id in work.outbox_of):
            settling.status(_proof(event), row, line, work)
        return
    channel = line.config.connections[row.source].channel
    person = people.resolve(event.recipient, "", channel.name, row.seq, line, work)
    talk = conversation(inbox, event.thread, event.recipient, event.address, person, row, work)
    _keep(event, inbox, talk, person, row, line, work)
    if not event.backfill:
        cause = Cause(row.seq, event, person, talk)
        human_has_it(cause, row.received, "a human answered from elsewhere", "", event.text, line, work)


def _keep(
    event: MessageReceived | MessageEchoed,
    inbox: InboxConfig,
    talk: ConversationRow,
    person: PersonRow,
    row: Claimed,
    line: Line,
    work: Workspace,
) -> MessageRow:
    """Keep the message, with what was already said of it; fetch its files; let every CRM have it."""
    inbound, sent = isinstance(event, MessageReceived), event.at or row.received
    at = message_time(talk, sent, work)
    message = work.messages.add(
        MessageRow(
            work.messages.next_id(),
            talk.id,
            person.id,
            "in" if inbound else "out",
            "person" if inbound else "agent",
            "" if inbound else "phone",
            event.form,
            clean(event.text),
            event.provider_id,
            event.reply_to,
            at,
            row.received,
            "accepted",
            at if inbound else sent,
            "",
            row.seq,
            _content(event.payload, event.referral) if isinstance(event, MessageReceived) else "",
        )
    )
    if not event.backfill:
        join_session(message, talk, work)
    work.name_message(message)
    early.apply(message, inbox.name, work)
    media.order(_named(event.media), message, event.account, event.backfill, row.source, work)
    log_message(message, line, work)
    return message


def _told_again(
    event: MessageReceived | MessageEchoed, inbox: InboxConfig, row: Claimed, line: Line, work: Workspace
) -> bool:
    """History tells a file first as a placeholder and then as it was, in any order: both are one message."""
    known = work.by_provider.get((inbox.name, event.provider_id))
    way = "in" if isinstance(event, MessageReceived) else "out"
    if known is None or known.direction != way or known.id in work.outbox_of:
        return False
    if event.form == UNTOLD or known.form != UNTOLD:
        work.decide(row.seq, line.version, known.person, known.conversation, f"history of message {known.id}, known")
        return True
    known.form, known.text, known.reply_to = event.form, clean(event.text), known.reply_to or event.reply_to
    media.order(_named(event.media), known, event.account, True, row.source, work)
    work.decide(row.seq, line.version, known.person, known.conversation, f"history tells message {known.id} in full")
    relog(known, row.seq, line, work)
    return True


def _proof(event: MessageEchoed) -> StatusReported:
    """The hub's own send coming back: the platform has it."""
    return StatusReported(
        key=event.key,
        at=event.at,
        account=event.account,
        provider_id=event.provider_id,
        status="sent",
        callback=event.callback,
    )


def _content(payload: str, referral: Mapping[str, str]) -> str:
    """What a message holds beside its text and its files, as the store keeps it."""
    held: dict[str, object] = {"payload": clean(payload)} if payload else {}
    if referral:
        held["referral"] = {clean(name): clean(value) for name, value in referral.items()}
    return json.dumps(held, ensure_ascii=False) if held else ""


def _named(files: Sequence[Media]) -> list[Media]:
    return [replace(file, name=clean(file.name)) for file in files]


def human_has_it(cause: Cause, now: int, because: str, by: str, text: str, line: Line, work: Workspace) -> None:
    """A human answered: the automation of this conversation pauses, and a timer ends the pause; the person is answered.
    `by` is the agent, "" = unknown."""
    talk = cause.talk
    assert talk is not None
    talk.last_human = now
    until = now + int(line.config.hub.pause_after_human * 3_600_000)
    handed_over = talk.paused_until >= UNTIL_RELEASED  # that is done now; what an agent set himself stays
    talk.paused_until = until if handed_over else max(until, talk.paused_until)
    talk.asked = ""
    arm(work, "conversation", talk.id, "pause", talk.paused_until)
    work.decide(cause.seq, line.version, talk.person, talk.id, f"automation pauses: {because}")
    work.standing.bring_inquiries([cause.person.id])
    inquiries.spoken(cause, by, line, work)
    followups.spoke(cause, text, line, work)


def conversation(
    inbox: InboxConfig,
    thread: str,
    identities: Sequence[Identity],
    address: str,
    person: PersonRow,
    row: Claimed,
    work: Workspace,
) -> ConversationRow:
    """The conversation of an event, made now where there is none."""
    keys = talk_keys(inbox, thread, identities)
    talk = next((work.by_key[key] for key in keys if key in work.by_key), None)
    if talk is None and not thread:  # known under another identity than this event gives
        talk = work.talk_with(person.id, inbox.name)
    if talk is not None:
        talk.address = address
        return talk
    talk = work.conversations.add(
        ConversationRow(work.conversations.next_id(), keys[0], inbox.name, person.id, address, "open", row.received)
    )
    work.file_talk(talk)
    return talk


def message_time(talk: ConversationRow, at: int, work: Workspace) -> int:
    """The time a message carries: the platform's, with accept order as the tie-break inside one second."""
    if at // 1000 > talk.last_at // 1000:
        talk.last_at = at
    elif at // 1000 == talk.last_at // 1000:
        talk.last_at = at = max(at, talk.last_at + 1)
    else:
        latest = work.latest_in_second(talk.id, at // 1000)
        # a full second stays what it is: one millisecond more would put the message behind the next second's
        at = min(max(at, latest + 1), at // 1000 * 1000 + 999) if latest else at
    return at


def tell_plugins(
    seq: int, inbox: InboxConfig, person: PersonRow, message: MessageRow, line: Line, work: Workspace
) -> None:
    """A conversation opened: plugins that listen get it after the commit, in their own processes."""
    for plugin in line.listeners.get(InquiryOpened.kind, ()):
        event = InquiryOpened(
            key=str(seq),
            at=message.at,
            inbox=inbox.name,
            person=person.id,
            name=person.name,
            text=message.text,
            conversation=message.conversation,
        )
        work.plugin_work(plugin, seq, json.dumps(pack(event), ensure_ascii=False))
