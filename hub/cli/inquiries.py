"""`dragoman inquiries`: what people want, who has it, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption
from hub.cli.people import AgentOption, PersonArgument

if TYPE_CHECKING:
    from hub.store.inquiries import Listed

MOST = 10_000
"""Inquiries that one list reads."""
ReasonOption = Annotated[str, typer.Option("--reason", help="Why, in few words.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = (
        "Examples: [bold]dragoman inquiries list --due[/]   [bold]dragoman inquiries give p12 anna[/]   "
        "[bold]dragoman inquiries next p12 'send the drawing' --in 2d[/]"
    )
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="What people want.", epilog=examples)
    group.callback()(_inquiries)
    group.command("list", epilog=examples)(listed)
    group.command(epilog="Example: [bold]dragoman inquiries close p12 --reason sold[/]")(close)
    group.command(epilog="Example: [bold]dragoman inquiries snooze p12 --for 3d[/]")(snooze)
    group.command(epilog="Example: [bold]dragoman inquiries reopen p12[/]")(reopen)
    group.command(epilog="Example: [bold]dragoman inquiries give p12 anna[/]")(give)
    group.command(epilog="Example: [bold]dragoman inquiries priority p12 P1[/]")(priority)
    group.command(epilog="Example: [bold]dragoman inquiries hold p12 --reason 'waits for the factory' --for 2d[/]")(
        hold
    )
    group.command("next", epilog="Example: [bold]dragoman inquiries next p12 'call him' --in 4h[/]")(next_step)
    app.add_typer(group, name="inquiries")


def _inquiries() -> None:
    """What people want, who has it, what comes next."""


def listed(
    due: Annotated[bool, typer.Option("--due", help="Only those whose answer is overdue.")] = False,
    planless: Annotated[bool, typer.Option("--no-step", help="Only those that wait for us and have no time.")] = False,
    owner: Annotated[str, typer.Option("--owner", help="Only those of one agent; - for nobody's.")] = "",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """List inquiries that are not closed, each with its next step: the most urgent first."""
    from hub.cli import people
    from hub.cli.output import say_json, say_table, when
    from hub.store import open_reader
    from hub.store.inquiries import unfinished

    hub = people.settings(config)
    db = open_reader(hub.place)
    try:
        found = unfinished(db, MOST)
    finally:
        db.close()
    _, now = people.fresh()
    rows = [_shown(one, now) for one in found]
    rows = [row for row in rows if not due or row["overdue"]]
    rows = [row for row in rows if not planless or (row["step"] == "none" and row["waits_for"] == "us")]
    rows = [row for row in rows if not owner or row["owner"] == owner.replace("-", "", 1 if owner == "-" else 0)]
    rows.sort(key=lambda row: (not row["overdue"], row["reply_by"] or 1 << 60, row["inquiry"]))
    if as_json:
        say_json(rows)
        return
    say_table(
        ("inquiry", "person", "name", "state", "priority", "owner", "reply by", "next step"),
        [
            (
                str(row["inquiry"]),
                f"p{row['person']}",
                row["name"],
                row["state"],
                row["priority"],
                row["owner"],
                f"{when(row['reply_by'])}{' OVERDUE' if row['overdue'] else ''}",
                f"{row['step']} {row['words']} {when(row['step_at'])}".strip(),
            )
            for row in rows
        ],
    )
    print(f"{len(rows)} of {len(found)} that are not closed.")


def _shown(one: Listed, now: int) -> dict[str, Any]:
    import json

    from hub.inquiries.inquiry import Inquiry, Step
    from hub.inquiries.inquiry import next_step as follows

    state = Inquiry(
        opened=one.opened,
        state=one.state,  # type: ignore[arg-type]
        waits_for=one.waits_for,  # type: ignore[arg-type]
        until=one.until,
        changed=one.changed,
        due=one.reply_by,
        plan=Step(*json.loads(one.plan)) if one.plan else None,
    )
    step = follows(state, now)
    return {
        "inquiry": one.id,
        "person": one.person,
        "name": one.name,
        "state": one.state,
        "priority": one.priority,
        "owner": one.owner,
        "waits_for": one.waits_for,
        "reply_by": one.reply_by,
        "overdue": bool(one.reply_by and one.reply_by < now),
        "step": step.kind,
        "step_at": step.at,
        "words": step.words,
    }


def close(
    person: PersonArgument, reason: ReasonOption = "done", agent: AgentOption = "agent", config: ConfigOption = CONFIG
) -> None:
    """Close the inquiry of a person: nothing is left to do. A message of his within a week opens it again."""
    _edit(person, agent, config, state="closed", reason=reason)


def snooze(
    person: PersonArgument,
    length: Annotated[str, typer.Option("--for", help="How long: 30m, 12h or 2d.")] = "1d",
    reason: ReasonOption = "",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Let the inquiry sleep; it wakes by itself, or when the person writes. Its clock stands still."""
    from hub.cli.people import fresh

    _edit(person, agent, config, state="snoozed", until=fresh()[1] + _ms(length), reason=reason)


def reopen(person: PersonArgument, agent: AgentOption = "agent", config: ConfigOption = CONFIG) -> None:
    """Open the last inquiry of a person again."""
    _edit(person, agent, config, state="open")


def give(
    person: PersonArgument,
    owner: Annotated[str, typer.Argument(metavar="AGENT", help="An agent of hub.toml, by name.")],
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Give the inquiry of a person to an agent, whatever the rules chose."""
    from hub.cli.options import read
    from hub.contracts.errors import ConfigError
    from hub.engine.tables import closest

    agents = read(config)[0].rules.book.staff.agents
    if owner not in agents:
        raise ConfigError(f"there is no agent '{owner}'", remedy=closest(owner, agents, "agents"))
    _edit(person, agent, config, owner=owner)


def priority(
    person: PersonArgument,
    name: Annotated[str, typer.Argument(metavar="PRIORITY", help="A priority of hub.toml, by name.")],
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Give the inquiry of a person another priority; its clock runs since he began to wait."""
    from hub.cli.options import read
    from hub.contracts.errors import ConfigError
    from hub.engine.tables import closest

    priorities = read(config)[0].rules.book.priorities
    if priorities.named(name) is None:
        known = [one.name for one in priorities.all]
        raise ConfigError(f"there is no priority '{name}'", remedy=closest(name, known, "priorities"))
    _edit(person, agent, config, priority=name)


def hold(
    person: PersonArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why its clock stands still; - lets it run again.")],
    length: Annotated[str, typer.Option("--for", help="At most so long: 12h or 2d.")] = "7d",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Stop the clock of an inquiry for a reason, or let it run again with --reason -."""
    from hub.cli.people import fresh

    _edit(person, agent, config, hold=reason, until=fresh()[1] + _ms(length))


def next_step(
    person: PersonArgument,
    words: Annotated[str, typer.Argument(metavar="STEP", help="What is to be done.")],
    length: Annotated[str, typer.Option("--in", help="By when: 4h or 2d from now.")] = "1d",
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
) -> None:
    """Say what comes next in the inquiry of a person, and by when."""
    from hub.cli.people import fresh

    _edit(person, agent, config, next_step=words, until=fresh()[1] + _ms(length))


def _ms(length: str) -> int:
    from hub.cli.pause import milliseconds

    return milliseconds(length)


def _edit(person: str, agent: str, config: Any, **values: Any) -> None:
    from hub.cli import people
    from hub.model.by_hand import InquiryEdited

    hub = people.settings(config)
    who = people.reference(person, hub.region)
    people.must_know(hub.place, who)
    key, at = people.fresh()
    people.happen(hub.place, InquiryEdited(key=key, at=at, person=who, agent=agent, **values))
