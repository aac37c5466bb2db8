"""`dragoman rules check`: the rules in words, and what looks like a mistake."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, read

if TYPE_CHECKING:
    from hub.engine.loader import Plugins
    from hub.engine.settings import Config
    from hub.rules.review import Remark
    from hub.rules.shown import Shown

COUNTED = ("texts", "topics", "segments", "campaigns", "follow_ups")


def register(group: typer.Typer) -> None:
    """Add the command to `dragoman rules`."""
    group.command(
        epilog="Examples: [bold]dragoman rules check[/]   [bold]dragoman rules check -c draft.toml --strict[/]   "
        "[bold]dragoman rules check --json[/]"
    )(check)


def check(
    strict: Annotated[bool, typer.Option("--strict", help="Exit 1 where there is a remark, for scripts.")] = False,
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show all rules in words, and remarks on what is allowed but looks like a mistake; exits 2 on a mistake.

    Remarks tell of rules that can never act, keywords listed twice, languages that a text lacks, messages that need
    recorded consent, and names that nothing uses.
    """
    import tomllib
    from time import perf_counter

    from hub.cli.output import say_json, say_table
    from hub.rules.shown import show

    loaded, plugins = read(config)
    data = tomllib.loads(loaded.text)
    began = perf_counter()
    loaded.read_rules(loaded.text, str(config))
    took = round((perf_counter() - began) * 1000)
    shown = [show(table) for table in data.get("rule", [])]
    remarks = _remarks(loaded, plugins, data)
    counts = _counts(loaded, data)
    if as_json:
        told = {"ok": not (strict and remarks), "config": str(config), "counts": counts, "load_ms": took}
        say_json(told | {"rules": [_plain(one) for one in shown], "remarks": [one._asdict() for one in remarks]})
    else:
        if shown:
            rows = [(str(place), *_row(one)) for place, one in enumerate(shown, 1)]
            say_table(("", "rule", "on", "when", "does"), rows)
        if remarks:
            say_table(("remark", "where"), [(one.what, one.where) for one in remarks])
        print(f"{', '.join(f'{number} {name}' for name, number in counts.items() if number)}; loaded in {took} ms.")
    if strict and remarks:
        raise typer.Exit(1)


def _remarks(config: Config, plugins: Plugins, data: dict[str, Any]) -> tuple[Remark, ...]:
    from hub.contracts.toml_lines import Lines
    from hub.rules.review import Around, review

    inboxes = {place.inbox: place.channel.name for place in config.around.places}
    around = Around(None if config.resting or plugins.quarantined() else inboxes, bool(plugins.classifiers))
    return review(data, config.rules, Lines(config.text, config.file.name).where, around)


def _counts(config: Config, data: dict[str, Any]) -> dict[str, int]:
    book = config.rules.book
    found = {"rules": len(config.rules.rules)} | {name: len(getattr(book, name)) for name in COUNTED}
    found |= {"tags": len(book.tags.all), "priorities": len(book.priorities.all), "agents": len(book.staff.agents)}
    return {name.replace("_", "-"): number for name, number in found.items()} | {"tests": len(data.get("test", []))}


def _row(rule: Shown) -> tuple[str, str, str, str]:
    asks = ", ".join((*rule.asks, *rule.when))
    return rule.name, ", ".join(rule.on), asks or "always", ", ".join(rule.does)


def _plain(rule: Shown) -> dict[str, Any]:
    return {key: list(part) if isinstance(part, tuple) else part for key, part in rule._asdict().items()}
