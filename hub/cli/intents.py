"""`dragoman intents`: train the classifiers, try them, correct them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from hub.cli.options import CONFIG, ConfigOption, JsonOption, logs_to_stderr
from hub.cli.people import AgentOption

if TYPE_CHECKING:
    from hub.contracts.training import Correction, TrainingReport
    from hub.engine.hub_settings import HubSettings
    from hub.engine.settings import PluginConfig

NO_CLASSIFIER = 'add [plugin.intent] with examples = "intents", a folder of example messages'


def register(app: typer.Typer) -> None:
    """Add the commands."""
    examples = (
        'Examples: [bold]dragoman intents train[/]   [bold]dragoman intents test "how much is it"[/]   '
        "[bold]dragoman intents correct m12 price --agent Ana[/]"
    )
    group = typer.Typer(no_args_is_help=True, rich_markup_mode="rich", help="Teach what is asked.", epilog=examples)
    group.callback()(_intents)
    group.command(epilog=examples)(train)
    group.command("test", epilog=examples)(ask)
    group.command(epilog=examples)(correct)
    app.add_typer(group, name="intents")


def _intents() -> None:
    """Teach what messages are about."""


def train(config: ConfigOption = CONFIG, as_json: JsonOption = False) -> None:
    """Train the classifiers from examples and corrections, and show how good they are; a running hub takes them over.

    Every figure is measured on examples that were held back from training.
    """
    import dataclasses

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from hub.cli.output import say_json

    trainers, tables, hub = _offered("trainers", config)
    hub.learned.mkdir(mode=0o700, parents=True, exist_ok=True)
    corrections = _corrections(hub)
    reports: dict[str, TrainingReport | None] = {}
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        for name in tables:
            task = progress.add_task(name, total=1.0)

            def tell(what: str, share: float, task: Any = task, name: str = name) -> None:
                progress.update(task, description=f"{name}: {what}", completed=share)

            reports[name] = trainers[name](
                base=config.absolute().parent,
                folder=hub.learned,
                corrections=corrections,
                settings=tables[name].settings,
                progress=tell,
            )
    if as_json:
        say_json({name: report and dataclasses.asdict(report) for name, report in reports.items()})
        return
    for name, report in reports.items():
        if report is None:
            print(f"{name}: nothing to train")
        else:
            _show(name, report)


def ask(
    text: Annotated[str, typer.Argument(metavar="TEXT", help="A message, as a person would write it.")],
    language: Annotated[str, typer.Option("--language", help="The person's language, such as hy.")] = "",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Show what the classifiers say a message is about; "no idea" is an answer too."""
    from hub.cli.output import say_json, say_table

    classifiers, tables, hub = _offered("classifiers", config)
    answers: dict[str, list[tuple[str, float]]] = {}
    for name in tables:
        answers[name] = list(
            classifiers[name](
                text=text,
                labels=(),
                context={"language": language, "person": 0, "conversation": 0, "id": "test"},
                settings=tables[name].settings,
                folder=hub.learned,
            )
        )
    if as_json:
        say_json(
            {name: [{"label": label, "p": chance} for label, chance in answer] for name, answer in answers.items()}
        )
        return
    rows = [(name, label, f"{chance:.2f}") for name, answer in answers.items() for label, chance in answer]
    rows += [(name, "no idea", "") for name, answer in answers.items() if not answer]
    say_table(("classifier", "label", "chance"), rows)


def correct(
    message: Annotated[
        str, typer.Argument(metavar="MESSAGE", help="A message a person wrote: m12, or the platform's id.")
    ],
    label: Annotated[
        str, typer.Argument(metavar="LABEL", help='What it is about; "none" = nothing the classifiers know.')
    ],
    agent: AgentOption = "agent",
    config: ConfigOption = CONFIG,
    as_json: JsonOption = False,
) -> None:
    """Say what a message is about; the next training learns from it."""
    import time

    from hub.cli import people
    from hub.cli.output import say_json
    from hub.contracts.errors import ConfigError, NotFound
    from hub.engine import corrections
    from hub.store import heard, open_reader

    hub = people.settings(config)
    db = open_reader(hub.place)
    try:
        one = heard.message(db, message.strip())
    finally:
        db.close()
    if one is None:
        raise NotFound(f"nobody wrote a message that is called '{message}'")
    if not one.text:
        raise ConfigError(f"message m{one.id} has no text", remedy="add an example to the folder of examples instead")
    if not label.strip():
        raise ConfigError("a label has letters", remedy='write "none" for what no label fits')
    corrections.add(hub.learned, one.id, label.strip(), agent, int(time.time() * 1000))
    if as_json:
        say_json({"message": one.id, "label": label.strip()})
    else:
        print(f"m{one.id} is about {label.strip()}; `dragoman intents train` learns it.")


def _offered(
    hooks: Literal["trainers", "classifiers"], config: Path
) -> tuple[Mapping[str, Callable[..., Any]], Mapping[str, PluginConfig], HubSettings]:
    """The hooks by plugin, the tables of those plugins that have one, and where things are. Nothing else of hub.toml is
    looked at: no platform's secret is needed. Raises ConfigError when no plugin is set up."""
    import os

    from hub.contracts.errors import ConfigError
    from hub.engine.hub_settings import load_hub
    from hub.engine.loader import load_plugins
    from hub.engine.settings import load_plugin_tables

    logs_to_stderr()
    plugins = load_plugins()
    offered: Mapping[str, Callable[..., Any]] = getattr(plugins, hooks)
    tables = load_plugin_tables(config, plugins, os.environ, offered)
    if not tables:
        raise ConfigError("no classifier is set up", where=str(config), remedy=NO_CLASSIFIER)
    return offered, tables, load_hub(config, os.environ)


def _corrections(hub: HubSettings) -> tuple[Correction, ...]:
    """What people corrected, with the texts of those messages that still have one."""
    from functools import partial

    from hub.engine import corrections
    from hub.store import heard, open_reader

    corrected = corrections.read(hub.learned)
    if not corrected:
        return ()
    db = open_reader(hub.place)
    try:
        return corrections.with_texts(corrected, partial(heard.texts, db))
    finally:
        db.close()


def _show(name: str, report: TrainingReport) -> None:
    from hub.cli.output import say_table

    say_table(
        ("label", "examples", "precision", "recall", "answered instead"),
        [
            (
                one.label,
                str(one.examples),
                f"{one.precision:.2f}",
                f"{one.recall:.2f}",
                ", ".join(f"{label} ({count})" for label, count in one.confused),
            )
            for one in report.labels
        ],
        title=f"{name}: {report.examples} examples in {report.seconds:g} s, measured in {report.folds} parts",
    )
    print(f"The best label is right in {report.accuracy:.1%}, if it always answers.")
    print(
        f"It answers from a chance of {report.threshold:.2f} on: {report.precision:.1%} of its answers are right,"
        f" {report.answered:.1%} of the examples get theirs"
        + (f", {report.refused:.1%} of what is about something else gets none." if report.refused >= 0 else ".")
    )
    print(f"This assumes that {report.others:.0%} of all messages are about something else.")
    for remark in report.remarks:
        print(f"- {remark}")
