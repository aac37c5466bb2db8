"""`dragoman rules replay`: the journal worked off once more, by the rules that ran or by others. Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hub.engine.replay import Diff, Difference, Replayed
    from hub.store.compared import Said


def register(group: typer.Typer) -> None:
    """Add the command to `dragoman rules`."""
    group.command(
        epilog="Examples: [bold]dragoman rules replay --since 30d --dry-run[/]   "
        "[bold]dragoman rules replay --since 7d --dry-run --rules draft.toml[/]   "
        "[bold]dragoman rules replay --since 7d --dry-run --rules draft.toml --json[/]   "
        "[bold]dragoman rules replay --since 30d --dry-run --from /backups/october[/]"
    )(replay)


def replay(
    since: Annotated[str, typer.Option("--since", help="What is compared: the last 30d, 12h, ...")] = "30d",
    rules: Annotated[
        Path | None,
        typer.Option("--rules", help="A hub.toml whose rules count since then.", show_default=False),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Nothing is sent or written: a replay never does.")] = True,
    base: Annotated[
        Path | None,
        typer.Option("--from", help="Begin with the copy of a store in this folder.", show_default=False),
    ] = None,
    without_erased: Annotated[
        bool, typer.Option("--without-erased", help="Leave out what was removed of erased people.")
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="At most so many lines of each table.")] = 20,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Work off the journal once more in a store to throw away, and say what differs from what was decided.

    Beside a running hub. With the rules that ran nothing differs, unless the hub itself was changed: exit 1 where
    something does. With other rules: the messages that would have gone or not, and the rules that would have acted.
    """
    import tempfile

    from hub.cli.options import read
    from hub.cli.output import say_json
    from hub.contracts.errors import ConfigError
    from hub.contracts.toml_tables import span
    from hub.engine.line import now_ms
    from hub.engine.replay import Replay, WhatIf, listeners
    from hub.store import open_reader
    from hub.store.store import FILE

    begin = now_ms() - span(since, ("since",), lambda path: "--since")
    read_config, plugins = read(config)
    if rules is not None:
        try:
            text = rules.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{rules} cannot be read: {error}", remedy="name a hub.toml") from None
        other = read_config.read_rules(text, str(rules))
    if base is not None and not (base / FILE).exists():
        raise ConfigError(f"there is no copy of a store in {base}", remedy="dragoman restore makes one from a backup")
    source = open_reader(read_config.hub.place)
    try:
        with tempfile.TemporaryDirectory(prefix="dragoman-replay-") as folder, _progress() as told:
            kind = Replay if rules is None else WhatIf
            one = kind(
                source,
                read_config,
                Path(folder),
                base=base / FILE if base is not None else None,
                without_erased=without_erased,
            )
            try:
                one.line.listeners = listeners(plugins, read_config)
                diff = one.run_with(other, begin, told) if isinstance(one, WhatIf) else None
                result = one.result if diff is not None else one.run(begin, told)
            finally:
                one.close()
    finally:
        source.close()
    if as_json:
        say_json(_plain(result, diff))
    elif diff is not None:
        _say_diff(diff, result, begin, str(rules), limit)
    else:
        _say(result, limit)
    if diff is None and result.differ:
        raise typer.Exit(1)


@contextmanager
def _progress() -> Iterator[Callable[[int, int], object]]:
    """A bar on stderr, where somebody looks."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn

    console = Console(stderr=True)
    bars = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*bars, console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("", total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


def _plain(result: Replayed, diff: Diff | None) -> dict[str, Any]:
    plain: dict[str, Any] = {
        "since": result.since,
        "upto": result.upto,
        "events": result.events,
        "blank": result.blank,
        "remarks": result.remarks,
    }
    if diff is None:
        told = [{"event": one.event, "at": one.at, "live": one.live, "now": one.replayed} for one in result.differences]
        return {**plain, "decisions": result.decisions, "differ": result.differ, "differences": told}
    return {
        **plain,
        "messages": {"live": diff.said[0], "now": diff.said[1]},
        "more": [one._asdict() for one in diff.more],
        "fewer": [one._asdict() for one in diff.fewer],
        "changed": [{"live": one._asdict(), "now": other._asdict()} for one, other in diff.changed],
        "rules": {name: {"live": diff.live[name], "now": diff.now[name]} for name in sorted(diff.live | diff.now)},
        "turns": [
            {"event": one.event, "at": one.at, "rule": one.rule, "live": one.live, "now": one.now} for one in diff.turns
        ],
    }


def _say(result: Replayed, limit: int) -> None:
    from hub.cli.output import say_table, when

    print(f"{result.events} events up to {when(result.upto)} were worked off once more.")
    _say_remarks(result)
    if not result.differ:
        print(f"{result.decisions} decisions since {when(result.since)}: all are the same.")
        return
    print(f"{result.decisions} decisions since {when(result.since)}: {result.differ} differ.")
    rows = [(when(one.at), str(one.event), *_both(one)) for one in result.differences[:limit]]
    say_table(("when", "event", "was", "is now"), rows)


def _both(one: Difference) -> tuple[str, str]:
    """What was decided and what is now; where they read the same, as plain data."""
    live, now = (str(row[5]) if row is not None else "nothing" for row in (one.live, one.replayed))
    return (live, now) if live != now else (str(one.live), str(one.replayed))


def _say_remarks(result: Replayed) -> None:
    if result.blank:
        print(f"{result.blank} events of erased people were left out.")
    for remark in result.remarks:
        print(f"Note: {remark}.")


def _say_diff(diff: Diff, result: Replayed, since: int, file: str, limit: int) -> None:
    from hub.cli.output import say_table, when

    print(f"Since {when(since)} the rules ordered {diff.said[0]} messages; with {file} it would be {diff.said[1]}.")
    _say_remarks(result)
    if diff.same:
        print("Nothing would have been otherwise.")
        return
    rows = [
        (name, str(diff.live[name]), str(diff.now[name]), f"{diff.now[name] - diff.live[name]:+d}")
        for name in sorted(diff.live | diff.now)
        if diff.live[name] != diff.now[name]
    ]
    if rows:
        say_table(("rule", "acted", "would act", ""), rows)
    _say_messages("would not have gone", diff.fewer, limit)
    _say_messages("would have gone", diff.more, limit)
    if diff.changed:
        print(f"{len(diff.changed)} would have been otherwise:")
        changed = [
            (when(one.at), str(one.event), f"p{one.person}", one.rule, *_change(one, other))
            for one, other in diff.changed[:limit]
        ]
        say_table(("when", "event", "person", "rule", "was", "would be"), changed)
        _say_rest(len(diff.changed), limit)


def _say_messages(what: str, messages: Iterable[Said], limit: int) -> None:
    from hub.cli.output import say_table, when

    found = list(messages)
    if found:
        print(f"{len(found)} {'message' if len(found) == 1 else 'messages'} {what}:")
        say_table(
            ("when", "event", "person", "rule", "text", "the gate"),
            [
                (when(one.at), str(one.event), f"p{one.person}", one.rule, one.text, one.verdict)
                for one in found[:limit]
            ],
        )
        _say_rest(len(found), limit)


def _say_rest(many: int, limit: int) -> None:
    if many > limit:
        print(f"... and {many - limit} more (--limit, or --json for all)")


def _change(one: Said, other: Said) -> tuple[str, str]:
    if one.text == other.text:
        return one.verdict, other.verdict
    return f"{one.text} ({one.verdict})", f"{other.text} ({other.verdict})"
