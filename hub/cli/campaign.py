"""`dragoman campaign`: what a campaign would do, starting and stopping it, and how far it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read
from hub.cli.people import AgentOption

if TYPE_CHECKING:
    from hub.engine.settings import Config
    from hub.store.campaigns import Reach
    from hub.tags.campaigns import Campaign

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="Name of the campaign, of \\[campaign.NAME].")]
PAGE = 1000
SAMPLES = 3


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = (
        "Examples: [bold]dragoman campaign preview spring[/]   [bold]dragoman campaign start spring --agent Ana[/]"
    )
    group = typer.Typer(
        no_args_is_help=True, rich_markup_mode="rich", help="Tell a segment something.", epilog=examples
    )
    group.callback()(_campaign)
    for command, more in ((preview, " --most 50000"), (start, " --agent Ana"), (stop, ""), (status, " --json")):
        name = command.__name__
        group.command(epilog=f"Example: [bold]dragoman campaign {name} spring{more}[/]")(command)
    app.add_typer(group, name="campaign")


def _campaign() -> None:
    """Tell the people of a segment something, each once, slowly, through the same gate as every other message."""


def preview(
    name: NameArgument,
    most: Annotated[int, typer.Option("--most", min=1, help="Look at the first so many people.")] = 10_000,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show whom a campaign would reach now, who would be refused and why, and what some of them would read."""
    from hub.cli.output import say_json, say_table
    from hub.cli.people import fresh
    from hub.store import campaigns, open_reader, segments

    loaded, campaign = _known(config, name)
    segment, now = loaded.rules.book.segments[campaign.segment], fresh()[1]
    refused: Counter[str] = Counter()
    samples: list[dict[str, str]] = []
    looked = after = 0
    db = open_reader(loaded.hub.place)
    try:
        total = segments.count(db, segment, now)
        while looked < most and (people := segments.page(db, segment, now, after, min(PAGE, most - looked))):
            looked, after = looked + len(people), people[-1]
            for one in campaigns.reach(db, people, "market"):
                against = refusal(one, campaign, loaded, now)
                if against:
                    refused[against] += 1
                elif len(samples) < SAMPLES:
                    samples.append(_sample(one, campaign, loaded, now))
    finally:
        db.close()
    told = looked - sum(refused.values())
    if as_json:
        plain = {"campaign": name, "segment": campaign.segment, "people": total, "looked_at": looked, "would_go": told}
        say_json({**plain, "refused": dict(refused.most_common()), "samples": samples, "rate": campaign.rate})
        return
    print(f"{total} people are in the segment {campaign.segment}.")
    of = f"Of the first {looked}, " if looked < total else ""
    minutes = -(-total // campaign.rate)
    print(f"{of}{told} would be told, {looked - told} would not; {campaign.rate} a minute: {minutes} min in all.")
    if refused:
        say_table(("people", "why not"), [(str(number), why) for why, number in refused.most_common()])
    for sample in samples:
        print(f"\n{sample['person']} {sample['name']} in {sample['inbox']}:\n{sample['says']}")


def refusal(one: Reach, campaign: Campaign, loaded: Config, now: int) -> str:
    """Why somebody would not be told now, one sentence as the gate says it; "" = he would, as far as can be seen."""
    from hub.sending import SendState, may_send
    from hub.sending.policy import Outreach

    inbox = _inbox(one, campaign, loaded)
    if not inbox:
        return "There is no conversation with the person in its inboxes."
    able = loaded.connections[loaded.inboxes[inbox].connection].channel.capabilities
    form = "template" if _template_goes(one, campaign, loaded, inbox, now) else "text"
    state = SendState(
        cls="outreach",
        opted_out=bool(one.opted_out),
        window=able.window,
        last_inbound=dict(one.talks)[inbox],
        paused_until=0,
        replies_since_inbound=0,
        max_replies=1,
        repeats=False,
        created=now,
        form=form,
        sendable=form in able.forms,
        outreach=Outreach(
            purpose="market",
            created=now,
            sent=tuple(int(time) for time in one.outreach.split()),
            consent=None if one.consent is None else bool(one.consent),
            heard=max(heard for _, heard in one.talks),
        ),
        policy=loaded.rules.book.policy,
    )
    verdict = may_send(state, now)
    return verdict.reason if verdict.action not in ("send", "wait") else ""


def _inbox(one: Reach, campaign: Campaign, loaded: Config) -> str:
    return campaign.through([inbox for inbox, _ in one.talks if inbox in loaded.inboxes])


def _template_goes(one: Reach, campaign: Campaign, loaded: Config, inbox: str, now: int) -> bool:
    from hub.engine.effects.campaigns import free_text

    window = loaded.connections[loaded.inboxes[inbox].connection].channel.capabilities.window
    free = free_text(window, dict(one.talks)[inbox], now)
    return campaign.template is not None and not (free and campaign.text is not None)


def _sample(one: Reach, campaign: Campaign, loaded: Config, now: int) -> dict[str, str]:
    from hub.engine.effects.campaigns import words

    inbox = _inbox(one, campaign, loaded)
    text, content = words(
        campaign, one.name, one.language, inbox, not _template_goes(one, campaign, loaded, inbox, now)
    )
    if content.template is not None:
        text = f"template {content.template.name} ({content.template.language}): {', '.join(content.template.body)}"
    return {"person": f"p{one.person}", "name": one.name, "inbox": inbox, "says": text}


def start(name: NameArgument, agent: AgentOption = "agent", config: ConfigOption = CONFIG) -> None:
    """Start a campaign, or let one go on that was stopped: nobody is told twice in a run."""
    _known(config, name)
    _change(name, "start", agent, config)


def stop(name: NameArgument, agent: AgentOption = "agent", config: ConfigOption = CONFIG) -> None:
    """Stop a campaign: nobody else has a turn, and what waits to be sent is dropped."""
    _change(name, "stop", agent, config)


def _change(name: str, action: Literal["start", "stop"], agent: str, config: Any) -> None:
    from hub.cli import people
    from hub.model.by_hand import CampaignChanged

    key, at = people.fresh()
    event = CampaignChanged(key=key, at=at, campaign=name, action=action, agent=agent)
    people.happen(people.settings(config).place, event)


def status(name: NameArgument, config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Show how far the last run of a campaign is, and what became of its messages."""
    from hub.cli import people
    from hub.cli.output import say_json, when
    from hub.store import campaigns, open_reader

    db = open_reader(people.settings(config).place)
    try:
        run = campaigns.last_run(db, name)
        left = campaigns.waiting(db, run.id) if run else 0
        outcomes = campaigns.outcomes(db, name, run.at) if run else {}
    finally:
        db.close()
    if run is None:
        if as_json:
            say_json({"campaign": name, "run": None})
        else:
            print(f"{name} was never started: dragoman campaign preview {name} shows what it would do.")
        return
    if as_json:
        say_json({"campaign": name, "run": run._asdict(), "waiting": left, "messages": outcomes})
        return
    ended = f", ended {when(run.ended)}" if run.ended else ""
    print(f"{name} is {run.state}, begun {when(run.at)} by {run.agent}{ended}.")
    print(f"{run.people - left} of {run.people} people had their turn.")
    if outcomes:
        print(f"Messages: {', '.join(f'{number} {what}' for what, number in outcomes.items())}.")


def _known(config: Any, name: str) -> tuple[Config, Campaign]:
    from hub.contracts.errors import NotFound
    from hub.engine.tables import closest

    loaded, _ = read(config)
    found = loaded.rules.book.campaigns.get(name)
    if found is None:
        raise NotFound(f"there is no campaign '{name}': {closest(name, loaded.rules.book.campaigns, 'campaigns')}")
    return loaded, found
