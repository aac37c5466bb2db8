"""The line, on one screen: claim -> understand -> load -> act -> save -> unqueue, in one transaction.

An event that cannot be understood or acted on is buried with its cause; the others of the batch go through.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog

from hub.engine.configurations import CONFIGURED
from hub.engine.configurations import refresh as reconfigure
from hub.engine.effects import (
    approvals,
    automation,
    campaigns,
    changes,
    classified,
    configurations,
    drift,
    due,
    edits,
    humans,
    inquiries,
    inquiry_edits,
    mappings,
    media,
    messages,
    moves,
    naming,
    news,
    objects,
    pauses,
    records,
    settling,
    tagging,
    tags,
    touched,
    writes,
)
from hub.engine.effects.restored import in_doubt
from hub.engine.line import Line
from hub.engine.mappings import refresh
from hub.model import by_hand as hand
from hub.model import events as ev
from hub.model import happened
from hub.model.events import Event
from hub.store import Store, StoreTrouble, trail
from hub.store.journal import Claimed
from hub.store.workspace import Needs, Workspace

log = structlog.get_logger("hub.step")

Look = Callable[[Any, Claimed, Line, Needs], None]
Act = Callable[[Any, Claimed, Line, Workspace], None]

HAPPENED = (
    happened.RecordChanged,
    happened.DealStage,
    happened.OwnerChanged,
    happened.TaskDone,
    happened.MessageSent,
    happened.MessageRead,
    happened.TagAdded,
    happened.TagRemoved,
    happened.TagDue,
    happened.ReplyDue,
    happened.InquiryChanged,
    happened.Rated,
    happened.Notice,
)
"""What rules are asked about, and nothing else is done."""

EFFECTS: dict[type[Event], tuple[Look, Act]] = {
    ev.MessageReceived: (messages.look, messages.received),
    ev.MessageEchoed: (messages.look_echo, messages.echoed),
    ev.ConsentChanged: (messages.look_consent, messages.consent),
    ev.MessageChanged: (changes.look_message, changes.changed),
    ev.IdentityChanged: (changes.look_identity, changes.moved),
    ev.AccountNews: (messages.look_nothing, news.heard),
    ev.MediaSettled: (media.look, media.settled),
    ev.Unknown: (messages.look_nothing, messages.unknown),
    ev.StatusReported: (settling.look_status, settling.status),
    ev.SendSettled: (settling.look_send, settling.send),
    ev.CrmSettled: (writes.look, writes.settled),
    ev.RecordsRead: (records.look, records.read),
    ev.RecordsTouched: (touched.look, touched.touched),
    ev.TemplatesRead: (messages.look_nothing, approvals.read),
    hand.HumanReplied: (naming.look, humans.replied),
    hand.PauseChanged: (pauses.look, pauses.paused),
    hand.ConversationClaimed: (pauses.look_claimed, pauses.claimed),
    hand.IdentityMoved: (moves.look, moves.moved),
    hand.DeadHandled: (humans.look_dead, humans.dead),
    hand.RecordEdited: (objects.look_edited, objects.edited),
    hand.DriftSwept: (drift.look, drift.swept),
    hand.MappingApplied: (messages.look_nothing, mappings.applied),
    hand.ConfigurationApplied: (messages.look_nothing, configurations.applied),
    hand.PersonEdited: (edits.look_edited, edits.edited),
    hand.InquiryEdited: (inquiry_edits.look, inquiry_edits.edited),
    hand.ConflictDecided: (edits.look_decided, edits.decided),
    hand.TagsEdited: (tagging.look, tagging.edited),
    hand.ConsentRecorded: (tagging.look, tagging.consented),
    hand.CampaignChanged: (campaigns.look_changed, campaigns.changed),
    happened.CampaignDue: (campaigns.look, campaigns.due),
    **dict.fromkeys(HAPPENED, (automation.look, automation.happened)),
    happened.MessageClassified: (automation.look, classified.looked),
    ev.TimerDue: (due.look, due.due),
    ev.FactsCounted: (messages.look_nothing, inquiries.counted),
    ev.PluginAnswered: (messages.look_nothing, humans.plugin),
}
"""What each kind of event looks at, and what it does."""


WIDE = (
    ev.FactsCounted,
    ev.TemplatesRead,
    hand.CampaignChanged,
    hand.MappingApplied,
    hand.ConfigurationApplied,
    hand.DriftSwept,
    hand.DeadHandled,
    hand.RecordEdited,
    ev.MediaSettled,
)
"""Events that concern rows of nobody, or of anybody: where several processes step, they are taken alone."""


@dataclass(slots=True)
class Stepped:
    """What a step did: how many events it ended, how many of them it buried, which targets have new work, and the CRMs
    whose mapping it touched. `wide`: events it left to be taken alone."""

    events: int = 0
    buried: int = 0
    woken: set[str] = field(default_factory=set)
    mapped: set[str] = field(default_factory=set)
    wide: list[int] = field(default_factory=list)

    def __iadd__(self, other: Stepped) -> Stepped:
        self.events += other.events
        self.buried += other.buried
        self.woken |= other.woken
        self.mapped |= other.mapped
        return self


def step(store: Store, line: Line, now: int, budget: int) -> Stepped:
    """Work off the next events. If the batch fails as a whole, it is taken one by one and the culprit is buried.

    Raises StoreTrouble when the store itself cannot work: everything stays as it was.
    """
    try:
        done = store.beside(lambda: _batch(store, line, now, store.claim(budget)))
        if done.wide:
            with store.transaction():
                done += _batch(store, line, now, store.claim_these(done.wide))
    except StoreTrouble:  # no event is to blame
        raise
    except Exception as error:
        log.error("step failed, taking its events one by one", error=type(error).__name__)
        done = _one_by_one(store, line, now, budget)
    _take_over(store, line, done)
    return done


def step_these(store: Store, line: Line, now: int, claimed: Sequence[Claimed]) -> Stepped:
    """Work off these events together, whatever is queued: as it was done once. Raises what their effects raise."""
    with store.transaction():
        done = _batch(store, line, now, claimed)
    _take_over(store, line, done)
    return done


def _take_over(store: Store, line: Line, done: Stepped) -> None:
    """The next step goes by what this one changed of mappings and rules."""
    for crm in done.mapped:
        refresh(store.db, line, crm)
    if CONFIGURED in done.woken:
        reconfigure(store.db, line)


def _one_by_one(store: Store, line: Line, now: int, budget: int) -> Stepped:
    done = Stepped()
    for _ in range(budget):
        claimed: list[Claimed] = []
        try:
            with store.transaction():
                claimed = store.claim(1)
                one = _batch(store, line, now, claimed)
        except StoreTrouble:
            if done.events:  # they are done, and whoever was woken by them is to know
                return done
            raise
        except Exception as error:
            one = _bury(store, now, claimed, f"the hub could not process it: {type(error).__name__}: {error}")
        if not one.events:
            break
        done += one
    return done


def _batch(store: Store, line: Line, now: int, claimed: Sequence[Claimed]) -> Stepped:
    """These events, inside a transaction that is open. Beside other processes the wide ones are left."""
    done = Stepped()
    if not claimed:
        return done
    work, needs = store.workspace(now), Needs()
    work.session_gap = int(line.config.hub.session_gap * 60_000)
    planned: list[tuple[Act, Event, Claimed]] = []
    ended: list[Claimed] = []
    for row in claimed:
        try:
            events = line.understand(row)
            if store.db.held is not None and any(isinstance(event, WIDE) for event in events):
                done.wide.append(row.seq)
                continue
            for event in events:
                look, act = EFFECTS[type(event)]
                look(event, row, line, needs)
                planned.append((act, event, row))
        except Exception as error:
            work.bury("event", row.seq, f"not understood: {type(error).__name__}: {error}")
            done.buried += 1
        ended.append(row)
    work.load(needs)
    taken = trail.Taken(store.db)
    for act, event, row in planned:
        act(event, row, line, work)
        if work.revalued:
            tags.revalued(event, row, line, work)
        taken.by(row.seq)
    if line.restored:
        in_doubt(ended, line, work)
    work.save()
    store.unqueue([row.seq for row in ended])
    if ended:
        trail.note_step(store.db, now, line.version, [row.seq for row in ended], taken)
    done.events, done.woken = len(ended), work.woken
    done.mapped = {version.crm for version in work.mappings.rows.values()}
    return done


def _bury(store: Store, now: int, failed: Sequence[Claimed], cause: str) -> Stepped:
    """This event alone fails every time: out of the line with it, into the dead letters. Another process may have done
    so already."""
    with store.transaction():
        claimed = store.claim_these([row.seq for row in failed])
        work = store.workspace(now)
        for row in claimed:
            work.bury("event", row.seq, cause)
        work.save()
        store.unqueue([row.seq for row in claimed])
        told = ": ".join(cause.split(": ")[:2])  # what the error quotes may be a person's
        trail.note(store.db, trail.BURIED, now, events=trail.runs(row.seq for row in claimed), cause=told)
    return Stepped(len(failed), len(claimed))
