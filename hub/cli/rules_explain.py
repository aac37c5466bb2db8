"""`dragoman rules explain`: what each rule saw of an event, and what came of it."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read

if TYPE_CHECKING:
    from collections.abc import Iterator

Row = dict[str, Any]


def register(group: typer.Typer) -> None:
    """Add the command to `dragoman rules`."""
    group.command(
        epilog="Examples: [bold]dragoman rules explain m12[/]   [bold]dragoman rules explain wamid.HBgL... --all[/]   "
        "[bold]dragoman rules explain 340 --json[/]"
    )(explain)


def explain(
    name: Annotated[
        str,
        typer.Argument(
            metavar="EVENT|MESSAGE", help="A message (m12, or the platform's id of it) or a number of the journal."
        ),
    ],
    every: Annotated[
        bool, typer.Option("--all", help="Also what every rule would decide now, with what is known now.")
    ] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Tell which rules looked at an event, what each of their conditions saw, what they did, and what the gate let out.

    What is told first was kept when it was decided. With --all the rules that run now look once more, at the event as
    it came but at the person as he is known now: his tags, values, inquiry and pauses may have changed since.
    """
    from hub.cli.output import say_json
    from hub.engine.explain import explain as explained
    from hub.engine.explain import line_now
    from hub.engine.line import now_ms
    from hub.store import open_reader
    from hub.store.explained import events_named

    loaded, _ = read(config)
    with closing(open_reader(loaded.hub.place)) as db:
        line = line_now(db, loaded)
        found = [explained(db, line, seq, now_ms(), again=every) for seq in events_named(db, name.strip())]
    if as_json:
        say_json(found)
    else:
        for one in found:
            print("\n".join(_lines(one)))
    if not found:
        if not as_json:
            print(
                f"Nothing is known as '{name}': no message (m12), no platform's message id, no number of the journal."
            )
        raise typer.Exit(1)


def _lines(one: Row) -> Iterator[str]:
    from hub.cli.output import when
    from hub.cli.records import lines

    event = one["event"]
    if event is not None:
        source = f"{event['source']} {event['account']}".strip()
        yield f"event       {when(event['received'])}  journal {event['seq']} from {source}: {event['key']}"
    else:
        yield f"event       journal {one['seq']}, no longer kept"
    for message in one["messages"]:
        yield f"  message   m{message['id']} of p{message['person']} in {message['inbox']}: {message['text'][:200]!r}"
    for decision in one["decisions"]:
        version = f"{decision['version']} {decision['hash']}".strip()
        yield f"  decided   {when(decision['at'])}  (configuration {version})"
        yield from (f"            {line}" for line in decision["because"].splitlines())
        yield from lines(decision["record"])
    if one["silent"]:
        yield f"  silent    {one['silent']}"
    for command in one["commands"]:
        yield _command(command)
    for event in one["followed"]:
        yield f"  followed  journal {event['seq']}: {event['key']}"
    for again in one.get("again", ()):
        yield f"again, by the rules that run now and what is known now ({again['kind']})"
        if again["why_not"]:
            yield f"  silent    {again['why_not']}"
        yield from (f"            {line}" for line in again["because"])
        yield from lines(again["record"])


def _command(c: Row) -> str:
    from hub.cli.output import when

    reason = f" ({c['reason']})" if c["reason"] else ""
    due = f", due {when(c['due'])}" if c["due"] and c["state"] in ("waiting", "evidence") else ""
    text = f": {c['text'][:80]!r}" if c["text"] and c["kind"] == "send" else ""
    return f"  command   {c['id']} {c['kind']} to {c['target']} by {c['rule']}: {c['state']}{due}{reason}{text}"
