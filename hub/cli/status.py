"""`dragoman status`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption

if TYPE_CHECKING:
    from hub.store import Place

FAR = 253_000_000_000_000
"""The year 9987 in ms: what lasts so long is ended by hand."""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: [bold]dragoman status --json[/]")(status)


def status(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Show what the hub does and what waits; exits 1 when it does not run here or something needs a human."""
    from hub.cli import people
    from hub.cli.output import say_json
    from hub.engine.control_client import ask

    hub = people.settings(config)
    live = ask(hub.data, {"do": "status"})
    known = {"running": live is not None, "data": str(hub.data), "store": hub.store_shown, "hub": live or {}}
    facts = {**known, **_stored(hub.place)}
    if as_json:
        say_json(facts)
    else:
        _say(facts)
    if live is None or live["notices"] or facts["dead"]:
        raise typer.Exit(1)


def _stored(place: Place) -> dict[str, Any]:
    from hub.cli.people import fresh
    from hub.store import health, open_reader, reading
    from hub.store.copying import last_backup
    from hub.store.dialects import leases

    db = open_reader(place)
    try:
        holders = leases.look(db) if db.shared else None
        return {
            "processes": holders.processes if holders else None,
            "duties": dict(holders.of) if holders else {},
            "inboxes": {
                name: {"conversations": count, "last_inbound": last} for name, count, last in reading.inboxes(db)
            },
            "queue": reading.queued(db),
            "outbox": _nested(reading.all_commands(db)),
            "dead": reading.dead_by_kind(db),
            "links": _nested(reading.links_by_state(db)),
            "asked": reading.asked(db),
            "files": health.media(db),
            "plugin_work": reading.plugin_work(db),
            "backup": None if (last := last_backup(db)) is None else last._asdict(),
            "paused": [
                {"person": person, "name": name, "inbox": inbox, "until": until}
                for person, name, inbox, until in reading.paused(db, fresh()[1])
            ],
            "stopped": [
                {"name": name, "until": until, "agent": agent} for name, until, agent in reading.stopped(db, fresh()[1])
            ],
            "claimed": [
                {"person": person, "name": name, "inbox": inbox, "agent": agent}
                for person, name, inbox, agent in reading.claimed(db)
            ],
        }
    finally:
        db.close()


def _shares(duties: dict[str, str]) -> dict[str, list[str]]:
    """Process -> what it alone does now."""
    found: dict[str, list[str]] = {}
    for duty, process in duties.items():
        found.setdefault(process or "none", []).append(duty)
    return dict(sorted(found.items()))


def _nested(counts: dict[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (first, second), count in counts.items():
        found.setdefault(first, {})[second] = count
    return found


def _say(facts: dict[str, Any]) -> None:
    from hub.cli.output import say_table, when

    live = facts["hub"]
    if live:
        print(f"The hub runs since {when(live['began'])} (process {live['pid']}, configuration {live['version']}).")
    else:
        print(f"No hub runs on {facts['data']}.")
    if facts["processes"] is not None:
        print(f"The store is {facts['store']}; processes of the hub that live: {facts['processes']}.")
    names = list(dict.fromkeys([*live.get("inboxes", {}), *facts["inboxes"]]))
    flying, known = live.get("in_flight", {}), facts["inboxes"]
    rows = []
    for name in names:
        found = known.get(name, {"conversations": 0, "last_inbound": 0})
        rows.append(
            (name, str(found["conversations"]), when(found["last_inbound"]) or "never", str(flying.get(name, 0)))
        )
    if rows:
        say_table(("inbox", "conversations", "last message", "sending now"), rows)
    lines = [("queue", f"{facts['queue']} events wait for their step")]
    lines += [(f"outbox {kind}", _counts(states)) for kind, states in facts["outbox"].items()]
    if waiting := facts["files"].get("pending"):
        lines.append(("files", f"{waiting} of inbound messages wait to be fetched"))
    lines += [(f"crm {crm}", f"people {_counts(states)}") for crm, states in facts["links"].items()]
    told = "fields wait for a human: dragoman crm conflicts"
    lines += [(f"crm {crm}", f"{count} {told}") for crm, count in facts["asked"].items()]
    lines += [
        (f"crm {name}", "the first read is not finished")
        for name, s in live.get("crms", {}).items()
        if s == "first read"
    ]
    shared = facts["processes"] is not None
    lines += [("this process", live["process"])] if live and shared else []
    lines += [(f"process {name}", ", ".join(duties)) for name, duties in _shares(facts["duties"]).items()]
    lines += [(f"plugin {name}", f"{count} events to tell") for name, count in facts["plugin_work"].items()]
    lines += [(f"plugin {name}", f"quarantined: {why}") for name, why in live.get("quarantined", {}).items()]
    lines += [(f"connection {name}", f"rests: {why}") for name, why in live.get("resting", {}).items()]
    lines.append(("last backup", _backup(facts["backup"])))
    lines.append(("dead letters", f"{_counts(facts['dead']) or 'none'}"))
    lines += [
        (f"p{p['person']} {p['name']}".strip(), f"automation of {p['inbox']} pauses {_until(p['until'])}")
        for p in facts["paused"]
    ]
    lines += [
        (f"p{p['person']} {p['name']}".strip(), f"{p['agent']} has the conversation in {p['inbox']}")
        for p in facts["claimed"]
    ]
    lines += [
        (
            "all automation" if s["name"] == "*" else s["name"].replace(":", " ", 1),
            f"pauses {_until(s['until'])}: {s['agent']}",
        )
        for s in facts["stopped"]
    ]
    lines += [(f"! {subject}", what) for subject, what in live.get("notices", {}).items()]
    say_table(("what", "how it is"), lines)


def _until(at: int) -> str:
    from hub.cli.output import when

    return f"until {when(at)}" if at < FAR else "until it is released"


def _backup(made: dict[str, Any] | None) -> str:
    from hub.cli.output import when
    from hub.cli.people import fresh

    if made is None:
        return "none that was verified"
    hours = max(0, fresh()[1] - made["at"]) // 3_600_000
    return f"{when(made['at'])}, {f'{hours // 24} days' if hours >= 48 else f'{hours} hours'} ago"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())
