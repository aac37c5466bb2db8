"""Campaigns: started and stopped by agents; one person after the other is told, through the gate like everybody."""

from __future__ import annotations

from dataclasses import replace

from hub.engine.effects import automation, objects, people
from hub.engine.effects.cause import Cause
from hub.engine.line import Line
from hub.model.by_hand import CampaignChanged
from hub.model.commands import Send
from hub.model.content import PLAIN, Content, Template
from hub.model.happened import CampaignDue
from hub.sending.gate import MARGIN
from hub.store import campaigns as shelf
from hub.store.journal import Claimed
from hub.store.needs import Needs
from hub.store.rows import ConversationRow, PersonRow
from hub.store.workspace import Workspace
from hub.tags.campaigns import Campaign
from hub.tags.segments import facts_of

CAMPAIGN = "campaign:"
"""What the name of a campaign's messages and of its pause begins with."""


def look_changed(event: CampaignChanged, row: Claimed, line: Line, needs: Needs) -> None:
    """Nobody: its people are gathered by the duty."""


def changed(event: CampaignChanged, row: Claimed, line: Line, work: Workspace) -> None:
    """An agent starts a campaign, or lets a stopped run go on; or stops it: what waits to be sent is dropped then."""
    name, run = event.campaign, shelf.last_run(work.db, event.campaign)
    open_run = run if run is not None and run.state in shelf.OPEN else None
    if event.action == "stop":
        work.standing.pause(f"{CAMPAIGN}{name}", automation.FOR_EVER, event.agent, work.now)
        if open_run is not None:
            shelf.set_state(work.db, open_run.id, "stopped")
        told = "is stopped" if open_run is not None else "is stopped; it was not running"
    elif name not in line.config.rules.book.campaigns:
        work.bury("event", row.seq, f"there is no campaign {name} to start")
        return
    elif open_run is not None:
        told = "runs already"
    else:
        work.standing.pause(f"{CAMPAIGN}{name}", 0, event.agent, work.now)
        if run is not None and run.state == "stopped":
            shelf.set_state(work.db, run.id, "filling")
            told = "goes on"
        else:
            shelf.begin(work.db, name, event.agent, work.now)
            told = "is started"
    work.decide(row.seq, line.version, 0, 0, f"campaign {name} {told}: {event.agent}")


def look(event: CampaignDue, row: Claimed, line: Line, needs: Needs) -> None:
    """The person, his conversations, and what rules and segments ask for."""
    automation.look(event, row, line, needs)
    campaign = line.config.rules.book.campaigns.get(event.campaign)
    if campaign is not None:
        looks = line.config.rules.book.segments[campaign.segment].looks
        needs.tags = needs.tags or "tags" in looks
        needs.beside = needs.beside or "beside" in looks


def due(event: CampaignDue, row: Claimed, line: Line, work: Workspace) -> None:
    """It is this person's turn: rules hear of it, and he is told, if he is in the segment still."""
    automation.happened(event, row, line, work)
    person = people.current(work, event.person)
    campaign = line.config.rules.book.campaigns.get(event.campaign)
    if person is None or person.erased:
        return
    talk = _talk(campaign, person, line, work) if campaign is not None else None
    cause = Cause(row.seq, event, person, talk)
    if campaign is None:
        against = "it is no longer in the file"
    elif f"{CAMPAIGN}{campaign.name}" in work.standing.paused(work.now):
        against = "it was stopped"
    elif not _belongs(campaign, cause, row, line, work):
        against = f"the person left the segment {campaign.segment}"
    elif talk is None:
        against = "there is no conversation with the person in its inboxes"
    else:
        automation.carry_out(_send(campaign, person, talk, line, work), cause, line, work)
        return
    work.decide(row.seq, line.version, person.id, 0, f"campaign {event.campaign} says nothing: {against}")


def _belongs(campaign: Campaign, cause: Cause, row: Claimed, line: Line, work: Workspace) -> bool:
    segment = line.config.rules.book.segments[campaign.segment]
    facts = facts_of(automation.view(cause, row.received, line, work))
    if segment.won:
        _, deals, _ = objects.seen(cause.person, line, work)
        facts = replace(facts, deals=tuple(deal.stage for deal in deals if deal.closed))
    return segment.holds(facts, work.now)


def _talk(campaign: Campaign, person: PersonRow, line: Line, work: Workspace) -> ConversationRow | None:
    talks = [t for t in work.conversations.rows.values() if t.person == person.id and t.inbox in line.config.inboxes]
    talks.sort(key=lambda talk: (talk.last_in, talk.id), reverse=True)
    inbox = campaign.through([talk.inbox for talk in talks])
    return next((talk for talk in talks if talk.inbox == inbox), None)


def _send(campaign: Campaign, person: PersonRow, talk: ConversationRow, line: Line, work: Workspace) -> Send:
    window = line.config.connections[line.config.inboxes[talk.inbox].connection].channel.capabilities.window
    known = {"person": {"name": person.name, "language": person.language}, "inbox": talk.inbox}
    text, content = words(campaign, person.name, person.language, talk.inbox, free_text(window, talk.last_in, work.now))
    return Send(
        rule=f"{CAMPAIGN}{campaign.name}",
        text=text,
        content=content,
        instead=campaign.text.instead(person.language, known) if campaign.text is not None else PLAIN,
        cls="outreach",
        purpose="market",
        topic=campaign.topic,
    )


def free_text(window: int, heard: int, now: int) -> bool:
    """Whether free text may go now, as the gate sees it."""
    return not window or bool(heard and now < heard + window - MARGIN)


def words(campaign: Campaign, name: str, language: str, inbox: str, free: bool) -> tuple[str, Content]:
    """What a campaign says to somebody: its text where free text may go, else its template, if it has one."""
    values = {"person": {"name": name, "language": language}, "inbox": inbox}
    if campaign.template is None or (free and campaign.text is not None):
        assert campaign.text is not None, "a campaign has one of the two"
        return campaign.text.render(language, values), PLAIN
    body = tuple(part.render(language, values) for part in campaign.template.params)
    return "", Content(
        form="template", template=Template(name=campaign.template.name, language=campaign.template.language, body=body)
    )
