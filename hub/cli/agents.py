"""`dragoman agents`: who has how much, who is there, how soon they answer."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Examples: [bold]dragoman agents[/]   [bold]dragoman agents --since 7d --json[/]")(agents)


def agents(
    since: Annotated[str, typer.Option("--since", help="Answers of the last 12h, 7d, ...")] = "30d",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show each agent: open inquiries against his maximum, whether he is there now, and how soon he answered.

    Times are working time until the first answer. The spread is the slowest agent's median less the fastest's.
    """
    from hub.cli.output import say_json, say_table
    from hub.cli.pause import milliseconds
    from hub.cli.people import fresh
    from hub.inquiries.response_times import response_times
    from hub.store import open_reader
    from hub.store.inquiries import answers, loads

    loaded, _ = read(config)
    staff, hours, now = loaded.rules.book.staff, loaded.rules.book.hours, fresh()[1]
    db = open_reader(loaded.hub.place)
    try:
        at_hand = loads(db, staff.agents) if staff.agents else {}
        times = response_times([(one.owner, one.worked) for one in answers(db, now - milliseconds(since))])
    finally:
        db.close()
    rows: list[dict[str, Any]] = []
    for name in sorted({*staff.agents, *(owner for owner in times.by_owner if owner)}):
        agent, one = staff.agents.get(name), times.by_owner.get(name)
        shift = hours.get(agent.shift) if agent is not None else None
        rows.append(
            {
                "agent": name,
                "open": at_hand.get(name, (0, 0))[0],
                "max_open": agent.max_open if agent is not None else 0,
                "there": agent is not None and (shift is None or shift.is_open(now)),
                "answers": one.answers if one else 0,
                "median_ms": one.median if one else 0,
                "p90_ms": one.p90 if one else 0,
            }
        )
    if as_json:
        say_json({"agents": rows, "spread_ms": times.spread, "slowest": times.slowest, "fastest": times.fastest})
        return
    say_table(
        ("agent", "open", "there", "answers", "median", "9 of 10 within"),
        [
            (
                row["agent"],
                f"{row['open']}/{row['max_open'] or '-'}",
                "yes" if row["there"] else "no",
                str(row["answers"]),
                _minutes(row["median_ms"]) if row["answers"] else "",
                _minutes(row["p90_ms"]) if row["answers"] else "",
            )
            for row in rows
        ],
    )
    if times.slowest:
        print(f"Spread {_minutes(times.spread)}: {times.slowest} is slowest, {times.fastest} fastest.")


def _minutes(ms: int) -> str:
    return f"{ms / 60_000:.1f} min"
